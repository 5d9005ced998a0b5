"""The values of one attribute in the DICOM JSON Model, as its VR has them: PS3.18 F.2.2 to F.2.7."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from conformance.dicomweb.differences import Difference
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
        return "an array"
    return shown(value) if isinstance(value, str) else json.dumps(value)[:60]


def findings(vr: str, members: dict[str, Any], path: str) -> Iterator[Finding]:
    """The rules for the contents of an attribute. Its Value, if it has one, must be a list."""
    if "BulkDataURI" in members:
        yield from _bulk_data_uri(vr, members["BulkDataURI"], path)
    if "InlineBinary" in members:
        yield from _inline_binary(vr, members["InlineBinary"], path)
    if "Value" not in members:
        return
    values = members["Value"]
    if vr in BINARIES:
        yield Finding("JSON-VR-BIN", path, Difference(f"{path} ({vr})", "in Value", "in InlineBinary or BulkDataURI"))
    elif not values:
        yield _empty_list(vr, path)
    elif vr != "SQ" and values in ([""], [None]):
        found, wanted = f"[{json.dumps(values[0])}]", "absent, because the value is empty"
        yield Finding("JSON-NULL-001", path, Difference(f"the Value of {path}", found, wanted))
    else:
        for number, value in enumerate(values, 1):
            label = path if len(values) == 1 else f"value {number} of {path}"
            yield from _value(vr, value, label, path)


def _empty_list(vr: str, path: str) -> Finding:
    wrong = Difference(f"the Value of {path}", "[]", "absent")
    return Finding("JSON-NULL-004", path, wrong) if vr == "SQ" else Finding("JSON-NULL-001", path, wrong, True)


def _value(vr: str, value: object, label: str, path: str) -> Iterator[Finding]:
    """One value of several, or the only one."""
    if vr == "SQ":
        yield from _item(value, label, path)
    elif value is None:
        return
    elif value == "":
        yield Finding("JSON-NULL-002", path, Difference(label, '""', "null"))
    elif vr == "PN":
        yield from _person_name(value, label, path)
    else:
        yield from _typed(vr, value, label, path)
    if isinstance(value, str) and vr in SEPARATED and "\\" in value:
        yield Finding("JSON-VM-001", path, Difference(label, shown(value), "several values"))
    if isinstance(value, str) and value.endswith("\0"):
        yield Finding("JSON-PAD-001", path, Difference(label, shown(value), "without padding"))


def _typed(vr: str, value: object, label: str, path: str) -> Iterator[Finding]:
    """The JSON type of a value (Table F.2.3-1)."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    is_text = isinstance(value, str)
    if vr in TEXTS and not is_text:
        yield Finding("JSON-VR-STR", path, Difference(f"{label} ({vr})", kind(value), "a string"))
    elif vr in NUMBERS and not (is_number or value in ("NaN", "Infinity", "-Infinity", "+Infinity")):
        # NaN and the infinities have no form in any edition; F.2.3 does not prefer any text.
        yield Finding("JSON-VR-NUM", path, Difference(f"{label} ({vr})", kind(value), "a number"))
    elif vr in NUMBERS_OR_TEXTS and not (is_number or is_text):
        yield Finding("JSON-VR-DSIS", path, Difference(f"{label} ({vr})", kind(value), "a number or a string"))
    elif vr == "AT" and not (isinstance(value, str) and _AT.fullmatch(value)):
        wanted = "eight upper-case hexadecimal digits in a string"
        yield Finding("JSON-VR-AT", path, Difference(f"{label} (AT)", kind(value), wanted))


def _item(value: object, label: str, path: str) -> Iterator[Finding]:
    if value is None:
        yield Finding("JSON-NULL-003", path, Difference(f"an item, {label},", "null", "an empty object"))
    elif not isinstance(value, Members):
        yield Finding("JSON-SQ-001", path, Difference(f"an item, {label},", kind(value), "a data set"))


def _person_name(value: object, label: str, path: str) -> Iterator[Finding]:
    """The component groups of a name (F.2.2)."""
    if not isinstance(value, Members):
        wrong = Difference(f"{label} (PN)", kind(value), "an object of component groups")
        yield Finding("JSON-PN-001", path, wrong)
        return
    for group, text in value:
        if group not in GROUPS:
            wrong = Difference(f"a group of {label}", shown(group), "Alphabetic, Ideographic or Phonetic")
            yield Finding("JSON-PN-002", path, wrong)
        elif not isinstance(text, str):
            yield Finding("JSON-PN-002", path, Difference(f"the group {group} of {label}", kind(text), "a string"))
        elif not text:
            yield Finding(
                "JSON-PN-002", path, Difference(f"the group {group} of {label}", "empty", "absent"), arguable=True
            )
        elif "=" in text:
            yield Finding(
                "JSON-PN-003", path, Difference(f"the group {group} of {label}", shown(text), "one component group")
            )


def _bulk_data_uri(vr: str, value: object, path: str) -> Iterator[Finding]:
    if vr not in REFERABLE:
        wanted = f"in Value (F.2.2 allows BulkDataURI for {' '.join(sorted(REFERABLE))})"
        yield Finding("JSON-BULK-001", path, Difference(f"{path} ({vr})", "in BulkDataURI", wanted))
    if not isinstance(value, str) or not _resolves(value):
        wanted = "an http(s) URI or a relative reference"
        yield Finding("JSON-BULK-002", path, Difference(f"the BulkDataURI of {path}", kind(value), wanted))


def _resolves(uri: str) -> bool:
    """True if a text is a URI reference that leads to http or https from an http URL (RFC 3986 4)."""
    if not _URI.fullmatch(uri):
        return False
    try:
        parts = urlsplit(uri)
    except ValueError:
        return False
    return bool(parts.netloc) if parts.scheme in ("http", "https") else not parts.scheme


def _inline_binary(vr: str, value: object, path: str) -> Iterator[Finding]:
    if vr not in BINARIES:
        # The example of InlineBinary in F.2.7 is a US attribute, which F.2.2 does not allow for US.
        wanted = f"in Value (InlineBinary is for {' '.join(sorted(BINARIES))})"
        wrong = Difference(f"{path} ({vr})", "in InlineBinary", wanted)
        yield Finding("JSON-VR-BIN", path, wrong, arguable=vr in NUMBERS)
    if not isinstance(value, str) or not _is_base64(value):
        wrong = Difference(f"the InlineBinary of {path}", kind(value), "one string of base64")
        yield Finding("JSON-VR-BIN", path, wrong)
    elif not value:
        wrong = Difference(f"the InlineBinary of {path}", "empty", "absent")
        yield Finding("JSON-NULL-001", path, wrong, arguable=True)


def _is_base64(text: str) -> bool:
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return False
    return True
