"""What a command line asks for: whether the suite runs, on which endpoint, and into which files."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from conformance.harness.endpoint import removals
from conformance.harness.endpoint.configuration import resolve
from conformance.harness.endpoint.endpoints import Endpoint
from conformance.harness.run import own
from conformance.harness.run.embedded import Embedded
from conformance.harness.run.options import PACKAGE, clients, part, seconds, tested, viewer
from conformance.harness.run.plan import Plan, plan
from conformance.kit.instances import read_samples


def asks_for_checks(config: pytest.Config) -> bool:
    """True if one of the paths on the command line is, contains or lies in the package. With --pyargs names of the
    package become paths."""
    if config.option.pyargs:
        config.args = [_path_of(argument) for argument in config.args]
    paths = (Path(argument.split("::")[0]).resolve() for argument in config.args)
    return any(path == PACKAGE or path in PACKAGE.parents or PACKAGE in path.parents for path in paths)


def _path_of(argument: str) -> str:
    """The path of a module of the package, or what else an argument names; "::" and what follows stays."""
    name, colons, rest = argument.partition("::")
    if name.split(".")[0] != PACKAGE.name:
        return argument
    path = PACKAGE.joinpath(*name.split(".")[1:])
    return str(path if path.is_dir() else path.with_suffix(".py")) + colons + rest


def reports_into(folder: Path, config: pytest.Config) -> Path:
    """Let pytest-html write into the run's folder, and disable pytest's own summary and junit.xml, which we write;
    returns the path of the latter."""
    option = config.option
    option.htmlpath = option.htmlpath or str(folder / "report.html")
    option.self_contained_html = True
    junit, option.xmlpath = Path(option.xmlpath or folder / "junit.xml"), None
    option.no_header = option.no_summary = True
    option.verbose = option.verbose or -2
    option.tbstyle = "no" if option.tbstyle == "auto" else option.tbstyle
    return junit


def planned(option: Any, paths: Sequence[str]) -> tuple[Plan, Embedded | None]:
    """The plan of the run that the options ask for, and the embedded server if no endpoint is named.

    Raises ConfigurationError, UnusableSample.
    """
    samples = read_samples(Path(option.samples))
    embedded = None if option.endpoint else Embedded()
    endpoint = _endpoint(option, embedded)
    # Without both, nothing can be proven absent before it is stored.
    provable = {"search", "metadata"} <= endpoint.claims
    relabel = not (option.original_uids or (embedded and provable))
    made = plan(
        endpoint,
        option.endpoint,
        samples,
        relabel,
        Path(option.reports).resolve(),
        clients(option.load),
        seconds(option.budget),
        part(option, paths),
        option.keep_foreign,
        own.objects(option, endpoint),
        viewer(option, endpoint.profiles),
    )
    return made, embedded


def _endpoint(option: Any, embedded: Embedded | None) -> Endpoint:
    given = {key: getattr(option, key) for key in ("lacks", "profile", "also", "edition", "study")}
    given |= tested(option.about)
    given |= {"operator": option.operator or os.environ.get("DICOMWEB_OPERATOR"), "objects": own.given(option)}
    if embedded:
        return embedded.endpoint(**given)
    given |= removals.chosen(option.removal)
    given["supports"] = [*option.supports, *given.get("supports", ())]
    return resolve(option.endpoint, Path(option.endpoints), **given)
