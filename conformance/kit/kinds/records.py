"""Kinds without pixels that an archive gets every day: PS3.3 A.19 and A.20 (RT), A.35 (SR), A.45 and A.85 (documents),
A.87 (annotations)."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from pydicom import Dataset
from pydicom.uid import (
    UID,
    Comprehensive3DSRStorage,
    EncapsulatedCDAStorage,
    EncapsulatedSTLStorage,
    KeyObjectSelectionDocumentStorage,
    MicroscopyBulkSimpleAnnotationsStorage,
    RTPlanStorage,
    RTStructureSetStorage,
)

from conformance.kit.instances import Instance
from conformance.kit.kinds.documents import content_item
from conformance.kit.kinds.kind import Study, Trait, kind
from conformance.kit.kinds.modules import code, reference, tiny_image

CDA = (
    b'<?xml version="1.0"?>\r\n\r\n<ClinicalDocument xmlns="urn:hl7-org:v3"><title>A &amp; B</title></ClinicalDocument>'
)
POINTS = 400  # of a contour, with three numbers each
WITHOUT: tuple[Trait, ...] = ("pixelless", "bulkless")


@kind("rt-structures", "RT Structure Set, a contour of 400 points", RTStructureSetStorage, traits=WITHOUT)
def rt_structures(study: Study) -> Iterator[Instance]:
    ds = study.data_set(RTStructureSetStorage, "RTSTRUCT")
    ds.StructureSetLabel, ds.StructureSetDate, ds.StructureSetTime = "PLAN", "20240229", "101500"
    ds.FrameOfReferenceUID = study.uid("frame of reference")
    region, contours, contour, observation = (Dataset() for _ in range(4))
    region.ROINumber, region.ROIName, region.ROIGenerationAlgorithm = 1, "Lung", "MANUAL"
    region.ReferencedFrameOfReferenceUID = ds.FrameOfReferenceUID
    contour.ContourGeometricType, contour.NumberOfContourPoints = "CLOSED_PLANAR", POINTS
    contour.ContourData = [f"{(-1) ** at * (at * 0.37 - 60):.2f}" for at in range(POINTS * 3)]
    contours.ROIDisplayColor, contours.ReferencedROINumber, contours.ContourSequence = ["255", "0", "7"], 1, [contour]
    observation.ObservationNumber, observation.ReferencedROINumber = 1, 1
    observation.RTROIInterpretedType, observation.ROIInterpreter = "ORGAN", ""
    ds.StructureSetROISequence, ds.ROIContourSequence = [region], [contours]
    ds.RTROIObservationsSequence = [observation]
    yield study.instance(ds)


@kind("rt-plan", "RT Plan, two beams of three control points", RTPlanStorage, traits=WITHOUT)
def rt_plan(study: Study) -> Iterator[Instance]:
    ds = study.data_set(RTPlanStorage, "RTPLAN")
    ds.RTPlanLabel, ds.RTPlanDate, ds.RTPlanTime, ds.RTPlanGeometry = "PLAN", "20240229", "101500", "TREATMENT_DEVICE"
    ds.BeamSequence = [_beam(number) for number in (1, 2)]
    yield study.instance(ds)


def _beam(number: int) -> Dataset:
    beam = Dataset()
    beam.BeamNumber, beam.BeamName, beam.BeamType, beam.RadiationType = number, f"B{number}", "STATIC", "PHOTON"
    beam.NumberOfControlPoints, beam.FinalCumulativeMetersetWeight = 3, "1"
    beam.ControlPointSequence = [Dataset() for _ in range(3)]
    for index, point in enumerate(beam.ControlPointSequence):
        point.ControlPointIndex, point.CumulativeMetersetWeight = index, f"{index / 2:g}"
        point.GantryAngle, point.IsocenterPosition = f"{180.5 + index:g}", ["-0.5", "1e-3", "12.25"]
    return beam


@kind("tid-1500", "Measurement report (TID 1500), Comprehensive 3D SR", Comprehensive3DSRStorage, traits=WITHOUT)
def tid_1500(study: Study) -> Iterator[Instance]:
    """An image, and the report that measures it: a number with its unit, five levels down."""
    image = tiny_image(study)
    yield study.instance(image)
    ds = _report(study, Comprehensive3DSRStorage, ("126000", "DCM", "Imaging Measurement Report"))
    number = content_item("CONTAINS", "NUM", ("410668003", "SCT", "Length"))
    measured = Dataset()
    measured.NumericValue, measured.FloatingPointValue = "12.345", 12.345
    measured.MeasurementUnitsCodeSequence = [code("mm", "UCUM", "millimeter")]
    number.MeasuredValueSequence = [measured]
    points = content_item("INFERRED FROM", "SCOORD", ("121055", "DCM", "Path"))
    points.GraphicType, points.GraphicData = "POLYLINE", [1.5, 2.25, 7.75, 0.1]
    shown = content_item("SELECTED FROM", "IMAGE", ("121112", "DCM", "Source of Measurement"))
    shown.ReferencedSOPSequence = [reference(image)]
    points.ContentSequence, number.ContentSequence = [shown], [points]
    group = content_item("CONTAINS", "CONTAINER", ("125007", "DCM", "Measurement Group"))
    group.ContinuityOfContent, group.ContentSequence = "SEPARATE", [number]
    measurements = content_item("CONTAINS", "CONTAINER", ("126010", "DCM", "Imaging Measurements"))
    measurements.ContinuityOfContent, measurements.ContentSequence = "SEPARATE", [group]
    ds.ContentSequence = [measurements]
    ds.CurrentRequestedProcedureEvidenceSequence = [_evidence(image)]
    yield study.instance(ds)


@kind("key-objects", "Key Object Selection of an image", KeyObjectSelectionDocumentStorage, traits=WITHOUT)
def key_objects(study: Study) -> Iterator[Instance]:
    image = tiny_image(study)
    yield study.instance(image)
    ds = _report(study, KeyObjectSelectionDocumentStorage, ("113000", "DCM", "Of Interest"), "KO")
    ds.ReferencedRequestSequence = []
    shown = content_item("CONTAINS", "IMAGE", ("121112", "DCM", "Source of Measurement"))
    del shown.ConceptNameCodeSequence
    shown.ReferencedSOPSequence = [reference(image)]
    ds.ContentSequence = [shown]
    ds.CurrentRequestedProcedureEvidenceSequence = [_evidence(image)]
    yield study.instance(ds)


def _report(study: Study, sop_class: UID, title: tuple[str, str, str], modality: str = "SR") -> Dataset:
    ds = study.data_set(sop_class, modality, series=2)
    ds.ReferencedPerformedProcedureStepSequence, ds.PerformedProcedureCodeSequence = [], []
    ds.CompletionFlag, ds.VerificationFlag, ds.PreliminaryFlag = "COMPLETE", "UNVERIFIED", "FINAL"
    ds.ValueType, ds.ContinuityOfContent, ds.ConceptNameCodeSequence = "CONTAINER", "SEPARATE", [code(*title)]
    return ds


def _evidence(image: Dataset) -> Dataset:
    """An item that names an image with its series and study (PS3.3 C.17.2.1)."""
    study, series = Dataset(), Dataset()
    series.SeriesInstanceUID, series.ReferencedSOPSequence = image.SeriesInstanceUID, [reference(image)]
    study.StudyInstanceUID, study.ReferencedSeriesSequence = image.StudyInstanceUID, [series]
    return study


@kind("cda", "Encapsulated CDA", EncapsulatedCDAStorage, traits=("pixelless",))
def cda(study: Study) -> Iterator[Instance]:
    ds = _document(study, EncapsulatedCDAStorage, "text/XML", CDA)
    ds.HL7InstanceIdentifier = "2.16.840.1.113883.19.5^1"
    yield study.instance(ds)


@kind("stl", "Encapsulated STL", EncapsulatedSTLStorage, traits=("pixelless",))
def stl(study: Study) -> Iterator[Instance]:
    """One triangle in binary: 134 bytes that begin with spaces."""
    solid = b" " * 80 + struct.pack("<L12fH", 1, *(0, 0, 1), *(0, 0, 0), *(1, 0, 0), *(0, 1, 0), 0)
    ds = _document(study, EncapsulatedSTLStorage, "model/stl", solid)
    ds.Modality, ds.FrameOfReferenceUID = "M3D", study.uid("frame of reference")
    ds.MeasurementUnitsCodeSequence = [code("mm", "UCUM", "millimeter")]
    yield study.instance(ds)


def _document(study: Study, sop_class: UID, mime_type: str, document: bytes) -> Dataset:
    ds = study.data_set(sop_class, "DOC")
    ds.ConversionType, ds.AcquisitionDateTime, ds.BurnedInAnnotation = "WSD", "", "NO"
    ds.DocumentTitle, ds.ConceptNameCodeSequence = "", []
    ds.MIMETypeOfEncapsulatedDocument = mime_type
    ds.EncapsulatedDocument = document + b"\0" * (len(document) % 2)
    ds.EncapsulatedDocumentLength = len(document)
    return ds


@kind(
    "annotations", "Microscopy Bulk Simple Annotations", MicroscopyBulkSimpleAnnotationsStorage, traits=("pixelless",)
)
def bulk_annotations(study: Study) -> Iterator[Instance]:
    """Four polygons: OF and OL of a kilobyte and of 16 bytes in an item."""
    yield study.instance(_annotated(study, repeated=1))


@kind(
    "many-annotations", "Annotations, coordinates of 2.4 MB", MicroscopyBulkSimpleAnnotationsStorage, traits=("many",)
)
def many_annotations(study: Study) -> Iterator[Instance]:
    """As many as the nuclei of a slide: a number in an item that is longer than most images."""
    yield study.instance(_annotated(study, repeated=2400))


def _annotated(study: Study, repeated: int) -> Dataset:
    """A group of annotations, four polygons so many times."""
    ds = study.data_set(MicroscopyBulkSimpleAnnotationsStorage, "ANN")
    ds.ContentLabel, ds.ContentDescription, ds.ContentCreatorName = "CELLS", "", ""
    ds.AnnotationCoordinateType, ds.PixelOriginInterpretation = "2D", "VOLUME"
    group = Dataset()
    group.AnnotationGroupNumber, group.AnnotationGroupUID, group.AnnotationGroupLabel = 1, study.uid("group"), "Nuclei"
    group.AnnotationGroupGenerationType, group.GraphicType = "MANUAL", "POLYGON"
    group.NumberOfAnnotations = 4 * repeated
    group.AnnotationAppliesToAllOpticalPaths = "YES"
    group.AnnotationPropertyCategoryCodeSequence = [code("91723000", "SCT", "Anatomical structure")]
    group.AnnotationPropertyTypeCodeSequence = [code("84640000", "SCT", "Nucleus")]
    group.PointCoordinatesData = struct.pack("<256f", *(at * 0.75 for at in range(256))) * repeated
    starts = range(1, 256 * repeated, 64)
    group.LongPrimitivePointIndexList = struct.pack(f"<{len(starts)}L", *starts)
    ds.AnnotationGroupSequence = [group]
    return ds
