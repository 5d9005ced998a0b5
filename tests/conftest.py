"""What the tests share: the suite run as its user runs it, our own server, and a real one.

`pytest tests` has one process more than there are cores, as tests wait for servers and browsers; a file is in one of
them. `-m quick` leaves out what runs much of the suite; a file by its name, and `-n 0`, stay in one process.
"""

from __future__ import annotations

import contextlib
import gc
import io
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from conformance.__main__ import main
from conformance.harness.wire import front
from conformance.reference.server import Server
from conformance.reporting import results
from conformance.reporting.record import Results

# A process of each command would compile every module anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

CHECKOUT = Path(__file__).parents[1]
ORTHANC_PLUGINS = (Path("/usr/share/orthanc/plugins"), Path("/usr/lib/orthanc/plugins"))
ORTHANC_REMOVAL = 'removal = { lookup = "../tools/lookup", url = "../studies/{ID}" }'
SECONDS = 300
# Fixtures that run the suite, or start a real server.
SLOW = {"command", "chromium", "orthanc"}
# A minute and more each: they begin first, so that all cores end at the same time.
LONGEST = ("test_published.py", "test_profiles.py", "test_ohif.py", "test_command.py", "test_own_objects.py")


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config):
    """Spread all tests over the cores, unless something else is asked for."""
    option = config.option
    everything = [Path(word).resolve() for word in config.args] == [Path(__file__).parent]
    alone = hasattr(config, "workerinput") or option.collectonly or option.usepdb
    if everything and not alone and config.pluginmanager.hasplugin("xdist") and option.numprocesses is None:
        option.numprocesses, option.dist, option.loadscopereorder = os.cpu_count() + 2, "loadfile", False


def pytest_configure(config):
    config.addinivalue_line("markers", "slow: runs much of the suite, or asks for a process or a server of its own")
    config.addinivalue_line("markers", "quick: any other")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Mark each test as slow or quick; begin with the longest files, and those that have slow ones."""
    for item in items:
        if not item.get_closest_marker("slow") and not item.get_closest_marker("quick"):
            item.add_marker("slow" if SLOW & set(item.fixturenames) else "quick")
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: (item.path.name not in LONGEST, item.path not in slow))


def pytest_collection_finish():
    """Leave what was collected to itself: a run of the suite in this process looks for garbage in all there is."""
    gc.collect()
    gc.freeze()


@dataclass(frozen=True)
class Outcome:
    """A run of the command: exit code, what it printed, and the folder and results when it wrote them."""

    code: int
    output: str
    folder: Path | None
    results: Results | None

    def check(self, identifier):
        return next(check for check in self.results.checks if check.id == identifier)

    def verdicts(self, verdict):
        return [check.id for check in self.results.checks if check.verdict == verdict]


def command_in(folder, *arguments, env=None):
    """Run `dicomweb-conformance` with arguments in a folder, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "conformance", *_leaving(arguments)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT), **(env or {})},
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    return outcome(folder, done.returncode, done.stdout + done.stderr)


def _leaving(arguments):
    """The arguments; a run may leave what it stores on a server without a removal (test_leaving.py is about that)."""
    words = [*map(str, arguments)]
    return [*words, "--leave"] if words[:1] == ["run"] and not {"-h", "--help"} & set(words) else words


def called_in(folder, *arguments, env=None):
    """Run `dicomweb-conformance` with arguments in a folder, in this process."""
    return outcome(folder, *said_in(folder, *_leaving(arguments), env=env))


def said_in(folder, *words, env=None):
    """The exit code of the command with these words, and what it printed; in this process, without a terminal."""
    said = io.StringIO()
    with contextlib.chdir(folder), pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdin", io.StringIO())
        for name, value in (env or {}).items():
            patch.setenv(name, value)
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            try:
                code = main([*map(str, words)])
            except SystemExit as end:
                code = end.code
    return code, said.getvalue()


def outcome(folder, code, output):
    """What the last run left in a folder, with the exit code and the output of a command."""
    written = sorted(folder.glob("reports/*/*/results.json"), key=lambda path: path.stat().st_mtime_ns)
    newest = written[-1] if written else None
    return Outcome(code, output, newest.parent if newest else None, results.read(newest) if newest else None)


@pytest.fixture
def command(tmp_path):
    """Run `dicomweb-conformance` with arguments, in an empty folder.

    It runs in this process: one of its own costs a second of imports, and few tests are about it (`command_in`).
    """

    def run(*arguments, env=None):
        return called_in(tmp_path, *arguments, env=env)

    return run


@pytest.fixture
def endpoints(tmp_path):
    """Write endpoints.toml into the folder that `command` runs in."""

    def write(text):
        path = tmp_path / "endpoints.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def short_waits(monkeypatch):
    """Wait milliseconds for a limiter, which would be a quarter of a minute where it refuses again and again."""
    monkeypatch.setattr(front, "SHORTEST", 0.001)
    monkeypatch.setattr(front, "LONGEST", 0.01)
    monkeypatch.setattr(front, "QUICKEST", 0.001)
    monkeypatch.setattr(front, "OUTAGE", 0.1)


@pytest.fixture(scope="session")
def reference():
    """Our own server, with its faults."""
    with Server() as server:
        yield server


@dataclass(frozen=True)
class Orthanc:
    """A running Orthanc that wants a password."""

    url: str
    root: str
    user: str
    password: str

    def answers(self):
        with contextlib.suppress(httpx.TransportError):
            return httpx.get(self.root).status_code

    def studies(self):
        return httpx.get(f"{self.root}/studies", auth=(self.user, self.password)).json()

    def store(self, instance):
        """Store an instance by Orthanc's own API; its id there."""
        answer = httpx.post(f"{self.root}/instances", content=instance.content, auth=(self.user, self.password))
        return answer.raise_for_status().json()["ID"]

    def file(self, id):
        return httpx.get(f"{self.root}/instances/{id}/file", auth=(self.user, self.password)).content

    def delete(self, id):
        httpx.delete(f"{self.root}/instances/{id}", auth=(self.user, self.password)).raise_for_status()


@pytest.fixture(scope="session")
def orthanc(tmp_path_factory):
    """Debian's Orthanc with its DICOMweb plugin, empty. Without it the test is skipped, in CI it fails."""
    with orthanc_server(tmp_path_factory.mktemp("orthanc")) as server:
        yield server


@contextlib.contextmanager
def orthanc_server(folder):
    """Debian's Orthanc with its DICOMweb plugin, which keeps what is stored in a folder."""
    program = shutil.which("Orthanc")
    plugin = next((path for folder in ORTHANC_PLUGINS for path in folder.glob("libOrthancDicomWeb.so")), None)
    if not program or not plugin:
        missing("Orthanc with its DICOMweb plugin is not installed (Debian: orthanc, orthanc-dicomweb)")
    port = free_port()
    server = Orthanc(f"http://127.0.0.1:{port}/dicom-web", f"http://127.0.0.1:{port}", "acceptance", "correct horse")
    configuration = {
        "Name": "acceptance",
        "StorageDirectory": str(folder / "db"),
        "IndexDirectory": str(folder / "db"),
        "HttpPort": port,
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": True,
        "RegisteredUsers": {server.user: server.password},
        "DicomServerEnabled": False,
        "OverwriteInstances": False,
        "Plugins": [str(plugin)],
        "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
    }
    (folder / "orthanc.json").write_text(json.dumps(configuration), encoding="utf-8")
    with open(folder / "log", "w") as log:
        process = subprocess.Popen([program, str(folder / "orthanc.json")], stdout=log, stderr=log)
    try:
        wait_until(server.answers, 20)
        yield server
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture
def configured(endpoints, orthanc):
    """Orthanc as [orthanc] in endpoints.toml; the environment that holds its password."""
    return configure(endpoints, orthanc)


def configure(endpoints, orthanc):
    """Write a table [orthanc]; return the environment that holds its password."""
    endpoints(
        f'[orthanc]\nurl = "{orthanc.url}"\n{ORTHANC_REMOVAL}\n'
        f'auth = {{ kind = "basic", username = "{orthanc.user}", password = {{ env = "ORTHANC_PASSWORD" }} }}\n'
    )
    return {"ORTHANC_PASSWORD": orthanc.password}


def missing(why):
    """Skip for want of a program on a user's machine; in CI everything has to be there."""
    if os.environ.get("CI"):
        pytest.fail(why)
    pytest.skip(why)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(true, seconds):
    """Ask until the answer is true; the answer."""
    end = time.monotonic() + seconds
    while not (answer := true()):
        assert time.monotonic() < end, f"nothing within {seconds} s"
        time.sleep(0.05)
    return answer
