"""The way of every request: redirects, ended sessions, limiters and gateways are handled once, for all."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import urlsplit

from conformance.dicomweb import uids, uris
from conformance.dicomweb.messages import Response
from conformance.harness.endpoint.endpoints import Endpoint
from conformance.harness.wire import front
from conformance.harness.wire.ask import SAFE, Ask
from conformance.harness.wire.credentials import Credentials
from conformance.harness.wire.evidence import Recorder
from conformance.harness.wire.front import REDIRECTS, SHUT, Limiter, not_the_servers, turned_away
from conformance.harness.wire.patience import Patience
from conformance.kit.verdicts import InFront, Unanswered

MOST_REDIRECTS = 5
SAME_METHOD = (307, 308)
LET_IN = 10  # requests after an accepted search, for which the session counts as valid
SESSION = "the session"
ENDED = (
    "the session has ended, or the credentials have expired; name ones that last as long as a run, or an auth that can"
    " be renewed (oauth2, command)"
)
FILTER = "a filter before the server, such as a web application firewall, refuses it; allow the requests of DICOMweb"
OUTAGE = "the outage"
DOWN = "the server, or what stands before it, is down or lets nobody in; run again when it is there"
LIMITED = "a front limits the rate of requests, and does not let the run in again; pace = 5, say, asks for less"
# Searches that any server responds to. A fault in one of them must not look like the end of a session.
NOBODY = uids.derived("pulse", "nobody has this study")
PULSES = (Ask("GET", f"studies?StudyInstanceUID={NOBODY}"), Ask("GET", "studies?limit=1"))
# And no search, since a fault in all of them must not look like an outage.
SIGNS = (*PULSES, Ask("GET", f"studies/{NOBODY}/metadata"))


class Door:
    """Sends requests by `exchange`, again if that is right, and follows redirects within the endpoint."""

    def __init__(
        self,
        endpoint: Endpoint,
        credentials: Credentials,
        patience: Patience,
        recorder: Recorder,
        exchange: Callable[[Ask], Response],
    ) -> None:
        self._endpoint = endpoint
        self._credentials = credentials
        self._patience = patience
        self._recorder = recorder
        self._exchange = exchange
        self._limiter = Limiter(endpoint.settings.pace, patience.left)
        self._was_let_in = False
        self._let_in_at = self._up_at = -LET_IN
        self._ended_at = 0
        self._taken = 0
        self._pages = 0  # of the server, or so it seems: they came again

    def ask(self, ask: Ask) -> Response:
        """The response to a request, after its redirects within the endpoint. Raises Unanswered."""
        return self.redirected(ask, self._let_in(ask, self._there(ask)))

    def _there(self, ask: Ask) -> Response:
        """The response of a server that is there: if it is not, the request waits until it is. Raises Unanswered, and
        Blocked if it does not come back.

        A request that may have changed something is not sent again: after 502 the server may have had it.
        """
        number = self._recorder.traffic.requests + 1
        try:
            response = self._authorized(ask)
        except InFront as problem:
            status = problem.status
            if self._is_up(number, status):
                raise
        else:
            status = response.status
            if self._is_up(number, status):
                return response
        if ask.method in SAFE or (ask.method == "POST" and status != 502):
            return self._authorized(ask)
        raise InFront(f"{ask.method} {ask.shown} has no response of the server, which was not there for a while")

    def _is_up(self, number: int, status: int | None) -> bool:
        """False if the server was not there, and is again. Raises Blocked if it is not there any more.

        A response that looks so, to the request with this number, counts only if plain requests, which were accepted
        before, have the same.
        """
        if status not in SHUT or not self._was_let_in or number < self._up_at + LET_IN:
            return True
        if not all(self._is_shut(sign) for sign in SIGNS):
            self._up_at = self._recorder.traffic.requests
            return True
        end = time.monotonic() + min(front.OUTAGE, self._patience.left())
        while time.monotonic() < end:
            time.sleep(min(front.SHORTEST * 4, self._patience.left()))
            if not self._is_shut(PULSES[0]):
                self._up_at = self._recorder.traffic.requests
                return False
        self._ended_at = self._ended_at or number
        why = LIMITED if status == 429 else DOWN
        self._patience.end(f"from request {self._ended_at:,} on every response is {status}: {why}", by=OUTAGE)
        self._patience.ask()
        return True

    def _is_shut(self, sign: Ask) -> bool:
        """True if a request is not let through, or has no response. It is sent once."""
        try:
            return self._exchange(sign).status in SHUT
        except Unanswered:
            return True

    def redirected(self, ask: Ask, response: Response) -> Response:
        """The response at the end of the redirects within the endpoint: of a GET or HEAD, and of a store to the same
        resource elsewhere (RFC 9110 15.4)."""
        redirected: list[str] = []
        while (
            len(redirected) < MOST_REDIRECTS
            and response.status in REDIRECTS
            and (url := _led_to(response))
            and self._endpoint.holds(url)
            and (ask.method in ("GET", "HEAD") or _stores_the_same(ask, response.status, url))
        ):
            redirected.append(response.request.url)
            note = f"{ask.shown} (redirected to {url})"
            response = self._authorized(replace(ask, target=note, url=url))
        return replace(response, redirected=tuple(redirected)) if redirected else response

    def _let_in(self, ask: Ask, response: Response) -> Response:
        """The response. Raises Blocked if the session of a run that had access has ended.

        A response that looks so counts only if plain searches, one of which was accepted before, are refused too.
        """
        looks = self._turned_away(ask, response)
        number = self._recorder.traffic.requests
        if not looks:
            if response.status in (200, 204) and not ask.anonymous:
                self._was_let_in, self._ended_at = True, 0
            return response
        if not self._was_let_in:
            return response
        if number < self._let_in_at + LET_IN or self._pulse():
            if front.is_page(response, 403):
                raise InFront(f"{ask.method} {ask.shown} returns 403 with a web page: {FILTER}")
            return self._instead_of_a_page(ask, response)
        self._credentials.renew()
        if not self._credentials.renewable or not self._pulse():
            self._ended_at = self._ended_at or number
            self._patience.end(f"from request {self._ended_at:,} on every response is {looks}: {ENDED}", by=SESSION)
            self._patience.ask()
        return self._authorized(ask) if response.status >= 300 or ask.method in SAFE else response

    def _instead_of_a_page(self, ask: Ask, response: Response) -> Response:
        """The response, or that to the same read again in place of a web page: a front may have put in its own.

        Where that was in vain a few times, the pages are the server's.
        """
        if not front.is_page(response, 200) or self._pages == front.IN_VAIN:
            return response
        again = self._there(ask)
        self._pages += front.is_page(again, 200)
        return again

    def _pulse(self) -> bool:
        """True if a plain search is accepted."""
        if all(self._turned_away(pulse, self._authorized(pulse)) for pulse in PULSES):
            return False
        self._let_in_at = self._recorder.traffic.requests
        return True

    def _turned_away(self, ask: Ask, response: Response) -> str | None:
        """A few words about a response that denies access; None for any other."""
        leads = _led_to(response)
        outside = leads is not None and not self._endpoint.holds(leads)
        return None if ask.anonymous else turned_away(response, outside)

    def _authorized(self, ask: Ask) -> Response:
        """The response to one request; renewable credentials are renewed once after a 401. Raises Unanswered."""
        response = self._limiter.ask(ask, self._exchange)
        if response.status == 401 and self._credentials.renewable and not ask.anonymous:
            self._credentials.renew()
            response = self._limiter.ask(ask, self._exchange)
        sent = len(ask.body.content) if ask.body else 0
        if problem := not_the_servers(response, sent, self._taken):
            raise problem
        self._taken = max(self._taken, sent if response.status < 400 else 0)
        return response


def _stores_the_same(ask: Ask, status: int, url: str) -> bool:
    """True if a redirect leaves the method of a store, and leads to the same resource: never into another study."""
    if ask.method != "POST" or status not in SAME_METHOD:
        return False
    path, _, query = ask.target.partition("?")
    found = urlsplit(url)
    above = found.path.removesuffix(f"/{path}")
    return above != found.path and "studies" not in above.split("/") and found.query == query


def _led_to(response: Response) -> str | None:
    """The URL that a redirect names; None if it names none."""
    location = response.header("Location") if response.status in REDIRECTS else None
    url = uris.resolved(location, response.request.url) if location else None
    return url.geturl() if url else None
