"""The rules of the house that a reader relies on."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from conformance.requirements import contradictions, features, profiles, requirements

PACKAGE = Path(__file__).parents[1] / "conformance"
# A room may import these rooms, and itself. __main__ is the door, and opens commands.
IMPORTS = {
    "scenario": {"kit", "dicomweb"},
    "store": {"kit", "dicomweb"},
    "query": {"kit", "dicomweb"},
    "delete": {"kit", "dicomweb"},
    "retrieve": {"kit", "dicomweb"},
    "model": {"kit", "dicomweb"},
    "common": {"kit", "dicomweb"},
    "profiles": {"kit", "dicomweb"},
    "kit": {"dicomweb"},
    "dicomweb": set(),
    "requirements": set(),
    "reporting": set(),
    "harness": {"kit", "dicomweb", "requirements", "reporting", "reference"},
    "reference": set(),
    "commands": {"harness", "reporting", "reference", "requirements", "kit", "dicomweb"},
}
SOURCES = [path for room in IMPORTS for path in sorted((PACKAGE / room).rglob("*.py"))]


def imported(path):
    """The rooms that a file imports from."""
    package = path.relative_to(PACKAGE).parts[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            base = ("conformance", *package)[: len(package) + 2 - node.level] if node.level else ()
            words = [*base, *(node.module or "").split(".")]
            names = [word for word in words if word]
            if names[:1] == ["conformance"]:
                yield from [names[1]] if len(names) > 1 else [alias.name for alias in node.names]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_one_way(path):
    room = path.relative_to(PACKAGE).parts[0]

    assert set(imported(path)) <= IMPORTS[room] | {room}


def test_only_one_module_of_the_harness_starts_the_reference_server():
    users = [path.name for path in SOURCES if path.parent.name == "harness" and "reference" in set(imported(path))]

    assert users == ["embedded.py"]


def test_http_library_is_imported_in_one_module():
    users = [path.name for path in SOURCES if re.search(r"^\s*(import|from) httpx", path.read_text(), re.MULTILINE)]

    assert users == ["client.py"]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_module_holds_one_topic(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


def test_check_fits_on_a_screen():
    tests = [
        node
        for path in PACKAGE.rglob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]

    assert max(node.end_lineno - node.lineno for node in tests) <= 40


def test_profile_names_requirements_that_there_are_and_excuses_each_once():
    assert {item.profile for item in requirements().values()} <= {None, *profiles()}
    for profile in profiles().values():
        named = [name for item in profile.deviations for name in (*item.requirements, *item.checks)]
        whole = {name for item in profile.deviations for name in item.requirements}
        of_checks = {name.partition(".")[0].upper() for name in set(named) - whole}
        assert all(requirements()[name].profile is None for name in whole | of_checks)
        assert len(profile.deviates) == len(named) and not whole & of_checks


def test_requirement_names_a_feature_that_is_described():
    named = {item.feature for item in requirements().values() if item.feature}

    assert named == set(features())
    assert {claim for profile in profiles().values() for claim in profile.claims} <= set(features())


@pytest.mark.parametrize("name", contradictions())
def test_contradiction_is_about_requirements_that_there_are(name):
    assert set(contradictions()[name].requirements) <= set(requirements())
