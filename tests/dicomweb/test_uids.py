"""UIDs: PS3.5 chapter 9 and B.2."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.dicomweb import uids


def test_derived_uid_is_always_the_same():
    assert uids.derived("run", "1.2.3") == "2.25.78033244397293402984379180962954644477"


@settings(derandomize=True, deadline=None)
@given(st.lists(st.text()))
def test_derived_uid_is_valid(sources):
    assert uids.is_valid(uids.derived(*sources))


def test_derived_uid_depends_on_where_its_sources_are_split():
    assert uids.derived("ab", "c") != uids.derived("a", "bc")


@pytest.mark.parametrize("uid", ["1.2", "0.0", "2.25.0", "2.999.1", "1.39.7", "1.2." + "3" * 60])
def test_legal_uid_is_valid(uid):
    assert uids.is_valid(uid)


@pytest.mark.parametrize(
    "uid",
    [
        "",
        "1",
        "1.",
        ".1",
        "1..2",
        "1.02",
        "1.2.00",
        "3.1",
        "1.40",
        "1.2.x",
        "1.2 ",
        "1.2\n",
        "1.2.٣",
        "1.2." + "3" * 61,
    ],
)
def test_illegal_uid_is_not_valid(uid):
    assert not uids.is_valid(uid)
