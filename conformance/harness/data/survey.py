"""What a server seems to support, asked with requests that change nothing: searches, OPTIONS, one study that is there.

Of what is read only statuses, media types and UIDs are said: the study is somebody's.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from conformance.dicomweb import dicom_json, uids, wadl
from conformance.harness.wire.connection import Connection, Unanswered
from conformance.harness.wire.evidence import Recorder
from conformance.kit.accept import DICOM_JSON
from conformance.kit.instances import Samples
from conformance.kit.probes import PROBES, Probe

SECONDS = 3.5  # after which nothing more is asked
LARGE = 20  # instances of a series, from which on it is not rendered
XML = 'multipart/related; type="application/dicom+xml"'
OF_INSTANCES = ("metadata", "xml")
OF_IMAGES = ("frames", "rendered", "thumbnails", "rendered-series")


class Unwritten(Recorder):
    """Keeps no file of what is read."""

    def write(self, path: str, content: object) -> str:
        """Nothing is written, and there is no digest."""
        return ""


class Seen(NamedTuple):
    """One answer: about what, in a sentence, and of which feature it says that it is `present` or not."""

    topic: str
    sentence: str
    feature: str | None = None
    present: bool | None = None


@dataclass(frozen=True)
class Existing:
    """An instance that is on the server. `mates` is how many instances its series has."""

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
    """Asks one endpoint, for SECONDS and the answer that is under way then. `samples` give UIDs that nobody has."""

    def __init__(self, endpoint: Connection, run: str, samples: Samples) -> None:
        self._endpoint = endpoint
        self._nobody = {"PatientID": f"DWC-preflight-{run}", "limit": "1"}
        self._samples = samples
        self._end = time.monotonic() + SECONDS

    def __iter__(self) -> Iterator[Seen]:
        """Each answer as it comes."""
        for resource in ("studies", "series", "instances"):
            yield self._asked("search", partial(self._search, resource, DICOM_JSON))
        yield self._asked("search", partial(self._search, "studies", XML))
        for name in ("capabilities", "cors"):
            yield self._asked(name, partial(self._feature, name))
        yield self._asked("delete", self._deletes)
        yield Seen("single-part-store", "cannot be known without a store")
        yield from self._reading()

    def _asked(self, topic: str, ask: Callable[[], Seen]) -> Seen:
        """An answer, or why there is none."""
        if time.monotonic() > self._end:
            return Seen(topic, f"not asked: the answers before took {SECONDS:g} s")
        try:
            return ask()
        except Unanswered as error:
            return Seen(topic, f"not answered: {error}")

    def _search(self, resource: str, accept: str) -> Seen:
        response = self._endpoint.get(resource, accept=accept, params=self._nobody)
        kind = (response.header("Content-Type") or "no Content-Type").partition(";")[0]
        said = f"{response.status}, {kind}" if response.content else f"{response.status}"
        return Seen("search", f"GET /{resource} as {'XML' if accept == XML else 'JSON'} is answered {said}")

    def _feature(self, name: str, *existing: Existing) -> Seen:
        present, sentence = PROBES[name](Probe(self._endpoint, self._samples, lambda _: existing))
        return Seen(name, sentence, name, present)

    def _deletes(self) -> Seen:
        """What the description says; nothing else can be known without deleting."""
        response = self._endpoint.send("OPTIONS", "", accept=wadl.MEDIA_TYPE)
        try:
            described = wadl.read(response.content).resources
        except wadl.MalformedDescription:
            described = {}
        if any("DELETE" in methods for methods in described.values()):
            return Seen("delete", "the capabilities description has the method DELETE", "delete", True)
        return Seen("delete", "cannot be known without a DELETE, and no capabilities description says it")

    def _reading(self) -> Iterator[Seen]:
        """What there is of an instance that is there."""
        existing: list[Existing] = []
        yield self._asked("retrieve", partial(self._find, existing))
        for item in existing:
            for name in OF_INSTANCES:
                yield self._asked(name, partial(self._feature, name, item))
            for name in OF_IMAGES:
                if not item.is_image:
                    yield Seen(name, "not asked: the instance has no Rows in searches, it may be no image")
                elif name == "rendered-series" and item.mates > LARGE:
                    yield Seen(name, f"not asked: the series has {item.mates:,} instances")
                else:
                    yield self._asked(name, partial(self._feature, name, item))

    def _find(self, found: list[Existing]) -> Seen:
        """The first instance of the first series of a study: of the one that the configuration names, or of any."""
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
        return Seen("retrieve", f"tried on an instance of the study {study}")

    def _first(self, target: str, key: str, **narrowed: str) -> tuple[str, dicom_json.DataSet]:
        """The first match of a search, and its UID; "" where there is none, or no UID above it."""
        if "//" in target:
            return "", {}
        response = self._endpoint.get(target, params={**narrowed, "limit": "1"})
        try:
            match = next(iter(dicom_json.matches(response.content)), {})
        except dicom_json.MalformedJson:
            match = {}
        uid = dicom_json.text(match, key) or ""
        return (uid, match) if uids.is_valid(uid) else ("", {})
