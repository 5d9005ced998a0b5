import pytest

from conformance.reporting.diff import compare, lines, numbers

from . import factory

OLD = factory.conforming()


def changed(run, **verdicts):
    """The run with other verdicts, by requirement with _ for -."""
    words = {name.replace("_", "-"): verdict for name, verdict in verdicts.items()}
    checks = [factory.replace(check, verdict=words.get(check.requirement, check.verdict)) for check in run.checks]
    return factory.run(checks)


def ids(changes):
    return [change.check.id for change in changes]


def test_run_against_itself_is_unchanged():
    found = compare(OLD, OLD)

    assert (found.red, found.fixed, found.changed, found.added, found.removed, found.unlike) == ([],) * 6
    assert (found.lost, found.is_red, found.unchanged) == ([], False, len(OLD.checks))


def test_runs_in_the_wrong_order_are_said():
    newer = factory.replace(OLD, started=OLD.started.replace("2026", "2027"))

    assert compare(newer, OLD).unlike == ["NEW began before OLD"]
    assert compare(OLD, newer).unlike == []


@pytest.mark.parametrize("verdict", ["fail", "blocked", "error", "stale"])
@pytest.mark.parametrize("before", ["pass", "warn", "observed", "known", "not supported"])
def test_what_turns_red_is_newly_red_and_fixed_the_other_way_round(before, verdict):
    green = changed(OLD, SEED_RETRIEVE_FRAME=before)
    red = changed(OLD, SEED_RETRIEVE_FRAME=verdict)

    assert ids(compare(green, red).red) == ["seed-retrieve-frame"]
    assert compare(red, green).red == []
    unscored = before == "observed" and verdict in ("fail", "stale")
    assert ids(compare(red, green).fixed) == (
        ["seed-retrieve-frame"] if before in ("pass", "observed") and not unscored else []
    )


def test_red_that_stays_red_is_no_news():
    found = compare(changed(OLD, SEED_RETRIEVE_FRAME="fail"), changed(OLD, SEED_RETRIEVE_FRAME="blocked"))

    assert (found.red, ids(found.changed)) == ([], ["seed-retrieve-frame"])


def test_known_deviation_that_is_met_is_fixed():
    found = compare(changed(OLD, SEED_RETRIEVE_FRAME="known"), OLD)

    assert (ids(found.fixed), found.changed) == (["seed-retrieve-frame"], [])


@pytest.mark.parametrize("before", ["pass", "warn", "fail", "known", "stale"])
@pytest.mark.parametrize("after", ["not supported", "observed"])
def test_what_is_not_claimed_any_more_is_not_judged_any_more(before, after):
    """A key such as lacks must not make a comparison green."""
    found = compare(changed(OLD, SEED_RETRIEVE_FRAME=before), changed(OLD, SEED_RETRIEVE_FRAME=after))

    assert (found.red, found.fixed, found.changed, found.is_red) == ([], [], [], True)
    assert [check.id for check in found.lost] == ["seed-retrieve-frame"]


def test_fact_that_is_observed_is_no_loss():
    found = compare(changed(OLD, SEED_RETRIEVE_FRAME="observed"), changed(OLD, SEED_RETRIEVE_FRAME="not supported"))

    assert (ids(found.changed), found.is_red) == (["seed-retrieve-frame"], False)


LESS = factory.run([check for check in OLD.checks if check.requirement != "SEED-RETRIEVE-FRAME"])


def test_check_that_only_the_new_run_has_is_named_and_red_where_it_fails():
    assert (compare(LESS, OLD).is_red, [check.id for check in compare(LESS, OLD).added]) == (
        False,
        ["seed-retrieve-frame"],
    )
    found = compare(LESS, changed(OLD, SEED_RETRIEVE_FRAME="fail"))
    assert (ids(found.red), [check.id for check in found.added]) == (["seed-retrieve-frame"], ["seed-retrieve-frame"])


@pytest.mark.parametrize("verdict", ["pass", "fail", "warn", "observed", "known", "stale"])
def test_check_that_was_judged_and_is_gone_is_red(verdict):
    found = compare(changed(OLD, SEED_RETRIEVE_FRAME=verdict), LESS)

    assert ([check.id for check in found.lost], found.removed, found.is_red) == (["seed-retrieve-frame"], [], True)
    assert lines(found)[3:6] == [
        "NOT JUDGED ANY MORE",
        "  1 check that the old run judged is not judged in the new one:",
        "  SEED-RETRIEVE-FRAME: seed-retrieve-frame",
    ]


@pytest.mark.parametrize("verdict", ["blocked", "error", "not supported"])
def test_check_that_was_not_judged_and_is_gone_is_named(verdict):
    found = compare(changed(OLD, SEED_RETRIEVE_FRAME=verdict), LESS)

    assert (found.lost, [check.id for check in found.removed], found.is_red) == ([], ["seed-retrieve-frame"], False)
    assert "ONLY IN OLD 1 check: seed-retrieve-frame" in lines(found)


def test_run_of_next_to_nothing_is_red_in_a_few_lines():
    found = compare(OLD, factory.run(OLD.checks[:1]))

    judged = [check for check in OLD.checks[1:] if check.verdict == "pass"]
    text = lines(found)
    assert found.lost == judged
    assert f"  {len(judged)} checks that the old run judged are not judged in the new one:" in text
    assert (f"  and {len(judged) - 20} more requirements" in text, len(text)) == (True, 27)


def test_other_circumstances_are_named():
    endpoint = factory.replace(OLD.endpoint, url="http://b.example/")
    suite = factory.replace(OLD.suite, version="0.2.0")
    new = factory.replace(OLD, endpoint=endpoint, edition="2026a", profile="azure", suite=suite)

    assert compare(OLD, new).unlike == [
        f"the runs are of different endpoint URLs: {factory.URL} and http://b.example/",
        "the runs are of different editions of PS3.18: 2025c and 2026a",
        "the runs are of different profiles: dicomweb and azure",
        "the runs are of different versions of the suite: 0.1.0 and 0.2.0",
    ]


def test_other_product_or_version_is_named_where_both_runs_name_it():
    newer = factory.replace(OLD, tested=factory.replace(factory.TESTED, version="4.3"))
    other = factory.replace(OLD, tested=factory.Tested(product="Archive B"))
    unsaid = factory.replace(OLD, tested=factory.Tested())

    assert compare(OLD, newer).unlike == ["the runs are of different versions of the product: 4.2 and 4.3"]
    assert compare(OLD, other).unlike == ["the runs are of different products: ExampleArchive and Archive B"]
    assert compare(OLD, unsaid).unlike == []


def test_terminal_says_of_each_failure_what_is_and_what_should_be():
    text = lines(compare(OLD, factory.deviating()))

    start = text.index("NEWLY RED")
    assert text[start + 4 : start + 7] == [
        "  seed-retrieve-frame  fail, was pass; PS3.18 10.4.1.1.6, 10.4.3",
        "    the answer is 2,892,946 bytes of pixel data, should be 2,892,945 bytes, those stored",
        f"    curl -sS -i --http1.1 -H 'Accept: application/dicom+json' {factory.URL}/studies/{factory.STUDY}",
    ]
    assert "  2 checks blocked by seed-store-series: seed-wire-several, seed-retrieve-series" in text
    assert numbers(compare(OLD, factory.deviating())) in text


def test_checks_of_a_requirement_that_fail_alike_are_counted():
    one = factory.deviating()
    twins = [factory.replace(check, id=f"{check.id}.{name}") for check in one.checks for name in ("a", "b")]

    text = "\n".join(lines(compare(OLD, factory.run(twins))))

    more = "and 1 more check of SEED-RETRIEVE-FRAME"
    assert f"  seed-retrieve-frame.a  fail, was not there; PS3.18 10.4.1.1.6, 10.4.3, {more}" in text
    assert "seed-retrieve-frame.b  " not in text


def test_nothing_that_a_server_sent_reaches_the_terminal_raw():
    found = compare(OLD, factory.hostile())

    text = "".join(lines(found))

    assert (text.isprintable(), "\\x1b" in text) == (True, True)
