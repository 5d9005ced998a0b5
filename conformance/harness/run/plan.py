"""The plan of a run, before it has a folder or has sent anything."""

from __future__ import annotations

import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from conformance.harness.data.objects import NO_OBJECTS, Objects
from conformance.harness.endpoint.endpoints import Endpoint
from conformance.harness.endpoint.secrets import Mask
from conformance.harness.endpoint.settings import account
from conformance.harness.viewer.parts import Parts
from conformance.harness.wire.foreign import Foreign
from conformance.harness.wire.ledger import Origin, patient_prefix
from conformance.harness.wire.patience import BUDGET
from conformance.kit.instances import Samples


@dataclass(frozen=True)
class Plan:
    """A run that has not begun. `target` is what --endpoint was, None for the embedded server.

    `original`: the unchanged sample study; `samples` are the stored ones, under UIDs of the run's own if it `relabels`.
    `mask` and `foreign` have the values that must not be written. `clients`: of the load. `budget`: seconds.
    `part`: the requested part of the suite. `objects`: the operator's own. `viewer`: what a real
    viewer is made of, if one is asked for.
    """

    id: str
    started: str
    endpoint: Endpoint
    target: str | None
    original: Samples
    relabels: bool
    folder: Path
    mask: Mask
    foreign: Foreign
    clients: int = 0
    budget: float = BUDGET
    part: str = ""
    objects: Objects = NO_OBJECTS
    viewer: Parts | None = None

    @property
    def patient_prefix(self) -> str:
        """The beginning of each Patient ID of this run."""
        return patient_prefix(self.id)

    @property
    def samples(self) -> Samples:
        """The sample study as the run stores it."""
        return self.copies("samples") if self.relabels else self.original

    @property
    def origin(self) -> Origin:
        """The origin for the head of the ledger."""
        return Origin(self.id, self.target, self.endpoint.settings.url, account(self.endpoint))

    def leave_nothing(self) -> None:
        """Remove the folder of a run that did not begin, with the files of pytest in it, and no other file."""
        with suppress(OSError):
            (self.folder / "report.html").unlink(missing_ok=True)
            self.folder.rmdir()
            self.folder.parent.rmdir()

    def copies(self, label: str) -> Samples:
        """The sample study under UIDs and a Patient ID of this run's own, different for each label."""
        return self.original.relabelled(f"{self.id} {label}", self.patient_prefix)


def plan(
    endpoint: Endpoint,
    target: str | None,
    samples: Samples,
    relabels: bool,
    reports: Path,
    clients: int = 0,
    budget: float = BUDGET,
    part: str = "",
    keep_foreign: bool = False,
    objects: Objects = NO_OBJECTS,
    viewer: Parts | None = None,
) -> Plan:
    """Plan a run that begins now, in a folder of its own below `reports`."""
    now = datetime.now(UTC)
    id = new_id(now)
    folder, mask = reports / endpoint.name / id, Mask.of(endpoint)
    foreign = Foreign(keep_foreign, only=bool(endpoint.only_reads))
    rest = (clients, budget, part, objects, viewer)
    return Plan(id, stamp(now), endpoint, target, samples, relabels, folder, mask, foreign, *rest)


def new_id(now: datetime) -> str:
    """An id for a run that begins now."""
    return f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


def stamp(moment: datetime) -> str:
    """A moment as records have it: UTC, to the millisecond."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
