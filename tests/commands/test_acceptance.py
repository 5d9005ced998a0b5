"""`acceptance` as its user runs it."""

from __future__ import annotations

import hashlib

import pytest

from conformance.__main__ import main
from conformance.commands.acceptance import PAGE, PDF
from conformance.harness.viewer.parts import BROWSERS
from conformance.reporting import acceptance, results, sums
from tests.reporting import factory


@pytest.fixture
def run(tmp_path):
    """The folder of a run, with an older paper in it and its digests."""
    results.write(factory.deviating(), tmp_path / "results.json")
    (tmp_path / PAGE).write_text("older")
    digests = {name: hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() for name in ("results.json", PAGE)}
    (tmp_path / sums.NAME).write_text("".join(f"{digest}  {name}\n" for name, digest in digests.items()))
    return tmp_path


@pytest.mark.parametrize("named", ["", "results.json"])
def test_paper_is_written_anew_from_the_results(run, named, capsys):
    digest = hashlib.sha256((run / "results.json").read_bytes()).hexdigest()

    assert main(["acceptance", str(run / named)]) == 0
    assert capsys.readouterr().out == f"{run / PAGE}\n"
    assert (run / PAGE).read_text(encoding="utf-8") == acceptance.render(results.read(run), digest)
    assert sums.verify(run) == []


def test_link_in_its_place_is_replaced_and_not_followed(run, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "mine"
    elsewhere.write_text("mine")
    (run / PAGE).unlink()
    (run / PAGE).symlink_to(elsewhere)

    assert main(["acceptance", str(run)]) == 0
    assert (elsewhere.read_text(), (run / PAGE).is_symlink()) == ("mine", False)


def test_part_of_the_suite_is_not_signed(tmp_path, capsys):
    results.write(factory.replace(factory.deviating(), part="-k paging"), tmp_path / "results.json")

    assert main(["acceptance", str(tmp_path)]) == 4
    said = "judged a part of the suite (-k paging): only a whole run is signed"
    assert said in capsys.readouterr().err
    assert not (tmp_path / PAGE).exists()


def test_no_browser_is_one_sentence_and_nothing_is_written(run, capsys, monkeypatch, tmp_path_factory):
    monkeypatch.setenv("PATH", str(tmp_path_factory.mktemp("empty")))

    assert main(["acceptance", "--pdf", str(run)]) == 4
    assert capsys.readouterr().err == (
        "dicomweb-conformance acceptance: --pdf needs Chromium or Chrome, and none is on the PATH: "
        "name one with --browser PATH\n"
    )
    assert ((run / PAGE).read_text(), (run / PDF).exists()) == ("older", False)


def test_browser_is_found_by_the_usual_names(run, monkeypatch, tmp_path_factory):
    folder = tmp_path_factory.mktemp("bin")
    program = folder / BROWSERS[-1]
    program.write_text(
        '#!/bin/sh\nfor word; do case $word in --print-to-pdf=*) echo made > "${word#*=}";; esac; done\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))

    assert main(["acceptance", "--pdf", str(run)]) == 0
    assert (run / PDF).read_text() == "made\n"


@pytest.mark.parametrize(
    ("browser", "said"),
    [("/nowhere/chromium", "should be the path of Chromium or Chrome"), ("/bin/true", "did not print acceptance.html")],
)
def test_browser_that_does_not_print_is_one_sentence(run, browser, said, capsys):
    assert main(["acceptance", "--pdf", "--browser", browser, str(run)]) == 4
    assert said in capsys.readouterr().err
