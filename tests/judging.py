"""The suite run against the servers that are known to be wrong, or right, and what turned red."""

from __future__ import annotations

import contextlib
import io
import multiprocessing
import os
import shutil
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from conformance.__main__ import main
from conformance.harness.options import PACKAGE
from conformance.reference.server import Server
from conformance.reporting import results
from conformance.reporting.qualification import Kill
from conformance.requirements import features, requirements

BROKEN = {"core": "fail", "extended": "warn"}
LOAD = ("--load", "8")


def judge(url, folder, *words, lacks=(), profile=None):
    """Run the suite in this process; the results. `url` is one, or makes one of the server of the processes().

    What the run wrote goes again: hundreds of runs would fill a disk. Every feature is claimed but those that are
    lacking, or what a profile claims.
    """
    claims = [word for feature in features() if feature not in lacks for word in ("--supports", feature)]
    claims = ["--profile", profile] if profile else claims
    # That plugin of pytest collects garbage four times a run, a fifth of the time of a short one.
    quick = ("-p", "no:unraisableexception")
    url = url if isinstance(url, str) else url(server)
    with contextlib.redirect_stdout(io.StringIO()):
        main(["run", url, "--reports", str(folder), *claims, *quick, *words])
    run = results.read(next(Path(folder).glob("*/*/results.json")))
    shutil.rmtree(folder)
    return run


def processes(folder):
    """A process for each core, with a reference server of its own, which keeps in the folder what is stored."""
    return ProcessPoolExecutor(os.cpu_count(), multiprocessing.get_context("spawn"), _serve, (folder,))


def _serve(folder):
    global server
    server = Server(Path(tempfile.mkdtemp(dir=folder))).start()


def asked(session):
    """The names for which tests of the session are parametrised."""
    return {item.callspec.params.get("name") for item in session.items if hasattr(item, "callspec")}


def profile_of(fault):
    """The profile whose requirements a fault breaks; None where they are the standard's, or none."""
    return next((requirements()[name].profile for name in fault.breaks), None)


def touched(fault):
    """The checks that a fault is judged by: the whole walk where it breaks a step of it, else those it breaks."""
    if any(requirement.startswith("SEED-") for requirement in fault.breaks):
        return [str(PACKAGE / "scenario")]
    words = [word for requirement in fault.breaks for word in ("--requirement", requirement)]
    return [*words, *LOAD] if any(requirements()[requirement].load for requirement in fault.breaks) else words


def broken(checks):
    """The checks that a fault turned red (core) or yellow (extended), by requirement."""
    found = {}
    for check in checks:
        if check.verdict in ("fail", "warn") and check.tier in BROKEN:
            found.setdefault(check.requirement, []).append(check)
    return found


def kill(fault, checks):
    """What one fault did."""
    red = broken(checks)
    caught = [name for name in fault.breaks if any(fault.says in check.summary for check in red.get(name, []))]
    return Kill(
        fault=fault.id,
        sentence=fault.sentence,
        seen=list(fault.seen),
        breaks=list(fault.breaks),
        says=fault.says,
        caught=caught,
        red={name: [check.id for check in found] for name, found in sorted(red.items())},
        blocked=sum(check.verdict == "blocked" for check in checks),
    )
