"""Nothing is deleted that is not provably the run's, and nothing is called gone that may be there."""

from __future__ import annotations

import contextlib
import json
from types import SimpleNamespace

import httpx
import pytest
from starlette.responses import JSONResponse, Response

from conformance.harness.data import own_api, presence
from conformance.harness.data.presence import Presence
from conformance.harness.data.removal import remove
from conformance.harness.wire import ledger
from conformance.harness.wire.ledger import Entry
from conformance.kit import stow
from conformance.kit.instances import Samples
from conformance.kit.verdicts import Unanswered
from tests.attacks.conftest import SAMPLES, outcome

RED, GREEN, BLUE = SAMPLES
pytestmark = pytest.mark.usefixtures("short_waits")
RUN = "20261121-091407-7f3a"
OWN = Samples(*SAMPLES).relabelled("a run", ledger.patient_prefix(RUN))
WALK = ("-k", "test_store_blue or test_retrieve_frame", "--supports", "delete")


def entry(instance, fresh=True):
    return Entry(instance.study_uid, instance.series_uid, instance.sop_instance_uid, fresh)


def login(request):
    return Response(status_code=302, headers={"Location": "https://sso.example/login"})


def page(request):
    return Response(b"<html><title>Sign in</title>", media_type="text/html")


def status(number, **fields):
    return lambda request: Response(status_code=number, headers=fields)


ENDED = {
    "redirect": login,
    "login page": page,
    "400": status(400),
    "401": status(401),
    "403": status(403),
    "407": status(407),
    "408": status(408),
    "429": status(429, **{"Retry-After": "1"}),
    "500": status(500),
    "503": status(503),
    "empty 200": lambda request: Response(b""),
    "200 []": lambda request: JSONResponse([], media_type="application/dicom+json"),
    "204": status(204),
}


@pytest.mark.parametrize("name", ENDED)
def test_session_that_has_ended_makes_nothing_disappear(front, connected, name):
    front.put(OWN.blue)
    front.rule(ENDED[name])

    removed = remove(connected(front.url), [entry(OWN.blue)], {})

    assert (removed.gone, [left.study for left in removed.left]) == ([], [OWN.blue.study_uid])
    assert front.sent("DELETE") == []


@pytest.mark.parametrize("name", ENDED)
def test_session_that_ends_with_the_delete_does_not_say_that_it_worked(front, connected, name):
    front.put(OWN.blue)
    ended = []

    def rule(request):
        ended.extend([request] if request.method == "DELETE" else [])
        return ENDED[name](request) if ended else None

    front.rule(rule)

    removed = remove(connected(front.url), [entry(OWN.blue)], {})

    assert (removed.gone, [left.study for left in removed.left]) == ([], [OWN.blue.study_uid])
    assert front.studies() == [OWN.blue.study_uid]


@pytest.mark.slow
def test_run_whose_session_ends_names_what_is_there_and_how_to_remove_it(front, call):
    front.rule(lambda request: login(request) if cleaning(front) else None)

    run = call("run", front.url, *WALK)

    (study,) = front.studies()
    assert [left.study for left in outcome(run.folder).leftovers] == [study]
    assert "LEFT OVER 1 study, or perhaps left over: " in run.said and study in run.said
    assert f"dicomweb-conformance cleanup {run.folder} --endpoint {front.url}" in run.said
    assert "CLEAN " not in run.said


def cleaning(front):
    """Whether the run has come to its cleanup, which begins with a search for a study that it made."""
    return any(query.startswith("StudyInstanceUID=2.25.") for _, _, query in front.log)


def test_cleanup_behind_an_ended_session_names_what_is_there(front, call, folder):
    front.put(OWN.blue)
    front.rule(login)

    words = ("--endpoint", front.url, "--yes", "--supports", "delete")
    cleanup = call("cleanup", folder(front.url, [entry(OWN.blue)]), *words)

    assert (cleanup.code, front.sent("DELETE")) == (1, [])
    assert "0 of 1 study of the ledger proven gone" in cleanup.said
    assert "a search for it returns 302 to https://sso.example/login" in cleanup.said
    assert OWN.blue.study_uid in cleanup.said


SEVERAL = [BLUE.relabelled(label, ledger.patient_prefix(RUN)) for label in ("one", "another", "a third")]


def removed_of(connected, front):
    """Remove SEVERAL studies: what `remove` says, and their UIDs in its order."""
    entries = [entry(instance) for instance in SEVERAL]
    removed = remove(connected(front.url), entries, {each: {"accepted"} for each in entries})
    return removed, [each.study for each in reversed(entries)]


READ = {"instances": "search", "metadata": "proof"}


def is_list(request):
    return request.path == "/studies" and "," in request.query


def test_studies_are_looked_for_together(front, connected):
    for instance in SEVERAL:
        front.put(instance)

    removed, studies = removed_of(connected, front)

    assert (removed.gone, removed.left, front.studies()) == (studies, [], [])
    assert len([path for path in front.sent("GET") if path == "/studies"]) == 2


def test_study_that_was_found_long_ago_is_looked_for_again(front, connected, monkeypatch):
    """Somebody may have added to it since."""
    monkeypatch.setattr(presence, "RECENT", 0.0)
    for instance in SEVERAL:
        front.put(instance)

    removed, studies = removed_of(connected, front)

    assert (removed.gone, removed.left) == (studies, [])
    assert len([path for path in front.sent("GET") if path == "/studies"]) == 2 + len(studies)


@pytest.mark.parametrize("name", ENDED)
def test_list_that_is_not_supported_says_nothing(front, connected, name):
    for instance in SEVERAL:
        front.put(instance)
    front.rule(lambda request: ENDED[name](request) if is_list(request) else None)

    removed, studies = removed_of(connected, front)

    assert (removed.gone, removed.left, front.studies()) == (studies, [], [])


def test_list_that_finds_nothing_any_more_does_not_make_studies_disappear(front, connected):
    """The server drops every DELETE, and lists work only before the first."""
    for instance in SEVERAL:
        front.put(instance)

    def rule(request):
        if request.method == "DELETE" or (is_list(request) and front.sent("DELETE")):
            return Response(status_code=204)

    front.rule(rule)

    removed, studies = removed_of(connected, front)

    assert (removed.gone, [left.study for left in removed.left]) == ([], studies)
    assert sorted(front.studies()) == sorted(studies)


def test_old_list_does_not_leave_what_is_gone(front, connected):
    """A cache returns the list of before."""
    for instance in SEVERAL:
        front.put(instance)
    kept = httpx.get(f"{front.direct}/studies", headers={"Accept": "application/dicom+json"}).json()
    front.rule(lambda request: JSONResponse(kept, media_type="application/dicom+json") if is_list(request) else None)

    removed, studies = removed_of(connected, front)

    assert (removed.gone, removed.left, front.studies()) == (studies, [], [])


def test_list_that_leaves_a_study_out_does_not_leave_it_over(front, connected):
    """A server with a maximum of results."""
    for instance in SEVERAL:
        front.put(instance)

    def rule(request):
        if is_list(request):
            found = httpx.get(f"{front.direct}/studies", headers={"Accept": "application/dicom+json"}).json()
            return JSONResponse(found[:1], media_type="application/dicom+json")

    front.rule(rule)

    removed, studies = removed_of(connected, front)

    assert (removed.gone, removed.left, front.studies()) == (studies, [], [])


@pytest.mark.parametrize("at", ["search", "DELETE", "proof"])
def test_interrupt_leaves_what_is_not_proven_gone(front, connected, at):
    for instance in SEVERAL:
        front.put(instance)

    class Interrupted:
        """Ctrl-C at the second request of its kind."""

        def __init__(self, endpoint):
            self._endpoint, self._times = endpoint, 0

        def __getattr__(self, name):
            return getattr(self._endpoint, name)

        def _count(self, kind):
            self._times += kind == at
            if self._times == 2:
                raise KeyboardInterrupt

        def get(self, target, **words):
            kinds = {f"studies/{each.study}/{last}": kind for each in entries for last, kind in READ.items()}
            self._count(kinds.get(target, ""))
            return self._endpoint.get(target, **words)

        def delete(self, target):
            self._count("DELETE")
            return self._endpoint.delete(target)

    entries = [entry(instance) for instance in SEVERAL]

    removed = remove(Interrupted(connected(front.url)), entries, {each: {"accepted"} for each in entries})

    assert sorted([*removed.gone, *(left.study for left in removed.left)]) == sorted(each.study for each in entries)
    assert {left.why for left in removed.left} == {"its removal was interrupted"}
    assert len(removed.gone) == (at == "proof")


@pytest.mark.slow
def test_server_that_says_of_nothing_that_it_is_absent_is_named_once(front, call):
    """The metadata of an unused UID are an empty list."""

    def rule(request):
        if request.path.endswith("/metadata") and not front.instances(request.path.split("/")[2]):
            return JSONResponse([], media_type="application/dicom+json")

    front.rule(rule)

    run = call("run", front.url, *WALK)

    assert front.studies() == []
    (left,) = outcome(run.folder).leftovers
    why = "it is unknown whether it is gone: the metadata of an unused UID return 200, should be 404 or 410"
    assert left.why == why
    assert run.said.count(why) == 1


@pytest.mark.slow
def test_what_was_never_taken_is_neither_stored_nor_left(front, call):
    front.rule(lambda request: Response(status_code=405) if request.method == "POST" else None)

    run = call("run", front.url, *WALK)

    results = outcome(run.folder)
    assert (results.stored, results.instances, results.leftovers) == ([], 0, [])
    assert "0 studies stored, nothing left over" in run.said


def test_refused_store_that_is_there_all_the_same_is_removed(front, connected):
    front.put(OWN.blue)

    removed = remove(connected(front.url), [entry(OWN.blue)], {entry(OWN.blue): {"refused"}})

    assert (removed.gone, removed.left, front.studies()) == ([OWN.blue.study_uid], [], [])


def test_refused_store_that_nobody_sees_is_not_left(front, connected):
    front.rule(login)

    removed = remove(connected(front.url), [entry(OWN.blue)], {entry(OWN.blue): {"refused"}})

    assert (removed.gone, removed.left) == ([], [])


@pytest.mark.parametrize("statuses", [(503, 409), (409, 503)])
def test_refusal_of_what_was_sent_before_proves_nothing(front, connected, statuses):
    """The first store may have worked, and the second be refused for that; or the other way round."""
    answers = list(statuses)
    front.rule(lambda request: status(answers.pop(0))(request) if request.method == "POST" else login(request))
    endpoint = connected(front.url)
    for _ in statuses:
        with contextlib.suppress(Unanswered):
            endpoint.post("studies", stow.multipart([OWN.blue]))

    for known in (endpoint._ledger, ledger.read(endpoint._ledger._path.parent)):
        removed = remove(endpoint, known.entries, known.outcomes)
        assert [left.study for left in removed.left] == [OWN.blue.study_uid]


def test_refusal_of_what_was_sent_again_by_itself_proves_nothing(front, connected):
    """A gateway may pass on a store that it answers with 429 or 503."""
    answers = [status(503, **{"Retry-After": "1"}), status(409)]
    front.rule(lambda request: answers.pop(0)(request) if request.method == "POST" else login(request))
    endpoint = connected(front.url)
    endpoint.post("studies", stow.multipart([OWN.blue]))

    removed = remove(endpoint, endpoint._ledger.entries, endpoint._ledger.outcomes)

    assert (answers, [left.study for left in removed.left]) == ([], [OWN.blue.study_uid])


def test_redirect_to_something_else_makes_nothing_disappear(front, connected):
    """A page to sign in that is on the same host, below the URL of the endpoint, and says 204 or 404."""
    front.put(OWN.blue)

    def rule(request):
        if request.path.startswith("/sign-in"):
            return Response(status_code=int(request.path[-3:]))
        return Response(
            status_code=302,
            headers={"Location": f"{front.url}/sign-in/{204 if request.path == '/studies' else 404}?to={request.path}"},
        )

    front.rule(rule)

    removed = remove(connected(front.url), [entry(OWN.blue)], {})

    assert removed.gone == []
    assert "a search for it is redirected to http" in removed.left[0].why


def test_redirect_of_what_is_read_to_something_else_makes_nothing_disappear(front, connected):
    front.put(OWN.blue)

    def rule(request):
        if request.path == "/studies":
            return Response(status_code=204)
        if request.path.startswith(f"/studies/{OWN.blue.study_uid}/"):
            return Response(status_code=302, headers={"Location": f"{front.url}/sign-in"})

    front.rule(rule)

    removed = remove(connected(front.url), [entry(OWN.blue)], {})

    assert removed.gone == []
    assert "the metadata of it are redirected to something else, should be 404 or 410" in removed.left[0].why


def test_redirect_to_the_same_resource_elsewhere_is_its_answer(front, connected):
    front.put(OWN.blue)

    def rule(request):
        if not request.path.startswith("/moved") and request.method == "GET":
            there = f"{front.url}/moved{request.path}/"
            return Response(
                status_code=308, headers={"Location": f"{there}?{request.query}" if request.query else there}
            )
        if request.path.startswith("/moved") and OWN.blue.study_uid in front.studies():
            return JSONResponse([named(OWN.blue, **json_item(OWN.blue))], media_type="application/dicom+json")
        if request.path.startswith("/moved"):
            return Response(status_code=404 if request.path.endswith("/metadata/") else 204)

    front.rule(rule)

    removed = remove(connected(front.url), [entry(OWN.blue)], {})

    assert (removed.gone, removed.left, front.studies()) == ([OWN.blue.study_uid], [], [])


@pytest.mark.parametrize("value", [None, "", 0])
def test_match_that_does_not_say_what_it_is_may_be_the_study(front, connected, value):
    front.put(OWN.blue)
    match = {"0020000D": {"vr": "UI", "Value": [value]} if value != 0 else {"vr": "UI"}}
    found = JSONResponse([match], media_type="application/dicom+json")
    front.rule(lambda request: found if request.path == "/studies" else Response(status_code=404))

    removed = remove(connected(front.url), [entry(OWN.blue)], {})

    assert (removed.gone, [left.study for left in removed.left]) == ([], [OWN.blue.study_uid])


def test_failure_of_the_suite_itself_names_what_is_left(front, connected, monkeypatch):
    monkeypatch.setattr(Presence, "study", lambda *_: 1 / 0)

    removed = remove(connected(front.url), [entry(OWN.blue)], {})

    (left,) = removed.left
    assert left.why == "its removal failed: ZeroDivisionError: division by zero"


def test_interruption_names_everything_that_is_left(front, connected, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(Presence, "study", interrupted)
    other = OWN.blue.relabelled("other", "")

    removed = remove(connected(front.url), [entry(OWN.blue), entry(other)], {})

    assert [(left.study, left.why) for left in removed.left] == [
        (item.study_uid, "its removal was interrupted") for item in (other, OWN.blue)
    ]


@pytest.mark.slow
class TestOthersInTheStudy:
    """A second client adds an instance to the study of the run."""

    @pytest.fixture
    def added(self, front):
        foreign = []

        def rule(request):
            """With the first DELETE, or look, of the cleanup the other instance is there."""
            if not foreign and (studies := front.studies()) and "/frames" not in request.path and cleaning(front):
                foreign.append(GREEN.edited(StudyInstanceUID=studies[0]))
                front.put(foreign[0])

        front.rule(rule)
        return foreign

    def test_in_a_run_only_its_own_instances_are_deleted(self, front, call, added):
        run = call("run", front.url, *WALK)

        assert front.instances(added[0].study_uid) == [added[0].sop_instance_uid]
        assert outcome(run.folder).leftovers == []
        assert "it has instances that this run did not store, which are not touched" in run.said

    def test_where_only_studies_can_be_removed_the_study_is_left_and_named(self, front, call, added):
        with open("endpoints.toml", "w") as file:
            file.write(f'[pacs]\nurl = "{front.url}"\nremoval = {{ url = "studies/{{StudyInstanceUID}}" }}\n')

        run = call("run", "pacs", *WALK[:2])

        (left,) = outcome(run.folder).leftovers
        assert "it has instances that this run did not store; remove what is the run's by hand" in left.why
        assert added[0].sop_instance_uid in front.instances(added[0].study_uid)
        assert front.sent("DELETE") == []

    def test_cleanup_from_a_folder_deletes_only_what_is_listed(self, front, call, folder):
        front.put(OWN.blue)
        front.put(OWN.red)

        listed = folder(front.url, [entry(OWN.blue)])
        cleanup = call("cleanup", listed, "--endpoint", front.url, "--yes", "--supports", "delete")

        assert (cleanup.code, front.instances(OWN.red.study_uid)) == (0, [OWN.red.sop_instance_uid])
        assert "which are not touched" in cleanup.said


def test_instances_that_the_server_counts_and_does_not_list_may_be_of_others(front, call, folder):
    front.put(OWN.blue)
    front.put(OWN.red)

    def rule(request):
        if request.path.endswith("/instances"):
            return JSONResponse([json_item(OWN.blue)], media_type="application/dicom+json")

    front.rule(rule)
    listed = folder(front.url, [entry(OWN.blue)])
    call("cleanup", listed, "--endpoint", front.url, "--yes", "--supports", "delete")

    assert OWN.red.sop_instance_uid in front.instances(OWN.red.study_uid)


def test_instances_of_others_on_a_later_page_are_seen(front, call, folder):
    """The server sends one match a page, and does not say how many instances a study has."""
    front.put(OWN.blue)
    front.put(OWN.red)

    def rule(request):
        if request.path.endswith("/instances"):
            pages = [OWN.blue, OWN.red][int(dict(pairs(request)).get("offset", 0)) :][:1]
            return JSONResponse([json_item(item) for item in pages], media_type="application/dicom+json")
        if request.path == "/studies":
            item = named(OWN.red)
            item["00100020"] = {"vr": "LO", "Value": [OWN.red.dataset.PatientID]}
            return JSONResponse([item], media_type="application/dicom+json")

    front.rule(rule)
    listed = folder(front.url, [entry(OWN.blue)])
    call("cleanup", listed, "--endpoint", front.url, "--yes", "--supports", "delete")

    assert front.instances(OWN.red.study_uid) == [OWN.red.sop_instance_uid]


@pytest.mark.parametrize("offset", ["unknown", "refused"])
def test_instances_of_others_are_seen_where_there_are_no_pages(front, connected, offset):
    """The server lists as many instances as it likes, from the first on, and does not say how many there are."""
    front.put(OWN.blue)
    front.put(OWN.red)

    def rule(request):
        if request.path.endswith("/instances"):
            listed = JSONResponse([json_item(OWN.blue)], media_type="application/dicom+json")
            return Response(status_code=400) if offset == "refused" and "offset=" in request.query else listed
        if request.path == "/studies" and front.studies():
            return JSONResponse([named(OWN.red)], media_type="application/dicom+json")

    front.rule(rule)

    remove(connected(front.url), [entry(OWN.blue)], {})

    assert front.instances(OWN.red.study_uid) == [OWN.red.sop_instance_uid]


@pytest.mark.parametrize("number", [2, "2", " +02 ", "2.0", "2e0"], ids=repr)
def test_count_of_instances_is_read_however_it_is_written(front, connected, number):
    """The metadata are as incomplete as the list."""
    front.put(OWN.blue)
    front.put(OWN.red)

    def rule(request):
        if request.path.endswith(("/instances", "/metadata")) and front.studies():
            return JSONResponse([json_item(OWN.blue)], media_type="application/dicom+json")
        if request.path == "/studies" and front.studies():
            count = {"00201208": {"vr": "IS", "Value": [number]}}
            return JSONResponse([named(OWN.red, **count)], media_type="application/dicom+json")

    front.rule(rule)

    remove(connected(front.url), [entry(OWN.blue)], {})

    assert OWN.red.sop_instance_uid in front.instances(OWN.red.study_uid)


def test_own_instance_that_cannot_be_deleted_is_named(front, connected):
    """The server took an instance whose UID is not valid, and others have added to its study."""
    front.put(OWN.blue)
    front.put(OWN.red)
    odd = Entry(OWN.blue.study_uid, OWN.blue.series_uid, f"1.2.{'3' * 80}", True)

    def rule(request):
        if request.path.endswith(f"{odd.instance}/metadata"):
            return JSONResponse([{}], media_type="application/dicom+json")
        if request.path == f"/studies/{odd.study}/instances":
            found = [{"00080018": {"vr": "UI", "Value": [uid]}} for uid in (odd.instance, *front.instances(odd.study))]
            return JSONResponse(found, media_type="application/dicom+json")

    front.rule(rule)

    removed = remove(connected(front.url), [odd, entry(OWN.blue)], {})

    (left,) = removed.left
    assert f"its instance {odd.instance} has a UID that is not valid" in left.why
    assert front.instances(odd.study) == [OWN.red.sop_instance_uid]


def named(instance, **attributes):
    return {"0020000D": {"vr": "UI", "Value": [instance.study_uid]}, **attributes}


def pairs(request):
    return [pair.split("=") for pair in request.query.split("&") if "=" in pair]


def json_item(instance):
    return {"00080018": {"vr": "UI", "Value": [instance.sop_instance_uid]}}


LOOKUPS = [
    [],
    [{"ID": ""}],
    [{"ID": ".."}],
    [{"ID": "."}],
    [{"ID": None}],
    [{"ID": 5}],
    [{"ID": "a/b"}],
    [{"ID": "..%2f.."}],
    [{"ID": "x", "Type": "Patient"}],
    [{"ID": "patient", "Type": "Patient"}, {"ID": "study", "Type": "Study"}],
    [{"ID": "study"}, {"ID": "other"}],
    {"ID": "not-this-study", "Type": "Study"},
    {"ID": "x" * 1000},
    {},
    "study",
    None,
]


@pytest.mark.parametrize("answer", LOOKUPS, ids=lambda answer: json.dumps(answer)[:40])
def test_lookup_that_does_not_name_one_study_deletes_nothing(front, call, folder, answer):
    front.put(OWN.blue)

    def rule(request):
        if request.path == "/lookup":
            return JSONResponse(answer)
        if request.path.startswith("/own/"):
            return JSONResponse({"MainDicomTags": {"StudyInstanceUID": BLUE.study_uid}})

    front.rule(rule)
    with open("endpoints.toml", "w") as file:
        file.write(f'[pacs]\nurl = "{front.url}"\nremoval = {{ lookup = "lookup", url = "own/{{ID}}" }}\n')

    cleanup = call("cleanup", folder(front.url, [entry(OWN.blue)]), "--endpoint", "pacs", "--yes")

    assert (cleanup.code, front.sent("DELETE"), front.studies()) == (1, [], [OWN.blue.study_uid])


LONG = f"2.25.{2**128 - 1}.7777777777777777775"


@pytest.mark.parametrize("study", ["2.25.17", LONG, "1.2.3", "1.2.826.0.1.3680043.10.1"])
def test_study_that_a_lookup_names_may_have_what_is_the_runs_in_it(study):
    """Its series, its instances, UIDs of the standard, and numbers with dots that are no UIDs."""
    found = {
        "MainDicomTags": {"StudyInstanceUID": study, "RequestedProcedure": "1.12.10"},
        "Series": [f"{study}.1", {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7", "SOPInstanceUID": f"{study}.1.2"}],
        "From": "127.0.0.1",
    }
    seen = SimpleNamespace(status=200, content=json.dumps(found).encode())

    own_api._read_back(SimpleNamespace(absolute=lambda *_: seen), "x", study, {f"{study}.1", f"{study}.1.2"})
    with pytest.raises(own_api.NotRemoved, match="is not seen to be this study alone"):
        own_api._read_back(SimpleNamespace(absolute=lambda *_: seen), "x", study, {f"{study}.1"})


@pytest.mark.parametrize(
    "document",
    [
        {"ID": "patient", "Studies": [{"StudyInstanceUID": OWN.blue.study_uid}, {"StudyInstanceUID": BLUE.study_uid}]},
        {"ID": "patient", "Studies": [OWN.blue.study_uid, BLUE.study_uid]},
        {"ID": "patient", "Studies": {OWN.blue.study_uid: {}, BLUE.study_uid: {}}},
        {"ID": "patient", "0020000D": {"vr": "UI", "Value": [OWN.blue.study_uid, BLUE.study_uid]}},
    ],
    ids=["data sets", "a list", "names", "a value"],
)
def test_lookup_that_names_a_patient_deletes_nothing(front, call, folder, document):
    """Whatever it calls them, the patient has the study of somebody else, too."""
    front.put(OWN.blue)
    answers = {"/lookup": {"ID": "patient"}, "/own/patient": document}
    front.rule(lambda request: JSONResponse(answers[request.path]) if request.path in answers else None)
    with open("endpoints.toml", "w") as file:
        file.write(f'[pacs]\nurl = "{front.url}"\nremoval = {{ lookup = "lookup", url = "own/{{ID}}" }}\n')

    cleanup = call("cleanup", folder(front.url, [entry(OWN.blue)]), "--endpoint", "pacs", "--yes")

    assert (cleanup.code, front.sent("DELETE")) == (1, [])
    assert f"is not seen to be this study alone: it names {BLUE.study_uid}, too" in cleanup.said


def test_lookup_cannot_replace_the_study(front, call, folder):
    front.put(OWN.blue)
    answer = {"ID": "x", "StudyInstanceUID": "1.2.3"}
    front.rule(lambda request: JSONResponse(answer) if request.path == "/lookup" else None)
    with open("endpoints.toml", "w") as file:
        file.write(
            f'[pacs]\nurl = "{front.url}"\nremoval = {{ lookup = "lookup", url = "studies/{{StudyInstanceUID}}" }}\n'
        )

    call("cleanup", folder(front.url, [entry(OWN.blue)]), "--endpoint", "pacs", "--yes")

    assert "/studies/1.2.3" not in front.sent("DELETE")


def test_removal_url_that_names_no_study_deletes_nothing(front, call, folder):
    front.put(OWN.blue)
    with open("endpoints.toml", "w") as file:
        file.write(f'[pacs]\nurl = "{front.url}"\nremoval = {{ url = "studies" }}\n')

    cleanup = call("cleanup", folder(front.url, [entry(OWN.blue)]), "--endpoint", "pacs", "--yes")

    assert front.sent("DELETE") == []
    assert cleanup.code in (1, 4)
