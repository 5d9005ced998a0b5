"""Complete the covering array of pixel objects, conformance/kit/kinds/factors.csv.

    python tests/tools/covering.py

Rows keep their names, which reports and baselines show: a new pair of levels adds rows, and a row that no rule allows
any more is named, and has to be removed by hand. Then `python fixtures/encode.py` makes the frames of the new rows.
"""

from __future__ import annotations

import csv
import random
import sys
from pathlib import Path

from conformance.kit.kinds import factors
from conformance.kit.kinds.factors import FACTORS, Pair, Row

FILE = Path(factors.__file__).with_name("factors.csv")
SEED, CANDIDATES = 20, 80


def complete(known: dict[str, Row]) -> dict[str, Row]:
    """The rows, and as many more as cover every feasible pair: greedily, each the best of a number of candidates."""
    drawn, found = random.Random(SEED), dict(known)
    missing = set(factors.feasible()).difference(*(factors.pairs(row) for row in known.values()))
    while missing:
        candidates = [_candidate(sorted(missing), drawn) for _ in range(CANDIDATES)]
        best = max(candidates, key=lambda row: len(missing.intersection(factors.pairs(row))))
        found[f"pixels-{len(found) + 1:03}"] = best
        missing.difference_update(factors.pairs(best))
    return found


def _candidate(missing: list[Pair], drawn: random.Random) -> Row:
    """A row with one of the missing pairs, and level by level with as many others as it can have."""
    wanted, levels = set(missing), dict(drawn.choice(missing))
    names = [name for name in FACTORS if name not in levels]
    drawn.shuffle(names)
    for name in names:
        ranked = sorted(
            drawn.sample(FACTORS[name], len(FACTORS[name])),
            key=lambda level: -sum(_pair(other, (name, level)) in wanted for other in levels.items()),
        )
        levels[name] = next(level for level in ranked if factors.completed({**levels, name: level}))
    return Row(**levels)


def _pair(one: tuple[str, str], other: tuple[str, str]) -> Pair:
    """A pair in the order of the factors."""
    order = list(FACTORS)
    return (one, other) if order.index(one[0]) < order.index(other[0]) else (other, one)


if __name__ == "__main__":
    before = factors.rows() if FILE.exists() else {}
    if broken := [name for name, row in before.items() if not factors.possible(row._asdict())]:
        sys.exit(f"no rule allows {', '.join(broken)}: remove these rows")
    rows = complete(before)
    with FILE.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("name", *FACTORS))
        writer.writerows((name, *row) for name, row in rows.items())
    print(f"{len(rows)} rows, {len(rows) - len(before)} of them new")
