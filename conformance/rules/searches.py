"""PS3.18 10.6: the matches of a search, whatever was stored and asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from urllib.parse import parse_qsl

from conformance.dicomweb import dicom_json
from conformance.dicomweb.differences import Difference, difference
from conformance.dicomweb.messages import Answered
from conformance.rules.once import once
from conformance.rules.targets import UIDS, target, uids

RESOURCES = ("studies", "series", "instances")


def searches(answers: Sequence[Answered]) -> list[Answered]:
    """The searches with matches in DICOM JSON that were kept, those with a parameter twice left out."""
    return [answer for answer in answers if answer.method == "GET" and level(answer) and matches(answer)]


def of_level(wanted: str) -> Callable[[Sequence[Answered]], list[Answered]]:
    """A selection of the searches for studies, series or instances."""
    return lambda answers: [answer for answer in searches(answers) if level(answer) == wanted]


def level(answer: Answered) -> str | None:
    """What a search lists: studies, series or instances; None if the resource is not that of a search."""
    return target(answer).search


@once
def matches(answer: Answered) -> Sequence[dict[str, str]]:
    """The UIDs of each match of a response, by keyword; nothing if it is not a list of matches."""
    if answer.status != 200 or not answer.content:
        return ()
    try:
        return [uids(match) for match in dicom_json.datasets(answer.content, aside=lambda error: error)]
    except dicom_json.MalformedJson:
        return ()


def parameter(answer: Answered, name: str) -> str | None:
    """The value of a query parameter that is there once."""
    found = [value for key, value in parse_qsl(answer.url.partition("?")[2], keep_blank_values=True) if key == name]
    return found[0] if len(found) == 1 else None


def repeated(answer: Answered) -> Difference | None:
    """Each entity is listed once (PS3.4 C.2.2.1)."""
    keys = _keys(answer)
    of_path = target(answer).uids
    found = Counter(tuple(match.get(key) or of_path.get(key) for key in keys) for match in matches(answer))
    twice = next((key for key, times in found.items() if times > 1 and None not in key), None)
    return difference(f"{keys[-1]} {twice[-1]}", f"{found[twice]} times in the matches", "once") if twice else None


def surplus(answer: Answered) -> Difference | None:
    """There are at most limit matches (8.3.4.4); limit=0 is judged elsewhere."""
    limit, number = parameter(answer, "limit"), len(matches(answer))
    if limit is None or not limit.isascii() or not limit.isdigit() or not 0 < int(limit) < number:
        return None
    return difference("the number of matches", number, f"{limit} at most")


def outside(answer: Answered) -> Difference | None:
    """The matches are of the study and series of the path (10.6.1.1)."""
    return target(answer).strange(matches(answer), "a match")


def nameless(answer: Answered) -> Difference | None:
    """Each match has the UID of its level (Tables 10.6.3-3 to -5)."""
    key = _keys(answer)[-1]
    without = sum(key not in match for match in matches(answer))
    return difference(f"{key} of {without} of {len(matches(answer))} matches", None, "there") if without else None


def _keys(answer: Answered) -> Sequence[str]:
    """The keywords of the UIDs of what a search lists: its own is the last."""
    return UIDS[: RESOURCES.index(level(answer) or RESOURCES[0]) + 1]
