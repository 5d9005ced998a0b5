"""Unusual store bodies."""

from __future__ import annotations

from io import BytesIO

import pydicom
from pydicom.uid import UID

from conformance.kit.instances import Instance
from conformance.kit.stow import Body


def with_content_id(instance: Instance, content_id: str, boundary: str) -> Body:
    """A store whose only part has a Content-ID that the start parameter names (RFC 2387 3.2)."""
    content_type = f'multipart/related; type="application/dicom"; start="<{content_id}>"; boundary={boundary}'
    head = f"--{boundary}\r\nContent-Type: application/dicom\r\nContent-ID: <{content_id}>\r\n\r\n"
    return Body(content_type, head.encode() + instance.content[:] + f"\r\n--{boundary}--\r\n".encode(), (instance,))


def with_texts_around(instance: Instance, boundary: str) -> Body:
    """A store with a preamble, an epilogue and a boundary that has to be quoted (RFC 2046 5.1.1)."""
    content_type = f'multipart/related; type="application/dicom"; boundary="{boundary}"'
    head = f"This is a preamble.\r\n--{boundary}\r\nContent-Type: application/dicom\r\n\r\n"
    tail = f"\r\n--{boundary}--\r\nThis is an epilogue.\r\n"
    return Body(content_type, head.encode() + instance.content[:] + tail.encode(), (instance,))


def of_class(instance: Instance, sop_class: str) -> Instance:
    """A copy that claims to be of another SOP Class."""
    ds = pydicom.dcmread(BytesIO(instance.content[:]))
    ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = UID(sop_class)
    file = BytesIO()
    ds.save_as(file, enforce_file_format=True)
    return Instance(file.getvalue(), instance.fresh)
