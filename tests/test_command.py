"""What a user sees of the command: verdicts, exit codes, one-sentence errors."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from xml.etree import ElementTree

import httpx
import pytest
from starlette.responses import Response

from conformance.reference.app import Origin
from conformance.reference.faults import FAULTS, Fault
from conformance.reference.server import Server
from conformance.reporting import results
from conformance.requirements import requirements
from tests.conftest import CHECKOUT, wait_until

WALK = CHECKOUT / "conformance" / "scenario" / "test_sample_study.py"
FORMS = CHECKOUT / "conformance" / "scenario" / "test_wire_forms.py"


@pytest.mark.quick
def test_embedded_run_stores_the_samples_as_they_are(command):
    run = command("run", "-k", "test_store_blue")

    assert run.results.stored == ["1.2.826.0.1.3680043.8.498.13230779778012324449356534479549187420"]


def test_junit_carries_requirement_level_and_verdict(command):
    run = command("run", "-k", "test_store_blue")

    case = ElementTree.parse(run.folder / "junit.xml").find(".//testcase")
    assert case.get("name") == "seed-store-studies"
    properties = {item.get("name"): item.get("value") for item in case.iter("property")}
    assert properties["requirement"] == "SEED-STORE-STUDIES"
    assert (properties["level"], properties["verdict"]) == ("SHALL", "pass")


def test_selected_check_brings_along_what_it_stands_on(command):
    run = command("run", "-k", "test_retrieve_frame")

    assert run.code == 0
    assert run.verdicts("pass") == [
        "seed-store-studies",
        "seed-store-study",
        "seed-store-series",
        "seed-store-read-back",
        "seed-retrieve-frame",
    ]


def test_path_brings_along_what_its_checks_stand_on(command):
    run = command("run", FORMS)

    assert run.verdicts("pass") == [check.id for check in run.results.checks]
    assert "seed-store-read-back" in run.verdicts("pass")
    assert "seed-retrieve-frame" not in run.verdicts("pass")


def test_nothing_selected_is_exit_code_five(command):
    run = command("run", "-k", "nothing_of_this_name")

    assert run.code == 5
    assert "stopped before the first check: no check is selected" in run.output


def test_clause_selects_the_checks_of_a_clause_and_what_they_stand_on(command):
    run = command("run", "--clause", "10.6.4")

    judged = {check.requirement for check in run.results.checks}
    asked = {item.id for item in requirements().values() if "10.6.4" in item.clause and not item.not_tested}
    assert asked <= judged
    assert {name.split("-")[0] for name in judged - asked} <= {"SEED"}


def test_deviation_is_exit_code_one_and_says_what_was_seen(command, reference):
    run = command("run", reference.fault_url("frame-shifted"), WALK)

    assert run.code == 1
    assert run.results.overall == "deviates"
    assert run.verdicts("fail") == ["seed-retrieve-frame"]
    assert "seed-retrieve-frame" in run.output


def test_strict_makes_a_warning_a_deviation(command, reference):
    fault = reference.fault_url("store-type-unquoted-refused")

    assert command("run", fault, FORMS, "--strict").code == 1
    assert command("run", fault, FORMS).results.overall != "deviates"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nowhere"], "there is no"),
        (["pacs.example/dicom-web"], "there is no"),
        (["ftp://127.0.0.1/"], "it does not begin with http:// or https://"),
        (["http://127.0.0.1:1/", "--profile", "dicom"], 'there is no profile "dicom", did you mean "dicomweb"?'),
        (["--supports", "delte", "--endpoint", "http://127.0.0.1:1/"], 'did you mean "delete"?'),
        (["--endpoint", "http://127.0.0.1:1/", CHECKOUT / "conformance/scenario/none.py"], "there is no check in"),
        (["--samples", "nowhere"], "red-triangle.dcm cannot be read"),
        (["--load", "99"], "--load is 99, should be a number from 1 to 32"),
        (["--budget", "0"], "--budget is 0, should be a number of minutes"),
        (["--about", "versoin=1.2"], '--about: there is no key "versoin", did you mean "version"?'),
        (["--about", "ticket"], "--about ticket has no text, should be --about ticket=TEXT"),
        (["--load", "all"], "--load is all, should be a number from 1 to 32"),
        (["--requirement", "LOAD-STORED"], "LOAD-STORED is judged only with --load N"),
        ([CHECKOUT / "conformance/load"], "is judged only with --load N"),
        (["--requirement", "MS-STOW-02"], "MS-STOW-02 is judged only with --profile azure"),
        (["--clause", "10.7"], 'no check is of clause 10.7, did you mean "10.'),
    ],
)
def test_wrong_usage_is_one_sentence_and_exit_code_four(command, arguments, sentence):
    run = command("run", *arguments)

    assert run.code == 4
    assert sentence in run.output
    assert "Traceback" not in run.output
    assert run.results is None


def test_keyword_that_matches_nothing_says_what_may_be_meant(command):
    run = command("run", "-k", "pagng")

    assert run.code == 5
    assert 'no check is selected: "-k pagng" matches none, did you mean "paging"?' in run.output


def test_unreachable_server_stops_the_run_with_exit_code_five(command):
    run = command("run", "http://127.0.0.1:1/dicom-web")

    assert run.code == 5
    assert "stopped before the first check: GET /studies" in run.output
    assert "the connection is refused: nothing listens there" in run.output
    assert run.results is None


def test_other_files_of_the_same_names_can_be_used(command, tmp_path):
    samples = tmp_path / "others"
    samples.mkdir()
    for path in (CHECKOUT / "fixtures").glob("*.dcm"):
        (samples / path.name).write_bytes(path.read_bytes().replace(b"Anony Mous", b"Other Name"))

    run = command("run", WALK, "--samples", samples)

    assert run.verdicts("fail") == run.verdicts("blocked") == []


def test_original_uids_are_refused_where_the_study_is_there_already(command, reference):
    httpx.post(
        f"{reference.url}/studies",
        content=(CHECKOUT / "fixtures" / "blue-circle.dcm").read_bytes(),
        headers={"Content-Type": "application/dicom", "Accept": "application/dicom+json"},
    ).raise_for_status()

    run = command("run", reference.url, "--original-uids")

    study = "1.2.826.0.1.3680043.8.498.13230779778012324449356534479549187420"
    assert run.code == 5
    assert f"the study {study} is already on the server" in run.output
    assert httpx.get(f"{reference.url}/studies/{study}/metadata", headers={"Accept": "*/*"}).status_code == 200
    httpx.delete(f"{reference.url}/studies/{study}").raise_for_status()


class StoreWithoutAnswer(Origin):
    """A store is kept, and its answer does not come for a long time."""

    async def store(self, request):
        await super().store(request)
        await asyncio.sleep(30)
        return Response(status_code=503)


@pytest.fixture
def silent(monkeypatch):
    fault = Fault("store-without-answer", (), "", (), "", StoreWithoutAnswer)
    monkeypatch.setitem(FAULTS, fault.id, fault)
    with Server() as server:
        yield server


def test_killed_run_is_cleaned_up_from_its_ledger(command, endpoints, silent, tmp_path):
    endpoints(f'[pacs]\nurl = "{silent.fault_url("store-without-answer")}"\nsupports = ["delete"]\n')
    words = [sys.executable, "-m", "conformance", "run", "pacs", "-k", "test_store_blue"]
    process = subprocess.Popen(words, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(CHECKOUT)})
    try:
        wait_until(lambda: studies(silent), 30)
    finally:
        process.kill()
        process.wait(10)

    cleanup = command("cleanup", next(tmp_path.glob("reports/pacs/*")), "--endpoint", "pacs", "--yes")

    assert cleanup.code == 0
    assert "1 of 1 study of the ledger proven gone" in cleanup.output
    assert studies(silent) == []


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_run_cleans_up_and_says_so(endpoints, silent, tmp_path, number):
    endpoints(f'[pacs]\nurl = "{silent.fault_url("store-without-answer")}"\nsupports = ["delete"]\n')
    words = [sys.executable, "-m", "conformance", "run", "pacs", "-k", "test_store_blue"]
    # What a shell starts in the background ignores SIGINT, and what that starts too.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(words, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(CHECKOUT)})
    signal.signal(signal.SIGINT, before)
    wait_until(lambda: studies(silent), 30)

    process.send_signal(number)

    assert process.wait(20) == 2
    run = results.read(next(tmp_path.glob("reports/pacs/*")))
    assert (run.overall, run.footer.exit, run.leftovers) == ("incomplete", 2, [])
    assert studies(silent) == []


@pytest.mark.parametrize("arguments", [[], ["rum"], ["serve", "--port", "many"], ["cleanup"]])
def test_unknown_words_are_exit_code_four(command, arguments):
    assert command(*arguments).code == 4


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PYTEST_ADDOPTS", "-n 4 --no-such-option"),
        ("PYTEST_PLUGINS", "no_such_plugin"),
        ("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1"),
    ],
)
def test_options_of_another_project_change_nothing(command, name, value):
    run = command("run", "-k", "test_store_blue", env={name: value})

    assert (run.code, run.results.footer.ran) == (0, 1)
    assert f"{name} is ignored" in run.output
    assert command("explain", "SEED-SEARCH-STUDIES", env={name: value}).code == 0


def pytest_in(folder, *words):
    """Run pytest in a folder, as where the package is installed: without the conftest.py of a checkout above it."""
    site = folder / "site"
    site.mkdir()
    for name in ("conformance", "fixtures"):
        (site / name).symlink_to(CHECKOUT / name)
    env = {**os.environ, "PYTHONPATH": str(site)}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *words]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=120)


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="links need rights")
def test_package_that_pytest_collects_without_the_plugin_is_one_sentence(tmp_path):
    done = pytest_in(tmp_path, "--pyargs", "conformance")

    assert done.returncode == 4
    assert [line for line in done.stderr.splitlines() if line] == [
        "ERROR: the checks need the plugin of the suite, so start them by dicomweb-conformance run, or by pytest "
        "-p conformance.harness.run.plugin --pyargs conformance"
    ]


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="links need rights")
@pytest.mark.parametrize("name", ["conformance", "conformance.scenario", "conformance.scenario.test_sample_study"])
def test_package_that_pytest_collects_with_the_plugin_is_a_run(tmp_path, name):
    plugin = ("-p", "conformance.harness.run.plugin")

    done = pytest_in(tmp_path, *plugin, "--pyargs", name, "-k", "test_store_blue")

    assert done.returncode == 0, done.stdout + done.stderr
    assert results.read(next(tmp_path.glob("reports/embedded/*"))).footer.ran == 1


def test_cleanup_of_something_else_is_one_sentence_and_exit_code_four(command, tmp_path):
    run = command("cleanup", tmp_path)

    assert run.code == 4
    assert "ledger.jsonl cannot be read" in run.output


def studies(server):
    return httpx.get(f"{server.url}/studies", headers={"Accept": "application/dicom+json"}).json()
