"""The judges of this room: findings of the walkers about one requirement, and attributes that were returned."""

from __future__ import annotations

import base64
from collections.abc import Collection, Sequence
from json import dumps
from xml.etree.ElementTree import Element

from pydicom import DataElement, Dataset
from pydicom.datadict import tag_for_keyword

from conformance.dicomweb import dicom_json, dicom_xml, json_walker, xml_walker
from conformance.dicomweb.dicom_json import DataSet
from conformance.dicomweb.differences import Deviation
from conformance.dicomweb.findings import ARGUABLE, Finding
from conformance.dicomweb.messages import Response
from conformance.kit import expect, given
from conformance.kit.instances import Instance
from conformance.kit.verdicts import Blocked, Deviates, NotSupported

Attribute = dict[str, object]

LINES = ("LT", "ST", "UT")  # VRs of text that has lines
# Requirements that can be judged of a body without readable JSON.
_OF_BYTES = ("JSON-STRUCT-003", "JSON-VALID-001")
# Requirements that can be judged of a document in which no attribute has a vr.
_OF_SHAPE = (*_OF_BYTES, "JSON-STRUCT-002", "JSON-STRUCT-007", "JSON-STRUCT-011")


def json(response: Response, requirement: str, vrs: Collection[str] = ()) -> None:
    """Deviate if a JSON document breaks a rule of a requirement. If `vrs` are given, it must have an attribute of one
    of them.

    Raises Deviates, Warn for a rule that is arguable, Blocked if there is nothing to judge.
    """
    if requirement not in _OF_BYTES and not json_walker.is_json(response.content):
        raise Blocked(f"the body is not JSON ({response.request})", by="json-valid-001")
    found = json_walker.vrs(response.content)
    if requirement not in _OF_SHAPE and not found:
        raise Blocked(f"no attribute in the document has a vr ({response.request})", by="json-struct-007")
    if vrs and not found & frozenset(vrs):
        sentence = f"the document does not have an attribute of VR {' or '.join(sorted(vrs))} ({response.request})"
        raise NotSupported(sentence)
    _conclude([item for item in json_walker.walk(response.content) if item.requirement == requirement], response)


def xml(response: Response, parts: Sequence[bytes], requirement: str) -> None:
    """Deviate if a part breaks a rule of a requirement.

    Raises Deviates, Warn for a rule that is arguable, Blocked if there is nothing to judge.
    """
    if requirement != "XML-MODEL-001":
        for part in parts:
            xml_attributes(response, part)
    _conclude([item for part in parts for item in xml_walker.walk(part) if item.requirement == requirement], response)


def xml_attributes(response: Response, part: bytes) -> dict[str, Element]:
    """The attributes of an XML document by tag, as dicom_xml has them. Raises Blocked if there are none."""
    try:
        found = dicom_xml.attributes(dicom_xml.load(part))
    except dicom_xml.MalformedXml as error:
        raise Blocked.of(Deviation(error.difference, str(response.request)), "xml-model-001") from None
    if not found:
        raise Blocked(f"the part does not contain a DicomAttribute ({response.request})", by="xml-model-001")
    return found


def names_creators(response: Response, part: bytes) -> bool:
    """True if the private attributes of an XML document can be told by their tags and creators. Raises Blocked if its
    attributes cannot be told by their tags."""
    xml_attributes(response, part)
    wrong = {item.requirement: item for item in xml_walker.walk(part)}
    if item := wrong.get("XML-MODEL-003"):
        raise Blocked.of(Deviation(item.difference, str(response.request)), "xml-model-003")
    return "XML-MODEL-006" not in wrong


def _conclude(found: list[Finding], response: Response) -> None:
    """Report the first finding, one that is certain before those that are arguable, and the places of all."""
    if not found:
        return
    first = min(found, key=lambda item: item.arguable)
    places = tuple(str(item.difference) for item in found) if len(found) > 1 else ()
    if first.arguable:
        expect.doubt(*first.difference, response, ARGUABLE, places)
    raise Deviates(Deviation(first.difference, str(response.request), places=places))


def attributes(response: Response) -> DataSet:
    """The attributes of the only data set of a JSON document. Raises Blocked if they cannot be read."""
    found = given.datasets(response, by="json-struct-002")
    if len(found) != 1:
        raise Blocked(f"the document has {len(found)} data sets instead of one ({response.request})", "json-struct-002")
    return found[0]


def attribute(response: Response, keyword: str) -> Attribute:
    """A public attribute of the only data set of a JSON document. Raises Blocked if it is missing, NotSupported if its
    value is elsewhere (F.2.2)."""
    data_set = attributes(response)
    found = data_set.get(f"{tag_for_keyword(keyword):08X}")
    if found is None:
        raise Blocked(f"{keyword} is absent, so its value cannot be judged ({response.request})", by="the document")
    if dicom_json.is_elsewhere(data_set, keyword):
        raise NotSupported(f"{keyword} is returned as a BulkDataURI ({response.request})")
    return found


def coerced(found: DataSet) -> set[str]:
    """The tags of the attributes that a server has changed, by its OriginalAttributesSequence."""
    records = dicom_json.items(found, "OriginalAttributesSequence")
    return {
        tag for record in records for item in dicom_json.items(record, "ModifiedAttributesSequence") for tag in item
    }


def as_stored(found: Element, stored: Dataset) -> DataSet:
    """The attributes of an XML document or an Item in the DICOM JSON Model; private ones have the block numbers that
    their creators have in the stored data set, since XML has none (PS3.19 A.1.5). A line ends with LF, as for a reader
    of XML that does not escape CR. A value that is given by reference or in base64 is not read."""
    blocks = {
        (f"{element.tag.group:04X}", element.value): f"{element.tag.element:02X}"
        for element in stored
        if element.tag.is_private_creator
    }
    placed: DataSet = {}
    for item in dicom_xml.children(found, "DicomAttribute"):
        tag, creator = item.get("tag", ""), item.get("privateCreator")
        attribute, block = dicom_xml.attribute(item), blocks.get((tag[:4], creator))
        place = f"{tag[:4]}{block}{tag[6:]}" if block else tag
        if dicom_xml.children(item, "BulkData", "InlineBinary"):
            attribute = dicom_json.Unreadable(item.get("vr", ""), ValueError("its value is elsewhere"))
        elif attribute["vr"] == "SQ" and (element := stored.get_item(place)) and element.VR == "SQ":
            items = zip(dicom_xml.children(item, "Item"), stored[place].value, strict=False)
            attribute = attribute | {"Value": [as_stored(each, inner) for each, inner in items]}
        elif attribute["vr"] in LINES and "Value" in attribute:
            attribute = attribute | {"Value": [text.replace("\r\n", "\n") for text in dicom_xml.values(item)]}
        placed[place] = attribute
    return placed


def with_lines(ds: Dataset) -> Dataset:
    """A data set whose lines end with LF, at every depth (XML 2.11)."""
    return Dataset({element.tag: _with_lines(element) for element in ds})


def _with_lines(element: DataElement) -> DataElement:
    value = element.value
    if element.VR == "SQ":
        return DataElement(element.tag, "SQ", [with_lines(item) for item in value])
    is_text = element.VR in LINES and value
    return DataElement(element.tag, element.VR, value.replace("\r\n", "\n")) if is_text else element


def private_element(instance: Instance, vr: str) -> DataElement:
    """The first private element of a stored instance that is of a VR and has a value. Raises NotSupported if the server
    has discarded private elements, and said so (PS3.18 I.2.1)."""
    if instance.bare:
        raise NotSupported("the server discards private elements, and says so (Warning Reason B006)")
    found = (item for item in instance.dataset if item.tag.is_private and item.tag.element >= 0x1000)
    return next(item for item in found if vr == item.VR and not item.is_empty)


def private_attribute(response: Response, instance: Instance, element: DataElement) -> Attribute | None:
    """A private element as it was returned, in the block of its creator there (PS3.5 7.8.1). May raise Blocked."""
    found, tag = attributes(response), element.tag
    creator = str(instance.dataset[tag.group << 16 | tag.element >> 8].value)
    for block in range(0x10, 0x100):
        if dicom_json.text(found, f"{tag.group:04X}00{block:02X}") == creator:
            return found.get(f"{tag.group:04X}{block:02X}{tag.element & 0xFF:02X}")
    return None


def typed(response: Response, instance: Instance, element: DataElement) -> Attribute:
    """A private element as it was returned with its VR. Raises Blocked, and NotSupported if it is sent otherwise."""
    found, label = private_attribute(response, instance, element), f"the private {element.VR} attribute"
    if found is None:
        raise Blocked(f"{label} is absent, so its value cannot be judged ({response.request})", by="json-priv-001")
    if found["vr"] != element.VR or "BulkDataURI" in found:
        form = "a BulkDataURI" if "BulkDataURI" in found else str(found["vr"])
        raise NotSupported(f"{label} is returned as {form} ({response.request})")
    return found


def values(found: Attribute) -> list[object]:
    """The Value of an attribute as a list; empty if it has none."""
    value = found.get("Value")
    return value if isinstance(value, list) else []


def inline(response: Response, instance: Instance, element: DataElement) -> bytes:
    """The InlineBinary of a private element, decoded. Raises NotSupported if it is sent as a BulkDataURI.

    Raises Deviates if it has neither.
    """
    found = private_attribute(response, instance, element) or {}
    if "BulkDataURI" in found:
        raise NotSupported(f"the private {element.VR} attribute is returned as a BulkDataURI ({response.request})")
    content = found.get("InlineBinary")
    try:
        return base64.b64decode(content if isinstance(content, str) else "-", validate=True)
    except ValueError:
        shape = " and ".join(key for key in found if key != "vr") or "absent"
        subject = f"the content of the private {element.VR} attribute"
        expect.deviates(subject, shape, "InlineBinary or BulkDataURI", response)


def names(response: Response, keyword: str) -> list[dict[str, object]]:
    """The values of a PN. Raises Blocked if one is not an object of component groups."""
    found = values(attribute(response, keyword))
    if not all(isinstance(person, dict) for person in found):
        raise Blocked(f"a value of {keyword} is not an object ({response.request})", by="json-pn-001")
    return [person for person in found if isinstance(person, dict)]


def kept(response: Response, instance: Instance, element: DataElement, found: Attribute) -> None:
    """Deviate unless an attribute has the values of a stored element (PS3.18 F.2)."""
    alone = Dataset()
    if "SpecificCharacterSet" in instance.dataset:
        alone.SpecificCharacterSet = instance.dataset.SpecificCharacterSet
    alone.add(element)
    expect.same(dicom_json.differences(alone, {f"{element.tag:08X}": found}), response)


def same(response: Response, label: str, found: object, wanted: object) -> None:
    """Deviate unless two JSON values are equal."""
    got, should = (dumps(value, ensure_ascii=False) for value in (found, wanted))
    expect.that(found == wanted, label, got[:120], should, response)
