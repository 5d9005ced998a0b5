"""What the checks of this room read in the answer to a store, and the bodies that they send."""

from __future__ import annotations

from uuid import uuid4

from conformance.dicomweb import dicom_json, media_types
from conformance.dicomweb.dicom_json import DataSet
from conformance.dicomweb.media_types import MediaType
from conformance.dicomweb.messages import Response
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
    try:
        return dicom_json.dataset(response.content)
    except dicom_json.MalformedJson as error:
        raise AssertionError(f"the store response is {error}, should be a data set ({response.request})") from None


def in_json(response: Response) -> None:
    """The body is application/dicom+json."""
    found = (response.header("Content-Type") or "absent").partition(";")[0].strip().lower()
    assert found == "application/dicom+json", (
        f"Content-Type is {found}, should be application/dicom+json ({response.request})"
    )


def named(response: Response, found: DataSet, keyword: str, instances: list[Instance]) -> list[DataSet]:
    """The items of a sequence of the store response: one for each of these instances, and no other."""
    items = dicom_json.items(found, keyword)
    uids = sorted(dicom_json.text(item, "ReferencedSOPInstanceUID") or "absent" for item in items)
    wanted = sorted(instance.sop_instance_uid for instance in instances)
    assert uids == wanted, (
        f"{keyword} names {', '.join(uids) or 'nothing'}, should name {', '.join(wanted) or 'nothing'} "
        f"({response.request})"
    )
    return items


def for_reasons(response: Response, failed: list[DataSet], *reasons: str) -> None:
    """Each item of FailedSOPSequence has one of these reasons."""
    for item in failed:
        reason = dicom_json.text(item, "FailureReason") or "absent"
        assert reason in reasons, f"FailureReason is {reason}, should be {' or '.join(reasons)} ({response.request})"


def refused(response: Response, *reasons: str) -> None:
    """The only instance of a store is refused with 409, for one of these reasons."""
    found = module(response, 409)
    named(response, found, "ReferencedSOPSequence", [])
    failed = dicom_json.items(found, "FailedSOPSequence")
    assert len(failed) == 1, f"FailedSOPSequence is of {len(failed)} items, should be of 1 ({response.request})"
    for_reasons(response, failed, *reasons)


def taken(response: Response) -> None:
    """The store succeeded. Raises NotSupported where the server does not take what only this profile's checks send."""
    if response.status in (409, 415):
        raise NotSupported(f"the server does not take it: status is {response.status} ({response.request})")
    expect.status(response, 200, 202)


def media_type(value: str | None) -> MediaType:
    """A Content-Type."""
    try:
        return media_types.parse(value or "")
    except media_types.MalformedMediaType:
        raise AssertionError(f"Content-Type is {value or 'absent'}, should be a media type") from None


def empty(response: Response, status: int) -> None:
    """The answer has this status and no body."""
    expect.status(response, status)
    assert not response.content, f"the body of {status} is {len(response.content)} bytes, should be none"


def body(*parts: tuple[str, bytes], content_type: str = DICOM, instances: tuple[Instance, ...] = ()) -> Body:
    """A multipart message of parts, each with its header fields as they are sent."""
    boundary = f"dwc-{uuid4().hex}"
    lines = b"".join(f"--{boundary}\r\n{head}\r\n".encode() + content + b"\r\n" for head, content in parts)
    return Body(f"{content_type}; boundary={boundary}", lines + f"--{boundary}--\r\n".encode(), instances)
