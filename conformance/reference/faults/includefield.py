"""Faults of includefield (PS3.18 8.3.4.3, 10.6.3.3)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response

from ..app import Origin
from ..attributes import level as level_of
from ..attributes import tag
from ..dicom_json import Json
from ..query import Query
from ..target import Target
from .altered import answer_fault, path, query, refused, request_fault, with_body
from .registry import fault

FieldEdit = Callable[[list[str]], list[str]]


def fields(request: Request) -> list[str]:
    """The values of includefield in a request, one per parameter."""
    return [value for name, value in parse_qsl(query(request)) if name == "includefield"]


def fields_fault(
    id: str, *, breaks: tuple[str, ...], says: str, below: str = "", seen: tuple[str, ...] = ()
) -> Callable[[FieldEdit], FieldEdit]:
    """Register an edit of the values of includefield, as the origin reads them, in all searches or those below a
    resource.
    """

    def register(edit: FieldEdit) -> FieldEdit:
        class EditedFields(Origin):
            def query(self, request: Request, target: Target, level: str) -> Query:
                parameters = request.query_params.multi_items()
                others = [each for each in parameters if each[0] != "includefield"]
                asked = [text for name, text in parameters if name == "includefield"]
                kept = edit(asked) if below in ("", target.level) else asked
                return Query([*others, *(("includefield", text) for text in kept)], target, level)

        EditedFields.__doc__ = edit.__doc__
        fault(id, breaks=breaks, says=says, seen=seen)(EditedFields)
        return edit

    return register


@fields_fault("includefield-only-by-keyword", breaks=("SEARCH-INCL-001",), says="is absent, should be")
def includefield_only_by_keyword(asked: list[str]) -> list[str]:
    """Ignores an includefield that is a tag."""
    return [text for text in asked if not re.match("[0-9A-F]{8}", text)]


@fields_fault("includefield-is-no-list", breaks=("SEARCH-INCL-002",), says="StudyDescription is absent, should be")
def includefield_is_no_list(asked: list[str]) -> list[str]:
    """Treats an includefield with a comma as one unknown attribute."""
    return [text for text in asked if "," not in text]


@fields_fault("ten-fields-at-most", breaks=("SEARCH-INCL-002",), says="StudyDescription is absent, should be")
def ten_fields_at_most(asked: list[str]) -> list[str]:
    """Returns the first ten attributes of includefield."""
    return ",".join(asked).split(",")[:10] if asked else []


@fields_fault("includefield-only-last", breaks=("SEARCH-INCL-002",), says="StudyDescription is absent, should be")
def includefield_only_last(asked: list[str]) -> list[str]:
    """Reads only the last of several includefield parameters."""
    return asked[-1:]


@fields_fault("includefield-all-is-ignored", breaks=("SEARCH-INCL-003",), says="should be there, as with includefield=")
def includefield_all_is_ignored(asked: list[str]) -> list[str]:
    """Ignores includefield=all."""
    return [text for text in asked if text != "all"]


@fields_fault(
    "series-of-a-study-without-its-attributes", breaks=("SEARCH-INCL-007",), says="PatientID is absent", below="study"
)
def series_of_a_study_without_its_attributes(asked: list[str]) -> list[str]:
    """Ignores an includefield that names an attribute of the study, below a study."""
    return [text for text in asked if level_of(tag(text)) != "study"]


@fields_fault(
    "instances-of-a-series-without-its-attributes", breaks=("SEARCH-INCL-008",), says="is absent", below="series"
)
def instances_of_a_series_without_its_attributes(asked: list[str]) -> list[str]:
    """Ignores an includefield that names an attribute of the study or series, below a series."""
    return [text for text in asked if level_of(tag(text)) == "instance"]


@fields_fault("includefield-without-sequences", breaks=("SEARCH-INCL-012",), says="is absent, should be RP-12, RP-22")
def includefield_without_sequences(asked: list[str]) -> list[str]:
    """Ignores an includefield that is a sequence."""
    return [text for text in asked if "Sequence" not in text]


@request_fault(
    "includefield-all-is-refused",
    breaks=("SEARCH-INCL-003",),
    says="status is 500, should be 200",
    seen=("DICOMcloud/DICOMcloud#42", "knopkem/dicomweb-proxy#150"),
)
def includefield_all_is_refused(request: Request) -> Response | None:
    """Returns 500 for includefield=all."""
    return refused(500) if "all" in fields(request) else None


@request_fault(
    "includefield-with-dots-fails",
    breaks=("SEARCH-INCL-012",),
    says="status is 500, should be 200",
    seen=("DICOMcloud/DICOMcloud!78",),
)
def includefield_with_dots_fails(request: Request) -> Response | None:
    """Returns 500 for an includefield with a path into a sequence."""
    return refused(500) if any("." in text for text in fields(request)) else None


@request_fault("includefield-unsupported-is-refused", breaks=("SEARCH-INCL-011",), says="status is 400, should be 200")
def includefield_unsupported_is_refused(request: Request) -> Response | None:
    """Returns 400 for an includefield with an attribute that the server does not return."""
    return refused(400) if "Occupation" in fields(request) else None


@request_fault("includefield-unknown-fails", breaks=("SEARCH-INCL-011",), says="status is 500, should be 200")
def includefield_unknown_fails(request: Request) -> Response | None:
    """Returns 500 for an includefield that is not an attribute."""
    return refused(500) if "00189999" in fields(request) else None


@answer_fault("study-has-what-its-series-have", breaks=("SEARCH-INCL-005",), says="SeriesDescription is in a result")
def study_has_what_its_series_have(request: Request, response: Response) -> Response | None:
    """Returns the SeriesDescription of one series in the result for a study, if requested."""
    asked = path(request) == "/studies" and "SeriesDescription" in fields(request)
    return _with(response, {tag("SeriesDescription"): {"vr": "LO", "Value": ["a series"]}}) if asked else None


@answer_fault("series-has-what-its-images-have", breaks=("SEARCH-INCL-006",), says="Rows is in a result")
def series_has_what_its_images_have(request: Request, response: Response) -> Response | None:
    """Returns the Rows of one image in the result for a series, if requested."""
    asked = path(request).endswith("/series") and "Rows" in fields(request)
    return _with(response, {tag("Rows"): {"vr": "US", "Value": [12]}}) if asked else None


@answer_fault("key-is-not-returned", breaks=("SEARCH-INCL-010",), says="StudyDescription is absent, should be")
def key_is_not_returned(request: Request, response: Response) -> Response | None:
    """Omits a matched attribute from the results, unless it is requested."""
    matched = "StudyDescription" in request.query_params and not fields(request)
    return _without(response, tag("StudyDescription")) if matched else None


@answer_fault("includefield-replaces-the-usual", breaks=("SEARCH-INCL-001",), says="there, as without includefield")
def includefield_replaces_the_usual(request: Request, response: Response) -> Response | None:
    """Returns what includefield names, the keys and the UIDs only, and none of the attributes that matches have."""
    if not fields(request) or fields(request) == ["all"]:
        return None
    named = {*fields(request), *request.query_params, "StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"}
    wanted = {tag(name) for name in named} | named
    return _edited(response, lambda result: {name: value for name, value in result.items() if name in wanted})


@answer_fault("private-attribute-without-creator", breaks=("SEARCH-INCL-009",), says="is absent, should be")
def private_attribute_without_creator(request: Request, response: Response) -> Response | None:
    """Returns a private attribute without its Private Creator."""
    return _without(response, "00990010") if fields(request) else None


def _with(response: Response, more: Json) -> Response:
    """The response, each of its results with more attributes."""
    return _edited(response, lambda result: dict(sorted((result | more).items())))


def _without(response: Response, name: str) -> Response:
    """The response, each of its results without an attribute."""
    return _edited(response, lambda result: {key: value for key, value in result.items() if key != name})


def _edited(response: Response, edit: Callable[[Json], Json]) -> Response:
    if "dicom+json" not in response.headers.get("content-type", ""):
        return response
    return with_body(response, json.dumps([edit(result) for result in json.loads(bytes(response.body))]).encode())


@request_fault(
    "available-transfer-syntax-is-refused",
    breaks=("SEARCH-INCL-011",),
    says="status is 400",
    seen=("imi-bigpicture/wsidicom#141",),
)
def available_transfer_syntax_is_refused(request: Request) -> Response | None:
    """Returns 400 for a search with AvailableTransferSyntaxUID in includefield."""
    return refused(400) if "AvailableTransferSyntaxUID" in ",".join(fields(request)) else None
