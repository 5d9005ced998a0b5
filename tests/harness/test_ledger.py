"""The ledger survives the run that wrote it, and nothing is stored that it could not list."""

from __future__ import annotations

import json
import os

import pytest

from conformance.dicomweb.messages import Request, Response
from conformance.harness.wire.ledger import (
    NAME,
    Entry,
    Ledger,
    Origin,
    UnreadableLedger,
    entry_of,
    outcomes_of,
    patient_prefix,
    read,
)
from conformance.kit.instances import read_samples
from conformance.kit.verdicts import Blocked
from tests.conftest import CHECKOUT

RUN = "20261121-091407-7f3a"
ORIGIN = Origin(RUN, "pacs", "https://pacs.example/dicom-web", "basic, user acceptance")
ONE, TWO = Entry("2.25.1", "2.25.11", "2.25.111", True), Entry("2.25.1", "2.25.11", "2.25.112", True)
SAMPLES = read_samples(CHECKOUT / "fixtures").all


@pytest.mark.skipif(os.name == "nt", reason="folders cannot be opened there")
def test_file_and_its_name_are_on_the_disk_before_anything_is_sent(tmp_path, monkeypatch):
    synced, fsync = [], os.fsync
    monkeypatch.setattr(os, "fsync", lambda file: (synced.append(os.fstat(file).st_ino), fsync(file)))

    Ledger(tmp_path, ORIGIN).will_store([ONE])

    assert synced == [(tmp_path / NAME).stat().st_ino, tmp_path.stat().st_ino]


def test_what_is_listed_is_read_again(tmp_path):
    ledger = Ledger(tmp_path, ORIGIN)

    ledger.will_store([ONE])
    ledger.will_store([ONE, TWO])
    ledger.answered([(ONE, "accepted"), (TWO, None)])
    ledger.answered([(ONE, "accepted"), (TWO, "refused")])

    kept = read(tmp_path)
    assert (kept.origin, kept.entries, kept.broken) == (ORIGIN, [ONE, TWO], [])
    assert (kept.outcomes[ONE], kept.outcomes[TWO]) == ({"repeated", "accepted"}, {"refused"})
    assert len((tmp_path / NAME).read_text().splitlines()) == 6


def test_line_that_was_cut_by_a_kill_was_not_sent_yet(tmp_path):
    Ledger(tmp_path, ORIGIN).will_store([ONE, TWO])
    path = tmp_path / NAME

    path.write_bytes(path.read_bytes()[:-10])

    kept = read(tmp_path)
    assert (kept.origin, kept.entries, kept.broken) == (ORIGIN, [ONE], [])


@pytest.mark.parametrize(
    "damage", [b"\x00" * 40, b'{"study":"2.25.1","ser', b'{"study":null}', b"[]", b'{"study":"2.25.1"}', b"x" * 10_000]
)
def test_broken_line_is_numbered_and_the_others_are_read(tmp_path, damage):
    Ledger(tmp_path, ORIGIN).will_store([ONE, TWO])
    path = tmp_path / NAME
    head, one, two = path.read_bytes().splitlines()

    path.write_bytes(b"\n".join([head, one, damage, two, b""]))

    kept = read(tmp_path)
    assert (kept.entries, kept.broken) == ([ONE, TWO], [3])


@pytest.mark.parametrize("study", ["", "../../../patients/4711", "?x=1#", "1.2/../3", None, ["2.25.1"], 4711, "1.02.3"])
def test_study_that_is_not_a_uid_is_a_broken_line(tmp_path, study):
    Ledger(tmp_path, ORIGIN).will_store([ONE])
    with open(tmp_path / NAME, "a") as file:
        file.write(json.dumps({"study": study, "series": "1", "instance": "1", "fresh": True}) + "\n")

    kept = read(tmp_path)
    assert (kept.entries, kept.broken) == ([ONE], [3])


@pytest.mark.parametrize(
    "head",
    [
        b"{}",
        b'{"target": 5}',
        b'{"run": "DWC", "target": "pacs", "url": "", "account": ""}',
        b'{"target": "pacs", "file": "endpoints.toml", "claims": ["delete"]}',
    ],
)
def test_run_whose_first_line_is_broken_is_named_by_its_folder(tmp_path, head):
    folder = tmp_path / RUN
    folder.mkdir()
    entry = json.dumps({"study": "2.25.1", "series": "2.25.11", "instance": "2.25.111", "fresh": True})
    (folder / NAME).write_bytes(head + b"\n" + entry.encode() + b"\n")

    kept = read(folder)
    assert (kept.origin.run, kept.origin.url, kept.entries, kept.broken) == (RUN, "", [ONE], [1])


@pytest.mark.parametrize("content", [b"", b"[]\n", b'{"target": 1}\n', b"not json\n", b"\xff\n", b"\x00" * 100])
def test_file_that_is_not_a_ledger_is_refused(tmp_path, content):
    (tmp_path / NAME).write_bytes(content)

    with pytest.raises(UnreadableLedger, match=NAME):
        read(tmp_path)


def test_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / NAME)

    with pytest.raises(UnreadableLedger, match="it is not a file"):
        read(tmp_path)


@pytest.mark.parametrize("run", ["", "DWC", "../20261121-091407-7f3a", "20261121-091407-7F3A", "20261121-091407-"])
def test_prefix_comes_of_the_id_of_a_run_only(run):
    with pytest.raises(ValueError, match="is not the id of a run"):
        patient_prefix(run)


def test_prefix_of_a_run():
    assert patient_prefix(RUN) == "DWC7F3A-"


@pytest.fixture
def full(tmp_path, monkeypatch):
    """A ledger whose disk is full, after half of what is written."""
    ledger = Ledger(tmp_path, ORIGIN)
    ledger.will_store([ONE])

    def fail(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    return ledger


def test_what_could_not_be_listed_is_not_stored_and_nothing_after_it(full, tmp_path):
    for entries in ([TWO], [TWO], [ONE]):
        with pytest.raises(Blocked, match="No space left on device.*: nothing more is stored") as blocked:
            full.will_store(entries)
        assert blocked.value.by == "the ledger"

    assert full.entries == [ONE]
    kept = read(tmp_path)
    assert (kept.origin, kept.entries, kept.broken) == (ORIGIN, [ONE], [])


def test_head_is_written_by_the_first_store_that_can_be_listed(tmp_path):
    ledger = Ledger(tmp_path / "nowhere", ORIGIN)

    with pytest.raises(Blocked, match="No such file"):
        ledger.will_store([ONE])

    assert ledger.entries == []


def item(instance):
    return {"00081155": {"vr": "UI", "Value": [instance.sop_instance_uid]}}


RED, GREEN, BLUE = SAMPLES
BOTH = {"00081199": {"vr": "SQ", "Value": [item(RED)]}, "00081198": {"vr": "SQ", "Value": [item(GREEN)]}}


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (200, {}, ["accepted"] * 3),
        (202, BOTH, ["accepted", "refused", "accepted"]),
        (409, BOTH, ["accepted", "refused", "refused"]),
        (409, {}, ["refused"] * 3),
        (413, None, ["refused"] * 3),
        (302, None, ["refused"] * 3),
        (500, None, [None] * 3),
        (503, {}, [None] * 3),
    ],
)
def test_outcome_of_a_store_is_what_the_response_says_of_each_instance(status, body, expected):
    content = b"<html>" if body is None else json.dumps(body).encode()

    response = Response(status, "", (), content, Request("POST", "", "", ()))

    assert list(outcomes_of(SAMPLES, response)) == expected


def test_entry_of_an_instance():
    assert entry_of(BLUE) == Entry(BLUE.study_uid, BLUE.series_uid, BLUE.sop_instance_uid, False)
