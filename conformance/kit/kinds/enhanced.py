"""Kinds of multi-frame images with functional groups: PS3.3 A.51 (Segmentation) and A.75 (Parametric Map)."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from pydicom import Dataset
from pydicom.uid import UID, ParametricMapStorage, SegmentationStorage

from conformance.kit.instances import Instance
from conformance.kit.kinds.kind import Study, kind
from conformance.kit.kinds.modules import code

ROWS, COLUMNS, FRAMES = 5, 7, 3


@kind("segmentation-1bit", "Segmentation, 1 bit, 3 frames of 35 bits", SegmentationStorage)
def segmentation_1bit(study: Study) -> Iterator[Instance]:
    """Only the first frame begins at a byte (PS3.5 8.1.1); each has other bits set."""
    ds = multi_frame(study, SegmentationStorage, "SEG")
    ds.ImageType = ["DERIVED", "PRIMARY"]
    ds.BitsAllocated = ds.BitsStored = 1
    ds.HighBit = ds.PixelRepresentation = 0
    ds.SegmentationType = "BINARY"
    ds.SegmentSequence = [segment()]
    reference = Dataset()
    reference.ReferencedSegmentNumber = 1
    ds.SharedFunctionalGroupsSequence[0].SegmentIdentificationSequence = [reference]
    bits = [(pixel % (frame + 2)) == 0 for frame in range(FRAMES) for pixel in range(ROWS * COLUMNS)]
    packed = sum(bit << position for position, bit in enumerate(bits)).to_bytes((len(bits) + 7) // 8, "little")
    ds.add_new("PixelData", "OB", packed + b"\0" * (len(packed) % 2))
    yield study.instance(ds)


@kind("float-pixels", "Parametric Map, Float Pixel Data", ParametricMapStorage)
def float_pixels(study: Study) -> Iterator[Instance]:
    ds = _parametric_map(study, FRAMES)
    values = [pixel * 0.75 - 32 for pixel in range(FRAMES * ROWS * COLUMNS)]
    ds.FloatPixelData = struct.pack(f"<{len(values)}f", *values)
    yield study.instance(ds)


@kind("double-float-pixels", "Parametric Map, Double Float Pixel Data, 11 frames", ParametricMapStorage)
def double_float_pixels(study: Study) -> Iterator[Instance]:
    """In 64 bits, with values that a float of 32 bits cannot hold, and frames whose numbers have two digits."""
    ds = _parametric_map(study, 11)
    ds.BitsAllocated = 64
    values = [pixel * 0.1 - 5 for pixel in range(11 * ROWS * COLUMNS)]
    ds.DoubleFloatPixelData = struct.pack(f"<{len(values)}d", *values)
    yield study.instance(ds)


def _parametric_map(study: Study, frames: int) -> Dataset:
    """A Parametric Map (PS3.3 A.75), without pixels."""
    ds = multi_frame(study, ParametricMapStorage, "MR", frames=frames)
    ds.ImageType = ["DERIVED", "PRIMARY", "PERFUSION", "NONE"]
    ds.BitsAllocated = 32
    ds.PresentationLUTShape = "IDENTITY"
    ds.RecognizableVisualFeatures = "NO"
    ds.ContentQualification = "RESEARCH"
    ds.BurnedInAnnotation = "NO"
    ds.AcquisitionContextSequence = []
    shared = ds.SharedFunctionalGroupsSequence[0]
    frame_type, transformation, window = Dataset(), Dataset(), Dataset()
    frame_type.FrameType = ds.ImageType
    transformation.RescaleIntercept, transformation.RescaleSlope, transformation.RescaleType = "0", "1", "US"
    window.WindowCenter, window.WindowWidth = "0", "64"
    shared.ParametricMapFrameTypeSequence = [frame_type]
    shared.PixelValueTransformationSequence = [transformation]
    shared.FrameVOILUTSequence = [window]
    shared.RealWorldValueMappingSequence = [_mapping()]
    return ds


def multi_frame(study: Study, sop_class: UID, modality: str, series: int = 1, frames: int = FRAMES) -> Dataset:
    """The attributes that they have in common (PS3.3 C.7.6.16, C.7.6.17, C.7.5.2, C.7.4.1, 10.9), without pixels."""
    ds = study.data_set(sop_class, modality, series)
    ds.BodyPartExamined = "BRAIN"
    ds.ManufacturerModelName, ds.DeviceSerialNumber, ds.SoftwareVersions = "kinds", "1", "1"
    ds.FrameOfReferenceUID = study.uid("frame of reference")
    ds.PositionReferenceIndicator = ""
    ds.ContentLabel, ds.ContentDescription, ds.ContentCreatorName = "KIND", "", ""
    ds.LossyImageCompression = "00"
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.Rows, ds.Columns, ds.NumberOfFrames = ROWS, COLUMNS, frames
    organization, index = Dataset(), Dataset()
    organization.DimensionOrganizationUID = index.DimensionOrganizationUID = study.uid("dimensions")
    index.DimensionIndexPointer, index.FunctionalGroupPointer = 0x00200032, 0x00209113
    ds.DimensionOrganizationSequence, ds.DimensionIndexSequence = [organization], [index]
    measures, orientation, shared = Dataset(), Dataset(), Dataset()
    measures.PixelSpacing, measures.SliceThickness = ["1", "1"], "2"
    orientation.ImageOrientationPatient = ["1", "0", "0", "0", "1", "0"]
    shared.PixelMeasuresSequence, shared.PlaneOrientationSequence = [measures], [orientation]
    ds.SharedFunctionalGroupsSequence = [shared]
    ds.PerFrameFunctionalGroupsSequence = [_frame(number) for number in range(1, frames + 1)]
    return ds


def _frame(number: int) -> Dataset:
    """The position of a frame, as an item of the Per-Frame Functional Groups."""
    content, position, groups = Dataset(), Dataset(), Dataset()
    content.DimensionIndexValues = number
    position.ImagePositionPatient = ["0", "0", str(2 * number)]
    groups.FrameContentSequence, groups.PlanePositionSequence = [content], [position]
    return groups


def segment() -> Dataset:
    """The description of a segment (PS3.3 C.8.20.4)."""
    segment = Dataset()
    segment.SegmentNumber, segment.SegmentLabel, segment.SegmentAlgorithmType = 1, "Pattern", "MANUAL"
    segment.SegmentedPropertyCategoryCodeSequence = [code("85756007", "SCT", "Tissue")]
    segment.SegmentedPropertyTypeCodeSequence = [code("12738006", "SCT", "Brain")]
    return segment


def _mapping() -> Dataset:
    """A mapping in which stored values are the ratios themselves (PS3.3 C.7.6.16.2.11)."""
    mapping = Dataset()
    mapping.RealWorldValueIntercept, mapping.RealWorldValueSlope = 0.0, 1.0
    mapping.DoubleFloatRealWorldValueFirstValueMapped, mapping.DoubleFloatRealWorldValueLastValueMapped = -32.0, 46.0
    mapping.LUTExplanation, mapping.LUTLabel = "Ratio", "RATIO"
    mapping.MeasurementUnitsCodeSequence = [code("1", "UCUM", "no units")]
    return mapping
