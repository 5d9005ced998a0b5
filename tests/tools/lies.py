"""The suite run against servers that lie: it ends, says what is wrong, gives nothing away and lets nothing pass."""

from __future__ import annotations

import contextlib
import io
from typing import NamedTuple

from conformance.__main__ import main
from conformance.harness.data.removal import SILENCES
from conformance.harness.run.options import PACKAGE
from conformance.harness.wire.patience import DEADLINES
from conformance.reference.server import Server
from conformance.reporting import results
from conformance.reporting.record import Results
from tests.tools.liars import LIARS, Liar

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
    "always-404": "returns 404, should be 200 or 204: no DICOMweb service is there",
    "always-500": "returns 500, should be 200 or 204: the server fails, its log may say why",
    "always-401": "returns 401 with the credentials given, should be 200",
    "login-page": 'this is a web page (title "Sign in"), not a DICOMweb service',
    "empty-200": "both return 200 with an empty body, should be a list in DICOM JSON and 404",
    "echo": "its body is not DICOM JSON",
    "endless-body": f"the body is larger than max_body = {MAX_BODY} MB",
    "dripping-body": f"the response did not end within deadline = {DEADLINE} s",
    "hang": f"the server was silent for timeout = {TIMEOUT} s",
    "reset-after-head": "reset",
    "gzip-bomb": "the body decodes to more than 32 MB",
    "deflated-bomb": "its body is not DICOM JSON",
    "deep-json": "nested too deep",
    "deep-data-sets": "nested too deep",
    "billion-laughs": "its body is not DICOM JSON",
    "many-parts": "its body is not DICOM JSON",
    "huge-head": "the head of the response is longer than 64 kB, or never ends",
    "many-fields": "the head of the response is longer than 64 kB, or never ends",
    "redirect-to-itself": "not followed",
    "redirect-elsewhere": "returns 307 to http://127.0.0.2:1/dicom-web/studies, should be 200 or 204",
    "length-too-long": "peer closed connection without sending complete message body (received 2 bytes, expected 9)",
    "length-too-short": "its body is not DICOM JSON",
    "dies": "the server closed the connection without a response",
}

SCENARIO = str(PACKAGE / "scenario")
WHOLE = ("nothing-found", "bogus-object", "always-404", "echo")
# Liars that the preflight does not see: they answer it, or 30 requests, or all but one resource, as they should.
LATER = {
    **{f"{name}, whole run": (name, "after the preflight", ()) for name in WHOLE},
    **{f"{name}, afterwards": (name, "after the preflight", (SCENARIO,)) for name in LIARS if name not in WHOLE},
    **{
        f"{name}, in the middle": (name, "after 30 requests", (SCENARIO,)) for name in ("dies", "hang", "dripping-body")
    },
    "nothing-found, to searches": ("nothing-found", "to searches", (str(PACKAGE / "query" / "test_paging.py"),)),
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


STOPS_ANSWERING = "the server stopped responding at request"


class Outcome(NamedTuple):
    """What was left of a run: the exit code, what the terminal said, the results, and what came over the wire."""

    code: int
    said: str
    results: Results | None
    leaks: list[str]
    requests: list[bytes]


def run(name, folder):
    """One of the RUNS, in a folder that it makes."""
    (liar, when, words) = (*RUNS[name], None, ())[:3]
    folder.mkdir(parents=True)
    (folder / "password").write_text(PASSWORD)
    said = io.StringIO()
    with contextlib.ExitStack() as stack:
        honest = stack.enter_context(Server()).url if when else None
        lying = stack.enter_context(Liar(liar, honest, when))
        stack.enter_context(contextlib.redirect_stdout(said))
        (folder / "endpoints.toml").write_text(CONFIGURATION.format(url=lying.url))
        options = ["--endpoints", str(folder / "endpoints.toml"), "--reports", str(folder / "reports"), "--leave"]
        code = main(["run", "liar", *options, *words])
    written = [path for path in (folder / "reports").rglob("*") if path.is_file()]
    leaks = [str(path) for path in written if any(secret in path.read_bytes() for secret in SECRETS)]
    file = next((path for path in written if path.name == "results.json"), None)
    return Outcome(code, said.getvalue(), file and results.read(file), leaks, lying.requests)


def complaints(name, folder):
    """What is wrong with one of the RUNS, which takes place in a folder, as sentences; it should be nothing."""
    outcome = run(name, folder)
    found = _stopped(name, outcome) if name in STOPPED else _ended(name, outcome) + _unearned(name, outcome.results)
    found += [f"a secret is in {path}" for path in outcome.leaks]
    return [f"{name}: {sentence}" for sentence in found]


def _stopped(name, outcome):
    """The preflight has to say what is wrong, and stop the run before it stores something."""
    return _unmet(
        {
            f"the exit code is {outcome.code}, should be 5": outcome.code == 5,
            f"the terminal does not say {STOPPED[name]!r}": STOPPED[name] in outcome.said,
            "the terminal does not say that nothing was stored": "nothing was stored; exit 5" in outcome.said,
            "other than GET and OPTIONS was sent": all(
                request.startswith((b"GET ", b"OPTIONS ")) for request in outcome.requests
            ),
        }
    )


def _ended(name, outcome):
    """The run has to end red, within its bounds of size and time."""
    checks, run = outcome.results.checks, outcome.results
    exchanges = {item.path: item for check in checks for item in check.evidence}.values()
    lost = sum(item.seconds for item in exchanges if item.error)
    limit = (DEADLINES + SILENCES) * DEADLINE
    found = _unmet(
        {
            f"the exit code is {outcome.code}, should be 1 or 6": outcome.code in (1, 6),
            "the verdict is that the server conforms": run.overall != "conforms",
            f"{lost:.0f} s were lost, should be {limit} at most": lost <= limit,
            "a body is larger than max_body": all(item.response_body.size <= MAX_BODY * 1024**2 for item in exchanges),
            # Nothing listens where it leads to: a request there would have had no answer.
            "a redirect was followed": not name.startswith("redirect-elsewhere") or not run.traffic.failed,
        }
    )
    found += [f"{check.id} is in error: {check.summary}" for check in checks if check.verdict == "error"]
    if LATER[name][0] in GIVEN_UP and "metadata" not in name:
        found += _unmet(
            {
                "the sentence does not say that the server stopped answering": STOPS_ANSWERING in run.sentence,
                "nor does the terminal": STOPS_ANSWERING in " ".join(outcome.said.split()),
                "the last checks do not wait for the server": {check.blocked_by for check in checks[-10:]}
                == {"the server"},
            }
        )
    return found


def _unearned(name, run):
    """Nothing scored passes by a lie."""
    passed = [check for check in run.checks if check.verdict == "pass" and check.tier == "core"]
    match LATER[name][1]:
        case "after the preflight":
            lies = [item for item in passed if not item.requirement.startswith(EARNED.get(name, ()))]
        case "to searches":
            lies = [item for item in passed if item.requirement.startswith("SEARCH-")]
        case "about metadata":
            lies = [item for item in passed if "/metadata" in item.evidence[-1].url]
        case _:
            lies = []
    return [f"{item.id} passes" for item in lies]


def _unmet(rules):
    return [sentence for sentence, holds in rules.items() if not holds]
