"""PS3.18 10.5.4, Annex I: the Store Instances Response Module in XML."""

from __future__ import annotations

import pytest

from conformance.dicomweb import dicom_xml, xml_walker
from conformance.kit import check, expect, given, media, stow
from conformance.kit.verdicts import Blocked, Deviates, NotSupported
from conformance.store import judges, reading

XML = "application/dicom+xml"
FORMS = (XML, f'multipart/related; type="{XML}"')
STORED, FAILED = "00081199", "00081198"


def asked(endpoint, target, instances):
    """The response to a store in the first of the two forms of XML that the server has, or in the last."""
    for accept in FORMS:
        response = endpoint.post(target, stow.multipart(instances), accept=accept)
        if response.status not in (400, 406):
            break
    return response


def document(response):
    """The XML document of a response, alone or as its only part, and its root. Raises Deviates if there is none."""
    kind = media.essence(response.header("Content-Type"))
    fits = kind in (XML, "multipart/related")
    expect.that(fits, "Content-Type", response.header("Content-Type"), f"{XML}, alone or in a part", response)
    content = response.content if kind == XML else bytes(expect.one_part(response).content)
    try:
        return content, dicom_xml.load(content)
    except dicom_xml.MalformedXml as error:
        expect.readable(error, response, "the module")


@check("STOW-RESP-007")
def test_module_in_xml(endpoint, images):
    """The response to a store is the Native DICOM Model on request, alone or as a part."""
    response = asked(endpoint, "studies", images(2))

    expect.status(response, *reading.SUCCESS)
    _, root = document(response)
    expect.equal("the root of the module", dicom_xml.local(root), "NativeDicomModel", response)


@check("STOW-RESP-026", "xml")
@pytest.mark.parametrize("sequence", [STORED, FAILED], ids=["stored", "failed"])
def test_module_in_xml_says_the_same(endpoint, images, sequence):
    """The module in XML is well-formed, and its sequences list the stored and the failed instances."""
    given.claimed(endpoint, "xml")
    good, bad = images(2), images(2, "another study") if sequence == FAILED else ()
    response = asked(endpoint, good[0].study_path, [*good, *bad])
    content, root = readable(response)

    found = dicom_xml.attributes(root)
    items = dicom_xml.children(found[sequence], "Item") if sequence in found else []
    named = sorted("".join(dicom_xml.values(dicom_xml.attributes(item).get("00081155"))) for item in items)
    wanted = sorted(image.sop_instance_uid for image in (bad or good))
    expect.equal(f"the list of instances in {sequence}", ", ".join(named), ", ".join(wanted), response)
    judges.well_formed(response, xml_walker.walk(content))


def readable(response):
    """`document` of a success. Raises NotSupported if the store was refused, Blocked if there is no document."""
    if response.status in reading.REFUSED:
        raise NotSupported(f"the store is refused with {response.status} ({response.request})")
    try:
        return document(response)
    except Deviates as error:
        raise Blocked.of(error.deviation, "stow-resp-007") from None
