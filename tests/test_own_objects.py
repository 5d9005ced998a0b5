"""A run with objects of the operator's own: judged like any kind, named in the report, and shown nowhere."""

from __future__ import annotations

import hashlib
import re

import pytest

from conformance.reference import ingest
from tests.attacks.test_foreign import leaks
from tests.tools import own_objects
from tests.tools.contents import of_evidence
from tests.tools.own_objects import MARKERS, Folder

OWN = ("-k", "own_object")
BIG = 1024  # bytes of a private value


@pytest.fixture
def folder(tmp_path):
    """A few objects: images native and compressed, a report, and one with a large private value."""
    folder = Folder(tmp_path / "mkfilename")
    for name in ("CT_small.dcm", "MR_small_RLE.dcm", "test-SR.dcm"):
        folder.real(name)
    folder.add("private.dcm", own_objects.private(folder, 2000))
    return folder


@pytest.mark.slow
def test_dozen_objects_beside_hostile_files_are_judged_and_shown_nowhere(command, tmp_path):
    path = tmp_path / "mkfilename"
    own_objects.hostile(own_objects.dozen(path))

    # One of them has private elements without a creator, which no rule about the server's documents is about.
    run = command("run", "--objects", path, "-k", "own_object or whole_run_json", "--har")

    assert run.code == 0, run.output
    objects = run.results.objects
    assert len(objects.taken) == 21 and len(objects.left) == 8 and objects.files == 29
    for item in objects.taken:
        of_it = [check for check in run.results.checks if item.name in check.kinds]
        assert len(of_it) == 17 and all(check.id.endswith(f".own.{item.name}") for check in of_it)
        assert {check.verdict for check in of_it} <= {"pass", "not supported"}
        assert {"store", "retrieve", "search"} == {check.transaction for check in of_it if check.verdict == "pass"}
    assert leaks(run, MARKERS) == {}
    page = (run.folder / "conformance.html").read_text()
    assert "Own objects" in page and all(item.name in page for item in objects.taken)
    assert "no decoder of JPEG-LS Lossless Image Compression is installed" in page
    assert run.results.leftovers == []


@pytest.mark.slow
def test_bodies_and_paths_are_kept_only_on_demand(command, folder):
    shy, open_ = (command("run", "--objects", folder.path, *OWN, *more) for more in ((), ("--keep-foreign",)))

    assert leaks(shy, MARKERS) == {} and not {item.file for item in shy.results.objects.taken} - {""}
    exchanges = [each for check in shy.results.checks for each in check.evidence if "object-" in each.path]
    reads = [each.url for each in exchanges if "population.object-" in each.path and each.method == "GET"]
    own = {study for study in shy.results.stored if any(study in url for url in reads)}
    about = [each for each in exchanges if each.method == "POST" or any(study in each.url for study in own)]
    assert len(own) == 1 and all(each.request_body.path is None for each in about)
    assert all(each.response_body.path is None for each in about if each.method == "GET" and each.status == 200)
    assert {item.file for item in open_.results.objects.taken} == {
        *("private.dcm", "mkfilename/CT_small.dcm", "mkfilename/MR_small_RLE.dcm", "mkfilename/test-SR.dcm")
    }
    assert any(b"Xmorgan" in content for content in of_evidence(open_.folder).values())


@pytest.fixture
def dropping(monkeypatch):
    """Let our server leave private values of more than a kilobyte out of what it stores."""
    read = ingest.read

    def without(path):
        content = path.read_bytes()
        at = content.find(b"\x99\x00\x01\x10UN")
        if at >= 0 and (size := int.from_bytes(content[at + 8 : at + 12], "little")) > BIG:
            path.write_bytes(content[:at] + content[at + 12 + size :])
        return read(path)

    monkeypatch.setattr(ingest, "read", without)


@pytest.mark.slow
def test_object_that_a_server_changes_is_named(command, reference, dropping, folder):
    own = own_name(folder.path / "private.dcm")

    run = command("run", reference.url, "--objects", folder.path, *OWN)

    assert run.code == 1
    failed = run.verdicts("fail")
    assert f"retrieve-inst-001.own.{own}" in failed
    assert {name.rpartition(".")[2] for name in failed} == {own}
    deviation = run.check(f"retrieve-inst-001.own.{own}").deviation
    assert (deviation.subject, deviation.found) == ("(0099,1001)", "absent")
    assert leaks(run, MARKERS) == {}
    row = re.search(rf"<tr><th[^>]*>[^<]*<br><code>{own}</code>.*?</tr>", page(run), re.DOTALL)[0]
    assert "(0099,1001) is absent" in row and f"retrieve-inst-001.own.{own}" in row


def own_name(path):
    return f"object-{hashlib.sha256(path.read_bytes()).hexdigest()[:8]}"


def page(run):
    return (run.folder / "conformance.html").read_text()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--original-uids"], "own objects are only copied"),
        (["--profile", "read-only", "--study", "1.2.3"], "nothing is stored under the profile read-only"),
    ],
)
def test_what_contradicts_own_objects_is_refused(command, folder, words, said):
    run = command("run", "http://127.0.0.1:9/dicom-web", "--objects", folder.path, *words)

    assert run.code == 4 and said in run.output and run.folder is None


def test_identity_is_refused_before_anything_is_sent(command, tmp_path):
    Folder(tmp_path / "named", removed="NO").real("CT_small.dcm")

    run = command("run", "http://127.0.0.1:9/dicom-web", "--objects", tmp_path / "named")

    assert run.code == 4 and "--objects-with-identity" in run.output and "http://127.0.0.1:9/dicom-web" in run.output
    assert not [marker for marker in MARKERS if marker.lower() in run.output.lower()]


def test_folder_may_be_configured(command, endpoints, tmp_path):
    endpoints('[pacs]\nurl = "http://127.0.0.1:9/dicom-web"\nobjects = "there"\n')
    assert "there is not a folder" in command("run", "pacs").output
    Folder(tmp_path / "there", removed="NO").real("CT_small.dcm")

    run = command("run", "pacs")

    assert run.code == 4 and "1 of 1 own object does not say" in run.output


def test_command_lists_the_files(command, folder):
    (folder.path / "text.txt").write_text("text")

    listed = command("objects", folder.path)

    assert listed.code == 0
    assert re.search(r"\n +2  object-[0-9a-f]{8}   mkfilename/MR_small_RLE.dcm: MR Image Storage, MR, ", listed.output)
    assert "text.txt: is left out: it is not a DICOM file" in listed.output
    assert "4 objects of 5 files" in listed.output
    folder.removed = "NO"
    folder.real("MR_small.dcm")
    again = command("objects", folder.path)
    assert again.code == 1 and "Patient Identity Removed is not YES" in again.output
