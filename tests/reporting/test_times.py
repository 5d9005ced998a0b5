import pytest

from conformance.reporting.times import LOAD, Scale, Times, percentile, scale, times

from . import factory

CHECK = factory.conforming().checks[0]


def judged(*exchanges):
    """A check that judged exchanges of (method, path below the endpoint, seconds, status)."""
    evidence = [
        factory.replace(
            CHECK.evidence[0],
            path=f"{n}.http",
            method=method,
            url=f"{factory.URL}{path}",
            seconds=seconds,
            status=status,
        )
        for n, (method, path, seconds, status) in enumerate(exchanges)
    ]
    return factory.replace(CHECK, evidence=evidence)


@pytest.mark.parametrize(
    ("method", "path", "operation"),
    [
        ("POST", "/studies/1.2", "Store"),
        ("DELETE", "/studies/1.2", "Delete"),
        ("OPTIONS", "/studies", "Capabilities"),
        ("GET", "/studies?StudyInstanceUID=1.2/metadata", "Search"),
        ("GET", "/studies/1.2/series/1.3/instances", "Search"),
        ("GET", "/studies/1.2", "Retrieve instances"),
        ("GET", "/studies/1.2/series/1.3/instances/1.4/", "Retrieve instances"),
        ("GET", "/studies/1.2/metadata", "Retrieve metadata"),
        ("GET", "/studies/1.2/series/1.3/instances/1.4/frames/1", "Retrieve frames"),
        ("GET", "/studies/1.2/series/1.3/instances/1.4/frames/1/rendered", "Retrieve rendered"),
        ("GET", "/studies/1.2/thumbnail", "Retrieve thumbnails"),
        ("GET", "/studies/1.2/series/1.3/instances/1.4/bulk/7FE00010", "Retrieve bulk data"),
    ],
)
def test_an_exchange_is_of_an_operation(method, path, operation):
    assert [row.operation for row in times([judged((method, path, 0.1, 200))])] == [operation]


def test_an_exchange_counts_once_and_a_refusal_not_at_all():
    check = judged(("GET", "/studies", 0.1, 200), ("GET", "/studies", 0.3, 204), ("GET", "/studies", 9.0, 400))

    assert times([check, check]) == [Times("Search", 2, 0.1, 0.3, 0.3)]


def test_what_was_sent_under_load_is_apart():
    check = judged(("GET", "/studies", 0.1, 200), ("GET", "/studies", 0.3, 200))
    check.evidence[1].path = f"evidence/{LOAD}/01.http"

    assert times([check]) == [Times("Search", 1, 0.1, 0.1, 0.1)]
    assert times([check], load=True) == [Times("Search", 1, 0.3, 0.3, 0.3)]


def test_what_had_no_answer_took_no_time():
    assert times([judged(("GET", "/studies", 60.0, None))]) == []


@pytest.mark.parametrize(("per_cent", "found"), [(50, 10), (95, 19), (100, 20), (0, 1)])
def test_a_percentile_is_one_of_the_numbers(per_cent, found):
    assert percentile(range(1, 21), per_cent) == found


def test_a_scale_holds_every_time():
    axis = scale([Times("Search", 2, 0.004, 0.03, 0.2), Times("Store", 1, 0.02, 0.02, 0.02)])

    assert (axis, axis.ticks) == (Scale(-3, 0), [0.001, 0.01, 0.1, 1.0])
    assert [round(axis.at(seconds)) for seconds in (0, 0.001, 0.01, 1.0)] == [0, 0, 33, 100]


def test_a_scale_of_nothing_has_a_width():
    assert scale([Times("Search", 1, 0.0, 0.0, 0.0)]) == Scale(-4, -3)
