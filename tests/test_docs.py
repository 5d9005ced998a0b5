"""What the documents say is what the code does."""

from __future__ import annotations

import re
import runpy
import tomllib

import pytest

from conformance.harness.endpoint.configuration import resolve
from conformance.reporting.qualification import qualified
from tests.conftest import CHECKOUT

DOCS = CHECKOUT / "docs"
READMES = ("README.md", "README.zh-Hant.md")


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


@pytest.mark.parametrize("name", READMES)
def test_readme_has_the_numbers_of_the_record(name):
    text, numbers = (CHECKOUT / name).read_text(encoding="utf-8"), qualified()
    pairs = [
        (numbers.caught, numbers.faults),
        (numbers.proven, numbers.requirements),
        (numbers.conform, numbers.servers),
    ]

    written = re.findall(r"\| (\d+) (?:of|/) (\d+) \|", text)

    assert [(int(some), int(every)) for some, every in written] == pairs


def test_readmes_have_the_same_first_command():
    first, second = (
        re.search(r"```sh\n(.*?)```", (CHECKOUT / name).read_text(encoding="utf-8"), re.S)[1] for name in READMES
    )

    assert first == second


@pytest.mark.parametrize("name", [*READMES, "CONTRIBUTING.md", "docs/ci.md", "docs/configuration.md"])
def test_lines_that_run_against_a_url_leave_nothing_there(name):
    lines = re.findall(r"\brun (https?://[^`\n]*)", (CHECKOUT / name).read_text(encoding="utf-8"))

    assert [line for line in lines if not re.search("--(removal|supports delete|leave)", line)] == []
