"""Hypothesis at work in a run: what is drawn is judged, and the smallest that fails is kept.

Data sets are stored first; other examples, such as queries, are judged as they are.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.configuration import set_hypothesis_home_dir
from hypothesis.strategies import SearchStrategy
from pydicom import Dataset

from conformance.harness.connection import Connection
from conformance.harness.evidence import Recorder
from conformance.harness.population import refusal
from conformance.kit import drawn, stow
from conformance.kit.instances import Instance
from conformance.kit.kinds import Label
from conformance.kit.verdicts import Blocked, NotSupported, Warn
from conformance.reporting.results import Exchange

# What Hypothesis remembers of our code would otherwise be a folder where the run was started.
set_hypothesis_home_dir(str(Path(tempfile.gettempdir(), "dicomweb-conformance")))

NUMBER = 20
ATTEMPTS = 200  # to find a smaller one, each of them a request
COUNTEREXAMPLE = "counterexample.dcm"

EXAMPLES = 70

Judge = Callable[[Instance], None]
Example = TypeVar("Example")

# One seed, so that every check and every run has the same examples, whatever the code around them is.
SEED = 4

# Nothing is kept between runs.
PROFILE = settings(
    database=None,
    deadline=None,
    max_examples=NUMBER,
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)


class _Stopped(BaseException):
    """Ends Hypothesis at once: it takes every Exception for a counterexample, and looks for a smaller one."""


class Drawing:
    """`drawing(judge)`: the judge is called with one drawn instance after the other, which is on the server by then.

    Evidence of the check are the exchanges of the last instance: the smallest that fails, where one does.
    """

    def __init__(self, connection: Connection, recorder: Recorder, label: Label) -> None:
        self._connection = connection
        self._recorder = recorder
        self._label = label
        self._instances: dict[str, Instance] = {}
        self._stored: dict[str, tuple[list[Exchange], str | None]] = {}

    def __call__(self, judge: Judge) -> None:
        """Raises what the judge raises about the smallest instance, with the path of the file that holds it.

        NotSupported where the server refuses most of the instances, Blocked where a store fails otherwise.
        """
        if not self._instances:
            _draw(drawn.data_sets(), self._keep)
        refusals = []
        for instance in self._instances.values():
            try:
                refusals.append(self._judged(judge, instance))
            except (AssertionError, Warn) as failure:
                smallest, why = self._smallest(judge, instance, failure)
                path = self._recorder.attach(COUNTEREXAMPLE, smallest.content)
                raise type(why)(f"{path}: {why}") from None
        reasons = [reason for reason in refusals if reason]
        if 2 * len(reasons) > len(refusals):
            raise NotSupported(f"the server refuses {len(reasons)} of {len(refusals)} drawn data sets: {reasons[0]}")

    def _keep(self, ds: Dataset) -> None:
        instance = drawn.instance(self._label, ds)
        self._instances[instance.sop_instance_uid] = instance

    def _judged(self, judge: Judge, instance: Instance) -> str | None:
        """Judge an instance; where the server does not take it, why."""
        self._recorder.forget()
        refused = self._refusal(instance)
        if refused is None:
            judge(instance)
        return refused

    def _smallest(self, judge: Judge, instance: Instance, failure: Exception) -> tuple[Instance, Exception]:
        """The smallest instance that fails, as far as the attempts go, and what the judge says about it."""
        tried: set[str] = set()
        last = instance

        def attempt(ds: Dataset) -> None:
            nonlocal last
            instance = drawn.instance(self._label, ds)
            if len(tried) == ATTEMPTS and instance.sop_instance_uid not in tried:
                return
            tried.add(instance.sop_instance_uid)
            last = instance
            try:
                self._judged(judge, instance)
            except (AssertionError, Warn):
                raise
            except Exception as problem:
                raise _Stopped(problem) from None

        try:
            _draw(drawn.data_sets(), attempt)
        except _Stopped as stopped:
            raise stopped.args[0] from None
        except (AssertionError, Warn) as smaller:
            # Hypothesis has called last with the smallest.
            return last, smaller
        return instance, failure

    def _refusal(self, instance: Instance) -> str | None:
        """Store an instance, once a run; why the server does not take it, None where it does. May raise Blocked."""
        uid = instance.sop_instance_uid
        if uid not in self._stored:
            with self._recorder.of("population.drawn"):
                before = len(self._recorder.exchanges.get("population.drawn", []))
                response = self._connection.post("studies", stow.multipart([instance]))
                exchanges = self._recorder.exchanges["population.drawn"][before:]
            refused = 400 <= response.status < 500
            if not refused and response.status not in (200, 202):
                raise Blocked(f"the store of a drawn data set is answered {response.status}", "seed-store-studies")
            self._stored[uid] = exchanges, refusal(response) if refused else None
        exchanges, why = self._stored[uid]
        self._recorder.cite("population.drawn", exchanges)
        return why


class Examples:
    """`examples(strategy, judge)`: the judge is called with one example after the other, until one fails.

    Then it is called with smaller ones. Evidence of the check are the exchanges of the last, the smallest that fails.
    """

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def __call__(self, strategy: SearchStrategy[Example], judge: Callable[[Example], None]) -> None:
        """Raises what the judge raises about the smallest example, as far as the attempts go."""
        tried: set[str] = set()

        def attempt(example: Example) -> None:
            if len(tried) == ATTEMPTS and repr(example) not in tried:
                return
            tried.add(repr(example))
            self._recorder.forget()
            try:
                judge(example)
            except (AssertionError, Warn):
                raise
            except Exception as problem:
                raise _Stopped(problem) from None

        try:
            _draw(strategy, attempt, EXAMPLES)
        except _Stopped as stopped:
            raise stopped.args[0] from None
        except (AssertionError, Warn) as smallest:
            # As it was said, without the notes of Hypothesis.
            raise type(smallest)(*smallest.args) from None


def _draw(strategy: SearchStrategy[Example], visit: Callable[[Example], None], number: int = NUMBER) -> None:
    """Call a function with drawn examples, the same ones each time, until it raises; then with smaller ones."""

    @seed(SEED)
    @settings(PROFILE, max_examples=number)
    @given(strategy)
    def attempt(example: Example) -> None:
        visit(example)

    attempt()
