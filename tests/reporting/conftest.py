import json
import re
import shutil
import subprocess
from importlib.resources import files

import pytest

from conformance.reporting.qualification import Innocent, Kill, Proof, Qualification
from tests.conftest import missing

NAMES = ("chromium", "chromium-browser", "google-chrome")
# Opens all that is folded, asks axe, and leaves what it says where the dump of the document has it.
ASK_AXE = """
addEventListener("load", async () => {
  document.querySelectorAll("details").forEach(item => item.open = true);
  const found = await axe.run();
  document.title = JSON.stringify(found.violations.map(item => [item.id, item.nodes[0].html.replace(/[<>&]/g, "")]));
});
"""


class Chromium:
    """A headless Chromium without network, a new profile each time."""

    def __init__(self, program, profiles):
        self.program = program
        self.profiles = profiles

    def dom(self, page):
        """The document after its scripts ran, had there been any."""
        return self._run(page, "--dump-dom").stdout

    def console(self, page):
        """The lines that the page wrote to the console: errors of scripts, refusals of the content security policy."""
        log = self._run(page, "--dump-dom", "--enable-logging=stderr").stderr
        return [line for line in log.splitlines() if "CONSOLE" in line]

    def pdf(self, page, path):
        self._run(page, "--no-pdf-header-footer", f"--print-to-pdf={path}")

    def violations(self, page, axe, dark=False, width=1280):
        """What axe finds in a copy of the page that lets scripts run: rule and first element of each violation."""
        html = re.sub('<meta http-equiv="Content-Security-Policy"[^>]*>', "", page.read_text(encoding="utf-8"))
        body, end = html.rsplit("</body>", 1)
        copy = page.with_suffix(".axe.html")
        copy.write_text(f"{body}<script>{axe}</script><script>{ASK_AXE}</script></body>{end}", encoding="utf-8")
        look = (f"--blink-settings=preferredColorScheme={0 if dark else 1}", f"--window-size={width},900")
        dom = self._run(copy, *look, "--virtual-time-budget=60000", "--dump-dom").stdout
        return json.loads(dom.split("<title>")[1].split("</title>")[0])

    def _run(self, page, *options):
        profile = self.profiles / f"profile-{len(list(self.profiles.iterdir()))}"
        offline = ("--disable-background-networking", "--host-resolver-rules=MAP * ~NOTFOUND")
        command = [self.program, "--headless", "--no-sandbox", "--disable-gpu", *offline, f"--user-data-dir={profile}"]
        return subprocess.run([*command, *options, page.as_uri()], capture_output=True, text=True, timeout=60)


@pytest.fixture
def chromium(tmp_path_factory):
    program = next(filter(None, map(shutil.which, NAMES)), None)
    return Chromium(
        program or missing(f"none of {', '.join(NAMES)} is on the PATH"), tmp_path_factory.mktemp("chromium")
    )


@pytest.fixture(scope="session")
def axe():
    """The script of axe-core, which finds what keeps people from using a page."""
    try:
        return files("axe_core_python").joinpath("axe.min.js").read_text(encoding="utf-8")
    except ModuleNotFoundError:
        missing("axe-core-python is not installed")


def _kill(name, breaks, caught, red):
    return Kill(name, "It answers <nothing>.", ["a/b#1"], breaks, "is absent", caught, red, 2)


@pytest.fixture
def record():
    """A qualification record: of two faults one is missed, of two correct servers one is called something else."""
    return Qualification(
        "0.1.0",
        [
            _kill("caught", ["A-1"], ["A-1"], {"A-1": ["a-1.x"], "B-2": ["b-2"]}),
            _kill("missed", ["A-1", "B-2"], ["A-1"], {"A-1": ["a-1.x"]}),
        ],
        [
            Proof("A-1", "8.5", "core", "One thing.", ["a-1.x", "a-1.y"], ["caught", "missed"]),
            Proof("B-2", "8.7", "extended", "Another.", ["b-2"], []),
        ],
        [Innocent("odd", "It is odd.", ["c/d#2"], "conforms"), Innocent("wrong", "It is.", ["c/d#3"], "deviates")],
    )
