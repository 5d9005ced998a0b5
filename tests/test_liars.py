"""The suite run against servers that lie: it ends, says what is wrong, gives nothing away and lets nothing pass."""

from __future__ import annotations

import contextlib
import io
from typing import NamedTuple

import pytest

from conformance.__main__ import main
from conformance.harness.patience import DEADLINES
from conformance.harness.removal import SILENCES
from conformance.reporting import results
from tests.conftest import CHECKOUT
from tests.judging import asked, processes
from tests.liars import LIARS, Liar

PASSWORD = "correct-horse-battery"
SECRETS = (PASSWORD.encode(), b"YWNjZXB0YW5jZTpjb3JyZWN0LWhvcnNlLWJhdHRlcnk")
TIMEOUT, DEADLINE, MAX_BODY = 2, 3, 8
CONFIGURATION = f"""
[liar]
url = "{{url}}"
timeout = {TIMEOUT}
deadline = {DEADLINE}
max_body = {MAX_BODY}
supports = ["delete", "single-part-store"]
auth = {{{{ kind = "basic", username = "acceptance", password = {{{{ file = "password" }}}} }}}}
"""

# What the preflight says of a server that lies from the start.
STOPPED = {
    "always-404": "is 404, should be 200 or 204: no DICOMweb service is there",
    "always-500": "is 500, should be 200 or 204: the server fails, its log may say why",
    "always-401": "is 401 with the credentials given, should be 200",
    "login-page": 'this is a web page (title "Sign in"), not a DICOMweb service',
    "empty-200": "is 200 with an empty body, should be a list in DICOM JSON",
    "echo": "its body is not DICOM JSON",
    "endless-body": f"the body is larger than max_body = {MAX_BODY} MB",
    "dripping-body": f"the answer did not end within deadline = {DEADLINE} s",
    "hang": f"the server was silent for timeout = {TIMEOUT} s",
    "reset-after-head": "reset",
    "gzip-bomb": "its body is not DICOM JSON",
    "deflated-bomb": "its body is not DICOM JSON",
    "deep-json": "nested too deep",
    "deep-data-sets": "nested too deep",
    "billion-laughs": "its body is not DICOM JSON",
    "many-parts": "its body is not DICOM JSON",
    "huge-head": "the head of the answer is longer than 64 kB, or never ends",
    "many-fields": "the head of the answer is longer than 64 kB, or never ends",
    "redirect-to-itself": "redirects are not followed",
    "redirect-elsewhere": "is 307 to http://127.0.0.2:1/dicom-web/studies, should be 200 or 204",
    "length-too-long": "peer closed connection without sending complete message body (received 2 bytes, expected 9)",
    "length-too-short": "its body is not DICOM JSON",
    "dies": "the server closed the connection without an answer",
}

SCENARIO = str(CHECKOUT / "conformance" / "scenario")
WHOLE = ("nothing-found", "bogus-object", "always-404", "echo")
# Liars that the preflight does not see: they answer it, or 30 requests, or all but one resource, as they should.
LATER = {
    **{f"{name}, whole run": (name, "after the preflight", ()) for name in WHOLE},
    **{f"{name}, afterwards": (name, "after the preflight", (SCENARIO,)) for name in LIARS if name not in WHOLE},
    **{
        f"{name}, in the middle": (name, "after 30 requests", (SCENARIO,)) for name in ("dies", "hang", "dripping-body")
    },
    "nothing-found, to searches": ("nothing-found", "to searches", ("--clause", "8.3.4.4")),
    "nothing-found, about metadata": ("nothing-found", "about metadata", ("--clause", "10.4.1.1.2")),
    "billion-laughs, about metadata": ("billion-laughs", "about metadata", ("--clause", "A.1")),
    "deep-data-sets, about metadata": ("deep-data-sets", "about metadata", ("--clause", "F.2.2")),
    "gzip-bomb, about metadata": ("gzip-bomb", "about metadata", ("--requirement", "COMMON-HDR-004")),
    "hang, about metadata": ("hang", "about metadata", ("--clause", "10.4.1.1.2")),
}
# What a server that lies about everything does meet: it speaks HTTP, and what nobody has is not there.
HTTP = ("COMMON-RESP-", "COMMON-URI-004", "COMMON-HDR-", "COMMON-CHARSET-007", "COMMON-STATUS-013")
EARNED = {
    "always-404, whole run": (*HTTP, "COMMON-STATUS-001", "RETRIEVE-RESP-006", "COMMON-URI-003"),
    **{f"{name}, whole run": HTTP for name in ("nothing-found", "bogus-object")},
    # What comes back are our own multipart messages, which are well-formed.
    "echo, whole run": (*HTTP, "COMMON-MP-003", "COMMON-MP-006"),
}
GIVEN_UP = ("hang", "dies", "dripping-body", "reset-after-head", "endless-body", "huge-head", "length-too-long")
RUNS = {**{name: (name,) for name in STOPPED}, **LATER}


class Outcome(NamedTuple):
    """What was left of a run: the exit code, what the terminal said, the results, and what came over the wire."""

    code: int
    said: str
    results: results.Results | None
    leaks: list[str]
    requests: list[bytes]


def run(honest, folder, name, when=None, words=()):
    folder.mkdir()
    (folder / "password").write_text(PASSWORD)
    said = io.StringIO()
    with Liar(name, honest if when else None, when) as liar, contextlib.redirect_stdout(said):
        (folder / "endpoints.toml").write_text(CONFIGURATION.format(url=liar.url))
        options = ["--endpoints", str(folder / "endpoints.toml"), "--reports", str(folder / "reports")]
        code = main(["run", "liar", *options, "-p", "no:unraisableexception", *words])
    written = [path for path in (folder / "reports").rglob("*") if path.is_file()]
    leaks = [str(path) for path in written if any(secret in path.read_bytes() for secret in SECRETS)]
    file = next((path for path in written if path.name == "results.json"), None)
    return Outcome(code, said.getvalue(), file and results.read(file), leaks, liar.requests)


@pytest.fixture(scope="module")
def outcomes(reference, tmp_path_factory, request):
    """The runs that are asked for, by name."""
    folder, names = tmp_path_factory.mktemp("liars"), asked(request.session)
    with processes(folder) as pool:
        runs = {
            name: pool.submit(run, reference.url, folder / str(number), *words)
            for number, (name, words) in enumerate(RUNS.items())
            if name in names
        }
        return {name: each.result(timeout=300) for name, each in runs.items()}


@pytest.mark.parametrize("name", STOPPED)
def test_preflight_stops_at_a_liar_and_says_what_is_wrong(outcomes, name):
    outcome = outcomes[name]

    assert outcome.code == 5
    assert STOPPED[name] in outcome.said
    assert "nothing was stored; exit 5" in outcome.said
    assert not [request for request in outcome.requests if not request.startswith(b"GET ")]
    assert outcome.leaks == []


@pytest.mark.parametrize("name", LATER)
def test_run_against_a_liar_ends_red_within_its_bounds(outcomes, name):
    outcome = outcomes[name]
    run = outcome.results

    assert outcome.code in (1, 6) and run.overall != "conforms"
    assert [check.summary for check in run.checks if check.verdict == "error"] == []
    assert outcome.leaks == []
    exchanges = {item.path: item for check in run.checks for item in check.evidence}.values()
    assert all(item.response_body.size <= MAX_BODY * 1024 * 1024 for item in exchanges)
    lost = [item.seconds for item in exchanges if item.error]
    assert sum(lost) <= (DEADLINES + SILENCES) * DEADLINE


@pytest.mark.parametrize("name", LATER)
def test_liar_passes_nothing_that_it_did_not_earn(outcomes, name):
    passed = [check for check in outcomes[name].results.checks if check.verdict == "pass" and check.tier == "core"]

    if LATER[name][1] == "after the preflight":
        assert [item.id for item in passed if not item.requirement.startswith(EARNED.get(name, ()))] == []
    if LATER[name][1] == "to searches":
        assert [item.id for item in passed if item.requirement.startswith("SEARCH-")] == []
    if LATER[name][1] == "about metadata":
        assert [item.id for item in passed if "/metadata" in item.evidence[-1].url] == []


@pytest.mark.parametrize("name", [name for name in LATER if LATER[name][0] in GIVEN_UP and "metadata" not in name])
def test_run_is_given_up_where_nobody_answers_any_more(outcomes, name):
    run = outcomes[name].results

    assert "the server stopped answering at request" in run.sentence
    assert "the server stopped answering at request" in " ".join(outcomes[name].said.split())
    assert {check.blocked_by for check in run.checks[-10:]} == {"the server"}


@pytest.mark.parametrize("name", ["redirect-elsewhere, afterwards"])
def test_credentials_do_not_follow_a_redirect(outcomes, name):
    """Nothing listens at 127.0.0.2:1: a request there would have had no answer."""
    assert outcomes[name].results.traffic.failed == 0
