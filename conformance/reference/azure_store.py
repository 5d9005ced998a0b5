"""Store and its response in the service of the profile azure (its conformance statement, Store)."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from . import ingest
from .app import Origin
from .archive import Instance
from .azure_search import DATES, SEARCHABLE
from .dicom_json import Json
from .ingest import PREAMBLE, Refused
from .matching import BadValue, moment
from .negotiation import MediaType, Representation
from .store import DICOM
from .target import Target

ALREADY_EXISTS = 45070
SOME_ATTRIBUTES_ARE_INVALID = 1  # a Warning Reason
PATIENT_ID = "00100020"
INDEXED = {name for names in SEARCHABLE.values() for name in names}
EXPIRY = "msdicom-expiry-"
EXPIRES = {"time-milliseconds": "[1-9][0-9]{0,17}", "option": "RelativeToNow", "level": "Study"}


class Storing(Origin):
    """Duplicates are refused, and replaced by PUT; invalid values are kept in the file, and only there."""

    payloads = (DICOM,)

    async def store(self, request: Request) -> Response:
        if "accept" not in request.headers:
            raise HTTPException(406, "the request has no Accept header")
        return await super().store(request)

    async def upsert(self, request: Request) -> Response:
        """PUT: like a store, but existing instances are replaced."""
        return await self.store(request)

    def content_type(self, request: Request) -> MediaType:
        found = super().content_type(request)
        self.check_expiry({name: text for name, text in request.headers.items() if name.startswith(EXPIRY)})
        return found

    def check_expiry(self, fields: dict[str, str]) -> None:
        """Raises 400 for fields that request another expiry than that of a study from now on."""
        for name, form in EXPIRES.items():
            if fields and not re.fullmatch(form, fields.get(EXPIRY + name, "")):
                raise HTTPException(400, f"{EXPIRY}{name} should be {form}")

    def conclude(self, request: Request, target: Target, drafts: list[Path], form: Representation) -> Response:
        for draft in drafts:
            self.blank(draft)
            if request.method == "PUT":
                with suppress(Refused):
                    self.replace(ingest.read(draft), target)
        return super().conclude(request, target, drafts, form)

    def blank(self, draft: Path) -> None:
        """Write zeros over the preamble of a file."""
        with open(draft, "r+b") as file:
            if len(file.read(PREAMBLE)) == PREAMBLE:
                file.seek(0)
                file.write(bytes(PREAMBLE))

    def replace(self, instance: Instance, target: Target) -> None:
        """Make room for an instance. Raises Refused for one that does not belong to the study in the path."""
        self.admit(instance, target)
        self.archive.delete(instance.target)

    def admit(self, instance: Instance, target: Target) -> None:
        super().admit(instance, target)
        if PATIENT_ID not in instance.attributes:
            raise Refused(ingest.DATA_SET_MISMATCH, instance.sop_class, instance.instance)

    def keep(self, instance: Instance) -> None:
        if self.archive.find(instance.target):
            raise Refused(ALREADY_EXISTS, instance.sop_class, instance.instance)
        super().keep(self.indexed(instance))

    def indexed(self, instance: Instance) -> Instance:
        """An instance with the original file, but without the invalid attributes."""
        bad = self.problems(instance)
        valid = {name: value for name, value in instance.attributes.items() if name not in bad or "Value" not in value}
        return replace(instance, data_set=json.dumps(valid, ensure_ascii=False, separators=(",", ":")))

    def nothing_received(self) -> None:
        raise HTTPException(204)

    def outcome(self, stored: list[Instance], refused: list[Refused]) -> int:
        found = super().outcome(stored, refused)
        return 202 if found == 200 and any(map(self.problems, stored)) else found

    def module(self, base: str, target: Target, stored: list[Instance], refused: list[Refused]) -> Json:
        """The response, with RetrieveURL if the path names the study; an unreadable part is an item without UIDs."""
        module = super().module(base, target, stored, refused)
        if target.study is None or not stored:
            del module["00081190"]
        if others := module.pop("0008119A", {}).get("Value", []):
            reason = {"vr": "US", "Value": [ingest.DATA_SET_MISMATCH]}
            failed = module.setdefault("00081198", {"vr": "SQ", "Value": []})
            failed["Value"] += [item | {"00081197": reason} for item in others]
        for item, instance in zip(module.get("00081199", {}).get("Value", []), stored, strict=True):
            item |= self.warning(self.problems(instance))
        return dict(sorted(module.items()))

    def warning(self, problems: dict[str, str]) -> Json:
        """The content of an item about the invalid attributes of the instance."""
        comments = [
            {"00000902": {"vr": "LO", "Value": [f"DICOM100: ({name[:4]},{name[4:]}) - {problem}"]}}
            for name, problem in problems.items()
        ]
        if not comments:
            return {"00741048": {"vr": "SQ"}}
        reason = {"vr": "US", "Value": [SOME_ATTRIBUTES_ARE_INVALID]}
        return {"00081196": reason, "00741048": {"vr": "SQ", "Value": comments}}

    def problems(self, instance: Instance) -> dict[str, str]:
        """The problems of the invalid indexed attributes, by tag."""
        found = {name: _problem(name, instance.attributes.get(name, {})) for name in sorted(INDEXED)}
        return {name: problem for name, problem in found.items() if problem}

    def remark(self, response: Response, base: str, stored: list[Instance]) -> None:
        """Report that only the first value of an attribute is indexed."""
        attributes = (item for instance in stored for name, item in instance.attributes.items() if name in INDEXED)
        if any(len(item.get("Value", [])) > 1 for item in attributes):
            response.headers["Warning"] = f'299 {base}: "Of several values the first one is indexed"'


def _problem(name: str, attribute: Json) -> str:
    """The problem of the values of an attribute; empty if there is none."""
    values = [str(value) for value in attribute.get("Value", []) if value is not None]
    if name == PATIENT_ID and not values:
        return "it has no value"
    if attribute.get("vr") == "CS" and not all(re.fullmatch("[A-Z0-9 _]{0,16}", value) for value in values):
        return "it is not of the VR CS"
    return "it is not a date" if name in DATES and not all(map(_is_date, values)) else ""


def _is_date(text: str) -> bool:
    with suppress(BadValue):
        return len(text) == 8 and bool(moment("DA", text))
    return False
