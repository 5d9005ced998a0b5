"""A sequence that a server gets wrong is made small, and its script shows the fault to anyone who runs it."""

from __future__ import annotations

import re
import subprocess
from itertools import chain

import pytest

from conformance.harness.data import replay
from conformance.harness.data.replay import Line
from tests.test_removal import lagging  # noqa: F401

SEQUENCES = [["--requirement", f"STATE-00{number}"] for number in (1, 2, 3)]


def replayed(path, **environment):
    done = subprocess.run(["sh", path], capture_output=True, env=environment or None)
    return done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode()


def test_script_shows_the_fault_again(command, reference):
    url = reference.fault_url("restored-metadata-of-the-first")
    run = command("run", url, "--supports", "delete", *SEQUENCES[0])
    check = run.check("state-001")
    assert check.summary.startswith("ImageComments of 2.25.")
    assert "; evidence/state-001/sequence.sh)" in check.summary

    unpacked = command("unpack", run.folder, check.id)
    assert unpacked.code == 0
    assert all(exchange.curl in unpacked.output for exchange in check.evidence)
    code, output, errors = replayed(run.folder / check.files[0])

    assert (code, errors) == (0, "")
    *_, store, retrieve, describe = output.split("\n\n# ")
    again = r"\d+\. store instance \d of series \d of study \d, content 2\n# expected: 200, 202 or 409\nHTTP/1.1 200"
    assert re.match(again, store)
    assert "content 2" in retrieve.partition("HTTP/1.1 200")[2]
    assert describe.partition("\nHTTP/1.1 200")[0].endswith(" with content 2")
    assert '"00204000":{"vr":"LT","Value":["content 1"]}' in describe
    assert len(check.evidence) == 8


def test_delete_that_shows_only_in_a_sequence_is_replayed_too(command, reference):
    run = command("run", reference.fault_url("count-stale-after-delete"), "--supports", "delete", *SEQUENCES[2])
    check = run.check("state-003")

    assert command("unpack", run.folder, check.id).code == 0
    code, output, _ = replayed(run.folder / check.files[0])

    assert code == 0
    assert " is 2, should be 1 (" in check.summary
    assert "HTTP/1.1 204" in output
    assert output.split("NumberOfStudyRelatedInstances ")[-1].startswith("1\n")
    assert '"00201208":{"vr":"IS","Value":[2]}' in output.split("# expected: ")[-1]


def test_sequences_are_few_requests(command):
    run = command("run", "--supports", "delete", *chain(*SEQUENCES))

    assert run.verdicts("pass")[-3:] == ["state-001", "state-002", "state-003"]
    assert run.results.traffic.requests < 1100
    assert run.results.leftovers == []


@pytest.mark.parametrize(("lag", "delay", "verdict"), [(2.0, 0.1, "blocked"), (0.1, 10, "pass"), (0.1, 0, "pass")])
def test_visibility_delay_is_waited_for(command, endpoints, lagging, monkeypatch, lag, delay, verdict):  # noqa: F811
    monkeypatch.setattr("tests.test_removal.LAG", lag)
    endpoints(f'[pacs]\nurl = "{lagging}"\nsupports = ["delete"]\nvisibility_delay = {delay}\n')

    run = command("run", "pacs", "--requirement", "STATE-002")

    assert run.check("state-002").verdict == verdict


def test_sentence_of_a_server_stays_in_its_comment(tmp_path):
    path = tmp_path / "run" / "evidence" / "a-check" / "sequence.sh"
    path.parent.mkdir(parents=True)
    path.write_text(replay.script([Line("it's asked", "$(date)", "echo sent")], "is 1\ntouch harm\r\ntouch harm", 0))

    code, output, _ = replayed(path)

    assert (code, output) == (0, "\n\n# 1. it's asked\n# expected: $(date)\nsent\n")
    assert not list(tmp_path.rglob("harm"))


def test_script_says_which_credentials_are_missing(tmp_path):
    path = tmp_path / "sequence.sh"
    path.write_text(replay.script([Line("ask", "no match", 'echo "Authorization: $DICOMWEB_AUTH"')], "is 1", 0))

    without, given = replayed(path, PATH="/bin"), replayed(path, PATH="/bin", DICOMWEB_AUTH="Bearer token")

    assert without[0] != 0
    assert "DICOMWEB_AUTH: is not set" in without[2]
    assert "Authorization: Bearer token" in given[1]


def test_script_waits_after_what_changes_something():
    lines = [Line("store", "200", "curl -X POST http://pacs/"), Line("ask", "no match", "curl http://pacs/")]

    assert replay.script(lines, "is 1", 2.5).count("sleep 2.5") == 1
    assert "sleep" not in replay.script(lines, "is 1", 0)
