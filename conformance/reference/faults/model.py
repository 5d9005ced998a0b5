"""Faults in the form of DICOM JSON: PS3.18 F.2.1 and F.2.2. Faults in values are in model_values."""

from __future__ import annotations

from pydicom import dcmread
from starlette.requests import Request
from starlette.responses import Response

from ..app import Origin
from ..archive import Instance
from ..dicom_json import Json
from ..ingest import Refused
from ..target import Target
from .editing import Attribute, attribute_fault, data_set_fault, everywhere, text_fault
from .registry import fault


@fault(
    "json-labelled-application-json",
    breaks=("JSON-STRUCT-001",),
    says="is application/json",
    seen=("dcm4che/dcm4chee-arc-light#633", "dcm4che/dcm4chee-arc-light#634"),
)
class JsonLabelledApplicationJson(Origin):
    """Labels metadata of a series as application/json, although application/dicom+json was requested."""

    def metadata(self, request: Request) -> Response:
        response = super().metadata(request)
        if Target.of(request).level == "series" and "dicom+json" in response.headers.get("content-type", ""):
            response.headers["content-type"] = "application/json"
        return response


@text_fault("json-results-wrapped", breaks=("JSON-STRUCT-002",), says="is an object")
def wrapped(text: str) -> str:
    """Returns the metadata of a series as an object that contains the list."""
    return f'{{"results":{text}}}'


@text_fault("json-lines", breaks=("JSON-VALID-001",), says="should be valid JSON")
def lines(text: str) -> str:
    """Returns the metadata of a series as data sets one after another, without a list."""
    return text.strip("[]").replace("},{", "}\n{")


@text_fault("json-in-latin-1", breaks=("JSON-STRUCT-003",), says="should be UTF-8")
def in_latin_1(text: str) -> bytes:
    """Returns the metadata of a series in ISO 8859-1."""
    return text.encode("latin-1", "replace")


@text_fault("json-byte-order-mark", breaks=("JSON-STRUCT-003",), says="byte order mark")
def byte_order_mark(text: str) -> str:
    """Returns the metadata of a series with a byte order mark."""
    return "\ufeff" + text


@text_fault("json-raw-control-characters", breaks=("JSON-VALID-001",), says="Invalid control character")
def raw_control_characters(text: str) -> str:
    """Returns line ends within texts unescaped."""
    return text.replace("\\r\\n", "\r\n").replace("\\t", "\t")


@data_set_fault("json-tags-lower-case", breaks=("JSON-STRUCT-004",), says="should be eight upper-case")
def tags_in_lower_case(data_set: Json) -> Json:
    """Returns tags with lower-case letters in the metadata of a series."""
    return {tag.lower(): attribute for tag, attribute in data_set.items()}


@data_set_fault("json-unsorted", breaks=("JSON-STRUCT-005",), says="should be before it")
def unsorted(data_set: Json) -> Json:
    """Returns the attributes in the metadata of a series in the order in which the server found them."""
    return dict(reversed(data_set.items()))


@data_set_fault("json-group-length", breaks=("JSON-STRUCT-006",), says="the group length")
def group_length(data_set: Json) -> Json:
    """Returns a group length in the metadata of a series."""
    return {"00080000": {"vr": "UL", "Value": [4]}} | data_set


@fault("stored-group-lengths", breaks=("JSON-STRUCT-006", "XML-MODEL-011"), says="the group length")
class StoredGroupLengths(Origin):
    """Returns the group lengths of the stored file in metadata."""

    def data_set(self, instance: Instance, target: Target, base: str) -> Json:
        stored = [element for element in dcmread(instance.path, stop_before_pixels=True) if not element.tag.element]
        lengths = {f"{element.tag:08X}": {"vr": "UL", "Value": [element.value]} for element in stored}
        return dict(sorted((super().data_set(instance, target, base) | lengths).items()))


@attribute_fault(
    "json-vr-in-capitals",
    breaks=("JSON-STRUCT-007", "JSON-STRUCT-011"),
    says="of SpecificCharacterSet",
    seen=("OHIF/Viewers#1589",),
)
def vr_in_capitals(tag: str, attribute: Attribute) -> Attribute:
    """Spells the member vr as VR."""
    return {"VR" if key == "vr" else key: value for key, value in attribute.items()}


@attribute_fault("json-empty-vr", breaks=("JSON-STRUCT-007",), says="is empty", seen=("dcm4che/dcm4che#1079",))
def empty_vr(tag: str, attribute: Attribute) -> Attribute:
    """Returns an empty vr for attributes without a value."""
    return attribute if len(attribute) > 1 else {"vr": ""}


@attribute_fault("json-two-contents", breaks=("JSON-STRUCT-008",), says="BulkDataURI and InlineBinary")
def two_contents(tag: str, attribute: Attribute) -> Attribute:
    """Returns values both by reference and inline."""
    return attribute | {"InlineBinary": "AAAA"} if "BulkDataURI" in attribute else attribute


@attribute_fault(
    "json-value-without-list", breaks=("JSON-STRUCT-009",), says="should be an array", seen=("dcm4che/dcm4che#1079",)
)
def value_without_list(tag: str, attribute: Attribute) -> Attribute:
    """Returns a single value outside a list."""
    single = len(attribute.get("Value", [])) == 1 and attribute["vr"] != "SQ"
    return attribute | {"Value": attribute["Value"][0]} if single else attribute


@attribute_fault("json-dates-as-date-times", breaks=("JSON-STRUCT-010",), says="is DT, should be DA")
def dates_as_date_times(tag: str, attribute: Attribute) -> Attribute:
    """Returns DT as the vr of dates."""
    return attribute | {"vr": "DT"} if attribute["vr"] == "DA" else attribute


@attribute_fault("json-bulk-data-uri-misspelt", breaks=("JSON-STRUCT-011",), says="is 'BulkDataUri'")
def bulk_data_uri_misspelt(tag: str, attribute: Attribute) -> Attribute:
    """Spells BulkDataURI as BulkDataUri."""
    return {key.replace("URI", "Uri"): value for key, value in attribute.items()}


@text_fault("json-attribute-twice", breaks=("JSON-STRUCT-012",), says="is there twice")
def attribute_twice(text: str) -> str:
    """Returns Modality twice in each data set."""
    return text.replace('"00080060":', '"00080060":{"vr":"CS"},"00080060":')


@data_set_fault("json-file-meta-information", breaks=("JSON-STRUCT-013",), says="of the File Meta Information")
def file_meta_information(data_set: Json) -> Json:
    """Returns the transfer syntax as (0002,0010) in the metadata of a series."""
    return {"00020010": {"vr": "UI", "Value": ["1.2.840.10008.1.2.1"]}} | data_set


@fault(
    "json-error-comment",
    breaks=("JSON-STRUCT-014",),
    says="of a command",
    seen=("dcm4che/dcm4chee-arc-light#3518",),
)
class JsonErrorComment(Origin):
    """Returns an Error Comment (0000,0902) in a store response."""

    def module(self, base: str, target: Target, stored: list[Instance], refused: list[Refused]) -> Json:
        return {"00000902": {"vr": "LO", "Value": ["stored"]}} | super().module(base, target, stored, refused)


@data_set_fault("json-private-creators-dropped", breaks=("JSON-PRIV-001",), says="the Private Creator")
def private_creators_dropped(data_set: Json) -> Json:
    """Returns private attributes without their Private Creators."""
    return {tag: value for tag, value in data_set.items() if not (int(tag[3], 16) % 2 and tag[4:6] == "00")}


@attribute_fault(
    "json-sequences-by-reference",
    breaks=("JSON-BULK-001",),
    says="(SQ) is in BulkDataURI",
    seen=("an Orthanc commit of May 2021: BulkDataURI forced for sequences",),
)
def sequences_by_reference(tag: str, attribute: Attribute) -> Attribute:
    """Returns sequences as BulkDataURI."""
    return {"vr": "SQ", "BulkDataURI": f"bulkdata/{tag}"} if attribute["vr"] == "SQ" else attribute


@attribute_fault("json-bulk-data-on-disk", breaks=("JSON-BULK-002",), says="'file:///")
def bulk_data_on_disk(tag: str, attribute: Attribute) -> Attribute:
    """Returns a BulkDataURI that names a file of the server."""
    return attribute | {"BulkDataURI": f"file:///archive/{tag}"} if "BulkDataURI" in attribute else attribute


@data_set_fault("json-character-set-as-stored", breaks=(), says="", level="instance", seen=("lamyj/odil#31",))
def character_set_as_stored(data_set: Json) -> Json:
    """Returns SpecificCharacterSet ISO_IR 100 although the text is UTF-8: every edition allows it, nothing may fail."""
    return everywhere(data_set, lambda tag, item: item | {"Value": ["ISO_IR 100"]} if tag == "00080005" else item)
