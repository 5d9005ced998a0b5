"""Limits of documents: one that exceeds a limit is malformed, so that time and memory of a reader are bounded.

The client reads documents of up to 32 MB. A valid one of that size stays below each limit: an attribute in DICOM JSON
is 4 values in 37 bytes or more, a number in an array is 8 bytes (600,000 attributes, 60 each of 10,000 instances, are
2,400,000 values); a value in XML is 3 marks in 37 bytes.
"""

from __future__ import annotations

import re
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from conformance.dicomweb.differences import Difference
from conformance.dicomweb.findings import Finding

VALUES = 4_000_000  # of a JSON document: elements of arrays and members of objects
MARKS = 3_000_000  # of an XML document: its "<" and "="
NAMES = 10_000  # of elements and attributes of an XML document; the Native DICOM Model has 25
SEQUENCES = 64  # nested in one another; nobody nests ten
JSON_LEVELS = 3 * SEQUENCES + 8  # a sequence is an object, an array and an object
XML_LEVELS = 2 * SEQUENCES + 8  # a sequence is a DicomAttribute and an Item
FINDINGS = 1000  # of one requirement; reports name the first and the number
TOO_DEEP = Difference("the nesting of the JSON", "too deep to read", "a few levels")
PATH = 300  # characters of a path to an attribute that are kept: a deep document costs no more than a flat one
# Documents whose findings are kept for the next check: how many, and their bytes together.
REMEMBERED, REMEMBERED_BYTES = 64, 64 * 1024 * 1024

T = TypeVar("T")

_UNCOUNTED = bytes(set(range(256)) - set(b'",[{'))
_WORD = re.compile(rb"""<?[^\s<>="'/]+=?""")


def json_excess(content: bytes) -> Difference | None:
    """The number of values of a JSON document, if it has too many to be read."""
    if sum(map(content.count, (b",", b"[", b"{"))) <= VALUES or _json_values(content) <= VALUES:
        return None
    return Difference("the number of values of the JSON", f"more than {VALUES:,}", "fewer")


def _json_values(content: bytes) -> int:
    """The number of values of a document: punctuation outside strings before each of them."""
    unescaped = content.replace(b"\\\\", b"").replace(b'\\"', b"")
    # Between two quotation marks that meet then, there was nothing to count.
    marks = unescaped.translate(None, _UNCOUNTED).replace(b'""', b"")
    return sum(map(len, marks.split(b'"')[::2]))


def xml_excess(content: bytes) -> Difference | None:
    """The number of elements and attributes of an XML document, or of their names, if there are too many to be read."""
    marks = content.count(b"<") + content.count(b"=")
    if marks > MARKS:
        return Difference("the number of elements and attributes of the document", f"more than {MARKS:,}", "fewer")
    if marks > NAMES and _has_many_names(content):
        return Difference("the number of names of elements and attributes", f"more than {NAMES:,}", "fewer")
    return None


def _has_many_names(content: bytes) -> bool:
    found: set[bytes] = set()
    for word in _WORD.finditer(content):
        if word[0].startswith(b"<") or word[0].endswith(b"="):
            found.add(word[0])
        if len(found) > NAMES:
            return True
    return False


def is_deeper(document: object, inside: Callable[[Any], Iterable[Any]], levels: int) -> bool:
    """True if a document is nested in more levels than this; `inside` gives the values inside a value."""
    level: list[object] = [document]
    for _ in range(levels):
        level = [inner for outer in level for inner in inside(outer)]
        if not level:
            return False
    return True


def every(top: Iterable[T], inside: Callable[[T], Iterable[T]]) -> Iterator[T]:
    """Each node of some trees, followed by those below it, in the memory of one branch."""
    pending = [iter(top)]
    while pending:
        for node in pending[-1]:
            yield node
            pending.append(iter(inside(node)))
            break
        else:
            pending.pop()


def first_findings(findings: Iterable[Finding]) -> Iterator[Finding]:
    """The first FINDINGS of each requirement, counted separately for certain and arguable ones."""
    numbers: Counter[tuple[str, bool]] = Counter()
    for finding in findings:
        kind = finding.requirement, finding.arguable
        numbers[kind] += 1
        if numbers[kind] <= FINDINGS:
            yield finding


def remembered(function: Callable[[bytes], T]) -> Callable[[bytes], T]:
    """The function, with its results for the last documents cached: many checks judge one document."""
    known: OrderedDict[bytes, T] = OrderedDict()

    def remembering(content: bytes) -> T:
        if content in known:
            return known[content]
        known[content] = found = function(content)
        while len(known) > REMEMBERED or sum(map(len, known)) > REMEMBERED_BYTES:
            known.popitem(last=False)
        return found

    return remembering
