"""PS3.18 8.3.4.1, PS3.4 C.2.2.2.1 and RFC 3986: every printable character in the values of keys."""

from __future__ import annotations

import string
from urllib.parse import unquote

import pytest

from conformance.dicomweb import dicom_json
from conformance.kit import check, expect, given
from conformance.kit.kinds.characters import ALIKE, VALUES
from conformance.kit.verdicts import Observed
from conformance.query import characters, scopes
from conformance.query.characters import ENCODINGS, KEYS, SPECIAL
from conformance.query.scopes import UIDS

each_key = pytest.mark.parametrize("key", KEYS, ids=characters.case)
NAMES = ("ReferringPhysicianName", "PatientName")
# What has no wildcard in it.
LITERAL = [name for name in VALUES if name != "wildcards"]
# What would end or open a string, a pattern, a tag or an escape that it is pasted into.
ELSEWHERE = {
    "comment": "--",
    "condition": "' OR '1'='1",
    "template": "${x}",
    "percent-encoded": "%00",
    "tag": "<b>",
    "entity": "&amp;",
    "escape": "\\u0041",
}


# By case: the resource, the key, and a value as it is written.
BEYOND = {
    "long": ("studies", "AccessionNumber", "X" * 1000),
    "not-utf-8": ("studies", "AccessionNumber", "%FF%FE"),
    "great": ("study-series", "SeriesNumber", "99999999999"),
}


@check("SEARCH-CHAR-001")
@each_key
def test_every_printable_character(endpoint, stored, key):
    """A value with any printable ASCII character finds the entities with that value, and nothing else."""
    searched = characters.scope(endpoint, stored("characters"), key)

    for name in LITERAL:
        characters.exactly(endpoint, searched, key, name)


@check("SEARCH-CHAR-001", "look-alikes")
@pytest.mark.parametrize("key", ["AccessionNumber", "StudyID", "ReferringPhysicianName"])
def test_value_that_looks_like_something_else(endpoint, stored, key):
    """A value such as NULL, true, 00, 1E5 or The finds the studies that have it, and no others."""
    searched = scopes.scope(stored("look-alikes"), "studies")
    plain, *others = searched.values(key)
    characters.literal(endpoint, searched, key, plain, f"search-key-study-{scopes.tag(key)}.studies")

    for text in others:
        scopes.exactly(characters.ask(endpoint, searched, key, text), searched, {key: text})


@check("SEARCH-CHAR-001", "numbers")
@pytest.mark.parametrize(("key", "resource"), [("SeriesNumber", "series"), ("InstanceNumber", "instances")])
def test_number_that_looks_like_something_else(endpoint, stored, key, resource):
    """The numbers 0, -1 and 10 find the series and the instances that have them, and no others."""
    searched = scopes.scope(stored("look-alikes"), resource)
    scopes.offered(endpoint.fetch(searched.target, params=searched.narrow), searched.resource)
    plain, *others = searched.values(key)
    level = searched.resource.gives
    characters.literal(endpoint, searched, key, plain, f"search-key-{level}-{scopes.tag(key)}.{resource}")

    for text in others:
        scopes.exactly(characters.ask(endpoint, searched, key, text), searched, {key: text})


@check("SEARCH-CHAR-002")
@pytest.mark.parametrize("encoding", ENCODINGS)
@each_key
def test_ways_to_encode_a_value(endpoint, stored, key, encoding):
    """A value matches the same, whichever of its characters are percent-encoded, in upper or lower case digits."""
    searched = characters.scope(endpoint, stored("characters"), key)

    for name in SPECIAL:
        text = characters.text_of(searched, key, name)
        plain = characters.literal(endpoint, searched, key, text)
        response = characters.ask(endpoint, searched, key, text, ENCODINGS[encoding])
        scopes.same(response, plain, searched.resource.gives)


@check("SEARCH-CHAR-003")
@pytest.mark.parametrize("wildcard", ["asterisk", "question-mark"])
@each_key
def test_characters_beside_a_wildcard(endpoint, stored, key, wildcard):
    """In a value with `*` or `?`, every other character matches only itself."""
    searched = characters.scope(endpoint, stored("characters"), key)
    digits = characters.text_of(searched, key, "digits")
    control, by = (
        (f"{digits[:-1]}*", "search-match-008.prefix")
        if wildcard == "asterisk"
        else (f"{digits[:-1]}?", "search-match-009.one")
    )
    characters.literal(endpoint, searched, key, control, by)

    stars = characters.text_of(searched, key, "wildcards")
    scopes.exactly(characters.ask(endpoint, searched, key, stars), searched, {key: stars})
    for name in SPECIAL:
        text = characters.text_of(searched, key, name)
        characters.literal(endpoint, searched, key, text)
        for pattern in (f"{text[:-2]}*", f"{text[:-4]}*{text[-2:]}") if wildcard == "asterisk" else (f"{text[:-1]}?",):
            response = characters.ask(endpoint, searched, key, pattern)
            scopes.exactly(response, searched, {key: pattern})


def nothing(endpoint, searched, value):
    """No study has a value, or it is refused."""
    response = characters.ask(endpoint, searched, "AccessionNumber", value)

    if response.status not in expect.REFUSALS:
        scopes.exactly(response, searched, {"AccessionNumber": value})


@check("SEARCH-CHAR-004")
@pytest.mark.parametrize("value", ELSEWHERE.values(), ids=ELSEWHERE)
def test_value_that_means_something_elsewhere(endpoint, stored, value):
    """A value with characters that are special in SQL, HTML or a pattern finds nothing, or returns 400."""
    nothing(endpoint, characters.scope(endpoint, stored("characters"), "AccessionNumber"), value)


@check("SEARCH-CHAR-004", "alone")
def test_one_character_alone(endpoint, stored):
    """A single punctuation character finds nothing, or returns 400."""
    searched = characters.scope(endpoint, stored("characters"), "AccessionNumber")

    for character in sorted(set(string.punctuation) - {"*", "?"}):
        nothing(endpoint, searched, character)


@check("SEARCH-CHAR-004", "beyond")
@pytest.mark.parametrize("case", BEYOND)
def test_value_that_no_attribute_can_have(endpoint, stored, case):
    """A value that is too long, too great or not UTF-8 finds nothing, or is refused: no server error."""
    resource, key, written = BEYOND[case]
    searched = scopes.scope(stored("archive"), resource)
    narrow = "".join(f"{name}={value}&" for name, value in searched.narrow.items())

    response = endpoint.get(f"{searched.target}?{narrow}{key}={written}")

    if response.status not in expect.REFUSALS:
        scopes.exactly(response, searched, {key: unquote(written)})


@check("SEARCH-CHAR-005")
@pytest.mark.parametrize("form", ["plus", "padded"])
def test_blanks_as_some_write_them(endpoint, stored, form):
    """The studies found by a blank written as `+`, and by a value between blanks, are recorded."""
    searched = characters.scope(endpoint, stored("characters"), "AccessionNumber")
    text = characters.text_of(searched, "AccessionNumber", "blank")
    characters.literal(endpoint, searched, "AccessionNumber", text)
    written = text.replace(" ", "+") if form == "plus" else f"%20{characters.usual(text)}%20"

    response = characters.ask(endpoint, searched, "AccessionNumber", written, str)

    found = bool(searched.matching({"AccessionNumber": text})[0].encode() in response.content)
    raise Observed(
        f"AccessionNumber={written} returns {response.status}, and {'finds' if found else 'does not find'} {text}"
    )


@check("SEARCH-FUZZY-001", "characters")
@pytest.mark.parametrize("key", NAMES, ids=characters.case)
def test_fuzzy_search_finds_every_exact_name(endpoint, stored, key):
    """A name with any printable character and fuzzymatching=true finds at least its exact matches."""
    searched = characters.scope(endpoint, stored("characters"), key)

    for name in LITERAL:
        text = characters.text_of(searched, key, name)
        literal = characters.literal(endpoint, searched, key, text)
        fuzzy = characters.ask(
            endpoint, searched, key, text, lambda value: characters.usual(value) + "&fuzzymatching=true"
        )
        there = scopes.found(fuzzy, "study")
        for uid in scopes.found(literal, "study"):
            entity = scopes.described(searched, uid, {key: text})
            expect.that(uid in there, entity, "missing", "found, as without fuzzymatching", fuzzy)


@check("SEARCH-MATCH-023", "character-sets")
@pytest.mark.parametrize("fuzzy", ["", "&fuzzymatching=true"], ids=["literal", "fuzzy"])
def test_name_in_two_character_sets(endpoint, stored, fuzzy):
    """A name finds its studies, whatever the character set in which each was stored; literally not those of another
    patient with the same ID."""
    instances = stored("alike")
    searched = scopes.scope(instances, "studies")
    keys = {"PatientName": next(text for text in searched.values("PatientName") if text.endswith(ALIKE))}

    response = characters.ask(
        endpoint, searched, "PatientName", keys["PatientName"], lambda text: characters.usual(text) + fuzzy
    )

    scopes.nothing_missing(response, searched, keys)
    if not fuzzy:
        scopes.nothing_else(response, searched, keys)


@check("SEARCH-KEY-STUDY-00100020", "two-patients")
def test_two_patients_of_one_id(endpoint, stored):
    """A Patient ID finds the studies of all patients who have it, whatever their names."""
    searched = scopes.scope(stored("alike"), "studies")

    response = endpoint.fetch("studies", params=searched.narrow)

    scopes.exactly(response, searched, searched.narrow)


@check("SEARCH-ATTR-STUDY-00100010", "two-patients")
def test_each_patient_of_an_id_has_a_name(endpoint, stored):
    """Each study has the name of its own patient, even if another patient has the same ID."""
    searched = scopes.scope(stored("alike"), "studies")
    response = endpoint.fetch("studies", params=searched.narrow)

    given.searched(response)
    for match in expect.matches(response):
        uid, name = (dicom_json.text(match, keyword) for keyword in ("StudyInstanceUID", "PatientName"))
        if uid in searched.entities and name != (wanted := str(searched.entities[uid].PatientName)):
            why = "a server may hold one name for a Patient ID"
            expect.doubt(f"PatientName of the study {uid}", name, wanted, response, why)


@check("SEARCH-RES-011")
@pytest.mark.parametrize("resource", scopes.RESOURCES)
def test_study_without_values(endpoint, stored, resource):
    """A study without a date, ID or name, its series and its instances are found by UID."""
    (instance, *_) = stored("without-values")
    item = scopes.RESOURCES[resource]
    keyword = UIDS[item.gives]
    uid = str(instance.dataset[keyword].value)
    target = item.path.format(study=instance.study_path, series=instance.series_path)

    response = endpoint.fetch(f"{target}?{keyword}={uid}")

    scopes.offered(response, item)
    expect.one_match(response, keyword, uid)
