"""PS3.18 10.6: the rules of the matches of every search of the run so far."""

from __future__ import annotations

from conformance.common.answers import FIRST
from conformance.kit import check
from conformance.rules import searches

# Searches with paging, included fields, keys of other levels, and drawn queries.
ASKED = (*FIRST, "SEARCH-PAGING-001", "SEARCH-PAGING-004", "SEARCH-INCL-003", "SEARCH-INCL-008", "SEARCH-MATCH-032")


@check("SEARCH-MATCH-029", "every-answer", follows=ASKED)
def test_match_is_listed_once(every):
    """No search of the run lists a study, a series or an instance twice."""
    every(searches.searches, searches.repeated, "a match of a search")


@check("SEARCH-PAGING-001", "every-answer", follows=ASKED)
def test_limit_is_kept(every):
    """No search of the run has more matches than its limit."""
    every(searches.searches, searches.surplus, "a match of a search")


@check("SEARCH-RES-008", "every-answer", follows=ASKED)
def test_matches_are_of_the_path(every):
    """No match of the run has another Study or Series Instance UID than the path of its search."""
    every(searches.searches, searches.outside, "a match of a search")


@check("SEARCH-ATTR-STUDY-0020000D", "every-answer", follows=ASKED)
def test_study_has_its_uid(every):
    """Every match of a search for studies has its Study Instance UID."""
    every(searches.of_level("studies"), searches.nameless, "a match of a search for studies")


@check("SEARCH-ATTR-SERIES-0020000E", "every-answer", follows=ASKED)
def test_series_has_its_uid(every):
    """Every match of a search for series has its Series Instance UID."""
    every(searches.of_level("series"), searches.nameless, "a match of a search for series")


@check("SEARCH-INCL-001", "every-answer", follows=ASKED)
def test_nothing_takes_away_from_a_match(every, answers):
    """No includefield, page or matching mode of the run takes from a match what it has without them."""
    every(searches.searches, searches.lessened(searches.searches(answers)), "a match of a search")


@check("SEARCH-ATTR-SERIES-00081190", "every-answer", follows=ASKED)
def test_url_of_a_series_is_its_own(every):
    """No RetrieveURL of a match in the run, a series of one of several studies, names another study or series."""
    every(searches.of_level("series"), searches.leading_elsewhere, "a match of a search for series")


@check("SEARCH-ATTR-INSTANCE-00081190", "every-answer", follows=ASKED)
def test_url_of_an_instance_is_its_own(every):
    """No RetrieveURL of a match in the run, an instance of one of several series, names another instance."""
    every(searches.of_level("instances"), searches.leading_elsewhere, "a match of a search for instances")


@check("SEARCH-ATTR-STUDY-00081190", "every-answer", follows=ASKED)
def test_url_of_a_study_is_its_own(every):
    """No RetrieveURL of a match in the run, one of several studies, names another study."""
    every(searches.of_level("studies"), searches.leading_elsewhere, "a match of a search for studies")


@check("SEARCH-ATTR-INSTANCE-00080018", "every-answer", follows=ASKED)
def test_instance_has_its_uid(every):
    """Every match of a search for instances has its SOP Instance UID."""
    every(searches.of_level("instances"), searches.nameless, "a match of a search for instances")
