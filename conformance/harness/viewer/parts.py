"""The parts of real viewers: a browser, the library that drives it, and the files of the viewers."""

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
SECONDS = 600  # for a download of 48 MB


@dataclass(frozen=True)
class Package:
    """A package of npm: its version and digest, the `folder` in it that is used, and the place of that among the files
    of a viewer."""

    name: str
    version: str
    sha256: str
    folder: str
    place: str = ""


@dataclass(frozen=True)
class Product:
    """A viewer: the packages that it is made of, the first of which has its version."""

    name: str
    packages: tuple[Package, ...]

    @property
    def title(self) -> str:
        return f"{self.name} {self.packages[0].version}"

    @property
    def folder(self) -> Path:
        """The folder of its files, once they are downloaded."""
        return cache() / self.title.lower().replace(" ", "-")


IMAGES = Product(
    "OHIF",
    (
        Package(
            "@ohif/app",
            "3.12.10",
            "fbabd410be33e5b9898931b725229b9da9553aac339914b5c29796d3aa5d4b2d",
            "package/dist/",
        ),
    ),
)
# It looks for its worker in the folder static/js, whatever page it is part of.
SLIDES = Product(
    "dicom-microscopy-viewer",
    (
        Package(
            "dicom-microscopy-viewer",
            "0.48.24",
            "db1b675f5e3bc4aa4682b97d1a0e2020fff558b9efe6e16b9ec055604e17fa2b",
            "package/dist/dynamic-import/",
            "static/js",
        ),
        Package(
            "dicomweb-client",
            "0.11.3",
            "cda90aae5843f974beaeaf9c191f238209e18b28a932b10af575df6d7320d891",
            "package/build/",
            "client",
        ),
    ),
)
NPM = IMAGES.packages[0].name


@dataclass(frozen=True)
class Files:
    """The folder of a built viewer, and its name and version; without a folder, `why` nothing is opened in it."""

    folder: Path | None
    name: str
    why: str = ""


@dataclass(frozen=True)
class Parts:
    """`browser` is a program; `images` are opened in OHIF, `slides` in dicom-microscopy-viewer."""

    browser: str
    images: Files
    slides: Files


def parts(ohif: str | None, browser: str | None) -> Parts:
    """The parts of the viewers: the files of OHIF in the folder `ohif`, or of its package, which is downloaded once.

    Raises ConfigurationError, which says what to install. The viewer of slides may be missing.
    """
    if importlib.util.find_spec("playwright") is None:
        raise ConfigurationError(
            "--viewer needs the library playwright: pip install 'dicomweb-conformance[viewer]' installs it"
        )
    program = find_browser(browser, "--viewer")
    if ohif is None:
        return Parts(program, Files(_fetched(IMAGES), IMAGES.title), _slides(download=True))
    files = Path(ohif)
    if not (files / "index.html").is_file() or not any(files.glob("app.bundle*.js")):
        raise ConfigurationError(f"--ohif is {ohif}, should be the folder package/dist of the npm package {NPM}")
    return Parts(program, Files(files, f"OHIF {_version(files)}"), _slides(download=False))


def _slides(download: bool) -> Files:
    """The files of the viewer of slides, as far as they are there or may be downloaded."""
    if not download and not SLIDES.folder.is_dir():
        return Files(
            None, SLIDES.title, f"{SLIDES.title} is not downloaded with --ohif, and not there from an earlier run"
        )
    try:
        return Files(_fetched(SLIDES), SLIDES.title)
    except ConfigurationError as error:
        return Files(None, SLIDES.title, str(error))


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


def _fetched(product: Product) -> Path:
    """The folder of the files of a viewer, downloaded if it is not there. Raises ConfigurationError."""
    target = product.folder
    if target.is_dir():
        return target
    npm = shutil.which("npm")
    if npm is None:
        raise ConfigurationError(
            f"--viewer needs {product.name}, which npm downloads, and npm is not on the PATH: install it (with"
            f" Node.js), or name the folder package/dist of the npm package {NPM} with --ohif DIR"
        )
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent) as place:
            files = Path(place) / "files"
            for number, package in enumerate(product.packages):
                folder = Path(place) / str(number)
                folder.mkdir()
                _unpack(package, _packed(npm, package, folder), files / package.place)
            try:
                files.rename(target)
            except OSError:
                if not target.is_dir():  # otherwise another run was faster
                    raise
    except OSError as error:
        raise ConfigurationError(f"{product.name} cannot be written to {target}: {error.strerror or error}") from None
    return target


def _packed(npm: str, package: Package, place: Path) -> Path:
    """A package as npm downloads it. Raises ConfigurationError."""
    named = f"{package.name}@{package.version}"
    command = [npm, "pack", named, "--silent", "--ignore-scripts", "--pack-destination", str(place)]
    try:
        done = subprocess.run(command, cwd=place, capture_output=True, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        raise ConfigurationError(f"npm pack {named} did not end within {SECONDS // 60} minutes") from None
    found = sorted(place.glob("*.tgz"))
    if done.returncode or len(found) != 1:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise ConfigurationError(
            f"npm pack {named} failed{f' ({lines[0]})' if lines else ''}: see that npm can download, or name the folder"
            f" package/dist of the npm package {NPM} with --ohif DIR"
        )
    return found[0]


def _unpack(package: Package, archive: Path, target: Path) -> None:
    """Write the files of a package to a new folder. Raises ConfigurationError for another package, OSError."""
    with archive.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != package.sha256:
        raise ConfigurationError(
            f"the SHA-256 of {package.name}@{package.version} as downloaded is {found}, should be {package.sha256}: it"
            " is not the package that the suite knows; see where npm downloads from"
        )
    place = archive.parent / "files"
    with tarfile.open(archive) as content:
        members = [member for member in content if member.name.startswith(package.folder)]
        content.extractall(place, members, filter="data")
    target.parent.mkdir(parents=True, exist_ok=True)
    (place / package.folder).rename(target)
