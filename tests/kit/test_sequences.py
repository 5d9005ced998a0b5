"""The model says what must be on the server, whatever it does with duplicates; the answers are judged against it."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from pydicom.datadict import tag_for_keyword

from conformance.dicomweb.messages import Request, Response
from conformance.kit import sequences
from conformance.kit.kinds import Label
from conformance.kit.questions import DESCRIBED, KEYWORDS, RETRIEVES, SEARCHES, STUDY, Metadata, Search
from conformance.kit.sequences import Delete, Model, Place, Slate, Store, Walk

FEW = settings(max_examples=30, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
FIRST, SIBLING, COUSIN, OTHER = Place(1, 1, 1), Place(1, 1, 2), Place(1, 2, 1), Place(2, 1, 1)
ONE, TWO = sequences.CONTENTS
SLATE = Slate(Label("a run", "DWC-"), "sequence-1")
OF_STUDY = Search("studies?StudyInstanceUID={study}", "study", "study")
INSTANCES = Search(STUDY + "/instances", "study", "instance")
METADATA = Metadata(STUDY + "/metadata", "study")


def model(*steps):
    made = Model()
    for step in steps:
        match step:
            case Store(place, content):
                made.store(place, content)
            case Delete(place, level):
                made.delete(place, level)
    return made


@pytest.mark.parametrize(
    ("level", "left"),
    [("instance", [SIBLING, COUSIN, OTHER]), ("series", [COUSIN, OTHER]), ("study", [OTHER])],
)
def test_delete_takes_what_it_names_and_nothing_else(level, left):
    made = model(*(Store(place, ONE) for place in (FIRST, SIBLING, COUSIN, OTHER)), Delete(FIRST, level))

    assert list(made.contents) == left
    assert FIRST in made.deleted


def test_second_store_may_or_may_not_replace_the_first():
    made = model(Store(FIRST, ONE), Store(FIRST, TWO))

    assert made.contents == {FIRST: {ONE, TWO}}


def test_content_that_was_seen_is_the_only_one():
    made = model(Store(FIRST, ONE), Store(FIRST, TWO))

    made.saw(FIRST, ONE)

    assert made.contents == {FIRST: {ONE}}


def test_store_after_a_delete_has_its_own_content():
    made = model(Store(FIRST, ONE), Delete(FIRST, "instance"), Store(FIRST, TWO))

    assert made.contents == {FIRST: {TWO}}


def test_deletes_of_nothing_are_left_out():
    steps = sequences.effective(
        [Delete(FIRST, "study"), Store(FIRST, ONE), Delete(OTHER, "study"), Delete(SIBLING, "series")]
    )

    assert steps == (Store(FIRST, ONE), Delete(SIBLING, "series"))


@FEW
@given(sequences.drawn(deletes=True))
def test_sequences_are_bounded_and_every_step_does_something(steps):
    assert len(steps) <= 2 * sequences.STORES
    assert len({step.place for step in steps}) <= sequences.MOST_PLACES
    assert sequences.effective(steps) == steps


@FEW
@given(sequences.drawn(deletes=False))
def test_sequences_without_deletes_have_none(steps):
    assert {type(step) for step in steps} == {Store}


def test_smaller_walks_leave_something_out():
    walk = Walk((Store(FIRST, ONE), Store(OTHER, ONE), Delete(FIRST, "study")), ("a question", "another"))

    smaller = list(sequences.smaller(walk))

    assert Walk((Store(OTHER, ONE),), walk.questions) in smaller
    assert Walk(walk.steps, ("another",)) in smaller
    assert all(len(each.steps) + len(each.questions) < 5 for each in smaller)


def test_slates_have_no_uid_in_common():
    other = Slate(Label("a run", "DWC-"), "sequence-2")

    assert not set(SLATE.uids(FIRST).values()) & set(other.uids(FIRST).values())


@pytest.mark.parametrize("place", [FIRST, SIBLING, COUSIN, OTHER], ids=str)
def test_instance_has_the_uids_of_its_place(place):
    instance = SLATE.instance(place, TWO)

    uids = SLATE.uids(place)
    assert [instance.study_uid, instance.series_uid, instance.sop_instance_uid] == list(uids.values())[1:]
    assert (instance.dataset.PatientID, instance.dataset.ImageComments) == (uids["patient"], TWO)
    assert instance.fresh


def answer(content, status=200):
    request = Request("GET", "http://pacs.example/studies", "/studies", ())
    return Response(status, "", (), json.dumps(content).encode() if content is not None else b"", request)


def match(place, **counts):
    keywords = [*KEYWORDS.values(), *(keyword for of_level in DESCRIBED.values() for keyword in of_level)]
    found = json.loads(json.dumps(SLATE.instance(place).dataset.to_json_dict()))
    tags = {"series": "00201206", "instances": "00201208", "of_series": "00201209"}
    return {tag: found[tag] for tag in (f"{tag_for_keyword(keyword):08X}" for keyword in keywords)} | {
        tags[name]: {"vr": "IS", "Value": [count]} for name, count in counts.items()
    }


def described(place, content, *, without=()):
    found = SLATE.instance(place, content).dataset.to_json_dict()
    return {tag: attribute for tag, attribute in found.items() if tag not in without}


NAMELESS = {"00100010": {"vr": "PN"}}
THREE = model(Store(FIRST, ONE), Store(SIBLING, ONE), Store(COUSIN, ONE), Store(OTHER, ONE))


@pytest.mark.parametrize(
    ("question", "there", "content"),
    [
        (OF_STUDY, THREE, [match(FIRST, series=2, instances=3)]),
        (OF_STUDY, THREE, [match(FIRST, series="2", instances="3 ")]),
        (OF_STUDY, THREE, [match(FIRST)]),
        (OF_STUDY, Model(), []),
        (INSTANCES, THREE, [match(COUSIN, of_series=1), match(SIBLING, of_series=2), match(FIRST, instances=3)]),
        (METADATA, model(Store(FIRST, ONE), Store(FIRST, TWO)), [described(FIRST, ONE)]),
        (METADATA, model(Store(FIRST, ONE), Store(FIRST, TWO)), [described(FIRST, TWO)]),
    ],
)
def test_answer_that_agrees_is_right(question, there, content):
    question.judge(answer(content), SLATE, there, FIRST)


@pytest.mark.parametrize(
    ("question", "there", "content", "says"),
    [
        (OF_STUDY, THREE, [match(FIRST, instances=4)], "NumberOfStudyRelatedInstances of 2.25.* is 4, should be 3"),
        (OF_STUDY, THREE, [match(FIRST, series=3)], "NumberOfStudyRelatedSeries of 2.25.* is 3, should be 2"),
        (OF_STUDY, THREE, [match(FIRST), match(OTHER)], "StudyInstanceUID of a match is 2.25.*, should be 2.25."),
        (OF_STUDY, THREE, [match(FIRST) | NAMELESS], "PatientName of 2.25.* is empty, should be 'Kind"),
        (OF_STUDY, THREE, [], "the number of matches with StudyInstanceUID 2.25.* is 0, should be 1"),
        (OF_STUDY, Model(), [match(FIRST)], "the number of matches is 1, should be 0"),
        (
            INSTANCES,
            model(Store(FIRST, ONE)),
            [match(FIRST)] * 2,
            "the number of matches with SOPInstanceUID 2.25.* is 2, should be 1",
        ),
        (INSTANCES, model(Store(FIRST, ONE)), [match(FIRST, of_series=2)], "NumberOfSeriesRelatedInstances of"),
        (METADATA, model(Store(FIRST, TWO)), [described(FIRST, ONE)], "is 'content 1', should be content 2"),
        (METADATA, model(Store(FIRST, TWO)), [match(FIRST)], "is 'absent', should be content 2"),
        (METADATA, model(Store(FIRST, ONE)), [], "is not in the list"),
        (
            METADATA,
            model(Store(FIRST, ONE)),
            [described(FIRST, ONE, without=("00080064",))],
            "ConversionType of 2.25.* is absent",
        ),
        (
            METADATA,
            model(Store(FIRST, ONE)),
            [described(FIRST, ONE, without=("7FE00010",))],
            "PixelData of 2.25.* is absent",
        ),
        (
            METADATA,
            model(Store(FIRST, ONE)),
            [described(FIRST, ONE, without=("00880200",))],
            "IconImageSequence of 2.25.* is absent",
        ),
        (METADATA, Model(), [described(FIRST, ONE)], "status is 200, should be 404 or 410"),
    ],
)
def test_answer_that_does_not_agree_is_wrong(question, there, content, says):
    with pytest.raises(AssertionError, match=says):
        question.judge(answer(content), SLATE, there, FIRST)


def test_list_has_every_place_once():
    studies, instances = (SLATE.lists[name].split(",") for name in ("studies", "instances"))

    assert (len(studies), len(instances)) == (2, len(sequences.POOL))
    assert {SLATE.uids(place)["study"] for place in sequences.POOL} == {*studies}


def test_answer_shows_the_contents():
    seen = METADATA.judge(answer([described(FIRST, TWO)]), SLATE, model(Store(FIRST, ONE), Store(FIRST, TWO)), FIRST)

    assert seen == {FIRST: TWO}


def test_plainer_question_looks_at_the_content_only():
    lacking = answer([described(FIRST, ONE, without=("7FE00010",))])

    assert METADATA.plainer.judge(lacking, SLATE, model(Store(FIRST, ONE)), FIRST) == {FIRST: ONE}
    assert METADATA.plainer.plainer is None
    assert OF_STUDY.plainer.judge(answer([match(FIRST) | NAMELESS]), SLATE, THREE, FIRST) == {}


@pytest.mark.parametrize("question", SEARCHES + RETRIEVES, ids=lambda question: question.target)
def test_question_says_what_it_expects(question):
    assert question.expected(SLATE, Model(), FIRST) in ("no match", "404 or 410")
    assert "2.25." in question.expected(SLATE, THREE, FIRST)
    assert "{" not in question.path(SLATE, FIRST)
