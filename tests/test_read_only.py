"""A run that may not write: it judges a study that is there, and sends nothing but reads."""

from __future__ import annotations

import re

import httpx
import pytest

from conformance.harness.run.options import PACKAGE, SAMPLES
from conformance.kit import stow
from conformance.kit.instances import Instance, read_samples
from conformance.kit.kinds import KINDS, Label
from tests.conftest import called_in
from tests.reference.helpers import image, part10
from tests.tools.contents import of_evidence

WALK = PACKAGE / "scenario"
RETRIEVE = PACKAGE / "retrieve"
# What depends on the shape of a study.
ROOMS = ("scenario", "retrieve", "query")
STORES = "nothing is stored under the profile read-only"
SAFE = {"GET", "HEAD", "OPTIONS"}
LABEL = Label("read-only", "READ-ONLY-")


def fill(url, instances, auth=None):
    """Store instances, without the suite; the UID of their study."""
    body = stow.multipart(instances)
    headers = {"Content-Type": body.content_type, "Accept": "application/dicom+json"}
    httpx.post(f"{url}/studies", content=body.content, headers=headers, auth=auth).raise_for_status()
    return instances[0].study_uid


def sample(name):
    return read_samples(SAMPLES).relabelled(name, LABEL.patient_prefix).all


def sent(run):
    """The method of every request that the recorder has: also of those that are evidence of no check."""
    evidence = of_evidence(run.folder)
    heads = [content.decode(errors="replace") for name, content in evidence.items() if name.endswith(".http")]
    assert len(heads) == run.results.traffic.requests > 40
    return {head.split(" ")[0] for head in heads}


@pytest.fixture(scope="module")
def study(reference):
    """A study that is there."""
    return fill(reference.url, sample("read only"))


@pytest.fixture(scope="module")
def whole(reference, study, tmp_path_factory):
    """The run of the whole suite that may not write."""
    words = ("--profile", "read-only", "--study", study, "--supports", "delete")
    return called_in(tmp_path_factory.mktemp("read-only"), "run", reference.url, *words)


@pytest.mark.slow
def test_study_that_is_there_is_judged_by_reads_alone(whole, study):
    assert (whole.code, whole.results.overall) == (0, "conforms")
    assert sent(whole) <= SAFE
    assert whole.results.traffic.requests > 200
    assert whole.results.traffic.sent == 0
    assert re.match(
        r"conforms: all \d+ required obligations are met; nothing is stored under the profile read-only, "
        r"so \d+ more required obligations are not judged; ",
        whole.results.sentence,
    )
    assert any(f"the study {study} is read: 3 instances in 2 series" in line for line in whole.results.preflight)
    assert (whole.results.stored, whole.results.leftovers) == ([], [])


@pytest.mark.slow
def test_checks_that_would_store_are_not_supported_and_the_others_judge(whole):
    assert set(whole.verdicts("blocked") + whole.verdicts("error")) == set()
    walk = [check for check in whole.results.checks if "test_sample_study" in check.node]
    assert {check.verdict for check in walk if check.transaction in ("retrieve", "search")} == {"pass"}
    stores = {check.summary for check in whole.results.checks if check.transaction == "store"}
    assert stores == {STORES}
    assert {check.verdict for check in whole.results.checks if check.transaction in ("store", "delete")} == {
        "not supported"
    }


@pytest.mark.parametrize("kind", ["ct-16", "jpeg-baseline", "mixed"])
def test_study_of_another_shape_is_judged_as_far_as_it_goes(command, reference, whole, kind):
    study = fill(reference.url, KINDS[kind].make(LABEL))
    # Most files have only checks that store.
    files = {check.node.partition("::")[0] for check in whole.results.checks if check.summary != STORES}
    paths = [PACKAGE.parent / file for file in sorted(files) if file.split("/")[1] in ROOMS]

    run = command("run", reference.url, "--profile", "read-only", "--study", study, *paths)

    assert len(run.verdicts("pass")) > 40

    wrong = ("fail", "warn", "blocked", "error")
    assert [(check.id, check.summary) for check in run.results.checks if check.verdict in wrong] == []
    assert run.code == 0


def test_fault_of_the_server_is_found(command, reference):
    study = fill(reference.url, sample("fault"))

    run = command("run", reference.fault_url("frame-shifted"), WALK, "--profile", "read-only", "--study", study)

    assert run.code == 1
    assert "seed-retrieve-frame" in run.verdicts("fail")


def test_of_several_studies_the_one_with_two_series_is_read(command, endpoints, reference):
    studies = [fill(reference.url, KINDS["ct-16"].make(LABEL)), fill(reference.url, sample("several"))]
    endpoints(f'[pacs]\nurl = "{reference.url}"\nwrites = false\nstudy = {studies}\n')

    run = command("run", "pacs", "-k", "test_search_series")

    assert f"the study {studies[1]} is read" in " ".join(run.output.split())
    assert "nothing is stored under writes = false" in run.results.sentence


def many():
    return [Instance(part10(image(StudyInstanceUID=LABEL.uid("many")))) for _ in range(101)]


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (list, "is not on the server: status is 404"),
        (lambda: KINDS["sr"].make(LABEL), "has no single-frame image, which the checks of frames and renderings need"),
        (many, "has 101 instances, should have 100 at most: name a smaller one"),
    ],
    ids=["absent", "no-image", "too-large"],
)
def test_study_that_cannot_be_read_stops_the_run(command, reference, make, sentence):
    instances = make()
    study = fill(reference.url, instances) if instances else LABEL.uid("nobody has this study")

    run = command("run", reference.url, "--profile", "read-only", "--study", study)

    assert run.code == 5
    assert f"stopped before the first check: the study {study}" in run.output
    assert sentence in run.output
    assert run.results is None


def test_without_a_study_nothing_is_sent(command):
    run = command("run", "--profile", "read-only")

    assert run.code == 4
    assert 'the profile read-only needs a study that is on the server: study = "1.2.3..."' in run.output


def test_orthanc_is_only_read(command, configured, endpoints, orthanc):
    study = fill(orthanc.url, sample("orthanc"), (orthanc.user, orthanc.password))

    run = command("run", "orthanc", WALK, RETRIEVE, "--profile", "read-only", "--study", study, env=configured)

    assert sent(run) <= SAFE
    assert {run.check(id).blocked_by for id in run.verdicts("blocked")} <= {*run.verdicts("fail")}
    assert run.verdicts("error") == []
    (there,) = orthanc.studies()
    httpx.delete(f"{orthanc.root}/studies/{there}", auth=(orthanc.user, orthanc.password)).raise_for_status()
