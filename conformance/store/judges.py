"""The judges of this room. Each raises Deviates."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress

from conformance.dicomweb import dicom_json
from conformance.dicomweb.findings import ARGUABLE, Finding
from conformance.dicomweb.messages import Response
from conformance.dicomweb.wording import count
from conformance.kit import expect, given
from conformance.kit.accept import AS_STORED
from conformance.kit.given import Reads
from conformance.kit.instances import Instance
from conformance.kit.verdicts import Blocked, NotSupported
from conformance.store import reading
from conformance.store.reading import FAILED, STORED

# Rules of the models whose breach is only a warning here, too.
LESSER = (
    *("JSON-STRUCT-011", "JSON-STRUCT-012", "JSON-NULL-004"),
    *("XML-MODEL-002", "XML-MODEL-005", "XML-MODEL-006", "XML-MODEL-008", "XML-MODEL-016"),
)

# A server may not support a SOP Class, or a transfer syntax.
UNSUPPORTED = {0x0122, 0xC122}


def stored_or_unsupported(endpoint: Reads, instances: Sequence[Instance], response: Response, title: str) -> None:
    """Deviate unless instances were stored. Raises NotSupported if the server does not support what they are."""
    reasons = set(reading.reported(response))
    if response.status == 501 or (response.status in reading.REFUSED and reasons & UNSUPPORTED):
        raise NotSupported(f"the server refuses {title}: status is {response.status} ({response.request})")
    if response.status in reading.SUCCESS and reasons and reasons <= UNSUPPORTED:
        raise NotSupported(f"the server refuses a part of {title}: status is {response.status} ({response.request})")
    for unnamed in expect.taken(response, instances):
        expect.kept(endpoint.fetch(unnamed.path, accept=AS_STORED), unnamed)


def not_kept(retrieved: Response, searched: Response, instance: Instance) -> None:
    """Deviate if an instance that was not stored can be retrieved or found by its UID."""
    uid = instance.sop_instance_uid
    expect.that(retrieved.status != 200, uid, "retrievable", "absent", retrieved)
    if searched.status == 200:
        found = [dicom_json.text(match, "SOPInstanceUID") for match in given.matches(searched)]
        expect.that(uid not in found, uid, "in the matches", "absent", searched)


def lists(response: Response, sequence: str, expected: Sequence[Instance]) -> None:
    """Deviate unless a sequence of the module names these instances, each once, and no other. Raises as `explained`
    does."""
    found = reading.named(reading.explained(response), sequence)
    wanted = [instance.sop_instance_uid for instance in expected]
    for uid in wanted:
        times = found.count(uid)
        expect.that(times == 1, uid, f"{count(times, 'time')} in {sequence}", "there once", response)
    for uid in found:
        expect.that(uid in wanted, uid, f"in {sequence}", "absent", response)


def no_others(response: Response, sent: Sequence[Instance]) -> None:
    """Deviate if a success names an instance that was not sent. What it leaves out, such as its module, is judged
    elsewhere."""
    uids = [instance.sop_instance_uid for instance in sent]
    with suppress(Blocked):
        module = reading.module(response)
        for sequence in (STORED, FAILED):
            for uid in reading.named(module, sequence):
                expect.that(uid in uids, uid, f"in {sequence}", "absent, since it was not sent", response)


def well_formed(response: Response, findings: Sequence[Finding]) -> None:
    """Deviate if a rule of the model is broken. Raises Warn for a lesser rule, and for one that is arguable."""
    grave = [item for item in findings if not item.arguable and item.requirement not in LESSER]
    expect.same([item.difference for item in grave], response)
    for first in findings[:1]:
        why = ARGUABLE if first.arguable else f"{first.requirement}, which requires it, is only a warning too"
        expect.doubt(*first.difference, response, why)


def failed_for(response: Response, meant: Collection[int], meaning: str, generic: Collection[int] = ()) -> None:
    """Deviate unless a failed store gives a reason of `meant` in its module, whatever its status (STOW-RESP-003 judges
    that).

    Raises Warn for a generic reason, and for a different one, NotSupported if there is no module for it.
    """
    expect.status(response, *reading.SUCCESS, *reading.REFUSED, 501)
    found = reading.reported(response)
    if not found:
        raise NotSupported(f"status is {response.status}, without a FailureReason ({response.request})")
    if not set(found) & set(meant):
        which = "for any failure" if set(found) & set(generic) else "for another failure"
        why = f"this code is {which}, and the standard lets a server choose it"
        expect.doubt("FailureReason", ", ".join(map(reading.code, found)), meaning, response, why)
