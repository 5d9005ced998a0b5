"""PS3.18 10.6: the matches of a search, whatever was stored and asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from contextlib import suppress
from urllib.parse import parse_qsl

from pydicom.datadict import tag_for_keyword

from conformance.dicomweb import dicom_json, uris
from conformance.dicomweb.differences import Difference, difference
from conformance.dicomweb.messages import Answered
from conformance.rules.once import once
from conformance.rules.targets import UIDS, of_url, target, uids

RESOURCES = ("studies", "series", "instances")
_REFINING = frozenset(
    ("includefield", "limit", "offset", "accept", "fuzzymatching", "emptyvaluematching", "multiplevaluematching")
)
# Of the attributes that every match has (Tables 10.6.3-3 to -5, type R) those that are never without a value.
_USUAL = {
    f"{tag_for_keyword(keyword):08X}": keyword
    for keyword in (
        *("ModalitiesInStudy", "PatientID", "StudyInstanceUID", "NumberOfStudyRelatedSeries", "Modality"),
        *("NumberOfStudyRelatedInstances", "SeriesInstanceUID", "NumberOfSeriesRelatedInstances", "SOPClassUID"),
        *("RetrieveURL", "SOPInstanceUID"),
    )
}


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


def leading_elsewhere(answer: Answered) -> Difference | None:
    """The RetrieveURL of a match names the study, series and instance of that match (Tables 10.6.3-3 to -5). A URL that
    is not that of a resource is judged elsewhere."""
    for match, url in zip(matches(answer), _urls(answer), strict=True):
        place = uris.resolved(url, answer.url) if url else None
        named = of_url(place.geturl()).uids if place else {}
        for keyword, uid in (target(answer).uids | match).items():
            if named.get(keyword, uid) != uid:
                return difference("RetrieveURL of a match", url, f"a URL with {keyword} {uid}, as the match has")
    return None


@once
def _urls(answer: Answered) -> Sequence[str | None]:
    """The RetrieveURL of each match."""
    found: list[str | None] = []
    for match in dicom_json.datasets(answer.content or b"", aside=lambda error: error):
        found.append(None)
        with suppress(dicom_json.MalformedJson):
            found[-1] = dicom_json.text(match, "RetrieveURL")
    return found


def lessened(answers: Sequence[Answered]) -> Callable[[Answered], Difference | None]:
    """A rule among these exchanges: a search with includefield, a page or a mode returns for a match what searches of
    the same resource without these return for it (8.3.4.3, 8.3.4.4)."""
    usual: dict[Hashable, frozenset[str]] = {}
    for answer in answers:
        if not _refined(answer):
            for key, there in _described(answer):
                usual[key] = usual.get(key, there) & there

    def judge(answer: Answered) -> Difference | None:
        names = ", ".join(dict.fromkeys(_refined(answer)))
        for key, there in _described(answer) if names else ():
            if lost := sorted(usual.get(key, there) - there):
                return difference(f"{lost[0]} of a match", None, f"there, as without {names}")
        return None

    return judge


def _refined(answer: Answered) -> Sequence[str]:
    """The parameters of a search that say how much of its matches is returned, and in which form."""
    query = parse_qsl(answer.url.partition("?")[2], keep_blank_values=True)
    return [name for name, _ in query if name in _REFINING]


@once
def _described(answer: Answered) -> Sequence[tuple[Hashable, frozenset[str]]]:
    """Each match: its resource and UIDs, and which of the attributes that every match has are there."""
    place, keys = answer.url.partition("?")[0], _keys(answer)
    found = zip(matches(answer), dicom_json.datasets(answer.content or b"", aside=lambda error: error), strict=True)
    return [
        ((place, *map(uids.get, keys)), frozenset(_USUAL[tag] for tag in ds if tag in _USUAL)) for uids, ds in found
    ]


def _keys(answer: Answered) -> Sequence[str]:
    """The keywords of the UIDs of what a search lists: its own is the last."""
    return UIDS[: RESOURCES.index(level(answer) or RESOURCES[0]) + 1]
