"""Stores that several checks of this room look at, each sent anew for every check that requests it."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from conformance.dicomweb.messages import Response
from conformance.kit import stow
from conformance.kit.instances import Instance
from conformance.store import bodies


@dataclass(frozen=True)
class Sent:
    """A store: the response, and the instances of it that a server should store and those that it should not."""

    response: Response
    good: tuple[Instance, ...]
    bad: tuple[Instance, ...]


@pytest.fixture
def half(endpoint, images):
    """Four instances sent to a study: two belong to it, two to another study."""
    good, bad = images(2), images(2, "another study")
    return Sent(endpoint.post(good[0].study_path, stow.multipart([*good, *bad])), good, bad)


@pytest.fixture
def wrong(endpoint, images):
    """Two instances sent to a study that they do not belong to: its UID is the beginning of theirs."""
    bad = images(2)
    return Sent(endpoint.post(bad[0].study_path[:-1], stow.multipart(bad)), (), bad)


@pytest.fixture
def beside_text(endpoint, images):
    """An instance, and a text part that claims to be one."""
    good = images()
    return Sent(endpoint.post("studies", bodies.message([bodies.TEXT, good[0].content], good)), good, ())
