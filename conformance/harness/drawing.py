"""Hypothesis at work in a run: drawn data sets are stored and judged, and the smallest one that fails is kept."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import HealthCheck, Phase, given, settings
from pydicom import Dataset

from conformance.harness.connection import Connection
from conformance.harness.evidence import Recorder
from conformance.harness.population import refusal
from conformance.kit import drawn, stow
from conformance.kit.instances import Instance
from conformance.kit.kinds import Label
from conformance.kit.verdicts import Blocked, NotSupported, Warn
from conformance.reporting.results import Exchange

NUMBER = 15
LIMIT = 200  # instances that one check stores, most of them on the way to the smallest
COUNTEREXAMPLE = "counterexample.dcm"

# Derandomised, so that every check and every run judges the same data sets; nothing is kept between runs.
PROFILE = settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=NUMBER,
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)


class _Stopped(BaseException):
    """Ends the drawing at once: Hypothesis takes every Exception for a counterexample, and looks for a smaller one."""


class Drawing:
    """`drawing(judge)`: the judge is called with one drawn instance after the other, which is on the server by then.

    Evidence of the check are the exchanges of the last instance: the smallest that fails, where one does.
    """

    def __init__(self, connection: Connection, recorder: Recorder, label: Label) -> None:
        self._connection = connection
        self._recorder = recorder
        self._label = label
        self._stored: dict[str, tuple[list[Exchange], str | None]] = {}

    def __call__(self, judge: Callable[[Instance], None]) -> None:
        """Raises what the judge raises about the smallest instance, with the path of the file that holds it.

        NotSupported where the server refuses most of the instances.
        """
        tried: dict[str, str | None] = {}
        last = b""

        @PROFILE
        @given(drawn.data_sets())
        def example(ds: Dataset) -> None:
            nonlocal last
            instance = drawn.instance(self._label, ds)
            uid = instance.sop_instance_uid
            if uid not in tried and len(tried) == LIMIT:
                return
            self._recorder.forget()
            last = instance.content
            try:
                tried[uid] = self._refusal(instance)
                if tried[uid] is None:
                    judge(instance)
            except (AssertionError, Warn):
                raise
            except Exception as problem:
                raise _Stopped(problem) from None

        try:
            example()
        except _Stopped as stopped:
            raise stopped.args[0] from None
        except (AssertionError, Warn) as failure:
            path = self._recorder.attach(COUNTEREXAMPLE, last)
            raise type(failure)(f"{path}: {failure}") from None
        refusals = [why for why in tried.values() if why]
        if 2 * len(refusals) > len(tried):
            raise NotSupported(f"the server refuses {len(refusals)} of {len(tried)} drawn data sets: {refusals[0]}")

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
