"""The rules of the house that a reader relies on."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from conformance.requirements import TRANSACTIONS, contradictions, features, profiles, requirements
from tests.tools import ids as ids_tool
from tests.tools.ids import kept

PACKAGE = Path(__file__).parents[1] / "conformance"
# A room may import these rooms, and itself. __main__ is the door, and opens commands.
IMPORTS = {
    "scenario": {"kit", "dicomweb"},
    "store": {"kit", "dicomweb"},
    "query": {"kit", "dicomweb"},
    "delete": {"kit", "dicomweb"},
    "retrieve": {"kit", "dicomweb"},
    "model": {"kit", "dicomweb"},
    "common": {"kit", "dicomweb", "rules"},
    "profiles": {"kit", "dicomweb"},
    "load": {"kit", "dicomweb"},
    "viewers": {"kit", "dicomweb"},
    # What a rendering has to show is known in one place.
    "ohif": {"kit", "dicomweb", "retrieve"},
    "kit": {"dicomweb"},
    "rules": {"dicomweb"},
    "dicomweb": set(),
    "requirements": set(),
    "reporting": set(),
    "harness": {"kit", "dicomweb", "requirements", "reporting", "reference"},
    "reference": set(),
    "commands": {"harness", "reporting", "reference", "requirements", "kit", "dicomweb"},
}
# The harness's drawers: each may import those before it, and itself.
DRAWERS = ("endpoint", "wire", "data", "relay", "viewer", "run")
CHECKS = [*(room for room, others in IMPORTS.items() if others - {"rules"} == {"kit", "dicomweb"}), "ohif"]
# Where success and refusal are both right: the function or constant that takes both, and the requirement whose clause
# leaves it open, as the catalogue says under "judged". What comes with success is judged then.
EITHER = {
    "OUTCOMES": "STOW-BEH-006",
    "expect_refused": "STOW-META-008",
    "test_accept_parameter_with_an_unknown_type": "COMMON-ACCEPTQ-007",
    "test_asterisk_as_a_date": "SEARCH-STATUS-003",
    "test_bad_value_of_a_key_is_refused": "SEARCH-STATUS-003",
    "test_list_with_a_missing_frame": "RETRIEVE-FRAMES-007",
    "test_long_target": "COMMON-STATUS-005",
    "test_range_past_the_end": "COMMON-HDR-014",
    "test_search_below_an_unknown_study": "SEARCH-RES-009",
    "test_searches_beside_stores": "STOW-BEH-013",
    "test_store_without_a_length": "COMMON-STATUS-008",
    "test_viewport_that_is_larger_than_the_image": "RETRIEVE-RPAR-004",
    "test_what_cannot_be_rendered": "RETRIEVE-REND-017",
    "test_file_that_is_wrongly_written": "STOW-BEH-016",
    "test_unfit_values_are_taken_or_refused": "STOW-BEH-016",
    "test_video_is_taken_apart_or_refused": "RETRIEVE-REND-017",
}
# The judges of a status; all but the first are of a refusal, and take further codes.
JUDGES = ("expect.status", "expect.absent", "expect.bad_request", "expect.unacceptable", "expect.unsupported")
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


@pytest.mark.parametrize("drawer", DRAWERS)
def test_drawers_of_the_harness_import_one_way(drawer):
    written = "\n".join(path.read_text(encoding="utf-8") for path in (PACKAGE / "harness" / drawer).glob("*.py"))
    later = DRAWERS[DRAWERS.index(drawer) + 1 :]

    assert not set(re.findall(r"conformance\.harness\.(\w+)", written)) & set(later)


def test_only_one_module_of_the_harness_starts_the_reference_server():
    users = [
        path.name for path in SOURCES if PACKAGE / "harness" in path.parents and "reference" in set(imported(path))
    ]

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


@pytest.mark.parametrize("room", [*CHECKS, "kit"])
def test_deviation_is_a_value(room):
    """A bare assertion has neither the request nor what was wanted; `expect` has verbs that take both."""
    sources = [path.read_text(encoding="utf-8") for path in (PACKAGE / room).rglob("*.py")]
    nodes = [node for source in sources for node in ast.walk(ast.parse(source))]

    raised = [node.exc.func for node in nodes if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)]
    assert "AssertionError" not in [ast.unparse(function) for function in raised]
    assert not [node.lineno for node in nodes if isinstance(node, ast.Assert)]


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

    assert named | set(TRANSACTIONS) == set(features())
    assert {feature.part_of for feature in features().values()} <= {None, *TRANSACTIONS}
    assert {claim for profile in profiles().values() for claim in profile.claims} <= set(features())


@pytest.mark.parametrize("name", contradictions())
def test_contradiction_is_about_requirements_that_there_are(name):
    assert set(contradictions()[name].requirements) <= set(requirements())


@pytest.fixture(scope="module")
def ids():
    """The ids of the checks of every profile."""
    command = [sys.executable, ids_tool.__file__, "--print"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_check_keeps_its_id(ids):
    """A new id is no failure: it may still change until `python tests/tools/ids.py` has added it."""
    gone, new = sorted({*kept()} - {*ids}), sorted({*ids} - {*kept()})
    if new:
        warnings.warn(f"not in check-ids.txt yet: {', '.join(new)} (python tests/tools/ids.py)", stacklevel=1)

    assert gone == [], (
        "baselines name checks by id, and one that is gone breaks them: give it its id back, or say in the commit why "
        "it is gone, and take its line out of tests/check-ids.txt"
    )


def test_requirement_is_judged_or_excused(ids):
    judged = {id.split(".")[0] for id in ids}
    excused = {name for name, item in requirements().items() if item.not_tested}

    assert [name for name in requirements() if (name.lower() in judged) == (name in excused)] == []


def test_check_does_not_take_success_and_refusal_alike():
    found = {name for path in SOURCES if path.relative_to(PACKAGE).parts[0] in CHECKS for name in either(path)}

    assert found == set(EITHER), "a check that takes 2xx and 4xx alike can not fail, unless the clause leaves it open"
    assert set(EITHER.values()) <= set(requirements())


def either(path):
    """The functions and constants of a file that name statuses of 2xx and of 4xx in one list of what is allowed."""
    for statement in ast.parse(path.read_text(encoding="utf-8")).body:
        for node in ast.walk(statement):
            lists = node.elts if isinstance(node, ast.Tuple | ast.Set | ast.List) else []
            judge = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
            parts = node.args if judge in JUDGES else lists
            values = [item.value for item in parts if isinstance(item, ast.Constant)]
            values += [400 for item in parts if isinstance(item, ast.Starred) and "REFUS" in ast.unparse(item)]
            values += [400] if judge in JUDGES[1:] else []
            if {2, 4} <= {value // 100 for value in values if type(value) is int and 200 <= value < 600}:
                yield getattr(statement, "name", None) or statement.targets[0].id
