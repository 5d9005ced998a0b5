"""Whole runs: what they leave, and that reports/published/ says of a server what a run of today says of it.

A check that is new since has no verdict there: it is named, and published with the next release.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import warnings
from urllib.parse import unquote

import pytest

from conformance.kit.instances import Instance
from conformance.reporting import results
from conformance.requirements import requirements
from tests.conftest import CHECKOUT, command_in, configure, missing, orthanc_server
from tests.tools.contents import of_evidence
from tests.tools.judging import LOAD

PUBLISHED = CHECKOUT / "reports" / "published"
GREEN = Instance((CHECKOUT / "fixtures" / "green-square.dcm").read_bytes())


def differences(run, published):
    """The checks with another verdict than the published, or none any more, except those of drawn data."""
    before = {check.id: check.verdict for check in published.checks if not check.id.endswith(".drawn")}
    today = {check.id: check.verdict for check in run.checks if not check.id.endswith(".drawn")}
    if new := sorted(set(today) - set(before)):
        warnings.warn(f"{run.endpoint.name}: not yet published: {', '.join(new)}", stacklevel=2)
    return [(id, today.get(id), verdict) for id, verdict in before.items() if today.get(id) != verdict]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The run of the whole suite against the embedded server, without a load: tests/test_load.py has one."""
    return command_in(tmp_path_factory.mktemp("whole"), "run")


@pytest.mark.slow
def test_no_search_of_a_run_asks_for_the_whole_archive(whole):
    of_the_run = re.compile(rf"{whole.results.run[-4:].upper()}|[0-9.]{{20,}}")
    exchanges = {item.path: item for check in whole.results.checks for item in check.evidence}.values()
    reads = [item.url for item in exchanges if item.method in ("GET", "HEAD")]

    searches = [url for url in reads if re.search(r"/(studies|series|instances)(\?|$)", url)]
    asked = [unquote(url) for url in searches if not re.search("/studies.(limit=1|.*%FF.*)$", url)]
    assert len(asked) > 800
    assert [url for url in asked if not of_the_run.search(url)] == []


@pytest.mark.slow
def test_embedded_run_conforms_and_leaves_one_folder_with_every_report(whole):
    assert whole.code == 0
    assert whole.results.overall == "conforms"
    assert re.fullmatch(r"conforms: all \d+ required obligations are met", whole.results.sentence)
    assert {check.verdict for check in whole.results.checks} == {"pass", "observed", "not supported"}
    judged = {check.requirement for check in whole.results.checks}
    left_out = [item.id for item in requirements().values() if item.not_tested or item.profile or item.load]
    assert judged == set(requirements()) - set(left_out)
    assert whole.results.leftovers == []
    assert f"REPORT    {whole.folder / 'conformance.html'}" in whole.output
    names = {path.name for path in whole.folder.iterdir()}
    reports = {"results.json", "conformance.html", "acceptance.html", "report.html", "junit.xml"}
    assert names == {*reports, "ledger.jsonl", "evidence.zip", "SHA256SUMS"}
    assert (whole.folder / "results.json").stat().st_size < 6_500_000
    assert sum(path.stat().st_size for path in whole.folder.iterdir()) < 27_000_000
    for line in (whole.folder / "SHA256SUMS").read_text().splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256((whole.folder / name).read_bytes()).hexdigest() == digest


@pytest.mark.slow
def test_embedded_run_says_what_is_published(whole):
    published = results.read(PUBLISHED / "embedded")
    published.checks = [check for check in published.checks if not requirements()[check.requirement].load]

    assert differences(whole.results, published) == []
    assert whole.results.overall == published.overall == "conforms"


def test_orthanc_run_says_what_is_published(command, endpoints, tmp_path):
    published = results.read(PUBLISHED / "orthanc-1.10.1")
    version = subprocess.run(["Orthanc", "--version"], capture_output=True, text=True).stdout.split()[1]
    if version != "1.10.1":
        missing(f"the published run is of Orthanc 1.10.1, here is {version}")

    baseline = PUBLISHED / "orthanc-1.10.1" / "baseline.toml"
    # In one of some fifty runs a store of this version did not end: then another server is tried.
    for folder in (tmp_path / "first", tmp_path / "second"):
        folder.mkdir()
        with orthanc_server(folder) as orthanc:
            foreign = orthanc.store(GREEN)
            before = orthanc.file(foreign)
            env = configure(endpoints, orthanc)
            run = command("run", "orthanc", "--baseline", baseline, "--load", LOAD, env=env)
            after, studies = orthanc.file(foreign), orthanc.studies()
        if not is_hung(run):
            break

    red = {check.id: check.summary for check in run.results.checks if check.verdict in ("fail", "stale")}
    assert red == {}
    assert differences(run.results, published) == []
    assert (run.code, run.results.leftovers) == (0, [])
    assert len(run.results.stored) > 60
    # The study of somebody else is as it was, alone again, and nothing asked for it.
    assert (after, len(studies)) == (before, 1)
    texts = [content for name, content in of_evidence(run.folder).items() if name.endswith((".http", ".json"))]
    assert texts and GREEN.study_uid.encode() not in b"".join(texts)


def is_hung(run):
    """True if the server was silent for the whole timeout of a store."""
    exchanges = [item for check in run.results.checks for item in check.evidence]
    return any(item.method == "POST" and "silent" in (item.error or "") for item in exchanges)
