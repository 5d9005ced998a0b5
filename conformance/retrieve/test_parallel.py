"""PS3.18 10.4.3: a few simultaneous reads, compared with the same ones alone."""

from __future__ import annotations

import pytest

from conformance.kit import check, expect, given
from conformance.kit.accept import DICOM_JSON
from conformance.kit.verdicts import NotSupported
from conformance.retrieve import pictures, reading
from conformance.retrieve.reading import DICOM, OCTETS

# By resource: the path below an instance (None: searches), and what is accepted: decompressed pixels.
RESOURCES = {
    "instance": ("", DICOM),
    "metadata": ("/metadata", DICOM_JSON),
    "search": (None, DICOM_JSON),
    "frames": ("/frames/1", OCTETS),
    "rendered": ("/rendered", "image/jpeg"),
}
KINDS = ("rle", "jpeg2000-lossless", "jpeg-ls", "jpeg-baseline", "jpeg-lossless-sv1", "rle-16")
CLIENTS = 4
PAGES = 3
LIMITED = (429, 503)


@check("RETRIEVE-RESP-011")
@pytest.mark.parametrize("resource", RESOURCES)
def test_retrieves_at_the_same_time(endpoint, stored, resource):
    """Four simultaneous reads, of different images and of one, return the same as each alone."""
    suffix, accept = RESOURCES[resource]
    if suffix:
        given.claimed(endpoint, resource)
    instances = [stored(kind)[0] for kind in KINDS]
    targets = [item.path + suffix for item in instances] if suffix is not None else searches(instances, stored)
    alone = {target: endpoint.fetch(target, accept=accept) for target in targets}
    there = [target for target in targets if alone[target].status == 200]
    if len(there) < 2:
        raise NotSupported(f"fewer than two of {len(targets)} compressed images can be retrieved in this form")

    for first in range(len(there)):
        asked = [there[(first + number) % len(there)] for number in (*range(CLIENTS - 1), 0)]
        for target, response in zip(asked, endpoint.together(asked, accept=accept), strict=True):
            if response.status in LIMITED:
                raise NotSupported(f"the server refuses so many requests at the same time: status is {response.status}")
            expect.status(response, 200)
            compared(resource, response, alone, target)


def searches(instances, stored):
    """Searches that differ in their paths, and some that differ in their pages only."""
    pages = f"studies?PatientID={stored('seven-studies')[0].dataset.PatientID}&limit=1&offset="
    return [*(f"{item.study_path}/series" for item in instances[:PAGES]), *(f"{pages}{at}" for at in range(PAGES))]


def compared(resource, response, alone, target):
    """A response has the content that the same request returns alone; the message says which one it has instead."""
    found = content(resource, response)
    if found == content(resource, alone[target]) or looks_alike(resource, response, alone[target]):
        return
    others = [one for one, other in alone.items() if other.status == 200 and content(resource, other) == found]
    found = f"that of /{others[0]}" if others else "different"
    expect.deviates("the content", found, "that of the same request alone", response)


def content(resource, response):
    """The content of a response, without what differs from one response to the next."""
    return given.datasets(response) if resource in ("metadata", "search") else reading.payloads(response)


def looks_alike(resource, response, other):
    """Whether two renderings show the same: a server need not compress them in the same way each time."""
    if resource != "rendered":
        return False
    found, wanted = pictures.given_one(response), pictures.given_one(other)
    return found.size == wanted.size and found.distance(wanted) <= pictures.BLUR
