"""results.json: the truth of a run, written once, with a footer; a reader refuses a file without it."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from conformance.reporting import files, sums
from conformance.reporting.exchange import Exchange, Number, StoredExchange, Struct, restored, shared
from conformance.reporting.record import SCHEMA, VERDICTS, Beside, Check, Deviation, Requirement, Results, Verdict
from conformance.reporting.sentences import MET

TRANSACTIONS = 100  # that the checks of a run are of, at most; there are eight
LIMIT = 100 * 1024 * 1024  # bytes, which may take ten times as many to read; a run of all checks leaves 6 MB
REFERENCES = 1_000_000  # of checks to exchanges; a run of all checks has 10,000

# Those of a check that has a deviation, or may.
DEVIATING: frozenset[Verdict] = frozenset({"fail", "warn", "known", "stale", "blocked", "observed"})
# Those of a check of which reports show the exchanges.
LOUD: frozenset[Verdict] = frozenset({"fail", "warn", "known", "stale", "blocked", "error"})
# Those that no run has which is green.
NOT_MET: tuple[Verdict, ...] = ("fail", "stale", "error")
# What a check has of its requirement, and the file only there.
OF_REQUIREMENT = ("clause", "level", "tier", "transaction", "harm")


class UnreadableResults(Exception):
    """The file is not a finished run of this suite; the message says what to do."""


def write(results: Results, path: Path) -> None:
    """Write the file whole or not at all, a line for each check, requirement and exchange.

    In the file every exchange stands once, under `exchanges`; the evidence of a check are their numbers, since many
    checks may judge one document. So does every title, text of a body and line of a head, under `texts`. What a check
    says as its requirement or its title does is left out, and so are the bodies of which no report shows anything: they
    are in the evidence.
    """
    document = msgspec.to_builtins(results)
    exchanges: dict[str, int] = {}
    texts: dict[str, int] = {}
    stored: list[object] = []
    shown = {exchange.path for check in results.every_check if check.verdict in LOUD for exchange in check.evidence}
    for check in (*document["checks"], *(check for item in document["beside"] for check in item["checks"])):
        for item in check["evidence"]:
            if item["path"] not in shown:
                item["request_body"]["text"] = item["response_body"]["text"] = None
            if exchanges.setdefault(item["path"], len(stored)) == len(stored):
                stored.append(shared(item, texts))
        check["evidence"] = [exchanges[item["path"]] for item in check["evidence"]]
        for name in OF_REQUIREMENT:
            del check[name]
        for name in [name for name, value in (_UNSAID | {"summary": check["title"]}).items() if check[name] == value]:
            del check[name]
        check["title"] = texts.setdefault(check["title"], len(texts))
    document |= {"exchanges": stored, "texts": list(texts), "footer": document.pop("footer")}
    draft = path.with_suffix(".part")
    draft.write_bytes(b"{\n" + b",\n".join(_lines(document)) + b"\n}\n")
    os.replace(draft, path)


def _lines(document: dict[str, Any]) -> Iterator[bytes]:
    for name, value in document.items():
        if isinstance(value, list) and value:
            yield b'"%s": [\n%s\n]' % (name.encode(), b",\n".join(map(_encoded, value)))
        else:
            yield b'"%s": %s' % (name.encode(), _encoded(value))


def _encoded(value: Any) -> bytes:
    """A value as JSON; half a surrogate pair, which no UTF-8 has but a server can send, as a question mark."""
    try:
        return msgspec.json.format(msgspec.json.encode(value), indent=-1)
    except UnicodeEncodeError:
        return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")


_UNSAID: dict[str, Any] = {"deviation": None, "reason": "", "blocked_by": None, "kinds": [], "wrong": [], "files": []}
_UNSAID |= {"beside": ""}


class _Reference(Struct):
    """An exchange as a check of schema 1 names it."""

    path: str


class _StoredCheck(Check, kw_only=True):
    """A check as it is in the file: its evidence are numbers of exchanges, in schema 1 their paths; its title is the
    number of a text, until schema 3 the text.

    Without `summary` that is its title. `expected` and `observed` are what schemas 1 and 2 have of a deviation.
    """

    title: Number | str  # type: ignore[assignment]
    summary: str | None = None  # type: ignore[assignment]
    clause: str = ""
    level: str = ""
    tier: str = ""
    transaction: str = ""
    evidence: list[Number | _Reference]  # type: ignore[assignment]
    expected: str | None = None
    observed: str | None = None


class _StoredBeside(Beside):
    """A profile beside the verdict as it is in the file."""

    checks: list[_StoredCheck]  # type: ignore[assignment]


class _Stored(Results, kw_only=True):
    """Results as they are in the file."""

    checks: list[_StoredCheck]  # type: ignore[assignment]
    beside: list[_StoredBeside] = []  # type: ignore[assignment]
    exchanges: list[StoredExchange] = []
    texts: list[str] = []


def read(path: Path) -> Results:
    """Read a finished run, from its results.json or the same as results.json.gz. Raises UnreadableResults, one sentence
    that names the file and the mend.

    Where SHA256SUMS lies beside it, the file has to be what that says.
    """
    path = path / "results.json" if path.is_dir() else path
    if not path.exists() and (packed := path.with_name(f"{path.name}.gz")).exists():
        path = packed
    try:
        content = files.read(path, LIMIT)
        content = files.inflated(content, LIMIT) if path.suffix == ".gz" else content
        if damaged := sums.verify(path.parent, [path.name]):
            why = f"{damaged[0]} was damaged, or changed after the run"
            raise UnreadableResults(f"{path} is not what {sums.NAME} beside it says: {why}")
        stored = msgspec.json.decode(content, type=_Stored)
        if stored.schema not in range(1, SCHEMA + 1):
            raise UnreadableResults(f"{path} has schema {stored.schema}, this version reads up to {SCHEMA}")
        results = _whole(stored)
    except files.UnreadableFile as error:
        raise UnreadableResults(f"{path} {error}") from error
    except RecursionError as error:
        raise UnreadableResults(f"{path} is not a results.json of this suite: it is nested too deep") from error
    except msgspec.ValidationError as error:
        if "footer" in str(error):
            raise UnreadableResults(f"{path} has no footer: that run did not end, run it again") from error
        raise UnreadableResults(f"{path} is not a results.json of this suite: {error}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnreadableResults(f"{path} is not whole JSON, that run did not end: {error}") from error
    if fault := _fault(results):
        raise UnreadableResults(f"{path} is not a results.json of this suite: {fault}")
    return results


def _whole(stored: _Stored) -> Results:
    """The results with each exchange and text in its place again. Raises ValidationError where one is missing."""
    if sum(len(check.evidence) for check in stored.every_check) > REFERENCES:
        raise msgspec.ValidationError(f"its checks have more than {REFERENCES:,} exchanges")
    try:
        exchanges = list(restored(stored.exchanges, stored.texts, LIMIT))
        numbers = {exchange.path: number for number, exchange in enumerate(exchanges)}

        def whole(checks: Iterable[_StoredCheck], requirements: Iterable[Requirement]) -> list[Check]:
            known = {item.id: item for item in requirements}
            return [_check(check, known[check.requirement], exchanges, numbers, stored) for check in checks]

        fields = {name: getattr(stored, name) for name in Results.__struct_fields__}
        fields["checks"] = whole(stored.checks, stored.requirements)
        fields["beside"] = [
            Beside(
                **{name: getattr(item, name) for name in Beside.__struct_fields__}
                | {"checks": whole(item.checks, item.requirements)}
            )
            for item in stored.beside
        ]
    except LookupError as error:
        raise msgspec.ValidationError(f"something it refers to is missing: {str(error)[:100]}") from error
    return Results(**fields | {"schema": SCHEMA})


def _check(
    check: _StoredCheck, requirement: Requirement, exchanges: list[Exchange], numbers: dict[str, int], stored: _Stored
) -> Check:
    """A check with its evidence, and with what it has of its requirement. Raises LookupError."""
    cited = (item if isinstance(item, int) else numbers[item.path] for item in check.evidence)
    own = msgspec.structs.asdict(check) | {"evidence": [exchanges[number] for number in cited]}
    wanted, found = own.pop("expected") or requirement.statement, own.pop("observed")
    if stored.schema < 3 and found and check.verdict in DEVIATING:
        own["deviation"] = Deviation("what was seen", found, wanted, "")
    title = stored.texts[check.title] if isinstance(check.title, int) else check.title
    own |= {"title": title, "summary": check.summary or title}
    return Check(**own | {name: getattr(requirement, name) for name in OF_REQUIREMENT})


def _fault(results: Results) -> str | None:
    """What reports rely on, and is not so beyond the types of the fields; one sentence, None where all is well."""
    tally = Counter(check.verdict for check in results.checks)
    urls = {exchange.url for check in results.every_check for exchange in check.evidence}
    if not all(map(_is_moment, (results.started, results.finished, *(check.started for check in results.every_check)))):
        return "a time is no date and time with an offset, as in 2026-11-21T09:14:07Z"
    if any(results.counts.get(verdict) != tally[verdict] for verdict in VERDICTS):
        return "counts are not those of its checks"
    missing = len(results.checks) < results.footer.collected
    if results.overall in MET and (missing or any(tally[verdict] for verdict in NOT_MET)):
        return f"its verdict is {results.overall}, and its checks have another"
    if len({check.id for check in results.every_check}) < len(results.every_check):
        return "a check is there twice"
    if lost := {check.requirement for check in results.checks} - {item.id for item in results.requirements}:
        return f"a check is of {sorted(lost)[0][:60]}, which is not among its requirements"
    if len({check.transaction for check in results.checks}) > TRANSACTIONS:
        return f"its checks are of more than {TRANSACTIONS} transactions"
    return None if all(map(_is_url, urls)) else "the URL of an exchange is none"


def _is_moment(text: str) -> bool:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return False
    return moment.tzinfo is not None and 1 < moment.year < 9999


def _is_url(text: str) -> bool:
    try:
        return bool(urlsplit(text))
    except ValueError:
        return False
