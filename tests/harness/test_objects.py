"""Own objects: what of a folder is taken, what is left out and why, and what their copies have in common."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pydicom
import pytest
from pydicom.data import get_testdata_file

from conformance.dicomweb import part10
from conformance.harness.data import objects
from conformance.harness.endpoint.tables import ConfigurationError
from conformance.harness.wire.foreign import Foreign
from tests.tools import own_objects
from tests.tools.own_objects import MARKERS, REAL, Folder


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("objects")
    own_objects.hostile(own_objects.dozen(path))
    return path


@pytest.fixture(scope="module")
def found(path):
    return objects.read(path)


@pytest.fixture(scope="module")
def copies(found):
    """The copies by the path of their file."""
    copier = found.copier("20261121-091407-7f3a", "DWC7F3A-")
    return {item.file.path: copier(name) for name, item in found.taken.items()}


def digests(path):
    files = (file for file in path.rglob("*") if file.is_file() and not file.is_symlink())
    return {file: (hashlib.sha256(file.read_bytes()).digest(), file.stat().st_mtime_ns) for file in files}


def test_each_file_is_taken_or_left_out_with_a_sentence(path, found):
    why = {left.file.path: left.why for left in found.left}

    assert found.number == len(found.taken) + len(found.left) == 29
    assert len(found.taken) == len(REAL) + 7 and found.skipped == 0
    assert set(why) - {"made/kos.dcm"} == {f"hostile/{file}" for file in os.listdir(path / "hostile")} - {
        "hostile/twice.dcm",
        "hostile/loop",
    }
    assert all(text.startswith("is left out: ") for text in why.values())
    assert why["hostile/text.txt"] == "is left out: it is not a DICOM file"
    assert "cut off" in why["hostile/cut.dcm"]
    assert why["made/kos.dcm"] == "is left out: it has the SOPInstanceUID of file 8"
    assert not [marker for marker in MARKERS for line in found.lines() if marker.lower() in line.lower()]


def test_fifo_is_left_out_and_not_waited_for(tmp_path):
    Folder(tmp_path).real("CT_small.dcm")
    os.mkfifo(tmp_path / "a-fifo")

    found = objects.read(tmp_path)

    assert [left.why for left in found.left] == ["is left out: it is not a regular file"]


def test_name_is_that_of_the_content(tmp_path):
    folder = Folder(tmp_path)
    folder.real("CT_small.dcm")
    (name,) = objects.read(tmp_path).taken
    (tmp_path / "mkfilename" / "CT_small.dcm").rename(tmp_path / "zzz")
    folder.real("MR_small.dcm")

    taken = objects.read(tmp_path).taken

    assert taken[name].file.path == "zzz" and taken[name].file.number == 2
    assert name == f"object-{hashlib.sha256((tmp_path / 'zzz').read_bytes()).hexdigest()[:8]}"


def test_copies_point_at_each_other_and_at_nothing_of_the_originals(path, copies):
    image = copies["mkfilename/CT_small.dcm"]
    uid = image.sop_instance_uid

    assert {copy.study_uid for copy in copies.values()} == {image.study_uid}
    seg = copies["made/seg.dcm"].dataset.SharedFunctionalGroupsSequence[0].DerivationImageSequence[0]
    assert seg.SourceImageSequence[0].ReferencedSOPInstanceUID == uid
    for document in ("hostile/twice.dcm", "made/sr.dcm"):  # the first is the Key Object Selection
        evidence = copies[document].dataset.CurrentRequestedProcedureEvidenceSequence[0]
        series = evidence.ReferencedSeriesSequence[0]
        assert (evidence.StudyInstanceUID, series.SeriesInstanceUID) == (image.study_uid, image.series_uid)
        assert series.ReferencedSOPSequence[0].ReferencedSOPInstanceUID == uid
    frame = copies["made/rtstruct.dcm"].dataset.ReferencedFrameOfReferenceSequence[0]
    assert frame.FrameOfReferenceUID == image.dataset.FrameOfReferenceUID
    study = frame.RTReferencedStudySequence[0]
    assert study.ReferencedSOPInstanceUID == image.study_uid
    assert study.RTReferencedSeriesSequence[0].ContourImageSequence[0].ReferencedSOPInstanceUID == uid
    assert not any(own_objects.ROOT.encode() in copy.content[:] for copy in copies.values())


def test_copies_have_identifiers_of_the_run(copies):
    for copy in copies.values():
        ds = copy.dataset
        assert copy.fresh and copy.foreign
        assert ds.PatientID == "DWC7F3A-object-patient-1"
        assert ds.AccessionNumber == ds.StudyID == "DWC7F3A-1"
        assert "RequestAttributesSequence" not in ds and "OtherPatientIDs" not in ds
        part10.read(copy.content[:])


def test_attributes_that_differ_within_a_study_or_series_are_named(tmp_path):
    folder = Folder(tmp_path)
    for number, (physician, series) in enumerate([("A", "1.2.3.1"), ("B", "1.2.3.1"), ("A", "1.2.3.2")]):
        ds = folder.made("x", "1.2.840.10008.5.1.4.1.1.7", "OT", SeriesNumber=number, SeriesInstanceUID=series)
        ds = folder.add(f"{number}.dcm", own_objects.pixels(ds, 8, 8, 1, 1))
        ds.ReferringPhysicianName = physician
        ds.save_as(tmp_path / f"{number}.dcm", enforce_file_format=True)
    found = objects.read(tmp_path)
    copier = found.copier("20261121-091407-7f3a", "DWC7F3A-")

    varying = [copier.varying(name) for name in found.taken]

    assert varying == [{"ReferringPhysicianName", "SeriesNumber"}] * 2 + [{"ReferringPhysicianName"}]


def test_originals_are_not_changed(path):
    before = digests(path)

    found = objects.read(path)
    copier = found.copier("20261121-091407-7f3a", "DWC7F3A-")
    for name in found.taken:
        assert copier(name).content[:]

    assert digests(path) == before


def test_of_many_files_one_of_each_kind_is_taken(tmp_path, monkeypatch):
    monkeypatch.setattr(objects, "MOST", 4)
    folder = Folder(tmp_path)
    for number in range(6):
        ds = folder.made("private", "1.2.840.10008.5.1.4.1.1.7", "OT", Manufacturer=f"Maker {number % 3}")
        folder.add(f"{number}.dcm", own_objects.pixels(ds, 8, 8, 1, 1))

    sampled, everything = objects.read(tmp_path), objects.read(tmp_path, everything=True)

    assert [item.file.path for item in sampled.taken.values()] == ["0.dcm", "1.dcm", "2.dcm"]
    assert sampled.skipped == 3 and "3 more are of the same" in sampled.lines()[0]
    assert len(everything.taken) == 6 and everything.skipped == 0


def test_invalid_file_does_not_stand_for_its_kind(tmp_path, monkeypatch):
    monkeypatch.setattr(objects, "MOST", 1)
    folder = Folder(tmp_path)
    for number in range(3):
        folder.add(f"{number}.dcm", own_objects.pixels(folder.made("x", "1.2.840.10008.5.1.4.1.1.7", "OT"), 8, 8, 1, 1))
    (tmp_path / "0.dcm").write_bytes((tmp_path / "0.dcm").read_bytes()[:-2])

    found = objects.read(tmp_path)

    assert [item.file.path for item in found.taken.values()] == ["1.dcm"]
    assert (len(found.left), found.skipped) == (1, 1)


@pytest.mark.parametrize("removed", ["NO", ""])
def test_object_that_may_show_a_patient_is_refused(tmp_path, removed):
    folder = Folder(tmp_path, removed=removed)
    folder.real("CT_small.dcm")
    Folder.add(
        Folder(tmp_path), "ok.dcm", own_objects.pixels(folder.made("x", "1.2.840.10008.5.1.4.1.1.7", "OT"), 8, 8, 1, 1)
    )
    found = objects.read(tmp_path)

    with pytest.raises(ConfigurationError) as refused:
        found.refuse_identities("http://pacs.example")
    said = str(refused.value)

    assert said.startswith("1 of 2 own objects does not say Patient Identity Removed (0012,0062) = YES")
    for words in ("http://pacs.example", "burnt-in", "Clinical Trial Processor", "--objects-with-identity"):
        assert words in said


def test_folder_without_an_object_is_refused(tmp_path):
    with pytest.raises(ConfigurationError, match="it has no files"):
        objects.read(tmp_path)
    (tmp_path / "a").write_text("a")
    with pytest.raises(ConfigurationError, match="file 1 is left out: it is not a DICOM file"):
        objects.read(tmp_path)


def test_deflated_object_is_copied(tmp_path):
    folder = Folder(tmp_path)
    ds = own_objects.pixels(folder.made("x", "1.2.840.10008.5.1.4.1.1.7", "OT"), 512, 512, 1, 1)
    folder.add("deflated.dcm", ds, pydicom.uid.DeflatedExplicitVRLittleEndian)
    found = objects.read(tmp_path)

    (copy,) = [found.copier("20261121-091407-7f3a", "DWC7F3A-")(name) for name in found.taken]

    assert copy.dataset.PixelData == ds.PixelData and copy.study_uid.startswith("2.25.")


def test_file_that_inflates_without_end_is_left_out(tmp_path):
    folder = Folder(tmp_path)
    ds = folder.add("good.dcm", own_objects.pixels(folder.made("x", "1.2.840.10008.5.1.4.1.1.7", "OT"), 8, 8, 1, 1))
    ds.file_meta.TransferSyntaxUID = pydicom.uid.DeflatedExplicitVRLittleEndian
    ds.PixelData = bytes(70 * 1024 * 1024)
    ds.save_as(tmp_path / "bomb.dcm", enforce_file_format=True)
    assert (tmp_path / "bomb.dcm").stat().st_size < 200_000

    (left,) = objects.read(tmp_path).left

    assert left.file.path == "bomb.dcm" and "longer than" in left.why


def test_file_that_is_gone_is_not_named(tmp_path):
    Folder(tmp_path).real("examples_ybr_color.dcm")
    found = objects.read(tmp_path)
    (copy,) = [found.copier("20261121-091407-7f3a", "DWC7F3A-")(name) for name in found.taken]
    (tmp_path / "mkfilename" / "examples_ybr_color.dcm").unlink()

    with pytest.raises(OSError, match="a file cannot be read: No such file") as error:
        bytes(copy.content[:])

    assert "mkfilename" not in str(error.value)


def test_directory_of_a_medium_is_left_out(tmp_path):
    Folder(tmp_path).real("CT_small.dcm")
    (tmp_path / "DICOMDIR").write_bytes(Path(get_testdata_file("DICOMDIR")).read_bytes())

    (left,) = objects.read(tmp_path).left

    assert left.why == "is left out: it is a DICOMDIR, not an instance"


def test_values_of_own_objects_are_foreign(copies):
    foreign = Foreign()
    foreign.shows({"DWC7F3A-object-patient-1"})
    foreign.sent([copies["mkfilename/CT_small.dcm"]])

    assert "Xmorgan" not in foreign.text("PatientName is Xmorgan^Zelda, should be absent")
    assert "DWC7F3A-object-patient-1" in foreign.text("PatientID is DWC7F3A-object-patient-1")
    kept = Foreign(keep=True)
    kept.sent([copies["mkfilename/CT_small.dcm"]])
    assert "Xmorgan" in kept.text("PatientName is Xmorgan^Zelda")
