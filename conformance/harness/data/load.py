"""The sample study under load by many clients at the same time: readers of a stored one, and writers of copies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from conformance.dicomweb.messages import Response
from conformance.harness.data.population import SAMPLE, Population
from conformance.harness.wire.connection import Ask, Connection
from conformance.harness.wire.evidence import Recorder
from conformance.kit import stow
from conformance.kit.accept import AS_STORED
from conformance.kit.claims import unclaimed
from conformance.kit.instances import Instance, Samples
from conformance.kit.verdicts import Unanswered
from conformance.reporting.text import count
from conformance.reporting.times import LOAD

INSTANCES = 3  # that a reader reads, of a study that may have more


def who(clients: int, only_reads: bool) -> str:
    """The clients of the load in words: `8 readers and 8 writers`; "" if there are none."""
    writers = "" if only_reads else f" and {count(clients, 'writer')}"
    return f"{count(clients, 'reader')}{writers}" if clients else ""


@dataclass(frozen=True)
class Loaded:
    """The responses to the clients, by resource, each with its instance.

    `unanswered` are the requests without a response, each the last of its client.
    """

    stores: list[tuple[Instance, Response]]
    instances: list[tuple[Instance, Response]]
    metadata: list[tuple[Instance, Response]]
    searches: list[tuple[Instance, Response]]
    unanswered: list[Unanswered]

    @property
    def responses(self) -> list[Response]:
        """All responses."""
        return [response for _, response in (*self.stores, *self.instances, *self.metadata, *self.searches)]


class Load:
    """`load()`: the result of N readers and N writers at the same time, once in a run.

    A writer stores the instances of a copy of the sample study one after another. A reader searches for an instance,
    reads its metadata, where these are claimed, and the instance itself, for each instance of the study in turn. If
    nothing may be stored there are only readers.
    """

    def __init__(
        self,
        clients: int,
        connection: Connection,
        recorder: Recorder,
        population: Population,
        copies: Callable[[str], Samples],
    ) -> None:
        self._clients = clients
        self._connection = connection
        self._recorder = recorder
        self._population = population
        self._copies = copies
        self._loaded: Loaded | None = None

    def __call__(self) -> Loaded:
        """Raises as the population does, if the study to read is not there."""
        study = self._population(SAMPLE)[:INSTANCES]
        if self._loaded is None:
            with self._recorder.of(LOAD):
                self._loaded = self._load(study)
        self._recorder.cite(LOAD)
        return self._loaded

    def _load(self, study: tuple[Instance, ...]) -> Loaded:
        writers = 0 if self._connection.config.only_reads else self._clients
        studies = [self._copies(f"writer {number}").all for number in range(writers)]
        stores = [[(instance, _store(instance)) for instance in copy] for copy in studies]
        # Each begins with another instance, so that different ones are requested at the same time.
        orders = [study[start:] + study[:start] for start in range(len(study))]
        reads = [[(instance, ask) for instance in order for ask in self._reads(instance)] for order in orders]
        readers = [reads[number % len(reads)] for number in range(self._clients)]
        # If the server claims no reads there are only writers.
        sequences = [own for own in [*stores, *readers] if own]
        outcomes = self._connection.clients([[ask for _, ask in own] for own in sequences])
        every = [
            (instance, ask, outcome)
            for own, found in zip(sequences, outcomes, strict=True)
            for (instance, ask), outcome in zip(own, found, strict=False)
        ]
        answered = [(each, ask, outcome) for each, ask, outcome in every if isinstance(outcome, Response)]
        return Loaded(
            stores=[(each, response) for each, ask, response in answered if ask.body],
            instances=[(each, response) for each, ask, response in answered if ask.target == each.path],
            metadata=[(each, response) for each, ask, response in answered if ask.target.endswith("/metadata")],
            searches=[(each, response) for each, ask, response in answered if "?" in ask.target],
            unanswered=[outcome for _, _, outcome in every if isinstance(outcome, Unanswered)],
        )

    def _reads(self, instance: Instance) -> list[Ask]:
        claims = self._connection.claims
        asks = [
            Ask("GET", f"{instance.series_path}/instances?SOPInstanceUID={instance.sop_instance_uid}"),
            *([Ask("GET", f"{instance.path}/metadata")] if "metadata" in claims else []),
            Ask("GET", instance.path, AS_STORED),
        ]
        return [ask for ask in asks if not unclaimed(ask.method, ask.target, claims)]


def _store(instance: Instance) -> Ask:
    return Ask("POST", "studies", body=stow.multipart([instance]))
