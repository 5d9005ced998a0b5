"""PS3.18 I.1, I.2.2: failures and their reasons."""

from __future__ import annotations

import pytest

from conformance.dicomweb import dicom_json, uids
from conformance.kit import check, expect, presence, stow
from conformance.kit.accept import AS_STORED
from conformance.kit.verdicts import NotSupported, Observed
from conformance.store import bodies, judges, reading
from conformance.store.reading import FAILED, OTHERS, PROCESSING_FAILURE

SOP_CLASS, TRANSFER_SYNTAX = 0x0122, 0xC122
MISMATCH, NOT_UNDERSTOOD = range(0xA900, 0xAA00), range(0xC000, 0xD000)
WARNINGS = range(0xB000, 0xC000)
# A transfer syntax that there is not, of the same length as the one in the file.
EXPLICIT, UNKNOWN = b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.9\0"


@check("STOW-RESP-013")
@pytest.mark.parametrize("sent", ["half", "wrong"], ids=["some", "all"])
def test_failed_items_have_a_reason(request, sent):
    """Each item of Failed SOP Sequence has a Failure Reason, one number of 16 bits."""
    response = request.getfixturevalue(sent).response

    items = dicom_json.items(reading.explained(response), FAILED)
    if not items:
        raise NotSupported(f"{FAILED} does not have an item ({response.request})")
    for number, item in enumerate(items, 1):
        reason = reading.number(item, "FailureReason")
        if reason is None or not 0 <= reason < 2**16:
            found = dicom_json.text(item, "FailureReason")
            expect.deviates(f"FailureReason of item {number}", found, "a number of 16 bits", response)


@check("STOW-RESP-016")
def test_part_that_is_no_instance_is_reported(beside_text):
    """A text part is reported in Other Failures Sequence with a Failure Reason, if the other part was stored."""
    response = beside_text.response
    found = reading.module(response)

    others = dicom_json.items(found, OTHERS)
    if not others and "no UID" in reading.named(found, FAILED):
        why = "the failure is reported, though in the wrong sequence"
        expect.doubt("the failure", f"an item of {FAILED} without UIDs", f"an item of {OTHERS}", response, why)
    expect.equal(f"the number of items of {OTHERS}", len(others), 1, response)
    reason = reading.number(others[0], "FailureReason")
    expect.that(reason is not None, f"FailureReason of the item of {OTHERS}", None, "there", response)


@check("STOW-RESP-019")
def test_conflict_is_explained(wrong):
    """A store refused with 409 says why: in the module, with a Failure Reason for each failure, or in words."""
    response = wrong.response
    if response.status != 409:
        raise NotSupported(f"status is {response.status} ({response.request})")

    expect.that(response.content.strip(), "the body of status 409", "empty", "an explanation of what failed", response)
    if "json" not in (response.header("Content-Type") or ""):
        return
    found = reading.explained(response)
    failures = [*dicom_json.items(found, FAILED), *dicom_json.items(found, OTHERS)]
    expect.that(failures, "the number of failures in the module of status 409", 0, "1 or more", response)
    expect.equal("the number of failures with FailureReason", len(reading.reasons(found)), len(failures), response)


@check("STOW-FAIL-0122")
def test_unsupported_sop_class(endpoint, images):
    """An instance of an invented SOP Class is stored, or refused with Failure Reason 0122."""
    (image,) = images()
    private = image.edited(SOPClassUID=uids.derived(image.study_uid, "SOP Class"))
    response = endpoint.post("studies", stow.multipart([private]))

    if response.status in reading.SUCCESS and not reading.reported(response):
        there = presence.is_there(endpoint, private)
        expect.that(there, "the instance", f"absent after status {response.status}", "stored, or refused", response)
    else:
        judges.failed_for(response, [SOP_CLASS], "0122 (290)", [PROCESSING_FAILURE])


@check("STOW-FAIL-C122")
def test_unsupported_transfer_syntax(endpoint, images):
    """An instance in an unknown transfer syntax is refused with Failure Reason C122, unless it is stored."""
    (image,) = images()
    unknown = bodies.message([image.content.replace(EXPLICIT, UNKNOWN)], [image])
    response = endpoint.post("studies", unknown)

    if response.status in reading.SUCCESS and not reading.reported(response):
        raise NotSupported("the server stores instances in an unknown transfer syntax")
    judges.failed_for(response, [TRANSFER_SYNTAX], "C122 (49442)", [PROCESSING_FAILURE])


@check("STOW-FAIL-A9XX")
@pytest.mark.parametrize("keyword", ["StudyInstanceUID", "Modality"])
def test_data_set_that_does_not_match(endpoint, images, keyword):
    """An instance without a required attribute is refused with a Failure Reason A9xx, unless it is stored."""
    (image,) = images()
    response = endpoint.post("studies", bodies.message([image.edited(**{keyword: None}).content], [image]))

    if response.status in reading.SUCCESS and not reading.reported(response):
        raise NotSupported(f"the server stores instances without {keyword}")
    judges.failed_for(response, MISMATCH, "A900 to A9FF (43264 to 43519)", [PROCESSING_FAILURE])


@check("STOW-FAIL-CXXX")
@pytest.mark.parametrize("bad", ["text", "cut"])
def test_data_set_that_is_not_understood(endpoint, images, bad):
    """A part that cannot be read is refused with a Failure Reason Cxxx, or 0110."""
    (image,) = images()
    content = {"text": bodies.TEXT, "cut": image.content[:-40]}[bad]
    response = endpoint.post("studies", bodies.message([content], [image]))

    if response.status in reading.SUCCESS and not reading.reported(response):
        then = endpoint.get(image.path, accept=AS_STORED).status
        why = f"the server may be able to read some of it: GET of the instance then returns {then}"
        expect.outcome(response, reading.REFUSED, reading.SUCCESS, why)
    judges.failed_for(response, [*NOT_UNDERSTOOD, PROCESSING_FAILURE], "C000 to CFFF (49152 to 53247)")


@check("STOW-FAIL-XXX")
def test_codes_of_failures(half, wrong, beside_text):
    """The Failure Reasons for an instance of another study, and for text, are recorded."""
    found: list[str] = []
    for sent in (half, wrong, beside_text):
        reasons = reading.reported(sent.response)
        found.append(", ".join(map(reading.code, dict.fromkeys(reasons))) or "none")
        if bad := [reason for reason in reasons if reason == 0 or reason in WARNINGS]:
            why = "a server may define codes of its own"
            expect.doubt("FailureReason", reading.code(bad[0]), "neither 0 nor a warning", sent.response, why)
    raise Observed(
        "FailureReason is {} for instances of another study if others are stored, {} if none is, {} for text".format(
            *found
        )
    )
