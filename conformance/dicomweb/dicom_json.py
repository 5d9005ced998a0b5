"""The DICOM JSON Model: PS3.18 Annex F, as far as a reader needs it to continue."""

from __future__ import annotations

import base64
import json
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any, NoReturn, cast

from pydicom import DataElement, Dataset
from pydicom.datadict import tag_for_keyword

from conformance.dicomweb import comparison, limits
from conformance.dicomweb.comparison import Value
from conformance.dicomweb.differences import Difference, Malformed
from conformance.dicomweb.wording import count, name, name_and_tag, shown

DataSet = dict[str, dict[str, object]]

# The VRs whose values BulkDataURI may replace (F.2.2), without those that are always bulk data.
BULK_DATA_ALLOWED = frozenset(("DS", "FL", "FD", "IS", "LT", "SL", "SS", "ST", "SV", "UC", "UL", "US", "UT", "UV"))
_EXACT = 2**53  # a larger whole number may have been rounded
_TAG = re.compile(r"[0-9A-F]{8}")
_VR = re.compile(r"[A-Z]{2}")
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_GROUPS = ("Alphabetic", "Ideographic", "Phonetic")


class MalformedJson(Malformed):
    """Bytes that are not JSON, or not DICOM JSON. `requirement` is the rule of Annex F that an attribute breaks."""

    requirement = ""

    def by(self, requirement: str) -> MalformedJson:
        """The same error, about a rule."""
        self.requirement = requirement
        return self


class Unreadable(dict[str, object]):
    """A malformed attribute of a data set that is read nevertheless: it has only its VR. Reading its value raises
    `error`."""

    def __init__(self, vr: str, error: Exception) -> None:
        super().__init__(vr=vr)
        self.error = error


# What is raised later for a malformed attribute that is put aside.
Aside = Callable[[MalformedJson], Exception]


def load(content: bytes) -> object:
    """Read JSON (RFC 8259) strictly: UTF-8 without byte order mark, no NaN, no name twice, no lone surrogate.

    Raises MalformedJson, also if it is too large or too deeply nested to be read.
    """
    if content.startswith(b"\xef\xbb\xbf"):
        raise MalformedJson("the beginning of the JSON", "a byte order mark", "a value (RFC 8259 8.1)")
    if excess := limits.json_excess(content):
        raise MalformedJson(*excess)
    try:
        text = content.decode("utf-8")
        value: object = json.loads(
            text, object_pairs_hook=_object, parse_constant=_no_constant, parse_int=_int, parse_float=_float
        )
        if _SURROGATE.search(text):
            json.dumps(value, ensure_ascii=False).encode()
    except UnicodeDecodeError as error:
        raise MalformedJson(f"byte {error.start} of the JSON", f"{content[error.start]:02X}", "UTF-8") from None
    except UnicodeEncodeError:
        raise MalformedJson("an escape in the JSON", "half a surrogate pair", "a whole one (RFC 8259 8.2)") from None
    except json.JSONDecodeError as error:
        found = shown(text[error.pos : error.pos + 20]) if error.pos < len(text) else "the end"
        raise MalformedJson(f"character {error.pos} of the JSON", found, f"valid JSON ({error.msg})") from None
    except RecursionError:
        raise MalformedJson(*limits.TOO_DEEP) from None
    if limits.is_deeper(value, _inside, limits.JSON_LEVELS):
        raise MalformedJson(*limits.TOO_DEEP)
    return value


def datasets(content: bytes, aside: Aside | None = None) -> list[DataSet]:
    """Read a list of data sets (F.2.1): the response to a search or a request for metadata.

    Only the shape that a reader needs to continue is required, at every depth: tags as names, attributes that are
    objects with a `vr`, lists as `Value`, objects as items. Raises MalformedJson. With `aside` a malformed attribute
    makes only itself unreadable, and a tag may be in lower case.
    """
    found = load(content)
    if not isinstance(found, list):
        raise MalformedJson("the JSON", _kind(found), "an array of data sets")
    return [_data_set(each, f"data set {number}", aside) for number, each in enumerate(found, 1)]


def matches(content: bytes) -> list[DataSet]:
    """Read the matches of a search: like `datasets`, and none for a body of zero length (PS3.18 10.6.3.1, CP-2473)."""
    return datasets(content) if content else []


def dataset(content: bytes, aside: Aside | None = None) -> DataSet:
    """Read one data set, bare or in a list of one: the response to a store (10.5.3). As `datasets`."""
    found = load(content)
    if isinstance(found, list):
        if len(found) != 1:
            raise MalformedJson("the JSON", f"an array of {len(found)} data sets", "one data set")
        found = found[0]
    return _data_set(found, "the data set", aside)


def values(ds: DataSet, attribute: str) -> list[object]:
    """The values of an attribute, given by keyword or by tag as "00100010"; empty when it is absent or has none."""
    element = ds.get(_key(attribute), {})
    if isinstance(element, Unreadable):
        raise element.error
    found = element.get("Value")
    return found if isinstance(found, list) else []


def is_elsewhere(ds: DataSet, attribute: str) -> bool:
    """True if the value of an attribute is not in the data set but at a BulkDataURI, where F.2.2 allows that."""
    element = ds.get(_key(attribute), {})
    return "BulkDataURI" in element and element.get("vr") in BULK_DATA_ALLOWED


def items(ds: DataSet, attribute: str) -> list[DataSet]:
    """The items of a sequence; empty when it is absent, has none, or is of another VR than SQ."""
    found = values(ds, attribute) if ds.get(_key(attribute), {}).get("vr") == "SQ" else []
    return [item for item in found if isinstance(item, dict)]


def text(ds: DataSet, attribute: str) -> str | None:
    """The first value as text without padding: the Alphabetic group of a PN, 1 for 1.0; None if there is none."""
    value = next(iter(values(ds, attribute)), None)
    if isinstance(value, dict):
        value = value.get("Alphabetic")
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return value.rstrip(" \0") if isinstance(value, str) else comparison.plain(value)


def differences(stored: Dataset, returned: DataSet) -> list[Difference]:
    """The differences that a reader of returned metadata sees; empty when nothing is changed.

    Each element of `stored` that has a value and is not bulk data (OB OD OF OL OV OW UN), and is missing in `returned`
    or has another value. Not differences: padding, how a DS or IS is written, SpecificCharacterSet, a BulkDataURI where
    F.2.2 allows one, NaN and infinities in any form (JSON has none), attributes that OriginalAttributesSequence
    records as coerced, attributes that cannot be read.
    """
    records = items(returned, "OriginalAttributesSequence")
    coerced = {key for record in records for item in items(record, "ModifiedAttributesSequence") for key in item}
    found: list[Difference] = []
    for element in comparison.elements(stored):
        if f"{element.tag:08X}" not in coerced:
            found += _differences(element, returned, "", stored)
    return found


def _differences(element: DataElement, returned: DataSet, path: str, root: Dataset) -> Iterator[Difference]:
    """The differences of one element, and of the elements in its items."""
    if comparison.is_bulk(element) or element.is_empty:
        return
    where, attribute = path + name(element.tag), returned.get(f"{element.tag:08X}")
    if isinstance(attribute, Unreadable):
        return
    if attribute is None:
        yield Difference(where, "absent", comparison.described(element))
    elif "BulkDataURI" in attribute:
        # An archive that does not know a private element has its value in UN.
        if element.VR not in BULK_DATA_ALLOWED and attribute["vr"] != "UN":
            yield Difference(where, "a BulkDataURI", comparison.described(element))
    elif "InlineBinary" in attribute:
        other = _inline(attribute["InlineBinary"], element, root)
        if other is None or not comparison.equal(element, other):
            yield Difference(where, "InlineBinary of another value", comparison.described(element))
    elif element.VR == "SQ":
        others = items(returned, f"{element.tag:08X}")
        if not comparison.enough_items(element, len(others)):
            yield Difference(where, count(len(others), "item"), comparison.described(element))
        for index, (item, other_item) in enumerate(zip(element.value, others, strict=False)):
            for inner in comparison.elements(item):
                yield from _differences(inner, other_item, f"{where}[{index}].", root)
    else:
        yield from _value_differences(element, values(returned, f"{element.tag:08X}"), where)


def _value_differences(element: DataElement, returned: list[object], where: str) -> Iterator[Difference]:
    wanted = comparison.values(element)
    got = [_value(element.VR, item) for item in returned]
    if len(got) == len(wanted):
        pairs = zip(wanted, got, strict=True)
        got = [a if isinstance(a, float) and not math.isfinite(a) else b for a, b in pairs]
    if not comparison.same(element.VR, wanted, got):
        yield comparison.values_difference(where, wanted, got)


def _value(vr: str, item: object) -> Value:
    """One JSON value in the form that is compared; a value of a wrong type for its VR stays different."""
    if isinstance(item, dict) and vr == "PN":
        return _person_name(item)
    if item is None or (isinstance(item, str) and vr != "PN"):
        return comparison.value(vr, item)
    if isinstance(item, int | float) and not isinstance(item, bool):
        return item
    return json.dumps(item) if isinstance(item, str) else _kind(item)


def _person_name(groups: dict[str, object]) -> Value:
    """A PN as DICOM writes it; a "=" inside a group changes the name."""
    found = [group if isinstance(group := groups.get(name), str) else "" for name in _GROUPS]
    if any("=" in group for group in found):
        return ", ".join(f"{name} {group}" for name, group in zip(_GROUPS, found, strict=True) if group)
    return comparison.value("PN", "=".join(found))


def _inline(content: object, element: DataElement, root: Dataset) -> DataElement | None:
    """InlineBinary (F.2.7) of a UN, read with the VR of the stored element."""
    try:
        return comparison.interpreted(base64.b64decode(str(content), validate=True), element, root)
    except ValueError:
        return None


def _data_set(found: object, where: str, aside: Aside | None) -> DataSet:
    """Check that a JSON value is a data set as far as a reader needs it, at every depth; put aside what is not."""
    if not isinstance(found, dict):
        raise MalformedJson(where, _kind(found), "an object")
    for item, place in limits.every([(found, where)], _items_of):
        if aside:
            _with_tags(item)
        for key, attribute in item.items():
            if error := _malformed(key, attribute, place):
                if aside is None:
                    raise error
                vr = attribute.get("vr") if isinstance(attribute, dict) else None
                item[key] = Unreadable(vr if isinstance(vr, str) else "", aside(error))
    return cast(DataSet, found)


def _with_tags(item: dict[str, object]) -> None:
    """Write the tags of a data set in upper case; leave out names that are not tags."""
    for key in [key for key in item if not _TAG.fullmatch(key)]:
        attribute = item.pop(key)
        if _TAG.fullmatch(key.upper()):
            item.setdefault(key.upper(), attribute)


def _malformed(key: str, attribute: object, where: str) -> MalformedJson | None:
    """The error of an attribute that is not an object with a vr, under its tag."""
    if not _TAG.fullmatch(key):
        wanted = "eight upper-case hexadecimal digits"
        return MalformedJson(f"a name in {where}", shown(key), wanted).by("JSON-STRUCT-004")
    if not isinstance(attribute, dict):
        return MalformedJson(f"{_named(key)} in {where}", _kind(attribute), "an object").by("JSON-STRUCT-007")
    vr, value = attribute.get("vr"), attribute.get("Value", [])
    if not isinstance(vr, str) or not _VR.fullmatch(vr):
        error = MalformedJson(f"the vr of {_named(key)} in {where}", _kind(vr), "a VR of two letters")
        return error.by("JSON-STRUCT-007")
    if not isinstance(value, list):
        error = MalformedJson(f"the Value of {_named(key)} in {where}", _kind(value), "an array")
        return error.by("JSON-STRUCT-009")
    for number, item in enumerate(value if vr == "SQ" else (), 1):
        if not isinstance(item, dict):
            place = f"item {number} of {_named(key)} in {where}"[: limits.PATH]
            return MalformedJson(place, _kind(item), "an object").by("JSON-SQ-001")
    return None


def _items_of(placed: tuple[Any, str]) -> Iterator[tuple[Any, str]]:
    """The items of the sequences of a checked data set, each with its place."""
    ds, where = placed
    for key, attribute in ds.items():
        if attribute["vr"] == "SQ":
            for number, inner in enumerate(attribute.get("Value", []), 1):
                yield inner, f"item {number} of {_named(key)} in {where}"[: limits.PATH]


def _key(attribute: str) -> str:
    if _TAG.fullmatch(attribute):
        return attribute
    tag = tag_for_keyword(attribute)
    if tag is None:
        raise ValueError(f"{attribute} is neither a DICOM keyword nor a tag")
    return f"{tag:08X}"


@lru_cache(maxsize=1000)
def _named(key: str) -> str:
    """An attribute by its tag of eight digits, as a message names it."""
    return name_and_tag(int(key, 16))


def _kind(value: object) -> str:
    """A JSON value, as a message names it."""
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "an array"
    return shown(value) if isinstance(value, str) else json.dumps(value)[:60]


def _object(members: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(members)
    if len(found) < len(members):
        twice = next(key for key, times in Counter(key for key, _ in members).items() if times > 1)
        raise MalformedJson(f"the name {shown(twice)}", "twice in an object", "there once")
    return found


def _inside(value: object) -> Iterable[object]:
    """The values inside a JSON value."""
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def _no_constant(text: str) -> NoReturn:
    raise MalformedJson("a value of the JSON", text, "a number that JSON has")


def _int(digits: str) -> int:
    if len(digits) > 300:
        raise MalformedJson("the length of a number in the JSON", f"{len(digits):,} digits", "300 at most")
    return int(digits)


def _float(digits: str) -> int | float:
    """A number: a whole one is the same whether it is written as 1, 1.0 or 1e0 (RFC 8259 6)."""
    value = float(digits)
    whole = value.is_integer() and abs(value) <= _EXACT and str(value) != "-0.0"
    return int(value) if whole else value
