"""The proof that the suite can fail, and does not cry wolf.

    python tests/prove.py                    proves everything, and writes the record: an hour on 2 cores
    python tests/prove.py --changed          proves what has changed since it was recorded, and adds it to the record
    python tests/prove.py NAME ...           proves these faults, variants, causes, and adds them to the record
    python tests/prove.py --minutes 3        proves what has changed, and then a sample, until the time is up
    python tests/prove.py --whole FAULT ...  only says what these faults turn red over the whole suite

Each fault of the reference server has to be caught by the checks of every requirement that it breaks, for its reason,
and must not turn everything red. Correct servers that only look faulty have to conform. Against servers that lie
nothing passes that was not earned. A server with a single cause turns nothing red, and lets nothing wait, that does not
stand on it. A line says each that does not hold, and the exit code is 1 then.

The record is reports/published/qualification/. Its numbers are written into the package and both READMEs.
"""

from __future__ import annotations

import argparse
import re
import signal
import sys
import tempfile
import time
from pathlib import Path

CHECKOUT = Path(__file__).parents[1]
sys.path[:0] = [str(CHECKOUT)] if str(CHECKOUT) not in sys.path else []

import conformance  # noqa: E402
from conformance.reference.causes import CAUSES  # noqa: E402
from conformance.reference.faults import FAULTS  # noqa: E402
from conformance.reference.variants import GROUPS, VARIANTS  # noqa: E402
from conformance.reporting import qualification  # noqa: E402
from conformance.reporting.qualification import ONE_FORM, Innocent, Lie, Proof, Qualification  # noqa: E402
from conformance.requirements import requirements  # noqa: E402
from tests.tools import causes, ids, judging, lies, workers  # noqa: E402
from tests.tools.choosing import chosen, commit  # noqa: E402
from tests.tools.digests import of_fault, of_liar, of_variants  # noqa: E402

FOLDER = CHECKOUT / "reports" / "published" / "qualification"
RECORD = FOLDER / "qualification.json"
READMES = ("README.md", "README.zh-Hant.md")
# Of the servers that lie, how many a bounded proof tries.
LIARS = 4
# Of the single causes: each is a whole run, as is that of the correct server with which they are compared.
SINGLE = 1
SHOWN = 20
SERVERS = VARIANTS | GROUPS


class Proving:
    """What was tried in this call: the entries of the record by name, and what does not hold."""

    def __init__(self, until=None):
        self.until = until
        self.kills, self.innocents, self.lies, self.singles, self.complaints = {}, {}, {}, {}, []

    def servers(self, faults, variants=(), whole=False):
        """Run the suite against faults, and against correct servers that only look faulty.

        Variants that go together are one server; if that is called wrong, each is one.
        """
        groups = [name for name in GROUPS if {*name.split("+")} & {*variants}]
        tasks = [judging.against_variant(GROUPS[name]) for name in groups]
        tasks += [judging.against_fault(FAULTS[name], whole, every_answer=False) for name in faults]
        again, alone = [], []
        with tempfile.TemporaryDirectory() as folder:
            for name, run in workers.run(tasks, Path(folder), self.until):
                if name in FAULTS:
                    wrong = judging.complaints(FAULTS[name], run.every_check) if not whole else []
                    again += [name] if wrong else []
                    if not wrong:
                        self._killed(name, run, wrong)
                elif "+" in name and judging.alarms(GROUPS[name], run):
                    alone += name.split("+")
                else:
                    self._called(name, run)

            tasks = [judging.against_variant(VARIANTS[name]) for name in alone]
            tasks += [judging.against_fault(FAULTS[name]) for name in again]
            for name, run in workers.run(tasks, Path(folder), self.until):
                if name in FAULTS:
                    self._killed(name, run, judging.complaints(FAULTS[name], run.every_check))
                else:
                    self._called(name, run)

    def _called(self, name, run):
        wrong = judging.alarms(SERVERS[name], run)
        # Where one variant of a server breaks a form, and nothing else is red, the others of it conform.
        excused = SERVERS[name].breaks and not wrong
        for one in name.split("+"):
            item = VARIANTS[one]
            overall = (ONE_FORM if item.breaks else "conforms") if excused else run.overall
            self.innocents[one] = Innocent(one, item.sentence, list(item.seen), overall, of_variants([one]))
        self._say(f"{name}: {run.overall}", wrong)

    def _killed(self, name, run, wrong):
        self.kills[name] = judging.kill(FAULTS[name], run.every_check)
        self._say(remark(self.kills[name]), wrong)

    def liars(self, names):
        """Run the suite against servers that lie."""
        with tempfile.TemporaryDirectory() as folder, workers.pool() as pool:
            runs = {
                name: pool.submit(lies.complaints, name, Path(folder, str(number))) for number, name in enumerate(names)
            }
            for name, run in runs.items():
                wrong = run.result()
                self.lies[name] = Lie(name, not wrong, of_liar())
                self._say(f"{name}: ended as it should" if not wrong else f"{name}: did not end as it should", wrong)

    def causes(self, names):
        """Run the suite against servers with a single cause, and against the correct server."""
        found, correct = {}, {}
        tasks = [causes.against(name) for name in [causes.CORRECT, *names]] if names else []
        with tempfile.TemporaryDirectory() as folder:
            for name, run in workers.run(tasks, Path(folder)):
                found[name] = run.checks
                correct |= {check.id: check.verdict for check in found.pop(causes.CORRECT, [])}
                while correct and found:
                    self._caused(*found.popitem(), correct)

    def _caused(self, name, checks, correct):
        wrong = causes.complaints(name, checks, correct)
        self.singles[name] = one = causes.single(name, checks, not wrong)
        self._say(f"{name}: {len(one.red)} red ({', '.join(one.red)}), {one.waiting} wait", wrong)

    def _say(self, remark, complaints):
        self.complaints += complaints
        print(*[remark, *complaints], sep="\n  ", flush=True)


def main(words):
    options = parsed(words)
    record = qualification.read(RECORD)
    if options.minutes:
        held = {item.cause for item in record.causes if item.held}
        return bounded(chosen(today(), recorded(record), commit()), held, options.minutes)
    proving = Proving()
    if options.whole:
        proving.servers(options.faults, whole=True)
        return 0
    changed = chosen(today(), recorded(record), "").changed if options.changed else None
    named = options.faults or changed or ([] if options.changed else list(today()))
    try:
        proving.servers([name for name in named if name in FAULTS], [name for name in named if name in VARIANTS])
        proving.liars([name for name in named if name in lies.RUNS])
        proving.causes([name for name in named if name in CAUSES])
    finally:  # of a proof that is ended, what it has proven
        write(record, proving)
    print(f"{len(named)} entries proven, {len(proving.complaints)} complaints; {RECORD} is written", flush=True)
    return 1 if proving.complaints else 0


def bounded(choice, held, minutes):
    """Prove what changed, then a sample, until the time is up; say what was not tried, and what the record lacks.

    Of the causes, only those `held` by the record are tried: what another one turns red is a matter of a longer look.
    """
    proving = Proving(time.monotonic() + 60 * minutes)
    order = [*choice.changed, *choice.sample]
    some = [name for name in order if name in lies.RUNS][:LIARS]
    group = min(GROUPS, key=lambda name: order.index(name.split("+")[0]))
    proving.liars(some)
    singles = [name for name in order if name in held][:SINGLE]
    proving.causes(singles)
    proving.servers([name for name in order if name in FAULTS], group.split("+"))
    untried = [name for name in choice.changed if name not in proving.kills and name in FAULTS]
    print(
        f"\nproven in {minutes:g} minutes: {len(proving.kills)} of {len(FAULTS)} faults, one of {len(GROUPS)} servers"
        f" with variants, {len(some)} of {len(lies.RUNS)} that lie, {len(singles)} of {len(CAUSES)} causes"
    )
    tell("newer than the record", choice.changed, "python tests/prove.py --changed proves them")
    tell("causes of which the record does not say that they held", sorted(CAUSES.keys() - held), "prove.py CAUSE ...")
    tell("of these, too many for the time", untried, "--minutes N")
    tell("proven with another reference server or judge", choice.older, "python tests/prove.py proves all")
    tell("complaints", proving.complaints, "each is above too, where it came up")
    return 1 if proving.complaints else 0


def tell(what, items, remark):
    """Say how many there are, and the first of them."""
    if items:
        more = f", and {len(items) - SHOWN} more" if len(items) > SHOWN else ""
        print(f"{what}: {len(items)} ({remark})\n  {', '.join(items[:SHOWN])}{more}")


def today():
    """Every entry that the record should have, and what it would be proven with."""
    return {
        **{name: of_fault(fault) for name, fault in FAULTS.items()},
        **{name: of_variants([name]) for name in VARIANTS},
        **{name: of_liar() for name in lies.RUNS},
        **{name: causes.basis(name) for name in CAUSES},
    }


def recorded(record):
    """Every entry that the record has, and what it was proven with."""
    return {
        **{item.fault: item.basis for item in record.kills},
        **{item.variant: item.basis for item in record.innocents},
        **{item.liar: item.basis for item in record.lies},
        **{item.cause: item.basis for item in record.causes},
    }


def write(record, proving):
    """Write the record with what was tried now, without what there is no more; and its numbers wherever they are."""
    kills = {item.fault: item for item in record.kills} | proving.kills
    innocents = {item.variant: item for item in record.innocents} | proving.innocents
    lied = {item.liar: item for item in record.lies} | proving.lies
    singles = {item.cause: item for item in record.causes} | proving.singles
    ordered = [kills[name] for name in FAULTS if name in kills]
    qualification.write(
        Qualification(
            version=conformance.__version__,
            kills=ordered,
            proofs=proofs(ids.ids(), ordered),
            innocents=[innocents[name] for name in VARIANTS if name in innocents],
            lies=[lied[name] for name in lies.RUNS if name in lied],
            causes=[singles[name] for name in CAUSES if name in singles],
        ),
        FOLDER,
    )
    numbers = qualification.numbers(RECORD)
    qualification.write_numbers(numbers)
    for name in READMES:
        path = CHECKOUT / name
        path.write_text(with_numbers(path.read_text(encoding="utf-8"), numbers), encoding="utf-8")


def with_numbers(text, numbers):
    """A README with the numbers of the record in the rows of its table."""
    pairs = iter(
        [(numbers.caught, numbers.faults), (numbers.proven, numbers.requirements), (numbers.conform, numbers.servers)]
    )
    return re.sub(r"\| \d+ (of|/) \d+ \|", lambda found: f"| {(p := next(pairs))[0]} {found[1]} {p[1]} |", text)


def proofs(checks, kills):
    """What proves each scored requirement that has checks."""
    judged = {}
    for check in checks:
        judged.setdefault(check.split(".")[0], []).append(check)
    return [
        Proof(
            requirement=item.id,
            clause=item.clause,
            tier=item.tier,
            statement=item.statement,
            checks=judged[item.id.lower()],
            faults=[kill.fault for kill in kills if item.id in kill.caught],
        )
        for item in requirements().values()
        if judging.is_proven_here(item) and item.id.lower() in judged
    ]


def remark(kill):
    """One line a fault: caught or missed, and what else turned red."""
    missed = [item for item in kill.breaks if item not in kill.caught]
    others = [item for item in kill.red if item not in kill.breaks]
    words = [f"missed {', '.join(missed)}"] if missed else ["caught"]
    words += [f"also red: {', '.join(others)}"] if others else []
    return f"{kill.fault}: {'; '.join(words)}; {kill.blocked} blocked"


def parsed(words):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--changed", action="store_true")
    parser.add_argument("--minutes", type=float, metavar="N")
    parser.add_argument("--whole", action="store_true")
    parser.add_argument("faults", nargs="*", metavar="NAME")
    options = parser.parse_args(words)
    if unknown := set(options.faults) - set(FAULTS if options.whole else [*FAULTS, *VARIANTS, *CAUSES]):
        parser.error(f"there is no fault, variant or single cause {', '.join(sorted(unknown))}")
    if options.whole and not options.faults:
        parser.error("--whole is for some faults: name them")
    return options


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main(sys.argv[1:]))
