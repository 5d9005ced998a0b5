"""A server that sends markup, programs and escape codes wherever it can: none of it acts on who reads a run."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest

from conformance.__main__ import main
from conformance.reporting import results
from tests.conftest import CHECKOUT
from tests.reporting.conftest import chromium  # noqa: F401
from tests.tools import hostile, ids

pytestmark = pytest.mark.slow
# Few checks, which between them meet every sink and whose messages quote what came.
REQUIREMENTS = (
    *("SEARCH-MEDIA-001", "SEARCH-KEY-SERIES-00400244", "SEARCH-INCL-002", "RETRIEVE-META-007", "COMMON-URI-001"),
    *("RETRIEVE-FRAMES-012", "JSON-STRUCT-007", "JSON-CHARSET-001", "JSON-VR-BIN-ENDIAN", "XML-MODEL-001"),
)

BINARY = re.compile(rb"[\0-\x08\x0b\x0e-\x1a\x1c-\x1f]")  # as browsers see it (MIME Sniffing, 3)


def judged(url, folder, *words):
    """Run the command; what it printed, in bytes, and where the run is."""
    command = [sys.executable, "-m", "conformance", "run", url, "--leave", "--reports", str(folder), *words]
    done = subprocess.run(command, cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300)
    run = next(folder.glob("*/*/report.html")).parent
    return SimpleNamespace(code=done.returncode, printed=done.stdout, folder=run)


@pytest.fixture(scope="module")
def run(reference, tmp_path_factory):
    words = ["--har", *(word for name in ids.of(REQUIREMENTS) for word in ("--requirement", name))]
    with hostile.proxy(reference.url) as url:
        return judged(url, tmp_path_factory.mktemp("hostile"), *words)


def test_each_place_has_something_hostile(run):
    found = results.read(run.folder)

    places = {
        "server": found.endpoint.server,
        "summary": " ".join(check.summary for check in found.checks),
        "reason": " ".join(exchange.reason for check in found.checks for exchange in check.evidence),
        "heads": " ".join(exchange.response_head for check in found.checks for exchange in check.evidence),
        "bodies": " ".join(exchange.response_body.text or "" for check in found.checks for exchange in check.evidence),
        "error": " ".join(exchange.error or "" for check in found.checks for exchange in check.evidence),
    }
    sinks = {hostile.sink_of(check.id).__name__ for check in found.checks}
    assert [place for place, text in places.items() if "<script>" not in text] == []
    assert sinks == set(hostile.SINKS)
    assert [check for check in found.checks if check.verdict == "error"] == []


@pytest.mark.parametrize("page", ["conformance.html", "report.html"])
def test_pages_run_no_script(chromium, run, page):  # noqa: F811
    path = run.folder / page
    raw = [character for character in path.read_bytes().decode() if not (character.isprintable() or character == "\n")]

    dom, console = chromium.dom(path), chromium.console(path)

    title = dom.split("</title>")[0]
    assert (raw, console, "owned" in title, 'href="javascript' in dom, "<img src=x" in dom) == (
        [],
        [],
        False,
        False,
        False,
    )


def test_page_keeps_its_policy(run):
    assert (run.folder / "conformance.html").read_bytes().count(
        b"content=\"default-src 'none'; style-src 'sha256-"
    ) == 1


def is_shown(path, content):
    """False for what a browser downloads: a .bin is application/octet-stream, and of others the first octets decide.

    A browser without a window never ends then.
    """
    return path.suffix != ".bin" and not BINARY.search(content[:1500])


def test_evidence_runs_no_script(chromium, run, reference, tmp_path):  # noqa: F811
    # A document with a text that stood in a match of no study of the run is not kept: XML comes from a run without any.
    with hostile.proxy(reference.url) as url:
        of_xml = judged(url, tmp_path / "xml", "--requirement", "XML-MODEL-001")
    for number, each in enumerate((run, of_xml)):
        assert main(["unpack", str(each.folder), "--into", str(tmp_path / str(number))]) == 0
    # Heads (.http) begin with a request line: no browser takes them for a page, it shows or downloads them.
    found = sorted(tmp_path.glob("[01]/evidence/*/*.response.*"))
    bodies = [path for path in found if b"<script" in (content := path.read_bytes()) and is_shown(path, content)]
    kinds = {path.name.partition(".response.")[2]: path for path in bodies}

    doms = {kind: chromium.dom(path) for kind, path in kinds.items()}

    assert {"xml.txt", "json", "multipart"} <= set(kinds)
    assert [kind for kind, dom in doms.items() if "<title>owned" in dom] == []


def test_files_for_tools_can_be_read(run):
    def refuse(word):
        raise ValueError(word)

    for name in ("results.json", "run.har"):
        json.loads((run.folder / name).read_bytes().decode(), parse_constant=refuse)
    cases = list(ElementTree.parse(run.folder / "junit.xml").iter("testcase"))

    assert len(cases) == len(results.read(run.folder).checks)


def test_terminal_gets_plain_text(run):
    assert unprintable(run.printed) == set()


def asks(status, reason, fields, body):
    """Wants a password, and says so in its own words."""
    return 401, hostile.HEAD, [(b"www-authenticate", hostile.HEAD)], body


def unheard(status, reason, fields, body):
    """A header line that is none."""
    return 200, reason, [(b"<script>" + hostile.HEAD, hostile.HEAD)], body


@pytest.mark.parametrize("sink", [asks, unheard])
def test_terminal_gets_plain_text_where_the_preflight_stops(reference, tmp_path, sink):
    with hostile.proxy(reference.url, sink) as url:
        run = judged(url, tmp_path, "--requirement", "COMMON-URI-001")

    assert (run.code, unprintable(run.printed), b"<script>" in run.printed) == (5, set(), True)


def unprintable(printed):
    return {character for character in printed.decode() if not (character.isprintable() or character == "\n")}
