"""The lines of docs/ci.md and action.yml work as they stand: they are read from there and run in a shell.

Only the tools that would reach a network are stand-ins: `python -m venv` makes an environment whose pip notes what it
should install, and whose command is this checkout. So that a run takes seconds, that command judges one requirement.
"""

from __future__ import annotations

import glob
import os
import re
import shutil
import subprocess
import sys
import textwrap
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from conformance.harness.run.options import PACKAGE
from conformance.reporting import results
from tests.attacks.test_ci_commands import ACTION, step
from tests.conftest import CHECKOUT, missing

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name == "nt", reason="the lines are for a POSIX shell"),
]
PAGE = (CHECKOUT / "docs" / "ci.md").read_text(encoding="utf-8")
REQUIREMENT, FAULT = "SEED-SEARCH-STUDIES", "studies-search-ignores-uid"
TOOLS = {
    "python": """
        case "$1 $2" in
          "-m venv") for folder; do :; done; mkdir -p "$folder/bin"; cp "$TOOLS"/* "$folder/bin/" ;;
          "-m pip") shift 2; exec "$TOOLS/pip" "$@" ;;
          *) exit 99 ;;
        esac""",
    "pip": 'printf "%s\\n" "$@" >> "$NOTES"',
    "dicomweb-conformance": """
        [ "$1" = run ] && set -- "$@" --requirement {requirement}
        PYTHONPATH={checkout} exec {python} -m conformance "$@" """,
    "docker": "cp server.toml endpoints.toml",
}


@dataclass
class Workspace:
    """The folder of a job, which is kept from build to build, and the stand-ins on its PATH."""

    folder: Path
    tools: Path
    environment: dict[str, str] = field(default_factory=dict)

    def server(self, url):
        table = f'[pacs]\nurl = "{url}"\nsupports = ["delete"]\n'
        auth = 'auth = { kind = "basic", username = "ci", password = { env = "PACS_PASSWORD" } }\n'
        (self.folder / "endpoints.toml").write_text(table + auth)

    def shell(self, lines, **variables):
        """Run lines as a CI system does: the first that fails ends them. The exit code."""
        words = [shutil.which("bash"), "--noprofile", "--norc", "-eo", "pipefail", "-c", "\n".join(lines)]
        env = self.environment | variables
        return subprocess.run(words, cwd=self.folder, env=env, capture_output=True, text=True, timeout=120)

    def found(self, pattern):
        return sorted(glob.glob(str(self.folder / pattern), recursive=True))

    @property
    def installed(self):
        """What pip was told, a list for each call of it."""
        said = Path(self.environment["NOTES"]).read_text().split("install\n")
        return [call.splitlines() for call in said if call]


@pytest.fixture
def workspace(tmp_path):
    if not shutil.which("bash"):
        missing("bash is not installed")
    folder, tools = tmp_path / "workspace", tmp_path / "tools"
    folder.mkdir()
    tools.mkdir()
    for name, script in TOOLS.items():
        text = textwrap.dedent(script)
        for key, value in (("requirement", REQUIREMENT), ("checkout", CHECKOUT), ("python", sys.executable)):
            text = text.replace(f"{{{key}}}", str(value))
        for tool in {name, name.replace("python", "python3")}:
            (tools / tool).write_text(f"#!/bin/sh\n{text}\n")
            (tools / tool).chmod(0o755)
    (folder / "dicomweb-conformance").symlink_to(CHECKOUT)
    (folder / "pacs.toml").write_text("# nothing is known to deviate\n")
    environment = {"PATH": f"{tools}:{os.environ['PATH']}", "TOOLS": str(tools), "NOTES": str(tmp_path / "notes")}
    return Workspace(folder, tools, environment | {"PACS_PASSWORD": "a password", "HOME": str(tmp_path)})


def block(heading):
    """The example under a heading of docs/ci.md."""
    return re.search(rf"^## {re.escape(heading)}\n.*?^```\w+\n(.*?)^```", PAGE, re.M | re.S)[1]


def gitlab(workspace, build):
    """A job of the GitLab example: its exit code, and the patterns of its JUnit files and artifacts."""
    text = block("GitLab")
    variables = dict(re.findall(r"^    (\w+): (\S+)", text[text.index("variables:") : text.index("script:")], re.M))
    lines = re.findall(r"^    - (.*)$", text, re.M)
    done = workspace.shell(lines, CI_JOB_ID=build, **variables)
    patterns = [re.search(r"junit: (\S+)", text)[1], re.search(r"paths: \[(.*)\]", text)[1] + "**"]
    return done, [pattern.replace("$CI_JOB_ID", build) for pattern in patterns]


def jenkins(workspace, build):
    """A build of the Jenkins example; each `sh` is a shell of its own."""
    text = block("Jenkins")
    variables = dict(re.findall(r"^        (\w+) = '([^']*)'", text, re.M))
    lines = re.findall(r"sh '(.*)'$", text, re.M)
    for line in lines:
        done = workspace.shell([line], BUILD_TAG=build, **variables)
        if done.returncode:
            break
    patterns = [re.search(rf'{key}: "([^"]*)"', text)[1] for key in ("testResults", "artifacts")]
    return done, [pattern.replace("${env.BUILD_TAG}", build) for pattern in patterns]


def github(workspace, build):
    """A job of the GitHub example, whose steps are those of action.yml."""
    inputs = dict(re.findall(r'^  ([\w-]+):\n    description: .*\n    default: "?(.*?)"?$', ACTION, re.M))
    text = block("GitHub")
    used = text[text.index("with:") : text.index("env:")]
    inputs |= dict(re.findall(r"^          ([\w-]+): +([^#\n]*?) *(?:#.*)?$", used, re.M))
    outputs = {"steps.python.outputs.python-path": str(workspace.tools / "python"), "github.action_path": str(CHECKOUT)}
    temp = workspace.folder.parent / f"temp-{build}"
    temp.mkdir()
    red, last = None, None
    for name in ("install", "run", "found"):
        own = re.search(rf"^    - id: {name}\n(.*?)(?=^    - |\Z)", ACTION, re.M | re.S)[1]
        values = {f"inputs.{key}": value for key, value in inputs.items()} | outputs
        variables = {key: values[value] for key, value in re.findall(r"^        (\w+): \$\{\{ (\S+) \}\}$", own, re.M)}
        variables |= {"RUNNER_TEMP": str(temp), "GITHUB_OUTPUT": str(temp / name)}
        (temp / name).touch()
        last = workspace.shell([step(name)], GITHUB_STEP_SUMMARY=str(temp / "summary"), **variables)
        said = dict(line.split("=", 1) for line in (temp / name).read_text().splitlines())
        outputs |= {f"steps.{name}.outputs.{key}": value for key, value in said.items()}
        red = red or (last if last.returncode else None)
    run = outputs.get("steps.found.outputs.run", "nothing-of-this-name")
    assert (temp / "summary").read_text().startswith("## ")
    return red or last, [f"{run}/junit.xml", f"{run}/**"]


SYSTEMS = {"github": github, "gitlab": gitlab, "jenkins": jenkins}


@pytest.mark.parametrize("system", SYSTEMS)
def test_lines_are_green_red_and_gone_in_a_kept_workspace(workspace, reference, system):
    job = SYSTEMS[system]
    urls = {"red": reference.fault_url(FAULT), "gone": "http://127.0.0.1:1/dicom-web", "green": reference.url}
    codes, junit = {}, {}
    for state, url in urls.items():
        workspace.server(url)
        done, (files, artifacts) = job(workspace, f"build-{state}")
        codes[state] = done.returncode, done.stdout[-2000:] + done.stderr[-2000:] if state == "green" else ""
        junit[state] = [re.search('failures="([0-9]+)"', Path(file).read_text())[1] for file in workspace.found(files)]
        if state != "gone":
            (record,) = [file for file in workspace.found(artifacts) if file.endswith("results.json")]
            assert results.read(Path(record)).endpoint.url == url

    assert {state: code for state, (code, _) in codes.items()} == {"red": 1, "gone": 5, "green": 0}, codes["green"][1]
    assert junit == {"red": ["1"], "gone": [], "green": ["0"]}
    for words in workspace.installed:
        constraints = workspace.folder / words[words.index("-c") + 1]
        assert constraints.samefile(CHECKOUT / "constraints.txt")
        assert (workspace.folder / words[-1]).samefile(PACKAGE.parent)
    assert len(workspace.installed) == len(urls)


def test_bisect_finds_the_commit_that_broke_a_requirement(workspace, reference):
    if not shutil.which("git"):
        missing("git is not installed")
    good, bad, gone = reference.url, reference.fault_url(FAULT), "http://127.0.0.1:1/dicom-web"
    workspace.server(good)
    commits = ["git init -q", "mv endpoints.toml server.toml"]
    for number, url in enumerate([good, good, gone, good, bad, bad]):
        commits.append(f"echo {number} > version && sed -i 's#^url.*#url = \"{url}\"#' server.toml")
        commits.append(f"git add version server.toml && git {ME} commit -qm {number}")
    bisect = re.search(r"```sh\n(git bisect run .*?)```", PAGE, re.S)[1]
    bisect = bisect.replace("search-paging-010", REQUIREMENT.lower())

    done = workspace.shell([*commits, "git bisect start HEAD HEAD~5", bisect, "git log -1 --format=%s refs/bisect/bad"])

    assert done.returncode == 0, done.stdout + done.stderr
    assert "is the first bad commit" in done.stdout
    assert done.stdout.endswith("4\n")


ME = "-c user.name=ci -c user.email=ci@localhost"
