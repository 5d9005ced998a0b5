"""Kinds of instances are stored when a check first asks for them, and once."""

from __future__ import annotations

import pytest

from conformance.harness.data.population import SAMPLE, Population
from conformance.harness.endpoint.endpoints import Endpoint, Settings
from conformance.harness.run.options import SAMPLES
from conformance.harness.wire.evidence import Recorder
from conformance.kit.instances import read_samples
from conformance.kit.kinds import Label
from conformance.kit.verdicts import Blocked, Unanswered


class Silent:
    """A connection to a server that answers nothing; counts the stores."""

    stores = 0

    def post(self, target, body):
        self.stores += 1
        raise Unanswered("POST /studies: the server closed the connection without a response")


@pytest.fixture
def population(tmp_path):
    """The sample study, which nobody has stored yet."""
    recorder = Recorder(tmp_path, Endpoint("silent", Settings(url="http://127.0.0.1:1"), frozenset()))
    return Population(Silent(), recorder, read_samples(SAMPLES), Label("run", "DWC-"))


def test_store_without_an_answer_is_sent_once(population):
    with pytest.raises(Unanswered):
        population(SAMPLE)

    with pytest.raises(Blocked, match="closed the connection") as blocked:
        population(SAMPLE)

    assert blocked.value.by == "common-resp-001.every-request"
    assert population._connection.stores == 1
