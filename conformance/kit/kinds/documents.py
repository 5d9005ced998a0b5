"""Kinds without pixel data: a report, a PDF, a presentation state and a waveform."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from pydicom import Dataset
from pydicom.uid import (
    BasicTextSRStorage,
    EncapsulatedPDFStorage,
    GeneralECGWaveformStorage,
    GrayscaleSoftcopyPresentationStateStorage,
)

from conformance.kit.instances import Instance
from conformance.kit.kinds import pictures
from conformance.kit.kinds.kind import Study, kind
from conformance.kit.kinds.modules import code, ct_slice, reference

FINDING = ("121071", "DCM", "Finding")


def basic_text_sr(study: Study, series: int = 1) -> Dataset:
    """A Basic Text SR (PS3.3 A.35.1): a section with text in several scripts in a section, and the observer before."""
    ds = study.data_set(BasicTextSRStorage, "SR", series)
    ds.ReferencedPerformedProcedureStepSequence = []
    ds.PerformedProcedureCodeSequence = []
    ds.CompletionFlag, ds.VerificationFlag, ds.PreliminaryFlag = "COMPLETE", "UNVERIFIED", "FINAL"
    ds.ValueType, ds.ContinuityOfContent = "CONTAINER", "SEPARATE"
    ds.ConceptNameCodeSequence = [code("18748-4", "LN", "Diagnostic imaging report")]
    observer = content_item("HAS OBS CONTEXT", "PNAME", ("121008", "DCM", "Person Observer Name"))
    observer.PersonName = "Yamada^Tarou=山田^太郎=やまだ^たろう"
    section = content_item("CONTAINS", "CONTAINER", ("121070", "DCM", "Findings"))
    section.ContinuityOfContent = "SEPARATE"
    part = content_item("CONTAINS", "CONTAINER", ("121070", "DCM", "Findings"))
    part.ContinuityOfContent = "SEPARATE"
    part.ContentSequence, section.ContentSequence = list(_findings()), [part]
    ds.ContentSequence = [observer, section]
    return ds


def _findings() -> Iterator[Dataset]:
    text = content_item("CONTAINS", "TEXT", FINDING)
    text.TextValue = "No change.\r\nKein Befund: Größe 5 µm. Ευρήματα: ουδέν. 所見なし"
    yield text
    coded = content_item("CONTAINS", "CODE", FINDING)
    coded.ConceptCodeSequence = [code("17621005", "SCT", "Normal")]
    yield coded
    date = content_item("CONTAINS", "DATETIME", ("121120", "DCM", "Cine Start DateTime"))
    date.DateTime = "20240229101500.5+0100"
    yield date


def content_item(relationship: str, value_type: str, concept: tuple[str, str, str]) -> Dataset:
    """A content item without its value (PS3.3 C.17.3)."""
    item = Dataset()
    item.RelationshipType, item.ValueType = relationship, value_type
    item.ConceptNameCodeSequence = [code(*concept)]
    return item


@kind("sr", "Basic Text SR", BasicTextSRStorage, traits=("pixelless", "bulkless"))
def sr(study: Study) -> Iterator[Instance]:
    yield study.instance(basic_text_sr(study))


@kind("pdf", "Encapsulated PDF", EncapsulatedPDFStorage, traits=("pixelless",))
def pdf(study: Study) -> Iterator[Instance]:
    ds = study.data_set(EncapsulatedPDFStorage, "DOC")
    ds.ConversionType = "SYN"
    ds.AcquisitionDateTime = ""
    ds.BurnedInAnnotation = "NO"
    ds.DocumentTitle = "One page"
    ds.ConceptNameCodeSequence = []
    ds.MIMETypeOfEncapsulatedDocument = "application/pdf"
    document = one_page_pdf()
    ds.EncapsulatedDocument = document + b"\0" * (len(document) % 2)
    ds.EncapsulatedDocumentLength = len(document)
    yield study.instance(ds)


def one_page_pdf() -> bytes:
    """A PDF (ISO 32000-1) of one page that says DICOMweb."""
    content = b"BT /F1 24 Tf 20 40 Td (DICOMweb) Tj ET"
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 100] /Contents 4 0 R /Resources 6 0 R >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< /Font << /F1 5 0 R >> >>",
    )
    made, table = b"%PDF-1.4\n", b"0000000000 65535 f \n"
    for number, body in enumerate(objects, 1):
        table += b"%010d 00000 n \n" % len(made)
        made += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    size = len(objects) + 1
    trailer = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, len(made))
    return made + b"xref\n0 %d\n" % size + table + trailer


@kind(
    "presentation-state",
    "Presentation state of the second of two CT slices",
    GrayscaleSoftcopyPresentationStateStorage,
    traits=("pixelless", "bulkless"),
)
def presentation_state(study: Study) -> Iterator[Instance]:
    """A Grayscale Softcopy Presentation State (PS3.3 A.33.1), after the slices, of which it refers to the second."""
    slices = [ct_slice(study, pictures.hounsfield(32, 32, number), number) for number in (1, 2)]
    for ds in slices:
        yield study.instance(ds)
    state = study.data_set(GrayscaleSoftcopyPresentationStateStorage, "PR", series=2)
    state.BodyPartExamined = "CHEST"
    state.ContentLabel, state.ContentDescription, state.ContentCreatorName = "WINDOW", "A narrow window", ""
    state.PresentationCreationDate, state.PresentationCreationTime = state.StudyDate, state.StudyTime
    referenced, area, window = Dataset(), Dataset(), Dataset()
    referenced.SeriesInstanceUID = slices[1].SeriesInstanceUID
    referenced.ReferencedImageSequence = [reference(slices[1])]
    state.ReferencedSeriesSequence = [referenced]
    area.DisplayedAreaTopLeftHandCorner, area.DisplayedAreaBottomRightHandCorner = [1, 1], [32, 32]
    area.PresentationSizeMode, area.PresentationPixelSpacing = "SCALE TO FIT", ["0.5", "0.5"]
    state.DisplayedAreaSelectionSequence = [area]
    state.RescaleIntercept, state.RescaleSlope, state.RescaleType = "0", "1", "HU"
    window.WindowCenter, window.WindowWidth = "40", "80"
    state.SoftcopyVOILUTSequence = [window]
    state.PresentationLUTShape = "IDENTITY"
    yield study.instance(state)


@kind("waveform", "General ECG, 2 channels", GeneralECGWaveformStorage, traits=("pixelless",))
def waveform(study: Study) -> Iterator[Instance]:
    """Twelve samples of 16 bit per channel (PS3.3 A.34.4)."""
    yield _ecg(study, 12, 100)


@kind("long-waveform", "General ECG, 2 channels of 5,000 samples", GeneralECGWaveformStorage, traits=("pixelless",))
def long_waveform(study: Study) -> Iterator[Instance]:
    """Ten seconds, as every ECG has them: 20 kB of binary values in an item."""
    yield _ecg(study, 5000, 7)


def _ecg(study: Study, number: int, step: int) -> Instance:
    ds = study.data_set(GeneralECGWaveformStorage, "ECG")
    ds.AcquisitionDateTime = "20240229101500"
    ds.AcquisitionContextSequence = []
    group = Dataset()
    group.WaveformOriginality = "ORIGINAL"
    group.NumberOfWaveformChannels, group.NumberOfWaveformSamples, group.SamplingFrequency = 2, number, "500"
    group.ChannelDefinitionSequence = [_lead("2:1", "Lead I"), _lead("2:2", "Lead II")]
    group.WaveformBitsAllocated, group.WaveformSampleInterpretation = 16, "SS"
    heights = [step * sample % 1200 - 550 for sample in range(number)]
    samples = [value for height in heights for value in (height, -height)]
    group.add_new("WaveformData", "OW", struct.pack(f"<{len(samples)}h", *samples))
    ds.WaveformSequence = [group]
    return study.instance(ds)


def _lead(value: str, meaning: str) -> Dataset:
    channel = Dataset()
    channel.ChannelSourceSequence = [code(value, "MDC", meaning)]
    channel.ChannelSensitivity, channel.ChannelSensitivityCorrectionFactor, channel.ChannelBaseline = "1", "1", "0"
    channel.ChannelSensitivityUnitsSequence = [code("uV", "UCUM", "microvolt")]
    channel.ChannelSampleSkew, channel.WaveformBitsStored = "0", 16
    return channel
