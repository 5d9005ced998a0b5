"""The verdicts that depend on the edition of PS3.18 follow it."""

from __future__ import annotations

import json
from types import SimpleNamespace

import msgspec
import pytest

from conformance.common import test_whole_run
from conformance.dicomweb.messages import Answered, Request, Response
from conformance.harness.endpoint.endpoints import Edition
from conformance.kit import editions
from conformance.kit.kinds import KINDS, Label
from conformance.kit.verdicts import Deviates, NotSupported, Observed, Warn
from conformance.query import test_matching_modes, test_unsupported_keys
from conformance.retrieve import pictures, reading, test_frames, test_rendered

BY_EDITION = {name: value for name, value in vars(editions).items() if name.isupper()}
INSTANCE = SimpleNamespace(path="studies/1/series/2/instances/3")


def server(edition, status, content=b"", refuses=""):
    """An endpoint judged by an edition: it returns one status, to requests with the parameter `refuses` 400."""

    def get(target, params=None, **_):
        request = Request("GET", f"http://x/{target}", f"/{target}", ())
        refused = refuses in (params or {})
        fields = (("Content-Type", "application/dicom+json"),)
        return Response(400 if refused else status, "", fields, b"" if refused else content, request)

    return SimpleNamespace(config=SimpleNamespace(edition=edition), get=get, fetch=get)


def judged(test, *arguments):
    """The verdict of a check, or of a fixture of it."""
    try:
        test(*arguments)
    except (Deviates, Warn, NotSupported, Observed) as verdict:
        return type(verdict).__name__
    return "pass"


@pytest.mark.parametrize("edition", BY_EDITION.values())
def test_edition_can_be_configured(edition):
    assert msgspec.convert(edition, Edition) == edition


@pytest.mark.parametrize(("edition", "verdict"), [("2024e", "pass"), ("2025c", "Deviates"), ("2026a", "Deviates")])
def test_206_for_some_of_the_frames(edition, verdict):
    stored = {test_frames.MULTI: [INSTANCE]}.get

    assert judged(test_frames.test_list_with_a_missing_frame, server(edition, 206), stored) == verdict


@pytest.mark.parametrize(
    ("edition", "method", "target", "picked"),
    [
        ("2024e", "GET", "/studies/1.2", 0),
        ("2025c", "GET", "/studies/1.2", 1),
        ("2026a", "GET", "/studies/1.2", 1),
        ("2024e", "GET", "/studies?limit=1", 1),
        ("2024e", "POST", "/studies", 1),
    ],
)
def test_206_without_a_range(edition, method, target, picked):
    answer = Answered("check", "01.http", method, f"http://x{target}", (), 206, (), 9, b"", b"", None, bytearray())
    found = []

    def every(pick, wrong):
        found.extend(answer for answer in pick([answer]) if wrong(answer))

    test_whole_run.test_206_only_for_a_range(server(edition, 206), every)

    assert len(found) == picked


@pytest.mark.parametrize(("edition", "verdict"), [("2024b", "Deviates"), ("2024e", "Observed"), ("2026a", "Observed")])
def test_rendering_of_16_bits(monkeypatch, edition, verdict):
    monkeypatch.setattr(reading, "offered", lambda response, _: response)
    monkeypatch.setattr(pictures, "rendered", lambda endpoint, *_, **__: endpoint.get("rendered"))
    monkeypatch.setattr(pictures, "given_one", lambda _: SimpleNamespace(bits=16))

    found = judged(test_rendered.test_bits_of_a_channel, server(edition, 200), {"grey-ramp": [INSTANCE]}.get)

    assert found == verdict


@pytest.mark.parametrize("fixture", ["empty", "several"])
def test_modes_of_a_search_are_not_in_old_editions(fixture):
    test = getattr(test_matching_modes, fixture).__wrapped__
    stored = {"archive": KINDS["archive"].make(Label("a run", "DWC1234-"))}.get

    assert judged(test, server("2023e", 200), stored) == "NotSupported"
    assert judged(test, server("2024e", 200), stored) == "pass"


@pytest.mark.parametrize(("edition", "verdict"), [("2025c", "Deviates"), ("2026a", "Observed")])
def test_key_of_the_patient_below_a_study_is_refused(edition, verdict):
    archive = KINDS["archive"].make(Label("a run", "DWC1234-"))
    series = [{"0020000E": {"vr": "UI", "Value": [uid]}} for uid in sorted({one.series_uid for one in archive})]
    endpoint = server(edition, 200, json.dumps(series).encode(), refuses="PatientID")

    assert (
        judged(test_unsupported_keys.test_patient_of_a_study, endpoint, {"archive": archive}.get, "study-series")
        == verdict
    )
