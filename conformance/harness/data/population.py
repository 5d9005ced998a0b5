"""The instances that checks read: the sample study and the kinds, each stored once a run, when first asked for."""

from __future__ import annotations

from conformance.dicomweb import dicom_json, part10
from conformance.dicomweb.messages import Response
from conformance.harness.wire.connection import Connection
from conformance.harness.wire.evidence import Recorder
from conformance.kit import stow
from conformance.kit.accept import AS_STORED
from conformance.kit.instances import Instance, Samples
from conformance.kit.kinds import EACH, KINDS, Label, made
from conformance.kit.verdicts import Blocked, InFront, NothingStored, NotSupported, Unanswered

SAMPLE = "sample"
TITLES = {SAMPLE: "The sample study", **{name: kind.title for name, kind in KINDS.items()}}


class Population:
    """`population("ct-16")` are the instances of a kind, on the server by then; "sample" is the sample study.

    `used` are the kinds that each check asked for.
    """

    def __init__(self, connection: Connection, recorder: Recorder, samples: Samples, label: Label) -> None:
        self._connection = connection
        self._recorder = recorder
        self._label = label
        self._stored: dict[str, tuple[Instance, ...] | Exception] = {}
        self._responses: dict[str, Response] = {}
        self._instances: dict[str, tuple[Instance, ...]] = {SAMPLE: samples.all}
        self.used: dict[str, list[str]] = {}

    def hold(self, instances: tuple[Instance, ...]) -> None:
        """Let instances that are on the server be the sample study: the run stores none of its own."""
        self._stored[SAMPLE] = instances

    def __call__(self, kind: str) -> tuple[Instance, ...]:
        """Raises NotSupported where the server refuses the kind, Blocked where its store failed otherwise, UnmadeKind
        where it cannot be made."""
        if kind not in self._stored:
            with self._recorder.of(f"population.{kind}"):
                try:
                    self._stored[kind] = self._store(kind)
                except Unanswered as error:
                    # Or every check that asks for the kind would send it again.
                    self._stored[kind] = Blocked(str(error), "common-resp-001.every-request")
                    raise
        self._recorder.cite(f"population.{kind}")
        if kind not in (used := self.used.setdefault(self._recorder.check, [])):
            used.append(kind)
        match self._stored[kind]:
            case Exception() as problem:
                raise problem.with_traceback(None)  # or it grows with each check that meets it
            case instances:
                return instances

    def answer(self, kind: str) -> tuple[tuple[Instance, ...], Response]:
        """What was sent of a kind, and the answer to it, whatever it is."""
        try:
            self(kind)
        except (Blocked, NotSupported):
            if kind not in self._responses:
                raise
        return self._made(kind), self._responses[kind]

    def response(self, kind: str) -> Response:
        """The answer to the store of a kind. Raises as a call does."""
        self(kind)
        if kind not in self._responses:
            raise NothingStored(f"{TITLES[kind]} was on the server before the run: there is no answer to its store")
        return self._responses[kind]

    def _store(self, kind: str) -> tuple[Instance, ...] | Exception:
        instances = self._made(kind)
        title = TITLES[kind]
        try:
            response = self._responses[kind] = self._connection.post("studies", stow.multipart(instances))
            refused = response.status >= 400
        except InFront:
            if len(instances) == 1:
                raise
            response, refused = None, True
        if refused and len(instances) > 1 and (taken := self._one_by_one(instances)):
            return taken
        if response is None:
            return Blocked(f"{title} was stored neither together nor one by one", InFront.by)
        if 400 <= response.status < 500:
            return self._refused(kind, response)
        if response.status not in (200, 202):
            return Blocked(f"the store of {title} returns {response.status}", _judge(kind))
        back = self._connection.get(instances[0].path, accept=AS_STORED)
        if back.status != 200:
            why = f"{title} was stored with status {response.status}, but its retrieve returns {back.status}"
            return Blocked(why, _reader(kind))
        if not part10.is_in(back.body):
            why = f"{title} was stored with status {response.status}, but its retrieve gives no DICOM file"
            return Blocked(why, _reader(kind))
        return tuple(instance.kept_by(response) for instance in instances)

    def _one_by_one(self, instances: tuple[Instance, ...]) -> tuple[Instance, ...]:
        """Those that are stored when each is sent alone: what refuses many at once need not take the rest with it."""
        taken = []
        for instance in instances:
            try:
                response = self._connection.post("studies", stow.multipart([instance]))
            except InFront:
                continue
            if response.status in (200, 202):
                taken.append(instance)
            elif not taken:
                break
        return tuple(taken)

    def _refused(self, kind: str, response: Response) -> Exception:
        """A server need not take every kind; but one that does not take the sample study takes nothing."""
        sentence = f"the server does not take it ({TITLES[kind]}): {refusal(response)}"
        if kind == SAMPLE:
            return Blocked(sentence, "seed-store-studies")
        try:
            self(SAMPLE)
        except Blocked as problem:
            return problem
        return NotSupported(sentence)

    def _made(self, kind: str) -> tuple[Instance, ...]:
        if kind not in self._instances:
            self._instances[kind] = made(kind, self._label)
        return self._instances[kind]


def _judge(kind: str) -> str:
    """The check that judges whether a kind is stored."""
    return "seed-store-studies" if kind == SAMPLE else f"stow-beh-008.{kind}"


def _reader(kind: str) -> str:
    """The check that judges whether a kind comes back."""
    return f"retrieve-inst-001.{kind}" if kind in EACH else "seed-store-read-back"


def refusal(response: Response) -> str:
    """The status and the FailureReason of a refused store."""
    try:
        module = dicom_json.dataset(response.content)
    except dicom_json.MalformedJson:
        return f"status {response.status}"
    failed = [*dicom_json.items(module, "FailedSOPSequence"), *dicom_json.items(module, "OtherFailuresSequence")]
    reasons = dict.fromkeys(dicom_json.text(item, "FailureReason") or "none" for item in failed)
    return f"status {response.status}, FailureReason {', '.join(reasons) or 'none'}"
