"""What a check asks for by the names of its arguments."""

from __future__ import annotations

import pytest

from conformance.dicomweb import uids
from conformance.harness.connection import Connection
from conformance.harness.run import RUN
from conformance.kit.instances import Samples


@pytest.fixture
def endpoint(pytestconfig: pytest.Config) -> Connection:
    """The endpoint under test; each request is evidence of the check that sends it."""
    return pytestconfig.stash[RUN].connection


@pytest.fixture
def samples(pytestconfig: pytest.Config) -> Samples:
    """The sample study of this run: red and green in one series, blue in another."""
    return pytestconfig.stash[RUN].samples


@pytest.fixture
def copies(pytestconfig: pytest.Config, request: pytest.FixtureRequest) -> Samples:
    """The sample study under UIDs that no other check of this run uses."""
    return pytestconfig.stash[RUN].copies(request.node.nodeid)


@pytest.fixture
def absent_uid(pytestconfig: pytest.Config) -> str:
    """A UID that nothing on the server has."""
    return uids.derived(pytestconfig.stash[RUN].id, "nobody has this UID")
