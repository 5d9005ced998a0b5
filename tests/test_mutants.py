"""Mutants are drawn by a seed, each is a program of its own, and nothing is changed that has no effect."""

from __future__ import annotations

import ast
from pathlib import Path

from tests import mutants

SOURCE = '''"""A docstring, 1 < 2."""


def level(value: "int < 3", low=1):
    """Another."""
    if value < low and not value:
        raise ValueError(f"{value} is below {low}")
    print("less")
    return [value + 1, "é", True]
'''


def changed(tmp_path):
    path = tmp_path / "file.py"
    path.write_text(SOURCE, encoding="utf-8")
    source = SOURCE.encode()
    for mutant in mutants.mutants(path, "file.py"):
        yield mutant, (source[: mutant.start] + mutant.new.encode() + source[mutant.end :]).decode()


def test_each_mutant_is_another_program(tmp_path):
    found = dict(changed(tmp_path))

    assert len(found) == 11
    assert len({ast.dump(ast.parse(text)) for text in found.values()} - {ast.dump(ast.parse(SOURCE))}) == len(found)


def test_mutant_says_what_it_changes(tmp_path):
    names = {mutant.name for mutant, _ in changed(tmp_path)}

    assert "file.py: if value < low and not value: -> if (value <= low) and not value:" in names
    assert 'file.py: print("less") -> pass' in names


def test_docstrings_annotations_and_messages_stay(tmp_path):
    for mutant, _ in changed(tmp_path):
        assert mutant.line not in (1, 5, 7)
        assert '"int < 3"' in mutant.after or mutant.line != 4


def test_sample_depends_on_the_seed_alone():
    one = mutants.sample(3, 30)

    assert one == mutants.sample(3, 30) != mutants.sample(4, 30)
    assert len({(mutant.file, mutant.line) for mutant in one}) == 30
    assert not any(mutant.file.startswith(mutants.UNREACHED) for mutant in one)


def test_rooms_of_a_file():
    names = {name: [Path(room).name for room in mutants.rooms(name)] for name in ("luts.py", "answers.py")}

    assert names["luts.py"] == ["scenario", "retrieve"]
    assert "common" in names["answers.py"]


def test_server_with_a_mutant_is_judged():
    path = mutants.CHECKOUT / mutants.SERVER / "search.py"
    one = next(mutant for mutant in mutants.mutants(path, path.name) if mutant.new == "return None")

    [(_, by)] = mutants.judged([one], 1, float("inf"), whole=False)
    assert by.startswith("fail seed-search-")
