"""PS3.18 10.6.1, 10.6.3: own objects, which the operator gave the run to store, are found."""

from __future__ import annotations

import re

from conformance.dicomweb import matching
from conformance.dicomweb.differences import difference
from conformance.kit import check, expect, given
from conformance.query import returned, scopes
from conformance.query.scopes import KEYS, UIDS

LEVELS = {"study": "studies", "series": "{study}/series", "instance": "{series}/instances"}


@check("SEARCH-RES-003", "own")
def test_own_object_is_found(endpoint, stored, own):
    """A search for an own object finds its study by the patient, and the object once in its study."""
    (instance,) = stored(own)
    given.searchable(endpoint, stored("sample")[0])
    keys = {"PatientID": str(instance.dataset.PatientID), "StudyInstanceUID": instance.study_uid}
    expect.one_match(endpoint.fetch("studies", params=keys), "StudyInstanceUID", instance.study_uid)

    uid = instance.sop_instance_uid
    response = endpoint.fetch(f"{instance.study_path}/instances", params={"SOPInstanceUID": uid})
    expect.one_match(response, "SOPInstanceUID", uid)


@check("SEARCH-KEY-LEVELS", "own")
def test_own_object_is_found_by_its_values(endpoint, stored, own):
    """An own object is found by each required key that it has, a name by its family name."""
    (instance,) = stored(own)
    given.searchable(endpoint, stored("sample")[0])

    missed, last = [], None
    for level, target in LEVELS.items():
        uid = returned.uid(instance, level)
        where = target.format(study=instance.study_path, series=instance.series_path)
        for key, value in _values(instance.dataset, set(KEYS[level]) - stored.varying(own)).items():
            narrow = {UIDS[level]: uid} if level == "study" and key != UIDS[level] else {}
            response = endpoint.fetch(where, params={**narrow, key: value})
            if uid not in scopes.found(response, level):
                missed.append(difference(f"the {level} by its {key}", "missing", "found"))
                last = response
    if last is not None:
        expect.same(missed, last)


def _values(ds, keys):
    """A value for each key that the object has, if it surely matches it."""
    found = {}
    for key in sorted(keys):
        value = next((value for value in scopes.values(ds, key) if value.strip()), "")
        plain = value and not set(value) & set("*?\\")
        family = re.match(r"[A-Za-z0-9.-]+(?=\^)", value)  # percent-encoding is judged elsewhere
        value = f"{family[0]}*" if family else value
        if plain and matching.satisfies(ds, {key: value}):
            found[key] = value
    return found
