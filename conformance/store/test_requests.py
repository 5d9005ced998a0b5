"""PS3.18 10.5.1, 8.4 and 8.6: the forms and labels of a store request."""

from __future__ import annotations

import gzip

import pytest

from conformance.kit import check, expect, given, presence, stow
from conformance.kit.accept import AS_STORED
from conformance.kit.kinds import KINDS
from conformance.kit.stow import Body
from conformance.kit.verdicts import NotSupported, Observed
from conformance.store import bodies, reading

JPEG_BASELINE = "1.2.840.10008.1.2.4.50"
EXPLICIT = "1.2.840.10008.1.2.1"
HEADS = {
    "content-length": "Content-Length: {size}\r\nContent-Type: application/dicom\r\n",
    "content-location": "Content-Type: application/dicom\r\nContent-Location: http://modality.example/{uid}\r\n",
    "content-id": "Content-Type: application/dicom\r\nContent-ID: <{uid}@modality.example>\r\n",
    "transfer-syntax": f"Content-Type: application/dicom;transfer-syntax={EXPLICIT}\r\n",
    "mime-version": "MIME-Version: 1.0\r\ncontent-type: application/dicom\r\nContent-Transfer-Encoding: binary\r\n",
}


def with_head(image, head):
    """An image in a part with a header of its own."""
    return bodies.message([image.content], [image], head.format(size=len(image.content), uid=image.sop_instance_uid))


@check("STOW-REQ-001")
@pytest.mark.parametrize("number", [1, 12])
def test_a_part_an_instance(endpoint, images, number):
    """Instances sent as application/dicom parts are each stored, and can be retrieved."""
    sent = images(number)
    response = endpoint.post("studies", stow.multipart(sent))

    expect.taken(response, sent)
    there = endpoint.get(sent[0].study_path, accept=AS_STORED)
    given.not_too_large(there, number)
    expect.instances(there, sent)


@check("STOW-REQ-004")
def test_instances_of_two_studies(endpoint, images):
    """One request may contain instances of two studies: both are found and retrieved."""
    sent = [*images(), *images(1, "another study")]
    response = endpoint.post("studies", stow.multipart(sent))

    expect.taken(response, sent)
    for image in sent:
        search = endpoint.get("studies", params={"StudyInstanceUID": image.study_uid})
        expect.one_match(search, "StudyInstanceUID", image.study_uid)
        expect.whole(endpoint.get(image.path, accept=AS_STORED), image)


@check("STOW-REQ-009")
@pytest.mark.parametrize("field", HEADS)
def test_part_with_more_header_fields(endpoint, images, field):
    """A part with more header fields than Content-Type, or with parameters in it, is stored."""
    (image,) = images()
    response = endpoint.post("studies", with_head(image, HEADS[field]))

    expect.taken(response, [image])
    expect.whole(endpoint.get(image.path, accept=AS_STORED), image)


@check("STOW-RESP-025", "labelled-part")
@pytest.mark.parametrize("field", HEADS)
def test_200_for_a_part_with_more_header_fields(endpoint, images, field):
    """A store of a part with additional header fields that returns 200 has stored it."""
    (image,) = images()
    response = endpoint.post("studies", with_head(image, HEADS[field]))

    if response.status != 200:
        raise NotSupported(f"the store does not claim success: status is {response.status} ({response.request})")
    expect.taken(response, [image])
    presence.there(endpoint, image)


@check("STOW-REQ-010")
def test_part_with_another_transfer_syntax(endpoint, images):
    """A part labelled as JPEG is stored in the transfer syntax of its file."""
    (image,) = images()
    head = f"Content-Type: application/dicom; transfer-syntax={JPEG_BASELINE}\r\n"
    response = endpoint.post("studies", bodies.message([image.content], [image], head))

    expect.taken(response, [image])
    expect.whole(endpoint.get(image.path, accept=AS_STORED), image)


@check("STOW-REQ-003")
def test_body_without_content_type(endpoint, images):
    """A store without Content-Type returns 400 or 415."""
    (image,) = images()
    response = endpoint.post("studies", Body("", stow.multipart([image]).content, (image,)))

    expect.unsupported(response, 400)


@check("STOW-REQ-008", "single-part")
@pytest.mark.parametrize("media_type", ["application/pdf", "image/png"], ids=["pdf", "png"])
def test_unsupported_media_type(endpoint, media_type):
    """A store of a media type that no server stores returns 415."""
    response = endpoint.post("studies", Body(media_type, b"This is neither an instance nor what it is said to be."))

    expect.unsupported(response)


@check("STOW-REQ-008", "multipart")
@pytest.mark.parametrize("media_type", ["text/html", "application/pdf"], ids=["html", "pdf"])
def test_unsupported_media_type_of_the_parts(endpoint, images, media_type):
    """A store of parts of a media type that no server stores returns 415."""
    (image,) = images()
    content_type = f'multipart/related; type="{media_type}"; boundary={{boundary}}'
    response = endpoint.post("studies", bodies.labelled(image, content_type))

    why = "the parts are labelled application/dicom, and a server may go by their own label"
    expect.outcome(response, (415,), (*reading.SUCCESS, *reading.REFUSED), why)


@check("STOW-REQ-008", "form")
def test_form(endpoint, images):
    """A store as multipart/form-data returns 415."""
    (image,) = images()
    response = endpoint.post("studies", bodies.labelled(image, "multipart/form-data; boundary={boundary}"))

    expect.outcome(
        response,
        (415,),
        (*reading.SUCCESS, *reading.REFUSED),
        "10.5.4 does not have multipart/form-data, but a server may support it, or refuse it otherwise",
    )


@check("STOW-REQ-011")
@pytest.mark.parametrize("kind", ["implicit-vr", "big-endian"])
def test_transfer_syntax_that_senders_do_not_use(stored, kind):
    """Whether a part in Implicit VR or in Big Endian is stored."""
    response = stored.response(kind)

    raise Observed(f"a store of a part in {KINDS[kind].title} returns {response.status}")


def zipped(image):
    """A body of an image in gzip, and the field that says so."""
    plain = stow.multipart([image])
    return Body(plain.content_type, gzip.compress(plain.content[:]), (image,)), (("Content-Encoding", "gzip"),)


@check("STOW-REQ-013")
def test_gzip(endpoint, images):
    """A store with Content-Encoding: gzip is decoded and stored, or returns 415."""
    (image,) = images()
    body, headers = zipped(image)
    response = endpoint.post("studies", body, headers=headers)

    if response.status in reading.SUCCESS:
        expect.whole(endpoint.get(image.path, accept=AS_STORED), image)
    else:
        expect.outcome(
            response,
            (415,),
            reading.REFUSED,
            "RFC 9110 15.5.16 has 415 for a content coding, but another 4xx refuses it too",
        )


@check("STOW-RESP-025", "gzip")
def test_200_for_gzip(endpoint, images):
    """A store of a body in gzip that returns 200 has stored it."""
    (image,) = images()
    body, headers = zipped(image)
    response = endpoint.post("studies", body, headers=headers)

    if response.status != 200:
        raise NotSupported(f"the store does not claim success: status is {response.status} ({response.request})")
    expect.taken(response, [image])
    presence.there(endpoint, image)


@check("STOW-REQ-016")
def test_store_without_accept(endpoint, images):
    """Whether a store without Accept returns the default media type, or 406."""
    (image,) = images()
    response = endpoint.post("studies", stow.multipart([image]), accept=None)

    there = presence.is_there(endpoint, image)
    if response.status == 406 and there:
        expect.doubt(
            "the instance",
            "stored despite status 406",
            "absent",
            response,
            "no clause says explicitly that a store with status 406 must not store",
        )
    kind = response.header("Content-Type") or "absent"
    raise Observed(f"a store without Accept returns {response.status}, with Content-Type {kind}")
