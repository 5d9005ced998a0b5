"""A recorded request may come from anywhere: `replay` sends nothing that could harm somebody, or lead elsewhere."""

from __future__ import annotations

import pytest

from conformance.harness.wire import ledger
from conformance.kit import stow
from tests.attacks.conftest import SAMPLES
from tests.attacks.test_run_folder import OTHER, OWN, YES, entry


@pytest.fixture
def replay(front, call, folder):
    """Replay one recorded request against the front; the entries of the ledger come after it."""

    def run(method, url, *entries, fields="", body=b""):
        path = url.removeprefix(front.url) if url.startswith(front.url) else url
        host, _, target = url.removeprefix("http://").partition("/")
        head = f"{method} /{target} HTTP/1.1\nHost: {host}\n{fields}"
        evidence = {"01.http": f"{head.rstrip()}\n\nHTTP/1.1 200 OK\n".encode()}
        evidence |= {"01.request.multipart": body} if body else {}
        made = folder(front.url, [entry(item) for item in entries], evidence=evidence)
        front.log.clear()
        done = call("replay", made, "check/01", "--endpoint", front.url, *YES)
        done.path, done.folder = path, made
        return done

    return run


def post(replay, front, instances, *listed, target="/studies", change=lambda content: content):
    body = stow.multipart(instances)
    fields = f"Content-Type: {body.content_type}\nContent-Length: 1\n"
    return replay("POST", front.url + target, *listed, fields=fields, body=change(body.content))


def test_store_of_the_runs_own_instances_is_sent(replay, front):
    done = post(replay, front, [OWN.blue], OWN.blue)

    assert (done.code, front.studies()) == (0, [OWN.blue.study_uid])


def test_store_enters_the_ledger_first(replay, front):
    seen = []
    front.rule(lambda request: seen.append(request.method) if request.method == "POST" else None)
    done = post(replay, front, [OWN.blue], OWN.blue)

    kept = ledger.read(done.folder)
    assert seen == ["POST"]
    assert entry(OWN.blue) in kept.entries


@pytest.mark.parametrize(
    ("instances", "listed", "sentence"),
    [
        ([OWN.blue], [], "is not one that the ledger lists"),
        ([OTHER.blue], [OTHER.blue], "has not a Patient ID of the run"),
        ([SAMPLES[2]], [SAMPLES[2]], "is not one that the ledger lists under a UID of the run"),
        ([OWN.blue, OTHER.blue], [OWN.blue], "is not one that the ledger lists"),
        ([OWN.blue.edited(PatientID="4711")], [OWN.blue], "has not a Patient ID of the run"),
    ],
    ids=["nothing is listed", "another run", "original UIDs", "one more", "another patient"],
)
def test_store_of_anything_else_is_not_sent(replay, front, instances, listed, sentence):
    done = post(replay, front, instances, *(listed or [OWN.red]))

    assert (done.code, front.sent("POST")) == (4, [])
    assert sentence in done.said


@pytest.mark.parametrize(
    "change",
    [
        lambda content: b"preamble\r\n" + content,
        lambda content: content.replace(b"\r\n\r\n", b"\n\n", 1),
        lambda content: content[:-20],
    ],
    ids=["preamble", "bare line feeds", "cut"],
)
def test_store_that_may_be_read_otherwise_is_not_sent(replay, front, change):
    done = post(replay, front, [OWN.blue], OWN.blue, change=change)

    assert (done.code, front.sent("POST")) == (4, [])
    assert "its curl line sends it" in done.said


def test_store_into_the_study_of_somebody_is_not_sent(replay, front):
    front.put(OTHER.blue)

    into = post(replay, front, [OWN.blue], OWN.blue, target=f"/studies/{OTHER.blue.study_uid}")

    assert (into.code, front.sent("POST")) == (4, [])


def test_store_where_somebody_has_that_study_is_not_sent(replay, front):
    front.put(OWN.red.edited(PatientID="4711"))

    done = post(replay, front, [OWN.blue], OWN.blue)

    assert (done.code, front.sent("POST")) == (4, [])
    assert "has not a Patient ID of the run" in done.said
    assert "4711" not in done.said


def test_delete_of_the_runs_own_study_is_sent(replay, front):
    front.put(OWN.blue)

    done = replay("DELETE", f"{front.url}/studies/{OWN.blue.study_uid}", OWN.blue)

    assert (done.code, front.studies()) == (0, [])


@pytest.mark.parametrize(
    "there", [OTHER.blue, OWN.blue.edited(PatientID="4711"), SAMPLES[2]], ids=["run", "patient", "uid"]
)
def test_delete_of_what_cleanup_would_leave_is_not_sent(replay, front, there):
    front.put(there)

    done = replay("DELETE", f"{front.url}/studies/{there.study_uid}", there)

    assert (done.code, front.sent("DELETE"), front.studies()) == (4, [], [there.study_uid])
    assert "is not the run's to delete" in done.said


def test_delete_of_a_study_that_others_added_to_is_not_sent(replay, front):
    front.put(OWN.blue)
    front.put(OWN.red)

    done = replay("DELETE", f"{front.url}/studies/{OWN.blue.study_uid}", OWN.blue)

    assert (done.code, front.sent("DELETE")) == (4, [])


@pytest.mark.parametrize(
    ("method", "target", "fields"),
    [
        ("DELETE", "/studies", ""),
        ("DELETE", "/studies/2.25.1?all=true", ""),
        ("DELETE", "/studies/2.25.1/../..", ""),
        ("POST", "/patients", ""),
        ("PUT", "/studies", ""),
        ("PURGE", "/studies", ""),
        ("GET", "/studies/%2e%2e/%2e%2e/tools/shutdown", ""),
        ("GET", "/../admin", ""),
        ("GET", "/..;/..;/manager/html", ""),
        ("GET", "/studies/%252e%252e/%252e%252e/admin", ""),
        ("GET", "/studies/..%5c..%5cadmin", ""),
        ("GET", "/..%3b/admin", ""),
        ("GET", "/studies", "X-HTTP-Method-Override: DELETE\n"),
        ("GET", "/studies?PatientID={00100020}", ""),
        ("GET", "/studies?key=********", ""),
    ],
)
def test_request_that_may_do_something_else_is_not_sent(replay, front, method, target, fields):
    done = replay(method, front.url + target, OWN.blue, fields=fields)

    assert (done.code, front.log) == (4, [])
    assert done.said.startswith("dicomweb-conformance replay: ") or "dicomweb-conformance replay: " in done.said


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/dicom-web/studies", "http://user@127.0.0.1/studies"])
def test_request_elsewhere_is_not_sent(replay, front, url):
    done = replay("GET", url, OWN.blue)

    assert (done.code, front.log) == (4, [])
    assert "it is not below the endpoint's url" in done.said
