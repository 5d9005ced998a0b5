"""Faults of a server that takes a value for something else: for its own answer, for a number, for nothing."""

from __future__ import annotations

import re
from typing import Any

from PIL import Image
from pydicom import Dataset
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from ..app import Origin
from ..archive import Instance
from ..attributes import tag
from ..dicom_json import Json
from ..multipart import Content
from ..pixels import Pixels
from ..query import Query
from ..raw import elements
from ..rendering import Rendering
from ..target import Target
from .altered import query, refused, request_fault
from .nested import OF_A_STORE, RefusingStore
from .registry import fault

NAMES = re.compile("(?i)(name|00100010|00080090)$")
SKIPPED = re.compile(r"(?i)\b(and|do|the|will)\b")
NOTHING = {"null", "none", "nan", "undefined"}
COUNTS = ("NumberOfStudyRelatedSeries", "NumberOfStudyRelatedInstances", "NumberOfSeriesRelatedInstances")
JPEG_LOSSLESS = "1.2.840.10008.1.2.4.70"
JPEG_2000 = {"1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91"}


def value(instance: Instance, keyword: str) -> Any:
    """The first value of an attribute of an instance; None if there is none."""
    return instance.attributes.get(tag(keyword), {}).get("Value", [None])[0]


class SentAlong(Origin):
    """Returns some attributes as an instance has them, if it has."""

    computed: tuple[str, ...] = ()

    def result(self, found: Json, query: Query, target: Target, level: str) -> Json:
        result = super().result(found, query, target, level)
        first = self.archive.find(Target(found[tag("StudyInstanceUID")]["Value"][0]))[0].attributes
        return {name: first.get(name, own) if name in map(tag, self.computed) else own for name, own in result.items()}


@fault(
    "numbers-are-the-sent-ones",
    breaks=("SEARCH-ATTR-STUDY-00201206", "SEARCH-ATTR-STUDY-00201208", "SEARCH-ATTR-SERIES-00201209"),
    says=" is 77",
    seen=("medplum/medplum!10150",),
)
class NumbersAreTheSentOnes(SentAlong):
    """Returns the numbers of series and instances that were sent in an instance, if there are any."""

    computed = COUNTS


@fault(
    "modalities-are-the-sent-ones",
    breaks=("SEARCH-ATTR-STUDY-00080061",),
    says="ModalitiesInStudy is 'CT",
    seen=("medplum/medplum!10150",),
)
class ModalitiesAreTheSentOnes(SentAlong):
    """Returns the modalities of a study that were sent in an instance, if there are any."""

    computed = ("ModalitiesInStudy",)


class ForgettingWords(Origin):
    """Finds nothing by some values."""

    def forgets(self, name: str, text: str) -> bool:
        """True if a key with this value matches nothing."""
        raise NotImplementedError

    def query(self, request: Request, target: Target, level: str) -> Query:
        forgotten = any(self.forgets(name, text) for name, text in request.query_params.multi_items())
        found = super().query(request, target, level)
        return Nothing(request.query_params.multi_items(), target, level) if forgotten else found


class Nothing(Query):
    """A query that nothing satisfies."""

    def matches(self, attributes: Json) -> bool:
        return False


@fault(
    "common-words-are-skipped",
    breaks=("SEARCH-CHAR-001",),
    says="with ReferringPhysicianName",
    seen=("microsoft/dicom-server!70",),
)
class CommonWordsAreSkipped(ForgettingWords):
    """Finds no name with a word that its full-text index skips, such as Will or The."""

    def forgets(self, name: str, text: str) -> bool:
        return bool(NAMES.search(name) and SKIPPED.search(text))


@fault("null-is-no-value", breaks=("SEARCH-CHAR-001",), says="with StudyID")
class NullIsNoValue(ForgettingWords):
    """Takes the text NULL in a Study ID for the lack of a value."""

    def forgets(self, name: str, text: str) -> bool:
        return name == "StudyID" and text.lower() in NOTHING


@fault(
    "number-that-is-none-is-500",
    breaks=("STOW-BEH-016", "STOW-BEH-017"),
    says=" is 500",
    seen=("fo-dicom/fo-dicom#1355",),
)
class NumberThatIsNoneIs500(RefusingStore):
    """Returns 500 for the store of a decimal string that is not a number."""

    def fails(self, ds: Dataset) -> bool:
        texts = [raw.value.decode("latin-1") for _, raw in elements(ds) if raw.VR == "DS" and raw.value]
        numbers = (number.strip(" \0") for text in texts for number in text.split("\\"))
        return any(number and not re.fullmatch(r"[+-]?[0-9.]+([eE][+-]?[0-9]+)?", number) for number in numbers)


@fault(
    "creator-of-two-values-is-500",
    breaks=("STOW-BEH-016",),
    says="status is 500",
    seen=("microsoft/dicom-server!1942",),
)
class CreatorOfTwoValuesIs500(Origin):
    """Returns 500 for metadata with a Private Creator of two values."""

    def metadata(self, request: Request) -> Response:
        for instance in self.instances(Target.of(request)):
            for name, attribute in instance.attributes.items():
                if int(name[3], 16) % 2 and name[4:6] == "00" and len(attribute.get("Value", [])) > 1:
                    raise HTTPException(500, "the data element has more than one value")
        return super().metadata(request)


@fault(
    "empty-item-is-500",
    breaks=("STOW-BEH-016", "STOW-BEH-017"),
    says=" is 500",
    seen=("dcm4che/dcm4chee-arc-light#348",),
)
class EmptyItemIs500(RefusingStore):
    """Returns 500 for the store of an issuer's item without content."""

    def fails(self, ds: Dataset) -> bool:
        return any(not item for item in ds.get("IssuerOfAccessionNumberSequence", []))


@fault(
    "unknown-character-set-is-500",
    breaks=("STOW-BEH-016", "STOW-BEH-017"),
    says=" is 500",
    seen=("pydicom/pynetdicom#201",),
)
class UnknownCharacterSetIs500(RefusingStore):
    """Returns 500 for the store of a data set with a misspelt character set."""

    def fails(self, ds: Dataset) -> bool:
        return "ISO IR 192" in str(ds.get("SpecificCharacterSet", ""))


@fault(
    "search-for-an-incomplete-item-is-500",
    breaks=("STOW-BEH-016",),
    says="status is 500",
    seen=("dcm4che/dcm4chee-arc-light#2761",),
)
class SearchForAnIncompleteItemIs500(Origin):
    """Returns 500 for a search whose match has Original Attributes without their date."""

    def result(self, found: Json, query: Query, target: Target, level: str) -> Json:
        study = Target(found[tag("StudyInstanceUID")]["Value"][0])
        for instance in self.archive.find(study) if level == "study" else []:
            for item in instance.attributes.get(tag("OriginalAttributesSequence"), {}).get("Value", []):
                if tag("AttributeModificationDateTime") not in item:
                    raise HTTPException(500, "a date is missing")
        return super().result(found, query, target, level)


@fault("second-character-set-is-500", breaks=OF_A_STORE, says=" is 500", seen=("dcm4che/dcm4chee-arc-light#2506",))
class SecondCharacterSetIs500(Origin):
    """Returns 500 for the store of an instance into a study in UTF-8 whose first instance is in Latin-1."""

    def admit(self, instance: Instance, target: Target) -> None:
        super().admit(instance, target)
        others = {value(other, "SpecificCharacterSet") for other in self.archive.find(Target(instance.study))}
        if "ISO_IR 100" in others and value(instance, "SpecificCharacterSet") == "ISO_IR 192":
            raise HTTPException(500, "character sets ISO_IR 100 and ISO_IR 192 are not compatible")


@fault("uniform-image-is-500", breaks=("RETRIEVE-REND-001",), says="status is 500", seen=("dcm4che/dcm4che!769",))
class UniformImageIs500(Origin):
    """Returns 500 for the rendering of an image without a window whose pixels are all alike."""

    def render(self, instance: Instance, source: Pixels, number: int, asked: Rendering) -> Image.Image:
        if asked.window is None and value(instance, "WindowCenter") is None and source.image.BitsAllocated == 16:
            frame = source.decoded(source.contents[number - 1]).read()
            if frame == frame[:2] * (len(frame) // 2):
                raise HTTPException(500, "division by zero")
        return super().render(instance, source, number, asked)


@fault(
    "whole-palette-is-black",
    breaks=("RETRIEVE-REND-016",),
    says="palette color lookup tables",
    seen=("cornerstonejs/cornerstoneWADOImageLoader!35",),
)
class WholePaletteIsBlack(Origin):
    """Renders an image black whose palette has 65,536 entries, a number that its descriptor gives as 0."""

    def render(self, instance: Instance, source: Pixels, number: int, asked: Rendering) -> Image.Image:
        shown = super().render(instance, source, number, asked)
        descriptor = source.image.get("RedPaletteColorLookupTableDescriptor")
        return Image.new("RGB", shown.size) if descriptor and not descriptor[0] else shown


@fault(
    "overlay-in-pixels-is-500",
    breaks=("RETRIEVE-REND-001",),
    says="status is 500",
    seen=("fo-dicom/fo-dicom#138",),
)
class OverlayInPixelsIs500(Origin):
    """Returns 500 for the rendering of an image with an overlay in its unused bits."""

    def render(self, instance: Instance, source: Pixels, number: int, asked: Rendering) -> Image.Image:
        if "60000102" in instance.attributes and "60003000" not in instance.attributes:
            raise HTTPException(500, "index was out of range")
        return super().render(instance, source, number, asked)


@fault(
    "overlay-without-rows-is-500",
    breaks=("STOW-BEH-016",),
    says="status is 500",
    seen=("dcm4che/dcm4chee-arc-light#3390",),
)
class OverlayWithoutRowsIs500(Origin):
    """Returns 500 for the rendering of an image with an overlay without rows."""

    def render(self, instance: Instance, source: Pixels, number: int, asked: Rendering) -> Image.Image:
        if instance.attributes.get("60000010", {}).get("Value") == [0]:
            raise HTTPException(500, "overlay rows: 0")
        return super().render(instance, source, number, asked)


@fault(
    "luminance-is-red",
    breaks=("RETRIEVE-REND-016",),
    says=": stored samples",
    seen=("fo-dicom/fo-dicom#1497",),
)
class LuminanceIsRed(Origin):
    """Renders YBR_FULL in JPEG Lossless as if it were RGB."""

    def render(self, instance: Instance, source: Pixels, number: int, asked: Rendering) -> Image.Image:
        if source.compressed == JPEG_LOSSLESS and source.image.PhotometricInterpretation == "YBR_FULL":
            source.image.PhotometricInterpretation = "RGB"
        return super().render(instance, source, number, asked)


@fault(
    "luminance-in-jpeg-2000-is-red",
    breaks=("RETRIEVE-REND-016",),
    says=": stored samples",
    seen=("nroduit/Weasis#488",),
)
class LuminanceInJpeg2000IsRed(Origin):
    """Renders YBR_FULL in JPEG 2000 as if it were RGB."""

    def render(self, instance: Instance, source: Pixels, number: int, asked: Rendering) -> Image.Image:
        if source.compressed in JPEG_2000 and source.image.PhotometricInterpretation == "YBR_FULL":
            source.image.PhotometricInterpretation = "RGB"
        return super().render(instance, source, number, asked)


@fault(
    "fifteen-bits-are-sixteen",
    breaks=("RETRIEVE-FRAMES-010",),
    says="the frame in part 1 is",
    seen=("DraconPern/fmjpeg2koj#6",),
)
class FifteenBitsAreSixteen(Origin):
    """Decodes JPEG 2000 of 15 bits as if it had 16."""

    def decoded(self, source: Pixels, content: Content) -> Content:
        found = super().decoded(source, content)
        if source.compressed not in JPEG_2000 or source.image.BitsStored != 15:
            return found
        samples = found.read()
        words = (int.from_bytes(samples[at : at + 2], "little") << 1 for at in range(0, len(samples), 2))
        return Content(b"".join((word & 0xFFFF).to_bytes(2, "little") for word in words))


@request_fault(
    "asterisk-as-a-date-is-500",
    breaks=("SEARCH-STATUS-003",),
    says="status is 500",
    seen=("dcm4che/dcm4chee-arc-light#431",),
)
def asterisk_as_a_date_is_500(request: Request) -> Response | None:
    """Returns 500 for `*` as a date or time."""
    return refused(500) if re.search(r"(Date|Time)=(\*|%2A)(&|$)", query(request)) else None
