"""The accepted forms of a store request, and requests without anything to store."""

from __future__ import annotations

import pytest

from conformance.kit import check, expect, stow
from conformance.kit.accept import AS_STORED
from conformance.kit.stow import Body
from conformance.kit.verdicts import Observed
from conformance.profiles import reading

EXPIRY = {
    "msdicom-expiry-time-milliseconds": "86400000",
    "msdicom-expiry-option": "RelativeToNow",
    "msdicom-expiry-level": "Study",
}


@check("MS-STOW-05")
def test_single_part(endpoint, copies):
    """A file sent without multipart returns 200, and is stored."""
    response = endpoint.post("studies", stow.single_part(copies.blue))

    reading.named(response, reading.module(response, 200), "ReferencedSOPSequence", [copies.blue])
    expect.one_part(endpoint.get(copies.blue.path, accept=AS_STORED))


@check("MS-STOW-06")
def test_multipart_without_a_type(endpoint, copies):
    """A multipart request without the type parameter returns 200, and the instance is stored."""
    response = endpoint.post("studies", stow.multipart([copies.blue], "multipart/related; boundary={boundary}"))

    expect.status(response, 200)
    expect.one_part(endpoint.get(copies.blue.path, accept=AS_STORED))


@check("MS-STOW-07")
def test_part_without_a_content_type(endpoint, copies):
    """A first part without Content-Type is stored as the type that the type parameter names."""
    body = reading.body(("", copies.blue.content), instances=(copies.blue,))

    response = endpoint.post("studies", body)

    reading.named(response, reading.module(response, 200), "ReferencedSOPSequence", [copies.blue])


@check("MS-STOW-12")
def test_no_parts(endpoint):
    """A multipart request without parts returns 204."""
    response = endpoint.post("studies", reading.body())

    reading.empty(response, 204)


@check("MS-STOW-13")
@pytest.mark.parametrize("form", ["single-part", "multipart"])
def test_empty_file(endpoint, form):
    """An empty file returns 409."""
    body = Body("application/dicom", b"") if form == "single-part" else reading.body((reading.PART, b""))

    response = endpoint.post("studies", body)

    expect.status(response, 409)


@check("MS-STOW-14")
def test_broken_file_beside_a_valid_one(endpoint, copies):
    """A valid file beside one that cannot be read is stored: 202."""
    broken = (reading.PART, b"These are words, not an instance.")
    body = reading.body(broken, (reading.PART, copies.blue.content), instances=(copies.blue,))

    response = endpoint.post("studies", body)

    reading.named(response, reading.module(response, 202), "ReferencedSOPSequence", [copies.blue])
    expect.one_part(endpoint.get(copies.blue.path, accept=AS_STORED))


@check("MS-STOW-16")
@pytest.mark.parametrize("accept", ["application/dicom", "application/data"], ids=["dicom", "data"])
def test_answer_in_another_type(endpoint, accept):
    """A store that accepts only another media type than JSON, here without a body, returns 406."""
    response = endpoint.send("POST", "studies", accept=accept)

    expect.status(response, 406)


@check("MS-STOW-17")
def test_multipart_form(endpoint, copies):
    """A store sent as multipart/form returns 415."""
    response = endpoint.post("studies", stow.multipart([copies.blue], "multipart/form; boundary={boundary}"))

    expect.status(response, 415)


@check("MS-STOW-18")
@pytest.mark.parametrize("oddity", ["part-parameter", "no-boundary", "start"])
def test_odd_content_type(endpoint, copies, oddity):
    """The status of a part with a type parameter, of a message without boundary, and of one with start is recorded."""
    head = "Content-Type: application/dicom; charset=utf-8\r\n" if oddity == "part-parameter" else reading.PART
    kind = f"{reading.DICOM}; start=first" if oddity == "start" else reading.DICOM
    body = reading.body((head, copies.blue.content), content_type=kind, instances=(copies.blue,))
    if oddity == "no-boundary":
        body = Body(reading.DICOM, body.content, body.instances)

    response = endpoint.post("studies", body)

    raise Observed(f"status is {response.status} ({response.request}, Content-Type: {body.content_type})")


@check("MS-STOW-33", "valid")
def test_expiry(endpoint, copies):
    """A store whose study expires a day from now returns 200."""
    response = endpoint.post("studies", stow.multipart([copies.blue]), headers=tuple(EXPIRY.items()))

    expect.status(response, 200)


@check("MS-STOW-33", "other")
@pytest.mark.parametrize(("field", "text"), [("option", "Absolute"), ("level", "Series")], ids=["option", "level"])
def test_expiry_of_another_kind(endpoint, copies, field, text):
    """A store with an option other than RelativeToNow, or a level other than Study, returns 400."""
    fields = EXPIRY | {f"msdicom-expiry-{field}": text}

    response = endpoint.post("studies", stow.multipart([copies.blue]), headers=tuple(fields.items()))

    expect.status(response, 400)
