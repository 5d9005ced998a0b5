"""CI systems read what a job prints: no text of a server is a command to one, and none says what is uploaded."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import textwrap

import pytest

from conformance.commands import output
from conformance.harness.endpoint.secrets import Mask
from conformance.harness.run.boundary import Guarded
from conformance.reporting import markdown, terminal
from conformance.reporting.record import Tested
from conformance.reporting.text import printable, visible
from tests.conftest import CHECKOUT
from tests.harness.conftest import Scripted
from tests.reporting import factory

COMMANDS = (
    *("::error::P", "::add-mask::a", "::set-output name=run::/home", "::stop-commands::x", "  ::error::P"),
    *("\t::error::P", "\u00a0::error::P", "\u3000\u2003::error::P", ":::error::P", "::error file=a,line=1::P"),
    *("##[set-output name=run]/home", "x ##[error]P", "###[error]P", "##[##[group]]", "#\u200b#[error]P"),
    *("##vso[task.setvariable variable=a]b", "x##VSO[task.complete]", "##teamcity[buildStatus text='x']"),
)


def obeyed(text):
    """The lines in which a runner would find a command: actions/runner ActionCommand, and those of its relatives."""
    lines = re.split(r"\r\n|\r|\n", text)
    return [line for line in lines if line.lstrip().startswith("::") or re.search(r"##\w*\[", line)]


@pytest.mark.parametrize("text", COMMANDS)
def test_visible_text_is_no_command(text):
    assert obeyed(text) or "\u200b" in text
    assert obeyed(visible(text)) == []
    assert obeyed(visible(f"one\n{text}\r\n{text}", keep="\n\r")) == []


def test_what_is_no_command_stays_as_it_is():
    text = "http://[::1]:8080/x#[y] fe80::1 conformance/x.py::test_y # #[1] C++::z"

    assert visible(text) == printable(text) == text


@pytest.mark.parametrize("text", COMMANDS)
def test_wrapped_text_is_no_command(text):
    for indent in range(40):
        lines = textwrap.wrap(visible("word " * 3 + "x" * indent + text + " more"), 24, subsequent_indent="  ")

        assert obeyed(printable("\n".join(lines))) == []


@pytest.mark.parametrize("text", COMMANDS)
@pytest.mark.parametrize("say", [output.say, output.say_markdown])
def test_commands_print_none(capsys, say, text):
    say(f"one\n{text}\r{text}")

    assert obeyed(capsys.readouterr().out) == []


def test_guard_knows_where_a_line_begins_though_it_is_written_in_pieces():
    file = io.StringIO()
    guard = Guarded(file, Mask())

    for piece in (
        "fine ",
        "::error::1",
        "\n",
        "  ",
        "::error::2",
        "\n::error::3\n",
        "a::b ::c\n",
        "::error::4",
        "\r",
        "::error::5",
    ):
        guard.write(piece)

    assert obeyed(file.getvalue()) == []
    assert file.getvalue().splitlines()[0] == "fine ::error::1"
    assert "a::b ::c\n" in file.getvalue()


def test_guard_is_the_file_otherwise():
    file = io.StringIO()

    assert Guarded(file, Mask()).writable() is True


@pytest.mark.parametrize("text", COMMANDS)
def test_reports_of_a_run_print_none(text):
    check = factory.replace(factory.deviating().checks[0], verdict="fail", summary=f"{'word ' * 30}{text}")
    run = factory.run([check])
    run = factory.replace(run, endpoint=factory.replace(run.endpoint, server=text, name=text), sentence=f"x: {text}")
    tested = Tested(product=text, version=text)
    begin = terminal.opening(run.endpoint, tested, run.suite, run.profile, run.edition, text, text)

    for lines in (begin, terminal.preflight([f"{'word ' * 22}{text}"] * 3), terminal.closing(run, text)):
        assert obeyed(printable("\n".join(lines))) == []
    assert obeyed(printable(markdown.summary(run))) == []


SAID = "##[set-output name=run]/etc%0A!**/none- ::error::P"
ANSWERS = {
    "a field": f"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: {SAID}\r\nContent-Length: 0\r\n\r\n".encode(),
    "a line that is no field": b"HTTP/1.1 200 OK\r\nx %s\r\n\r\n" % (b"word " * 20 + b"::error::P::add-mask::a " * 9),
    "no HTTP": b"::error::P\n##[error]P\n\n",
    "a title": b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 60\r\n\r\n"
    + b"<title>::error::P ##[error]P\n::error::P</title>".ljust(60),
    "a location": b"HTTP/1.1 302 Found\r\nLocation: ::error::P ##[error]P\r\nContent-Length: 0\r\n\r\n",
}


@pytest.mark.parametrize("answer", ANSWERS)
def test_probe_prints_none(command_here, answer):
    server = Scripted([[ANSWERS[answer], None]])
    try:
        printed = command_here("probe", server.url)
    finally:
        server.close()

    assert "a run could not start" in printed
    assert obeyed(printed) == []


@pytest.fixture
def command_here(capsys):
    """Do a command in this process; what it printed."""
    from conformance.__main__ import main

    def run(*words):
        main(list(words))
        streams = capsys.readouterr()
        return streams.out + streams.err

    return run


def test_broken_results_print_none(command_here, tmp_path):
    path = tmp_path / "results.json"
    path.write_text('{"schema": 1, "overall": "\\n::error::P ##[error]P", "::error::P": 1}')

    assert obeyed(command_here("summary", path.as_posix())) == []


# The action: its steps are run as a runner runs them, with a suite that prints what a server says.

ACTION = (CHECKOUT / "action.yml").read_text(encoding="utf-8")


def step(name):
    """The script of a step of action.yml."""
    block = re.search(rf"^    - id: {name}\n(.*?)(?=^    - |\Z)", ACTION, re.M | re.S)[1]
    return textwrap.dedent(re.search(r"^      run: \|\n((?:        .*\n|\n)+)", block, re.M)[1])


@pytest.fixture
def act(tmp_path):
    """Run steps of the action with a suite of one's own, and variables: printed, the outputs of each step, and the
    summary."""
    bash = shutil.which("bash") or pytest.fail("bash is not installed")

    def run(suite, *steps, **more):
        command = tmp_path / "suite"
        command.write_text(f"#!{bash}\n{suite}")
        command.chmod(0o755)
        printed, outputs, summary = "", {}, tmp_path / "summary"
        for name in steps:
            (tmp_path / name).touch()
            env = {
                "PATH": os.environ["PATH"],
                "RUNNER_TEMP": str(tmp_path),
                "GITHUB_STEP_SUMMARY": str(summary),
                "COMMAND": str(command),
                "REPORTS": "reports",
                "ENDPOINTS_FILE": "e.toml",
                "STRICT": "false",
                "ENDPOINT": "",
                "PROFILE": "",
                "BASELINE": "",
                "ARGUMENTS": "",
                "GITHUB_OUTPUT": str(tmp_path / name),
                **more,
            }
            words = [bash, "--noprofile", "--norc", "-eo", "pipefail", "-c", step(name)]
            done = subprocess.run(words, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=30)
            printed += done.stdout + done.stderr
            outputs[name] = (done.returncode, (tmp_path / name).read_text())
        return printed, outputs, summary.read_text() if summary.exists() else ""

    return run


HOSTILE = """
case "$1" in
  run) mkdir -p reports/pacs/1; printf '\\n  ::error::P\\n##[set-output name=run]/etc\\n::stop-commands::x\\n'
       [ -n "$WRITE" ] || echo {} > reports/pacs/1/results.json; printf '::add-mask::a'; exit 1 ;;
  summary) echo "of $3" ;;
esac
"""


def test_action_takes_no_command_while_the_suite_prints(act):
    printed, outputs, summary = act(HOSTILE, "run", "found")

    first, *between, last = [line for line in printed.splitlines() if line]
    token = re.fullmatch("::stop-commands::([0-9a-f]{32})", first)[1]
    assert last == f"::{token}::"
    assert token not in "".join(between)
    assert "::add-mask::a" in between
    assert outputs == {"run": (1, ""), "found": (0, "run=reports/pacs/1\n")}
    assert summary == "of reports/pacs/1\n"


def test_action_resumes_where_its_shell_fails(act):
    printed, outputs, _ = act("exit 0", "run")
    token = re.match("::stop-commands::([0-9a-f]{32})\n", printed)[1]

    assert (printed.rstrip().endswith(f"::{token}::"), outputs["run"][0]) == (True, 0)


def test_action_has_another_token_each_time(act):
    assert act("exit 0", "run")[0] != act("exit 0", "run")[0]


@pytest.mark.parametrize(("strict", "code"), [("yes", 4), ("True", 0), ("TRUE", 0), ("", 0), ("false", 0), ("1", 4)])
def test_action_takes_no_word_for_strict_that_it_does_not_know(act, strict, code):
    """Taken for false, a gate would let through what it was to stop."""
    printed, outputs, _ = act('echo "got $*"', "run", STRICT=strict)

    assert outputs["run"][0] == code
    assert ("--strict" in printed) == (strict.lower() == "true")
    assert ('strict is "' in printed) == (code == 4)


def test_action_says_why_nothing_was_judged(act):
    printed, outputs, summary = act("printf 'one\\n##[error]P <b>x</b>\\n'; exit 5", "run", "found")

    assert outputs == {"run": (5, ""), "found": (0, "")}
    assert "## Nothing was judged" in summary
    assert "    ##[error]P <b>x</b>" in summary


@pytest.mark.parametrize(
    "suite",
    [
        "mkdir -p elsewhere/1 reports && echo {} > elsewhere/1/results.json && ln -s ../elsewhere reports/pacs",
        "mkdir -p reports/pacs elsewhere && echo {} > elsewhere/results.json && ln -s ../../elsewhere reports/pacs/1",
        "mkdir -p reports/pacs/1/evidence/x && echo {} > reports/pacs/1/evidence/x/results.json",
        "mkdir -p elsewhere/a/b && echo {} > elsewhere/a/b/results.json",
    ],
)
def test_action_uploads_nothing_that_is_not_a_run_below_reports(act, suite):
    _, outputs, _ = act(suite, "run", "found")

    assert outputs["found"] == (0, "")


def test_action_uploads_no_run_of_before(act, tmp_path):
    old = tmp_path / "reports" / "pacs" / "0" / "results.json"
    old.parent.mkdir(parents=True)
    old.write_text("{}")
    os.utime(old, (1, 1))

    assert act("exit 5", "run", "found")[1]["found"] == (0, "")


def test_action_takes_what_it_uploads_from_a_step_that_prints_nothing_of_a_server():
    assert re.findall(r"steps\.\w+\.outputs\.run\b", ACTION) == ["steps.found.outputs.run"] * 3
    assert "tee" not in step("found")
    assert not re.search(r"GITHUB_(OUTPUT|ENV|PATH)", step("run"))
