"""Mutants of the reference server: does the suite notice errors that nobody thought of?

    python tests/mutants.py --seed 7 --number 40 --minutes 20

Each mutant is a server with one small change of its source, drawn with the seed. The checks of the rooms concerned run
against it until one fails, then all of them if none did. It is noticed if anything is red, or a warning. A survivor
shows a judge that is too wide, or an input that is missing, unless the change has no effect: then `tests/mutants.toml`
says so, with the reason.
"""

from __future__ import annotations

import argparse
import ast
import random
import subprocess
import sys
import tempfile
import threading
import time
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

CHECKOUT = Path(__file__).parents[1]
sys.path[:0] = [str(CHECKOUT)] if str(CHECKOUT) not in sys.path else []

from conformance.harness.run.options import PACKAGE  # noqa: E402
from conformance.reporting.record import Results  # noqa: E402
from tests.tools import workers  # noqa: E402
from tests.tools.judging import claims  # noqa: E402
from tests.tools.workers import Task  # noqa: E402

SERVER = Path("conformance/reference")
SAID = CHECKOUT / "tests" / "mutants.toml"
LONGEST = 300  # seconds of a server, so that one that never returns ends
NOWHERE = "http://127.0.0.1:9/dicom-web"  # of a server that did not start
PROGRAM = """
import sys
sys.path.insert(0, sys.argv[1])
from conformance.reference.server import Server
with Server() as server:
    print(server.url, flush=True)
    sys.stdin.read()
"""
# Code of the server that the default profile does not reach.
UNREACHED = ("azure", "coercion.py", "process.py", "__init__.py", "server.py")
# The rooms whose checks run, by what a file begins with; all of them for every other file.
ROOMS = {
    "scenario query": ("search", "query", "matching"),
    "scenario store": (
        "store",
        "ingest",
        "metadata_store",
        "bulk_images",
        "json_reader",
        "xml_reader",
        "little_endian",
    ),
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

    def put(self, place: Path) -> None:
        """Make a package in a folder that is this one but for the change, of links."""
        for folder in (PACKAGE, CHECKOUT / SERVER):
            inside = place / folder.relative_to(CHECKOUT)
            inside.mkdir()
            for path in folder.iterdir():
                if path not in (CHECKOUT / SERVER, CHECKOUT / SERVER / self.file):
                    (inside / path.name).symlink_to(path)
        source = (CHECKOUT / SERVER / self.file).read_bytes()
        changed = source[: self.start] + self.new.encode() + source[self.end :]
        (place / SERVER / self.file).write_bytes(changed)


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


def rooms(file: str) -> tuple[str, ...]:
    """The rooms whose checks concern a file of the server."""
    names = next((names for names, begins in ROOMS.items() if file.startswith(begins)), EVERY)
    return tuple(str(PACKAGE / name) for name in names.split())


class Mutated(NamedTuple):
    """Starts a reference server with a mutant, and returns its URL; the one before it ends."""

    mutant: Mutant
    folder: str

    def __call__(self, _: object) -> str:
        _running.stop()
        place = Path(tempfile.mkdtemp(dir=self.folder))
        self.mutant.put(place)
        return _running.start(place)


class _Running:
    """The server of this process. It is ended after LONGEST, so that what never answers ends too."""

    process: subprocess.Popen[str] | None = None
    timer: threading.Timer | None = None

    def start(self, place: Path) -> str:
        self.process = subprocess.Popen(
            [sys.executable, "-B", "-P", "-W", "ignore", "-c", PROGRAM, str(place)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.timer = threading.Timer(LONGEST, self.process.kill)
        self.timer.daemon = True
        self.timer.start()
        assert self.process.stdout
        return self.process.stdout.readline().strip() or NOWHERE

    def stop(self) -> None:
        if self.process and self.timer and self.process.stdin:
            self.timer.cancel()
            with suppress(OSError):
                self.process.stdin.close()
            try:
                self.process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                self.process.kill()


_running = _Running()


def judged(mutants: Sequence[Mutant], processes: int, until: float, whole: bool) -> Iterator[tuple[Mutant, str]]:
    """What the suite says of mutants, as it is known: the first red check, else a warning; "" if there is none."""
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        tasks = [
            Task(
                str(number),
                Mutated(mutant, folder),
                claims() | {"maxfail": 1},
                (str(PACKAGE),) if whole else rooms(mutant.file),
            )
            for number, mutant in enumerate(mutants)
        ]
        for name, run in workers.run(tasks, Path(folder, "runs"), until, processes):
            yield mutants[int(name)], said_by(run)


def said_by(run: Results | None) -> str:
    """The check that notices, or the preflight; "" if nothing does."""
    if not run:
        return "the preflight"
    order = ("fail", "error", "blocked", "warn")
    red = sorted((check for check in run.checks if check.verdict in order), key=lambda one: order.index(one.verdict))
    return f"{red[0].verdict} {red[0].id}" if red else ""


def main() -> None:
    """Print each mutant with what noticed it, the survivors with what a person said of them, and the figure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--number", type=int, default=40)
    parser.add_argument("--minutes", type=float, default=60, help="begin no mutant after that")
    parser.add_argument("--workers", type=int, default=1)
    asked = parser.parse_args()
    until = time.monotonic() + 60 * asked.minutes
    said = {entry["mutant"]: entry["reason"] for entry in tomllib.loads(SAID.read_text("utf-8")).get("equivalent", [])}
    drawn = sample(asked.seed, asked.number)
    equivalent = [mutant for mutant in drawn if mutant.name in said]
    others = [mutant for mutant in drawn if mutant.name not in said]
    noticed, missed = [], []
    for mutant, by in judged(others, asked.workers, until, whole=False):
        (noticed if by else missed).append(mutant)
        print(f"{'noticed' if by else 'missed by its rooms':19}  {mutant.line:3} {mutant.name}   {by}", flush=True)
    for mutant, by in judged(missed, asked.workers, float("inf"), whole=True):
        noticed += [mutant] if by else []
        print(f"{'noticed' if by else 'survived':19}  {mutant.line:3} {mutant.name}   {by}", flush=True)
    survivors = len(missed) - len({*missed} & {*noticed})
    print(
        f"seed {asked.seed}: {len(noticed)} of {len(noticed) + survivors} mutants are noticed;"
        f" {len(equivalent)} are equivalent"
    )


if __name__ == "__main__":
    main()
