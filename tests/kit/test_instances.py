"""Relabelling changes what names an instance, and nothing else."""

from __future__ import annotations

import pydicom
import pytest
from pydicom import Dataset

from conformance.dicomweb import part10, uids
from conformance.kit.instances import UnusableSample, read_samples
from conformance.kit.kinds import KINDS, Label, frames, small_images
from tests.conftest import CHECKOUT

FIXTURES = CHECKOUT / "fixtures"
NAMES = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "PatientID")


@pytest.fixture(scope="module")
def samples():
    return read_samples(FIXTURES)


def test_relabelled_study_keeps_its_shape_under_uids_of_its_own(samples):
    copies = samples.relabelled("a run", "DWC1234-")

    assert copies.red.series_path == copies.green.series_path != copies.blue.series_path
    assert {copy.study_uid for copy in copies.all} == {uids.derived("a run", samples.red.study_uid)}
    assert len({copy.sop_instance_uid for copy in copies.all}) == 3
    assert all(copy.fresh for copy in copies.all)


def test_relabelling_is_the_same_each_time(samples):
    assert samples.relabelled("a run", "A-") == samples.relabelled("a run", "A-")


def test_relabelling_leaves_everything_else_as_it_is(samples):
    copy = part10.read(samples.red.relabelled("a run", "DWC1234-").content)

    original = pydicom.dcmread(FIXTURES / "red-triangle.dcm")
    assert copy.file_meta.MediaStorageSOPInstanceUID == copy.SOPInstanceUID
    assert copy.PatientID == "DWC1234-ID1"
    for keyword in NAMES:
        setattr(copy, keyword, original[keyword].value)
    assert copy == original


def test_frame_is_without_the_pad_byte(samples):
    assert len(samples.red.frame) == 979 * 985 * 3


def test_pixels_can_be_made_to_begin_with_any_bytes(samples):
    copy = samples.blue.with_pixels(b"\r\n--boundary--\r\n")

    assert copy.frame.startswith(b"\r\n--boundary--\r\n")
    assert len(copy.content) == len(samples.blue.content)


def test_edited_copy_has_other_values_and_names_itself_by_them():
    (image,) = small_images(Label("a run", "DWC1234-"))

    copy = image.edited(SOPInstanceUID="1.2.3", PatientName="Roe^Jane", Modality=None)

    ds = part10.read(copy.content)
    assert (ds.SOPInstanceUID, ds.file_meta.MediaStorageSOPInstanceUID, ds.PatientName) == (
        "1.2.3",
        "1.2.3",
        "Roe^Jane",
    )
    assert "Modality" not in ds
    assert (copy.study_uid, copy.fresh) == (image.study_uid, True)


def test_edited_copy_may_have_what_no_instance_should(recwarn):
    (image,) = small_images(Label("a run", "DWC1234-"))

    copy = image.edited(SOPInstanceUID="1." + "2" * 80)

    assert copy.sop_instance_uid == "1." + "2" * 80


def test_edited_copy_may_lack_what_names_it():
    (image,) = small_images(Label("a run", "DWC1234-"))

    copy = image.edited(SOPClassUID=None)

    assert "SOPClassUID" not in copy.dataset
    assert copy.dataset.file_meta.MediaStorageSOPClassUID == image.sop_class_uid


def test_small_images_are_of_one_series():
    images = small_images(Label("a run", "DWC1234-"), 3)

    assert len({image.sop_instance_uid for image in images}) == 3
    assert len({image.series_path for image in images}) == 1
    assert images[0].study_uid != small_images(Label("a run", "DWC1234-"), 1, "other")[0].study_uid


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("red-triangle.dcm", None, "red-triangle.dcm cannot be read: No such file or directory"),
        ("green-square.dcm", b"<html>", "green-square.dcm is not a DICOM file that can be used"),
        ("blue-circle.dcm", (FIXTURES / "red-triangle.dcm").read_bytes(), "should be one study, red and green in one"),
    ],
)
def test_samples_that_are_no_study_are_named(tmp_path, name, content, sentence):
    for path in FIXTURES.glob("*.dcm"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / name).unlink() if content is None else (tmp_path / name).write_bytes(content)

    with pytest.raises(UnusableSample, match=sentence):
        read_samples(tmp_path)


def test_coercion_that_is_recorded_is_what_has_to_be_there():
    instance = KINDS["rle-odd"].make(Label("a run", "DWC-"))[0]
    found, record = part10.read(instance.content), Dataset()
    record.ModifiedAttributesSequence = [Dataset()]
    for keyword, value in (("PatientID", "ours"), ("Rows", 7), ("StudyInstanceUID", "1.2"), ("PatientName", "Other")):
        if keyword != "PatientName":  # its change is not recorded
            record.ModifiedAttributesSequence[0][keyword] = instance.dataset[keyword]
        setattr(found, keyword, value)
    found.OriginalAttributesSequence = [record]

    kept = instance.coerced(found)

    assert kept.dataset.PatientID == "ours"
    for keyword in ("Rows", "StudyInstanceUID", "PatientName", "PixelData"):
        assert kept.dataset[keyword].value == instance.dataset[keyword].value
    assert frames(kept) == frames(instance)
    assert instance.coerced(part10.read(instance.content)) is instance
