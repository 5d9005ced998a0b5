"""The parts of a viewer: a browser, the library that drives it, and the files of OHIF."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

from conformance.harness.endpoint.tables import ConfigurationError

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
OHIF = "ohif"  # the profile
NPM, VERSION = "@ohif/app", "3.12.10"
SHA256 = "fbabd410be33e5b9898931b725229b9da9553aac339914b5c29796d3aa5d4b2d"
DIST = "package/dist/"
SECONDS = 600  # for a download of 48 MB


@dataclass(frozen=True)
class Parts:
    """`browser` is a program; `files` the folder of the built viewer; `name` its name and version."""

    browser: str
    files: Path
    name: str


def parts(ohif: str | None, browser: str | None) -> Parts:
    """The parts of OHIF: its files in the folder `ohif`, or of the package, which is downloaded once.

    Raises ConfigurationError, which says what to install.
    """
    if importlib.util.find_spec("playwright") is None:
        raise ConfigurationError(
            "--viewer needs the library playwright: pip install 'dicomweb-conformance[viewer]' installs it"
        )
    program = find_browser(browser, "--viewer")
    if ohif is None:
        return Parts(program, _fetched(), f"OHIF {VERSION}")
    files = Path(ohif)
    if not (files / "index.html").is_file() or not any(files.glob("app.bundle*.js")):
        raise ConfigurationError(f"--ohif is {ohif}, should be the folder package/dist of the npm package {NPM}")
    return Parts(program, files, f"OHIF {_version(files)}")


def _version(files: Path) -> str:
    """The version of the package that a folder is of; "of an unknown version" if it is alone."""
    try:
        return str(json.loads((files.parent / "package.json").read_bytes())["version"])[:20]
    except (OSError, ValueError, KeyError, TypeError):
        return "of an unknown version"


def find_browser(named: str | None, needs: str) -> str:
    """The path of a Chromium or Chrome. `needs` is the option that needs one. Raises ConfigurationError."""
    if named:
        if not (path := shutil.which(named)):
            raise ConfigurationError(f"--browser is {named}, should be the path of Chromium or Chrome")
        return path
    if path := next(filter(None, map(shutil.which, BROWSERS)), None):
        return path
    raise ConfigurationError(f"{needs} needs Chromium or Chrome, and none is on the PATH: name one with --browser PATH")


def cache() -> Path:
    """The folder of this user for what is downloaded once."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "dicomweb-conformance"


def _fetched() -> Path:
    """The folder of the files of OHIF, downloaded if it is not there. Raises ConfigurationError."""
    target = cache() / f"ohif-{VERSION}"
    if target.is_dir():
        return target
    npm = shutil.which("npm")
    if npm is None:
        raise ConfigurationError(
            f"--viewer needs OHIF, which npm downloads, and npm is not on the PATH: install it (with Node.js), or name"
            f" the folder package/dist of the npm package {NPM} with --ohif DIR"
        )
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent) as place:
            _unpack(_packed(npm, Path(place)), target)
    except OSError as error:
        raise ConfigurationError(f"OHIF cannot be written to {target}: {error.strerror or error}") from None
    return target


def _packed(npm: str, place: Path) -> Path:
    """The package as npm downloads it. Raises ConfigurationError."""
    command = [npm, "pack", f"{NPM}@{VERSION}", "--silent", "--ignore-scripts", "--pack-destination", str(place)]
    try:
        done = subprocess.run(command, cwd=place, capture_output=True, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        raise ConfigurationError(f"npm pack {NPM}@{VERSION} did not end within {SECONDS // 60} minutes") from None
    found = sorted(place.glob("*.tgz"))
    if done.returncode or len(found) != 1:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise ConfigurationError(
            f"npm pack {NPM}@{VERSION} failed{f' ({lines[0]})' if lines else ''}: see that npm can download, or name"
            " the folder package/dist of that package with --ohif DIR"
        )
    return found[0]


def _unpack(package: Path, target: Path) -> None:
    """Write the files of a package to a folder, all or none of them. Raises ConfigurationError for another package."""
    with package.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != SHA256:
        raise ConfigurationError(
            f"the SHA-256 of {NPM}@{VERSION} as downloaded is {found}, should be {SHA256}: it is not the package that"
            " the suite knows; see where npm downloads from"
        )
    place = package.parent / "files"
    with tarfile.open(package) as archive:
        members = [member for member in archive if member.name.startswith(DIST)]
        archive.extractall(place, members, filter="data")
    try:
        (place / DIST).rename(target)
    except OSError:
        if not target.is_dir():  # otherwise another run was faster
            raise
