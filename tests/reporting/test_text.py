import pytest

from conformance.reporting.text import count, duration, listed, shorten, size, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, 山田^太郎, é", "plain, 山田^太郎, é"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("a\x00b\x7f\x9bc", "a\\x00b\\x7f\\x9bc"),
        ("two\r\nlines\tand a tab", "two\\r\\nlines\\tand a tab"),
        ("\u202egpj.exe\u202c \u2066x\u2069", "\\u202egpj.exe\\u202c \\u2066x\\u2069"),
        ("zero\u200bwidth\ufeff", "zero\\u200bwidth\\ufeff"),
        ("\udc80 alone", "\\udc80 alone"),
        ("tag \U000e0041", "tag \\U000e0041"),
    ],
)
def test_what_hides_or_moves_text_is_made_visible(text, shown):
    assert visible(text) == shown


def test_line_ends_stay_where_the_medium_shows_them():
    assert visible("a\n\tb\r\x1b", keep="\n\t") == "a\n\tb\\r\\x1b"


@pytest.mark.parametrize(
    ("octets", "words"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (4_096, "4.1 kB"),
        (2_893_811, "2.9 MB"),
        (214_000_000, "214 MB"),
    ],
)
def test_sizes_are_in_decimal_units(octets, words):
    assert size(octets) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.0039, "3.9 ms"), (0.041, "41 ms"), (3.14, "3.1 s"), (99.9, "99.9 s"), (248.2, "4 min 8 s")],
)
def test_durations_have_two_digits_or_three(seconds, words):
    assert duration(seconds) == words


def test_counts_agree_with_their_noun():
    counts = [count(1, "check"), count(1742, "request"), count(2, "study", "studies")]

    assert counts == ["1 check", "1,742 requests", "2 studies"]


def test_lists_end_in_and():
    assert [listed(words) for words in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == ["", "a", "a and b", "a, b and c"]


def test_cut_text_says_so():
    assert [shorten("12345", 5), shorten("123456", 5)] == ["12345", "1234…"]
