"""What a server sends takes time and memory in proportion to it, and ends at a limit that no lawful one meets."""

from __future__ import annotations

import json
import time
from types import SimpleNamespace

import pytest

from conformance.common.test_capabilities import _target
from conformance.dicomweb import dicom_json, dicom_xml, json_walker, limits, multipart, uris, warning_field, xml_walker
from conformance.dicomweb.differences import Difference
from conformance.dicomweb.findings import Finding
from conformance.dicomweb.matching import _like
from conformance.dicomweb.messages import Request, Response
from conformance.dicomweb.wording import abridged, title
from conformance.harness.run.verdicts import conclude
from conformance.kit import expect
from conformance.requirements import requirements
from conformance.retrieve import pictures
from tests.attacks.bombs import BOMBS, SEQUENCE, encoded, model
from tests.dicomweb import test_part10 as part10_tests

SECONDS = 10  # of the processor; each took more before it was bounded, most of them for ever


@pytest.mark.parametrize("name", BOMBS)
def test_attack_is_read_in_proportion_to_its_size(name):
    bomb = BOMBS[name]
    run = bomb.build(bomb.small)

    started = time.process_time()
    run()

    assert time.process_time() - started < SECONDS


def answer(content, content_type="application/dicom+json", status=200):
    request = Request("GET", "http://pacs.example/studies", "/studies", ())
    return Response(status, "OK", (("Content-Type", content_type),), content, request)


# Documents.


def test_metadata_of_ten_thousand_instances_are_below_the_limit():
    text = {"vr": "LO", "Value": ["one, two, [three], {four} and more of what is no punctuation"]}
    uid = {"vr": "UI", "Value": ["1.2.840.113619.2.55.3.604688119.971.1448960121.467"]}
    instance = {f"{tag:08X}": text if tag % 3 else uid for tag in range(0x00080005, 0x00080005 + 60)}
    content = json.dumps([instance] * 3).encode()
    lawful = b"[" + content[1:-1] * 3334 + b"]"

    assert len(lawful) > 32 * 1024**2
    assert limits.json_excess(lawful) is None


@pytest.mark.parametrize("brackets", [b"[%s]", b'{"":%s}'], ids=["arrays", "objects"])
def test_json_of_more_values_than_are_read_is_malformed(brackets, monkeypatch):
    monkeypatch.setattr(limits, "VALUES", 100)
    content = b"[" + brackets % b"0" + (b"," + brackets % b"0") * 60 + b"]"

    with pytest.raises(
        dicom_json.MalformedJson, match="the number of values of the JSON is more than 100, should be fewer"
    ):
        dicom_json.load(content)
    assert [finding.requirement for finding in json_walker.walk(content)] == ["JSON-VALID-001"]
    assert not json_walker.is_json(content)


@pytest.mark.parametrize("text", [",[{" * 100, '",[{' * 100, "\\" * 100 + '",', '\\"'])
def test_punctuation_in_texts_counts_for_nothing(text, monkeypatch):
    monkeypatch.setattr(limits, "VALUES", 10)

    assert dicom_json.load(json.dumps([text, {text: text}, ""]).encode()) == [text, {text: text}, ""]


@pytest.mark.parametrize("depth", [limits.SEQUENCES, limits.SEQUENCES + 10])
def test_sequences_are_read_as_deep_as_files_have_them(depth):
    is_read = depth == limits.SEQUENCES
    in_json = b"[" + SEQUENCE * depth + b"{}" + b"]}}" * depth + b"]"
    start = b'<DicomAttribute tag="00400100" vr="SQ" keyword="ScheduledProcedureStepSequence"><Item number="1">'
    in_xml = model(start * depth + b"</Item></DicomAttribute>" * depth)

    for reader, content, problem in (
        (dicom_json.datasets, in_json, dicom_json.MalformedJson),
        (dicom_xml.load, in_xml, dicom_xml.MalformedXml),
    ):
        try:
            reader(content)
            assert is_read
        except problem as error:
            assert not is_read and "is too deep to read" in str(error)
    assert (json_walker.walk(in_json) == (), xml_walker.walk(in_xml) == ()) == (is_read, is_read)


def test_findings_are_kept_up_to_a_number_and_a_certain_one_is_not_lost():
    many = [Finding("A", "", Difference(str(number), "", ""), arguable=True) for number in range(3000)]

    found = list(
        limits.first_findings(
            [*many, Finding("B", "", Difference("b", "", "")), Finding("A", "", Difference("a", "", ""))]
        )
    )

    assert [item.difference.subject for item in found[-2:]] == ["b", "a"]
    assert len(found) == limits.FINDINGS + 2


def test_documents_are_remembered_up_to_a_size(monkeypatch):
    monkeypatch.setattr(limits, "REMEMBERED_BYTES", 10)
    read = []
    reader = limits.remembered(lambda content: read.append(content) or len(content))

    assert [reader(content) for content in (b"abcd", b"abcd", b"x" * 100, b"x" * 100, b"abcd")] == [4, 4, 100, 100, 4]
    assert read == [b"abcd", b"x" * 100, b"x" * 100, b"abcd"]


def test_path_to_what_is_wrong_has_a_limit():
    deep = SEQUENCE * 60 + b'{"%s":{"vr":"XX"}}' % (b"A" * 1000) + b"]}}" * 60

    assert max(len(str(finding.difference)) for finding in json_walker.walk(b"[" + deep + b"]")) < 600


# Multipart messages, files and images.


def test_headers_of_parts_have_a_limit_of_lines():
    body = b"--b\r\n" + b"a: 1\r\n" * 150 + b"\r\n\r\n--b--\r\n"

    found = multipart.parse("b", body)

    assert (len(found.parts[0].headers), [item.code for item in found.findings]) == (100, ["oversize-headers"])


def test_many_more_instances_than_there_should_be_are_not_read_one_by_one():
    body = multipart.related([("application/dicom", b"")] * 5000, "b")
    response = answer(body, 'multipart/related; type="application/dicom"; boundary=b')

    with pytest.raises(AssertionError, match="the number of parts is 5,000, should be 1"):
        expect.instances(response, [SimpleNamespace(sop_instance_uid="1.2")])


def test_renderings_are_counted_before_they_are_decoded():
    from PIL import Image

    picture = encoded(Image.new("L", (4096, 4096)), "PNG")
    response = answer(multipart.related([("image/png", picture)] * 2000, "b"), "multipart/related; boundary=b")
    started = time.process_time()

    with pytest.raises(AssertionError, match="the number of renderings is 2000, should be 1 "):
        pictures.one(response)
    with pytest.raises(AssertionError, match="the number of renderings is 2000, should be 100 at most"):
        list(pictures.each(response))

    assert time.process_time() - started < SECONDS


@pytest.mark.parametrize("vr", ["DS", "US"])
def test_file_with_more_values_than_are_read_is_malformed(vr):
    many = b"1\\" * 200_000 if vr == "DS" else b"\0\0" * 200_001
    tag = (0x0010, 0x1030) if vr == "DS" else (0x0028, 0x0010)

    assert part10_tests.refusal(part10_tests.META + part10_tests.element(*tag, "", many)).endswith(
        " is 200,001, should be 200,000 at most"
    )


# What a server makes the suite do.


@pytest.mark.parametrize(
    "path",
    [
        "studies/{study}/x{0.__class__}",
        "studies/{study}/{",
        "studies/{study}/}",
        "studies/{study}/{:>99999999}/a b",
        "a",
    ],
)
def test_path_of_a_description_is_no_format(path):
    assert "class" not in _target(path, ("1.2",)) and len(_target(path, ("1.2", "3"))) < 20


def test_path_of_a_description_is_filled_in():
    path = "/studies/{study}/series/{series}/metadata/"

    assert _target(path, ("1.2", "1.3", "1.4")) == "studies/1.2/series/1.3/metadata"


@pytest.mark.parametrize("reference", ["http://[", "//[::", "http://a]b/", "a/" * 10_000, "http://\u2100.example/"])
def test_uri_that_is_none_or_endless_leads_nowhere(reference):
    assert uris.resolved(reference, "http://pacs.example/studies") is None


def test_uri_leads_from_the_answer():
    assert uris.resolved("../bulk/1", "http://pacs.example/a/studies/1").geturl() == "http://pacs.example/a/bulk/1"


# Texts.


@pytest.mark.parametrize(
    ("page", "found"),
    [
        (b"<html><TITLE lang=en> A &amp; B </TITLE>", "A & B"),
        (b"<title>" * 150_000, ""),
        (b"<title " * 150_000, ""),
        (b"<title>never ends", ""),
        (b" " * 70_000 + b"<title>too late</title>", ""),
        (b"<title>" + b"a" * 1000 + b"</title>", "a" * 60),
        (b"", ""),
    ],
    ids=range(7),
)
def test_title_of_a_page(page, found):
    started = time.process_time()

    assert title(page) == found
    assert time.process_time() - started < 1


@pytest.mark.parametrize(
    "value",
    [
        "299 a b more results",
        "199 x: more, 299 y: further matches",
        "299 x: 299 y: remaining results",
        'x 299 - "additional matches"',
    ],
)
def test_warning_of_more_is_read_after_its_code(value):
    assert warning_field.speaks_of_more(value)


@pytest.mark.parametrize(
    "value", ["more results, 299 x", "299 x, more results", "1299 more results", "299more results"]
)
def test_warning_of_something_else(value):
    assert not warning_field.speaks_of_more(value)


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("*", "", True),
        ("a*b", "ab", True),
        ("a*b", "a\nxb", True),
        ("a*b*c", "abxbc", True),
        ("*a*a*", "aa", True),
        ("*a*a*", "a", False),
        ("a?c*", "abc", True),
        ("a*", "b", False),
        ("*ab", "aab", True),
        ("a.c", "abc", False),
        ("a*a*a*a*a*a*a*a*a*a*a*a*b", "a" * 20_000, False),
        ("*" * 50 + "b", "a" * 20_000, False),
    ],
)
def test_wildcards_match_as_ever_and_in_time(pattern, text, matches):
    started = time.process_time()

    assert _like(pattern, text) is matches
    assert time.process_time() - started < 2


def test_message_of_megabytes_is_abridged_to_its_beginning_and_its_end():
    error = AssertionError(f"the type is {'x' * 10_000_000}, should be DICOM JSON (GET /studies)")

    summary = conclude(requirements()["SEARCH-PAGING-001"], "", error).summary

    assert (summary[:15], summary[-41:]) == (
        "the type is xxx",
        ", should be DICOM JSON (GET /studies)"[-41:].rjust(41, "x"),
    )
    assert len(summary) == len(abridged("x" * 5000)) < 2100
