"""How long and how much memory it takes to read what a hostile server sends, each attack in a process of its own.

    python -m tests.benchmarks.bounds [NAME ...]

The peak is that of the whole process: with nothing to read it is what the suite itself takes, and the answer is in it.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time

from tests.attacks.bombs import BOMBS

SECONDS = 200
MEMORY = 6_000_000_000  # bytes, after which an attack has won


def main(names):
    if names[:1] == ["--one"]:
        return one(BOMBS[names[1]])
    for name in names or BOMBS:
        print(f"{name:<40}{measured(name)}", flush=True)


def measured(name):
    try:
        command = [sys.executable, "-m", "tests.benchmarks.bounds", "--one", name]
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        return f"more than {SECONDS} s"
    return done.stdout.strip() if not done.returncode else done.stderr.strip().split("\n")[-1][:100]


def one(bomb):
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    run = bomb.build(bomb.full)
    before, started = peak(), time.process_time()
    found = run()
    seconds = time.process_time() - started
    print(f"{seconds:8.2f} s {peak():6.0f} MB ({before:.0f} MB before)  {str(found)[:60]!r}")


def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main(sys.argv[1:])
