"""Files: as they are stored, in other transfer syntaxes, and refusals."""

from __future__ import annotations

from io import BytesIO

import pydicom
import pytest
from pydicom.encaps import encapsulate, generate_frames
from pydicom.uid import MPEG2MPML, ExplicitVRLittleEndian, JPEG2000Lossless

from conformance.dicomweb import images, part10
from conformance.kit import check, expect, stow
from conformance.kit.accept import AS_STORED
from conformance.kit.instances import Instance
from conformance.kit.kinds import frames
from conformance.kit.verdicts import Observed
from conformance.profiles import reading

LEVELS = {"study": "study_path", "series": "series_path", "instance": "path"}
PREAMBLE = 128
EXPLICIT = f"{reading.DICOM}; transfer-syntax={ExplicitVRLittleEndian}"
ALONE = "application/dicom; transfer-syntax={}"
SPELLINGS = {
    "quoted-syntax": f'{reading.DICOM}; transfer-syntax="*"',
    "bare-type": "multipart/related; type=application/dicom; transfer-syntax=*",
}
NOT_OFFERED = {
    "study-alone": ("study", ALONE.format("*")),
    "series-alone": ("series", ALONE.format("*")),
    "study-octets": ("study", 'multipart/related; type="application/octet-stream"; transfer-syntax=*'),
    "study-mpeg2": ("study", f"{reading.DICOM}; transfer-syntax={MPEG2MPML}"),
    "instance-mpeg2": ("instance", ALONE.format(MPEG2MPML)),
}


def target(instance, level):
    """The path of an instance, of its series or of its study."""
    return getattr(instance, LEVELS[level])


def alone(response):
    """The instance in a response that is one file, not multipart."""
    expect.status(response, 200)
    reading.of_type(response, "application/dicom")
    try:
        part10.read(bytes(response.body))
    except part10.MalformedFile as error:
        expect.readable(error, response, "the body")
    return Instance(bytes(response.body))


@check("MS-WADO-01")
@pytest.mark.parametrize("level", LEVELS)
def test_files_as_they_are_stored(endpoint, stored, level):
    """A study, a series and an instance are returned as the stored files, from their prefix on."""
    kept = stored("sample")
    wanted = [item for item in kept if target(item, level) == target(kept[0], level)]

    response = endpoint.fetch(target(kept[0], level), accept=AS_STORED)

    expect.instances(response, wanted)
    contents = {bytes(part.content)[PREAMBLE:] for part in expect.parts(response)}
    for item in wanted:
        same = item.content[PREAMBLE:] in contents
        expect.that(same, f"the file of {item.sop_instance_uid}", "changed", "as it was sent", response)


@check("MS-WADO-02")
@pytest.mark.parametrize("kind", ["sample", "jpeg2000-lossless"])
def test_type_of_a_part(endpoint, stored, kind):
    """A part is application/dicom with the transfer syntax of its file."""
    instance = stored(kind)[0]

    response = endpoint.fetch(instance.path, accept=AS_STORED)

    found = reading.media_type(response, expect.one_part(response))
    syntax, wanted = found.get("transfer-syntax"), instance.dataset.file_meta.TransferSyntaxUID
    expect.equal("the media type of the part", found.essence, "application/dicom", response)
    expect.equal("transfer-syntax of the part", syntax, wanted, response)


@check("MS-WADO-03")
def test_type_of_a_multipart_answer(endpoint, stored):
    """Whether the Content-Type of a multipart response has a type parameter."""
    response = endpoint.fetch(stored("sample")[0].path, accept=AS_STORED)

    raise Observed(f"Content-Type is {response.header('Content-Type') or 'absent'}")


@check("MS-WADO-04")
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_spelling_of_parameters(endpoint, stored, spelling):
    """transfer-syntax may be quoted, and type may be unquoted."""
    instance = stored("sample")[0]

    response = endpoint.get(instance.path, accept=SPELLINGS[spelling])

    expect.instances(response, [instance])


@check("MS-WADO-05")
def test_instance_alone(endpoint, stored):
    """An instance requested as application/dicom is returned as one file."""
    instance = stored("sample")[0]

    response = endpoint.get(instance.path, accept=ALONE.format("*"))

    expect.equal("SOPInstanceUID", alone(response).sop_instance_uid, instance.sop_instance_uid, response)


@check("MS-WADO-06")
@pytest.mark.parametrize("case", NOT_OFFERED)
def test_what_is_not_offered(endpoint, stored, case):
    """A study or series as one file or as bulk data, and a transfer syntax that is not offered, return 406."""
    level, accept = NOT_OFFERED[case]

    response = endpoint.get(target(stored("sample")[0], level), accept=accept)

    expect.status(response, 406)


@check("MS-WADO-07")
def test_study_with_a_video(endpoint, images):
    """A study with a video returns 406 in Explicit VR Little Endian, and can be retrieved as it is stored."""
    image, other = images(2)
    study = [image, as_video(other)]
    reading.taken(endpoint.post("studies", stow.multipart(study)))

    explicit = endpoint.get(image.study_path, accept=EXPLICIT)
    response = endpoint.get(image.study_path, accept=AS_STORED)

    expect.status(explicit, 406)
    expect.instances(response, study)


def as_video(image):
    """A copy of an image whose pixel data say that they are a video; nobody has to decode it."""
    ds = pydicom.dcmread(BytesIO(image.content))
    ds.PixelData = encapsulate([b"\0\0\1\xb3 not a video"])
    ds["PixelData"].VR, ds["PixelData"].is_undefined_length = "OB", True
    ds.file_meta.TransferSyntaxUID = MPEG2MPML
    file = BytesIO()
    ds.save_as(file, enforce_file_format=True)
    return Instance(file.getvalue(), image.fresh)


@check("MS-WADO-08")
@pytest.mark.parametrize("accept", [EXPLICIT, reading.DICOM], ids=["explicit", "default"])
def test_study_in_explicit_vr(endpoint, stored, accept):
    """The status of a request for a study of several instances in Explicit VR Little Endian is recorded."""
    response = endpoint.get(stored("sample")[0].study_path, accept=accept)

    raise Observed(f"status is {response.status} ({response.request})")


@check("MS-WADO-09", "decoded")
def test_instance_that_is_decompressed(endpoint, stored):
    """An instance in JPEG 2000 is returned in Explicit VR Little Endian, with the same pixels."""
    instance = stored("jpeg2000-lossless")[0]

    response = endpoint.get(instance.path, accept=ALONE.format(ExplicitVRLittleEndian))

    known, found = frames(instance)[0], alone(response).dataset
    expect.equal("TransferSyntaxUID", found.file_meta.TransferSyntaxUID, ExplicitVRLittleEndian, response)
    expect.that(found.PixelData[: len(known)] == known, "PixelData", "changed", "as stored", response)


@check("MS-WADO-09", "encoded")
def test_instance_that_is_compressed(endpoint, stored):
    """An instance in Explicit VR Little Endian is returned in JPEG 2000, with the same pixels."""
    (instance,) = stored("quadrants")
    size = instance.dataset.Columns, instance.dataset.Rows

    response = endpoint.get(instance.path, accept=ALONE.format(JPEG2000Lossless))

    found = alone(response).dataset
    expect.equal("TransferSyntaxUID", found.file_meta.TransferSyntaxUID, JPEG2000Lossless, response)
    distance = picture(response, found).distance(images.native(frames(instance)[0], *size, 3))
    expect.that(distance == 0, "the distance to the stored pixels", f"{distance:.2f} of 256 steps", 0, response)


def picture(response, ds):
    """The only frame of a data set in JPEG 2000, decoded."""
    try:
        return images.read(next(generate_frames(ds.PixelData, number_of_frames=1)))
    except (StopIteration, ValueError) as error:
        expect.deviates("the frame", f"not decodable ({error})", "a JPEG 2000 codestream", response)


@check("MS-WADO-10")
@pytest.mark.parametrize("resource", ["", "/metadata"], ids=["files", "metadata"])
@pytest.mark.parametrize("level", LEVELS)
def test_what_is_not_there(endpoint, stored, absent_uid, level, resource):
    """A study, a series and an instance that do not exist return 404."""
    known = target(stored("sample")[0], level)

    response = endpoint.get(
        f"{known.rpartition('/')[0]}/{absent_uid}{resource}", **({} if resource else {"accept": AS_STORED})
    )

    expect.status(response, 404)


@check("MS-WADO-11")
@pytest.mark.parametrize("level", LEVELS)
def test_instance_without_pixels(endpoint, stored, level):
    """A report is returned with its study, with its series and alone."""
    (report,) = stored("sr")

    response = endpoint.fetch(target(report, level), accept=AS_STORED)

    expect.instances(response, [report])
