"""PS3.18 F.2, 8.7.3.5.3: text is Unicode in JSON, whatever character set it was stored in."""

from __future__ import annotations

import pytest
from pydicom import Dataset

from conformance.dicomweb import comparison, dicom_json
from conformance.kit import check, expect
from conformance.kit.kinds import having
from conformance.kit.verdicts import Observed
from conformance.model import judges
from conformance.model.documents import Document, metadata, of

# Mojibake in the two character sets that every server meets is a failure, in the others a warning.
PLAIN = ("name-utf8", "name-latin1")


def judge_text(kind, instance, found, keywords, response):
    """The attributes have the text that was stored."""
    alone = Dataset()
    for keyword in ("SpecificCharacterSet", *keywords):
        alone.add(instance.dataset[keyword])
    differences = dicom_json.differences(alone, found)
    if differences and kind not in PLAIN:
        expect.doubt(*differences[0], response, "only a server that knows the character set can convert the text")
    expect.same(differences, response)


@check("JSON-CHARSET-001")
@pytest.mark.parametrize("kind", having("text"))
def test_text_is_unicode(endpoint, stored, kind):
    """A name, a description and comments are returned as Unicode text."""
    (instance,) = stored(kind)
    response = metadata(kind, endpoint, stored)

    found = judges.attributes(response)

    judge_text(kind, instance, found, ("PatientName", "StudyDescription", "PatientComments"), response)


@check("JSON-CHARSET-001", "search")
@pytest.mark.parametrize("kind", having("text"))
def test_text_of_matches_is_unicode(endpoint, stored, kind):
    """A search returns the name as Unicode text."""
    (instance,) = stored(kind)
    search = Document(kind, lambda _: "studies", lambda item: {"StudyInstanceUID": item.study_uid})
    response = of(search, endpoint, stored)

    found = judges.attributes(response)

    judge_text(kind, instance, found, ("PatientName",), response)


@check("JSON-CHARSET-002")
@pytest.mark.parametrize("kind", ["name-latin1", "name-japanese"])
def test_character_set_that_is_named(endpoint, stored, kind):
    """The Specific Character Set of text that is UTF-8 is recorded: any value is allowed."""
    (instance,) = stored(kind)
    response = metadata(kind, endpoint, stored)

    named = judges.values(judges.attributes(response).get("00080005", {}))

    found = "\\".join(str(term or "") for term in named) or "absent"
    stored_as = comparison.values_shown(comparison.values(instance.dataset["SpecificCharacterSet"]))
    raise Observed(f"SpecificCharacterSet is {found} for text stored in {stored_as}")


@check("JSON-CHARSET-003")
def test_bytes_of_unknown_vr_are_kept(endpoint, stored):
    """The bytes of a private UN element are not converted, although they are text in the stored character set."""
    (instance,) = stored("un-latin1")
    response = metadata("un-latin1", endpoint, stored)
    element = judges.private_element(instance, "UN")

    found = judges.inline(response, instance, element)

    expect.equal("the private UN attribute", repr(found), repr(element.value), response)


@check("JSON-VM-002")
def test_yen_sign_separates_values(endpoint, stored):
    """Two values in ISO_IR 13 are returned as two, although the byte between them displays as a yen sign."""
    (instance,) = stored("yen")
    response = metadata("yen", endpoint, stored)

    found = judges.values(judges.attribute(response, "SoftwareVersions"))

    judges.same(response, "SoftwareVersions", found, list(instance.dataset.SoftwareVersions))
