"""The qualification record: the suite against every fault and every correct server that only looks faulty.

    python tests/kill_matrix.py [--whole] [FAULT ...]

Without names it writes reports/published/qualification/, data and page (about 10 minutes on 2 cores; `--whole` runs
every check against every fault, for hours); with names it only says what these faults did, every check run. A line a
fault: caught or missed, and what it was not meant to turn red.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import conformance
from conformance.reference.faults import FAULTS
from conformance.reference.server import Server
from conformance.reference.variants import VARIANTS
from conformance.reporting.qualification import Innocent, Kill, Proof, Qualification, write
from conformance.requirements import requirements
from tests.test_faults import BROKEN, broken, judge, touched

FOLDER = Path(__file__).parents[1] / "reports" / "published" / "qualification"


def main(words):
    options = parsed(words)
    names = options.faults or list(FAULTS)
    with Server() as server, tempfile.TemporaryDirectory() as folder, pool() as processes:
        runs = {
            name: processes.submit(
                judge,
                server.fault_url(name),
                Path(folder) / name,
                *([] if options.whole or options.faults else touched(FAULTS[name])),
            )
            for name in names
        }
        kills = []
        for name, run in runs.items():
            kills.append(kill(FAULTS[name], run.result().checks))
            print(remark(kills[-1]), flush=True)
        if options.faults:
            return
        correct = processes.submit(judge, server.url, Path(folder) / "correct").result()
        variants = {
            name: processes.submit(judge, server.variant_url(name), Path(folder) / "v" / name) for name in VARIANTS
        }
        innocents = [innocent(VARIANTS[name], run.result().overall) for name, run in variants.items()]
    write(
        Qualification(conformance.__version__, options.whole, kills, proofs(correct.checks, kills), innocents), FOLDER
    )


def parsed(words):
    parser = argparse.ArgumentParser()
    parser.add_argument("--whole", action="store_true")
    parser.add_argument("faults", nargs="*", metavar="FAULT")
    options = parser.parse_args(words)
    if unknown := set(options.faults) - set(FAULTS):
        parser.error(f"there is no fault {', '.join(sorted(unknown))}")
    return options


def pool():
    return ProcessPoolExecutor(os.cpu_count(), multiprocessing.get_context("spawn"))


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


def proofs(checks, kills):
    """What proves each scored requirement that has checks."""
    ids = {}
    for check in checks:
        ids.setdefault(check.requirement, []).append(check.id)
    return [
        Proof(
            requirement=item.id,
            clause=item.clause,
            tier=item.tier,
            statement=item.statement,
            checks=ids[item.id],
            faults=[kill.fault for kill in kills if item.id in kill.caught],
        )
        for item in requirements().values()
        if item.tier in BROKEN and item.id in ids
    ]


def innocent(variant, overall):
    return Innocent(variant.id, variant.sentence, list(variant.seen), overall)


def remark(kill):
    """One line a fault: caught or missed, and what else turned red."""
    missed = [item for item in kill.breaks if item not in kill.caught]
    others = [item for item in kill.red if item not in kill.breaks]
    words = [f"missed {', '.join(missed)}"] if missed else ["caught"]
    words += [f"also red: {', '.join(others)}"] if others else []
    return f"{kill.fault}: {'; '.join(words)}; {kill.blocked} blocked"


if __name__ == "__main__":
    main(sys.argv[1:])
