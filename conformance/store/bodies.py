"""Bodies of store requests that are unusual or broken: parts written out as bytes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from uuid import uuid4

from conformance.kit.instances import Instance
from conformance.kit.stow import RELATED, Body

TEXT = b"These are words, not an instance."
DICOM_PART = "Content-Type: application/dicom\r\n"
# Body Part Examined and Pixel Data of the small images of a check, and where their File Meta Information begins.
BODY_PART, PIXELS, META = b"\x18\0\x15\0CS\6\0CHEST ", b"\xe0\x7f\x10\0", 132
PRIVATE = b"\x99\0\1\x10LO\6\0alone "
OPERATORS, PATIENT = b"\x08\0\x70\x10LO\x08\0Doe^John", b"\x10\0\x10\0PN"
# By the rule that each breaks (PS3.5 6.2, 7.1, 7.8.1; PS3.10 7.1): a file as a faulty writer would have written it.
WRONG: dict[str, Callable[[bytes], bytes]] = {
    "vr": lambda file: file.replace(BODY_PART, BODY_PART.replace(b"CS", b"RE")),
    "another-vr": lambda file: file.replace(PATIENT, OPERATORS + PATIENT, 1),
    "odd-length": lambda file: file.replace(BODY_PART, BODY_PART[:-1].replace(b"\6", b"\5")),
    "order": lambda file: file.replace(BODY_PART, b"") + BODY_PART,
    "private-creator": lambda file: file.replace(PIXELS, PRIVATE + PIXELS, 1),
    "meta-length": lambda file: file[:META] + file[META + 12 :],
    "meta-class": lambda file: file.replace(b"5.1.4.1.1.7\0", b"5.1.4.1.1.2\0", 1),
    "meta-syntax": lambda file: file.replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2\0\0\0"),
}


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
