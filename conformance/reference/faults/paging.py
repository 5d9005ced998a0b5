"""Faults of limit and offset, and of the Warning that matches remain (PS3.18 8.3.4.4)."""

from __future__ import annotations

import json
import re
from itertools import count

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from ..app import Origin
from ..query import Query
from ..target import Target
from .altered import Altered, answer_fault, path, query, refused, request_fault, set_query, with_body
from .registry import fault

SEARCHES = ("/studies", "/series", "/instances")
MOST = 200


def is_search(request: Request) -> bool:
    return request.method == "GET" and path(request).endswith(SEARCHES)


class Paged(Origin):
    """Reads limit and offset, and then changes some of them."""

    def query(self, request: Request, target: Target, level: str) -> Query:
        found = super().query(request, target, level)
        self.page(found)
        return found

    def page(self, query: Query) -> None:
        """Change limit and offset."""
        raise NotImplementedError


@fault("limit-is-one-too-many", breaks=("SEARCH-PAGING-001",), says="the number of matches is 2, should be 1")
class LimitIsOneTooMany(Paged):
    """Returns one match more than limit."""

    def page(self, query: Query) -> None:
        query.limit = query.limit and query.limit + 1


@fault(
    "offset-is-ignored",
    breaks=("SEARCH-PAGING-002", "SEARCH-PAGING-004", "SEARCH-PAGING-005"),
    says="should be",
    seen=("dcmjs-org/dicomweb-server#19",),
)
class OffsetIsIgnored(Paged):
    """Returns the first page, whatever offset says."""

    def page(self, query: Query) -> None:
        query.offset = 0


@fault("offset-needs-limit", breaks=("SEARCH-PAGING-002",), says="match 1 is")
class OffsetNeedsLimit(Paged):
    """Ignores offset without a limit."""

    def page(self, query: Query) -> None:
        query.offset = 0 if query.limit is None else query.offset


@fault("offset-counts-pages", breaks=("SEARCH-PAGING-002", "SEARCH-PAGING-004"), says="should be")
class OffsetCountsPages(Paged):
    """Reads offset as the number of a page."""

    def page(self, query: Query) -> None:
        query.offset *= query.limit or 1


@fault("offset-skips-at-most-two", breaks=("SEARCH-PAGING-004", "SEARCH-PAGING-005"), says="should be")
class OffsetSkipsAtMostTwo(Paged):
    """Skips at most two matches, so that the second page repeats."""

    def page(self, query: Query) -> None:
        query.offset = min(query.offset, 2)


@answer_fault("last-page-is-lost", breaks=("SEARCH-PAGING-004",), says="is not on the pages")
def last_page_is_lost(request: Request, response: Response) -> Response | None:
    """Returns an empty last page, unless that page is full."""
    limit = request.query_params.get("limit", "")
    if limit != "2" or not is_search(request) or len(json.loads(bytes(response.body))) == 2:
        return None
    return with_body(response, b"[]")


@fault("order-changes", breaks=("SEARCH-PAGING-003",), says="match 1 is")
class OrderChanges(Altered):
    """Reverses the order of every second list of matches."""

    turns = count()

    def answered(self, request: Request, response: Response) -> Response | None:
        whole = "limit" not in request.query_params and response.headers.get("content-type") == "application/dicom+json"
        if not whole or not is_search(request) or next(self.turns) % 2:
            return None
        return with_body(response, json.dumps(json.loads(bytes(response.body))[::-1], ensure_ascii=False).encode())


@fault("offset-past-the-end-is-400", breaks=("SEARCH-PAGING-005",), says="status is 400")
class OffsetPastTheEndIs400(Origin):
    """Refuses an offset that leaves no match."""

    def search(self, request: Request, level: str) -> Response:
        response = super().search(request, level)
        if bytes(response.body) == b"[]" and request.query_params.get("offset", "0") != "0":
            raise HTTPException(400, "there is no such page")
        return response


@request_fault("limit-of-zero-is-none", breaks=("SEARCH-PAGING-006",), says="should be 0")
def limit_of_zero_is_none(request: Request) -> None:
    """Reads limit=0 as no limit."""
    set_query(request, re.sub(r"&?limit=0\b", "", query(request)))


@answer_fault("no-word-of-what-remains", breaks=("SEARCH-PAGING-007",), says="Warning is absent")
def no_word_of_what_remains(request: Request, response: Response) -> None:
    """Returns a truncated list without a Warning."""
    if "additional results" in response.headers.get("warning", ""):
        del response.headers["warning"]


@answer_fault("nothing-remains-with-limit-of-zero", breaks=("SEARCH-PAGING-012",), says="Warning is absent")
def nothing_remains_with_limit_of_zero(request: Request, response: Response) -> None:
    """Returns no Warning of remaining matches with limit=0."""
    if is_search(request) and request.query_params.get("limit") == "0":
        del response.headers["warning"]


@answer_fault("more-remain-somewhere", breaks=("SEARCH-PAGING-007",), says="should be 299 with")
def more_remain_somewhere(request: Request, response: Response) -> None:
    """Returns a Warning that does not say how many matches remain."""
    said = response.headers.get("warning", "")
    if "additional results" in said:
        response.headers["warning"] = re.sub(r"are \d+ ", "are ", said)


@answer_fault("skipped-matches-remain", breaks=("SEARCH-PAGING-007", "SEARCH-PAGING-008"), says="additional result")
def skipped_matches_remain(request: Request, response: Response) -> None:
    """Counts the matches that offset skips as remaining."""
    offset = request.query_params.get("offset", "0")
    if is_search(request) and response.status_code == 200 and offset != "0" and "limit" in request.query_params:
        said = re.search(r"There are (\d+) additional", response.headers.get("warning", ""))
        remaining = (int(said[1]) if said else 0) + int(offset)
        response.headers["warning"] = f'299 archive: "There are {remaining} additional results that can be requested"'


@request_fault("negative-limit-is-500", breaks=("SEARCH-PAGING-010",), says="status is 500, should be 400")
def negative_limit_is_500(request: Request) -> Response | None:
    """Returns 500 for a negative limit or offset."""
    return refused(500) if re.search("(limit|offset)=-", query(request)) else None


@request_fault("negative-offset-is-zero", breaks=("SEARCH-PAGING-010",), says="status is 200, should be 400")
def negative_offset_is_zero(request: Request) -> None:
    """Ignores a negative offset."""
    set_query(request, re.sub("&?offset=-[0-9]+", "", query(request)))


@request_fault("large-limit-is-refused", breaks=("SEARCH-PAGING-011",), says="status is 400")
def large_limit_is_refused(request: Request) -> Response | None:
    """Refuses a limit above that of the server."""
    limit = request.query_params.get("limit", "")
    return refused(400) if limit.isdigit() and int(limit) > MOST else None
