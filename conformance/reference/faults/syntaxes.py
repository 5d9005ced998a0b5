"""Faults in the choice of a transfer syntax (PS3.18 8.7.3)."""

from __future__ import annotations

import io
import re
from array import array

from pydicom import dcmread, dcmwrite
from pydicom.uid import UID, ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from ..app import Origin
from ..archive import Instance
from ..multipart import Content
from ..negotiation import Representation
from ..target import Target
from .altered import accept, answer_fault, names, refused, request_fault, set_accept
from .registry import fault

CT = "1.2.840.10008.5.1.4.1.1.2"


@request_fault(
    "stored-syntax-by-default",
    breaks=("COMMON-TS-001",),
    says="TransferSyntaxUID is",
    seen=("dcm4che/dcm4chee-arc-light#1749", "orthanc-mirrors/orthanc-dicomweb NEWS 1.5"),
)
def stored_syntax_by_default(request: Request) -> None:
    """Returns an instance in its stored transfer syntax if there is no transfer-syntax parameter."""
    if "application/dicom" in accept(request) and "transfer-syntax" not in accept(request):
        set_accept(request, re.sub(r'("?application/dicom"?)(?![+\w])', r"\1; transfer-syntax=*", accept(request)))


@request_fault(
    "transfer-syntax-is-refused",
    breaks=("COMMON-TS-002", "COMMON-TS-007"),
    says="status is 406",
    seen=("dcm4che/dcm4chee-arc-light#1715",),
)
def transfer_syntax_is_refused(request: Request) -> Response | None:
    """Does not know a media type with a transfer-syntax parameter."""
    return refused(406) if re.search("transfer-syntax=[0-9]", accept(request)) else None


@fault("any-syntax-is-refused", breaks=("COMMON-TS-003",), says="status is 406")
class AnySyntaxIsRefused(Origin):
    """Refuses a study with a compressed instance to a client that accepts any transfer syntax."""

    def retrieve(self, request: Request) -> Response:
        instances = self.retrieved(Target.of(request))
        compressed = [item for item in instances if item.transfer_syntax != ExplicitVRLittleEndian]
        if compressed and Target.of(request).level == "study" and "transfer-syntax=*" in accept(request):
            raise HTTPException(406, "there is no transfer syntax *")
        return super().retrieve(request)


@request_fault("second-syntax-is-ignored", breaks=("COMMON-TS-004",), says="status is 200")
def second_syntax_is_ignored(request: Request) -> None:
    """Ignores the second of two transfer-syntax parameters of one media type."""
    once = re.sub(r"(;\s*transfer-syntax=[^;,]+)(;\s*transfer-syntax=[^;,]+)", r"\1", accept(request))
    if once != accept(request):
        set_accept(request, once)


@request_fault("unknown-syntax-is-500", breaks=("COMMON-TS-006",), says="status is 500")
def unknown_syntax_is_500(request: Request) -> Response | None:
    """Returns 500 for an unknown transfer syntax."""
    return refused(500) if re.search(r"transfer-syntax=(?!1\.2\.840\.10008\.)[0-9]", accept(request)) else None


@fault("implicit-vr-is-sent", breaks=("COMMON-TS-008",), says="TransferSyntaxUID is 1.2.840.10008.1.2,")
class ImplicitVRIsSent(Origin):
    """Returns a CT image in Implicit VR Little Endian."""

    def file(self, instance: Instance, target: Target) -> Content:
        content = super().file(instance, target)
        return _written(instance, ImplicitVRLittleEndian) if _plain_ct(instance) else content


@fault("big-endian-is-sent", breaks=("COMMON-TS-009",), says="TransferSyntaxUID is 1.2.840.10008.1.2.2")
class BigEndianIsSent(Origin):
    """Returns a CT image in Explicit VR Big Endian."""

    def file(self, instance: Instance, target: Target) -> Content:
        content = super().file(instance, target)
        return _written(instance, ExplicitVRBigEndian) if _plain_ct(instance) else content


def _plain_ct(instance: Instance) -> bool:
    return instance.sop_class == CT and instance.transfer_syntax == ExplicitVRLittleEndian


def _written(instance: Instance, syntax: UID) -> Content:
    ds = dcmread(instance.path)
    if syntax == ExplicitVRBigEndian:
        words = array("H", ds.PixelData)
        words.byteswap()
        ds.PixelData = words.tobytes()
    ds.file_meta.TransferSyntaxUID = syntax
    file = io.BytesIO()
    dcmwrite(
        file,
        ds,
        implicit_vr=syntax.is_implicit_VR,
        little_endian=syntax.is_little_endian,
        force_encoding=True,
    )
    return Content(file.getvalue())


@request_fault("transfer-syntax-in-the-query", breaks=("COMMON-TS-010",), says="status is 406")
def transfer_syntax_in_the_query(request: Request) -> Response | None:
    """Returns 406 for a request with transferSyntax, the query parameter of WADO-URI."""
    return refused(406) if "transferSyntax" in names(request) else None


@answer_fault("rendered-has-a-syntax", breaks=("COMMON-TS-011",), says="transfer-syntax of Content-Type is")
def rendered_has_a_syntax(request: Request, response: Response) -> None:
    """Labels a picture with the requested transfer syntax."""
    if response.headers.get("content-type") == "image/jpeg" and "transfer-syntax" in accept(request):
        response.headers["content-type"] = "image/jpeg; transfer-syntax=1.2.840.10008.1.2.4.50"


@fault("syntax-is-not-named", breaks=("COMMON-TS-013",), says="transfer-syntax is absent")
class SyntaxIsNotNamed(Origin):
    """Does not name the transfer syntax of a compressed file."""

    def part_type(self, form: Representation) -> str:
        return form.media_type


@fault(
    "syntax-is-misnamed", breaks=("COMMON-HDR-009", "COMMON-TS-013"), says="transfer-syntax is 1.2.840.10008.1.2.4.70"
)
class SyntaxIsMisnamed(Origin):
    """Labels every file as JPEG Lossless."""

    def part_type(self, form: Representation) -> str:
        return (
            "application/dicom; transfer-syntax=1.2.840.10008.1.2.4.70"
            if form.media_type == "application/dicom"
            else super().part_type(form)
        )


@fault(
    "syntax-is-echoed",
    breaks=("COMMON-HDR-008",),
    says="with the UID of a transfer syntax",
    seen=("dcm4che/dcm4chee-arc-light#2813",),
)
class SyntaxIsEchoed(Origin):
    """Labels a file with the requested transfer-syntax=*."""

    def part_type(self, form: Representation) -> str:
        return (
            "application/dicom; transfer-syntax=*"
            if form.media_type == "application/dicom"
            else super().part_type(form)
        )


@request_fault("deflated-is-only-a-label", breaks=("COMMON-TS-006",), says="TransferSyntaxUID is 1.2.840.10008.1.2.1")
def deflated_is_only_a_label(request: Request) -> None:
    """Returns Explicit VR Little Endian if Deflated is requested."""
    set_accept(request, accept(request).replace("1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.1"))
