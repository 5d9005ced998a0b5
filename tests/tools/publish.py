"""The published runs, made again: reports/published/.

    python tests/tools/publish.py                          all three
    python tests/tools/publish.py embedded orthanc-1.10.1  these

Starts each server, runs the suite against it with the baseline that is published beside it, and puts results.json.gz
and its two pages in the place of the old ones; what more a run leaves is too large to be kept here.
tiny-pacs is installed into an environment of its own. Read what changed before it is committed.
"""

from __future__ import annotations

import gzip
import os
import re
import shutil
import subprocess
import sys
import tempfile
import venv
from contextlib import contextmanager
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
sys.path.insert(0, str(CHECKOUT))

import httpx  # noqa: E402

from tests.conftest import command_in, free_port, orthanc_server, wait_until  # noqa: E402
from tests.tools import published_pages  # noqa: E402
from tests.tools.judging import LOAD  # noqa: E402

KEPT = ("conformance.html", "acceptance.html")
TINY_PACS = ("tiny-pacs[http]==0.4.1", "tiny-pacs-dicomweb==0.1.0")
TINY_LACKS = ["metadata", "frames", "rendered", "rendered-series", "xml", "capabilities"]
TINY_LOAD = "32"  # what 8 of each see of it depends on timing


@contextmanager
def embedded(folder):
    yield []


@contextmanager
def orthanc(folder):
    with orthanc_server(folder) as server:
        table = (
            f'[orthanc]\nurl = "{server.url}"\nremoval = {{ lookup = "../tools/lookup", url = "../studies/{{ID}}" }}\n'
            f'auth = {{ kind = "basic", username = "{server.user}", password = {{ env = "ORTHANC_PASSWORD" }} }}\n'
        )
        (folder / "endpoints.toml").write_text(table)
        os.environ["ORTHANC_PASSWORD"] = server.password
        yield ["orthanc"]


@contextmanager
def tiny_pacs(folder):
    venv.create(folder / "venv", with_pip=True)
    bin = folder / "venv" / "bin"
    subprocess.run([bin / "pip", "install", "-q", *TINY_PACS], check=True)
    port = free_port()
    (folder / "tiny.yaml").write_text(
        f"ae: {{ae_title: [TINY], port: {free_port()}, dump_ds: false}}\n"
        "components:\n"
        "  Database: {'on': true, driver: sqlite, mode: rwc, db_name: pacs.db}\n"
        "  InMemoryStorage: {'on': false}\n"
        "  FileStorage: {'on': true, storage_dir: files}\n"
        f"  HttpServer: {{'on': true, host: 127.0.0.1, port: {port}}}\n"
        "  DICOMWeb: {'on': true, prefix: /dicomweb, auth: none}\n"
    )
    url = f"http://127.0.0.1:{port}/dicomweb"
    (folder / "endpoints.toml").write_text(f'[tiny]\nurl = "{url}"\nlacks = {TINY_LACKS}\n')
    with open(folder / "log", "w") as log:
        process = subprocess.Popen([bin / "tiny-pacs", "run", "-c", "tiny.yaml"], cwd=folder, stdout=log, stderr=log)
    try:
        wait_until(lambda: _answers(url), 30)
        yield ["tiny"]
    finally:
        process.terminate()
        process.wait(20)


def _answers(url):
    try:
        return httpx.get(f"{url}/studies", params={"limit": "1"}).status_code
    except httpx.TransportError:
        return None


SERVERS = {"embedded": (embedded, LOAD), "orthanc-1.10.1": (orthanc, LOAD), "tiny-pacs-0.4.1": (tiny_pacs, TINY_LOAD)}


def publish(name):
    """Run the suite against a server; its new verdict."""
    serve, load = SERVERS[name]
    target = published_pages.PUBLISHED / name
    baseline = target / "baseline.toml"
    known = ["--baseline", baseline.name] if baseline.exists() else []
    with tempfile.TemporaryDirectory() as place, serve(Path(place)) as endpoint:
        if known:
            shutil.copy(baseline, place)
        run = command_in(Path(place), "run", *endpoint, *known, "--load", load, "--leave")
        if run.results is None:
            sys.exit(run.output)
        for file in target.iterdir():
            if file.name != "baseline.toml":
                file.unlink()
        for kept in KEPT:
            shutil.copy(run.folder / kept, target)
        content = (run.folder / "results.json").read_bytes()
        (target / "results.json.gz").write_bytes(gzip.compress(content, mtime=0))
    return re.sub(r"\s+", " ", run.results.sentence)


def main(names):
    for name in names or SERVERS:
        print(f"{name}: {publish(name)}", flush=True)
    published_pages.main()


if __name__ == "__main__":
    main(sys.argv[1:])
