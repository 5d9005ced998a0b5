"""What was stored, and is not there: it comes later, or it is there, not there, and there again, where one of several
servers behind one address is not up to date."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from conformance.dicomweb.messages import Response
from conformance.harness.wire.ask import Ask
from conformance.harness.wire.visibility import Visibility
from conformance.kit.verdicts import Blocked, InFront, Unanswered

AGAIN = 5  # repeats of a read that does not find what was stored, to see whether the responses alternate
SURE = 2  # repeats once that was seen
IN_VAIN = 5  # reads repeated without a difference, after which the server is believed
FOUND = (200, 203, 206)
EMPTY = 4  # bytes of an empty list, at most
WHY = "several servers respond at this address, and one of them has not what was stored; name one of them"


class Nodes:
    """Compares a response that finds nothing with later ones to the same request. `ask` sends it and follows redirects.

    `stored` says whether a URL names something that was stored and not removed since; `visibility` is that of stores.
    """

    def __init__(self, ask: Callable[[Ask], Response], stored: Callable[[str], bool], visibility: Visibility) -> None:
        self._ask = ask
        self._stored = stored
        self._visibility = visibility
        self._comes_later: bool | None = None  # None as long as no read has shown it
        self._accepted = False
        self._met = False
        self._in_vain = 0

    def accepted(self, response: Response, reads: Sequence[Ask]) -> None:
        """Note that a store may be done later (202: RFC 9110 15.3.3). Wait until each of `reads`, which read what it
        stores, finds it, if that took time before. Without contents (HEAD): no check asks for some of them."""
        self._accepted = self._accepted or response.status == 202
        for ask in reads if self._comes_later and response.status == 202 else ():
            self._later(ask)

    def _later(self, ask: Ask, asked: int = 0) -> Response | None:
        """The first response to a read that finds something; None if none does in time."""
        found: list[Response] = []

        def shows() -> bool | None:
            try:
                found.append(self._ask(ask))
            except (Unanswered, Blocked):
                return None
            return _finds(found[-1])

        self._visibility.wait(True, shows, asked)
        return found[-1] if found and _finds(found[-1]) else None

    def agreed(self, ask: Ask, response: Response) -> Response:
        """The response. Raises InFront if it finds nothing, and others to the same request do and do not.

        What becomes visible, and stays so, was not visible before; unless the store was only accepted.
        """
        if ask.method != "GET" or not ask.whole or not _is_absent(response):
            return response
        if self._accepted and self._comes_later is None and self._stored(response.request.url):
            later = self._later(ask, asked=1)
            self._comes_later = later is not None
            if later:
                return later
        if not self._met and (self._in_vain == IN_VAIN or not self._stored(response.request.url)):
            return response
        found = False
        for _ in range(SURE if self._met else AGAIN):
            try:
                is_absent = _is_absent(again := self._ask(ask))
            except (Unanswered, Blocked):
                return response
            if found and is_absent:
                self._met = True
            found = found or _finds(again)
            if found and self._met:
                request = f"{ask.method} {ask.shown}"
                raise InFront(f"{request} finds what was stored or not, as it is sent again and again: {WHY}")
        self._in_vain += not self._met
        return response


def _is_absent(response: Response) -> bool:
    """True if a response finds nothing."""
    is_empty = response.request.method == "GET" and len(response.body) <= EMPTY
    return response.status in (204, 404, 410) or (response.status in FOUND and is_empty)


def _finds(response: Response) -> bool:
    """True if a response finds something: a refusal or an error says nothing about it."""
    return response.status in FOUND and not _is_absent(response)
