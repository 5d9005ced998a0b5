"""Multipart bodies: RFC 2046 5.1.1, PS3.18 8.6.1.2."""

from __future__ import annotations

import multipart as defnull
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from conformance.dicomweb import media_types
from conformance.dicomweb.multipart import Part, PartBegin, PartData, PartEnd, Reader, boundary_of, parse, related

BEGIN = b"--BOUND\r\nContent-Type: a/b\r\n\r\n"
WHOLE = BEGIN + b"one\r\n--BOUND\r\n\r\n\r\n--BOUND--\r\n"
HEADERS = b"--BOUND\r\n%s\r\n\r\none\r\n--BOUND--"

LEGAL = {
    "one part": (BEGIN + b"one\r\n--BOUND--", [b"one"]),
    "line end after the close delimiter": (BEGIN + b"one\r\n--BOUND--\r\n", [b"one"]),
    "part without headers": (b"--BOUND\r\n\r\none\r\n--BOUND--", [b"one"]),
    "empty content": (BEGIN + b"\r\n--BOUND--", [b""]),
    "no content after the headers": (b"--BOUND\r\nContent-Type: a/b\r\n\r\n--BOUND--", [b""]),
    "neither headers nor content": (b"--BOUND\r\n\r\n--BOUND--", [b""]),
    "content of line ends": (BEGIN + b"\r\n\r\n\r\n--BOUND--", [b"\r\n\r\n"]),
    "content that ends in CR": (BEGIN + b"\r\r\n--BOUND--", [b"\r"]),
    "preamble": (b"hello\r\nyou\r\n" + BEGIN + b"one\r\n--BOUND--", [b"one"]),
    "preamble that is an empty line": (b"\r\n" + BEGIN + b"one\r\n--BOUND--", [b"one"]),
    "epilogue": (BEGIN + b"one\r\n--BOUND--\r\nbye\n--BOUND\r\n", [b"one"]),
    "padding after delimiters": (b"--BOUND \t\r\n\r\none\r\n--BOUND--\t \r\n", [b"one"]),
    "two parts": (WHOLE, [b"one", b""]),
    "delimiter text in the middle of a line": (BEGIN + b"x--BOUND\r\n--BOUN\r\n--BOUND--", [b"x--BOUND\r\n--BOUN"]),
    "other line ends in content": (BEGIN + b"a\nb\rc\0\r\n--BOUND--", [b"a\nb\rc\0"]),
    "right Content-Length": (HEADERS % b"Content-Length: 003", [b"one"]),
    "headers in any case without a space": (HEADERS % b"CONTENT-type:a/b", [b"one"]),
}

BAD = {
    "empty body": (b"", ["empty-body"], []),
    "boundary never occurs": (b"{}", ["boundary-missing"], []),
    "another boundary": (WHOLE.replace(b"BOUND", b"OTHER"), ["boundary-missing"], []),
    "zero parts": (b"--BOUND--\r\n", ["zero-parts"], []),
    "missing close delimiter": (BEGIN + b"one\r\n", ["missing-close-delimiter"], [b"one\r\n"]),
    "delimiter instead of close delimiter": (BEGIN + b"one\r\n--BOUND\r\n", ["missing-close-delimiter"], [b"one"]),
    "cut in the close delimiter": (
        BEGIN + b"one\r\n--BOUND-",
        ["garbage-after-delimiter", "missing-close-delimiter"],
        [b"one"],
    ),
    "cut in a header": (
        b"--BOUND\r\nA: b\r\nContent-Ty",
        ["truncated-headers", "missing-close-delimiter"],
        [b""],
    ),
    "cut in content of known length": (
        b"--BOUND\r\nContent-Length: 9\r\n\r\none",
        ["truncated-content", "missing-close-delimiter"],
        [b"one"],
    ),
    "headers without empty line": (b"--BOUND\r\nA: b\r\n--BOUND--", ["unfinished-headers"], [b""]),
    "delimiter after delimiter": (b"--BOUND\r\n--BOUND--", ["unfinished-headers"], [b""]),
    "bare LF everywhere": (b"--BOUND\nA: b\n\none\n--BOUND--", ["bare-lf"] * 4, [b"one"]),
    "bare LF before a delimiter": (BEGIN + b"one\n--BOUND--", ["bare-lf"], [b"one"]),
    "bare CR everywhere": (b"--BOUND\rA: b\r\rone\r--BOUND--", ["bare-cr"] * 4, [b"one"]),
    "header without colon": (HEADERS % b"Content-Type", ["header-without-colon"], [b"one"]),
    "space before colon": (HEADERS % b"A : b", ["space-before-colon"], [b"one"]),
    "no name": (HEADERS % b": b", ["illegal-header-name"], [b"one"]),
    "folded header": (HEADERS % b"A: b\r\n c", ["folded-header"], [b"one"]),
    "folded first header": (HEADERS % b" A: b", ["folded-header"], [b"one"]),
    "NUL in a header": (HEADERS % b"A: b\0", ["control-in-header"], [b"one"]),
    "text that is not ASCII in a header": (HEADERS % b"A: \xc3\xa9", ["non-ascii-in-header"], [b"one"]),
    "two Content-Types": (HEADERS % b"Content-Type: a/b\r\ncontent-type: a/b", ["duplicate-content-type"], [b"one"]),
    "two Content-Lengths": (
        HEADERS % b"Content-Length: 3\r\nContent-Length: 3",
        ["duplicate-content-length"],
        [b"one"],
    ),
    "malformed Content-Type": (HEADERS % b"Content-Type: dicom", ["malformed-content-type"], [b"one"]),
    "empty Content-Type": (HEADERS % b"Content-Type:", ["malformed-content-type"], [b"one"]),
    "Content-Length too small": (HEADERS % b"Content-Length: 2", ["wrong-content-length"], [b"one"]),
    "Content-Length too large": (HEADERS % b"Content-Length: 4", ["wrong-content-length"], [b"one"]),
    "Content-Length that is no number": (HEADERS % b"Content-Length: +3", ["wrong-content-length"], [b"one"]),
    "Content-Length of many digits": (
        HEADERS % (b"Content-Length: " + b"9" * 9999),
        ["wrong-content-length"],
        [b"one"],
    ),
    "oversize headers": (
        HEADERS % (b"A: " + b"b" * 65536),
        ["oversize-headers"],
        [b"A: " + b"b" * 65536 + b"\r\n\r\none"],
    ),
    "text after the close delimiter": (BEGIN + b"one\r\n--BOUND--bye", ["garbage-after-close"], [b"one"]),
    "text after a delimiter": (b"--BOUND x\r\n\r\none\r\n--BOUND--", ["garbage-after-delimiter"], [b"one"]),
    "delimiter glued to the preamble": (b"hello" + BEGIN + b"one\r\n--BOUND--", ["glued-delimiter"], [b"one"]),
    "line in content that starts as a delimiter": (
        BEGIN + b"a\r\n--BOUNDx\r\n--BOUND--",
        ["boundary-in-content"],
        [b"a\r\n--BOUNDx"],
    ),
}


@pytest.mark.parametrize("name", LEGAL)
def test_legal_body_is_read_without_findings(name):
    body, contents = LEGAL[name]

    found = parse("BOUND", body)

    assert ([part.content for part in found.parts], found.findings) == (contents, ())


@pytest.mark.parametrize("name", BAD)
def test_bad_body_is_found_and_read_on(name):
    body, codes, contents = BAD[name]

    found = parse("BOUND", body)

    assert [finding.code for finding in found.findings] == codes
    assert [part.content for part in found.parts] == contents


@pytest.mark.parametrize("boundary", ["", "b" * 71, "a ", "a;b", "é"])
def test_illegal_boundary_is_found_and_the_body_read(boundary):
    found = parse(boundary, related([("a/b", b"one")], boundary))

    assert [finding.code for finding in found.findings] == ["illegal-boundary"]
    assert [part.content for part in found.parts] == [b"one"]


def test_finding_says_where_and_what():
    finding = parse("BOUND", BEGIN + b"one\n--BOUND--").findings[0]

    offset = len(BEGIN) + 3
    assert finding.offset == offset
    assert str(finding.difference) == f"the end of a line at byte {offset} is LF alone, should be CR LF"


def test_findings_are_in_the_order_of_the_body():
    body = b"--BOUND\r\nA : b\n\none\n--BOUND--x"

    assert [finding.offset for finding in parse("BOUND", body).findings] == [9, 14, 15, 19, 29]


def test_preamble_and_epilogue_are_kept():
    found = parse("BOUND", b"hello\r\nyou\r\n" + WHOLE + b"bye")

    assert (found.preamble, found.epilogue) == (b"hello\r\nyou", b"bye")


def test_part_has_its_headers_as_sent_and_the_offset_of_its_content():
    part = parse("BOUND", WHOLE).parts[0]

    assert part == Part((("Content-Type", "a/b"),), b"one", len(BEGIN))
    assert (part.header("content-TYPE"), part.header("Content-Length")) == ("a/b", None)
    assert part.media_type == media_types.parse("a/b")


@pytest.mark.parametrize("headers", [(), (("Content-Type", "dicom"),)])
def test_part_without_readable_content_type_has_no_media_type(headers):
    assert Part(headers, b"", 0).media_type is None


def test_reader_gives_events_as_soon_as_they_are_certain():
    reader = Reader("BOUND")

    events = [reader.feed(chunk) for chunk in (BEGIN[:-1], b"\nx" + b"y" * 20, b"\r\n--BOUND--")]

    assert events == [
        [],
        [PartBegin((("Content-Type", "a/b"),), len(BEGIN)), PartData(b"x" + b"y" * 12)],
        [PartData(b"y" * 8), PartEnd()],
    ]
    assert (reader.close(), reader.findings) == ([], [])


def test_reading_stops_at_the_greatest_number_of_parts():
    found = parse("BOUND", related([("", b"")] * 3, "BOUND"), max_parts=2)

    assert (len(found.parts), [finding.code for finding in found.findings]) == (2, ["too-many-parts"])


def test_findings_are_bounded_and_each_kind_is_there():
    found = parse("BOUND", BEGIN + b"\n--BOUND\nx\n\n" * 2000)

    assert len(found.findings) == 1000 + 1
    assert found.findings[-1].code == "missing-close-delimiter"


@pytest.mark.parametrize(
    ("content_type", "boundary"),
    [
        ("multipart/related; boundary=x", "x"),
        ('Multipart/Related; type="application/dicom"; boundary="a b"', "a b"),
        ("multipart/related; type=application/dicom; boundary=----=_Part_1", "----=_Part_1"),
        ('multipart/related; a/b; boundary="a=b"', "a=b"),
        ("multipart/related", None),
        ("multipart/related; boundary=", None),
        ("multipart/mixed; boundary=x", None),
        ("application/dicom; boundary=x", None),
    ],
)
def test_boundary_is_that_of_multipart_related_whatever_else_is_wrong(content_type, boundary):
    assert boundary_of(content_type) == boundary


def pieces(body, boundary, cuts):
    """Parts and findings of a body that is fed in pieces."""
    reader = Reader(boundary)
    ends = sorted({min(cut, len(body)) for cut in cuts} | {0, len(body)})
    chunks = [body[a:b] for a, b in zip(ends, ends[1:], strict=False)]
    events = [event for chunk in chunks for event in reader.feed(chunk)] + reader.close()
    parts: list[list] = []
    for event in events:
        if isinstance(event, PartBegin):
            parts.append([event, b""])
        elif isinstance(event, PartData):
            parts[-1][1] += event.content
    return parts, reader.findings, reader.preamble_end, reader.epilogue_start


FRAGMENTS = [
    b"--B",
    b"--B--",
    b"--B--x",
    b"--Bx",
    b"--",
    b"-",
    b"B",
    b"\r\n",
    b"\r\n\r\n",
    b"\r\n--B",
    b"\n",
    b"\r",
    b" ",
]
FRAGMENTS += [b":", b"a", b"a: b\r\n", b"Content-Length: 2\r\n", b"Content-Type: a/b\r\n", b"\0", b"\xff", b"\t"]
hostile = st.lists(st.sampled_from(FRAGMENTS), max_size=30).map(b"".join)


@settings(derandomize=True, deadline=None, max_examples=500)
@given(hostile, st.lists(st.integers(0, 150), max_size=5), st.sampled_from(["B", "", "-", "--", "B\n"]))
def test_chunks_make_no_difference(body, cuts, boundary):
    whole = pieces(body, boundary, [])

    assert pieces(body, boundary, cuts) == whole
    assert pieces(body, boundary, range(len(body))) == whole


@settings(derandomize=True, deadline=None, max_examples=200)
@given(st.lists(st.tuples(st.sampled_from(["", "a/b", 'a/b; c="d e"']), st.binary() | hostile)))
def test_what_is_written_is_read(parts):
    assume(parts and not any(b"--BOUND" in content for _, content in parts))

    found = parse("BOUND", related(parts, "BOUND"))

    assert [(part.header("Content-Type") or "", part.content) for part in found.parts] == parts
    assert found.findings == ()


class OtherReader(defnull.PushMultipartParser):
    def _create_segment(self, headerlist):
        return defnull.MultipartSegment(headerlist)  # without asking for Content-Disposition, as form-data would


def contents_by_the_other_reader(body):
    """None when it refuses the body."""
    contents: list[bytes] = []
    try:
        with OtherReader("B") as reader:
            for event in reader.parse(body):
                if isinstance(event, defnull.MultipartSegment):
                    contents.append(b"")
                elif event:
                    contents[-1] += event
    except defnull.MultipartError:
        return None
    return contents


between = st.lists(
    st.sampled_from([b"\r\n--B\r\na: b\r\n\r\n", b"\r\n--B\r\n\r\n", b"x", b"\r\n", b"\n", b"\r", b"-", b"--B"])
)


@settings(derandomize=True, deadline=None, max_examples=200)
@given(between.map(b"".join))
def test_two_readers_agree_on_bodies_that_both_find_legal(content):
    body = b"--B\r\na: b\r\n\r\n" + content + b"\r\n--B--"
    # The other reader does not know that a part may end with the line end of its headers.
    assume(b"\r\n\r\n--B" not in body)
    found = parse("B", body)
    others = contents_by_the_other_reader(body)
    assume(not found.findings and others is not None)

    assert [part.content for part in found.parts] == others


@pytest.mark.parametrize(
    "unit",
    [b"x--BOUND", b"--BOUND", b"\r\n--BOUNDx", b"\r\n--BOUND\r\n\r\n", b"\r", b"\n", b"a:b\n", b"\n ", b"-"],
)
@pytest.mark.parametrize("begin", [b"", b"--BOUND\r\n", BEGIN])
def test_repeated_framing_is_read_to_the_end(begin, unit):
    body = begin + unit * (1_000_000 // len(unit))

    found = parse("BOUND", body, max_parts=10_000)

    assert found.findings
