"""Hypothesis in a run: the examples that it generates are judged, and the smallest failing one is found."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Generic, TypeVar

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.configuration import set_hypothesis_home_dir
from hypothesis.strategies import SearchStrategy

from conformance.harness.wire.evidence import Recorder
from conformance.kit.verdicts import Deviates, Warn
from conformance.reporting.record import Exchange

# Hypothesis would otherwise store what it remembers of our code in a folder where the run was started.
set_hypothesis_home_dir(str(Path(tempfile.gettempdir(), "dicomweb-conformance")))

PATIENCE = 120.0  # seconds, to find a smaller one

# A fixed seed, so that every check and every run has the same examples, whatever the surrounding code is.
SEED = 4
NUMBER, ATTEMPTS = 70, 200

# Nothing is kept between runs.
PROFILE = settings(
    database=None,
    deadline=None,
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)

T = TypeVar("T")


class _Stopped(BaseException):
    """Ends Hypothesis at once: it would take any Exception for a counterexample, and search for a smaller one."""


@dataclass(frozen=True)
class Failure(Generic[T]):
    """An example that failed, the judge's error about it (Deviates or Warn), and its exchanges."""

    example: T
    why: Deviates | Warn
    exchanges: list[Exchange]

    def attached(self, path: str) -> Exception:
        """The judge's error, with the path of the example's file beside the request."""
        deviation = self.why.deviation
        return type(self.why)(replace(deviation, sent=f"{deviation.sent}; {path}"))

    def again(self) -> Exception:
        """The judge's error, without the notes of Hypothesis."""
        return type(self.why)(self.why.deviation)


class Examples(Generic[T]):
    """A number of hashable examples, and the maximum of attempts to find a smaller one that fails.

    `smaller` gives smaller ones to try; without it, Hypothesis does. The evidence of the check is the exchanges of the
    last example: the smallest that fails, if any.
    """

    def __init__(
        self,
        strategy: SearchStrategy[T],
        recorder: Recorder,
        number: int,
        attempts: int,
        smaller: Callable[[T], Iterable[T]] | None = None,
    ) -> None:
        self._strategy = strategy
        self._recorder = recorder
        self._settings = settings(PROFILE, max_examples=number)
        self._attempts = attempts
        self._smaller = smaller

    @cached_property
    def all(self) -> list[T]:
        """The examples, each once."""
        found: dict[T, None] = {}
        self._draw(lambda example: found.setdefault(example))
        return list(found)

    def judged(self, judge: Callable[[T], None]) -> Failure[T] | None:
        """Judge every example. The smallest that fails; if none does, the smallest with a warning.

        Passes on what the judge raises besides Deviates and Warn.
        """
        tried: dict[T, Failure[T] | None] = {}
        for example in self.all:
            tried[example] = failure = self._failure(judge, example)
            if failure and isinstance(failure.why, Deviates):
                return self._smallest(judge, failure, tried)
        warned = next(filter(None, tried.values()), None)
        return self._smallest(judge, warned, tried) if warned else None

    def _failure(self, judge: Callable[[T], None], example: T) -> Failure[T] | None:
        self._recorder.forget()
        try:
            judge(example)
        except (Deviates, Warn) as why:
            return Failure(example, why, list(self._recorder.exchanges.get(self._recorder.check, [])))
        return None

    def _smallest(self, judge: Callable[[T], None], first: Failure[T], tried: dict[T, Failure[T] | None]) -> Failure[T]:
        """The smallest example that fails like the first, found within the limits of attempts and time."""
        most, end = len(tried) + self._attempts, time.monotonic() + PATIENCE
        smallest = first

        def attempt(example: T) -> Failure[T] | None:
            nonlocal smallest
            if example not in tried:
                if len(tried) >= most or time.monotonic() > end:
                    return None
                tried[example] = self._failure(judge, example)
            failure = tried[example]
            if failure is None or type(failure.why) is not type(first.why):
                return None
            smallest = failure
            return failure

        if self._smaller is None:
            self._by_hypothesis(attempt)
        else:
            while any(attempt(each) for each in self._smaller(smallest.example) if each != smallest.example):
                pass
        self._recorder.forget()
        self._recorder.cite(self._recorder.check, smallest.exchanges)
        return smallest

    def _by_hypothesis(self, attempt: Callable[[T], Failure[T] | None]) -> None:
        """Let Hypothesis attempt smaller examples; the smallest that fails is its last attempt."""

        def visit(example: T) -> None:
            try:
                failure = attempt(example)
            except Exception as problem:
                raise _Stopped(problem) from None
            if failure:
                raise failure.why

        try:
            self._draw(visit)
        except _Stopped as stopped:
            raise stopped.args[0] from None
        except (Deviates, Warn):
            pass

    def _draw(self, visit: Callable[[T], object]) -> None:
        """Call a function with the examples, the same ones each time, until it raises; then with smaller ones."""

        @seed(SEED)
        @self._settings
        @given(self._strategy)
        def example(drawn: T) -> None:
            visit(drawn)

        with _without_constants_of_modules():
            example()


@contextmanager
def _without_constants_of_modules() -> Iterator[None]:
    """Let examples not depend on the modules that happen to be loaded: Hypothesis also draws the constants in them."""
    try:
        from hypothesis.internal.cache import LRUCache
        from hypothesis.internal.conjecture import providers
        from hypothesis.internal.constants_ast import Constants

        whose, found = providers.CONSTANTS_CACHE, providers._get_local_constants
    except (ImportError, AttributeError):  # in another version, which draws other examples anyway
        yield
        return
    providers.CONSTANTS_CACHE, providers._get_local_constants = LRUCache(1024), Constants
    try:
        yield
    finally:
        providers.CONSTANTS_CACHE, providers._get_local_constants = whose, found


def judged(recorder: Recorder, strategy: SearchStrategy[T], judge: Callable[[T], None]) -> None:
    """Judge examples of a strategy, each of which costs a request. Raises the error about the smallest that fails."""
    if failure := Examples(strategy, recorder, NUMBER, ATTEMPTS).judged(judge):
        raise failure.again() from None
