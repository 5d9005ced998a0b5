"""Dates, times and numbers as the reference server matches them (PS3.4 C.2.2.2)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from conformance.reference.matching import BadValue, matcher, moment


def utc(*fields):
    return datetime(*fields, tzinfo=UTC)


@pytest.mark.parametrize(
    ("vr", "text", "first", "last"),
    [
        ("DA", "20240229", utc(2024, 2, 29), utc(2024, 2, 29, 23, 59, 59, 999999)),
        ("DA", "99991231", utc(9999, 12, 31), utc(9999, 12, 31, 23, 59, 59, 999999)),
        ("TM", "2230", utc(1, 1, 1, 22, 30), utc(1, 1, 1, 22, 30, 59, 999999)),
        ("TM", "223000.5", utc(1, 1, 1, 22, 30, 0, 500000), utc(1, 1, 1, 22, 30, 0, 599999)),
        ("DT", "2024", utc(2024, 1, 1), utc(2024, 12, 31, 23, 59, 59, 999999)),
        ("DT", "202402", utc(2024, 2, 1), utc(2024, 2, 29, 23, 59, 59, 999999)),
        ("DT", "2024022910+0130", utc(2024, 2, 29, 8, 30), utc(2024, 2, 29, 9, 29, 59, 999999)),
    ],
)
def test_moment_lasts_as_long_as_it_is_precise(vr, text, first, last):
    assert moment(vr, text) == (first, last)


@pytest.mark.parametrize(
    ("vr", "key", "value", "expected"),
    [
        ("DT", "2024-2025", "20241231235959", True),
        ("DT", "20240101-0500-2025", "20240101043000", False),
        ("DT", "20240101-0500-2025", "20240101053000", True),
        ("DT", "20240101000000+0100", "20231231230000", True),
        ("DA", "20240101-", "nonsense", False),
        ("DS", "1.5", 1.5, True),
        ("DS", "1.50", "1.5000", True),
        ("DS", "1", 2, False),
        ("IS", "1", "1", True),
        ("AS", "024Y", "024Y", True),
        ("AS", "0*", "024Y", False),
        ("LO", "a[b]*", "a[b]c", True),
        ("LO", "abc", "abc ", True),
        ("LO", "?", "", False),
    ],
)
def test_value_matches_by_what_it_means(vr, key, value, expected):
    assert matcher(vr, key)(value) is expected


@pytest.mark.parametrize("vr", ["DA", "DT", "TM"])
@pytest.mark.parametrize("text", ["x", "202", "20241301", "2024-2025-2026", "99", "-"])
def test_text_that_is_no_date_or_time_is_refused(vr, text):
    with pytest.raises(BadValue):
        matcher(vr, text)
