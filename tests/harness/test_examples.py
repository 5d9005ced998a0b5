"""Of the examples that fail, the smallest is found, with the evidence of it and of no other."""

from __future__ import annotations

import pytest
from hypothesis import strategies as st

from conformance.dicomweb.differences import Deviation, Difference
from conformance.harness.data.examples import NUMBER, Examples, judged
from conformance.kit.verdicts import Blocked, Deviates, Warn


class Recorder:
    """Keeps words for exchanges."""

    check = "a-check"

    def __init__(self):
        self.exchanges = {}

    def say(self, word):
        self.exchanges.setdefault(self.check, []).append(word)

    def forget(self):
        self.exchanges.pop(self.check, None)

    def cite(self, check, exchanges):
        self.exchanges[check] = list(exchanges)


def seen(number):
    """The deviation of a number that is too large."""
    return Deviation(Difference("the number", str(number), "less"), "GET a number")


def one_less(number):
    return [number - 1] if number else []


@pytest.fixture
def recorder():
    return Recorder()


@pytest.fixture(params=[None, one_less], ids=["by Hypothesis", "one less"])
def examples(recorder, request):
    return Examples(st.integers(0, 100), recorder, 20, 200, request.param)


def test_examples_are_the_same_each_time(recorder):
    first, second = (Examples(st.integers(0, 100), recorder, 20, 200) for _ in range(2))

    assert first.all == second.all
    assert len(first.all) == len(set(first.all)) > 5


def test_smallest_that_fails_is_found_with_its_evidence(examples, recorder):
    def judge(number):
        recorder.say(number)
        if number >= 7:
            raise Deviates(seen(number))

    failure = examples.judged(judge)

    assert failure.example == 7
    assert str(failure.attached("a path")) == "the number is 7, should be less (GET a number; a path)"
    assert recorder.exchanges == {"a-check": [7]}


def test_nothing_fails(examples):
    assert examples.judged(lambda number: None) is None


def test_failure_goes_before_a_warning(examples):
    def judge(number):
        if number < 7:
            raise Warn(seen(number))
        if number >= 20:
            raise Deviates(seen(number))

    assert examples.judged(judge).example == 20


def test_warning_is_given_where_nothing_fails(examples):
    def judge(number):
        if number > 7:
            raise Warn(seen(number))

    failure = examples.judged(judge)

    assert (failure.example, type(failure.why)) == (8, Warn)


def test_what_is_no_verdict_of_the_judge_ends_it(examples):
    def judge(number):
        if number >= 50:
            raise Deviates(seen(number))
        if number > 7:
            raise Blocked("no more of it")

    with pytest.raises(Blocked, match="no more of it"):
        examples.judged(judge)


def test_attempts_are_bounded(recorder):
    tried = []

    def judge(number):
        tried.append(number)
        raise Deviates(seen(number))

    failure = Examples(st.integers(50, 100), recorder, 20, 3, one_less).judged(judge)

    assert len(tried) == 1 + 3
    assert failure.example == tried[-1]


@pytest.mark.parametrize("kind", [Deviates, Warn])
def test_judged_raises_what_is_said_of_the_smallest(recorder, kind):
    def judge(number):
        if number >= 100:
            raise kind(Deviation(Difference("the number", str(number), "less"), "GET a number"))

    with pytest.raises(kind, match="^the number is 100, should be less ") as raised:
        judged(recorder, st.integers(0, 10_000), judge)

    assert not hasattr(raised.value, "__notes__")


def test_judged_judges_every_example(recorder):
    tried = []

    judged(recorder, st.integers(0, 10_000), tried.append)

    assert NUMBER // 2 < len(tried) <= NUMBER
