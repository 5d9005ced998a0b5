"""What reports/published/ says of a server is what a run of today says of it."""

from __future__ import annotations

import subprocess

from conformance.kit.instances import Instance
from conformance.reporting import results
from tests.conftest import CHECKOUT, missing

PUBLISHED = CHECKOUT / "reports" / "published"
GREEN = Instance((CHECKOUT / "fixtures" / "green-square.dcm").read_bytes())


def verdicts(run):
    """The verdicts of the checks, without those whose data Hypothesis draws anew when our own code changes."""
    return {check.id: check.verdict for check in run.checks if not check.id.endswith(".drawn")}


def test_embedded_server(command):
    published = results.read(PUBLISHED / "embedded")

    run = command("run")

    assert verdicts(run.results) == verdicts(published)
    assert run.results.overall == published.overall == "conforms"


def test_orthanc(command, configured, orthanc):
    published = results.read(PUBLISHED / "orthanc-1.10.1")
    version = subprocess.run(["Orthanc", "--version"], capture_output=True, text=True).stdout.split()[1]
    if version != "1.10.1":
        missing(f"the published run is of Orthanc 1.10.1, here is {version}")

    foreign = orthanc.store(GREEN)
    before = orthanc.file(foreign)

    run = command("run", "orthanc", "--baseline", PUBLISHED / "orthanc-1.10.1" / "baseline.toml", env=configured)

    assert verdicts(run.results) == verdicts(published)
    assert (run.code, run.results.leftovers) == (0, [])
    assert len(run.results.stored) > 60
    # The study of somebody else is as it was, and nothing asked for it.
    assert len(orthanc.studies()) == 1
    assert orthanc.file(foreign) == before
    assert GREEN.study_uid not in (run.folder / "run.har").read_text(encoding="utf-8")
    orthanc.delete(foreign)
