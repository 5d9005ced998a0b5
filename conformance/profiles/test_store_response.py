"""What the answer to a store names, and how."""

from __future__ import annotations

from conformance.dicomweb import dicom_json
from conformance.kit import check, stow
from conformance.profiles import reading


@check("MS-STOW-01")
def test_stored_instance_has_an_address(endpoint, copies):
    """A file sent to /studies is answered 200 in JSON, with its class, its UID and the URL of the instance."""
    response = endpoint.post("studies", stow.multipart([copies.blue]))

    found = reading.module(response, 200)
    (item,) = reading.named(response, found, "ReferencedSOPSequence", [copies.blue])
    reading.named(response, found, "FailedSOPSequence", [])
    sop_class, url = (dicom_json.text(item, key) or "absent" for key in ("ReferencedSOPClassUID", "RetrieveURL"))
    assert sop_class == copies.blue.sop_class_uid, (
        f"ReferencedSOPClassUID is {sop_class}, should be {copies.blue.sop_class_uid} ({response.request})"
    )
    assert "://" in url and url.endswith(f"/{copies.blue.path}"), (
        f"RetrieveURL is {url}, should be a URL that ends in /{copies.blue.path} ({response.request})"
    )


@check("MS-STOW-02")
def test_store_into_a_study_has_its_address(endpoint, copies):
    """A store to /studies/{study} is answered with the URL of the study."""
    response = endpoint.post(copies.blue.study_path, stow.multipart([copies.blue]))

    url = dicom_json.text(reading.module(response, 200), "RetrieveURL") or "absent"
    assert url.endswith(f"/{copies.blue.study_path}"), (
        f"RetrieveURL is {url}, should be one that ends in /{copies.blue.study_path} ({response.request})"
    )


@check("MS-STOW-03")
def test_store_into_no_study_has_no_address(endpoint, copies):
    """A store to /studies is answered without a RetrieveURL beside the sequences."""
    response = endpoint.post("studies", stow.multipart([copies.blue]))

    found = reading.module(response, 200)
    url = dicom_json.text(found, "RetrieveURL") or "empty"
    assert "00081190" not in found, f"RetrieveURL is {url}, should be absent ({response.request})"


@check("MS-STOW-04")
def test_several_files_in_one_request(endpoint, copies):
    """Three files in one request are answered 200, and named each."""
    response = endpoint.post("studies", stow.multipart(copies.all))

    found = reading.module(response, 200)
    reading.named(response, found, "ReferencedSOPSequence", list(copies.all))
