"""The fixtures: a check requests them by the names of its arguments. Checks of own objects run for each of these."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from conformance.dicomweb import uids
from conformance.dicomweb.messages import Answered
from conformance.harness.data.array import Array
from conformance.harness.data.load import Loaded
from conformance.harness.data.objects import NO_OBJECTS
from conformance.harness.data.population import Population
from conformance.harness.run.own import OBJECTS, OF_OWN
from conformance.harness.run.run import RUN
from conformance.harness.run.settling import charged
from conformance.harness.viewer.viewer import Viewer
from conformance.harness.wire.connection import Connection
from conformance.kit.instances import Held, Instance, Samples
from conformance.kit.kinds import Label, made, small_images

# Hypothesis is slow to import: only if a check needs generated data.
if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from conformance.harness.data.drawing import Drawing
    from conformance.harness.data.sequences import Sequences


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out the checks of own objects from a run that has none."""
    has_none = OBJECTS in config.stash and not config.stash[OBJECTS].taken
    return True if has_none and collection_path.name == OF_OWN else None


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a check of own objects for each of them, by its name; without a run it is listed once."""
    if "own" in metafunc.fixturenames:
        metafunc.parametrize("own", list(metafunc.config.stash.get(OBJECTS, NO_OBJECTS).taken) or ["object"])


@pytest.fixture
def endpoint(pytestconfig: pytest.Config) -> Connection:
    """The endpoint under test; each request is evidence of the check that sends it."""
    return pytestconfig.stash[RUN].asked


@pytest.fixture
def samples(pytestconfig: pytest.Config) -> Samples | Held:
    """The sample study of this run: red and green in one series, blue in another. If nothing may be stored, the study
    that is read instead."""
    run = pytestconfig.stash[RUN]
    return run.held or run.plan.samples


@pytest.fixture
def copies(pytestconfig: pytest.Config, request: pytest.FixtureRequest) -> Samples:
    """The sample study under UIDs that no other check of this run uses."""
    return pytestconfig.stash[RUN].plan.copies(request.node.nodeid)


@pytest.fixture
def fresh(pytestconfig: pytest.Config, request: pytest.FixtureRequest) -> Callable[[str], tuple[Instance, ...]]:
    """`fresh("mixed")`: instances of a kind under UIDs that no other check of this run uses; they are not stored."""
    run = pytestconfig.stash[RUN]
    label = Label(f"{run.plan.id} {request.node.nodeid}", run.plan.patient_prefix)
    return lambda kind: made(kind, label)


@pytest.fixture
def images(pytestconfig: pytest.Config, request: pytest.FixtureRequest) -> Callable[..., tuple[Instance, ...]]:
    """`images(3)`: three small images of one series, in a study of this check's own; `images(1, "other")`: of another
    study."""
    run = pytestconfig.stash[RUN]
    return partial(small_images, Label(f"{run.plan.id} {request.node.nodeid}", run.plan.patient_prefix))


@pytest.fixture
def stored(pytestconfig: pytest.Config) -> Population:
    """`stored("ct-16")`: the instances of a kind, stored by then; "sample" is the sample study."""
    return pytestconfig.stash[RUN].population


@pytest.fixture
def array(pytestconfig: pytest.Config) -> Array:
    """`array(judge)`: the judge is called with each pixel object of the covering array, stored by then."""
    return pytestconfig.stash[RUN].array


@pytest.fixture(scope="session")
def drawing(pytestconfig: pytest.Config) -> Drawing:
    """`drawing(judge)`: the judge is called with generated instances, stored by then."""
    from conformance.harness.data.drawing import Drawing

    run = pytestconfig.stash[RUN]
    return Drawing(run.asked, run.recorder, Label(run.plan.id, run.plan.patient_prefix))


@pytest.fixture
def examples(pytestconfig: pytest.Config) -> Callable[[SearchStrategy[Any], Callable[[Any], None]], None]:
    """`examples(strategy, judge)`: the judge is called with generated examples until one fails; then with smaller
    ones."""
    from conformance.harness.data.examples import judged

    return partial(judged, pytestconfig.stash[RUN].recorder)


@pytest.fixture(scope="session")
def sequences(pytestconfig: pytest.Config) -> Sequences:
    """`sequences(SEARCHES)`: after any stores the responses to the questions are right; `deletes=True` includes
    deletes."""
    from conformance.harness.data.sequences import Sequences

    run = pytestconfig.stash[RUN]
    return Sequences(run.asked, run.recorder, Label(run.plan.id, run.plan.patient_prefix))


@pytest.fixture
def load(pytestconfig: pytest.Config) -> Loaded:
    """The responses to many readers and writers at the same time (--load N)."""
    return pytestconfig.stash[RUN].load()


@pytest.fixture
def viewer(pytestconfig: pytest.Config) -> Viewer:
    """`viewer("ct-16")`: how a real viewer shows a kind, stored by then."""
    return pytestconfig.stash[RUN].viewer


@pytest.fixture
def answers(pytestconfig: pytest.Config) -> list[Answered]:
    """Every exchange of the run so far."""
    return list(pytestconfig.stash[RUN].recorder.answers)


@pytest.fixture
def without_deviation(pytestconfig: pytest.Config) -> Callable[[Sequence[Answered]], list[Answered]]:
    """A selection of exchanges: those of checks that ended without a deviation, and not of what another check says to
    be missing."""
    checks = pytestconfig.stash[RUN].checks
    ended = {check.id for check in checks if check.verdict in ("pass", "observed", "not supported")}
    said = charged(checks)
    return lambda answers: [answer for answer in answers if answer.check in ended and answer.path not in said]


@pytest.fixture
def cite(pytestconfig: pytest.Config) -> Callable[[Answered], None]:
    """`cite(answers[0])`: an exchange of another check becomes evidence of this one."""
    recorder = pytestconfig.stash[RUN].recorder

    def cite(answered: Answered) -> None:
        recorder.cite(
            answered.check, [item for item in recorder.exchanges[answered.check] if item.path == answered.path]
        )

    return cite


@pytest.fixture
def absent_uid(pytestconfig: pytest.Config) -> str:
    """A UID of nothing on the server."""
    return uids.derived(pytestconfig.stash[RUN].plan.id, "nobody has this UID")
