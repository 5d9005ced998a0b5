"""What reports/published/ says of a server is what a run of today says of it."""

from __future__ import annotations

import subprocess

from conformance.kit.instances import Instance
from conformance.reporting import results
from tests.conftest import CHECKOUT, missing
from tests.judging import LOAD

PUBLISHED = CHECKOUT / "reports" / "published"
GREEN = Instance((CHECKOUT / "fixtures" / "green-square.dcm").read_bytes())


def differences(run, published):
    """The checks with another verdict, but for those of drawn data."""
    before = {check.id: check.verdict for check in published.checks}
    return [
        (check.id, check.verdict, before.get(check.id))
        for check in run.checks
        if not check.id.endswith(".drawn") and check.verdict != before.get(check.id)
    ]


def test_embedded_server(command):
    published = results.read(PUBLISHED / "embedded")

    run = command("run", *LOAD)

    assert differences(run.results, published) == []
    assert len(run.results.checks) == len(published.checks)
    assert run.results.overall == published.overall == "conforms"


def test_orthanc(command, configured, orthanc):
    published = results.read(PUBLISHED / "orthanc-1.10.1")
    version = subprocess.run(["Orthanc", "--version"], capture_output=True, text=True).stdout.split()[1]
    if version != "1.10.1":
        missing(f"the published run is of Orthanc 1.10.1, here is {version}")

    foreign = orthanc.store(GREEN)
    before = orthanc.file(foreign)
    baseline = PUBLISHED / "orthanc-1.10.1" / "baseline.toml"
    try:
        run = command("run", "orthanc", "--baseline", baseline, *LOAD, env=configured)
        after, studies = orthanc.file(foreign), orthanc.studies()
    finally:
        orthanc.delete(foreign)

    assert differences(run.results, published) == []
    assert (run.code, run.results.leftovers) == (0, [])
    assert len(run.results.stored) > 60
    # The study of somebody else is as it was, alone again, and nothing asked for it.
    assert (after, len(studies)) == (before, 1)
    assert GREEN.study_uid not in (run.folder / "run.har").read_text(encoding="utf-8")
