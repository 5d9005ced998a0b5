"""The walk against a server that nobody here wrote."""

from __future__ import annotations

from tests.conftest import CHECKOUT, ORTHANC_REMOVAL

WALK = CHECKOUT / "conformance" / "scenario" / "test_sample_study.py"


def test_samples_can_be_stored_as_they_are(command, configured, orthanc):
    run = command("run", "orthanc", WALK, "--original-uids", "--samples", CHECKOUT / "fixtures", env=configured)

    assert "1.2.826.0.1.3680043.8.498.13230779778012324449356534479549187420" in run.results.stored
    assert run.verdicts("fail") == []
    assert orthanc.studies() == []


def test_password_is_in_no_file(command, configured, orthanc):
    run = command("run", "orthanc", WALK, env=configured)

    assert run.verdicts("fail") == []
    for path in run.folder.rglob("*"):
        assert path.is_dir() or orthanc.password.encode() not in path.read_bytes()


def test_wrong_password_stops_the_run_with_one_sentence(command, configured):
    run = command("run", "orthanc", env={"ORTHANC_PASSWORD": "no horse at all"})

    assert run.code == 5
    assert "returns 401 with the credentials given, should be 200" in run.output
    assert 'it asks for Basic realm="Orthanc Secure Area"' in run.output


def test_web_page_instead_of_a_service_stops_the_run_with_one_sentence(command, orthanc, endpoints, configured):
    text = endpoints("").parent / "endpoints.toml"
    text.write_text(
        f'[orthanc]\nurl = "{orthanc.root}/app/explorer.html"\n'
        f'auth = {{ kind = "basic", username = "{orthanc.user}", password = {{ env = "ORTHANC_PASSWORD" }} }}\n'
    )

    run = command("run", "orthanc", env=configured)

    assert run.code == 5
    assert "no DICOMweb service is there; is the path of the URL right?" in run.output


def test_study_that_cannot_be_removed_is_listed_and_cleaned_up_later(command, configured, orthanc, tmp_path):
    path = tmp_path / "endpoints.toml"
    text = path.read_text()
    path.write_text(text.replace(ORTHANC_REMOVAL, ""))
    run = command("run", "orthanc", "-k", "test_store_blue", env=configured)
    assert [leftover.study for leftover in run.results.leftovers] == run.results.stored
    assert len(orthanc.studies()) == 1

    path.write_text(text)
    cleanup = command("cleanup", run.folder, "--endpoint", "orthanc", "--yes", env=configured)

    assert cleanup.code == 0
    assert orthanc.studies() == []
