"""The six search resources, narrowed to instances of this run, and their matches, page by page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple, Protocol

from conformance.dicomweb import dicom_json, multipart, warning_field
from conformance.dicomweb.differences import difference
from conformance.dicomweb.messages import Response
from conformance.dicomweb.wording import count
from conformance.kit import expect, given
from conformance.kit.accept import DICOM_JSON
from conformance.kit.instances import Instance
from conformance.kit.verdicts import Blocked, Deviates

STUDY, SERIES, INSTANCE = "StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"
# The check of each resource, in the order of Table 10.6.1-1.
RESOURCES = {
    "studies": "search-res-001",
    "study-series": "search-res-002",
    "study-instances": "search-res-003",
    "series": "search-res-004",
    "series-instances": "search-res-005",
    "instances": "search-res-006",
}
# The status of a resource that the server does not support.
MISSING = (404, 405, 501)


class Endpoint(Protocol):
    """The part of an endpoint that is needed here."""

    def get(self, target: str, *, params: Mapping[str, str]) -> Response: ...

    def fetch(self, target: str, *, accept: str | None, params: Mapping[str, str]) -> Response: ...


class Search(NamedTuple):
    """A search of one of RESOURCES; `uids` are the values of `keyword` in its matches."""

    resource: str
    target: str
    params: Mapping[str, str]
    keyword: str
    uids: tuple[str, ...]


def of(resource: str, stored: Callable[[str], tuple[Instance, ...]], kind: str = "seven-studies") -> Search:
    """A search for the entities of the first instance of a kind: of its patient, in its study or in its series.

    The sample study, of another patient, is on the server too: it must not be found.
    """
    stored("sample")
    instances = stored(kind)
    first = instances[0]
    patient = {"PatientID": str(first.dataset.PatientID)}
    of_study = [item for item in instances if item.study_uid == first.study_uid]
    of_series = [item for item in of_study if item.series_uid == first.series_uid]
    target, params, keyword, scope = {
        "studies": ("studies", patient, STUDY, instances),
        "study-series": (f"{first.study_path}/series", {}, SERIES, of_study),
        "study-instances": (f"{first.study_path}/instances", {}, INSTANCE, of_study),
        "series": ("series", patient, SERIES, instances),
        "series-instances": (f"{first.series_path}/instances", {}, INSTANCE, of_series),
        "instances": ("instances", patient, INSTANCE, instances),
    }[resource]
    uids = dict.fromkeys(str(item.dataset[keyword].value) for item in scope)
    return Search(resource, target, params, keyword, tuple(uids))


def ask(endpoint: Endpoint, search: Search, accept: str = DICOM_JSON) -> Response:
    """The response to a search, requested once in a run."""
    return endpoint.fetch(search.target, accept=accept, params=search.params)


def answer(endpoint: Endpoint, search: Search, accept: str = DICOM_JSON) -> Response:
    """The response to a search whose resource exists and finds something. Raises Blocked if not: its check fails."""
    response = ask(endpoint, search, accept)
    if response.status in MISSING:
        sentence = f"the resource is not supported: status is {response.status} ({response.request})"
        raise Blocked(sentence, by=RESOURCES[search.resource])
    not_blind(ask(endpoint, search), search)
    return response


def not_blind(response: Response, search: Search) -> None:
    """Raise Blocked unless a successful response names a stored entity: missing matches would prove nothing."""
    if response.status in (200, 204) and not any(uid.encode() in response.content for uid in search.uids):
        sentence = f"the search finds none of the {len(search.uids)} stored entities ({response.request})"
        raise Blocked(sentence, by=RESOURCES[search.resource])


def page(endpoint: Endpoint, search: Search, **params: int | str) -> Response:
    """The response to a search with further parameters. Raises Blocked if it does not work without them."""
    _works(endpoint, search)
    return endpoint.get(search.target, params={**search.params, **{name: str(text) for name, text in params.items()}})


def found(response: Response, search: Search) -> list[str]:
    """The UIDs of the matches in their order. Raises Deviates, and Blocked if the body is not a list of them.

    206 is read too: whether a list that was cut returns 200 is judged elsewhere.
    """
    expect.status(response, 200, 204, 206)
    try:
        matches = expect.matches(response)
    except Deviates as error:
        raise Blocked.of(error.deviation, f"search-media-001.{search.resource}") from None
    return [dicom_json.text(match, search.keyword) or f"a match without {search.keyword}" for match in matches]


def everything(endpoint: Endpoint, search: Search) -> list[Response]:
    """The responses to a search for all matches: one, or more if the server cuts the list and says so."""
    answers = [ask(endpoint, search)]
    with suppress(Deviates, Blocked):
        known = found(answers[0], search)
        while warning_field.speaks_of_more(answers[-1].header("Warning")) and len(known) <= len(search.uids):
            answers.append(page(endpoint, search, offset=len(known)))
            if not (more := found(answers[-1], search)):
                break
            known += more
    return answers


def most(endpoint: Endpoint, search: Search) -> int:
    """The number of matches that the server returns at a time: fewer than all if it cuts the list, and says so
    (8.3.4.4.1: maxResults)."""
    response = ask(endpoint, search)
    is_cut = warning_field.speaks_of_more(response.header("Warning"))
    return len(found(response, search)) if is_cut else len(search.uids)


def whole(endpoint: Endpoint, search: Search) -> list[str]:
    """The UIDs of all matches in their order. Raises Blocked if the search does not work, and as found."""
    _works(endpoint, search)
    return [uid for response in everything(endpoint, search) for uid in found(response, search)]


def _works(endpoint: Endpoint, search: Search) -> None:
    given.present(ask(endpoint, search), by=RESOURCES[search.resource])
    not_blind(ask(endpoint, search), search)


def walk(endpoint: Endpoint, search: Search, limit: int) -> list[Response]:
    """The responses with the matches, page by page, up to the first page that is empty. May raise as found.

    It ends after the last possible page, so that a server which ignores `offset` does not get endless requests.
    """
    pages: list[Response] = []
    offset = 0
    while len(pages) <= len(search.uids):
        pages.append(page(endpoint, search, limit=limit, offset=offset))
        if not (uids := found(pages[-1], search)):
            break
        offset += len(uids)
    return pages


def unexcused(missing: list[str], response: Response) -> list[str]:
    """What is missing from a list of matches, unless the server cut the list, and says that as many remain."""
    return warning_field.unexplained(missing, response.header("Warning"))


def parts(response: Response) -> Sequence[multipart.Part]:
    """The parts of a multipart response; none if it has no body, or is not multipart."""
    boundary = multipart.boundary_of(response.header("Content-Type") or "")
    return multipart.parse(boundary, response.body).parts if boundary and response.body else ()


def same(uids: Sequence[str], expected: Sequence[str], response: Response, where: str = "among the matches") -> None:
    """Deviate unless the UIDs are the expected ones, each once, in any order."""
    times = Counter(uids)
    wrong = [difference(uid, f"not {where}", f"there, as 1 of {len(expected)}") for uid in expected if not times[uid]]
    wrong += [difference(uid, where, "absent") for uid in times if uid not in expected]
    wrong += [
        difference(uid, f"{count(times[uid], 'time')} {where}", "there once") for uid in expected if times[uid] > 1
    ]
    expect.same(wrong, response)


def those_of(search: Search, response: Response) -> None:
    """Deviate unless a response has the matches of a search, each once; or fewer, if the server says that the others
    remain."""
    uids = found(response, search)
    lost = unexcused([uid for uid in search.uids if uid not in uids], response)
    same(uids, [uid for uid in search.uids if uid in uids or uid in lost], response)
