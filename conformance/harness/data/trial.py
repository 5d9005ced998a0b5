"""A trial of the removal: one instance of our own is stored, and removed in one way after another until one works."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import msgspec

from conformance.harness.data.population import refusal
from conformance.harness.data.removal import remove
from conformance.harness.endpoint.endpoints import Endpoint, Removal
from conformance.harness.wire.client import Client
from conformance.harness.wire.connection import Connection
from conformance.harness.wire.evidence import Recorder
from conformance.harness.wire.ledger import NAME, Ledger, Origin, patient_prefix
from conformance.kit import stow
from conformance.kit.kinds import Label, small_images
from conformance.kit.verdicts import Blocked, Unanswered
from conformance.reporting import evidence
from conformance.reporting.record import Leftover

Way = Literal["dicomweb"] | Removal


@dataclass
class Tried:
    """The outcome of a trial: the way that works, if one does; a sentence for each step; what may be left."""

    works: Way | None = None
    failed: list[Way] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    left: list[Leftover] = field(default_factory=list)


def trial(endpoint: Endpoint, folder: Path, origin: Origin, ways: Sequence[Way]) -> Tried:
    """Store one instance and try to remove it; its ledger and evidence are in `folder`, as those of a run.

    The folder is removed again if the instance is proven gone, or was refused and is not there. Raises
    KeyboardInterrupt; then, and if something is left, the folder is what `cleanup` takes.
    """
    new = [path for path in (folder, *folder.parents) if not path.exists()]
    folder.mkdir(parents=True)
    client, recorder, ledger = Client(endpoint), Recorder(folder, endpoint), Ledger(folder, origin)
    recorder.check = "probe"
    tried = Tried()
    try:
        connection = Connection(endpoint, client, recorder, ledger)
        connection.alone()
        _store(connection, Label(origin.run, patient_prefix(origin.run)), tried)
        if ledger.entries:
            for way in ways:
                _remove(_by(way, endpoint), way, client, recorder, ledger, tried)
                if tried.works or not tried.left:
                    break
    finally:
        recorder.close()
        client.close()
    if not tried.left:
        _leave_nothing(folder, new)
    return tried


def described(way: Way) -> str:
    """A way to remove a study, in words."""
    if isinstance(way, Removal):
        return f"removal by the server's own API ({f'POST {way.lookup}, ' if way.lookup else ''}DELETE {way.url})"
    return "DELETE of a study"


def _store(connection: Connection, label: Label, tried: Tried) -> None:
    instance = small_images(label)[0]
    try:
        response = connection.post("studies", stow.multipart([instance]))
    except (Unanswered, Blocked) as error:
        tried.seen.append(f"the store of one instance: {error}")
        return
    said = str(response.status) if response.status < 300 else refusal(response)
    tried.seen.append(f"the store of one instance of a new study returns {said}")


def _by(way: Way, endpoint: Endpoint) -> Endpoint:
    return dataclasses.replace(endpoint, settings=msgspec.structs.replace(endpoint.settings, removal=way))


def _remove(endpoint: Endpoint, way: Way, client: Client, recorder: Recorder, ledger: Ledger, tried: Tried) -> None:
    """Remove what the ledger lists in one way; note whether that works."""
    connection = Connection(endpoint, client, recorder, ledger)
    removed = remove(connection, ledger.entries, ledger.outcomes)
    study = ledger.entries[0].study
    tried.left = removed.left
    if removed.left:
        tried.failed.append(way)
        tried.seen.append(f"{described(way)}: {removed.left[0].why}")
    elif study in removed.seen:
        tried.works = way
        tried.seen.append(f"{described(way)} works: the study is proven gone")
    elif ledger.outcomes.get(ledger.entries[0]) == {"refused"}:
        tried.seen.append("the study is not there: nothing is known of its removal")
    else:
        why = "it was not seen on the server after its store, so that nothing is known of its removal"
        tried.left = [Leftover(study=study, why=why)]


def _leave_nothing(folder: Path, new: Sequence[Path]) -> None:
    """Remove the files of a trial, and the folders that are new."""
    with suppress(OSError):
        for name in (NAME, evidence.NAME):
            (folder / name).unlink(missing_ok=True)
        for path in new:
            path.rmdir()
