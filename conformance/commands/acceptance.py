"""`acceptance RUN`: write the paper to sign anew, from results.json alone: acceptance.html in the folder of the run.

    dicomweb-conformance acceptance --pdf reports/pacs/20261127-080944-3c4d

With --pdf a Chromium or Chrome of this machine also prints it as acceptance.pdf, without network and with a profile of
its own. Nothing is sent. SHA256SUMS beside results.json is compared with it. That detects damage, not forgery.

exit codes: 0 written, 4 the run is only a part, no browser is installed, or a file cannot be written
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import tempfile
from pathlib import Path

from conformance.commands.output import say
from conformance.harness.endpoint.tables import ConfigurationError
from conformance.harness.viewer.parts import find_browser
from conformance.reporting import acceptance, files, results, sums

PAGE, PDF = "acceptance.html", "acceptance.pdf"
OFFLINE = ("--disable-background-networking", "--host-resolver-rules=MAP * ~NOTFOUND", "--no-first-run")
SECONDS = 120


def add_options(parser: argparse.ArgumentParser) -> None:
    """Which run, and whether to print it."""
    parser.add_argument("run", type=Path, metavar="RUN", help="the folder of a run, or its results.json")
    parser.add_argument("--pdf", action="store_true", help="print it as acceptance.pdf too, with Chromium or Chrome")
    parser.add_argument("--browser", metavar="PATH", help="the program for --pdf (default: found on the PATH)")


def main(options: argparse.Namespace) -> int:
    """Exit code 0. Raises UnreadableResults, and ConfigurationError where it cannot be written."""
    folder = options.run if options.run.is_dir() else options.run.parent
    source = options.run / "results.json" if options.run.is_dir() else options.run
    run = results.read(source)
    if run.part:
        raise ConfigurationError(
            f"the run {run.run} judged a part of the suite ({run.part}): only a whole run is signed"
        )
    browser = find_browser(options.browser, "--pdf") if options.pdf else ""
    page = acceptance.render(run, hashlib.sha256(source.read_bytes()).hexdigest()).encode()
    _write(folder, PAGE, page)
    if browser:
        _write(folder, PDF, _printed(browser, page))
    return 0


def _write(folder: Path, name: str, content: bytes) -> None:
    try:
        files.replace(folder / name, content)
        sums.renew(folder, name)
    except OSError as error:
        raise ConfigurationError(f"{folder / name} cannot be written: {error.strerror}") from error
    say(str(folder / name))


def _printed(browser: str, page: bytes) -> bytes:
    """A page as PDF. Raises ConfigurationError."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
        source, target = Path(place) / PAGE, Path(place) / PDF
        source.write_bytes(page)
        # As root it does not start in its sandbox; the page has no script, and is our own.
        sandbox = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
        command = [browser, "--headless", "--disable-gpu", *sandbox, *OFFLINE, f"--user-data-dir={place}/profile"]
        command += ["--no-pdf-header-footer", f"--print-to-pdf={target}", source.as_uri()]
        try:
            subprocess.run(command, capture_output=True, timeout=SECONDS)
            return files.read(target, results.LIMIT)
        except (OSError, subprocess.TimeoutExpired, files.UnreadableFile):
            raise ConfigurationError(f"{browser} did not print {PAGE}: --browser PATH names another one") from None
