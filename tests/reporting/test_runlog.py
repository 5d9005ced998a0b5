import os
import subprocess
import sys
from pathlib import Path

import pytest

import conformance

CONFTEST = '''
from types import SimpleNamespace

import pytest
from conformance.reporting.runlog import RunLog

HOSTILE = """<img src=x onerror="document.title='owned'">\\x1b[31m\\u202e</td></script>"""


def pytest_configure(config):
    config.pluginmanager.register(RunLog())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if "check" in item.name and call.when != "teardown":
        report.conformance = SimpleNamespace(
            id="seed-store", requirement="SEED-STORE", level="SHALL", title="A title",
            verdict="fail" if report.failed else "pass", summary=HOSTILE, beside="viewers" * ("viewer" in item.name),
        )
    return report
'''
TESTS = '''
import pytest

HOSTILE = """<img src=x onerror="document.title='owned'">"""


@pytest.mark.parametrize("plain", [HOSTILE])
def test_plain(plain):
    print("\\x1b[31m" + plain)


def test_check_passes():
    pass


def test_check_of_a_viewer():
    pass


def test_check_fails():
    assert HOSTILE == "\\u202e"


@pytest.fixture
def broken():
    raise ValueError(HOSTILE)


def test_check_blocked(broken):
    pass
'''


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    (folder / "conftest.py").write_text(CONFTEST)
    (folder / "test_it.py").write_text(TESTS)
    options = ["-p", "no:cacheprovider", "--rootdir", ".", "--html=report.html", "--self-contained-html"]
    path = os.pathsep.join([str(Path(conformance.__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, "-m", "pytest", *options]
    subprocess.run(command, cwd=folder, env=os.environ | {"PYTHONPATH": path}, capture_output=True, timeout=60)
    return folder / "report.html"


def test_the_log_has_our_columns(report):
    head = report.read_text().split("<thead")[1].split("</thead>")[0]

    columns = [name for name in ("Verdict", "Check", "Requirement", "Level", "Duration") if f">{name}<" in head]
    assert columns == ["Verdict", "Check", "Requirement", "Level", "Duration"]


def test_the_log_counts_our_verdicts_and_names_the_page_to_read(report):
    text = report.read_text()

    assert ("<p>2 fail, 1 pass.</p>" in text, 'href="conformance.html"' in text) == (True, True)


def test_the_log_counts_what_is_beside_the_verdict_on_its_own(report):
    assert "<p>Beside the verdict: 1 pass.</p>" in report.read_text()


def test_control_characters_are_visible_in_the_log(report):
    raw = [character for character in report.read_text() if not character.isprintable() and character not in "\n\t"]

    assert raw == []


def test_the_log_shows_every_row_in_a_browser(chromium, report):
    dom = chromium.dom(report)

    assert (dom.count('class="col-check"'), dom.count(">seed-store<br>A title<br>")) == (5, 4)


def test_the_log_of_a_hostile_server_runs_no_script(chromium, report):
    dom = chromium.dom(report)

    assert ('<title id="head-title">Run log, dicomweb-conformance</title>' in dom, '<img src="x"' in dom) == (
        True,
        False,
    )
