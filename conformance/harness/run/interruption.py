"""What a signal does: the first ends the checks, the second the cleanup, the third everything."""

from __future__ import annotations

import signal
import threading
from enum import Enum, auto
from types import FrameType
from typing import Any

# SIGHUP: the terminal is gone. Windows has only some of them.
SIGNALS = [found for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT") if (found := getattr(signal, name, None))]


class Stage(Enum):
    """How far a run is."""

    CHECKS = auto()
    CLEANUP = auto()
    WRITING = auto()


class Interruption:
    """Counts the signals that ask a run to end, and raises KeyboardInterrupt where one takes effect at once."""

    def __init__(self) -> None:
        self.signals = 0
        self.stage = Stage.CHECKS
        self._before: dict[int, Any] = {}

    def install(self) -> None:
        """Handle signals from now on, but for those that whoever started the run wants to be ignored."""
        if threading.current_thread() is not threading.main_thread():
            return
        for number in SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._handle)

    def begin(self, stage: Stage) -> None:
        """The run is as far as this now."""
        self.stage = stage

    def uninstall(self) -> None:
        """Let signals do what they did before."""
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self.signals += 1
        if self.signals >= {Stage.CHECKS: 1, Stage.CLEANUP: 2, Stage.WRITING: 3}[self.stage]:
            raise KeyboardInterrupt
