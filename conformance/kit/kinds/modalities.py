"""Kinds of more modalities and of what comes with their images.

PS3.3 A.21 (PET), A.26 and A.27 (DX and MG), A.32.8 (whole slides), A.36 (Enhanced MR), A.51 (Segmentation).
"""

from __future__ import annotations

from collections.abc import Iterator

from pydicom import Dataset
from pydicom.uid import (
    UID,
    DigitalMammographyXRayImageStorageForPresentation,
    DigitalXRayImageStorageForPresentation,
    EnhancedMRImageStorage,
    GrayscaleSoftcopyPresentationStateStorage,
    PositronEmissionTomographyImageStorage,
    SegmentationStorage,
    VLWholeSlideMicroscopyImageStorage,
)

from conformance.kit.instances import Instance
from conformance.kit.kinds import pictures, pixels
from conformance.kit.kinds.enhanced import FRAMES, multi_frame, segment
from conformance.kit.kinds.greys import lut
from conformance.kit.kinds.kind import Study, kind
from conformance.kit.kinds.modules import code, reference, secondary_capture, slide

SLOPES = "2.25", "1.5", "0.75"  # of the frames
FLAVOURS = (("VOLUME", 20, 36, "NO"), ("VOLUME", 10, 18, "NO"), ("LABEL", 14, 10, "YES"), ("OVERVIEW", 12, 22, "YES"))


@kind(
    "pet",
    "PET, signed 16 bit, rescale slope 0.3752",
    PositronEmissionTomographyImageStorage,
    traits=("native", "shown"),
)
def pet(study: Study) -> Iterator[Instance]:
    """Becquerels per millilitre: each slice has a slope of its own, with decimals."""
    for number, (slope, width) in enumerate((("0.3752", "6000"), ("1.20893", "20000")), 1):
        ds = study.data_set(PositronEmissionTomographyImageStorage, "PT", number=number)
        ds.ImageType, ds.BodyPartExamined, ds.PatientPosition = ["ORIGINAL", "PRIMARY"], "CHEST", "HFS"
        ds.FrameOfReferenceUID, ds.PositionReferenceIndicator = study.uid("frame of reference"), ""
        ds.PixelSpacing, ds.SliceThickness = ["4", "4"], "3"
        ds.ImagePositionPatient, ds.ImageOrientationPatient = (
            ["0", "0", str(3 * number)],
            ["1", "0", "0", "0", "1", "0"],
        )
        ds.Units, ds.CountsSource, ds.DecayCorrection, ds.SeriesType = (
            "BQML",
            "EMISSION",
            "START",
            ["WHOLE BODY", "IMAGE"],
        )
        ds.NumberOfSlices, ds.FrameReferenceTime, ds.ImageIndex = 2, "0", number
        pixels.set_native(ds, pictures.steps(12, 64, 16, -32768, signed=True))
        ds.RescaleIntercept, ds.RescaleSlope = "0", slope
        ds.WindowCenter, ds.WindowWidth = "1000", width
        yield study.instance(ds)


def _radiograph(study: Study, sop_class: UID, modality: str) -> Dataset:
    ds = study.data_set(sop_class, modality)
    ds.ImageType, ds.PresentationIntentType, ds.BurnedInAnnotation = ["ORIGINAL", "PRIMARY"], "FOR PRESENTATION", "NO"
    ds.PatientOrientation, ds.ImageLaterality, ds.LossyImageCompression = ["P", "L"], "L", "00"
    ds.ImagerPixelSpacing, ds.AcquisitionContextSequence, ds.DetectorType = ["0.1", "0.1"], [], "DIRECT"
    ds.PixelIntensityRelationship, ds.PixelIntensityRelationshipSign = "LOG", -1
    ds.RescaleIntercept, ds.RescaleSlope, ds.RescaleType = "0", "1", "US"
    return ds


@kind(
    "mammogram",
    "Mammogram, MONOCHROME1, two VOI LUTs and a window",
    DigitalMammographyXRayImageStorageForPresentation,
    traits=("native", "shown"),
)
def mammogram(study: Study) -> Iterator[Instance]:
    ds = _radiograph(study, DigitalMammographyXRayImageStorageForPresentation, "MG")
    ds.OrganExposed, ds.BodyPartExamined, ds.ViewPosition = "BREAST", "BREAST", "CC"
    ds.ViewCodeSequence = [code("399162004", "SCT", "cranio-caudal")]
    pixels.set_native(ds, pictures.steps(14, 63, 12), "MONOCHROME1")
    ds.PresentationLUTShape = "INVERSE"
    ds.VOILUTSequence = [
        lut(2048, 1000, 10, lambda value: value // 2),
        lut(1024, 0, 12, lambda value: min(4095, value * 4)),
    ]
    ds.WindowCenter, ds.WindowWidth = "2000", "2500"
    yield study.instance(ds)


@kind(
    "digital-x-ray",
    "Digital X-Ray, 14 bit, VOI LUT of 65,536 entries",
    DigitalXRayImageStorageForPresentation,
    traits=("native", "shown"),
)
def digital_x_ray(study: Study) -> Iterator[Instance]:
    ds = _radiograph(study, DigitalXRayImageStorageForPresentation, "DX")
    ds.BodyPartExamined = "HAND"
    pixels.set_native(ds, pictures.steps(18, 50, 14))
    ds.PresentationLUTShape = "IDENTITY"
    ds.VOILUTSequence = [lut(65536, 0, 16, lambda value: min(65535, max(0, value - 6000) * 16))]
    yield study.instance(ds)


@kind(
    "enhanced-mr",
    "Enhanced MR, a rescale for each frame, one window",
    EnhancedMRImageStorage,
    traits=("native", "frames", "shown"),
)
def enhanced_mr(study: Study) -> Iterator[Instance]:
    ds = multi_frame(study, EnhancedMRImageStorage, "MR")
    ds.ImageType = ["ORIGINAL", "PRIMARY", "PROTON_DENSITY", "NONE"]
    ds.PixelPresentation, ds.VolumetricProperties, ds.VolumeBasedCalculationTechnique = "MONOCHROME", "VOLUME", "NONE"
    ds.ComplexImageComponent, ds.AcquisitionContrast, ds.ResonantNucleus = "MAGNITUDE", "PROTON_DENSITY", "1H"
    ds.AcquisitionDateTime, ds.AcquisitionDuration, ds.MagneticFieldStrength = "20240229101500", 1.0, 1.5
    ds.ContentQualification, ds.BurnedInAnnotation, ds.PresentationLUTShape = "RESEARCH", "NO", "IDENTITY"
    window = Dataset()
    window.WindowCenter, window.WindowWidth = "1500", "3500"
    ds.SharedFunctionalGroupsSequence[0].FrameVOILUTSequence = [window]
    for frame, slope in zip(ds.PerFrameFunctionalGroupsSequence, SLOPES, strict=True):
        rescale = Dataset()
        rescale.RescaleSlope, rescale.RescaleIntercept, rescale.RescaleType = slope, "0", "US"
        frame.PixelValueTransformationSequence = [rescale]
    pixels.set_native(ds, pictures.grey(14, 17, 12, frames=FRAMES))
    yield study.instance(ds)


@kind(
    "state-over-a-table",
    "Presentation state whose window replaces a VOI LUT",
    GrayscaleSoftcopyPresentationStateStorage,
    traits=("pixelless", "bulkless"),
)
def state_over_a_table(study: Study) -> Iterator[Instance]:
    """An image with an inverting table, and a state that shows it with a window instead (PS3.3 C.11.8)."""
    image = secondary_capture(study)
    pixels.set_native(image, pictures.steps(16, 64, 8))
    image.VOILUTSequence = [lut(256, 0, 8, lambda value: 255 - value)]
    yield study.instance(image)
    window = Dataset()
    window.WindowCenter, window.WindowWidth = "100", "120"
    yield study.instance(_state(study, [image], [window]))


@kind(
    "state-of-two-images",
    "Presentation state with a window for each of two images",
    GrayscaleSoftcopyPresentationStateStorage,
    traits=("pixelless", "bulkless"),
)
def state_of_two_images(study: Study) -> Iterator[Instance]:
    """Two equal images, and a state that shows the first brighter than the second."""
    images, windows = [], []
    for number, center in ((1, "60"), (2, "180")):
        image, window = secondary_capture(study, number=number), Dataset()
        pixels.set_native(image, pictures.steps(16, 64, 8))
        yield study.instance(image)
        window.WindowCenter, window.WindowWidth, window.ReferencedImageSequence = center, "100", [reference(image)]
        images.append(image)
        windows.append(window)
    yield study.instance(_state(study, images, windows))


def _state(study: Study, images: list[Dataset], windows: list[Dataset]) -> Dataset:
    """A presentation state of images of one series, with windows (PS3.3 A.33.1)."""
    state = study.data_set(GrayscaleSoftcopyPresentationStateStorage, "PR", series=2)
    state.ContentLabel, state.ContentDescription, state.ContentCreatorName = "WINDOW", "", ""
    state.PresentationCreationDate, state.PresentationCreationTime = state.StudyDate, state.StudyTime
    referenced, area = Dataset(), Dataset()
    referenced.SeriesInstanceUID = images[0].SeriesInstanceUID
    referenced.ReferencedImageSequence = [reference(image) for image in images]
    state.ReferencedSeriesSequence = [referenced]
    area.DisplayedAreaTopLeftHandCorner, area.DisplayedAreaBottomRightHandCorner = [1, 1], [64, 16]
    area.PresentationSizeMode, area.PresentationPixelAspectRatio = "SCALE TO FIT", [1, 1]
    state.DisplayedAreaSelectionSequence = [area]
    state.SoftcopyVOILUTSequence, state.PresentationLUTShape = windows, "IDENTITY"
    return state


@kind("segmentation-several", "Segmentation, 1 bit, two segments, 4 frames of 35 bits", SegmentationStorage)
def segmentation_several(study: Study) -> Iterator[Instance]:
    """Two frames of each segment, of which only the first begins at a byte (PS3.5 8.1.1)."""
    ds = multi_frame(study, SegmentationStorage, "SEG", frames=4)
    ds.ImageType, ds.SegmentationType = ["DERIVED", "PRIMARY"], "BINARY"
    ds.BitsAllocated = ds.BitsStored = 1
    ds.HighBit = ds.PixelRepresentation = 0
    ds.SegmentSequence = [segment(), segment()]
    ds.SegmentSequence[1].SegmentNumber, ds.SegmentSequence[1].SegmentLabel = 2, "Other pattern"
    for number, frame in zip((1, 1, 2, 2), ds.PerFrameFunctionalGroupsSequence, strict=True):
        identification = Dataset()
        identification.ReferencedSegmentNumber = number
        frame.SegmentIdentificationSequence = [identification]
    bits = [(pixel * 3 % (frame + 2)) == 0 for frame in range(4) for pixel in range(ds.Rows * ds.Columns)]
    packed = sum(bit << at for at, bit in enumerate(bits)).to_bytes((len(bits) + 7) // 8, "little")
    ds.add_new("PixelData", "OB", packed + b"\0" * (len(packed) % 2))
    yield study.instance(ds)


@kind(
    "slide-pyramid",
    "Whole slide: two levels, label and overview",
    VLWholeSlideMicroscopyImageStorage,
    traits=("native", "frames"),
)
def slide_pyramid(study: Study) -> Iterator[Instance]:
    """One series: a level of six tiles, one of two, and two images of one frame, as a scanner sends them."""
    for number, (flavour, rows, columns, labelled) in enumerate(FLAVOURS, 1):
        ds = slide(study, (rows, columns), f"{0.036 / columns:.6f}", number)
        ds.ImageType = ["ORIGINAL", "PRIMARY", flavour, "NONE"]
        ds.BurnedInAnnotation = ds.SpecimenLabelInImage = labelled
        tiled = flavour == "VOLUME"
        tiles = -(-rows // 10) * -(-columns // 12) if tiled else 1
        pixels.set_native(ds, pictures.colours(*((10, 12) if tiled else (rows, columns)), frames=1))
        frame = ds.PixelData[: ds.Rows * ds.Columns * 3]
        data = b"".join(bytes(value ^ (at * 17 + number) for value in frame) for at in range(tiles))
        ds.NumberOfFrames, ds.PixelData = tiles, data + b"\0" * (len(data) % 2)
        yield study.instance(ds)
