"""PS3.18 10.5: the same SOP Instance UID twice. The server decides what to do, but it keeps one instance."""

from __future__ import annotations

from io import BytesIO

import pydicom
import pytest
from pydicom.uid import ExplicitVRLittleEndian

from conformance.dicomweb import dicom_json
from conformance.dicomweb import images as pictures
from conformance.kit import check, expect, given, presence, stow
from conformance.kit.accept import AS_STORED
from conformance.kit.instances import Instance
from conformance.kit.kinds import frames
from conformance.kit.verdicts import Blocked, NotSupported, Observed
from conformance.store import metadata, reading
from conformance.store.reading import FAILED, STORED

OCTETS = 'multipart/related; type="application/octet-stream"'
# What shows the pixels of an instance: its feature, the path below the instance, what is accepted.
FORMS = {
    "frame": ("frames", "frames/1", OCTETS),
    "bulk-data": ("metadata", "", OCTETS),
    "rendered": ("rendered", "rendered", "image/jpeg"),
    "thumbnail": ("thumbnails", "thumbnail", "image/jpeg"),
}
WHITE, SIDES = b"\xff" * 4, ("right", "left")
OUTCOMES = (200, 201, 202, *expect.REFUSALS)
BUSY = (423, 429, 503)
READS = 12  # one after another, of which some come after the store has begun


def held(endpoint, image):
    """The responses to a search for an instance among those of its study, and to its retrieve."""
    search = endpoint.get(f"{image.series_path}/instances", params={"SOPInstanceUID": image.sop_instance_uid})
    return search, endpoint.get(image.study_path, accept=AS_STORED)


def decompressed(instance, frame):
    """A copy of an instance of one frame, with that frame native."""
    ds = pydicom.dcmread(BytesIO(instance.content[:]))
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.add_new("PixelData", "OB", frame)
    file = BytesIO()
    ds.save_as(file, enforce_file_format=True)
    return Instance(file.getvalue(), fresh=True)


@check("STOW-BEH-006", "again")
def test_same_instance_again(endpoint, images):
    """A second store of an instance is accepted or refused with 409, and the server has it once, unchanged."""
    (image,) = images()
    given.accepted(endpoint.post("studies", stow.multipart([image])))

    response = endpoint.post("studies", stow.multipart([image]))

    expect.status(response, *OUTCOMES)
    search, study = held(endpoint, image)
    expect.one_match(search, "SOPInstanceUID", image.sop_instance_uid)
    expect.whole(study, image)


@check("STOW-BEH-006", "named")
def test_same_instance_again_is_named(endpoint, images):
    """The response to a second store of an instance lists it: as stored, or as failed."""
    (image,) = images()
    given.accepted(endpoint.post("studies", stow.multipart([image])))

    response = endpoint.post("studies", stow.multipart([image]))

    found = reading.explained(response)
    named = [*reading.named(found, STORED), *reading.named(found, FAILED)]
    expect.equal("the list of instances in the response", ", ".join(named), image.sop_instance_uid, response)


@check("STOW-BEH-006", "read-meanwhile")
def test_instance_is_there_while_it_is_stored_again(endpoint, images):
    """The metadata of an instance that is stored again are returned meanwhile."""
    given.claimed(endpoint, "metadata")
    (image,) = images()
    given.accepted(endpoint.post("studies", stow.multipart([image])))

    body, target = stow.multipart([image]), f"{image.path}/metadata"
    (again,), reads = endpoint.post_together([body], beside=[target], times=READS)

    expect.status(again, *OUTCOMES)
    for shown in reads:
        expect.outcome(shown, (200,), BUSY, "a server may lock what is being stored, and say so")
        expect.metadata(shown, [image])


@check("STOW-BEH-006", "in-one-request")
def test_same_instance_twice_in_one_request(endpoint, images):
    """An instance that occurs twice in a request is stored once, as it was sent."""
    (image,) = images()
    response = endpoint.post("studies", stow.multipart([image, image]))

    expect.status(response, *OUTCOMES)
    search, study = held(endpoint, image)
    expect.one_match(search, "SOPInstanceUID", image.sop_instance_uid)
    expect.whole(study, image)


@check("STOW-BEH-006", "other-content")
def test_other_content(endpoint, images):
    """One of two contents under a SOP Instance UID is stored: the file, a search and its series' metadata agree which,
    although a client says that it has the metadata of before."""
    (image,) = images()
    other = image.edited(PatientName="Second^Content")
    given.accepted(endpoint.post("studies", stow.multipart([image])))
    shown = f"{image.series_path}/metadata" if "metadata" in endpoint.claims else None
    tag = before(endpoint, shown) if shown else None

    response = endpoint.post("studies", stow.multipart([other]))

    expect.status(response, *OUTCOMES)
    file = expect.instances(endpoint.get(image.path, accept=AS_STORED), [image])[image.sop_instance_uid]
    search = endpoint.get("studies", params={"StudyInstanceUID": image.study_uid, "includefield": "PatientName"})
    same_name(file, given.one_match(search, "StudyInstanceUID", image.study_uid), search)
    if shown:
        again = endpoint.get(shown, headers=(("If-None-Match", tag),) if tag else ())
        if file.PatientName != image.dataset.PatientName:
            expect.status(again, 200)
        if again.status == 200:
            same_name(file, given.metadata(again, [image])[image.sop_instance_uid], again)


def before(endpoint, target):
    """The ETag of metadata, which have to be there."""
    response = endpoint.get(target)
    given.present(response)
    return response.header("ETag")


def same_name(file, described, response):
    """A description has the name of the patient in the file."""
    found, wanted = (dicom_json.text(described, "PatientName") or "").rstrip("^"), str(file.PatientName).rstrip("^")
    expect.that(found == wanted, "PatientName", found, f"{wanted}, as in the file", response)


@check("STOW-BEH-006", "other-name")
def test_study_is_found_by_the_name_that_it_has(endpoint, images):
    """A study whose only instance is stored again with another name is found by the name that is returned for it."""
    (image,) = images()
    given.accepted(endpoint.post("studies", stow.multipart([image])))
    response = endpoint.post("studies", stow.multipart([image.edited(PatientName="Second^Content")]))
    expect.status(response, *OUTCOMES)
    named = endpoint.get("studies", params={"StudyInstanceUID": image.study_uid})
    name = dicom_json.text(given.one_match(named, "StudyInstanceUID", image.study_uid), "PatientName")
    if not name:
        raise NotSupported(f"PatientName is not returned ({named.request})")

    found = endpoint.get("studies", params={"StudyInstanceUID": image.study_uid, "PatientName": name})

    expect.status(found, 200, 204)
    if not expect.matches(found):
        why = "a server may hold one name for a Patient ID, which is that of other studies too"
        expect.doubt(f"the study with PatientName {name}", "not found", "found by it", found, why)


@check("STOW-BEH-006", "other-transfer-syntax")
def test_other_transfer_syntax(endpoint, fresh):
    """An instance that is stored again in another transfer syntax has the frame that it had before."""
    given.claimed(endpoint, "frames")
    (compressed,) = fresh("rle-30")
    (frame,) = frames(compressed)
    given.accepted(endpoint.post("studies", stow.multipart([compressed])))

    response = endpoint.post("studies", stow.multipart([decompressed(compressed, frame)]))

    expect.status(response, *OUTCOMES)
    shown = endpoint.get(f"{compressed.path}/frames/1", accept=OCTETS)
    if shown.status in (406, 501):
        raise NotSupported(f"the frame is not sent decompressed: status is {shown.status} ({shown.request})")
    expect.frame(shown, frame)


@check("STOW-BEH-006", "other-pixels")
@pytest.mark.parametrize("form", FORMS)
def test_other_pixels(endpoint, images, form):
    """An instance that was read, and is stored again with its dark half on the other side, is shown as its file then
    is: its frame, bulk data and pictures are not those of before."""
    feature, path, accept = FORMS[form]
    given.claimed(endpoint, feature)
    (image,) = images()
    dark_left, dark_right = (image.edited(PixelData=row * 8) for row in (b"\0" * 4 + WHITE, WHITE + b"\0" * 4))
    given.accepted(endpoint.post("studies", stow.multipart([dark_left])))
    if form == "frame":
        given.framed(endpoint, dark_left, dark_left)
    before = shown(endpoint, image, path, accept)
    given.present(before)
    if accept != OCTETS and not left_is_dark(before):
        raise NotSupported(f"the picture does not show which half is dark ({before.request})")

    response = endpoint.post("studies", stow.multipart([dark_right]))

    expect.status(response, *OUTCOMES)
    file = metadata.returned(endpoint.get(image.path, accept=metadata.EXPLICIT), image, "PixelData")
    after = shown(endpoint, image, path, accept)
    if accept == OCTETS:
        expect.frame(after, bytes(file.PixelData))
    else:
        is_left, was_left = left_is_dark(after), not file.PixelData[0]
        expect.that(is_left == was_left, "the dark half", SIDES[is_left], f"{SIDES[was_left]}, as in the file", after)


def shown(endpoint, image, path, accept):
    """The response with a part of an instance; for no path, with the value to which its metadata refer as Pixel
    Data."""
    if path:
        return endpoint.get(f"{image.path}/{path}", accept=accept)
    described = endpoint.get(f"{image.path}/metadata")
    (found,) = given.metadata(described, [image]).values()
    uri = found.get("7FE00010", {}).get("BulkDataURI")
    if not isinstance(uri, str):
        raise NotSupported(f"Pixel Data do not have a BulkDataURI in the metadata ({described.request})")
    return endpoint.follow(uri, described, accept=accept)


def left_is_dark(response):
    """Whether the left half of a picture is darker than the right one."""
    expect.status(response, 200)
    try:
        picture = pictures.read(response.content)
    except pictures.MalformedImage as error:
        expect.readable(error, response)
    return picture.grey(0.25, 0.5) < picture.grey(0.75, 0.5)


@check("STOW-BEH-007")
def test_which_content_stays(endpoint, images):
    """The content that remains after two stores under one SOP Instance UID is recorded."""
    (image,) = images()
    given.accepted(endpoint.post("studies", stow.multipart([image])))

    response = endpoint.post("studies", stow.multipart([image.edited(PatientName="Second^Content")]))

    content = given.one_part(endpoint.get(image.path, accept=AS_STORED)).content
    stays = "the second" if b"Second^Content" in bytes(content) else "the first"
    raise Observed(f"a store of another content under the same UID returns {response.status}, and {stays} remains")


@check("STOW-BEH-011", "other-pixels")
def test_store_of_other_pixels_after_delete(endpoint, images):
    """An instance that was read and deleted, and is stored again with other pixels, has these in its frame."""
    given.claimed(endpoint, "frames")
    (image,) = images()
    dark, white = (image.edited(PixelData=sample * 64) for sample in (b"\0", b"\xff"))
    given.accepted(endpoint.post("studies", stow.multipart([dark])))
    given.framed(endpoint, dark, dark)
    given.present(shown(endpoint, image, "frames/1", OCTETS))
    endpoint.delete(image.study_path, removing=[dark])
    if presence.is_there(endpoint, dark):
        raise Blocked("the instance is still there after DELETE", by="seed-delete-study")

    given.taken(endpoint.post("studies", stow.multipart([white])), [white], by="stow-beh-011.study")

    expect.frame(shown(endpoint, image, "frames/1", OCTETS), white.frame)


@check("STOW-BEH-011")
@pytest.mark.parametrize("level", ["instance", "study"])
def test_store_after_delete(endpoint, images, level):
    """A deleted instance can be stored again, and can be retrieved as it was sent."""
    (image,) = images()
    given.accepted(endpoint.post("studies", stow.multipart([image])))
    target = image.path if level == "instance" else image.study_path
    endpoint.delete(target, removing=[image])
    if presence.is_there(endpoint, image):
        raise Blocked("the instance is still there after DELETE", by=f"seed-delete-{level}")

    response = endpoint.post("studies", stow.multipart([image]))

    expect.taken(response, [image])
    search, study = held(endpoint, image)
    expect.one_match(search, "SOPInstanceUID", image.sop_instance_uid)
    expect.whole(study, image)
