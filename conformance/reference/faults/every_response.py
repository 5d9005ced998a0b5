"""Faults of responses that no check of the requirement asks for itself: they are seen in what others asked for."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from io import BytesIO

from pydicom import dcmread
from pydicom.uid import ExplicitVRBigEndian, ImplicitVRLittleEndian, JPEGLSLossless
from starlette.requests import Request
from starlette.responses import Response

from ..app import Origin
from ..archive import Instance
from ..attributes import tag
from ..dicom_json import Json
from ..multipart import Content
from ..negotiation import Representation
from ..target import Target
from .altered import accept, answer_fault, names, path, replaced, with_body
from .registry import fault

SEARCH = re.compile(r"(/studies/[^/]+(/series/[^/]+)?)?/(studies|series|instances)")
STUDY = re.compile(r"/studies/[^/]+")
UIDS = {tag(keyword) for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")}


def is_search(request: Request, response: Response, parameter: str) -> bool:
    """Whether JSON was returned to a search with a parameter."""
    kind = response.headers.get("content-type", "")
    return bool(SEARCH.fullmatch(path(request))) and parameter in names(request) and kind.startswith("application/")


def edited(response: Response, edit: Callable[[list[Json]], list[Json]]) -> Response:
    """The response with its matches edited."""
    found = json.loads(bytes(response.body))
    return with_body(response, json.dumps(edit(found), ensure_ascii=False).encode())


@answer_fault("document-in-its-own-type-is-500", breaks=("COMMON-STATUS-016",), says="status is 500, should be another")
def document_in_its_own_type_is_500(request: Request, response: Response) -> Response | None:
    """Returns 500 for a value that is requested as application/pdf."""
    if "application/pdf" in accept(request) and "/bulkdata" in path(request):
        return Response("no writer for this type", 500)
    return None


@answer_fault("included-fields-say-json", breaks=("JSON-STRUCT-001",), says="Content-Type is application/json")
def included_fields_say_json(request: Request, response: Response) -> None:
    """Labels the matches of a search with includefield as application/json."""
    if is_search(request, response, "includefield") and response.status_code == 200:
        response.headers["Content-Type"] = "application/json"


@answer_fault("included-fields-repeat-a-match", breaks=("SEARCH-MATCH-029",), says="2 times in the matches")
def included_fields_repeat_a_match(request: Request, response: Response) -> Response | None:
    """Lists the first match of a search with includefield twice."""
    if is_search(request, response, "includefield") and response.status_code == 200:
        return edited(response, lambda found: [*found[:1], *found])
    return None


@answer_fault("pages-have-one-more", breaks=("SEARCH-PAGING-001",), says=" at most")
def pages_have_one_more(request: Request, response: Response) -> Response | None:
    """Repeats the last match of a page that begins after an offset."""
    if is_search(request, response, "offset") and response.status_code == 200:
        return edited(response, lambda found: [*found, *found[-1:]])
    return None


@answer_fault(
    "pages-lack-uids",
    breaks=("SEARCH-ATTR-STUDY-0020000D", "SEARCH-ATTR-SERIES-0020000E", "SEARCH-ATTR-INSTANCE-00080018"),
    says=" matches is absent",
)
def pages_lack_uids(request: Request, response: Response) -> Response | None:
    """Leaves out the UIDs of the matches of a search with limit."""
    if is_search(request, response, "limit") and response.status_code == 200:
        return edited(response, lambda found: [{k: v for k, v in ds.items() if k not in UIDS} for ds in found])
    return None


@fault("pages-forget-the-path", breaks=("SEARCH-RES-008",), says=", as in the path")
class PagesForgetThePath(Origin):
    """Searches all studies if limit is given, whatever the path names."""

    def search(self, request: Request, level: str) -> Response:
        if "limit" in request.query_params:
            request.scope["path_params"] = {}
        return super().search(request, level)


@fault("metadata-on-a-parameter-are-of-the-series", breaks=("RETRIEVE-META-007",), says=", as in the path")
class MetadataOnAParameterAreOfTheSeries(Origin):
    """Returns the metadata of the whole series of an instance if the media type is in the query."""

    def metadata(self, request: Request) -> Response:
        if "accept" in request.query_params:
            request.path_params.pop("instance", None)
        return super().metadata(request)


@fault("compressed-study-twice", breaks=("RETRIEVE-STUDY-001",), says="2 times in the body")
class CompressedStudyTwice(Origin):
    """Returns the instances of a study of compressed images twice."""

    def retrieved(self, target: Target) -> list[Instance]:
        found = super().retrieved(target)
        twice = target.level == "study" and found[0].transfer_syntax != "1.2.840.10008.1.2.1"
        return found + found if twice else found


@fault("series-twice-on-a-condition", breaks=("RETRIEVE-SERIES-001",), says="2 times in the body")
class SeriesTwiceOnACondition(Origin):
    """Returns the instances of a series twice if the request has a condition that does not hold."""

    def retrieve(self, request: Request) -> Response:
        self.is_conditional = "if-none-match" in request.headers
        return super().retrieve(request)

    def retrieved(self, target: Target) -> list[Instance]:
        found = super().retrieved(target)
        return found + found if target.level == "series" and self.is_conditional else found


@fault("default-syntax-is-another-instance", breaks=("RETRIEVE-INST-001",), says=", as in the path")
class DefaultSyntaxIsAnotherInstance(Origin):
    """Returns the smallest other instance if Accept has no transfer syntax."""

    def retrieve(self, request: Request) -> Response:
        self.by_default = "transfer-syntax" not in accept(request)
        return super().retrieve(request)

    def retrieved(self, target: Target) -> list[Instance]:
        found = super().retrieved(target)
        others = [one for one in self.archive.find(Target()) if one not in found]
        others.sort(key=lambda one: len(one.data_set))  # the file of one that is deleted meanwhile has no size
        return others[:1] if target.level == "instance" and self.by_default and others else found


class ChangedInStudies(Origin):
    """The files of a study are changed, those of a series or an instance are not."""

    def sent(self, instance: Instance, target: Target, form: Representation) -> Content:
        content = super().sent(instance, target, form)
        return Content(self.changed(content.read())) if target.level == "study" else content

    def changed(self, file: bytes) -> bytes:
        """The file as it is sent."""
        raise NotImplementedError


@fault("study-has-the-meta-information-of-others", breaks=("RETRIEVE-INST-005",), says="MediaStorageSOPInstanceUID of")
class StudyHasTheMetaInformationOfOthers(ChangedInStudies):
    """The File Meta Information of the files of a study names another instance."""

    def changed(self, file: bytes) -> bytes:
        uid = str(dcmread(BytesIO(file), stop_before_pixels=True).SOPInstanceUID).encode()
        return file.replace(uid, uid[:-1] + (b"1" if uid[-1:] != b"1" else b"2"), 1)  # it comes first there


@fault("study-in-implicit-vr", breaks=("COMMON-TS-008",), says="1.2.840.10008.1.2, should be another one")
class StudyInImplicitVr(ChangedInStudies):
    """The files of a study are in Implicit VR Little Endian, unless they are compressed."""

    def changed(self, file: bytes) -> bytes:
        ds, changed = dcmread(BytesIO(file)), BytesIO()
        if ds.file_meta.TransferSyntaxUID.is_compressed:
            return file
        ds.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
        ds.save_as(changed, implicit_vr=True, little_endian=True, enforce_file_format=True)
        return changed.getvalue()


@fault("study-in-big-endian", breaks=("COMMON-TS-009",), says="1.2.840.10008.1.2.2, should be another one")
class StudyInBigEndian(ChangedInStudies):
    """The files of a study say that they are in Explicit VR Big Endian."""

    def changed(self, file: bytes) -> bytes:
        return file.replace(b"1.2.840.10008.1.2.1\0", f"{ExplicitVRBigEndian}\0".encode(), 1)


@fault("jpeg-ls-as-it-is-kept", breaks=("COMMON-TS-001",), says="as Accept names none")
class JpegLsAsItIsKept(Origin):
    """Returns an instance in JPEG-LS as it is kept, whatever is accepted."""

    def sent(self, instance: Instance, target: Target, form: Representation) -> Content:
        kept = instance.transfer_syntax == JPEGLSLossless
        return self.file(instance, target) if kept else super().sent(instance, target, form)


@answer_fault("study-without-transfer-syntax", breaks=("COMMON-TS-013",), says="transfer-syntax of part")
def study_without_transfer_syntax(request: Request, response: Response) -> Response | None:
    """Leaves the transfer-syntax parameter out of the parts of a study."""
    if request.method == "GET" and STUDY.fullmatch(path(request)):
        return replaced(response, r"(Content-Type: application/dicom); transfer-syntax=[0-9.]+", r"\1")
    return None


@answer_fault("study-with-another-transfer-syntax", breaks=("COMMON-HDR-009",), says="as TransferSyntaxUID")
def study_with_another_transfer_syntax(request: Request, response: Response) -> Response | None:
    """Labels the parts of a study with the transfer syntax of JPEG 2000."""
    if request.method == "GET" and STUDY.fullmatch(path(request)):
        return replaced(response, "transfer-syntax=[0-9.]+", "transfer-syntax=1.2.840.10008.1.2.4.90")
    return None


@answer_fault("tags-in-lower-case-below-a-study", breaks=("XML-MODEL-003",), says="of document 1")
def tags_in_lower_case_below_a_study(request: Request, response: Response) -> Response | None:
    """Writes the tags of matches in XML in lower case, if the search is below a study."""
    kind = response.headers.get("content-type", "")
    if re.fullmatch(r"/studies/[^/]+/(series|instances)", path(request)) and "dicom+xml" in kind:
        lower = re.sub(rb'tag="[0-9A-F]{8}"', lambda found: found[0].lower(), bytes(response.body))
        return with_body(response, lower)
    return None


@answer_fault("405-to-post-without-allow", breaks=("COMMON-STATUS-003",), says="Allow is absent")
def post_without_allow(request: Request, response: Response) -> None:
    """Leaves Allow out of a 405 to POST."""
    if request.method == "POST" and response.status_code == 405:
        del response.headers["Allow"]


@fault("entity-tag-is-of-the-resource", breaks=("COMMON-HDR-022",), says="the strong ETag is that of")
class EntityTagOfTheResource(Origin):
    """Gives each media type of a resource the same strong entity tag, so that a client takes JSON for XML."""

    def etag(self, *sources: object) -> str:
        of_resource = [source for source in sources if not isinstance(source, Representation)]
        return super().etag(*of_resource).removeprefix("W/")
