"""What the checks of this room read in the answer to a store, and the bodies that they send."""

from __future__ import annotations

from uuid import uuid4

from conformance.dicomweb import dicom_json
from conformance.dicomweb.dicom_json import DataSet
from conformance.dicomweb.messages import Response
from conformance.kit import expect
from conformance.kit.instances import Instance
from conformance.kit.stow import Body

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


def empty(response: Response, status: int) -> None:
    """The answer has this status and no body."""
    expect.status(response, status)
    assert not response.content, f"the body of {status} is {len(response.content)} bytes, should be none"


def body(*parts: tuple[str, bytes], content_type: str = DICOM, instances: tuple[Instance, ...] = ()) -> Body:
    """A multipart message of parts, each with its header fields as they are sent."""
    boundary = f"dwc-{uuid4().hex}"
    lines = b"".join(f"--{boundary}\r\n{head}\r\n".encode() + content + b"\r\n" for head, content in parts)
    return Body(f"{content_type}; boundary={boundary}", lines + f"--{boundary}--\r\n".encode(), instances)
