"""The Warning that matches remain, in the forms that servers give it."""

from __future__ import annotations

import pytest

from conformance.dicomweb import warning_field

STANDARD = "299 http://x/dicom-web: There are 5 additional results that can be requested"
QUOTED = '299 archive:8080 "There are 5 additional results that can be requested"'
AFTER_ANOTHER = f'299 x: "The fuzzymatching parameter is not supported.", {STANDARD}'


@pytest.mark.parametrize("value", [STANDARD, QUOTED, AFTER_ANOTHER, STANDARD.replace("are 5", "ARE 5")])
def test_number_that_remains_is_read(value):
    assert warning_field.remaining(value) == 5
    assert warning_field.speaks_of_more(value)


def test_one_result_remains():
    assert warning_field.remaining("299 x: There is 1 additional result that can be requested") == 1


@pytest.mark.parametrize(
    ("value", "more"),
    [
        (None, False),
        ("", False),
        ("299 x: There are additional results that can be requested.", True),
        ("299 x: see http://x/status/5", False),
        ("299 x: additional parameters were ignored", False),
        ('299 x "more results are available"', True),
        ("199 x: There are 5 additional results that can be requested", False),
        (f"299 x: There are {'9' * 19} additional results that can be requested", True),
    ],
)
def test_other_texts_give_no_number(value, more):
    assert warning_field.remaining(value) is None
    assert warning_field.speaks_of_more(value) is more


def test_code_299_is_recognised():
    assert warning_field.is_miscellaneous("299 x: anything")
    assert warning_field.is_miscellaneous('199 x "a", 299 y "b"')
    assert not warning_field.is_miscellaneous("199 x: anything")
    assert not warning_field.is_miscellaneous(None)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("299 http://x: foo is not supported", True),
        ('110 - "Response is Stale", 299 http://x: "foo is not supported"', True),
        ('110 - "foo is Stale"', False),
        ("299 http://x: bar is not supported", False),
        (None, False),
    ],
)
def test_words_are_those_of_299_after_whatever_others(value, expected):
    assert warning_field.says(value, "foo") is expected
