"""What something before a server does to requests and responses, seen by comparing many of them: it changes the letters
of a URL, or returns what it kept."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from conformance.reporting.record import Check, Exchange

FEWEST = 5  # searches of which anything can be said
MOST = 0.5  # of these searches
UIDS = {"StudyInstanceUID": "0020000D", "SeriesInstanceUID": "0020000E", "SOPInstanceUID": "00080018"}
ACCEPT = re.compile(r"^accept: *(.*)$", re.IGNORECASE | re.MULTILINE)
CAPITALS = r"/instances/[^?]*[A-Z]"  # in the path of a URL
BULK_DATA = r"/instances/[^/?]+/(?!frames/|metadata|rendered|thumbnail)[^?A-Z]+$"
EMPTY = 4  # bytes of an empty list in JSON, at most


def paths_are_lost(exchanges: Iterable[Exchange]) -> bool:
    """Whether no bulk data are there at a path with capital letters, and some are at a path without."""
    reads = [item for item in exchanges if item.method == "GET"]
    capital = [item.status for item in reads if re.search(CAPITALS, item.url)]
    small = {item.status for item in reads if re.search(BULK_DATA, item.url)}
    return len(capital) >= FEWEST and {*capital} == {404} and 200 in small


def keywords_are_lost(exchanges: Iterable[Exchange]) -> bool:
    """Whether keywords in a query mean nothing: searches by a UID find others too if its key is a keyword, and do not
    if it is a tag, which has few letters."""
    found: dict[bool, list[bool]] = {True: [], False: []}
    for exchange in exchanges:
        for keyword, tag in UIDS.items():
            key = re.search(f"[?&]({keyword}|{tag})=([0-9.]+)(&|$)", exchange.url, re.IGNORECASE)
            if key and exchange.method == "GET" and exchange.status == 200:
                values = re.findall(rf'"{tag}"[^]]*"Value"\s*:\s*\["([0-9.]+)"', exchange.response_body.text or "")
                found[key[1].upper() == tag].append(bool({*values} - {key[2]}))
    by_tag, by_keyword = found[True], found[False]
    ignored = len(by_keyword) >= FEWEST and sum(by_keyword) >= MOST * len(by_keyword)
    return ignored and bool(by_tag) and not any(by_tag)


def kept(checks: Iterable[Check]) -> int:
    """The number of broken checks that read the same after a store or DELETE as before it. 0 if there is only one, or
    if none of them is about a store: a server may just not delete."""
    absent = stale = 0
    for check in checks:
        if check.verdict in ("fail", "warn", "known", "blocked") and (again := _read_again(check.evidence)):
            stale += 1
            absent += not _finds(again)
    return stale if absent and stale > 1 else 0


def _read_again(exchanges: Sequence[Exchange]) -> Exchange | None:
    """The first read after a store or DELETE that returns what the same read returned before it."""
    before: dict[str, Exchange] = {}
    reads: dict[str, Exchange] = {}
    for exchange in exchanges:
        form = f"{exchange.url} {accept(exchange)}"
        if exchange.method != "GET":
            before = dict(reads) if exchange.status in (200, 202, 204) else before
        elif (old := before.get(form)) and _content(old) == _content(exchange):
            return exchange
        else:
            reads[form] = exchange
    return None


def accept(exchange: Exchange) -> str:
    """The value of Accept in a request."""
    found = ACCEPT.search(exchange.request_head)
    return found[1] if found else ""


def _content(exchange: Exchange) -> tuple[int | None, str]:
    return exchange.status, exchange.response_body.sha256


def _finds(exchange: Exchange) -> bool:
    """Whether a read returns something."""
    return exchange.status == 200 and exchange.response_body.size > EMPTY
