"""What is most likely wrong, said once, where many checks suffer from one cause: computed from what the run holds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from urllib.parse import urlsplit

from conformance.reporting import changes
from conformance.reporting.record import Check, Exchange, Results
from conformance.reporting.sentences import MET
from conformance.reporting.text import count, duration, size

MOST = 0.5  # of the answers of a run
FEWEST = 5  # requests of which anything can be said
PAGE = "a web page"
LARGE = 1_000_000  # bytes of a body that a front may refuse
SILENT = re.compile(r"the server was silent for timeout = \S+ s")
# RetrieveURL in DICOM JSON and in Native DICOM XML.
RETRIEVE_URL = re.compile(
    r'"00081190"\s*:\s*\{[^{}\[]*"Value"\s*:\s*\[\s*"([^"]+)"'
    r'|tag="00081190"[^<>]{0,99}>\s*<Value[^<>]{0,99}>([^<]+)<'
)
DROPPED = re.compile(r"(?i)closed the connection without a response|reset by peer|broken pipe")
AGED = re.compile(r"^age: *[1-9]", re.IGNORECASE | re.MULTILINE)
ACCEPT = re.compile(r"^accept: *(.*)$", re.IGNORECASE | re.MULTILINE)
CONTENT_TYPE = re.compile(r"^content-type: *([^;\s]+)", re.IGNORECASE | re.MULTILINE)
FINDING = "seed-search-studies"  # what a check waits for that needs a search to find what is stored


def advice(results: Results) -> list[str]:
    """Sentences "what was seen: what to change", the most urgent first; none where nothing stands out."""
    exchanges = list({item.path: item for check in results.checks for item in check.evidence}.values())
    return [
        *_answers(results, exchanges),
        *_only_reads(exchanges),
        *_preflights(exchanges),
        *_limits(exchanges),
        *_negotiation(exchanges),
        *_letters(exchanges),
        *_caches(results, exchanges),
        *_silences(exchanges),
        *_urls(results, exchanges),
        *_visibility(results),
    ]


def _answers(results: Results, exchanges: Sequence[Exchange]) -> Iterator[str]:
    """What most answers are, where they are none of a DICOMweb service."""
    auth = any(setting.name == "auth" for setting in results.endpoint.settings)
    token = "the token or password is wrong or has expired" if auth else 'no credentials are configured, see "auth"'
    causes = {
        "401": token,
        "403": "this account may not do what the suite does" if auth else token,
        "3xx": "they lead out of the endpoint and are not followed; name the url that they lead to",
        "5xx": "the server fails, its log may say why",
        PAGE: "a proxy or a page to sign in stands before the service",
    }
    seen = [_kind(exchange) for exchange in exchanges]
    for kind, cause in causes.items():
        if len(seen) >= FEWEST and (share := seen.count(kind) / len(seen)) >= MOST:
            yield f"{kind} on {share:.0%} of {len(seen):,} requests: {cause}".replace("%", " %")


def _kind(exchange: Exchange) -> str:
    status = exchange.status or 0
    if status in (401, 403):
        return str(status)
    if status // 100 == 2 and re.search(r"(?im)^content-type:\s*text/html", exchange.response_head):
        return PAGE
    return f"{status // 100}xx"


def _only_reads(exchanges: Sequence[Exchange]) -> Iterator[str]:
    """No store at all is taken, as a front has it that lets nothing but reads through."""
    statuses = {exchange.status for exchange in exchanges if exchange.method == "POST"}
    if len(statuses) == 1 and (status := statuses.pop()) in (405, 501):
        yield f'every POST returns {status}: where the endpoint is only for reading, profile = "read-only" judges that'


def _preflights(exchanges: Sequence[Exchange]) -> Iterator[str]:
    """No OPTIONS returns a description, but each a success, as from what answers the preflights of browsers itself."""
    answers = [item for item in exchanges if item.method == "OPTIONS"]
    if len(answers) > 1 and all(item.status in (200, 204) and not item.response_body.size for item in answers):
        yield "every OPTIONS returns a success without a body: does something before the server answer it (CORS)?"


def _limits(exchanges: Sequence[Exchange]) -> Iterator[str]:
    """What a front refused: requests that came too quickly, bodies that were too large, answers that took too long."""
    limited = sum(exchange.status == 429 for exchange in exchanges)
    if limited:
        yield f"{count(limited, 'request')} returned 429: a front limits the rate; pace = 5, say, asks for less"
    bodies = {True: [0], False: [0]}
    for exchange in exchanges:
        if exchange.method == "POST" and exchange.status:
            bodies[exchange.status == 413].append(exchange.request_body.size)
    if large := min(bodies[True][1:], default=0):
        taken = max((size for size in bodies[False] if size < large), default=0)
        yield f"a POST of {size(large)} returns 413, one of {size(taken)} was taken: a front limits bodies"
    dropped = [exchange for exchange in exchanges if DROPPED.search(exchange.error or "")]
    answered = {(exchange.method, exchange.url) for exchange in exchanges if exchange.status}
    again = sum(item.method == "GET" and (item.method, item.url) in answered for item in dropped)
    if again >= FEWEST:
        yield (
            f"{count(again, 'read')} had no response, and one when sent again: a front limits the rate by closing "
            "connections; pace = 5, say, asks for less"
        )
    if lost := min((item.request_body.size for item in dropped if item.method == "POST"), default=0):
        taken = max((size for size in bodies[False] if size < lost), default=0)
        if taken and lost > LARGE:
            seen = f"a POST of {size(lost)} has its connection closed, one of {size(taken)} was taken"
            yield f"{seen}: a front limits bodies"
    pages = {(item.method, item.url) for item in exchanges if item.status == 200 and _kind(item) == PAGE}
    others = {(item.method, item.url) for item in exchanges if item.status == 200 and _kind(item) != PAGE}
    if (instead := len(pages & others)) > 1:
        yield (
            f"{count(instead, 'read')} returned a web page, and what was asked for when sent again: a front puts its "
            "own page in between; let the requests of DICOMweb pass"
        )
    if changed := sum(exchange.status == 203 for exchange in exchanges):
        yield f"{count(changed, 'response')} had 203: a proxy changes what the server returns, and that is judged"
    if late := sum(exchange.status == 504 for exchange in exchanges):
        yield f"{count(late, 'request')} returned 504: a front does not wait as long as the server takes"


def _negotiation(exchanges: Sequence[Exchange]) -> Iterator[str]:
    """Who wants XML gets what those get who want JSON: something on the way replaces Accept, or cuts it."""
    got: dict[str, dict[str, str]] = {}
    for exchange in exchanges:
        accept, sent = ACCEPT.search(exchange.request_head), CONTENT_TYPE.search(exchange.response_head)
        if exchange.method != "GET" or exchange.status != 200 or not accept or not sent or "*/*" in accept[1]:
            continue
        wanted = [word for word in ("json", "xml") if word in accept[1].lower()]
        if len(wanted) == 1:
            got.setdefault(exchange.url, {})[wanted[0]] = sent[1].lower()
    both = [types for types in got.values() if len(types) == 2]
    if len(both) >= FEWEST and all(types["json"] == types["xml"] for types in both):
        yield (
            "who asks for XML gets JSON, or the reverse: does something before the server replace Accept, or keep "
            "responses without regard to it?"
        )


def _letters(exchanges: Sequence[Exchange]) -> Iterator[str]:
    """Keywords in a query mean nothing, and tags, which have few letters, do; or a path has its capitals in vain."""
    seen = "searches whose key is a keyword find everything, those by its tag do not"
    if not changes.keywords_are_lost(exchanges):
        seen = "every path with a capital letter returns 404" if changes.paths_are_lost(exchanges) else ""
    if seen:
        yield f"{seen}: does something before the server change the letters of a URL?"


def _caches(results: Results, exchanges: Sequence[Exchange]) -> Iterator[str]:
    """Responses that a cache before the server kept, in a run that found something wrong."""
    cached = sum(exchange.method == "GET" and bool(AGED.search(exchange.response_head)) for exchange in exchanges)
    if cached >= FEWEST and results.overall not in MET:
        yield (
            f"{count(cached, 'response')} came from a cache before the server (Age), which may be why what was stored "
            "or asked for is not in them: let it pass them through"
        )
    elif kept := changes.kept(results.checks):
        yield (
            f"{count(kept, 'read')} returned the same after a store or DELETE of what they are about as before: does a "
            "cache before the server keep responses? Let it pass these requests through"
        )


def _silences(exchanges: Sequence[Exchange]) -> Iterator[str]:
    """Requests that were waited for in vain on a server that answers others."""
    silent = [found[0] for exchange in exchanges if (found := SILENT.search(exchange.error or ""))]
    if FEWEST <= len(silent) < MOST * len(exchanges):
        yield f"{count(len(silent), 'request')} had no answer, {silent[0]}: if it is only slow, set timeout higher"


def _urls(results: Results, exchanges: Sequence[Exchange]) -> Iterator[str]:
    """Every RetrieveURL leads to another place than that of the endpoint: another origin, or another path there."""
    own = _origin(results.endpoint.url)
    texts = [exchange.response_body.text or "" for exchange in exchanges if exchange.status in (200, 201, 202)]
    found = [json or xml for text in texts for json, xml in RETRIEVE_URL.findall(text)]
    urls = [url.replace("\\/", "/") for url in found]
    origins = {_origin(url) for url in urls} - {""}
    if len(found) >= FEWEST and len(origins) == 1 and own not in origins:
        yield f"every RetrieveURL names {origins.pop()}, not {own}: the server's public URL is not configured"
    bases = {url.partition("/studies/")[0] for url in urls if _origin(url) == own}
    base = bases.pop() if len(bases) == 1 and len(found) >= FEWEST else results.endpoint.url.rstrip("/")
    if base != results.endpoint.url.rstrip("/") and any(
        exchange.status == 404 and exchange.url.startswith(f"{base}/studies/") for exchange in exchanges
    ):
        yield f"every RetrieveURL names {base}, not {results.endpoint.url}: the server does not know its public path"


def _origin(url: str) -> str:
    """Scheme, host and port of a URL; nothing of one that is relative or none."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}".lower() if parts.scheme and parts.netloc else ""


def _visibility(results: Results) -> Iterator[str]:
    """A search that should have found something, in a check that failed or waits for that, does so in a later one."""
    missed: dict[str, Check] = {}
    for check in results.checks:
        for exchange in check.evidence:
            if not exchange.url.partition("?")[0].endswith(("/studies", "/series", "/instances")):
                continue
            failed = check.verdict == "fail" and check.transaction == "search"
            before = missed.get(exchange.url, check)
            if (failed or check.blocked_by == FINDING) and _nothing(exchange):
                missed.setdefault(exchange.url, check)
            elif before is not check and exchange.status == 200 and not _nothing(exchange):
                waited = datetime.fromisoformat(check.started) - datetime.fromisoformat(before.started)
                later = duration(waited.total_seconds())
                yield f"a search that found nothing finds something {later} later: set visibility_delay"
                return


def _nothing(exchange: Exchange) -> bool:
    """Whether a search was answered with no match."""
    body = exchange.response_body
    text = "".join((body.text or "").split()) if body.size else ""
    return exchange.method == "GET" and (exchange.status == 204 or (exchange.status == 200 and text in ("", "[]")))
