"""PS3.4 C.2.2.2.5: ranges of dates, times and both together."""

from __future__ import annotations

import pytest

from conformance.kit import check, expect
from conformance.kit.verdicts import NotSupported, Observed
from conformance.query import scopes
from conformance.query.scopes import scope


@check("SEARCH-MATCH-012")
@pytest.mark.parametrize(
    "value",
    ["20240101-20240228", "-20240228", "20240229-", "20240229-20240229", "20240302-20240330"],
    ids=["closed", "until", "from", "one-day", "gap"],
)
def test_range_of_dates(endpoint, stored, value):
    """A range of dates finds the studies of these days, including the first and the last."""
    searched, keys = scope(stored("archive"), "studies"), {"StudyDate": value}

    response = endpoint.get("studies", params=searched.narrow | keys)

    scopes.exactly(response, searched, keys)


@check("SEARCH-MATCH-012", "extreme")
@pytest.mark.parametrize("value", ["17520101-17531231", "-17531231"], ids=["closed", "until"])
def test_range_of_dates_long_ago(endpoint, stored, value):
    """A range of dates before those of many databases finds the study of such a date."""
    searched, keys = scope(stored("extremes"), "studies"), {"StudyDate": value}

    response = endpoint.get("studies", params=searched.narrow | keys)

    scopes.exactly(response, searched, keys)


@check("SEARCH-MATCH-012", "series")
def test_range_of_dates_of_series(endpoint, stored):
    """A range of PerformedProcedureStepStartDate finds the series of these days."""
    of_series(endpoint, stored, {"PerformedProcedureStepStartDate": "20240101-20240229"})


@check("SEARCH-MATCH-013", "series")
def test_range_of_times_of_series(endpoint, stored):
    """A range of PerformedProcedureStepStartTime finds the series of these times."""
    of_series(endpoint, stored, {"PerformedProcedureStepStartTime": "1000-1200"})


def of_series(endpoint, stored, keys):
    """The series of the patient that match are found."""
    searched = scope(stored("archive"), "series")

    response = endpoint.get("series", params=searched.narrow | keys)

    scopes.offered(response, searched.resource)
    scopes.exactly(response, searched, keys)


@check("SEARCH-MATCH-013")
@pytest.mark.parametrize(
    "value",
    ["1000-1200", "100000-120000", "-095959", "223000-", "100000-100000", "2231-2359"],
    ids=["minutes", "seconds", "until", "from", "one-second", "evening"],
)
def test_range_of_times(endpoint, stored, value):
    """A range of times finds the studies of these times, stored with hours only or down to fractions of a second."""
    searched, keys = scope(stored("archive"), "studies"), {"StudyTime": value}

    response = endpoint.get("studies", params=searched.narrow | keys)

    scopes.exactly(response, searched, keys)


@check("SEARCH-MATCH-014")
@pytest.mark.parametrize(
    "value",
    ["20240229110000+0000-20240229110030+0000", "20240229130000+0200-", "-20240229060000-0500"],
    ids=["closed", "from", "until"],
)
def test_range_of_date_times(endpoint, stored, value):
    """A range of AcquisitionDateTime finds the instances acquired then, whatever the time zone of the range."""
    searched, keys = scope(stored("archive"), "instances"), {"AcquisitionDateTime": value}
    probe = {"AcquisitionDateTime": "20240301"}

    single = endpoint.fetch("instances", params=searched.narrow | probe)
    response = endpoint.get("instances", params=searched.narrow | keys)

    if single.status != 200 or set(scopes.found(single, "instance")) != set(searched.matching(probe)):
        raise NotSupported(f"AcquisitionDateTime, which is optional, is not a key ({single.request})")
    scopes.exactly(response, searched, keys)


@check("SEARCH-MATCH-015")
@pytest.mark.parametrize(
    ("date", "time"),
    [("20240228-20240301", "1000-1800"), ("20240229-", "1000-"), ("-20240229", "-1000")],
    ids=["closed", "from", "until"],
)
def test_ranges_of_date_and_time_are_one_interval(endpoint, stored, date, time):
    """Ranges of StudyDate and StudyTime make one interval: any time matches on the days between first and last."""
    searched, keys = scope(stored("archive"), "studies"), {"StudyDate": date, "StudyTime": time}

    response = endpoint.get("studies", params=searched.narrow | keys)

    scopes.exactly(response, searched, keys)


@check("SEARCH-MATCH-015", "series")
def test_ranges_of_date_and_time_of_series_are_one_interval(endpoint, stored):
    """Ranges of the date and the time at which a step started make one interval for series too."""
    date, time = "PerformedProcedureStepStartDate", "PerformedProcedureStepStartTime"
    of_series(endpoint, stored, {date: "20240228-20240301", time: "1000-1800"})


@check("SEARCH-MATCH-016")
@pytest.mark.parametrize("value", ["2230", "223000"])
def test_single_time_in_another_precision(endpoint, stored, value):
    """The stored forms of 22:30 that a search for a single time finds are recorded."""
    searched = scope(stored("archive"), "studies")
    response = endpoint.get("studies", params=searched.narrow | {"StudyTime": value})

    expect.status(response, 200, 204)
    there = scopes.found(response, "study")
    spellings = dict.fromkeys(
        str(searched.entities[uid].StudyTime) or "an empty time" for uid in there if uid in searched.entities
    )
    raise Observed(f"StudyTime={value} finds the studies stored with {', '.join(spellings) or 'nothing'}")


@check("SEARCH-MATCH-024")
def test_time_zone_of_the_query(endpoint, stored):
    """The number of studies that a range finds with TimezoneOffsetFromUTC is recorded."""
    searched = scope(stored("archive"), "studies")
    params = searched.narrow | {"StudyDate": "20240229-20240229", "TimezoneOffsetFromUTC": "+0100"}

    response = endpoint.get("studies", params=params)

    expect.status(response, 200, 204)
    there, without = scopes.found(response, "study"), searched.matching({"StudyDate": "20240229-20240229"})
    raise Observed(f"with TimezoneOffsetFromUTC the range finds {len(there)} studies; without it {len(without)} match")
