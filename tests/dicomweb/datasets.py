"""Small data sets and files, made for the tests of the protocol readers."""

from __future__ import annotations

from io import BytesIO

from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import ExplicitVRLittleEndian, RLELossless, SecondaryCaptureImageStorage


def encode(ds, syntax=ExplicitVRLittleEndian):
    """A DICOM file of a data set in a transfer syntax."""
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = syntax
    ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    file = BytesIO()
    ds.save_as(file, enforce_file_format=True)
    return file.getvalue()


def item(**values):
    """A data set of a few attributes, by keyword."""
    ds = Dataset()
    for keyword, value in values.items():
        setattr(ds, keyword, value)
    return ds


def image():
    """A data set with a little of everything: text, numbers, nested and private elements, empty values, pixels."""
    ds = item(
        SpecificCharacterSet="ISO_IR 192",
        ImageType=["DERIVED", "SECONDARY"],
        SOPClassUID=SecondaryCaptureImageStorage,
        SOPInstanceUID="2.25.3",
        StudyDate="20200922",
        AccessionNumber="",
        PatientName="Müller^Jörg=山田^太郎",
        PatientWeight="71.50",
        SoftwareVersions=["v1", "", "v3"],
        FrameIncrementPointer=0x00181063,
        StudyInstanceUID="2.25.1",
        InstanceNumber="7",
        ReferencedStudySequence=[
            item(ReferencedSOPInstanceUID="2.25.9", PurposeOfReferenceCodeSequence=[item(CodeValue="a")])
        ],
        EventElapsedTimes=["0.1", "2"],
        ImageComments="  two\r\nlines",
        RecommendedDisplayFrameRateInFloat=0.1,
        Rows=2,
        Columns=3,
        SamplesPerPixel=1,
        PhotometricInterpretation="MONOCHROME2",
        BitsAllocated=8,
        BitsStored=8,
        HighBit=7,
        PixelRepresentation=0,
    )
    ds.private_block(0x0011, "TESTS", create=True).add_new(1, "LO", "private")
    ds.add_new("PixelData", "OB", b"abcdef")
    return ds


def compressed():
    """The image in RLE Lossless; nothing decodes it."""
    ds = image()
    ds.PixelData = encapsulate([b"frame"])
    ds["PixelData"].is_undefined_length = True
    return encode(ds, RLELossless)
