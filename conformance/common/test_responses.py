"""PS3.18 8.1.2, 8.5 and 8.6.3: every request has a response, and a failure says what went wrong."""

from __future__ import annotations

import re

import pytest

from conformance.common import reading
from conformance.common.conftest import TEXT
from conformance.kit import check, expect, given, media
from conformance.kit.accept import ANYTHING, AS_STORED
from conformance.kit.stow import Body
from conformance.kit.verdicts import NotSupported, Unanswered

FAILURES = ["400", "404", "406", "409", "415"]
EXPLANATORY = {"text/html", "text/plain", "text/xml", "application/json", "application/xml", "application/xhtml+xml"}


@check("COMMON-RESP-001", "unusual")
@pytest.mark.parametrize(
    ("method", "target", "accept"),
    [
        ("BREW", "studies", ANYTHING),
        ("GET", "studies?PatientID=%FF%00&&=&StudyDate", ANYTHING),
        ("GET", "studies?limit=1", ", ".join(f"application/x-{number}" for number in range(200))),
    ],
    ids=["unknown-method", "odd-query", "long-accept"],
)
def test_unusual_request_is_answered(endpoint, method, target, accept):
    """A request that a server need not support still has a response, whatever the status."""
    try:
        endpoint.send(method, target, accept=accept)
    except Unanswered as error:
        expect.unanswered(error)


@check("COMMON-RESP-001", "after-broken-off-downloads")
def test_download_after_some_were_broken_off(endpoint, stored):
    """The next download after five interrupted ones returns the complete instance."""
    (instance, *_) = stored("sample")
    given.present(endpoint.fetch(instance.path, accept=AS_STORED))
    for _ in range(5):
        endpoint.abandon(instance.path, accept=AS_STORED)

    response = endpoint.get(instance.path, accept=AS_STORED)

    expect.whole(response, instance)


@check("COMMON-RESP-007", "after-a-refusal")
def test_request_after_a_refused_store(endpoint, stored):
    """A search after a store that was refused for its media type has its own response."""
    (instance, *_) = stored("sample")
    target = f"studies?StudyInstanceUID={instance.study_uid}"
    given.one_match(endpoint.fetch(target), "StudyInstanceUID", instance.study_uid)
    endpoint.post("studies", Body("application/pdf", b"This is not an instance. " * 100))

    response = endpoint.get(target)

    expect.one_match(response, "StudyInstanceUID", instance.study_uid)


@check("COMMON-RESP-003")
@pytest.mark.parametrize("status", FAILURES)
def test_failure_carries_a_status_report(provoked, status):
    """A failure response has a payload with a Content-Type."""
    response = provoked(status)

    expect.that(response.content, f"the body of status {response.status}", "empty", "a status report", response)
    reading.media_type(response)


@check("COMMON-RESP-004")
@pytest.mark.parametrize("status", ["400", "404", "406", "415"])
def test_failure_is_explained_in_words(provoked, status):
    """The payload of a 4xx has words that a person can read."""
    response = provoked(status)

    text = media.text(response)
    readable = re.search(r"[^\W\d_]{3}", text) and "\ufffd" not in text
    shown = f"{len(response.content):,} bytes without a word" if response.content else "empty"
    expect.that(readable, f"the body of status {response.status}", shown, "an explanation in words", response)


@check("COMMON-RESP-006")
def test_status_report_is_text(provoked):
    """The body of a 406 is text or JSON, whatever was requested."""
    response = provoked("406")
    if not response.content:
        raise NotSupported(f"the body of status {response.status} is empty ({response.request})")

    kind = reading.media_type(response).essence
    text = kind in EXPLANATORY or kind.endswith(("+json", "+xml"))
    wanted = "that of a text, such as text/html"
    expect.that(text, f"the media type of the body of status {response.status}", kind, wanted, response)


@check("COMMON-ACCEPT-013")
def test_406_lists_what_there_is(provoked):
    """The body of a 406 names an available media type."""
    response = provoked("406")

    _names_media_type(response)


@check("COMMON-STATUS-007")
def test_415_lists_what_is_taken(provoked):
    """The body of a 415 names a media type that can be stored."""
    response = provoked("415")

    _names_media_type(response)


def _names_media_type(response):
    text = media.text(response)
    named = set(re.findall(r"\b(?:application|multipart|image|text|video)/[\w.+*-]+", text)) - {TEXT, reading.UNKNOWN}
    shown = f"{len(response.content):,} bytes that do not name a media type" if response.content else "empty"
    expect.that(named, f"the body of status {response.status}", shown, "a list of the supported media types", response)
