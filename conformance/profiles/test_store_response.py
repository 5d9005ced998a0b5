"""The instances and URLs that a store response lists."""

from __future__ import annotations

from conformance.dicomweb import dicom_json
from conformance.kit import check, expect, stow
from conformance.profiles import reading


@check("MS-STOW-01")
def test_stored_instance_has_an_address(endpoint, copies):
    """A file sent to /studies returns 200 in JSON, with its class, its UID and the URL of the instance."""
    response = endpoint.post("studies", stow.multipart([copies.blue]))

    found = reading.module(response, 200)
    (item,) = reading.named(response, found, "ReferencedSOPSequence", [copies.blue])
    reading.named(response, found, "FailedSOPSequence", [])
    sop_class, url = (dicom_json.text(item, key) for key in ("ReferencedSOPClassUID", "RetrieveURL"))
    expect.equal("ReferencedSOPClassUID", sop_class, copies.blue.sop_class_uid, response)
    addressed = url and "://" in url and url.endswith(f"/{copies.blue.path}")
    expect.that(addressed, "RetrieveURL", url, f"a URL that ends in /{copies.blue.path}", response)


@check("MS-STOW-02")
def test_store_into_a_study_has_its_address(endpoint, copies):
    """A store to /studies/{study} returns the URL of the study."""
    response = endpoint.post(copies.blue.study_path, stow.multipart([copies.blue]))

    url, end = dicom_json.text(reading.module(response, 200), "RetrieveURL"), f"/{copies.blue.study_path}"
    expect.that(url and url.endswith(end), "RetrieveURL", url, f"a URL that ends in {end}", response)


@check("MS-STOW-03")
def test_store_into_no_study_has_no_address(endpoint, copies):
    """A store to /studies returns no RetrieveURL beside the sequences."""
    response = endpoint.post("studies", stow.multipart([copies.blue]))

    found = reading.module(response, 200)
    url = dicom_json.text(found, "RetrieveURL") or "empty"
    expect.that("00081190" not in found, "RetrieveURL", url, None, response)


@check("MS-STOW-04")
def test_several_files_in_one_request(endpoint, copies):
    """Three files in one request return 200, and the response lists each."""
    response = endpoint.post("studies", stow.multipart(copies.all))

    found = reading.module(response, 200)
    reading.named(response, found, "ReferencedSOPSequence", list(copies.all))
