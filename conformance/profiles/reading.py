"""Readings of store responses, and the bodies that the checks of this room send."""

from __future__ import annotations

from uuid import uuid4

from conformance.dicomweb import dicom_json, media_types
from conformance.dicomweb.dicom_json import DataSet
from conformance.dicomweb.media_types import MediaType
from conformance.dicomweb.messages import Response
from conformance.dicomweb.multipart import Part
from conformance.kit import expect
from conformance.kit.instances import Instance
from conformance.kit.stow import Body
from conformance.kit.verdicts import NotSupported

DICOM = 'multipart/related; type="application/dicom"'
PART = "Content-Type: application/dicom\r\n"


def module(response: Response, *statuses: int) -> DataSet:
    """The store response, in JSON, with one of these statuses."""
    expect.status(response, *statuses)
    in_json(response)
    return expect.dataset(response)


def in_json(response: Response) -> None:
    """Deviate unless the body is application/dicom+json."""
    found = (response.header("Content-Type") or "absent").partition(";")[0].strip().lower()
    expect.equal("Content-Type", found, "application/dicom+json", response)


def named(response: Response, found: DataSet, keyword: str, instances: list[Instance]) -> list[DataSet]:
    """The items of a sequence of the store response: one for each of these instances, and no other."""
    items = dicom_json.items(found, keyword)
    uids = sorted(dicom_json.text(item, "ReferencedSOPInstanceUID") or "absent" for item in items)
    wanted = sorted(instance.sop_instance_uid for instance in instances)
    expect.equal(f"the list of instances in {keyword}", ", ".join(uids), ", ".join(wanted), response)
    return items


def for_reasons(response: Response, failed: list[DataSet], *reasons: str) -> None:
    """Deviate unless each item of FailedSOPSequence has one of these reasons."""
    for item in failed:
        reason = dicom_json.text(item, "FailureReason")
        expect.that(reason in reasons, "FailureReason", reason, reasons, response)


def refused(response: Response, *reasons: str) -> None:
    """Deviate unless the only instance of a store is refused with 409, for one of these reasons."""
    found = module(response, 409)
    named(response, found, "ReferencedSOPSequence", [])
    failed = dicom_json.items(found, "FailedSOPSequence")
    expect.equal("the number of items of FailedSOPSequence", len(failed), 1, response)
    for_reasons(response, failed, *reasons)


def taken(response: Response) -> None:
    """Deviate unless the store succeeded. Raises NotSupported if the server does not take an instance that only this
    profile's checks send."""
    if response.status in (409, 415):
        raise NotSupported(f"the server refuses the instance: status is {response.status} ({response.request})")
    expect.status(response, 200, 202)


def media_type(response: Response, part: Part | None = None) -> MediaType:
    """The Content-Type of a response, or of a part of it."""
    value = (part or response).header("Content-Type")
    try:
        return media_types.parse(value or "")
    except media_types.MalformedMediaType:
        expect.deviates("Content-Type of the part" if part else "Content-Type", value, "a media type", response)


def of_type(response: Response, essence: str) -> None:
    """Deviate unless the body is of a media type, whatever its parameters."""
    expect.equal("Content-Type", media_type(response).essence, essence, response)


def empty(response: Response, status: int) -> None:
    """Deviate unless the response has this status and no body."""
    expect.status(response, status)
    expect.that(not response.content, f"the body of a {status}", f"{len(response.content)} bytes", None, response)


def body(*parts: tuple[str, bytes], content_type: str = DICOM, instances: tuple[Instance, ...] = ()) -> Body:
    """A multipart message of parts, each with its header fields as they are sent."""
    boundary = f"dwc-{uuid4().hex}"
    lines = b"".join(f"--{boundary}\r\n{head}\r\n".encode() + content + b"\r\n" for head, content in parts)
    return Body(f"{content_type}; boundary={boundary}", lines + f"--{boundary}--\r\n".encode(), instances)
