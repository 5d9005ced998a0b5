"""How long a run against the embedded server takes, and how much of that is the suite itself.

    python tests/benchmarks/embedded.py

Prints the wall time of the command, its requests, and the ratio to a bare replay: the same requests in the same order,
with the same bodies, sent by nothing but an HTTP client to a server of its own.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

from conformance.reference.server import Server
from conformance.reporting import results
from conformance.reporting.evidence import SUFFIX, Evidence


def run(folder):
    """The command in a folder; seconds and results."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-m", "conformance", "run"], cwd=folder, check=False, stdout=subprocess.DEVNULL)
    seconds = time.perf_counter() - started
    return seconds, next(Path(folder).glob("reports/*/*/results.json"))


def exchanges(evidence):
    """Every request of the run in the order in which it was sent: its method, target, header fields and body."""
    bodies = {name.split(".request.")[0]: name for name in evidence.entries if ".request." in name}
    for name in evidence.entries:
        if name.endswith(SUFFIX):
            head = evidence.read(name).decode("latin-1").split("\n\n")[0]
            line, *fields = head.rstrip().split("\n")
            method, target, _ = line.split(" ", 2)
            body = bodies.get(name.removesuffix(SUFFIX))
            yield method, target, [tuple(each.split(": ", 1)) for each in fields if ": " in each], body


def replay(evidence):
    """Send the same requests to a fresh server; their number and seconds."""
    with Server() as server, httpx.Client(trust_env=False) as client:
        requests = [
            client.build_request(
                method, server.root + target, headers=fields[1:], content=evidence.read(body) if body else None
            )
            for method, target, fields, body in exchanges(evidence)
        ]
        started = time.perf_counter()
        for request in requests:
            client.send(request)
        return len(requests), time.perf_counter() - started


def main():
    with tempfile.TemporaryDirectory() as folder:
        seconds, path = run(folder)
        judged = results.read(path)
        number, bare = replay(Evidence(path.parent))
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        checks, requests = len(judged.checks), judged.traffic.requests
        print(f"{seconds:.1f} s for {checks:,} checks and {requests:,} requests; the run says {judged.overall}")
        print(f"{bare:.1f} s for a bare replay of {number:,} of them: {seconds / bare:.1f} times as long")
        files = [item.stat().st_size for item in path.parent.rglob("*") if item.is_file()]
        print(
            f"{sum(files) / 1e6:.1f} MB in {len(files)} files, of which results.json {path.stat().st_size / 1e6:.1f} MB"
        )
        print(f"{peak:.0f} MB at the peak, the embedded server included")


if __name__ == "__main__":
    main()
