"""Store again what a run stored: the instances in its ledger, with the bytes of its evidence, on the same endpoint."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote
from uuid import uuid4

from conformance.dicomweb import dicom_json, dicom_xml, multipart, part10
from conformance.dicomweb.messages import Response
from conformance.harness.data.population import refusal
from conformance.harness.data.presence import Presence
from conformance.harness.wire.connection import Connection, Unanswered
from conformance.harness.wire.ledger import MADE, Entry, Kept, patient_prefix
from conformance.kit import stow
from conformance.kit.instances import Instance
from conformance.kit.verdicts import Blocked
from conformance.reporting.evidence import SUFFIX, Evidence
from conformance.reporting.record import Leftover

Names = tuple[str, str, str]  # UIDs of study, series and instance
METADATA = ("application/dicom+json", "application/dicom+xml")
UIDS, PATIENT_ID = ("0020000D", "0020000E", "00080018"), "00100020"  # of a study, a series and an instance
TYPE = re.compile(r"^content-type: *(.+)$", re.IGNORECASE | re.MULTILINE)
REFUSED = re.compile(r"HTTP/\S+ (?!200|202)")


@dataclass(frozen=True)
class Sent:
    """The body of a store that the run sent and that was not refused as a whole. `refused` are the instances that
    were."""

    path: str
    content_type: str
    refused: frozenset[str]
    evidence: Evidence

    def read(self) -> Iterator[tuple[Names, str, bytes | None]]:
        """The instances in it, each with its Patient ID and its PS3.10 file, None if it was sent as metadata."""
        for part in self._parts():
            content = bytes(part.content)
            if content[128:132] == b"DICM":
                yield from _file(content)
            else:
                yield from _metadata(content)

    def unread(self) -> int:
        """The number of parts that may hold an instance and cannot be read."""
        unread = 0
        for part in self._parts():
            content, kind = bytes(part.content), part.media_type
            found = list(_file(content) if content[128:132] == b"DICM" else _metadata(content))
            holds = kind is None or _may_hold_instances(kind.essence) or kind.essence in METADATA
            unread += not found and holds
        return unread

    def again(self) -> stow.Body:
        """Its metadata and bulk data in a body that we write anew, so that a server reads exactly what was read here.

        Raises Blocked if a part may be anything else, such as a file without its preamble.
        """
        parts, kinds = [], []
        for part in self._parts():
            kind = str(part.media_type or "")
            if part.media_type is None or not kind.isprintable() or _may_hold_instances(part.media_type.essence):
                why = "a part of its store is neither metadata nor bulk data: nothing is stored"
                raise Blocked(why, by="the study")
            kinds += [name for name in METADATA if name == part.media_type.essence]
            location = part.header("Content-Location") or ""
            fields = {"Content-Type": kind} | ({"Content-Location": location} if location.isprintable() else {})
            parts.append((fields, bytes(part.content)))
        boundary = f"dwc-{uuid4().hex}"
        related = f'multipart/related; type="{(kinds or METADATA)[0]}"; boundary={boundary}'
        return stow.Body(related, multipart.written(parts, boundary))

    def _parts(self) -> Sequence[multipart.Part]:
        """The parts of a multipart body, or the body as one part."""
        content = self.evidence.read(self.path)
        if boundary := multipart.boundary_of(self.content_type):
            return multipart.parse(boundary, content).parts
        return [multipart.Part((("Content-Type", self.content_type),), content, 0)]


def sent(evidence: Evidence) -> Iterator[Sent]:
    """The stores of a run, by its evidence, in the order of checks, including those without a response."""
    bodies = {name.partition(".request.")[0]: name for name in evidence.entries if ".request." in name}
    for name in sorted(name for name in evidence.entries if name.endswith(SUFFIX)):
        exchange = name.removesuffix(SUFFIX)
        if exchange not in bodies:
            continue
        request, _, answer = evidence.read(name).decode("utf-8", "replace").partition("\n\n")
        kind = TYPE.search(request)
        if request.startswith("POST ") and kind and not REFUSED.match(answer):
            refused = frozenset(_failed(evidence, f"{exchange}.response.json"))
            yield Sent(bodies[exchange], kind[1].strip(), refused, evidence)


def _failed(evidence: Evidence, name: str) -> Iterator[str]:
    """The instances that a response says were not stored."""
    if name not in evidence.entries:
        return
    try:
        module = dicom_json.dataset(evidence.read(name))
    except dicom_json.MalformedJson:
        return
    for item in dicom_json.items(module, "FailedSOPSequence"):
        yield dicom_json.text(item, "ReferencedSOPInstanceUID") or ""


def restore(endpoint: Connection, evidence: Evidence, kept: Kept) -> tuple[list[Entry], list[Leftover], int]:
    """Store every study of a ledger again. Returns the instances that are there then, those that are not, with the
    reason, and the number of instances left out because the run did not get them stored either.

    An instance that was sent more than once is stored as it was sent first. Instances that the run deleted are stored
    too. A study is stored only if the run made its UID, it has a Patient ID of the run, and it is proven absent.
    """
    found: dict[Names, Sent] = {}
    listed = {(entry.study, entry.series, entry.instance): entry for entry in kept.entries}
    for body in sent(evidence):
        for names, _, _ in body.read():
            if names[2] not in body.refused:
                found.setdefault(names, body)
    restorer = _Restorer(endpoint, patient_prefix(kept.origin.run), listed)
    there: list[Entry] = []
    missing: list[Leftover] = []
    for study in dict.fromkeys(names[0] for names in listed if names in found):
        wanted = {names: entry for names, entry in listed.items() if names[0] == study and names in found}
        try:
            why = restorer.store({found[names] for names in wanted}, wanted)
        except (Unanswered, Blocked) as error:
            why = str(error)
        for entry in wanted.values():
            if restorer.is_there(entry):
                there.append(entry)
            else:
                missing.append(Leftover(study=f"{study}, instance {entry.instance}", why=why))
    return there, missing, len(listed) - len(there) - len(missing)


class _Restorer:
    """Stores one study after another. `listed` are the instances of the ledger."""

    def __init__(self, endpoint: Connection, patient_prefix: str, listed: dict[Names, Entry]) -> None:
        self._endpoint = endpoint
        self._prefix = patient_prefix
        self._listed = listed
        self._presence = Presence(endpoint)

    def store(self, bodies: Iterable[Sent], wanted: dict[Names, Entry]) -> str:
        """Send the instances of one study; a clause about the response. Raises Unanswered, Blocked."""
        entries = list(wanted.values())
        self._prove_own(entries[0])
        files: dict[Names, Instance] = {}
        responses = []
        for body in sorted(bodies, key=lambda item: item.path):
            contents = list(body.read())
            if {names for names, _, _ in contents} & set(wanted):
                self._prove_patient(contents)
            files |= {
                names: Instance(content, wanted[names].fresh)
                for names, _, content in contents
                if content and names in wanted and names not in files
            }
            held = [self._listed.get(names) for names, _, _ in contents]
            if None in [content for _, _, content in contents] and None not in held:
                responses.append(self._again(body, entries[0].study, list(filter(None, held))))
        if files:
            responses.append(self._endpoint.post("studies", stow.multipart(list(files.values()))))
        return "; ".join(f"its store returns {refusal(response)}" for response in responses)

    def _again(self, body: Sent, study: str, held: Sequence[Entry]) -> Response:
        """Send metadata again, which are in the ledger before, and may be of other studies too. Raises Unanswered,
        Blocked."""
        for entry in held:
            if entry.study != study:
                self._prove_own(entry)
        self._endpoint.ledger.will_store(held)
        return self._endpoint.send("POST", "studies", accept=METADATA[0], body=body.again())

    def _prove_own(self, entry: Entry) -> None:
        """Raises Blocked unless the run made the UID of the study, and nothing is stored under it."""
        if not (entry.fresh and entry.study.startswith(MADE)):
            why = "the run did not make its UID (--original-uids), it may be somebody's: nothing is stored"
            raise Blocked(why, by="the study")
        look = self._presence.study(entry.study)
        if look.there is not False:
            raise Blocked(look.why or "its study is on the server already: nothing is stored", by="the study")

    def _prove_patient(self, contents: Iterable[tuple[Names, str, bytes | None]]) -> None:
        """Raises Blocked for instances without a Patient ID of the run: `cleanup` would not remove them."""
        if not all(patient.startswith(self._prefix) for _, patient, _ in contents):
            why = f"its Patient ID does not begin with {self._prefix}, so cleanup would leave it: nothing is stored"
            raise Blocked(why, by="the study")

    def is_there(self, entry: Entry) -> bool:
        """True if the metadata of an instance can be read."""
        path = f"studies/{entry.study}/series/{quote(entry.series, '')}/instances/{quote(entry.instance, '')}"
        try:
            return self._endpoint.get(f"{path}/metadata").status == 200
        except (Unanswered, Blocked):
            return False


def _may_hold_instances(essence: str) -> bool:
    return essence == "application/dicom" or essence.startswith(("multipart/", "message/"))


def _file(content: bytes) -> Iterator[tuple[Names, str, bytes | None]]:
    try:
        ds = part10.read(content)
        names = str(ds.StudyInstanceUID), str(ds.SeriesInstanceUID), str(ds.SOPInstanceUID)
        yield names, str(ds.get("PatientID") or ""), content
    except (part10.MalformedFile, AttributeError):
        return  # one of those that the run sent because they are not files, or one that it never sent


def _metadata(content: bytes) -> Iterator[tuple[Names, str, bytes | None]]:
    try:
        found = dicom_json.datasets(content)
    except dicom_json.MalformedJson:
        try:
            document = dicom_xml.load(content)
        except dicom_xml.MalformedXml:
            return
        found = [dicom_xml.data_set(document)]
        if len(dicom_xml.children(document, "DicomAttribute")) > len(found[0]):
            return  # an attribute is there twice, and a server may take the other one
    for ds in found:
        study, series, instance = (_only(ds, tag) for tag in UIDS)
        yield (study, series, instance), _only(ds, PATIENT_ID), None


def _only(ds: dicom_json.DataSet, tag: str) -> str:
    """The value of an attribute; "" if it has none, or more than that: a server may take the other one."""
    element = ds.get(tag, {})
    values = element.get("Value") if isinstance(element, dict) and set(element) <= {"vr", "Value", "keyword"} else None
    return dicom_json.text(ds, tag) or "" if isinstance(values, list) and len(values) == 1 else ""
