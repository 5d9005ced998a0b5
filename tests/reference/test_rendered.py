"""Rendered resources and thumbnails of the reference server (PS3.18 10.4.1.1.3, 10.4.1.1.4)."""

from __future__ import annotations

import io
import struct

import pytest
from PIL import Image
from pydicom import Dataset, uid
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence

from .helpers import image, part10, parts, read, store, url

JPEGS = 'multipart/related; type="image/jpeg"'
GIFS = 'multipart/related; type="image/gif"'
# Four pixels of one row.
COLOURS = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)]
RGB = bytes(sample for colour in COLOURS for sample in colour)
YBR = Image.frombytes("RGB", (4, 1), RGB).convert("YCbCr").tobytes()
PALETTE = {
    f"{name}PaletteColorLookupTable{part}": value
    for index, name in enumerate(("Red", "Green", "Blue"))
    for part, value in (
        ("Descriptor", [4, 10, 16]),
        ("Data", struct.pack("<4H", *(colour[index] * 257 for colour in COLOURS))),
    )
}


def picture(response):
    """The image that an answer is."""
    assert response.status_code == 200, response.text
    return Image.open(io.BytesIO(response.content))


def pixels(shown):
    """The pixels of its first row."""
    return [shown.getpixel((column, 0)) for column in range(shown.width)]


def rendered(client, ds, accept="image/png", suffix="/rendered", **parameters):
    return client.get(url(ds) + suffix, params=parameters, headers={"Accept": accept})


@pytest.fixture(scope="module")
def grey(stored):
    """Sixteen bits: -100, 0, 100, 1000 after rescale, window 0 to 200."""
    ramp = struct.pack("<4H", 900, 1000, 1100, 2000)
    return stored(
        Rows=1,
        Columns=4,
        BitsAllocated=16,
        BitsStored=12,
        HighBit=11,
        PixelData=ramp,
        RescaleSlope=1,
        RescaleIntercept=-1000,
        WindowCenter=[100, 500],
        WindowWidth=[201, 1000],
    )


@pytest.fixture(scope="module")
def multiframe(stored):
    """Three flat frames of 3 rows by 5 columns."""
    return stored(NumberOfFrames=3, PixelData=b"".join(bytes([level]) * 15 for level in (0, 100, 250)) + b"\0")


def test_window_of_the_instance_is_applied_after_rescale(client, grey):
    assert pixels(picture(rendered(client, grey))) == [0, 1, 128, 255]


def test_monochrome1_is_inverse(client, stored):
    values = {"Rows": 1, "Columns": 4, "PixelData": bytes([0, 100, 200, 255])}

    shown = [
        pixels(picture(rendered(client, stored(PhotometricInterpretation=f"MONOCHROME{n}", **values)))) for n in (1, 2)
    ]

    assert shown == [[255, 155, 55, 0], [0, 100, 200, 255]]


@pytest.mark.parametrize(
    ("bits", "code", "values", "expected"),
    [
        (16, "h", [-1000, -500, 0, 1000], [0, 64, 128, 255]),
        (16, "H", [1000, 1500, 2000, 3000], [0, 64, 128, 255]),
        (32, "I", [0, 2**30, 2**31, 2**32 - 1], [0, 64, 128, 255]),
        (8, "b", [-128, -64, 0, 127], [0, 64, 128, 255]),
    ],
)
def test_without_window_the_whole_range_is_shown(client, stored, bits, code, values, expected):
    ds = stored(
        Rows=1,
        Columns=4,
        BitsAllocated=bits,
        BitsStored=bits,
        HighBit=bits - 1,
        PixelRepresentation=int(code.islower()),
        PixelData=struct.pack(f"<4{code}", *values),
    )

    assert pixels(picture(rendered(client, ds))) == expected


def test_float_pixel_data_are_shown(client):
    ds = image(Rows=1, Columns=4, BitsAllocated=32, FloatPixelData=struct.pack("<4f", -1.5, 0, float("nan"), 1.5))
    del ds.PixelData
    store(client, ds)

    assert pixels(picture(rendered(client, ds))) == [0, 128, 0, 255]


def test_single_bits_are_black_and_white(client, stored):
    ds = stored(Rows=1, Columns=4, BitsAllocated=1, BitsStored=1, HighBit=0, PixelData=b"\x05\0")

    assert pixels(picture(rendered(client, ds))) == [255, 0, 255, 0]


def test_window_of_a_frame_comes_from_its_functional_group(client):
    ds = image(Rows=1, Columns=4, NumberOfFrames=2, PixelData=bytes([0, 50, 100, 200] * 2))
    groups = [Dataset(), Dataset()]
    for group, center in zip(groups, (50, 150), strict=True):
        item = Dataset()
        item.WindowCenter, item.WindowWidth, item.VOILUTFunction = center, 100, "LINEAR_EXACT"
        group.FrameVOILUTSequence = Sequence([item])
    ds.PerFrameFunctionalGroupsSequence = Sequence(groups)
    store(client, ds)

    shown = [pixels(picture(rendered(client, ds, suffix=f"/frames/{number}/rendered"))) for number in (1, 2)]

    assert shown == [[0, 128, 255, 255], [0, 0, 0, 255]]


@pytest.mark.parametrize(
    ("attributes", "pixel_data"),
    [
        ({"PhotometricInterpretation": "RGB", "PlanarConfiguration": 0}, RGB),
        ({"PhotometricInterpretation": "RGB", "PlanarConfiguration": 1}, RGB[0::3] + RGB[1::3] + RGB[2::3]),
        ({"PhotometricInterpretation": "YBR_FULL", "PlanarConfiguration": 0}, YBR),
        ({"PhotometricInterpretation": "PALETTE COLOR", "SamplesPerPixel": 1} | PALETTE, bytes([10, 11, 12, 13])),
    ],
    ids=["RGB", "RGB in planes", "YBR_FULL", "PALETTE COLOR"],
)
def test_colours_are_shown(client, stored, attributes, pixel_data):
    ds = stored(Rows=1, Columns=4, PixelData=pixel_data, **({"SamplesPerPixel": 3} | attributes))

    shown = pixels(picture(rendered(client, ds)))

    assert all(
        abs(a - b) < 3 for found, wanted in zip(shown, COLOURS, strict=True) for a, b in zip(found, wanted, strict=True)
    )


def test_halved_chroma_is_shown(client, stored):
    y, cb, cr = Image.new("RGB", (1, 1), (200, 40, 60)).convert("YCbCr").tobytes()
    ds = stored(
        Rows=1,
        Columns=4,
        SamplesPerPixel=3,
        PlanarConfiguration=0,
        PhotometricInterpretation="YBR_FULL_422",
        PixelData=bytes([y, y, cb, cr] * 2),
    )

    assert all(
        abs(a - b) < 3
        for shown in pixels(picture(rendered(client, ds)))
        for a, b in zip(shown, (200, 40, 60), strict=True)
    )


def test_compressed_image_is_shown(client):
    file = io.BytesIO()
    Image.new("RGB", (5, 3), (200, 40, 60)).save(file, "JPEG", quality=95)
    ds = image(SamplesPerPixel=3, PhotometricInterpretation="YBR_FULL_422", PlanarConfiguration=0)
    ds.PixelData = encapsulate([file.getvalue()])
    ds["PixelData"].is_undefined_length = True
    store(client, part10(ds, uid.JPEGBaseline8Bit))

    shown = picture(rendered(client, ds))

    assert (shown.mode, shown.size) == ("RGB", (5, 3))
    assert all(abs(a - b) < 4 for a, b in zip(shown.getpixel((2, 1)), (200, 40, 60), strict=True))


@pytest.fixture(scope="module")
def video(client):
    """Two frames of MPEG-4 whose stream is 300 bytes in two fragments."""
    ds = image(NumberOfFrames=2, PixelData=encapsulate([b"ftyp" * 25, b"mdat" * 50], has_bot=False))
    ds["PixelData"].is_undefined_length = True
    store(client, part10(ds, uid.MPEG4HP41))
    return ds


def test_video_is_rendered_as_it_is_kept(client, video):
    response = rendered(client, video, "*/*")

    assert (response.status_code, response.headers["Content-Type"]) == (200, "video/mp4")
    assert response.content == b"ftyp" * 25 + b"mdat" * 50


def test_range_of_a_video_is_returned(client, video):
    response = client.get(f"{url(video)}/rendered", headers={"Accept": "*/*", "Range": "bytes=96-103"})

    assert (response.status_code, response.content) == (206, b"ftypmdat")
    assert response.headers["Content-Range"] == "bytes 96-103/300"


def test_video_is_not_rendered_as_an_image(client, video):
    assert rendered(client, video, "image/jpeg").status_code == 406


@pytest.mark.parametrize(
    ("accept", "media_type", "kind"),
    [
        ("*/*", "image/jpeg", "JPEG"),
        ("image/*", "image/jpeg", "JPEG"),
        ("image/png", "image/png", "PNG"),
        ("image/gif", "image/gif", "GIF"),
        ("image/*;q=0.9, image/jpeg;q=0.1, image/png", "image/png", "PNG"),
    ],
)
def test_image_is_sent_in_the_type_that_is_accepted(client, grey, accept, media_type, kind):
    response = rendered(client, grey, accept)

    assert response.headers["Content-Type"] == media_type
    assert (picture(response).format, picture(response).size) == (kind, (4, 1))


def test_jpeg_is_baseline(client, grey):
    content = rendered(client, grey, "image/jpeg").content

    assert b"\xff\xc0" in content
    assert b"\xff\xc2" not in content


def test_frame_is_rendered_by_its_number(client, multiframe):
    shown = [picture(rendered(client, multiframe, suffix=f"/frames/{number}/rendered")) for number in (1, 2, 3)]

    assert [one.getpixel((0, 0)) for one in shown] == [0, 100, 250]


def test_frames_are_parts_of_a_list(client, multiframe):
    response = rendered(client, multiframe, 'multipart/related; type="image/png"', "/frames/1,3/rendered")

    shown = [Image.open(io.BytesIO(part)).getpixel((0, 0)) for part in parts(response)]
    assert shown == [0, 250]
    assert [part["Content-Location"][-18:] for part in read(response)] == ["/frames/1/rendered", "/frames/3/rendered"]
    assert rendered(client, multiframe, "image/png", "/frames/1,3/rendered").status_code == 406


@pytest.mark.parametrize(("frames", "status"), [("4", 404), ("0", 400), ("x", 400)])
def test_frame_that_is_not_there_is_not_rendered(client, multiframe, frames, status):
    assert rendered(client, multiframe, suffix=f"/frames/{frames}/rendered").status_code == status


def test_multiframe_instance_is_an_animation_or_a_part_a_frame(client, multiframe):
    assert picture(rendered(client, multiframe, "*/*")).n_frames == 3
    assert rendered(client, multiframe, "image/jpeg").status_code == 406
    assert len(parts(rendered(client, multiframe, JPEGS))) == 3


@pytest.fixture(scope="module")
def mixture(client):
    """A study of two images, an image of two frames and an instance without pixel data."""
    first = image()
    others = [
        image(StudyInstanceUID=first.StudyInstanceUID, SeriesInstanceUID=first.SeriesInstanceUID) for _ in range(3)
    ]
    others[1].NumberOfFrames, others[1].PixelData = 2, bytes(30)
    del others[2].PixelData
    assert store(client, first, *others).status_code == 200
    return [first, *others]


@pytest.mark.parametrize("level", ["study", "series"])
def test_images_of_a_study_or_series_are_parts(client, mixture, level):
    answers = {
        accept: client.get(url(mixture[0], level) + "/rendered", headers={"Accept": accept})
        for accept in ("*/*", JPEGS, GIFS, "image/jpeg")
    }

    assert [answer.status_code for answer in answers.values()] == [200, 200, 200, 406]
    assert [len(parts(answers[accept])) for accept in ("*/*", JPEGS, GIFS)] == [2, 2, 3]
    assert read(answers["*/*"])[0]["Content-Location"].endswith(f"{url(mixture[0])}/rendered")


@pytest.mark.parametrize(("accept", "status"), [("image/jpeg", 406), ("*/*", 406)])
def test_what_has_no_pixels_is_not_rendered(client, mixture, accept, status):
    response = rendered(client, mixture[3], accept)

    assert response.status_code == status
    assert "no pixel data" in response.text


@pytest.mark.parametrize("suffix", ["/rendered", "/thumbnail"])
@pytest.mark.parametrize("level", ["study", "series", "instance"])
def test_rendering_of_what_is_not_there_is_answered_404(client, level, suffix):
    assert client.get(url(image(), level) + suffix, headers={"Accept": "*/*"}).status_code == 404


@pytest.mark.parametrize("level", ["study", "series", "instance", "frame"])
def test_thumbnail_is_one_small_jpeg(client, stored, level):
    ds = stored(Rows=200, Columns=400, PixelData=bytes(80000), PatientName="Secret^Name")
    path = url(ds) + "/frames/1" if level == "frame" else url(ds, level)

    response = client.get(path + "/thumbnail", headers={"Accept": "*/*"})

    assert response.headers["Content-Type"] == "image/jpeg"
    assert picture(response).size == (128, 64)
    assert b"Secret" not in response.content


def test_viewport_bounds_the_thumbnail(client, grey):
    sizes = [
        picture(rendered(client, grey, "image/jpeg", "/thumbnail", viewport=text)).size for text in ("64,64", "8,1")
    ]

    assert sizes == [(64, 16), (4, 1)]


@pytest.mark.parametrize("viewport", ["64", "64,64,0,0,8,8", "64,64,", "", "a,b"])
def test_thumbnail_takes_no_region(client, grey, viewport):
    assert rendered(client, grey, "image/jpeg", "/thumbnail", viewport=viewport).status_code == 400


def test_thumbnail_in_another_type_is_answered_406(client, grey):
    assert rendered(client, grey, "application/x-nothing", "/thumbnail").status_code == 406


def test_study_without_images_has_no_thumbnail(client):
    ds = image()
    del ds.PixelData
    store(client, ds)

    assert client.get(url(ds, "study") + "/thumbnail", headers={"Accept": "*/*"}).status_code == 404
