"""A folder as a hospital has it: objects of a dozen kinds, from pydicom's test files or made, de-identified.

Every value of a person is a marker, whose words are nowhere else: MARKERS.
"""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pydicom
from pydicom import Dataset
from pydicom.data import get_testdata_file
from pydicom.dataset import FileMetaDataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.uid import (
    UID,
    BasicTextSRStorage,
    ExplicitVRLittleEndian,
    KeyObjectSelectionDocumentStorage,
    RTStructureSetStorage,
    SegmentationStorage,
    UltrasoundMultiFrameImageStorage,
    VLWholeSlideMicroscopyImageStorage,
)

# Files of pydicom that are whole: native and compressed, little and big endian, without pixels.
REAL = (
    *("CT_small.dcm", "MR_small.dcm", "MR_small_RLE.dcm", "MR_small_bigendian.dcm", "MR_small_implicit.dcm"),
    *("MR_small_jp2klossless.dcm", "MR_small_jpeg_ls_lossless.dcm", "JPEG2000.dcm", "SC_rgb_rle_2frame.dcm"),
    *("SC_rgb_jpeg_dcmtk.dcm", "examples_ybr_color.dcm", "waveform_ecg.dcm", "rtdose.dcm", "test-SR.dcm"),
)
NAME, PATIENT_ID, ACCESSION, STUDY_ID = "Xmorgan^Zelda", "mkpatid0042", "mkacc7731", "mkstudyid"
MARKERS = (
    *("Xmorgan", "Zelda", PATIENT_ID, ACCESSION, STUDY_ID, "mkstudydesc", "mkreferrer", "mkother", "mkissuer"),
    *("mkorder", "mkprivate", "mkrequested", "mkinstitution", "mkfilename"),
)
PRIVATE = 0x0099
ROOT = "1.2.826.0.1.3680043.10.999."


class Folder:
    """Writes files under one patient and study, with UIDs of a range of its own."""

    def __init__(self, path: Path, *, removed: str = "YES") -> None:
        self.path = path
        self.removed = removed
        self._numbers = count(1)
        self.study, self.series, self.frame_of_reference = (self.uid() for _ in range(3))

    def uid(self) -> str:
        return f"{ROOT}{next(self._numbers)}"

    def add(self, name: str, ds: Dataset, syntax: UID = ExplicitVRLittleEndian) -> Dataset:
        """Write a data set under the patient, its study and a UID of its own."""
        ds.PatientName, ds.PatientID, ds.AccessionNumber, ds.StudyID = NAME, PATIENT_ID, ACCESSION, STUDY_ID
        ds.OtherPatientIDs, ds.IssuerOfPatientID = "mkother", "mkissuer"
        ds.StudyDescription, ds.ReferringPhysicianName = "mkstudydesc", "mkreferrer^Someone"
        ds.InstitutionName, ds.PatientIdentityRemoved = "mkinstitution", self.removed
        ds.StudyInstanceUID, ds.SOPInstanceUID = self.study, self.uid()
        ds.StudyDate, ds.StudyTime = "20240229", "101500"
        ds.PatientBirthDate = ds.get("PatientBirthDate", "")
        ds.PatientSex = ds.get("PatientSex", "")
        request = Dataset()
        request.RequestedProcedureID, request.AccessionNumber = "mkrequested", "mkorder"
        ds.RequestAttributesSequence = [request]
        if "FrameOfReferenceUID" in ds:
            ds.FrameOfReferenceUID = self.frame_of_reference
        if not hasattr(ds, "file_meta"):
            ds.file_meta = FileMetaDataset()
            ds.file_meta.TransferSyntaxUID = syntax
        ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID
        ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        ds.save_as(path, enforce_file_format=True)
        return ds

    def real(self, name: str) -> Dataset:
        """A file of pydicom, in a series of its own."""
        ds = pydicom.dcmread(get_testdata_file(name))
        ds.SeriesInstanceUID = self.uid()
        return self.add(f"mkfilename/{name}", ds)

    def made(self, name: str, sop_class: UID, modality: str, **values: object) -> Dataset:
        """A data set with values, which `add` has to write."""
        ds = Dataset()
        ds.SpecificCharacterSet = "ISO_IR 192"
        ds.SOPClassUID, ds.Modality, ds.Manufacturer = sop_class, modality, "Maker"
        ds.SeriesInstanceUID, ds.SeriesNumber, ds.InstanceNumber = self.uid(), 1, 1
        for keyword, value in values.items():
            setattr(ds, keyword, value)
        return ds


def dozen(path: Path, *, removed: str = "YES") -> Folder:
    """A folder with what a hospital has: images in several forms, SEG, SR, KOS, RTSTRUCT, US, WSI, with references."""
    folder = Folder(path, removed=removed)
    first, *_ = [folder.real(name) for name in REAL]
    item = reference(first)
    folder.add("made/private.dcm", private(folder, 2000))
    folder.add("made/us.dcm", ultrasound(folder), UID("1.2.840.10008.1.2.4.50"))
    folder.add("made/wsi.dcm", slide(folder))
    folder.add("made/seg.dcm", segmentation(folder, item))
    report = folder.made("sr", BasicTextSRStorage, "SR", ValueType="CONTAINER", ContinuityOfContent="SEPARATE")
    report.CompletionFlag, report.VerificationFlag = "COMPLETE", "UNVERIFIED"
    report.ContentDate, report.ContentTime = "20240229", "101500"
    report.CurrentRequestedProcedureEvidenceSequence = [evidence(first, item)]
    folder.add("made/sr.dcm", report)
    notes = folder.made("kos", KeyObjectSelectionDocumentStorage, "KO", ValueType="CONTAINER")
    notes.ContinuityOfContent = "SEPARATE"
    notes.ContentDate, notes.ContentTime = "20240229", "101500"
    notes.CurrentRequestedProcedureEvidenceSequence = [evidence(first, item)]
    folder.add("made/kos.dcm", notes)
    structures = folder.made("rt", RTStructureSetStorage, "RTSTRUCT", StructureSetLabel="made")
    frame, study, series = Dataset(), Dataset(), Dataset()
    series.SeriesInstanceUID, series.ContourImageSequence = first.SeriesInstanceUID, [reference(first)]
    study.ReferencedSOPClassUID, study.ReferencedSOPInstanceUID = "1.2.840.10008.3.1.2.3.1", folder.study
    study.RTReferencedSeriesSequence = [series]
    frame.FrameOfReferenceUID, frame.RTReferencedStudySequence = folder.frame_of_reference, [study]
    structures.ReferencedFrameOfReferenceSequence = [frame]
    folder.add("made/rtstruct.dcm", structures)
    return folder


def reference(ds: Dataset) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = ds.SOPClassUID, ds.SOPInstanceUID
    return item


def evidence(ds: Dataset, item: Dataset) -> Dataset:
    study, series = Dataset(), Dataset()
    series.SeriesInstanceUID, series.ReferencedSOPSequence = ds.SeriesInstanceUID, [item]
    study.StudyInstanceUID, study.ReferencedSeriesSequence = ds.StudyInstanceUID, [series]
    return study


def pixels(ds: Dataset, rows: int, columns: int, samples: int, frames: int, data: bytes | None = None) -> Dataset:
    """Put pixels of 8 bits into a data set."""
    ds.Rows, ds.Columns, ds.SamplesPerPixel, ds.NumberOfFrames = rows, columns, samples, frames
    ds.PhotometricInterpretation = "RGB" if samples == 3 else "MONOCHROME2"
    if samples == 3:
        ds.PlanarConfiguration = 0
    ds.BitsAllocated = ds.BitsStored = 8
    ds.HighBit, ds.PixelRepresentation = 7, 0
    size = rows * columns * samples * frames
    ds.PixelData = data if data is not None else bytes(at * 7 % 251 for at in range(size)) + b"\0" * (size % 2)
    ds["PixelData"].VR = "OB"
    return ds


def private(folder: Folder, size: int) -> Dataset:
    """An image with a private value of a number of bytes."""
    ds = folder.made("private", UID("1.2.840.10008.5.1.4.1.1.7"), "OT")
    ds.private_block(PRIVATE, "mkprivate creator", create=True).add_new(1, "UN", b"mkprivate " + bytes(size - 10))
    pixels(ds, 16, 16, 1, 1)
    del ds.NumberOfFrames
    return ds


def ultrasound(folder: Folder) -> Dataset:
    """A cine loop in JPEG, the frames of a file of pydicom."""
    source = pydicom.dcmread(get_testdata_file("SC_rgb_jpeg_dcmtk.dcm"))
    codestream = next(generate_frames(source.PixelData))
    ds = folder.made("us", UltrasoundMultiFrameImageStorage, "US", FrameTime="40", FrameIncrementPointer=0x00181063)
    pixels(ds, 100, 100, 3, 3, encapsulate([codestream] * 3))
    ds.PhotometricInterpretation, ds.LossyImageCompression = "YBR_FULL", "01"
    ds["PixelData"].is_undefined_length = True
    return ds


def slide(folder: Folder) -> Dataset:
    """Six tiles of a slide."""
    ds = folder.made("wsi", VLWholeSlideMicroscopyImageStorage, "SM")
    ds.ImageType = ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"]
    ds.TotalPixelMatrixColumns, ds.TotalPixelMatrixRows, ds.FrameOfReferenceUID = 96, 64, folder.frame_of_reference
    return pixels(ds, 32, 32, 3, 6)


def segmentation(folder: Folder, item: Dataset) -> Dataset:
    """Two frames of single bits, of an odd number."""
    ds = folder.made("seg", SegmentationStorage, "SEG", SegmentationType="BINARY", FrameOfReferenceUID="")
    pixels(ds, 5, 5, 1, 2, b"\x55\xaa\x55\xaa\x55\xaa\x01\x00")
    ds.BitsAllocated = ds.BitsStored = 1
    ds.HighBit = 0
    derived = Dataset()
    derived.SourceImageSequence = [item]
    group = Dataset()
    group.DerivationImageSequence = [derived]
    ds.SharedFunctionalGroupsSequence = [group]
    return ds


def hostile(folder: Folder) -> None:
    """Beside good files: those that cannot be used."""
    path = folder.path / "hostile"
    path.mkdir()
    good = next(iter(sorted((folder.path / "made").iterdir()))).read_bytes()
    (path / "cut.dcm").write_bytes(good[:-40])
    (path / "empty.dcm").write_bytes(b"")
    (path / "text.txt").write_text("mkfilename")
    (path / "head-only.dcm").write_bytes(good[:132])
    (path / "twice.dcm").write_bytes(good)
    (path / "bad-length.dcm").write_bytes(good[:140] + b"\xff\xff\xff\x7f" + good[144:])
    (path / "noise.dcm").write_bytes(bytes(128) + b"DICM" + bytes(range(256)) * 20)
    (path / "link").symlink_to(folder.path / "nowhere")
    (path / "loop").symlink_to(folder.path, target_is_directory=True)
