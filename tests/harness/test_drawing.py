"""Drawn data sets are stored and judged; of those that fail, the smallest is kept, with its own evidence."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from hypothesis import strategies as st
from pydicom import Dataset

from conformance.dicomweb.differences import Deviation, Difference
from conformance.dicomweb.messages import Request, Response
from conformance.harness.data import drawing
from conformance.harness.data.drawing import COUNTEREXAMPLE, NUMBER, Drawing
from conformance.harness.wire.evidence import Recorder
from conformance.kit.kinds import Label
from conformance.kit.kinds.values import private_block
from conformance.kit.verdicts import Blocked, Deviates, NotSupported, Unanswered, Warn
from tests.tools.contents import of_evidence

LABEL = Label("a run", "DWC1234-")
CHECK = "a-check"


class Archive:
    """A connection to a server that answers the n-th store with `status(n)`, and the recorder of what was sent to it.

    An exchange is a word and the UID that it is about.
    """

    def __init__(self, folder, status=lambda number: 200):
        self.recorder = Recorder(folder, SimpleNamespace(concealed={}))
        self.recorder.check = CHECK
        self.stored = []
        self._status = status

    def post(self, target, body):
        (instance,) = body.instances
        self.stored.append(instance.sop_instance_uid)
        self.record("store", instance)
        return Response(self._status(len(self.stored)), "", (), b"", Request("POST", target, target, ()))

    def get(self, instance):
        self.record("get", instance)

    def record(self, word, instance):
        exchanges = self.recorder.exchanges.setdefault(self.recorder.check, [])
        exchanges.append((word, instance.sop_instance_uid))

    @property
    def evidence(self):
        return self.recorder.exchanges[CHECK]


class Judge:
    """Asks for each instance, remembers it, and raises `failure` about one that has a number above 5."""

    def __init__(self, archive, failure=None):
        self.judged = []
        self.failed = 0
        self._archive = archive
        self._failure = failure

    def __call__(self, instance):
        self._archive.get(instance)
        self.judged.append(instance)
        if self._failure and max(numbers(instance), default=0) > 5:
            self.failed += 1
            found = Difference("the list of numbers", str(numbers(instance)), "others")
            raise self._failure(Deviation(found, "GET an instance"))

    @property
    def uids(self):
        return [instance.sop_instance_uid for instance in self.judged]


def data_set(drawn):
    ds = Dataset()
    for element, number in enumerate(drawn, 1):
        private_block(ds).add_new(element, "US", number)
    return ds


@pytest.fixture(autouse=True)
def few_elements(monkeypatch):
    """Data sets of a few numbers instead of all that DICOM has: they are made, and made smaller, in no time."""
    monkeypatch.setattr(drawing.drawn, "data_sets", lambda: st.lists(st.integers(0, 9), max_size=5).map(data_set))


def numbers(instance):
    return [item.value for item in instance.dataset if item.VR == "US" and item.tag.is_private]


@pytest.fixture
def archive(tmp_path):
    return Archive(tmp_path)


def test_each_instance_is_stored_and_then_judged(archive):
    judge = Judge(archive)

    Drawing(archive, archive.recorder, LABEL)(judge)

    assert NUMBER // 2 < len(judge.judged) <= NUMBER
    assert judge.uids == archive.stored == list(dict.fromkeys(archive.stored))
    assert archive.evidence == [("store", judge.uids[-1]), ("get", judge.uids[-1])]


def test_second_judge_has_the_same_instances_without_a_store(archive):
    drawing = Drawing(archive, archive.recorder, LABEL)
    first, second = Judge(archive), Judge(archive)

    drawing(first)
    drawing(second)

    assert second.uids == first.uids == archive.stored


def test_every_run_draws_the_same_data(archive, tmp_path):
    other = Archive(tmp_path / "other")

    Drawing(archive, archive.recorder, LABEL)(Judge(archive))
    Drawing(other, other.recorder, LABEL)(Judge(other))

    assert archive.stored == other.stored


@pytest.mark.parametrize("failure", [Deviates, Warn])
def test_smallest_that_fails_is_kept_with_its_evidence(archive, tmp_path, failure):
    judge = Judge(archive, failure)

    with pytest.raises(failure) as raised:
        Drawing(archive, archive.recorder, LABEL)(judge)

    smallest = next(item for item in judge.judged if numbers(item) == [6])
    path = f"evidence/{CHECK}/{COUNTEREXAMPLE}"
    assert len(set(judge.uids)) > 2
    assert str(raised.value) == f"the list of numbers is [6], should be others (GET an instance; {path})"
    archive.recorder.close()
    assert of_evidence(tmp_path)[path] == smallest.content
    assert archive.recorder.files == {CHECK: [path]}
    assert archive.evidence == [("store", smallest.sop_instance_uid), ("get", smallest.sop_instance_uid)]


def test_search_for_a_smaller_one_has_an_end(archive, monkeypatch):
    monkeypatch.setattr(drawing, "ATTEMPTS", 5)
    judge = Judge(archive, Deviates)

    with pytest.raises(Deviates):
        Drawing(archive, archive.recorder, LABEL)(judge)

    assert len(set(judge.uids)) <= NUMBER + 5
    assert set(archive.stored) == set(judge.uids)


def test_what_the_server_refuses_is_not_judged(tmp_path):
    archive = Archive(tmp_path, lambda number: 409 if number % 3 == 0 else 200)
    judge = Judge(archive)

    Drawing(archive, archive.recorder, LABEL)(judge)

    assert judge.uids == [uid for number, uid in enumerate(archive.stored, 1) if number % 3]


def test_server_that_refuses_most_does_not_support_it(tmp_path):
    archive = Archive(tmp_path, lambda number: 200 if number % 3 == 0 else 415)

    with pytest.raises(NotSupported, match=r"the server refuses \d+ of \d+ drawn data sets: status 415"):
        Drawing(archive, archive.recorder, LABEL)(Judge(archive))


def test_store_that_fails_blocks_at_once(tmp_path):
    archive = Archive(tmp_path, lambda number: 500 if number == 3 else 200)

    with pytest.raises(Blocked, match="the store of a drawn data set returned 500") as blocked:
        Drawing(archive, archive.recorder, LABEL)(Judge(archive))

    assert blocked.value.by == "seed-store-studies"
    assert len(archive.stored) == 3


def test_store_that_fails_ends_the_search_for_a_smaller_one(tmp_path):
    archive = Archive(tmp_path, lambda number: 503 if judge.failed else 200)
    judge = Judge(archive, Deviates)

    with pytest.raises(Blocked, match="returned 503"):
        Drawing(archive, archive.recorder, LABEL)(judge)

    assert len(archive.stored) == len(set(judge.uids)) + 1


def test_no_answer_is_no_counterexample(archive):
    def unanswered(instance):
        raise Unanswered("GET: the connection was closed")

    with pytest.raises(Unanswered):
        Drawing(archive, archive.recorder, LABEL)(unanswered)

    assert len(archive.stored) == 1
    assert archive.recorder.files == {}
