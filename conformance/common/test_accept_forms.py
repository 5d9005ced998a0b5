"""PS3.18 8.7.1, 8.7.5 and RFC 9110 5.6.6: one media type, in the spellings of different clients."""

from __future__ import annotations

import pytest

from conformance.dicomweb import multipart
from conformance.kit import check, expect, given, media

# By resource: the kind, the path below the instance, and the type of the parts.
RESOURCES = {
    "instance": ("sample", "", "application/dicom"),
    "frame": ("rgb-multiframe-odd", "/frames/1", "application/octet-stream"),
    "compressed-frame": ("jpeg2000-lossless", "/frames/1", "application/octet-stream"),
}
PLAIN = 'multipart/related; type="{}"; transfer-syntax=*'
JSON = ("application/dicom+json", "application/json")
each_resource = pytest.mark.parametrize("resource", RESOURCES)


def same(endpoint, stored, resource, form):
    """The response to a request in another form contains the same as the one to the usual form."""
    kind, suffix, inner = RESOURCES[resource]
    if suffix:
        given.claimed(endpoint, "frames")
        given.framed(endpoint, stored(kind)[0], stored("sample")[0])
    target = stored(kind)[0].path + suffix
    plain = endpoint.fetch(target, accept=PLAIN.format(inner))
    given.present(plain)

    response = endpoint.fetch(target, accept=form.format(inner))

    expect.status(response, 200)
    here, there = held(response), held(plain)
    expect.that(here == there, "the content", sizes(here), f"{sizes(there)}, as for {plain.request}", response)


def held(response):
    """The media types and contents of the parts of a response, or its own."""
    boundary = multipart.boundary_of(response.header("Content-Type") or "")
    if boundary is None:
        return [(response.header("Content-Type"), bytes(response.body[:]))]
    return [
        (part.header("Content-Type"), bytes(part.content)) for part in multipart.parse(boundary, response.body).parts
    ]


def sizes(contents):
    """Contents as a message names them."""
    return ", ".join(f"{len(content)} bytes of {kind or 'no type'}" for kind, content in contents) or "nothing"


@check("COMMON-ACCEPT-011", "transfer-syntax")
@pytest.mark.parametrize(
    "form",
    ['multipart/related; type="{}"; transfer-syntax="*"', "multipart/related; type={}; transfer-syntax=*"],
    ids=["all-quoted", "none-quoted"],
)
@each_resource
def test_quotes_around_every_value(endpoint, stored, resource, form):
    """All parameters with quotes, and all without, mean the same; viewers send both."""
    same(endpoint, stored, resource, form)


@check("COMMON-ACCEPT-017")
@each_resource
def test_order_of_parameters(endpoint, stored, resource):
    """transfer-syntax before type means the same as after it."""
    same(endpoint, stored, resource, 'multipart/related; transfer-syntax=*; type="{}"')


@check("COMMON-ACCEPT-012", "forms")
@pytest.mark.parametrize(
    "form",
    ['multipart/related;type="{}";transfer-syntax=*', 'multipart/related  ;  type="{}"\t; transfer-syntax=*'],
    ids=["none", "much"],
)
@each_resource
def test_white_space_between_parameters(endpoint, stored, resource, form):
    """No white space, and much white space, mean the same as one blank."""
    same(endpoint, stored, resource, form)


@check("COMMON-ACCEPT-010", "frames")
@each_resource
def test_case_of_names(endpoint, stored, resource):
    """MULTIPART/Related and TYPE mean the same as in lower case."""
    same(endpoint, stored, resource, 'MULTIPART/Related; TYPE="{}"; transfer-syntax=*')


@check("COMMON-ACCEPT-018")
@pytest.mark.parametrize("weight", [";q=0.9", "; q=1.000", ";q=0.001"], ids=["tenths", "whole", "thousandth"])
@each_resource
def test_weight_of_the_only_type(endpoint, stored, resource, weight):
    """The only accepted media type means the same with and without a weight."""
    same(endpoint, stored, resource, PLAIN + weight)


@check("COMMON-ACCEPT-006", "client")
@pytest.mark.parametrize("resource", ["search", "metadata"])
def test_accept_of_a_client_library(endpoint, stored, resource):
    """Both names of JSON in one list, as a client library sends them, return JSON."""
    (instance, *_) = stored("sample")
    if resource == "metadata":
        given.claimed(endpoint, "metadata")
    target = f"{instance.study_path}/series" if resource == "search" else f"{instance.path}/metadata"

    response = endpoint.get(target, accept=", ".join(JSON))

    expect.status(response, 200)
    # Both have the same weight, so the server chooses (8.7.8.1).
    expect.that((found := media.content_type(response)) in JSON, "the media type", found, JSON, response)
