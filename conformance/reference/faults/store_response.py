"""Faults of the response to a store: its status and its module (PS3.18 10.5.3, I.1)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from ..app import Origin
from ..archive import Instance
from ..dicom_json import Json
from ..ingest import Refused
from ..target import Target
from .altered import accept, answer_fault, refused, request_fault
from .registry import fault

FAILED, STORED, OTHERS = "00081198", "00081199", "0008119A"
BASIC_TEXT_SR = b'"1.2.840.10008.5.1.4.1.1.88.11"'
ModuleEdit = Callable[[Json], None]


def module_fault(
    id: str, *, breaks: tuple[str, ...], says: str, seen: tuple[str, ...] = ()
) -> Callable[[ModuleEdit], ModuleEdit]:
    """Register an edit, in place, of the module of every store; its docstring is the sentence."""

    def register(edit: ModuleEdit) -> ModuleEdit:
        class Edited(Origin):
            def module(self, base: str, target: Target, stored: list[Instance], refused: list[Refused]) -> Json:
                module = super().module(base, target, stored, refused)
                edit(module)
                return module

        Edited.__doc__ = edit.__doc__
        fault(id, breaks=breaks, says=says, seen=seen)(Edited)
        return edit

    return register


def items(module: Json, sequence: str) -> list[Json]:
    """The items of a sequence."""
    found: list[Json] = module.get(sequence, {}).get("Value", [])
    return found


@fault("store-of-three-is-201", breaks=("STOW-RESP-001",), says="status is 201")
class StoreOfThreeIs201(Origin):
    """Returns 201 for a store of three instances of one series."""

    def conclude(self, *arguments: Any) -> Response:
        response = super().conclude(*arguments)
        series = re.findall(rb"/series/([0-9.]+)", bytes(response.body))
        if response.status_code == 200 and len(series) == 3 and len(set(series)) == 1:
            response.status_code = 201
        return response


@fault(
    "store-of-some-is-200",
    breaks=("STOW-RESP-002", "STOW-RESP-025"),
    says="status is 200",
    seen=("orthanc-bz#196", "orthanc-mirrors/orthanc-dicomweb NEWS 1.10"),
)
class StoreOfSomeIs200(Origin):
    """Returns 200 for a store that failed in part."""

    def conclude(self, *arguments: Any) -> Response:
        response = super().conclude(*arguments)
        response.status_code = 200 if response.status_code == 202 else response.status_code
        return response


@fault(
    "store-of-nothing-is-200",
    breaks=("STOW-RESP-003",),
    says="status is 200",
    seen=("orthanc-bz#196", "orthanc-mirrors/orthanc-dicomweb NEWS 1.10"),
)
class StoreOfNothingIs200(Origin):
    """Returns 200 for a store that failed completely."""

    def conclude(self, *arguments: Any) -> Response:
        response = super().conclude(*arguments)
        response.status_code = 200 if response.status_code == 409 else response.status_code
        return response


@fault(
    "store-of-text-is-500",
    breaks=("STOW-RESP-002", "STOW-RESP-003", "STOW-BEH-009"),
    says="status is 500",
    seen=("dcm4che/dcm4chee-arc-light#3517",),
)
class StoreOfTextIs500(Origin):
    """Returns 500 for a part that is not an instance."""

    def conclude(self, *arguments: Any) -> Response:
        response = super().conclude(*arguments)
        if f'"{OTHERS}"'.encode() in bytes(response.body):
            raise HTTPException(500, "the part is not an instance")
        return response


@fault("store-of-a-report-is-202", breaks=("STOW-RESP-024",), says="as there is neither a WarningReason nor a failure")
class StoreOfAReportIs202(Origin):
    """Returns 202 for a report that was stored as it was sent."""

    def conclude(self, *arguments: Any) -> Response:
        response = super().conclude(*arguments)
        if response.status_code == 200 and BASIC_TEXT_SR in bytes(response.body):
            response.status_code = 202
        return response


@fault("store-of-a-waveform-is-500", breaks=("STOW-BEH-008",), says="status is 500")
class StoreOfAWaveformIs500(Origin):
    """Returns 500 for an instance without pixels that is not a report."""

    def admit(self, instance: Instance, target: Target) -> None:
        if "54000100" in instance.attributes:
            raise HTTPException(500, "there are no pixels")
        super().admit(instance, target)


@module_fault(
    "module-is-empty",
    breaks=("STOW-RESP-005",),
    says="the module is empty",
    seen=("RadicalImaging/Static-DICOMWeb!76",),
)
def module_is_empty(module: Json) -> None:
    """Returns an empty object for a store of instances of several studies."""
    if STORED in module and "Value" not in module["00081190"]:
        module.clear()


@fault(
    "module-is-a-list",
    breaks=("STOW-RESP-008",),
    says="is a list of 1",
    seen=("RadicalImaging/Static-DICOMWeb!76",),
)
class ModuleIsAList(Origin):
    """Returns the module in a list."""

    def json(self, document: Json | list[Json]) -> bytes:
        module = isinstance(document, dict) and STORED in document
        return super().json([document] if module else document)  # type: ignore[list-item]


@answer_fault("module-is-plain-json", breaks=("STOW-RESP-006",), says="the media type is application/json")
def module_is_plain_json(request: Request, response: Response) -> None:
    """Labels the response to a store as application/json."""
    if request.method == "POST" and "dicom+json" in response.headers.get("content-type", ""):
        response.headers["content-type"] = "application/json"


@request_fault("module-is-not-in-xml", breaks=("STOW-RESP-007",), says="status is 406")
def module_is_not_in_xml(request: Request) -> Response | None:
    """Has no response to a store in XML."""
    return refused(406) if request.method == "POST" and "dicom+xml" in accept(request) else None


@fault("module-in-xml-has-no-failures", breaks=("STOW-RESP-026",), says="the list of instances in 00081198 is empty")
class ModuleInXmlHasNoFailures(Origin):
    """Omits failures from the response to a store in XML."""

    def xml(self, data_set: Json) -> bytes:
        return super().xml({tag: attribute for tag, attribute in data_set.items() if tag != FAILED})


@module_fault("module-without-retrieve-url", breaks=("STOW-RESP-009",), says="RetrieveURL is absent")
def module_without_retrieve_url(module: Json) -> None:
    """Omits the Retrieve URL of the study from the module."""
    del module["00081190"]


@module_fault("module-names-one-stored", breaks=("STOW-RESP-010", "STOW-RESP-018"), says="is 0 times in")
def module_names_one_stored(module: Json) -> None:
    """Lists only the first of the stored instances if something failed."""
    if FAILED in module:
        del items(module, STORED)[1:]


@module_fault(
    "module-names-one-failure",
    breaks=("STOW-RESP-011", "STOW-RESP-018"),
    says="is 0 times in",
    seen=("DICOMcloud/DICOMcloud#15",),
)
def module_names_one_failure(module: Json) -> None:
    """Lists only the first of several failed instances."""
    del items(module, FAILED)[1:]


@module_fault("failure-without-class", breaks=("STOW-RESP-012",), says="ReferencedSOPClassUID of item 1")
def failure_without_class(module: Json) -> None:
    """Omits the SOP Class UID from the item of a failed instance."""
    for item in items(module, FAILED):
        del item["00081150"]


@module_fault(
    "failure-without-reason",
    breaks=("STOW-RESP-013", "STOW-RESP-019"),
    says="FailureReason",
    seen=("GoogleCloudPlatform/healthcare-dicom-dicomweb-adapter#54",),
)
def failure_without_reason(module: Json) -> None:
    """Omits the Failure Reason from the item of a failed instance."""
    for item in items(module, FAILED):
        del item["00081197"]


@answer_fault("conflict-without-a-word", breaks=("STOW-RESP-019",), says="the body of status 409 is empty")
def conflict_without_a_word(request: Request, response: Response) -> Response | None:
    """Returns 409 without a body for a store that failed completely."""
    return Response(status_code=409) if response.status_code == 409 else None


@module_fault("item-without-retrieve-url", breaks=("STOW-RESP-014",), says="RetrieveURL of item 1 is absent")
def item_without_retrieve_url(module: Json) -> None:
    """Omits the Retrieve URL from the item of a stored instance."""
    for item in items(module, STORED):
        del item["00081190"]


@module_fault(
    "item-url-is-of-the-study",
    breaks=("STOW-BEH-001",),
    says="is in the body, should be absent",
    seen=("GoogleCloudPlatform/healthcare-dicom-dicomweb-adapter!140",),
)
def item_url_is_of_the_study(module: Json) -> None:
    """Returns the URL of the study as the Retrieve URL of an instance."""
    for item in items(module, STORED):
        item["00081190"]["Value"] = [item["00081190"]["Value"][0].partition("/series/")[0]]


@module_fault(
    "text-is-not-reported", breaks=("STOW-RESP-016",), says="the number of items of OtherFailuresSequence is 0"
)
def text_is_not_reported(module: Json) -> None:
    """Does not report a part that is not an instance."""
    module.pop(OTHERS, None)


@fault("store-without-location", breaks=("STOW-RESP-021",), says="ocation is absent")
class StoreWithoutLocation(Origin):
    """Returns no location for a store that creates a study."""

    def locate(self, response: Response, urls: list[str]) -> None:
        pass


@module_fault(
    "module-with-a-comment",
    breaks=("STOW-RESP-023",),
    says="(0000,0902) is in the response",
    seen=("dcm4che/dcm4chee-arc-light#3518",),
)
def module_with_a_comment(module: Json) -> None:
    """Begins the item of a failed instance with an element of a DIMSE message."""
    for item in items(module, FAILED):
        rest = dict(item)
        item.clear()
        item |= {"00000902": {"vr": "LO", "Value": ["it is of another study"]}} | rest


@module_fault("reason-is-signed", breaks=("STOW-RESP-026",), says="the vr of 00081197 is SS")
def reason_is_signed(module: Json) -> None:
    """Returns Failure Reasons with the VR SS."""
    for item in (*items(module, FAILED), *items(module, OTHERS)):
        item["00081197"]["vr"] = "SS"


@answer_fault("module-of-a-failure-says-json", breaks=("STOW-RESP-006",), says="Content-Type is application/json")
def module_of_a_failure_says_json(request: Request, response: Response) -> None:
    """Labels the module of a store that failed, or failed in part, as application/json."""
    if request.method == "POST" and response.status_code in (202, 409):
        response.headers["content-type"] = "application/json"
