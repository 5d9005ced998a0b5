"""The front of a server, recognized by its responses: a limiter, a login page, a gateway with a short timeout."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from conformance.dicomweb.messages import Response
from conformance.dicomweb.messages import header as field
from conformance.dicomweb.wording import title
from conformance.harness.wire.ask import SAFE, Ask
from conformance.kit.verdicts import InFront, Unanswered

REPEATS = 6  # of a request that a limiter refused, each after a longer wait
BARE_REPEATS = 2  # for responses that may be a failure of the server
DROPPED_REPEATS = 3  # for closed connections, in which time most limiters let a request in
IN_VAIN = 3  # requests repeated without success, after which a bare 503 counts as the server's
SHORTEST, LONGEST = 0.25, 30.0  # seconds to wait for a limiter
TOO_LONG = 300.0  # seconds until it may be tried again, for which no request waits
QUICKEST, SLOWEST = 0.02, 1.0  # seconds between two requests, after a limiter has refused one
CLEAN, QUICKER = 20, 0.9  # after so many requests without a refusal the interval is multiplied by this factor
REDIRECTS = (301, 302, 303, 307, 308)
OUTAGE = 30.0  # seconds to wait for a server that was there and is not
SHUT = (429, 502, 503)  # statuses of a front whose server is not there, or that lets nobody in
LARGE = 1_000_000  # bytes of a body that a front may refuse


class Limiter:
    """Sends requests no faster than a front takes them: `interval` is the time between two in seconds, which it adapts.

    `most` are requests a second, 0 for no limit; `left` are the seconds that a run still has.
    """

    def __init__(self, most: float, left: Callable[[], float], sleep: Callable[[float], None] = time.sleep) -> None:
        self.interval = 1 / most if most else 0.0
        self._left = left
        self._sleep = sleep
        self._next = 0.0
        self._least = self.interval
        self._in_vain = 0
        self._responds = False
        self._met = False
        self._clean = 0

    def ask(self, ask: Ask, exchange: Callable[[Ask], Response]) -> Response:
        """The response to a request, repeated while a limiter refuses it, and once after a gateway timeout."""
        repeated, slower = 0, self.interval
        while True:
            self._wait()
            try:
                response = exchange(ask)
            except Unanswered as problem:
                if not self._may_be_dropped(ask, problem, repeated):
                    self._in_vain += repeated > 0
                    raise
                slower = min(SLOWEST, max(slower * 1.5, QUICKEST))
                self._sleep(min(SHORTEST * 2.0**repeated, self._left()))
                repeated += 1
                continue
            self._responds = True
            if response.status == 504 and ask.method in SAFE and not repeated:
                repeated += 1
                continue
            seconds = self._refused_for(ask, response, repeated)
            if seconds is None:
                break
            slower = min(SLOWEST, max(slower * 1.5, QUICKEST))
            self._sleep(min(seconds, self._left()))
            repeated += 1
        self._clean = 0 if repeated else self._clean + 1
        if self._clean == CLEAN:
            # A server that is occasionally busy is not a limiter, and must not slow a run down permanently.
            self._clean, self.interval = 0, max(self._least, self.interval * QUICKER)
        if repeated and response.status not in (429, 503, 504):
            self.interval, self._met = slower, True
        elif repeated and is_bare(response):
            self._in_vain += 1
        return response

    def _may_be_dropped(self, ask: Ask, problem: Unanswered, repeated: int) -> bool:
        """True if a limiter may have dropped the connection of a read of a server that responds; as for a bare 503, as
        long as repeating helps."""
        helps = self._responds and (self._met or self._in_vain < IN_VAIN)
        most = REPEATS if self._met else DROPPED_REPEATS
        return problem.dropped and ask.method in SAFE and helps and repeated < most

    def _wait(self) -> None:
        if self.interval:
            now = time.monotonic()
            self._sleep(max(0.0, min(self._next - now, self._left())))
            self._next = max(now, self._next) + self.interval

    def _refused_for(self, ask: Ask, response: Response, repeated: int) -> float | None:
        """The seconds to wait before the same request, if a limiter refused it; None if none did.

        A bare 503 is that of a limiter, or of a failing server: the request is repeated if that is safe or if a limiter
        was met before, as long as repeating helps.
        """
        if response.status not in (429, 503) or repeated >= REPEATS:
            return None
        if is_bare(response):
            helps = self._met or (ask.method in SAFE and self._in_vain < IN_VAIN)
            if repeated >= BARE_REPEATS or not helps:
                return None
        after = response.header("Retry-After") or ""
        asked = float(after) if re.fullmatch("[0-9]{1,6}", after) else 0.0
        if asked > TOO_LONG:
            return None
        return min(LONGEST, max(asked, SHORTEST * 2.0**repeated))


def is_bare(response: Response) -> bool:
    """True if a response is a 503 that does not say when to come back (RFC 9110 15.6.4)."""
    return response.status == 503 and not response.header("Retry-After")


def turned_away(response: Response, outside: bool) -> str | None:
    """A few words about a login page, or a refusal of credentials: "302 to /login"; None for anything else.

    `outside`: the response redirects out of the endpoint.
    """
    if response.status in (401, 403):
        return str(response.status)
    if outside:
        return f"{response.status} to {(response.header('Location') or '').partition('?')[0]}"
    accepted = field(response.request.headers, "Accept") or "*/*"
    is_page = response.status == 200 and "html" in (response.header("Content-Type") or "").lower()
    if is_page and not re.search(r"html|\*/\*|text/\*", accepted):
        named = f' (title "{found}")' if (found := title(response.content)) else ""
        return f"a web page{named}"
    return None


def is_page(response: Response, status: int) -> bool:
    """True if a read has this status and is a web page, where no page was asked for."""
    accepted = field(response.request.headers, "Accept") or "*/*"
    is_html = "html" in (response.header("Content-Type") or "").lower()
    is_read = response.request.method in SAFE
    return response.status == status and is_html and is_read and not re.search(r"html|\*/\*|text/\*", accepted)


def not_the_servers(response: Response, sent: int, taken: int) -> InFront | None:
    """The reason why a response is not the server's, and so is not judged; None if it is.

    `sent` are the bytes of the request's body, `taken` those of the largest that was not refused.
    """
    request = f"{response.request.method} {response.request.target}"
    if response.status == 504:
        return InFront(f"{request} returns 504: what stands before the server does not wait long enough for it")
    if response.status == 429 or (response.status == 503 and not is_bare(response)):
        why = "again and again: a front limits the rate of requests"
        return InFront(f"{request} returns {response.status} {why}", response.status)
    if response.status == 413 and sent > LARGE:
        smaller = f", one of {taken / 1e6:.1f} MB was taken" if taken else ""
        return InFront(f"a body of {sent / 1e6:.1f} MB returns 413{smaller}: a front limits bodies ({request})")
    return None
