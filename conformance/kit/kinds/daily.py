"""Kinds of images that an archive gets every day beside single ones.

PS3.3 A.7 (ultrasound), A.18 (RT Dose), A.32 (video and whole slides), A.38 (Enhanced CT), A.51 (Segmentation).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import replace

from pydicom import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    MPEG4HP41,
    EnhancedCTImageStorage,
    RTDoseStorage,
    SegmentationStorage,
    UltrasoundMultiFrameImageStorage,
    VideoEndoscopicImageStorage,
    VLWholeSlideMicroscopyImageStorage,
)

from conformance.kit.instances import Instance
from conformance.kit.kinds import pictures, pixels
from conformance.kit.kinds.enhanced import COLUMNS, FRAMES, ROWS, multi_frame, segment
from conformance.kit.kinds.kind import Study, kind
from conformance.kit.kinds.modules import slide
from conformance.kit.kinds.pictures import Picture

# Rescale slope and intercept, window centre and width of each frame.
OF_FRAMES = (("1", "-1024", "0", "1000"), ("2", "-1000", "1500", "4000"), ("0.5", "100", "800", "500"))
DOSES = 3, 5, 7  # frames, rows, columns


@kind(
    "enhanced-ct",
    "Enhanced CT, a window and rescale for each frame",
    EnhancedCTImageStorage,
    traits=("native", "frames", "shown"),
)
def enhanced_ct(study: Study) -> Iterator[Instance]:
    ds = multi_frame(study, EnhancedCTImageStorage, "CT")
    ds.ImageType = ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"]
    ds.PixelPresentation, ds.VolumetricProperties, ds.VolumeBasedCalculationTechnique = "MONOCHROME", "VOLUME", "NONE"
    ds.AcquisitionDateTime, ds.AcquisitionDuration = "20240229101500", 1.0
    ds.ContentQualification, ds.BurnedInAnnotation, ds.PresentationLUTShape = "RESEARCH", "NO", "IDENTITY"
    for frame, (slope, intercept, center, width) in zip(ds.PerFrameFunctionalGroupsSequence, OF_FRAMES, strict=True):
        rescale, window = Dataset(), Dataset()
        rescale.RescaleSlope, rescale.RescaleIntercept, rescale.RescaleType = slope, intercept, "HU"
        window.WindowCenter, window.WindowWidth = center, width
        frame.PixelValueTransformationSequence, frame.FrameVOILUTSequence = [rescale], [window]
    pixels.set_native(ds, pictures.grey(12, 18, 12, frames=FRAMES))
    yield study.instance(ds)


@kind("us-multiframe", "Ultrasound, 12 frames, RGB", UltrasoundMultiFrameImageStorage, traits=("native", "frames"))
def us_multiframe(study: Study) -> Iterator[Instance]:
    ds = study.data_set(UltrasoundMultiFrameImageStorage, "US")
    ds.ImageType, ds.PatientOrientation, ds.LossyImageCompression = ["ORIGINAL", "PRIMARY"], "", "00"
    ds.FrameTime, ds.FrameIncrementPointer, ds.StartTrim, ds.StopTrim = "33.3", 0x00181063, 1, 12
    region = Dataset()
    region.RegionSpatialFormat, region.RegionDataType, region.RegionFlags = 1, 1, 0
    region.RegionLocationMinX0, region.RegionLocationMinY0 = 0, 0
    region.RegionLocationMaxX1, region.RegionLocationMaxY1 = 20, 12
    region.PhysicalUnitsXDirection = region.PhysicalUnitsYDirection = 3
    region.PhysicalDeltaX, region.PhysicalDeltaY = 0.0123, -0.0123
    ds.SequenceOfUltrasoundRegions = [region]
    first, second, third = pictures.colours(13, 21, frames=3).frames
    frames = (bytes(value ^ mask for value in frame) for mask in (0, 51, 85, 170) for frame in (first, second, third))
    pixels.set_native(ds, Picture(13, 21, 8, (*frames,), samples=3))
    yield study.instance(ds)


@kind("seg-fractional", "Segmentation, fractional, 3 frames", SegmentationStorage, traits=("native", "frames"))
def seg_fractional(study: Study) -> Iterator[Instance]:
    """Two segments: the first has two frames, the second one."""
    ds = multi_frame(study, SegmentationStorage, "SEG")
    ds.ImageType = ["DERIVED", "PRIMARY"]
    ds.SegmentationType, ds.SegmentationFractionalType, ds.MaximumFractionalValue = "FRACTIONAL", "PROBABILITY", 255
    ds.SegmentSequence = [segment(), segment()]
    ds.SegmentSequence[1].SegmentNumber = 2
    for number, frame in zip((1, 1, 2), ds.PerFrameFunctionalGroupsSequence, strict=True):
        identification = Dataset()
        identification.ReferencedSegmentNumber = number
        frame.SegmentIdentificationSequence = [identification]
    pixels.set_native(ds, pictures.grey(ROWS, COLUMNS, 8, frames=FRAMES))
    yield study.instance(ds)


@kind("rt-dose", "RT Dose, 3 frames of 32 bits", RTDoseStorage, traits=("native", "frames"))
def rt_dose(study: Study) -> Iterator[Instance]:
    frames, rows, columns = DOSES
    ds = study.data_set(RTDoseStorage, "RTDOSE")
    ds.FrameOfReferenceUID, ds.PositionReferenceIndicator = study.uid("frame of reference"), ""
    ds.ImagePositionPatient, ds.ImageOrientationPatient = ["0", "0", "0"], ["1", "0", "0", "0", "1", "0"]
    ds.PixelSpacing, ds.SliceThickness, ds.GridFrameOffsetVector = ["2", "2"], "", ["0", "2", "4"]
    ds.FrameIncrementPointer = 0x3004000C
    ds.DoseUnits, ds.DoseType, ds.DoseSummationType, ds.DoseGridScaling = "GY", "PHYSICAL", "PLAN", "1.5e-8"
    ds.SamplesPerPixel, ds.PhotometricInterpretation, ds.PixelRepresentation = 1, "MONOCHROME2", 0
    ds.NumberOfFrames, ds.Rows, ds.Columns = frames, rows, columns
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = 32, 32, 31
    values = [40_000_000 * number + number for number in range(frames * rows * columns)]
    ds.add_new("PixelData", "OW", struct.pack(f"<{len(values)}L", *values))
    yield study.instance(ds)


@kind(
    "whole-slide",
    "Whole slide, 6 tiles (TILED_FULL)",
    VLWholeSlideMicroscopyImageStorage,
    traits=("native", "frames"),
)
def whole_slide(study: Study) -> Iterator[Instance]:
    """2 x 3 tiles of 16 x 16 pixels; the matrix is 30 x 40, so that the last tiles go beyond it."""
    ds = slide(study, (30, 40), "0.001")
    ds.ImageType = ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"]
    ds.BurnedInAnnotation = ds.SpecimenLabelInImage = "NO"
    pixels.set_native(ds, pictures.colours(16, 16, frames=3))
    tiles = [
        bytes(value ^ number for value in frame) for number in (0, 85) for frame in pictures.colours(16, 16, 3).frames
    ]
    ds.NumberOfFrames, ds.PixelData = len(tiles), b"".join(tiles)
    yield study.instance(ds)


@kind(
    "slide-16-bits",
    "Whole slide, 2 tiles, RGB, 16 bit",
    VLWholeSlideMicroscopyImageStorage,
    traits=("native", "frames"),
)
def slide_of_16_bits(study: Study) -> Iterator[Instance]:
    """The second tile is the first one upside down."""
    ds = slide(study, (16, 32), "0.001")
    ds.ImageType = ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"]
    ds.BurnedInAnnotation = ds.SpecimenLabelInImage = "NO"
    tile = pictures.edge(16, 16, colour=True, bits=16)
    row = 16 * 3 * 2
    turned = b"".join(tile.frames[0][at * row : (at + 1) * row] for at in reversed(range(16)))
    pixels.set_native(ds, replace(tile, frames=(*tile.frames, turned)))
    yield study.instance(ds)


@kind("mpeg4", "Video, MPEG-4", VideoEndoscopicImageStorage, MPEG4HP41)
def mpeg4(study: Study) -> Iterator[Instance]:
    """Boxes of an MP4 file (ISO 14496-12) without a stream: it is stored and returned, and need not play."""
    ds = study.data_set(VideoEndoscopicImageStorage, "ES")
    ds.ImageType, ds.PatientOrientation, ds.AcquisitionContextSequence = ["ORIGINAL", "PRIMARY"], "", []
    ds.AcquisitionDateTime = "20240229101500"
    ds.CineRate, ds.FrameTime, ds.FrameIncrementPointer = "25", "40", 0x00181063
    ds.SamplesPerPixel, ds.PhotometricInterpretation, ds.PlanarConfiguration = 3, "YBR_PARTIAL_420", 0
    ds.NumberOfFrames, ds.Rows, ds.Columns = 2, 1080, 1920
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 8, 8, 7, 0
    ds.LossyImageCompression, ds.LossyImageCompressionRatio = "01", "50"
    ds.LossyImageCompressionMethod = "ISO_14496_10"
    boxes = ((b"ftyp", b"mp42\0\0\0\0mp42isom"), (b"free", b"\r\n\r\n--"), (b"mdat", bytes(range(256)) * 2))
    stream = b"".join(struct.pack(">L", len(content) + 8) + name + content for name, content in boxes)
    ds.add_new("PixelData", "OB", encapsulate([stream], has_bot=False))
    ds["PixelData"].is_undefined_length = True
    yield study.instance(ds)
