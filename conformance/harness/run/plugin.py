"""The pytest plugin: with it, `pytest` runs the conformance suite against one endpoint.

Active only when pytest is given paths inside the package (`pytest`, `pytest conformance/...`); `pytest tests` runs
without it.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pytest_metadata.plugin import metadata_key

from conformance.harness.endpoint.tables import ConfigurationError
from conformance.harness.run import leaving, modules, recorded
from conformance.harness.run.baseline_file import opened
from conformance.harness.run.boundary import Boundary
from conformance.harness.run.concealment import hide, hide_in_report, masked
from conformance.harness.run.exits import INTERNAL_ERROR, INTERRUPTED, NOTHING_RAN
from conformance.harness.run.explaining import explain
from conformance.harness.run.interruption import Interruption, Stage
from conformance.harness.run.invocation import asks_for_checks, planned, reports_into
from conformance.harness.run.modules import Narrowed
from conformance.harness.run.options import PACKAGE, add_options
from conformance.harness.run.own import OBJECTS
from conformance.harness.run.preflight import preflight
from conformance.harness.run.probing import Probing
from conformance.harness.run.progress import Progress
from conformance.harness.run.run import PAGE, RUN, Judged, Run, attempts
from conformance.harness.run.selection import asked_for, collect, in_order, nothing_selected, of_run
from conformance.harness.run.settling import settle
from conformance.harness.run.told import let_go, opening, status, tell
from conformance.harness.run.verdicts import HOLDS, Conclusion, conclude, documented
from conformance.harness.wire.client import Client
from conformance.harness.wire.connection import Unanswered
from conformance.kit.instances import UnusableSample
from conformance.kit.verdicts import Blocked, NothingStored, Stopped, Unclaimed
from conformance.reporting import terminal
from conformance.reporting.record import Check
from conformance.reporting.runlog import RunLog
from conformance.reporting.text import count, shorten, visible
from conformance.requirements import Requirement, requirements

STOPPED_LIMIT = 1000
# The fixtures are a plugin of their own.
pytest_plugins = ["conformance.harness.run.fixtures"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the suite to those of pytest."""
    add_options(lambda title: parser.getgroup(f"conformance: {title}").addoption)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Read the configuration; mistakes in it end the run here, before any request (exit code 4)."""
    config.addinivalue_line("markers", "check(requirement, after): the check of one requirement of the catalogue")
    if not asks_for_checks(config) or config.option.collectonly or config.option.help:
        return
    if getattr(config.option, "numprocesses", None) or hasattr(config, "workerinput"):
        raise pytest.UsageError("one run is one process: leave out -n")
    try:
        plugin = Conformance(config)
        plugin.plan.folder.mkdir(parents=True)
    except (ConfigurationError, UnusableSample) as error:
        raise pytest.UsageError(str(error)) from None
    except OSError as error:
        why = f"{error.filename} cannot be written: {error.strerror}"
        raise pytest.UsageError(f"{why}; --reports names another folder") from None
    # The prerequisites of a selected check must be collected too.
    plugin.asked, config.args = config.args, [str(PACKAGE)]
    if narrowed := plugin.narrowed(config.option):
        config.pluginmanager.register(narrowed, "conformance-narrowed")
    config.pluginmanager.register(plugin, "conformance-run")
    config.pluginmanager.register(RunLog(), "conformance-runlog")
    config.pluginmanager.register(plugin.boundary, "conformance-boundary")
    plugin.junit = reports_into(plugin.plan.folder, config)


def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    """Compare the catalogue with the checks, even without a run (--collect-only)."""
    if not config.pluginmanager.hasplugin("conformance-run"):
        collect(items)


class Conformance:
    """The hooks of one run."""

    def __init__(self, config: pytest.Config) -> None:
        option = config.option
        self.plan, self.embedded = planned(option, config.args)
        endpoint, config.stash[OBJECTS] = self.plan.endpoint, self.plan.objects
        self.client = Client(endpoint)
        self._run: Run | None = None
        self.stopped: str | None = None
        configured = endpoint.settings.baseline and endpoint.folder / endpoint.settings.baseline
        self.baseline, self.baseline_file = opened(option.baseline or configured, option.baseline_write)
        self.baseline.label = self.plan.patient_prefix.rstrip("-")
        self.written: list[str] = []
        self.boundary = Boundary(self.plan.mask, self.plan.foreign)
        self.known = modules.judged(endpoint.profiles, bool(self.plan.clients))
        self.har: bool = option.har
        self.junit = Path()
        self.ratchet: bool = option.ratchet
        self.strict = "--strict" in config.invocation_params.args
        self.judged: dict[str, Judged] = {}
        self.not_run: dict[str, str] = {}
        self.probing = Probing()
        self.asked: list[str] = []
        self.names: list[str] = []
        self.progress: Progress | None = None
        self.interruption = Interruption()

    @property
    def run(self) -> Run:
        """The run, after it has begun."""
        assert self._run
        return self._run

    def narrowed(self, option: Any) -> Narrowed | None:
        """The plugin that leaves out unneeded modules; a baseline may name any check."""
        if len(self.baseline) or (option.keyword and (option.clause or option.requirement)):
            return None
        wanted = modules.asked(option.clause, option.requirement, self.known)
        return Narrowed.of(self.asked, wanted, option.keyword)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Count rooms instead of printing dots, unless each check is requested (-v).

        pytest-metadata lists variables of CI systems in report.html; some of them are confidential.
        """
        plugins = session.config.pluginmanager
        if session.config.option.verbose < 0 and (reporter := plugins.getplugin("terminalreporter")):
            self.progress = Progress(reporter)
            plugins.register(self.progress, "conformance-progress")
        facts = session.config.stash[metadata_key]
        for name in set(facts) - {"Python", "Platform", "Packages", "Plugins"}:
            del facts[name]

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> Generator[None, None, None]:
        """Note the checks; add the prerequisites of the selected ones; say why the others do not run."""
        option, profiles = config.option, self.plan.endpoint.profiles
        every = in_order(items)
        everything = of_run(every, profiles, bool(self.plan.clients), option.quick)
        items[:] = asked_for(everything, self.asked, every)
        yield
        self.names = [item.nodeid for item in everything]
        self.judged, self.not_run = collect(everything, items, option.clause, option.requirement, self.known)
        # Whatever left some out, such as --deselect, the rest is a part.
        if not self.plan.part and (left_out := len(collect(everything)[0]) - len(self.judged)):
            self.plan = replace(self.plan, part=f"without {count(left_out, 'check')}")
        try:
            # A baseline may serve runs with a load and without.
            self.baseline.check_ids(judged.id for judged in collect(of_run(every, profiles, True))[0].values())
        except ConfigurationError as error:
            raise pytest.UsageError(str(error)) from None

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        """Run the preflight; if it stops the run, no test is started."""
        if session.testsfailed:
            return None
        if not self.judged:
            self.stopped = nothing_selected(session.config.option.keyword, self.names)
            return True
        if leaving.stays(self.plan) and not session.config.option.leave:
            uses = [getattr(item, "fixturenames", ()) for item in session.items]
            leaving.ask(session.config, self.plan, uses, self._say)
        self.interruption.install()
        try:
            if self.embedded:
                self.embedded.wait()
            run = self._run = session.config.stash[RUN] = Run(self.plan, self.client)
            lines, run.server = preflight(run.connection, self.plan.id, self.plan.samples.all)
            here = (run.endpoint.name, run.endpoint.edition, run.endpoint.settings.profile)
            run.doubts = self.baseline.remarks(*here)
            run.preflight = [*lines, *run.hold(), *self.plan.objects.lines(), *run.doubts, *self.baseline.gaps]
        except Stopped as stopped:
            if self._run:
                self._run.recorder.close()
            self.stopped = self.plan.foreign.text(str(stopped))
            return True
        self._say(session.config, opening(self.run))
        return None

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Block a check whose prerequisite failed; probe for an unclaimed feature."""
        judged = self.judged.get(item.nodeid)
        if judged is None:
            return
        self.run.recorder.check = judged.id
        self.run.connection.patience.ask()
        if self.run.recorder.broken:
            raise Blocked(self.run.recorder.broken, by="the evidence")
        feature, claims = judged.requirement.needs, self.run.endpoint.claims
        if judged.requirement.transaction == "store" and self.run.held and "store" in claims:
            raise NothingStored(f"nothing is stored under {self.run.endpoint.only_reads}")
        if feature and feature not in claims:
            self.run.unclaimed.add(judged.id)
            self.probing(self.run, feature)
        for requirement in next(item.iter_markers("check")).kwargs["after"]:
            self._holds(requirement)

    def _holds(self, requirement: str) -> None:
        checks = self.run.verdict_of(requirement)
        for check in checks:
            # If nothing may be stored, all data existed before; a read of an unclaimed feature changes nothing.
            if check.id in self.run.unclaimed and check.transaction == "delete":
                raise Unclaimed(f"{check.requirement} must pass first, and needs a feature that is not claimed")
            if check.verdict not in HOLDS and check.id not in self.run.unstored | self.run.unclaimed:
                why = f"the verdict of {check.requirement} is {check.verdict}"
                raise Blocked(why, check.blocked_by or check.id)
        if not checks:
            raise Blocked(f"{requirement} did not run", requirement.lower())

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Conclude the verdict of a check as soon as it is known: after its call, or after a setup that raised."""
        report = yield
        hide_in_report(report, self.plan.foreign)
        judged = self.judged.get(item.nodeid)
        if judged is None or not (call.when == "call" or (call.when == "setup" and call.excinfo)):
            return report
        error = call.excinfo.value if call.excinfo else None
        if isinstance(error, Unanswered) and error.by:
            error = Blocked(str(error), error.by)
        if isinstance(error, Unanswered):
            error = self._pulse(item.nodeid) or Blocked(str(error), "common-resp-001.every-request")
        if isinstance(error, Blocked) and error.by in self.run.unstored:
            error = NothingStored(str(error))
        if isinstance(error, Blocked) and error.by in self.run.unclaimed:
            error = Unclaimed(str(error))
        self.run.unjudged(judged.id, error)
        hide(error, self.plan.foreign, self.run.recorder.exchanges.get(judged.id, ()))
        conclusion = self._known(judged.id, judged.requirement, conclude(judged.requirement, judged.title, error))
        check = self.run.conclude(judged, conclusion, call.start, call.duration)
        tell(report, item, conclusion)
        report.conformance = check  # type: ignore[attr-defined]
        let_go(call.excinfo.value if call.excinfo else None)
        return report

    def _known(self, check: str, requirement: Requirement, conclusion: Conclusion) -> Conclusion:
        """A conclusion under the baseline and the profile."""
        conclusion = masked(conclusion, self.plan.mask)
        # A run that only reads may lack the data that an entry of the baseline is about.
        if not (self.run.held and conclusion.verdict == "not supported") and not self.run.is_beside(requirement):
            conclusion = self.baseline.of(check, conclusion)
        return documented(conclusion, check, requirement, self.run.endpoint.settings.profile)

    def _conclude_anew(self, check: Check, conclusion: Conclusion) -> None:
        self.run.conclude_anew(check, self._known(check.id, requirements()[check.requirement], conclusion))

    def _pulse(self, node: str) -> Blocked | None:
        """Test after a request without a response whether the server still responds. If not, this check and the rest
        are blocked."""
        patience, recorder = self.run.connection.patience, self.run.recorder
        number, suspects = recorder.traffic.requests, recorder.exchanges.get(recorder.check, [])
        suspect = f" ({suspects[-1].method} {suspects[-1].url}, the first suspect)" if suspects else ""
        try:
            self.run.connection.get("studies", params={"StudyInstanceUID": self.plan.samples.blue.study_uid})
        except Unanswered as error:
            check = f"{recorder.check}; a run without it: --deselect {node}"
            patience.end(f"the server stopped responding at request {number} of {check}{suspect}: {error}")
        except Blocked:
            pass
        return Blocked(patience.over, by=patience.by) if patience.over else None

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """The verdict as the word that pytest counts and prints."""
        check = getattr(report, "conformance", None)
        return None if check is None or report.when == "teardown" else status(check.verdict, bool(self.progress))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> Generator[None, None, None]:
        """Clean up, say what is left, write the results; the exit code gives the result."""
        if self._run and self._run.preflight:
            self._clean(session.config)
            session.exitstatus = self._finish(exitstatus)
        elif self.stopped:
            session.exitstatus = NOTHING_RAN
        yield
        if self._run and self._run.results:
            self.boundary.problems += attempts({"SHA256SUMS": self.run.seal})
        if self.boundary.problems:
            self._say(session.config, self.boundary.problems)
            session.exitstatus = INTERRUPTED if session.exitstatus == INTERRUPTED else INTERNAL_ERROR
        self.interruption.uninstall()

    def _clean(self, config: pytest.Config) -> None:
        """Remove what was stored. Leftovers are named before anything is written, because writing may fail."""
        self.interruption.begin(Stage.CLEANUP)
        run = self.run
        if self.progress:
            self.progress.end()
            self.progress.show("  cleanup")
        run.clean()
        self.interruption.begin(Stage.WRITING)
        run.recorder.close()
        if self.progress:
            took = sum(exchange.seconds for exchange in run.recorder.exchanges.get("cleanup", []))
            self.progress.write(terminal.cleaned(run.removed.gone, list(run.stored), took))
        self._say(config, terminal.left(run.removed.left, run.removed.notes, str(run.folder), self.plan.target or ""))

    def _finish(self, exitstatus: int) -> int:
        """Write the results; return the exit code."""
        broken = exitstatus if exitstatus in (INTERRUPTED, INTERNAL_ERROR) else None
        if self.run.broken:
            broken = INTERNAL_ERROR
        if self.interruption.signals:
            broken = INTERRUPTED
        settle(self.run.checks, self._conclude_anew)
        claims = None if self.run.held else self.plan.endpoint.claims
        refused, whole = {*self.run.refused, *self.run.missing}, not (self.plan.part or self.run.held)
        unsupported = recorded.unsupported(self.run.checks, self.run.unclaimed) if whole else None
        self.baseline.limit(self.run.checks, refused, claims, unsupported)
        explain([*self.run.checks, *self.run.beside], self._conclude_anew)
        without = self.baseline.unreasoned(check.id for check in self.run.checks if check.verdict == "known")
        known = self.baseline.recorded()
        finish = partial(self.run.finish, self.judged, self.not_run, self.strict, broken, without, self.ratchet, known)
        self.boundary.problems += attempts({"results.json": finish}) or self.run.write(self.junit, self.har)
        if (results := self.run.results) is None:
            return INTERRUPTED if broken == INTERRUPTED else INTERNAL_ERROR
        if self.baseline_file and broken is None:
            write = partial(self.baseline_file.write, results, self.strict, refused, unsupported)
            self.boundary.problems += attempts({"the baseline": lambda: self.written.extend(write())})
        return results.footer.exit

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_terminal_summary(self, config: pytest.Config) -> Generator[None, None, None]:
        """Print the summary."""
        yield
        if self._run and (results := self._run.results):
            expiring = self.baseline.expiring(datetime.now(UTC).date())
            without = any(problem.startswith(f"{PAGE} ") for problem in self.boundary.problems)
            exits = INTERRUPTED if results.footer.exit == INTERRUPTED else INTERNAL_ERROR
            lines = terminal.closing(results, str(self.run.folder), expiring, exits if without else None)
            self._say(config, ["", *lines, *self.written])
        elif self.stopped:
            why = f"stopped before the first check: {shorten(self.stopped, STOPPED_LIMIT)}"
            self._say(config, ["", why, "  nothing was stored; exit 5"])

    def _say(self, config: pytest.Config, lines: list[str]) -> None:
        reporter = config.pluginmanager.getplugin("terminalreporter")
        if reporter is not None:
            reporter.ensure_newline()
            for line in lines:
                reporter.write_line(visible(line))

    def pytest_unconfigure(self) -> None:
        """Close everything that was opened; remove the folder of a run that did not begin."""
        self.client.close()
        if self._run is None:
            self.plan.leave_nothing()
        if self.embedded:
            self.embedded.stop()
