"""What whole-run checks have in common: the modules that come before them, and the deviation that they report."""

from __future__ import annotations

import re
from collections.abc import Sequence

from conformance.dicomweb.differences import Deviation, Difference
from conformance.dicomweb.messages import Answered, header

DRAWN = ".drawn"  # the end of the id of a check of generated data

# Modules whose checks come first, so that there are responses of each kind to look at: searches and metadata, files,
# renderings and bulk data, studies, missing resources, forbidden methods, unusual requests, and an unknown parameter.
FIRST = (
    *("COMMON-MP-013", "COMMON-HDR-009", "COMMON-ACCEPT-002", "COMMON-ACCEPT-003", "COMMON-STATUS-001"),
    *("COMMON-TS-003", "COMMON-STATUS-003", "COMMON-RESP-001", "COMMON-QP-007"),
)


def gathered(found: Sequence[tuple[Answered, Difference]], picked: int) -> tuple[Answered, Deviation]:
    """The response that best shows what is wrong with some of the `picked` ones, and the deviation with all places.

    A success matters more to a client than the form of a refusal. Data that Hypothesis drew differ from run to run:
    their responses are counted, but are not places, which a baseline could not list.
    """
    fixed = [(answer, wrong) for answer, wrong in found if not answer.check.endswith(DRAWN)]
    answer, difference = min(fixed or found, key=lambda item: (item[0].status or 0) >= 400)
    sent = f"{answer.method} {answer.url} of {answer.check}; {len(found)} of {picked} responses"
    # A server may return the parts of a study, and the documents of its metadata, in any order.
    subjects = (
        (answer, re.sub(r"\b(part|document) \d+", r"a \1", wrong.subject), wrong.found) for answer, wrong in fixed
    )
    places = dict.fromkeys(f"{form(answer)}: {subject} is {found}" for answer, subject, found in subjects)
    return answer, Deviation(difference, sent, places=tuple(places))


def form(answer: Answered) -> str:
    """The form of a request, the same in every run: method, path and query keys without their values, Accept."""
    path, _, query = answer.url.partition("?")
    resource = re.search(r"/(studies|series|instances|bulkdata|rendered|frames)\b.*", path)
    levels = re.sub(r"/(studies|series|instances|bulkdata|frames)/[^/]+", r"/\1/{}", resource[0] if resource else "/")
    keys = "&".join(sorted({pair.partition("=")[0] for pair in query.split("&")})) if query else ""
    accept = header(answer.request_headers, "Accept")
    return f"{answer.method} {levels}" + (f"?{keys}" if keys else "") + (f", Accept: {accept}" if accept else "")
