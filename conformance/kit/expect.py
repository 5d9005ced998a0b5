"""The judges: each raises Deviates with what was found, what was wanted and the request, or returns what it has read.

They read a response that a check has asked for; none of them sends anything. All others are built on the first few:
`that`, `equal`, `present`, `same`, `deviates` and `doubt`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import NoReturn, TypeVar

from pydicom import Dataset

from conformance.dicomweb import dicom_json, multipart, part10
from conformance.dicomweb.buffers import Buffer, first_difference
from conformance.dicomweb.dicom_json import DataSet
from conformance.dicomweb.differences import Deviation, Difference, Malformed, difference, either
from conformance.dicomweb.messages import Request, Response
from conformance.dicomweb.wording import count
from conformance.kit.instances import Instance
from conformance.kit.stow import STORED
from conformance.kit.verdicts import Blocked, Deviates, Unanswered, Warn

T = TypeVar("T")
Sent = Request | Response

# Findings of the multipart reader that may cost a client content, or give it wrong content.
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
# Statuses that refuse a request for its content: not for its sender, its rate or a timeout (RFC 9110 15.5, RFC 6585).
REFUSALS = tuple(code for code in range(400, 500) if code not in (401, 407, 408, 429))
NAMED = 100  # surplus parts that are still read, to name one


def deviates(subject: str, found: object, wanted: object, sent: Sent) -> NoReturn:
    """Say that the server deviates: `subject` is what it is about; `found` and `wanted` are values, or phrases that
    follow "is" and "should be"; `sent` is the request, or the response to it."""
    raise Deviates(Deviation(difference(subject, found, wanted), _request(sent)))


def doubt(subject: str, found: object, wanted: object, sent: Sent, why: str, places: tuple[str, ...] = ()) -> NoReturn:
    """Say that the server may deviate, which is a warning: `why` continues "only a warning: ", and is what the standard
    leaves open or contradicts."""
    raise Warn(Deviation(difference(subject, found, wanted), _request(sent), f"only a warning: {why}", places))


def that(holds: object, subject: str, found: object, wanted: object, sent: Sent) -> None:
    """Deviate unless a condition holds."""
    if not holds:
        deviates(subject, found, wanted, sent)


def equal(subject: str, found: object, wanted: object, sent: Sent) -> None:
    """Deviate unless two values are equal."""
    that(found == wanted, subject, found, wanted, sent)


def present(subject: str, found: T | None, sent: Sent) -> T:
    """Deviate if a value is None or empty; return it otherwise."""
    return found or deviates(subject, "absent", "there", sent)


def same(differences: Sequence[Difference], sent: Sent) -> None:
    """Deviate if something differs from what was stored; `differences` as the readers of dicomweb/ list them."""
    if differences:
        listed = tuple(map(str, differences)) if len(differences) > 1 else ()
        raise Deviates(Deviation(differences[0], _request(sent), places=listed))


def readable(error: Malformed, sent: Sent, where: str = "") -> NoReturn:
    """Say that content cannot be read: the first place that breaks its grammar, prefixed with `where` if that is
    given."""
    found = error.difference
    raise Deviates(Deviation(found.of(where) if where else found, _request(sent))) from None


def unanswered(error: Unanswered, subject: str = "the response") -> NoReturn:
    """Say that a request has no response, named by `subject`. An error that is not the server's is raised unchanged."""
    if error.request is None:
        raise error
    deviates(subject, f"absent ({error.why})", "there", error.request)


def status(response: Response, *allowed: int) -> None:
    """Deviate unless the status code is one of those allowed (PS3.18 8.5)."""
    that(response.status in allowed, "status", response.status, _listed(allowed), response)


def stored(response: Response) -> None:
    """Deviate unless the status is that of a store that stored something (PS3.18 10.5.3.1): 200 or 202, or 201 of 8.5,
    which STOW-RESP-001 judges."""
    that(response.status in STORED, "status", response.status, "200 or 202", response)


def deleted(response: Response) -> None:
    """Deviate unless the status is that of a DELETE that is done, or will be (RFC 9110 9.3.5): 200, 202 or 204."""
    status(response, 200, 202, 204)


def outcome(response: Response, passes: Sequence[int], warns: Sequence[int] = (), why: str = "") -> None:
    """Deviate unless the status passes. One of `warns` is a warning: `why` is that of `doubt`.

    Raises Warn for those, Deviates for every other status.
    """
    if response.status in warns and response.status not in passes:
        doubt("status", response.status, _listed(passes), response, why)
    status(response, *passes)


def absent(response: Response, *also: int) -> None:
    """Deviate unless the resource is absent: 404 or 410 (PS3.18 8.5, 10.4.3.1), or one of `also`.

    Raises Warn for another refusal: 8.5 lets a policy choose the status that tells as little as possible.
    """
    why = "8.5 requires 404 for a missing resource, but lets the server's policy choose another refusal"
    outcome(response, (404, 410, *also), REFUSALS, why)


def nothing_deleted(response: Response) -> None:
    """Deviate unless a DELETE of what is not there says so: 404 or 410.

    Raises Warn for another refusal, and for a success: a DELETE that is repeated has the same effect.
    """
    if response.status in (200, 202, 204):
        why = "a DELETE may be repeated (RFC 9110 9.2.2), and what it names is not there in either case"
        doubt("status", response.status, "404 or 410", response, why)
    absent(response)


def not_there(response: Response) -> None:
    """Deviate unless the response is a refusal, so that it returns nothing of a deleted resource; `absent` judges which
    one elsewhere."""
    if response.status not in REFUSALS:
        deviates("status", response.status, "404 or 410", response)


def bad_request(response: Response, *also: int) -> None:
    """Deviate unless a wrong value is refused with 400 (PS3.18 8.3, 8.5), or one of `also`. Raises Warn for another
    4xx."""
    why = "PS3.18 requires 400, but a client treats any unknown 4xx as 400 (RFC 9110 15)"
    outcome(response, (400, *also), REFUSALS, why)


def unacceptable(response: Response, *also: int) -> None:
    """Deviate unless an unavailable media type is refused with 406 (PS3.18 8.7.8.1), or one of `also`.

    Raises Warn for another 4xx, and for a 200: by 8.7.3 a server sends the default type then.
    """
    why = "8.7.8.1 requires 406; 8.7.3 and 8.3.3.1 allow the default media type"
    outcome(response, (406, *also), (200, *REFUSALS), why)


def unsupported(response: Response, *also: int) -> None:
    """Deviate unless a payload of an unsupported media type is refused with 415 (PS3.18 8.5), or one of `also`. Raises
    Warn for another 4xx."""
    why = "8.5 requires 415 for a media type that is not supported, but another 4xx refuses it too"
    outcome(response, (415, *also), REFUSALS, why)


def taken(response: Response, instances: Sequence[Instance]) -> list[Instance]:
    """The instances that a response does not name as stored. Deviates unless the store succeeded and reports no failure
    (PS3.18 10.5.3.1).

    The content and form of a success are judged in one place (STOW-RESP-005 and following): whether an instance is
    stored is seen by reading it back.
    """
    stored(response)
    try:
        module = dicom_json.dataset(response.content)
    except dicom_json.MalformedJson:
        return list(instances)
    for keyword in ("FailedSOPSequence", "OtherFailuresSequence"):
        if failures := dicom_json.items(module, keyword):
            reason = dicom_json.text(failures[0], "FailureReason")
            deviates(keyword, f"there with {count(len(failures), 'item')}, FailureReason {reason}", "absent", response)
    referenced = dicom_json.items(module, "ReferencedSOPSequence")
    named = {dicom_json.text(item, "ReferencedSOPInstanceUID") for item in referenced}
    return [instance for instance in instances if instance.sop_instance_uid not in named]


def parts(response: Response) -> Sequence[multipart.Part]:
    """The parts of a whole multipart/related body (PS3.18 8.6.1.2, RFC 2046 5.1.1).

    Mistakes that cost a reader no content (line ends, the grammar of part headers) are not judged here.
    """
    status(response, 200)
    content_type = response.header("Content-Type") or ""
    boundary = multipart.boundary_of(content_type)
    if not boundary:
        deviates("Content-Type", content_type or None, "multipart/related with a boundary", response)
    body = multipart.parse(boundary, response.body)
    for finding in body.findings:
        if finding.code in LOSSES:
            raise Deviates(Deviation(finding.difference, str(response.request)))
    return body.parts


class DataSets(Mapping[str, Dataset]):
    """The data sets of a body by SOPInstanceUID, each read when it is accessed: a study may be larger than memory.

    `last` is the last one, which has been read.
    """

    def __init__(self, parts: dict[str, multipart.Part], last: Dataset) -> None:
        self._parts = parts
        self._last = last

    def __getitem__(self, uid: str) -> Dataset:
        part = self._parts[uid]
        return self._last if uid == self._last.get("SOPInstanceUID") else part10.read(part.content)

    def __iter__(self) -> Iterator[str]:
        return iter(self._parts)

    def __len__(self) -> int:
        return len(self._parts)


def instances(response: Response, expected: Sequence[Instance]) -> Mapping[str, Dataset]:
    """Data sets by SOPInstanceUID. Deviates unless the body has exactly these instances, each once (PS3.18 10.4.3)."""
    found, last = list[tuple[str, multipart.Part]](), Dataset()
    if len(sent := parts(response)) > len(expected) + NAMED:
        deviates("the number of parts", f"{len(sent):,}", len(expected), response)
    for number, part in enumerate(sent, 1):
        try:
            last = part10.read(part.content)
        except part10.MalformedFile as error:
            if more := _following(part.content, expected):
                deviates(f"what follows the instance in part {number}", f"{more:,} bytes", "nothing", response)
            readable(error, response, f"part {number}")
        found.append((str(last.get("SOPInstanceUID", "an instance without SOPInstanceUID")), part))
    _same(response, [uid for uid, _ in found], expected, "in the body")
    return DataSets(dict(found), last)


def _following(content: Buffer, expected: Sequence[Instance]) -> int:
    """The number of bytes after a whole instance within its part; 0 if the part does not begin with one."""
    longer = {len(content) - len(one.content): one.content for one in expected if len(content) > len(one.content)}
    return next((more for more, one in longer.items() if first_difference(content, one) == len(one)), 0)


def whole(response: Response, expected: Instance) -> None:
    """Deviate unless the body is this instance, with the data set that was stored (PS3.18 10.4.3)."""
    found = instances(response, [expected])
    same(part10.differences(expected.dataset, found[expected.sop_instance_uid]), response)


def one_part(response: Response) -> multipart.Part:
    """The only part of the body. Deviates if there are more."""
    found = parts(response)
    equal("the number of parts", len(found), 1, response)
    return found[0]


def kept(response: Response, expected: Instance) -> None:
    """Deviate unless one part is returned, a file with the UIDs of this instance; whether it is unchanged is judged
    elsewhere."""
    uid = expected.sop_instance_uid
    that(uid.encode() in bytes(one_part(response).content), f"the instance {uid}", "not in the part", "there", response)


def without(response: Response, gone: Instance) -> None:
    """Deviate if the multipart body contains this instance, or cannot be read."""
    uid = gone.sop_instance_uid
    for part in parts(response):
        content = bytes(part.content)
        with suppress(part10.MalformedFile):
            if uid.encode() in content and part10.read(content).get("SOPInstanceUID") == uid:
                deviates(uid, "in the body", "gone", response)


def metadata(response: Response, expected: Sequence[Instance]) -> dict[str, DataSet]:
    """Data sets by SOPInstanceUID. Deviates unless the body is a list of one data set for each of these instances, and
    no other."""
    status(response, 200)
    found = [(dicom_json.text(ds, "SOPInstanceUID") or "a data set without UID", ds) for ds in datasets(response)]
    _same(response, [uid for uid, _ in found], expected, "in the list")
    return dict(found)


def frame(response: Response, expected: bytes) -> None:
    """Deviate unless one part has the pixel bytes, with or without the pad byte of the element (PS3.18 10.4.1.1.6,
    PS3.5 8.2)."""
    content = bytes(one_part(response).content)
    if len(content) not in (len(expected), len(expected) + len(expected) % 2):
        deviates("the length of the frame", f"{len(content):,} bytes", f"{len(expected):,}", response)
    if content[: len(expected)] != expected:
        at = next(index for index, (a, b) in enumerate(zip(content, expected, strict=False)) if a != b)
        deviates(f"byte {at} of the frame", content[at], expected[at], response)


def one_match(response: Response, keyword: str, uid: str) -> DataSet:
    """The match of a search by UID. Deviates unless it is that entity once, and nothing else (PS3.18 10.6.3)."""
    status(response, 200)
    listed = matches(response)
    found = [dicom_json.text(match, keyword) or "absent" for match in listed]
    for value in found:
        equal(f"{keyword} of a match", value, uid, response)
    equal("the number of matches", len(found), 1, response)
    return listed[0]


def not_found(response: Response, keyword: str, uid: str) -> None:
    """Deviate if a search returns this entity."""
    status(response, 200, 204)
    found = [dicom_json.text(match, keyword) for match in matches(response)]
    that(uid not in found, f"{keyword} of a match", uid, "gone", response)


def no_match(response: Response) -> None:
    """Deviate unless a search matches nothing: 204 without a body, or 200 with an empty list or a body of zero length.

    Each of them is in some edition: the contradiction zero-matches.
    """
    status(response, 200, 204)
    if response.status == 204:
        equal("the number of bytes after a 204", len(response.content), 0, response)
    else:
        equal("the number of matches", len(matches(response)), 0, response)


def matches(response: Response) -> list[DataSet]:
    """The matches of a search: none for a 204 or a body of zero length (PS3.18 10.6.3.1; CP-2473)."""
    return datasets(response) if response.status != 204 and response.content else []


def datasets(response: Response) -> list[DataSet]:
    """The data sets of a body that is a DICOM JSON list. Reading the value of a malformed attribute raises Blocked."""
    try:
        return dicom_json.datasets(response.content, _unreadable(response))
    except dicom_json.MalformedJson as error:
        kind = response.header("Content-Type") or "no Content-Type"
        readable(error, response, f"the body, with {kind}")


def dataset(response: Response) -> DataSet:
    """The only data set of a DICOM JSON body, such as that of a store response."""
    try:
        return dicom_json.dataset(response.content, _unreadable(response))
    except dicom_json.MalformedJson as error:
        readable(error, response, "the body")


def _unreadable(response: Response) -> dicom_json.Aside:
    """What reading a malformed attribute of a body raises: its rule is judged over all responses of the run."""

    def blocked(error: dicom_json.MalformedJson) -> Blocked:
        deviation = Deviation(error.difference.of("the body"), str(response.request))
        return Blocked.of(deviation, error.requirement.lower())

    return blocked


def _same(response: Response, found: Sequence[str], expected: Sequence[Instance], where: str) -> None:
    """Deviate unless both have the same SOP Instance UIDs, each once, in any order."""
    wanted = [instance.sop_instance_uid for instance in expected]
    times = Counter(found)
    for uid in wanted:
        that(times[uid], uid, f"not {where}", f"there, as 1 of {len(wanted)}", response)
    for uid in times:
        that(uid in wanted, uid, where, "absent", response)
        that(times[uid] == 1, uid, f"{times[uid]} times {where}", "once", response)


def _listed(codes: Sequence[int]) -> str:
    """Status codes as a message names them: all successes as 2xx, all refusals as 4xx."""
    classes = {"2xx": range(200, 300), "4xx": REFUSALS}
    whole = {name: every for name, every in classes.items() if set(every) <= set(codes)}
    named = [str(code) for code in codes if f"{code // 100}xx" not in whole]
    return either([*named, *whole])


def _request(sent: Sent) -> str:
    return str(sent.request if isinstance(sent, Response) else sent)
