"""Data sets that several kinds build on: PS3.3 A.3 (CT), A.8 (Secondary Capture) and A.32.8 (whole slide)."""

from __future__ import annotations

import zipfile
from pathlib import Path

from pydicom import Dataset
from pydicom.uid import (
    UID,
    CTImageStorage,
    ExplicitVRLittleEndian,
    SecondaryCaptureImageStorage,
    VLWholeSlideMicroscopyImageStorage,
)

from conformance.kit.instances import Instance
from conformance.kit.kinds import pixels
from conformance.kit.kinds.kind import Label, Study
from conformance.kit.kinds.pictures import Picture, grey

TINY = grey(8, 8, 8)
ARCHIVE = Path(__file__).with_name("frames") / "factors.zip"  # of codestreams, and a profile


def code(value: str, scheme: str, meaning: str) -> Dataset:
    """An item of a code sequence (PS3.3 8.8)."""
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return item


def reference(ds: Dataset) -> Dataset:
    """An item that refers to an instance (PS3.3 10.8)."""
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = ds.SOPClassUID, ds.SOPInstanceUID
    return item


def secondary_capture(study: Study, series: int = 1, number: int = 1) -> Dataset:
    """A Secondary Capture Image, without pixels."""
    ds = study.data_set(SecondaryCaptureImageStorage, "OT", series, number)
    ds.BodyPartExamined = "CHEST"
    ds.ConversionType = "SYN"
    ds.ImageType = ["ORIGINAL", "SECONDARY"]
    ds.PatientOrientation = ""
    return ds


def multi_frame_secondary_capture(study: Study, sop_class: UID) -> Dataset:
    """A Multi-frame Secondary Capture Image (PS3.3 A.8.3 to A.8.5), without pixels: 25 frames a second."""
    ds = secondary_capture(study)
    ds.SOPClassUID = sop_class
    ds.BurnedInAnnotation = "NO"
    ds.FrameTime = "40"
    ds.FrameIncrementPointer = 0x00181063
    return ds


def slide(study: Study, matrix: tuple[int, int], spacing: str, number: int = 1) -> Dataset:
    """A whole-slide image (PS3.3 A.32.8) in full tiles (TILED_FULL), without pixels: the rows and columns of its
    matrix, and the distance of two pixels in mm."""
    ds = study.data_set(VLWholeSlideMicroscopyImageStorage, "SM", number=number)
    ds.FrameOfReferenceUID, ds.PositionReferenceIndicator = study.uid("frame of reference"), "SLIDE_CORNER"
    ds.ContainerTypeCodeSequence = [code("433466003", "SCT", "Microscope slide")]
    ds.ContainerIdentifier, ds.IssuerOfTheContainerIdentifierSequence = "SLIDE-1", []
    ds.AcquisitionDateTime, ds.AcquisitionContextSequence = "20240229101500", []
    ds.VolumetricProperties, ds.LossyImageCompression, ds.DimensionOrganizationType = "VOLUME", "00", "TILED_FULL"
    ds.FocusMethod, ds.ExtendedDepthOfField = "AUTO", "NO"
    ds.TotalPixelMatrixRows, ds.TotalPixelMatrixColumns = matrix
    ds.TotalPixelMatrixFocalPlanes = ds.NumberOfOpticalPaths = 1
    ds.ImagedVolumeWidth, ds.ImagedVolumeHeight, ds.ImagedVolumeDepth = 0.04, 0.03, 1.0
    ds.ImageOrientationSlide = ["0", "-1", "0", "-1", "0", "0"]
    origin, path, measures, shared = Dataset(), Dataset(), Dataset(), Dataset()
    origin.XOffsetInSlideCoordinateSystem, origin.YOffsetInSlideCoordinateSystem = "20", "30"
    ds.TotalPixelMatrixOriginSequence = [origin]
    path.OpticalPathIdentifier = "1"
    path.IlluminationTypeCodeSequence = [code("111744", "DCM", "Brightfield illumination")]
    path.IlluminationColorCodeSequence = [code("414298005", "SCT", "Full Spectrum")]
    path.ICCProfile = srgb()
    ds.OpticalPathSequence = [path]
    measures.PixelSpacing, measures.SliceThickness = [spacing, spacing], "0.001"
    shared.PixelMeasuresSequence = [measures]
    ds.SharedFunctionalGroupsSequence = [shared]
    return ds


def srgb() -> bytes:
    """The ICC profile of sRGB."""
    with zipfile.ZipFile(ARCHIVE) as archive:
        return archive.read("srgb.icc")


def icon() -> Dataset:
    """A small picture for an item (PS3.3 C.7.6.1.1.6): binary values of a kilobyte, one level down."""
    ds = Dataset()
    pixels.set_native(ds, grey(32, 32, 8))
    return ds


def tiny_image(study: Study, series: int = 1, number: int = 1) -> Dataset:
    """A Secondary Capture Image of 8 x 8 pixels, for kinds that are not about pixels."""
    ds = secondary_capture(study, series, number)
    pixels.set_native(ds, TINY)
    return ds


def small_images(label: Label, number: int = 1, study: str = "small") -> tuple[Instance, ...]:
    """Images of 8 x 8 pixels in one series of a study, which unlike a kind can be made more than once in a run."""
    made = Study(label, study, ExplicitVRLittleEndian)
    return tuple(made.instance(tiny_image(made, number=each)) for each in range(1, number + 1))


def ct_slice(study: Study, picture: Picture, number: int = 1) -> Dataset:
    """A CT Image with pixels; stored values become Hounsfield Units by slope 1 and an intercept."""
    ds = study.data_set(CTImageStorage, "CT", number=number)
    ds.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    ds.BodyPartExamined = "CHEST"
    ds.PatientPosition = "HFS"
    ds.FrameOfReferenceUID = study.uid("frame of reference")
    ds.PositionReferenceIndicator = ""
    ds.AcquisitionNumber = 1
    ds.KVP = "120"
    ds.SliceThickness = "2.5"
    ds.PixelSpacing = ["0.5", "0.5"]
    ds.ImageOrientationPatient = ["1", "0", "0", "0", "1", "0"]
    ds.ImagePositionPatient = ["-8", "-8", str(2.5 * (number - 1))]
    ds.RescaleIntercept = "0" if picture.signed else "-1024"
    ds.RescaleSlope = "1"
    ds.RescaleType = "HU"
    ds.WindowCenter, ds.WindowWidth = ["40", "-600"], ["400", "1500"]
    ds.WindowCenterWidthExplanation = ["SOFT TISSUE", "LUNG"]
    pixels.set_native(ds, picture)
    return ds
