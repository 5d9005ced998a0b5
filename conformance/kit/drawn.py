"""Data sets that Hypothesis generates: any VR with any value that PS3.5 6.2 allows, nested, in several character
sets."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from pydicom import Dataset
from pydicom.datadict import dictionary_VM, dictionary_VR
from pydicom.uid import ExplicitVRLittleEndian

from conformance.dicomweb import uids
from conformance.kit.instances import Instance
from conformance.kit.kinds.kind import Label, Study
from conformance.kit.kinds.modules import tiny_image
from conformance.kit.kinds.values import private_block

ASCII = "".join(map(chr, range(0x20, 0x7F)))
CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_ "
URI = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/?#=&"
CONTROLS = "\t\n\f\r"  # allowed in ST, LT and UT (PS3.5 6.1.3)
# Attributes that any image may have besides its own (PS3.3 C.7.6.1, C.8.6.1, C.7.6.4, C.10.5).
STANDARD = (
    *("AcquisitionDateTime", "ContrastFlowRate", "DateOfSecondaryCapture", "TimeOfSecondaryCapture"),
    *("DerivationDescription", "ImageComments", "IrradiationEventUID", "SecondaryCaptureDeviceSoftwareVersions"),
)
DEPTH = 3
MOST_VALUES = 12


class Repertoire(NamedTuple):
    """A Specific Character Set, and characters that it has (PS3.3 C.12.1.1.2)."""

    term: str
    characters: str


def _upper_half(encoding: str, without: str = "") -> str:
    text = bytes(range(0xA1, 0x100)).decode(encoding, "ignore")
    return "".join(character for character in text if character not in "\xad" + without)


_LATIN1 = ASCII + _upper_half("iso8859_1")
REPERTOIRES = (
    Repertoire("ISO_IR 192", _LATIN1 + "ŁőŸΣςЖщאשثلไทยกあアん山田太郎吉洞홍길동王㐀𠮷𝄞😀€‰→∞e\u0301\u200b\u2028\u3000"),
    Repertoire("ISO_IR 100", _LATIN1),
    # Python decodes ISO 8859-7 of 2003, which has five characters that ISO_IR 126, of 1987, lacks.
    Repertoire("ISO_IR 126", ASCII + _upper_half("iso8859_7", "€₯ͺ‘’")),
    Repertoire("ISO_IR 144", ASCII + _upper_half("iso8859_5")),
)


def _text(characters: str, longest: int, shortest: int = 0) -> SearchStrategy[str]:
    """Text of at most so many characters, without leading and trailing spaces, which are insignificant in most VRs."""
    some = st.text(characters, min_size=shortest, max_size=min(longest, 64))
    if longest > 64:
        repeated = st.builds(lambda unit, size: (unit * size)[:size], _text(characters, 8, 1), st.integers(0, longest))
        some = some | repeated
    return some.map(lambda text: text.strip(" ")).filter(lambda text: len(text) >= shortest)


def _several(one: SearchStrategy[Any]) -> SearchStrategy[Any]:
    sizes = st.integers(1, MOST_VALUES)  # a plain list would seldom be long
    return sizes.flatmap(lambda size: st.lists(one, min_size=size, max_size=size))


def _some_empty(one: SearchStrategy[str]) -> SearchStrategy[list[str]]:
    """One value or several, some of which may be empty."""
    return _several(st.just("") | one)


def _cut(whole: SearchStrategy[str], *lengths: int) -> SearchStrategy[str]:
    """A date or time in one of its precisions."""
    return st.builds(lambda text, length: text[:length], whole, st.sampled_from(lengths))


_DATE = st.dates().map(lambda date: date.isoformat().replace("-", ""))
_TIME = st.times().map(lambda time: time.strftime("%H%M%S.%f"))
_DATE_TIME = st.builds(
    str.__add__,
    _cut(st.builds(str.__add__, _DATE, _TIME), 4, 6, 8, 10, 12, 14, 16, 21),
    st.sampled_from(["", "+0000", "-1200", "+0545", "+1400"]),
)
_DECIMAL = st.one_of(
    st.integers(-(10**14), 10**14).map(str),
    st.decimals(-(10**7), 10**7, places=6).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map("{:.8e}".format),  # at most 16 characters
)
_INTEGER = st.integers(-(2**31), 2**31 - 1)
_UID = st.lists(st.integers(0, 2**32), min_size=1, max_size=5).map(lambda parts: "1.2." + ".".join(map(str, parts)))
_AGE = st.builds("{:03}{}".format, st.integers(0, 999), st.sampled_from("DWMY"))


def _numbers(bits: int, signed: bool) -> SearchStrategy[list[int]]:
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    return _several(st.integers(low, high))


def _words(size: int) -> SearchStrategy[bytes]:
    """Bytes, a whole number of words of a size; of a few hundred bytes if the words repeat."""
    word = st.binary(min_size=size, max_size=size)
    return st.lists(word, min_size=1, max_size=8).map(b"".join) | st.builds(bytes.__mul__, word, st.integers(1, 300))


def _floats(width: Any) -> SearchStrategy[list[float]]:
    return _several(st.floats(width=width, allow_nan=False, allow_infinity=False))


_SAME_IN_EVERY_REPERTOIRE: dict[str, SearchStrategy[Any]] = {
    "AE": _several(_text(ASCII.replace("\\", ""), 16, 1)),
    "AS": _several(_AGE),
    "AT": _numbers(32, signed=False),
    "CS": _some_empty(_text(CAPITALS, 16)),
    "DA": _several(_DATE),
    "DS": _some_empty(_DECIMAL),
    "DT": _several(_DATE_TIME),
    "FD": _floats(64),
    "FL": _floats(32),
    "IS": _some_empty(_INTEGER.map(str) | _INTEGER.map("{:+012}".format)),
    "OB": _words(2),
    "OD": _words(8),
    "OF": _words(4),
    "OL": _words(4),
    "OV": _words(8),
    "OW": _words(2),
    "SL": _numbers(32, signed=True),
    "SS": _numbers(16, signed=True),
    "SV": _numbers(64, signed=True),
    "TM": _several(_cut(_TIME, 2, 4, 6, 8, 13)),
    "UI": _several(_UID),
    "UL": _numbers(32, signed=False),
    "UN": _words(2),
    "UR": _text(URI, 200).map("https://example.org/".__add__),
    "US": _numbers(16, signed=False),
    "UV": _numbers(64, signed=False),
}


@cache
def values(repertoire: Repertoire) -> dict[str, SearchStrategy[Any]]:
    """The values of each VR except SQ; None is the empty one. Text is of a repertoire."""
    characters = repertoire.characters
    one = characters.replace("\\", "")
    text = {
        "LO": _some_empty(_text(one, 64)),
        "LT": _text(characters + CONTROLS, 10240),
        "PN": _some_empty(_person_name(repertoire)),
        "SH": _some_empty(_text(one, 16)),
        "ST": _text(characters + CONTROLS, 1024),
        "UC": _some_empty(_text(one, 2000)),
        "UT": _text(characters + CONTROLS, 20000),
    }
    return {
        vr: st.one_of(st.none(), value, value, value)
        for vr, value in sorted({**_SAME_IN_EVERY_REPERTOIRE, **text}.items())
    }


def _person_name(repertoire: Repertoire) -> SearchStrategy[str]:
    """A name: groups of components, in UTF-8 up to three (PS3.5 6.2.1.1)."""

    def group(characters: str) -> SearchStrategy[str]:
        component = _text("".join(set(characters) - set("\\^=")), 12)
        return st.lists(component, min_size=1, max_size=5).map("^".join)

    if repertoire.term != "ISO_IR 192":
        return group(repertoire.characters)
    more = st.lists(group(repertoire.characters), max_size=2)
    return st.builds(lambda first, rest: "=".join([first, *rest]), group(_LATIN1), more)


@cache
def items(repertoire: Repertoire, depth: int) -> SearchStrategy[list[Dataset]]:
    """The items of a sequence, with sequences nested in them down to a depth."""
    elements = [st.tuples(st.just(vr), value) for vr, value in values(repertoire).items()]
    if depth > 1:
        elements.append(st.tuples(st.just("SQ"), items(repertoire, depth - 1)))
    return st.lists(st.lists(st.one_of(elements), max_size=4).map(_item), max_size=2)


def _item(elements: list[tuple[str, Any]]) -> Dataset:
    item = Dataset()
    for number, (vr, value) in enumerate(elements, 1):
        private_block(item).add_new(number, vr, value)
    return item


@st.composite
def data_sets(draw: Callable[[SearchStrategy[Any]], Any]) -> Dataset:
    """The additional attributes of an image: private elements of each VR and some standard ones, each optional."""
    repertoire = draw(st.sampled_from(REPERTOIRES))
    by_vr = values(repertoire)
    ds = Dataset()
    ds.SpecificCharacterSet = repertoire.term
    present = st.sampled_from([False, True, True])
    for keyword in STANDARD:
        if draw(present):
            value = draw(by_vr[dictionary_VR(keyword)])
            several = isinstance(value, list) and dictionary_VM(keyword) == "1"
            setattr(ds, keyword, value[0] if several else value)
    for number, (vr, value) in enumerate({**by_vr, "SQ": items(repertoire, DEPTH)}.items(), 1):
        if draw(present):
            private_block(ds).add_new(number, vr, draw(value))
    return ds


def instance(label: Label, drawn: Dataset) -> Instance:
    """A small Secondary Capture Image with generated attributes; the same data set gives the same instance throughout a
    run."""
    study = Study(label, "drawn", ExplicitVRLittleEndian)
    ds = tiny_image(study)
    ds.update(drawn)
    ds.SOPInstanceUID = study.uid("instance", uids.derived(study.file(ds).hex()))
    return study.instance(ds)
