"""OHIF in a headless browser: it opens a study as a person does, and its pictures are read from the screen."""

from __future__ import annotations

import json
import os
import time
from base64 import b64decode
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from conformance.harness.relay.relay import Relay
from conformance.harness.viewer import scripts
from conformance.harness.viewer.parts import Parts
from conformance.kit.instances import Instance
from conformance.kit.views import OPENS, Look, View

if TYPE_CHECKING:
    from playwright.sync_api import ConsoleMessage

LONGEST_WAIT = 30.0  # seconds for what should appear, or `deadline` if that is less
QUIET = 8.0  # seconds after the last request, after which nothing more is waited for
TICK = 500  # milliseconds
MOST_ERRORS, LONGEST_ERROR = 20, 300
MOST_FRAMES = 30  # of an instance that are shown
SIZE = {"width": 900, "height": 700}
# A picture is drawn by software; nothing but the relay is reached, not even to resolve a name.
ARGUMENTS = (
    *("--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"),
    *("--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update"),
    *("--disable-sync", "--no-proxy-server", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"),
)
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


class Ohif:
    """The browser with OHIF. Playwright is imported here, since few runs need it. Raises playwright's Error."""

    def __init__(self, parts: Parts, relay: Relay, deadline: float) -> None:
        from playwright.sync_api import sync_playwright

        self.name = parts.name
        self._relay = relay
        self._wait = min(LONGEST_WAIT, deadline)
        self._playwright = sync_playwright().start()
        # As root it does not start in its sandbox.
        sandbox = not (hasattr(os, "geteuid") and os.geteuid() == 0)
        try:
            self._browser = self._playwright.chromium.launch(
                executable_path=parts.browser,
                args=list(ARGUMENTS),
                chromium_sandbox=sandbox,
                timeout=1000 * LONGEST_WAIT,
            )
        except BaseException:
            self._playwright.stop()  # otherwise it cannot be started again
            raise
        context = self._browser.new_context(viewport=SIZE, service_workers="block")  # type: ignore[arg-type]
        context.add_init_script(scripts.PREPARED % json.dumps(configuration(relay.path)))
        self._page = context.new_page()
        self._page.set_default_timeout(1000 * self._wait)
        self._page.on("console", self._said)
        self._page.on("pageerror", lambda error: self._note(str(error)))
        self._errors: list[str] = []

    def close(self) -> None:
        """End the browser."""
        self._browser.close()
        self._playwright.stop()

    def view(self, instances: Sequence[Instance], own: bool) -> View:
        """Open the study of some instances, from the list of studies if it is the run's `own`, and look at each frame.

        Raises playwright's Error if the browser has ended.
        """
        view = View(self.name, instances, own)
        self._errors = view.errors
        study = instances[0].study_uid
        with self._relay.view({instance.study_uid for instance in instances}) as view.requests:
            if own:
                view.listed = self._list(str(instances[0].dataset.get("PatientID", "")), study, view)
            if not view.listed:
                self._page.goto(f"{self._relay.origin}{OPENS}?StudyInstanceUIDs={study}")
            self._look([instance for instance in instances if instance.study_uid == study], view)
            self._page.goto("about:blank")
        self._errors = []
        return view

    def _list(self, patient: str, study: str, view: View) -> bool:
        """Open a study from the list of those of its patient; False if it is not there."""
        self._page.goto(f"{self._relay.origin}/?mrn={quote(patient)}")
        row = f'[data-cy="{study}"]'
        if not self._until("row => document.querySelector(row) !== null", row, view):
            return False
        self._page.click(row)
        self._page.click(f'[data-cy="mode-viewer-{study}"]')
        return True

    def _look(self, instances: Sequence[Instance], view: View) -> None:
        series = list(dict.fromkeys(instance.series_uid for instance in instances))
        self._until(scripts.HAS_SERIES, series, view)
        opened: list[list[str]] = self._page.evaluate(scripts.OPENED)
        view.series = {uid for uid, _ in opened}
        self._until(scripts.HAS_THUMBNAILS, [id for _, id in opened], view)
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
            if not self._browser.is_connected():
                raise
            line = str(error).partition("\n")[0].removeprefix("Page.evaluate: ").removeprefix("Error: ")
            view.missing[f"{instance.sop_instance_uid}, frame {frame}"] = self._plain(line)
            return
        x, y, z = (tuple(shown[key][:2]) for key in ("origin", "right", "below"))
        view.looks.append(Look(instance, frame, b64decode(shown["canvas"]), x, y, z))

    def _until(self, script: str, argument: object, view: View) -> bool:
        """True once a script returns true; False after the longest wait, or once the viewer has been quiet long
        enough."""
        from playwright.sync_api import TimeoutError

        begun = last = time.monotonic()
        number = len(view.requests)
        while time.monotonic() < begun + self._wait:
            try:
                self._page.wait_for_function(script, arg=argument, timeout=TICK)
                return True
            except TimeoutError:
                if number != len(view.requests):
                    number, last = len(view.requests), time.monotonic()
                if number and time.monotonic() > last + QUIET:
                    break
        return False

    def _said(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._note(message.text)

    def _note(self, text: str) -> None:
        if len(self._errors) < MOST_ERRORS:
            self._errors.append(self._plain(text))

    def _plain(self, text: str) -> str:
        """The beginning of a text of the page, without the address and the secret path of the relay."""
        for hidden in (self._relay.path, self._relay.path.strip("/").partition("/")[0], self._relay.origin):
            text = text.replace(hidden, "")
        return text[:LONGEST_ERROR]


def _first(instance: Instance) -> str:
    return f"{instance.sop_instance_uid}, frame 1"
