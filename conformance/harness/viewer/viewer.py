"""The studies of a run in the real viewers, each opened once: slides in one, all other images in another."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from conformance.harness.data.population import Population
from conformance.harness.viewer.parts import Parts
from conformance.harness.wire.connection import Connection
from conformance.harness.wire.evidence import Recorder
from conformance.kit.instances import Instance
from conformance.kit.verdicts import Blocked, NotSupported
from conformance.kit.views import SLIDE, View

# Slow to import: only if a viewer is asked for.
if TYPE_CHECKING:
    from conformance.harness.relay.relay import Relay
    from conformance.harness.viewer.browser import Chromium, Window

BROWSER = "the browser"


class Viewer:
    """`viewer("ct-16")`: how the viewer shows a kind, stored by then. `views` are those so far, `strips`
    pictures of how a kind is shown and should be, PNG; each by kind.

    `own`: the run stored them. A study that was on the server before is not searched for by its patient, and no picture
    of it is kept.
    """

    def __init__(
        self, parts: Parts | None, connection: Connection, recorder: Recorder, population: Population, own: bool
    ) -> None:
        self.strips: dict[str, bytes] = {}
        self._parts = parts
        self._connection = connection
        self._recorder = recorder
        self._population = population
        self._own = own
        self.views: dict[str, View | Blocked] = {}
        self._chromium: Chromium | None = None
        self._relays: list[Relay] = []
        self._windows: dict[bool, Window] = {}  # of slides, and of other images

    def __call__(self, kind: str, *cited: str) -> View:
        """The view; exchanges with one of `cited` in their URL become evidence of the current check.

        Raises as the population does; Blocked if the browser does not work.
        """
        instances = self._population(kind)
        own = f"viewer.{kind}"
        if kind not in self.views:
            with self._recorder.of(own):
                self.views[kind] = self._seen(instances)
        sent = self._recorder.exchanges.get(own, [])
        if found := [item for item in sent if any(part in item.url for part in cited)]:
            self._recorder.cite(own, found)
        match self.views[kind]:
            case Blocked() as problem:
                raise problem.with_traceback(None)
            case view:
                return view

    def _seen(self, instances: Sequence[Instance]) -> View | Blocked:
        from playwright.sync_api import Error

        try:
            view = self._window(instances[0].sop_class_uid == SLIDE).view(instances, self._own)
            self._connection.patience.ask()  # otherwise it failed because nothing is sent any more
            return view
        except Blocked as problem:
            return problem
        except Error as error:
            self.close()
            return Blocked(f"the browser ended, or did not start: {str(error).partition(chr(10))[0]}", by=BROWSER)

    def _window(self, slides: bool) -> Window:
        """The window with the viewer of images, or of slides. Raises NotSupported if that is missing."""
        from conformance.harness.relay.relay import Relay
        from conformance.harness.viewer.browser import Chromium
        from conformance.harness.viewer.ohif import Ohif
        from conformance.harness.viewer.slides import PAGE, Slides

        if self._parts is None:
            raise NotSupported("no viewer is installed")
        files = self._parts.slides if slides else self._parts.images
        if files.folder is None:
            raise NotSupported(files.why)
        if slides not in self._windows:
            self._chromium = self._chromium or Chromium(self._parts.browser)
            config, driver = self._connection.config, Slides if slides else Ohif
            relay = Relay(config, self._connection.ask, files.folder, PAGE if slides else None).start()
            self._relays.append(relay)
            limits = config.settings.deadline, self._connection.claims
            self._windows[slides] = driver(self._chromium, files.name, relay, *limits)
        return self._windows[slides]

    def keep(self, kind: str, strip: bytes) -> None:
        """Keep a picture of how a kind is shown, in the evidence and for the report.

        Not if the server sent data of somebody else for it: the picture may be of these.
        """
        sent = self._recorder.exchanges.get(f"viewer.{kind}", [])
        if self._own and self._recorder.foreign.paths.isdisjoint(item.path for item in sent):
            self._recorder.attach("shown.png", strip)
            self.strips[kind] = strip

    def close(self) -> None:
        """End the browser and the relays. Never raises."""
        chromium, self._chromium = self._chromium, None
        with suppress(Exception, KeyboardInterrupt):  # a signal ends the wait, and not the cleanup that follows
            if chromium:
                chromium.close()
        for relay in self._relays:
            with suppress(Exception, KeyboardInterrupt):
                relay.stop()
        self._relays.clear()
        self._windows.clear()
