import pytest

from conformance.reporting.record import Requirement
from conformance.reporting.sentences import Claims, documented, obligations, only_read, verdict

from . import factory


def _requirement(name, tier="core", checks=("a",), feature=None):
    facts = dict(clause="10.4.1", level="SHALL", transaction="retrieve", statement="", client="", not_tested=None)
    return Requirement(id=name, tier=tier, checks=list(checks), feature=feature, **facts)


def _checks(*judged):
    some = factory.conforming().checks[0]
    return [factory.replace(some, requirement=requirement, verdict=word) for requirement, word in judged]


@pytest.mark.parametrize(
    ("overall", "judged", "not_claimed", "sentence"),
    [
        ("conforms", {"A": "pass", "B": "warn"}, [], "conforms: all 2 required obligations are met"),
        ("conforms", {"A": "pass"}, ["DELETE"], "conforms: the one required obligation is met; DELETE is not claimed"),
        (
            "conforms",
            {"A": "pass", "B": "known"},
            ["DELETE", "XML"],
            "conforms: 1 of 2 required obligations is met, 1 is a known deviation; DELETE and XML are not claimed",
        ),
        ("conforms", {"A": "observed"}, [], "conforms: no required obligation was judged"),
        ("deviates", {"A": "fail", "B": "pass"}, [], "deviates: 1 of 2 required obligations is broken"),
        (
            "deviates",
            {"A": "fail", "B": "fail", "C": "known", "D": "blocked"},
            [],
            "deviates: 2 of 4 required obligations are broken, 1 more is known; 1 check could not be judged",
        ),
        ("deviates", {"A": "stale"}, [], "deviates: 1 baseline entry is stale"),
        ("deviates", {"A": "warn", "B": "warn"}, [], "deviates: 2 warnings count as broken (strict)"),
        ("incomplete", {"A": "blocked", "B": "error", "C": "pass"}, [], "incomplete: 2 checks could not be judged"),
        ("incomplete", {"A": "pass"}, [], "incomplete: not every check was run"),
    ],
)
def test_the_sentence_counts_obligations(overall, judged, not_claimed, sentence):
    requirements = [_requirement(name) for name in judged]

    assert verdict(overall, _checks(*judged.items()), requirements, Claims(lacking=not_claimed)) == sentence


def test_what_was_not_tested_is_named():
    requirements = [_requirement("A"), _requirement("B", checks=()), _requirement("C", checks=(), feature="delete")]

    sentence = verdict("incomplete", _checks(("A", "pass")), requirements, Claims())

    assert sentence == "incomplete: 1 required obligation was not tested"


def test_what_is_demanded_and_not_claimed_is_waived_and_never_met():
    claims = Claims(lacking=["capabilities (OPTIONS)"], waived=1)

    sentence = verdict("conforms", _checks(("A", "pass")), [_requirement("A")], claims)

    assert sentence == (
        "conforms: 1 of 2 required obligations is met, 1 is waived; capabilities (OPTIONS) is not claimed"
    )


def test_part_of_the_service_is_named_as_what_is_claimed_only():
    claims = Claims(only=["search", "metadata"], lacking=["XML"])

    sentence = verdict("conforms", _checks(("A", "pass")), [_requirement("A")], claims)

    assert sentence == (
        "conforms: the one required obligation is met; the server claims search and metadata only; XML is not claimed"
    )


def test_what_the_server_refuses_is_counted_as_not_judged():
    checks = _checks(("A", "pass"), ("B", "not supported"))

    sentence = verdict("incomplete", checks, [_requirement("A"), _requirement("B")], Claims(), {"B": "MPEG-4 video"})

    assert sentence == "incomplete: 1 required obligation was not judged: the server refuses MPEG-4 video"


def test_obligations_of_a_profile_are_counted_by_themselves():
    requirements = [_requirement("A"), factory.replace(_requirement("B"), profile="azure")]

    met = verdict(
        "conforms", _checks(("A", "pass"), ("B", "pass")), requirements, Claims(), {}, [documented("azure", 1, 2)]
    )
    broken = verdict("deviates", _checks(("A", "pass"), ("B", "fail")), requirements, Claims())

    remark = "1 check deviates from the standard as the profile azure documents it, 2 others were not seen"
    assert met == f"conforms: the one required obligation is met; all 1 of the profile azure are met; {remark}"
    assert broken == "deviates: 1 of 1 of the profile azure is broken"


def test_a_run_that_only_reads_says_what_it_could_not_judge():
    sentence = verdict(
        "conforms", _checks(("A", "pass")), [_requirement("A")], Claims(), {}, [only_read("writes = false", 2)]
    )

    remark = "nothing is stored under writes = false, so 2 more required obligations are not judged"
    assert sentence == f"conforms: the one required obligation is met; {remark}"


def test_an_obligation_is_as_good_as_its_gravest_check():
    requirements = [_requirement("A"), _requirement("B", tier="extended"), _requirement("C", tier="extended")]
    checks = _checks(("A", "pass"), ("A", "fail"), ("A", "warn"), ("B", "warn"), ("C", "fail"), ("C", "pass"))

    assert obligations(checks, requirements) == {"A": "fail", "C": "fail"}
