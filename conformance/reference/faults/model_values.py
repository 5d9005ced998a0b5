"""Faults in the values of DICOM JSON: PS3.18 F.2.2 to F.2.7."""

from __future__ import annotations

import base64
import struct
from collections.abc import Callable
from typing import Any

from ..dicom_json import Json
from .editing import Attribute, attribute_fault, data_set_fault, text_fault

NUMBERS = {"FL", "FD", "SL", "SS", "UL", "US"}
SEPARATED = {"CS", "LO", "SH", "UI"}


def each(attribute: Attribute, vrs: set[str], edit: Callable[[Any], Any]) -> Attribute:
    """An attribute with each value edited, null ones excepted, if it has one of the VRs."""
    if attribute["vr"] not in vrs or "Value" not in attribute:
        return attribute
    return attribute | {"Value": [value if value is None else edit(value) for value in attribute["Value"]]}


@attribute_fault("json-digits-as-numbers", breaks=("JSON-VR-STR",), says="should be a string")
def digits_as_numbers(tag: str, attribute: Attribute) -> Attribute:
    """Returns texts that are digits as numbers."""
    return each(attribute, {"SH", "LO", "DA", "TM"}, lambda value: int(value) if value.isdigit() else value)


@attribute_fault(
    "json-numbers-as-strings",
    breaks=("JSON-VR-NUM",),
    says="should be a number",
    seen=("orthanc-bz#112", "orthanc-mirrors/orthanc-dicomweb NEWS"),
)
def numbers_as_strings(tag: str, attribute: Attribute) -> Attribute:
    """Returns numbers as strings."""
    return each(attribute, NUMBERS, str)


@attribute_fault("json-exponent-lost", breaks=("JSON-VR-DSIS",), says="WindowCenter is", level="instance")
def exponent_lost(tag: str, attribute: Attribute) -> Attribute:
    """Reads a DS only up to its exponent, so that 1e2 is 1."""
    return each(attribute, {"DS"}, lambda value: 1 if value == 100 else value)


@attribute_fault("json-integer-strings-as-booleans", breaks=("JSON-VR-DSIS",), says="should be a number or a string")
def integer_strings_as_booleans(tag: str, attribute: Attribute) -> Attribute:
    """Returns an IS as a boolean: whether it differs from zero."""
    return each(attribute, {"IS"}, bool)


@attribute_fault(
    "json-decimal-strings-rounded",
    breaks=("JSON-VR-DS-PREC",),
    says="PatientWeight is",
    level="instance",
    seen=("FNNDSC/ChRIS_ultron_backEnd!723",),
)
def decimal_strings_rounded(tag: str, attribute: Attribute) -> Attribute:
    """Rounds a DS to single precision."""
    if tag != "00101030":
        return attribute
    return each(attribute, {"DS"}, lambda value: struct.unpack("<f", struct.pack("<f", float(value)))[0])


@attribute_fault(
    "json-64-bit-integers-as-doubles",
    breaks=("JSON-VR-SVUV",),
    says="the private UV attribute is",
    level="instance",
    seen=("FNNDSC/ChRIS_ultron_backEnd!723",),
)
def integers_as_doubles(tag: str, attribute: Attribute) -> Attribute:
    """Rounds 64-bit integers to a double."""
    return each(attribute, {"SV", "UV"}, lambda value: int(float(value)))


@text_fault("json-nan", breaks=("JSON-VR-NAN",), says="a value is NaN", level="instance")
def nan(text: str) -> str:
    """Returns an infinite Acquisition Duration, which is given by reference, as NaN."""
    head, found, tail = text.partition('"00189073":{"vr":"FD","BulkDataURI":')
    return head + '"00189073":{"vr":"FD","Value":[NaN]' + tail[tail.index("}") :] if found else text


@attribute_fault("json-attribute-tag-in-brackets", breaks=("JSON-VR-AT",), says="(0018,1063)", level="instance")
def attribute_tag_in_brackets(tag: str, attribute: Attribute) -> Attribute:
    """Returns an AT as (gggg,eeee)."""
    return each(attribute, {"AT"}, lambda value: f"({value[:4]},{value[4:]})")


@attribute_fault(
    "json-inline-binary-in-list",
    breaks=("JSON-VR-BIN",),
    says="is an array",
    seen=("fo-dicom/fo-dicom#1487", "fo-dicom/fo-dicom!1502"),
)
def inline_binary_in_list(tag: str, attribute: Attribute) -> Attribute:
    """Returns InlineBinary as a list of one string."""
    return attribute | {"InlineBinary": [attribute["InlineBinary"]]} if "InlineBinary" in attribute else attribute


@attribute_fault(
    "json-inline-binary-big-endian", breaks=("JSON-VR-BIN-ENDIAN",), says="the private OW attribute", level="instance"
)
def inline_binary_big_endian(tag: str, attribute: Attribute) -> Attribute:
    """Returns the words of an OW in big endian."""
    if attribute["vr"] != "OW" or "InlineBinary" not in attribute:
        return attribute
    words = base64.b64decode(attribute["InlineBinary"])
    swapped = b"".join(words[at : at + 2][::-1] for at in range(0, len(words), 2))
    return attribute | {"InlineBinary": base64.b64encode(swapped).decode()}


@attribute_fault(
    "json-names-as-strings",
    breaks=("JSON-PN-001",),
    says="should be an object of component groups",
    seen=("dcmjs-org/dicomweb-server#38", "orthanc-bz#113"),
)
def names_as_strings(tag: str, attribute: Attribute) -> Attribute:
    """Returns a name as a string."""
    return each(attribute, {"PN"}, lambda name: "=".join(name.values()))


@attribute_fault("json-name-groups-lower-case", breaks=("JSON-PN-002",), says="is 'alphabetic'")
def name_groups_in_lower_case(tag: str, attribute: Attribute) -> Attribute:
    """Names the groups of a name alphabetic, ideographic and phonetic."""
    return each(attribute, {"PN"}, lambda name: {group.lower(): text for group, text in name.items()})


@attribute_fault(
    "json-name-ideographic-lost", breaks=("JSON-PN-002", "JSON-CHARSET-001"), says="PatientName is", level="instance"
)
def ideographic_group_lost(tag: str, attribute: Attribute) -> Attribute:
    """Omits the ideographic group of a name."""
    return each(attribute, {"PN"}, lambda name: {key: text for key, text in name.items() if key != "Ideographic"})


@attribute_fault("json-name-without-carets", breaks=("JSON-PN-003",), says='"Roe Janet"', level="instance")
def name_without_carets(tag: str, attribute: Attribute) -> Attribute:
    """Joins the components of a name with spaces, as for display."""
    if tag != "00101001":
        return attribute
    return each(attribute, {"PN"}, lambda name: {group: text.replace("^", " ") for group, text in name.items()})


@attribute_fault(
    "json-null-for-empty",
    breaks=("JSON-NULL-001",),
    says="[null]",
    seen=("fo-dicom/fo-dicom#2162",),
)
def null_for_empty(tag: str, attribute: Attribute) -> Attribute:
    """Returns Value [null] for an attribute of zero length."""
    return attribute if len(attribute) > 1 or attribute["vr"] == "SQ" else attribute | {"Value": [None]}


@data_set_fault("json-empty-dropped", breaks=("JSON-NULL-001",), says="PatientOrientation is absent", level="instance")
def empty_dropped(data_set: Json) -> Json:
    """Omits attributes of zero length."""
    return {tag: attribute for tag, attribute in data_set.items() if len(attribute) > 1 or attribute["vr"] == "SQ"}


@attribute_fault("json-empty-string-for-null", breaks=("JSON-NULL-002",), says='is "", should be null')
def empty_string_for_null(tag: str, attribute: Attribute) -> Attribute:
    """Returns an empty value among others as an empty string."""
    if attribute["vr"] not in SEPARATED or "Value" not in attribute:
        return attribute
    return attribute | {"Value": ["" if value is None else value for value in attribute["Value"]]}


@attribute_fault("json-empty-value-dropped", breaks=("JSON-NULL-002",), says='["v1", "v3"]', level="instance")
def empty_value_dropped(tag: str, attribute: Attribute) -> Attribute:
    """Omits an empty value among others, so that those after it shift."""
    if "Value" not in attribute or attribute["vr"] == "SQ":
        return attribute
    return attribute | {"Value": [value for value in attribute["Value"] if value is not None]}


@attribute_fault("json-null-for-empty-item", breaks=("JSON-NULL-003",), says="is null")
def null_for_empty_item(tag: str, attribute: Attribute) -> Attribute:
    """Returns an item without attributes as null."""
    return each(attribute, {"SQ"}, lambda item: item or None)


@attribute_fault("json-empty-item-dropped", breaks=("JSON-NULL-003",), says="the private sequence", level="instance")
def empty_item_dropped(tag: str, attribute: Attribute) -> Attribute:
    """Omits items without attributes."""
    if attribute["vr"] != "SQ" or "Value" not in attribute:
        return attribute
    return attribute | {"Value": [item for item in attribute["Value"] if item]}


@attribute_fault("json-empty-list-for-no-items", breaks=("JSON-NULL-004",), says="is [], should be absent")
def empty_list_for_no_items(tag: str, attribute: Attribute) -> Attribute:
    """Returns Value [] for a sequence without items."""
    return attribute | {"Value": []} if attribute == {"vr": "SQ"} else attribute


@attribute_fault("json-items-in-lists", breaks=("JSON-SQ-001",), says="is an array, should be a data set")
def items_in_lists(tag: str, attribute: Attribute) -> Attribute:
    """Returns each item of a sequence as a list of its attributes."""
    return each(attribute, {"SQ"}, lambda item: [{"tag": tag} | inner for tag, inner in item.items()])


@data_set_fault("json-nesting-cut", breaks=("JSON-SQ-001",), says="ScheduledProtocolCodeSequence", level="instance")
def nesting_cut(data_set: Json) -> Json:
    """Returns sequences within sequences as empty."""
    return {tag: each(attribute, {"SQ"}, _without_sequences) for tag, attribute in data_set.items()}


def _without_sequences(item: Json) -> Json:
    return {tag: {"vr": "SQ"} if inner["vr"] == "SQ" else inner for tag, inner in item.items()}


@attribute_fault("json-values-joined", breaks=("JSON-VM-001",), says="should be several values")
def values_joined(tag: str, attribute: Attribute) -> Attribute:
    """Joins several texts with backslashes."""
    if attribute["vr"] not in SEPARATED or "Value" not in attribute:
        return attribute
    return attribute | {"Value": ["\\".join(value or "" for value in attribute["Value"])]}


@attribute_fault(
    "json-first-value-only",
    breaks=("JSON-VM-001",),
    says="ImageType is 'ORIGINAL'",
    level="instance",
    seen=("knopkem/dicomweb-proxy#12",),
)
def first_value_only(tag: str, attribute: Attribute) -> Attribute:
    """Returns only the first of several values."""
    return attribute | {"Value": attribute["Value"][:1]} if tag == "00080008" else attribute


@data_set_fault("json-yen-sign", breaks=("JSON-VM-002",), says="SoftwareVersions is", level="instance")
def yen_sign(data_set: Json) -> Json:
    """Converts text before it separates the values, so that in ISO_IR 13 the backslash is a yen sign."""
    if data_set["00080005"].get("Value") != ["ISO_IR 13"]:
        return data_set
    return {tag: _joined_by_yen(attribute) for tag, attribute in data_set.items()}


def _joined_by_yen(attribute: Attribute) -> Attribute:
    if attribute["vr"] != "LO" or "Value" not in attribute:
        return attribute
    return attribute | {"Value": ["¥".join(value or "" for value in attribute["Value"])]}


@attribute_fault("json-mojibake", breaks=("JSON-CHARSET-001",), says="PatientName is", level="instance")
def mojibake(tag: str, attribute: Attribute) -> Attribute:
    """Reads names in UTF-8 as ISO 8859-1."""
    return each(attribute, {"PN"}, lambda name: {key: text.encode().decode("latin-1") for key, text in name.items()})


@attribute_fault("json-unknown-transcoded", breaks=("JSON-CHARSET-003",), says="should be b'Gr", level="instance")
def unknown_transcoded(tag: str, attribute: Attribute) -> Attribute:
    """Converts the bytes of an element of VR UN to UTF-8 as if they were text."""
    if attribute["vr"] != "UN" or "InlineBinary" not in attribute:
        return attribute
    text = base64.b64decode(attribute["InlineBinary"]).decode("latin-1")
    return attribute | {"InlineBinary": base64.b64encode(text.encode()).decode()}
