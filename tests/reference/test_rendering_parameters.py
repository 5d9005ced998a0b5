"""annotation, quality, viewport, window and iccprofile (PS3.18 8.3.5.1)."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from .helpers import parts, url

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


@pytest.fixture(scope="module")
def quadrants(stored):
    """256 columns by 128 rows: red and green above blue and white."""
    picture = Image.new("RGB", (256, 128), RED)
    for colour, corner in ((GREEN, (128, 0)), (BLUE, (0, 64)), (WHITE, (128, 64))):
        picture.paste(colour, (*corner, corner[0] + 128, corner[1] + 64))
    return stored(
        Rows=128,
        Columns=256,
        SamplesPerPixel=3,
        PhotometricInterpretation="RGB",
        PlanarConfiguration=0,
        PixelData=picture.tobytes(),
    )


@pytest.fixture(scope="module")
def ramp(stored):
    """0 to 255 in a row."""
    return stored(Rows=1, Columns=256, PixelData=bytes(range(256)))


@pytest.fixture(scope="module")
def black(stored):
    return stored(Rows=128, Columns=128, PixelData=bytes(128 * 128))


def get(client, ds, accept="image/png", **parameters):
    return client.get(url(ds) + "/rendered", params=parameters, headers={"Accept": accept})


def shown(client, ds, **parameters):
    response = get(client, ds, **parameters)
    assert response.status_code == 200, response.text
    return Image.open(io.BytesIO(response.content))


def corners(picture):
    """The colours near the four corners, row by row."""
    columns, rows = (2, picture.width - 3), (2, picture.height - 3)
    return [picture.getpixel((column, row)) for row in rows for column in columns]


@pytest.mark.parametrize(
    ("viewport", "size"),
    [("64,64", (64, 32)), ("512,512", (512, 256)), ("256,128", (256, 128)), ("1000,10", (20, 10)), ("1,1", (1, 1))],
)
def test_image_fits_into_the_viewport_in_its_shape(client, quadrants, viewport, size):
    picture = shown(client, quadrants, viewport=viewport)

    assert picture.size == size


def test_image_without_viewport_has_the_size_of_the_pixel_matrix(client, quadrants):
    picture = shown(client, quadrants)

    assert picture.size == (256, 128)
    assert corners(picture) == [RED, GREEN, BLUE, WHITE]


@pytest.mark.parametrize(
    ("viewport", "size", "expected"),
    [
        ("128,64,128,64,128,64", (128, 64), [WHITE] * 4),
        ("64,64,128,0,128,64", (64, 32), [GREEN] * 4),
        ("64,64,,,128,64", (64, 32), [RED] * 4),
        ("64,64,128", (64, 64), [GREEN, GREEN, WHITE, WHITE]),
        ("64,64,,64", (64, 16), [BLUE, WHITE, BLUE, WHITE]),
        ("256,128,0,0,-256,128", (256, 128), [GREEN, RED, WHITE, BLUE]),
        ("256,128,0,0,256,-128", (256, 128), [BLUE, WHITE, RED, GREEN]),
        ("256,128,,,,-128", (256, 128), [BLUE, WHITE, RED, GREEN]),
    ],
)
def test_region_is_cut_out_scaled_and_mirrored(client, quadrants, viewport, size, expected):
    picture = shown(client, quadrants, viewport=viewport)

    assert (picture.size, corners(picture)) == (size, expected)


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        ("128,100,linear", {77: 0, 78: 0, 128: 129, 178: 255, 255: 255}),
        ("128,100,linear-exact", {77: 0, 78: 0, 128: 128, 178: 255, 255: 255}),
        ("128,100,sigmoid", {28: 5, 128: 128, 228: 250}),
        ("-50.5,1,linear", {0: 255}),
    ],
)
def test_window_takes_the_place_of_that_of_the_image(client, ramp, window, expected):
    picture = shown(client, ramp, window=window)

    assert {value: picture.getpixel((value, 0)) for value in expected} == expected


def test_quality_changes_the_size_of_a_jpeg(client, quadrants):
    small, large = (len(get(client, quadrants, "image/jpeg", quality=quality).content) for quality in ("5", "95"))

    assert small < large


@pytest.mark.parametrize("keyword", ["patient", "technique", "patient,technique"])
def test_annotation_is_burnt_in(client, black, keyword):
    plain, annotated = shown(client, black), shown(client, black, annotation=keyword)

    assert plain.getextrema() == (0, 0)
    assert annotated.getextrema()[1] > 200
    assert annotated.size == plain.size


def test_annotation_that_there_is_not_is_ignored_with_a_warning(client, black):
    response = get(client, black, annotation="patient,foo")

    assert response.status_code == 200
    assert response.headers["Warning"] == f'299 {str(client.base_url).rstrip("/")}: "annotation foo is not supported"'


@pytest.mark.parametrize(
    "parameters",
    [
        *({"quality": value} for value in ("", "0", "101", "abc", "1.5", "-1")),
        *({"viewport": value} for value in ("", "0,0", "64", "a,b", "64,", ",64", "-64,64", "64,64,0,0,0,8", "9999,1")),
        *(
            {"viewport": f"64,64,{value}"}
            for value in ("-1", "256", ",,257", "200,0,100", "0,0,8,8,8", "x", "0,0,0.5,8", "255.5")
        ),
        *(
            {"window": value}
            for value in ("", "40", "40,400", "40,400,foo", "a,b,linear", "40,0,linear", "1,2,linear,3")
        ),
        *({"annotation": value} for value in ("", " x!", "patient,", "patient technique")),
        *({"iccprofile": value} for value in ("", "adobergb", "x")),
    ],
    ids=str,
)
def test_bad_value_is_answered_400(client, quadrants, parameters):
    response = get(client, quadrants, **parameters)

    assert response.status_code == 400
    assert response.text.startswith(next(iter(parameters)))


@pytest.mark.parametrize(("value", "embedded"), [("no", False), ("yes", True), ("srgb", True)])
@pytest.mark.parametrize("accept", ["image/png", "image/jpeg"])
def test_profile_is_embedded_where_it_is_asked_for(client, quadrants, accept, value, embedded):
    response = get(client, quadrants, accept, iccprofile=value)

    assert ("icc_profile" in Image.open(io.BytesIO(response.content)).info) == embedded


def test_profile_in_a_gif_is_answered_400(client, quadrants):
    assert get(client, quadrants, "image/gif", iccprofile="yes").status_code == 400
    assert get(client, quadrants, "image/gif", iccprofile="no").status_code == 200


@pytest.mark.parametrize("path", ["/rendered", "/frames/1/rendered", "/thumbnail", "/frames/1/thumbnail"])
def test_every_rendering_of_an_instance_has_parameters(client, quadrants, path):
    headers = {"Accept": "image/jpeg"}

    good, bad = (client.get(url(quadrants) + path, params={"viewport": text}, headers=headers) for text in ("8,8", "8"))

    assert Image.open(io.BytesIO(good.content)).size == (8, 4)
    assert bad.status_code == 400


@pytest.mark.parametrize("level", ["study", "series"])
def test_every_rendering_of_a_study_or_series_has_parameters(client, quadrants, level):
    good, bad = (
        client.get(url(quadrants, level) + "/rendered", params={"viewport": text}, headers={"Accept": "*/*"})
        for text in ("8,8", "8")
    )

    assert [Image.open(io.BytesIO(part)).size for part in parts(good)] == [(8, 4)]
    assert bad.status_code == 400
