"""Metadata that viewers need to show an image, and to measure in it."""

from __future__ import annotations

import pytest

from conformance.dicomweb import dicom_json
from conformance.kit import check, expect
from conformance.viewers import reading

PIXELS = (
    *("SOPClassUID", "Modality", "Rows", "Columns", "SamplesPerPixel", "PhotometricInterpretation"),
    *("BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation", "PlanarConfiguration", "NumberOfFrames"),
)
PLACE = (
    *("FrameOfReferenceUID", "PixelSpacing", "ImagePositionPatient", "ImageOrientationPatient", "SliceThickness"),
    *("SequenceOfUltrasoundRegions",),
)
GREYS = (
    *("RescaleSlope", "RescaleIntercept", "RescaleType", "WindowCenter", "WindowWidth", "VOILUTFunction"),
    *("PixelPaddingValue",),
)
SLIDE = (
    *("ImageType", "TotalPixelMatrixRows", "TotalPixelMatrixColumns", "ImageOrientationSlide", "NumberOfFrames"),
    *("FrameOfReferenceUID", "ContainerIdentifier", "DimensionOrganizationType", "SharedFunctionalGroupsSequence"),
)
FUNCTIONAL = ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence")
AVAILABLE, OF_FILE = "00083002", "00020010"


def shown(endpoint, stored, kind, keywords):
    """The metadata of a series, which viewers request, have these attributes of its first instance."""
    instance = stored(kind)[0]

    response = endpoint.fetch(f"{instance.series_path}/metadata")

    uid = instance.sop_instance_uid
    found = next((ds for ds in reading.array(response) if dicom_json.text(ds, "SOPInstanceUID") == uid), None)
    reading.shown(expect.present(f"the instance {uid}", found, response), instance.dataset, keywords, response)


@check("VIEWER-META-PIXELS")
@pytest.mark.parametrize("kind", ["sample", "ct-16", "dx", "palette", "us-multiframe", "enhanced-ct"])
def test_attributes_of_the_pixels(endpoint, stored, kind):
    """Metadata have the attributes by which frames are found and decoded."""
    shown(endpoint, stored, kind, PIXELS)


@check("VIEWER-META-PLACE")
@pytest.mark.parametrize("kind", ["ct-16", "us-multiframe", "rt-dose"])
def test_attributes_of_the_place(endpoint, stored, kind):
    """Metadata have the attributes by which images are measured, sorted and stacked to a volume."""
    shown(endpoint, stored, kind, PLACE)


@check("VIEWER-META-GREYS")
@pytest.mark.parametrize("kind", ["ct-16", "rescale", "several-windows", "sigmoid", "padding"])
def test_attributes_of_the_greys(endpoint, stored, kind):
    """Metadata have the attributes by which samples become greys."""
    shown(endpoint, stored, kind, GREYS)


@check("VIEWER-META-FRAMES")
@pytest.mark.parametrize("kind", ["enhanced-ct", "seg-fractional"])
def test_attributes_of_each_frame(endpoint, stored, kind):
    """Metadata have the functional groups of a multi-frame image, an item for each frame."""
    shown(endpoint, stored, kind, FUNCTIONAL)


@check("VIEWER-META-SLIDE")
def test_attributes_of_a_whole_slide(endpoint, stored):
    """Metadata have the attributes by which the tiles of a whole slide are placed."""
    shown(endpoint, stored, "whole-slide", SLIDE)


@check("VIEWER-META-SYNTAX")
def test_transfer_syntax_of_a_video(endpoint, stored):
    """Metadata name the transfer syntax of a video in (0008,3002), or in (0002,0010), by which it is known as one."""
    instance = stored("mpeg4")[0]
    wanted = str(instance.dataset.file_meta.TransferSyntaxUID)

    response = endpoint.fetch(f"{instance.series_path}/metadata")

    ds = reading.array(response)[0]
    found = dicom_json.text(ds, AVAILABLE) or dicom_json.text(ds, OF_FILE)
    expect.equal("AvailableTransferSyntaxUID", found, wanted, response)
