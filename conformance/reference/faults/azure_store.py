"""Faults of the service of the profile azure in the store and its response."""

from __future__ import annotations

from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from .. import ingest
from ..app import Origin
from ..archive import Instance
from ..azure import Azure
from ..dicom_json import Json
from ..ingest import Refused
from ..negotiation import MediaType, Representation
from ..query import Query
from ..target import Target
from .registry import fault

PROCESSING_FAILURE = 0x0110


@fault("service-body-before-accept", breaks=("MS-STOW-16",), says="status is 415, should be 406")
class BodyBeforeAccept(Azure):
    """Reads the body of a store before the Accept field."""

    async def store(self, request: Request) -> Response:
        self.content_type(request)
        return await super().store(request)


@fault("service-takes-forms", breaks=("MS-STOW-17",), says="status is 200, should be 415")
class TakesForms(Azure):
    """Treats a store sent as multipart/form as multipart/related."""

    def content_type(self, request: Request) -> MediaType:
        found = MediaType.parse(request.headers.get("content-type", "none/none"))
        if found.name == "multipart/form":
            return MediaType("multipart/related", found.parameters)
        return super().content_type(request)


@fault("service-refuses-for-another-reason", breaks=("MS-STOW-19", "MS-STOW-20"), says="FailureReason is 272")
class RefusesForAnotherReason(Azure):
    """Refuses an instance without a UID with the Failure Reason of a processing failure."""

    def module(self, base: str, target: Target, stored: list[Instance], refused: list[Refused]) -> Json:
        found = super().module(base, target, stored, refused)
        for item in found.get("00081198", {}).get("Value", []):
            item["00081197"] = {"vr": "US", "Value": [PROCESSING_FAILURE]}
        return found


@fault("service-refuses-what-is-invalid", breaks=("MS-STOW-22", "MS-STOW-24"), says="status is 409, should be 202")
class RefusesWhatIsInvalid(Azure):
    """Refuses an instance with an invalid value, as version 1 of the interface did."""

    def admit(self, instance: Instance, target: Target) -> None:
        super().admit(instance, target)
        if self.problems(instance):
            raise Refused(ingest.DATA_SET_MISMATCH, instance.sop_class, instance.instance)


@fault("service-warns-without-reason", breaks=("MS-STOW-22", "MS-STOW-24"), says="WarningReason is absent")
class WarnsWithoutReason(Azure):
    """Comments on an invalid value without a WarningReason."""

    def warning(self, problems: dict[str, str]) -> Json:
        return {name: value for name, value in super().warning(problems).items() if name != "00081196"}


@fault("service-shows-what-is-invalid", breaks=("MS-STOW-23",), says="StudyDate in metadata is 20201399")
class ShowsWhatIsInvalid(Azure):
    """Returns invalid values in metadata."""

    def indexed(self, instance: Instance) -> Instance:
        return instance


@fault("service-takes-unknown-patients", breaks=("MS-STOW-24",), says="should be 409")
class TakesUnknownPatients(Azure):
    """Stores an instance without PatientID as if its PatientID were empty."""

    def admit(self, instance: Instance, target: Target) -> None:
        Origin.admit(self, instance, target)


@fault("service-padding-does-not-match", breaks=("MS-STOW-25",), says="status is 400, should be 200")
class PaddingDoesNotMatch(Azure):
    """Refuses a search with NUL in a key."""

    def query(self, request: Request, target: Target, level: str) -> Query:
        if any("\0" in text for text in request.query_params.values()):
            raise HTTPException(400)
        return super().query(request, target, level)


@fault("service-nothing-failed-nothing-said", breaks=("MS-STOW-26",), says="FailedAttributesSequence is absent")
class NothingFailedNothingSaid(Azure):
    """Returns no FailedAttributesSequence for a valid instance."""

    def warning(self, problems: dict[str, str]) -> Json:
        return super().warning(problems) if problems else {}


@fault("service-writes-again", breaks=("MS-STOW-27", "MS-WADO-01"), says="is changed")
class WritesAgain(Azure):
    """Rewrites a file, with another name of its writer."""

    def keep(self, instance: Instance) -> None:
        content = instance.path.read_bytes()
        super().keep(instance)
        (kept,) = self.archive.find(instance.target)
        kept.path.write_bytes(content.replace(b"DICOMWEB_CONF", b"DICOMWEB_COPY").replace(b"PYDICOM", b"PYDICON"))


@fault("service-keeps-the-preamble", breaks=("MS-STOW-28",), says="the start of the preamble is 4D5A4D5A")
class KeepsThePreamble(Azure):
    """Keeps the preamble of a file."""

    def blank(self, draft: Path) -> None:
        pass


@fault("service-indexes-without-a-word", breaks=("MS-STOW-29",), says="Warning is absent")
class IndexesWithoutAWord(Azure):
    """Does not report that only the first of several values is found."""

    def remark(self, response: Response, base: str, stored: list[Instance]) -> None:
        pass


@fault("service-padding-makes-another-study", breaks=("MS-STOW-30",), says="status is 200, should be 409")
class PaddingMakesAnotherStudy(Azure):
    """Stores an instance with a differently padded StudyInstanceUID beside the existing one."""

    def keep(self, instance: Instance) -> None:
        if f"{instance.study}   ".encode() in instance.path.read_bytes():
            self.archive.delete(instance.target)
        super().keep(instance)


@fault("service-put-is-a-store", breaks=("MS-STOW-32",), says="status is 409, should be 200")
class PutIsAStore(Azure):
    """Refuses PUT of an existing instance."""

    def replace(self, instance: Instance, target: Target) -> None:
        pass


@fault("service-put-replaces-nothing", breaks=("MS-STOW-32",), says="ImageComments")
class PutReplacesNothing(Azure):
    """Returns success for PUT of an existing instance, and leaves it unchanged."""

    def conclude(self, request: Request, target: Target, drafts: list[Path], form: Representation) -> Response:
        if request.method != "PUT":
            return super().conclude(request, target, drafts, form)
        stored = [instance for draft in drafts for instance in self.archive.find(ingest.read(draft).target)]
        return self.describe(self.module("", target, stored, []), form)


@fault("service-any-expiry", breaks=("MS-STOW-33",), says="status is 200, should be 400")
class AnyExpiry(Azure):
    """Accepts any expiry."""

    def check_expiry(self, fields: dict[str, str]) -> None:
        pass
