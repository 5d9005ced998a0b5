"""What has to hold before anything is judged blocks; what another check judges does not."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from conformance.dicomweb.messages import Response
from conformance.kit import given
from conformance.kit.verdicts import Blocked
from tests.kit.test_expect import RED, found, response

NOTHING = response(content=b"[]")
RED_STUDY = found(RED.study_uid)


@dataclass
class Endpoint:
    """Answers a search by one of its keys, or below a study ("instances"), and everything else with nothing.

    `late` are the answers to what is asked for once more.
    """

    searches: dict[str, Response] = field(default_factory=dict)
    late: dict[str, Response] = field(default_factory=dict)
    metadata: Response = NOTHING
    claims: frozenset[str] = frozenset({"metadata", "search", "relational-search"})

    def fetch(self, target, *, params=None):
        if target.endswith("/metadata"):
            return self.metadata
        return self.searches.get(next(iter(params), target.rpartition("/")[2]), NOTHING)

    def get(self, target, *, params=None):
        return self.late.get(next(iter(params), target.rpartition("/")[2]), NOTHING)


@pytest.mark.parametrize("by", ["StudyInstanceUID", "PatientID", "instances"])
def test_study_is_searchable_where_some_search_finds_it(by):
    given.searchable(Endpoint({by: RED_STUDY}), RED)
    given.searchable(Endpoint(late={by: RED_STUDY}), RED)


@pytest.mark.parametrize("answer", [NOTHING, response(204), found("1.2.3"), response(content=b"<html>")])
def test_study_is_not_searchable_where_nothing_finds_it(answer):
    everywhere = dict.fromkeys(("StudyInstanceUID", "PatientID", "instances"), answer)

    with pytest.raises(Blocked, match="no search finds the stored study") as blocked:
        given.searchable(Endpoint(everywhere, everywhere), RED)

    assert blocked.value.by == "seed-search-studies"


def test_search_that_fails_is_judged_by_others():
    given.searchable(Endpoint({"StudyInstanceUID": response(500)}), RED)


def test_patient_without_an_id_is_not_searched_for():
    nobody = RED.edited(PatientID="")

    with pytest.raises(Blocked):
        given.searchable(Endpoint({"PatientID": RED_STUDY}), nobody)


def test_metadata_have_to_name_what_they_are_of():
    uids = (RED.study_uid, RED.series_uid, RED.sop_instance_uid)
    for uid in uids:
        given.described(Endpoint(metadata=found(uid)), RED)
    given.described(Endpoint(metadata=response(406)), RED)
    given.described(replace(Endpoint(), claims=frozenset()), RED)

    with pytest.raises(Blocked, match="the metadata contain no UID of the instance") as blocked:
        given.described(Endpoint(metadata=found("1.2.3")), RED)
    assert blocked.value.by == "seed-retrieve-instance-metadata"


def test_only_match_of_a_search_is_read():
    assert given.one_match(RED_STUDY, "StudyInstanceUID", RED.study_uid)["0020000D"]["Value"] == [RED.study_uid]
    for answer in (NOTHING, found(RED.study_uid, RED.study_uid), found("1.2.3"), response(404)):
        with pytest.raises(Blocked, match="should be"):
            given.one_match(answer, "StudyInstanceUID", RED.study_uid)
