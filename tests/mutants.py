"""Mutants of the reference server: does the suite notice errors that nobody thought of?

    python tests/mutants.py --seed 7 --number 40 --minutes 20

Each mutant is a copy of the package with one small change of the server's source, drawn with the seed. The checks of
the rooms concerned run against it, those of the sample study first, until one fails. It is noticed if anything is red,
or a warning. A survivor shows a judge that is too wide, or an input that is missing, unless the change has no effect:
then `tests/mutants.toml` says so, with the reason. Needs the extra "codecs".
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

CHECKOUT = Path(__file__).parents[1]
SERVER = Path("conformance/reference")
SAID = CHECKOUT / "tests" / "mutants.toml"
LONGEST = 400  # seconds of a run
# Code of the server that the default profile does not reach.
UNREACHED = ("azure", "process.py", "__init__.py", "server.py")
# The rooms whose checks run, by what a file begins with; all of them for every other file.
ROOMS = {
    "scenario query": ("search", "query", "matching"),
    "scenario store": ("store", "ingest", "coercion", "metadata_store", "json_reader", "xml_reader", "little_endian"),
    "scenario retrieve": (
        "retrieve",
        "rend",
        "imaging",
        "luts",
        "codecs",
        "presentation",
        "pixels",
        "transcode",
        "bulk",
        "documents",
    ),
}
EVERY = "scenario store query delete retrieve model common"
SWAPPED: dict[type[ast.AST], str] = {
    getattr(ast, one): other.replace("_", " ")
    for line in (
        "Eq != NotEq == Lt <= LtE < Gt >= GtE > In not_in NotIn in Is is_not IsNot is",
        "Add - Sub + Mult // FloorDiv * Div * Mod // LShift >> RShift << BitAnd | BitOr & And or Or and",
    )
    for one, other in zip(line.split()[::2], line.split()[1::2], strict=True)
}


class Mutant(NamedTuple):
    """A change: the offsets of the code that is replaced in a file, in bytes, and the new code."""

    file: str
    line: int
    start: int
    end: int
    new: str
    before: str
    after: str

    @property
    def name(self) -> str:
        return f"{self.file}: {self.before} -> {self.after}"


def mutants(path: Path, name: str) -> Iterator[Mutant]:
    """Every change of a file that is tried."""
    source = path.read_bytes()
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    tree = ast.parse(source)
    skipped = {id(part) for node in ast.walk(tree) for part in _unchanged(node)}

    def change(node: ast.AST, new: str) -> Mutant:
        start, end = starts[node.lineno - 1] + node.col_offset, starts[node.end_lineno - 1] + node.end_col_offset
        first, last = starts[node.lineno - 1], source.find(b"\n", end)
        before = " ".join(source[first:last].decode().split())
        after = " ".join((source[first:start] + new.encode() + source[end:last]).decode().split())
        return Mutant(name, node.lineno, start, end, new, before, after)

    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        for new in _changes(node):
            yield change(node, f"({new})" if isinstance(node, ast.expr) else new)


def _unchanged(node: ast.AST) -> Iterator[ast.AST]:
    """Docstrings, annotations, messages of errors, and parts of formatted text."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        yield from (node, node.value)
    if isinstance(node, ast.JoinedStr):
        yield from ast.walk(node)
    if isinstance(node, ast.Raise):
        yield from ast.walk(node)
    for annotation in (getattr(node, "annotation", None), getattr(node, "returns", None)):
        if annotation:
            yield from ast.walk(annotation)


def _changes(node: ast.AST) -> Iterator[str]:
    """The codes that replace a node, if any."""
    match node:
        case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in SWAPPED:
            yield f"{ast.unparse(left)} {SWAPPED[type(op)]} {ast.unparse(right)}"
        case ast.BinOp(left=left, op=op, right=right) if type(op) in SWAPPED:
            yield f"({ast.unparse(left)}) {SWAPPED[type(op)]} ({ast.unparse(right)})"
        case ast.BoolOp(op=op, values=values):
            yield f" {SWAPPED[type(op)]} ".join(f"({ast.unparse(value)})" for value in values)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield ast.unparse(operand)
        case ast.IfExp(test=test, body=body, orelse=orelse):
            yield f"{ast.unparse(orelse)} if {ast.unparse(test)} else {ast.unparse(body)}"
        case ast.Constant(value=bool() as value):
            yield str(not value)
        case ast.Constant(value=int() as value):
            yield str(value + 1)
        case ast.Constant(value=str() as value) if value:
            yield repr(value[:-1] + ("x" if value[-1] != "x" else "y"))
        case ast.Return(value=ast.expr() as value) if not isinstance(value, ast.Constant):
            yield "return None"
        case ast.Expr(value=ast.Call()):
            yield "pass"


def sample(seed: int, number: int) -> list[Mutant]:
    """So many changes of the server, each line at most once."""
    found = []
    for path in sorted((CHECKOUT / SERVER).glob("*.py")):
        if not path.name.startswith(UNREACHED):
            found += list(mutants(path, path.name))
    random.Random(seed).shuffle(found)
    by_line = {(mutant.file, mutant.line): mutant for mutant in reversed(found)}
    return list(reversed(by_line.values()))[:number]


def rooms(file: str) -> list[str]:
    """The rooms whose checks concern a file of the server, the cheap ones first."""
    names = next((names for names, begins in ROOMS.items() if file.startswith(begins)), EVERY)
    return [f"conformance/{name}" for name in names.split()]


def noticed(mutant: Mutant) -> str:
    """What the suite says of a mutant: the first red check, or warning; "" if there is none."""
    with tempfile.TemporaryDirectory(prefix="mutant-") as name:
        folder = Path(name)
        for part in ("conformance", "fixtures"):
            shutil.copytree(CHECKOUT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        path = folder / SERVER / mutant.file
        source = path.read_bytes()
        path.write_bytes(source[: mutant.start] + mutant.new.encode() + source[mutant.end :])
        first, *others = rooms(mutant.file)
        return _run(folder, [first]) or _run(folder, others)


def _run(folder: Path, paths: list[str]) -> str:
    command = [sys.executable, "-m", "conformance", "run", *paths, "-x", "--reports", str(folder / "reports")]
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    try:
        run = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=LONGEST)
    except subprocess.TimeoutExpired:
        return "the run did not end"
    found = sorted((folder / "reports").glob("*/*/results.json"), key=lambda path: path.stat().st_mtime)
    if run.returncode in (2, 3, 4) or not found:
        return f"the run stops: {(run.stdout + run.stderr).strip().splitlines()[-1:]}"
    checks = json.loads(found[-1].read_bytes())["checks"]
    red = [check for check in checks if check["verdict"] not in ("pass", "observed", "not supported")]
    order = ("fail", "warn", "error", "blocked")
    red.sort(key=lambda check: order.index(check["verdict"]) if check["verdict"] in order else len(order))
    return f"{red[0]['verdict']} {red[0]['id']}" if red else ""


def main() -> None:
    """Print each mutant with what noticed it, the survivors with what a person said of them, and the figure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--number", type=int, default=40)
    parser.add_argument("--minutes", type=float, default=60, help="begin no mutant after that")
    parser.add_argument("--workers", type=int, default=1)
    asked = parser.parse_args()
    end = time.monotonic() + 60 * asked.minutes
    said = {entry["mutant"]: entry["reason"] for entry in tomllib.loads(SAID.read_text("utf-8")).get("equivalent", [])}
    tally = {"noticed": 0, "survived": 0, "equivalent": 0}

    def judge(mutant: Mutant) -> tuple[Mutant, str | None]:
        return mutant, noticed(mutant) if time.monotonic() < end else None

    with ThreadPoolExecutor(asked.workers) as pool:
        for mutant, by in pool.map(judge, sample(asked.seed, asked.number)):
            if by is None:
                continue
            verdict = "noticed" if by else "equivalent" if mutant.name in said else "survived"
            tally[verdict] += 1
            print(
                f"{verdict:10}  line {mutant.line} of {mutant.name}   ({by or said.get(mutant.name, '')})", flush=True
            )
    judged = tally["noticed"] + tally["survived"]
    print(
        f"seed {asked.seed}: {tally['noticed']} of {judged} mutants are noticed; {tally['equivalent']} are equivalent"
    )


if __name__ == "__main__":
    main()
