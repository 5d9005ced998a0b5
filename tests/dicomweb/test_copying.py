"""Copies of files under another identity: nothing joins them to the original, and all else is as it was."""

from __future__ import annotations

import re
from pathlib import Path

import pydicom
import pytest
from pydicom import Dataset
from pydicom.data import get_testdata_file
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEGBaseline8Bit,
)

from conformance.dicomweb import copying, part10, uids
from conformance.dicomweb.buffers import LargeValue, OnDisk
from tests.dicomweb.datasets import encode, image

IDENTITY = copying.Identity("run objects", "DWC0000-object-patient-1", "DWC0000-1", "DWC0000-1")
SYNTAXES = [ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian]
REAL = ("CT_small.dcm", "MR_small_RLE.dcm", "examples_ybr_color.dcm", "rtdose.dcm", "waveform_ecg.dcm", "test-SR.dcm")
OWN = {"PatientID", "AccessionNumber", "StudyID"}


def opened(path):
    return OnDisk(path, path.stat().st_size)


def on_disk(tmp_path, content):
    path = tmp_path / "file.dcm"
    path.write_bytes(content)
    return opened(path)


def large_image():
    """An image whose pixels are too many to be kept in memory."""
    ds = image()
    ds.Rows = ds.Columns = 400
    ds.add_new("PixelData", "OB", bytes(at % 251 for at in range(160_000)))
    return ds


def ordered():
    """An image with what joins it to an order, at several depths, and a reference to another instance."""
    ds = image()
    ds.PatientID, ds.AccessionNumber, ds.StudyID = "theirs", "theirs", "theirs"
    ds.IssuerOfPatientID, ds.OtherPatientIDs, ds.AdmissionID = "theirs", ["theirs", "theirs"], "theirs"
    request, code, source, before = Dataset(), Dataset(), Dataset(), Dataset()
    request.AccessionNumber, request.RequestedProcedureID = "theirs", "theirs"
    ds.RequestAttributesSequence = ds.ReferencedRequestSequence = [request]
    code.CodingSchemeUID, code.CodeValue, code.PatientID = "1.2.3.4.5", "1", "theirs"
    ds.ProcedureCodeSequence = [code]
    source.ReferencedSOPClassUID, source.ReferencedSOPInstanceUID = "1.2.840.10008.5.1.4.1.1.2", "1.2.826.0.99"
    ds.SourceImageSequence = [source]
    before.PatientID = "theirs"
    ds.OriginalAttributesSequence = [before]
    ds.private_block(0x0099, "creator", create=True).add_new(1, "UI", "1.2.826.0.99")
    ds.SeriesInstanceUID, ds.FrameOfReferenceUID = "2.25.2", "1.2.3.98"
    return ds


@pytest.mark.parametrize("syntax", SYNTAXES, ids=lambda syntax: syntax.name)
def test_copy_has_the_identity_of_the_run_and_nothing_of_the_order(syntax):
    content = encode(ordered(), syntax)

    copy = copying.copied(content, IDENTITY)
    ds = part10.read(copy)

    assert [ds.PatientID, ds.AccessionNumber, ds.StudyID] == [IDENTITY.patient_id, "DWC0000-1", "DWC0000-1"]
    assert ds.ProcedureCodeSequence[0].PatientID == IDENTITY.patient_id
    assert b"theirs" not in (copy[:] if syntax != DeflatedExplicitVRLittleEndian else ds.to_json().encode())
    assert ds.file_meta.TransferSyntaxUID == syntax
    assert ds.file_meta.MediaStorageSOPInstanceUID == ds.SOPInstanceUID
    for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "FrameOfReferenceUID"):
        assert ds[keyword].value == uids.derived("run objects", str(part10.read(content)[keyword].value))
    assert ds.ProcedureCodeSequence[0].CodingSchemeUID == "1.2.3.4.5"
    assert ds.SourceImageSequence[0].ReferencedSOPClassUID == "1.2.840.10008.5.1.4.1.1.2"
    reference = ds.SourceImageSequence[0].ReferencedSOPInstanceUID
    private = ds[0x0099, 0x1001].value  # bytes where the VR is not known
    found = private.rstrip(b"\0").decode() if isinstance(private, bytes) else private
    assert reference == found == uids.derived("run objects", "1.2.826.0.99")


@pytest.mark.parametrize("name", REAL)
def test_copy_of_a_real_file_differs_in_nothing_else(name, tmp_path):
    path = tmp_path / name
    path.write_bytes(Path(get_testdata_file(name)).read_bytes())
    path.chmod(0o400)
    before = part10.read(opened(path))

    after = part10.read(copying.copied(opened(path), IDENTITY))

    changed = {difference.subject for difference in part10.differences(before, after)}
    kept = {subject for subject in changed if not re.search(r"UID$|^\(0009,101E\)$", subject)} - OWN
    assert all(subject.split("[")[0] and tag(subject) in copying.REMOVED for subject in kept)
    assert path.read_bytes() == Path(get_testdata_file(name)).read_bytes()


def tag(subject):
    return pydicom.datadict.tag_for_keyword(subject.split("[")[0])


def test_large_values_are_not_copied(tmp_path):
    ds = large_image()
    ds.private_block(0x7FE1, "creator", create=True).add_new(1, "UN", bytes(100_000))
    content = on_disk(tmp_path, encode(ds, ExplicitVRLittleEndian))

    small, large = part10.split(content)
    copy = copying.copied(content, IDENTITY)
    found, stored = part10.read(copy), part10.read(content)

    assert [one.header.tag for one in large] == [0x7FE00010, 0x7FE11001] and len(small) < 10_000
    assert part10.merged(small, large)[:] == content[:]
    assert isinstance(found.PixelData, LargeValue) and isinstance(found[0x7FE1, 0x1001].value, LargeValue)
    whole = part10.read(copy[:])
    assert part10.differences(whole, found) == part10.differences(found, whole) == []
    changed = {each.subject for each in part10.differences(stored, found)}
    assert "AccessionNumber" in changed and not changed & {"PixelData", "(7FE1,1001)"}


def test_large_fragments_are_read_in_their_file(tmp_path):
    path = get_testdata_file("examples_ybr_color.dcm")
    content = on_disk(tmp_path, Path(path).read_bytes())

    ds = part10.read(content)

    assert ds.file_meta.TransferSyntaxUID == JPEGBaseline8Bit
    assert isinstance(ds.PixelData, LargeValue) and ds["PixelData"].is_undefined_length
    assert bytes(ds.PixelData) == pydicom.dcmread(path).PixelData


def test_changed_byte_of_a_large_value_is_seen(tmp_path):
    ds = large_image()
    content = encode(ds, ExplicitVRLittleEndian)
    other = content[:-1000] + bytes([content[-1000] ^ 1]) + content[-999:]

    found = part10.differences(part10.read(on_disk(tmp_path, content)), part10.read(other))

    assert [each.subject.partition(" of ")[2] for each in found] == ["PixelData"]


@pytest.mark.parametrize("cut", [1, 2, 40, 100_000, 159_000])
def test_cut_file_is_refused_wherever_its_values_are(tmp_path, cut):
    content = encode(large_image(), ExplicitVRLittleEndian)

    for form in (content[:-cut], on_disk(tmp_path, content[:-cut])):
        with pytest.raises(part10.MalformedFile):
            part10.read(form)
