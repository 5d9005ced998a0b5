"""Variants of the Store transaction, and of DELETE."""

from __future__ import annotations

import json
from typing import Any

from pydicom import dcmread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from .. import ingest
from ..app import Origin
from ..archive import Archive, Instance
from ..capabilities import Handler
from ..coercion import Coercing
from ..dicom_json import Json
from ..ingest import DATA_SET_MISMATCH, Refused
from ..negotiation import MediaType
from ..target import Target
from .registry import variant

ELEMENTS_DISCARDED = 0xB006  # Warning Reason, PS3.18 I.2.1
SOP_CLASS_NOT_SUPPORTED, DUPLICATE = 0x0122, 0x0111  # Failure Reasons, PS3.18 I.2.2 and PS3.7 C.5.8


@variant("stored-with-warnings", "standard 10.5.3.1")
class StoredWithWarnings(Origin):
    """Every store is answered 202, with a WarningReason for each instance."""

    def conclude(self, *arguments: Any) -> Response:
        response = super().conclude(*arguments)
        if response.status_code == 200 and "json" in response.headers["content-type"]:
            module = json.loads(bytes(response.body))
            for item in module["00081199"]["Value"]:
                item["00081196"] = {"vr": "US", "Value": [0xB000]}
            return Response(super().json(module), 202, media_type=response.headers["content-type"])
        return response


@variant("coercion-with-a-record", "standard 10.5.2")
class CoercionWithARecord(Coercing):
    """What instances say of their study is made the same, is kept as original attributes, and is warned of."""


@variant("duplicates-are-refused", "microsoft/dicom-server docs", "tiny-pacs 0.4.1")
class DuplicatesAreRefused(Origin):
    """An instance that is there already is refused with 409."""

    def admit(self, instance: Instance, target: Target) -> None:
        super().admit(instance, target)
        if self.archive.find(instance.target):
            raise Refused(DUPLICATE, instance.sop_class, instance.instance)


@variant("first-content-stays", "orthanc OverwriteInstances")
class FirstContentStays(Origin):
    """A store of an instance that is there already is answered as any other, and changes nothing."""

    def keep(self, instance: Instance) -> None:
        if not self.archive.find(instance.target):
            super().keep(instance)


@variant("nothing-stored-is-400", "microsoft/dicom-server#456")
class NothingStoredIs400(Origin):
    """Where no part is an instance that can be kept, the answer is 400 with a sentence."""

    def conclude(self, request: Request, target: Target, *arguments: Any) -> Response:
        response = super().conclude(request, target, *arguments)
        if response.status_code == 409 and target.study is None:
            return PlainTextResponse("no part is an instance that can be kept", 400)
        return response


@variant("store-response-is-text", "standard 10.5.3.3", breaks=("STOW-RESP-005", "STOW-RESP-006", "STOW-RESP-007"))
class StoreResponseIsText(Origin):
    """A store that succeeds is answered in one word of plain text, without the module."""

    def conclude(self, *arguments: Any) -> Response:
        response = super().conclude(*arguments)
        done = response.status_code in (200, 202)
        return PlainTextResponse("success", response.status_code) if done else response


@variant(
    "store-response-names-nothing",
    "RadicalImaging/Static-DICOMWeb!76",
    breaks=("STOW-RESP-010", "STOW-RESP-018", "STOW-RESP-026"),
)
class StoreResponseNamesNothing(Origin):
    """The module of a store that succeeds has the RetrieveURL of the study, and names no instance."""

    def module(self, base: str, target: Target, stored: list[Instance], refused: list[Refused]) -> Json:
        module = super().module(base, target, stored, refused)
        module.pop("00081199", None)
        return module


@variant("store-is-202", "standard 10.5.3.1")
class StoreIs202(Origin):
    """Every store that succeeds returns 202, without a WarningReason."""

    def conclude(self, *arguments: Any) -> Response:
        response = super().conclude(*arguments)
        response.status_code = 202 if response.status_code == 200 else response.status_code
        return response


@variant("nothing-stored-is-202", "standard 10.5.3.1", breaks=("STOW-RESP-003",))
class NothingStoredIs202(Origin):
    """A store of which nothing is stored returns 202, with every failure and its reason in the module."""

    def admit(self, instance: Instance, target: Target) -> None:
        super().admit(instance, target)
        if not instance.sop_class.startswith("1.2.840.10008."):
            raise Refused(SOP_CLASS_NOT_SUPPORTED, instance.sop_class, instance.instance)

    def outcome(self, stored: list[Instance], refused: list[Refused]) -> int:
        return 202 if refused else 200


@variant("private-elements-are-discarded", "standard I.2.1", "standard PS3.4 B.4.1")
class PrivateElementsAreDiscarded(Origin):
    """Private elements are discarded from what is stored: 202, with B006 for each such instance."""

    def __init__(self, archive: Archive) -> None:
        super().__init__(archive)
        self._lacking: set[str] = set()

    def keep(self, instance: Instance) -> None:
        ds = dcmread(instance.path)
        before = sum(1 for _ in ds.iterall())
        ds.remove_private_tags()
        if sum(1 for _ in ds.iterall()) != before:
            self._lacking.add(instance.instance)
            ds.save_as(instance.path, enforce_file_format=True)
            instance = ingest.read(instance.path)
        super().keep(instance)

    def module(self, base: str, target: Target, stored: list[Instance], refused: list[Refused]) -> Json:
        module = super().module(base, target, stored, refused)
        for item in module.get("00081199", {}).get("Value", []):
            if item["00081155"]["Value"][0] in self._lacking:
                item["00081196"] = {"vr": "US", "Value": [ELEMENTS_DISCARDED]}
        return module

    def conclude(self, *arguments: Any) -> Response:
        response = super().conclude(*arguments)
        if response.status_code == 200 and str(ELEMENTS_DISCARDED).encode() in bytes(response.body):
            response.status_code = 202
        return response


@variant("store-needs-a-length", "standard 8.5")
class StoreNeedsALength(Origin):
    """A store without Content-Length, in chunks, returns 411."""

    def content_type(self, request: Request) -> MediaType:
        if "content-length" not in request.headers:
            raise HTTPException(411, "the length of the body is needed")
        return super().content_type(request)


@variant("strict-archive", "standard I.2.2")
class StrictArchive(Origin):
    """SOP Classes that are not known, and images without Modality, are refused with their reasons."""

    def admit(self, instance: Instance, target: Target) -> None:
        super().admit(instance, target)
        if not instance.sop_class.startswith("1.2.840.10008."):
            raise Refused(SOP_CLASS_NOT_SUPPORTED, instance.sop_class, instance.instance)
        if "00080060" not in instance.attributes:
            raise Refused(DATA_SET_MISMATCH, instance.sop_class, instance.instance)


@variant("no-delete", "ImagingDataCommons/slim#303", lacks=("delete",))
class NoDelete(Origin):
    """There is no DELETE."""

    def resources(self) -> dict[str, dict[str, Handler]]:
        return {
            path: {method: handler for method, handler in methods.items() if method != "DELETE"}
            for path, methods in super().resources().items()
        }
