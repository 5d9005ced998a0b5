"""DICOM to store, messages to send, and the parts of an answer, read by the standard library."""

from __future__ import annotations

import email
import io
from xml.etree import ElementTree

from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage, generate_uid

JSON = "application/dicom+json"
DICOM = 'multipart/related; type="application/dicom"'
OCTETS = 'multipart/related; type="application/octet-stream"'
BOUNDARY = "a-boundary"


def image(**attributes):
    """A secondary capture of 3 rows by 5 columns, 8 bits, in a study of its own unless told otherwise."""
    ds = Dataset()
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.SOPClassUID = SecondaryCaptureImageStorage
    for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "PatientID"):
        setattr(ds, keyword, str(generate_uid()))
    ds.PatientName, ds.Modality = "Roe^Jane", "OT"
    ds.StudyDate, ds.StudyTime, ds.AccessionNumber = "20240229", "101500", ""
    ds.SeriesNumber, ds.InstanceNumber = 1, 1
    ds.SamplesPerPixel, ds.PhotometricInterpretation, ds.PixelRepresentation = 1, "MONOCHROME2", 0
    ds.Rows, ds.Columns, ds.BitsAllocated, ds.BitsStored, ds.HighBit = 3, 5, 8, 8, 7
    ds.add_new("PixelData", "OB", bytes(range(1, 16)) + b"\0")
    for keyword, value in attributes.items():
        setattr(ds, keyword, value)
    return ds


def part10(ds, transfer_syntax=ExplicitVRLittleEndian):
    """The data set as a file."""
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = transfer_syntax
    ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID or "1.2.3"
    file = io.BytesIO()
    endianness = {"implicit_vr": transfer_syntax.is_implicit_VR, "little_endian": transfer_syntax.is_little_endian}
    ds.save_as(file, **endianness, enforce_file_format=True)
    return file.getvalue()


def message(*parts, header="Content-Type: application/dicom\r\n", boundary=BOUNDARY):
    """A multipart body."""
    heads = f"--{boundary}\r\n{header}\r\n".encode()
    return b"".join(heads + part + b"\r\n" for part in parts) + f"--{boundary}--\r\n".encode()


def store(client, *data_sets, path="/studies", **headers):
    """POST data sets, or bytes as they are, in one message."""
    parts = [part if isinstance(part, bytes) else part10(part) for part in data_sets]
    headers = {"Content-Type": f"{DICOM}; boundary={BOUNDARY}"} | headers
    return client.post(path, content=message(*parts), headers=headers)


def parts(response):
    """The contents of a multipart answer."""
    return [part.get_payload(decode=True) for part in read(response)]


def read(response):
    """The parts of a multipart answer with their headers."""
    head = f"Content-Type: {response.headers['Content-Type']}\r\n\r\n".encode()
    whole = email.message_from_bytes(head + response.content)
    assert not whole.defects
    return whole.get_payload()


def xml(text):
    """The root of a document."""
    return ElementTree.fromstring(text)


def url(ds, level="instance"):
    """The path of a data set's study, series or instance."""
    path = f"/studies/{ds.StudyInstanceUID}"
    if level != "study":
        path += f"/series/{ds.SeriesInstanceUID}"
    return path + f"/instances/{ds.SOPInstanceUID}" if level == "instance" else path


def values(items, tag):
    """The first value of an attribute in each data set of a JSON answer."""
    return [item[tag]["Value"][0] for item in items]
