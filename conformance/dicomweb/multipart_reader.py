"""A reader of multipart bodies: RFC 2046 5.1.1, PS3.18 8.6.1.2.

It takes a body in chunks of any size, reports everything that is wrong with it as findings with byte offsets, and
continues after each as a lenient client would. Its time grows with the size of the body and with nothing else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from conformance.dicomweb.differences import Difference, difference
from conformance.dicomweb.media_types import boundary_fault
from conformance.dicomweb.part_headers import Headers, header, read_headers
from conformance.dicomweb.wording import shown

PARTS_LIMIT, MISSES_LIMIT = 10_000, 10_000
HEADER_LIMIT = 64 * 1024
# Limits of the header lines of a part, and of all parts: each line costs more memory than it has bytes.
LINES_LIMIT, ALL_LINES_LIMIT = 100, 300_000
FINDINGS_LIMIT = 1000

_LINE_BREAK = re.compile(rb"[\r\n]")
_SIZE = re.compile(r"[0-9]{1,18}")
_NOT_PADDING = re.compile(rb"[^ \t]")
# Findings about the whole body, not about a byte of it.
_OF_THE_WHOLE = frozenset(("boundary-missing", "empty-body", "illegal-boundary", "zero-parts"))
_AFTER_DELIMITER = (b"", b" ", b"\t", b"\r", b"\n")


@dataclass(frozen=True)
class Finding:
    """Something wrong with a body: a code to decide by, the byte offset in the body, the difference for people."""

    code: str
    offset: int
    difference: Difference


@dataclass(frozen=True)
class PartBegin:
    """A part begins: its headers in the order and spelling sent, and the byte offset of its content in the body."""

    headers: Headers
    offset: int


@dataclass(frozen=True)
class PartData:
    """The next bytes of the content of the part that has begun; never empty."""

    content: bytes


@dataclass(frozen=True)
class PartEnd:
    """The part that has begun ends."""


Event = PartBegin | PartData | PartEnd


class Reader:
    """Reads a multipart body: feed() its chunks, then close(); both return the events that became certain.

    `findings` grows meanwhile (at most FINDINGS_LIMIT, and always the first of each code). After close(), the preamble
    is body[:preamble_end] and the epilogue body[epilogue_start:].
    """

    def __init__(self, boundary: str, max_parts: int = PARTS_LIMIT) -> None:
        self.findings: list[Finding] = []
        self.preamble_end: int | None = None
        self.epilogue_start: int | None = None
        self._max_parts = max_parts
        self._shown, self._close_shown = shown(f"--{boundary}"), shown(f"--{boundary}--")
        self._marker = b"--" + boundary.encode("utf-8", "surrogatepass")
        self._codes: set[str] = set()
        self._buffer = b""
        self._base = 0  # offset in the body of the first byte in the buffer
        self._at = 0  # index in the buffer of the first byte not processed
        self._scan = 0  # index in the buffer from which to search, so that nothing is searched twice
        self._final = False
        self._step = self._preamble
        self._events: list[Event] = []
        self._start = 0  # offset in the body at which the preamble, header block or content began
        self._parts = 0
        self._misses = 0  # occurrences of the boundary that were not delimiters
        self._lines: list[tuple[int, bytes]] = []  # of the header block, with their offsets in the body
        self._all_lines = 0  # of the header blocks so far
        self._headers: Headers = ()
        self._size = 0  # bytes of the part's content so far
        self._closing = False  # the delimiter line is that of the close delimiter
        self._garbage = False  # the delimiter line has something that does not belong there
        if fault := boundary_fault(boundary):
            self._find("illegal-boundary", 0, *fault)

    def feed(self, chunk: bytes) -> list[Event]:
        """Take the next bytes of the body."""
        events = self._events = []
        self._buffer += chunk
        while self._step():
            pass
        self._buffer = self._buffer[self._at :]
        self._base += self._at
        self._scan = max(self._scan - self._at, 0)
        self._at = 0
        return events

    def close(self) -> list[Event]:
        """Take the end of the body."""
        self._final = True
        events = self.feed(b"")
        if self.epilogue_start is None:
            self.epilogue_start = self._base + len(self._buffer)
        return events

    # Each step processes the bytes of one state from _at on; it returns False if it needs more.

    def _preamble(self) -> bool:
        found = self._next_delimiter()
        if found is not None:
            self.preamble_end = self._base + found[0]
            return self._enter_delimiter(*found)
        self._at = max(self._at, self._scan - 2)
        if self._final and self._base + len(self._buffer) == 0:
            self._find("empty-body", 0, "the multipart body", "empty", "one part or more")
        elif self._final:
            self._find("boundary-missing", 0, f"the delimiter {self._shown}", "absent", "the first line of the body")
        return False

    def _delimiter_line(self) -> bool:
        """Read the rest of the line of --boundary or --boundary--, which should be padding."""
        text = _NOT_PADDING.search(self._buffer, self._at)
        if text and not self._garbage and text.group() not in b"\r\n":
            self._garbage = True
            code = "garbage-after-close" if self._closing else "garbage-after-delimiter"
            found = f"the byte {text.group().hex().upper()}"
            self._find(code, text.start(), "what follows a delimiter in its line", found, "nothing")
        line_break = _LINE_BREAK.search(self._buffer, self._at)
        self._at = line_break.start() if line_break else len(self._buffer)
        length = self._line_end_length(self._at)
        if length == 0:
            if self._final and not self._closing:
                self._find_missing_close(f"after the delimiter that follows part {self._parts}")
            return False
        self._at += length
        self._start, self._scan = self._base + self._at, self._at
        if self._closing:
            self.epilogue_start = self._start
            self._step = self._nothing_more
        else:
            self._lines = []
            self._step = self._header_line
        return True

    def _header_line(self) -> bool:
        limit = self._start - self._base + HEADER_LIMIT
        line_break = _LINE_BREAK.search(self._buffer, self._scan, limit)
        self._scan = line_break.start() if line_break else min(len(self._buffer), limit)
        line = self._buffer[self._at : self._scan]
        if (line_break or self._final) and self._is_delimiter(line):
            self._find(
                "unfinished-headers", self._at, f"the end of {self._next_headers}", "a delimiter", "an empty line"
            )
            self._begin_part()
            self._end_part()
            return self._enter_delimiter(self._at, self._at)
        if line_break is None:
            return self._header_line_without_end(limit)
        length = self._line_end_length(self._scan)
        if length == 0:
            return False
        if line and (len(self._lines) == LINES_LIMIT or self._all_lines == ALL_LINES_LIMIT):
            what = f"the number of lines of {self._next_headers}"
            self._find("oversize-headers", self._at, what, "more than are read", f"{LINES_LIMIT} at most")
            self._begin_part()
            return True
        if line:
            self._lines.append((self._base + self._at, line))
            self._all_lines += 1
        self._at = self._scan = self._scan + length
        if not line:
            self._begin_part()
        return True

    def _header_line_without_end(self, limit: int) -> bool:
        if self._scan == limit:
            what, found = f"the length of {self._next_headers}", f"more than {HEADER_LIMIT:,} bytes"
            self._find("oversize-headers", self._at, what, found, "less")
            self._begin_part()
            return True
        if self._final:
            if self._base + self._scan > self._start:
                what = f"the end of {self._next_headers}"
                self._find("truncated-headers", self._scan, what, "the end of the body", "an empty line")
                self._begin_part()
                self._end_part()
            self._at = self._scan
            self._find_missing_close(f"before the content of part {self._parts + 1}")
        return False

    def _content(self) -> bool:
        found = self._next_delimiter()
        certain = len(self._buffer) if self._final else max(self._at, self._scan - 2)
        end = certain if found is None else found[0]
        if end > self._at:
            self._events.append(PartData(self._buffer[self._at : end]))
            self._size += end - self._at
            self._at = end
        if found is not None:
            self._end_part()
            return self._enter_delimiter(*found)
        if self._final:
            self._end_part(cut=True)
            self._find_missing_close(f"in the content of part {self._parts}")
        return False

    def _nothing_more(self) -> bool:
        self._at = len(self._buffer)
        return False

    def _next_delimiter(self) -> tuple[int, int] | None:
        """The end of the bytes before the next delimiter line, and the place of its "--"; None if it is not there
        yet."""
        while self._misses < MISSES_LIMIT and (at := self._buffer.find(self._marker, self._scan)) >= 0:
            follow = self._buffer[at + len(self._marker) : at + len(self._marker) + 2]
            if follow in (b"", b"-") and not self._final:
                self._scan = at
                return None
            delimiter = follow[:1] in _AFTER_DELIMITER or follow == b"--" or (self._final and follow == b"-")
            end = self._end_before(at)
            if end is not None and delimiter:
                return end, at
            self._misses += 1
            if self._misses == MISSES_LIMIT:
                found = f"there {MISSES_LIMIT:,} times besides delimiters, and the rest is not read"
                self._find("boundary-in-content", at, "the boundary", found, "only in delimiters")
            if self.preamble_end is None:
                if end is None and follow[:1] in (b"\r", b"\n"):
                    found = "not at the start of a line"
                    self._find("glued-delimiter", at, "the first delimiter", found, "at the start of a line")
                    return at, at
                self._scan = at + 1
                continue
            if end is not None:
                what = f"the start of a line in part {self._parts}"
                self._find("boundary-in-content", at, what, self._shown, "other than a delimiter")
            # The next delimiter starts a line. Without this, content that repeats the boundary costs a step per byte.
            line_break = _LINE_BREAK.search(self._buffer, at)
            self._scan = line_break.end() if line_break else len(self._buffer)
        self._scan = max(self._scan, self._at, len(self._buffer) - len(self._marker) + 1)
        return None

    def _end_before(self, at: int) -> int | None:
        """The end of the bytes before a line that starts at an index; None if no line starts there."""
        tail = self._buffer[max(self._at, at - 2) : at]
        if tail == b"\r\n":
            return at - 2
        if tail[-1:] in (b"\r", b"\n"):
            return at - 1
        return at if self._base + at == self._start else None

    def _enter_delimiter(self, end: int, at: int) -> bool:
        if at - end == 1:
            self._find_bare(end)
        self._at = at + len(self._marker)
        self._closing = self._buffer.startswith(b"--", self._at)
        self._garbage = False
        self._step = self._delimiter_line
        if self._closing:
            self._at += 2
            if self._parts == 0:
                self._find("zero-parts", at, "the number of parts of the body", 0, "1 or more")
        elif self._parts == self._max_parts:
            found = f"more than {self._max_parts:,}, and the rest is not read"
            self._find("too-many-parts", at, "the number of parts of the body", found, f"{self._max_parts:,} at most")
            self._step = self._nothing_more
        return True

    def _begin_part(self) -> None:
        """Begin the part whose headers are read and whose content starts at _at."""
        self._parts += 1
        self._headers, wrong = read_headers(self._lines)
        for code, offset, what in wrong:
            self._find(code, offset - self._base, *what.of(f"part {self._parts}"))
        self._start, self._scan, self._size = self._base + self._at, self._at, 0
        self._events.append(PartBegin(self._headers, self._start))
        self._step = self._content

    def _end_part(self, cut: bool = False) -> None:
        declared = header(self._headers, "Content-Length")
        size = int(declared) if declared and _SIZE.fullmatch(declared) else -1
        if declared is not None and size != self._size:
            code = "truncated-content" if cut and size > self._size else "wrong-content-length"
            self._find(code, self._at, f"Content-Length of part {self._parts}", shown(declared), self._size)
        self._events.append(PartEnd())

    def _line_end_length(self, index: int) -> int:
        """Length of the line end at an index: 1 or 2 bytes, 0 if that is not certain yet or the body ends."""
        line_end = self._buffer[index : index + 2]
        if line_end == b"\r\n":
            return 2
        if line_end == b"" or (line_end == b"\r" and not self._final):
            return 0
        self._find_bare(index)
        return 1

    def _is_delimiter(self, line: bytes) -> bool:
        rest = line[len(self._marker) :]
        return line.startswith(self._marker) and (rest[:1] in _AFTER_DELIMITER or rest[:2] == b"--")

    @property
    def _next_headers(self) -> str:
        return f"the headers of part {self._parts + 1}"

    def _find(self, code: str, index: int, subject: str, found: object, wanted: object) -> None:
        if code not in self._codes or len(self.findings) < FINDINGS_LIMIT:
            self._codes.add(code)
            offset = self._base + index
            where = subject if code in _OF_THE_WHOLE else f"{subject} at byte {offset}"
            self.findings.append(Finding(code, offset, difference(where, found, wanted)))

    def _find_bare(self, index: int) -> None:
        kind = "LF" if self._buffer[index] == 10 else "CR"
        self._find(f"bare-{kind.lower()}", index, "the end of a line", f"{kind} alone", "CR LF")

    def _find_missing_close(self, where: str) -> None:
        wanted = f"after the close delimiter {self._close_shown}"
        self._find("missing-close-delimiter", len(self._buffer), "the end of the body", where, wanted)
