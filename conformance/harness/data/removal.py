"""Undo the stores of a run: remove only what is provably the run's, by DELETE or by the server's own API, and prove it
gone.

A study is the run's if the run made its UID and lists every instance that the server has of it. If others have added to
it, only the run's own instances are deleted. For a folder, which anybody may have made, its Patient ID must prove it
too.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urljoin

from conformance.dicomweb import dicom_json, uids
from conformance.harness.data.presence import Look, Presence
from conformance.harness.endpoint import removals
from conformance.harness.endpoint.endpoints import Removal
from conformance.harness.wire.connection import POLL_SECONDS, Connection
from conformance.harness.wire.ledger import MADE, Entry, Outcome
from conformance.kit.stow import Body
from conformance.kit.verdicts import Blocked, Unanswered
from conformance.reporting.record import Leftover

SILENCES = 3  # studies in a row without a response, after which no other is tried
PAGES = 100
NO_REMOVAL = (
    "no removal is configured: cleanup takes it from the table that --endpoint NAME names in endpoints.toml, or from"
    f" --removal {'|'.join(removals.names())}"
)
DONE = (200, 202, 204, 404, 410)
_NAME = re.compile(r"[A-Za-z0-9_~-][A-Za-z0-9._~-]{0,127}")


class NotRemoved(Exception):
    """A study is, or may be, still there; the message says why."""


@dataclass
class Removed:
    """The fate of the studies of a run: proven gone, left with the reason, and further remarks.

    `seen` are those that were on the server when their removal began.
    """

    gone: list[str] = field(default_factory=list)
    left: list[Leftover] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Claim:
    """The claim of a folder that studies are a run's, to be proven: the beginning of its Patient IDs, and the studies
    that the operator named.

    `elsewhere` says how the endpoint differs from the one where the run stored, "" if it does not.
    """

    patient_prefix: str
    changed: frozenset[str] = frozenset()
    elsewhere: str = ""


def remove(
    endpoint: Connection, entries: Iterable[Entry], outcomes: Mapping[Entry, set[Outcome]], claim: Claim | None = None
) -> Removed:
    """Remove every study of the entries, the last one first. `claim` if they come from a folder. Never raises.

    Ctrl-C ends it: the remaining studies are left.
    """
    remover, removed = _Remover(endpoint, claim), Removed()
    studies: dict[str, list[Entry]] = {}
    for entry in entries:
        studies.setdefault(entry.study, []).append(entry)
    waiting, silent = dict(reversed(studies.items())), 0
    try:
        while waiting:
            study, listed = next(iter(waiting.items()))
            try:
                if silent == SILENCES:
                    raise NotRemoved("its removal was not tried, since the server does not respond")
                gone = remover.remove(study, listed, removed)
                silent = 0
                if gone:
                    removed.gone.append(study)
                elif study in removed.seen or not _refused(listed, outcomes):
                    raise NotRemoved(remover.why)
            except (NotRemoved, Unanswered, Blocked) as error:
                silent += isinstance(error, Unanswered)
                removed.left.append(Leftover(study=study, why=str(error)))
            except Exception as error:  # whatever went wrong, what is left has to be named
                why = f"its removal failed: {type(error).__name__}: {error}"
                removed.left.append(Leftover(study=study, why=why))
            del waiting[study]
    except KeyboardInterrupt:
        removed.left += [Leftover(study=study, why="its removal was interrupted") for study in waiting]
    return removed


def prove_removable(endpoint: Connection, study: str, listed: list[Entry], claim: Claim) -> None:
    """Raises NotRemoved unless a folder's study is absent, or `remove` would delete the whole of it; and Unanswered,
    Blocked."""
    if not (listed and listed[0].fresh and study.startswith(MADE)):
        raise NotRemoved("the ledger of the run does not list it under a UID that the run made")
    remover = _Remover(endpoint, claim)
    look = Presence(endpoint).study(study)
    if look.there is None:
        raise NotRemoved(look.why)
    if look.there:
        remover._prove_patient(study, look, claim)
        if others := remover._others(study, {entry.instance for entry in listed}, look):
            raise NotRemoved(others)


def _refused(listed: Iterable[Entry], outcomes: Mapping[Entry, set[Outcome]]) -> bool:
    """True if the server refused every store of a study."""
    return all(outcomes.get(entry) == {"refused"} for entry in listed)


class _Remover:
    """Removes one study after another. `why` is the reason why the last one is not known to be gone."""

    def __init__(self, endpoint: Connection, claim: Claim | None) -> None:
        self._endpoint = endpoint
        self._claim = claim
        self._presence = Presence(endpoint)
        self.why = ""

    def remove(self, study: str, listed: list[Entry], removed: Removed) -> bool:
        """True if the study is proven gone, else `why` says why not. Raises NotRemoved, Unanswered, Blocked."""
        if not uids.is_valid(study):
            raise NotRemoved("its UID is not valid, and so is never sent in a DELETE; remove it by hand")
        if self._claim and not (study.startswith(MADE) and listed[0].fresh):
            raise NotRemoved("the run did not make its UID (--original-uids), it may be somebody's: remove it by hand")
        look = self._presence.study(study)
        if not look.there:
            elsewhere = self._claim.elsewhere if self._claim else ""
            self.why = look.why or (f"it is not seen {elsewhere}" if elsewhere else "")
            return look.there is False and not elsewhere
        removed.seen.add(study)
        self._delete(study, listed, look, removed)
        return True

    def _delete(self, study: str, listed: list[Entry], look: Look, removed: Removed) -> None:
        """Delete the study, or the run's part of it, and check that it is gone. Raises NotRemoved."""
        if self._endpoint.config.removal == "none":
            raise NotRemoved(NO_REMOVAL)
        if self._claim:
            self._prove_patient(study, look, self._claim)
        own = {entry.instance for entry in listed}
        others = self._others(study, own, look)
        if not others:
            self._delete_study(study)
            self._prove_gone(lambda: self._presence.study(study))
            return
        if self._endpoint.config.removal != "dicomweb" or (self._claim and study in self._claim.changed):
            raise NotRemoved(f"{others}; remove what is the run's by hand")
        for entry in sorted(listed, key=_is_sendable, reverse=True):
            self._delete_instance(entry)
        removed.notes.append(f"{study}: what the run stored is gone. {others}, which are not touched")

    def _prove_patient(self, study: str, look: Look, claim: Claim) -> None:
        """Raises NotRemoved unless the Patient ID of a study is one of the run's, or the operator named the study."""
        if study in claim.changed:
            return
        patient = dicom_json.text(look.match, "PatientID")
        patient = patient or dicom_json.text(next(iter(self._metadata(study)), {}), "PatientID") or ""
        if not patient.startswith(claim.patient_prefix):
            has = "has another Patient ID" if patient else "has no Patient ID"
            why = f"it {has}, should be one that begins with {claim.patient_prefix}: it may belong to somebody else"
            raise NotRemoved(f"{why}. If the server changed the Patient ID: --delete-changed {study}")

    def _others(self, study: str, own: set[str], look: Look) -> str:
        """The content of the study that the run did not store, as a clause; "" for nothing. Raises NotRemoved if
        unknown."""
        number = _number(look.match)
        listed = self._listed(study, own, number)
        if listed - own:
            return "it has instances that this run did not store"
        if number > len(listed):
            return f"the server counts {number:,} instances in it and lists {len(listed):,}: it may have others'"
        return ""

    def _listed(self, study: str, own: set[str], number: int) -> set[str]:
        """The instances of a study, page after page until all are listed or one is not the run's. Raises NotRemoved.

        All are listed if they are as many as the server counts, or if the page after them is empty. Otherwise, for
        example if the server does not support paging, its metadata decide.
        """
        found: set[str] = set()
        for _ in range(PAGES):
            params = {"offset": str(len(found))} if found else {}
            response = self._endpoint.get(f"studies/{study}/instances", params=params)
            if response.status not in (200, 204):
                break
            content = response.content if response.status == 200 else b"[]"
            page = {_uid(ds) for ds in self._read(content, "a search for its instances")}
            new = page - found
            found |= new
            if found and (not page or len(found) == number or not found <= own):
                return found
            if not new:
                break
        return found | {_uid(ds) for ds in self._metadata(study)}

    def _metadata(self, study: str) -> list[dicom_json.DataSet]:
        response = self._endpoint.get(f"studies/{study}/metadata")
        if response.status != 200:
            raise NotRemoved(f"its owner is unknown: its metadata return {response.status}; remove it by hand")
        return self._read(response.content, "a read of its metadata")

    def _read(self, content: bytes, what: str) -> list[dicom_json.DataSet]:
        try:
            return dicom_json.datasets(content)
        except dicom_json.MalformedJson as error:
            raise NotRemoved(f"its owner is unknown: {what} does not return DICOM JSON ({error})") from None

    def _delete_instance(self, entry: Entry) -> None:
        if not _is_sendable(entry):
            if self._presence.instance(entry).there is not False:
                why = "has a UID that is not valid, and so is never sent in a DELETE"
                raise NotRemoved(f"its instance {entry.instance} {why}; remove it by hand")
            return
        path = f"studies/{entry.study}/series/{entry.series}/instances/{entry.instance}"
        self._deleted(self._endpoint.delete(path).status, entry.instance)
        self._prove_gone(lambda: self._presence.instance(entry))

    def _prove_gone(self, look: Callable[[], Look]) -> None:
        """Look again until the removed data are gone, for visibility_delay at most. Raises NotRemoved."""
        end = time.monotonic() + self._endpoint.config.settings.visibility_delay
        while (seen := look()).there and time.monotonic() < end:
            time.sleep(POLL_SECONDS)
        if seen.there is not False:
            raise NotRemoved("it was removed, but it is still there" if seen.there else seen.why)

    def _delete_study(self, study: str) -> None:
        scheme = self._endpoint.config.removal
        if isinstance(scheme, Removal):
            self._deleted(self._endpoint.absolute("DELETE", self._url(scheme, study)).status, study)
        else:
            self._deleted(self._endpoint.delete(f"studies/{study}").status, study)

    def _deleted(self, status: int, uid: str) -> None:
        if status not in DONE:
            raise NotRemoved(f"its removal returns {status}")
        if status < 300:
            self._presence.removed(uid)

    def _url(self, scheme: Removal, study: str) -> str:
        """The URL of the study in the server's own API, its fields filled in."""
        base = self._endpoint.config.settings.url.rstrip("/") + "/"
        fields = {"StudyInstanceUID": study}
        if scheme.lookup:
            response = self._endpoint.absolute("POST", urljoin(base, scheme.lookup), Body("text/plain", study.encode()))
            if response.status != 200:
                raise NotRemoved(f"the lookup of its name returns {response.status}, should be 200")
            fields = _names(response.content) | fields
        try:
            path = scheme.url.format_map({key: quote(value, "") for key, value in fields.items()})
        except (LookupError, ValueError) as error:
            raise NotRemoved(f'removal.url "{scheme.url}" cannot be filled from {", ".join(fields)}') from error
        if path == scheme.url:
            raise NotRemoved(f'removal.url "{scheme.url}" does not name a study: it needs a field such as {{ID}}')
        url = urljoin(base, path)
        if scheme.lookup:
            self._read_back(url, study)
        return url

    def _read_back(self, url: str, study: str) -> None:
        """Prove that the result of a lookup is the study, because it is deleted. Raises NotRemoved."""
        response = self._endpoint.absolute("GET", url)
        named = re.findall(rb"(?<![0-9.])" + re.escape(study.encode()) + rb"(?![0-9.])", response.content)
        if response.status != 200 or not named:
            raise NotRemoved(
                f"what the lookup names ({url}) is not seen to be this study: GET returns {response.status}"
            )


def _names(content: bytes) -> dict[str, str]:
    """The server's own names for a study, from the response to a lookup: one object, plain names. Raises NotRemoved."""
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError):
        raise NotRemoved("the lookup does not return JSON") from None
    items = answer if isinstance(answer, list) else [answer]
    if len(items) != 1 or not isinstance(items[0], dict):
        raise NotRemoved(f"the lookup returns {len(items)} resources, should be one study")
    kind = items[0].get("Type", "Study")
    if kind != "Study":
        raise NotRemoved("the lookup returns a resource of another Type, should be Study")
    return {key: value for key, value in items[0].items() if isinstance(value, str) and _NAME.fullmatch(value)}


def _is_sendable(entry: Entry) -> bool:
    """True if the UIDs of an instance are valid; that of its study is."""
    return uids.is_valid(entry.series) and uids.is_valid(entry.instance)


def _number(match: dicom_json.DataSet) -> int:
    """The number of instances that a server counts in a study; 0 if it does not say. An IS may have a sign and
    spaces."""
    try:
        return int(float(dicom_json.text(match, "NumberOfStudyRelatedInstances") or 0))
    except (ValueError, OverflowError):
        return 0


def _uid(ds: dicom_json.DataSet) -> str:
    return dicom_json.text(ds, "SOPInstanceUID") or ""
