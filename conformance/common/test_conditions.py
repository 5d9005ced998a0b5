"""RFC 9110 9.3.2, 13 and 14, PS3.18 8.4: HEAD, byte ranges, and entity tags that change with the content."""

from __future__ import annotations

import re
import time

import pytest

from conformance.common import reading
from conformance.dicomweb.buffers import first_difference
from conformance.kit import check, expect, given, media, resources, stow
from conformance.kit.accept import AS_STORED, DICOM_JSON, PIXELS_AS_STORED
from conformance.kit.verdicts import Blocked, NotSupported

OCTETS = "application/octet-stream"
A_SECOND = 1.1  # seconds: a date has no smaller unit
# By resource: the path below an instance, what is accepted, and the feature that it is.
RESOURCES = {
    "search": (None, DICOM_JSON, None),
    "metadata": ("/metadata", DICOM_JSON, "metadata"),
    "instance": ("", AS_STORED, None),
    "frame": ("/frames/1", PIXELS_AS_STORED, "frames"),
    "rendered": ("/rendered", "image/jpeg", "rendered"),
}


@check("COMMON-HDR-017")
@pytest.mark.parametrize("resource", RESOURCES)
def test_head_says_what_get_says(endpoint, stored, resource):
    """HEAD has the status, Content-Type, ETag and, if present, Content-Length of GET, which has a body afterwards."""
    suffix, accept, feature = RESOURCES[resource]
    if feature:
        given.claimed(endpoint, feature)
    (instance, *_) = stored("sample")
    if resource == "frame":
        given.framed(endpoint, instance, instance)
    target = f"studies?StudyInstanceUID={instance.study_uid}" if suffix is None else instance.path + suffix
    plain = endpoint.fetch(target, accept=accept)
    given.present(plain)

    response = endpoint.send("HEAD", target, accept=accept)

    if response.status in (405, 501):
        raise NotSupported(f"HEAD is not supported: status is {response.status} ({response.request})")
    expect.status(response, plain.status)
    for name in ("Content-Type", "ETag", "Content-Length"):
        found, should = (answer.header(name) for answer in (response, plain))
        if name == "Content-Type":
            found, should = media.essence(found), media.essence(should)
        # Fields that take the work of making the payload may be left out (RFC 9110 9.3.2).
        same = found == should or (name != "Content-Type" and None in (found, should))
        if not same and name == "ETag":  # each response may have a weak one of its own (RFC 9110 8.8.1)
            same = endpoint.get(target, accept=accept).header(name) != should
        expect.that(same, name, found, f"{should}, as of GET", response)
    again = endpoint.get(target, accept=accept)
    expect.status(again, plain.status)
    expect.that(len(again.body) or not len(plain.body), "the body of GET after HEAD", "empty", "as before", again)


@check("COMMON-HDR-017", "absent")
@pytest.mark.parametrize("resource", ["metadata", "instance"])
def test_head_of_what_is_not_there(endpoint, absent_uid, resource):
    """HEAD of a study that nobody has is refused, as GET is."""
    target, accept = f"studies/{absent_uid}", AS_STORED
    if resource == "metadata":
        given.claimed(endpoint, "metadata")
        target, accept = f"{target}/metadata", DICOM_JSON
    plain = endpoint.fetch(target, accept=accept)
    if plain.status not in expect.REFUSALS:
        judge = "common-status-001." + ("metadata" if resource == "metadata" else "study")
        raise Blocked(f"GET returns {plain.status} ({plain.request})", judge)

    response = endpoint.send("HEAD", target, accept=accept)

    if response.status in (405, 501):
        raise NotSupported(f"HEAD is not supported: status is {response.status} ({response.request})")
    expect.not_there(response)


@check("COMMON-HDR-013", "exact")
@pytest.mark.parametrize("part", ["first", "middle", "end", "beyond", "suffix"])
@pytest.mark.parametrize("resource", ["bulkdata", "frame", "video"])
def test_range_is_exactly_what_was_asked_for(endpoint, stored, resource, part):
    """A range has the requested bytes, and Content-Range names them and the total size."""
    exact_range(endpoint, stored, resource, part)


@check("COMMON-HDR-013", "exact-file")
@pytest.mark.parametrize("part", ["middle", "suffix"])
def test_range_of_a_file_is_exactly_what_was_asked_for(endpoint, stored, part):
    """A range of an instance's file has the requested bytes, and Content-Range names them and the total size."""
    exact_range(endpoint, stored, "file", part)


def exact_range(endpoint, stored, resource, part):
    """The judge of a part of a resource. Raises NotSupported if its response does not have a single body."""
    (instance, *_) = stored("mpeg4" if resource == "video" else "sample")

    def ask(*headers):
        if resource == "video":
            given.claimed(endpoint, "rendered")
            return endpoint.fetch(f"{instance.path}/rendered", accept="video/mp4", headers=headers)
        if resource == "file":
            return endpoint.fetch(instance.path, accept="application/dicom", headers=headers)
        if resource == "bulkdata":
            return reading.pixel_data(endpoint, instance, OCTETS, headers)
        given.claimed(endpoint, "frames")
        return endpoint.fetch(f"{instance.path}/frames/1", accept=OCTETS, headers=headers)

    whole = ask()
    size = len(whole.content)
    if whole.status != 200 or reading.media_type(whole).essence == "multipart/related" or size < 300:
        why = f"status is {whole.status}, with {size} bytes of {media.essence(whole.header('Content-Type'))}"
        raise NotSupported(
            f"no range can be requested, as the response does not have a single body: {why} ({whole.request})"
        )
    wanted, first, last = {
        "first": ("0-0", 0, 0),
        "middle": ("100-199", 100, 199),
        "end": (f"{size - 7}-", size - 7, size - 1),
        "beyond": (f"{size - 7}-{size + 1000}", size - 7, size - 1),
        "suffix": ("-16", size - 16, size - 1),
    }[part]
    response = ask(("Range", f"bytes={wanted}"))

    expect.status(response, 200, 206)
    should = whole.content
    if response.status == 206:
        named, names = response.header("Content-Range"), f"bytes {first}-{last}"
        expect.that(named in (f"{names}/{size}", f"{names}/*"), "Content-Range", named, f"{names}/{size}", response)
        should = should[first : last + 1]
    same_bytes(response, should)


@check("COMMON-HDR-013", "several")
def test_several_ranges(endpoint, stored):
    """Two ranges of a frame return parts of multipart/byteranges, one range of the frame, or the whole.

    A server may send less than was requested (RFC 9110 15.3.7).
    """
    whole, response = frame(endpoint, stored, ("Range", "bytes=0-9,100-199"))

    expect.status(response, 200, 206)
    if response.status == 200:
        same_bytes(response, whole.content)
    elif media.essence(response.header("Content-Type")) != "multipart/byteranges":
        named = response.header("Content-Range") or ""
        place = re.match(r"bytes (\d+)-(\d+)/", named)
        first, last = map(int, place.groups()) if place else (0, -1)
        if not (first <= min(last, 9) or first <= 199 and last >= 100):
            expect.deviates("Content-Range", named or "absent", "that of a range with requested bytes", response)
        same_bytes(response, whole.content[first : last + 1])


@check("COMMON-HDR-013", "if-range")
def test_range_of_another_version(endpoint, stored):
    """A range with If-Range and the entity tag of another version returns the whole."""
    whole, response = frame(endpoint, stored, ("Range", "bytes=100-199"), ("If-Range", '"another-version"'))

    expect.status(response, 200)
    same_bytes(response, whole.content)


def frame(endpoint, stored, *headers):
    """A frame whole, and with header fields. Raises NotSupported if its response does not have a single body."""
    given.claimed(endpoint, "frames")
    (instance, *_) = stored("sample")
    target = f"{instance.path}/frames/1"
    whole = endpoint.fetch(target, accept=OCTETS)
    if whole.status != 200 or reading.media_type(whole).essence == "multipart/related":
        why = f"status is {whole.status}, with {media.essence(whole.header('Content-Type'))}"
        raise NotSupported(f"no range can be requested, as the response has no single body: {why} ({whole.request})")
    return whole, endpoint.get(target, accept=OCTETS, headers=headers)


@check("COMMON-HDR-012", "if-modified-since")
@pytest.mark.parametrize("date", ["Sat, 01 Jan 2000 00:00:00 GMT", "yesterday"], ids=["long-ago", "not-a-date"])
def test_condition_of_a_date_that_does_not_hold(endpoint, stored, date):
    """Metadata stored since the date of If-Modified-Since are returned, and so are those for a date that is none."""
    given.claimed(endpoint, "metadata")
    (instance, *_) = stored("sample")

    response = endpoint.get(instance.path + "/metadata", headers=(("If-Modified-Since", date),))

    expect.status(response, 200)
    expect.metadata(response, [instance])


@check("COMMON-HDR-012", "both")
def test_entity_tag_precedes_the_date(endpoint, stored):
    """Metadata are returned if If-None-Match names another version, whatever the date of If-Modified-Since."""
    given.claimed(endpoint, "metadata")
    (instance, *_) = stored("sample")
    now = endpoint.fetch(instance.path + "/metadata").header("Date")
    if not now:
        raise NotSupported("the metadata have no Date, which COMMON-HDR-021 judges")
    conditions = (("If-None-Match", '"another-version"'), ("If-Modified-Since", now))

    response = endpoint.get(instance.path + "/metadata", headers=conditions)

    expect.status(response, 200)
    expect.metadata(response, [instance])


def same_bytes(response, wanted):
    """The body is these bytes."""
    found = response.content
    expect.equal("the length of the body", f"{len(found):,} bytes", f"{len(wanted):,} bytes", response)
    at = first_difference(found, wanted)
    if at is not None:
        expect.deviates(f"byte {at} of the body", f"{found[at]:02X}", f"{wanted[at]:02X}, as in the whole", response)


@check("COMMON-HDR-018")
def test_entity_tag_changes_with_the_content(endpoint, images):
    """The store of another instance changes the ETag and the date of what contains it: the old ones return no 304."""
    first, second = images(2)
    given.accepted(endpoint.post("studies", stow.multipart([first])))
    before = validators(endpoint, first)
    given.accepted(endpoint.post("studies", stow.multipart([second])))

    changed(endpoint, before, "a second store")


@check("COMMON-HDR-018", "deleted")
def test_entity_tag_changes_with_a_delete(endpoint, images):
    """The DELETE of an instance changes the ETag and the date of what contained it: the old ones return no 304."""
    given.claimed(endpoint, "delete")
    first, second = images(2)
    given.accepted(endpoint.post("studies", stow.multipart([first, second])))
    before = validators(endpoint, first)
    response = endpoint.delete(second.path, removing=[second])
    if response.status == 202:
        raise NotSupported("the DELETE returned 202, and may be carried out later (RFC 9110 15.3.3)")
    if response.status not in (200, 204):
        raise Blocked(f"the DELETE returned {response.status} ({response.request})", resources.judge(response.request))

    changed(endpoint, before, "a delete")


def validators(endpoint, instance):
    """The ETag and Last-Modified of each resource that contains the series of an instance, as the conditions of a later
    request, with what is accepted. Raises NotSupported if there are none."""
    asked = {
        f"{instance.series_path}/metadata": DICOM_JSON,
        f"{instance.study_path}/metadata": DICOM_JSON,
        f"{instance.study_path}/instances": DICOM_JSON,
        f"{instance.study_path}/series": DICOM_JSON,
        f"studies?StudyInstanceUID={instance.study_uid}": DICOM_JSON,
        instance.series_path: AS_STORED,
        instance.study_path: AS_STORED,
    }
    answers = {(target, accept): endpoint.get(target, accept=accept) for target, accept in asked.items()}
    conditions = {"If-None-Match": "ETag", "If-Modified-Since": "Last-Modified"}
    found = {
        (*form, condition): value
        for form, answer in answers.items()
        for condition, name in conditions.items()
        if answer.status == 200 and (value := answer.header(name))
    }
    if not found:
        raise NotSupported("no response about the instances has an ETag or a Last-Modified")
    if any(condition == "If-Modified-Since" for *_, condition in found):
        time.sleep(A_SECOND)
    return found


def changed(endpoint, before, after):
    """Each resource is returned again, and has another ETag than before."""
    for (target, accept, condition), value in before.items():
        response = endpoint.get(target, accept=accept, headers=((condition, value),))
        expect.status(response, 200)
        if condition == "If-None-Match":
            found = response.header("ETag")
            expect.that(found != value, "ETag", found, f"a new one after {after}", response)
