"""The catalogue of what viewers need, and the settings that let a run judge it."""

from __future__ import annotations

import re

import pytest

from conformance.harness.endpoint.configuration import Place, checked
from conformance.harness.endpoint.endpoints import Settings
from conformance.harness.endpoint.tables import ConfigurationError
from conformance.harness.run import modules
from conformance.harness.run.options import PACKAGE
from conformance.reference.faults import FAULTS
from conformance.requirements import profiles, requirements

NEEDS = {name: item for name, item in requirements().items() if item.profile == "viewers"}
SCORED = [name for name, item in NEEDS.items() if item.tier != "info" and not item.not_tested]
VERSIONED = re.compile(r"(.+?) ([0-9][0-9.]*)( \(.+\))?")


def endpoint(**given):
    """An endpoint with these settings."""
    return checked("pacs", Settings(url="http://pacs.example/"), Place("endpoints.toml", "", None), **given)


def test_every_need_names_viewers_with_a_version():
    named = {viewer for item in NEEDS.values() for viewer in item.viewers}

    assert all(item.viewers for item in NEEDS.values())
    assert all(map(VERSIONED.fullmatch, named))
    assert {item.profile for item in requirements().values() if item.viewers} == {"viewers", "ohif"}


def test_viewer_has_one_version():
    named = sorted({viewer for item in NEEDS.values() for viewer in item.viewers})
    names = [found[1] + (found[3] or "") for found in map(VERSIONED.fullmatch, named)]

    assert len(set(names)) == len(names)


def test_unmet_need_is_a_warning_at_most():
    assert {item.tier for item in NEEDS.values()} == {"extended", "info"}


@pytest.mark.parametrize("need", SCORED)
def test_need_has_a_fault(need):
    assert [fault.id for fault in FAULTS.values() if need in fault.breaks]


def test_checks_do_not_name_viewers():
    words = {
        word for item in NEEDS.values() for viewer in item.viewers for word in re.findall("[A-Z][A-Za-z]+", viewer)
    }
    texts = [path.read_text(encoding="utf-8") for path in (PACKAGE / "viewers").glob("*.py")]

    assert words >= {"OHIF", "Weasis", "Slim"}
    assert not [word for word in words - {"JavaScript", "Python"} for text in texts if re.search(rf"\b{word}\b", text)]


def test_needs_are_judged_only_if_asked_for():
    assert not modules.judged(endpoint().profiles, False) & set(NEEDS)
    assert modules.judged(endpoint(also=["viewers"]).profiles, False) >= set(SCORED)


def test_profile_that_is_named_twice_is_judged_once():
    settings = Settings(url="http://pacs.example/", also=["viewers"])

    found = checked("pacs", settings, Place("endpoints.toml", "", None), also=["viewers"])

    assert found.profiles == ("dicomweb", "viewers")


def test_viewers_claim_nothing():
    assert profiles()["viewers"].claims == []
    assert endpoint(also=["viewers"]).claims == endpoint().claims


BESIDE = 'the profile viewers is judged beside another one: also = ["viewers"], or --also viewers'
ALONE = 'the profile azure is not judged beside another one: profile = "azure", or --profile azure'
UNKNOWN = 'there is no profile "viewer", did you mean "viewers"?'


@pytest.mark.parametrize(
    ("given", "said"),
    [({"profile": "viewers"}, BESIDE), ({"also": ["azure"]}, ALONE), ({"also": ["viewer"]}, UNKNOWN)],
    ids=["profile", "also", "unknown"],
)
def test_profile_in_the_wrong_place_is_a_sentence(given, said):
    with pytest.raises(ConfigurationError, match=re.escape(said)):
        endpoint(**given)
