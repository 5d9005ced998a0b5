"""Readings that the checks of this room share: payloads, frames and bulk data in responses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pydicom import DataElement, Dataset

from conformance.dicomweb import comparison, limits, multipart, part10, uris
from conformance.dicomweb.codestreams import MEDIA_TYPES
from conformance.dicomweb.dicom_json import DataSet
from conformance.dicomweb.messages import Response
from conformance.dicomweb.wording import name
from conformance.kit import expect
from conformance.kit.instances import Instance
from conformance.kit.kinds import having
from conformance.kit.media import essence
from conformance.kit.verdicts import NotSupported

DICOM = 'multipart/related; type="application/dicom"'
OCTETS = 'multipart/related; type="application/octet-stream"'
JPEGS = 'multipart/related; type="image/jpeg"'

NATIVE, LOSSLESS, LOSSY = having("native"), having("lossless"), having("lossy")


def types(response: Response) -> list[str]:
    """The media types of the content of a 200: those of the parts of a multipart message, else that of the message."""
    expect.status(response, 200)
    if not _in_parts(response):
        return [essence(response.header("Content-Type"))]
    return [essence(part.header("Content-Type")) for part in expect.parts(response)]


def payloads(response: Response) -> list[bytes]:
    """The contents of the parts of a multipart message, else the body. Raises Deviates for a status other than 200."""
    expect.status(response, 200)
    if not _in_parts(response):
        return [response.content]
    return [bytes(part.content) for part in expect.parts(response)]


def _in_parts(response: Response) -> bool:
    """Return whether a message is multipart, even if its Content-Type is malformed, which is judged elsewhere."""
    return multipart.boundary_of(response.header("Content-Type") or "") is not None


def as_compressed(syntax: str) -> str:
    """An Accept value for frames as they are stored, in the media type of their transfer syntax (Table 8.7.3-5)."""
    return f'multipart/related; type="{MEDIA_TYPES[syntax]}"; transfer-syntax={syntax}'


def offered(response: Response, what: str) -> Response:
    """The response to a request for `what`, which the standard leaves to the server. Raises NotSupported for a refusal
    other than 404 and 410."""
    if response.status == 501 or (response.status in expect.REFUSALS and response.status not in (404, 410)):
        raise NotSupported(f"{what}: status is {response.status} ({response.request})")
    return response


def optional(response: Response, what: str) -> Response:
    """The response with `what`, which a server may have. Raises NotSupported for a refusal; a failure deviates."""
    if response.status == 501 or response.status in expect.REFUSALS:
        raise NotSupported(f"{what}: status is {response.status} ({response.request})")
    expect.status(response, 200)
    return response


def same(content: bytes, expected: bytes) -> bool:
    """True if bytes are the expected ones, or these and the pad byte that makes their number even (PS3.5 8.2)."""
    return content == expected or (len(expected) % 2 == 1 and content == expected + b"\0")


def equal(what: str, content: bytes, expected: bytes, response: Response) -> None:
    """Deviate unless bytes are the expected ones, or these and the pad byte; `what` names them."""
    if same(content, expected):
        return
    length(what, len(content), len(expected), response)
    at = next((at for at, (a, b) in enumerate(zip(content, expected, strict=False)) if a != b), len(expected))
    expect.deviates(f"byte {at} of {what}", content[at], expected[at] if at < len(expected) else 0, response)


def length(what: str, found: int, expected: int, response: Response) -> None:
    """Deviate unless the number of bytes is the expected one, or the next even one (PS3.5 8.2)."""
    if found not in (expected, expected + expected % 2):
        expect.deviates(f"the length of {what}", f"{found:,} bytes", f"{expected:,} bytes", response)


def in_a_part(contents: Sequence[bytes], instance: Instance, response: Response) -> None:
    """Deviate unless one of several contents is the Pixel Data of a single-frame instance."""
    there = any(same(content, instance.frame) for content in contents)
    expect.that(there, f"the Pixel Data of {instance.sop_instance_uid}", "not in any part", "in a part", response)


def one_of(media_type: str, response: Response) -> None:
    """Deviate unless a 200 has one content, of a media type."""
    found = types(response)
    expect.that(found == [media_type], "the media type", ", ".join(found), media_type, response)


def all_of(media_type: str, response: Response) -> None:
    """Deviate unless a 200 has contents of one media type."""
    found = sorted(set(types(response)))
    expect.that(found == [media_type], "the media type of the parts", ", ".join(found), media_type, response)


def frames(response: Response, expected: Sequence[bytes], whole: Sequence[bytes]) -> None:
    """Deviate unless the parts are these frames, in this order; `whole` are all frames of the instance, to name a wrong
    one."""
    found = payloads(response)
    if len(found) != len(expected):
        expect.deviates("the number of parts", len(found), f"{len(expected)}, one per frame", response)
    for number, (content, frame) in enumerate(zip(found, expected, strict=True), 1):
        if other := next((at for at, known in enumerate(whole, 1) if same(content, known)), None):
            if not same(content, frame):
                expect.deviates(f"part {number}", f"frame {other}", f"frame {list(whole).index(frame) + 1}", response)
        else:
            equal(f"the frame in part {number}", content, frame, response)


def file(part: multipart.Part, response: Response, where: str = "") -> Dataset:
    """The data set of the DICOM file in a part, which `where` names if there are several (PS3.10 7)."""
    try:
        return part10.read(bytes(part.content))
    except part10.MalformedFile as error:
        expect.readable(error, response, where)


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
    """The element of a stored data set at a path; None if there is none."""
    *parents, tag = path
    try:
        for sequence, index in zip(parents[::2], parents[1::2], strict=True):
            ds = ds[int(str(sequence), 16)].value[int(index)]
        return ds[int(str(tag), 16)]
    except (KeyError, IndexError, TypeError, ValueError):
        return None


def value(what: str, content: bytes, element: DataElement, root: Dataset, response: Response) -> None:
    """Deviate unless bytes are the value of a stored element: text in the character set of its data set, or in UTF-8,
    numbers in little endian (F.2.2, 8.7.3.3.1)."""
    if isinstance(element.value, bytes):
        return equal(what, content, element.value, response)
    found = comparison.interpreted(content, element, root) or element.__class__(element.tag, "UN", content)
    if comparison.equal(element, found):
        return
    unicode = Dataset()
    unicode.SpecificCharacterSet = "ISO_IR 192"
    other = comparison.interpreted(content, element, unicode)
    if other is None or not comparison.equal(element, other):
        expect.same([comparison.difference(what, element, found)], response)


def place(path: Path) -> str:
    """A path as a message names it."""
    return "".join(f"[{step}]." if isinstance(step, int) else name(int(step, 16)) for step in path)


def resolved(uri: str, within: Response) -> str:
    """The path of a URI in a response, from studies/ on: behind a proxy its host and prefix may differ."""
    found = uris.resolved(uri, within.request.url)
    path = found.path if found else uri
    return path[max(path.find("studies/"), 0) :]


def address(uri: str, within: Response) -> str:
    """The path of a URI in a response, as `resolved`, and its query, which may tell one value of an instance from
    another."""
    found = uris.resolved(uri, within.request.url)
    return f"{resolved(uri, within)}?{found.query if found else ''}"
