"""PS3.18 8.9, Annexes G and H: the description of the server's capabilities."""

from __future__ import annotations

import json
import re
from itertools import islice
from urllib.parse import urlsplit

import pytest

from conformance.common import reading
from conformance.dicomweb import limits, uris, wadl
from conformance.kit import check, expect, given
from conformance.kit.accept import ANYTHING
from conformance.kit.claims import unclaimed
from conformance.kit.verdicts import Blocked, Deviates, NotSupported, Observed, Unclaimed

EITHER = f"{wadl.MEDIA_TYPE}, {wadl.JSON};q=0.5"
# What a description has at least: the top-level element of WADL, or an object of JSON (Annexes G and H).
DESCRIPTION = re.compile(rb"<(\w+:)?application\b|^\s*\{")
PLAIN = re.compile("[A-Za-z0-9._~/-]+")
MOST = 100  # resources of a description that are asked for
# Query parameters that PS3.18 itself defines for the Studies Service (8.3, 10.4, 10.6), besides matching keys.
STANDARD = {
    *("accept", "charset", "limit", "offset", "includefield", "fuzzymatching", "emptyvaluematching"),
    *("multiplevaluematching", "annotation", "quality", "viewport", "window", "iccprofile"),
}
# Table 10.3-2: what a description has to hold of the Studies Service, by the method of each.
DEMANDED = {
    "studies": {"GET", "POST"},
    "studies/{}": {"GET", "POST"},
    "studies/{}/metadata": {"GET"},
    "studies/{}/series": {"GET"},
    "studies/{}/series/{}": {"GET"},
    "studies/{}/series/{}/metadata": {"GET"},
    "studies/{}/series/{}/instances": {"GET"},
    "studies/{}/series/{}/instances/{}": {"GET"},
    "studies/{}/series/{}/instances/{}/metadata": {"GET"},
    "studies/{}/series/{}/instances/{}/frames/{}": {"GET"},
}


def description(endpoint, accept=EITHER, headers=()):
    """The response to OPTIONS of the base URI. NotSupported if it describes nothing, which CAP-OPTIONS-001 judges."""
    response = endpoint.send("OPTIONS", "", accept=accept, headers=headers)
    # What answers preflights of browsers itself may answer every OPTIONS so; 204 to a condition is "not changed" (8.5).
    is_empty = response.status in (200, 204) and not response.content and not headers
    if is_empty or response.status in (404, 405, 406, 501):
        raise NotSupported(f"no capabilities description is returned: status is {response.status} ({response.request})")
    if response.status == 200 and not DESCRIPTION.search(response.content):
        raise Blocked(f"the body is not a description ({response.request})", by="cap-options-001")
    return response


def described(endpoint):
    """The WADL description, and the response. Blocked if it cannot be read, which CAP-WADL-001 judges."""
    response = description(endpoint, wadl.MEDIA_TYPE)
    given.present(response)
    try:
        return read(response), response
    except Deviates as error:
        raise Blocked.of(error.deviation, "cap-wadl-001") from None


def read(response):
    """The WADL document of a response. Raises Deviates if it cannot be read."""
    try:
        return wadl.read(response.content)
    except wadl.MalformedDescription as error:
        expect.readable(error, response)


@check("CAP-OPTIONS-001")
def test_options_describes_the_service(endpoint):
    """OPTIONS of the base URI returns 200 with a description."""
    response = endpoint.send("OPTIONS", "", accept=EITHER)

    expect.status(response, 200)
    found = f"{len(response.content):,} bytes of something else" if response.content else "empty"
    described = DESCRIPTION.search(response.content)
    expect.that(described, "the body", found, "a capabilities description", response)


@check("CAP-OPTIONS-002")
@pytest.mark.parametrize("wanted", [wadl.MEDIA_TYPE, wadl.JSON], ids=["wadl", "json"])
def test_description_is_in_the_media_type_asked_for(endpoint, wanted):
    """A description is in the requested media type."""
    response = description(endpoint, wanted)

    reading.holds(response, wanted)


@check("CAP-OPTIONS-003")
def test_description_is_wadl_or_json(endpoint):
    """The description is labelled as WADL or as JSON if both are accepted."""
    reading.holds(description(endpoint), wadl.MEDIA_TYPE, wadl.JSON)


@check("CAP-OPTIONS-004")
def test_description_has_a_content_type(endpoint):
    """A description has a Content-Type."""
    reading.media_type(description(endpoint))


@check("CAP-OPTIONS-005")
def test_description_that_has_not_changed(endpoint):
    """A request with the ETag of the description returns 304, 204 or 200; one without it never returns 304."""
    first = description(endpoint)
    expect.status(first, 200)
    tag = first.header("ETag")
    if not tag:
        raise NotSupported(f"the response does not have an ETag ({first.request})")

    response = description(endpoint, headers=(("If-None-Match", tag),))

    expect.status(response, 200, 204, 304)


@check("CAP-OPTIONS-006")
def test_options_without_payload(endpoint):
    """OPTIONS without query parameters and payload is supported."""
    response = endpoint.send("OPTIONS", "", accept=EITHER)

    raise Observed(f"OPTIONS without query and payload returns {response.status}")


@check("CAP-WADL-001")
def test_wadl_has_one_application(endpoint):
    """The WADL document is XML whose top-level element is application."""
    response = description(endpoint, wadl.MEDIA_TYPE)
    expect.status(response, 200)

    read(response)


@check("CAP-WADL-002")
def test_wadl_names_the_base_uri(endpoint):
    """The base attribute of resources is the base URI of the service."""
    found, response = described(endpoint)

    root = endpoint.config.root("OPTIONS", "")
    url = uris.resolved((found.base or "").rstrip("/"))
    expect.that(url and url[1:] == urlsplit(root)[1:], "base", found.base, root, response)


@check("CAP-WADL-003", "resources")
@pytest.mark.parametrize("path", DEMANDED, ids=lambda path: path.replace("{}", "x").replace("/", "-"))
def test_wadl_describes_the_resource(endpoint, path):
    """The description contains a resource of the Studies Service, with its methods."""
    description, response = described(endpoint)
    found = {_plain(name): methods for name, methods in description.resources.items()}

    demanded = {method for method in DEMANDED[path] if not unclaimed(method, path, endpoint.claims)}
    if not demanded:
        raise Unclaimed(f"no feature that needs {path} is claimed")
    missing = ", ".join(sorted(demanded - found.get(path, set())))
    expect.that(not missing, f"{missing} of {path}", "missing from the description", "there", response)


@check("CAP-WADL-003", "behaviour")
def test_wadl_promises_only_what_is_there(endpoint, stored):
    """No GET in the description returns 404, 405 or 501 for an instance (frames and bulk data are not judged)."""
    (instance, *_) = stored("sample")
    uids = (instance.study_uid, instance.series_uid, instance.sop_instance_uid, "1")
    paths = [path for path, methods in described(endpoint)[0].resources.items() if "GET" in methods]

    targets = {
        target: path for path in paths if (target := _target(path, uids)) and not re.search("bulkdata|frames", path)
    }
    for target, path in islice(targets.items(), MOST):
        response = endpoint.get(target, accept=ANYTHING)
        wanted = f"none of 404, 405 and 501, as the description has GET of {path}"
        expect.that(response.status not in (404, 405, 501), "status", response.status, wanted, response)


@check("CAP-WADL-004")
def test_wadl_documents_character_sets(endpoint):
    """The description has a parameter for the character set."""
    if not endpoint.claims & {"retrieve", "search"}:
        raise Unclaimed("neither retrieve nor search is claimed, whose responses have a character set")
    description, response = described(endpoint)

    names = {name.lower() for style in ("query", "header") for name in description.parameters(style)}
    documented = names & {"charset", "accept-charset"}
    expect.that(documented, "the parameter charset", "missing from the description", "there", response)


@check("CAP-WADL-005")
def test_additional_parameters_are_documented(endpoint):
    """Query parameters in the description that PS3.18 does not have are recorded."""
    extra = sorted(described(endpoint)[0].parameters("query") - STANDARD)

    raise Observed(f"query parameters of the description beyond PS3.18, matching keys included: {_listed(extra)}")


@check("COMMON-QP-009")
def test_additional_parameters(endpoint):
    """Whether the description has query parameters that PS3.18 does not have."""
    extra = sorted(described(endpoint)[0].parameters("query") - STANDARD)

    raise Observed(f"additional query parameters, matching keys included: {_listed(extra)}")


@check("CAP-JSON-001")
def test_json_follows_the_mapping(endpoint):
    """The JSON description has application, resources and @base as members, and resources with methods below."""
    response = description(endpoint, wadl.JSON)
    expect.status(response, 200)

    try:
        fault = limits.json_excess(response.content) or wadl.mapping_fault(json.loads(response.content))
    except (ValueError, RecursionError) as error:
        expect.deviates("the body", f"not JSON ({error})", "JSON", response)
    expect.same([fault] if fault else [], response)


def _plain(path):
    """A path with its parameters without names: studies/{}."""
    parts = path.strip("/").split("/")
    return "/".join("{}" if part.startswith("{") else part for part in parts)


def _target(path, uids):
    """A path below a study with its parameters filled in; empty for any other, or one of odd characters."""
    parts = _plain(path).split("/")
    if parts[:2] != ["studies", "{}"] or parts.count("{}") > len(uids):
        return ""
    names = iter(uids)
    filled = "/".join(next(names) if part == "{}" else part for part in parts)
    return filled if PLAIN.fullmatch(filled) else ""


def _listed(names):
    return ", ".join(names) or "none"
