"""The covering array of pixel objects: each is stored once in a run, and judged by several checks.

Where some are wrong, rows in which one factor is plain are stored and judged too, so that the deviation names the
factors that it needs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from conformance.dicomweb import dicom_json
from conformance.dicomweb.differences import Deviation
from conformance.dicomweb.messages import Response
from conformance.harness.wire.connection import Connection
from conformance.harness.wire.evidence import Recorder
from conformance.kit import expect, stow
from conformance.kit.instances import Instance
from conformance.kit.kinds import Label, factors, pixel_objects
from conformance.kit.kinds.factors import FACTORS, NONE, Row
from conformance.kit.verdicts import Blocked, Deviates, InFront, NotSupported, Unanswered, Unclaimed, Warn
from conformance.reporting.record import Exchange

STORES = "population.factors"
TOGETHER = 27  # instances in a request
VARIED = 60  # rows that may be stored in a run, to find the factors
CAUSES = 3  # that are told apart in a check

Judge = Callable[[Instance], None]


@dataclass(frozen=True)
class Stored:
    """An instance as the server says that it keeps it, the response to its store, if any, and whether that took it."""

    instance: Instance
    response: Response | Unanswered
    exchanges: list[Exchange]
    taken: bool


@dataclass(frozen=True)
class Cause:
    """What some rows have in common that are wrong: the levels that it needs, the plain ones with which they are right,
    and their names."""

    needed: Mapping[str, str]
    mended: Sequence[str]
    rows: Sequence[str]


class Array:
    """`array(judge)`: the judge is called with each pixel object of the covering array, stored by then.

    `used` are the names of the rows that each check judged, `wrong` of those in which it found a deviation.
    """

    def __init__(self, connection: Connection, recorder: Recorder, label: Label) -> None:
        self._connection = connection
        self._recorder = recorder
        self._label = label
        self._stored: dict[Row, Stored] = {}
        self._varied = 0
        self.used: dict[str, list[str]] = {}
        self.wrong: dict[str, list[str]] = {}

    def __call__(self, judge: Judge, every: bool = False, few: bool = False) -> None:
        """Judge the instances that the server took, or `every` one; only a `few` that have every level, where pairs
        matter less. Raises Deviates, or Warn if that is all, with the factors; NotSupported if none could be judged;
        Blocked."""
        wrong: dict[str, Deviates | Warn] = {}
        evidence: dict[str, list[Exchange]] = {}
        unjudged: NotSupported | None = None
        check = self._recorder.check
        for name, row in self._rows(every).items():
            if few and name not in factors.few():
                continue
            self._recorder.forget()
            try:
                error = self._judged(judge, row)
            except Unclaimed:
                raise
            except NotSupported as why:
                unjudged = why
                continue
            evidence[name] = self._recorder.exchanges.get(check, [])
            if error:
                wrong[name] = error
        self.used[check], self.wrong[check] = [*evidence], [*wrong]
        if unjudged and not evidence:
            raise unjudged
        error = self._told(judge, every, wrong, len(evidence)) if wrong else None
        self._recorder.forget()
        for name in wrong or evidence:
            self._recorder.cite(check, evidence[name])
        if error:
            raise error

    def response(self, instance: Instance) -> Response:
        """The response to the store of an instance: to it alone, unless the server took it together with others. Raises
        Unanswered."""
        stored = next(each for each in self._stored.values() if each.instance is instance)
        self._recorder.cite(STORES, stored.exchanges)
        if isinstance(stored.response, Unanswered):
            raise stored.response.with_traceback(None)
        return stored.response

    # Stores

    def _rows(self, every: bool) -> dict[str, Row]:
        """The rows of the array, stored by then, which the server took. Raises Blocked if there is none."""
        rows = factors.rows()
        if not self._stored:
            made = [(row, number) for number, row in enumerate(rows.values())]
            for start in range(0, len(made), TOGETHER):
                study = f"factors-{start // TOGETHER + 1}"
                group = made[start : start + TOGETHER]
                self._store({row: pixel_objects.instance(self._label, study, number + 1, row) for row, number in group})
        found = {name: row for name, row in rows.items() if row in self._stored and (every or self._stored[row].taken)}
        if not found:
            raise Blocked("the server took no pixel object", "stow-beh-008.by-factors")
        return found

    def _store(self, made: dict[Row, Instance]) -> None:
        """Store instances in one request; those that are not stored then in smaller ones, at last alone."""
        with self._recorder.of(STORES):
            before = len(self._recorder.exchanges.get(STORES, []))
            response: Response | Unanswered
            try:
                response = self._connection.post("studies", stow.multipart([*made.values()]))
            except Unanswered as error:
                response = error
            exchanges = self._recorder.exchanges.get(STORES, [])[before:]
        taken = _taken(response, [*made.values()]) if isinstance(response, Response) else set()
        left = {row: instance for row, instance in made.items() if instance.sop_instance_uid not in taken}
        for row, instance in made.items():
            if row not in left or len(made) == 1:
                kept = instance.kept_by(response) if isinstance(response, Response) else instance
                self._stored[row] = Stored(kept, response, exchanges, row not in left)
        if len(made) > 1:
            size = (len(left) + 1) // 2 if len(left) == len(made) else 1
            for start in range(0, len(left), size):
                self._store({row: left[row] for row in [*left][start : start + size]})

    def _vary(self, row: Row) -> Stored | None:
        """A row that may be outside the array, stored by then, in a study of its own; None if there were too many."""
        if row not in self._stored and self._varied < VARIED:
            self._varied += 1
            study = f"factors-varied-{self._varied}"
            self._store({row: pixel_objects.instance(self._label, study, 1, row)})
        return self._stored.get(row)

    # Deviations

    def _judged(self, judge: Judge, row: Row) -> Deviates | Warn | None:
        try:
            try:
                judge(self._stored[row].instance)
            except InFront:
                raise
            except Unanswered as error:
                expect.unanswered(error)
        except (Deviates, Warn) as error:
            return error
        return None

    def _told(self, judge: Judge, every: bool, wrong: dict[str, Deviates | Warn], judged: int) -> Deviates | Warn:
        """The gravest error about the simplest row, with the factors that it needs, other causes, and all places."""
        rows = factors.rows()
        grave = {name: error for name, error in wrong.items() if isinstance(error, Deviates)} or wrong
        left = sorted(grave, key=lambda name: (_speciality(rows[name]), name))
        first, causes = left[0], list[Cause]()
        while left and len(causes) < CAUSES:
            causes.append(self._cause(judge, every, left, all_of_them=len(left) == judged > 1))
            left = [name for name in left if name not in causes[-1].rows]
        error, cause, title = grave[first], causes[0], rows[first].title
        what = ", ".join(cause.needed.values()) or ("any pixel object" if len(cause.rows) == judged else title)
        path = self._recorder.attach(f"{first}.dcm", self._stored[rows[first]].instance.content[:])
        seen = error.deviation
        mended = f", but right with {' or '.join(cause.mended)}" if cause.mended else ""
        told = seen.difference.of(what)._replace(found=seen.difference.found + mended)
        others = [
            f"{', '.join(each.needed.values()) or rows[each.rows[0]].title} ({len(each.rows)})" for each in causes[1:]
        ]
        whys = [seen.why, f"also wrong: {'; '.join(others)}" if others else ""]
        places = tuple(f"{name} ({rows[name].title}): {each.deviation.difference}" for name, each in wrong.items())
        return type(error)(Deviation(told, f"{seen.sent}; {path}", "; ".join(filter(None, whys)), places))

    def _cause(self, judge: Judge, every: bool, left: list[str], all_of_them: bool) -> Cause:
        """The cause of the first of some wrong rows: each of its factors made plain in turn shows whether it is
        needed."""
        rows = factors.rows()
        row, needed, mended = rows[left[0]], dict[str, str](), list[str]()
        for factor, simpler in factors.simpler(row):
            if needed.keys() & factors.changed(row, simpler):
                continue  # it is right because of another factor
            stored = self._vary(simpler)
            if stored and (stored.taken or every):
                try:
                    error = self._judged(judge, simpler)
                except NotSupported:
                    continue
                if error is None:
                    needed[factor] = getattr(row, factor)
                    # Without fragments and offsets an image is in another transfer syntax, which says more.
                    named = factor if simpler.syntax == row.syntax else "syntax"
                    mended.append(_named(named, getattr(simpler, named)))
        needed = {name: needed[name] for name in FACTORS if name in needed}
        alike = [name for name in left if needed.items() <= rows[name]._asdict().items()]
        return Cause(needed, mended, alike if needed or all_of_them else left[:1])


def _taken(response: Response, instances: Sequence[Instance]) -> set[str]:
    """The UIDs of the instances that a response says are stored: of a success all that it does not name as failed."""
    try:
        module = dicom_json.dataset(response.content)
    except dicom_json.MalformedJson:
        module = {}
    stored, failed = (
        {dicom_json.text(item, "ReferencedSOPInstanceUID") for item in dicom_json.items(module, sequence)}
        for sequence in ("ReferencedSOPSequence", "FailedSOPSequence")
    )
    uids = {instance.sop_instance_uid for instance in instances}
    return uids - failed if response.status in (200, 202) else uids & stored


def _speciality(row: Row) -> int:
    """The number of factors of a row that are not plain."""
    return sum(level != FACTORS[name][0] for name, level in row._asdict().items())


def _named(factor: str, level: str) -> str:
    """A level as it follows "right with"."""
    return f"no {NAMES.get(factor, factor)}" if level == NONE else level


NAMES = {"modality": "rescale", "voi": "window", "profile": "ICC profile"}
