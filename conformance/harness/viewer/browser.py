"""A headless browser, and a window of it with a viewer."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence, Set
from typing import TYPE_CHECKING

from conformance.harness.relay.relay import Relay
from conformance.kit.instances import Instance
from conformance.kit.views import View

if TYPE_CHECKING:
    from playwright.sync_api import ConsoleMessage

LONGEST_WAIT = 30.0  # seconds for what should appear, or `deadline` if that is less
QUIET = 8.0  # seconds after the last request, after which nothing more is waited for
TICK = 500  # milliseconds
MOST_ERRORS, LONGEST_ERROR = 20, 300
SIZE = {"width": 900, "height": 700}
# A picture is drawn by software; nothing but the relay is reached, not even to resolve a name.
ARGUMENTS = (
    *("--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"),
    *("--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update"),
    *("--disable-sync", "--no-proxy-server", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"),
)


class Chromium:
    """The headless browser, started once for all viewers. Playwright is imported here, since few runs need it. Raises
    playwright's Error."""

    def __init__(self, program: str) -> None:
        from playwright.sync_api import sync_playwright

        self._playwright = sync_playwright().start()
        # As root it does not start in its sandbox.
        sandbox = not (hasattr(os, "geteuid") and os.geteuid() == 0)
        try:
            self.started = self._playwright.chromium.launch(
                executable_path=program,
                args=list(ARGUMENTS),
                chromium_sandbox=sandbox,
                timeout=1000 * LONGEST_WAIT,
            )
        except BaseException:
            self._playwright.stop()  # otherwise it cannot be started again
            raise

    def close(self) -> None:
        """End the browser."""
        try:
            self.started.close()
        finally:
            self._playwright.stop()


class Window:
    """A window with a viewer, whose name and version is `name`, behind a relay; `claims` are the features of the
    endpoint. Raises playwright's Error."""

    def __init__(self, chromium: Chromium, name: str, relay: Relay, deadline: float, claims: Set[str]) -> None:
        self.name = name
        self._claims = claims
        self._relay = relay
        self._wait = min(LONGEST_WAIT, deadline)
        self._browser = chromium.started
        context = self._browser.new_context(viewport=SIZE, service_workers="block")  # type: ignore[arg-type]
        context.add_init_script(self._prepared())
        self._page = context.new_page()
        self._page.set_default_timeout(1000 * self._wait)
        self._page.on("console", self._said)
        self._page.on("pageerror", lambda error: self._note(str(error)))
        self._errors: list[str] = []

    def view(self, instances: Sequence[Instance], own: bool) -> View:
        """Open the study of some instances, which is the run's `own` or not, and look at each picture.

        Raises playwright's Error if the browser has ended.
        """
        view = View(self.name, instances, own)
        self._errors = view.errors
        with self._relay.view({instance.study_uid for instance in instances}) as view.requests:
            self._look(view)
            self._page.goto("about:blank")
        self._errors = []
        return view

    def _prepared(self) -> str:
        """The script that runs before those of each page."""
        return ""

    def _look(self, view: View) -> None:
        """Open the study, and put what is seen into the view."""
        raise NotImplementedError

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

    def _why(self, error: Exception) -> str:
        """The reason that a script of ours gives for its failure. Raises the error if the browser has ended."""
        if not self._browser.is_connected():
            raise error
        line = str(error).partition("\n")[0].removeprefix("Page.evaluate: ").removeprefix("Error: ")
        return self._plain(line)

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
