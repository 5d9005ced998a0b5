"""PS3.19 A.1.5: the values in the XML metadata of an instance are those that were stored."""

from __future__ import annotations

import pytest

from conformance.dicomweb import completeness, dicom_json, dicom_xml
from conformance.dicomweb.differences import difference
from conformance.kit import check, expect
from conformance.kit.verdicts import Blocked
from conformance.model import judges
from conformance.model.documents import metadata, xml_metadata

# Their documents are needed below, too.
OTHER_KINDS = ("name-ideographic-only", "rgb-multiframe-odd")
TEXT_KINDS = ("name-utf8", "name-latin1", "name-greek", "name-japanese", "name-gb18030")


def attribute(found, tag, response):
    if tag not in found:
        raise Blocked(f"{tag} is absent, so its value cannot be judged ({response.request})", by="the document")
    return found[tag]


@check("XML-MODEL-017")
@pytest.mark.parametrize("kind", ["every-vr", "sr", "seldom-read", *OTHER_KINDS, *TEXT_KINDS])
def test_values_are_those_stored(endpoint, stored, kind):
    """Each attribute of the document, at any depth, has the stored values."""
    (instance,) = stored(kind)
    response, part = xml_metadata(kind, endpoint, stored)
    judges.xml_attributes(response, part)

    found = judges.as_stored(dicom_xml.load(part), instance.dataset)

    named = judges.with_lines(completeness.named(instance.dataset, found))
    expect.same(dicom_json.differences(named, found), response)


@check("XML-MODEL-017", "complete")
def test_attributes_are_those_of_the_json(endpoint, stored):
    """The document has each attribute, at any depth, that the metadata have in JSON.

    The public ones alone, if the private ones do not name their creators.
    """
    (instance,) = stored("every-vr")
    in_json = judges.attributes(metadata("every-vr", endpoint, stored))
    response, part = xml_metadata("every-vr", endpoint, stored)
    named = completeness.named(instance.dataset, in_json)
    if not judges.names_creators(response, part):
        named.remove_private_tags()

    found = judges.as_stored(dicom_xml.load(part), instance.dataset)

    missing = completeness.missing(named, found)
    expect.same([difference(where, None, "there, as in JSON") for where in missing], response)


@check("XML-MODEL-006", "creators")
def test_private_attributes_name_their_creators(endpoint, stored):
    """Private attributes of three creators in one group each name their own."""
    (instance,) = stored("several-creators")
    judges.private_element(instance, "LO")
    response, part = xml_metadata("several-creators", endpoint, stored)

    found = judges.xml_attributes(response, part).values()

    creators = [item.get("privateCreator") for item in found if item.get("tag") == "00310001"]
    wanted = [instance.dataset[0x00310000 | block].value for block in (0x10, 0x11, 0x12)]
    judges.same(response, "privateCreator of 00310001", sorted(map(str, creators)), sorted(wanted))


@check("XML-MODEL-006", "value")
def test_private_attribute_names_its_creator(endpoint, stored):
    """A private attribute has 00 in place of its block number, and its privateCreator."""
    (instance,) = stored("every-vr")
    response, part = xml_metadata("every-vr", endpoint, stored)
    element = judges.private_element(instance, "LO")
    tag = f"{element.tag.group:04X}00{element.tag.element & 0xFF:02X}"

    found = judges.xml_attributes(response, part).values()

    creators = [item.get("privateCreator") for item in found if item.get("tag") == tag]
    wanted = instance.dataset[element.tag.group << 16 | element.tag.element >> 8].value
    judges.same(response, f"privateCreator of {tag}", creators, [wanted])


@check("XML-MODEL-008", "value")
def test_empty_value_among_others_is_an_empty_element(endpoint, stored):
    """Software Versions with the values v1, empty and v3 are three Value elements, the second empty; an empty attribute
    has none.
    """
    response, part = xml_metadata("every-vr", endpoint, stored)

    found = judges.xml_attributes(response, part)

    versions = dicom_xml.values(attribute(found, "00181020", response))
    judges.same(response, "SoftwareVersions", versions, ["v1", "", "v3"])
    judges.same(response, "AccessionNumber", dicom_xml.values(attribute(found, "00080050", response)), [])


@check("XML-MODEL-009", "value")
@pytest.mark.parametrize("kind", ["name-utf8", "name-ideographic-only"])
def test_name_keeps_its_groups_and_components(endpoint, stored, kind):
    """A name has the stored groups and components."""
    (instance,) = stored(kind)
    response, part = xml_metadata(kind, endpoint, stored)

    found = judges.xml_attributes(response, part)

    names = dicom_xml.values(attribute(found, "00100010", response))
    judges.same(response, "PatientName", names, [str(instance.dataset.PatientName)])


@check("XML-MODEL-012")
@pytest.mark.parametrize("kind", TEXT_KINDS)
def test_text_is_unicode(endpoint, stored, kind):
    """A description is returned as Unicode text, whatever character set it was stored in."""
    (instance,) = stored(kind)
    response, part = xml_metadata(kind, endpoint, stored)

    found = judges.xml_attributes(response, part)

    description = [text.rstrip(" ") for text in dicom_xml.values(attribute(found, "00081030", response))]
    judges.same(response, "StudyDescription", description, [instance.dataset.StudyDescription])


@check("XML-MODEL-015", "value")
def test_attribute_tag_is_the_tag_that_was_stored(endpoint, stored):
    """Frame Increment Pointer (0018,1063) is 00181063."""
    response, part = xml_metadata("rgb-multiframe-odd", endpoint, stored)

    found = judges.xml_attributes(response, part)

    pointers = dicom_xml.values(attribute(found, "00280009", response))
    judges.same(response, "FrameIncrementPointer", pointers, ["00181063"])
