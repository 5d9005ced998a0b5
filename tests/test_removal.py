"""What a run waits for, what it leaves, and what it must not touch."""

from __future__ import annotations

import time

import httpx
import pytest
from starlette.responses import JSONResponse

from conformance.kit.instances import read_samples
from conformance.reference.app import Origin
from conformance.reference.faults import FAULTS, Fault
from conformance.reference.server import Server
from tests.conftest import CHECKOUT

RED, GREEN, BLUE = read_samples(CHECKOUT / "fixtures").all
FIELDS = {"Accept": "application/dicom+json", "Content-Type": "application/dicom"}
LAG = 1.0  # seconds
# What deletes, and what searches beyond the studies of the run.
PARTS = ("scenario/test_sample_study.py", "delete", "query/test_resources.py")


class SearchLags(Origin):
    """Searches find nothing for a second after a store."""

    stored_at = 0.0

    def keep(self, instance):
        super().keep(instance)
        self.stored_at = time.monotonic()

    def search(self, request, level):
        if time.monotonic() - self.stored_at < LAG:
            return JSONResponse([], media_type="application/dicom+json")
        return super().search(request, level)


@pytest.fixture
def lagging(monkeypatch):
    monkeypatch.setitem(FAULTS, "search-lags", Fault("search-lags", (), "", (), "", SearchLags))
    with Server() as server:
        yield server.fault_url("search-lags")


@pytest.mark.parametrize(("lag", "delay", "failed"), [(LAG, 10, []), (LAG, 0, []), (600, 1, ["seed-search-studies"])])
def test_visibility_delay_is_waited_for(command, endpoints, lagging, monkeypatch, lag, delay, failed):
    monkeypatch.setattr("tests.test_removal.LAG", lag)
    endpoints(f'[pacs]\nurl = "{lagging}"\nsupports = ["delete"]\nvisibility_delay = {delay}\n')

    run = command("run", "pacs", "-k", "test_search_studies")

    assert run.verdicts("fail") == failed
    (setting,) = [item for item in run.results.endpoint.settings if item.name == "visibility_delay"]
    assert setting.source.startswith("endpoints.toml" if delay else "learnt")


def test_study_of_somebody_else_is_as_it_was(command, endpoints):
    with Server() as server:
        httpx.post(f"{server.url}/studies", content=GREEN.content, headers=FIELDS).raise_for_status()
        (before,) = [path.read_bytes() for path in server.archive.folder.glob("instances/*")]
        endpoints(f'[pacs]\nurl = "{server.url}"\nsupports = ["delete", "single-part-store"]\n')

        run = command("run", "pacs", *(CHECKOUT / "conformance" / part for part in PARTS))

        assert run.verdicts("fail") == run.verdicts("blocked") == []
        assert [path.read_bytes() for path in server.archive.folder.glob("instances/*")] == [before]
        assert [
            found["0020000D"]["Value"][0] for found in httpx.get(f"{server.url}/studies", headers=FIELDS).json()
        ] == [GREEN.study_uid]
        urls = [exchange.url for check in run.results.checks for exchange in check.evidence]
        assert not [url for url in urls if GREEN.study_uid in url]
