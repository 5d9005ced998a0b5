"""Compressed instances and frames, decoded by the reference server (PS3.18 8.7.3.4, 8.7.3.3)."""

from __future__ import annotations

import io

import imagecodecs
import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom import Dataset, uid
from pydicom.encaps import encapsulate, encapsulate_extended
from pydicom.sequence import Sequence

from conformance.reference import codecs

from .helpers import DICOM, OCTETS, image, part10, parts, read, store, url

ROWS, COLUMNS = 12, 16
GREY8 = np.arange(ROWS * COLUMNS, dtype="u1").reshape(ROWS, COLUMNS)
GREY16 = GREY8.astype("u2") * 251
SIGNED = GREY16.astype("i2") - 20000
RGB = np.dstack([GREY8, GREY8[::-1], GREY8.T.reshape(ROWS, COLUMNS)])
FLAT = np.full((ROWS, COLUMNS, 3), (200, 40, 60), dtype="u1")


def compressed(client, frames, transfer_syntax, array, encapsulated=None, **attributes):
    """Store frames of an array's shape and type."""
    colour, bits = array.ndim == 3, array.dtype.itemsize * 8
    ds = image(Rows=ROWS, Columns=COLUMNS, BitsAllocated=bits, BitsStored=bits, HighBit=bits - 1)
    ds.SamplesPerPixel, ds.PhotometricInterpretation = (3, "RGB") if colour else (1, "MONOCHROME2")
    if colour:
        ds.PlanarConfiguration = 0
    ds.PixelRepresentation = int(array.dtype.kind == "i")
    if len(frames) > 1:
        ds.NumberOfFrames = len(frames)
    for keyword, value in attributes.items():
        setattr(ds, keyword, value)
    ds.PixelData = encapsulated or encapsulate(frames)
    ds["PixelData"].VR = "OB"
    ds["PixelData"].is_undefined_length = True
    assert store(client, part10(ds, transfer_syntax)).status_code == 200
    return ds


def get(client, ds, suffix, accept):
    response = client.get(url(ds) + suffix, headers={"Accept": accept})
    assert response.status_code == 200, response.text
    return parts(response)


def jpeg(array, **options):
    file = io.BytesIO()
    Image.fromarray(array).save(file, "JPEG", quality=95, **options)
    return file.getvalue()


LOSSLESS = {
    "JPEG lossless": (uid.JPEGLossless, lambda array: imagecodecs.ljpeg_encode(array), [GREY8, GREY16]),
    "JPEG lossless SV1": (uid.JPEGLosslessSV1, lambda array: imagecodecs.ljpeg_encode(array), [GREY8, GREY16]),
    "JPEG-LS": (uid.JPEGLSLossless, imagecodecs.jpegls_encode, [GREY8, GREY16, RGB]),
    "JPEG 2000": (
        uid.JPEG2000Lossless,
        lambda array: imagecodecs.jpeg2k_encode(array, codecformat="j2k", reversible=True, level=0),
        [GREY8, GREY16, SIGNED, RGB],
    ),
    "HTJ2K": (uid.HTJ2KLossless, lambda array: imagecodecs.htj2k_encode(array, reversible=True), [GREY8, GREY16, RGB]),
    "encapsulated uncompressed": ("1.2.840.10008.1.2.1.98", lambda array: array.tobytes(), [GREY8, GREY16, RGB]),
}
CASES = [
    pytest.param(syntax, encode, array, id=f"{name} {array.dtype} {array.ndim}")
    for name, (syntax, encode, arrays) in LOSSLESS.items()
    for array in arrays
]


@pytest.mark.parametrize(("transfer_syntax", "encode", "array"), CASES)
def test_lossless_frame_is_decoded_exactly(client, transfer_syntax, encode, array):
    ds = compressed(client, [encode(array)], uid.UID(transfer_syntax), array)

    assert get(client, ds, "/frames/1", OCTETS) == [array.tobytes()]
    assert get(client, ds, "/bulkdata/7FE00010", OCTETS) == [array.tobytes()]


@pytest.mark.parametrize(("transfer_syntax", "encode", "array"), CASES)
def test_file_is_explicit_vr_little_endian_unless_another_is_asked_for(client, transfer_syntax, encode, array):
    ds = compressed(client, [encode(array)], uid.UID(transfer_syntax), array)

    (file,) = get(client, ds, "", DICOM)

    sent = pydicom.dcmread(io.BytesIO(file))
    assert sent.file_meta.TransferSyntaxUID == uid.ExplicitVRLittleEndian
    assert sent.PixelData == array.tobytes()
    assert get(client, ds, "", f"{DICOM}; transfer-syntax=*") == [part10(ds, uid.UID(transfer_syntax))]


@pytest.mark.parametrize("planes", [0, 1])
def test_rle_keeps_the_planar_configuration(client, planes):
    native = RGB if planes == 0 else np.moveaxis(RGB, 2, 0)
    ds = image(Rows=ROWS, Columns=COLUMNS, SamplesPerPixel=3, PhotometricInterpretation="RGB", PlanarConfiguration=0)
    # The planes of RLE are apart in any case; the encoder at hand reads native samples pixel by pixel.
    ds.compress(uid.RLELossless, RGB, generate_instance_uid=False)
    ds.PlanarConfiguration = planes
    store(client, part10(ds, uid.RLELossless))

    assert get(client, ds, "/frames/1", OCTETS) == [native.tobytes()]
    assert pydicom.dcmread(io.BytesIO(get(client, ds, "", DICOM)[0])).PlanarConfiguration == planes


@pytest.mark.parametrize(
    ("interpretation", "stream"),
    [
        ("YBR_FULL_422", jpeg(FLAT, subsampling="4:2:2")),
        ("YBR_FULL_422", jpeg(FLAT, subsampling="4:2:0")),
        ("YBR_FULL", jpeg(FLAT, subsampling="4:4:4")),
        ("RGB", jpeg(FLAT, keep_rgb=True, subsampling="4:4:4")),
        ("RGB", imagecodecs.jpeg8_encode(FLAT, level=95, colorspace="YCbCr", outcolorspace="YCbCr")),
    ],
)
def test_colours_of_jpeg_are_those_that_file_and_metadata_say(client, interpretation, stream):
    ds = compressed(client, [stream], uid.JPEGBaseline8Bit, FLAT, PhotometricInterpretation=interpretation)

    (frame,) = get(client, ds, "/frames/1", OCTETS)
    (metadata,) = client.get(url(ds) + "/metadata").json()
    sent = pydicom.dcmread(io.BytesIO(get(client, ds, "", DICOM)[0]))

    assert np.abs(np.frombuffer(frame, "u1").reshape(FLAT.shape).astype(int) - FLAT).max() < 4
    assert sent.PixelData == frame
    assert (sent.PhotometricInterpretation, sent.PlanarConfiguration) == ("RGB", 0)
    assert (metadata["00280004"]["Value"], metadata["00280006"]["Value"]) == (["RGB"], [0])


def test_extended_jpeg_of_12_bits_is_decoded(client):
    array = (GREY8.astype("u2") * 16) & 0x0FFF
    stream = imagecodecs.jpeg_encode(array, level=100, bitspersample=12)
    ds = compressed(client, [stream], uid.JPEGExtended12Bit, array, BitsStored=12, HighBit=11)

    (frame,) = get(client, ds, "/frames/1", OCTETS)

    assert np.abs(np.frombuffer(frame, "<u2").reshape(array.shape).astype(int) - array).max() < 16


@pytest.mark.parametrize("table", ["none", "basic", "extended"])
def test_frames_of_several_fragments_are_joined(client, table):
    arrays = [GREY8, GREY8[::-1], GREY8[:, ::-1]]
    frames = [imagecodecs.jpegls_encode(np.ascontiguousarray(array)) for array in arrays]
    attributes = {}
    if table == "extended":
        value, attributes["ExtendedOffsetTable"], attributes["ExtendedOffsetTableLengths"] = encapsulate_extended(
            frames
        )
    else:
        value = encapsulate(frames, fragments_per_frame=2, has_bot=table == "basic")
    ds = compressed(client, frames, uid.JPEGLSLossless, GREY8, value, **attributes)

    assert get(client, ds, "/frames/3,1", OCTETS) == [arrays[2].tobytes(), arrays[0].tobytes()]
    assert get(client, ds, "/bulkdata/7FE00010", OCTETS) == [b"".join(array.tobytes() for array in arrays)]
    sent = pydicom.dcmread(io.BytesIO(get(client, ds, "", DICOM)[0]))
    assert "ExtendedOffsetTable" not in sent
    assert sent.pixel_array.tolist() == [array.tolist() for array in arrays]


def test_icon_is_decoded_with_its_image(client):
    icon = Dataset()
    icon.Rows, icon.Columns, icon.SamplesPerPixel, icon.PhotometricInterpretation = ROWS, COLUMNS, 1, "MONOCHROME2"
    icon.BitsAllocated, icon.BitsStored, icon.HighBit, icon.PixelRepresentation = 8, 8, 7, 0
    icon.add_new("PixelData", "OB", encapsulate([imagecodecs.jpegls_encode(GREY8)]))
    icon["PixelData"].is_undefined_length = True
    frames = [imagecodecs.jpegls_encode(GREY16)]
    ds = compressed(client, frames, uid.JPEGLSLossless, GREY16, IconImageSequence=Sequence([icon]))

    sent = pydicom.dcmread(io.BytesIO(get(client, ds, "", DICOM)[0]))

    assert sent.IconImageSequence[0].PixelData == GREY8.tobytes()


@pytest.mark.parametrize("suffix", ["", "/frames/1", "/rendered"])
def test_damaged_frame_is_answered_406(client, suffix):
    ds = compressed(client, [b"\xff\xd8 no JPEG"], uid.JPEGBaseline8Bit, GREY8)

    response = client.get(url(ds) + suffix, headers={"Accept": "*/*"})

    assert response.status_code == 406
    assert "decoded" in response.text


def test_frame_is_sent_decoded_and_as_it_is(client):
    stream = imagecodecs.jpegls_encode(GREY8)
    ds = compressed(client, [stream], uid.JPEGLSLossless, GREY8)
    accept = 'multipart/related; type="image/jls"'

    (part,) = read(client.get(url(ds) + "/frames/1", headers={"Accept": accept}))

    assert part["Content-Type"] == f"image/jls; transfer-syntax={uid.JPEGLSLossless}"
    assert part.get_payload(decode=True).startswith(stream)
    assert client.get(url(ds) + "/frames/1", headers={"Accept": "application/octet-stream"}).content == GREY8.tobytes()


def test_octets_of_a_study_are_the_bulk_data_of_its_instances(client):
    large = bytes(range(256)) * 8
    ds = compressed(
        client, [imagecodecs.jpegls_encode(GREY8)], uid.JPEGLSLossless, GREY8, RedPaletteColorLookupTableData=large
    )

    response = client.get(url(ds, "study"), headers={"Accept": OCTETS})

    (metadata,) = client.get(url(ds) + "/metadata").json()
    places = [metadata[tag]["BulkDataURI"] for tag in ("00281201", "7FE00010")]
    assert [part["Content-Location"] for part in read(response)] == places
    assert parts(response) == [large, GREY8.tobytes()]


def test_without_a_codec_what_is_kept_can_be_had(client, monkeypatch):
    monkeypatch.setattr(codecs, "find_spec", lambda name: None)
    ds = compressed(client, [imagecodecs.jpegls_encode(RGB)], uid.JPEGLSLossless, RGB, PlanarConfiguration=1)
    accepts = [DICOM, f"{DICOM}; transfer-syntax=*", OCTETS]

    statuses = [client.get(url(ds), headers={"Accept": accept}).status_code for accept in accepts]
    decoded = client.get(url(ds) + "/frames/1", headers={"Accept": OCTETS})
    (metadata,) = client.get(url(ds) + "/metadata").json()

    assert statuses == [406, 200, 406]
    assert (decoded.status_code, "image/jls" in decoded.text) == (406, True)
    assert metadata["00280006"]["Value"] == [1]
