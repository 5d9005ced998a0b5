"""Variants in the status of a refusal: by a policy, a framework or a gateway."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from ..app import Origin
from ..archive import Archive, Instance
from ..negotiation import CHARSETS, Representation
from ..target import Target
from .registry import variant

MANY = 10


class _Refusing(Origin):
    """Refuses with other statuses than the reference server, by its own."""

    others: dict[int, int] = {}

    def explain(self, request: Request, error: HTTPException) -> Response:
        response = super().explain(request, error)
        response.status_code = self.others.get(error.status_code, error.status_code)
        return response


@variant("absent-is-403", "standard 8.5, last paragraph")
class AbsentIs403(_Refusing):
    """Returns 403 for a resource that does not exist, as for one that may not be seen."""

    others = {404: 403}


@variant("absent-is-400", "standard 8.5")
class AbsentIs400(_Refusing):
    """Returns 400 for a resource that does not exist."""

    others = {404: 400}


@variant("absent-is-410", "standard 10.4.3.1")
class AbsentIs410(_Refusing):
    """Returns 410 for a resource that does not exist, or no longer exists."""

    others = {404: 410}


@variant("deleted-is-410", "standard 8.5")
class DeletedIs410(Origin):
    """Returns 410 for what was deleted, and 404 for what never was there."""

    def __init__(self, archive: Archive) -> None:
        super().__init__(archive)
        self._deleted: set[Target] = set()

    def remove(self, target: Target) -> int:
        for study, series, instance in (each.target for each in self.archive.find(target)):
            self._deleted |= {Target(study), Target(study, series), Target(study, series, instance)}
        return super().remove(target)

    def explain(self, request: Request, error: HTTPException) -> Response:
        target = Target(*(request.path_params.get(level) for level in Target._fields))
        gone = error.status_code == 404 and target in self._deleted and not self.archive.find(target)
        return super().explain(request, HTTPException(410, error.detail) if gone else error)


@variant("many-instances-are-413", "standard Table 10.4.3-1")
class ManyInstancesAre413(Origin):
    """Returns 413 for a study or series of more than ten instances: they are retrieved one by one."""

    def retrieved(self, target: Target) -> list[Instance]:
        found = super().retrieved(target)
        if len(found) > MANY:
            raise HTTPException(413, "these are too many instances for one response")
        return found


@variant("bad-values-are-422", "RFC 9110 15.5.21")
class BadValuesAre422(_Refusing):
    """Returns 422 for an invalid value and for a payload of another type, like web frameworks."""

    others = {400: 422, 415: 422}


@variant("unacceptable-is-415", "standard 8.7.8.1")
class UnacceptableIs415(_Refusing):
    """Returns 415 if it has no acceptable type, and if two categories are requested."""

    others = {406: 415}


@variant("unknown-methods-are-501", "standard 8.5; RFC 9110 15.6.2")
class UnknownMethodsAre501(_Refusing):
    """Returns 501 for a method that a resource does not have."""

    others = {405: 501}


@variant("unchanged-is-204", "standard 8.5")
class UnchangedIs204(Origin):
    """Returns 204 to a conditional request for what has not changed."""

    def finish(self, request: Request, response: Response) -> Response:
        if response.status_code == 304:
            response.status_code = 204
        return super().finish(request, response)


@variant("refusals-are-empty", "standard 8.6")
class RefusalsAreEmpty(Origin):
    """Returns a refusal with a payload of zero length, its length and its media type."""

    def explain(self, request: Request, error: HTTPException) -> Response:
        return Response(b"", error.status_code, headers=error.headers, media_type="text/plain")


@variant("search-below-nothing-is-404", "standard 10.6.3.1")
class SearchBelowNothingIs404(Origin):
    """Returns 404 for a search below a study or series that does not exist."""

    def search(self, request: Request, level: str) -> Response:
        target = Target.of(request)
        if target.study:
            self.instances(target)
        return super().search(request, level)


@variant("unknown-character-set-is-406", "standard 8.8.4")
class UnknownCharacterSetIs406(Origin):
    """Returns 406 if Accept-Charset names only character sets that it does not have."""

    def choose(self, request: Request, forms: list[Representation]) -> Representation:
        entries = request.headers.get("accept-charset", "*").lower().split(",")
        if not {"*", *CHARSETS} & {entry.partition(";")[0].strip() for entry in entries}:
            raise HTTPException(406, f"the character sets are {' and '.join(CHARSETS)}")
        return super().choose(request, forms)


@variant("refusals-are-pages", "standard 8.6; RFC 9110 8.3.2")
class RefusalsArePages(Origin):
    """Explains a refusal by a page of HTML in ISO-8859-1, as an application server does."""

    def explain(self, request: Request, error: HTTPException) -> Response:
        page = f"<!DOCTYPE html><title>HTTP {error.status_code}</title><p>Die Anfrage ist unzul\xe4ssig: {error.detail}"
        content = page.encode("latin-1", "xmlcharrefreplace")
        return Response(content, error.status_code, error.headers, "text/html; charset=ISO-8859-1")
