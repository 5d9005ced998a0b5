"""Faults of what caches and browsers rely on: dates of the last change, strong entity tags, Vary (RFC 9110 8.8, 13)."""

from __future__ import annotations

from email.utils import formatdate, parsedate_to_datetime

from starlette.requests import Request
from starlette.responses import Response

from ..app import Origin
from .altered import Altered, answer_fault, path, request_fault
from .registry import fault
from .stale import named


@fault(
    "last-modified-of-what-remains",
    breaks=("COMMON-HDR-018",),
    says="status is 304, should be 200",
    seen=("dcm4che/dcm4chee-arc-light#2931",),
)
class LastModifiedOfWhatRemains(Altered):
    """Dates metadata by the newest instance that is there, so that a DELETE changes nothing for If-Modified-Since."""

    def asked(self, request: Request) -> Response | None:
        since = request.headers.get("if-modified-since", "")
        if not self._dated(request) or "if-none-match" in request.headers or not since.endswith("GMT"):
            return None
        is_old = self._changed(request) <= parsedate_to_datetime(since).timestamp()
        return Response(status_code=304) if is_old and self._changed(request) else None

    def answered(self, request: Request, response: Response) -> None:
        if self._dated(request) and response.status_code == 200:
            response.headers["last-modified"] = formatdate(self._changed(request), usegmt=True)

    def _dated(self, request: Request) -> bool:
        return request.method in ("GET", "HEAD") and path(request).endswith("/metadata")

    def _changed(self, request: Request) -> int:
        found = [item.path for item in self.archive.find(named(request))]
        return max((int(each.stat().st_mtime) for each in found if each.exists()), default=0)


@request_fault("date-decides-beside-a-tag", breaks=("COMMON-HDR-012",), says="status is 304, should be 200")
def date_decides_beside_a_tag(request: Request) -> Response | None:
    """Returns 304 by the date of If-Modified-Since, whatever If-None-Match says."""
    both = {"if-none-match", "if-modified-since"} <= set(request.headers)
    return Response(status_code=304) if both and request.headers["if-modified-since"].endswith("GMT") else None


@fault("strong-tag-of-every-coding", breaks=("COMMON-HDR-022",), says="the strong ETag is")
class StrongTagOfEveryCoding(Origin):
    """Returns the strong entity tag of the plain body with that in gzip too."""

    def etag(self, *sources: object) -> str:
        return super().etag(*sources).removeprefix("W/")


@answer_fault("coding-without-vary", breaks=("COMMON-HDR-023",), says="Vary is absent, should be Accept-Encoding")
def coding_without_vary(request: Request, response: Response) -> None:
    """Does not say in Vary that the content coding depends on the request."""
    if "vary" in response.headers:
        del response.headers["vary"]
