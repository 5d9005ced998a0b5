"""A profile about another service: what it promises is judged, and its documented deviations stay in sight."""

from __future__ import annotations

import re

from conformance.harness.run.options import PACKAGE
from conformance.requirements import profiles, requirements

OWN = {name for name, item in requirements().items() if item.profile == "azure"}
JUDGED = {name for name in OWN if not requirements()[name].not_tested}


def test_service_conforms_to_its_profile_and_deviates_from_the_standard_as_documented(command):
    run = command("run", "--profile", "azure")

    assert (run.code, run.results.overall) == (0, "accepted")
    assert run.results.endpoint.url.endswith("/azure/v2")
    judged = {check.requirement: check.verdict for check in run.results.checks if check.requirement in OWN}
    assert set(judged) == JUDGED
    assert set(judged.values()) == {"pass", "observed"}
    known = [check for check in run.results.checks if check.verdict == "known"]
    seen = {name for check in known for name in (check.id, check.requirement)}
    assert seen >= {name for name in profiles()["azure"].deviates if not name.endswith(".own.object")}
    for check in known:
        shown = "the verdict by the standard is (fail|warn); the profile azure documents that .+"
        assert re.search(shown, check.reason)
    assert re.match(
        r"accepted: \d+ of \d+ required obligations are met, \d+ are known deviations, \d+ not judged because of them, "
        r"\d+ are waived; "
        r"all \d+ of the profile azure are met; \d+ checks were not judged because of known deviations; "
        r"\d+ checks deviate from the standard as the profile azure documents it; ",
        run.results.sentence,
    )


def test_obligations_of_a_profile_are_not_those_of_others(command):
    run = command("run", "-k", "test_store_blue")

    assert not OWN & {item.id for item in run.results.requirements}


def test_server_that_keeps_to_the_standard_alone_breaks_the_profile(command, reference):
    run = command("run", reference.url, "--profile", "azure", PACKAGE / "profiles" / "test_refusals.py")

    assert run.code == 1
    assert "ms-stow-08" in run.verdicts("fail")
    assert re.search(r"\d+ of \d+ of the profile azure are broken", run.results.sentence)
