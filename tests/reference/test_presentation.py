"""Presentation states, rendered by the reference server (PS3.18 8.3.5.1.6)."""

from __future__ import annotations

import io

import pytest
from PIL import Image
from pydicom import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import GrayscaleSoftcopyPresentationStateStorage

from .helpers import image, parts, store, url

PNGS = 'multipart/related; type="image/png"'


def reference(ds):
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = ds.SOPClassUID, ds.SOPInstanceUID
    return item


def state_of(images, **attributes):
    """A state with a window from 50 to 150, of images of one series."""
    state = image(
        SOPClassUID=GrayscaleSoftcopyPresentationStateStorage,
        StudyInstanceUID=images[0].StudyInstanceUID,
        Modality="PR",
    )
    del state.PixelData
    series, voi = Dataset(), Dataset()
    series.SeriesInstanceUID = images[0].SeriesInstanceUID
    series.ReferencedImageSequence = Sequence([reference(ds) for ds in images])
    state.ReferencedSeriesSequence = Sequence([series])
    voi.WindowCenter, voi.WindowWidth, voi.VOILUTFunction = 100, 100, "LINEAR_EXACT"
    state.SoftcopyVOILUTSequence = Sequence([voi])
    for keyword, value in attributes.items():
        setattr(state, keyword, value)
    return state


@pytest.fixture
def shown(client):
    """The grey levels of the first row of each image that a state with some attributes shows, of 1 row by 4 columns."""

    def show(number=1, **attributes):
        values = {"Rows": 1, "Columns": 4, "PixelData": bytes([0, 75, 100, 200]), "WindowCenter": 0, "WindowWidth": 1}
        images = [image(**values)]
        while len(images) < number:
            uids = {name: images[0].get(name) for name in ("StudyInstanceUID", "SeriesInstanceUID")}
            images.append(image(**values, **uids))
        state = state_of(images, **attributes)
        store(client, *images, state)
        response = client.get(url(state) + "/rendered", headers={"Accept": PNGS})
        assert response.status_code == 200, response.text
        return [list(Image.open(io.BytesIO(part)).tobytes()) for part in parts(response)]

    return show


def test_window_of_the_state_takes_the_place_of_that_of_each_image(shown):
    assert shown(number=2) == [[0, 64, 128, 255]] * 2


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"PresentationLUTShape": "INVERSE"}, [255, 191, 128, 0]),
        ({"RescaleSlope": 2, "RescaleIntercept": -50}, [0, 128, 255, 255]),
        ({"ImageHorizontalFlip": "Y"}, [255, 128, 64, 0]),
        ({"ImageRotation": 180}, [255, 128, 64, 0]),
        ({"ImageRotation": 180, "ImageHorizontalFlip": "Y"}, [0, 64, 128, 255]),
        ({"ImageRotation": 90}, [0, 64, 128, 255]),
    ],
)
def test_state_is_applied(shown, attributes, expected):
    assert shown(**attributes) == [expected]


@pytest.mark.parametrize(
    ("parameters", "status"),
    [({"viewport": "2,2"}, 200), ({"viewport": "2,2,0,0,1,1"}, 400), ({"window": "40,400,linear"}, 400)],
)
def test_state_takes_no_window_and_no_region(client, parameters, status):
    ds = image()
    state = state_of([ds])
    store(client, ds, state)

    assert client.get(url(state) + "/rendered", params=parameters, headers={"Accept": "*/*"}).status_code == status


def test_state_of_images_that_are_not_here_is_answered_406(client):
    state = state_of([image()])
    store(client, state)

    response = client.get(url(state) + "/rendered", headers={"Accept": "*/*"})

    assert (response.status_code, response.text.endswith("its images are not here")) == (406, True)
