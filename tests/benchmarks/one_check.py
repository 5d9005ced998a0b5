"""How much processor time one check alone takes, as a multiple of what it takes to import pytest.

    python tests/benchmarks/one_check.py

Prints the ratio for each way to ask for a check, and for the commands that send nothing. Both are measured in turn, so
that another load on the machine is in both; the least of several is taken.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
TIMES = 3
ASKED = (
    ("run", "--requirement", "SEED-SEARCH-STUDIES"),
    ("run", "--requirement", "SEARCH-PAGING-010"),
    ("run", "-k", "test_value_that_is_no_unsigned_integer"),
    ("run", str(CHECKOUT / "conformance/query/test_paging.py") + "::test_value_that_is_no_unsigned_integer"),
    ("explain", "SEARCH-PAGING-010"),
    ("diff", "--help"),
    ("--help",),
)


def seconds(words, folder):
    """The processor time of a Python with these arguments, its children included."""
    before = os.times()
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    subprocess.run([sys.executable, *words], cwd=folder, env=environment, capture_output=True, check=False)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def main():
    with tempfile.TemporaryDirectory() as folder:
        for words in ASKED:
            taken = [
                (seconds(["-c", "import pytest"], folder), seconds(["-m", "conformance", *words], folder))
                for _ in range(TIMES)
            ]
            bare, own = (min(times) for times in zip(*taken, strict=True))
            shown = " ".join(words).replace(f"{CHECKOUT}/", "")
            print(f"{own:5.2f} s, {own / bare:4.1f} times an import of pytest ({bare:.2f} s): {shown}")


if __name__ == "__main__":
    main()
