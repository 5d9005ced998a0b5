"""What `explain` prints of an obligation, `judged`, names the refusals that its checks accept, and no others.

Successes are left out: a check also expects them of the requests that lead to what it judges.
"""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from conformance.requirements import requirements

PACKAGE = Path(__file__).parents[1] / "conformance"
# What the judges of a refusal accept, besides their further arguments (kit/expect.py).
JUDGES = {
    "absent": {404, 410},
    "nothing_deleted": {404, 410},
    "bad_request": {400},
    "unacceptable": {406},
    "unsupported": {415},
}
PASSES = re.compile(r"[Pp]ass(?:es)? on (.*?)(?=; warn|; fail|; not|\. |$)")
REFUSAL = re.compile(r"(?<! x )\b[45]\d\d\b(?! x )")


def named():
    """The refusals that pass by the text of an obligation, by its id, where it names statuses that pass."""
    for item in requirements().values():
        phrases = " ".join(PASSES.findall(item.judged))
        if not item.not_tested and re.search(r"\b[2-5]\d\d\b", phrases):
            yield item.id, {int(status) for status in REFUSAL.findall(phrases)}


@cache
def functions(path):
    """The functions of a module by name."""
    return {
        node.name: node
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef)
    }


def accepted(path, function, seen=()):
    """The refusals that a function, or one of its room that it calls, has among those that pass."""
    for branch in (node for node in ast.walk(functions(path)[function]) if isinstance(node, ast.Compare)):
        if ast.unparse(branch.left).endswith(".status") and isinstance(branch.ops[0], ast.NotEq | ast.NotIn):
            yield from refusals(branch.comparators, path)
    for call in (node for node in ast.walk(functions(path)[function]) if isinstance(node, ast.Call)):
        place, _, name = ast.unparse(call.func).rpartition(".")
        if place == "expect" and name in ("status", *JUDGES):
            yield from JUDGES.get(name, ())
            yield from refusals(call.args[1:], path)
        elif (place, name) == ("expect", "outcome"):
            yield from refusals(call.args[1:2], path)
        else:
            module = path.with_name(f"{place}.py") if place.isidentifier() else path
            if module.exists() and name in functions(module) and (module, name) not in seen:
                yield from accepted(module, name, (*seen, (module, name)))


def refusals(nodes, path):
    """The refusals in arguments, or in the constants of the module that they name."""
    for node in (each for argument in nodes for each in ast.walk(argument)):
        if isinstance(node, ast.Name):
            yield from refusals(constants(path).get(node.id, ()), path)
        elif isinstance(node, ast.Constant) and type(node.value) is int and 400 <= node.value < 600:
            yield node.value


@cache
def constants(path):
    """The values of the names that a module, or a function of it, assigns."""
    found = {}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            found.setdefault(node.targets[0].id, []).append(node.value)
    return found


@cache
def by_code():
    """The refusals that pass by the code of the checks of an obligation, by its id."""
    found = {}
    for path in PACKAGE.glob("*/test_*.py"):
        for name, node in functions(path).items():
            for mark in node.decorator_list:
                if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "check":
                    found.setdefault(ast.literal_eval(mark.args[0]), set()).update(accepted(path, name))
    return found


@pytest.mark.parametrize(("requirement", "passing"), list(named()))
def test_judged_names_the_refusals_that_pass(requirement, passing):
    assert by_code()[requirement] == passing
