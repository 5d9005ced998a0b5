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
from urllib.parse import urlsplit

import httpx

from conformance.reference.server import Server
from conformance.reporting import results
from conformance.reporting.evidence import Evidence


def run(folder):
    """The command in a folder; seconds and results."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-m", "conformance", "run"], cwd=folder, check=False, stdout=subprocess.DEVNULL)
    seconds = time.perf_counter() - started
    return seconds, next(Path(folder).glob("reports/*/*/results.json"))


def exchanges(run, folder):
    """Every exchange once, in the order of its file."""
    found = {item.path: item for check in run.checks for item in check.evidence}
    return [found[name] for name in Evidence(folder).entries if name in found]


def replay(todo, folder):
    """Send the same requests to a fresh server; seconds."""
    evidence = Evidence(folder)
    with Server() as server, httpx.Client(trust_env=False) as client:
        requests = [
            client.build_request(
                item.method,
                server.root + urlsplit(item.url)._replace(scheme="", netloc="").geturl(),
                headers=[tuple(line.split(": ", 1)) for line in item.request_head.splitlines()[2:] if ": " in line],
                content=evidence.read(item.request_body.path) if item.request_body.path else None,
            )
            for item in todo
        ]
        started = time.perf_counter()
        for request in requests:
            client.send(request)
        return time.perf_counter() - started


def main():
    with tempfile.TemporaryDirectory() as folder:
        seconds, path = run(folder)
        judged = results.read(path)
        todo = exchanges(judged, path.parent)
        bare = replay(todo, path.parent)
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        checks, requests = len(judged.checks), judged.traffic.requests
        print(f"{seconds:.1f} s for {checks:,} checks and {requests:,} requests; the run says {judged.overall}")
        print(f"{bare:.1f} s for a bare replay of {len(todo):,} of them: {seconds / bare:.1f} times as long")
        files = [item.stat().st_size for item in path.parent.rglob("*") if item.is_file()]
        print(
            f"{sum(files) / 1e6:.1f} MB in {len(files)} files, of which results.json {path.stat().st_size / 1e6:.1f} MB"
        )
        print(f"{peak:.0f} MB at the peak, the embedded server included")


if __name__ == "__main__":
    main()
