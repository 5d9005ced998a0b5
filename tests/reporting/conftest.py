import os
import shutil
import subprocess

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")


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

    def _run(self, page, *options):
        profile = self.profiles / f"profile-{len(list(self.profiles.iterdir()))}"
        offline = ("--disable-background-networking", "--host-resolver-rules=MAP * ~NOTFOUND")
        command = [self.program, "--headless", "--no-sandbox", "--disable-gpu", *offline, f"--user-data-dir={profile}"]
        return subprocess.run([*command, *options, page.as_uri()], capture_output=True, text=True, timeout=60)


@pytest.fixture
def chromium(tmp_path_factory):
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        conclude = pytest.fail if os.environ.get("CI") else pytest.skip
        conclude(f"none of {', '.join(NAMES)} is on the PATH")
    return Chromium(program, tmp_path_factory.mktemp("chromium"))
