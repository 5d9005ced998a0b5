"""The Native DICOM Model, rule by rule: PS3.19 A.1.5 over one document, each finding tied to its requirement.

Goes on after each finding, reads any bytes, and takes time and memory in proportion to their number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from pydicom.datadict import keyword_for_tag

from conformance.dicomweb import dicom_xml, limits
from conformance.dicomweb.dicom_xml import children, local
from conformance.dicomweb.findings import VRS, Finding
from conformance.dicomweb.wording import name, shown

_TAG = re.compile(r"[0-9A-F]{8}")
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
_CONTENTS = ("BulkData", "Value", "Item", "PersonName", "InlineBinary")
_NUMBERED = ("Value", "Item", "PersonName")
_KINDS = 10  # of content that an attribute holds, which are told of
_NAME = 60  # characters of a name that are shown


@limits.remembered
def walk(content: bytes) -> tuple[Finding, ...]:
    """Judge one document: one part of a multipart answer, or the body of a store response.

    Of each requirement it gives limits.FINDINGS findings at most.
    """
    try:
        root = dicom_xml.load(content)
    except dicom_xml.MalformedXml as error:
        return (Finding("XML-MODEL-001", "", str(error)),)
    return tuple(limits.first_findings(_document(root)))


def _document(root: Element) -> Iterator[Finding]:
    if local(root) != "NativeDicomModel":
        yield Finding("XML-MODEL-001", "", f"the root is {shown(local(root))}, should be NativeDicomModel")
        return
    if root.tag != f"{{{dicom_xml.NAMESPACE}}}NativeDicomModel":
        space = str(root.tag)[1:].partition("}")[0] if "}" in str(root.tag) else ""
        # The examples of PS3.19 leave the namespace out.
        sentence = f"the namespace of the root is {shown(space)}, should be {dicom_xml.NAMESPACE}"
        yield Finding("XML-MODEL-001", "", sentence, arguable=True)
    if root.get(_SPACE) != "preserve":
        yield Finding("XML-MODEL-002", "", f"xml:space of the root is {_given(root, _SPACE)}, should be 'preserve'")
    for attribute in children(root, "DicomAttribute"):
        if attribute.get("tag", "").startswith("0002"):
            path = _label(attribute)
            yield Finding("XML-MODEL-016", path, f"{path}, of the File Meta Information, is there, should be absent")
    for data_set, path in limits.every([(root, "")], _items):
        for attribute in children(data_set, "DicomAttribute"):
            yield from _attribute(attribute, path + _label(attribute))


def _items(placed: tuple[Element, str]) -> Iterator[tuple[Element, str]]:
    """The items of the sequences of a data set, each with its path."""
    data_set, path = placed
    for attribute in children(data_set, "DicomAttribute"):
        for index, item in enumerate(children(attribute, "Item")):
            yield item, f"{path}{_label(attribute)}[{index}]."[-limits.PATH :]


def _label(attribute: Element) -> str:
    """An attribute, as a message names it."""
    tag = attribute.get("tag", "")
    return name(int(tag, 16)) if _TAG.fullmatch(tag) else f"the attribute with tag {shown(tag)}"


def _given(element: Element, attribute: str) -> str:
    value = element.get(attribute)
    return "absent" if value is None else shown(value)


def _attribute(attribute: Element, path: str) -> Iterator[Finding]:
    """One DicomAttribute: what it says about itself, and then what it holds."""
    tag = attribute.get("tag", "")
    if _TAG.fullmatch(tag):
        yield from _tag(attribute, tag, path)
    else:
        found = _given(attribute, "tag")
        sentence = f"the tag of a DicomAttribute is {found}, should be eight upper-case hexadecimal digits"
        yield Finding("XML-MODEL-003", path, sentence)
    if "vr" not in attribute.attrib:
        # The table has vr as optional, the schema as required.
        yield Finding("XML-MODEL-004", path, f"the vr of {path} is absent, should be a VR of PS3.5", arguable=True)
    elif attribute.get("vr") not in VRS:
        yield Finding("XML-MODEL-004", path, f"the vr of {path} is {_given(attribute, 'vr')}, should be a VR of PS3.5")
    yield from _contents(attribute, path)


def _tag(attribute: Element, tag: str, path: str) -> Iterator[Finding]:
    """What follows from a tag: keyword or private creator, no group length."""
    creator = attribute.get("privateCreator")
    if tag.endswith("0000"):
        yield Finding("XML-MODEL-011", path, f"the group length {path} is there, should be absent")
    elif int(tag[:4], 16) % 2:
        # What carries no creator below xx00 may be the Private Creator element itself: the table does not say.
        if tag[4:6] != "00":
            yield Finding(
                "XML-MODEL-006", path, f"the tag of a private attribute is {tag}, should be {tag[:4]}00{tag[6:]}"
            )
        if not creator and tag[4:6] != "00":
            yield Finding("XML-MODEL-006", path, f"the privateCreator of {path} is absent, should be there")
    else:
        if creator is not None:
            sentence = f"the privateCreator of {path} is {shown(creator)}, should be absent: it is not private"
            yield Finding("XML-MODEL-006", path, sentence)
        keyword = keyword_for_tag(int(tag, 16))
        if keyword and attribute.get("keyword") != keyword:
            sentence = f"the keyword of ({tag[:4]},{tag[4:]}) is {_given(attribute, 'keyword')}, should be {keyword}"
            yield Finding("XML-MODEL-005", path, sentence)


def _contents(attribute: Element, path: str) -> Iterator[Finding]:
    """What an attribute holds: one kind of content, numbered, and of the form of its VR."""
    kinds: dict[str, None] = {}
    for child in attribute:
        if len(kinds) < _KINDS:
            kinds[local(child)[:_NAME]] = None
    if len(kinds) > 1:
        yield Finding("XML-MODEL-010", path, f"{path} holds {_joined(list(kinds))}, should hold one kind of content")
    for kind in kinds:
        if kind not in _CONTENTS:
            sentence = f"{path} holds {shown(kind)}, should hold {', '.join(_CONTENTS)}"
            yield Finding("XML-MODEL-010", path, sentence)
    for kind in _NUMBERED:
        yield from _numbers(children(attribute, kind), kind, path)
    values = children(attribute, "Value")
    vr = attribute.get("vr")
    if len(values) == 1 and not values[0].text and not len(values[0]):
        yield Finding("XML-MODEL-008", path, f"{path} has an empty Value, should have none for a value of zero length")
    if vr == "AT":
        yield from _attribute_tags(values, path)
    if vr == "PN" and values:
        yield Finding("XML-MODEL-009", path, f"{path} (PN) holds Value, should hold PersonName")
    for person in children(attribute, "PersonName"):
        yield from _person_name(person, path)
    for bulk in children(attribute, "BulkData"):
        yield from _bulk_data(bulk, path)


def _joined(names: list[str]) -> str:
    """The first few of some words, for a message."""
    return " and ".join(names[:3])


def _numbers(found: list[Element], kind: str, path: str) -> Iterator[Finding]:
    """number counts from 1 by 1; the first that does not is told."""
    for wanted, element in enumerate(found, 1):
        if element.get("number") != str(wanted):
            sentence = f"number of {kind} {wanted} of {path} is {_given(element, 'number')}, should be {wanted}"
            yield Finding("XML-MODEL-007", path, sentence)
            return


def _attribute_tags(values: list[Element], path: str) -> Iterator[Finding]:
    for value in values:
        text = value.text or ""
        if text and not _TAG.fullmatch(text):
            sentence = f"a value of {path} (AT) is {shown(text)}, should be eight upper-case hexadecimal digits"
            yield Finding("XML-MODEL-015", path, sentence)


def _person_name(person: Element, path: str) -> Iterator[Finding]:
    """Component groups by name, and in them the components of a name by theirs."""
    if (person.text or "").strip():
        yield Finding("XML-MODEL-009", path, f"a PersonName of {path} holds text, should hold component groups")
    for group in person:
        if local(group) not in dicom_xml.GROUPS:
            sentence = f"a group of {path} is {shown(local(group))}, should be {', '.join(dicom_xml.GROUPS)}"
            yield Finding("XML-MODEL-009", path, sentence)
        if (group.text or "").strip():
            sentence = f"{local(group)} of {path} is {shown(group.text or '')}, should be split into name components"
            yield Finding("XML-MODEL-009", path, sentence)
        for part in group:
            if local(part) not in dicom_xml.COMPONENTS:
                sentence = (
                    f"a name component of {path} is {shown(local(part))}, should be {', '.join(dicom_xml.COMPONENTS)}"
                )
                yield Finding("XML-MODEL-009", path, sentence)


def _bulk_data(bulk: Element, path: str) -> Iterator[Finding]:
    if not bulk.get("uri"):
        found = _joined([f"{key[:_NAME]}={shown(value)}" for key, value in bulk.attrib.items()]) or "no attribute"
        yield Finding("XML-MODEL-014", path, f"BulkData of {path} has {found}, should have a uri")
    if "uuid" in bulk.attrib:
        yield Finding("XML-MODEL-014", path, f"BulkData of {path} has a uuid, should have none")
