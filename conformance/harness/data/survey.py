"""A survey of what a server seems to support, by requests that change nothing: searches, OPTIONS, reads of one existing
study.

Only statuses, media types and UIDs are shown: the study belongs to somebody.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

from conformance.dicomweb import dicom_json, uids, wadl
from conformance.dicomweb.messages import Response
from conformance.harness.endpoint.endpoints import Endpoint
from conformance.harness.endpoint.secrets import Mask
from conformance.harness.wire.connection import Connection, Unanswered
from conformance.harness.wire.evidence import Recorder
from conformance.harness.wire.foreign import Foreign
from conformance.harness.wire.packing import Packer
from conformance.kit.instances import Samples
from conformance.kit.probes import PROBES, Probe

SECONDS = 3.5  # after which no more requests are sent
LARGE = 20  # instances of a series, from which on it is not rendered
XML = 'multipart/related; type="application/dicom+xml"'
OF_INSTANCES = ("retrieve", "metadata", "xml")
OF_IMAGES = ("frames", "rendered", "thumbnails", "rendered-series")


class Unwritten(Recorder):
    """A recorder that writes no files."""

    def __init__(self, endpoint: Endpoint, mask: Mask, foreign: Foreign | None = None) -> None:
        super().__init__(Path(), endpoint, mask, foreign)
        self._packer = _Nowhere(Path())


class _Nowhere(Packer):
    """Takes entries and writes none."""

    def add(self, name: str, content: Iterable[bytes]) -> None:
        for _ in content:
            pass


class Seen(NamedTuple):
    """One observation: its topic, a sentence, and the feature that it shows to be `present` or not.

    `study` is the UID of the study that was found to be read.
    """

    topic: str
    sentence: str
    feature: str | None = None
    present: bool | None = None
    study: str | None = None


@dataclass(frozen=True)
class Existing:
    """An instance that is on the server. `mates` is the number of instances in its series."""

    study: str
    series: str
    instance: str
    is_image: bool
    mates: int

    @property
    def series_path(self) -> str:
        """studies/{study}/series/{series}."""
        return f"studies/{self.study}/series/{self.series}"

    @property
    def path(self) -> str:
        """studies/{study}/series/{series}/instances/{instance}."""
        return f"{self.series_path}/instances/{self.instance}"


class Survey:
    """Surveys one endpoint, for SECONDS and until the pending response is there. `samples` give unused UIDs."""

    def __init__(self, endpoint: Connection, run: str, samples: Samples) -> None:
        self._endpoint = endpoint
        self._nobody = {"PatientID": f"DWC-preflight-{run}", "limit": "1"}
        self._samples = samples
        self._end = time.monotonic() + SECONDS
        self._described: dict[str, set[str]] = {}

    def __iter__(self) -> Iterator[Seen]:
        """Each observation as it is made."""
        for name, resource in (
            ("search", "studies"),
            ("relational-search", "series"),
            ("relational-search", "instances"),
        ):
            yield self._asked("search", partial(self._search, resource, name))
        yield self._asked("search", self._search_in_xml)
        for name in ("capabilities", "cors"):
            yield self._asked(name, partial(self._feature, name))
        yield self._asked("delete", self._deletes)
        yield self._asked("store", self._stores)
        yield Seen("single-part-store", "cannot be known without a store")
        yield from self._reading()

    def _asked(self, topic: str, ask: Callable[[], Seen]) -> Seen:
        """An observation, or the reason why there is none."""
        if time.monotonic() > self._end:
            return Seen(topic, f"not requested: the responses before took {SECONDS:g} s")
        try:
            return ask()
        except Unanswered as error:
            return Seen(topic, f"not answered: {error}")

    def _search(self, resource: str, feature: str) -> Seen:
        """A search that finds nothing: the feature is there if it returns 204, or a list in DICOM JSON."""
        response = self._endpoint.get(resource, params=self._nobody)
        try:
            found = response.status == 204 or (
                response.status == 200 and dicom_json.matches(response.content) is not None
            )
        except dicom_json.MalformedJson:
            found = False
        return Seen("search", f"GET /{resource} as JSON returns {_said(response)}", feature, found)

    def _search_in_xml(self) -> Seen:
        response = self._endpoint.get("studies", accept=XML, params=self._nobody)
        return Seen("search", f"GET /studies as XML returns {_said(response)}")

    def _feature(self, name: str, *existing: Existing) -> Seen:
        present, sentence = PROBES[name](Probe(self._endpoint, self._samples, lambda _: existing))
        return Seen(name, sentence, name, present)

    def _deletes(self) -> Seen:
        """DELETE, by the capabilities description: nothing else can be known without deleting."""
        response = self._endpoint.send("OPTIONS", "", accept=wadl.MEDIA_TYPE)
        try:
            for path, methods in wadl.read(response.content).resources.items():
                self._described.setdefault(re.sub(r"\{[^}/]*\}", "{}", path), set()).update(methods)
        except wadl.MalformedDescription:
            pass
        if any("DELETE" in methods for methods in self._described.values()):
            return Seen("delete", "the capabilities description has the method DELETE", "delete", True)
        return Seen("delete", "cannot be known without a DELETE, and no capabilities description says it")

    def _stores(self) -> Seen:
        """Store, by the capabilities description or Allow: nothing else can be known without a store."""
        if "studies" in self._described:
            return self._by_description("store", "studies", "POST")
        response = self._endpoint.send("OPTIONS", "studies", accept="*/*")
        if not response.header("Allow"):
            return Seen(
                "store", "cannot be known without a store: neither a capabilities description nor Allow says it"
            )
        return self._feature("store")

    def _by_description(self, name: str, path: str, method: str) -> Seen:
        present = method in self._described.get(path, ())
        has = "has" if present else "does not have"
        return Seen(name, f"the capabilities description {has} {method} /{path}", name, present)

    def _reading(self) -> Iterator[Seen]:
        """The resources of an existing instance."""
        existing: list[Existing] = []
        yield self._asked("retrieve", partial(self._find, existing))
        if not existing and "studies" in self._described:
            yield self._by_description("retrieve", "studies/{}", "GET")
        for item in existing:
            for name in OF_INSTANCES:
                yield self._asked(name, partial(self._feature, name, item))
            for name in OF_IMAGES:
                if not item.is_image:
                    yield Seen(name, "not requested: the instance has no Rows in searches, it may not be an image")
                elif name == "rendered-series" and item.mates > LARGE:
                    yield Seen(name, f"not requested: the series has {item.mates:,} instances")
                else:
                    yield self._asked(name, partial(self._feature, name, item))

    def _find(self, found: list[Existing]) -> Seen:
        """The first instance of the first series of a study: of the one in the configuration, or of any."""
        named = self._endpoint.config.studies
        narrowed = {"StudyInstanceUID": named[0]} if named else {}
        study, _ = self._first("studies", "StudyInstanceUID", **narrowed)
        series, of_series = self._first(f"studies/{study}/series", "SeriesInstanceUID")
        path = f"studies/{study}/series/{series}/instances"
        instance, of_instance = self._first(path, "SOPInstanceUID")
        if not instance:
            return Seen("retrieve", "no study was found to read: nothing is known of metadata, frames and renderings")
        mates = dicom_json.text(of_series, "NumberOfSeriesRelatedInstances") or ""
        is_image = bool(dicom_json.text(of_instance, "Rows"))
        found.append(Existing(study, series, instance, is_image, int(mates) if mates.isdecimal() else 0))
        return Seen("retrieve", f"tried on an instance of the study {study}", study=study)

    def _first(self, target: str, key: str, **narrowed: str) -> tuple[str, dicom_json.DataSet]:
        """The first match of a search, and its UID; "" if there is no match, or no UID above it."""
        if "//" in target:
            return "", {}
        response = self._endpoint.get(target, params={**narrowed, "limit": "1"})
        try:
            match = next(iter(dicom_json.matches(response.content)), {})
        except dicom_json.MalformedJson:
            match = {}
        uid = dicom_json.text(match, key) or ""
        return (uid, match) if uids.is_valid(uid) else ("", {})


def _said(response: Response) -> str:
    """The status of a response, and the type of its body."""
    kind = (response.header("Content-Type") or "no Content-Type").partition(";")[0]
    return f"{response.status}, {kind}" if response.content else f"{response.status}"
