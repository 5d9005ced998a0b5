"""Faults that edit the DICOM JSON and XML of the correct server: each is one small function.

The sentence of such a fault is the docstring of its function.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from ..app import Origin
from ..dicom_json import Json
from ..target import Target
from .registry import fault

JSON_TEXT = {"ensure_ascii": False, "separators": (",", ":")}

Attribute = dict[str, Any]
AttributeEdit = Callable[[str, Attribute], Attribute]
DataSetEdit = Callable[[Json], Json]
TextEdit = Callable[[str], str | bytes]


class EditedMetadata(Origin):
    """Metadata at one level in JSON, each document edited."""

    level: str

    def metadata(self, request: Request) -> Response:
        response = super().metadata(request)
        is_json = "dicom+json" in response.headers.get("content-type", "")
        if response.status_code == 200 and is_json and Target.of(request).level == self.level:
            response.body = self.edited(bytes(response.body))
            response.headers["content-length"] = str(len(response.body))
        return response

    def edited(self, content: bytes) -> bytes:
        """The document as returned."""
        raise NotImplementedError


def text_fault(
    id: str, *, breaks: tuple[str, ...], says: str, level: str = "series", seen: tuple[str, ...] = ()
) -> Callable[[TextEdit], TextEdit]:
    """Register an edit of the JSON text of metadata at a level."""

    def register(edit: TextEdit) -> TextEdit:
        class Edited(EditedMetadata):
            def edited(self, content: bytes) -> bytes:
                text = edit(content.decode())
                return text if isinstance(text, bytes) else text.encode()

        _register(Edited, edit, level)
        fault(id, breaks=breaks, says=says, seen=seen)(Edited)
        return edit

    return register


def data_set_fault(
    id: str, *, breaks: tuple[str, ...], says: str, level: str = "series", seen: tuple[str, ...] = ()
) -> Callable[[DataSetEdit], DataSetEdit]:
    """Register an edit of each data set of the metadata at a level."""

    def register(edit: DataSetEdit) -> DataSetEdit:
        class Edited(EditedMetadata):
            def edited(self, content: bytes) -> bytes:
                return json.dumps([edit(data_set) for data_set in json.loads(content)], **JSON_TEXT).encode()  # type: ignore[arg-type]

        _register(Edited, edit, level)
        fault(id, breaks=breaks, says=says, seen=seen)(Edited)
        return edit

    return register


def attribute_fault(
    id: str, *, breaks: tuple[str, ...], says: str, level: str = "series", seen: tuple[str, ...] = ()
) -> Callable[[AttributeEdit], AttributeEdit]:
    """Register an edit of each attribute of the metadata at a level, those in sequences included."""

    def register(edit: AttributeEdit) -> AttributeEdit:
        def whole(data_set: Json) -> Json:
            return everywhere(data_set, edit)

        whole.__doc__ = edit.__doc__
        data_set_fault(id, breaks=breaks, says=says, level=level, seen=seen)(whole)
        return edit

    return register


def xml_fault(
    id: str, *, breaks: tuple[str, ...], says: str, seen: tuple[str, ...] = ()
) -> Callable[[TextEdit], TextEdit]:
    """Register an edit of the text of each XML document."""

    def register(edit: TextEdit) -> TextEdit:
        class Edited(Origin):
            def xml(self, data_set: Json) -> bytes:
                text = edit(super().xml(data_set).decode())
                return text if isinstance(text, bytes) else text.encode()

        Edited.__doc__ = edit.__doc__
        fault(id, breaks=breaks, says=says, seen=seen)(Edited)
        return edit

    return register


def everywhere(data_set: Json, edit: AttributeEdit) -> Json:
    """A data set in which each attribute is edited, those of items first."""
    return {tag: edit(tag, _with_items(attribute, edit)) for tag, attribute in data_set.items()}


def _with_items(attribute: Attribute, edit: AttributeEdit) -> Attribute:
    if attribute["vr"] != "SQ" or "Value" not in attribute:
        return attribute
    return attribute | {"Value": [everywhere(item, edit) for item in attribute["Value"]]}


def _register(origin: type[EditedMetadata], edit: Callable[..., object], level: str) -> None:
    origin.level = level
    origin.__doc__ = edit.__doc__
