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
from functools import partial

from conformance.dicomweb import dicom_json, uids
from conformance.harness.data import listing, own_api
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
TOGETHER = 20  # studies that one search looks for: its URL stays below 1,200 characters
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
    remover = _Remover(endpoint, outcomes, claim)
    studies: dict[str, list[Entry]] = {}
    for entry in entries:
        studies.setdefault(entry.study, []).append(entry)
    order = list(reversed(studies))
    try:
        for at in range(0, len(order), TOGETHER):
            remover.remove({study: studies[study] for study in order[at : at + TOGETHER]})
        remover.doubt(studies)
        remover.look_for(patient_prefix, studies)
    except KeyboardInterrupt:
        remover.leave(order, "its removal was interrupted")
    return remover.removed


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
        counted = listing.number(look.match)
        if others := listing.others(seen | listing.listed(endpoint, study, own, counted), own, counted):
            raise NotRemoved(others)


class _Remover:
    """Removes studies, so many at a time as one search looks for: their fate is in `removed`."""

    def __init__(self, endpoint: Connection, outcomes: Mapping[Entry, set[Outcome]], claim: Claim | None) -> None:
        self.removed = Removed()
        self._endpoint = endpoint
        self._outcomes = outcomes
        self._own = {(entry.study, entry.instance) for entry in outcomes}
        self._claim = claim
        self._presence = Presence(endpoint)
        self._shows = time.monotonic() + endpoint.visibility.delay  # by then all that was stored
        self._shared: set[str] = set()  # the studies with instances of others, which stay
        self._unseen: set[str] = set()  # those that the server refused, and that nobody sees
        self._proofs: dict[str, Callable[[], None]] = {}
        self._lists = True
        self._silent = 0

    def remove(self, studies: Mapping[str, list[Entry]]) -> None:
        """Remove studies, given with their entries, and prove each gone."""
        accepted = [study for study, listed in studies.items() if self._taken(listed) and uids.is_valid(study)]
        found: set[str] = set()
        if self._lists and len(accepted) > 1 and self._silent < SILENCES:
            found = self._presence.find(accepted)
            self._lists = bool(found)
        why = "its removal was not tried, since the server does not respond"
        removed = [study for study in studies if self._tried(study, partial(self._remove, study, studies[study]), why)]
        if found and found == set(accepted):
            self._presence.miss(accepted)
        why = "it is unknown whether it is gone, since the server does not respond"
        for study in removed:
            if self._tried(study, self._proofs.pop(study, lambda: None), why):
                self.removed.gone.append(study)

    def _tried(self, study: str, step: Callable[[], None], silence: str) -> bool:
        """Take a step of a removal; False if the study is left, or not seen. `silence` is the reason where the server
        does not respond any more."""
        try:
            if self._silent == SILENCES:
                raise NotRemoved(silence)
            step()
            self._silent = 0
        except (NotRemoved, Unanswered, Blocked) as error:
            self._silent += isinstance(error, Unanswered)
            self.leave([study], str(error))
        except Exception as error:  # whatever went wrong, what is left has to be named
            self.leave([study], f"its removal failed: {type(error).__name__}: {error}")
        return study not in self._unseen | {item.study for item in self.removed.left}

    def leave(self, studies: Iterable[str], why: str) -> None:
        """Note that the studies of which the fate is not known are left."""
        known = {*self.removed.gone, *self._unseen, *(item.study for item in self.removed.left)}
        self.removed.left += [Leftover(study=study, why=why) for study in studies if study not in known]

    def _remove(self, study: str, listed: list[Entry]) -> None:
        """Delete a study, unless it is proven gone. Raises NotRemoved, Unanswered, Blocked."""
        if not uids.is_valid(study):
            raise NotRemoved("its UID is not valid, and so is never sent in a DELETE; remove it by hand")
        if self._claim and not (study.startswith(MADE) and listed[0].fresh):
            raise NotRemoved("the run did not make its UID (--original-uids), it may be somebody's: remove it by hand")
        taken = self._taken(listed)
        look = self._presence.study(study)
        while look.there is False and taken and time.monotonic() < self._shows:
            time.sleep(POLL_SECONDS)
            look = self._presence.study(study)
        elsewhere = self._claim.elsewhere if self._claim else ""
        if look.there:
            self.removed.seen.add(study)
            self._delete(study, listed, look)
        elif look.there is False and not elsewhere:
            self._prove_not_moved(taken)
        elif all(self._outcomes.get(entry) == {"refused"} for entry in listed):
            self._unseen.add(study)
        else:
            raise NotRemoved(look.why or f"it is not seen {elsewhere}")

    def doubt(self, studies: Mapping[str, list[Entry]]) -> None:
        """Take nothing for gone of what the server accepted, if all of it has vanished without a DELETE.

        The identity that looks for it may be another one than the one that stored it, such as that of another tenant.
        """
        removed = self.removed
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

    def look_for(self, patient_prefix: str, studies: Mapping[str, list[Entry]]) -> None:
        """Name the studies that are still found by a Patient ID of the run: the server may have changed their UIDs."""
        removed = self.removed
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

    def _delete(self, study: str, listed: list[Entry], look: Look) -> None:
        """Delete the study, which is then to be proven gone, or the run's part of it, which is. Raises NotRemoved."""
        if self._endpoint.config.removal == "none":
            raise NotRemoved(NO_REMOVAL)
        own = {entry.instance for entry in listed}
        seen = self._prove_patient(study, own, look, self._claim) if self._claim else set()
        counted = listing.number(look.match)
        found = seen | listing.listed(self._endpoint, study, own, counted)
        others = listing.others(found, own, counted)
        if not others:
            self._delete_study(study, {uid for entry in listed for uid in (entry.series, entry.instance)})
            unlisted = [entry for entry in self._taken(listed) if entry.instance not in found]
            self._proofs[study] = partial(self._prove_study_gone, study, unlisted)
            return
        if self._endpoint.config.removal != "dicomweb" or (self._claim and study in self._claim.changed):
            raise NotRemoved(f"{others}; remove what is the run's by hand")
        for entry in sorted(listed, key=_is_sendable, reverse=True):
            self._delete_instance(entry)
            self._prove_untouched(entry, found - own)
        self._shared.add(study)
        self.removed.notes.append(f"{study}: what the run stored is gone. {others}, which are not touched")

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
            items = listing.metadata(self._endpoint, study, needed=not patients)
            its = [ds for ds in items if not patients or listing.uid_of(ds) in own]
            patients |= {dicom_json.text(ds, "PatientID") or "" for ds in its}
        if not (patients and all(patient.startswith(claim.patient_prefix) for patient in patients)):
            has = "has another Patient ID" if any(patients) else "has no Patient ID"
            why = f"it {has}, should be one that begins with {claim.patient_prefix}: it may belong to somebody else"
            raise NotRemoved(f"{why}. If the server changed the Patient ID: --delete-changed {study}")
        return {listing.uid_of(ds) for ds in items}

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

    def _prove_study_gone(self, study: str, unlisted: list[Entry]) -> None:
        self._prove_gone(lambda: self._presence.study(study))
        self._prove_not_moved(unlisted)

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


def _is_sendable(entry: Entry) -> bool:
    """True if the UIDs of an instance are valid; that of its study is."""
    return uids.is_valid(entry.series) and uids.is_valid(entry.instance)
