"""The values of one attribute in the DICOM JSON Model, as its VR has them: PS3.18 F.2.2 to F.2.7."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from conformance.dicomweb.findings import Finding
from conformance.dicomweb.wording import shown

TEXTS = frozenset(["AE", "AS", "CS", "DA", "DT", "LO", "LT", "SH", "ST", "TM", "UC", "UI", "UR", "UT"])
NUMBERS = frozenset(["FL", "FD", "SL", "SS", "UL", "US"])
NUMBERS_OR_TEXTS = frozenset(["DS", "IS", "SV", "UV"])
BINARIES = frozenset(["OB", "OD", "OF", "OL", "OV", "OW", "UN"])
REFERABLE = NUMBERS | NUMBERS_OR_TEXTS | BINARIES | frozenset(["LT", "ST", "UC", "UT"])  # by BulkDataURI
GROUPS = ("Alphabetic", "Ideographic", "Phonetic")
# The VRs in which a backslash separates values (PS3.5 6.2); in LT, ST, UT and UR it does not.
SEPARATED = frozenset(["AE", "AS", "CS", "DA", "DS", "DT", "IS", "LO", "PN", "SH", "TM", "UC", "UI"])
_AT = re.compile(r"[0-9A-F]{8}")
_URI = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+")


class Members(list[tuple[str, Any]]):
    """A JSON object as its members, in their order, names that occur twice included."""


def kind(value: object) -> str:
    """A JSON value, as a message names it."""
    if isinstance(value, Members):
        return "an object"
    if isinstance(value, list):
        return "a list"
    return shown(value) if isinstance(value, str) else json.dumps(value)[:60]


def findings(vr: str, members: dict[str, Any], path: str) -> Iterator[Finding]:
    """The rules for the contents of an attribute whose Value, where it has one, is a list."""
    if "BulkDataURI" in members:
        yield from _bulk_data_uri(vr, members["BulkDataURI"], path)
    if "InlineBinary" in members:
        yield from _inline_binary(vr, members["InlineBinary"], path)
    if "Value" not in members:
        return
    values = members["Value"]
    if vr in BINARIES:
        yield Finding("JSON-VR-BIN", path, f"{path} ({vr}) has a Value, should be InlineBinary or BulkDataURI")
    elif not values:
        yield _empty_list(vr, path)
    elif vr != "SQ" and values in ([""], [None]):
        sentence = f"the Value of {path} is [{json.dumps(values[0])}], should be absent for a value of zero length"
        yield Finding("JSON-NULL-001", path, sentence)
    else:
        for number, value in enumerate(values, 1):
            label = path if len(values) == 1 else f"value {number} of {path}"
            yield from _value(vr, value, label, path)


def _empty_list(vr: str, path: str) -> Finding:
    sentence = f"the Value of {path} is [], should be absent"
    return Finding("JSON-NULL-004", path, sentence) if vr == "SQ" else Finding("JSON-NULL-001", path, sentence, True)


def _value(vr: str, value: object, label: str, path: str) -> Iterator[Finding]:
    """One value of several, or the only one."""
    if vr == "SQ":
        yield from _item(value, label, path)
    elif value is None:
        return
    elif value == "":
        yield Finding("JSON-NULL-002", path, f'{label} is "", should be null')
    elif vr == "PN":
        yield from _person_name(value, label, path)
    else:
        yield from _typed(vr, value, label, path)
    if isinstance(value, str) and vr in SEPARATED and "\\" in value:
        yield Finding("JSON-VM-001", path, f"{label} is {shown(value)}, should be several values")
    if isinstance(value, str) and value.endswith("\0"):
        yield Finding("JSON-PAD-001", path, f"{label} is {shown(value)}, should be without padding")


def _typed(vr: str, value: object, label: str, path: str) -> Iterator[Finding]:
    """The JSON type of a value (Table F.2.3-1)."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    is_text = isinstance(value, str)
    if vr in TEXTS and not is_text:
        yield Finding("JSON-VR-STR", path, f"{label} ({vr}) is {kind(value)}, should be a string")
    elif vr in NUMBERS and not (is_number or value in ("NaN", "Infinity", "-Infinity", "+Infinity")):
        # NaN and the infinities have no form in any edition; F.2.3 leaves a text as good as another.
        yield Finding("JSON-VR-NUM", path, f"{label} ({vr}) is {kind(value)}, should be a number")
    elif vr in NUMBERS_OR_TEXTS and not (is_number or is_text):
        yield Finding("JSON-VR-DSIS", path, f"{label} ({vr}) is {kind(value)}, should be a number or a string")
    elif vr == "AT" and not (isinstance(value, str) and _AT.fullmatch(value)):
        sentence = f"{label} (AT) is {kind(value)}, should be eight upper-case hexadecimal digits in a string"
        yield Finding("JSON-VR-AT", path, sentence)


def _item(value: object, label: str, path: str) -> Iterator[Finding]:
    if value is None:
        yield Finding("JSON-NULL-003", path, f"an item, {label}, is null, should be an empty object")
    elif not isinstance(value, Members):
        yield Finding("JSON-SQ-001", path, f"an item, {label}, is {kind(value)}, should be a data set")


def _person_name(value: object, label: str, path: str) -> Iterator[Finding]:
    """The component groups of a name (F.2.2)."""
    if not isinstance(value, Members):
        sentence = f"{label} (PN) is {kind(value)}, should be an object of component groups"
        yield Finding("JSON-PN-001", path, sentence)
        return
    for group, text in value:
        if group not in GROUPS:
            sentence = f"a group of {label} is {shown(group)}, should be Alphabetic, Ideographic or Phonetic"
            yield Finding("JSON-PN-002", path, sentence)
        elif not isinstance(text, str):
            yield Finding("JSON-PN-002", path, f"{group} of {label} is {kind(text)}, should be a string")
        elif not text:
            yield Finding("JSON-PN-002", path, f"{group} of {label} is empty, should be absent", arguable=True)
        elif "=" in text:
            yield Finding("JSON-PN-003", path, f"{group} of {label} is {shown(text)}, should be one component group")


def _bulk_data_uri(vr: str, value: object, path: str) -> Iterator[Finding]:
    if vr not in REFERABLE:
        sentence = (
            f"{path} ({vr}) has a BulkDataURI, should be a Value: F.2.2 allows it for {' '.join(sorted(REFERABLE))}"
        )
        yield Finding("JSON-BULK-001", path, sentence)
    if not isinstance(value, str) or not _resolves(value):
        sentence = f"the BulkDataURI of {path} is {kind(value)}, should be an http(s) URI or a relative reference"
        yield Finding("JSON-BULK-002", path, sentence)


def _resolves(uri: str) -> bool:
    """Whether a text is a URI reference that leads to http or https from an http URL (RFC 3986 4)."""
    if not _URI.fullmatch(uri):
        return False
    try:
        parts = urlsplit(uri)
    except ValueError:
        return False
    return bool(parts.netloc) if parts.scheme in ("http", "https") else not parts.scheme


def _inline_binary(vr: str, value: object, path: str) -> Iterator[Finding]:
    if vr not in BINARIES:
        # F.2.7 takes a US attribute for its example of InlineBinary, which F.2.2 does not have for US.
        sentence = f"{path} ({vr}) has InlineBinary, should be only for {' '.join(sorted(BINARIES))}"
        yield Finding("JSON-VR-BIN", path, sentence, arguable=vr in NUMBERS)
    if not isinstance(value, str) or not _is_base64(value):
        sentence = f"the InlineBinary of {path} is {kind(value)}, should be one string of base64"
        yield Finding("JSON-VR-BIN", path, sentence)
    elif not value:
        yield Finding("JSON-NULL-001", path, f"the InlineBinary of {path} is empty, should be absent", arguable=True)


def _is_base64(text: str) -> bool:
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return False
    return True
