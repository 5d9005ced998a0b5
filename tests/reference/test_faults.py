"""Each seeded fault does what it says, where the correct server does what it should."""

from __future__ import annotations

import tomllib
from pathlib import Path

import httpx
import pytest

import conformance
from conformance.reference.faults import FAULTS
from conformance.reference.server import Server

from .helpers import BOUNDARY, DICOM, JSON, OCTETS, image, message, part10, parts, store, url, values

SEED = tomllib.loads((Path(conformance.__file__).parent / "requirements" / "seed.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def server():
    """A server of our own: what the faults leave behind would slow down the searches of other tests."""
    with Server() as server:
        yield server


def named(response):
    """The SOP Instance UIDs that a store response names."""
    return values(response.json().get("00081199", {}).get("Value", []), "00081155")


def posted(client, content_type, content=None):
    """Whether an image that is sent with a Content-Type is stored."""
    headers = {"Content-Type": content_type}
    return client.post("/studies", content=content or message(part10(image())), headers=headers).status_code == 200


def got(client, images, level, accept=DICOM, suffix=""):
    """What a GET of the first image's study, series or instance answers."""
    return client.get(url(images[0], level) + suffix, headers={"Accept": accept})


def described(client, images, level):
    return got(client, images, level, JSON, "/metadata").json()


def found(client, path, **keys):
    return len(client.get(path, params=keys).json())


def left(client, images):
    """The indices of the images that are still there, by retrieving and by searching for each."""
    retrieved = [index for index, ds in enumerate(images) if got(client, [ds], "instance").status_code == 200]
    instances = [
        index for index, ds in enumerate(images) if found(client, "/instances", SOPInstanceUID=ds.SOPInstanceUID)
    ]
    return retrieved if retrieved == instances else (retrieved, instances)


def deleted(client, images, level):
    client.delete(url(images[0], level))
    return left(client, images)


# What a fault of the walk breaks, as a question that the correct server answers with True. `images` are two of one
# series and one of another, stored in three requests beforehand. The suite proves all faults (tests/test_faults.py).
SIGHTS = {
    "store-names-nothing": lambda c, images: len(named(store(c, image()))) == 1,
    "store-names-another": lambda c, images: (
        named(store(c, images[0], path=url(images[0], "study"))) == [images[0].SOPInstanceUID]
    ),
    "store-to-study-missing": lambda c, images: store(c, image(), path="/studies/1.2").status_code == 409,
    "store-one-instance-a-series": lambda c, images: left(c, images) == [0, 1, 2],
    "store-keeps-nothing": lambda c, images: left(c, images) == [0, 1, 2],
    "store-keeps-first-part": lambda c, images: len(named(store(c, image(), image()))) == 2,
    "store-boundary-quoted-refused": lambda c, images: posted(c, f'{DICOM}; boundary="{BOUNDARY}"'),
    "store-boundary-unquoted-refused": lambda c, images: posted(c, f"{DICOM}; boundary={BOUNDARY}"),
    "store-type-quoted-refused": lambda c, images: posted(c, f"{DICOM}; boundary={BOUNDARY}"),
    "store-type-unquoted-refused": lambda c, images: posted(
        c, f"multipart/related; type=application/dicom; boundary={BOUNDARY}"
    ),
    "store-single-part-refused": lambda c, images: posted(c, "application/dicom", part10(image())),
    "store-chunked-refused": lambda c, images: posted(c, "application/dicom", iter([part10(image())])),
    "study-lacks-an-instance": lambda c, images: len(parts(got(c, images, "study"))) == 3,
    "study-changes-study-id": lambda c, images: parts(got(c, images, "study"))[0] == part10(images[0]),
    "study-metadata-lacks-an-instance": lambda c, images: len(described(c, images, "study")) == 3,
    "series-is-whole-study": lambda c, images: len(parts(got(c, images, "series"))) == 2,
    "series-metadata-are-of-study": lambda c, images: len(described(c, images, "series")) == 2,
    "instance-pixel-changed": lambda c, images: parts(got(c, images, "instance")) == [part10(images[0])],
    "instance-is-cut": lambda c, images: parts(got(c, images, "instance")) == [part10(images[0])],
    "metadata-wrong-patient-name": lambda c, images: (
        described(c, images, "instance")[0]["00100010"]["Value"] == [{"Alphabetic": "Roe^Jane"}]
    ),
    "metadata-without-patient-name": lambda c, images: "00100010" in described(c, images, "instance")[0],
    "frame-shifted": lambda c, images: parts(got(c, images, "instance", OCTETS, "/frames/1")) == [bytes(range(1, 16))],
    "frame-empty": lambda c, images: parts(got(c, images, "instance", OCTETS, "/frames/1")) == [bytes(range(1, 16))],
    "boundary-is-a-word": lambda c, images: (
        got(c, images, "study").headers["Content-Type"] != got(c, images, "study").headers["Content-Type"]
    ),
    "studies-search-ignores-uid": lambda c, images: found(c, "/studies", StudyInstanceUID="1.2") == 0,
    "series-search-ignores-uid": lambda c, images: found(c, "/series", SeriesInstanceUID="1.2") == 0,
    "instances-search-ignores-uid": lambda c, images: found(c, "/instances", SOPInstanceUID="1.2") == 0,
    "study-series-search-ignores-uid": lambda c, images: (
        found(c, url(images[0], "study") + "/series", SeriesInstanceUID="1.2") == 0
    ),
    "study-instances-search-ignores-uid": lambda c, images: (
        found(c, url(images[0], "study") + "/instances", SOPInstanceUID="1.2") == 0
    ),
    "series-instances-search-ignores-uid": lambda c, images: (
        found(c, url(images[0], "series") + "/instances", SOPInstanceUID="1.2") == 0
    ),
    "study-series-search-missing": lambda c, images: got(c, images, "study", JSON, "/series").status_code == 200,
    "no-match-is-a-page": lambda c, images: c.get("/studies", params={"StudyInstanceUID": "1.2"}).text == "[]",
    "delete-keeps-instance": lambda c, images: deleted(c, images, "instance") == [1, 2],
    "delete-keeps-series": lambda c, images: deleted(c, images, "series") == [2],
    "delete-keeps-study": lambda c, images: deleted(c, images, "study") == [],
    "delete-instance-takes-series": lambda c, images: deleted(c, images, "instance") == [1, 2],
    "delete-series-takes-study": lambda c, images: deleted(c, images, "series") == [2],
    "delete-again-succeeds": lambda c, images: c.delete("/studies/1.2").status_code == 404,
    "delete-leaves-the-index": lambda c, images: deleted(c, images, "instance") == [1, 2],
}


def answer(base, sight):
    """The answer of a server to a question, about images of its own."""
    first = image()
    second = image(StudyInstanceUID=first.StudyInstanceUID, SeriesInstanceUID=first.SeriesInstanceUID)
    images = [first, second, image(StudyInstanceUID=first.StudyInstanceUID)]
    with httpx.Client(base_url=base, headers={"Accept": JSON}, trust_env=False) as client:
        for ds in images:
            store(client, ds)
        return sight(client, images)


@pytest.mark.parametrize("fault", SIGHTS)
def test_fault_shows_and_the_correct_server_does_not_have_it(server, fault):
    assert answer(server.url, SIGHTS[fault]) is True
    assert answer(server.fault_url(fault), SIGHTS[fault]) is False


def test_every_requirement_of_the_walk_is_broken_by_a_fault():
    assert set(SEED) <= {requirement for fault in FAULTS.values() for requirement in fault.breaks}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_fault_is_described(fault):
    assert fault.sentence.endswith(".")
    assert bool(fault.says) == bool(fault.breaks)
    assert fault.origin.__doc__ == fault.sentence


def test_links_of_a_faulty_server_lead_back_to_it(reference):
    base = reference.fault_url("frame-empty")
    with httpx.Client(base_url=base, headers={"Accept": JSON}, trust_env=False) as client:
        response = store(client, image())

    assert response.json()["00081190"]["Value"][0].startswith(f"{base}/studies/")


def test_unknown_fault_is_answered_404(reference):
    assert httpx.get(f"{reference.fault_url('no-such-fault')}/studies", trust_env=False).status_code == 404
