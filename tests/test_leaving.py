"""Nothing is left on a server unless somebody agreed: a run without a removal asks, or stores nothing."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys

import httpx
import pytest

from conformance.reference.server import Server
from conformance.reporting import results
from tests.conftest import CHECKOUT, said_in

ONE = ("-k", "test_store_blue")


def suite(folder, *words, answer=None):
    """Run the command in a folder; with an answer, in a process on a terminal. Exit code and output."""
    if answer is None:
        return said_in(folder, *words)
    command = [sys.executable, "-m", "conformance", *words]
    env = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    with subprocess.Popen(command, cwd=folder, env=env, stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        os.write(ours, answer.encode())
        said = b""
        with contextlib.suppress(OSError):  # of Linux, at the end
            while piece := os.read(ours, 4096):
                said += piece
    os.close(ours)
    return process.returncode, said.decode()


def studies(server):
    return httpx.get(f"{server.url}/studies", headers={"Accept": "application/dicom+json"}).json()


@pytest.fixture
def server():
    with Server() as server:
        yield server


def test_without_a_terminal_nothing_is_stored(server, tmp_path):
    code, said = suite(tmp_path, "run", server.url, *ONE)

    assert code == 4
    (sentence,) = [line for line in said.splitlines() if line]
    assert 'write supports = ["delete"], or removal, into endpoints.toml' in sentence
    assert "--leave" in sentence
    assert studies(server) == []
    assert list(tmp_path.glob("reports/*")) == []


@pytest.mark.skipif(os.name == "nt", reason="there are no pseudo-terminals")
@pytest.mark.parametrize(("answer", "code", "left"), [("\n", 4, 0), ("no\n", 4, 0), ("y\n", 0, 1)])
def test_on_a_terminal_it_asks(server, tmp_path, answer, code, left):
    done, said = suite(tmp_path, "run", server.url, *ONE, answer=answer)

    assert (done, len(studies(server))) == (code, left)
    assert "what this run stores would stay there, 3 instances in 1 study that checks share" in said
    assert "leave it there? [y/N]" in said


def test_leave_agrees_beforehand(server, tmp_path):
    code, said = suite(tmp_path, "run", server.url, *ONE, "--leave")

    assert (code, len(studies(server))) == (0, 1)
    assert "none: what is stored stays" in said
    assert "LEFT OVER 1 study" in said


@pytest.mark.parametrize("words", [("--removal", "dicomweb"), ("--supports", "delete")])
def test_removal_of_the_command_line_leaves_nothing(server, tmp_path, words):
    code, said = suite(tmp_path, "run", server.url, *ONE, *words)

    assert (code, studies(server)) == (0, [])
    assert "CLEAN" in said


def test_embedded_server_needs_no_agreement(tmp_path):
    code, _ = suite(tmp_path, "run", *ONE)

    assert code == 0
    assert results.read(next(tmp_path.glob("reports/*/*"))).leftovers == []


@pytest.mark.parametrize("command", ["run", "cleanup"])
def test_removal_that_is_unknown_is_one_sentence(command, tmp_path, server):
    head = {"run": "20261121-091407-7f3a", "target": "pacs", "url": server.url, "account": "none"}
    (tmp_path / "ledger.jsonl").write_text(json.dumps(head) + "\n")
    words = {"run": ("run", server.url), "cleanup": ("cleanup", ".", "--endpoint", server.url)}[command]

    code, said = suite(tmp_path, *words, "--removal", "nothing-of-this-name")

    assert code == 4
    assert "--removal is nothing-of-this-name, should be dicomweb or orthanc" in said


@pytest.mark.parametrize("words", [("--endpoint", "pacs"), ("--endpoint", "URL", "--removal", "dicomweb")])
def test_cleanup_takes_the_removal_from_the_table_or_the_command_line(server, tmp_path, words):
    suite(tmp_path, "run", server.url, *ONE, "--leave")
    folder = str(next(tmp_path.glob("reports/*/*")))
    (tmp_path / "endpoints.toml").write_text(f'[pacs]\nurl = "{server.url}"\nsupports = ["delete"]\n')

    code, said = suite(tmp_path, "cleanup", folder, *(server.url if word == "URL" else word for word in words), "--yes")

    assert (code, studies(server)) == (0, [])
    assert "1 of 1 study of the ledger proven gone" in said
