"""Refused instances: those that exist already, and those of another study than that of the path."""

from __future__ import annotations

from conformance.kit import check, expect, given, stow
from conformance.kit.accept import AS_STORED
from conformance.profiles import reading

ALREADY_THERE = ("45070",)
OF_ANOTHER_STUDY = ("43264", "43265")


@check("MS-STOW-08")
def test_duplicate(endpoint, copies):
    """An existing instance returns 409 with FailureReason 45070, and is not listed as stored."""
    given.accepted(endpoint.post("studies", stow.multipart([copies.blue])), by="ms-stow-01")

    response = endpoint.post("studies", stow.multipart([copies.blue]))

    found = reading.module(response, 409)
    reading.named(response, found, "ReferencedSOPSequence", [])
    reading.for_reasons(response, reading.named(response, found, "FailedSOPSequence", [copies.blue]), *ALREADY_THERE)


@check("MS-STOW-09")
def test_duplicate_in_one_request(endpoint, copies):
    """The same instance twice in one request returns 202, and is stored."""
    response = endpoint.post("studies", stow.multipart([copies.blue, copies.blue]))

    expect.status(response, 202)
    expect.one_part(endpoint.get(copies.blue.path, accept=AS_STORED))


@check("MS-STOW-10")
def test_all_of_another_study(endpoint, copies, absent_uid):
    """Instances of another study than that of the path are refused: 409, and only FailedSOPSequence."""
    response = endpoint.post(f"studies/{absent_uid}", stow.multipart([copies.red, copies.blue]))

    found = reading.module(response, 409)
    expect.equal("the list of attributes", ", ".join(found), "00081198", response)
    failed = reading.named(response, found, "FailedSOPSequence", [copies.red, copies.blue])
    reading.for_reasons(response, failed, *OF_ANOTHER_STUDY)


@check("MS-STOW-11")
def test_one_of_another_study(endpoint, copies):
    """The one of two instances that is of another study is not stored: 202 with RetrieveURL and both sequences."""
    other = copies.red.relabelled("another study", "")

    response = endpoint.post(copies.blue.study_path, stow.multipart([copies.blue, other]))

    found = reading.module(response, 202)
    expect.equal("the list of attributes", ", ".join(sorted(found)), "00081190, 00081198, 00081199", response)
    reading.named(response, found, "ReferencedSOPSequence", [copies.blue])
    reading.for_reasons(response, reading.named(response, found, "FailedSOPSequence", [other]), *OF_ANOTHER_STUDY)
    expect.status(endpoint.get(other.path, accept=AS_STORED), 404)
