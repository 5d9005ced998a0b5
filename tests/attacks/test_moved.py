"""A server that moves, merges, delays or hides what a run stored, or removes more than it is asked to: nothing of it is
called gone, and nothing of others is removed with it."""

from __future__ import annotations

import time

import httpx
import msgspec
import pytest
from starlette.responses import JSONResponse, Response

from conformance.harness.data.removal import remove
from conformance.harness.wire import ledger
from conformance.harness.wire.ledger import Entry, Ledger
from conformance.kit.instances import Samples
from tests.attacks.conftest import JSON, SAMPLES, outcome
from tests.attacks.test_removal import OWN, WALK, entry

pytestmark = pytest.mark.usefixtures("short_waits")
OTHER = "2.25.777"
STUDY = OWN.blue.study_uid
YES = ("--yes", "--supports", "delete")
GREEN = SAMPLES[1]


def accepted(*instances):
    """The entries of a ledger, and that the server accepted them."""
    entries = [entry(instance) for instance in instances]
    return entries, {each: {"accepted"} for each in entries}


def matches(*items):
    return JSONResponse(list(items), media_type=JSON["Accept"])


def match(**values):
    """A match: its values by tag, all of them UIDs."""
    return {tag.removeprefix("x"): {"vr": "UI", "Value": [value]} for tag, value in values.items()}


def passed_on(front, request, path):
    """The response of the server to another path."""
    sent = httpx.request(request.method, f"{front.direct}{path}", headers=JSON)
    return Response(sent.content, sent.status_code, media_type=sent.headers.get("Content-Type"))


def test_study_whose_uid_the_server_changed_is_not_gone(front, connected):
    front.put(OWN.blue.edited(StudyInstanceUID=OTHER))

    removed = remove(connected(front.url), *accepted(OWN.blue))

    (left,) = removed.left
    assert (removed.gone, left.study, front.sent("DELETE")) == ([], STUDY, [])
    assert f"a search still finds its instance {OWN.blue.sop_instance_uid} in another study ({OTHER})" in left.why


def test_instance_that_the_server_moved_is_named_after_the_rest_is_removed(front, connected):
    front.put(OWN.blue)
    front.put(OWN.red.edited(StudyInstanceUID=OTHER))

    removed = remove(connected(front.url), *accepted(OWN.blue, OWN.red))

    (left,) = removed.left
    assert (removed.gone, front.studies()) == ([], [OTHER])
    assert OWN.red.sop_instance_uid in left.why and OTHER in left.why


def test_study_of_a_patient_of_the_run_that_no_ledger_lists_is_named(front, call):
    """The server gives each UID of its own to what it stores."""
    moved = []

    def rule(request):
        if request.method == "POST" and not moved:
            moved.append(OWN.blue)
        if request.path == "/studies" and "PatientID=DWC" in request.query and moved:
            prefix = request.query.partition("PatientID=")[2].partition("*")[0].partition("%2A")[0]
            patient = {"00100020": {"vr": "LO", "Value": [f"{prefix}X"]}}
            return matches(match(x0020000D=OTHER) | patient)

    front.rule(rule)

    run = call("run", front.url, *WALK)

    (left,) = outcome(run.folder).leftovers
    assert left.study == OTHER and "its UID is not in the ledger" in left.why
    assert OTHER in run.said and not any(OTHER in path for path in front.sent("DELETE"))


def test_study_that_is_another_name_of_a_merged_one_is_not_removed(front, connected):
    front.put(OWN.blue.edited(StudyInstanceUID=OTHER))

    def rule(request):
        if STUDY in request.path:
            return passed_on(front, request, request.path.replace(STUDY, OTHER))

    front.rule(rule)

    removed = remove(connected(front.url), *accepted(OWN.blue))

    assert (removed.gone, front.sent("DELETE"), front.studies()) == ([], [], [OTHER])
    assert f"returns another study ({OTHER}); remove it by hand" in removed.left[0].why


@pytest.mark.parametrize("delay", [0.0, 30.0])
def test_study_that_is_not_visible_yet_is_waited_for(front, connected, delay):
    """Without a delay in the configuration the server says that it is not there, and nothing says otherwise."""
    front.put(OWN.blue)
    begun = time.monotonic()

    def rule(request):
        if request.method == "GET" and time.monotonic() < begun + 0.7:
            return Response(status_code=404) if request.path.endswith("/metadata") else matches()

    front.rule(rule)

    removed = remove(connected(front.url, visibility_delay=delay), *accepted(OWN.blue))

    if delay:
        assert (removed.gone, removed.left, front.studies()) == ([STUDY], [], [])
    else:
        assert (removed.gone, [left.study for left in removed.left]) == ([], [STUDY])


def test_server_that_removes_more_than_one_instance_is_named(front, connected):
    front.put(OWN.blue)
    front.put(GREEN.edited(StudyInstanceUID=STUDY))
    front.rule(lambda asked: passed_on(front, asked, f"/studies/{STUDY}") if asked.method == "DELETE" else None)

    removed = remove(connected(front.url), *accepted(OWN.blue))

    (left,) = removed.left
    assert (removed.gone, removed.notes) == ([], [])
    assert "the instances of others in it are not all seen: the server may have removed too much" in left.why


def test_instances_of_others_are_seen_in_the_metadata_where_pages_are_wrong(front, connected):
    """A search has one match, its next page is empty, and nothing is counted."""
    front.put(OWN.blue)
    front.put(GREEN.edited(StudyInstanceUID=STUDY))

    def rule(request):
        if request.method == "GET" and request.path.endswith("/instances") and "SOPInstanceUID" not in request.query:
            first = match(x00080018=OWN.blue.sop_instance_uid)
            return matches(*([] if "offset" in request.query else [first]))
        if request.method == "GET" and request.path == "/studies" and STUDY in front.studies():
            return matches(match(x0020000D=STUDY))

    front.rule(rule)

    remove(connected(front.url), *accepted(OWN.blue))

    assert front.instances(STUDY) == [GREEN.sop_instance_uid]
    assert f"/studies/{STUDY}" not in front.sent("DELETE")


def test_instances_of_others_are_seen_in_the_metadata_where_searches_are_not_up_to_date(front, call, folder):
    """They find and count the instance of the run only."""
    front.put(OWN.blue)
    front.put(GREEN.edited(StudyInstanceUID=STUDY))
    counted = match(x0020000D=STUDY) | {"00201208": {"vr": "IS", "Value": [1]}}
    counted |= {"00100020": {"vr": "LO", "Value": ["DWC7F3A-X"]}}
    answers = {"/studies": counted, f"/studies/{STUDY}/instances": match(x00080018=OWN.blue.sop_instance_uid)}

    def rule(request):
        there = request.method == "GET" and "SOPInstanceUID" not in request.query and STUDY in front.studies()
        return matches(answers[request.path]) if there and request.path in answers else None

    front.rule(rule)

    call("cleanup", folder(front.url, [entry(OWN.blue)]), "--endpoint", front.url, *YES)

    assert front.instances(STUDY) == [GREEN.sop_instance_uid]
    assert f"/studies/{STUDY}" not in front.sent("DELETE")


def test_patient_has_to_be_the_runs_by_a_search_and_by_the_metadata(front, call, folder):
    front.put(OWN.blue.edited(PatientID="4711"))
    lie = match(x0020000D=STUDY) | {"00100020": {"vr": "LO", "Value": ["DWC7F3A-X"]}}
    front.rule(lambda request: matches(lie) if request.method == "GET" and request.path == "/studies" else None)

    cleanup = call("cleanup", folder(front.url, [entry(OWN.blue)]), "--endpoint", front.url, *YES)

    assert (cleanup.code, front.sent("DELETE"), front.studies()) == (1, [], [STUDY])
    assert "it has another Patient ID" in cleanup.said


# Nothing is seen of what was stored


def test_credentials_that_see_nothing_make_nothing_disappear(front, connected):
    """Those of another tenant, for example: everything is absent for them."""
    front.put(OWN.blue)
    front.rule(lambda asked: Response(status_code=404) if asked.path.endswith("/metadata") else matches())
    other = Samples(*SAMPLES).relabelled("another", "DWC7F3A-")

    removed = remove(connected(front.url), *accepted(OWN.blue, other.blue))

    assert (removed.gone, {left.study for left in removed.left}) == ([], {STUDY, other.blue.study_uid})
    assert "though no DELETE removed it: other credentials may see it" in removed.left[0].why


@pytest.mark.parametrize(("emptied", "code"), [([], 1), (["--emptied"], 0)])
def test_server_that_was_emptied_has_nothing_left_if_the_operator_says_so(front, call, folder, emptied, code):
    front.rule(lambda asked: Response(status_code=404) if asked.path.endswith("/metadata") else matches())
    own = entry(OWN.blue)
    taken = msgspec.json.encode(ledger.Answer(own.study, own.series, own.instance, "accepted"))

    cleanup = call("cleanup", folder(front.url, [own, taken]), "--endpoint", front.url, *emptied, *YES)

    assert (cleanup.code, front.sent("DELETE")) == (code, [])
    assert ("if the server was emptied since: --emptied" in cleanup.said) == (code == 1)


def test_what_a_check_deleted_is_gone(front, connected):
    front.put(OWN.blue)
    endpoint = connected(front.url)
    entries, outcomes = accepted(OWN.blue)
    endpoint._ledger._entries = dict.fromkeys(entries)
    endpoint._ledger.outcomes = outcomes

    endpoint.delete(OWN.blue.series_path)

    assert outcomes[entries[0]] == {"accepted", "removed"}
    assert remove(endpoint, entries, outcomes).gone == [STUDY]


@pytest.mark.slow
def test_cleanup_after_a_cleanup_has_nothing_left(front, call):
    run = call("run", front.url, *WALK)
    words = ("cleanup", run.folder, "--endpoint", front.url, *YES)

    first, second = call(*words), call(*words)

    assert [(done.code, "1 of 1 study of the ledger proven gone" in done.said) for done in (first, second)] == [
        (0, True),
        (0, True),
    ]


# The ledger of a run that was killed in the middle of a line


def test_half_line_is_no_part_of_the_next_one(tmp_path):
    (tmp_path / ledger.NAME).touch()
    one, two = Entry("2.25.1", "2.25.11", "2.25.111", True), Entry("2.25.1", "2.25.11", "2.25.112", True)
    origin = ledger.Origin("20261121-091407-7f3a", "pacs", "https://pacs.example", "none")
    Ledger(tmp_path, origin).will_store([one])
    with open(tmp_path / ledger.NAME, "ab") as file:
        file.write(b'{"study": "2.25.1", "ser')
    kept = ledger.read(tmp_path)

    Ledger(tmp_path, origin, kept.entries, kept.outcomes).will_store([two])

    kept = ledger.read(tmp_path)
    assert (kept.entries, kept.broken) == ([one, two], [])


def test_instance_that_is_stored_again_is_not_removed_any_more(tmp_path):
    one = Entry("2.25.1", "2.25.11", "2.25.111", True)
    book = Ledger(tmp_path, ledger.Origin("20261121-091407-7f3a", "pacs", "https://pacs.example", "none"))
    book.will_store([one])
    book.answered([(one, "accepted")])
    book.removed("studies/2.25.1/series/2.25.11")
    assert "removed" in book.outcomes[one]

    book.will_store([one])

    assert book.outcomes[one] == ledger.read(tmp_path).outcomes[one] == {"accepted", "repeated"}
    book.removed("studies/2.25.11")
    assert "removed" not in book.outcomes[one]
