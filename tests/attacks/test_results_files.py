"""A run's folder that somebody sent, or a disk damaged: every command that reads it says so in one sentence, exit 4."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from copy import deepcopy
from hashlib import sha256

import pytest

from conformance.__main__ import main
from conformance.reporting import acceptance, diff, files, markdown, matrix, page, results, sums, terminal
from tests.conftest import CHECKOUT
from tests.reporting import factory

DEEP = 200_000


@pytest.fixture(scope="module")
def document(tmp_path_factory):
    """results.json of a run with every verdict in it."""
    path = tmp_path_factory.mktemp("run") / "results.json"
    results.write(factory.deviating(), path)
    return json.loads(path.read_bytes())


def change(*places, value):
    """A change of one place in the document."""

    def changed(document):
        *way, last = places
        inner = document
        for place in way:
            inner = inner[place]
        inner[last] = value

    return changed


def twice(document):
    document["checks"].append(document["checks"][0])
    document["counts"][document["checks"][0]["verdict"]] += 1


def in_transactions(document):
    some = document["checks"][0]
    obligation = next(item for item in document["requirements"] if item["id"] == some["requirement"])
    document["requirements"] += [obligation | {"id": f"R-{n}", "transaction": f"t{n}"} for n in range(200)]
    document["checks"] += [some | {"id": f"check-{n}", "requirement": f"R-{n}"} for n in range(200)]
    document["counts"][some["verdict"]] += 200


CHANGES = {
    "a time of another kind": change("started", value="yesterday"),
    "a time without offset": change("finished", value="2026-11-21T09:14:07"),
    "a time that no other zone has": change("started", value="0001-01-01T00:00:00+14:00"),
    "a month 13": change("checks", 0, "started", value="2026-13-01T00:00:00Z"),
    "no counts": change("counts", value={}),
    "counts of something else": change("counts", "pass", value=10**6),
    "counts below zero": change("counts", "pass", value=-1),
    "counts in words": change("counts", "pass", value="many"),
    "no checks": lambda document: document.pop("checks"),
    "checks that are an object": change("checks", value={}),
    "checks that are nothing": change("checks", value=[None]),
    "a verdict that there is not": change("checks", 0, "verdict", value="splendid"),
    "seconds below zero": change("checks", 0, "seconds", value=-1),
    "seconds without end": change("exchanges", 0, "seconds", value=1e300),
    "a size of googols": change("exchanges", 0, "response_body", "size", value=10**100),
    "a status that there is not": change("exchanges", 0, "status", value=10**9),
    "an exit code that there is not": change("footer", "exit", value=4096),
    "a check twice": twice,
    "evidence that is not there": change("checks", 0, "evidence", value=[{"path": "evidence/x/01.http"}]),
    "evidence beyond the last": change("checks", 0, "evidence", value=[10**6]),
    "evidence below the first": change("checks", 0, "evidence", value=[-1]),
    "evidence of another kind": change("checks", 0, "evidence", value=["17"]),
    "evidence without end": change("checks", 0, "evidence", value=[0] * (results.REFERENCES + 1)),
    "a line that is not there": change("exchanges", 0, "request_head", value=[10**6]),
    "a line of another kind": change("exchanges", 0, "request_head", value=[[]]),
    "a text that is not there": change("exchanges", 0, "response_body", "text", value=10**6),
    "a text of texts": change("texts", 0, value=["x"]),
    "lines without end": lambda document: (
        change("texts", 0, value="x" * 10**5)(document),
        change("exchanges", 0, "request_head", value=[0] * 2000)(document),
    ),
    "an absolute path": change("exchanges", 0, "response_body", "path", value="/etc/passwd"),
    "a path upwards": change("exchanges", 0, "response_body", "path", value="evidence/../../../.ssh/id"),
    "a path of nothing but upwards": change("exchanges", 0, "response_body", "path", value=".."),
    "a path of Windows": change("exchanges", 0, "response_body", "path", value="C:\\boot.ini"),
    "a file upwards": change("checks", 0, "files", value=["../x"]),
    "a sentence without end": change("sentence", value="deviates: " + "a " * 10_000),
    "a URL that is none": change("exchanges", 0, "url", value="http://["),
    "many transactions": in_transactions,
    "a green verdict over what failed": change("overall", value="conforms"),
    "another schema": change("schema", value="1"),
    "no endpoint": change("endpoint", value=None),
    "claims that are no texts": change("endpoint", "claims", value=[1]),
}


@pytest.mark.parametrize("name", CHANGES)
def test_results_of_which_no_report_can_be_made_are_refused(document, tmp_path, name, capsys):
    changed = deepcopy(document)
    CHANGES[name](changed)
    (tmp_path / "results.json").write_text(json.dumps(changed))

    refused(["summary", str(tmp_path)], capsys)


BYTES = {
    "nothing": lambda text: b"",
    "half": lambda text: text[: len(text) // 2],
    "text": lambda text: b'"results"',
    "an archive": lambda text: b"PK\3\4" + bytes(1000),
    "bad UTF-8": lambda text: text.replace(b"archive-staging", b"archive\xff\xfe"),
    "half a character": lambda text: text[:-3] + b'\xe5\xb1"}',
    "UTF-16": lambda text: text.decode().encode("utf-16"),
    "NaN": lambda text: text.replace(b'"seconds": 0.041', b'"seconds": NaN', 1),
    "infinity": lambda text: text.replace(b'"seconds": 0.041', b'"seconds": 1e999', 1),
    "digits": lambda text: text.replace(b'"seconds": 0.041', b'"seconds": ' + b"9" * 100_000, 1),
    "deep": lambda text: b"[" * DEEP + b"]" * DEEP,
    "deep in something unknown": lambda text: text.replace(b"{", b'{"x":' + b"[" * DEEP + b"]" * DEEP + b",", 1),
    "deep in something known": lambda text: text.replace(b'"checks": [', b'"checks": [' + b"[" * DEEP, 1),
    "deep objects": lambda text: b'{"checks":' * DEEP,
}
COMMANDS = [
    "summary {bad}",
    "summary --markdown {bad}",
    "diff {bad} {good}",
    "diff {good} {bad}",
    "matrix {good} {bad}",
    "acceptance {bad}",
]


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("name", BYTES)
def test_bytes_that_are_no_results_are_refused(document, tmp_path, name, command, capsys):
    text = json.dumps(document).encode()
    for folder, content in (("good", text), ("bad", BYTES[name](text))):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "results.json").write_bytes(content)

    refused(command.format(bad=tmp_path / "bad", good=tmp_path / "good").split(), capsys)


def refused(words, capsys):
    """The command says in one sentence which file cannot be read, and nothing else."""
    assert main(words) == 4
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n"), "results.json" in said.err) == ("", 1, True)
    assert len(said.err) < 600


def test_file_that_is_too_large_is_not_read(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(results, "LIMIT", 1024**2)
    with (tmp_path / "results.json").open("wb") as file:
        file.truncate(1024**4)

    refused(["summary", str(tmp_path)], capsys)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
@pytest.mark.parametrize("name", ["results.json", "SHA256SUMS"])
@pytest.mark.parametrize("kind", ["pipe", "device", "folder", "loop"])
def test_what_is_no_file_is_not_opened(document, tmp_path, kind, name):
    (tmp_path / "results.json").write_text(json.dumps(document))
    path = tmp_path / name
    path.unlink(missing_ok=True)
    {
        "pipe": lambda: os.mkfifo(path),
        "device": lambda: path.symlink_to("/dev/zero"),
        "folder": path.mkdir,
        "loop": lambda: path.symlink_to(path),
    }[kind]()

    command = [sys.executable, "-m", "conformance", "summary", str(tmp_path / "results.json")]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, timeout=60)

    if (name, kind) == ("SHA256SUMS", "loop"):  # as if it were not there
        assert done.returncode == 0
    else:
        assert (done.returncode, done.stderr.count("\n"), name in done.stderr) == (4, 1, True)


WORTHLESS = [
    None,
    [],
    {},
    "",
    "\x1b[2J\u202e::error::",
    "9" * 5000,
    "a/../b",
    -1,
    0,
    1.5,
    10**18,
    10**40,
    True,
    "2026-01-01",
]


def places(value, way=()):
    """The way to each value in a document."""
    yield way
    for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield from places(value[key], (*way, key))


@pytest.mark.parametrize("seed", range(8))
def test_of_what_is_read_every_report_can_be_made(document, tmp_path, seed):
    """Whatever a value in the file is replaced by: it is refused, or all that is made of the file can be made."""
    chance = random.Random(seed)
    ways = list(places(document))
    made = 0
    for _ in range(40):
        changed = deepcopy(document)
        way = chance.choice(ways[1:])
        change(*way, value=chance.choice(WORTHLESS))(changed)
        (tmp_path / "results.json").write_text(json.dumps(changed))
        try:
            run = results.read(tmp_path)
        except results.UnreadableResults as error:
            assert "\n" not in str(error)
            continue
        made += 1
        reports(run)
    assert made


def reports(run):
    other = factory.conforming()
    found = [diff.compare(other, run), diff.compare(run, other)]
    servers = matrix.compare([(run, None), (other, "page.html")])
    return [
        *(diff.lines(each) for each in found),
        *(markdown.difference(each) for each in found),
        *(markdown.matrix(servers), matrix.render(servers), markdown.summary(run)),
        *(terminal.closing(run, "."), page.render(run, factory.SHA)),
        acceptance.render(run, factory.SHA),
    ]


@pytest.fixture
def sealed(document, tmp_path):
    """A run's folder with its SHA256SUMS."""
    (tmp_path / "evidence").mkdir()
    (tmp_path / "results.json").write_text(json.dumps(document))
    (tmp_path / "evidence" / "01.http").write_text("GET /studies HTTP/1.1")
    names = ("evidence/01.http", "results.json")
    lines = [f"{sha256((tmp_path / name).read_bytes()).hexdigest()}  {name}\n" for name in names]
    (tmp_path / "SHA256SUMS").write_text("".join(lines))
    return tmp_path


def test_folder_as_the_run_left_it_is_read(sealed):
    assert (sums.verify(sealed), main(["summary", str(sealed)])) == ([], 0)


def test_damage_is_named_where_the_file_is_read(sealed, capsys):
    (sealed / "evidence" / "01.http").write_text("POST /studies HTTP/1.1")
    assert sums.verify(sealed) == sums.verify(sealed, ["evidence/01.http"]) == ["evidence/01.http"]
    assert (sums.verify(sealed, ["results.json"]), main(["summary", str(sealed)])) == ([], 0)
    capsys.readouterr()

    (sealed / "results.json").write_text((sealed / "results.json").read_text().replace("fail", "pass"))

    for words in (["summary", str(sealed)], ["summary", str(sealed / "results.json")], ["matrix", str(sealed)]):
        refused(words, capsys)
    refused(["diff", str(sealed), str(sealed)], capsys)


def test_what_is_missing_or_not_listed_is_damaged(sealed):
    (sealed / "evidence" / "01.http").unlink()
    (sealed / "evidence" / "02.http").write_text("")

    assert sums.verify(sealed, ["evidence/01.http", "evidence/02.http"]) == ["evidence/01.http", "evidence/02.http"]


def test_copy_without_sums_is_read(sealed, capsys):
    (sealed / "SHA256SUMS").unlink()

    assert (sums.verify(sealed), main(["summary", str(sealed)])) == ([], 0)


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xfe",
        b"x" * 100,
        b"0" * 64 + b"  results.json",
        b"0" * 64 + b" results.json\n",
        b"0" * 63 + b"g  results.json\n",
        b"\0" * 4096,
        b"\n",
    ],
    ids=range(7),
)
def test_sums_that_are_none_are_named(sealed, content, capsys):
    (sealed / "SHA256SUMS").write_bytes(content)

    assert sums.verify(sealed) == ["SHA256SUMS"]
    refused(["summary", str(sealed)], capsys)


@pytest.mark.skipif(os.name == "nt", reason="not everybody may make links there")
@pytest.mark.parametrize(
    "name", ["../secret", "{outside}", "evidence/../../secret", "link", "a\0b", "x" * 5000, "evidence"]
)
def test_sums_name_nothing_outside_of_the_folder(sealed, name):
    outside = sealed.parent / "secret"
    outside.write_text("secret")
    (sealed / "link").symlink_to(outside)
    name = name.format(outside=outside)
    (sealed / "SHA256SUMS").write_text(f"{sha256(b'secret').hexdigest()}  {name}\n")

    assert sums.verify(sealed) == [name]


def test_sums_that_are_too_large_are_not_read(sealed, monkeypatch):
    monkeypatch.setattr(sums, "LIMIT", 1000)
    with (sealed / "SHA256SUMS").open("ab") as file:  # a file of holes, which takes no place on the disk
        file.truncate(1024**4)

    assert sums.verify(sealed) == ["SHA256SUMS"]


def test_file_is_read_up_to_its_limit(tmp_path):
    (tmp_path / "a").write_bytes(b"12345")

    assert files.read(tmp_path / "a", 5) == b"12345"
    with pytest.raises(files.UnreadableFile, match="is larger than"):
        files.read(tmp_path / "a", 4)
