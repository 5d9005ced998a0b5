"""Matching of an attribute with the value of a query parameter: PS3.4 C.2.2.2, PS3.18 8.3.4.1.1."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from typing import Any

from .dicom_json import BINARY
from .target import UID

WILDCARDS = {"AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT"}
NUMBERS = {"DS", "FD", "FL", "IS", "SL", "SS", "SV", "UL", "US", "UV"}
TIMES = {"DA", "DT", "TM"}
WITHOUT_KEY = BINARY | {"SQ"}  # VRs whose values cannot be written in a query parameter

GROUPS = ("Alphabetic", "Ideographic", "Phonetic")

Matcher = Callable[[Any], bool]  # takes one value in the DICOM JSON model
Interval = tuple[datetime, datetime]

_MOMENT = {
    "DA": r"\d{8}",
    "TM": r"\d{2}(?:\d{2}(?:\d{2}(?:\.\d{1,6})?)?)?",
    "DT": r"\d{4}(?:\d{2}){0,5}(?:(?<=\d{14})\.\d{1,6})?(?:[+-](?:0\d|1[0-4])[0-5]\d)?",
}
_PIECES = re.compile(r"(\d{4}(?:\d\d){0,5})(?:\.(\d{1,6}))?([+-]\d{4})?")
# The length of a moment, by the number of digits that it is written with.
_PRECISION = {8: timedelta(days=1), 10: timedelta(hours=1), 12: timedelta(minutes=1), 14: timedelta(seconds=1)}
_TICK = timedelta(microseconds=1)
EVER: Interval = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))


class BadValue(ValueError):
    """The text cannot be a value of the attribute; the message says why."""


def matcher(vr: str, text: str) -> Matcher | None:
    """The matcher of a query parameter's text for values of a VR; None for universal matching.

    Raises BadValue. UID lists are separated by commas or backslashes; dates and times may be ranges; `*` and `?` are
    wildcards if the VR allows them; names of persons match without regard to case.
    """
    if text == "" or (text.strip("*") == "" and vr in WILDCARDS):
        return None
    if vr == "UI":
        uids = re.split(r"[,\\]", text)
        if not all(UID.fullmatch(uid) for uid in uids):
            raise BadValue(f"{text!r} is not a list of UIDs")
        return lambda value: value in uids
    if vr in TIMES:
        first, last = interval(vr, text)
        return lambda value: _starts_within(vr, value, first, last)
    if vr in NUMBERS:
        number = _number(text)
        return lambda value: _number(str(value)) == number
    if vr == "PN":
        name = _pattern(_trimmed(text), re.IGNORECASE)
        return lambda groups: any(name.fullmatch(_trimmed(form)) for form in _forms(groups))
    pattern = _pattern(text.strip()) if vr in WILDCARDS else re.compile(re.escape(text.strip()))
    return lambda value: bool(pattern.fullmatch(value.strip()))


def date_time_matcher(date: str, time: str) -> Callable[[str, str], bool]:
    """The matcher of a date and its time for a range of dates and one of times, which together are one interval.

    An unknown time counts as midnight. Raises BadValue.
    """
    (date_from, date_to), (time_from, time_to) = _ends("DA", date), _ends("TM", time)
    first = moment("DT", date_from + time_from)[0] if date_from else EVER[0]
    last = moment("DT", date_to + time_to)[1] if date_to else EVER[1]
    return lambda date, time: _starts_within("DT", date + time, first, last)


def interval(vr: str, text: str) -> Interval:
    """First and last instant of a date or time, or of a range of them, in UTC. Raises BadValue."""
    if re.fullmatch(_MOMENT[vr], text):
        return moment(vr, text)
    start, end = _ends(vr, text)
    first = moment(vr, start)[0] if start else EVER[0]
    last = moment(vr, end)[1] if end else EVER[1]
    if first > last:
        raise BadValue(f"the range {text!r} ends before it starts")
    return first, last


def _ends(vr: str, text: str) -> tuple[str, str]:
    """The two ends of a range; an open end is empty."""
    ends = re.fullmatch(f"({_MOMENT[vr]})?-({_MOMENT[vr]})?", text)
    if not ends or text == "-":
        raise BadValue(f"{text!r} is not a value or range of VR {vr}")
    return ends[1] or "", ends[2] or ""


def moment(vr: str, text: str) -> Interval:
    """First and last instant of a date or time: 2230 is a whole minute. Raises BadValue.

    A value without an offset counts as UTC, one without a date as the first possible day.
    """
    pieces = _PIECES.fullmatch(("00010101" if vr == "TM" else "") + text.strip())
    if not pieces:
        raise BadValue(f"{text!r} is not a value of VR {vr}")
    digits, fraction, offset = pieces.groups()
    try:
        whole = datetime.strptime(digits + "00010101000000"[len(digits) :], "%Y%m%d%H%M%S")
        first = whole.replace(tzinfo=_zone(offset))
        if fraction:
            first += timedelta(microseconds=int(fraction.ljust(6, "0")))
            last = first + timedelta(microseconds=10 ** (6 - len(fraction))) - _TICK
        elif len(digits) in _PRECISION:
            last = first + (_PRECISION[len(digits)] - _TICK)
        else:
            later = first + timedelta(days=366 if len(digits) == 4 else 31)
            last = later.replace(day=1, month=1 if len(digits) == 4 else later.month) - _TICK
        return first.astimezone(UTC), last.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise BadValue(f"{text!r} is not a value of VR {vr}: {error}") from error


def _zone(offset: str | None) -> timezone:
    if not offset:
        return UTC
    minutes = int(offset[1:3]) * 60 + int(offset[3:])
    return timezone(timedelta(minutes=-minutes if offset[0] == "-" else minutes))


def _starts_within(vr: str, value: str, first: datetime, last: datetime) -> bool:
    try:
        return first <= moment(vr, value)[0] <= last
    except BadValue:
        return False  # the stored value is not a date or time


def _pattern(text: str, flags: int = 0) -> re.Pattern[str]:
    return re.compile(re.escape(text).replace(r"\*", ".*").replace(r"\?", "."), re.DOTALL | flags)


def _forms(name: dict[str, str] | str) -> tuple[str, ...]:
    """The forms in which a name is compared: each component group, and all; text that has another VR than PN."""
    return (name,) if isinstance(name, str) else (*name.values(), _whole(name))


def _whole(name: dict[str, str]) -> str:
    """A person's name with its component groups, of which the first may be empty."""
    return "=".join(name.get(group, "") for group in GROUPS).rstrip("=")


def _trimmed(name: str) -> str:
    """A person's name without insignificant parts: white space around it, delimiters after its last component."""
    return name.strip().rstrip("^=").strip()


def _number(text: str) -> Decimal:
    try:
        return Decimal(text.strip())
    except InvalidOperation as error:
        raise BadValue(f"{text!r} is not a number") from error
