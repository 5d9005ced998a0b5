"""DELETE on the reference server, which is an extension of PS3.18."""

from __future__ import annotations

import pytest

from .helpers import image, store, url


@pytest.fixture
def images(client):
    """Two images of one series and one of another, in one study."""
    first = image()
    second = image(StudyInstanceUID=first.StudyInstanceUID, SeriesInstanceUID=first.SeriesInstanceUID)
    third = image(StudyInstanceUID=first.StudyInstanceUID)
    assert store(client, first, second, third).status_code == 200
    return [first, second, third]


def left(client, images):
    """The indices of what can be found, and those of what can be retrieved, which have to be the same."""
    found = client.get(f"{url(images[0], 'study')}/instances").json()
    uids = [item["00080018"]["Value"][0] for item in found]
    accept = {"Accept": "multipart/related"}
    retrieved = [index for index, ds in enumerate(images) if client.get(url(ds), headers=accept).status_code == 200]
    assert retrieved == [index for index, ds in enumerate(images) if ds.SOPInstanceUID in uids]
    return retrieved


@pytest.mark.parametrize(("level", "expected"), [("instance", [1, 2]), ("series", [2]), ("study", [])])
def test_what_is_named_is_removed_and_nothing_else(client, images, level, expected):
    response = client.delete(url(images[0], level))

    assert (response.status_code, response.content) == (204, b"")
    assert left(client, images) == expected


@pytest.mark.parametrize("level", ["instance", "series", "study"])
def test_second_time_is_answered_404(client, images, level):
    client.delete(url(images[0], level))

    assert client.delete(url(images[0], level)).status_code == 404


def test_what_was_removed_can_be_stored_again(client, images):
    client.delete(url(images[0], "study"))

    assert store(client, images[0]).status_code == 200
    assert left(client, images) == [0]
