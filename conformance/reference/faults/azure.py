"""Faults of the service of the profile azure: the documented behaviour with one deviation."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from .. import ingest
from ..app import Origin
from ..archive import Archive, Instance
from ..azure import Azure
from ..dicom_json import Json
from ..ingest import Refused
from ..negotiation import MediaType, Representation
from ..query import Query
from ..store import DICOM
from ..target import Target
from .registry import fault

PROCESSING_FAILURE = 0x0110


@fault("service-relative-address", breaks=("MS-STOW-01",), says="RetrieveURL is /studies/")
class RelativeAddress(Azure):
    """Returns the URL of a stored instance as a path only."""

    def module(self, base: str, target: Target, stored: list[Instance], refused: list[Refused]) -> Json:
        return super().module(urlsplit(base)._replace(scheme="", netloc="", path="").geturl(), target, stored, refused)


@fault("service-study-without-address", breaks=("MS-STOW-02",), says="RetrieveURL is absent")
class StudyWithoutAddress(Azure):
    """Returns no URL of the study for a store to that study."""

    def module(self, base: str, target: Target, stored: list[Instance], refused: list[Refused]) -> Json:
        return super().module(base, Target(), stored, refused)


@fault("service-address-for-all", breaks=("MS-STOW-03",), says="should be absent")
class AddressForAll(Azure):
    """Returns the URL of the study for a store to /studies."""

    def module(self, base: str, target: Target, stored: list[Instance], refused: list[Refused]) -> Json:
        return super().module(base, Target(stored[0].study) if stored else target, stored, refused)


@fault("service-names-one", breaks=("MS-STOW-04",), says="the list of instances in ReferencedSOPSequence is")
class NamesOne(Azure):
    """Lists only the first of several stored instances."""

    def module(self, base: str, target: Target, stored: list[Instance], refused: list[Refused]) -> Json:
        return super().module(base, target, stored[:1], refused)


@fault("service-single-part-refused", breaks=("MS-STOW-05",), says="status is 415")
class SinglePartRefused(Azure):
    """Returns 415 for an instance sent without multipart."""

    def content_type(self, request: Request) -> MediaType:
        found = super().content_type(request)
        if found.name == DICOM:
            raise HTTPException(415)
        return found


@fault("service-type-demanded", breaks=("MS-STOW-06",), says="status is 415")
class TypeDemanded(Azure):
    """Returns 415 for a multipart request without the type parameter."""

    def content_type(self, request: Request) -> MediaType:
        found = super().content_type(request)
        if found.name != DICOM and "type" not in found.parameters:
            raise HTTPException(415)
        return found


@fault("service-part-type-demanded", breaks=("MS-STOW-07",), says="status is 415")
class PartTypeDemanded(Azure):
    """Returns 415 for a part without Content-Type."""

    async def receive(self, request: Request, media_type: MediaType, drafts: list[Path]) -> None:
        boundary = media_type.parameters.get("boundary", "").encode()
        if boundary and b"--" + boundary + b"\r\n\r\n" in await request.body():
            raise HTTPException(415)
        await super().receive(request, media_type, drafts)


@fault("service-overwrites", breaks=("MS-STOW-08", "MS-STOW-09"), says="status is 200")
class Overwrites(Azure):
    """Replaces an instance that already exists."""

    def keep(self, instance: Instance) -> None:
        Origin.keep(self, instance)


@fault("service-other-reason", breaks=("MS-STOW-08",), says="FailureReason is 272, should be 45070")
class OtherReason(Azure):
    """Refuses a duplicate with the Failure Reason of a processing failure."""

    def keep(self, instance: Instance) -> None:
        try:
            super().keep(instance)
        except Refused as refused:
            raise Refused(PROCESSING_FAILURE, refused.sop_class, refused.instance) from None


@fault("service-takes-every-study", breaks=("MS-STOW-10", "MS-STOW-11"), says="status is 200")
class TakesEveryStudy(Azure):
    """Stores instances of another study than that of the path."""

    def admit(self, instance: Instance, target: Target) -> None:
        pass


@fault("service-keeps-what-it-refuses", breaks=("MS-STOW-11",), says="status is 200, should be 404")
class KeepsWhatItRefuses(Azure):
    """Reports an instance of another study as refused, and stores it."""

    def admit(self, instance: Instance, target: Target) -> None:
        try:
            super().admit(instance, target)
        except Refused:
            self.keep(instance)
            raise


@fault("service-no-parts-is-bad", breaks=("MS-STOW-12",), says="status is 400, should be 204")
class NoPartsIsBad(Azure):
    """Returns 400 for a multipart request without parts."""

    def nothing_received(self) -> None:
        raise HTTPException(400)


@fault("service-empty-file-is-bad", breaks=("MS-STOW-13",), says="status is 400, should be 409")
class EmptyFileIsBad(Azure):
    """Returns 400 for a request with an empty file."""

    async def receive(self, request: Request, media_type: MediaType, drafts: list[Path]) -> None:
        await super().receive(request, media_type, drafts)
        if not all(draft.stat().st_size for draft in drafts):
            raise HTTPException(400)


@fault("service-all-or-nothing", breaks=("MS-STOW-14",), says="status is 409, should be 202")
class AllOrNothing(Azure):
    """Stores nothing if one file of a request cannot be read."""

    def conclude(self, request: Request, target: Target, drafts: list[Path], form: Representation) -> Response:
        try:
            for draft in drafts:
                ingest.read(draft)
        except Refused as refused:
            raise HTTPException(409) from refused
        return super().conclude(request, target, drafts, form)


def _plain_json(response: Response) -> Response:
    response.headers["Content-Type"] = "application/json"
    return response


@fault("service-metadata-as-json", breaks=("MS-META-01",), says="Content-Type is application/json")
class MetadataAsJson(Azure):
    """Labels metadata as application/json."""

    def metadata(self, request: Request) -> Response:
        return _plain_json(super().metadata(request))


@fault("service-metadata-with-binary", breaks=("MS-META-02",), says="should be absent")
class MetadataWithBinary(Azure):
    """Returns metadata with binary values, or their URIs."""

    def data_set(self, instance: Instance, target: Target, base: str) -> Json:
        return Origin.data_set(self, instance, target, base)


@fault("service-metadata-for-any-accept", breaks=("MS-META-03",), says="status is 200, should be 406")
class MetadataForAnyAccept(Azure):
    """Returns metadata in JSON, whatever the Accept field says."""

    def choose(self, request: Request, forms: list[Representation]) -> Representation:
        return forms[0] if request.url.path.endswith("/metadata") else super().choose(request, forms)


@fault("service-never-unchanged", breaks=("MS-META-04",), says="status is 200, should be 304")
class NeverUnchanged(Azure):
    """Ignores If-None-Match."""

    def unchanged(self, request: Request, tag: str) -> bool:
        return False


@fault("service-tag-of-the-address", breaks=("MS-META-05",), says="status is 304, should be 200")
class TagOfTheAddress(Azure):
    """Derives the entity tag of metadata only from their URL."""

    def etag(self, *sources: object) -> str:
        return super().etag(sources[0])


@fault("service-search-as-json", breaks=("MS-QIDO-01",), says="Content-Type is application/json")
class SearchAsJson(Azure):
    """Labels search results as application/json."""

    def search(self, request: Request, level: str) -> Response:
        return _plain_json(super().search(request, level))


@fault("service-no-match-is-200", breaks=("MS-QIDO-02", "MS-QIDO-17"), says="status is 200, should be 204")
class NoMatchIs200(Azure):
    """Returns 200 with an empty list for a search without matches."""

    def search(self, request: Request, level: str) -> Response:
        return Origin.search(self, request, level)


@fault("service-ignores-other-levels", breaks=("MS-QIDO-03",), says="status is 200, should be 400")
class IgnoresOtherLevels(Azure):
    """Returns all studies for a search of studies by Modality."""

    def search(self, request: Request, level: str) -> Response:
        found = super().search(request, level)
        return Response(b"[]", media_type="application/dicom+json") if found.status_code == 204 else found

    def query(self, request: Request, target: Target, level: str) -> Query:
        ignored = {"Modality"} if level == "study" else set()
        kept = [(name, text) for name, text in request.query_params.multi_items() if name not in ignored]
        return Query(kept, target, level)


@fault("service-caps-the-limit", breaks=("MS-QIDO-15",), says="status is 200, should be 400")
class CapsTheLimit(Azure):
    """Treats a limit above the maximum as the maximum."""

    def query(self, request: Request, target: Target, level: str) -> Query:
        if request.query_params.get("limit") == "201":
            return Query(request.query_params.multi_items(), target, level)
        return super().query(request, target, level)


@fault("service-same-page", breaks=("MS-QIDO-18",), says="the list of matches of all pages is")
class SamePage(Azure):
    """Ignores offset."""

    def query(self, request: Request, target: Target, level: str) -> Query:
        found = super().query(request, target, level)
        found.offset = 0
        return found


@fault(
    "service-delete-is-200",
    breaks=("MS-DEL-01", "MS-DEL-02", "MS-DEL-03", "MS-DEL-04", "MS-DEL-08"),
    says="status is 200, should be 204",
)
class DeleteIs200(Azure):
    """Returns 200 for DELETE."""

    def delete(self, request: Request) -> Response:
        super().delete(request)
        return Response(status_code=200)


@fault("service-deletes-what-is-absent", breaks=("MS-DEL-05", "MS-DEL-06"), says="status is 204, should be 404")
class DeletesWhatIsAbsent(Azure):
    """Returns 204 for DELETE of a resource that does not exist."""

    def remove(self, target: Target) -> int:
        return super().remove(target) or 1


@fault("service-bad-uid-is-absent", breaks=("MS-DEL-07",), says="status is 404, should be 400")
class BadUidIsAbsent(Azure):
    """Returns 404 for DELETE with text that is not a UID."""

    def delete(self, request: Request) -> Response:
        try:
            return super().delete(request)
        except HTTPException as error:
            raise HTTPException(404) from error


@fault("service-delete-negotiates", breaks=("MS-DEL-08",), says="status is 406, should be 204")
class DeleteNegotiates(Azure):
    """Returns 406 for DELETE that does not accept JSON."""

    def delete(self, request: Request) -> Response:
        if "json" not in request.headers.get("accept", "json"):
            raise HTTPException(406)
        return super().delete(request)


@fault("service-buries-what-it-deletes", breaks=("MS-DEL-09",), says="status is 409, should be 200")
class BuriesWhatItDeletes(Azure):
    """Refuses to store a deleted instance again."""

    def __init__(self, archive: Archive) -> None:
        super().__init__(archive)
        self._buried: set[Any] = set()

    def remove(self, target: Target) -> int:
        self._buried |= {instance.target for instance in self.archive.find(target)}
        return super().remove(target)

    def keep(self, instance: Instance) -> None:
        if instance.target in self._buried:
            raise Refused(PROCESSING_FAILURE, instance.sop_class, instance.instance)
        super().keep(instance)
