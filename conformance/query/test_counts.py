"""PS3.18 10.6.3.3.1: the values that a server computes for a study change with stores and deletes."""

from __future__ import annotations

from conformance.kit import check, expect, given, stow
from conformance.kit.kinds.described import further
from conformance.kit.verdicts import Blocked, Deviates
from conformance.query import returned

COMPUTED = ["NumberOfStudyRelatedSeries", "NumberOfStudyRelatedInstances", "ModalitiesInStudy"]


def searched(endpoint, instance):
    """The response to a search for the study of an instance, as it is now."""
    return endpoint.get("studies", params={"StudyInstanceUID": instance.study_uid})


def given_computed(response, instances):
    """The values that the server computes for a study are right to begin with. Raises Blocked."""
    try:
        returned.attributes(response, instances, "study", COMPUTED)
    except Deviates as error:
        raise Blocked.of(error.deviation, "search-attr-study-00201208") from None


@check("SEARCH-RESP-004", "store")
def test_series_that_is_added_is_counted(endpoint, stored):
    """The study counts a newly stored series and its instance, and lists its modality."""
    (first,) = stored("growing")
    added = further(first, "XC")
    given_computed(searched(endpoint, first), [first])

    store = endpoint.post("studies", stow.multipart([added]))

    given.accepted(store)
    returned.attributes(searched(endpoint, first), [first, added], "study", COMPUTED)


@check("SEARCH-RESP-004", "delete")
def test_series_that_is_deleted_is_not_counted(endpoint, stored):
    """The study no longer counts a deleted series, nor lists its modality."""
    given.claimed(endpoint, "delete")
    (first,) = stored("shrinking")
    gone = further(first, "XC")
    given.accepted(endpoint.post("studies", stow.multipart([gone])))
    given_computed(searched(endpoint, first), [first, gone])

    delete = endpoint.delete(gone.series_path, removing=[gone])

    try:
        expect.deleted(delete)
    except Deviates as error:
        raise Blocked.of(error.deviation, "seed-delete-series") from None
    returned.attributes(searched(endpoint, first), [first], "study", COMPUTED)
