"""Foreign values, which are those of other people's data sets, and the filter of what is written and printed.

Foreign are the values, except UIDs, of a data set whose study this run did not store, and of one that the operator gave
it to store (own objects); and in a study that it did store, a value of the Patient Module that it did not send, for
example after a server merged it with a patient of its own. A changed form of a sent value (cut, padded, in another
character set) stays readable, like all other data of the run.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from difflib import SequenceMatcher
from urllib.parse import urlsplit

from pydicom import Dataset
from pydicom.dataelem import RawDataElement

from conformance.dicomweb.buffers import Buffer, pieces
from conformance.dicomweb.differences import Deviation, Difference
from conformance.dicomweb.messages import Fields, header
from conformance.harness.endpoint.values import Values, fold
from conformance.harness.wire import attributes
from conformance.harness.wire.ask import SAFE
from conformance.harness.wire.attributes import Attribute
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
            return not self.keeps and len(content) > 0 and self._seen(method, url, status, headers, content)
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
        if isinstance(content, bytes) and (read := self._documents(content, kind, study)) is not None:
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

    def _documents(self, content: bytes, kind: str, study: str) -> bool | None:
        """Learn from documents in JSON or XML; True if one is foreign, None if there is none."""
        start = content[:4096]
        if not (re.search("(?i)json|xml", kind) or attributes.is_json(start) or b"DicomAttribute" in start):
            return None
        held, some = False, False
        for document in attributes.documents(content, kind):
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
        return held | self._patient(attributes.patient(document), study or next(iter(named), ""))

    def _file(self, file: bytes, study: str) -> bool:
        """Learn from a DICOM file; True if it has foreign values."""
        head = attributes.head(file)
        with suppress(Exception):  # a UID that cannot be decoded counts as none
            study = str(head.get("StudyInstanceUID") or "").strip(" \0") or study
        if self._only or study not in self._studies:
            self._learn(attributes.elements(file))
            return True
        return self._patient(attributes.of_dataset(head, attributes.PATIENT), study)

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
