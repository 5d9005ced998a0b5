"""Consent: without a configured removal, what a run stores stays on the server, so somebody must agree first."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import pytest

from conformance.harness.data.amount import amount
from conformance.harness.endpoint.removals import names
from conformance.harness.run.plan import Plan

HOW = (
    'to have it removed, write supports = ["delete"], or removal, into endpoints.toml (probe suggests the line),'
    f" or give --removal {'|'.join(names())}"
)


def stays(plan: Plan) -> bool:
    """True if nothing that the run stores would be removed."""
    endpoint = plan.endpoint
    return plan.target is not None and not endpoint.only_reads and endpoint.removal == "none"


def ask(
    config: pytest.Config, plan: Plan, uses: Iterable[Iterable[str]], say: Callable[[pytest.Config, list[str]], None]
) -> None:
    """Say what would stay on the server, and ask whether it may. Raises UsageError if not: nothing was sent.

    `uses` are the names of the fixtures of each check that runs.
    """
    with _terminal(config) as is_there:
        if not is_there:
            why = "nothing was sent, since what a run stores would stay on the server"
            raise pytest.UsageError(f"{why}: {HOW}; or --leave to leave it there")
        url = plan.endpoint.settings.url
        stored = f"no removal is configured for {url}: what this run stores would stay there"
        say(config, [f"{stored}, {amount(plan.samples, uses)}", HOW])
        print("Store it, and leave it there? [y/N] ", end="", flush=True)
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            raise pytest.UsageError("nothing was sent")


@contextmanager
def _terminal(config: pytest.Config) -> Iterator[bool]:
    """Give sys.stdin back, which pytest captures; true if it is a terminal."""
    capture = config.pluginmanager.getplugin("capturemanager")
    if capture:
        capture.suspend(in_=True)
    try:
        yield sys.stdin.isatty()
    finally:
        if capture:
            capture.resume()
            capture.suspend()
