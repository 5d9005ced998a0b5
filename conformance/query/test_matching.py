"""PS3.18 8.3.4.1, PS3.4 C.2.2.2.1 to C.2.2.2.3: single values, UID lists, universal matching, several keys."""

from __future__ import annotations

import pytest

from conformance.dicomweb import dicom_json
from conformance.kit import check, expect
from conformance.kit.verdicts import NotSupported, Observed
from conformance.query import scopes
from conformance.query.scopes import OF_PATIENTS, scope

# Below a study, so that it does not need relational queries.
OF_EACH_LEVEL = ("studies", "study-series", "series-instances")


@check("SEARCH-MATCH-001")
@pytest.mark.parametrize("key", ["PatientID", "ReferringPhysicianName", "StudyDate"])
def test_key_is_a_keyword(endpoint, stored, key):
    """A key written as a keyword finds exactly the studies with its value."""
    searched = scope(stored("archive"), "studies", everybody=key in OF_PATIENTS)
    keys = {key: searched.plain(key)}

    response = endpoint.fetch("studies", params=searched.narrow | keys)

    scopes.exactly(response, searched, keys)


@check("SEARCH-MATCH-002")
@pytest.mark.parametrize("key", ["AccessionNumber", "StudyDate"])
def test_key_is_a_tag(endpoint, stored, key):
    """A key written as eight digits finds the same studies as the keyword."""
    searched = scope(stored("archive"), "studies")
    value = searched.plain(key)

    by_keyword = endpoint.fetch("studies", params=searched.narrow | {key: value})
    by_tag = endpoint.fetch("studies", params=searched.narrow | {scopes.tag(key): value})

    scopes.same(by_tag, by_keyword, "study")


@check("SEARCH-MATCH-003")
def test_digits_of_a_tag_have_no_case(endpoint, stored):
    """The tag 0020000d means 0020000D."""
    searched = scope(stored("archive"), "studies")
    keys = {"0020000d": searched.plain("StudyInstanceUID")}

    response = endpoint.get("studies", params=searched.narrow | keys)

    scopes.exactly(response, searched, keys)


@check("SEARCH-MATCH-004")
@pytest.mark.parametrize(
    "keys",
    [
        {"StudyID": "1", "ModalitiesInStudy": "CT"},
        {"StudyDate": "20240228", "StudyID": "11", "ModalitiesInStudy": "CT"},
    ],
    ids=["two", "three"],
)
def test_each_of_several_keys_has_to_match(endpoint, stored, keys):
    """A search with several keys finds the studies that match each of them."""
    searched = scope(stored("archive"), "studies")

    response = endpoint.get("studies", params=searched.narrow | keys)

    scopes.exactly(response, searched, keys)


@check("SEARCH-MATCH-005")
@pytest.mark.parametrize("value", ["ABC", "A01", "A_1", "A.1"], ids=["abc", "a01", "underscore", "full-stop"])
def test_single_value_is_matched_exactly(endpoint, stored, value):
    """A value without wildcards finds only equal values: no longer ones, and none in another case."""
    searched = scope(stored("archive"), "studies")
    keys = {"AccessionNumber": value}

    response = endpoint.fetch("studies", params=searched.narrow | keys)

    scopes.exactly(response, searched, keys)


@check("SEARCH-MATCH-006")
@pytest.mark.parametrize("resource", OF_EACH_LEVEL)
def test_list_of_uids(endpoint, stored, resource):
    """Two UIDs separated by a comma find the entities of both."""
    searched = scope(stored("archive"), resource)
    first, second, *_ = searched.entities
    keys = {scopes.UIDS[searched.resource.gives]: f"{first},{second}"}

    response = endpoint.get(searched.target, params=searched.narrow | keys)

    scopes.exactly(response, searched, keys)


@check("SEARCH-MATCH-006", "odd")
@pytest.mark.parametrize("form", ["unknown", "repeated"])
def test_list_with_an_unknown_or_a_repeated_uid(endpoint, stored, form):
    """Two UIDs and one that nobody has, or one of them twice, find the studies of both, each once."""
    searched = scope(stored("archive"), "studies")
    first, second, *_ = searched.entities
    other = scopes.nobodys("StudyInstanceUID", first) if form == "unknown" else first
    keys = {"StudyInstanceUID": f"{first},{other},{second}"}

    response = endpoint.get("studies", params=keys)

    scopes.exactly(response, searched, keys)
    there = scopes.found(response, "study")
    for uid in (first, second):
        expect.equal(f"the number of matches with StudyInstanceUID {uid}", there.count(uid), 1, response)


@check("SEARCH-MATCH-006", "long")
def test_long_list_of_uids(endpoint, stored):
    """Forty UIDs find the studies of all, unless the list is too long for the server (414)."""
    searched = scope(stored("archive"), "studies")
    keys = {"StudyInstanceUID": ",".join([*searched.entities][:40])}

    response = endpoint.get("studies", params=keys)

    if response.status == 414:
        raise NotSupported(f"a list of 40 UIDs is too long for the server: status is 414 ({response.request})")
    scopes.exactly(response, searched, keys)


@check("SEARCH-MATCH-007")
@pytest.mark.parametrize("form", ["StudyDescription=", "StudyDescription"], ids=["empty", "bare"])
def test_empty_value_matches_all(endpoint, stored, form):
    """A key without a value finds every study of the patient."""
    searched = scope(stored("archive"), "studies")

    response = endpoint.get(f"studies?PatientID={searched.narrow['PatientID']}&{form}")

    expect.outcome(response, (200,), expect.REFUSALS, "8.3.1 does not say whether a parameter may have no value")
    scopes.exactly(response, searched, {"StudyDescription": ""})


@check("SEARCH-MATCH-007", "every-key")
@pytest.mark.parametrize("resource", OF_EACH_LEVEL)
def test_every_key_without_a_value(endpoint, stored, resource):
    """Every required key of a level without a value, a sequence too, finds all of the patient, study or series."""
    searched = scope(stored("archive"), resource)
    keys = {key.partition(".")[0]: "" for key in searched.keys if key not in searched.narrow}

    response = endpoint.get(searched.target, params=searched.narrow | keys)

    expect.outcome(response, (200,), expect.REFUSALS, "8.3.1 does not say whether a parameter may have no value")
    scopes.exactly(response, searched, {})


@check("SEARCH-MATCH-019")
def test_one_of_several_values_matches(endpoint, stored):
    """CT finds a study with the modalities CT and MR, and both are returned."""
    searched, keys = scope(stored("archive"), "studies"), {"ModalitiesInStudy": "CT"}

    response = endpoint.fetch("studies", params=searched.narrow | keys)

    scopes.exactly(response, searched, keys)
    matches = {dicom_json.text(match, "StudyInstanceUID"): match for match in expect.matches(response)}
    for uid in [uid for uid in searched.matching(keys) if uid in matches]:
        match, study = matches[uid], searched.entities[uid]
        should = ", ".join(sorted(scopes.values(study, "ModalitiesInStudy")))
        returned = ", ".join(sorted(map(str, dicom_json.values(match, "ModalitiesInStudy")))) or "empty"
        expect.equal("ModalitiesInStudy", returned, should, response)


@check("SEARCH-MATCH-020")
def test_key_given_twice(endpoint, stored):
    """The response to a key that occurs twice is recorded."""
    searched = scope(stored("archive"), "studies")
    response = endpoint.get(f"studies?PatientID={searched.narrow['PatientID']}&StudyID=1&StudyID=11")

    seen = len(scopes.found(response, "study")) if response.status in (200, 204) else "no"
    one, other = (len(searched.matching({"StudyID": value})) for value in ("1", "11"))
    raise Observed(
        f"StudyID=1&StudyID=11 returns {response.status}, with {seen} matches ({one} studies have 1, {other} have 11)"
    )


@check("SEARCH-MATCH-021")
def test_comma_in_a_text_is_a_comma(endpoint, stored):
    """A comma in a text value does not make a list: ABC,ABCD finds neither ABC nor ABCD."""
    searched = scope(stored("archive"), "studies")
    response = endpoint.get("studies", params=searched.narrow | {"AccessionNumber": "ABC,ABCD"})

    if response.status != 400:
        wrong = set(scopes.found(response, "study"))
        either = {uid for value in ("ABC", "ABCD") for uid in searched.matching({"AccessionNumber": value})}
        if either <= wrong:
            why = "8.3.4.1 has lists of UIDs only, but PS3.4 C.2.2.2.8 since 2024b lists of other values too"
            expect.doubt("the comma in the value", "a separator of two values", "part of one value", response, why)
        scopes.exactly(response, searched, {"AccessionNumber": "ABC,ABCD"})


@check("SEARCH-MATCH-027")
def test_unknown_value_of_a_required_key(endpoint, stored):
    """Whether any Accession Number finds a study whose Accession Number is empty."""
    searched = scope(stored("archive"), "studies")
    response = endpoint.fetch("studies", params=searched.narrow | {"AccessionNumber": "ABC"})

    empty = [uid for uid, ds in searched.entities.items() if not ds.get("AccessionNumber")]
    there = [uid for uid in scopes.found(response, "study") if uid in empty]
    raise Observed(f"AccessionNumber=ABC finds {len(there)} of the {len(empty)} studies without an Accession Number")


@check("SEARCH-MATCH-029")
@pytest.mark.parametrize("resource", ["studies", *OF_EACH_LEVEL[1:], "series", "instances"])
def test_each_entity_is_found_once(endpoint, stored, resource):
    """Each study, series or instance is listed once, however many entities are below it."""
    searched = scope(stored("archive"), resource)

    response = endpoint.fetch(searched.target, params=searched.narrow)

    scopes.offered(response, searched.resource)
    there = scopes.found(response, level := searched.resource.gives)
    for uid in there:
        times = there.count(uid)
        expect.that(times == 1, f"the {level} {uid}", f"found {times} times", "found once", response)


@check("SEARCH-MATCH-032")
@pytest.mark.parametrize(
    ("resource", "keys"),
    [
        ("series", {"Modality": "CT"}),
        ("series", {"Modality": "CT", "StudyID": "1"}),
        ("instances", {"Modality": "CT", "SOPClassUID": "1.2.840.10008.5.1.4.1.1.7"}),
        ("instances", {"StudyDate": "20240228", "StudyID": "1", "Modality": "MR", "InstanceNumber": "1"}),
    ],
    ids=["series", "series-and-study", "instances", "all-levels"],
)
def test_keys_of_several_levels(endpoint, stored, resource, keys):
    """A search of all series or instances accepts keys of their patient, study and series together."""
    searched = scope(stored("archive"), resource)

    response = endpoint.get(resource, params=searched.narrow | keys)

    scopes.offered(response, searched.resource)
    scopes.exactly(response, searched, keys)
