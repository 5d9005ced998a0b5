"""A file after its store: its bytes, its preamble, its padding, and its replacement."""

from __future__ import annotations

import pytest

from conformance.dicomweb import dicom_json
from conformance.kit import check, expect, given, stow
from conformance.kit.accept import AS_STORED, DICOM_JSON
from conformance.kit.instances import Instance
from conformance.kit.verdicts import NotSupported, Observed
from conformance.profiles import reading

PREAMBLE = 128


def file(endpoint, instance):
    """The file of an instance as it is retrieved, and the response."""
    response = endpoint.get(instance.path, accept=AS_STORED)
    return bytes(expect.one_part(response).content), response


@check("MS-STOW-27")
@pytest.mark.parametrize("colour", ["red", "green", "blue"])
def test_bytes_of_a_file(endpoint, copies, colour):
    """A retrieved file has the bytes that were sent, from its prefix on."""
    image = getattr(copies, colour)
    given.accepted(endpoint.post("studies", stow.multipart([image])), by="ms-stow-01")

    content, response = file(endpoint, image)

    found, wanted = f"changed, {len(content):,} bytes", f"the {len(image.content):,} bytes that were sent"
    expect.that(content[PREAMBLE:] == image.content[PREAMBLE:], "the file", found, wanted, response)


@check("MS-STOW-28")
def test_preamble(endpoint, copies):
    """The preamble of a retrieved file is zeros."""
    image = Instance(b"MZ" * (PREAMBLE // 2) + copies.blue.content[PREAMBLE:], fresh=True)
    given.accepted(endpoint.post("studies", stow.multipart([image])), by="ms-stow-01")

    content, response = file(endpoint, image)

    start = content[:4].hex().upper()
    expect.that(content[:PREAMBLE] == bytes(PREAMBLE), "the start of the preamble", start, "zeros", response)


@check("MS-STOW-29")
def test_several_values_of_what_is_indexed(endpoint, copies):
    """An instance with two values of StudyDescription is stored, with Warning 299."""
    image = copies.blue.edited(StudyDescription=["One", "Two"])

    response = endpoint.post("studies", stow.multipart([image]))

    expect.status(response, 200, 202)
    warning = response.header("Warning")
    expect.that((warning or "").startswith("299"), "Warning", warning, "a text that begins with 299", response)


@check("MS-STOW-30")
def test_study_uid_that_is_padded(endpoint, copies):
    """An instance whose StudyInstanceUID is padded with one or two spaces, then with two more, exists already: 409."""
    few = 1 if len(copies.blue.study_uid) % 2 else 2
    first, second = (padded(copies.blue, number) for number in (few, few + 2))
    reading.taken(endpoint.post("studies", stow.multipart([first])))

    response = endpoint.post("studies", stow.multipart([second]))

    expect.status(response, 409)


def padded(instance, spaces):
    """A copy whose file has this number of spaces after its StudyInstanceUID."""
    uid = instance.study_uid
    former, other = (
        b"\x20\x00\x0d\x00UI" + len(text).to_bytes(2, "little") + text.encode()
        for text in (uid + "\0" * (len(uid) % 2), uid + " " * spaces)
    )
    if former not in instance.content:
        raise NotSupported("StudyInstanceUID of the sample is not written as this check can pad it")
    return Instance(instance.content.replace(former, other, 1), instance.fresh)


@check("MS-STOW-15")
def test_item_of_what_cannot_be_read(endpoint):
    """The attributes of the item of a part that cannot be read are recorded."""
    response = endpoint.post("studies", reading.body((reading.PART, b"These are words, not an instance.")))

    items = dicom_json.items(reading.module(response, 409), "FailedSOPSequence")
    found = [f"{', '.join(item)} (FailureReason {dicom_json.text(item, 'FailureReason')})" for item in items]
    raise Observed(f"FailedSOPSequence has {len(items)} items, with {'; '.join(found) or 'nothing'}")


@check("MS-STOW-31")
def test_implicit_vr(endpoint, fresh):
    """The status of a store of a file in Implicit VR is recorded."""
    response = endpoint.post("studies", stow.multipart(fresh("implicit-vr")))

    found = reading.module(response, 200, 202, 409)
    items = dicom_json.items(found, "ReferencedSOPSequence") + dicom_json.items(found, "FailedSOPSequence")
    reasons = [dicom_json.text(item, key) for item in items for key in ("WarningReason", "FailureReason")]
    raise Observed(f"status is {response.status}, with the reason {', '.join(filter(None, reasons)) or 'absent'}")


@check("MS-STOW-32")
@pytest.mark.parametrize("path", ["studies", "study"])
def test_put(endpoint, copies, path):
    """PUT of an existing instance returns 200, and replaces it."""
    given.accepted(endpoint.post("studies", stow.multipart([copies.blue])), by="ms-stow-01")
    other = copies.blue.edited(ImageComments="Put in the place of the former")
    target = other.study_path if path == "study" else "studies"

    response = endpoint.send("PUT", target, accept=DICOM_JSON, body=stow.multipart([other]))

    reading.named(response, reading.module(response, 200), "ReferencedSOPSequence", [other])
    expect.whole(endpoint.get(other.path, accept=AS_STORED), other)
