"""PS3.18 10.6.3.3.1: the values that a server computes for a study change with stores and deletes."""

from __future__ import annotations

from conformance.dicomweb import dicom_json
from conformance.kit import check, expect, given, stow
from conformance.kit.kinds.described import further
from conformance.kit.verdicts import Blocked, Deviates
from conformance.query import returned

COMPUTED = ["NumberOfStudyRelatedSeries", "NumberOfStudyRelatedInstances", "ModalitiesInStudy"]


def has_modality_key(endpoint, instance):
    """True if a search finds the study of an instance by its modality, and not by one that it lacks, as
    SEARCH-MATCH-019 judges."""
    own, other = (
        searched(endpoint, instance, ModalitiesInStudy=modality).content.count(instance.study_uid.encode())
        for modality in (instance.dataset.Modality, "XA")
    )
    return own > 0 == other


def searched(endpoint, instance, **keys):
    """The response to a search for the study of an instance, as it is now, with further keys."""
    return endpoint.get("studies", params={"StudyInstanceUID": instance.study_uid, **keys})


def given_computed(response, instances):
    """The values that the server computes for a study are right to begin with. Raises Blocked."""
    try:
        returned.attributes(response, instances, "study", COMPUTED)
    except Deviates as error:
        raise Blocked.of(error.deviation, "search-attr-study-00201208") from None


@check("SEARCH-RESP-004", "store")
def test_series_that_is_added_is_counted(endpoint, stored):
    """The study counts a newly stored series and its instance, lists its modality, and is found by it."""
    (first,) = stored("growing")
    added = further(first, "XC")
    given_computed(searched(endpoint, first), [first])
    is_key = has_modality_key(endpoint, first)

    store = endpoint.post("studies", stow.multipart([added]))

    given.accepted(store)
    returned.attributes(searched(endpoint, first), [first, added], "study", COMPUTED)
    if is_key:
        expect.one_match(searched(endpoint, first, ModalitiesInStudy="XC"), "StudyInstanceUID", first.study_uid)


@check("SEARCH-RESP-004", "by-modality")
def test_counts_of_studies_that_a_modality_finds(endpoint, stored):
    """Studies found by one of their modalities count their series and instances of the other modalities too."""
    archive = stored("archive")
    keys = {"PatientID": str(archive[0].dataset.PatientID), "ModalitiesInStudy": "CT"}
    response = endpoint.fetch("studies", params=keys)
    given.present(response, by="search-match-019")
    if not (matches := given.matches(response)):
        raise Blocked(f"the search finds none of the stored studies ({response.request})", "search-match-019")

    for match in matches:
        study = dicom_json.text(match, "StudyInstanceUID")
        of_study = [item for item in archive if item.study_uid == study]
        for keyword, number in (
            ("NumberOfStudyRelatedSeries", len({item.series_uid for item in of_study})),
            ("NumberOfStudyRelatedInstances", len(of_study)),
        ):
            # Another check judges whether there are counts, and one whether the study may be found.
            if of_study and (found := dicom_json.text(match, keyword)) is not None:
                expect.equal(f"{keyword} of {study}", found.strip(), str(number), response)


@check("SEARCH-RESP-004", "delete")
def test_series_that_is_deleted_is_not_counted(endpoint, stored):
    """The study no longer counts a deleted series, nor lists its modality, nor is found by it."""
    given.claimed(endpoint, "delete")
    (first,) = stored("shrinking")
    gone = further(first, "XC")
    given.accepted(endpoint.post("studies", stow.multipart([gone])))
    given_computed(searched(endpoint, first), [first, gone])
    is_key = has_modality_key(endpoint, first)

    delete = endpoint.delete(gone.series_path, removing=[gone])

    try:
        expect.deleted(delete)
    except Deviates as error:
        raise Blocked.of(error.deviation, "seed-delete-series") from None
    returned.attributes(searched(endpoint, first), [first], "study", COMPUTED)
    if is_key:
        expect.no_match(searched(endpoint, first, ModalitiesInStudy="XC"))
