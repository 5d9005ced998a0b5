"""The DICOM JSON Model, rule by rule: PS3.18 Annex F over one document, each finding tied to its requirement.

dicom_json reads what a check needs to continue; this walker judges the form. It continues after each finding, reads any
bytes, and takes time and memory in proportion to their number.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from conformance.dicomweb import json_values, limits
from conformance.dicomweb.differences import Difference, either
from conformance.dicomweb.findings import FORMER_VRS, VRS, Finding, vrs_of
from conformance.dicomweb.json_values import Members, kind
from conformance.dicomweb.wording import digits, name, shown

_TAG = re.compile(r"[0-9A-F]{8}")
_ANY_TAG = re.compile(r"[0-9A-Fa-f]{8}")
_MEMBERS = frozenset(("vr", "Value", "BulkDataURI", "InlineBinary"))
_CONTENTS = ("Value", "BulkDataURI", "InlineBinary")
_NOTHING = object()  # null is a document too
_DIGITS = 300  # longer numbers are not converted: only the type of a number is judged here


class _Object(NamedTuple):
    """A data set to be judged: its JSON, and the path to it, empty or ending in a dot."""

    members: Members
    path: str
    number: int

    def where(self, key: str) -> str:
        """An attribute of this data set, as a message names it."""
        return f"{self.path}{_label(key)} in data set {self.number}"


@limits.remembered
def walk(content: bytes) -> tuple[Finding, ...]:
    """Judge a document: a list of data sets (F.2.1), or one data set, as a store response is (10.5.3).

    Gives at most limits.FINDINGS findings of each requirement.
    """
    document, invalid = _parsed(content)
    return (*invalid, *(() if document is _NOTHING else limits.first_findings(_document(document))))


@limits.remembered
def vrs(content: bytes) -> frozenset[str]:
    """The VRs of the attributes of a document, at any depth; empty if there is no data set to judge."""
    document, _ = _parsed(content)
    attributes = (each for found in _data_sets(document) for _, each in found.members if isinstance(each, Members))
    return frozenset(vr for each in attributes if isinstance(vr := dict(each).get("vr"), str))


@limits.remembered
def is_json(content: bytes) -> bool:
    """True if there is JSON to walk over, with at most mistakes that can be skipped."""
    return _parsed(content)[0] is not _NOTHING


def _text(content: bytes) -> tuple[str, list[Finding]]:
    """The text of a document, and the findings about its encoding (F.2, RFC 8259 8.1)."""
    if content.startswith(codecs.BOM_UTF8):
        wrong = Difference("the beginning of the document", "a byte order mark", "JSON")
        return content[3:].decode("utf-8", "replace"), [Finding("JSON-STRUCT-003", "", wrong)]
    try:
        return content.decode("utf-8"), []
    except UnicodeDecodeError as error:
        wrong = Difference(f"byte {error.start} of the document", f"{content[error.start]:02X}", "UTF-8")
        return content.decode("utf-8", "replace"), [Finding("JSON-STRUCT-003", "", wrong)]


def _parsed(content: bytes) -> tuple[object, list[Finding]]:
    """The JSON with duplicate names, _NOTHING if there is none; and the findings about its validity (RFC 8259)."""
    if excess := limits.json_excess(content):
        return _NOTHING, [Finding("JSON-VALID-001", "", excess)]
    text, findings = _text(content)
    constants: list[str] = []

    def constant(word: str) -> float:
        constants.append(word)
        return float(word)

    reader = json.JSONDecoder(
        object_pairs_hook=Members, parse_constant=constant, parse_int=lambda digits: int(digits[:_DIGITS])
    )
    too_deep = False
    try:
        document = reader.decode(text)
    except json.JSONDecodeError as error:
        findings.append(_invalid(text, error))
        document = _with_control_characters(text)
    except RecursionError:
        document, too_deep = _NOTHING, True
    if too_deep or limits.is_deeper(document, _inside, limits.JSON_LEVELS):
        document = _NOTHING
        findings.append(Finding("JSON-VALID-001", "", limits.TOO_DEEP))
    if constants:
        wrong = Difference("a value", constants[0], "valid JSON, which does not have such a number")
        findings.append(Finding("JSON-VALID-001", "", wrong))
    return document, findings


def _invalid(text: str, error: json.JSONDecodeError) -> Finding:
    found = shown(text[error.pos : error.pos + 20]) if error.pos < len(text) else "the end"
    wrong = Difference(f"character {error.pos} of the document", found, f"valid JSON ({error.msg})")
    return Finding("JSON-VALID-001", "", wrong)


def _with_control_characters(text: str) -> object:
    """The JSON if nothing but raw control characters makes it invalid."""
    try:
        return json.loads(text, strict=False, object_pairs_hook=Members)
    except (ValueError, RecursionError):
        return _NOTHING


def _document(document: object) -> Iterator[Finding]:
    """Each rule of Annex F over each data set."""
    if isinstance(document, Members) or not isinstance(document, list):
        yield Finding("JSON-STRUCT-002", "", Difference("the document", kind(document), "an array of data sets"))
    else:
        for number, item in enumerate(document, 1):
            if not isinstance(item, Members):
                yield Finding("JSON-STRUCT-002", "", Difference(f"data set {number}", kind(item), "an object"))
    for found in _data_sets(document):
        if not found.path:
            yield from _top_level(found)
        yield from _names(found)
        for key, attribute in found.members:
            yield from _attribute(key, attribute, found.where(key))


def _data_sets(document: object) -> Iterator[_Object]:
    """Each data set of a document, each with those in its sequences after it, without recursion."""
    if isinstance(document, Members):
        # An object around the results is not a data set, and its members are not attributes.
        top: list[object] = [document] if any(_ANY_TAG.fullmatch(key) for key, _ in document) else []
    else:
        top = document if isinstance(document, list) else []
    objects = (_Object(item, "", count) for count, item in enumerate(top, 1) if isinstance(item, Members))
    yield from limits.every(objects, _items)


def _items(found: _Object) -> Iterator[_Object]:
    """The items of the sequences of a data set that are objects, counted from 0 as in a path."""
    for key, attribute in found.members:
        members = dict(attribute) if isinstance(attribute, Members) else {}
        values = members.get("Value") if members.get("vr") == "SQ" else None
        for index, item in enumerate(values if isinstance(values, list) and _is_list(values) else ()):
            if isinstance(item, Members):
                yield _Object(item, f"{found.path}{_label(key)}[{index}]."[-limits.PATH :], found.number)


def _inside(value: object) -> Iterable[object]:
    """The values inside a JSON value."""
    if isinstance(value, Members):
        return [inner for _, inner in value]
    return value if isinstance(value, list) else ()


def _label(key: str) -> str:
    """An attribute, as a message names it."""
    return _name(key) if _TAG.fullmatch(key) else shown(key)


@lru_cache(maxsize=1000)
def _name(tag: str) -> str:
    return name(int(tag, 16))


def _is_list(value: object) -> bool:
    return isinstance(value, list) and not isinstance(value, Members)


def _top_level(found: _Object) -> Iterator[Finding]:
    for key, _ in found.members:
        if key.startswith("0002"):
            path = found.where(key)
            yield Finding(
                "JSON-STRUCT-013", path, Difference(f"{path}, of the File Meta Information,", "there", "absent")
            )


def _names(found: _Object) -> Iterator[Finding]:
    """The names of a data set: their form and order, no group length, no command, creators of private blocks."""
    keys = [key for key, _ in found.members]
    tags = [key for key in keys if _TAG.fullmatch(key)]
    known, last = set(keys), ""
    if len(known) < len(keys):
        yield from _twice(keys, found)
    for key in keys:
        if not _TAG.fullmatch(key):
            path = found.where(key)
            wrong = Difference(f"the name of {path}", shown(key), "eight upper-case hexadecimal digits")
            yield Finding("JSON-STRUCT-004", path, wrong)
    for key in tags:
        path = found.where(key)
        if key < last:
            yield Finding("JSON-STRUCT-005", path, Difference(path, f"after {_name(last)}", "before it"))
        last = key
        if key.endswith("0000"):
            yield Finding("JSON-STRUCT-006", path, Difference(f"the group length {path}", "there", "absent"))
        if key.startswith("0000"):
            yield Finding("JSON-STRUCT-014", path, Difference(f"{path}, of a command,", "there", "absent"))
        creator = f"{key[:4]}00{key[4:6]}"
        if int(key[:4], 16) % 2 and key[4:] >= "1000" and creator not in known:
            subject = f"the Private Creator {digits(int(creator, 16))} of {path}"
            yield Finding("JSON-PRIV-001", path, Difference(subject, "absent", "there"))


def _twice(keys: list[str], found: _Object) -> Iterator[Finding]:
    seen: set[str] = set()
    for key in keys:
        if key in seen:
            path = found.where(key)
            yield Finding("JSON-STRUCT-012", path, Difference(path, "there twice", "there once"))
        seen.add(key)


def _attribute(key: str, attribute: object, path: str) -> Iterator[Finding]:
    """The members of an attribute, and then its values as its VR has them."""
    if not isinstance(attribute, Members):
        yield Finding("JSON-STRUCT-007", path, Difference(path, kind(attribute), "an object with a vr"))
        return
    members = dict(attribute)
    if len(members) < len(attribute):
        yield Finding("JSON-STRUCT-012", path, Difference(f"a member of {path}", "there twice", "there once"))
    for member in members:
        if member not in _MEMBERS:
            wrong = Difference(f"a member of {path}", shown(member), "vr, Value, BulkDataURI or InlineBinary")
            yield Finding("JSON-STRUCT-011", path, wrong)
    there = [member for member in _CONTENTS if member in members]
    if len(there) > 1:
        yield Finding(
            "JSON-STRUCT-008", path, Difference(f"the content of {path}", " and ".join(there), "only one of them")
        )
    vr = members.get("vr")
    if not isinstance(vr, str) or vr not in VRS:
        found = "absent" if "vr" not in members else kind(vr)
        yield Finding("JSON-STRUCT-007", path, Difference(f"the vr of {path}", found, "a VR of PS3.5"))
        vr = ""
    elif _TAG.fullmatch(key) and vrs_of(key) and vr not in vrs_of(key) | {"UN"}:
        wrong = Difference(f"the vr of {path}", vr, either(sorted(vrs_of(key))))
        yield Finding("JSON-STRUCT-010", path, wrong, arguable=FORMER_VRS.get(key) == vr)
    if "Value" in members and not _is_list(members["Value"]):
        yield Finding("JSON-STRUCT-009", path, Difference(f"the Value of {path}", kind(members["Value"]), "an array"))
    elif vr:
        yield from json_values.findings(vr, members, path)
