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
    """An own object is found by each required key that it has."""
    (instance,) = stored(own)
    given.searchable(endpoint, stored("sample")[0])

    missed, last = [], None
    for level, target in LEVELS.items():
        uid = returned.uid(instance, level)
        where = target.format(study=instance.study_path, series=instance.series_path)
        for key, forms in _values(instance.dataset, set(KEYS[level]) - stored.varying(own)).items():
            narrow = {UIDS[level]: uid} if level == "study" and key != UIDS[level] else {}
            responses = [endpoint.fetch(where, params={**narrow, key: value}) for value in forms]
            # Whether a key is supported, in each of its forms, is judged by its own requirement.
            searches = [response for response in responses if response.status not in expect.REFUSALS]
            if searches and not any(uid in scopes.found(response, level) for response in searches):
                missed.append(difference(f"the {level} by its {key}", "missing", "found"))
                last = searches[0]
    if last is not None:
        expect.same(missed, last)


def _values(ds, keys):
    """The value of each key that surely matches, and of a name its family name with a wildcard."""
    found = {}
    for key in sorted(keys):
        value = next((value for value in scopes.values(ds, key) if value.strip()), "")
        family = re.match(r"[A-Za-z0-9.-]+(?=\^)", value)
        if value and not set(value) & set("*?\\") and matching.satisfies(ds, {key: value}):
            found[key] = [value, f"{family[0]}*"] if family else [value]
    return found
