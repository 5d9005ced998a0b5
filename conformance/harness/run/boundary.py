"""The last filter before texts of a run are written: to the terminal, and to the files of pytest and its plugins."""

from __future__ import annotations

import re
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from conformance.harness.endpoint.secrets import Mask
from conformance.harness.run.unread import unless_unread
from conformance.reporting import runlog
from conformance.reporting.text import printable

if TYPE_CHECKING:
    from conformance.harness.wire.foreign import Foreign  # it reads DICOM: commands that send nothing do not import it


class Guarded:
    """A text file for people and for CI systems, without secrets, foreign values and commands to CI systems.

    If its reader has gone (a pipe into `head`, a terminal that hung up), output is lost and nothing else happens: the
    run must still remove what it stored and return the right exit code.
    """

    def __init__(self, file: Any, mask: Mask, foreign: Foreign | None = None) -> None:
        self._file = file
        self._mask = mask
        self._foreign = foreign
        self._line = ""  # the content of the current line

    def write(self, text: str) -> int:
        """Write a text."""
        text = self._mask.text(text)
        text = self._foreign.text(text, weak=False) if self._foreign else text
        with unless_unread(self._file):
            self._file.write(printable(text, not self._line.strip()))
        *before, after = re.split(r"[\r\n]", text)
        self._line = after if before else self._line + after
        return len(text)

    def flush(self) -> None:
        """Flush the text to the file."""
        with unless_unread(self._file):
            self._file.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


class Boundary:
    """The plugin that masks text for the terminal, and files before SHA256SUMS is written over them.

    `problems` names what pytest or one of its plugins could not write: the run still prints its summary.
    """

    def __init__(self, mask: Mask, foreign: Foreign) -> None:
        self.problems: list[str] = []
        self._mask = mask
        self._foreign = foreign

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Guard everything that pytest and the suite print from here on."""
        writer = session.config.get_terminal_writer()
        writer._file = Guarded(writer._file, self._mask, self._foreign)

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, None, None]:
        """Mask junit.xml and report.html after they are written: they contain tracebacks and printed texts."""
        try:
            yield
            option = session.config.option
            for path in map(Path, filter(None, (option.xmlpath, option.htmlpath))):
                self._mask_file(path)
            if option.htmlpath and Path(option.htmlpath).is_file():
                runlog.lighten(Path(option.htmlpath))  # after the mask, which knows how pytest-html escapes a secret
        except OSError as error:
            self.problems.append(f"{error.filename or 'a report'} cannot be written: {error.strerror}")
        except Exception as error:
            self.problems.append(f"a report cannot be made: {type(error).__name__}: {error}")

    def _mask_file(self, path: Path) -> None:
        if self._mask and path.is_file():
            content = path.read_bytes()
            if (masked := self._mask.octets(content)) is not content:
                path.write_bytes(masked)
