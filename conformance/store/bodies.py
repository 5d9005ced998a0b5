"""Bodies of store requests that are unusual or broken: parts written out as bytes."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import uuid4

from conformance.kit.instances import Instance
from conformance.kit.stow import RELATED, Body

TEXT = b"These are words, not an instance."
DICOM_PART = "Content-Type: application/dicom\r\n"


def boundary() -> str:
    """A boundary that no instance contains."""
    return f"dwc-{uuid4().hex}"


def part(between: str, content: bytes, head: str = DICOM_PART) -> bytes:
    """A part with its delimiter line before it and the line end after it; each field of `head` ends with CRLF."""
    return f"--{between}\r\n{head}\r\n".encode() + content + b"\r\n"


def message(contents: Sequence[bytes], instances: Sequence[Instance], head: str = DICOM_PART) -> Body:
    """Contents as parts, each with the header `head`. `instances` are those that may be stored."""
    between = boundary()
    parts = b"".join(part(between, content, head) for content in contents)
    return Body(RELATED.format(boundary=between), parts + f"--{between}--\r\n".encode(), tuple(instances))


def unended(contents: Sequence[bytes], instances: Sequence[Instance], cut: int = 0) -> Body:
    """Contents as parts without the closing delimiter, and without the last `cut` bytes of the last content."""
    between = boundary()
    parts = b"".join(part(between, content) for content in contents).removesuffix(b"\r\n")
    return Body(RELATED.format(boundary=between), parts[: len(parts) - cut], tuple(instances))


def labelled(instance: Instance, content_type: str) -> Body:
    """An instance under another Content-Type of the whole message; {boundary} in it is filled in."""
    between = boundary()
    content = part(between, instance.content[:]) + f"--{between}--\r\n".encode()
    return Body(content_type.format(boundary=between), content, (instance,))
