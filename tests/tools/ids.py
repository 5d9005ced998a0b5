"""The ids of all checks, which baselines name, and those of them that may not vanish: tests/check-ids.txt.

python tests/tools/ids.py        adds those that are new
"""

from __future__ import annotations

import contextlib
import io
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
KEPT = CHECKOUT / "tests" / "check-ids.txt"


class Collected:
    """Asks the plugin for the checks; it refuses a check without a docstring or a requirement, and an id twice."""

    ids: list[str] = []

    def pytest_collection_finish(self, session):
        from conformance.harness.run.selection import collect

        self.ids = sorted(judged.id for judged in collect(session.items)[0].values())


def ids():
    """The ids as they are now, of every profile."""
    from conformance.harness.run.options import PACKAGE, PYTEST

    collected, printed = Collected(), io.StringIO()
    with contextlib.redirect_stdout(printed):
        code = pytest.main([*PYTEST, "--collect-only", "-q", str(PACKAGE)], plugins=[collected])
    if code:
        sys.exit(printed.getvalue())
    return collected.ids


def kept():
    """The ids that may not vanish."""
    return KEPT.read_text(encoding="utf-8").split()


def of(requirements):
    """Those of some requirements, without the checks that judge every response: these bring half of the suite along."""
    return [id for id in kept() if id.split(".")[0].upper() in requirements and not id.endswith(".every-answer")]


if __name__ == "__main__":
    sys.path.insert(0, str(CHECKOUT))
    if sys.argv[1:] == ["--print"]:
        print(*ids(), sep="\n")
    else:
        KEPT.write_text("".join(f"{id}\n" for id in sorted({*kept(), *ids()})), encoding="utf-8")
