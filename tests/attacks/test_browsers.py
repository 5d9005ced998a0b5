"""Servers that want credentials where a browser has none, or tell who has none something else than 401."""

from __future__ import annotations

import pytest
from starlette.responses import HTMLResponse, Response

from conformance.reference.faults import FAULTS, Fault
from conformance.reference.faults.altered import Altered
from conformance.reference.server import Server
from conformance.reporting import results

CHALLENGE = {"WWW-Authenticate": 'Basic realm="archive"'}


class Guarded(Altered):
    """Wants credentials for everything, preflights apart."""

    wants = ("GET", "HEAD", "POST", "DELETE")

    def stranger(self):
        """What who has none is told."""
        return Response(status_code=401, headers={**CHALLENGE, "Access-Control-Allow-Origin": "*"})

    def asked(self, request):
        known = request.headers.get("authorization") or request.method not in self.wants
        return None if known else self.stranger()


class GuardsPreflights(Guarded):
    """Wants credentials for preflights too."""

    wants = (*Guarded.wants, "OPTIONS")


class HasALoginPage(Guarded):
    """Shows the page of a login, with 200."""

    def stranger(self):
        return HTMLResponse("<title>Log in</title>", headers={"Access-Control-Allow-Origin": "*"})


@pytest.fixture
def judged(monkeypatch, call, tmp_path):
    """The verdicts of two requirements, by check, on a server that knows the password of the run."""

    def judge(server):
        monkeypatch.setitem(FAULTS, "guarded", Fault("guarded", (), "", (), "", server))
        monkeypatch.setenv("PACS_PASSWORD", "of-the-operator")
        with Server() as there:
            (tmp_path / "endpoints.toml").write_text(
                f'[pacs]\nurl = "{there.fault_url("guarded")}"\nsupports = ["cors", "delete", "thumbnails"]\n'
                'auth = { kind = "basic", username = "u", password = { env = "PACS_PASSWORD" } }\n',
                encoding="utf-8",
            )
            run = call("run", "pacs", "--requirement", "CAP-CORS-001", "--requirement", "COMMON-STATUS-014")
        return {check.id: check.verdict for check in results.read(run.folder / "results.json").checks}

    return judge


def test_server_that_lets_browsers_ask_conforms(judged):
    verdicts = judged(Guarded)

    assert set(verdicts.values()) == {"pass"}
    assert len(verdicts) == 21


def test_server_that_wants_a_password_for_preflights_shuts_every_viewer_out(judged):
    verdicts = judged(GuardsPreflights)

    assert {id for id, verdict in verdicts.items() if "preflight" in id} == {
        id for id, verdict in verdicts.items() if verdict == "fail"
    }


def test_page_of_a_login_is_no_answer_to_a_client(judged):
    verdicts = judged(HasALoginPage)

    assert verdicts["common-status-014"] == "warn"
