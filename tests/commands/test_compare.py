"""`summary`, `diff` and `matrix` as their user runs them."""

from __future__ import annotations

import io

import pytest

from conformance.__main__ import main
from conformance.reporting import results
from tests.reporting import factory


@pytest.fixture
def runs(tmp_path):
    """The folders of a green and of a red run; the red one has its page."""
    for name, run in (("green", factory.conforming()), ("red", factory.deviating())):
        (tmp_path / name).mkdir()
        results.write(run, tmp_path / name / "results.json")
    (tmp_path / "red" / "conformance.html").write_text("")
    return tmp_path / "green", tmp_path / "red"


def test_diff_is_exit_code_one_where_something_is_newly_red(runs, capsys):
    green, red = runs

    assert main(["diff", str(green), str(red)]) == 1
    assert "  seed-retrieve-frame  fail, was pass; PS3.18 10.4.1.1.6, 10.4.3\n" in capsys.readouterr().out
    assert main(["diff", str(red), str(green)]) == 0
    assert "FIXED     2 checks are pass, was fail\n" in capsys.readouterr().out


def test_diff_with_a_run_of_a_part_is_exit_code_one(runs, tmp_path, capsys):
    part = factory.run(factory.conforming().checks[:3])
    results.write(part, tmp_path / "part.json")

    assert main(["diff", str(runs[0]), str(tmp_path / "part.json")]) == 1
    assert "NOT JUDGED ANY MORE" in capsys.readouterr().out
    assert main(["diff", str(tmp_path / "part.json"), str(runs[0])]) == 0


@pytest.mark.parametrize("words", [["diff", "{run}", "{run}"], ["summary", "{run}"], ["matrix", "{run}"]])
def test_markdown_is_printed_and_nothing_is_written(runs, words, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)

    assert main([*(word.format(run=runs[0]) for word in words), "--markdown"]) == 0
    assert capsys.readouterr().out.startswith("#")
    assert not (tmp_path / "matrix.html").exists()


def test_summary_is_what_the_run_said(runs, capsys):
    assert main(["summary", str(runs[1] / "results.json")]) == 0

    out = capsys.readouterr().out
    assert out.startswith("DEVIATES: ")
    assert f"REPORT    {runs[1]}/conformance.html" in out


def test_matrix_links_to_the_pages_that_lie_beside_their_results(runs, capsys, tmp_path):
    (tmp_path / "pages").mkdir()
    page = tmp_path / "pages" / "servers.html"

    assert main(["matrix", *map(str, runs), "--output", str(page)]) == 0
    html = page.read_text(encoding="utf-8")
    assert 'href="../red/conformance.html#check-seed-retrieve-frame"' in html
    assert "../green/" not in html
    assert capsys.readouterr().out == f"{page}: the servers differ in 9 of 30 requirements\n"


@pytest.mark.parametrize("command", ["diff {run} {none}", "summary {none}", "matrix {run} {none}"])
def test_what_cannot_be_read_is_one_sentence_and_exit_code_four(runs, command, capsys, tmp_path):
    words = command.format(run=runs[0], none=tmp_path / "none").split()

    assert main(words) == 4
    assert f"{tmp_path / 'none'} cannot be read" in capsys.readouterr().err


def test_matrix_that_cannot_be_written_is_one_sentence_and_exit_code_four(runs, capsys, tmp_path):
    assert main(["matrix", str(runs[0]), "--output", str(tmp_path / "no" / "matrix.html")]) == 4
    assert "cannot be written: No such file" in capsys.readouterr().err


def test_terminal_without_the_characters_ends_no_command(runs, monkeypatch):
    written = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(written, encoding="ascii", write_through=True))

    assert main(["diff", str(runs[1]), str(runs[0]), "--markdown"]) == 0
    assert "✗ fail → ✓ pass" in written.getvalue().decode()
