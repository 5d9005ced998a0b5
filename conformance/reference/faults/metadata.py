"""Faults of metadata (PS3.18 10.4.1.1.2, 10.4.3.3.2)."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import accumulate
from operator import or_

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from ..app import Origin
from ..archive import Instance
from ..dicom_json import Json
from ..negotiation import Representation
from ..target import Target
from .registry import fault

BULK = {"OB", "OD", "OF", "OL", "OV", "OW", "UN"}
PIXELS = ("7FE00008", "7FE00009", "7FE00010")
NUMBER_OF_FRAMES, PATIENT_ID, WINDOW_CENTER = "00280008", "00100020", "00281050"
FRAME_GROUPS = "52009230"


@fault("series-has-no-metadata", breaks=("RETRIEVE-META-001",), says="status is 404, should be 200")
class SeriesHasNoMetadata(Origin):
    """Has no metadata of a series."""

    def described(self, target: Target) -> list[Instance]:
        if target.level == "series":
            raise HTTPException(404, "metadata are there for studies and instances")
        return super().described(target)


@fault("metadata-carry-over", breaks=("RETRIEVE-META-012",), says="there, as in another instance")
class MetadataCarryOver(Origin):
    """Gives an instance in the metadata of a series what the one before it has, where it has nothing itself."""

    def describe(self, document: Json | list[Json], form: Representation, locations: Iterable[str] = ()) -> Response:
        if isinstance(document, list) and locations:
            document = [dict(sorted(merged.items())) for merged in accumulate(document, or_)]
        return super().describe(document, form, locations)


@fault(
    "frames-are-described-in-order-of-text",
    breaks=("RETRIEVE-META-009",),
    says="DimensionIndexValues is 10, should be 2",
)
class FramesAreDescribedInOrderOfText(Origin):
    """Sorts the items of the Per-Frame Functional Groups in metadata by their numbers as text: 1, 10, 11, 2."""

    def data_set(self, instance: Instance, target: Target, base: str) -> Json:
        found = super().data_set(instance, target, base)
        groups = found.get(FRAME_GROUPS, {}).get("Value", [])
        order = sorted(range(len(groups)), key=lambda at: str(at + 1))
        return found | ({FRAME_GROUPS: {"vr": "SQ", "Value": [groups[at] for at in order]}} if groups else {})


@fault("metadata-default-is-xml", breaks=("RETRIEVE-META-002",), says="should be application/dicom+json")
class MetadataDefaultIsXml(Origin):
    """Returns metadata in XML to a client that accepts anything."""

    def metadata(self, request: Request) -> Response:
        self_chosen = request.headers.get("accept") == "*/*"
        return _as_xml(self, request) if self_chosen else super().metadata(request)


def _as_xml(origin: Origin, request: Request) -> Response:
    target = Target.of(request)
    data_sets = [origin.data_set(instance, target, "") for instance in origin.described(target)]
    return origin.describe(data_sets, Representation("application/dicom+xml", multipart=True))


@fault("metadata-only-in-json", breaks=("RETRIEVE-META-003",), says="status is 406, should be 200")
class MetadataOnlyInJson(Origin):
    """Returns 406 for metadata in XML."""

    def choose(self, request: Request, forms: list[Representation]) -> Representation:
        if request.url.path.endswith("/metadata"):
            forms = [form for form in forms if not form.multipart]
        return super().choose(request, forms)


@fault(
    "metadata-lack-number-of-frames",
    breaks=("RETRIEVE-META-004",),
    says="NumberOfFrames is absent",
    seen=("DICOMcloud/DICOMcloud#49", "dcmjs-org/dicomweb-server!35"),
)
class MetadataLackNumberOfFrames(Origin):
    """Omits Number of Frames from the metadata of a multi-frame image."""

    def data_set(self, instance: Instance, target: Target, base: str) -> Json:
        data_set = super().data_set(instance, target, base)
        data_set.pop(NUMBER_OF_FRAMES, None)
        return data_set


@fault("study-metadata-from-the-database", breaks=("RETRIEVE-META-012",), says="is absent")
class StudyMetadataFromTheDatabase(Origin):
    """Omits the attributes of private groups and of sequences from the metadata of a study."""

    def data_set(self, instance: Instance, target: Target, base: str) -> Json:
        data_set = super().data_set(instance, target, base)
        if target.level != "study":
            return data_set
        return {tag: item for tag, item in data_set.items() if item["vr"] != "SQ" and int(tag[:4], 16) % 2 == 0}


@fault("metadata-lack-bulk-attributes", breaks=("RETRIEVE-META-004", "RETRIEVE-META-005"), says="is absent")
class MetadataLackBulkAttributes(Origin):
    """Omits every attribute of OB, OD, OF, OL, OV, OW and UN from metadata."""

    def data_set(self, instance: Instance, target: Target, base: str) -> Json:
        data_set = super().data_set(instance, target, base)
        return {tag: attribute for tag, attribute in data_set.items() if attribute["vr"] not in BULK}


@fault("metadata-pixels-without-value", breaks=("RETRIEVE-META-005",), says="is without value")
class MetadataPixelsWithoutValue(Origin):
    """Returns only the VR of Pixel Data in metadata."""

    def data_set(self, instance: Instance, target: Target, base: str) -> Json:
        data_set = super().data_set(instance, target, base)
        return data_set | {tag: {"vr": data_set[tag]["vr"]} for tag in PIXELS if tag in data_set}


@fault(
    "metadata-cut-at-page-size",
    breaks=("RETRIEVE-META-007",),
    says="is not in the list",
    seen=("medplum/medplum!10154",),
)
class MetadataCutAtPageSize(Origin):
    """Truncates metadata after 20 data sets."""

    def described(self, target: Target) -> list[Instance]:
        return super().described(target)[:20]


@fault(
    "metadata-of-series-of-any-study",
    breaks=("RETRIEVE-META-007",),
    says="is in the list",
    seen=("orthanc-mirrors/orthanc-dicomweb NEWS 1.9",),
)
class MetadataOfSeriesOfAnyStudy(Origin):
    """Returns the metadata of a series by its UID alone, whatever study the path names."""

    def described(self, target: Target) -> list[Instance]:
        found = super().described(target)
        return self.archive.find(Target(series=target.series)) if target.level == "series" else found


@fault("series-metadata-lack-the-patient", breaks=("RETRIEVE-META-008",), says="PatientID is absent")
class SeriesMetadataLackThePatient(Origin):
    """Omits the Patient ID from the metadata of a series."""

    def data_set(self, instance: Instance, target: Target, base: str) -> Json:
        data_set = super().data_set(instance, target, base)
        if target.level == "series":
            data_set.pop(PATIENT_ID, None)
        return data_set


@fault("metadata-have-first-value-only", breaks=("RETRIEVE-META-009",), says="WindowCenter is")
class MetadataHaveFirstValueOnly(Origin):
    """Returns only the first of several window centers in metadata."""

    def data_set(self, instance: Instance, target: Target, base: str) -> Json:
        data_set = super().data_set(instance, target, base)
        if center := data_set.get(WINDOW_CENTER):
            data_set[WINDOW_CENTER] = center | {"Value": center["Value"][:1]}
        return data_set


@fault("metadata-of-images-only", breaks=("RETRIEVE-META-010",), says="status is 500, should be 200")
class MetadataOfImagesOnly(Origin):
    """Returns 500 for the metadata of an object without pixels."""

    def data_set(self, instance: Instance, target: Target, base: str) -> Json:
        data_set = super().data_set(instance, target, base)
        if not any(tag in data_set for tag in PIXELS):
            raise HTTPException(500, "the image has no pixels")
        return data_set


@fault(
    "dates-that-are-not-valid-are-dropped",
    breaks=("RETRIEVE-META-004",),
    says="AcquisitionDate is absent",
    seen=("microsoft/dicom-server!2227",),
)
class InvalidDatesAreDropped(Origin):
    """Omits dates that are not valid from metadata."""

    def data_set(self, instance: Instance, target: Target, base: str) -> Json:
        data_set = super().data_set(instance, target, base)
        return {tag: attribute for tag, attribute in data_set.items() if not _is_wrong_date(attribute)}


def _is_wrong_date(attribute: Json) -> bool:
    return attribute["vr"] == "DA" and any(value and not value.isdigit() for value in attribute.get("Value", []))
