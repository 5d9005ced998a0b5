"""Undo the stores of a run: remove only what is provably the run's, by DELETE or by the server's own API, and prove it
gone.

A study is the run's if the run made its UID and lists every instance that the server has of it. If others have added to
it, only the run's own instances are deleted. For a folder, which anybody may have made, its Patient ID must prove it
too.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from conformance.dicomweb import dicom_json, uids
from conformance.harness.data import own_api
from conformance.harness.data.own_api import NotRemoved
from conformance.harness.data.presence import Look, Presence
from conformance.harness.endpoint import removals
from conformance.harness.endpoint.endpoints import Removal
from conformance.harness.wire.connection import Connection
from conformance.harness.wire.ledger import MADE, Entry, Outcome
from conformance.harness.wire.visibility import POLL_SECONDS
from conformance.kit.verdicts import Blocked, Unanswered
from conformance.reporting.record import Leftover

SILENCES = 3  # studies in a row without a response, after which no other is tried
PAGES = 100
MOST_OTHERS = 20  # instances of others that are looked for after a DELETE beside them
NO_REMOVAL = (
    "no removal is configured: cleanup takes it from the table that --endpoint NAME names in endpoints.toml, or from"
    f" --removal {'|'.join(removals.names())}"
)
DONE = (200, 202, 204, 404, 410)


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

    `elsewhere` says how the endpoint differs from the one where the run stored, "" if it does not. `emptied`: the
    operator says that the server has lost everything since.
    """

    patient_prefix: str
    changed: frozenset[str] = frozenset()
    elsewhere: str = ""
    emptied: bool = False


def remove(
    endpoint: Connection,
    entries: Iterable[Entry],
    outcomes: Mapping[Entry, set[Outcome]],
    claim: Claim | None = None,
    patient_prefix: str = "",
) -> Removed:
    """Remove every study of the entries, the last one first. `claim` if they come from a folder. Never raises.

    Studies that are not in the entries are only named, if their Patient IDs begin with `patient_prefix`. Ctrl-C ends
    it: the remaining studies are left.
    """
    remover, removed = _Remover(endpoint, outcomes, claim), Removed()
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
        remover.doubt(studies, removed)
        remover.look_for(patient_prefix, studies, removed)
    except KeyboardInterrupt:
        removed.left += [Leftover(study=study, why="its removal was interrupted") for study in waiting]
    return removed


def prove_removable(endpoint: Connection, study: str, listed: list[Entry], claim: Claim) -> None:
    """Raises NotRemoved unless a folder's study is absent, or `remove` would delete the whole of it; and Unanswered,
    Blocked."""
    if not (listed and listed[0].fresh and study.startswith(MADE)):
        raise NotRemoved("the ledger of the run does not list it under a UID that the run made")
    remover = _Remover(endpoint, {}, claim)
    look = Presence(endpoint).study(study)
    if look.there is None:
        raise NotRemoved(look.why)
    if look.there:
        own = {entry.instance for entry in listed}
        seen = remover._prove_patient(study, own, look, claim)
        if others := _others(seen | remover._listed(study, own, _number(look.match)), own, _number(look.match)):
            raise NotRemoved(others)


def _refused(listed: Iterable[Entry], outcomes: Mapping[Entry, set[Outcome]]) -> bool:
    """True if the server refused every store of a study."""
    return all(outcomes.get(entry) == {"refused"} for entry in listed)


class _Remover:
    """Removes one study after another. `why` is the reason why the last one is not known to be gone."""

    def __init__(self, endpoint: Connection, outcomes: Mapping[Entry, set[Outcome]], claim: Claim | None) -> None:
        self._endpoint = endpoint
        self._outcomes = outcomes
        self._own = {(entry.study, entry.instance) for entry in outcomes}
        self._claim = claim
        self._presence = Presence(endpoint)
        self._shows = time.monotonic() + endpoint.visibility.delay  # by then all that was stored
        self._shared: set[str] = set()  # the studies with instances of others, which stay
        self.why = ""

    def remove(self, study: str, listed: list[Entry], removed: Removed) -> bool:
        """True if the study is proven gone, else `why` says why not. Raises NotRemoved, Unanswered, Blocked."""
        if not uids.is_valid(study):
            raise NotRemoved("its UID is not valid, and so is never sent in a DELETE; remove it by hand")
        if self._claim and not (study.startswith(MADE) and listed[0].fresh):
            raise NotRemoved("the run did not make its UID (--original-uids), it may be somebody's: remove it by hand")
        taken = self._taken(listed)
        look = self._presence.study(study)
        while look.there is False and taken and time.monotonic() < self._shows:
            time.sleep(POLL_SECONDS)
            look = self._presence.study(study)
        if not look.there:
            elsewhere = self._claim.elsewhere if self._claim else ""
            self.why = look.why or (f"it is not seen {elsewhere}" if elsewhere else "")
            gone = look.there is False and not elsewhere
            if gone:
                self._prove_not_moved(taken)
            return gone
        removed.seen.add(study)
        self._delete(study, listed, look, removed)
        return True

    def doubt(self, studies: Mapping[str, list[Entry]], removed: Removed) -> None:
        """Take nothing for gone of what the server accepted, if all of it has vanished without a DELETE.

        The identity that looks for it may be another one than the one that stored it, such as that of another tenant.
        """
        vanished = [study for study in removed.gone if self._taken(studies[study])]
        if removed.seen or not vanished or (self._claim and self._claim.emptied):
            return
        why = (
            "it is not seen, and nothing else that the server accepted from this run is, though no DELETE removed it: "
            "other credentials may see it"
        )
        why += "; if the server was emptied since: --emptied" if self._claim else ""
        removed.gone = [study for study in removed.gone if study not in vanished]
        removed.left += [Leftover(study=study, why=why) for study in vanished]

    def look_for(self, patient_prefix: str, studies: Mapping[str, list[Entry]], removed: Removed) -> None:
        """Name the studies that are still found by a Patient ID of the run: the server may have changed their UIDs."""
        left = {item.study for item in removed.left} | self._shared
        while studies and patient_prefix and (found := self._of_patients(patient_prefix) - left):
            if time.monotonic() < self._shows:
                time.sleep(POLL_SECONDS)
                continue
            for study in sorted(found):
                why = "a search still finds it by its Patient ID"
                if study not in studies:
                    why = (
                        "its Patient ID is one of this run, and its UID is not in the ledger: the server may have "
                        "changed the UID; remove it by hand"
                    )
                removed.left.append(Leftover(study=study, why=why))
            removed.gone = [study for study in removed.gone if study not in found]
            return

    def _of_patients(self, prefix: str) -> set[str]:
        """The studies that a search finds by the beginning of their Patient IDs; none if it does not work."""
        if "search" not in self._endpoint.claims:
            return set()
        try:
            response = self._endpoint.get("studies", params={"PatientID": f"{prefix}*"})
            matches = dicom_json.matches(response.content) if response.status == 200 else []
        except (Unanswered, Blocked, dicom_json.MalformedJson):
            return set()
        own = (match for match in matches if (dicom_json.text(match, "PatientID") or "").startswith(prefix))
        return {uid for match in own if uids.is_valid(uid := dicom_json.text(match, "StudyInstanceUID") or "")}

    def _taken(self, listed: Iterable[Entry]) -> list[Entry]:
        """The instances that the server accepted, and of which no DELETE was accepted since."""
        known = ((entry, self._outcomes.get(entry, set())) for entry in listed)
        return [entry for entry, outcomes in known if "accepted" in outcomes and "removed" not in outcomes]

    def _prove_not_moved(self, entries: Iterable[Entry]) -> None:
        """Raises NotRemoved if a search among all instances finds one, which a server may have moved."""
        if not {"search", "relational-search"} <= self._endpoint.claims:
            return
        for entry in entries:
            look = self._presence.searched("instances", "SOPInstanceUID", entry.instance)
            study = dicom_json.text(look.match, "StudyInstanceUID") or "not named"
            if look.there and (study == entry.study or (study, entry.instance) not in self._own):
                where = "" if study == entry.study else f" in another study ({study}), as a server does that moved it"
                raise NotRemoved(f"a search still finds its instance {entry.instance}{where}; remove it by hand")

    def _delete(self, study: str, listed: list[Entry], look: Look, removed: Removed) -> None:
        """Delete the study, or the run's part of it, and check that it is gone. Raises NotRemoved."""
        if self._endpoint.config.removal == "none":
            raise NotRemoved(NO_REMOVAL)
        own = {entry.instance for entry in listed}
        seen = self._prove_patient(study, own, look, self._claim) if self._claim else set()
        found = seen | self._listed(study, own, _number(look.match))
        others = _others(found, own, _number(look.match))
        if not others:
            self._delete_study(study, {uid for entry in listed for uid in (entry.series, entry.instance)})
            self._prove_gone(lambda: self._presence.study(study))
            self._prove_not_moved(entry for entry in self._taken(listed) if entry.instance not in found)
            return
        if self._endpoint.config.removal != "dicomweb" or (self._claim and study in self._claim.changed):
            raise NotRemoved(f"{others}; remove what is the run's by hand")
        for entry in sorted(listed, key=_is_sendable, reverse=True):
            self._delete_instance(entry)
            self._prove_untouched(entry, found - own)
        self._shared.add(study)
        removed.notes.append(f"{study}: what the run stored is gone. {others}, which are not touched")

    def _prove_untouched(self, entry: Entry, others: set[str]) -> None:
        """Raises NotRemoved if instances that the run did not store have vanished with one of its own."""
        instances = f"studies/{entry.study}/instances"
        looks = [self._presence.searched(instances, "SOPInstanceUID", uid) for uid in sorted(others)[:MOST_OTHERS]]
        if any(look.there is False for look in looks or [self._presence.study(entry.study)]):
            why = "the instances of others in it are not all seen: the server may have removed too much"
            raise NotRemoved(f"since the DELETE of its instance {entry.instance} {why}")

    def _prove_patient(self, study: str, own: set[str], look: Look, claim: Claim) -> set[str]:
        """The instances of a study by its metadata, if these were read. Raises NotRemoved unless its Patient IDs are of
        the run, or the operator named it.

        A search and the metadata of the run's instances have to agree.
        """
        items: list[dicom_json.DataSet] = []
        if study in claim.changed:
            return set()
        patients = {dicom_json.text(look.match, "PatientID") or ""} - {""}
        if not patients or "metadata" in self._endpoint.claims:
            items = self._metadata(study, needed=not patients)
            patients |= {dicom_json.text(ds, "PatientID") or "" for ds in items if not patients or _uid(ds) in own}
        if not (patients and all(patient.startswith(claim.patient_prefix) for patient in patients)):
            has = "has another Patient ID" if any(patients) else "has no Patient ID"
            why = f"it {has}, should be one that begins with {claim.patient_prefix}: it may belong to somebody else"
            raise NotRemoved(f"{why}. If the server changed the Patient ID: --delete-changed {study}")
        return {_uid(ds) for ds in items}

    def _listed(self, study: str, own: set[str], number: int) -> set[str]:
        """The instances of a study, page after page until all are listed or one is not the run's. Raises NotRemoved.

        All are listed if they are as many as the server counts. If it does not count them, or has no more pages, its
        metadata decide.
        """
        found: set[str] = set()
        for _ in range(PAGES):
            params = {"offset": str(len(found))} if found else {}
            response = self._endpoint.get(f"studies/{study}/instances", params=params)
            if response.status not in (200, 204):
                break
            content = response.content if response.status == 200 else b"[]"
            page = {_uid(ds) for ds in self._read(study, content, "a search for its instances")}
            new = page - found
            found |= new
            if found and (len(found) == number or not found <= own):
                return found
            if not page and found and (number or "metadata" not in self._endpoint.claims):
                return found
            if not new:
                break
        return found | {_uid(ds) for ds in self._metadata(study)}

    def _metadata(self, study: str, needed: bool = True) -> list[dicom_json.DataSet]:
        response = self._endpoint.get(f"studies/{study}/metadata")
        if response.status != 200 and not needed:
            return []
        if response.status != 200:
            raise NotRemoved(f"its owner is unknown: its metadata return {response.status}; remove it by hand")
        return self._read(study, response.content, "a read of its metadata")

    def _read(self, study: str, content: bytes, what: str) -> list[dicom_json.DataSet]:
        """The data sets of a study. Raises NotRemoved if they are none, or name another study, such as a merged one."""
        try:
            items = dicom_json.datasets(content)
        except dicom_json.MalformedJson as error:
            raise NotRemoved(f"its owner is unknown: {what} does not return DICOM JSON ({error})") from None
        named = {dicom_json.text(ds, "StudyInstanceUID") or study for ds in items} - {study}
        if named:
            raise NotRemoved(f"its owner is unknown: {what} returns another study ({min(named)}); remove it by hand")
        return items

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
        """Look again until the removed data are gone, as long as that may take. Raises NotRemoved."""
        end = time.monotonic() + self._endpoint.visibility.delay
        while (seen := look()).there and time.monotonic() < end:
            time.sleep(POLL_SECONDS)
        if seen.there is not False:
            raise NotRemoved("it was removed, but it is still there" if seen.there else seen.why)

    def _delete_study(self, study: str, below: set[str]) -> None:
        try:
            self._delete_study_once(study, below)
        except Unanswered as error:
            if not error.dropped:
                raise
            # A front may have closed the connection: a DELETE may be repeated (RFC 9110 9.2.2).
            time.sleep(POLL_SECONDS)
            self._delete_study_once(study, below)

    def _delete_study_once(self, study: str, below: set[str]) -> None:
        scheme = self._endpoint.config.removal
        if isinstance(scheme, Removal):
            url = own_api.url_of(self._endpoint, scheme, study, below)
            self._deleted(self._endpoint.absolute("DELETE", url, removing=study).status, study)
        else:
            self._deleted(self._endpoint.delete(f"studies/{study}").status, study)

    def _deleted(self, status: int, uid: str) -> None:
        if status not in DONE:
            raise NotRemoved(f"its removal returns {status}")
        if status < 300:
            self._presence.removed(uid)


def _others(found: set[str], own: set[str], number: int) -> str:
    """The content of a study that the run did not store, as a clause; "" for nothing. `number` is what the server
    counts."""
    if found - own:
        return "it has instances that this run did not store"
    if number > len(found):
        return f"the server counts {number:,} instances in it and lists {len(found):,}: it may have others'"
    return ""


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
