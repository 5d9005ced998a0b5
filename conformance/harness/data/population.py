"""The instances that checks read: the sample study and the kinds, each stored once in a run, when first requested."""

from __future__ import annotations

from conformance.dicomweb import dicom_json
from conformance.dicomweb.messages import Response
from conformance.harness.data.objects import PREFIX, Copier
from conformance.harness.wire.connection import Connection
from conformance.harness.wire.evidence import Recorder
from conformance.harness.wire.front import LARGE
from conformance.kit import expect, presence, stow
from conformance.kit.accept import AS_STORED
from conformance.kit.instances import COERCED, Instance, Samples
from conformance.kit.kinds import EACH, KINDS, Label, factors, made
from conformance.kit.verdicts import Blocked, Deviates, InFront, NothingStored, NotSupported, Refused, Unanswered

SAMPLE = "sample"
MANY = 10  # instances of a request, for which a slow server may need long
PARTLY = ("archive", "described")  # searches are judged by those of their instances that the server takes
TITLES = {
    SAMPLE: "The sample study",
    **{name: kind.title for name, kind in KINDS.items()},
    **{name: row.title for name, row in factors.rows().items()},
}


class Population:
    """`population("ct-16")`: the instances of a kind, stored by then; "sample" is the sample study.

    `used` are the kinds that each check requested.
    """

    def __init__(
        self,
        connection: Connection,
        recorder: Recorder,
        samples: Samples,
        label: Label,
        own: Copier | None = None,
    ) -> None:
        self._connection = connection
        self._recorder = recorder
        self._label = label
        self._own = own
        self._stored: dict[str, tuple[Instance, ...] | Exception] = {}
        self._responses: dict[str, Response] = {}
        self._instances: dict[str, tuple[Instance, ...]] = {SAMPLE: samples.all}
        self.used: dict[str, list[str]] = {}

    def hold(self, instances: tuple[Instance, ...]) -> None:
        """Use instances that are already on the server as the sample study: the run stores none of its own."""
        self._stored[SAMPLE] = instances

    def __call__(self, kind: str) -> tuple[Instance, ...]:
        """Raises NotSupported if the server refuses the kind, Blocked if its store failed otherwise, UnmadeKind if it
        cannot be made."""
        if kind not in self._stored:
            with self._recorder.of(f"population.{kind}"):
                try:
                    self._stored[kind] = self._store(kind)
                except Unanswered as error:
                    # Otherwise every check that requests the kind would send it again.
                    self._stored[kind] = Blocked(str(error), error.by or "common-resp-001.every-request")
                    raise
        self._recorder.cite(f"population.{kind}")
        if kind not in (used := self.used.setdefault(self._recorder.check, [])):
            used.append(kind)
        match self._stored[kind]:
            case Exception() as problem:
                raise problem.with_traceback(None)  # otherwise it grows with each check that raises it
            case instances:
                return instances

    def answer(self, kind: str) -> tuple[tuple[Instance, ...], Response]:
        """The instances of a kind as sent, and the response to them, whatever it is."""
        try:
            self(kind)
        except (Blocked, NotSupported):
            if kind not in self._responses:
                raise
        return self._made(kind), self._responses[kind]

    def response(self, kind: str) -> Response:
        """The response to the store of a kind. Raises as a call does."""
        self(kind)
        if kind not in self._responses:
            raise NothingStored(f"{title_of(kind)} was on the server before the run, which therefore did not store it")
        return self._responses[kind]

    def _store(self, kind: str) -> tuple[Instance, ...] | Exception:
        instances = self._made(kind)
        title = title_of(kind)
        body = stow.multipart(instances)
        try:
            response = self._responses[kind] = self._connection.post("studies", body)
            refused = response.status >= 400
        except Unanswered as error:
            # A front that limits bodies may close the connection; many instances may take longer than the run waits.
            limited = isinstance(error, InFront) or (error.dropped and len(body.content) > LARGE)
            slow = not error.dropped and len(instances) > MANY
            if len(instances) == 1 or not (limited or slow):
                raise
            response, refused, problem = None, True, error
        if refused and len(instances) > 1:
            taken = self._one_by_one(kind, instances, response is None)
            if taken and (response is None or taken == instances or kind in PARTLY):
                return taken
        if response is None:
            if not isinstance(problem, InFront):
                raise problem
            return Blocked(f"{title} could be stored neither together nor one by one", InFront.by)
        if 400 <= response.status < 500:
            return self._refused(kind, response)
        if response.status not in stow.STORED:
            return Blocked(f"the store of {title} returns {response.status}", _judge(kind))
        taken = self._taken(instances, response)
        if not taken or (taken != instances and kind not in PARTLY):
            return self._refused(kind, response)
        try:
            presence.there(self._connection, taken[0])
        except (Deviates, Blocked) as error:
            why = f"{title} was stored with status {response.status}, and is not there: {error}"
            return Blocked(why, _reader(kind), error.deviation)
        return tuple(self._as_kept(instance, response) for instance in taken)

    def _as_kept(self, instance: Instance, response: Response) -> Instance:
        """The instance as it has to be there: with the values that the server has given it, and has recorded."""
        if instance.warning_in(response) != COERCED or "retrieve" not in self._connection.claims:
            return instance.kept_by(response)
        try:
            sent = self._connection.get(instance.path, accept=AS_STORED)
            return instance.coerced(expect.instances(sent, [instance])[instance.sop_instance_uid])
        except (Deviates, ValueError):  # it is not sent, or has values that cannot be written beside its others
            return instance

    def _taken(self, instances: tuple[Instance, ...], response: Response) -> tuple[Instance, ...]:
        """The instances without those that were refused, as the response says, and are not there."""
        failed = failures(response)
        return tuple(
            instance
            for instance in instances
            if instance.sop_instance_uid not in failed or presence.is_there(self._connection, instance)
        )

    def _one_by_one(self, kind: str, instances: tuple[Instance, ...], unheard: bool) -> tuple[Instance, ...]:
        """The instances that are stored when each is sent alone: a server that refuses many at once may take single
        ones. `unheard`: there was no response to all together; that to the first stored one is the one of the kind."""
        taken: list[Instance] = []
        for instance in instances:
            try:
                response = self._connection.post("studies", stow.multipart([instance]))
            except Unanswered as error:
                if taken or error.dropped:
                    continue
                break
            # One of a request without a response may be there already, and be refused now.
            if response.status in stow.STORED or (unheard and presence.is_there(self._connection, instance)):
                taken.append(instance)
                self._responses.setdefault(kind, response)
            elif not taken:
                break
        return tuple(taken)

    def _refused(self, kind: str, response: Response) -> Exception:
        """The exception for a refused kind: a server need not take every kind, but one that refuses the sample study
        takes nothing."""
        part = "" if response.status >= 400 else "a part of "
        sentence = f"the server refuses {part}this kind ({title_of(kind)}): {refusal(response)}"
        if kind == SAMPLE:
            return Blocked(sentence, "seed-store-studies")
        try:
            self(SAMPLE)
        except Blocked as problem:
            return problem
        return Refused(sentence, title_of(kind))

    def varying(self, own: str) -> set[str]:
        """The attributes in which the own objects of the study or series of one differ."""
        return self._own.varying(own) if self._own else set()

    def _made(self, kind: str) -> tuple[Instance, ...]:
        if kind not in self._instances:
            is_own = self._own and kind in self._own
            self._instances[kind] = (self._own(kind),) if self._own and is_own else made(kind, self._label)
        return self._instances[kind]


def title_of(kind: str) -> str:
    """The title of a kind; an own object is named by its own name, which tells nothing of a patient."""
    return TITLES.get(kind, kind)


def _judge(kind: str) -> str:
    """The check that judges whether a kind is stored."""
    own = "own." if kind.startswith(PREFIX) else ""
    return "seed-store-studies" if kind == SAMPLE else f"stow-beh-008.{own}{kind}"


def _reader(kind: str) -> str:
    """The check that judges whether a kind can be read back."""
    if kind.startswith(PREFIX):
        return f"retrieve-inst-001.own.{kind}"
    return f"retrieve-inst-001.{kind}" if kind in EACH else "seed-store-read-back"


def failures(response: Response) -> set[str]:
    """The instances that a store refused, as its response says; none if that cannot be read."""
    try:
        failed = dicom_json.items(dicom_json.dataset(response.content), "FailedSOPSequence")
    except dicom_json.MalformedJson:
        return set()
    return {dicom_json.text(item, "ReferencedSOPInstanceUID") or "" for item in failed}


def refusal(response: Response) -> str:
    """The status and the FailureReason of a refused store."""
    try:
        module = dicom_json.dataset(response.content)
    except dicom_json.MalformedJson:
        return f"status {response.status}"
    failed = [*dicom_json.items(module, "FailedSOPSequence"), *dicom_json.items(module, "OtherFailuresSequence")]
    reasons = dict.fromkeys(dicom_json.text(item, "FailureReason") or "none" for item in failed)
    return f"status {response.status}, FailureReason {', '.join(reasons) or 'none'}"
