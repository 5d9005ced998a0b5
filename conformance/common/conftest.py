"""What the checks of this room ask for: answers that tell of a failure, and the judge over all answers of the run."""

from __future__ import annotations

import pytest

from conformance.common import reading
from conformance.dicomweb.differences import Deviation, Difference, parsed
from conformance.kit import given, stow
from conformance.kit.stow import Body
from conformance.kit.verdicts import Deviates, NotSupported

TEXT = "text/plain"


@pytest.fixture(autouse=True)
def believed(request, endpoint):
    """A search finds the sample study, and its metadata name it, before anything is said of how they come."""
    if "stored" in request.fixturenames:
        (instance, *_) = request.getfixturevalue("stored")("sample")
        given.searchable(endpoint, instance)
        given.described(endpoint, instance)


@pytest.fixture
def provoked(endpoint, stored, copies, absent_uid):
    """`provoked("406")`: the answer to a request that should have this status. NotSupported when it is no 4xx."""

    def ask(status):
        match status:
            case "400":
                return endpoint.fetch("studies/not_a_uid/metadata")
            case "404":
                return endpoint.fetch(f"studies/{absent_uid}/metadata")
            case "406":
                return endpoint.fetch(stored("sample")[0].path + "/metadata", accept=reading.UNKNOWN)
            case "409":
                return endpoint.post(f"studies/{absent_uid}", stow.multipart([copies.blue]))
            case _:
                return endpoint.post("studies", Body(TEXT, b"These are words, not instances."))

    def provoke(status):
        response = ask(status)
        if not 400 <= response.status < 500:
            raise NotSupported(f"status is {response.status}, so there is no failure to look at ({response.request})")
        return response

    return provoke


@pytest.fixture
def every(request, cite):
    """The judge over the whole run: `every(payloads, wrong)` fails where one of the picked answers is wrong.

    `pick` takes the answers to look at from those of the run; `wrong` gives the difference of one that is, else
    something false. The deviation is one of them, with all their places. NotSupported where there is none to look at.
    """

    def judge(pick, wrong, of="an answer"):
        picked = pick(request.getfixturevalue("answers"))
        if not picked:
            raise NotSupported(f"the run has not had {of}")
        found = [(answer, difference) for answer in picked if (difference := wrong(answer))]
        if found:
            # What a client asked for and got says more than how a refusal looks.
            answer, difference = min(found, key=lambda item: (item[0].status or 0) >= 400)
            cite(answer)
            sent = f"{answer.method} {answer.url} of {answer.check}; {len(found)} of {len(picked)} answers"
            difference = difference if isinstance(difference, Difference) else parsed(difference)  # TRANSITION
            found = [(a, d if isinstance(d, Difference) else parsed(d)) for a, d in found]  # TRANSITION
            raise Deviates(Deviation(difference, sent, places=tuple(_place(*item) for item in found)))

    return judge


def _place(answer, difference):
    """An answer that is wrong, and how: in the words of the difference, without what should be."""
    return f"{answer.method} {answer.url} of {answer.check}: {difference.subject} is {difference.found}"
