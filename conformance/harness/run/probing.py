"""Checks of unclaimed features: one control probe for each feature says whether it is really absent."""

from __future__ import annotations

from typing import NoReturn

from conformance.harness.run.run import Run
from conformance.kit.probes import PROBES, Finding, Probe
from conformance.kit.verdicts import Observed, Unclaimed


class Probing:
    """`probing(run, feature)`: end a check whose feature is not claimed."""

    def __init__(self) -> None:
        self._findings: dict[str, Finding] = {}

    def __call__(self, run: Run, feature: str) -> NoReturn:
        """Raises Observed if the feature is there nevertheless, Unclaimed if it is not."""
        if feature not in self._findings:
            probe = Probe(run.connection, run.plan.copies(f"probe {feature}"), run.population)
            self._findings[feature] = PROBES[feature](probe)
        present, sentence = self._findings[feature]
        if present:
            raise Observed(f'{sentence}: not claimed, but supported; supports = ["{feature}"] lets the run judge it')
        raise Unclaimed(f"not claimed; {sentence}")
