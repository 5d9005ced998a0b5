"""The instances of a study as the server lists them, from which follows whose they are."""

from __future__ import annotations

from conformance.dicomweb import dicom_json
from conformance.harness.data.own_api import NotRemoved
from conformance.harness.wire.connection import Connection

PAGES = 100


def listed(endpoint: Connection, study: str, own: set[str], counted: int) -> set[str]:
    """The SOP Instance UIDs of a study, page after page until all are listed or one is not of `own`. Raises NotRemoved.

    All are listed if they are as many as the server has counted. If it does not count them (0), or has no more pages,
    its metadata decide.
    """
    found: set[str] = set()
    for _ in range(PAGES):
        params = {"offset": str(len(found))} if found else {}
        response = endpoint.get(f"studies/{study}/instances", params=params)
        if response.status not in (200, 204):
            break
        content = response.content if response.status == 200 else b"[]"
        page = {uid_of(ds) for ds in _read(study, content, "a search for its instances")}
        new = page - found
        found |= new
        if found and (len(found) == counted or not found <= own):
            return found
        if not page and found and (counted or "metadata" not in endpoint.claims):
            return found
        if not new:
            break
    return found | {uid_of(ds) for ds in metadata(endpoint, study)}


def metadata(endpoint: Connection, study: str, needed: bool = True) -> list[dicom_json.DataSet]:
    """The metadata of a study; [] if they are not `needed`, and do not return 200. Raises NotRemoved."""
    response = endpoint.get(f"studies/{study}/metadata")
    if response.status != 200 and not needed:
        return []
    if response.status != 200:
        raise NotRemoved(f"its owner is unknown: its metadata return {response.status}; remove it by hand")
    return _read(study, response.content, "a read of its metadata")


def _read(study: str, content: bytes, what: str) -> list[dicom_json.DataSet]:
    """The data sets of a study. Raises NotRemoved if they are none, or name another study, such as a merged one."""
    try:
        items = dicom_json.datasets(content)
    except dicom_json.MalformedJson as error:
        raise NotRemoved(f"its owner is unknown: {what} does not return DICOM JSON ({error})") from None
    named = {dicom_json.text(ds, "StudyInstanceUID") or study for ds in items} - {study}
    if named:
        raise NotRemoved(f"its owner is unknown: {what} returns another study ({min(named)}); remove it by hand")
    return items


def others(found: set[str], own: set[str], counted: int) -> str:
    """The content of a study that the run did not store, as a clause; "" for nothing. `counted` is the number of
    instances that the server counts."""
    if found - own:
        return "it has instances that this run did not store"
    if counted > len(found):
        return f"the server counts {counted:,} instances in it and lists {len(found):,}: it may have others'"
    return ""


def number(match: dicom_json.DataSet) -> int:
    """The number of instances that a server counts in a study; 0 if it does not say. An IS may have a sign and
    spaces."""
    try:
        return int(float(dicom_json.text(match, "NumberOfStudyRelatedInstances") or 0))
    except (ValueError, OverflowError):
        return 0


def uid_of(ds: dicom_json.DataSet) -> str:
    """The SOP Instance UID of a data set; "" if it has none."""
    return dicom_json.text(ds, "SOPInstanceUID") or ""
