"""PS3.18 8.1.1, 8.2 and 8.5: resources, and the URIs that name them."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from conformance.common import reading
from conformance.dicomweb import uris
from conformance.kit import check, expect, given
from conformance.kit.accept import ANYTHING, AS_STORED
from conformance.kit.verdicts import NotSupported


@check("COMMON-URI-001")
@pytest.mark.parametrize("document", ["search", "metadata"])
def test_links_stay_on_the_service(endpoint, stored, document):
    """RetrieveURLs and BulkDataURIs of a response are on the host of the base URI; under another base they work."""
    if document != "search":
        given.claimed(endpoint, "metadata")
    (instance, *_) = stored("sample")
    search = f"studies?StudyInstanceUID={instance.study_uid}"
    response = endpoint.fetch(search if document == "search" else instance.path + "/metadata")
    given.present(response)

    links = list(reading.links(given.datasets(response)))
    if not links:
        raise NotSupported(f"the response does not have a RetrieveURL or BulkDataURI ({response.request})")
    root = endpoint.config.root("GET", instance.path)
    for name, link in links:
        url = uris.resolved(link, response.request.url)
        host = f"{urlsplit(root).scheme}://{urlsplit(root).netloc}/"
        address = url.geturl() if url else ""
        expect.that(address.startswith(host), name, link, f"a URL below {host}", response)
        if name == "RetrieveURL" and not address.startswith(root + "/"):
            found = endpoint.follow(link, response, accept=AS_STORED)
            expect.status(found, 200)
            leads = address in (found.request.url, *found.redirected)
            expect.that(leads, name, f"{link}, which leads nowhere", f"a URL below {root}/", response)


@check("COMMON-URI-002")
def test_unknown_resource_is_not_found(endpoint, stored):
    """A path below a stored study that names no resource returns 404."""
    (instance, *_) = stored("sample")
    response = endpoint.get(instance.study_path + "/no-such-resource", accept=ANYTHING)

    expect.absent(response)


@check("COMMON-URI-003")
@pytest.mark.parametrize("path", ["studies/not_a_uid", "studies/1..2/series/1"], ids=["letters", "empty-component"])
def test_bad_uid_is_a_client_error(endpoint, path):
    """A path with an invalid UID returns 400 or 404."""
    response = endpoint.get(path, accept=AS_STORED)

    expect.bad_request(response, 404)


@check("COMMON-URI-005", "search")
def test_percent_encoded_character_in_a_search(endpoint, stored):
    """A search by a UID whose dots are written %2E finds the same study as with plain dots."""
    (instance, *_) = stored("sample")
    encoded = instance.study_uid.replace(".", "%2E")

    response = endpoint.get(f"studies?0020000D={encoded}")

    expect.one_match(response, "StudyInstanceUID", instance.study_uid)


@check("COMMON-URI-005", "name")
def test_percent_encoded_character_in_a_name(endpoint, stored):
    """A search by a key with a percent-encoded letter in its name finds the same study as with the plain name."""
    (instance, *_) = stored("sample")
    stored("seven-studies")  # which a server that ignores the key finds too

    response = endpoint.get(f"studies?StudyInstanceU%49D={instance.study_uid}")

    expect.one_match(response, "StudyInstanceUID", instance.study_uid)


@check("COMMON-URI-005", "path")
def test_percent_encoded_character_in_a_path(endpoint, stored):
    """A path with a digit written as %3x names the same instance as the plain path."""
    (instance, *_) = stored("sample")
    uid = instance.sop_instance_uid
    encoded = f"{instance.series_path}/instances/{uid[:-1]}%3{uid[-1]}"

    response = endpoint.get(encoded, accept=AS_STORED)

    expect.instances(response, [instance])
