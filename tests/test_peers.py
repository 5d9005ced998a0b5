"""The suite beside code of other makers: another HTTP client under it, other writers of DICOM JSON before it."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec

import httpx
import pytest

from conformance.dicomweb.json_walker import walk
from conformance.harness.run.options import PACKAGE
from conformance.kit.kinds import KINDS, Label
from tests.conftest import CHECKOUT, missing

# httpx is not developed any more; whoever replaces it by its successor should find nothing to change.
UNDER_HTTPX2 = "import httpx2, runpy, sys; httpx2.alias_httpx(); runpy.run_module(sys.argv.pop(1), run_name='__main__')"


@pytest.fixture
def under_httpx2(tmp_path):
    """Run a module in a Python where `import httpx` is httpx2; exit code and output."""
    if find_spec("httpx2") is None:
        missing("httpx2 is not installed (it is in the extra dev)")

    def run(module, *words):
        command = [sys.executable, "-c", UNDER_HTTPX2, module, *map(str, words)]
        done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, timeout=300)
        return done.returncode, done.stdout + done.stderr

    return run


@pytest.mark.slow
def test_suite_conforms_with_httpx2(under_httpx2, tmp_path):
    walk = PACKAGE / "scenario" / "test_sample_study.py"

    code, output = under_httpx2("conformance", "run", walk, "--reports", tmp_path)

    # What is not selected makes a run incomplete; anything that is not as it should be makes it deviate.
    assert (code, "DEVIATES" in output, "could not be judged" in output) == (0, False, False), output[-3000:]


@pytest.mark.slow
def test_harness_is_the_same_with_httpx2(under_httpx2):
    tests = CHECKOUT / "tests" / "harness" / "test_connection.py"

    code, output = under_httpx2("pytest", "-q", "-p", "no:cacheprovider", tests)

    assert code == 0, output[-3000:]


# What pydicom 3.0 writes, and PS3.18 does not allow: by kind of instance, the requirement that is not met.
OF_PYDICOM = {
    "JSON-VALID-001": {"nan"},  # NaN as a number, which JSON has not (F.2.1)
    # "" for an empty one of several values, should be null (F.2.5)
    "JSON-NULL-002": {"name-japanese", "name-korean", "values-by-factors"},
    "JSON-STRUCT-006": {"group-lengths"},  # which a data set in JSON does not have (F.2.2)
    "JSON-PN-002": {"name-ideographic-only"},  # "Alphabetic": "" (F.2.2)
}
# pydicom cannot write them: an empty DS among others, and a decimal comma
UNWRITTEN = {"every-vr", "unfit-values"}


def test_walker_finds_in_the_json_of_pydicom_what_is_wrong_and_nothing_else():
    found, with_empty_sequences = {}, set()
    for kind in KINDS.keys() - UNWRITTEN:
        for instance in KINDS[kind].make(Label("a run", "DWC1234-")):
            if any(element.VR == "SQ" and not element.value for element in instance.dataset.iterall()):
                with_empty_sequences.add(kind)
            document = json.dumps([instance.dataset.to_json_dict()]).encode()
            for finding in walk(document):
                found.setdefault(finding.requirement, set()).add(kind)

    assert found.pop("JSON-NULL-004") == with_empty_sequences  # "Value": [] (F.2.5)
    assert found == OF_PYDICOM


def test_walker_finds_nothing_in_the_json_of_orthanc_for_a_plain_image(orthanc):
    (instance, *_) = KINDS["ct-16"].make(Label("a run", "DWC1234-"))
    id = orthanc.store(instance)
    with httpx.Client(base_url=orthanc.url, auth=(orthanc.user, orthanc.password), trust_env=False) as client:
        paths = (f"studies?StudyInstanceUID={instance.study_uid}", f"{instance.path}/metadata")
        documents = [client.get(path, headers={"Accept": "application/dicom+json"}) for path in paths]
    orthanc.delete(id)

    assert [document.status_code for document in documents] == [200, 200]
    assert [finding.sentence for document in documents for finding in walk(document.content)] == []
