"""Softcopy presentation states: the images that they show, and how (PS3.3 C.11.6, C.11.8, C.10.6; PS3.18 8.3.5.1.6)."""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image
from pydicom import Dataset, dcmread

from .archive import Instance
from .attributes import tag
from .target import Target

MODALITY = ("RescaleSlope", "RescaleIntercept", "ModalityLUTSequence")
VOI = ("WindowCenter", "WindowWidth", "VOILUTFunction", "VOILUTSequence")
CLOCKWISE = {90: Image.Transpose.ROTATE_270, 180: Image.Transpose.ROTATE_180, 270: Image.Transpose.ROTATE_90}


@dataclass(frozen=True)
class Reference:
    """An image that a presentation state shows, and the numbers of its frames that it shows."""

    target: Target
    frames: tuple[int, ...] = (1,)


def is_state(instance: Instance) -> bool:
    """True if an instance is a presentation state of other images."""
    return "Value" in instance.attributes.get(tag("ReferencedSeriesSequence"), {}) and (
        instance.attributes.get(tag("Modality"), {}).get("Value") == ["PR"]
    )


def state_of(instance: Instance) -> Dataset:
    """The data set of a presentation state."""
    return dcmread(instance.path)


def references(state: Dataset) -> list[Reference]:
    """The images that a state shows, in its order; they are in its study."""
    found = []
    for series in state.ReferencedSeriesSequence:
        for image in series.get("ReferencedImageSequence") or []:
            uids = series.get("SeriesInstanceUID", ""), image.get("ReferencedSOPInstanceUID", "")
            target = Target(state.StudyInstanceUID, *uids)
            numbers = image.get("ReferencedFrameNumber") or 1
            frames = (numbers,) if isinstance(numbers, int) else tuple(numbers)
            found.append(Reference(target, tuple(int(number) for number in frames)))
    return found


def apply(state: Dataset, image: Dataset) -> None:
    """Give an image the modality and VOI transformation of a state instead of its own."""
    for group in ("PerFrameFunctionalGroupsSequence", "SharedFunctionalGroupsSequence"):
        image.pop(group, None)
    voi = next((item for item in state.get("SoftcopyVOILUTSequence") or [] if _is_for(item, image)), Dataset())
    for source, keywords in ((state, MODALITY), (voi, VOI)):
        for keyword in keywords:
            image.pop(keyword, None)
            if keyword in source:
                image[keyword] = source[keyword]
    # The presentation LUT gives P-values: its direction replaces that of the image.
    image.PhotometricInterpretation = "MONOCHROME2"
    image.PresentationLUTShape = state.get("PresentationLUTShape", "IDENTITY")


def turned(state: Dataset, picture: Image.Image) -> Image.Image:
    """A picture turned clockwise and then mirrored, by a state."""
    angle = state.get("ImageRotation", 0)
    shown = picture.transpose(CLOCKWISE[angle]) if angle in CLOCKWISE else picture
    mirrored = state.get("ImageHorizontalFlip", "N") == "Y"
    return shown.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if mirrored else shown


def _is_for(item: Dataset, image: Dataset) -> bool:
    named = item.get("ReferencedImageSequence")
    return not named or image.SOPInstanceUID in [reference.get("ReferencedSOPInstanceUID") for reference in named]
