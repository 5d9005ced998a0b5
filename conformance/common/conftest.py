"""The fixtures of this room: responses that report a failure, and the judge over all responses of the run."""

from __future__ import annotations

import pytest

from conformance.common import answers, reading
from conformance.kit import stow
from conformance.kit.stow import Body
from conformance.kit.verdicts import Deviates, NotSupported

TEXT = "text/plain"


@pytest.fixture
def provoked(endpoint, stored, copies, absent_uid):
    """`provoked("406")`: the response to a request that should return this status. NotSupported if it is not 4xx."""

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
            raise NotSupported(f"status is {response.status}, so no failure can be judged ({response.request})")
        return response

    return provoke


@pytest.fixture
def every(request, cite):
    """A judge over the whole run: `every(payloads, wrong)` fails if one of the picked responses is wrong.

    `pick` selects responses of the run; `wrong` returns the Difference of a wrong one, else something false. The
    deviation is one of them, with the places of all. NotSupported if there is none to look at.
    """

    def judge(pick, wrong, of="a response"):
        picked = pick(request.getfixturevalue("answers"))
        if not picked:
            raise NotSupported(f"the run has not received {of}")
        found = [(answer, difference) for answer in picked if (difference := wrong(answer))]
        if found:
            answer, deviation = answers.gathered(found, len(picked))
            cite(answer)
            raise Deviates(deviation)

    return judge
