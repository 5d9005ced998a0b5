"""Several servers side by side: a pure function of their results.json, one each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from conformance.reporting.diff import unlike
from conformance.reporting.exchanges import href
from conformance.reporting.page import environment, styled
from conformance.reporting.record import HARMS, VERDICTS, Check, Requirement, Results, Verdict
from conformance.reporting.words import anchor


@dataclass(frozen=True)
class Server:
    """A column: a run, and where its conformance.html lies, relative to the matrix; None where it is not there."""

    title: str
    run: Results
    page: str | None


@dataclass(frozen=True)
class Cell:
    """The gravest verdict of some checks, how many of them have it, and a link to the first of these."""

    verdict: Verdict
    number: int
    of: int
    link: str | None


@dataclass(frozen=True)
class Row:
    """A requirement, or a kind of instances, and what each server does with it: None where no check ran."""

    title: str
    cells: list[Cell | None]
    requirement: Requirement | None = None

    @property
    def differs(self) -> bool:
        """Whether the servers do not all have one verdict."""
        return len({cell and cell.verdict for cell in self.cells}) > 1


@dataclass(frozen=True)
class Matrix:
    """`requirements` and `kinds` are rows by transaction; `unlike` are sentences on what the runs do not share."""

    servers: list[Server]
    requirements: dict[str, list[Row]]
    kinds: dict[str, list[Row]]
    unlike: list[str]

    @property
    def differing(self) -> dict[str, list[Row]]:
        """The requirements in which the servers differ."""
        return _only(self.requirements, True)

    @property
    def agreeing(self) -> dict[str, list[Row]]:
        """The requirements in which they do not."""
        return _only(self.requirements, False)


def compare(runs: Sequence[tuple[Results, str | None]]) -> Matrix:
    """The matrix of some runs, each with the place of its page. Servers of one name are told apart by their run."""
    names = Counter(run.endpoint.name for run, _ in runs)
    servers = [Server(_title(run, names), run, page) for run, page in runs]
    different = unlike([server.run for server in servers])
    return Matrix(
        servers, _requirements(servers), _kinds(servers), [text for text in different if "endpoint URLs" not in text]
    )


def render(found: Matrix) -> str:
    """The page as HTML."""
    style, digest = styled("matrix.css")
    return environment.get_template("matrix.html").render(
        style=style,
        style_hash=digest,
        matrix=found,
        counted=[verdict for verdict in VERDICTS if any(server.run.counts[verdict] for server in found.servers)],
        most=max(len(server.run.checks) for server in found.servers),
    )


def total(rows: dict[str, list[Row]]) -> int:
    """How many rows there are in all."""
    return sum(map(len, rows.values()))


environment.filters["total"] = total


def _title(run: Results, names: Counter[str]) -> str:
    name = run.endpoint.name
    return name if names[name] == 1 else f"{name}, run {run.run}"


def _requirements(servers: Sequence[Server]) -> dict[str, list[Row]]:
    catalogue: dict[str, Requirement] = {}
    for server in servers:
        catalogue |= {item.id: item for item in server.run.requirements if item.id not in catalogue}
    judged = [_by(server.run.checks, lambda check: [check.requirement]) for server in servers]
    rows: dict[str, list[Row]] = {}
    for item in catalogue.values():
        cells = [_cell(own.get(item.id, []), server) for own, server in zip(judged, servers, strict=True)]
        if any(cells):
            rows.setdefault(item.transaction, []).append(Row(item.id, cells, item))
    return {name: sorted(own, key=_harm) for name, own in rows.items()}


def _harm(row: Row) -> int:
    """The place of a requirement in the order of what a client suffers at worst."""
    return HARMS.index(row.requirement.harm) if row.requirement and row.requirement.harm in HARMS else len(HARMS)


def _kinds(servers: Sequence[Server]) -> dict[str, list[Row]]:
    titles = {kind: title for server in servers for kind, title in server.run.kinds.items()}
    rows: dict[str, list[Row]] = {}
    for transaction in dict.fromkeys(check.transaction for server in servers for check in server.run.checks):
        own = [[check for check in server.run.checks if check.transaction == transaction] for server in servers]
        used = [_by(checks, lambda check: check.kinds) for checks in own]
        for kind, title in titles.items():
            of_kind = [[check.of(kind) for check in checks.get(kind, [])] for checks in used]
            cells = [_cell(checks, server) for checks, server in zip(of_kind, servers, strict=True)]
            if any(cells):
                rows.setdefault(transaction, []).append(Row(title, cells))
    return rows


def _by(checks: Iterable[Check], names: Callable[[Check], Iterable[str]]) -> dict[str, list[Check]]:
    groups: dict[str, list[Check]] = {}
    for check in checks:
        for name in names(check):
            groups.setdefault(name, []).append(check)
    return groups


def _cell(checks: Sequence[Check], server: Server) -> Cell | None:
    if not checks:
        return None
    gravest = min(checks, key=lambda check: VERDICTS.index(check.verdict))
    link = f"{href(server.page)}#{anchor(gravest.id)}" if server.page else None
    return Cell(gravest.verdict, sum(check.verdict == gravest.verdict for check in checks), len(checks), link)


def _only(rows: dict[str, list[Row]], differ: bool) -> dict[str, list[Row]]:
    found = {name: [row for row in own if row.differs == differ] for name, own in rows.items()}
    return {name: own for name, own in found.items() if own}
