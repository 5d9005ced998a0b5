"""Several servers behind one address, of which one is not up to date: what was stored is there, not there, and there
again."""

from __future__ import annotations

from collections.abc import Callable

from conformance.dicomweb.messages import Response
from conformance.harness.wire.ask import Ask
from conformance.kit.verdicts import Blocked, InFront, Unanswered

AGAIN = 5  # repeats of a read that does not find what was stored, to see whether the responses alternate
SURE = 2  # repeats once that was seen
IN_VAIN = 5  # reads repeated without a difference, after which the server is believed
EMPTY = 4  # bytes of an empty list, at most
WHY = "several servers respond at this address, and one of them has not what was stored; name one of them"


class Nodes:
    """Compares responses that find nothing with those to the same request, sent again by `exchange`.

    `stored` says whether a URL names something that was stored and not removed since.
    """

    def __init__(self, exchange: Callable[[Ask], Response], stored: Callable[[str], bool]) -> None:
        self._exchange = exchange
        self._stored = stored
        self._met = False
        self._in_vain = 0

    def agreed(self, ask: Ask, response: Response) -> Response:
        """The response. Raises InFront if it finds nothing, and others to the same request do and do not.

        What becomes visible, and stays so, was not visible before.
        """
        if ask.method != "GET" or not ask.whole or not _is_absent(response):
            return response
        if not self._met and (self._in_vain == IN_VAIN or not self._stored(response.request.url)):
            return response
        found = False
        for _ in range(SURE if self._met else AGAIN):
            try:
                is_absent = _is_absent(again := self._exchange(ask))
            except (Unanswered, Blocked):
                return response
            if found and is_absent:
                self._met = True
            found = found or again.status == 200 and not is_absent
            if found and self._met:
                request = f"{ask.method} {ask.shown}"
                raise InFront(f"{request} finds what was stored or not, as it is sent again and again: {WHY}")
        self._in_vain += not self._met
        return response


def _is_absent(response: Response) -> bool:
    """True if a response finds nothing."""
    return response.status in (204, 404, 410) or (response.status == 200 and len(response.body) <= EMPTY)
