"""The qualification record: the suite against every fault and every correct server that only looks faulty.

    python tests/kill_matrix.py [FAULT ...]       writes reports/published/qualification/, all of it or some faults,
                                                  and its numbers into the package
    python tests/kill_matrix.py --whole FAULT ... only says what these turn red over the whole suite

All takes about 15 minutes on 2 cores. A line a fault: caught or missed, and what it was not meant to turn red.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from operator import methodcaller
from pathlib import Path

import conformance
from conformance.reference.faults import FAULTS
from conformance.reference.variants import VARIANTS
from conformance.reporting.qualification import Innocent, Proof, Qualification, numbers, read, write, write_numbers
from conformance.requirements import requirements
from tests.judging import BROKEN, LOAD, judge, kill, processes, profile_of, touched

FOLDER = Path(__file__).parents[1] / "reports" / "published" / "qualification"


def main(words):
    options = parsed(words)
    with tempfile.TemporaryDirectory() as folder, processes(folder) as pool:

        def start(url, name, *selected, **claims):
            return pool.submit(judge, url, Path(folder) / name, *selected, **claims)

        runs = {
            name: start(
                methodcaller("fault_url", name),
                name,
                *([] if options.whole else touched(FAULTS[name])),
                profile=profile_of(FAULTS[name]),
            )
            for name in options.faults or FAULTS
        }
        kills = {}
        for name, run in runs.items():
            kills[name] = kill(FAULTS[name], run.result().checks)
            print(remark(kills[name]), flush=True)
        if options.whole:
            return
        profiles = ("dicomweb", "azure")
        correct = [start(methodcaller("profile_url", name), name, *LOAD, profile=name) for name in profiles]
        if options.faults:
            record = read(FOLDER / "qualification.json")
            kills = {item.fault: item for item in record.kills if item.fault in FAULTS} | kills
            innocents = record.innocents
        else:
            variants = {
                name: start(methodcaller("variant_url", name), f"v/{name}", *LOAD, lacks=item.lacks)
                for name, item in VARIANTS.items()
            }
            innocents = [innocent(VARIANTS[name], run.result().overall) for name, run in variants.items()]
        checks = [check for run in correct for check in run.result().checks]
    ordered = [kills[name] for name in FAULTS if name in kills]
    write(Qualification(conformance.__version__, ordered, proofs(checks, ordered), innocents), FOLDER)
    write_numbers(numbers(FOLDER / "qualification.json"))


def parsed(words):
    parser = argparse.ArgumentParser()
    parser.add_argument("--whole", action="store_true")
    parser.add_argument("faults", nargs="*", metavar="FAULT")
    options = parser.parse_args(words)
    if unknown := set(options.faults) - set(FAULTS):
        parser.error(f"there is no fault {', '.join(sorted(unknown))}")
    if options.whole and not options.faults:
        parser.error("--whole is for some faults: name them")
    return options


def proofs(checks, kills):
    """What proves each scored requirement that has checks."""
    ids = {}
    for check in checks:
        ids.setdefault(check.requirement, {})[check.id] = None
    return [
        Proof(
            requirement=item.id,
            clause=item.clause,
            tier=item.tier,
            statement=item.statement,
            checks=list(ids[item.id]),
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
