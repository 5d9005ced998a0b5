"""The query parameters of a search: match keys, includefield, limit and offset (PS3.18 8.3.4)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, TypeVar

from pydicom.datadict import dictionary_VR, keyword_for_tag, tag_for_keyword
from starlette.exceptions import HTTPException

from .attributes import LEVELS, RETURNED, tag
from .attributes import level as level_of
from .dicom_json import Json
from .matching import WITHOUT_KEY, BadValue, Matcher, date_time_matcher, matcher
from .target import Target

Path = tuple[str, ...]  # tags of eight upper-case digits, from the outermost sequence to the attribute
Keys = dict[str, Any]  # a Matcher by tag; below the tag of a sequence, the Keys of an item
Result = TypeVar("Result")

# Every resource has these (8.3.3): they are read elsewhere, or have a single value.
COMMON = {"accept", "charset"}
MATCHING_MODES = {"emptyvaluematching", "fuzzymatching", "multiplevaluematching"}
# (0008,0005) is never a key (PS3.4 C.2.2.2); (0008,0201) would say how to read the others (8.3.4.1.1).
NOT_MATCHED = {"00080005", "00080201"}
# A private data element; the group and the digits of its block, which are the end of its creator's tag (PS3.5 7.8.1).
PRIVATE = re.compile("([0-9A-F]{3}[13579BDF])([1-9A-F][0-9A-F])[0-9A-F]{2}")


class Query:
    """The query of a search at a level below a target. Raises 400 for a bad value.

    `limit` is None if all matches are wanted; `warnings` are sentences about parameters that had no effect.
    """

    def __init__(self, parameters: Iterable[tuple[str, str]], target: Target, level: str) -> None:
        self.limit: int | None = None
        self.offset = 0
        self.warnings: list[str] = []
        self._levels = LEVELS[: LEVELS.index(level) + 1]
        self._paths = _usual_paths(target, self._levels)
        self._all = False
        self._keys: Keys = {}
        self._conditions: list[Callable[[Json], bool]] = []  # of a date and a time together
        texts: dict[Path, str] = {}
        for name, text in parameters:
            self._take(name, text, texts)
        self._take_ranges(texts)
        for path, text in texts.items():
            self._add_key(path, text)

    def matches(self, attributes: Json) -> bool:
        """True if an entity satisfies every key."""
        return satisfies(attributes, self._keys) and all(condition(attributes) for condition in self._conditions)

    def project(self, attributes: Json) -> Json:
        """The attributes of an entity that are returned."""
        all_there_are: dict[Path, bool] = {(name,): False for name in attributes} if self._all else {}
        return _project(attributes, all_there_are | self._paths)

    def matcher(self, path: Path, text: str) -> Matcher | None:
        """The matcher of the text of a key; None for universal matching. Raises BadValue."""
        return matcher(_vr(path), text)

    def _take(self, name: str, text: str, texts: dict[Path, str]) -> None:
        if name in ("limit", "offset"):
            if not re.fullmatch("[0-9]{1,18}", text):
                raise HTTPException(400, f"{name} is {text!r}, should be an unsigned integer")
            setattr(self, name, int(text))
        elif name == "includefield":
            for field in text.split(","):
                self._include(field)
        elif name in MATCHING_MODES:
            self._take_mode(name, text)
        elif name not in COMMON:
            path = self._attribute(name)
            if path is None or path[0] in NOT_MATCHED or (text and _vr(path) in WITHOUT_KEY):
                self.warnings.append(f"The parameter {_printable(name)} is not supported and was ignored")
            elif path in texts:
                raise HTTPException(400, f"{name} is given twice")
            else:
                texts[path] = text

    def _take_mode(self, name: str, text: str) -> None:
        if text not in ("true", "false"):
            raise HTTPException(400, f"{name} is {text!r}, should be true or false")
        if text == "true":
            self.warnings.append(f"The {name} parameter is not supported. Only literal matching has been performed.")

    def _include(self, field: str) -> None:
        path = self._attribute(field)
        if field == "all":
            self._all = True
        elif "instance" in self._levels and (private := PRIVATE.fullmatch(field.upper())):
            # Without its Private Creator its meaning is unknown.
            group, block = private.groups()
            self._paths |= {(f"{group}00{block}",): False, (field.upper(),): False}
        elif path is None:
            self.warnings.append(f"The includefield {_printable(field)} is not supported and was ignored")
        else:
            self._paths.setdefault(path, False)

    def _attribute(self, name: str) -> Path | None:
        """The path that keywords and tags with dots between them name; None if results do not have it."""
        path = []
        for part in name.split("."):
            number = int(part, 16) if re.fullmatch("[0-9A-Fa-f]{8}", part) else tag_for_keyword(part) if part else None
            try:
                dictionary_VR(number or 0xFFFFFFFF)
            except KeyError:
                return None
            path.append(f"{number:08X}")
        nested = all(_vr((sequence,)) == "SQ" for sequence in path[:-1])
        return tuple(path) if nested and level_of(path[0]) in self._levels else None

    def _take_ranges(self, texts: dict[Path, str]) -> None:
        """Ranges of a date and of its time are one interval (PS3.4 C.2.2.2.5.4), not one condition each."""
        for (date,) in [path for path in texts if len(path) == 1 and _vr(path) == "DA"]:
            time = tag(keyword_for_tag(int(date, 16)).removesuffix("Date") + "Time")
            if "-" in texts[date,] and "-" in texts.get((time,), ""):
                match = _checked(date_time_matcher, texts.pop((date,)), texts.pop((time,)))
                self._conditions.append(partial(_at, match, date, time))
                self._paths = {(date,): False, (time,): False} | self._paths

    def _add_key(self, path: Path, text: str) -> None:
        self._paths.setdefault(path, False)
        match = _checked(partial(self.matcher, path), text) if text else None
        if match:
            keys = self._keys
            for sequence in path[:-1]:
                keys = keys.setdefault(sequence, {})
            keys[path[-1]] = match


def _usual_paths(target: Target, levels: tuple[str, ...]) -> dict[Path, bool]:
    """The paths of every result: the attributes of the levels that the path leaves open, and the UIDs above
    (10.6.3.3)."""
    known = sum(uid is not None for uid in target)
    keywords = {"StudyInstanceUID": True, "SeriesInstanceUID": True} if len(levels) > 1 else {}
    for name in levels[known:]:
        keywords |= RETURNED[name]
    return {tuple(map(tag, keyword.split("."))): required for keyword, required in keywords.items()}


def _at(match: Callable[[str, str], bool], date: str, time: str, attributes: Json) -> bool:
    values = [attributes.get(name, {}).get("Value", [""])[0] or "" for name in (date, time)]
    return match(*values)


def satisfies(attributes: Json, keys: Keys) -> bool:
    """True if each key has a value that passes; keys below a sequence have to pass in the same item."""
    return all(
        any(
            satisfies(value, key) if isinstance(key, dict) else key(value)
            for value in attributes.get(name, {}).get("Value", [])
            if value is not None
        )
        for name, key in keys.items()
    )


def _project(attributes: Json, paths: dict[Path, bool]) -> Json:
    """The attributes at some paths, by tag. Missing required ones are added without a value."""
    whole = {path[0]: required for path, required in paths.items() if len(path) == 1}
    parts: dict[str, dict[Path, bool]] = {}
    for path in paths:
        if path[0] not in whole and path[0] in attributes:
            parts.setdefault(path[0], {})[path[1:]] = True
    found = {
        name: attributes[name] if name in attributes else {"vr": _vr((name,))}
        for name, required in whole.items()
        if required or name in attributes
    }
    for name, inner in parts.items():
        items = [_project(item, inner) for item in attributes[name].get("Value", [])]
        found[name] = {"vr": "SQ", "Value": items} if items else {"vr": "SQ"}
    return dict(sorted(found.items()))


def _vr(path: Path) -> str:
    """The VR of an attribute; the first if the dictionary has several."""
    return dictionary_VR(int(path[-1], 16)).split(" or ")[0]


def _checked(parse: Callable[..., Result], *texts: str) -> Result:
    """The result of a parser; 400 if it cannot read the text."""
    try:
        return parse(*texts)
    except BadValue as error:
        raise HTTPException(400, str(error)) from error


def _printable(text: str) -> str:
    """The text without characters that cannot be in a header field between quotation marks."""
    return re.sub(r"[^ !#-\[\]-~]", "?", text)[:80]
