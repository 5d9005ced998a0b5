"""Of the modules of checks those are imported that a run needs, and what it runs is the same as if all were."""

from __future__ import annotations

import subprocess
import sys
from itertools import groupby

import pytest

from conformance.harness.run import modules
from conformance.harness.run.modules import Narrowed
from conformance.harness.run.options import PACKAGE, PYTEST
from conformance.harness.run.selection import before, collect, in_order, requirement_of
from tests.conftest import CHECKOUT

HEAVY = ("hypothesis", "uvicorn", "starlette", "httpx", "pydicom", "numpy", "conformance.reference.faults")
OF_A_CHECK = ("hypothesis", "conformance.reference.faults", "conformance.reference.variants")


class Collected:
    def pytest_collection_finish(self, session):
        self.items = in_order(session.items)


def collected(*plugins):
    kept = Collected()
    pytest.main([*PYTEST, "-p", "no:terminal", "--collect-only", str(PACKAGE)], plugins=[kept, *plugins])
    return kept.items


@pytest.fixture(scope="module")
def everything():
    return collected()


def selected(items, wanted):
    chosen = [item for item in items if requirement_of(item) in wanted]
    return collect(items, chosen)[0]


def test_text_of_a_module_names_the_requirements_that_it_judges(everything):
    judged = {}
    for item in everything:
        judged.setdefault(item.path, set()).add(requirement_of(item))

    assert judged.keys() == modules.modules().keys()
    assert all(names <= modules.modules()[path] for path, names in judged.items())
    assert frozenset().union(*modules.modules().values()) == frozenset().union(*judged.values())


def test_what_a_check_stands_on_is_imported_whichever_check_is_asked_for(everything):
    first, judging = {}, {}
    for item in everything:
        first.setdefault(requirement_of(item), set()).update(before(item))
        judging.setdefault(requirement_of(item), set()).add(item.path)
    order = list(modules.modules())
    found = {path: list(items) for path, items in groupby(everything, key=lambda item: item.path)}
    for name in sorted(judging)[::5]:
        narrowed, imported = Narrowed((), {name}), set()
        for module in filter(narrowed.needs, reversed(modules.modules())):
            imported.add(module)
            for item in found[module]:
                narrowed.pytest_itemcollected(item)

        last = max(map(order.index, judging[name]))
        needed = {path for each in (name, *first[name]) for path in judging[each] if order.index(path) <= last}
        assert needed <= imported


@pytest.mark.parametrize("name", ["SEARCH-PAGING-010", "SEED-DELETE-STUDY", "COMMON-RESP-001"])
def test_run_of_one_requirement_has_the_same_checks_in_the_same_order(everything, name):
    items = collected(Narrowed((), {name}))

    assert list(selected(items, {name}).values()) == list(selected(everything, {name}).values())
    assert len(items) < len(everything)


def test_modules_of_a_path_are_imported(everything):
    path = PACKAGE / "query" / "test_paging.py"
    items = collected(Narrowed.of([f"{path}::test_limit_of_one"], ()))

    assert {item.nodeid for item in everything if item.path == path} <= {item.nodeid for item in items}


@pytest.mark.parametrize("arguments", [[str(PACKAGE)], [str(PACKAGE.parent)], [str(PACKAGE / "query" / "nothing.py")]])
def test_all_modules_are_imported_where_everything_is_asked_for_or_what_is_not_there(arguments):
    assert Narrowed.of(arguments, ()) is None


def test_id_that_is_computed_is_not_the_name_of_a_test(everything):
    assert not [item for item in everything if "test_" in item.nodeid.partition("[")[2].lower()]


@pytest.mark.parametrize("keyword", ["test_limit", "test_Value_that", "test_paging"])
def test_modules_that_have_the_keyword_are_imported(everything, keyword):
    items = collected(Narrowed.of([str(PACKAGE)], (), keyword))

    wanted = {item.nodeid for item in everything if keyword.lower() in item.nodeid.lower()}
    assert wanted and wanted <= {item.nodeid for item in items}
    assert len(items) < len(everything)


@pytest.mark.parametrize("keyword", ["paging", "test_limit or test_offset", "test_nothing_is_called_so"])
def test_all_modules_are_imported_for_another_keyword(keyword):
    assert Narrowed.of([str(PACKAGE)], (), keyword) is None


def imported_by(*words):
    """Which of the heavy modules a command imports."""
    code = (
        "import sys; from conformance.__main__ import main\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit: pass\n"
        "print(*sys.modules, file=sys.stderr)"
    )
    run = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, cwd=CHECKOUT)
    return set(run.stderr.split("\n")[-2].split())


@pytest.mark.parametrize("words", ["--help", "diff --help", "diff nothing nothing", "summary nothing", "run --help"])
def test_command_that_sends_nothing_imports_little(words):
    assert imported_by(*words.split()) & set(HEAVY) == set()


def test_explain_imports_no_server_and_no_client():
    assert (
        imported_by("explain", "SEARCH-PAGING-010") & {"uvicorn", "hypothesis", "conformance.reference.server"} == set()
    )


def test_one_check_alone_imports_no_hypothesis_and_no_faults(tmp_path):
    found = imported_by("run", "--requirement", "SEED-SEARCH-STUDIES", "--reports", str(tmp_path))

    assert found & set(OF_A_CHECK) == set()
    assert "conformance.scenario.test_sample_study" in found and "conformance.query.test_paging" not in found
