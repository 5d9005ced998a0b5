"""The judges of this room. Each raises AssertionError "X is A, should be B (what was sent)"."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from conformance.dicomweb import dicom_json
from conformance.dicomweb.findings import Finding
from conformance.dicomweb.messages import Response
from conformance.kit import expect, given
from conformance.kit.instances import Instance
from conformance.kit.verdicts import NotSupported, Warn
from conformance.store import reading

# Rules of the models whose breach is a warning there, too.
LESSER = (
    *("JSON-STRUCT-011", "JSON-STRUCT-012", "JSON-NULL-004"),
    *("XML-MODEL-002", "XML-MODEL-005", "XML-MODEL-006", "XML-MODEL-008", "XML-MODEL-016"),
)


def not_kept(retrieved: Response, searched: Response, instance: Instance) -> None:
    """An instance that was not stored can neither be retrieved nor found by its UID."""
    uid = instance.sop_instance_uid
    assert retrieved.status != 200, f"{uid} can be retrieved, should be absent ({retrieved.request})"
    if searched.status == 200:
        found = [dicom_json.text(match, "SOPInstanceUID") for match in given.matches(searched)]
        assert uid not in found, f"{uid} is found, should be absent ({searched.request})"


def lists(response: Response, sequence: str, expected: Sequence[Instance]) -> None:
    """A sequence of the module names these instances, each once, and no other. Raises as `explained` does."""
    found = reading.named(reading.explained(response), sequence)
    wanted = [instance.sop_instance_uid for instance in expected]
    for uid in wanted:
        times = found.count(uid)
        assert times == 1, f"{uid} is {times} times in {sequence}, should be once ({response.request})"
    for uid in found:
        assert uid in wanted, f"{uid} is in {sequence}, should not be ({response.request})"


def well_formed(response: Response, findings: Sequence[Finding]) -> None:
    """No rule of the model is broken. Raises Warn for a lesser one, and where the text is open."""
    found = sorted(findings, key=lambda item: item.arguable or item.requirement in LESSER)
    if not found:
        return
    sentence = f"{found[0].difference} ({response.request})"
    raise Warn(sentence) if found[0].arguable or found[0].requirement in LESSER else AssertionError(sentence)


def failed_for(response: Response, meant: Collection[int], meaning: str, generic: Collection[int] = ()) -> None:
    """A store that failed gives a reason of `meant` in its module, whatever its status: that is STOW-RESP-003's.

    Raises Warn for one that is only generic, and for another one, NotSupported where there is no module to say it.
    """
    expect.status(response, *reading.SUCCESS, *reading.REFUSED, 501)
    found = reading.reported(response)
    if not found:
        raise NotSupported(f"status is {response.status}, and no FailureReason is given ({response.request})")
    if not set(found) & set(meant):
        shown = ", ".join(map(reading.code, found))
        why = "; that is a code for any failure" if set(found) & set(generic) else ""
        raise Warn(f"FailureReason is {shown}, should be {meaning} ({response.request}){why}")
