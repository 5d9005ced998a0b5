"""The help of a command is enough to use it."""

from __future__ import annotations

import re

import pytest

from conformance.__main__ import main
from conformance.commands import COMMANDS
from conformance.harness.run.options import GROUPS


def helped(capsys, *words):
    try:
        main([*words, "--help"])
    except SystemExit as end:
        assert end.code == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("name", ["run", *COMMANDS])
def test_help_says_what_a_command_does_with_an_example_and_its_exit_codes(capsys, name):
    text = helped(capsys, name)

    assert f"`{name}" in text
    assert f"\n    dicomweb-conformance {name} " in text
    assert "exit codes: 0 " in text


def test_options_of_a_run_are_in_groups(capsys):
    text = helped(capsys, "run")

    assert all(f"\n{title}:\n  --" in text for title in GROUPS.values())


def test_help_lists_every_command(capsys):
    text = helped(capsys)

    assert all(re.search(rf"\n    {name}\s", text) for name in ("run", *COMMANDS))
