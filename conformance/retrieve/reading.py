"""Readings that the checks of this room share: payloads, frames and bulk data in answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pydicom import DataElement, Dataset

from conformance.dicomweb import limits, multipart, uris
from conformance.dicomweb.codestreams import MEDIA_TYPES
from conformance.dicomweb.dicom_json import DataSet
from conformance.dicomweb.messages import Response
from conformance.dicomweb.wording import name
from conformance.kit import expect
from conformance.kit.kinds import having
from conformance.kit.media import essence
from conformance.kit.verdicts import NotSupported

DICOM = 'multipart/related; type="application/dicom"'
OCTETS = 'multipart/related; type="application/octet-stream"'
JPEGS = 'multipart/related; type="image/jpeg"'

# The media types in which a resource is no rendering and no bulk data.
DICOM_TYPES = {"application/dicom", "application/dicom+json", "application/dicom+xml"}

NATIVE, LOSSLESS, LOSSY = having("native"), having("lossless"), having("lossy")


def types(response: Response) -> list[str]:
    """The media types of what a 200 holds: those of the parts of a multipart message, else that of the message."""
    expect.status(response, 200)
    if not _in_parts(response):
        return [essence(response.header("Content-Type"))]
    return [essence(part.header("Content-Type")) for part in expect.parts(response)]


def payloads(response: Response) -> list[bytes]:
    """What a 200 holds: the contents of the parts of a multipart message, else its body."""
    expect.status(response, 200)
    if not _in_parts(response):
        return [response.content]
    return [bytes(part.content) for part in expect.parts(response)]


def _in_parts(response: Response) -> bool:
    """Whether a message is multipart, also where its Content-Type is of bad grammar: that is judged elsewhere."""
    return multipart.boundary_of(response.header("Content-Type") or "") is not None


def as_compressed(syntax: str) -> str:
    """An Accept value for frames as they are stored, in the media type of their transfer syntax (Table 8.7.3-5)."""
    return f'multipart/related; type="{MEDIA_TYPES[syntax]}"; transfer-syntax={syntax}'


def offered(response: Response, what: str) -> Response:
    """What the standard leaves to the server. Raises NotSupported if it refuses it, but not as absent."""
    if response.status == 501 or (response.status in expect.REFUSALS and response.status not in (404, 410)):
        raise NotSupported(f"{what}: status is {response.status} ({response.request})")
    return response


def same(content: bytes, expected: bytes) -> bool:
    """Whether bytes are the expected ones, or these and the pad byte that makes their number even (PS3.5 8.2)."""
    return content == expected or (len(expected) % 2 == 1 and content == expected + b"\0")


def difference(content: bytes, expected: bytes, what: str) -> str | None:
    """Where bytes differ from the expected ones, as the sentence "X is A, should be B"; None where they do not."""
    if same(content, expected):
        return None
    if len(content) not in (len(expected), len(expected) + len(expected) % 2):
        return f"{what} is {len(content)} bytes, should be {len(expected)}"
    at = next((at for at, (a, b) in enumerate(zip(content, expected, strict=False)) if a != b), len(expected))
    should = expected[at] if at < len(expected) else 0
    return f"byte {at} of {what} is {content[at]}, should be {should}"


def frames(response: Response, expected: Sequence[bytes], whole: Sequence[bytes]) -> None:
    """The parts are these frames, in this order; `whole` are all frames of the instance, to name a wrong one."""
    found = payloads(response)
    if len(found) != len(expected):
        raise AssertionError(
            f"the number of parts is {len(found)}, should be {len(expected)}, one a frame ({response.request})"
        )
    for number, (content, frame) in enumerate(zip(found, expected, strict=True), 1):
        if other := next((at for at, known in enumerate(whole, 1) if same(content, known)), None):
            if not same(content, frame):
                should = list(whole).index(frame) + 1
                raise AssertionError(f"part {number} is frame {other}, should be frame {should} ({response.request})")
        elif sentence := difference(content, frame, f"the frame in part {number}"):
            raise AssertionError(f"{sentence} ({response.request})")


Path = tuple[str | int, ...]
Placed = tuple[Path, DataSet]


def bulk(ds: DataSet) -> Iterator[tuple[Path, str]]:
    """Each BulkDataURI of a data set at any depth, with its path: tags, and the index of the item after a sequence."""
    whole: Placed = (), ds
    for path, item in limits.every([whole], _items):
        for tag, attribute in item.items():
            if isinstance(uri := attribute.get("BulkDataURI"), str):
                yield (*path, tag), uri


def _items(placed: Placed) -> Iterator[Placed]:
    """The items of the sequences of a data set, each with its path."""
    path, ds = placed
    for tag, attribute in ds.items():
        values = attribute.get("Value") if attribute["vr"] == "SQ" else None
        for index, inner in enumerate(values if isinstance(values, list) else []):
            if isinstance(inner, dict):
                yield (*path, tag, index), inner


def element(ds: Dataset, path: Path) -> DataElement | None:
    """The element of a stored data set at a path; None where there is none."""
    *parents, tag = path
    try:
        for sequence, index in zip(parents[::2], parents[1::2], strict=True):
            ds = ds[int(str(sequence), 16)].value[int(index)]
        return ds[int(str(tag), 16)]
    except (KeyError, IndexError, TypeError, ValueError):
        return None


def place(path: Path) -> str:
    """A path as a message names it."""
    return "".join(f"[{step}]." if isinstance(step, int) else name(int(step, 16)) for step in path)


def resolved(uri: str, within: Response) -> str:
    """Where a URI that an answer holds points to, from studies/ on: behind a proxy host and prefix may be others."""
    found = uris.resolved(uri, within.request.url)
    path = found.path if found else uri
    return path[max(path.find("studies/"), 0) :]
