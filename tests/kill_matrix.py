"""The kill matrix: the whole suite against every fault, and what turned red.

    python tests/kill_matrix.py [FAULT ...]

Writes reports/published/qualification/kill-matrix.json, and says what a fault did that it was not meant to do.
Per commit, tests/test_faults.py runs only the checks that a fault can touch; this is the long form of it.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from conformance.reference.faults import FAULTS
from conformance.reference.server import Server
from tests.test_faults import broken, judge, profile_of

MATRIX = Path(__file__).parents[1] / "reports" / "published" / "qualification" / "kill-matrix.json"


def main(names):
    matrix = {}
    context = multiprocessing.get_context("spawn")
    with (
        Server() as server,
        tempfile.TemporaryDirectory() as folder,
        ProcessPoolExecutor(os.cpu_count(), context) as pool,
    ):
        runs = {
            name: pool.submit(judge, server.fault_url(name), Path(folder) / name, profile=profile_of(FAULTS[name]))
            for name in names
        }
        for name, run in runs.items():
            matrix[name] = row(FAULTS[name], run.result().checks)
            print(remark(name, matrix[name]))
    if set(names) == set(FAULTS):
        MATRIX.parent.mkdir(parents=True, exist_ok=True)
        MATRIX.write_text(json.dumps(matrix, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def row(fault, checks):
    """What one fault did. UIDs differ from run to run, so only the beginning of a message is kept."""
    red = broken(checks)
    caught = [name for name in fault.breaks if any(fault.says in check.summary for check in red.get(name, []))]
    return {
        "sentence": fault.sentence,
        "seen": list(fault.seen),
        "breaks": list(fault.breaks),
        "says": fault.says,
        "caught": caught,
        "red": {name: [check.id for check in found] for name, found in sorted(red.items())},
        "blocked": sum(check.verdict == "blocked" for check in checks),
    }


def remark(name, row):
    """One line a fault: caught or missed, and what else turned red."""
    missed = [item for item in row["breaks"] if item not in row["caught"]]
    others = [item for item in row["red"] if item not in row["breaks"]]
    words = [f"missed {', '.join(missed)}"] if missed else ["caught"]
    words += [f"also red: {', '.join(others)}"] if others else []
    return f"{name}: {'; '.join(words)}; {row['blocked']} blocked"


if __name__ == "__main__":
    main(sys.argv[1:] or list(FAULTS))
