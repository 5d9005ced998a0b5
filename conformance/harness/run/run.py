"""One run: its folder, its connection, the conclusions of its checks, and the results.json made from them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from conformance.harness.data import held
from conformance.harness.data.array import Array
from conformance.harness.data.load import Load, who
from conformance.harness.data.population import SAMPLE, TITLES, Population
from conformance.harness.data.removal import Removed, remove
from conformance.harness.endpoint.settings import settings
from conformance.harness.run import recorded
from conformance.harness.run.concealment import conceal
from conformance.harness.run.exits import EXIT
from conformance.harness.run.own import described, of_any, own
from conformance.harness.run.plan import Plan, stamp
from conformance.harness.run.verdicts import Conclusion, overall
from conformance.harness.viewer.parts import OHIF
from conformance.harness.viewer.viewer import Viewer
from conformance.harness.wire.client import Client
from conformance.harness.wire.connection import Connection
from conformance.harness.wire.evidence import WRITTEN_TOGETHER, Recorder
from conformance.harness.wire.ledger import Ledger
from conformance.kit.instances import Held
from conformance.kit.kinds import Label
from conformance.kit.verdicts import Missing, NothingStored, Refused, Unclaimed
from conformance.reporting import acceptance, evidence, files, needs, page, sentences
from conformance.reporting import junit as junit_xml
from conformance.reporting import record as model
from conformance.reporting import results as results_file
from conformance.reporting.text import size
from conformance.requirements import TRANSACTIONS, Requirement, features, profiles, requirements

PAGE = "conformance.html"


@dataclass(frozen=True)
class Judged:
    """A check of the catalogue as collected: the test, and the requirement that it judges.

    `asked`: it was asked for; false if it only runs because another check needs it.
    """

    id: str
    node: str
    requirement: Requirement
    title: str
    asked: bool = True


class Run:
    """One run against one endpoint, from the creation of its folder on.

    Checks send their requests over `asked`, which sends only requests for claimed features. If the run only reads,
    `held` is the study that is read, and `unstored` are the checks that would have had to write. `unclaimed` are those
    that requested an unclaimed feature, or one of the `missing` parts of a claimed one; `refused` is by check what the
    server refused. `doubts` are sentences about the baseline. `beside` are the checks of the profiles that are judged
    beside the one of the verdict; `checks` are all others.
    """

    def __init__(self, plan: Plan, client: Client) -> None:
        self.plan = plan
        self.endpoint = plan.endpoint
        self.folder = plan.folder
        self.folder.mkdir(parents=True, exist_ok=True)
        self.recorder = Recorder(self.folder, plan.endpoint, plan.mask, plan.foreign)
        self.ledger = Ledger(self.folder, plan.origin)
        self.connection = Connection(plan.endpoint, client, self.recorder, self.ledger, plan.budget)
        self.asked = self.connection.of_checks()
        samples, label = plan.copies("population"), Label(plan.id, plan.patient_prefix)
        self.population = Population(self.connection, self.recorder, samples, label, own(plan, client))
        self.array = Array(self.connection, self.recorder, label)
        self.load = Load(plan.clients, self.connection, self.recorder, self.population, plan.copies)
        stores = not plan.endpoint.only_reads
        self.viewer = Viewer(plan.viewer, self.connection, self.recorder, self.population, stores)
        self._who = who(plan.clients, bool(plan.endpoint.only_reads))
        self.removed = Removed()
        self.held: Held | None = None
        self.unstored, self.unclaimed, self.missing = set[str](), set[str](), set[str]()
        self.refused: dict[str, str] = {}
        self.preflight: list[str] = []
        self.doubts: list[str] = []
        self.over: str | None = None
        self.server = ""
        self.checks: list[model.Check] = []
        self.beside: list[model.Check] = []
        self.results: model.Results | None = None

    def hold(self) -> list[str]:
        """Read the study that the operator named, if the run only reads; return a line about it. Raises Stopped."""
        if not self.endpoint.only_reads:
            return []
        with self.recorder.of(f"population.{SAMPLE}"):
            self.held, line = held.read(self.connection, self.endpoint.studies)
        self.population.hold(self.held.all)
        return [line]

    def verdict_of(self, requirement: str) -> list[model.Check]:
        """The checks of a requirement that have run."""
        return [check for check in (*self.checks, *self.beside) if check.requirement == requirement]

    def is_beside(self, requirement: Requirement) -> bool:
        """True if a requirement is of a profile that is judged beside the one of the verdict."""
        return requirement.profile in self.endpoint.settings.also

    def unjudged(self, check: str, error: BaseException | None) -> None:
        """Keep the reason why a check judged nothing, if it did not."""
        match error:
            case NothingStored():
                self.unstored.add(check)
            case Unclaimed():
                self.unclaimed.add(check)
                self.missing |= {check} if isinstance(error, Missing) else set()
            case Refused():
                self.refused[check] = error.what

    def conclude(self, judged: Judged, conclusion: Conclusion, started: float, seconds: float) -> model.Check:
        """Add the conclusion of a check."""
        exchanges = self.recorder.exchanges.get(judged.id, [])
        check = model.Check(
            id=judged.id,
            node=judged.node,
            requirement=judged.requirement.id,
            clause=judged.requirement.clause,
            level=judged.requirement.level,
            tier=judged.requirement.tier,
            transaction=judged.requirement.transaction,
            title=judged.title,
            verdict=conclusion.verdict,
            summary=conclusion.summary,
            deviation=recorded.deviation(conclusion.deviation),
            reason=conclusion.reason,
            harm=judged.requirement.harm.title,
            blocked_by=conclusion.blocked_by,
            started=stamp(datetime.fromtimestamp(started, UTC)),
            seconds=round(seconds, 6),
            evidence=list(exchanges),
            kinds=[*self.population.used.get(judged.id, []), *self.array.used.get(judged.id, [])],
            wrong=self.array.wrong.get(judged.id, []),
            files=self.recorder.files.get(judged.id, []),
            beside=judged.requirement.profile or "" if self.is_beside(judged.requirement) else "",
        )
        (self.beside if check.beside else self.checks).append(check)
        return check

    def conclude_anew(self, check: model.Check, conclusion: Conclusion) -> None:
        """Change the conclusion of a check that has run."""
        check.verdict, check.summary, check.blocked_by = conclusion.verdict, conclusion.summary, conclusion.blocked_by
        check.deviation, check.reason = recorded.deviation(conclusion.deviation), conclusion.reason

    @property
    def broken(self) -> list[str]:
        """The failures to write while the checks ran, a sentence each."""
        return [*filter(None, [self.ledger.broken, self.recorder.broken])]

    def clean(self) -> None:
        """Remove what the run stored; `removed` is the result. Never raises."""
        self.viewer.close()
        self.over = self.connection.patience.over
        self.recorder.check = "cleanup"
        self.connection.patience.renew()
        self.connection.renew()
        self.connection.alone()
        prefix = self.plan.patient_prefix
        self.removed = remove(self.connection, self.ledger.entries, self.ledger.outcomes, patient_prefix=prefix)

    @property
    def stored(self) -> dict[str, int]:
        """The number of instances that the server accepted, by study, including those seen there although it did not
        accept them."""
        studies = dict.fromkeys(self.removed.seen, 0)
        for entry, outcomes in self.ledger.outcomes.items():
            if "accepted" in outcomes:
                studies[entry.study] = studies.get(entry.study, 0) + 1
        return {entry.study: studies[entry.study] for entry in self.ledger.entries if entry.study in studies}

    def finish(
        self,
        judged: Mapping[str, Judged],
        not_run: dict[str, str],
        strict: bool,
        exit_code: int | None,
        unreasoned: int = 0,
        ratchet: bool = False,
        baseline: model.Baseline | None = None,
    ) -> model.Results:
        """The results, after the cleanup. `judged` are the checks that were to run; `not_run` says why a requirement is
        not judged.

        `exit_code` is that of a run that did not end normally (interrupted, aborted). `unreasoned` are the known
        deviations without a reason: nobody has accepted them, and `ratchet` only leaves them out of the exit code.
        """
        waiting = sentences.waits_for_known(self.checks)
        verdicts = {check.verdict for check in self.checks if check.id not in waiting}
        verdicts |= needs.verdicts(self.beside, alone=not self.checks)
        refused = self._not_judged()
        collected = sum(not self.is_beside(check.requirement) for check in judged.values())
        ran = exit_code is None and len(self.checks) == collected and (bool(self.plan.part) or not not_run)
        nothing = not self._has_judged({check.id for check in judged.values() if check.asked})
        concluded = overall(verdicts, ran and not refused and not nothing, strict)
        remarks = [*sentences.unfinished(len(self.checks), collected), *self._remarks()]
        if unreasoned:
            known = sum(check.verdict == "known" for check in self.checks)
            remarks.insert(0, sentences.unreasoned(unreasoned, known))
        also = [self._beside(name, not_run) for name in self.endpoint.settings.also]
        remarks += [needs.counted(item) if strict else item.sentence for item in also]
        profile, loads = self.endpoint.settings.profile, bool(self.plan.clients)
        own = [item for item in requirements().values() if item.asked_for([profile], loads)]
        obligations = recorded.requirements(own, self.checks, self.endpoint.claims, not_run, refused)
        sentence = sentences.verdict(
            concluded, self.checks, obligations, self._claims(), refused, remarks, self.plan.part, nothing
        )
        exits = EXIT[concluded]
        if unreasoned and concluded == "accepted":
            concluded, sentence = "deviates", "deviates" + sentence.removeprefix(concluded)
            exits = EXIT["accepted" if ratchet else concluded]
        stored = self.stored
        self.results = model.Results(
            schema=model.SCHEMA,
            run=self.plan.id,
            suite=recorded.suite(),
            edition=self.endpoint.edition,
            profile=profile,
            endpoint=self.described(),
            operator=self.endpoint.settings.operator,
            started=self.plan.started,
            finished=stamp(datetime.now(UTC)),
            overall=concluded,
            sentence=sentence,
            counts={verdict: sum(check.verdict == verdict for check in self.checks) for verdict in model.VERDICTS},
            traffic=self.recorder.traffic,
            preflight=self.preflight,
            stored=list(stored),
            instances=sum(stored.values()),
            checks=self.checks,
            requirements=obligations,
            leftovers=self.removed.left,
            part=self.plan.part,
            evidence=_digest(self.folder / evidence.NAME),
            load=self._who,
            kinds={name: TITLES[name] for name in TITLES if any(name in check.kinds for check in self.checks)},
            objects=described(self.plan),
            baseline=baseline,
            tested=self.tested,
            beside=also,
            footer=model.Footer(
                collected=collected,
                ran=len(self.checks),
                exit=exits if exit_code is None else exit_code,
            ),
        )
        self.plan.mask.tree(self.results)
        conceal(self.results, self.plan.foreign)
        return self.results

    def _has_judged(self, asked: Collection[str]) -> bool:
        """True if one of some checks judged something, or could not for another reason than that it is not there."""
        own = (check for check in (*self.checks, *self.beside) if check.id in asked and check.id not in self.unclaimed)
        return any(check.verdict != "not supported" for check in own)

    def _beside(self, profile: str, not_run: dict[str, str]) -> model.Beside:
        own = [item for item in requirements().values() if item.profile == profile]
        checks = [check for check in self.beside if check.beside == profile]
        judged = recorded.requirements(own, checks, self.endpoint.claims, not_run)
        return needs.summed(profile, checks, judged, recorded.shown(self.viewer, checks) if profile == OHIF else ())

    def _claims(self) -> sentences.Claims:
        """The sentences of the verdict about claimed and unclaimed features."""
        claims, every = self.endpoint.claims, features()
        left_out = [name for name in TRANSACTIONS if name not in claims]
        only = [name for name in claims if name in TRANSACTIONS or every[name].part_of in left_out] if left_out else []
        lacking = [name for name in every if name not in {*claims, *left_out} and every[name].part_of not in left_out]
        return sentences.Claims(
            only=[every[name].title for name in every if name in only],
            lacking=sorted(every[name].title for name in lacking),
            waived=sum(item.is_waived(claims) for item in requirements().values()),
        )

    def _not_judged(self) -> dict[str, str]:
        """The required obligations whose every check judged nothing, because the server refused the requests that show
        them."""
        found: dict[str, list[model.Check]] = {}
        for check in self.checks:
            if check.tier == "core":
                found.setdefault(check.requirement, []).append(check)
        return {
            name: next(self.refused[check.id] for check in own if check.id in self.refused)
            for name, own in found.items()
            if {check.verdict for check in own} <= sentences.NOT_SCORED and any(c.id in self.refused for c in own)
        }

    def _remarks(self) -> list[str]:
        """Remarks of the verdict: the reason why the run was aborted, if it was, a baseline of another endpoint,
        deviations that the profile documents, and requirements that only storing could judge."""
        remarks, name = [*filter(None, [self.over, *self.broken]), *self.doubts], self.endpoint.settings.profile
        remarks += [f"bodies are kept up to {size(WRITTEN_TOGETHER)}"] if self.recorder.full else []
        if documented := set(profiles()[name].deviates):
            known = [{of_any(check.id), check.requirement} for check in self.checks if check.verdict == "known"]
            seen = [names & documented for names in known if names & documented]
            met = [{check.id, check.requirement} for check in self.checks if check.verdict in ("pass", "observed")]
            unseen = (documented & set().union(*met)).difference(*seen)
            remarks.append(sentences.documented(name, len(seen), len(unseen)))
        if self.endpoint.only_reads:
            core = {check.requirement for check in self.checks if check.tier == "core"}
            judged = {check.requirement for check in self.checks if check.id not in self.unstored}
            remarks.append(sentences.only_read(self.endpoint.only_reads, len(core - judged)))
        return remarks

    @property
    def tested(self) -> model.Tested:
        """What the configuration or the command line says of the server."""
        return model.Tested(**{key: getattr(self.endpoint.settings, key) for key in model.Tested.__struct_fields__})

    def described(self) -> model.Endpoint:
        """The endpoint as reports show it, secrets masked."""
        return model.Endpoint(
            name=self.endpoint.name,
            url=self.endpoint.settings.url,
            server=self.server,
            claims=sorted(self.endpoint.claims),
            not_claimed=sorted(set(features()) - self.endpoint.claims),
            settings=settings(
                self.endpoint, self.plan.patient_prefix, self._who, learnt=self.connection.visibility.learnt
            ),
            target=self.plan.target or "",
        )

    def write(self, junit: Path, har: bool = False) -> list[str]:
        """Write results.json and the files made from it, each whatever became of the others; return the failures.

        `junit`: the path of junit.xml. `har`: write run.har too.
        """
        assert self.results
        results, path = self.results, self.folder / "results.json"

        def write_page(name: str, render: Callable[[model.Results, str], str]) -> None:
            files.replace(self.folder / name, render(results, _digest(path)).encode())

        def write_har() -> None:
            from conformance.reporting import har

            har.write(results, self.folder, self.folder / "run.har")

        def write_junit() -> None:
            junit.parent.mkdir(parents=True, exist_ok=True)
            junit.write_text(junit_xml.render(results), encoding="utf-8")

        writers: dict[str, Callable[[], object]] = {
            "results.json": lambda: results_file.write(results, path),
            "junit.xml": write_junit,
            PAGE: partial(write_page, PAGE, page.render),
            **({} if results.part else {"acceptance.html": partial(write_page, "acceptance.html", acceptance.render)}),
            **({"run.har": write_har} if har else {}),
        }
        return attempts(writers)

    def seal(self) -> None:
        """Write SHA256SUMS over every file of the run's folder; no file rather than an incomplete one."""
        sums = self.folder / "SHA256SUMS"
        files = sorted(path for path in self.folder.rglob("*") if path.is_file() and path != sums)
        lines = (f"{_digest(path)}  {path.relative_to(self.folder).as_posix()}\n" for path in files)
        try:
            sums.write_text("".join(lines), encoding="utf-8")
        except OSError:
            sums.unlink(missing_ok=True)
            raise


def attempts(writers: Mapping[str, Callable[[], object]]) -> list[str]:
    """Write files by name, each whatever became of the others; a sentence for each that could not be written."""
    problems = []
    for name, write in writers.items():
        try:
            write()
        except OSError as error:
            problems.append(f"{name} cannot be written: {error.strerror or error}")
        except Exception as error:
            problems.append(f"{name} cannot be made: {type(error).__name__}: {error}")
    return problems


RUN = pytest.StashKey[Run]()


def _digest(path: Path) -> str:
    """The SHA-256 of a file; "" if there is none."""
    if not path.exists():
        return ""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
