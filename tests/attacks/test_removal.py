"""Nothing is deleted that is not provably the run's, and nothing is called gone that may be there."""

from __future__ import annotations

import json

import pytest
from starlette.responses import JSONResponse, Response

from conformance.harness.data.presence import Presence
from conformance.harness.data.removal import remove
from conformance.harness.wire import ledger
from conformance.harness.wire.ledger import Entry
from conformance.kit.instances import Samples
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


@pytest.mark.slow
def test_server_that_says_of_nothing_that_it_is_absent_is_named_once(front, call):
    """The metadata of a UID that nobody has are an empty list."""

    def rule(request):
        if request.path.endswith("/metadata") and not front.instances(request.path.split("/")[2]):
            return JSONResponse([], media_type="application/dicom+json")

    front.rule(rule)

    run = call("run", front.url, *WALK)

    assert front.studies() == []
    (left,) = outcome(run.folder).leftovers
    why = "nobody knows whether it is gone: the metadata of a UID that nobody has return 200, should be 404 or 410"
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
            item = {"0020000D": {"vr": "UI", "Value": [OWN.red.study_uid]}}
            item["00100020"] = {"vr": "LO", "Value": [OWN.red.dataset.PatientID]}
            return JSONResponse([item], media_type="application/dicom+json")

    front.rule(rule)
    listed = folder(front.url, [entry(OWN.blue)])
    call("cleanup", listed, "--endpoint", front.url, "--yes", "--supports", "delete")

    assert front.instances(OWN.red.study_uid) == [OWN.red.sop_instance_uid]


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
