"""Faults in one of several ways to the same content: another parameter, origin, transfer syntax, or a later state."""

from __future__ import annotations

import json
import re
import threading
import time

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from ..app import Origin
from ..archive import Archive, Instance
from ..assembly import Assembly
from ..dicom_json import Json
from ..ingest import Refused
from ..multipart import Content
from ..pixels import Pixels
from ..target import Target
from .altered import accept, answer_fault, names, path, refused, request_fault, set_accept, set_query, with_body
from .misleading import value
from .registry import fault

MEETING = 0.02  # seconds in which another request may come
PROCESSING_FAILURE = 0x0110
JPEG_LS = "1.2.840.10008.1.2.4.80"
COUNTS = ("00201206", "00201208", "00201209")


@fault(
    "metadata-alone-are-500",
    breaks=("STOW-META-001", "STOW-META-002"),
    says="status is 500",
    seen=("dcm4che/dcm4chee-arc-light#2454",),
)
class MetadataAloneAre500(Origin):
    """Returns 500 for a store of metadata without bulk data."""

    def assemble(self, assembly: Assembly, drafts: list) -> list[Refused]:  # type: ignore[type-arg]
        if not any("octet" in part.media_type or "/dicom+" not in part.media_type for part in assembly.parts):
            raise HTTPException(500, "bulk data not found")
        return super().assemble(assembly, drafts)


@request_fault(
    "run-lengths-are-406",
    breaks=("RETRIEVE-FRAMES-025",),
    says="the status for a frame in RLE Lossless is 406",
    seen=("dcm4che/dcm4chee-arc-light#2671",),
)
def run_lengths_are_406(request: Request) -> Response | None:
    """Returns 406 for frames in the only compression of image/dicom-rle."""
    return refused(406) if "/frames/" in path(request) and "dicom-rle" in accept(request) else None


@fault(
    "jpeg-ls-is-never-decompressed", breaks=("RETRIEVE-FRAMES-025",), says="the status for a frame in JPEG-LS Lossless"
)
class JpegLsIsNeverDecompressed(Origin):
    """Returns 406 for a frame in JPEG-LS that is to be decompressed."""

    def decoded(self, source: Pixels, content: Content) -> Content:
        if source.compressed == JPEG_LS:
            raise HTTPException(406, "this transfer syntax cannot be decoded")
        return super().decoded(source, content)


@request_fault(
    "native-stays-native",
    breaks=("COMMON-TS-006",),
    says="TransferSyntaxUID is 1.2.840.10008.1.2.1, should be 1.2.840.10008.1.2.4.90",
    seen=("microsoft/dicom-server!257",),
)
def native_stays_native(request: Request) -> None:
    """Returns an instance in Explicit VR Little Endian if only JPEG 2000 is accepted."""
    if accept(request).endswith("=1.2.840.10008.1.2.4.90") and re.search("/instances/[0-9.]+$", path(request)):
        set_accept(request, 'multipart/related; type="application/dicom"')


@request_fault("types-of-a-browser-are-406", breaks=("COMMON-ACCEPT-006",), says="status is 406")
def types_of_a_browser_are_406(request: Request) -> Response | None:
    """Returns 406 if a media type in Accept has a parameter that it does not know, such as v."""
    return refused(406) if ";v=" in accept(request) else None


@request_fault(
    "names-in-several-sets-are-not-found",
    breaks=("COMMON-QP-006",),
    says="the number of matches is 0",
)
def names_in_several_sets_are_not_found(request: Request) -> None:
    """Finds nothing by a name with a character that is not in Latin-1."""
    if any(name == "PatientName" and re.search("[^\0-\xff]", text) for name, text in request.query_params.items()):
        set_query(request, "PatientName=nobody")


@fault("metadata-of-a-series-are-shallow", breaks=("RETRIEVE-META-012",), says="is absent, should be there")
class MetadataOfASeriesAreShallow(Origin):
    """Leaves the third level of items out of the metadata of a series."""

    def data_set(self, instance: Instance, target: Target, base: str) -> Json:
        found = super().data_set(instance, target, base)
        return shallow(found, 2) if target.level == "series" else found


def shallow(data_set: Json, levels: int) -> Json:
    """A data set with so many levels of items."""
    found = {}
    for name, attribute in data_set.items():
        if attribute["vr"] != "SQ":
            found[name] = attribute
        elif levels:
            items = [shallow(item, levels - 1) for item in attribute.get("Value", [])]
            found[name] = attribute | ({"Value": items} if items else {})
    return found


@answer_fault(
    "total-of-a-video-is-wrong",
    breaks=("COMMON-HDR-013",),
    says="Content-Range is bytes",
    seen=("dcm4che/dcm4chee-arc-light#4879",),
)
def total_of_a_video_is_wrong(request: Request, response: Response) -> None:
    """Gives the size of the whole file in Content-Range of a video."""
    if "content-range" in response.headers and path(request).endswith("/rendered"):
        first, _, _ = response.headers["content-range"].partition("/")
        response.headers["content-range"] = f"{first}/99999"


@fault(
    "entity-tag-outlives-a-delete",
    breaks=("COMMON-HDR-018",),
    says="status is 304",
    seen=("dcm4che/dcm4chee-arc-light#2931",),
)
class EntityTagOutlivesADelete(Origin):
    """Keeps the ETag of the metadata of a series when one of its instances is deleted."""

    def __init__(self, archive: Archive) -> None:
        super().__init__(archive)
        self._most: dict[Target, list[str]] = {}

    def etag(self, *sources: object) -> str:
        return super().etag(*(self._former(source) for source in sources))

    def _former(self, source: object) -> object:
        """The files of which some are left, for those that are left."""
        if not isinstance(source, list) or not source or not str(source[0]).endswith(".dcm"):
            return source
        for files in self._most.values():
            if set(source) < set(files):
                return files
        self._most[Target(source[0])] = list(source)
        return source


@answer_fault(
    "accept-parameter-drops-numbers",
    breaks=("COMMON-ACCEPTQ-001",),
    says="as without it",
    seen=("dcm4che/dcm4chee-arc-light#2825",),
)
def accept_parameter_drops_numbers(request: Request, response: Response) -> None:
    """Leaves the numbers of series and instances out of matches if the query has the accept parameter."""
    is_json = "json" in response.headers.get("content-type", "")
    if "accept" in names(request) and path(request).endswith(("studies", "series")) and is_json:
        matches = json.loads(bytes(response.body))
        kept = [{name: own for name, own in match.items() if name not in COUNTS} for match in matches]
        with_body(response, json.dumps(kept).encode())


@answer_fault(
    "compressed-frames-are-of-this-origin",
    breaks=("CAP-CORS-001",),
    says="of a 200 is absent",
    seen=("OHIF/Viewers#2560",),
)
def compressed_frames_are_of_this_origin(request: Request, response: Response) -> None:
    """Lets only pages of its own origin read compressed frames."""
    if "/frames/" in path(request) and "image/jp2" in response.headers.get("content-type", ""):
        del response.headers["access-control-allow-origin"]


@request_fault(
    "preflight-of-a-store-is-405", breaks=("CAP-CORS-001",), says="status is 405", seen=("dcm4che/dcm4che#931",)
)
def preflight_of_a_store_is_405(request: Request) -> Response | None:
    """Refuses preflights of a store with 405."""
    return refused(405) if request.headers.get("access-control-request-method") == "POST" else None


@answer_fault(
    "stores-are-of-this-origin", breaks=("CAP-CORS-001",), says="of a 200 is absent", seen=("dcm4che/dcm4che#931",)
)
def stores_are_of_this_origin(request: Request, response: Response) -> None:
    """Lets only pages of its own origin read the response to a store."""
    if request.method == "POST":
        del response.headers["access-control-allow-origin"]


@fault(
    "new-patient-is-there-twice",
    breaks=("STOW-BEH-013",),
    says="status is 409",
    seen=("dcm4che/dcm4chee-arc-light#3154",),
)
class NewPatientIsThereTwice(Origin):
    """Refuses all further instances of a patient whose first two studies arrived at the same time."""

    def __init__(self, archive: Archive) -> None:
        super().__init__(archive)
        self._lock = threading.Lock()
        self._coming: dict[str, set[str]] = {}
        self._twice: set[str] = set()

    def keep(self, instance: Instance) -> None:
        patient = value(instance, "PatientID")
        if patient in self._twice:
            raise Refused(PROCESSING_FAILURE, instance.sop_class, instance.instance)
        with self._lock:
            self._coming.setdefault(patient, set()).add(instance.study)
        time.sleep(MEETING)
        super().keep(instance)
        with self._lock:
            if len(self._coming[patient]) > 1:
                self._twice.add(patient)
            self._coming[patient].discard(instance.study)


@fault("instance-that-is-on-its-way-is-500", breaks=("STOW-BEH-013",), says="status is 500")
class InstanceThatIsOnItsWayIs500(Origin):
    """Returns 500 for the store of an instance that another request is just storing."""

    def __init__(self, archive: Archive) -> None:
        super().__init__(archive)
        self._coming: set[Target] = set()

    def keep(self, instance: Instance) -> None:
        if instance.target in self._coming:
            raise HTTPException(500, "a duplicate key violates a constraint")
        self._coming.add(instance.target)
        time.sleep(MEETING)
        super().keep(instance)
        self._coming.discard(instance.target)


@fault(
    "series-are-500-during-a-store",
    breaks=("STOW-BEH-013",),
    says="status is 500",
    seen=("dcm4che/dcm4chee-arc-light#1877",),
)
class SeriesAre500DuringAStore(Origin):
    """Returns 500 for a search of a study's series while an instance is stored."""

    busy = 0

    def keep(self, instance: Instance) -> None:
        self.busy += 1
        time.sleep(2 * MEETING)
        super().keep(instance)
        self.busy -= 1

    def search_series(self, request: Request) -> Response:
        time.sleep(MEETING)
        if self.busy:
            raise HTTPException(500, "a duplicate key violates a constraint")
        return super().search_series(request)
