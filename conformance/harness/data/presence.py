"""The presence of something on the server: there, proven to be gone, or not known.

Gone: a search returns 200 or 204 without it, and its metadata return 404 or 410. Anything else, such as a redirect to a
login page, proves nothing: the end of a session does not remove a study.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Collection
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

from conformance.dicomweb import dicom_json, uids
from conformance.dicomweb.dicom_json import DataSet
from conformance.dicomweb.messages import Response
from conformance.harness.wire.connection import Connection
from conformance.harness.wire.ledger import Entry
from conformance.kit.accept import AS_STORED
from conformance.kit.claims import unclaimed
from conformance.kit.verdicts import Blocked, Unanswered

ABSENT = (404, 410)
RECENT = 5.0  # seconds for which the result of a search for several studies holds


@dataclass(frozen=True)
class Look:
    """The result of a look: `there` is None if the server does not say, and `why` is a sentence then.

    `match` is the match of a search for it, empty if no search found it.
    """

    there: bool | None
    why: str = ""
    match: DataSet = field(default_factory=dict)


class Presence:
    """Looks for studies, series and instances. Every look raises Unanswered and Blocked, as requests do.

    If the endpoint does not claim both searches and something to read, one of the two alone proves nothing: something
    is then gone only if it was seen before and removed with success (`removed` says so).
    """

    def __init__(self, endpoint: Connection) -> None:
        self._endpoint = endpoint
        self._control: str | None = None
        self._removed: set[str] = set()
        self._found: dict[str, Look] = {}
        self._found_at = 0.0
        self._vanished: set[str] = set()
        self._searches = "search" in endpoint.claims
        self._reads = bool({"metadata", "retrieve"} & endpoint.claims)

    def removed(self, uid: str) -> None:
        """Note that something that was seen was removed with success."""
        self._removed.add(uid)

    @property
    def unprovable(self) -> str:
        """The reason why nothing can be proven gone: the server does not report an unused UID as absent. "" if it
        does."""
        if self._control is None and not self._reads:
            self._control = "" if self._searches else "no claimed feature shows what is on the server"
        if self._control is None:
            path = f"studies/{uids.derived(secrets.token_hex(16), 'nobody has this study')}"
            try:
                what, status = self._read(path)
            except Unanswered as error:
                self._control = str(error)
            else:
                seen = _said(f"{what} of an unused UID", status)
                self._control = "" if status in ABSENT else f"it is unknown whether it is gone: {seen}"
        return self._control

    def study(self, uid: str) -> Look:
        """Look for a study."""
        look = self._found.pop(uid, None)
        if look and time.monotonic() < self._found_at + RECENT:
            return look
        known = Look(False) if uid in self._vanished else None
        self._vanished.discard(uid)
        return self.anywhere("studies", "StudyInstanceUID", uid, f"studies/{quote(uid, '')}", known)

    def find(self, studies: Collection[str]) -> set[str]:
        """The studies that a search for a list of UIDs finds (UID list matching, PS3.4 C.2.2.2.2): the next look at
        each sends no request, if it comes soon. Of those that it does not find nothing is known."""
        self._found_at = time.monotonic()
        matches = self._search_for(studies) or {}
        self._found = {uid: Look(True, match=match) for uid, match in matches.items()}
        return set(matches)

    def miss(self, studies: Collection[str]) -> None:
        """Repeat a search that found all these studies, since they were removed: the next look at each that it does not
        find sends no other search.

        Only for what `find` found: a list that is not supported finds nothing, too.
        """
        matches = self._search_for(studies)
        self._vanished = set() if matches is None else set(studies) - matches.keys()

    def _search_for(self, studies: Collection[str]) -> dict[str, DataSet] | None:
        """The matches of a search for studies by their UIDs; None if its response says nothing, or names others."""
        if unclaimed("GET", "studies", self._endpoint.claims):
            return None
        try:
            response = self._endpoint.get("studies", params={"StudyInstanceUID": ",".join(studies)})
            if _led_away(response) or response.status not in (200, 204):
                return None
            matches = dicom_json.matches(response.content) if response.status == 200 else []
        except (Unanswered, Blocked, dicom_json.MalformedJson):
            return None
        named = {dicom_json.text(match, "StudyInstanceUID") or "": match for match in matches}
        return named if named.keys() <= set(studies) else None

    def instance(self, entry: Entry) -> Look:
        """Look for an instance where it was stored."""
        series = f"studies/{quote(entry.study, '')}/series/{quote(entry.series, '')}/instances"
        return self.anywhere(series, "SOPInstanceUID", entry.instance, f"{series}/{quote(entry.instance, '')}")

    def anywhere(self, target: str, keyword: str, uid: str, path: str, known: Look | None = None) -> Look:
        """Look for a UID by a search of `target` with a key, unless its result is known, and by the metadata of a
        path."""
        searched = known or Look(False)
        if known is None and self._searches and not unclaimed("GET", target, self._endpoint.claims):
            searched = self.searched(target, keyword, uid)
        elif known is None and self._searches:
            return Look(None, "no search for it is claimed")
        if searched.there:
            return searched
        status = None
        if self._reads:
            what, status = self._read(path)
            if status == 200 and not self.unprovable:
                return Look(True)
        if searched.there is None:
            return searched
        if self.unprovable:
            return Look(None, self.unprovable)
        if self._reads and status not in ABSENT:
            return Look(None, f"it is unknown whether it is there: {_said(f'{what} of it', status)}")
        if not (self._searches and self._reads) and uid not in self._removed:
            seen = "a search does not find it" if self._searches else f"{what} of it return {status}"
            return Look(None, f"it is unknown whether it is gone: {seen}, and nothing else that is claimed confirms it")
        return Look(False)

    def searched(self, target: str, keyword: str, uid: str) -> Look:
        """Look for a UID by a search of `target` alone."""
        return _found(self._endpoint.get(target, params={keyword: uid}), keyword, uid)

    def _read(self, path: str) -> tuple[str, int | None]:
        """The status of a read of a path: of its metadata or, if these are not claimed, of its instances.

        None if a redirect led to something else.
        """
        if "metadata" in self._endpoint.claims:
            what, response = "the metadata", self._endpoint.get(f"{path}/metadata")
        else:
            what, response = "the instances", self._endpoint.abandon(path, accept=AS_STORED)
        return what, None if _led_away(response) else response.status


def _said(what: str, status: int | None) -> str:
    """A clause on how a read fails to show that something is absent."""
    return f"{what} {f'return {status}' if status else 'are redirected to something else'}, should be 404 or 410"


def _led_away(response: Response) -> bool:
    """True if a redirect led to something else, such as a login page: not to the same resource elsewhere."""
    if not response.redirected:
        return False
    asked, found = urlsplit(response.redirected[0]), urlsplit(response.request.url)
    same = asked.path[asked.path.rfind("/studies") :].rstrip("/")
    return not found.path.rstrip("/").endswith(same) or found.query != asked.query


def _found(response: Response, keyword: str, uid: str) -> Look:
    """The look that a search for a UID amounts to."""
    if _led_away(response):
        return Look(None, f"it is unknown whether it is there: a search for it is redirected to {response.request.url}")
    if response.status == 204:
        return Look(False)
    unknown = f"it is unknown whether it is there: a search for it returns {response.status}"
    if response.status != 200:
        location = response.header("Location") if response.status in range(300, 400) else None
        return Look(None, f"{unknown} to {location}" if location else unknown)
    try:
        matches = dicom_json.matches(response.content)
    except dicom_json.MalformedJson as error:
        there = uid.encode() in response.content
        return Look(True) if there else Look(None, f"{unknown} and no list of data sets ({error})")
    names = [dicom_json.text(match, keyword) for match in matches]
    if uid in names:
        return Look(True, match=matches[names.index(uid)])
    return Look(False) if all(names) else Look(None, f"{unknown} and a match that does not say which {keyword} it has")
