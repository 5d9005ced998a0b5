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
    from conformance.harness.viewer.browser import Browser

BROWSER = "the browser"


def opened(parts: Parts, connection: Connection, slides: bool) -> tuple[Relay, Browser]:
    """The browser with the viewer of images, or of slides, and the relay that it is behind. Raises NotSupported if that
    viewer is missing, and playwright's Error."""
    from conformance.harness.relay.relay import Relay
    from conformance.harness.viewer.ohif import Ohif
    from conformance.harness.viewer.slides import PAGE, Slides

    files = parts.slides if slides else parts.images
    if files.folder is None:
        raise NotSupported(files.why)
    relay = Relay(connection.config, connection.ask, files.folder, PAGE if slides else None).start()
    try:
        driver = Slides if slides else Ohif
        return relay, driver(parts.browser, files.name, relay, connection.config.settings.deadline)
    except BaseException:
        relay.stop()
        raise


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
        self._browsers: dict[bool, tuple[Relay, Browser]] = {}  # of slides, and of other images

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
            view = self._started(instances[0].sop_class_uid == SLIDE).view(instances, self._own)
            self._connection.patience.ask()  # otherwise it failed because nothing is sent any more
            return view
        except Blocked as problem:
            return problem
        except Error as error:
            self.close()
            return Blocked(f"the browser ended, or did not start: {str(error).partition(chr(10))[0]}", by=BROWSER)

    def _started(self, slides: bool) -> Browser:
        if self._parts is None:
            raise NotSupported("no viewer is installed")
        if slides not in self._browsers:
            self._browsers[slides] = opened(self._parts, self._connection, slides)
        return self._browsers[slides][1]

    def keep(self, kind: str, strip: bytes) -> None:
        """Keep a picture of how a kind is shown, in the evidence and for the report."""
        if self._own:
            self._recorder.attach("shown.png", strip)
            self.strips[kind] = strip

    def close(self) -> None:
        """End the browsers and the relays. Never raises."""
        for relay, browser in self._browsers.values():
            with suppress(Exception):
                browser.close()
            with suppress(Exception):
                relay.stop()
        self._browsers.clear()
