"""The options of the suite, the same for `pytest` and for `dicomweb-conformance run`."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import conformance
from conformance.harness.endpoint import removals
from conformance.harness.endpoint.tables import ConfigurationError
from conformance.harness.viewer.parts import OHIF, Parts, parts
from conformance.reporting.record import Tested
from conformance.reporting.text import nearest
from conformance.requirements import requirements

PACKAGE = Path(conformance.__file__).resolve().parent
# Options of pytest wherever it runs checks: its options file is ours, no cache is written, and plugins that are
# installed as dependencies are disabled: they are slow to import and do nothing here. Unraisable exceptions are not
# looked for: that collects all garbage five times.
PYTEST = (
    *("-p", "conformance.harness.run.plugin", "-p", "no:cacheprovider", "-p", "no:anyio", "-p", "no:hypothesispytest"),
    *("-p", "no:unraisableexception"),
    *("-c", str(Path(__file__).parent / "run.toml"), "--rootdir", str(PACKAGE.parent)),
)
# Variables by which pytest takes options and plugins from its surroundings: those of another project must not change
# what is judged.
FOREIGN = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTEST_DISABLE_PLUGIN_AUTOLOAD")
# In a checkout the sample study is in fixtures/, in an installed package beside the code.
SAMPLES = next(folder for folder in (PACKAGE / "samples", PACKAGE.parent / "fixtures") if folder.is_dir())

MOST_CLIENTS = 32  # with more, the measurement is of this process
MINUTES = "60"

GROUPS = {
    "endpoint": "how the server is reached",
    "judged": "what is judged",
    "stored": "what is stored or read",
    "reports": "what is left",
}


@contextmanager
def alone() -> Iterator[list[str]]:
    """Run pytest within this without the variables of FOREIGN; those that were set."""
    kept = {name: os.environ.pop(name) for name in FOREIGN if name in os.environ}
    try:
        yield list(kept)
    finally:
        os.environ.update(kept)


def of_id(name: str) -> str:
    """The requirement of an id of a check, or the id itself: reports print ids of checks in lower case."""
    return name.partition(".")[0].upper()


def part(option: Any, paths: Sequence[str]) -> str:
    """The requested part of the suite, as the command line has it; "" for all of it.

    An id that a report prints works wherever it is given: after -k it means the same as after --requirement.
    """
    if of_id(option.keyword) in requirements():
        option.requirement, option.keyword = [*option.requirement, option.keyword], ""
    words = [f"-k {option.keyword}"] if option.keyword else []
    words += [f"--clause {option.clause}"] if option.clause else []
    words += [f"--requirement {name}" for name in option.requirement]
    words += ["--quick"] if option.quick else []
    words += [f"--deselect {node}" for node in option.deselect or ()]
    words += [f"--ignore {path}" for path in (*(option.ignore or ()), *(option.ignore_glob or ()))]
    below = [path for path in paths if PACKAGE in Path(path.partition("::")[0]).resolve().parents]
    return " ".join([*words, *below])


def add_options(group: Callable[[str], Callable[..., object]]) -> None:
    """Declare the options; `group` makes the argparse add_argument, or pytest's addoption, of a group by its title."""
    add = group(GROUPS["endpoint"])
    add("--endpoint", metavar="NAME|URL", help="a URL, or a name in endpoints.toml; default: the embedded server")
    add("--endpoints", metavar="FILE", default="endpoints.toml", help="the configuration (default: endpoints.toml)")
    help = "what is tested: product, vendor, version, serial, site, ticket or notes; may be repeated"
    add("--about", metavar="KEY=TEXT", action="append", default=[], help=help)
    help = f"minutes that the run may take; a sixth of them is for the cleanup (default: {MINUTES})"
    add("--budget", metavar="MINUTES", default=MINUTES, help=help)
    add = group(GROUPS["judged"])
    add(
        "--profile",
        metavar="NAME",
        help="what is scored: dicomweb, read-only or azure (default: as configured, or dicomweb)",
    )
    help = "also judge this profile, such as viewers; it does not change the verdict; may be repeated"
    add("--also", metavar="NAME", action="append", default=[], help=help)
    help = "also open the studies in the real OHIF, and look at its pictures (the same as --also ohif)"
    add("--viewer", dest="also", action="append_const", const=OHIF, help=help)
    add("--ohif", metavar="DIR", help="the built files of OHIF (default: npm downloads them once)")
    add("--browser", metavar="PATH", help="the Chromium or Chrome for --viewer (default: found on the PATH)")
    add("--edition", metavar="EDITION", help='the edition of PS3.18 to judge by, such as "2025c"')
    add(
        "--supports",
        metavar="FEATURE",
        action="append",
        default=[],
        help="a feature that the server has; may be repeated",
    )
    add(
        "--lacks",
        metavar="FEATURE",
        action="append",
        default=[],
        help="a feature that the server does not have; may be repeated",
    )
    add("--baseline", metavar="FILE", help="known deviations (default: as configured)")
    help = "exit code 0 if every deviation is in the baseline, even without a reason"
    add("--ratchet", action="store_true", help=help)
    add("--clause", metavar="CLAUSE", help="only the checks of a clause of PS3.18, such as 10.6")
    add(
        "--requirement",
        metavar="ID",
        action="append",
        default=[],
        help="only this requirement, or check; may be repeated",
    )
    help = "without the pixel objects of every pair of properties, about 350 requests; no acceptance report is written"
    add("--quick", action="store_true", help=help)
    add("--load", metavar="N", help="also test with N readers and N writers at the same time")
    add = group(GROUPS["stored"])
    add("--samples", metavar="DIR", default=str(SAMPLES), help="a folder with other files of the same three names")
    add(
        "--original-uids",
        action="store_true",
        help="store the samples unchanged (default: with UIDs and Patient IDs of the run)",
    )
    help = "a folder of DICOM files: copies of them, with UIDs and identifiers of the run, are judged too"
    add("--objects", metavar="DIR", help=help)
    help = "judge every file of --objects (default: of more than 100, one per SOP Class, transfer syntax and device)"
    add("--objects-all", action="store_true", help=help)
    help = "send copies of files that do not say Patient Identity Removed = YES"
    add("--objects-with-identity", action="store_true", help=help)
    add(
        "--study",
        metavar="UID",
        action="append",
        default=[],
        help="a study to read, if nothing may be stored; may be repeated",
    )
    help = "leave what is stored on the server, if no removal is configured (default: ask on the terminal)"
    add("--leave", action="store_true", help=help)
    help = "remove what is stored by DELETE (dicomweb), or by the server's own API, in place of what is configured"
    add("--removal", metavar="|".join(removals.names()), help=help)
    add = group(GROUPS["reports"])
    add(
        "--baseline-write",
        metavar="FILE",
        help="after the run, write a baseline of its deviations, with reasons to be completed",
    )
    add("--reports", metavar="DIR", default="reports", help="where runs are written (default: reports)")
    add("--har", action="store_true", help="also write run.har: the exchanges, for browsers and other HTTP tools")
    help = "keep bodies and values of data that are not the run's own (default: they are left out of all reports)"
    add("--keep-foreign", action="store_true", help=help)
    add("--operator", metavar="NAME", help="who runs it (default: DICOMWEB_OPERATOR, or as configured)")


def viewer(option: Any, profiles: Sequence[str]) -> Parts | None:
    """The parts of the real viewer, if one of the profiles is about it. Raises ConfigurationError."""
    return parts(option.ohif, option.browser) if OHIF in profiles else None


def tested(words: Sequence[str]) -> dict[str, str]:
    """What --about says of the server, by key; the last of one key holds. Raises ConfigurationError."""
    said = {}
    for word in words:
        key, _, text = word.partition("=")
        if key not in Tested.__struct_fields__:
            raise ConfigurationError(f'--about: there is no key "{key}"{nearest(key, Tested.__struct_fields__)}')
        if not text.strip():
            raise ConfigurationError(f"--about {key} has no text, should be --about {key}=TEXT")
        said[key] = text.strip()
    return said


def clients(load: str | None) -> int:
    """The number of readers, and of writers, by --load; 0 without it. Raises ConfigurationError."""
    if load is None:
        return 0
    if not re.fullmatch("[0-9]{1,3}", load) or not 0 < int(load) <= MOST_CLIENTS:
        raise ConfigurationError(f"--load is {load}, should be a number from 1 to {MOST_CLIENTS}")
    return int(load)


def seconds(budget: str) -> float:
    """The limit of the run by --budget, which is in minutes, in seconds. Raises ConfigurationError."""
    if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]+)?", budget) or not float(budget):
        raise ConfigurationError(f"--budget is {budget}, should be a number of minutes, such as {MINUTES} or 7.5")
    return 60 * float(budget)
