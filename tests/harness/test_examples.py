"""What Hypothesis draws in a run: the smallest example that fails is told of, and other failures are not shrunk."""

from __future__ import annotations

import pytest
from hypothesis import strategies as st

from conformance.harness.drawing import EXAMPLES, Examples
from conformance.kit.verdicts import Blocked, Warn

NUMBERS = st.integers(0, 10_000)


class Recorder:
    """Counts how often the evidence so far is given up."""

    forgotten = 0

    def forget(self):
        self.forgotten += 1


def test_every_example_is_judged_and_each_time_the_same():
    runs = [[], []]

    for seen in runs:
        Examples(Recorder())(NUMBERS, seen.append)

    assert runs[0] == runs[1]
    assert len(runs[0]) == EXAMPLES


@pytest.mark.parametrize("kind", [AssertionError, Warn])
def test_smallest_example_that_fails_is_told_of(kind):
    judged = []

    def judge(number):
        judged.append(number)
        if number >= 100:
            raise kind(f"{number} is too large")

    with pytest.raises(kind, match="^100 is too large$"):
        Examples(Recorder())(NUMBERS, judge)

    assert judged[-1] == 100


def test_evidence_is_that_of_the_last_example():
    recorder, judged = Recorder(), []

    Examples(recorder)(NUMBERS, judged.append)

    assert recorder.forgotten == len(judged)


def test_what_is_no_judgement_ends_it_at_once():
    judged = []

    def judge(number):
        judged.append(number)
        raise Blocked("waits for something")

    with pytest.raises(Blocked, match="waits for something"):
        Examples(Recorder())(NUMBERS, judge)

    assert len(judged) == 1
