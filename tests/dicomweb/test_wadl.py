"""Capabilities descriptions: what is read of WADL, and what is wrong with its JSON form."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.dicomweb import wadl

WADL = b"""<?xml version="1.0"?>
<application xmlns="http://wadl.dev.java.net/2009/02">
  <resources base="http://pacs.example/dicom-web">
    <resource path="studies">
      <method name="GET">
        <request><param name="limit" style="query"/><param name="Accept" style="header"/></request>
      </method>
      <method name="POST"/>
      <resource path="{study}/">
        <method name="GET"/>
        <resource path="/metadata"><method name="GET"/></resource>
      </resource>
    </resource>
    <resource path="studies/{study}"><method name="POST"/></resource>
  </resources>
</application>"""


def test_resources_are_read_by_path_wherever_they_are_nested():
    description = wadl.read(WADL)

    assert description.base == "http://pacs.example/dicom-web"
    assert description.resources == {
        "studies": {"GET", "POST"},
        "studies/{study}": {"GET", "POST"},
        "studies/{study}/metadata": {"GET"},
    }


def test_parameters_are_told_apart_by_style():
    description = wadl.read(WADL)

    assert [description.parameters(style) for style in ("query", "header")] == [{"limit"}, {"Accept"}]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (WADL[:200], "line 6 of the document is not XML"),
        (b"", "line 1 of the document is not XML"),
        (b"<!DOCTYPE a><a/>", "a document type declaration is there, should be absent"),
        (b"<application/>", "the top-level element is 'application', should be {http"),
        (WADL.replace(b"resources", b"services"), "the number of resources elements is 0, should be 1"),
        (WADL.replace(b"{study}/", b"p" * 5000), "the length of the path of a resource is 5,008 characters"),
        (
            WADL.replace(b'<method name="POST"/>', b"<resource/>" * 10_000),
            "the number of resources is more than 10,000",
        ),
    ],
)
def test_what_is_no_description_is_named(content, sentence):
    with pytest.raises(wadl.MalformedDescription) as error:
        wadl.read(content)

    assert str(error.value).startswith(sentence)


@given(st.binary() | st.text().map(str.encode))
def test_hostile_bytes_are_read_or_malformed(content):
    try:
        wadl.read(content)
    except wadl.MalformedDescription as error:
        assert str(error)


@pytest.mark.parametrize(
    ("document", "fault"),
    [
        ([], "the member application of the top level is not an object, should be an object"),
        (
            {"application": {"resources": []}},
            "the member resources of application is not an object, should be an object",
        ),
        (
            {"application": {"resources": {"base": "x"}}},
            "the member @base of resources is not one of its members (base)",
        ),
        ({"application": {"resources": {}}}, "the member @base of resources is not one of its members (none)"),
    ],
)
def test_mapping_to_json_is_judged_by_its_members(document, fault):
    assert str(wadl.mapping_fault(document)).startswith(fault)


def test_mapping_to_json_with_its_members_is_right():
    base = {"@base": "http://pacs.example"}
    method = {"method": [{"@name": "GET"}]}
    deep = {"@path": "studies", "resource": [{"@path": "{study}", **method}]}
    assert wadl.mapping_fault({"application": {"resources": base | {"resource": deep}}}) is None
    for wrong in ({}, {"resource": []}, {"resource": [method]}, {"resource": {"@path": "studies", "method": {}}}):
        assert wadl.mapping_fault({"application": {"resources": base | wrong}})
