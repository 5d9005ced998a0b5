"""A failed check of a viewer names the checks of the run that failed on the same resource."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from conformance.harness.run.explaining import explain
from conformance.reporting.record import Deviation
from tests.reporting import factory

FRAME = "/studies/2.25.{n}/series/2.25.{n}/instances/2.25.{n}/frames/{n}"
METADATA = "/studies/2.25.{n}/series/2.25.{n}/metadata"
QUOTED, ANY = 'multipart/related; type="image/jpeg"', "*/*"
TABLE = "only a warning: what this request returns is judged by VIEWER-FRAME-QUOTED"


def failed(id, target, accept, kind, number=77777, beside="", verdict="warn"):
    """A check that failed, or not."""
    sent = f"GET {target.format(n=number)}, Accept: {accept}"
    deviation = Deviation("status", "406", "200", sent, TABLE, []) if verdict != "pass" else None
    plain = factory.conforming().checks[0]
    return replace(
        plain,
        id=id,
        requirement=id.partition(".")[0].upper(),
        verdict=verdict,
        deviation=deviation,
        kinds=[kind],
        beside=beside,
    )


def explained(*others, id="ohif-picture.ct-16"):
    """What the failed check of a viewer says then; None if it is left as it is."""
    anew = []
    own = failed(id, FRAME, QUOTED, "ct-16", 12345, "ohif")
    explain([*others, own], lambda check, conclusion: anew.append((check.id, conclusion)))
    if not anew:
        return None
    ((found, conclusion),) = anew
    assert (found, conclusion.verdict, conclusion.deviation.difference.found) == (id, "warn", "406")
    assert conclusion.summary.endswith(conclusion.deviation.why)
    return conclusion.deviation.why.removeprefix("only a warning: in this run ")


def test_check_of_the_same_kind_and_accept_comes_first():
    others = [
        failed("viewer-frame-quoted.sample", FRAME, QUOTED, "sample"),
        failed("retrieve-frames-001.ct-16", FRAME, ANY, "ct-16", verdict="fail"),
        failed("viewer-frame-quoted.ct-16", FRAME, QUOTED, "ct-16"),
        failed("retrieve-frames-009.ct-16", FRAME, ANY, "ct-16"),
    ]

    assert explained(*others) == (
        "viewer-frame-quoted.ct-16, viewer-frame-quoted.sample, retrieve-frames-001.ct-16 and 1 more failed on the same"
        " resource"
    )


def test_picture_is_explained_by_metadata_of_its_kind():
    found = failed("viewer-meta-greys.ct-16", METADATA, "application/dicom+json", "ct-16")

    assert explained(found) == "viewer-meta-greys.ct-16 failed on the same resource"
    assert explained(found, id="ohif-requests.ct-16") is None


@pytest.mark.parametrize(
    "other",
    [
        failed("passed", FRAME, QUOTED, "ct-16", verdict="pass"),
        failed("of-another-resource", "/studies", QUOTED, "ct-16"),
        failed("of-another-kind", FRAME, ANY, "dx"),
        failed("ohif-requests.ct-16", FRAME, QUOTED, "ct-16", beside="ohif"),
    ],
)
def test_other_check_explains_nothing(other):
    assert explained(other) is None
