"""The known ways to remove a study by a server's own API are data, and --removal names one."""

from __future__ import annotations

import pytest

from conformance.harness.endpoint import removals
from conformance.harness.endpoint.configuration import resolve
from conformance.harness.endpoint.endpoints import Removal
from conformance.harness.endpoint.tables import ConfigurationError


@pytest.mark.parametrize("name", removals.known())
def test_known_way_is_a_removal_of_an_endpoint(tmp_path, name):
    endpoint = resolve("https://pacs.example/dicom-web", tmp_path / "none", **removals.chosen(name))

    assert isinstance(endpoint.removal, Removal)
    assert "{" in endpoint.removal.url and "delete" not in endpoint.claims


def test_dicomweb_claims_delete(tmp_path):
    endpoint = resolve("https://pacs.example/dicom-web", tmp_path / "none", **removals.chosen("dicomweb"))

    assert endpoint.removal == "dicomweb" and "delete" in endpoint.claims


def test_unknown_name_is_one_sentence_and_none_changes_nothing():
    with pytest.raises(ConfigurationError, match="^--removal is dicomweeb, should be dicomweb or "):
        removals.chosen("dicomweeb")
    assert removals.chosen(None) == {}


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"null", b'"ApiVersion DicomAet StorageAreaPlugin"', b'{"ApiVersion": 1}', b"\xff{", b"[" * 100_000],
    ids=range(7),
)
def test_other_documents_name_no_product(content):
    assert [name for name, known in removals.known().items() if known.names_itself(content)] == []
