"""Matching of data sets by a search, as far as the text decides it: PS3.4 C.2.2.2, PS3.18 8.3.4.1.

There are three results. True: the data set has to be found. False: it must not be. None: the text leaves it open.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from pydicom import Dataset
from pydicom.datadict import dictionary_VR, keyword_for_tag, tag_for_keyword

from conformance.dicomweb import comparison

Answer = bool | None

WILDCARDS = frozenset(("AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT"))  # C.2.2.2.4
MOMENTS = frozenset(("DA", "DT", "TM"))  # C.2.2.2.5
NUMBERS = frozenset(("DS", "FD", "FL", "IS", "SL", "SS", "SV", "UL", "US", "UV"))

_FORMS = {
    "DA": r"\d{8}",
    "TM": r"\d{2}(?:\d{2}(?:\d{2}(?:\.\d{1,6})?)?)?",
    "DT": r"\d{4}(?:\d{2}){0,4}(?:\d{2}(?:\.\d{1,6})?)?(?:[+-](?:0\d|1[0-4])\d{2})?",
}
_PIECES = re.compile(r"(\d+)(?:\.(\d+))?([+-]\d{4})?")
_FORMAT = "%Y%m%d%H%M%S"
_EARLIEST = "00010101000000"
_TICK = timedelta(microseconds=1)
_FARTHEST = timedelta(hours=14)  # from UTC (PS3.5 6.2, DT)


def satisfies(ds: Dataset, keys: Mapping[str, str]) -> Answer:
    """The result for a data set and every key together. Keys are keywords or tags of eight digits, with dots below
    sequences.

    Keys below one sequence have to match in one item (C.2.2.2.6); a range of a date and one of its time are one
    interval (8.3.4.1.1, C.2.2.2.5.4).
    """
    named = {".".join(map(_keyword, key.split("."))): value for key, value in keys.items()}
    return _every(_answers(ds, named))


def matches(ds: Dataset, key: str, value: str) -> Answer:
    """The result for a data set and one key."""
    return satisfies(ds, {key: value})


def _answers(ds: Dataset, keys: dict[str, str]) -> Iterator[Answer]:
    inner: dict[str, dict[str, str]] = {}
    for key, value in keys.items():
        sequence, dot, rest = key.partition(".")
        if dot:
            inner.setdefault(sequence, {})[rest] = value
        elif not (clock := _clock(key, keys)):
            yield _attribute(ds, key, value)
        elif key != clock:
            yield _combined(ds, key, clock, keys)
    for sequence, wanted in inner.items():
        items = ds.get(sequence)
        if not any(wanted.values()):
            yield True
        else:
            yield _some(satisfies(item, wanted) for item in items) if items else None


def _attribute(ds: Dataset, keyword: str, key: str) -> Answer:
    """The result for an attribute outside sequences: one of its values has to match, if it has several (C.2.2.3)."""
    vr = dictionary_VR(keyword)
    element = ds.get(tag_for_keyword(keyword) or 0)
    if key == "":
        return True  # universal matching, C.2.2.2.3
    if element is None:
        return None  # an unknown value (C.2.2.1.2)
    if key == "*" and vr in WILDCARDS:
        return True
    if element.is_empty:
        return None
    return _some(_rule(vr)(vr, key, value) for value in comparison.values(element))


def _rule(vr: str) -> Callable[[str, str, comparison.Value], Answer]:
    if vr == "PN":
        return _name
    if vr == "UI":
        return lambda vr, key, value: value in key.split(",")  # C.2.2.2.2
    if vr in MOMENTS:
        return _range_or_moment
    return _text if vr in WILDCARDS else _exact


def _exact(vr: str, key: str, value: comparison.Value) -> Answer:
    """Single value matching (C.2.2.2.1). It is left open whether 01 matches 1, and what a key that is not a number
    matches."""
    wanted = comparison.value(vr, key)
    if vr in NUMBERS and (isinstance(wanted, str) or (wanted == value and key != str(value))):
        return None
    return wanted == value


def _text(vr: str, key: str, value: comparison.Value) -> Answer:
    """Single value or wild card matching (C.2.2.2.1, C.2.2.2.4): case-sensitive, without regard to padding."""
    return _like(str(comparison.value(vr, key)), str(value))


def _like(pattern: str, text: str) -> bool:
    """`*` is any characters, or none; `?` is one.

    Text between two `*` is searched once, at its first place: a later place cannot match more.
    """
    pieces = pattern.split("*")
    first, *others = ["".join("." if letter == "?" else re.escape(letter) for letter in piece) for piece in pieces]
    between = "".join(f"(?>.*?{piece})" for piece in others[:-1])
    last = f".*{others[-1]}" if others else ""
    return re.fullmatch(first + between + last, text, re.DOTALL) is not None


def _name(vr: str, key: str, value: comparison.Value) -> Answer:
    """A name has to match literally. A server may ignore case, accents and position, or match single groups; what a
    pattern finds is left to it (C.2.2.2.4)."""
    wanted, whole = str(comparison.value(vr, key)), str(value)
    if _like(wanted, whole):
        return None if {"*", "?"} & set(wanted) else True
    looked_at = {whole, *whole.split("="), *re.split("[=^ ]", whole)}
    plain = [_plain(text) for text in looked_at if text]
    same_words = sorted(_words(wanted)) == sorted(_words(whole))
    return None if same_words or any(_like(_plain(wanted), text) for text in plain) else False


def _plain(text: str) -> str:
    """A name without case and accents."""
    letters = unicodedata.normalize("NFD", text.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def _words(name: str) -> list[str]:
    return [word for word in re.split("[=^ ,]", _plain(name)) if word]


class _Span(NamedTuple):
    """From the first to the last instant that a date or time may mean: 2230 is a minute. `zoned`: they are in UTC."""

    first: datetime
    last: datetime
    zoned: bool = False


_EVER = _Span(datetime.min, datetime.max)


def _range_or_moment(vr: str, key: str, value: comparison.Value) -> Answer:
    """Range matching (C.2.2.2.5). Whether a single time matches by its text or its meaning is left open (C.2.2.2.1.3).

    A key that is not a date, a time or a range leaves everything open, and so does such a stored value.
    """
    stored = _span(vr, str(value))
    if stored is None:
        return None
    if re.fullmatch(_FORMS[vr], key):
        wanted = _span(vr, key)
        if key == value or wanted is None:
            return True if wanted else None
        return False if _disjoint(stored, wanted, wanted) else None
    ends = _ends(vr, key)
    return _within(stored, *ends) if ends else None


def _ends(vr: str, key: str) -> tuple[_Span, _Span] | None:
    """The two ends of a range; an open end is all time. None if it is not a range."""
    found = re.fullmatch(f"({_FORMS[vr]})?-({_FORMS[vr]})?", key)
    if found is None or key == "-":
        return None
    start, end = (_span(vr, text) if text else _EVER for text in found.groups())
    return (start, end) if start and end else None


def _within(stored: _Span, start: _Span, end: _Span) -> Answer:
    """Inclusive. It is left open whether values within the last minute, say, of a range that ends with a minute
    match."""
    if _disjoint(stored, start, end):
        return False
    if any(side is not _EVER and side.zoned != stored.zoned for side in (start, end)):
        return None
    latest = end.first if end is not _EVER else end.last
    return True if start.first <= stored.first <= latest and stored.last <= end.last else None


def _disjoint(stored: _Span, start: _Span, end: _Span) -> bool:
    """True if no instant of a stored value is in a range, in whatever time zone a time without an offset is."""
    doubt = [_FARTHEST if side is not _EVER and side.zoned != stored.zoned else timedelta(0) for side in (start, end)]
    before = start is not _EVER and stored.last < start.first - doubt[0]
    return before or (end is not _EVER and stored.first > end.last + doubt[1])


def _span(vr: str, text: str) -> _Span | None:
    """The interval of a date or time; of a time, on the first possible day. None if it is neither."""
    found = _PIECES.fullmatch(text) if re.fullmatch(_FORMS[vr], text) else None
    if found is None:
        return None
    digits, fraction, offset = found.groups()
    digits = ("00010101" if vr == "TM" else "") + digits
    try:
        first = datetime.strptime(digits + _EARLIEST[len(digits) :], _FORMAT)
        last = _following(first, len(digits)) - _TICK
        if fraction:
            first += timedelta(microseconds=int(fraction.ljust(6, "0")))
            last = first + timedelta(microseconds=10 ** (6 - len(fraction))) - _TICK
        ahead = timedelta(hours=int(offset[:3]), minutes=int(offset[0] + offset[3:])) if offset else timedelta(0)
        return _Span(first - ahead, last - ahead, offset is not None)
    except (ValueError, OverflowError):
        return None


def _following(first: datetime, digits: int) -> datetime:
    """The first instant after the year, month, day, hour, minute or second that so many digits denote."""
    if digits == 4:
        return first.replace(year=first.year + 1)
    if digits == 6:
        return (first + timedelta(days=31)).replace(day=1)
    return first + {8: timedelta(days=1), 10: timedelta(hours=1), 12: timedelta(minutes=1)}.get(
        digits, timedelta(seconds=1)
    )


def _clock(keyword: str, keys: Mapping[str, str]) -> str | None:
    """The time attribute of a date (or of itself) if both are keys and ranges: then they are one interval."""
    stem = re.sub("(Date|Time)$", "", keyword)
    pair = (stem + "Date", stem + "Time")
    return pair[1] if all("-" in keys.get(name, "") for name in pair) else None


def _combined(ds: Dataset, date: str, time: str, keys: Mapping[str, str]) -> Answer:
    """The result for a date, its time, and the interval that two ranges make together."""
    stored = [str(ds.get(name) or "") for name in (date, time)]
    if not all(stored):
        return None
    days, hours = keys[date].partition("-"), keys[time].partition("-")
    start, end = (days[at] + hours[at] if days[at] else "" for at in (0, 2))
    return _range_or_moment("DT", f"{start}-{end}", "".join(stored))


def _every(answers: Iterable[Answer]) -> Answer:
    found = list(answers)
    return False if False in found else None if None in found else True


def _some(answers: Iterable[Answer]) -> Answer:
    found = list(answers)
    return True if True in found else None if None in found else False


def _keyword(name: str) -> str:
    """The keyword of a name in a key. Raises ValueError if it is neither a keyword nor a tag of PS3.6."""
    keyword = keyword_for_tag(int(name, 16)) if re.fullmatch("[0-9A-Fa-f]{8}", name) else name
    if tag_for_keyword(keyword) is None:
        raise ValueError(f"{name} is neither a DICOM keyword nor a tag")
    return keyword
