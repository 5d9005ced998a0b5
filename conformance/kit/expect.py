"""The judges: each raises AssertionError "X is A, should be B (what was sent)", and returns what it has read.

They read a response that a check has asked for; none of them sends anything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import NoReturn

from pydicom import Dataset

from conformance.dicomweb import dicom_json, multipart, part10
from conformance.dicomweb.dicom_json import DataSet
from conformance.dicomweb.messages import Response
from conformance.kit.instances import Instance
from conformance.kit.verdicts import Warn

# Findings of the multipart reader after which a client may lack content, or take something else for it.
LOSSES = {
    "boundary-in-content",
    "boundary-missing",
    "empty-body",
    "glued-delimiter",
    "missing-close-delimiter",
    "too-many-parts",
    "truncated-content",
    "truncated-headers",
    "unfinished-headers",
    "zero-parts",
}
# What refuses a request for what it asks: not for who asks, how fast, or too late (RFC 9110 15.5, RFC 6585).
REFUSALS = tuple(code for code in range(400, 500) if code not in (401, 407, 408, 429))
NAMED = 100  # parts too many that are read to name one


def status(response: Response, *allowed: int) -> None:
    """The status code is one of those allowed (PS3.18 8.5)."""
    if response.status not in allowed:
        _fail(response, f"status is {response.status}", _listed(allowed))


def outcome(response: Response, passes: Sequence[int], warns: Sequence[int] = (), why: str = "") -> None:
    """The status is one that passes. One of `warns` is a warning: `why` is the other reading of the text, or the doubt.

    Raises Warn for these, AssertionError for every other status.
    """
    if response.status in warns and response.status not in passes:
        text = f"status is {response.status}, should be {_listed(passes)} ({response.request})"
        raise Warn(f"{text}; {why}" if why else text)
    status(response, *passes)


def absent(response: Response, *also: int) -> None:
    """The resource is not there, or not any more: 404 or 410 (PS3.18 8.5, 10.4.3.1), or one of `also`.

    Raises Warn for another refusal: 8.5 lets a policy choose the status that tells as little as possible.
    """
    outcome(response, (404, 410, *also), REFUSALS, "8.5 has 404 for what is not there, and leaves it to a policy")


def not_there(response: Response) -> None:
    """Nothing is sent of what should be gone: the answer is a refusal; which one, `absent` judges elsewhere."""
    if response.status not in REFUSALS:
        _fail(response, f"status is {response.status}", "404 or 410")


def bad_request(response: Response, *also: int) -> None:
    """A value that is wrong is refused with 400 (PS3.18 8.3, 8.5), or one of `also`. Raises Warn for another 4xx."""
    outcome(response, (400, *also), REFUSALS, "PS3.18 has 400; to a client each unknown 4xx is that (RFC 9110 15.5)")


def unacceptable(response: Response, *also: int) -> None:
    """What cannot be sent in a type that is accepted is refused with 406 (PS3.18 8.7.8.1), or one of `also`.

    Raises Warn for another 4xx, and for a 200: 8.7.3 has the default type sent then.
    """
    outcome(response, (406, *also), (200, *REFUSALS), "8.7.8.1 has 406; 8.7.3 and 8.3.3.1 the default type")


def unsupported(response: Response, *also: int) -> None:
    """A payload of a type that is not taken is refused with 415 (PS3.18 8.5), or one of `also`. Raises Warn for
    another 4xx."""
    outcome(response, (415, *also), REFUSALS, "415 says that it is the media type (8.5), another 4xx only refuses")


def taken(response: Response, instances: Sequence[Instance]) -> list[Instance]:
    """The store succeeded and tells of no failure (PS3.18 10.5.3.1). The instances that it does not name as stored.

    What a success has to say, and in which form, is judged in one place (STOW-RESP-005 and after it): whether an
    instance is stored is seen by reading it back.
    """
    status(response, 200, 202)
    try:
        module = dicom_json.dataset(response.content)
    except dicom_json.MalformedJson:
        return list(instances)
    for keyword in ("FailedSOPSequence", "OtherFailuresSequence"):
        if failures := dicom_json.items(module, keyword):
            reason = dicom_json.text(failures[0], "FailureReason")
            _fail(response, f"{keyword} has {len(failures)} items, FailureReason {reason}", "absent")
    referenced = dicom_json.items(module, "ReferencedSOPSequence")
    named = {dicom_json.text(item, "ReferencedSOPInstanceUID") for item in referenced}
    return [instance for instance in instances if instance.sop_instance_uid not in named]


def parts(response: Response) -> Sequence[multipart.Part]:
    """The parts of a whole multipart/related body (PS3.18 8.6.1.2, RFC 2046 5.1.1).

    What does not cost a reader any content (line ends, the grammar of part headers) is not judged here.
    """
    status(response, 200)
    content_type = response.header("Content-Type") or "absent"
    boundary = multipart.boundary_of(content_type)
    if not boundary:
        _fail(response, f"Content-Type is {content_type}", "multipart/related with a boundary")
    body = multipart.parse(boundary, response.body)
    for finding in body.findings:
        if finding.code in LOSSES:
            raise AssertionError(
                f"byte {finding.offset} of the multipart body: {finding.sentence} ({response.request})"
            )
    return body.parts


class DataSets(Mapping[str, Dataset]):
    """The data sets of a body by SOPInstanceUID, each read when asked for: a study may be larger than memory."""

    def __init__(self, parts: dict[str, multipart.Part]) -> None:
        self._parts = parts

    def __getitem__(self, uid: str) -> Dataset:
        return part10.read(bytes(self._parts[uid].content))

    def __iter__(self) -> Iterator[str]:
        return iter(self._parts)

    def __len__(self) -> int:
        return len(self._parts)


def instances(response: Response, expected: Sequence[Instance]) -> Mapping[str, Dataset]:
    """The body carries these instances, each once, and no other (PS3.18 10.4.3). Data sets by SOPInstanceUID."""
    found: list[tuple[str, multipart.Part]] = []
    if len(sent := parts(response)) > len(expected) + NAMED:
        _fail(response, f"the number of parts is {len(sent):,}", str(len(expected)))
    for number, part in enumerate(sent, 1):
        try:
            uid = part10.read(bytes(part.content)).get("SOPInstanceUID", "an instance without SOPInstanceUID")
        except part10.MalformedFile as error:
            problem = _followed(bytes(part.content), expected) or str(error)
            raise AssertionError(f"part {number}: {problem} ({response.request})") from None
        found.append((str(uid), part))
    _same(response, [uid for uid, _ in found], expected, "in the body")
    return DataSets(dict(found))


def _followed(content: bytes, expected: Sequence[Instance]) -> str | None:
    """What follows a whole instance within its part, as a sentence; None if it does not begin with one."""
    for size in (len(item.content) for item in expected if content.startswith(item.content)):
        return f"the first {size:,} bytes are as they were stored, {len(content) - size:,} more follow, should be none"
    return None


def whole(response: Response, expected: Instance) -> None:
    """The body carries this instance, and its data set is the one that was stored (PS3.18 10.4.3)."""
    found = instances(response, [expected])
    equal(part10.differences(expected.dataset, found[expected.sop_instance_uid]), response)


def one_part(response: Response) -> multipart.Part:
    """The body is one part."""
    found = parts(response)
    if len(found) != 1:
        _fail(response, f"the number of parts is {len(found)}", "1")
    return found[0]


def kept(response: Response, expected: Instance) -> None:
    """One part comes back, a file that names this instance; whether it is as it was stored is judged elsewhere."""
    if expected.sop_instance_uid.encode() not in bytes(one_part(response).content):
        _fail(response, "the instance is not in the part", f"there, as {expected.sop_instance_uid}")


def without(response: Response, gone: Instance) -> None:
    """The body carries instances, and not this one."""
    uid = gone.sop_instance_uid
    for part in parts(response):
        content = bytes(part.content)
        with suppress(part10.MalformedFile):
            if uid.encode() in content and part10.read(content).get("SOPInstanceUID") == uid:
                _fail(response, f"{uid} is in the body", "gone")


def metadata(response: Response, expected: Sequence[Instance]) -> dict[str, DataSet]:
    """The body is a list of a data set for each of these instances, and no other. Data sets by SOPInstanceUID."""
    status(response, 200)
    found = [(dicom_json.text(ds, "SOPInstanceUID") or "a data set without UID", ds) for ds in datasets(response)]
    _same(response, [uid for uid, _ in found], expected, "in the list")
    return dict(found)


def equal(differences: Sequence[str], response: Response) -> None:
    """Nothing differs from what was stored; `differences` as the readers of dicomweb/ list them."""
    if differences:
        more = f"; {len(differences) - 1} more differ" if len(differences) > 1 else ""
        raise AssertionError(f"{differences[0]}{more} ({response.request})")


def frame(response: Response, expected: bytes) -> None:
    """One part holds the pixel bytes, with or without the pad byte of the element (PS3.18 10.4.1.1.6, PS3.5 8.2)."""
    content = bytes(one_part(response).content)
    if len(content) not in (len(expected), len(expected) + len(expected) % 2):
        _fail(response, f"the frame is {len(content)} bytes", f"{len(expected)}")
    if content[: len(expected)] != expected:
        at = next(index for index, (a, b) in enumerate(zip(content, expected, strict=False)) if a != b)
        _fail(response, f"byte {at} of the frame is {content[at]}", str(expected[at]))


def one_match(response: Response, keyword: str, uid: str) -> DataSet:
    """A search by UID gives that entity once, and nothing else (PS3.18 10.6.3). The match."""
    status(response, 200)
    listed = matches(response)
    found = [dicom_json.text(match, keyword) or "absent" for match in listed]
    for value in found:
        if value != uid:
            _fail(response, f"{keyword} of a match is {value}", uid)
    if len(found) != 1:
        _fail(response, f"the number of matches is {len(found)}", "1")
    return listed[0]


def not_found(response: Response, keyword: str, uid: str) -> None:
    """A search does not give this entity."""
    status(response, 200, 204)
    if uid in [dicom_json.text(match, keyword) for match in matches(response)]:
        _fail(response, f"{keyword} of a match is {uid}", "gone")


def no_match(response: Response) -> None:
    """A search that matches nothing: 204 without a body, or 200 with an empty list or a body of zero length.

    Each is what some edition says: the contradiction zero-matches.
    """
    status(response, 200, 204)
    found: Sequence[object] = response.content if response.status == 204 else matches(response)
    if found:
        _fail(
            response,
            f"the number of {'bytes after a 204' if response.status == 204 else 'matches'} is {len(found)}",
            "0",
        )


def matches(response: Response) -> list[DataSet]:
    """The matches of a search: none of a 204, nor of a body of zero length (PS3.18 10.6.3.1; CP-2473)."""
    return datasets(response) if response.status != 204 and response.content else []


def datasets(response: Response) -> list[DataSet]:
    """The body is a DICOM JSON list of data sets."""
    try:
        return dicom_json.datasets(response.content)
    except dicom_json.MalformedJson as error:
        kind = response.header("Content-Type") or "no Content-Type"
        _fail(response, f"the body ({kind}) is no list of data sets, {error}", "DICOM JSON")


def _same(response: Response, found: Sequence[str], expected: Sequence[Instance], where: str) -> None:
    """The same SOP Instance UIDs, each once, in any order."""
    wanted = [instance.sop_instance_uid for instance in expected]
    times = Counter(found)
    for uid in wanted:
        if not times[uid]:
            _fail(response, f"{uid} is not {where}", f"there, as 1 of {len(wanted)}")
    for uid in times:
        if uid not in wanted:
            _fail(response, f"{uid} is {where}", "left out")
        if times[uid] > 1:
            _fail(response, f"{uid} is {times[uid]} times {where}", "once")


def _listed(codes: Sequence[int]) -> str:
    """Status codes as a message names them: all successes as 2xx, all refusals as 4xx."""
    classes = {"2xx": range(200, 300), "4xx": REFUSALS}
    whole = {name: every for name, every in classes.items() if set(every) <= set(codes)}
    named = [str(code) for code in codes if f"{code // 100}xx" not in whole]
    return " or ".join([*named, *whole])


def _fail(response: Response, found: str, should: str) -> NoReturn:
    raise AssertionError(f"{found}, should be {should} ({response.request})")
