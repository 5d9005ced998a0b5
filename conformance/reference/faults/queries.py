"""Faults in reading the query of a search, and in its matches (PS3.18 8.3.4, 10.6.1.2, 10.6.3)."""

from __future__ import annotations

import json
import re
from urllib.parse import unquote

from pydicom.datadict import tag_for_keyword
from starlette.requests import Request
from starlette.responses import Response

from .altered import answer_fault, names, path, query, refused, request_fault, set_query, with_body
from .editing import JSON_TEXT
from .keys import without


@request_fault("bad-date-is-ignored", breaks=("SEARCH-STATUS-003",), says="results, should be 400")
def bad_date_is_ignored(request: Request) -> None:
    """Ignores an invalid date or range of dates, and returns all studies."""
    if re.search("StudyDate=(?![0-9]*-?[0-9]*(&|$))", query(request)):
        without(request, "StudyDate")


@request_fault("bad-date-is-500", breaks=("SEARCH-STATUS-003",), says="status is 500")
def bad_date_is_500(request: Request) -> Response | None:
    """Returns 500 for an invalid date."""
    return refused(500) if re.search("StudyDate=[a-z]", query(request)) else None


@request_fault(
    "range-of-dates-is-500", breaks=("SEARCH-MATCH-012",), says="status is 500", seen=("DICOMcloud/DICOMcloud#20",)
)
def range_of_dates_is_500(request: Request) -> Response | None:
    """Returns 500 for a range of dates."""
    return refused(500) if re.search("StudyDate=[0-9]*-", query(request)) else None


@request_fault("keyword-is-500", breaks=("SEARCH-MATCH-001",), says="status is 500", seen=("DICOMcloud/DICOMcloud#18",))
def keyword_is_500(request: Request) -> Response | None:
    """Returns 500 for Referring Physician's Name as a keyword, while the tag works."""
    return refused(500) if "ReferringPhysicianName" in names(request) else None


@request_fault("names-of-keys-stay-encoded", breaks=("COMMON-URI-005",), says="of a match is")
def names_of_keys_stay_encoded(request: Request) -> None:
    """Does not decode the names of parameters, and ignores those that it does not know."""
    parameters = query(request).split("&")
    set_query(request, "&".join(each for each in parameters if "%" not in each.partition("=")[0]))


@answer_fault("patterns-need-a-keyword", breaks=("SEARCH-RESP-003",), says="is missing, should be found")
def patterns_need_a_keyword(request: Request, response: Response) -> Response | None:
    """Finds nothing by a wildcard if the key is a tag."""
    is_pattern = re.search(r"(^|&)[0-9A-F]{8}(\.[0-9A-F]{8})*=[^&]*(\*|%3F)", query(request))
    return with_body(response, b"[]") if is_pattern and _is_list(response) else None


@request_fault("tag-is-ignored", breaks=("SEARCH-MATCH-002",), says="is in the matches", seen=("tiny-pacs 0.4.1",))
def tag_is_ignored(request: Request) -> None:
    """Ignores Accession Number as a tag, while the keyword works."""
    without(request, "00080050")


@request_fault("lower-case-tag-is-refused", breaks=("SEARCH-MATCH-003",), says="status is 400")
def lower_case_tag_is_refused(request: Request) -> Response | None:
    """Refuses a tag with a lower-case hexadecimal digit."""
    tags = [name for name in names(request) if re.fullmatch("[0-9a-fA-F]{8}", name)]
    return refused(400) if any(re.search("[a-f]", tag) for tag in tags) else None


@answer_fault("empty-value-finds-nothing", breaks=("SEARCH-MATCH-007",), says="is missing")
def empty_value_finds_nothing(request: Request, response: Response) -> Response | None:
    """Reads a key without a value as a search for entities without one."""
    return with_body(response, b"[]") if re.search("StudyDescription=?(&|$)", query(request)) else None


@request_fault("optional-key-is-refused", breaks=("SEARCH-MATCH-026",), says="status is 400")
def optional_key_is_refused(request: Request) -> Response | None:
    """Refuses a key that the server does not support."""
    return refused(400) if names(request) & {"PatientComments", "00104000", "InstitutionName"} else None


@answer_fault("character-set-is-matched", breaks=("SEARCH-MATCH-028",), says="is missing")
def character_set_is_matched(request: Request, response: Response) -> Response | None:
    """Matches Specific Character Set as a key."""
    return with_body(response, b"[]") if "SpecificCharacterSet=ISO_IR%20100" in query(request) else None


@answer_fault("study-once-a-series", breaks=("SEARCH-MATCH-029",), says="is found 3 times")
def study_once_a_series(request: Request, response: Response) -> Response | None:
    """Lists a study of three series three times."""
    if path(request) != "/studies" or request.method != "GET" or not _is_list(response):
        return None
    found = json.loads(bytes(response.body))
    numbers = [3 if match["00201206"]["Value"] == [3] else 1 for match in found]
    repeated = [match for match, number in zip(found, numbers, strict=True) for _ in range(number)]
    return with_body(response, json.dumps(repeated, **JSON_TEXT).encode())  # type: ignore[arg-type]


@request_fault("unknown-keyword-is-refused", breaks=("SEARCH-MATCH-030",), says="status is 400")
def unknown_keyword_is_refused(request: Request) -> Response | None:
    """Refuses a name that looks like a keyword but is not one."""
    words = [name for name in names(request) if re.fullmatch("[A-Z][a-z]+[A-Za-z]+", name)]
    return refused(400) if any(tag_for_keyword(word) is None for word in words) else None


@request_fault("patient-below-study-is-refused", breaks=("SEARCH-MATCH-031",), says="status is 400")
def patient_below_study_is_refused(request: Request) -> Response | None:
    """Refuses a Patient ID below a study."""
    return refused(400) if path(request).startswith("/studies/") and "PatientID" in names(request) else None


@request_fault("modality-of-several-keys-is-ignored", breaks=("SEARCH-MATCH-032",), says="is in the matches")
def modality_of_several_keys_is_ignored(request: Request) -> None:
    """Ignores Modality beside a key of another level in searches of all series and instances."""
    if path(request) in ("/series", "/instances") and names(request) & {"StudyID", "SOPClassUID"}:
        without(request, "Modality")


@request_fault("study-of-several-keys-is-ignored", breaks=("SEARCH-KEY-LEVELS",), says="is in the matches")
def study_of_several_keys_is_ignored(request: Request) -> None:
    """Ignores StudyInstanceUID beside Modality."""
    if "Modality" in names(request):
        without(request, "StudyInstanceUID")


@answer_fault(
    "fuzzy-loses-middle-names",
    breaks=("SEARCH-FUZZY-001",),
    says="is missing, should be found, as without fuzzymatching",
    seen=("dcm4che/dcm4chee-arc-light#2718",),
)
def fuzzy_loses_middle_names(request: Request, response: Response) -> Response | None:
    """Does not find a name of more than two components with fuzzymatching."""
    fuzzy = "fuzzymatching=true" in query(request)
    return with_body(response, b"[]") if fuzzy and unquote(query(request)).count("^") > 1 else None


@answer_fault("fuzzy-without-a-warning", breaks=("SEARCH-FUZZY-002",), says="Warning is absent")
def fuzzy_without_a_warning(request: Request, response: Response) -> None:
    """Ignores fuzzymatching without a Warning."""
    _silent("fuzzymatching", request, response)


@request_fault("names-are-always-fuzzy", breaks=("SEARCH-FUZZY-003",), says="is missing, should be found, as with")
def names_are_always_fuzzy(request: Request) -> None:
    """Matches the beginning of a name, unless the client sends fuzzymatching=false."""
    if "fuzzymatching" not in names(request):
        set_query(request, re.sub("(ReferringPhysicianName=[^&*]+)(?=&|$)", r"\1*", query(request)))


@answer_fault("empty-values-without-a-warning", breaks=("SEARCH-EMPTY-001",), says="Warning is absent")
def empty_values_without_a_warning(request: Request, response: Response) -> None:
    """Ignores emptyvaluematching without a Warning."""
    _silent("emptyvaluematching", request, response)


@answer_fault("multiple-values-without-a-warning", breaks=("SEARCH-MULTI-001",), says="Warning is absent")
def multiple_values_without_a_warning(request: Request, response: Response) -> None:
    """Ignores multiplevaluematching without a Warning."""
    _silent("multiplevaluematching", request, response)


@answer_fault("matches-end-at-thirty", breaks=("SEARCH-RESP-003",), says="is missing")
def matches_end_at_thirty(request: Request, response: Response) -> Response | None:
    """Returns at most thirty matches for a search of all instances, without a Warning about the others."""
    if path(request) != "/instances" or not _is_list(response):
        return None
    return with_body(response, json.dumps(json.loads(bytes(response.body))[:30], **JSON_TEXT).encode())  # type: ignore[arg-type]


@answer_fault(
    "metadata-end-at-a-hundred",
    breaks=("RETRIEVE-META-007",),
    says="is not in the list, should be there, as 1 of 101",
    seen=("medplum/medplum!10154",),
)
def metadata_end_at_a_hundred(request: Request, response: Response) -> Response | None:
    """Returns the metadata of at most a hundred instances."""
    if not path(request).endswith("/metadata") or not _is_list(response):
        return None
    return with_body(response, json.dumps(json.loads(bytes(response.body))[:100], **JSON_TEXT).encode())  # type: ignore[arg-type]


@answer_fault(
    "matches-end-at-a-hundred",
    breaks=("SEARCH-RESP-003",),
    says="the number of matches is 100, should be 101",
    seen=("nroduit/Weasis#436",),
)
def matches_end_at_a_hundred(request: Request, response: Response) -> Response | None:
    """Returns at most a hundred matches for a search of a series' instances, without a Warning about the others."""
    if not re.search("/series/[0-9.]+/instances$", path(request)) or not _is_list(response):
        return None
    return with_body(response, json.dumps(json.loads(bytes(response.body))[:100], **JSON_TEXT).encode())  # type: ignore[arg-type]


def _is_list(response: Response) -> bool:
    return response.status_code == 200 and bytes(response.body).startswith(b"[")


def _silent(parameter: str, request: Request, response: Response) -> None:
    if parameter in names(request) and "warning" in response.headers:
        del response.headers["warning"]


@request_fault("long-list-of-uids-is-cut", breaks=("SEARCH-MATCH-006",), says="is missing")
def long_list_of_uids_is_cut(request: Request) -> None:
    """Reads only the first twenty of a list of UIDs."""
    set_query(request, re.sub("((?:[0-9.]+(?:,|%2C)){19}[0-9.]+)(?:(?:,|%2C)[0-9.]+)+", r"\1", query(request)))
