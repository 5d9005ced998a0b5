"""evidence.zip of a run: written while it goes on, whatever ends it; read as what anybody may have made."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
import zipfile
import zlib
from io import BytesIO

import pytest

from conformance.__main__ import main
from conformance.harness.wire import packing
from conformance.harness.wire.packing import Packer
from conformance.reporting import curl, evidence, results, sums
from conformance.reporting.evidence import Evidence, UnreadableEvidence
from tests.conftest import CHECKOUT, wait_until
from tests.tools.contents import of_evidence, packed, raw

HTTP, BODY = "evidence/check/01.http", "evidence/check/01.request.dicom"
GOOD = {HTTP: b"POST /studies HTTP/1.1\n\nHTTP/1.1 200 OK\n", BODY: bytes(1000)}


@pytest.fixture
def run(tmp_path):
    """The folder of a run, with its evidence."""
    folder = tmp_path / "run"
    folder.mkdir()
    packed(folder, GOOD)
    return folder


def refused(folder, capsys, *words):
    """`unpack` says in one sentence why not, and writes nothing."""
    before = sorted(folder.rglob("*"))
    assert main(["unpack", str(folder), *words]) == 4
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)
    assert sorted(folder.rglob("*")) == before
    return said.err


# What is written


def test_other_programs_read_it(run):
    with zipfile.ZipFile(run / evidence.NAME) as file:
        assert {name: file.read(name) for name in file.namelist()} == GOOD
        assert file.testzip() is None


def test_many_entries_are_read_by_other_programs_too(tmp_path):
    found, contents, at = {}, [], 0
    for number in range(65_600):
        name = f"evidence/check/{number}.http"
        found[name] = evidence.Entry(at, 0, 2, 0)
        contents.append(evidence.header(name, found[name]) + b"\3\0")
        at += len(contents[-1])
    (tmp_path / evidence.NAME).write_bytes(b"".join(contents) + evidence.directory(found, at))

    with zipfile.ZipFile(tmp_path / evidence.NAME) as file:
        assert len(file.namelist()) == 65_600
        assert file.read("evidence/check/65599.http") == b""
    assert (len(Evidence(tmp_path).entries), Evidence(tmp_path).whole) == (65_600, True)


def test_same_evidence_is_the_same_file(run, tmp_path):
    packed(tmp_path, GOOD)

    assert (tmp_path / evidence.NAME).read_bytes() == (run / evidence.NAME).read_bytes()


def test_file_that_is_there_is_not_written_over(run):
    before = (run / evidence.NAME).read_bytes()
    packer = Packer(run / evidence.NAME)

    packer.add(HTTP, [b"x"])
    packer.close()

    assert "the evidence cannot be written (File exists)" in packer.broken
    assert (run / evidence.NAME).read_bytes() == before


def test_what_waits_is_bounded(tmp_path, monkeypatch):
    held, taken = threading.Event(), []
    feed = packing._Entry.feed
    monkeypatch.setattr(packing._Entry, "feed", lambda self, piece: held.wait(10) and feed(self, piece))
    packer = Packer(tmp_path / evidence.NAME)

    def pieces():
        for number in range(3 * packing.WAITING):
            taken.append(number)
            yield b"x"

    adding = threading.Thread(target=packer.add, args=(BODY, pieces()))
    adding.start()
    wait_until(lambda: len(taken) > packing.WAITING, 5)
    time.sleep(0.1)
    waiting = len(taken)
    held.set()
    adding.join(10)
    packer.close()

    assert waiting <= packing.WAITING + 2
    assert of_evidence(tmp_path) == {BODY: b"x" * 3 * packing.WAITING}


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), MemoryError(), SystemExit(1), ValueError()])
def test_thread_that_fails_is_named_and_nobody_waits_for_it(tmp_path, monkeypatch, error):
    packer = Packer(tmp_path / evidence.NAME)
    packer.add(HTTP, [b"x"])
    wait_until(lambda: packer._entries, 5)

    def fail(file, content):
        file.write(content[:7])
        raise error

    monkeypatch.setattr(packing, "_all", fail)
    for _ in range(3 * packing.WAITING):
        packer.add(BODY, [b"y"])
    monkeypatch.undo()
    packer.close()

    assert packer.broken.startswith("the evidence cannot be written (")
    assert (of_evidence(tmp_path), Evidence(tmp_path).whole) == ({HTTP: b"x"}, True)


def test_directory_that_cannot_be_written_is_named(tmp_path, monkeypatch):
    packer = Packer(tmp_path / "evidence.zip")
    packer.add("evidence/a/01.http", [b"x"])

    def full(entries, at):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("conformance.harness.wire.packing.evidence.directory", full)
    packer.close()

    assert packer.broken == "the evidence cannot be written (No space left on device): nothing more is judged"


def test_thread_that_cannot_be_started_is_named(tmp_path, monkeypatch):
    def start(self):
        raise RuntimeError("can't start new thread")

    packer = Packer(tmp_path / evidence.NAME)
    monkeypatch.setattr(threading.Thread, "start", start)
    packer.add(HTTP, [b"x"])
    packer.close()

    assert packer.broken == "the evidence cannot be written (can't start new thread): nothing more is judged"


def test_large_entry_is_not_held_in_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(packing, "IN_MEMORY", 1000)
    content = os.urandom(10_000)

    packed(tmp_path, {BODY: content, HTTP: b"x"})

    assert of_evidence(tmp_path) == {BODY: content, HTTP: b"x"}


def test_file_has_a_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(evidence, "SIZE", 3000)
    packer = Packer(tmp_path / evidence.NAME)
    packer.add(HTTP, [b"x"])
    packer.add(BODY, [os.urandom(10_000)])
    packer.close()

    assert "File too large" in packer.broken
    assert of_evidence(tmp_path) == {HTTP: b"x"}


@pytest.mark.slow
def test_evidence_of_a_killed_run_is_read_and_restored(front, call, tmp_path):
    command = [sys.executable, "-m", "conformance", "run", front.url, "--supports", "delete", "-k", "test_store"]
    process = subprocess.Popen(
        command, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(CHECKOUT)}, stdout=subprocess.DEVNULL
    )
    wait_until(lambda: len(front.studies()) > 3, 60)
    process.send_signal(getattr(signal, "SIGKILL", signal.SIGTERM))
    process.wait(20)
    (folder,) = tmp_path.glob("reports/*/*")

    there = Evidence(folder)
    heads = [name for name in there.entries if name.endswith(".http")]
    unpacked = call("unpack", folder, "--into", tmp_path / "files")
    restored = call("restore", folder, "--endpoint", front.url, "--yes", "--supports", "delete")

    assert not there.whole and len(heads) > 3
    assert "The run did not end" in unpacked.said
    files = [path for path in (tmp_path / "files").rglob("*") if path.is_file()]
    assert {path.relative_to(tmp_path / "files").as_posix() for path in files} == set(there.entries)
    assert " instances that the run stored are on " in restored.said or " instance that " in restored.said


def test_har_is_written_where_it_is_asked_for(front, call):
    words = ("run", front.url, "-k", "test_store_blue", "--supports", "delete")

    without, asked = call(*words), call(*words, "--har")

    assert not (without.folder / "run.har").exists() and (asked.folder / "run.har").exists()
    assert not sums.verify(asked.folder) and not sums.verify(without.folder)
    digest = hashlib.sha256((asked.folder / evidence.NAME).read_bytes()).hexdigest()
    assert results.read(asked.folder).evidence == digest in (asked.folder / "conformance.html").read_text()


# What a killed run, or a disk, left


def test_what_was_cut_anywhere_is_read_up_to_the_last_whole_entry(run, tmp_path):
    content = (run / evidence.NAME).read_bytes()
    first = len(raw(HTTP, GOOD[HTTP]))
    second = first + len(raw(BODY, GOOD[BODY]))
    other = tmp_path / "other"
    other.mkdir()

    found = {}
    for size in range(len(content)):
        (other / evidence.NAME).write_bytes(content[:size])
        there = Evidence(other)
        found[size] = (len(there.entries), there.whole)
        there.close()

    assert found == {size: ((size >= first) + (size >= second), False) for size in found}


def test_zeros_after_the_last_entry_are_nothing(run):
    content = (run / evidence.NAME).read_bytes()
    (run / evidence.NAME).write_bytes(content[: content.index(b"PK\1\2")] + bytes(5000))

    assert of_evidence(run) == GOOD


# What somebody made


def other(change):
    """A zip that Python writes."""

    def made():
        buffer = BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
            change(file)
        return buffer.getvalue()

    return made


def linked(file):
    info = zipfile.ZipInfo(BODY)
    info.external_attr = 0o120777 << 16
    file.writestr(info, "/etc/passwd")


def whole(*contents, **changes):
    """A zip of our own, of which the directory is changed."""
    names = [HTTP, BODY]
    at, found = 0, {}
    for name, content in zip(names, contents, strict=False):
        _, *_, crc, deflated, size, length, _ = evidence._LOCAL.unpack(content[: evidence._LOCAL.size])
        found[name] = evidence.Entry(at, crc, deflated, size)
        at += len(content)
    return b"".join(contents) + changes["change"](evidence.directory(found, at))


ONE, TWO = raw(HTTP, b"x"), raw(BODY, b"y")
NAMES = [
    *("../../outside", "/etc/cron.d/x", "evidence/../../outside", "evidence/x/../../../outside", "evidence\\x\\y"),
    *("evidence/check", "evidence/check/a/b", "evidence//x", "evidence/./x", "C:/boot.ini", "evidence/c:x/y"),
    *(
        "evidence/CHECK/x",
        "evidence/con/01.http",
        "evidence/check/nul.http",
        "evidence/check/01.http.",
        "evidence/a/.b",
    ),
    *("evidence/check/01.http\0", "evidence/check/\x1b[2J", "evidence/check/é", "results.json", "SHA256SUMS", ""),
    *("evidence/" + "x" * 300 + "/01.http", "evidence/check/a b", "evidence/check/$(id)", "evidence/-rf/01.http"),
]
HOSTILE = {
    "nothing of ours": lambda: b"<html>" * 100,
    "another kind of archive": lambda: b"\x1f\x8b\x08" + bytes(100),
    "something before it": lambda: b"#!/bin/sh\n" + ONE + TWO,
    "something behind it": lambda: whole(ONE, TWO, change=lambda directory: directory + b"more"),
    "a comment": lambda: whole(ONE, change=lambda directory: directory[:-2] + b"\4\0more"),
    "a link in the directory": lambda: whole(
        ONE, change=lambda directory: directory.replace(b"\0\0\xa4\x81", b"\0\0\xff\xa1")
    ),
    "another name in the directory": lambda: whole(ONE, change=lambda directory: directory.replace(b"01", b"02")),
    "another place in the directory": lambda: whole(ONE, TWO, change=lambda directory: directory[::-1]),
    "an entry in between that is none": lambda: ONE + b"\xff" * 50 + TWO,
    "an entry twice": lambda: ONE + ONE,
    "encrypted": lambda: raw(HTTP, b"x", flags=1),
    "sizes behind the content": lambda: raw(HTTP, b"x", flags=8),
    "another method": lambda: raw(HTTP, b"x", method=12),
    "of another program": other(lambda file: file.writestr(HTTP, "x")),
    "a link of another program": other(linked),
    "larger than anything": lambda: raw(HTTP, b"x", size=2**32 - 1) + raw(BODY, b"x", size=2**31),
}


@pytest.mark.parametrize("name", NAMES, ids=repr)
def test_name_that_no_run_writes_is_refused(tmp_path, capsys, name):
    (tmp_path / evidence.NAME).write_bytes(
        raw("x" * len(name.encode()), b"x").replace(b"x" * len(name), name.encode(), 1)
    )
    assert not evidence.is_name(name)

    assert evidence.NAME in refused(tmp_path, capsys)


@pytest.mark.parametrize("name", HOSTILE)
def test_zip_that_no_run_writes_is_refused(tmp_path, capsys, name):
    (tmp_path / evidence.NAME).write_bytes(HOSTILE[name]())

    assert evidence.NAME in refused(tmp_path, capsys)


def bomb(name, size, says):
    """An entry of zeros, which says that it has another size."""
    content = bytes(size)
    return raw(name, content, size=says, crc=zlib.crc32(content[:says]))


@pytest.mark.parametrize(
    "content",
    [bomb(HTTP, 50_000_000, 10), bomb(HTTP, 10, 50_000_000), raw(HTTP, b"x", crc=1), TWO[:-3] + b"\xff" * 3],
    ids=["larger than it says", "smaller than it says", "another checksum", "not deflated"],
)
def test_content_that_is_not_what_its_header_says_is_refused_and_not_left(tmp_path, capsys, content):
    (tmp_path / evidence.NAME).write_bytes(content)

    assert main(["unpack", str(tmp_path), "--into", str(tmp_path / "files")]) == 4

    said = capsys.readouterr().err
    assert said.count("\n") == 1 and ("is damaged" in said or "is larger than it says" in said)
    assert [path for path in (tmp_path / "files").rglob("*") if path.is_file()] == []


def test_limits_of_number_and_size(tmp_path, monkeypatch, run):
    monkeypatch.setattr(evidence, "ENTRIES", 1)
    with pytest.raises(UnreadableEvidence, match="has more in it than a run leaves"):
        Evidence(run)
    monkeypatch.setattr(evidence, "ENTRIES", 2)
    monkeypatch.setattr(evidence, "IN_MEMORY", 999)
    with pytest.raises(UnreadableEvidence, match="is larger than"):
        Evidence(run).read(BODY)
    monkeypatch.setattr(evidence, "TOGETHER", 999)
    with pytest.raises(UnreadableEvidence, match="has more in it than a run leaves"):
        Evidence(run)


@pytest.mark.parametrize("kind", ["nothing", "folder", "pipe", "link to nothing"])
def test_what_is_no_file_is_not_opened(tmp_path, capsys, kind):
    path = tmp_path / evidence.NAME
    {
        "nothing": lambda: None,
        "folder": path.mkdir,
        "pipe": lambda: os.mkfifo(path),
        "link to nothing": lambda: path.symlink_to("nowhere"),
    }[kind]()

    assert evidence.NAME in refused(tmp_path, capsys)


# Where it is written


def test_unpacks_all_or_what_is_named(run, tmp_path):
    for words, names in (([], GOOD), (["check"], GOOD), (["CHECK"], GOOD), (["check/01"], GOOD)):
        into = tmp_path / f"files {words}"

        assert main(["unpack", str(run), *words, "--into", str(into)]) == 0

        assert {path.relative_to(into).as_posix() for path in into.rglob("*.*")} == set(names)
    assert main(["unpack", str(run)]) == main(["unpack", str(run), "check/01"]) == 0
    assert (run / BODY).read_bytes() == GOOD[BODY]


@pytest.mark.parametrize("id", ["check/02", "check/0", "chec", "../check", "", "/", "evidence/check/01"])
def test_what_the_evidence_does_not_have_is_one_sentence(run, capsys, id):
    assert "has nothing of" in refused(run, capsys, id)


@pytest.mark.skipif(os.name == "nt", reason="not everybody may make links there")
@pytest.mark.parametrize("place", ["evidence", "evidence/check", HTTP])
@pytest.mark.parametrize("there", [True, False])
def test_no_link_is_followed(run, tmp_path, capsys, place, there):
    outside = tmp_path / "outside"
    if there:
        outside.mkdir() if place != HTTP else outside.write_bytes(GOOD[HTTP])
    (run / place).parent.mkdir(parents=True, exist_ok=True)
    (run / place).symlink_to(outside)

    refused(run, capsys)

    assert not outside.is_dir() or not list(outside.iterdir())
    assert outside.exists() == there


def test_file_that_is_there_stays(run, capsys):
    (run / "evidence" / "check").mkdir(parents=True)
    (run / HTTP).write_bytes(b"of somebody")

    assert "is there already, and another file" in refused(run, capsys)

    assert (run / HTTP).read_bytes() == b"of somebody"


def test_damage_by_the_sums_is_named(run, capsys):
    (run / "SHA256SUMS").write_text(f"{'0' * 64}  evidence.zip\n")

    assert "is not as the run left it" in refused(run, capsys)


# The curl lines of somebody's results.json


@pytest.mark.parametrize(
    "text", ["$(touch harm)", "`touch harm`", "'; touch harm; '", '"; touch harm; "', "x\ntouch harm"]
)
def test_curl_line_runs_nothing_but_curl(tmp_path, text):
    heads = [f"GET / HTTP/1.1\n{text}: {curl.MASK}", f"GET / HTTP/1.1\nX: {text}"]
    lines = [
        *(curl.line("GET", "http://127.0.0.1:9/", head, None) for head in heads),
        curl.line(text, "http://127.0.0.1:9/", "", None),
        curl.line("GET", f"http://127.0.0.1:9/{text}", "", None),
        curl.line("POST", "http://127.0.0.1:9/", "", text),
    ]

    for line in lines:
        subprocess.run(["sh", "-c", line], cwd=tmp_path, capture_output=True, timeout=20, env={"PATH": "/usr/bin:/bin"})

    assert list(tmp_path.iterdir()) == []
