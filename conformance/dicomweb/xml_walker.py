"""The Native DICOM Model, rule by rule: PS3.19 A.1.5 over one document, each finding tied to its requirement.

Continues after each finding, reads any bytes, and takes time and memory in proportion to their number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from pydicom.datadict import keyword_for_tag

from conformance.dicomweb import dicom_xml, limits
from conformance.dicomweb.dicom_xml import children, local
from conformance.dicomweb.differences import Difference, either
from conformance.dicomweb.findings import VRS, Finding
from conformance.dicomweb.wording import digits, name, shown

_TAG = re.compile(r"[0-9A-F]{8}")
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
_CONTENTS = ("BulkData", "Value", "Item", "PersonName", "InlineBinary")
_NUMBERED = ("Value", "Item", "PersonName")
_KINDS = 10  # kinds of content of an attribute that are named
_NAME = 60  # characters of a name that are shown


@limits.remembered
def walk(content: bytes) -> tuple[Finding, ...]:
    """Judge one document: one part of a multipart response, or the body of a store response.

    Gives at most limits.FINDINGS findings of each requirement.
    """
    try:
        root = dicom_xml.load(content)
    except dicom_xml.MalformedXml as error:
        return (Finding("XML-MODEL-001", "", error.difference),)
    return tuple(limits.first_findings(_document(root)))


def _document(root: Element) -> Iterator[Finding]:
    if local(root) != "NativeDicomModel":
        yield Finding("XML-MODEL-001", "", Difference("the root", shown(local(root)), "NativeDicomModel"))
        return
    if root.tag != f"{{{dicom_xml.NAMESPACE}}}NativeDicomModel":
        space = str(root.tag)[1:].partition("}")[0] if "}" in str(root.tag) else ""
        # The examples of PS3.19 omit the namespace.
        wrong = Difference("the namespace of the root", shown(space), dicom_xml.NAMESPACE)
        yield Finding("XML-MODEL-001", "", wrong, arguable=True)
    if root.get(_SPACE) != "preserve":
        yield Finding("XML-MODEL-002", "", Difference("xml:space of the root", _given(root, _SPACE), "'preserve'"))
    for attribute in children(root, "DicomAttribute"):
        if attribute.get("tag", "").startswith("0002"):
            path = _label(attribute)
            yield Finding(
                "XML-MODEL-016", path, Difference(f"{path}, of the File Meta Information,", "there", "absent")
            )
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
    """One DicomAttribute: its XML attributes, and then its content."""
    tag = attribute.get("tag", "")
    if _TAG.fullmatch(tag):
        yield from _tag(attribute, tag, path)
    else:
        wanted = "eight upper-case hexadecimal digits"
        yield Finding(
            "XML-MODEL-003", path, Difference("the tag of a DicomAttribute", _given(attribute, "tag"), wanted)
        )
    if attribute.get("vr") not in VRS:
        # In the table vr is optional, in the schema required.
        wrong = Difference(f"the vr of {path}", _given(attribute, "vr"), "a VR of PS3.5")
        yield Finding("XML-MODEL-004", path, wrong, arguable="vr" not in attribute.attrib)
    yield from _contents(attribute, path)


def _tag(attribute: Element, tag: str, path: str) -> Iterator[Finding]:
    """The rules that follow from a tag: keyword or private creator, no group length."""
    creator = attribute.get("privateCreator")
    if tag.endswith("0000"):
        yield Finding("XML-MODEL-011", path, Difference(f"the group length {path}", "there", "absent"))
    elif int(tag[:4], 16) % 2:
        # An attribute without a creator below xx00 may be the Private Creator element itself: the table does not say.
        if tag[4:6] != "00":
            wrong = Difference("the tag of a private attribute", tag, f"{tag[:4]}00{tag[6:]}")
            yield Finding("XML-MODEL-006", path, wrong)
        if not creator and tag[4:6] != "00":
            yield Finding("XML-MODEL-006", path, Difference(f"the privateCreator of {path}", "absent", "there"))
    else:
        if creator is not None:
            wrong = Difference(f"the privateCreator of the public {path}", shown(creator), "absent")
            yield Finding("XML-MODEL-006", path, wrong)
        keyword = keyword_for_tag(int(tag, 16))
        if keyword and attribute.get("keyword") != keyword:
            wrong = Difference(f"the keyword of {digits(int(tag, 16))}", _given(attribute, "keyword"), keyword)
            yield Finding("XML-MODEL-005", path, wrong)


def _contents(attribute: Element, path: str) -> Iterator[Finding]:
    """The rules for the content of an attribute: of one kind, numbered, and of the form of its VR."""
    kinds: dict[str, None] = {}
    for child in attribute:
        if len(kinds) < _KINDS:
            kinds[local(child)[:_NAME]] = None
    if len(kinds) > 1:
        wrong = Difference(f"the content of {path}", f"{_joined(list(kinds))} elements", "only one of them")
        yield Finding("XML-MODEL-010", path, wrong)
    for kind in kinds:
        if kind not in _CONTENTS:
            wrong = Difference(f"the content of {path}", shown(kind), f"one of {', '.join(_CONTENTS)}")
            yield Finding("XML-MODEL-010", path, wrong)
    for kind in _NUMBERED:
        yield from _numbers(children(attribute, kind), kind, path)
    values = children(attribute, "Value")
    vr = attribute.get("vr")
    if len(values) == 1 and not values[0].text and not len(values[0]):
        wrong = Difference(f"the Value of {path}", "empty", "absent, because the value is empty")
        yield Finding("XML-MODEL-008", path, wrong)
    if vr == "AT":
        yield from _attribute_tags(values, path)
    if vr == "PN" and values:
        yield Finding("XML-MODEL-009", path, Difference(f"the content of {path} (PN)", "Value", "PersonName"))
    for person in children(attribute, "PersonName"):
        yield from _person_name(person, path)
    for bulk in children(attribute, "BulkData"):
        yield from _bulk_data(bulk, path)


def _joined(names: list[str]) -> str:
    """The first few of some words, for a message."""
    return " and ".join(names[:3])


def _numbers(found: list[Element], kind: str, path: str) -> Iterator[Finding]:
    """The rule that number counts from 1 by 1; the first that does not is named."""
    for wanted, element in enumerate(found, 1):
        if element.get("number") != str(wanted):
            wrong = Difference(
                f"the attribute number of {kind} {wanted} of {path}", _given(element, "number"), f"'{wanted}'"
            )
            yield Finding("XML-MODEL-007", path, wrong)
            return


def _attribute_tags(values: list[Element], path: str) -> Iterator[Finding]:
    for value in values:
        text = value.text or ""
        if text and not _TAG.fullmatch(text):
            wrong = Difference(f"a value of {path} (AT)", shown(text), "eight upper-case hexadecimal digits")
            yield Finding("XML-MODEL-015", path, wrong)


def _person_name(person: Element, path: str) -> Iterator[Finding]:
    """The rules for component groups, and for the components of a name in them."""
    if (person.text or "").strip():
        yield Finding("XML-MODEL-009", path, Difference(f"a PersonName of {path}", "text", "component groups"))
    for group in person:
        if local(group) not in dicom_xml.GROUPS:
            wrong = Difference(f"a group of {path}", shown(local(group)), either(dicom_xml.GROUPS))
            yield Finding("XML-MODEL-009", path, wrong)
        if (group.text or "").strip():
            wrong = Difference(
                f"the group {local(group)} of {path}", shown(group.text or ""), "split into name components"
            )
            yield Finding("XML-MODEL-009", path, wrong)
        for part in group:
            if local(part) not in dicom_xml.COMPONENTS:
                wanted = either(dicom_xml.COMPONENTS)
                yield Finding(
                    "XML-MODEL-009", path, Difference(f"a name component of {path}", shown(local(part)), wanted)
                )


def _bulk_data(bulk: Element, path: str) -> Iterator[Finding]:
    if not bulk.get("uri"):
        given = _joined([f"{key[:_NAME]}={shown(value)}" for key, value in bulk.attrib.items()])
        found = f"absent, beside {given}" if given else "absent"
        yield Finding("XML-MODEL-014", path, Difference(f"the uri of BulkData of {path}", found, "there"))
    if "uuid" in bulk.attrib:
        yield Finding("XML-MODEL-014", path, Difference(f"the uuid of BulkData of {path}", "there", "absent"))
