"""OPTIONS of the reference server: capabilities and preflights (PS3.18 8.9)."""

from __future__ import annotations

import httpx
import pytest

from .helpers import image, url, xml

WADL = "application/vnd.sun.wadl+xml"
NAMESPACE = "{http://wadl.dev.java.net/2009/02}"


def options(client, path, accept="*/*", **headers):
    return client.request("OPTIONS", path, headers={"Accept": accept} | headers)


def methods(resource, path=""):
    """The methods of each resource below an element, by path."""
    found = {}
    for child in resource.findall(f"{NAMESPACE}resource"):
        below = f"{path}/{child.get('path')}"
        found[below] = [method.get("name") for method in child.findall(f"{NAMESPACE}method")]
        found |= methods(child, below)
    return found


@pytest.mark.parametrize(
    ("accept", "media_type"), [("*/*", WADL), (WADL, WADL), ("application/json", "application/json")]
)
@pytest.mark.parametrize("end", ["", "/", "/studies"])
def test_description_is_sent_in_the_type_that_is_accepted(reference, end, accept, media_type):
    response = httpx.options(reference.url + end, headers={"Accept": accept}, trust_env=False)

    assert (response.status_code, response.headers["Content-Type"]) == (200, media_type)


def test_description_lists_every_resource_with_its_methods(client):
    application = xml(options(client, "/").content)

    (resources,) = application
    found = methods(resources)
    study = found["/studies/{study}"]
    assert application.tag == f"{NAMESPACE}application"
    assert resources.get("base") == str(client.base_url).rstrip("/")
    assert (found["/studies"], study) == (["GET", "POST"], ["GET", "POST", "DELETE"])
    assert found["/studies/{study}/series/{series}/instances/{instance}/frames/{frames}/rendered"] == ["GET"]
    assert found["/studies/{study}/series/{series}/instances/{instance}/bulkdata/{path}"] == ["GET"]


def test_description_names_the_character_set(client):
    application = xml(options(client, "/").content)

    options_of = {
        parameter.get("name"): [option.get("value") for option in parameter]
        for parameter in application.iter(f"{NAMESPACE}param")
    }
    assert options_of["charset"] == ["utf-8"]


def test_json_description_says_the_same(client):
    resources = options(client, "/", "application/json").json()["application"]["resources"]

    studies = next(resource for resource in resources["resource"] if resource["@path"] == "studies")
    assert resources["@base"] == str(client.base_url).rstrip("/")
    assert [method["@name"] for method in studies["method"]] == ["GET", "POST"]
    assert {"@mediaType": "application/dicom+json"} in studies["method"][0]["response"][0]["representation"]


def test_description_is_not_sent_again(client):
    tag = options(client, "/").headers["ETag"]

    response = options(client, "/", **{"If-None-Match": tag})

    assert (response.status_code, response.content) == (304, b"")


def test_allow_names_the_methods(client):
    answers = {path: options(client, path).headers["Allow"] for path in ("/", "/studies", url(image()))}

    assert list(answers.values()) == ["OPTIONS", "GET, POST, HEAD, OPTIONS", "GET, DELETE, HEAD, OPTIONS"]


@pytest.mark.parametrize(("path", "accept", "status"), [("/", "text/html", 406), ("/nonsense", "*/*", 404)])
def test_what_there_is_not_is_answered_as_elsewhere(client, path, accept, status):
    assert options(client, path, accept).status_code == status


def test_preflight_is_answered_with_what_is_allowed(reference):
    headers = {"Origin": "https://viewer.example", "Access-Control-Request-Method": "GET"}

    response = httpx.options(f"{reference.url}/studies", headers=headers, trust_env=False)

    allowed = response.headers["Access-Control-Allow-Headers"].split(", ")
    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert "POST" in response.headers["Access-Control-Allow-Methods"]
    assert {"accept", "authorization", "content-type", "range"} <= set(allowed)


@pytest.mark.parametrize(("path", "status"), [("/studies", 200), ("/nonsense", 404), ("/studies/x", 400)])
def test_pages_of_other_origins_can_read_every_answer(client, path, status):
    response = client.get(path, headers={"Origin": "https://viewer.example"})

    assert (response.status_code, response.headers["Access-Control-Allow-Origin"]) == (status, "*")
    assert "Content-Location" in response.headers["Access-Control-Expose-Headers"]
