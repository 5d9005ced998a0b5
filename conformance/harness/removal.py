"""Undo what a run stored: only what its ledger lists, by DELETE or by the server's own API, and see that it is gone."""

from __future__ import annotations

import json
from collections.abc import Iterable
from urllib.parse import quote, urljoin

from conformance.dicomweb import dicom_json
from conformance.harness.connection import Connection
from conformance.harness.endpoints import Removal
from conformance.harness.ledger import Entry
from conformance.kit.stow import Body
from conformance.kit.verdicts import Blocked, Unanswered
from conformance.reporting.results import Leftover

SILENCES = 3  # studies in a row without an answer, after which no other is tried


class NotRemoved(Exception):
    """A study is still there; says why."""


def remove(endpoint: Connection, entries: Iterable[Entry]) -> tuple[list[str], list[Leftover]]:
    """Remove every study of the entries. What was removed or is not there, and what is left over with the reason."""
    removed: list[str] = []
    leftovers: list[Leftover] = []
    studies: dict[str, list[Entry]] = {}
    silent = 0
    for entry in entries:
        studies.setdefault(entry.study, []).append(entry)
    for study, listed in reversed(studies.items()):
        try:
            if silent == SILENCES:
                raise NotRemoved("its removal was not tried, since the server does not answer")
            if present(endpoint, listed):
                _only_ours(endpoint, study, listed)
                _remove(endpoint, study)
                endpoint.await_search("studies", "StudyInstanceUID", study, False)
                if present(endpoint, listed):
                    raise NotRemoved("it was removed, but it is still there")
            removed.append(study)
            silent = 0
        except (NotRemoved, Unanswered, Blocked) as error:
            silent += isinstance(error, Unanswered)
            leftovers.append(Leftover(study=study, why=str(error)))
    return removed, leftovers


def present(endpoint: Connection, listed: list[Entry]) -> bool:
    """Whether anything of the entries is found by a search or by a retrieve; a server may forget one of the two.

    Raises NotRemoved where the server does not say.
    """
    study = listed[0].study
    found = endpoint.get("studies", params={"StudyInstanceUID": study})
    if found.status == 200 and study.encode() in found.content:
        return True
    if found.status in (401, 403) or found.status >= 500:
        raise NotRemoved(f"nobody knows whether it is still there, a search for it is answered {found.status}")
    paths = (f"studies/{item.study}/series/{item.series}/instances/{item.instance}" for item in listed)
    return any(endpoint.get(f"{path}/metadata").status == 200 for path in paths)


def _only_ours(endpoint: Connection, study: str, listed: list[Entry]) -> None:
    """A study whose UID was not made by the run may hold what others stored since: then it is left alone."""
    if listed[0].fresh:
        return
    response = endpoint.get(f"studies/{study}/instances")
    try:
        found = {dicom_json.text(match, "SOPInstanceUID") for match in dicom_json.datasets(response.content)}
    except dicom_json.MalformedJson:
        found = {None}
    if response.status != 200 or not found <= {entry.instance for entry in listed}:
        raise NotRemoved("it holds, or may hold, instances that this run did not store; remove it by hand")


def _remove(endpoint: Connection, study: str) -> None:
    scheme = endpoint.config.removal
    if scheme == "none":
        raise NotRemoved('no removal is configured (see "removal" in endpoints.toml); remove it by hand')
    if scheme == "dicomweb":
        status = endpoint.delete(f"studies/{study}").status
    else:
        status = endpoint.absolute("DELETE", _url(endpoint, scheme, study)).status
    if status not in (200, 202, 204, 404, 410):
        raise NotRemoved(f"its removal is answered {status}")


def _url(endpoint: Connection, scheme: Removal, study: str) -> str:
    """The URL of the study in the server's own API, its fields filled in."""
    base = endpoint.config.settings.url.rstrip("/") + "/"
    fields = {"StudyInstanceUID": study}
    if scheme.lookup:
        response = endpoint.absolute("POST", urljoin(base, scheme.lookup), Body("text/plain", study.encode()))
        try:
            answer = json.loads(response.content)
            fields |= answer[0] if isinstance(answer, list) else answer
        except (ValueError, LookupError, TypeError) as error:
            raise NotRemoved(f"the lookup is answered {response.status} without a name for it") from error
    try:
        path = scheme.url.format_map({key: quote(str(value), "") for key, value in fields.items()})
    except (LookupError, ValueError) as error:
        raise NotRemoved(f'removal.url "{scheme.url}" cannot be filled from {", ".join(fields)}') from error
    return urljoin(base, path)
