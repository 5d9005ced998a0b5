"""PS3.18 8.3.4: searches as viewers build them, with keys that occur twice, or are of another level."""

from __future__ import annotations

import pytest

from conformance.dicomweb import warning_field
from conformance.kit import check, expect, given
from conformance.kit.verdicts import Observed
from conformance.query import scopes
from conformance.query.scopes import scope

# Resources with a key, and as much of a page as its matches fill several times.
KEYS = {"studies": "AccessionNumber", "study-series": "Modality", "series-instances": "InstanceNumber"}
PAGED = {
    "studies": ({"ModalitiesInStudy": "CT"}, 4),
    "study-instances": ({"Modality": "CT"}, 1),
    "series": ({"ModalitiesInStudy": "CT", "Modality": "MR"}, 2),
    "instances": ({"StudyDate": "20240228"}, 2),
}


@check("SEARCH-INCL-013")
@pytest.mark.parametrize("form", ["keyword", "tag", "other-spelling", "list", "before"])
@pytest.mark.parametrize("resource", KEYS)
def test_key_that_is_also_asked_for(endpoint, stored, resource, form):
    """A key still has to match if includefield also names it."""
    searched, key = scope(stored("archive"), resource), KEYS[resource]
    keys = {key: searched.plain(key)}
    tag = scopes.tag(key)
    include = {"tag": tag, "other-spelling": tag, "list": f"SpecificCharacterSet,{key}"}.get(form, key)
    pairs = [f"{name}={value}" for name, value in {**searched.narrow, tag if form == "tag" else key: keys[key]}.items()]
    pairs.insert(0 if form == "before" else len(pairs), f"includefield={include}")

    by = f"search-key-{searched.resource.gives}-{tag}.{resource}"
    given.searched(endpoint.fetch(searched.target, params=searched.narrow | keys), by)

    response = endpoint.get(f"{searched.target}?{'&'.join(pairs)}")

    scopes.exactly(response, searched, keys)


@check("SEARCH-PAGING-004", "other-level")
@pytest.mark.parametrize("resource", PAGED)
def test_pages_of_a_search_with_keys_of_another_level(endpoint, stored, resource):
    """Pages of a search by a key of another level are full, and contain every match once."""
    searched, (keys, limit) = scope(stored("archive"), resource), PAGED[resource]
    wanted = searched.matching(keys)
    whole = endpoint.fetch(searched.target, params=searched.narrow | keys)
    scopes.offered(whole, searched.resource)
    if warning_field.speaks_of_more(whole.header("Warning")):
        limit = min(limit, len(scopes.found(whole, searched.resource.gives)) or limit)  # the server has one of its own

    pages = []
    # What has no value may match too (PS3.4 C.2.2.1.2), so there may be more pages than for what is wanted.
    for offset in range(0, len(searched.matching({})) + limit, limit):
        paging = {"limit": str(limit), "offset": str(offset)}
        response = endpoint.get(searched.target, params=searched.narrow | keys | paging)
        page = scopes.found(response, searched.resource.gives)
        scopes.nothing_else(response, searched, keys)
        pages += page
        if not page:
            break

    # Which of them a server loses may be another one each time: their number is what was found.
    once = [uid for uid in wanted if pages.count(uid) == 1]
    expect.equal(f"the number of matches found exactly once with limit={limit}", len(once), len(wanted), whole)


@check("SEARCH-INCL-014")
def test_encoded_comma_in_includefield(endpoint, stored):
    """The response to a list of attributes whose comma is percent-encoded, as from a viewer, is recorded."""
    searched = scope(stored("archive"), "studies")
    keys = f"PatientID={searched.narrow['PatientID']}&limit=101&offset=0&fuzzymatching=false"
    plain = endpoint.get(f"studies?{keys}&includefield=00081030,00080060")
    response = endpoint.get(f"studies?{keys}&includefield=00081030%2C00080060")

    said = [
        f"{answer.status} {'with' if b'00081030' in answer.content else 'without'} StudyDescription"
        for answer in (response, plain)
    ]
    raise Observed(f"a list with the comma as %2C returns {said[0]}, with a plain comma {said[1]}")


@check("SEARCH-MATCH-033")
def test_backslash_between_uids(endpoint, stored):
    """The studies found by two UIDs separated by a backslash, as from a viewer, are recorded."""
    searched = scope(stored("archive"), "studies")
    first, second, *_ = searched.entities

    response = endpoint.get(f"studies?PatientID={searched.narrow['PatientID']}&StudyInstanceUID={first}%5C{second}")

    there = scopes.found(response, "study") if response.status in (200, 204) else []
    both = sum(uid in (first, second) for uid in there)
    raise Observed(f"two UIDs with a backslash between them return {response.status}, with {both} of the two studies")


@check("SEARCH-MATCH-034")
def test_part_of_a_description(endpoint, stored):
    """Whether a part of a Study Description between asterisks, as from a viewer, finds its studies."""
    searched, keys = scope(stored("archive"), "studies"), {"StudyDescription": "*EST*"}

    response = endpoint.get("studies", params=searched.narrow | keys)

    there = scopes.found(response, "study") if response.status in (200, 204) else []
    wrong = [uid for uid in there if not searched.may_match(uid, keys)]
    seen = f"{len(there)} studies, of which {len(wrong)} do not match"
    raise Observed(f"StudyDescription=*EST* returns {response.status}, with {seen}")
