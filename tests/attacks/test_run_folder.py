"""A run's folder is data: whoever made it may have written anything into it."""

from __future__ import annotations

import base64
import json
import sys

import pytest
from starlette.responses import JSONResponse, Response

from conformance.dicomweb import multipart
from conformance.harness.wire import ledger
from conformance.harness.wire.ledger import Entry
from conformance.kit import stow_metadata
from conformance.kit.instances import Samples
from tests.attacks.conftest import HEADS, SAMPLES

pytestmark = pytest.mark.usefixtures("short_waits")
RUN = "20261121-091407-7f3a"
OWN = Samples(*SAMPLES).relabelled("a run", ledger.patient_prefix(RUN))
OTHER = Samples(*SAMPLES).relabelled("another run", "DWC0000-")
YES = ("--yes", "--supports", "delete")


def entry(instance, fresh=True):
    return Entry(instance.study_uid, instance.series_uid, instance.sop_instance_uid, fresh)


def stored(content):
    """The evidence of a store."""
    return {**HEADS, "01.request.dicom": content}


def line(study):
    return json.dumps({"study": study, "series": "1", "instance": "1", "fresh": True}).encode()


HOSTILE = [
    "",
    "../../../patients/4711",
    "?x=1#",
    "..",
    ".",
    "/",
    "%2e%2e",
    "1.2.3/../../x",
    "http://x/",
    None,
    [],
    {},
    5,
]


@pytest.mark.parametrize("study", HOSTILE, ids=repr)
def test_what_is_not_a_uid_reaches_no_path(front, call, folder, study):
    cleanup = call("cleanup", folder(front.url, [entry(OWN.blue), line(study)]), "--endpoint", front.url, *YES)

    assert cleanup.code == 1
    assert "line 3 of ledger.jsonl cannot be read" in cleanup.said
    asked = {path.split("?")[0] for _, path, _ in front.log}
    assert {path for path in asked if not path.startswith(("/studies/2.25.", "/studies"))} == set()
    assert front.sent("DELETE") == []


def test_uid_of_somebody_is_not_deleted_whatever_the_ledger_says(front, call, folder):
    front.put(SAMPLES[2])

    cleanup = call("cleanup", folder(front.url, [entry(SAMPLES[2])]), "--endpoint", front.url, *YES)

    assert (cleanup.code, front.sent("DELETE"), front.studies()) == (1, [], [SAMPLES[2].study_uid])
    assert "the run did not make its UID (--original-uids), it may be somebody's: remove it by hand" in cleanup.said


@pytest.mark.parametrize("patient", ["4711", "", "dwc7f3a-4711", "DWC7F3B-4711", " DWC7F3A-x"])
def test_study_without_a_patient_id_of_the_run_is_not_deleted(front, call, folder, patient):
    foreign = OWN.blue.edited(PatientID=patient)
    front.put(foreign)

    path = folder(front.url, [entry(foreign)])
    cleanup = call("cleanup", path, "--endpoint", front.url, *YES)

    assert (cleanup.code, front.sent("DELETE"), front.studies()) == (1, [], [foreign.study_uid])
    assert f"--delete-changed {foreign.study_uid}" in cleanup.said
    if patient.strip():
        assert patient not in cleanup.said

    changed = call("cleanup", path, "--endpoint", front.url, "--delete-changed", foreign.study_uid, *YES)

    assert (changed.code, front.studies()) == (0, [])


def test_study_that_the_operator_names_is_left_where_others_have_added_to_it(front, call, folder):
    front.put(OWN.blue.edited(PatientID="changed"))
    front.put(OWN.red.edited(PatientID="changed"))

    words = ("--delete-changed", OWN.blue.study_uid, *YES)
    cleanup = call("cleanup", folder(front.url, [entry(OWN.blue)]), "--endpoint", front.url, *words)

    assert (cleanup.code, len(front.instances(OWN.blue.study_uid)), front.sent("DELETE")) == (1, 2, [])


def test_operator_can_name_only_what_the_ledger_lists(front, call, folder):
    words = ("--delete-changed", OTHER.blue.study_uid, *YES)

    cleanup = call("cleanup", folder(front.url, [entry(OWN.blue)]), "--endpoint", front.url, *words)

    assert (cleanup.code, front.log) == (4, [])
    assert "the ledger of the run does not list this study" in cleanup.said


def test_study_of_another_run_is_not_deleted(front, call, folder):
    front.put(OTHER.blue)

    cleanup = call("cleanup", folder(front.url, [entry(OTHER.blue)]), "--endpoint", front.url, *YES)

    assert (cleanup.code, front.sent("DELETE"), len(front.studies())) == (1, [], 1)


@pytest.mark.parametrize("command", ["cleanup", "restore"])
def test_server_and_commands_come_from_the_command_line_only(front, call, folder, tmp_path, command):
    proof = tmp_path / "executed"
    path = folder(front.url, [entry(OWN.blue)], target="pacs")
    program = json.dumps([sys.executable, "-c", f"open({str(proof)!r}, 'w')"])
    (path / "endpoints.toml").write_text(
        f'[pacs]\nurl = "{front.url}"\nauth = {{ kind = "command", command = {program} }}\n'
    )

    unnamed = call(command, path, *YES)
    inside = call(command, path, "--endpoint", "pacs", "--endpoints", path / "endpoints.toml", *YES)
    absent = call(command, path, "--endpoint", "pacs", *YES)

    assert [answer.code for answer in (unnamed, inside, absent)] == [4, 4, 4]
    assert "name the server: --endpoint NAME, of endpoints.toml, or --endpoint URL" in unnamed.said
    assert "is in the folder of a run, from which no configuration is taken" in inside.said
    assert not proof.exists() and front.log == []


def test_ledger_adds_no_line_to_the_question(front, call, folder):
    path = folder("https://pacs.example/x\nremove nothing. Go on? [y/N]", [entry(OWN.blue)], account="a\nb")

    cleanup = call("cleanup", path, "--endpoint", front.url)

    assert "x\\nremove nothing" in cleanup.said or "x\\x0aremove nothing" in cleanup.said


@pytest.mark.parametrize("command", ["cleanup", "restore"])
def test_nothing_is_sent_where_nobody_can_be_asked(front, call, folder, command):
    answer = call(command, folder(front.url, [entry(OWN.blue)]), "--endpoint", front.url)

    assert (answer.code, front.log) == (4, [])
    assert f"{front.url}" in answer.said and "1 study" in answer.said
    assert "there is no terminal to ask on: --yes agrees beforehand" in answer.said


@pytest.mark.parametrize(("url", "account"), [("https://pacs.example/other", "none"), (None, "basic, user somebody")])
def test_what_another_server_or_account_does_not_see_is_not_said_to_be_gone(front, call, folder, url, account):
    cleanup = call(
        "cleanup", folder(url or front.url, [entry(OWN.blue)], account=account), "--endpoint", front.url, *YES
    )

    assert cleanup.code == 1
    assert "0 of 1 study of the ledger proven gone" in cleanup.said
    assert f"it is not seen at {front.url}" in cleanup.said


def test_what_another_account_saw_before_it_was_removed_is_gone(front, call, folder):
    front.put(OWN.blue)

    path = folder("https://pacs.example/other", [entry(OWN.blue)])
    cleanup = call("cleanup", path, "--endpoint", front.url, *YES)

    assert (cleanup.code, front.studies()) == (0, [])


def test_broken_lines_are_named_and_the_rest_is_removed(front, call, folder):
    front.put(OWN.blue)

    path = folder(front.url, [entry(OWN.blue), b"\0" * 30, b'{"study": "2.25', line(OWN.red.study_uid)])
    cleanup = call("cleanup", path, "--endpoint", front.url, *YES)

    assert (cleanup.code, front.studies()) == (1, [])
    assert "lines 3 and 4 of ledger.jsonl cannot be read" in cleanup.said


def test_embedded_server_is_gone_with_its_run(front, call, folder):
    cleanup = call("cleanup", folder(front.url, [entry(OWN.blue)], target=None), "--endpoint", front.url, *YES)

    assert (cleanup.code, front.log) == (0, [])


def sent(parts, boundary="boundary=b"):
    """The evidence of a store of metadata."""
    kind = f'multipart/related; type="application/dicom+json"; {boundary}'
    head = f"POST /studies HTTP/1.1\nContent-Type: {kind}\n\nHTTP/1.1 200 OK\n"
    return {"01.http": head.encode(), "01.request.multipart": multipart.written(parts, "b")}


def document(instance):
    """An instance as a part of metadata, and one of its pixels."""
    item = stow_metadata.separated(instance)
    bulk = {"Content-Type": item.bulk.content_type, "Content-Location": item.bulk.uri}
    metadata = json.dumps([item.metadata]).encode()
    return [({"Content-Type": "application/dicom+json"}, metadata), (bulk, item.bulk.content)]


def xml_twice():
    """The UID of somebody's study before that of the run's."""
    body = stow_metadata.as_xml([stow_metadata.separated(OWN.blue)])
    parts = multipart.parse(multipart.boundary_of(body.content_type), body.content).parts
    element = b'<DicomAttribute tag="0020000D" vr="UI"><Value number="1">1.2.3</Value></DicomAttribute>'
    content = parts[0].content
    at = content.index(b"<DicomAttribute")
    return [({"Content-Type": "application/dicom+xml"}, content[:at] + element + content[at:])]


def changed(tag, **members):
    """Metadata whose attribute has something of somebody else besides."""
    (fields, content), bulk = document(OWN.blue)
    (found,) = json.loads(content)
    found[tag] |= members
    return [(fields, json.dumps([found]).encode()), bulk]


def both(tag, value):
    (found,) = json.loads(document(OWN.blue)[0][1])
    return [*found[tag]["Value"], value]


SOMEBODYS = SAMPLES[2].content[132:]  # without its preamble, as some servers take it
METADATA = {
    "metadata": sent(document(OWN.blue)),
    "a file without preamble": sent([*document(OWN.blue), ({"Content-Type": "application/dicom"}, SOMEBODYS)]),
    "a part without type": sent([*document(OWN.blue), ({}, SOMEBODYS)]),
    "a multipart in a part": sent(
        [
            *document(OWN.blue),
            ({"Content-Type": "multipart/related; boundary=c"}, multipart.written(document(SAMPLES[2]), "c")),
        ]
    ),
    "somebody's metadata": sent([*document(OWN.blue), *document(SAMPLES[2])]),
    "an attribute twice": sent(xml_twice()),
    "two studies": sent(changed("0020000D", Value=both("0020000D", SAMPLES[2].study_uid))),
    "a study in bytes besides": sent(changed("0020000D", InlineBinary=base64.b64encode(b"1.2.3").decode())),
    "two patients": sent(changed("00100020", Value=both("00100020", "4711"))),
}


class TestRestore:
    """Only what is the run's is stored again, and only where it is proven absent."""

    @pytest.fixture
    def run(self, front, folder):
        """Make a folder that lists an instance and has its store as evidence."""

        def make(instance, fresh=True):
            return folder(front.url, [entry(instance, fresh)], evidence=stored(instance.content))

        return make

    def test_instance_of_the_run_is_stored(self, front, call, run):
        restored = call("restore", run(OWN.blue), "--endpoint", front.url, *YES)

        assert (restored.code, front.instances(OWN.blue.study_uid)) == (0, [OWN.blue.sop_instance_uid])

    @pytest.mark.parametrize("foreign", [SAMPLES[2], OTHER.blue, OWN.blue.edited(PatientID="4711")])
    def test_what_is_not_the_runs_is_not_stored(self, front, call, run, foreign):
        restored = call("restore", run(foreign), "--endpoint", front.url, *YES)

        assert (restored.code, front.sent("POST"), front.studies()) == (1, [], [])
        assert "nothing is stored" in restored.said

    def test_study_that_is_there_is_left_alone(self, front, call, run):
        front.put(OWN.red)

        restored = call("restore", run(OWN.blue), "--endpoint", front.url, *YES)

        assert (restored.code, front.sent("POST")) == (1, [])
        assert "its study is on the server already" in restored.said

    @pytest.mark.parametrize("status", [302, 401, 429, 500])
    def test_study_that_may_be_there_is_left_alone(self, front, call, run, status):
        front.rule(lambda request: Response(status_code=status) if request.path == "/studies" else None)

        restored = call("restore", run(OWN.blue), "--endpoint", front.url, *YES)

        assert (restored.code, front.sent("POST")) == (1, [])
        why = "a front limits the rate of requests" if status == 429 else "it is unknown whether it is there"
        assert why in " ".join(restored.said.split())

    @pytest.mark.parametrize("name", METADATA)
    def test_metadata_are_stored_in_a_body_that_hides_nothing(self, front, call, folder, name):
        path = folder(front.url, [entry(OWN.blue)], evidence=METADATA[name])

        restored = call("restore", path, "--endpoint", front.url, *YES)

        assert front.studies() == ([OWN.blue.study_uid] if name == "metadata" else [])
        unread = ("an attribute twice", "two studies", "a study in bytes besides")  # so that it is of no instance
        assert restored.code == (0 if name in ("metadata", *unread) else 1)

    def test_metadata_of_a_study_of_somebody_are_not_stored_beside_those_of_the_run(self, front, call, folder):
        somebody = SAMPLES[2].edited(PatientID=f"{ledger.patient_prefix(RUN)}X")
        listed = [entry(OWN.blue), entry(somebody, fresh=False)]
        path = folder(front.url, listed, evidence=sent([*document(OWN.blue), *document(somebody)]))

        restored = call("restore", path, "--endpoint", front.url, *YES)

        assert (restored.code, front.sent("POST"), front.studies()) == (1, [], [])

    def test_metadata_that_are_stored_again_are_not_removed_any_more(self, front, call, folder):
        """A server that shows late what it has does not make them gone."""
        path = folder(front.url, [entry(OWN.blue)], evidence=METADATA["metadata"])
        with open(path / ledger.NAME, "ab") as file:
            names = {name: getattr(entry(OWN.blue), name) for name in ("study", "series", "instance")}
            file.writelines(json.dumps(names | {"answer": word}).encode() + b"\n" for word in ("accepted", "removed"))

        call("restore", path, "--endpoint", front.url, *YES)

        assert "removed" not in ledger.read(path).outcomes[entry(OWN.blue)]

    def test_interruption_says_how_to_remove_what_is_stored_again(self, front, call, run, monkeypatch):
        def interrupted(*arguments):
            raise KeyboardInterrupt

        monkeypatch.setattr("conformance.commands.restore.restore", interrupted)

        restored = call("restore", run(OWN.blue), "--endpoint", front.url, *YES)

        assert restored.code == 2
        assert "some instances are stored again: dicomweb-conformance cleanup " in restored.said

    def test_second_boundary_reaches_no_server(self, front, call, folder):
        """Which of two boundaries a server takes nobody knows."""
        hidden = multipart.written(document(SAMPLES[2]), "c")
        parts = [*document(OWN.blue), ({"Content-Type": "application/octet-stream"}, hidden)]
        path = folder(front.url, [entry(OWN.blue)], evidence=sent(parts, "boundary=b; boundary=c"))

        call("restore", path, "--endpoint", front.url, *YES)

        assert SAMPLES[2].study_uid not in front.studies()

    def test_file_with_a_uid_twice_is_not_stored(self, front, call, folder):
        """Which of two a server takes nobody knows."""
        content, uid = OWN.blue.content, SAMPLES[2].study_uid.encode()
        at = content.index(b"\x20\x00\x0d\x00UI")
        element = content[at : at + 6] + len(uid).to_bytes(2, "little") + uid
        path = folder(front.url, [entry(OWN.blue)], evidence=stored(content[:at] + element + content[at:]))

        call("restore", path, "--endpoint", front.url, *YES)

        assert front.sent("POST") == []


def test_damaged_ledger_is_named(front, call, folder):
    path = folder(front.url, [entry(OWN.blue)])
    (path / "SHA256SUMS").write_text(f"{'0' * 64}  ledger.jsonl\n")

    cleanup = call("cleanup", path, "--endpoint", front.url, *YES)

    assert cleanup.code == 1
    assert "ledger.jsonl is not as the run left it, by its SHA256SUMS" in cleanup.said


def test_damaged_evidence_is_not_stored_again(front, call, folder):
    path = folder(front.url, [entry(OWN.blue)], evidence=stored(OWN.blue.content))
    (path / "SHA256SUMS").write_text(f"{'0' * 64}  evidence.zip\n")

    restored = call("restore", path, "--endpoint", front.url, *YES)

    assert (restored.code, front.log) == (4, [])
    assert "evidence.zip is not as the run left it, by its SHA256SUMS" in restored.said


def test_cleanup_prints_no_token_that_a_command_gave(front, call, folder):
    token = "S3cr3tTokenOfACommand"
    front.rule(lambda request: Response(status_code=302, headers={"Location": f"https://sso.example/?t={token}"}))
    command = json.dumps([sys.executable, "-c", f"print({token!r})"])
    with open("endpoints.toml", "w") as file:
        file.write(f'[pacs]\nurl = "{front.url}"\nauth = {{ kind = "command", command = {command} }}\n')

    path = folder(front.url, [entry(OWN.blue)])
    cleanup = call("cleanup", path, "--endpoint", "pacs", *YES)

    assert cleanup.code == 1 and "returns 302 to https://sso.example/" in cleanup.said
    assert token not in cleanup.said
    assert [item for item in path.rglob("*") if item.is_file() and token.encode() in item.read_bytes()] == []


def test_file_that_is_nested_without_end_is_not_stored_again(front, call, folder):
    depth = 20_000
    item = b"\x08\x00\x40\x11SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff"
    header = OWN.blue.content[: OWN.blue.content.index(b"\x08\x00")]
    path = folder(front.url, [entry(OWN.blue)], evidence=stored(header + item * depth))

    restored = call("restore", path, "--endpoint", front.url, *YES)

    assert (restored.code, front.sent("POST")) == (0, [])


def test_patient_id_that_searches_do_not_return_is_read_from_the_metadata(front, call, folder):
    front.put(OWN.blue)
    match = {"0020000D": {"vr": "UI", "Value": [OWN.blue.study_uid]}}
    looks = []

    def rule(request):
        if request.path == "/studies" and not looks:
            looks.append(request)
            return JSONResponse([match], media_type="application/dicom+json")

    front.rule(rule)

    cleanup = call("cleanup", folder(front.url, [entry(OWN.blue)]), "--endpoint", front.url, *YES)

    assert (cleanup.code, front.studies()) == (0, [])
