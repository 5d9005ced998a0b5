"""An instance is there if one of the ways shows it that the endpoint claims."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from conformance.dicomweb.messages import Response
from conformance.kit import presence
from conformance.kit.verdicts import Deviates
from tests.kit.test_expect import RED, response

NAMED = response(content=b'[{"00080018": {"vr": "UI", "Value": ["%s"]}}]' % RED.sop_instance_uid.encode())
FILE = response(content=RED.content)
WAYS = {"": FILE, "/metadata": NAMED, "/instances": NAMED}


@dataclass
class Endpoint:
    """Answers what ends in one of the ways, and everything else with an empty list."""

    ways: dict[str, Response]
    claims: frozenset[str] = frozenset({"retrieve", "metadata", "search"})
    asked: list[str] = field(default_factory=list)

    def get(self, target, *, accept=None, params=None):
        self.asked.append(target)
        end = next((way for way in ("/metadata", "/instances") if target.endswith(way)), "")
        return self.ways.get(end, response(content=b"[]"))


@pytest.mark.parametrize("way", WAYS)
def test_each_way_shows_it(way):
    presence.there(Endpoint({way: WAYS[way]}), RED)


def test_first_way_is_enough():
    endpoint = Endpoint(WAYS)
    presence.there(endpoint, RED)

    assert endpoint.asked == [RED.path]


def test_deviation_is_that_of_the_first_way():
    with pytest.raises(Deviates, match="the body is without a DICOM file"):
        presence.there(Endpoint({}), RED)


def test_way_that_is_not_claimed_is_not_asked():
    endpoint = Endpoint(WAYS, frozenset({"search"}))
    presence.there(endpoint, RED)

    assert endpoint.asked == [f"{RED.series_path}/instances"]
    presence.there(Endpoint({}, frozenset({"store"})), RED)


def test_way_that_cannot_be_read_is_followed_by_the_next():
    malformed = response(content=b'[{"00080018": {"vr": "UI", "Value": {}}}]')

    presence.there(Endpoint({"/metadata": malformed, "/instances": NAMED}), RED)
    assert not presence.is_there(Endpoint({"/metadata": malformed}), RED)
