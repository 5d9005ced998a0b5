"""PS3.19 A.1.5: the structure of a document in the Native DICOM Model; PS3.18 10.4.4: one part per object."""

from __future__ import annotations

import pytest

from conformance.dicomweb import media_types
from conformance.kit import check, expect
from conformance.kit.verdicts import NotSupported
from conformance.model import judges
from conformance.model.documents import METADATA, XML, XML_DOCUMENTS, of, xml, xml_metadata

every_document = pytest.mark.parametrize("document", XML_DOCUMENTS)


@check("XML-MODEL-001")
@every_document
def test_document_is_a_native_dicom_model(endpoint, stored, document):
    """Each part is XML whose root is NativeDicomModel, in the namespace of PS3.19."""
    response, parts = xml(XML_DOCUMENTS[document], endpoint, stored)

    judges.xml(response, parts, "XML-MODEL-001")


@check("XML-MODEL-002")
@every_document
def test_space_is_preserved(endpoint, stored, document):
    """The root has xml:space="preserve"."""
    response, parts = xml(XML_DOCUMENTS[document], endpoint, stored)

    judges.xml(response, parts, "XML-MODEL-002")


@check("XML-MODEL-003")
@every_document
def test_tag_is_eight_digits(endpoint, stored, document):
    """Each DicomAttribute has a tag of eight upper-case hexadecimal digits."""
    response, parts = xml(XML_DOCUMENTS[document], endpoint, stored)

    judges.xml(response, parts, "XML-MODEL-003")


@check("XML-MODEL-004")
@every_document
def test_vr_is_one_of_dicom(endpoint, stored, document):
    """Each DicomAttribute has a vr of PS3.5."""
    response, parts = xml(XML_DOCUMENTS[document], endpoint, stored)

    judges.xml(response, parts, "XML-MODEL-004")


@check("XML-MODEL-005")
@every_document
def test_keyword_is_that_of_the_tag(endpoint, stored, document):
    """Each public DicomAttribute has the keyword of its tag."""
    response, parts = xml(XML_DOCUMENTS[document], endpoint, stored)

    judges.xml(response, parts, "XML-MODEL-005")


@check("XML-MODEL-006")
@every_document
def test_private_creator_is_there_for_private_attributes(endpoint, stored, document):
    """Private attributes have a tag gggg00ee and a privateCreator; public ones have no privateCreator."""
    response, parts = xml(XML_DOCUMENTS[document], endpoint, stored)

    judges.xml(response, parts, "XML-MODEL-006")


@check("XML-MODEL-007")
@every_document
def test_values_are_numbered(endpoint, stored, document):
    """Value, Item and PersonName are numbered from 1, without a gap."""
    response, parts = xml(XML_DOCUMENTS[document], endpoint, stored)

    judges.xml(response, parts, "XML-MODEL-007")


@check("XML-MODEL-008")
@every_document
def test_value_of_zero_length_has_no_element(endpoint, stored, document):
    """No attribute has a single empty Value."""
    response, parts = xml(XML_DOCUMENTS[document], endpoint, stored)

    judges.xml(response, parts, "XML-MODEL-008")


@check("XML-MODEL-009")
@every_document
def test_names_are_split_into_components(endpoint, stored, document):
    """A person's name is a PersonName of component groups, which consist of name components."""
    response, parts = xml(XML_DOCUMENTS[document], endpoint, stored)

    judges.xml(response, parts, "XML-MODEL-009")


@check("XML-MODEL-010")
@every_document
def test_attribute_holds_one_kind_of_content(endpoint, stored, document):
    """No attribute has more than one of BulkData, Value, Item, PersonName and InlineBinary."""
    response, parts = xml(XML_DOCUMENTS[document], endpoint, stored)

    judges.xml(response, parts, "XML-MODEL-010")


@check("XML-MODEL-011")
@every_document
def test_no_group_length(endpoint, stored, document):
    """There is no group length (gggg,0000)."""
    response, parts = xml(XML_DOCUMENTS[document], endpoint, stored)

    judges.xml(response, parts, "XML-MODEL-011")


@check("XML-MODEL-011", "stored")
def test_no_stored_group_length(endpoint, stored):
    """The metadata of a file with group lengths have none in XML."""
    response, content = xml_metadata("group-lengths", endpoint, stored)

    judges.xml(response, [content], "XML-MODEL-011")


@check("XML-MODEL-013")
@pytest.mark.parametrize(
    "document",
    ["study-metadata", "series-metadata", "instance-metadata"],
    ids=["study-metadata-3", "series-metadata-2", "instance-metadata-1"],  # as many as the sample study has
)
def test_each_instance_is_a_part(endpoint, stored, document):
    """Metadata have one application/dicom+xml part per instance."""
    targets = [METADATA[document].target(instance) for instance in stored("sample")]
    response = of(METADATA[document], endpoint, stored, XML)

    parts = expect.parts(response)

    types = [essence(part.header("Content-Type")) for part in parts]
    wanted = ["application/dicom+xml"] * targets.count(targets[0])
    expect.equal("the media type of each part", ", ".join(types), ", ".join(wanted), response)


def essence(content_type):
    try:
        return media_types.parse(content_type or "").essence
    except media_types.MalformedMediaType:
        return content_type or "without a Content-Type"


@check("XML-MODEL-014")
@pytest.mark.parametrize("document", [name for name in XML_DOCUMENTS if "metadata" in name])
def test_bulk_data_has_a_uri(endpoint, stored, document):
    """BulkData has a uri and no uuid."""
    response, parts = xml(XML_DOCUMENTS[document], endpoint, stored)

    judges.xml(response, parts, "XML-MODEL-014")
    if not any(b"<BulkData" in part for part in parts):
        raise NotSupported(f"the document does not have BulkData ({response.request})")


@check("XML-MODEL-015")
@every_document
def test_attribute_tags_are_eight_digits(endpoint, stored, document):
    """Values of AT are eight upper-case hexadecimal digits."""
    response, parts = xml(XML_DOCUMENTS[document], endpoint, stored)

    judges.xml(response, parts, "XML-MODEL-015")


@check("XML-MODEL-016")
@every_document
def test_no_file_meta_information(endpoint, stored, document):
    """There is no File Meta Information (0002,eeee)."""
    response, parts = xml(XML_DOCUMENTS[document], endpoint, stored)

    judges.xml(response, parts, "XML-MODEL-016")
