"""PS3.18 8.3.4.3, 10.6.3.3: requested attributes, and match keys in results."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from conformance.dicomweb import dicom_json
from conformance.dicomweb.wording import name
from conformance.kit import check, expect, given
from conformance.kit.kinds.values import PRIVATE_CREATOR, PRIVATE_GROUP
from conformance.kit.verdicts import Blocked, NotSupported, Observed
from conformance.query import returned

# An attribute of each level that results need not have.
OPTIONAL = {"study": "StudyDescription", "series": "BodyPartExamined", "instance": "ImageType"}
levels = pytest.mark.parametrize("level", OPTIONAL)
MALFORMED = "8.3 requires a server to ignore what it does not know, but this may also be a malformed value"
IF_SUPPORTED = "required if the server supports the attribute"


def search(endpoint, instance, level, query):
    """The response to a search by UID for an instance, its series or its study, with the attributes that the query
    requests.
    """
    target = {
        "study": "studies",
        "series": f"{instance.study_path}/series",
        "instance": f"{instance.series_path}/instances",
    }
    return endpoint.fetch(f"{target[level]}?{returned.UIDS[level]}={returned.uid(instance, level)}{query}")


def result(response, instance, level):
    """The result for an instance, or for its series or study. Raises Blocked if there is none."""
    ((found, _),) = returned.matches(response, [instance], level)
    return found


def has(response, instance, level, keyword):
    """Whether the result for an instance, or for its series or study, has an attribute."""
    return returned.tag(keyword) in result(response, instance, level)


@check("SEARCH-INCL-001")
@levels
def test_keyword_and_tag(endpoint, stored, level):
    """An optional attribute is returned on request, by keyword as by tag."""
    (instance, *_) = stored("described")
    keyword = OPTIONAL[level]

    by_keyword = search(endpoint, instance, level, f"&includefield={keyword}")
    by_tag = search(endpoint, instance, level, f"&includefield={returned.tag(keyword)}")

    if not any(has(response, instance, level, keyword) for response in (by_keyword, by_tag)):
        expect.doubt(keyword, None, "there", by_keyword, IF_SUPPORTED)
    for response in (by_keyword, by_tag):
        returned.attributes(response, [instance], level, [keyword])


@check("SEARCH-INCL-001", "second-page")
def test_attribute_on_a_second_page(endpoint, stored):
    """An attribute that is returned on request is returned on the second page too."""
    instances = stored("archive")
    asked = {"PatientID": str(instances[0].dataset.PatientID), "includefield": "StudyDescription", "limit": "2"}

    first, second = (endpoint.fetch("studies", params=asked | {"offset": offset}) for offset in ("0", "2"))

    given.present(first, by="seed-search-studies")
    described = [dicom_json.text(match, "StudyDescription") for match in given.matches(first)]
    if not described:
        raise Blocked(f"the search finds none of the stored studies ({first.request})", "search-resp-003.all.studies")
    if not all(described):
        raise NotSupported(f"StudyDescription is not returned, even if it is requested ({first.request})")
    expect.status(second, 200)
    stored_with = {item.study_uid: item.dataset.StudyDescription for item in instances}
    for match in expect.matches(second):
        wanted = stored_with.get(dicom_json.text(match, "StudyInstanceUID"))
        expect.equal("StudyDescription", dicom_json.text(match, "StudyDescription"), wanted, second)


@check("SEARCH-MATCH-003", "includefield")
def test_digits_of_a_requested_tag_have_no_case(endpoint, stored):
    """The tag 0008103e in includefield means 0008103E."""
    (instance, *_) = stored("described")
    upper, lower = (search(endpoint, instance, "instance", f"&includefield={tag}") for tag in ("0008103E", "0008103e"))

    if not has(upper, instance, "instance", "SeriesDescription"):
        raise NotSupported(f"SeriesDescription is not returned, even if it is requested ({upper.request})")
    expect.status(lower, 200)
    returned.attributes(lower, [instance], "instance", ["SeriesDescription"])


@check("SEARCH-INCL-002")
@pytest.mark.parametrize("separator", [",", "&includefield="], ids=["list", "repeated"])
def test_several_attributes(endpoint, stored, separator):
    """Two attributes are returned, whether named in one comma-separated includefield or in two."""
    (instance, *_) = stored("described")
    keywords = ("StudyDescription", "PatientAge")
    alone = {keyword: search(endpoint, instance, "study", f"&includefield={keyword}") for keyword in keywords}
    supported = [keyword for keyword in keywords if has(alone[keyword], instance, "study", keyword)]
    if not supported:
        raise NotSupported(f"neither {' nor '.join(keywords)} is returned, even if it is requested alone")

    response = search(endpoint, instance, "study", f"&includefield={separator.join(keywords)}")

    expect.status(response, 200)
    returned.attributes(response, [instance], "study", supported)


@check("SEARCH-INCL-002", "long")
@pytest.mark.parametrize("separator", [",", "&includefield="], ids=["list", "repeated"])
def test_many_attributes(endpoint, stored, separator):
    """The last of thirteen attributes is returned, if it is returned alone."""
    (instance, *_) = stored("described")
    keyword = OPTIONAL["study"]
    if not has(search(endpoint, instance, "study", f"&includefield={keyword}"), instance, "study", keyword):
        raise NotSupported(f"{keyword} is not returned, even if it is requested alone")

    keywords = [*(name for name in returned.STUDY if name != "StudyInstanceUID"), keyword]
    response = search(endpoint, instance, "study", f"&includefield={separator.join(keywords)}")

    expect.status(response, 200)
    returned.attributes(response, [instance], "study", [keyword])


@check("SEARCH-INCL-003")
@levels
def test_all_attributes(endpoint, stored, level):
    """includefield=all returns every attribute returned without it, and one that can be requested by name."""
    (instance, *_) = stored("described")
    keyword = OPTIONAL[level]
    others = {query: search(endpoint, instance, level, query) for query in ("", f"&includefield={keyword}")}

    response = search(endpoint, instance, level, "&includefield=all")

    expect.status(response, 200)
    found = result(response, instance, level)
    for query, other in others.items():
        for tag in result(other, instance, level):
            wanted = f"there, as {f'with {query[1:]}' if query else 'without includefield'}"
            expect.that(tag in found, name(int(tag, 16)), None, wanted, response)
    if returned.tag(keyword) not in found:
        expect.doubt(keyword, None, "there", response, IF_SUPPORTED)


@check("SEARCH-INCL-004")
def test_all_and_another(endpoint, stored):
    """The response to a search with all attributes and one more is recorded."""
    response = search(endpoint, stored("described")[0], "study", "&includefield=all&includefield=StudyDescription")

    raise Observed(f"includefield=all&includefield=StudyDescription returns {response.status}")


@check("SEARCH-INCL-005")
@pytest.mark.parametrize("keyword", ["SeriesDescription", "SOPInstanceUID"])
def test_study_has_nothing_of_a_lower_level(endpoint, stored, keyword):
    """The result for a study has no attribute of a series or an instance, even on request."""
    (instance, *_) = stored("described")
    response = search(endpoint, instance, "study", f"&includefield={keyword}")

    expect.outcome(
        response,
        (200,),
        expect.REFUSALS,
        "the standard forbids to return such an attribute, but not to refuse the request",
    )
    result(response, instance, "study")
    returned.without(response, keyword)


@check("SEARCH-INCL-006")
@pytest.mark.parametrize("keyword", ["SOPInstanceUID", "Rows"])
def test_series_has_nothing_of_an_instance(endpoint, stored, keyword):
    """The result for a series has no attribute of an instance, even on request."""
    (instance, *_) = stored("described")
    response = search(endpoint, instance, "series", f"&includefield={keyword}")

    expect.outcome(
        response,
        (200,),
        expect.REFUSALS,
        "the standard forbids to return such an attribute, but not to refuse the request",
    )
    result(response, instance, "series")
    returned.without(response, keyword)


@check("SEARCH-INCL-007")
@pytest.mark.parametrize("keyword", ["PatientID", "StudyDate"])
def test_series_with_an_attribute_of_its_study(endpoint, stored, keyword):
    """The result for a series of a study has a requested attribute of the study."""
    (instance, *_) = stored("described")
    response = search(endpoint, instance, "series", f"&includefield={keyword}")

    expect.status(response, 200)
    returned.attribute(response, [instance], "series", keyword, open_if=returned.IF_SUPPORTED)


@check("SEARCH-INCL-008")
@pytest.mark.parametrize("keyword", ["PatientID", "StudyDate", "Modality", "SeriesNumber"])
def test_instance_with_an_attribute_of_its_study_or_series(endpoint, stored, keyword):
    """The result for an instance of a series has a requested attribute of the series or study."""
    (instance, *_) = stored("described")
    response = search(endpoint, instance, "instance", f"&includefield={keyword}")

    expect.status(response, 200)
    returned.attribute(response, [instance], "instance", keyword, open_if=returned.IF_SUPPORTED)


@check("SEARCH-INCL-009")
def test_private_attribute(endpoint, stored):
    """A requested private attribute is returned with its Private Creator, or not at all."""
    (instance, *_) = stored("described")
    creator, element = f"{PRIVATE_GROUP:04X}0010", f"{PRIVATE_GROUP:04X}1001"
    response = search(endpoint, instance, "instance", f"&{creator}={quote(PRIVATE_CREATOR)}&includefield={element}")

    if response.status in expect.REFUSALS:
        raise NotSupported(
            f"a private attribute is not supported as a key: status is {response.status} ({response.request})"
        )
    found = result(response, instance, "instance")
    if element not in found:
        raise NotSupported(f"a private attribute is not returned ({response.request})")
    there = dicom_json.text(found, creator)
    subject = f"the Private Creator {creator} of {element}"
    expect.that(there == PRIVATE_CREATOR, subject, there, PRIVATE_CREATOR, response)


@check("SEARCH-INCL-010")
@pytest.mark.parametrize("level", ["study", "series"])
def test_key_is_returned(endpoint, stored, level):
    """Results contain an attribute that was matched; one that the server ignores may be missing."""
    (instance, *_) = stored("described")
    keyword = OPTIONAL[level]
    other = search(endpoint, instance, level, f"&{keyword}=NOBODY")
    if other.status in expect.REFUSALS or returned.results(other):
        raise NotSupported(f"{keyword} is not supported as a key: an unused value finds something ({other.request})")

    response = search(endpoint, instance, level, f"&{keyword}={instance.dataset[keyword].value}")

    returned.attributes(response, [instance], level, [keyword])


@check("SEARCH-INCL-011", "unsupported")
def test_attribute_that_nobody_stored(endpoint, stored):
    """A search that requests an optional attribute that no instance has finds the study."""
    (instance, *_) = stored("described")
    response = search(endpoint, instance, "study", "&includefield=Occupation")

    expect.one_match(response, "StudyInstanceUID", instance.study_uid)


@check("SEARCH-INCL-011", "available")
def test_transfer_syntax_that_is_available(endpoint, stored):
    """A search that requests AvailableTransferSyntaxUID, which a server need not have, finds the instance."""
    (instance, *_) = stored("described")
    response = search(endpoint, instance, "instance", "&includefield=AvailableTransferSyntaxUID")

    expect.one_match(response, "SOPInstanceUID", instance.sop_instance_uid)


@check("SEARCH-INCL-011", "unknown")
def test_attribute_that_does_not_exist(endpoint, stored):
    """A search that requests a tag without any attribute finds the study, or is refused."""
    (instance, *_) = stored("described")
    response = search(endpoint, instance, "study", "&includefield=00189999")

    expect.outcome(response, (200,), expect.REFUSALS, MALFORMED)
    expect.one_match(response, "StudyInstanceUID", instance.study_uid)


@check("SEARCH-INCL-011", "beside")
def test_attribute_beside_one_that_does_not_exist(endpoint, stored):
    """A list with an attribute and a tag without any attribute returns the attribute, or is refused."""
    (instance, *_) = stored("described")
    if not has(
        search(endpoint, instance, "study", "&includefield=StudyDescription"), instance, "study", "StudyDescription"
    ):
        raise NotSupported("StudyDescription is not returned, even if it is requested alone")

    response = search(endpoint, instance, "study", "&includefield=00189999,StudyDescription")

    expect.outcome(response, (200,), expect.REFUSALS, MALFORMED)
    returned.attributes(response, [instance], "study", ["StudyDescription"])


@check("SEARCH-INCL-015")
@pytest.mark.parametrize(
    ("keyword", "kind"), [("SOPClassesInStudy", "mixed"), ("NumberOfPatientRelatedStudies", "seven-studies")]
)
def test_attribute_that_is_computed(endpoint, stored, keyword, kind):
    """An attribute that a server computes for a study agrees with what is stored, if it is returned."""
    instances = stored(kind)
    first = instances[0]
    response = search(endpoint, first, "study", f"&includefield={keyword}")

    found = [] if response.status in expect.REFUSALS else dicom_json.values(result(response, first, "study"), keyword)
    if not found:
        raise NotSupported(f"{keyword} is not returned ({response.request})")
    classes = {item.sop_class_uid for item in instances if item.study_uid == first.study_uid}
    wanted = classes if keyword == "SOPClassesInStudy" else {str(len({item.study_uid for item in instances}))}
    expect.equal(keyword, ", ".join(sorted(map(str, found))), ", ".join(sorted(wanted)), response)


@check("SEARCH-INCL-012")
@pytest.mark.parametrize(
    "field", ["RequestAttributesSequence.RequestedProcedureID", "RequestAttributesSequence"], ids=["item", "whole"]
)
def test_attribute_of_a_sequence(endpoint, stored, field):
    """An attribute inside a sequence is returned if it, by a dotted path, or the sequence is requested."""
    (instance, *_) = stored("described")
    response = search(endpoint, instance, "instance", f"&includefield={field}")

    expect.status(response, 200)
    items = dicom_json.items(result(response, instance, "instance"), "RequestAttributesSequence")
    found = [dicom_json.text(item, "RequestedProcedureID") for item in items]
    wanted = [item.RequestedProcedureID for item in instance.dataset.RequestAttributesSequence]
    shown = ", ".join(map(str, found)) or "absent"
    expect.that(found == wanted, "RequestedProcedureID of the items", shown, ", ".join(wanted), response)
