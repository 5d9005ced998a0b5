"""How reports show an HTTP exchange: what it asked, its heads, the start of its bodies, and how to send it again."""

from __future__ import annotations

import re
import shlex
from urllib.parse import quote

from markupsafe import escape

from conformance.reporting import evidence
from conformance.reporting.record import Body, Check, Exchange

BODY_CAP = 4096
PAGE_CAP = 600_000

_LEVELS = {"studies": "{study}", "series": "{series}", "instances": "{instance}"}
_REQUEST = re.compile(r"\b(GET|HEAD|POST|PUT|DELETE|OPTIONS) ([^\s,)]+)")
_KEYS = {"StudyInstanceUID": "{study}", "SeriesInstanceUID": "{series}", "SOPInstanceUID": "{instance}"}


class Budget:
    """Decides which exchanges a page shows in full: in order, as long as they add up to less than PAGE_CAP characters.

    The others are named, so that a page of a thousand failures still opens.
    """

    def __init__(self, characters: int = PAGE_CAP) -> None:
        self.left = characters

    def __call__(self, exchange: Exchange) -> bool:
        bodies = [excerpt(exchange.request_body), excerpt(exchange.response_body)]
        texts = [exchange.request_head, exchange.response_head, exchange.curl, *bodies]
        self.left -= sum(len(escape(text)) for text in texts)
        return self.left >= 0


def subject(check: Check) -> Exchange | None:
    """The exchange that the deviation of a check names; else its last one, and None where it has none.

    A check that stores and then reads may find fault with the store. Of several, it is the one that was answered so.
    """
    seen = check.deviation
    found = _REQUEST.search(seen.sent if seen else check.summary)
    named = [item for item in reversed(check.evidence) if found and _is(item, *found.groups())]
    if named:
        status = seen.found if seen and seen.subject == "status" else None
        return next((item for item in named if status == str(item.status)), named[0])
    return check.evidence[-1] if check.evidence else None


def _is(exchange: Exchange, method: str, target: str) -> bool:
    return exchange.method == method and exchange.url.endswith(target.rstrip(":"))


def excerpt(body: Body) -> str:
    """The first BODY_CAP characters of a text body, empty for any other body."""
    return lines((body.text or "")[:BODY_CAP])


def is_cut(body: Body) -> bool:
    """Whether `excerpt` shows less than the body."""
    return body.cut or len(body.text or "") > BODY_CAP


def lines(text: str) -> str:
    """The text with CR LF as line end, which a page shows as a line end; what other CR there is stays, to be seen."""
    return text.replace("\r\n", "\n").rstrip("\n")


def href(path: str) -> str:
    """A relative link to a file. A colon is escaped too: no path can become another scheme."""
    return quote(path)


def entry(exchange: Exchange) -> str:
    """What `unpack` knows an exchange by: the check that sent it, and its number there."""
    return exchange.path.removeprefix("evidence/").removesuffix(evidence.SUFFIX)


def proof(check: Check) -> str:
    """The exchanges of a check: "population.sample/01, 02, search-key-001/01"."""
    said, before = [], ""
    for exchange in check.evidence:
        sender, _, number = entry(exchange).rpartition("/")
        said.append(number if sender == before else f"{sender}/{number}")
        before = sender
    return ", ".join(said)


def commands(exchange: Exchange) -> list[str]:
    """What sends an exchange again, in the folder of the run; its body has to become a file first."""
    first = f"dicomweb-conformance unpack . {shlex.quote(entry(exchange))}"
    return [*([first] if exchange.request_body.path else []), exchange.curl]


def request_line(exchange: Exchange, base: str) -> str:
    """`GET /studies/{study}/metadata`: below the endpoint's URL, with the UIDs replaced by what they name."""
    path = exchange.url.removeprefix(base)
    path = re.sub(r"\b(studies|series|instances)/[0-9.]+", lambda found: f"{found[1]}/{_LEVELS[found[1]]}", path)
    keys = "|".join(_KEYS)
    path = re.sub(rf"\b({keys})=[0-9.]+", lambda found: f"{found[1]}={_KEYS[found[1]]}", path)
    return f"{exchange.method} {path}"


def answer(exchange: Exchange) -> str:
    """The status code, or a dash where no answer came."""
    return str(exchange.status) if exchange.status is not None else "–"
