"""What an entry of the qualification record was proven with, as digests of source text: what is older is found by them.

A fault, or a variant, is the statement that defines it and what its module and those that it imports share. The checks
of a requirement are their functions, and what their module and their room share. What all entries have in common is the
reference server, and the judge: the kit, the protocol and the harness.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path

import conformance
from conformance.reporting.qualification import Basis
from conformance.requirements import requirements
from tests.tools import liars

PACKAGE = Path(conformance.__file__).parent
REFERENCE = PACKAGE / "reference"
JUDGE = ("kit", "dicomweb", "harness")
MAKES = ("check", "fault", "variant", "cause")


def of_fault(fault) -> Basis:
    """The basis of a fault: it, the checks of what it breaks, the server, the judge."""
    checks = [text for requirement in fault.breaks for text in _checks(requirement)]
    return Basis(_digest(_definition(fault.id, "faults")), _digest(checks), server(), judge())


def of_variants(names: Iterable[str]) -> Basis:
    """The basis of one server with some variants."""
    return _of_all_checks(text for name in names for text in _definition(name, "variants"))


def of_cause(name: str, allowed: str) -> Basis:
    """The basis of a single cause, and of what it may change."""
    return _of_all_checks([*_definition(name, "causes"), allowed])


def _of_all_checks(subject: Iterable[str]) -> Basis:
    """The basis of a server that all checks are run against, so that they are part of its judge."""
    checks = (path.read_text(encoding="utf-8") for path in _test_modules())
    return Basis(_digest(subject), "", server(), _digest([judge(), *checks]))


def of_liar() -> Basis:
    """The basis of the servers that lie: which checks are run against one matters little."""
    return Basis(_digest([Path(liars.__file__).read_text(encoding="utf-8")]), "", server(), judge())


@cache
def server() -> str:
    """The digest of the reference server without its faults and variants."""
    return _digest(path.read_text(encoding="utf-8") for path in sorted(REFERENCE.glob("*.py")))


@cache
def judge() -> str:
    """The digest of all that judges but the checks."""
    paths = [path for room in JUDGE for path in sorted((PACKAGE / room).rglob("*.py"))]
    return _digest(path.read_text(encoding="utf-8") for path in paths)


def _digest(texts: Iterable[str]) -> str:
    """So many digits that two do not meet."""
    return sha256("\0".join(texts).encode()).hexdigest()[:12]


def _definition(id: str, folder: str) -> Iterator[str]:
    """The statements that define a fault or a variant, and what they share with others."""
    for path in _naming(id, sorted((REFERENCE / folder).glob("*.py"))):
        yield Source.of(path).own.get(id, "")
        yield from (Source.of(one).shared for one in _imported(path))


def _naming(id: str, modules: list[Path]) -> list[Path]:
    """The modules that name an id; where none does, those that compute ids."""
    named = [path for path in modules if id in Source.of(path).own]
    return named or [path for path in modules if Source.of(path).computes]


def _imported(path: Path) -> list[Path]:
    """A module and those of its own folder that it imports, they too."""
    found = [path]
    for module in found:
        paths = [path.with_name(f"{name}.py") for name in Source.of(module).imports]
        found += [one for one in paths if one.exists() and one not in found]
    return found


def _checks(requirement: str) -> Iterator[str]:
    """The functions that judge a requirement, what they share with others, and what decides their verdict."""
    item = requirements()[requirement]
    yield f"{item.tier} {item.feature} {item.profile} {item.load}"
    for path in _naming(requirement, _test_modules()):
        yield Source.of(path).own.get(requirement, "")
        yield Source.of(path).shared
        helpers = sorted(set(path.parent.glob("*.py")) - set(path.parent.glob("test_*.py")))
        yield from (Source.of(one).text for one in helpers)


@cache
def _test_modules() -> list[Path]:
    return sorted(PACKAGE.glob("*/test_*.py"))


class Source:
    """A module by its statements.

    `own`: the text of those that make a check, a fault or a variant, by the id that they name; `shared`: the text of
    all others; `computes`: whether ids are made by code, so that the whole module is each one's; `imports`: the modules
    of its own folder.
    """

    def __init__(self, text: str) -> None:
        self.text, self.own, self.computes = text, {}, False
        self.imports, shared = [], []
        for statement in self._statements(ast.parse(text)):
            source = "\n".join(text.splitlines()[_first(statement) - 1 : statement.end_lineno])
            ids = list(self._ids(statement))
            for id in ids:
                self.own[id] = self.own.get(id, "") + source
            if not ids:
                shared.append(source)
            if isinstance(statement, ast.ImportFrom) and statement.level == 1 and statement.module:
                self.imports.append(statement.module)
        self.shared = text if self.computes else "\n".join(shared)

    @staticmethod
    @cache
    def of(path: Path) -> Source:
        return Source(path.read_text(encoding="utf-8"))

    @staticmethod
    def _statements(module: ast.Module) -> Iterator[ast.stmt]:
        """The statements of a module; of a class of tests those that are in it."""
        for statement in module.body:
            if isinstance(statement, ast.ClassDef) and statement.name.startswith("Test"):
                yield from statement.body
            else:
                yield statement

    def _ids(self, statement: ast.stmt) -> Iterator[str]:
        for node in ast.walk(statement):
            if isinstance(node, ast.Call) and node.args and ast.unparse(node.func).endswith(MAKES):
                match node.args[0]:
                    case ast.Constant(value=str(id)):
                        yield id
                    case ast.JoinedStr() | ast.Call() | ast.Subscript() | ast.Attribute():
                        self.computes = True
                    case ast.Name(id=name) if name != "id":
                        self.computes = True


def _first(statement: ast.stmt) -> int:
    """The line a statement begins at, its decorators too."""
    return min([statement.lineno, *(item.lineno for item in getattr(statement, "decorator_list", ()))])
