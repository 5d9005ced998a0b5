"""OHIF in a headless browser: it opens a study as a person does, and its pictures are read from the screen."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from conformance.harness.viewer import scripts
from conformance.harness.viewer.browser import Window
from conformance.kit.instances import Instance
from conformance.kit.views import OPENS, Look, View

MOST_FRAMES = 30  # of an instance that are shown
DATA_SOURCE = "@ohif/extension-default.dataSourcesModule.dicomweb"


def configuration(root: str) -> dict[str, object]:
    """The configuration of OHIF with the endpoint at `root`. What is left out has the default of its code, so that all
    parameters of Accept are in quotation marks."""
    source = {
        "friendlyName": "endpoint",
        "name": "endpoint",
        **{key: root for key in ("wadoUriRoot", "qidoRoot", "wadoRoot")},
        "qidoSupportsIncludeField": True,
        "imageRendering": "wadors",
        "thumbnailRendering": "wadors",
        "enableStudyLazyLoad": True,
        "supportsFuzzyMatching": True,
        "supportsWildcard": True,
        "bulkDataURI": {"enabled": True, "relativeResolution": "studies"},
    }
    return {
        "routerBasename": "/",
        "extensions": [],
        "modes": [],
        "showStudyList": True,
        "maxNumberOfWebWorkers": 2,
        "showWarningMessageForCrossOrigin": False,
        "showCPUFallbackMessage": False,
        "strictZSpacingForVolumeViewport": True,
        "investigationalUseDialog": {"option": "never"},
        "defaultDataSourceName": "dicomweb",
        "dataSources": [{"namespace": DATA_SOURCE, "sourceName": "dicomweb", "configuration": source}],
    }


class Ohif(Window):
    """A window with OHIF."""

    def _prepared(self) -> str:
        return scripts.PREPARED % json.dumps(configuration(self._relay.path))

    def _look(self, view: View) -> None:
        """Open the study, from the list of studies if it is the run's own, and look at each frame."""
        study = view.instances[0].study_uid
        if view.own:
            view.listed = self._list(str(view.instances[0].dataset.get("PatientID", "")), study, view)
        if not view.listed:
            self._page.goto(f"{self._relay.origin}{OPENS}?StudyInstanceUIDs={study}")
        self._series([instance for instance in view.instances if instance.study_uid == study], view)

    def _list(self, patient: str, study: str, view: View) -> bool:
        """Open a study from the list of those of its patient; False if it is not there."""
        self._page.goto(f"{self._relay.origin}/?mrn={quote(patient)}")
        row = f'[data-cy="{study}"]'
        if not self._until("row => document.querySelector(row) !== null", row, view):
            return False
        self._page.click(row)
        self._page.click(f'[data-cy="mode-viewer-{study}"]')
        return True

    def _series(self, instances: Sequence[Instance], view: View) -> None:
        series = list(dict.fromkeys(instance.series_uid for instance in instances))
        self._until(scripts.HAS_SERIES, series, view)
        opened: list[list[str]] = self._page.evaluate(scripts.OPENED)
        view.series = {uid for uid, _ in opened}
        self._until(scripts.HAS_THUMBNAILS, [id for uid, id in opened if uid in series], view)
        view.thumbnails = {uid for uid, id in opened if self._page.evaluate(scripts.HAS_THUMBNAILS, [id])}
        for uid in series:
            own = [instance for instance in instances if instance.series_uid == uid]
            uids = [instance.sop_instance_uid for instance in own]
            thumbnail = next((id for name, id in opened if name == uid), None)
            if thumbnail is None:
                view.missing |= dict.fromkeys(map(_first, own), "its series is not open")
                continue
            if len(opened) > 1:
                self._page.dblclick(f"#{thumbnail}")
            self._until(scripts.HAS_PICTURE, uids, view)
            for instance in own:
                for frame in range(1, min(MOST_FRAMES, int(instance.dataset.get("NumberOfFrames") or 1)) + 1):
                    self._show(instance, frame, view)

    def _show(self, instance: Instance, frame: int, view: View) -> None:
        from playwright.sync_api import Error

        asked = {"uid": instance.sop_instance_uid, "frame": frame, "milliseconds": 1000 * self._wait}
        try:
            shown: dict[str, Any] = self._page.evaluate(scripts.SHOWN, asked)
        except Error as error:
            view.missing[f"{instance.sop_instance_uid}, frame {frame}"] = self._why(error)
            return
        x, y, z = (tuple(shown[key][:2]) for key in ("origin", "right", "below"))
        view.looks.append(Look(instance, frame, b64decode(shown["canvas"]), x, y, z))


def _first(instance: Instance) -> str:
    return f"{instance.sop_instance_uid}, frame 1"
