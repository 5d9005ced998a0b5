"""Variants of the Store transaction, and of DELETE."""

from __future__ import annotations

import json
import time
from typing import Any

from pydicom import Dataset, dcmread
from pydicom.encaps import encapsulate
from pydicom.uid import (
    ComputedRadiographyImageStorage,
    CTImageStorage,
    ExplicitVRLittleEndian,
    MRImageStorage,
    RLELossless,
    SecondaryCaptureImageStorage,
    UltrasoundImageStorage,
)
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from .. import ingest, pixels, transcode
from ..app import STUDY, Origin
from ..archive import Archive, Instance
from ..capabilities import Handler
from ..coercion import Coercing
from ..dicom_json import Json
from ..ingest import DATA_SET_MISMATCH, Refused
from ..negotiation import MediaType
from ..raw import elements
from ..target import Target, base_url
from .registry import variant

ELEMENTS_DISCARDED = 0xB006  # Warning Reason, PS3.18 I.2.1
FEW = {
    *(CTImageStorage, MRImageStorage, ComputedRadiographyImageStorage, UltrasoundImageStorage),
    SecondaryCaptureImageStorage,
}
MOMENT = 0.1  # seconds until what was stored can be retrieved
SOP_CLASS_NOT_SUPPORTED, DUPLICATE = 0x0122, 0x0111  # Failure Reasons, PS3.18 I.2.2 and PS3.7 C.5.8


@variant("stored-with-warnings", "standard 10.5.3.1")
class StoredWithWarnings(Origin):
    """Returns 202 for every store, with a WarningReason for each instance."""

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
    """Changes study attributes of an instance to those of its study, with the original attributes and a warning."""


@variant("duplicates-are-refused", "microsoft/dicom-server docs", "tiny-pacs 0.4.1")
class DuplicatesAreRefused(Origin):
    """Refuses an existing instance with 409."""

    def admit(self, instance: Instance, target: Target) -> None:
        super().admit(instance, target)
        if self.archive.find(instance.target):
            raise Refused(DUPLICATE, instance.sop_class, instance.instance)


@variant("first-content-stays", "orthanc OverwriteInstances")
class FirstContentStays(Origin):
    """Returns success for the store of an existing instance, and changes nothing."""

    def keep(self, instance: Instance) -> None:
        if not self.archive.find(instance.target):
            super().keep(instance)


@variant("nothing-stored-is-400", "microsoft/dicom-server#456")
class NothingStoredIs400(Origin):
    """Returns 400 with a sentence if no part is an instance that can be stored."""

    def conclude(self, request: Request, target: Target, *arguments: Any) -> Response:
        response = super().conclude(request, target, *arguments)
        if response.status_code == 409 and target.study is None:
            return PlainTextResponse("no part is an instance that can be kept", 400)
        return response


@variant("store-response-is-text", "standard 10.5.3.3", breaks=("STOW-RESP-005", "STOW-RESP-006", "STOW-RESP-007"))
class StoreResponseIsText(Origin):
    """Returns one word of plain text for a successful store, without the module."""

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
    """Returns a module with the RetrieveURL of the study for a successful store, and lists no instance."""

    def module(self, base: str, target: Target, stored: list[Instance], refused: list[Refused]) -> Json:
        module = super().module(base, target, stored, refused)
        module.pop("00081199", None)
        return module


@variant("store-is-202", "standard 10.5.3.1")
class StoreIs202(Origin):
    """Returns 202 for every successful store, without a WarningReason."""

    def conclude(self, *arguments: Any) -> Response:
        response = super().conclude(*arguments)
        response.status_code = 202 if response.status_code == 200 else response.status_code
        return response


@variant("nothing-stored-is-202", "standard 10.5.3.1", breaks=("STOW-RESP-003",))
class NothingStoredIs202(Origin):
    """Returns 202 for a store of which nothing is stored, with every failure and its reason in the module."""

    def admit(self, instance: Instance, target: Target) -> None:
        super().admit(instance, target)
        if not instance.sop_class.startswith("1.2.840.10008."):
            raise Refused(SOP_CLASS_NOT_SUPPORTED, instance.sop_class, instance.instance)

    def outcome(self, stored: list[Instance], refused: list[Refused]) -> int:
        return 202 if refused else 200


@variant("private-elements-are-discarded", "standard I.2.1", "standard PS3.4 B.4.1")
class PrivateElementsAreDiscarded(Origin):
    """Discards private elements from stored instances: 202, with B006 for each."""

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


@variant("kept-as-rle", "standard 8.7.3.5.2; PS3.5 A.4.2")
class KeptAsRle(Origin):
    """Compresses grey images without loss when it stores them, and writes every file again."""

    def keep(self, instance: Instance) -> None:
        ds = dcmread(instance.path)
        grey = ds.get("SamplesPerPixel") == 1 and ds.get("BitsAllocated") in (8, 16) and "PixelData" in ds
        if grey and instance.transfer_syntax == ExplicitVRLittleEndian:
            ds.compress(RLELossless, generate_instance_uid=False)
        ds.preamble = b"II*\0" + bytes(124)
        ds.save_as(instance.path, enforce_file_format=True)
        super().keep(ingest.read(instance.path))


@variant("store-needs-a-length", "standard 8.5")
class StoreNeedsALength(Origin):
    """Returns 411 for a store in chunks, without Content-Length."""

    def content_type(self, request: Request) -> MediaType:
        if "content-length" not in request.headers:
            raise HTTPException(411, "the length of the body is needed")
        return super().content_type(request)


@variant("strict-archive", "standard I.2.2")
class StrictArchive(Origin):
    """Refuses unknown SOP Classes, and images without Modality, with their reasons."""

    def admit(self, instance: Instance, target: Target) -> None:
        super().admit(instance, target)
        if not instance.sop_class.startswith("1.2.840.10008."):
            raise Refused(SOP_CLASS_NOT_SUPPORTED, instance.sop_class, instance.instance)
        if "00080060" not in instance.attributes:
            raise Refused(DATA_SET_MISMATCH, instance.sop_class, instance.instance)


@variant("no-delete", "ImagingDataCommons/slim#303", lacks=("delete",))
class NoDelete(Origin):
    """Has no DELETE."""

    def resources(self) -> dict[str, dict[str, Handler]]:
        return {
            path: {method: handler for method, handler in methods.items() if method != "DELETE"}
            for path, methods in super().resources().items()
        }


@variant("store-is-201", "standard 8.5")
class StoreIs201(Origin):
    """Returns 201 for a store of which everything was stored."""

    def outcome(self, stored: list[Instance], refused: list[Refused]) -> int:
        return 201 if stored and not refused else super().outcome(stored, refused)


@variant("failed-store-has-its-code", "standard 10.5.3.2")
class FailedStoreHasItsCode(Origin):
    """Returns a Warning with a DICOM status code in the response to a store that failed."""

    def conclude(self, request: Request, *arguments: Any) -> Response:
        response = super().conclude(request, *arguments)
        if response.status_code == 409:
            response.headers["Warning"] = f"C000 {base_url(request)}: Cannot understand"
        return response


# A run against it is incomplete: obligations that only the refused kinds show are not judged.
@variant("few-sop-classes", "standard I.2.2; PS3.2", breaks=("STOW-BEH-008",))
class FewSopClasses(Origin):
    """Stores only images of CT, MR, CR, US and Secondary Capture, and refuses all others with 0122."""

    def admit(self, instance: Instance, target: Target) -> None:
        super().admit(instance, target)
        if instance.sop_class not in FEW:
            raise Refused(SOP_CLASS_NOT_SUPPORTED, instance.sop_class, instance.instance)


@variant("delete-is-202", "RFC 9110 9.3.5")
class DeleteIs202(Origin):
    """Returns 202 with a sentence for a DELETE that is done."""

    def delete(self, request: Request) -> Response:
        super().delete(request)
        return PlainTextResponse("it will be deleted", 202)


@variant("identifiers-are-ours", "standard 10.5.2")
class IdentifiersAreOurs(Coercing):
    """Replaces each Patient ID and Accession Number by one of its own, with a record and a warning."""

    def correct(self, ds: Dataset, record: Dataset) -> bool:
        for keyword in ("PatientID", "AccessionNumber"):
            if ds.get(keyword):
                record[keyword] = ds[keyword]
                setattr(ds, keyword, f"E{ds[keyword].value}"[: 16 if keyword == "AccessionNumber" else 64])
        return bool(record)


@variant("fragments-are-cut-anew", "standard PS3.5 A.4, 7.5; PS3.10 7.1")
class FragmentsAreCutAnew(Origin):
    """Writes every file again: frames in two fragments with an offset table, lengths of sequences, another header."""

    def keep(self, instance: Instance) -> None:
        ds = dcmread(instance.path)
        ds.file_meta.ImplementationVersionName = "AGAIN"
        _with_lengths(ds)
        # Each frame of RLE is one fragment (PS3.5 A.4.2), and a video has no frames of its own.
        if _is_compressed(ds) and instance.transfer_syntax not in {RLELossless, *pixels.VIDEOS}:
            ds.PixelData = encapsulate(pixels.compressed_frames(ds), fragments_per_frame=2)
            ds["PixelData"].is_undefined_length = True
            for keyword in transcode.EXTENDED_OFFSETS:
                ds.pop(keyword, None)
        ds.save_as(instance.path, enforce_file_format=True)
        super().keep(ingest.read(instance.path))


def _is_compressed(ds: Dataset) -> bool:
    return "PixelData" in ds and ds["PixelData"].is_undefined_length


def _with_lengths(ds: Dataset) -> None:
    for element in ds:
        if element.VR == "SQ":
            element.is_undefined_length = False
            for item in element.value:
                item.is_undefined_length_sequence_item = False
                _with_lengths(item)


@variant("private-elements-are-unknown", "standard PS3.5 6.2.2")
class PrivateElementsAreUnknown(Origin):
    """Keeps private elements with the VR UN, as an archive does whose files are in Implicit VR."""

    def keep(self, instance: Instance) -> None:
        ds = dcmread(instance.path)
        if instance.transfer_syntax == ExplicitVRLittleEndian:
            for holder, raw in elements(ds):
                if raw.tag.is_private and not raw.tag.is_private_creator:
                    holder[raw.tag] = raw._replace(VR="UN")
            ds.save_as(instance.path, enforce_file_format=True)
        super().keep(ingest.read(instance.path))


@variant("only-studies-are-deleted", "standard 10.3")
class OnlyStudiesAreDeleted(Origin):
    """Returns 405 for DELETE of a series or an instance."""

    def resources(self) -> dict[str, dict[str, Handler]]:
        return {
            path: {method: handler for method, handler in methods.items() if method != "DELETE" or path == STUDY}
            for path, methods in super().resources().items()
        }


@variant("nothing-is-deleted-with-success", "RFC 9110 9.2.2")
class NothingIsDeletedWithSuccess(Origin):
    """Returns 204 for DELETE of what is not there, as of what was."""

    def delete(self, request: Request) -> Response:
        try:
            return super().delete(request)
        except HTTPException:
            return Response(status_code=204)


@variant("retrieved-later", "RFC 9110 15.3.3")
class RetrievedLater(Origin):
    """Returns 202 for a store whose instances can be found at once, and retrieved a moment later."""

    def __init__(self, archive: Archive) -> None:
        super().__init__(archive)
        self._since: dict[str, float] = {}

    def keep(self, instance: Instance) -> None:
        super().keep(instance)
        self._since.setdefault(instance.instance, time.monotonic())

    def outcome(self, stored: list[Instance], refused: list[Refused]) -> int:
        return 202 if stored else super().outcome(stored, refused)

    def instances(self, target: Target) -> list[Instance]:
        before = time.monotonic() - MOMENT
        found = [item for item in super().instances(target) if self._since.get(item.instance, 0.0) < before]
        if not found:
            raise HTTPException(404, f"{target} is not there yet")
        return found
