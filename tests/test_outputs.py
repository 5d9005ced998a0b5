"""Every output of a run says the same: exit code, results.json, page, JUnit, run log, summary, diff and terminal."""

from __future__ import annotations

import hashlib
import html
import re
from collections import Counter
from xml.etree import ElementTree

import pytest

from conformance.reporting import markdown, page, terminal
from conformance.reporting.junit import ELEMENTS
from conformance.reporting.record import VERDICTS
from conformance.reporting.sentences import waits_for_known
from tests.conftest import CHECKOUT, called_in, command_in
from tests.harness.test_unmade_kinds import BREAKING

# Not the whole requirement: its check of every response would bring half of the suite along.
SEARCH = ("--requirement", "SEED-SEARCH-STUDIES", "--requirement", "search-paging-001.two.studies")
ROOMS = (str(CHECKOUT / "conformance" / "delete"), "-k", "test_levels")
VIEWERS = ("--also", "viewers", *SEARCH, "--requirement", "VIEWER-SEARCH-LIST")
KNOWN = (
    '[[known]]\nrequirement = "SEED-RETRIEVE-FRAME"\nchecks = ["seed-retrieve-frame"]\n'
    'found = "{}"\nreason = "the vendor mends it"\n'
).format("byte 474275 of the frame is 237, should be 195")
EXIT = {"conforms": 0, "accepted": 0, "deviates": 1, "incomplete": 6}

# By name: the fault of the server, the options, a baseline, the overall verdict, and verdicts that have to be there.
STATES = {
    "green": (None, SEARCH, "", "conforms", {"pass"}),
    "red": ("frame-shifted", ("--clause", "10.4.1.1.6"), "", "deviates", {"fail", "pass"}),
    "known": ("frame-shifted", ("--requirement", "SEED-RETRIEVE-FRAME"), KNOWN, "accepted", {"known"}),
    "known without a reason": (
        "frame-shifted",
        ("--requirement", "SEED-RETRIEVE-FRAME"),
        KNOWN.replace("the vendor", "to be completed: the vendor"),
        "deviates",
        {"known"},
    ),
    "stale": (None, ("--requirement", "SEED-RETRIEVE-FRAME"), KNOWN, "deviates", {"stale"}),
    "blocked": ("store-one-instance-a-series", ("--requirement", "SEED-RETRIEVE-SERIES"), "", None, {"blocked"}),
    "warned": ("store-type-unquoted-refused", ("--requirement", "SEED-WIRE-TYPE-UNQUOTED"), "", None, {"warn"}),
    "strict": (
        "store-type-unquoted-refused",
        ("--requirement", "SEED-WIRE-TYPE-UNQUOTED", "--strict"),
        "",
        "deviates",
        {"warn"},
    ),
    "error": (None, ("--requirement", "JSON-CHARSET-001", "-p", "breaking"), "", "incomplete", {"error", "pass"}),
    "viewers": (None, VIEWERS, "", "conforms", {"pass"}),
    "viewers, one in need": ("viewer-fuzzy-is-refused", VIEWERS, "", "conforms", {"pass"}),
    "viewers, strict": ("viewer-fuzzy-is-refused", (*VIEWERS, "--strict"), "", "deviates", {"pass"}),
    "another profile": (None, ("--profile", "azure", "--requirement", "MS-STOW-02"), "", None, set()),
    "a part by a path": (None, ROOMS, "", "conforms", {"pass"}),
}


@pytest.fixture(scope="module", params=STATES)
def state(request, reference, tmp_path_factory):
    """A run in one of the states, and what has to be so."""
    fault, options, known, overall, verdicts = STATES[request.param]
    folder = tmp_path_factory.mktemp("state")
    (folder / "breaking.py").write_text(BREAKING, encoding="utf-8")
    (folder / "known.toml").write_text(known, encoding="utf-8")
    server = reference.fault_url(fault) if fault else reference.url
    claims = () if "--profile" in options else ("--supports", "delete")
    baseline = ("--baseline", folder / "known.toml") if known else ()
    # What breaks a kind does so for its process.
    run = command_in if "breaking" in options else called_in
    return run(folder, "run", server, *claims, *options, *baseline), overall, verdicts


@pytest.mark.slow
def test_state_is_what_it_is_meant_to_be(state):
    run, overall, verdicts = state

    assert run.results, run.output
    assert overall in (None, run.results.overall)
    assert verdicts <= {check.verdict for check in run.results.checks}


@pytest.mark.slow
def test_exit_code_is_that_of_the_verdict(state):
    run, _, _ = state

    assert run.code == run.results.footer.exit == EXIT[run.results.overall]


@pytest.mark.slow
def test_counts_are_the_same_everywhere(state):
    run, _, _ = state
    counts = {verdict: number for verdict, number in run.results.counts.items() if number}

    assert of_log(run) == of_page(run) == of_terminal(run) == of_markdown(run) == counts
    waiting = waits_for_known(run.results.checks)
    elements = Counter("skipped" if c.id in waiting else ELEMENTS.get(c.verdict) for c in run.results.checks)
    suite = ElementTree.parse(run.folder / "junit.xml").find("testsuite")
    for name, plural in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
        assert int(suite.get(plural)) == elements[name] == len(suite.findall(f"testcase/{name}"))


@pytest.mark.slow
def test_each_check_has_one_verdict_everywhere(state):
    run, _, _ = state
    verdicts = {check.id: check.verdict for check in run.results.checks}
    suite = ElementTree.parse(run.folder / "junit.xml").find("testsuite")

    assert verdicts == {
        case.get("name"): case.find("properties/property[@name='verdict']").get("value")
        for case in suite.findall("testcase")
    }
    assert {check.id: check.verdict for check in run.results.every_check} == dict(rows_of_log(run))


@pytest.mark.slow
def test_sentence_is_the_same_everywhere(state):
    run, _, _ = state
    said = run.results.sentence.partition(":")[2].strip()
    junit = ElementTree.parse(run.folder / "junit.xml").find("testsuite/properties/property[@name='sentence']")

    assert junit.get("value") == run.results.sentence
    for text in (shown(run), " ".join(run.output.split()), markdown.summary(run.results)):
        assert re.sub(r"\W+", " ", said.lower())[:80] in re.sub(r"\W+", " ", text.lower())
    assert run.results.overall.upper() in "\n".join(terminal.closing(run.results, ""))


@pytest.mark.slow
def test_junit_is_red_where_the_exit_code_is(state):
    run, _, _ = state
    root = ElementTree.parse(run.folder / "junit.xml").getroot()

    assert (root.get("failures") == root.get("errors") == "0") == (run.code == 0)


@pytest.mark.slow
def test_needs_of_viewers_are_the_same_everywhere(state):
    run, _, _ = state
    suites = ElementTree.parse(run.folder / "junit.xml").findall("testsuite")[1:]
    suites = [suite for suite in suites if not suite.get("name").endswith(": verdict")]

    assert [len(suite.findall("testcase")) for suite in suites] == [len(item.checks) for item in run.results.beside]
    for item in run.results.beside:
        assert item.sentence in run.results.sentence
        for viewer in item.viewers:
            for text in (shown(run), " ".join(run.output.split()), markdown.summary(run.results)):
                assert viewer.name in text
            assert (f"VIEWERS   {viewer.sentence}" in run.output) == bool(viewer.unmet)


@pytest.mark.slow
def test_obligations_add_up(state):
    run, _, _ = state
    if found := re.search(r"(\d+) required obligations: ([^.]+)\.", shown(run)):
        assert int(found[1]) == sum(int(term.split()[0]) for term in found[2].split(" + "))


def shown(run):
    """The text of the page."""
    content = (run.folder / "conformance.html").read_text(encoding="utf-8")
    digest = hashlib.sha256((run.folder / "results.json").read_bytes()).hexdigest()
    assert content == page.render(run.results, digest)
    return html.unescape(re.sub(r"<[^>]+>", " ", content))


def of_page(run):
    """Verdicts and how many checks have them, from the filter of the page."""
    content = (run.folder / "conformance.html").read_text(encoding="utf-8")
    labels = re.findall(r'id="show-[a-z-]+">.*?</svg>(\D+) ([\d,]+)</label>', content, re.DOTALL)
    return {verdict: int(number.replace(",", "")) for verdict, number in labels}


def of_log(run):
    """The same from the run log."""
    content = (run.folder / "report.html").read_text(encoding="utf-8")
    listed = re.search(rf"<p>((?:\d[\d,]* (?:{'|'.join(VERDICTS)})(?:, )?)+)\.</p>", content)[1]
    return {verdict: int(number) for number, verdict in re.findall(r"(\d+) ([a-z ]+?)(?:,|$)", listed)}


def rows_of_log(run):
    """Check and verdict of each row of the run log."""
    content = html.unescape((run.folder / "report.html").read_text(encoding="utf-8"))
    cells = r'<td class=\\"col-verdict col-result\\">([a-z ]+)</td>.*?<td class=\\"col-check\\">(.*?)(?:<br>|</td>)'
    return [(check, verdict) for verdict, check in re.findall(cells, content)]


def of_terminal(run):
    """The same from the last row of the table on the terminal."""
    lines = run.output.splitlines()
    last = max(number for number, line in enumerate(lines) if line.startswith("all "))
    head = next(line for line in reversed(lines[:last]) if re.search(r"\sall$", line))
    columns = re.split(r"\s{2,}", head.strip())[:-1]
    numbers = lines[last].split()[1:-1]
    return {verdict: int(number) for verdict, number in zip(columns, numbers, strict=True) if number != "."}


def of_markdown(run):
    """The same from the summary for a job."""
    lines = markdown.summary(run.results).splitlines()
    head = next(line for line in lines if line.startswith("| Transaction"))
    row = next(line for line in reversed(lines) if line.startswith("| all"))
    columns = [cell.strip().partition(" ")[2] for cell in head.strip("| ").split("|")[1:-1]]
    numbers = [cell.strip() for cell in row.strip("| ").split("|")[1:-1]]
    return {verdict: int(number) for verdict, number in zip(columns, numbers, strict=True) if number}
