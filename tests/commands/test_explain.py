"""`explain` says of a requirement and of a check what the catalogue, the checks and the faults say."""

from __future__ import annotations

import pytest

from conformance.commands.explain import find
from conformance.harness.run.collected import checks
from conformance.harness.run.options import PACKAGE
from conformance.reference.faults import FAULTS
from conformance.requirements import requirements


def test_requirement_is_explained_with_its_checks_and_faults(command):
    run = command("explain", "search-paging-001")

    said = " ".join(run.output.split())
    requirement = requirements()["SEARCH-PAGING-001"]
    assert run.code == 0
    assert said.startswith(f"SEARCH-PAGING-001 PS3.18 8.3.4.4, SHALL, core: if it is not met, {'the verdict is fail'}")
    assert requirement.statement in said
    assert requirement.client in said
    assert "check A search with several matches and limit=1 returns one of them." in said
    assert "conformance/query/test_paging.py:" in said
    assert f"fault limit-is-one-too-many: {FAULTS['limit-is-one-too-many'].sentence}" in said


def test_check_of_an_own_object_is_explained_whatever_the_object(command):
    run = command("explain", "retrieve-inst-001.own.object-3fa9c1d2")

    assert run.code == 0
    assert "An own object is retrieved with the stored data set." in " ".join(run.output.split())


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("COMMON-ACCEPT-007", "texts An Accept field with no supported media type: 406 (8.7.8.1); or"),
        ("SEARCH-ATTR-SERIES-00200011", "deviates under the profile azure, which documents it: results have"),
        ("RETRIEVE-META-005", "feature scored where metadata is claimed"),
        ("MS-DEL-01", "profile an obligation of the profile azure, not of the standard"),
        ("STOW-RESP-025", "harm at worst: data lost or mixed up"),
        ("STOW-RESP-010", "Seen in RadicalImaging/Static-DICOMWeb!76."),
    ],
)
def test_what_is_particular_of_a_requirement_is_said(command, name, said):
    assert said in " ".join(command("explain", name).output.split())


def test_check_is_explained_alone():
    requirement, written = find("Search-Paging-001.TWO.studies")

    assert requirement.id == "SEARCH-PAGING-001"
    assert [item.judged.id for item in written] == ["search-paging-001.two.studies"]


@pytest.mark.parametrize("name", ["search-paging-001.too", "SEARCH-PAGNG-001", "ct-16", "search-paging"])
def test_unknown_id_is_one_sentence_and_exit_code_four(command, name):
    run = command("explain", name)

    assert run.code == 4
    assert f'there is no requirement and no check "{name}"' in run.output
    assert "Traceback" not in run.output


def test_near_id_is_proposed(command):
    assert 'did you mean "search-paging-001"?' in command("explain", "SEARCH-PAGNG-001").output


def test_module_of_a_check_names_its_requirement():
    """Which is how `explain` finds it without collecting all of them."""
    for item in checks():
        text = (PACKAGE.parent / item.place.partition(":")[0]).read_text(encoding="utf-8")
        assert f'"{item.judged.requirement.id}"' in text
