"""How much memory it takes to retrieve and judge a study of a gigabyte.

    python tests/benchmarks/memory.py [MEGABYTES]

The reference server runs as a process of its own; the peak is that of the suite's client and judge alone.
"""

from __future__ import annotations

import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

from conformance.harness.endpoint.configuration import resolve
from conformance.harness.wire.client import Client
from conformance.harness.wire.connection import Connection
from conformance.harness.wire.evidence import Recorder
from conformance.harness.wire.ledger import Ledger, Origin
from conformance.kit import expect, stow
from conformance.kit.accept import AS_STORED
from conformance.kit.instances import Instance, read_samples

FIXTURES = Path(__file__).parents[2] / "fixtures"


def main():
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 1024
    with tempfile.TemporaryDirectory() as folder:
        store = ["serve", "--port", "0", "--store", f"{folder}/store"]
        server = subprocess.Popen([sys.executable, "-m", "conformance", *store], stdout=subprocess.PIPE, text=True)
        try:
            url = re.search(r"http://\S+/dicom-web", server.stdout.readline())[0]
            measure(url, size * 1024 * 1024, Path(folder))
        finally:
            server.terminate()
            server.wait(20)


def measure(url, size, folder):
    (folder / "endpoints.toml").write_text(f'[big]\nurl = "{url}"\nmax_body = 4096\ndeadline = 600\n')
    endpoint = resolve("big", folder / "endpoints.toml")
    connection = Connection(
        endpoint, Client(endpoint), Recorder(folder, endpoint), Ledger(folder, Origin("", "big", "", ""))
    )
    stored = []
    blue = read_samples(FIXTURES).blue
    while len(stored) * len(blue.content) < size:
        instance = numbered(blue, len(stored))
        expect.taken(connection.post("studies", stow.multipart([instance])), [instance])
        stored.append(SimpleNamespace(sop_instance_uid=instance.sop_instance_uid))
    before = peak()
    started = time.perf_counter()
    response = connection.get(blue.study_path, accept=AS_STORED)
    expect.instances(response, stored)
    seconds = time.perf_counter() - started
    print(f"{len(response.body) / 1e6:,.0f} MB in {len(stored)} instances, retrieved and judged in {seconds:.1f} s")
    print(f"{peak():.0f} MB at the peak, {before:.0f} MB before")


def numbered(instance, number):
    """The same instance under another SOP Instance UID of the same length."""
    uid = instance.sop_instance_uid
    return Instance(instance.content.replace(uid.encode(), f"{uid[:-4]}{number:04}".encode()))


def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
