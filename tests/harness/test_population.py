"""Kinds of instances are stored when a check first asks for them, and once."""

from __future__ import annotations

import json

import pytest

from conformance.dicomweb.messages import Request, Response
from conformance.harness.data.population import SAMPLE, Population
from conformance.harness.endpoint.endpoints import Endpoint, Settings
from conformance.harness.run.options import SAMPLES
from conformance.harness.wire.evidence import Recorder
from conformance.kit import presence
from conformance.kit.instances import read_samples
from conformance.kit.kinds import Label
from conformance.kit.verdicts import Blocked, InFront, Refused, Unanswered


class Choosy:
    """A connection to a server that says that it does not take reports."""

    def post(self, target, body):
        refused = [item.sop_instance_uid for item in body.instances if item.dataset.Modality == "SR"]
        items = [
            {"00081155": {"vr": "UI", "Value": [uid]}, "00081197": {"vr": "US", "Value": [0x0122]}} for uid in refused
        ]
        module = {"00081198": {"vr": "SQ", "Value": items}} if items else {}
        request = Request("POST", "http://127.0.0.1/studies", "studies", ())
        return Response(202 if items else 200, "", (), json.dumps(module).encode(), request)


class Silent:
    """A connection to a server that answers nothing; counts the stores."""

    stores = 0

    def post(self, target, body):
        self.stores += 1
        raise Unanswered("POST /studies: the server closed the connection without a response")


class Slow(Choosy):
    """A connection to a server that needs longer for many instances than a run waits, and refuses what it then has."""

    def __init__(self):
        self.stored = set()

    def post(self, target, body):
        here = {item.sop_instance_uid for item in body.instances}
        again, self.stored = here <= self.stored, self.stored | here
        if len(here) > 1:
            raise Unanswered("POST /studies: the server was silent for timeout = 10 s")
        return Response(
            409 if again else 200, "", (), b"{}", Request("POST", "http://127.0.0.1/studies", "studies", ())
        )


class Limited(Choosy):
    """A connection through a front that lets one instance at a time pass."""

    def post(self, target, body):
        if len(body.instances) > 1:
            raise InFront("a body of 2.9 MB returns 413: a front limits bodies")
        return super().post(target, body)


@pytest.fixture
def population(tmp_path):
    """The sample study, which nobody has stored yet."""
    recorder = Recorder(tmp_path, Endpoint("silent", Settings(url="http://127.0.0.1:1"), frozenset()))
    return Population(Silent(), recorder, read_samples(SAMPLES), Label("run", "DWC-"))


@pytest.mark.parametrize("lies", [False, True], ids=["refused", "there-all-the-same"])
def test_instances_that_the_server_refuses_are_not_searched_for(population, monkeypatch, lies):
    population._connection = Choosy()
    monkeypatch.setattr(presence, "there", lambda connection, instance: None)
    monkeypatch.setattr(presence, "is_there", lambda connection, instance: lies)

    modalities = [instance.dataset.Modality for instance in population("described")]

    assert ("SR" in modalities, "CT" in modalities) == (lies, True)
    if not lies:  # the checks of this kind are about all of it
        with pytest.raises(Refused, match="the server refuses a part of this kind .* FailureReason 290"):
            population("mixed")


def test_store_without_an_answer_is_sent_once(population):
    with pytest.raises(Unanswered):
        population(SAMPLE)

    with pytest.raises(Blocked, match="closed the connection") as blocked:
        population(SAMPLE)

    assert blocked.value.by == "common-resp-001.every-request"
    assert population._connection.stores == 1


def test_many_instances_that_take_too_long_are_sent_one_by_one(population, monkeypatch):
    population._connection = Slow()
    monkeypatch.setattr(presence, "is_there", lambda connection, instance: True)

    assert len(population("archive")) > 50


def test_instances_that_pass_a_front_one_by_one_have_a_response(population):
    population._connection = Limited()

    instances, response = population.answer(SAMPLE)

    assert (len(instances), response.status) == (3, 200)
