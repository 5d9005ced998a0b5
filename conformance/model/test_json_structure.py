"""PS3.18 F.2.1, F.2.2: the structure of a document in the DICOM JSON Model, whatever its values."""

from __future__ import annotations

import pytest

from conformance.kit import check, expect, media
from conformance.kit.accept import ANYTHING
from conformance.kit.verdicts import Deviates, NotSupported
from conformance.model import judges
from conformance.model.documents import LISTS, METADATA, STORE_RESPONSE, fetch, metadata

every_document = pytest.mark.parametrize("document", [*LISTS, STORE_RESPONSE])
every_list = pytest.mark.parametrize("document", LISTS)


@check("JSON-STRUCT-001")
@every_document
def test_media_type(endpoint, stored, document):
    """A response to a request for application/dicom+json is labelled application/dicom+json."""
    response = fetch(document, endpoint, stored)

    media.dicom_json(response)


@check("JSON-STRUCT-001", "any")
@pytest.mark.parametrize("document", ["instance-metadata", "search-studies"])
def test_media_type_where_any_is_accepted(endpoint, stored, document):
    """If any media type is accepted, JSON is labelled application/dicom+json, the default."""
    response = fetch(document, endpoint, stored, accept=ANYTHING)

    media.dicom_json(response)


@check("JSON-STRUCT-002")
@every_list
def test_results_are_one_list(endpoint, stored, document):
    """Results are one list of data sets, even if there is only one."""
    response = fetch(document, endpoint, stored)

    try:
        judges.json(response, "JSON-STRUCT-002")
    except Deviates as error:
        wrong = error.deviation.difference
        if "instance-metadata" not in document or wrong.found != "an object":
            raise
        expect.doubt(*wrong, response, "F.2.1 may be read as having a single object, not an array, for one instance")


@check("JSON-STRUCT-003")
@every_document
def test_text_is_utf_8(endpoint, stored, document):
    """The document is UTF-8, without a byte order mark."""
    response = fetch(document, endpoint, stored)

    judges.json(response, "JSON-STRUCT-003")


@check("JSON-VALID-001")
@every_document
def test_document_is_valid_json(endpoint, stored, document):
    """The document is valid JSON by RFC 8259."""
    response = fetch(document, endpoint, stored)

    judges.json(response, "JSON-VALID-001")


@check("JSON-STRUCT-004")
@every_document
def test_attributes_are_named_by_tag(endpoint, stored, document):
    """Each attribute is named by its tag: eight upper-case hexadecimal digits."""
    response = fetch(document, endpoint, stored)

    judges.json(response, "JSON-STRUCT-004")


@check("JSON-STRUCT-005")
@every_document
def test_attributes_are_in_order(endpoint, stored, document):
    """The attributes of each data set and item are in ascending order of their tags."""
    response = fetch(document, endpoint, stored)

    judges.json(response, "JSON-STRUCT-005")


@check("JSON-STRUCT-006")
@every_document
def test_no_group_length(endpoint, stored, document):
    """There is no group length (gggg,0000)."""
    response = fetch(document, endpoint, stored)

    judges.json(response, "JSON-STRUCT-006")


@check("JSON-STRUCT-006", "stored")
def test_no_stored_group_length(endpoint, stored):
    """The metadata of a file with group lengths have none."""
    response = metadata("group-lengths", endpoint, stored)

    judges.json(response, "JSON-STRUCT-006")


@check("JSON-STRUCT-007")
@every_document
def test_attribute_has_vr(endpoint, stored, document):
    """Each attribute is an object with a vr of PS3.5."""
    response = fetch(document, endpoint, stored)

    judges.json(response, "JSON-STRUCT-007")


@check("JSON-STRUCT-008")
@every_document
def test_attribute_has_one_kind_of_content(endpoint, stored, document):
    """No attribute has more than one of Value, BulkDataURI and InlineBinary."""
    response = fetch(document, endpoint, stored)

    judges.json(response, "JSON-STRUCT-008")


@check("JSON-STRUCT-009")
@every_document
def test_value_is_a_list(endpoint, stored, document):
    """Value is a list, even for one value."""
    response = fetch(document, endpoint, stored)

    judges.json(response, "JSON-STRUCT-009")


@check("JSON-STRUCT-010")
@every_document
def test_vr_is_that_of_the_tag(endpoint, stored, document):
    """The vr of each public attribute is one that PS3.6 has for its tag, or UN."""
    response = fetch(document, endpoint, stored)

    judges.json(response, "JSON-STRUCT-010")


@check("JSON-STRUCT-011")
@every_document
def test_members_have_the_names_of_the_model(endpoint, stored, document):
    """The members of an attribute are spelled vr, Value, BulkDataURI and InlineBinary."""
    response = fetch(document, endpoint, stored)

    judges.json(response, "JSON-STRUCT-011")


@check("JSON-STRUCT-012")
@every_document
def test_attribute_occurs_once(endpoint, stored, document):
    """No attribute occurs twice in a data set."""
    response = fetch(document, endpoint, stored)

    judges.json(response, "JSON-STRUCT-012")


@check("JSON-STRUCT-013")
@every_list
def test_no_file_meta_information(endpoint, stored, document):
    """There is no File Meta Information (0002,eeee)."""
    response = fetch(document, endpoint, stored)

    judges.json(response, "JSON-STRUCT-013")


@check("JSON-STRUCT-014")
@every_document
def test_no_command_elements(endpoint, stored, document):
    """There is no command element (0000,eeee)."""
    response = fetch(document, endpoint, stored)

    judges.json(response, "JSON-STRUCT-014")


@check("JSON-PRIV-001", "block")
@every_document
def test_private_attribute_has_its_creator(endpoint, stored, document):
    """Each private attribute has the Private Creator of its block beside it."""
    response = fetch(document, endpoint, stored)

    judges.json(response, "JSON-PRIV-001")


@check("JSON-BULK-001")
@every_document
def test_bulk_data_uri_stands_for_what_it_may(endpoint, stored, document):
    """A BulkDataURI replaces only values of the VRs that F.2.2 lists."""
    response = fetch(document, endpoint, stored)

    judges.json(response, "JSON-BULK-001")


@check("JSON-BULK-002")
@pytest.mark.parametrize("document", METADATA)
def test_bulk_data_uri_resolves(endpoint, stored, document):
    """A BulkDataURI is an http or https URI, or a reference relative to the document."""
    response = fetch(document, endpoint, stored)

    judges.json(response, "JSON-BULK-002")
    if b'"BulkDataURI"' not in response.content:
        raise NotSupported(f"the document does not have a BulkDataURI ({response.request})")


@check("JSON-PAD-001")
@pytest.mark.parametrize("document", METADATA)
def test_values_have_no_padding(endpoint, stored, document):
    """No value ends with the NUL that pads it in a file."""
    response = fetch(document, endpoint, stored)

    judges.json(response, "JSON-PAD-001")
