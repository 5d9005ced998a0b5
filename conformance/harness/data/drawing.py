"""Generated data sets, each of which is stored once in a run and judged by several checks."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from conformance.harness.data.examples import Examples
from conformance.harness.data.population import refusal
from conformance.harness.wire.connection import Connection
from conformance.harness.wire.evidence import Recorder
from conformance.kit import drawn, stow
from conformance.kit.instances import Instance
from conformance.kit.kinds import Label
from conformance.kit.verdicts import Blocked, Refused
from conformance.reporting.record import Exchange

NUMBER = 20
ATTEMPTS = 200  # each of them is a store
COUNTEREXAMPLE = "counterexample.dcm"

Judge = Callable[[Instance], None]


class Drawing:
    """`drawing(judge)`: the judge is called with one generated instance after the other, each stored before the
    call."""

    def __init__(self, connection: Connection, recorder: Recorder, label: Label) -> None:
        self._connection = connection
        self._recorder = recorder
        self._examples = Examples(drawn.data_sets().map(partial(drawn.instance, label)), recorder, NUMBER, ATTEMPTS)
        self._stored: dict[str, tuple[list[Exchange], str | None, Instance]] = {}

    def __call__(self, judge: Judge) -> None:
        """Raises the judge's error about the smallest instance, with the path of the file that holds it.

        Refused if the server refuses most of the instances, Blocked if a store fails otherwise.
        """
        if failure := self._examples.judged(partial(self._judged, judge)):
            path = self._recorder.attach(COUNTEREXAMPLE, failure.example.content[:])
            raise failure.attached(path) from None
        refusals = [self._stored[instance.sop_instance_uid][1] for instance in self._examples.all]
        reasons = [reason for reason in refusals if reason]
        if 2 * len(reasons) > len(refusals):
            why = f"the server refuses {len(reasons)} of {len(refusals)} drawn data sets: {reasons[0]}"
            raise Refused(why, "drawn data sets")

    def _judged(self, judge: Judge, instance: Instance) -> None:
        if self._refusal(instance) is None:
            judge(self._stored[instance.sop_instance_uid][2])

    def _refusal(self, instance: Instance) -> str | None:
        """Store an instance, once in a run; the reason if the server refuses it, else None. May raise Blocked."""
        uid = instance.sop_instance_uid
        if uid not in self._stored:
            with self._recorder.of("population.drawn"):
                before = len(self._recorder.exchanges.get("population.drawn", []))
                response = self._connection.post("studies", stow.multipart([instance]))
                exchanges = self._recorder.exchanges["population.drawn"][before:]
            refused = 400 <= response.status < 500
            if not refused and response.status not in stow.STORED:
                raise Blocked(f"the store of a drawn data set returned {response.status}", "seed-store-studies")
            self._stored[uid] = exchanges, refusal(response) if refused else None, instance.kept_by(response)
        exchanges, why, _ = self._stored[uid]
        self._recorder.cite("population.drawn", exchanges)
        return why
