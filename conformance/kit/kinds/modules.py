"""Data sets that several kinds build on: PS3.3 A.3 (CT) and A.8 (Secondary Capture)."""

from __future__ import annotations

from pydicom import Dataset
from pydicom.uid import UID, CTImageStorage, ExplicitVRLittleEndian, SecondaryCaptureImageStorage

from conformance.kit.instances import Instance
from conformance.kit.kinds import pixels
from conformance.kit.kinds.kind import Label, Study
from conformance.kit.kinds.pictures import Picture, grey

TINY = grey(8, 8, 8)


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
