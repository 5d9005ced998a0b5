"""PS3.18 8.7.3, 10.4: DICOM files in responses, whatever was stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from io import BytesIO
from typing import NamedTuple

from pydicom import Dataset, dcmread
from pydicom.config import disable_value_validation
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from conformance.dicomweb import media_types, multipart
from conformance.dicomweb.differences import Difference, difference
from conformance.dicomweb.media_types import MalformedMediaType
from conformance.dicomweb.messages import Answered, header
from conformance.rules.once import once
from conformance.rules.targets import UIDS, target

DICOM = "application/dicom"
# Transfer syntaxes of which a server can make Explicit VR Little Endian without loss.
DECODED = frozenset(
    (DeflatedExplicitVRLittleEndian, JPEGLossless, JPEGLosslessSV1, JPEGLSLossless, JPEG2000Lossless, RLELossless)
)
_META = 144  # bytes: preamble, prefix, and the length of the File Meta Information that follows
_WANTED = [*UIDS, "SOPClassUID"]


class File(NamedTuple):
    """A DICOM file of a response: where it is, the Content-Type of its part and of the message, and UIDs by keyword."""

    place: str
    content_type: str
    message: str
    uids: dict[str, str]

    @property
    def syntax(self) -> str | None:
        """The transfer syntax of the file."""
        return self.uids.get("TransferSyntaxUID")


def retrieves(answers: Sequence[Answered]) -> list[Answered]:
    """The retrieves of instances that returned DICOM files, and were kept."""
    return [answer for answer in answers if target(answer).part == "" and files(answer)]


def of_level(number: int) -> Callable[[Sequence[Answered]], list[Answered]]:
    """A selection of the retrieves of a study, a series or an instance, by the number of UIDs in the path."""
    return lambda answers: [answer for answer in retrieves(answers) if len(target(answer).uids) == number]


@once
def files(answer: Answered) -> Sequence[File]:
    """The readable DICOM files of a success."""
    if answer.method != "GET" or answer.status != 200 or not answer.content:
        return ()
    return tuple(_read(answer.header("Content-Type") or "", answer.content))


def _read(content_type: str, content: bytes) -> Iterator[File]:
    if boundary := multipart.boundary_of(content_type):
        for number, part in enumerate(multipart.parse(boundary, content).parts, 1):
            if uids := _uids(bytes(part.content)):
                yield File(f"part {number}", part.header("Content-Type") or "", content_type, uids)
    elif uids := _uids(content):
        yield File("the body", content_type, content_type, uids)


def _uids(content: bytes) -> dict[str, str] | None:
    """UIDs of a DICOM file: those of its File Meta Information, None if it has none, and, if they can be read, those of
    its data set."""
    if content[128:132] != b"DICM":
        return None
    found: dict[str, str] = {}
    # pydicom's errors about malformed bytes have no common base.
    with suppress(Exception), disable_value_validation():
        found |= _named(dcmread(BytesIO(content[: _META + int.from_bytes(content[140:_META], "little")])).file_meta)
        found |= _named(dcmread(BytesIO(content), stop_before_pixels=True, specific_tags=list(_WANTED)))
    return found or None


def _named(ds: Dataset) -> dict[str, str]:
    return {element.keyword: str(element.value) for element in ds if element.VR == "UI"}


def outside(answer: Answered) -> Difference | None:
    """Each file is of the study, series and instance of the path, and no instance is there twice (10.4.3)."""
    for file in files(answer):
        for keyword, uid in target(answer).uids.items():
            found = file.uids.get(keyword)
            if found and found != uid:
                return difference(f"{keyword} of {file.place}", found, f"{uid}, as in the path")
    times = Counter(file.uids.get("SOPInstanceUID") for file in files(answer))
    twice = next((uid for uid, number in times.items() if uid and number > 1), None)
    return difference(f"the instance {twice}", f"{times[twice]} times in the body", "once") if twice else None


def misnamed(answer: Answered) -> Difference | None:
    """The File Meta Information names the class and the instance of the data set (PS3.10 7.1)."""
    for file in files(answer):
        for named, keyword in (("MediaStorageSOPClassUID", "SOPClassUID"), ("MediaStorageSOPInstanceUID", UIDS[2])):
            found, wanted = file.uids.get(named), file.uids.get(keyword)
            if wanted and found != wanted:
                return difference(f"{named} of {file.place}", found, f"{wanted} as {keyword}")
    return None


def _never(uid: str) -> Callable[[Answered], Difference | None]:
    """A rule: no file is in this transfer syntax."""

    def rule(answer: Answered) -> Difference | None:
        wrong = next((file for file in files(answer) if file.syntax == uid), None)
        return difference(f"TransferSyntaxUID of {wrong.place}", uid, "another one") if wrong else None

    return rule


implicit, big_endian = _never(ImplicitVRLittleEndian), _never(ExplicitVRBigEndian)


def not_asked_for(answer: Answered) -> Difference | None:
    """Without a transfer-syntax parameter a file whose data can be had in Explicit VR Little Endian is in it
    (8.7.3.4)."""
    accept = header(answer.request_headers, "Accept") or ""
    if DICOM not in accept or "transfer-syntax" in f"{accept} {answer.url}":
        return None
    wrong = next((file for file in files(answer) if file.syntax in DECODED), None)
    wanted = f"{ExplicitVRLittleEndian}, as Accept names none"
    return difference(f"TransferSyntaxUID of {wrong.place}", wrong.syntax, wanted) if wrong else None


def contradicting(answer: Answered) -> Difference | None:
    """The transfer-syntax parameter of a file is that of its File Meta Information (8.7.3.5)."""
    for file in files(answer):
        named = _parameter(file.content_type)
        if named and named != file.syntax:
            return difference(f"transfer-syntax of {file.place}", named, f"{file.syntax}, as TransferSyntaxUID")
    return None


def unlabelled(answer: Answered) -> Difference | None:
    """A file that is not in Explicit VR Little Endian names its transfer syntax (8.7.3.4)."""
    for file in files(answer):
        labelled = _parameter(file.content_type) or _parameter(file.message)
        if file.syntax != ExplicitVRLittleEndian and not labelled and file.content_type.startswith(DICOM):
            return difference(f"transfer-syntax of {file.place}", None, file.syntax)
    return None


def _parameter(content_type: str) -> str | None:
    try:
        return media_types.parse(content_type).get("transfer-syntax")
    except MalformedMediaType:
        return None
