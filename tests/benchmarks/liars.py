"""How much memory and time a run takes against each server that lies once the preflight is over.

    python tests/benchmarks/liars.py [NAME …]

Each run is a process of its own, on the whole suite, with max_body = 64 MB; the peak is that of the suite alone.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from conformance.reference.server import Server
from tests.tools.liars import LIARS, Liar

CONFIGURATION = '[liar]\nurl = "{url}"\ntimeout = 2\ndeadline = 5\nmax_body = 64\nsupports = ["delete"]\n'


def main():
    with Server() as honest:
        for name in sys.argv[1:] or LIARS:
            with Liar(name, honest.url, "after the preflight") as liar, tempfile.TemporaryDirectory() as folder:
                Path(folder, "endpoints.toml").write_text(CONFIGURATION.format(url=liar.url))
                print(f"{name:<20}{measure(folder)}, {len(liar.requests):,} requests", flush=True)


def measure(folder):
    """Run the suite in a folder of its own; what it took."""
    started = time.perf_counter()
    words = [sys.executable, "-m", "conformance", "run", "liar", "--leave"]
    with subprocess.Popen(words, cwd=folder, stdout=subprocess.DEVNULL) as run:
        _, status, usage = os.wait4(run.pid, 0)
        run.returncode = os.waitstatus_to_exitcode(status)
    took = time.perf_counter() - started
    return f"exit {run.returncode}, {took:5.1f} s, {usage.ru_maxrss / 1024:5.0f} MB at the peak"


if __name__ == "__main__":
    main()
