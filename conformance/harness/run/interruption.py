"""Handling of signals: the first ends the checks, the second the cleanup, the third everything."""

from __future__ import annotations

import signal
import threading
from enum import Enum, auto
from types import FrameType
from typing import Any

# SIGHUP: the terminal is gone. Windows has only some of these signals.
SIGNALS = [found for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT") if (found := getattr(signal, name, None))]


class Stage(Enum):
    """The stage that a run has reached."""

    CHECKS = auto()
    CLEANUP = auto()
    WRITING = auto()


class Interruption:
    """Counts the signals that ask a run to end, and raises KeyboardInterrupt if one takes effect at once."""

    def __init__(self) -> None:
        self.signals = 0
        self.stage = Stage.CHECKS
        self._before: dict[int, Any] = {}

    def install(self) -> None:
        """Handle signals from now on, except those that were ignored when the run was started."""
        if threading.current_thread() is not threading.main_thread():
            return
        for number in SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._handle)

    def begin(self, stage: Stage) -> None:
        """Note that the run has reached a stage."""
        self.stage = stage

    def uninstall(self) -> None:
        """Restore the previous handlers of signals."""
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self.signals += 1
        if self.signals >= {Stage.CHECKS: 1, Stage.CLEANUP: 2, Stage.WRITING: 3}[self.stage]:
            raise KeyboardInterrupt
