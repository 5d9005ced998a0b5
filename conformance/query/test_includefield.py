"""PS3.18 8.3.4.3, 10.6.3.3: attributes that a client asks for, and those that it matches."""

from __future__ import annotations

import pytest

from conformance.dicomweb import dicom_json
from conformance.kit import check, expect
from conformance.kit.kinds.values import PRIVATE_CREATOR, PRIVATE_GROUP
from conformance.kit.verdicts import NotSupported, Observed, Warn
from conformance.query import returned

# The target of a search at each level, and an attribute of the level that results need not have.
LEVELS = {
    "study": (lambda instance: f"studies?StudyInstanceUID={instance.study_uid}", "StudyDescription"),
    "series": (lambda instance: f"{instance.study_path}/series?", "BodyPartExamined"),
    "instance": (lambda instance: f"{instance.series_path}/instances?", "ImageType"),
}
levels = pytest.mark.parametrize("level", LEVELS)


def search(endpoint, instance, level, *fields):
    """The answer to a search at a level with these values of includefield, each in a parameter of its own."""
    target = LEVELS[level][0](instance) + "".join(f"&includefield={field}" for field in fields)
    return endpoint.fetch(target.replace("?&", "?").rstrip("?"))


def result(response, instance, level):
    """The result for an instance, or for its study or series."""
    ((found, _),) = returned.matches(response, [instance], level)
    return found


@check("SEARCH-INCL-001")
@levels
def test_keyword_and_tag(endpoint, stored, level):
    """An attribute that results need not have is there when it is asked for, by keyword as by tag."""
    (instance, *_) = stored("described")
    keyword = LEVELS[level][1]

    by_keyword = search(endpoint, instance, level, keyword)
    by_tag = search(endpoint, instance, level, returned.tag(keyword))

    expected = returned.entities([instance], level)[instance_uid(instance, level)]
    missing = [returned.tag(keyword) not in result(each, instance, level) for each in (by_keyword, by_tag)]
    if all(missing):
        raise Warn(f"{keyword} is missing, should be there where the server supports it ({by_keyword.request})")
    for response in (by_keyword, by_tag):
        expect.equal(returned.differences(result(response, instance, level), expected, [keyword]), response)


def instance_uid(instance, level):
    return str(instance.dataset[returned.UIDS[level]].value)


@check("SEARCH-INCL-002")
@pytest.mark.parametrize("form", ["list", "repeated"])
def test_several_attributes(endpoint, stored, form):
    """Two attributes in one includefield with a comma, or in two of them, are both there as each alone is."""
    (instance, *_) = stored("described")
    fields = ("StudyDescription", "PatientAge")
    alone = [field for field in fields if given_alone(endpoint, instance, field)]

    response = search(endpoint, instance, "study", *([",".join(fields)] if form == "list" else fields))

    expect.status(response, 200)
    there = result(response, instance, "study")
    for field in alone:
        assert returned.tag(field) in there, f"{field} is missing, should be there as when alone ({response.request})"


def given_alone(endpoint, instance, field):
    """Whether the result for a study has an attribute that is asked for alone."""
    return returned.tag(field) in result(search(endpoint, instance, "study", field), instance, "study")


@check("SEARCH-INCL-003")
@levels
def test_all_attributes(endpoint, stored, level):
    """With includefield=all there is every attribute that there is without, and one that can be asked for by name."""
    (instance, *_) = stored("described")
    keyword = LEVELS[level][1]
    usual = result(search(endpoint, instance, level), instance, level)
    named = result(search(endpoint, instance, level, keyword), instance, level)

    response = search(endpoint, instance, level, "all")

    expect.status(response, 200)
    found = result(response, instance, level)
    for tag in sorted(usual | named):
        name = returned.name(tag)
        assert tag in found, f"{name} is missing, should be there as without includefield=all ({response.request})"
    if returned.tag(keyword) not in found:
        raise Warn(f"{keyword} is missing, should be there where the server supports it ({response.request})")


@check("SEARCH-INCL-004")
def test_all_and_another(endpoint, stored):
    """What a server does where a client asks for all attributes and for one."""
    response = search(endpoint, stored("described")[0], "study", "all", "StudyDescription")

    raise Observed(f"includefield=all with includefield=StudyDescription is answered {response.status}")


@check("SEARCH-INCL-005")
@pytest.mark.parametrize("keyword", ["SeriesDescription", "SOPInstanceUID"])
def test_study_has_nothing_of_a_lower_level(endpoint, stored, keyword):
    """The result for a study has no attribute of a series or an instance, also where the client asks for it."""
    (instance, *_) = stored("described")
    response = search(endpoint, instance, "study", keyword)

    expect.outcome(response, [200], [400], "the text says only that such an attribute is not returned")
    result(response, instance, "study")
    returned.without(response, [keyword])


@check("SEARCH-INCL-006")
@pytest.mark.parametrize("keyword", ["SOPInstanceUID", "Rows"])
def test_series_has_nothing_of_an_instance(endpoint, stored, keyword):
    """The result for a series has no attribute of an instance, also where the client asks for it."""
    (instance, *_) = stored("described")
    response = search(endpoint, instance, "series", keyword)

    expect.outcome(response, [200], [400], "the text says only that such an attribute is not returned")
    result(response, instance, "series")
    returned.without(response, [keyword])


@check("SEARCH-INCL-007")
@pytest.mark.parametrize("keyword", ["PatientID", "StudyDate"])
def test_series_with_an_attribute_of_its_study(endpoint, stored, keyword):
    """The result for a series of a study has an attribute of the study that the client asks for."""
    instances = stored("described")
    response = search(endpoint, instances[0], "series", keyword)

    expect.status(response, 200)
    returned.attributes(response, instances, "series", [keyword])


@check("SEARCH-INCL-008")
@pytest.mark.parametrize("keyword", ["PatientID", "StudyDate", "Modality", "SeriesNumber"])
def test_instance_with_an_attribute_of_its_study_or_series(endpoint, stored, keyword):
    """The result for an instance of a series has an attribute of the series or study that the client asks for."""
    (instance, *_) = stored("described")
    response = search(endpoint, instance, "instance", keyword)

    expect.status(response, 200)
    returned.attributes(response, [instance], "instance", [keyword])


@check("SEARCH-INCL-009")
def test_private_attribute(endpoint, stored):
    """A private attribute that the client asks for comes with its Private Creator, or not at all."""
    (instance, *_) = stored("described")
    creator, element = f"{PRIVATE_GROUP:04X}0010", f"{PRIVATE_GROUP:04X}1001"
    response = endpoint.get(
        f"{instance.series_path}/instances",
        params={creator: PRIVATE_CREATOR, "SOPInstanceUID": instance.sop_instance_uid, "includefield": element},
    )

    found = result(response, instance, "instance")

    if element not in found:
        raise NotSupported(f"a private attribute is not returned ({response.request})")
    there = dicom_json.text(found, creator)
    assert there == PRIVATE_CREATOR, (
        f"the Private Creator {creator} of {element} is {there or 'missing'}, should be {PRIVATE_CREATOR} "
        f"({response.request})"
    )


@check("SEARCH-INCL-010")
@pytest.mark.parametrize("level", ["study", "series"])
def test_key_is_returned(endpoint, stored, level):
    """An attribute that a search matches is there in the results; one that the server ignores need not be."""
    (instance, *_) = stored("described")
    target, keyword = LEVELS[level][0](instance), LEVELS[level][1]
    value = instance.dataset[keyword].value.replace(" ", "%20")
    if instance_uid(instance, level).encode() in endpoint.get(f"{target}&{keyword}=NOBODY".replace("?&", "?")).content:
        raise NotSupported(f"{keyword} is no key of searches: what does not match it is found")

    response = endpoint.get(f"{target}&{keyword}={value}".replace("?&", "?"))

    expected = returned.entities([instance], level)[instance_uid(instance, level)]
    expect.equal(returned.differences(result(response, instance, level), expected, [keyword]), response)


@check("SEARCH-INCL-011", "unsupported")
def test_attribute_that_nobody_stored(endpoint, stored):
    """A search that asks for an attribute that no instance has, and no server has to support, finds the study."""
    (instance, *_) = stored("described")
    response = search(endpoint, instance, "study", "Occupation")

    expect.one_match(response, "StudyInstanceUID", instance.study_uid)


@check("SEARCH-INCL-011", "unknown")
def test_attribute_that_does_not_exist(endpoint, stored):
    """A search that asks for a tag which no attribute has finds the study, or is refused."""
    (instance, *_) = stored("described")
    response = search(endpoint, instance, "study", "00189999")

    expect.outcome(response, [200], [400], "what is unknown is ignored (8.3), but it may be taken for a bad value")
    expect.one_match(response, "StudyInstanceUID", instance.study_uid)


@check("SEARCH-INCL-012")
@pytest.mark.parametrize(
    "field", ["RequestAttributesSequence.RequestedProcedureID", "RequestAttributesSequence"], ids=["item", "whole"]
)
def test_attribute_of_a_sequence(endpoint, stored, field):
    """An attribute inside of a sequence is there when it is asked for with dots, and when the sequence is."""
    (instance, *_) = stored("described")
    response = search(endpoint, instance, "instance", field)

    expect.status(response, 200)
    items = dicom_json.items(result(response, instance, "instance"), "RequestAttributesSequence")
    found = [dicom_json.text(item, "RequestedProcedureID") for item in items]
    wanted = [item.RequestedProcedureID for item in instance.dataset.RequestAttributesSequence]
    assert found == wanted, (
        f"the RequestedProcedureIDs are {', '.join(map(str, found)) or 'missing'}, should be {', '.join(wanted)} "
        f"({response.request})"
    )
