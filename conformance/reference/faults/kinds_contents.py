"""Faults that only certain values trigger: texts with empty lines and form feeds, long values in items (PS3.5 6.1.3,
7.5; RFC 2046 5.1.1).
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterator

from pydicom import dcmread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from ..answers import DICOM_JSON
from ..app import Origin
from ..archive import Instance
from ..attributes import tag
from ..dicom_json import Json
from ..multipart import Content
from ..pixels import Pixels
from ..target import Target
from .altered import answer_fault, path, with_body
from .registry import fault

EMPTY_LINE = b"\r\n\r\n"
HEAD = 132  # bytes of a file before its File Meta Information


@fault("part-cut-at-an-empty-line", breaks=("RETRIEVE-INST-001",), says="part 1")
class PartCutAtAnEmptyLine(Origin):
    """Truncates an instance at an empty line in its bytes."""

    def file(self, instance: Instance, target: Target) -> Content:
        found = super().file(instance, target).read()
        end = found.find(EMPTY_LINE, HEAD)
        return Content(found[:end] if end > 0 else found)


@fault("last-empty-line-lost", breaks=("RETRIEVE-INST-001",), says="part 1")
class LastEmptyLineLost(Origin):
    """Drops line ends at the end of an instance, as if they belonged to the delimiter."""

    def file(self, instance: Instance, target: Target) -> Content:
        found = super().file(instance, target).read()
        return Content(found.rstrip(b"\r\n") if found.endswith(EMPTY_LINE) else found)


@fault("form-feed-is-500", breaks=("STOW-BEH-008", "STOW-BEH-017"), says=" is 500")
class FormFeedIs500(Origin):
    """Returns 500 for the store of a text with a character that XML cannot represent."""

    def keep(self, instance: Instance) -> None:
        if "\\f" in instance.data_set:
            raise HTTPException(500, "PCDATA invalid Char value 12")
        super().keep(instance)


@fault("first-line-of-text-lost", breaks=("RETRIEVE-META-009",), says="should be '<0D><0A>")
class FirstLineOfTextLost(Origin):
    """Drops the empty lines at the beginning of a text from metadata."""

    def data_set(self, instance: Instance, target: Target, base: str) -> Json:
        found = super().data_set(instance, target, base)
        for name, attribute in found.items():
            if attribute["vr"] in ("LT", "ST", "UT") and "Value" in attribute:
                found[name] = attribute | {"Value": [attribute["Value"][0].lstrip("\r\n")]}
        return found


def _short(attributes: Json) -> Json:
    """Attributes whose texts end after 65,535 characters, at any depth."""
    cut: Json = {}
    for key, attribute in attributes.items():
        values = attribute.get("Value", [])
        if values and attribute["vr"] == "SQ":
            attribute = {**attribute, "Value": [_short(item) for item in values]}
        elif values and attribute["vr"] in ("UC", "UT", "UR"):
            attribute = {**attribute, "Value": [text and text[:65535] for text in values]}
        cut[key] = attribute
    return cut


@fault("text-ends-at-64-kb", breaks=("RETRIEVE-META-009",), says="from character 65536 on is")
class TextEndsAt64Kb(Origin):
    """Cuts texts in metadata after 65,535 characters."""

    def data_set(self, instance: Instance, target: Target, base: str) -> Json:
        return _short(super().data_set(instance, target, base))


@fault("metadata-of-long-text-are-500", breaks=("RETRIEVE-META-001",), says="status is 500, should be 200")
class MetadataOfLongTextAre500(Origin):
    """Returns 500 for metadata with a text of more than 65,535 characters in an item."""

    def data_set(self, instance: Instance, target: Target, base: str) -> Json:
        found = super().data_set(instance, target, base)
        if _short(found) != found:
            raise HTTPException(500, "OverflowError: unsigned short is less than maximum")
        return found


@fault("values-of-contours-are-cut", breaks=("RETRIEVE-META-009",), says="ContourData from character")
class ValuesOfContoursAreCut(Origin):
    """Returns only the first 1,000 values of an attribute in an item in metadata."""

    def data_set(self, instance: Instance, target: Target, base: str) -> Json:
        return _with_values(super().data_set(instance, target, base))


def _with_values(attributes: Json) -> Json:
    found = {}
    for name, attribute in attributes.items():
        values = attribute.get("Value", [])
        if attribute["vr"] == "SQ":
            values = [_with_values(item) for item in values]
        found[name] = attribute | ({"Value": values[:1000]} if values else {})
    return found


@fault(
    "long-values-in-items-lost",
    breaks=("RETRIEVE-META-005",),
    says="is without value, should be there with a BulkDataURI",
)
class LongValuesInItemsLost(Origin):
    """Omits BulkDataURI from binary values in the third level of items."""

    def data_set(self, instance: Instance, target: Target, base: str) -> Json:
        return _without_bulk(super().data_set(instance, target, base), 0)


def _without_bulk(attributes: Json, depth: int) -> Json:
    found = {}
    for name, attribute in attributes.items():
        if attribute["vr"] == "SQ" and "Value" in attribute:
            attribute = attribute | {"Value": [_without_bulk(item, depth + 1) for item in attribute["Value"]]}
        elif depth == 3 and "BulkDataURI" in attribute:
            attribute = {"vr": attribute["vr"]}
        found[name] = attribute
    return found


@fault("values-in-items-end-at-64", breaks=("RETRIEVE-META-005",), says="is 64 bytes, should be")
class ValuesInItemsEndAt64(Origin):
    """Truncates inline values in items to 64 bytes."""

    def data_set(self, instance: Instance, target: Target, base: str) -> Json:
        found = super().data_set(instance, target, base)
        return {name: _cut(attribute) if attribute["vr"] == "SQ" else attribute for name, attribute in found.items()}


def _cut(attribute: Json) -> Json:
    if attribute["vr"] == "SQ" and "Value" in attribute:
        return attribute | {
            "Value": [{name: _cut(inner) for name, inner in item.items()} for item in attribute["Value"]]
        }
    if "InlineBinary" not in attribute:
        return attribute
    return attribute | {"InlineBinary": b64encode(b64decode(attribute["InlineBinary"])[:64]).decode()}


@fault("bulk-data-in-items-end-at-64-kb", breaks=("RETRIEVE-BULK-002",), says="bytes, should be")
class BulkDataInItemsEndAt64Kb(Origin):
    """Truncates bulk data from items to 65,535 bytes."""

    def value(self, instance: Instance, path: str) -> Pixels:
        found = super().value(instance, path)
        if "." in path:
            found.contents[:] = [Content(content.read()[:0xFFFF]) for content in found.contents]
        return found


@fault("study-once-a-patient-id", breaks=("SEARCH-RES-001",), says="the number of matches is 2, should be 1")
class StudyOnceAPatientId(Origin):
    """Lists a study twice if its Other Patient IDs Sequence repeats its Patient ID."""

    def entities(self, target: Target, level: str, base: str) -> Iterator[Json]:
        for found in super().entities(target, level, base):
            yield found
            others = found.get(tag("OtherPatientIDsSequence"), {}).get("Value", [])
            if level == "study" and found[tag("PatientID")] in [item.get(tag("PatientID")) for item in others]:
                yield found


@fault("waveforms-are-not-found", breaks=("SEARCH-RES-003",), says="the number of matches is 0, should be 1")
class WaveformsAreNotFound(Origin):
    """Omits instances with a waveform from searches."""

    def entities(self, target: Target, level: str, base: str) -> Iterator[Json]:
        for found in super().entities(target, level, base):
            if level != "instance" or tag("WaveformSequence") not in found:
                yield found


@fault("undecodable-name-is-500", breaks=("STOW-BEH-016",), says="status is 500")
class UndecodableNameIs500(Origin):
    """Returns 500 for the store of a name that is not in its character set."""

    def keep(self, instance: Instance) -> None:
        ds = dcmread(instance.path, specific_tags=["PatientName"], stop_before_pixels=True)
        if ds.get("SpecificCharacterSet") == "ISO_IR 192" and "\ufffd" in str(ds.get("PatientName")):
            raise HTTPException(500, "UnicodeDecodeError: 'utf-8' codec can't decode byte 0xfc")
        super().keep(instance)


@answer_fault("undecodable-name-is-passed-on", breaks=("STOW-BEH-016",), says="should be UTF-8")
def undecodable_name_is_passed_on(request: Request, response: Response) -> Response | None:
    """Returns a name that is not in its character set in metadata as the stored bytes."""
    if path(request).endswith("/metadata") and response.headers.get("content-type") == DICOM_JSON:
        return with_body(response, bytes(response.body).replace("\ufffd".encode(), b"\xfc"))
    return None


@fault("creators-are-mixed-up", breaks=("RETRIEVE-META-004",), says="is absent, should be there")
class CreatorsAreMixedUp(Origin):
    """Leaves all but the first private block of a group out of metadata."""

    def data_set(self, instance: Instance, target: Target, base: str) -> Json:
        found = super().data_set(instance, target, base)
        return {key: value for key, value in found.items() if int(key[3], 16) % 2 == 0 or key[4:6] in ("00", "10")}
