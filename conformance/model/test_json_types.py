"""PS3.18 F.2.3: the JSON types of the VRs, over the documents that have attributes of them."""

from __future__ import annotations

import pytest

from conformance.dicomweb.json_values import BINARIES, NUMBERS, NUMBERS_OR_TEXTS, TEXTS
from conformance.kit import check
from conformance.model import judges
from conformance.model.documents import EVERY_VR, LISTS, METADATA, STORE_RESPONSE, fetch

NAMING = [*METADATA, "search-studies"]


@check("JSON-VR-STR")
@pytest.mark.parametrize("document", [*LISTS, STORE_RESPONSE])
def test_texts_are_strings(endpoint, stored, document):
    """Values of the VRs of text, of dates and times and of UIDs are strings."""
    response = fetch(document, endpoint, stored)

    judges.json(response, "JSON-VR-STR", TEXTS)


@check("JSON-VR-NUM")
@pytest.mark.parametrize("document", [*METADATA, "search-study-instances"])
def test_numbers_are_numbers(endpoint, stored, document):
    """Values of FL, FD, SL, SS, UL and US are numbers."""
    response = fetch(document, endpoint, stored)

    judges.json(response, "JSON-VR-NUM", NUMBERS)


@check("JSON-VR-DSIS")
@pytest.mark.parametrize("document", [*METADATA, "search-studies", "search-study-series", "search-study-instances"])
def test_decimal_strings_are_numbers_or_strings(endpoint, stored, document):
    """Values of DS, IS, SV and UV are numbers or strings."""
    response = fetch(document, endpoint, stored)

    judges.json(response, "JSON-VR-DSIS", NUMBERS_OR_TEXTS)


@check("JSON-VR-AT")
@pytest.mark.parametrize("document", EVERY_VR)
def test_attribute_tags_are_eight_digits(endpoint, stored, document):
    """Values of AT are strings of eight upper-case hexadecimal digits."""
    response = fetch(document, endpoint, stored)

    judges.json(response, "JSON-VR-AT")


@check("JSON-VR-BIN")
@pytest.mark.parametrize("document", EVERY_VR)
def test_binary_values_are_inline_or_by_reference(endpoint, stored, document):
    """Values of OB, OD, OF, OL, OV, OW and UN are one base64 string, or given by reference."""
    response = fetch(document, endpoint, stored)

    judges.json(response, "JSON-VR-BIN", BINARIES)


@check("JSON-PN-001")
@pytest.mark.parametrize("document", NAMING)
def test_names_are_objects(endpoint, stored, document):
    """A person's name is an object of component groups."""
    response = fetch(document, endpoint, stored)

    judges.json(response, "JSON-PN-001", ["PN"])


@check("JSON-PN-002")
@pytest.mark.parametrize("document", NAMING)
def test_groups_of_names_are_called_by_the_model(endpoint, stored, document):
    """The groups of a name are Alphabetic, Ideographic and Phonetic, without empty ones."""
    response = fetch(document, endpoint, stored)

    judges.json(response, "JSON-PN-002", ["PN"])


@check("JSON-PN-003")
@pytest.mark.parametrize("document", NAMING)
def test_group_of_a_name_is_one_group(endpoint, stored, document):
    """A group of a name does not contain another group."""
    response = fetch(document, endpoint, stored)

    judges.json(response, "JSON-PN-003", ["PN"])


@check("JSON-SQ-001")
@pytest.mark.parametrize("document", [*EVERY_VR, STORE_RESPONSE])
def test_items_are_data_sets(endpoint, stored, document):
    """The values of a sequence are data sets."""
    response = fetch(document, endpoint, stored)

    judges.json(response, "JSON-SQ-001", ["SQ"])


@check("JSON-NULL-001")
@pytest.mark.parametrize("document", [*LISTS, STORE_RESPONSE])
def test_empty_attribute_has_no_content(endpoint, stored, document):
    """No attribute without a value has a Value."""
    response = fetch(document, endpoint, stored)

    judges.json(response, "JSON-NULL-001")


@check("JSON-NULL-002")
@pytest.mark.parametrize("document", LISTS)
def test_empty_value_among_others_is_null(endpoint, stored, document):
    """No value among others is an empty string."""
    response = fetch(document, endpoint, stored)

    judges.json(response, "JSON-NULL-002")


@check("JSON-NULL-003")
@pytest.mark.parametrize("document", EVERY_VR)
def test_item_is_not_null(endpoint, stored, document):
    """No item of a sequence is null."""
    response = fetch(document, endpoint, stored)

    judges.json(response, "JSON-NULL-003", ["SQ"])


@check("JSON-NULL-004")
@pytest.mark.parametrize("document", [*EVERY_VR, STORE_RESPONSE])
def test_sequence_without_items_has_no_value(endpoint, stored, document):
    """A sequence without items has no Value."""
    response = fetch(document, endpoint, stored)

    judges.json(response, "JSON-NULL-004", ["SQ"])


@check("JSON-VM-001")
@pytest.mark.parametrize("document", LISTS)
def test_values_are_not_joined(endpoint, stored, document):
    """No string contains several values joined by a backslash."""
    response = fetch(document, endpoint, stored)

    judges.json(response, "JSON-VM-001")
