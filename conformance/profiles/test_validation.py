"""Instances with invalid values: some are refused, others are stored with a warning."""

from __future__ import annotations

import pytest

from conformance.dicomweb import dicom_json
from conformance.kit import check, expect, given, stow
from conformance.kit.accept import AS_STORED
from conformance.profiles import reading

INVALID = "43264"
NO_DATE = "20201399"


def stored_item(response, instance, status):
    """The item of ReferencedSOPSequence that names the instance, after a store with this status."""
    (item,) = reading.named(response, reading.module(response, status), "ReferencedSOPSequence", [instance])
    return item


def warned(response, instance):
    """The instance is stored with a warning, and a comment on one attribute."""
    item = stored_item(response, instance, 202)
    expect.equal("WarningReason", dicom_json.text(item, "WarningReason"), "1", response)
    comments = [dicom_json.text(each, "ErrorComment") for each in dicom_json.items(item, "FailedAttributesSequence")]
    shown = ", ".join(comment or "empty" for comment in comments) or None
    expect.that(len(comments) == 1 and comments[0], "ErrorComment", shown, "one sentence", response)


@check("MS-STOW-19")
@pytest.mark.parametrize(
    ("keyword", "uid"), [("SeriesInstanceUID", "abc.123"), ("SOPInstanceUID", "11|")], ids=["letters", "bar"]
)
def test_text_that_is_no_uid(endpoint, copies, keyword, uid):
    """An instance whose UID has letters, or a bar, is refused with that reason."""
    response = endpoint.post("studies", stow.multipart([copies.blue.edited(**{keyword: uid})]))

    reading.refused(response, INVALID)


@check("MS-STOW-20")
@pytest.mark.parametrize("keyword", ["SOPClassUID", "SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID"])
def test_uid_that_is_missing(endpoint, copies, keyword):
    """An instance without one of its UIDs is refused with that reason."""
    part = reading.PART, copies.blue.edited(**{keyword: None}).content

    response = endpoint.post("studies", reading.body(part, instances=(copies.blue,)))

    reading.refused(response, INVALID)


@check("MS-STOW-22")
def test_modality_that_is_too_long(endpoint, copies):
    """An instance whose Modality is longer than 16 characters is stored with a warning."""
    image = copies.blue.edited(Modality="LONGERTHANSIXTEEN")

    response = endpoint.post("studies", stow.multipart([image]))

    warned(response, image)


@check("MS-STOW-23")
def test_date_that_is_none(endpoint, copies):
    """A StudyDate that is not a date stays in the file, is omitted from metadata, and does not hide the study."""
    image = copies.blue.edited(StudyDate=NO_DATE)
    given.accepted(endpoint.post("studies", stow.multipart([image])), by="ms-stow-22")

    retrieved = endpoint.get(image.path, accept=AS_STORED)
    file = bytes(expect.one_part(retrieved).content)
    response = endpoint.get(f"{image.path}/metadata")
    search = endpoint.get("studies", params={"StudyInstanceUID": image.study_uid, "PatientID": image.dataset.PatientID})

    expect.that(NO_DATE.encode() in file, "StudyDate in the file", "changed", NO_DATE, retrieved)
    found = dicom_json.text(expect.metadata(response, [image])[image.sop_instance_uid], "StudyDate")
    expect.that(found is None, "StudyDate in metadata", found, "absent", response)
    expect.one_match(search, "StudyInstanceUID", image.study_uid)


@check("MS-STOW-24", "empty")
def test_patient_id_that_is_empty(endpoint, copies):
    """An instance with an empty PatientID is stored with a warning."""
    image = copies.blue.edited(PatientID="")

    response = endpoint.post("studies", stow.multipart([image]))

    warned(response, image)


@check("MS-STOW-24", "missing")
def test_patient_id_that_is_missing(endpoint, copies):
    """An instance without PatientID is refused with that reason."""
    response = endpoint.post("studies", stow.multipart([copies.blue.edited(PatientID=None)]))

    reading.refused(response, INVALID)


@check("MS-STOW-25")
def test_modality_that_is_padded_with_nul(endpoint, copies):
    """A Modality that ends with NUL is stored without a warning, and found with and without the NUL."""
    image = copies.blue.edited(Modality="X\0")
    keys = {"StudyInstanceUID": image.study_uid}

    response = endpoint.post("studies", stow.multipart([image]))

    reason = dicom_json.text(stored_item(response, image, 200), "WarningReason")
    expect.equal("WarningReason", reason, None, response)
    for modality in ("X", "X\0"):
        search = endpoint.get("series", params=keys | {"Modality": modality})
        expect.one_match(search, "SeriesInstanceUID", image.series_uid)


@check("MS-STOW-26")
def test_failed_attributes_of_what_is_valid(endpoint, copies):
    """The item of a valid instance has FailedAttributesSequence, without items."""
    response = endpoint.post("studies", stow.multipart([copies.blue]))

    item = stored_item(response, copies.blue, 200)
    expect.that("00741048" in item, "FailedAttributesSequence", None, "there", response)
    number = len(dicom_json.items(item, "FailedAttributesSequence"))
    expect.equal("the number of items of FailedAttributesSequence", number, 0, response)
