"""Foreign values, which are those of other people's data sets, and the filter of what is written and printed.

Foreign are the values, except UIDs, of a data set whose study this run did not store, and of one that the operator gave
it to store (own objects); and in a study that it did store, a value of the Patient Module that it did not send, for
example after a server merged it with a patient of its own: then also the names of persons and what identifies a visit.
A match that names no study is the run's if its patient, series or instance is. A changed form of a sent value (cut,
padded, in another character set) stays readable, like all other data of the run.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from difflib import SequenceMatcher
from urllib.parse import urlsplit

from pydicom import Dataset
from pydicom.dataelem import RawDataElement

from conformance.dicomweb import dicom_json
from conformance.dicomweb.buffers import Buffer, pieces
from conformance.dicomweb.dicom_json import DataSet
from conformance.dicomweb.differences import Deviation, Difference
from conformance.dicomweb.messages import Fields, header
from conformance.harness.endpoint.values import Values, fold
from conformance.harness.wire import attributes
from conformance.harness.wire.ask import SAFE
from conformance.harness.wire.attributes import Attribute
from conformance.harness.wire.coded import Closed, opened
from conformance.kit.instances import Instance

SIMILAR = 0.75  # similarity of two values, from which on one is a changed form of the other
SEARCHED = 1024 * 1024  # bytes of a text that are searched for values
REMEMBERED = 100_000  # fragments that were read, and values that were sent
LEFT_OUT = "left out: the study has more values than can be distinguished from other words"
WITHHELD = (
    "(not kept: it holds values that this run did not send, of other data or of a patient; the digest is keyed with a "
    "number that is not kept; --keep-foreign keeps such bodies)"
)
_UID = re.compile(r"[0-9.]{5,64}")
_STUDY = re.compile(r"/studies/([0-9.]+)")
_SEARCH = re.compile(r"/(studies|series|instances)/?")
# Accession Number, institution, Study ID, admission: with a patient of somebody else they are that person's.
OF_VISIT = {0x00080050, 0x00080080, 0x00080081, 0x00081040, 0x00200010, 0x00380010, 0x00380300, 0x00380500, 0x00401001}
_BELOW = ("0020000E", "00080018")  # Series and SOP Instance UID
_TEXTS = re.compile(r"(?i)json|xml|text/|html|urlencoded")


class Foreign:
    """The foreign values that a run has seen. With `keep`, nothing is foreign.

    `only`: the run stores nothing, so that everything read is foreign. `paths` are the exchanges with a foreign body.
    """

    def __init__(self, keep: bool = False, only: bool = False) -> None:
        self.values = Values()
        self.paths: set[str] = set()
        self.keeps, self._only = keep, only
        self._studies: set[str] = set()
        self._uids: set[str] = set()
        self._given: set[str] = set()
        self._sent: dict[tuple[str, int], set[str]] = {}
        self._known: set[str] = set()  # values of the Patient Module that were sent, or that were seen and are similar

    def stored(self, studies: Iterable[str]) -> None:
        """Note studies that an earlier run stored."""
        self._studies.update(studies)

    def shows(self, texts: Iterable[str]) -> None:
        """Never take these texts for foreign values, whoever has them too."""
        self.values.own.update(map(fold, texts))

    def sent(self, instances: Iterable[Instance]) -> None:
        """Note instances that are about to be stored. Those of a foreign one are foreign, and stay so."""
        for instance in instances:
            if instance.foreign:
                self._given.add(instance.study_uid)
            if self.keeps:
                continue
            ds, study = instance.dataset, instance.study_uid
            if instance.foreign:
                self._learn(attributes.of_dataset(ds))
                continue
            self._studies.add(study)
            self._uids.update((instance.series_uid, instance.sop_instance_uid))
            self.values.own.update(_raw(ds))
            for tag, vr, value in attributes.of_dataset(ds, attributes.PATIENT):
                if len(self._sent) < REMEMBERED:
                    self.values.own.add(_canonical(vr, value))
                    self._sent.setdefault((study, tag), set()).add(_canonical(vr, value))

    def is_given(self, url: str) -> bool:
        """True if a URL names a study that the operator gave the run to store: its content may break any rule."""
        return bool(self._given) and not self._given.isdisjoint(_UID.findall(url))

    def seen(self, method: str, url: str, status: int | None, headers: Fields, content: Buffer) -> bool:
        """Learn the foreign values of a response; return True if its body must not be kept. Never raises."""
        try:
            if self.keeps or not len(content):
                return False
            plain = opened(content, header(headers, "Content-Encoding") or "")
            return self._seen(method, url, status, headers, plain)
        except Closed:
            return True  # nobody knows what it holds
        except Exception:  # whatever a reader raises
            self.values.full = True
            return True

    def _seen(self, method: str, url: str, status: int | None, headers: Fields, content: Buffer) -> bool:
        kind = header(headers, "Content-Type") or ""
        # The response to a store is about the instances sent, whatever study they were sent to.
        found = _STUDY.search(urlsplit(url).path) if method in SAFE else None
        study = found[1] if found else ""
        is_foreign = bool(study) and study not in self._studies
        succeeded = status is None or status // 100 == 2
        is_text = bool(_TEXTS.search(kind) or not kind)
        is_search = method in SAFE and not study and bool(_SEARCH.search(urlsplit(url).path))
        if isinstance(content, bytes) and (read := self._documents(content, kind, study, is_search)) is not None:
            return read or (not succeeded and self._tells(content))
        if b"DICM" in content[:256] or re.search("(?i)multipart|dicom", kind):
            held = [self._file(file, study) for file in attributes.files(content)]
            if held:
                return any(held)
        if succeeded and (is_foreign or (self._only and not is_text)):
            return True
        return is_text and self._tells(content)

    def deviation(self, seen: Deviation, weak: bool) -> Deviation:
        """A deviation without foreign values. `weak` says that it is about data that have some."""
        if not self.values and not self.values.full:
            return seen
        subject, found, wanted = seen.difference
        about = " ".join([subject, *seen.places])
        if self.values.full and weak:
            return Deviation(Difference(self.text(subject, about, weak), LEFT_OUT, LEFT_OUT), self.text(seen.sent), "")
        shown = (self.text(text, about, weak) for text in (subject, found, wanted))
        places = tuple(self.text(place, about, weak) for place in seen.places)
        sent = self.values.text(seen.sent, about="", weak=False)
        return Deviation(Difference(*shown), sent, self.text(seen.why, about, weak), places)

    def text(self, text: str, about: str | None = None, weak: bool = True) -> str:
        """A text without foreign values, as Values has it."""
        return self.values.text(text, about, weak)

    def is_about(self, paths: Iterable[str]) -> bool:
        """True if one of some exchanges has a foreign body. A whole-run check, which has no exchanges, looks at all."""
        found = set(paths)
        return self._only or not found or not self.paths.isdisjoint(found)

    def digest(self, content: Buffer) -> str:
        """The digest of a body that is not kept."""
        return self.values.digest(pieces(content))

    def _documents(self, content: bytes, kind: str, study: str, is_search: bool) -> bool | None:
        """Learn from documents in JSON or XML; True if one is foreign, None if there is none.

        `is_search`: they are matches of a search that is not within a study.
        """
        start = content[:4096]
        if not (re.search("(?i)json|xml", kind) or attributes.is_json(start) or b"DicomAttribute" in start):
            return None
        held, some = False, False
        for document in attributes.documents(content, kind):
            if is_search and self._unnamed(document):
                held = some = True
            if named := attributes.studies(document) | ({study} if study else set()):
                some = True
                held |= self._document(document, study, named)
            elif b'"0010' in document or b'tag="0010' in document or self._only:
                held |= self._document(document, study, named)
                some |= held
        return held if some else None

    def _document(self, document: bytes, study: str, named: set[str]) -> bool:
        """Learn from one document; True if it has a foreign value."""
        held = False
        if self._only or not named <= self._studies:
            for item in attributes.data_sets(document):
                if self._only or (attributes.study_of(item) or study) not in self._studies | {""}:
                    held |= self._learn(attributes.values(item))
        if not self._patient(attributes.patient(document), study or next(iter(named), "")):
            return held
        for item in attributes.data_sets(document):
            self._learn(filter(_identifies, attributes.values(item)))
        return True

    def _unnamed(self, document: bytes) -> bool:
        """Learn from matches that name no study, unless they are the run's; True if there are any."""
        items = (item for item in attributes.data_sets(document) if not attributes.study_of(item))
        return any([self._learn(attributes.values(item)) for item in items if not self._is_own(item)])

    def _is_own(self, match: DataSet) -> bool:
        """True if the series, the instance or the patient of a match is one that was sent."""
        if self._uids & {dicom_json.text(match, tag) for tag in _BELOW}:
            return True
        patient = list(attributes.values({tag: value for tag, value in match.items() if tag == "00100020"}))
        return bool(patient) and all(_canonical(item.vr, item.value) in self.values.own for item in patient)

    def _file(self, file: bytes, study: str) -> bool:
        """Learn from a DICOM file; True if it has foreign values."""
        head = attributes.head(file)
        with suppress(Exception):  # a UID that cannot be decoded counts as none
            study = str(head.get("StudyInstanceUID") or "").strip(" \0") or study
        if self._only or study not in self._studies:
            self._learn(attributes.elements(file))
            return True
        if not self._patient(attributes.of_dataset(head, attributes.PATIENT), study):
            return False
        self._learn(filter(_identifies, attributes.elements(file)))
        return True

    def _learn(self, found: Iterable[Attribute]) -> bool:
        held = False
        for tag, vr, value in found:
            held = True
            self.values.add(tag, vr, value)
        return held

    def _patient(self, found: Iterable[Attribute], study: str) -> bool:
        """Learn the unsent values of the Patient Module in a study of the run; True if there are any."""
        return self._learn(item for item in found if not self._is_sent(study, item))

    def _is_sent(self, study: str, item: Attribute) -> bool:
        value = _canonical(item.vr, item.value)
        if value in self.values.own or value in self._known or not re.search(r"\w", value):
            return True
        similar = any(_is_similar(value, one) for one in self._sent.get((study, item.tag), ()))
        if similar and len(self._known) < REMEMBERED:
            self._known.update((value, *re.split(r"[\^=]", value)))  # a name comes before its components
        return similar

    def _tells(self, content: Buffer) -> bool:
        """True if a value is in a text that is not a data set, such as an error page."""
        if not self.values:
            return False
        return len(content) > SEARCHED or self.values.holds(content[:SEARCHED].decode("utf-8", "replace"))


def _identifies(item: Attribute) -> bool:
    """True if a value names a person or a visit."""
    return item.vr == "PN" or item.tag in OF_VISIT


def _raw(ds: Dataset) -> Iterable[str]:
    """The values of a data set that are text, as they are in the file."""
    for raw in map(ds.get_item, list(ds.keys())):
        content = raw.value if isinstance(raw, RawDataElement) else None
        if isinstance(content, bytes) and len(content) <= 256:
            with suppress(UnicodeDecodeError):
                yield from (fold(part).strip(" \0") for part in content.decode().split("\\"))


def _canonical(vr: str, value: str) -> str:
    """A value in the form that is compared: a name without the ends of its groups, a number as a number."""
    if vr in ("DS", "IS", "FL", "FD"):
        with suppress(ValueError):
            return str(float(value))
    return fold(value).strip(" \0").rstrip("^= ")


def _is_similar(value: str, sent: str) -> bool:
    """True if a value is a changed form of a sent one: a part of it, an extension of it, or nearly the same."""
    if value in sent or (sent in value and 2 * len(sent) >= len(value)):
        return True
    return max(len(value), len(sent)) < 256 and SequenceMatcher(None, value, sent).ratio() >= SIMILAR
