"""Bulk data at the addresses in metadata, as viewers resolve and request them."""

from __future__ import annotations

from itertools import islice
from posixpath import normpath
from urllib.parse import urlsplit

import pytest
from pydicom import Dataset

from conformance.dicomweb import dicom_json, uris
from conformance.kit import check, expect, given, stow
from conformance.kit.accept import ANYTHING
from conformance.kit.verdicts import NotSupported
from conformance.viewers import reading
from conformance.viewers.reading import IN_PARTS

OF_STUDY = ("series/", "bulkdata/")
DOCUMENT, ICC_PROFILE = "00420011", "00282000"
IN_ITS_TYPE = f'multipart/related; type="application/pdf", {IN_PARTS}'
PROFILE = bytes(range(256)) * 8
KINDS = ("ct-16", "palette", "pdf", "long-waveform", "annotations")
MOST = 10  # addresses of a kind


def addresses(endpoint, instance):
    """The response with the metadata of the series of an instance, and each attribute with a BulkDataURI, by tag."""
    response = endpoint.fetch(f"{instance.series_path}/metadata")
    found = [(tag, attribute) for ds in reading.array(response) for tag, attribute in referred(ds)]
    if not found:
        raise NotSupported(f"metadata have no BulkDataURI ({response.request})")
    return response, list(islice(found, MOST))


def referred(ds):
    """The attributes with a BulkDataURI of a data set, and those of the items of its sequences."""
    for tag, attribute in ds.items():
        if isinstance(attribute.get("BulkDataURI"), str):
            yield tag, attribute
        for item in attribute.get("Value", ()) if attribute.get("vr") == "SQ" else ():
            yield from referred(item) if isinstance(item, dict) else ()


def completed(endpoint, instance, address, metadata):
    """The response to an address as a viewer completes it: one that begins with a slash by the host, one that begins
    with series/ or bulkdata/ by the study, and any other by the series or, in another setting, by the study."""
    if address.startswith(("/", "http://", "https://")):
        own = uris.resolved(address, metadata.request.url)
        on_host = own and uris.origin(own.geturl()) == uris.origin(metadata.request.url)
        expect.that(on_host, "BulkDataURI", address, f"on {host(metadata)}", metadata)
        return endpoint.follow(address, metadata, accept=IN_PARTS)
    root = metadata.request.url.partition("studies/")[0]
    study, series = (normpath(f"{path}/{address}") for path in (instance.study_path, instance.series_path))
    response = endpoint.follow(root + study, metadata, accept=IN_PARTS)
    if response.status == 200 or address.startswith(OF_STUDY):
        return response
    return endpoint.follow(root + series, metadata, accept=IN_PARTS)


def host(response):
    """Scheme, host and port of the URL to which a request was sent."""
    url = urlsplit(response.request.url)
    return f"{url.scheme}://{url.netloc}"


@check("VIEWER-BULK-ADDRESS")
@pytest.mark.parametrize("kind", KINDS)
def test_address_is_completed(endpoint, stored, kind):
    """A BulkDataURI is on the host of the endpoint, or is relative to its series or study, and can be retrieved."""
    instance = stored(kind)[0]
    metadata, found = addresses(endpoint, instance)

    for _, attribute in found:
        expect.status(completed(endpoint, instance, attribute["BulkDataURI"], metadata), 200)


@check("VIEWER-BULK-ABSOLUTE")
@pytest.mark.parametrize("kind", KINDS)
def test_address_is_absolute(endpoint, stored, kind):
    """A BulkDataURI is an absolute URL on the host on which metadata were requested: it is requested as it is."""
    metadata, found = addresses(endpoint, stored(kind)[0])

    for _, attribute in found:
        address = attribute["BulkDataURI"]
        same = uris.origin(address) == uris.origin(metadata.request.url)
        expect.that(same, "BulkDataURI", address, f"an absolute URL on {host(metadata)}", metadata)


@check("VIEWER-BULK-FORM")
@pytest.mark.parametrize("accept", [IN_PARTS, ANYTHING], ids=["parts", "anything"])
@pytest.mark.parametrize("kind", ["palette", "annotations"])
def test_bulk_data_in_parts_or_without(endpoint, stored, kind, accept):
    """Bulk data are returned as parts of application/octet-stream, and if anything is accepted."""
    metadata, found = addresses(endpoint, stored(kind)[0])

    response = endpoint.follow(found[0][1]["BulkDataURI"], metadata, accept=accept)

    expect.that(reading.payload(response), "the length of the value", "0 bytes", "at least 1 byte", response)


@check("VIEWER-BULK-VR")
@pytest.mark.parametrize("kind", KINDS)
def test_vr_beside_the_address(endpoint, stored, kind):
    """An attribute with a BulkDataURI has the VR by which its bytes are read, which is not UN."""
    metadata, found = addresses(endpoint, stored(kind)[0])

    for tag, attribute in found:
        vr = attribute.get("vr")
        expect.that(vr and vr != "UN", f"the VR of {tag}", vr, "that of its bytes", metadata)


@check("VIEWER-BULK-DOCUMENT")
def test_document(endpoint, stored):
    """An encapsulated document is in metadata, or at the address there if its own type or application/octet-stream is
    accepted; or else it is rendered as application/pdf."""
    instance = stored("pdf")[0]
    metadata = endpoint.fetch(f"{instance.series_path}/metadata")

    attribute = reading.array(metadata)[0].get(DOCUMENT, {})

    known = bytes(instance.dataset[int(DOCUMENT, 16)].value).rstrip(b"\0")
    if "InlineBinary" in attribute:
        reading.shown({DOCUMENT: attribute}, instance.dataset, ("EncapsulatedDocument",), metadata)
        return
    if address := attribute.get("BulkDataURI"):
        response = endpoint.follow(address, metadata, accept=IN_ITS_TYPE)
    else:
        response = endpoint.get(f"{instance.path}/rendered", accept=ANYTHING)
    content = reading.payload(response)
    same, size = content.startswith(known), len(content)
    expect.that(same, "the document", f"different, {size:,} bytes", f"as stored, {len(known):,} bytes", response)


@check("VIEWER-BULK-PROFILE")
def test_colour_profile_of_a_slide(endpoint, fresh):
    """The colour profile of a whole slide, which is in an item of a sequence, is in metadata, or retrieved by its
    address."""
    path = Dataset()
    path.OpticalPathIdentifier, path.ICCProfile = "1", PROFILE
    slide = fresh("whole-slide")[0]
    slide = slide.edited(OpticalPathSequence=[path], PatientID=f"{slide.dataset.PatientID}-profile")
    given.accepted(endpoint.post("studies", stow.multipart([slide])), by="stow-beh-008.whole-slide")

    metadata = endpoint.get(f"{slide.series_path}/metadata")

    items = dicom_json.items(reading.array(metadata)[0], "OpticalPathSequence")
    profile = expect.present("ICCProfile", items[0].get(ICC_PROFILE) if items else None, metadata)
    if "BulkDataURI" not in profile:
        expect.same(dicom_json.differences(path, items[0]), metadata)
        return
    response = endpoint.follow(profile["BulkDataURI"], metadata, accept=IN_PARTS)
    content = reading.payload(response)
    found = f"different, {len(content):,} bytes"
    expect.that(content == PROFILE, "the colour profile", found, f"as stored, {len(PROFILE):,} bytes", response)
