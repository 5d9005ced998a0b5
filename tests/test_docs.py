"""What the documents say is what the code does."""

from __future__ import annotations

import runpy
import tomllib

import pytest

from conformance.harness.configuration import resolve
from tests.conftest import CHECKOUT

DOCS = CHECKOUT / "docs"


@pytest.fixture(scope="module")
def made():
    return runpy.run_path(str(DOCS / "configuration.py"))


def test_configuration_page_is_made_from_the_types_of_today(made):
    written = (DOCS / "configuration.md").read_text(encoding="utf-8")

    assert written == made["page"](), "run python docs/configuration.py"


def test_example_of_the_configuration_page_is_a_configuration(made, tmp_path, monkeypatch):
    monkeypatch.setenv("PACS_PASSWORD", "secret")
    (tmp_path / "certs").mkdir()
    (tmp_path / "certs" / "in-house.pem").write_text("", encoding="utf-8")
    example = made["HEAD"].split("```toml\n")[1].split("```")[0]
    file = tmp_path / "endpoints.toml"
    file.write_text(example, encoding="utf-8")

    endpoint = resolve("pacs", file)

    assert endpoint.settings.url == tomllib.loads(example)["pacs"]["url"]
    assert "delete" in endpoint.claims
