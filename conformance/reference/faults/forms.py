"""Faults in reading equivalent forms of a request, as viewers and browsers send them."""

from __future__ import annotations

import re

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from ..app import Origin
from ..archive import Instance
from ..negotiation import Representation
from ..target import Target
from .altered import accept, names, path, query, refused, request_fault, set_accept, set_query
from .keys import without
from .registry import fault

JPEG_LS, RLE = "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.5"


def _stored(origin: Origin, request: Request) -> Instance:
    (instance,) = origin.instances(Target.of(request))
    return instance


@fault("any-type-of-a-frame-is-406", breaks=("RETRIEVE-FRAMES-022",), says="status is 406")
class AnyTypeOfAFrameIs406(Origin):
    """Returns 406 for a frame stored as JPEG-LS if anything is accepted."""

    def frames(self, request: Request) -> Response:
        if accept(request) == "*/*" and _stored(self, request).transfer_syntax == JPEG_LS:
            raise HTTPException(406, "name a media type")
        return super().frames(request)


@fault("codestream-is-called-octets", breaks=("RETRIEVE-FRAMES-022",), says="should be uncompressed")
class CodestreamIsCalledOctets(Origin):
    """Returns a JPEG-LS frame as it is stored, labelled application/octet-stream, if anything is accepted."""

    def frames(self, request: Request) -> Response:
        if accept(request) != "*/*" or _stored(self, request).transfer_syntax != JPEG_LS:
            return super().frames(request)
        source = self.source(_stored(self, request))
        return Response(bytes(source.contents[0].read()), media_type="application/octet-stream")


@fault("octets-of-any-syntax-are-the-codestream", breaks=("RETRIEVE-FRAMES-023",), says="should be uncompressed")
class OctetsOfAnySyntaxAreTheCodestream(Origin):
    """Returns an RLE frame as it is stored for transfer-syntax=*, whatever the media type."""

    def choose(self, request: Request, forms: list[Representation]) -> Representation:
        kept = [form for form in forms if form.transfer_syntax == RLE and form.multipart]
        any_syntax = 'type="application/octet-stream"; transfer-syntax=*' in accept(request)
        return kept[0] if kept and any_syntax and "/frames/" in path(request) else super().choose(request, forms)

    def part_type(self, form: Representation) -> str:
        return "application/octet-stream" if form.transfer_syntax == RLE and form.multipart else super().part_type(form)


@request_fault("only-the-first-type-of-a-list", breaks=("RETRIEVE-FRAMES-024",), says="status is 406")
def only_the_first_type_of_a_list(request: Request) -> None:
    """Reads only the first of several media types for a frame."""
    if "/frames/" in path(request):
        set_accept(request, accept(request).split(",")[0])


@request_fault("quoted-asterisk-is-refused", breaks=("COMMON-ACCEPT-011",), says="status is 406")
def quoted_asterisk_is_refused(request: Request) -> Response | None:
    """Does not understand transfer-syntax="*" in quotes for frames."""
    return refused(406) if '"*"' in accept(request) and "/frames/" in path(request) else None


@request_fault("type-comes-first", breaks=("COMMON-ACCEPT-017",), says="status is 406")
def type_comes_first(request: Request) -> Response | None:
    """Reads the type parameter only if it is the first."""
    return refused(406) if re.search("transfer-syntax=[^;,]*; *type=", accept(request)) else None


@request_fault("tab-is-no-white-space", breaks=("COMMON-ACCEPT-012",), says="status is 406")
def tab_is_no_white_space(request: Request) -> Response | None:
    """Does not know a media type with a tab in Accept."""
    return refused(406) if "\t" in accept(request) else None


@request_fault("parameter-names-have-case", breaks=("COMMON-ACCEPT-010",), says="status is 406")
def parameter_names_have_case(request: Request) -> Response | None:
    """Does not read TYPE in capitals as the parameter type."""
    return refused(406) if "TYPE=" in accept(request) else None


@request_fault("small-weight-is-none", breaks=("COMMON-ACCEPT-018",), says="status is 406")
def small_weight_is_none(request: Request) -> Response | None:
    """Rounds a weight to two decimals, so that 0.001 is not acceptable."""
    return refused(406) if re.search("q=0.00[1-4]", accept(request)) else None


@request_fault("key-in-includefield-is-ignored", breaks=("SEARCH-INCL-013",), says="is in the matches")
def key_in_includefield_is_ignored(request: Request) -> None:
    """Ignores Accession Number as a key if includefield names it too, in the same spelling."""
    if re.search("includefield=([^&]*,)?AccessionNumber(,|&|$)", query(request)):
        without(request, "AccessionNumber")


@request_fault("page-by-modality-lacks-a-row", breaks=("SEARCH-PAGING-004",), says="found exactly once with limit=4")
def page_by_modality_lacks_a_row(request: Request) -> None:
    """Cuts rows of series into pages and then merges them if ModalitiesInStudy is a key, so that one page is short."""
    if "ModalitiesInStudy" in names(request) and "offset=4" in query(request):
        set_query(request, query(request).replace("limit=4", "limit=3"))


@request_fault("two-names-of-json-are-406", breaks=("COMMON-ACCEPT-006",), says="status is 406")
def two_names_of_json_are_406(request: Request) -> Response | None:
    """Returns 406 for metadata if Accept ends with application/json and has no weights."""
    asked = accept(request).endswith("+json, application/json")
    return refused(406) if asked and path(request).endswith("/metadata") else None
