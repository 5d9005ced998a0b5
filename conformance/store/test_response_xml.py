"""PS3.18 10.5.4, Annex I: the Store Instances Response Module in XML."""

from __future__ import annotations

import pytest

from conformance.dicomweb import dicom_xml, media_types, xml_walker
from conformance.kit import check, expect, given, stow
from conformance.kit.verdicts import Blocked, NotSupported
from conformance.store import judges, reading

XML = "application/dicom+xml"
FORMS = (XML, f'multipart/related; type="{XML}"')
STORED, FAILED = "00081199", "00081198"


def asked(endpoint, target, instances):
    """The answer to a store in the first of the two forms of XML that the server has, in the last where in none."""
    for accept in FORMS:
        response = endpoint.post(target, stow.multipart(instances), accept=accept)
        if response.status not in (400, 406):
            break
    return response


def document(response):
    """The XML document of an answer, alone or as its only part. Raises AssertionError where there is none."""
    found = response.header("Content-Type") or "absent"
    try:
        media_type = media_types.parse(found)
    except media_types.MalformedMediaType:
        raise AssertionError(f"Content-Type is {found}, should be {XML} ({response.request})") from None
    if media_type.essence == XML:
        return response.content
    assert media_type.essence == "multipart/related", (
        f"Content-Type is {found}, should be {XML}, alone or in parts ({response.request})"
    )
    return bytes(expect.one_part(response).content)


@check("STOW-RESP-007")
def test_module_in_xml(endpoint, images):
    """The response to a store is the Native DICOM Model, as it is or as a part, for who asks for it."""
    response = asked(endpoint, "studies", images(2))

    expect.status(response, *reading.SUCCESS)
    try:
        root = dicom_xml.load(document(response))
    except dicom_xml.MalformedXml as error:
        raise AssertionError(f"the module is no XML: {error} ({response.request})") from None
    assert dicom_xml.local(root) == "NativeDicomModel", (
        f"the root of the module is {dicom_xml.local(root)}, should be NativeDicomModel ({response.request})"
    )


@check("STOW-RESP-026", "xml")
@pytest.mark.parametrize("sequence", [STORED, FAILED], ids=["stored", "failed"])
def test_module_in_xml_says_the_same(endpoint, images, sequence):
    """The module in XML is well-formed, and its sequences name what was stored and what failed."""
    given.claimed(endpoint, "xml")
    good, bad = images(2), images(2, "another study") if sequence == FAILED else ()
    response = asked(endpoint, good[0].study_path, [*good, *bad])
    content = readable(response)

    found = dicom_xml.attributes(dicom_xml.load(content))
    items = dicom_xml.children(found[sequence], "Item") if sequence in found else []
    named = sorted("".join(dicom_xml.values(dicom_xml.attributes(item).get("00081155"))) for item in items)
    wanted = sorted(image.sop_instance_uid for image in (bad or good))
    assert named == wanted, (
        f"the instances in {sequence} are {', '.join(named) or 'none'}, should be {', '.join(wanted)} "
        f"({response.request})"
    )
    judges.well_formed(response, xml_walker.walk(content))


def readable(response):
    """The XML document of a success. Raises NotSupported where the store is refused, Blocked where there is none."""
    if response.status in reading.REFUSED:
        raise NotSupported(f"the store is refused with {response.status} ({response.request})")
    try:
        content = document(response)
        dicom_xml.load(content)
    except (AssertionError, dicom_xml.MalformedXml) as error:
        raise Blocked(f"there is no XML to read: {error}", by="stow-resp-007") from None
    return content
