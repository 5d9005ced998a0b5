"""Words, numbers and hostile characters as people read them: used by the page, the run log and the terminal alike."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Sequence

# Controls (C0, DEL, C1), what no eye sees (soft hyphen, zero width, tags), what turns the reading direction
# (U+202A-202E, U+2066-2069), line separators, and lone surrogates, which no encoder takes.
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
# What a CI system takes for a command in what a job prints. GitHub: ::word at the start of a line, ##[word] anywhere;
# Azure Pipelines: ##vso[...] and ##[...]; TeamCity: ##teamcity[...]. GitLab's and Jenkins's need control characters.
_COMMAND = re.compile(r"#(?=#\w*\[)")
_COMMAND_LINE = re.compile(r"(?:(?<=[\r\n])|\A)([^\S\r\n]*):(?=:)")

FEW = 30
_WIDE = frozenset("MW@%")


def visible(text: str, keep: str = "") -> str:
    """The text with every character that hides, moves or colours text written as an escape, such as \\x1b or \\u202e.

    `keep` names the characters to leave alone: newline and tab, where the medium shows them as such. What a CI system
    would take for a command is broken, as in `printable`.
    """
    return printable(_UNSEEN.sub(lambda found: found[0] if found[0] in keep else _escape(found[0]), text))


def printable(text: str, starts_line: bool = True) -> str:
    """Lines without a command to a CI system: `\\x23#[` for `##[`, and `\\x3a:` for `::` where a line begins with that.

    For what is printed, after it was wrapped: a line begins where it did not before. `starts_line` says whether the
    text is at the start of one.
    """
    if "##" in text:
        text = _COMMAND.sub(r"\\x23", text)
    if "::" in text:
        broken = _COMMAND_LINE.sub(r"\1\\x3a", text if starts_line else f".{text}")
        text = broken if starts_line else broken[1:]
    return text


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def shorten(text: str, width: int) -> str:
    """The text in at most `width` characters; an ellipsis says that it was cut."""
    return text if len(text) <= width else text[: width - 1].rstrip() + "…"


def brief(text: str, most: int) -> str:
    """The text on one line, in as much room as `most` narrow characters take; an ellipsis says that it was cut."""
    text = visible(" ".join(text.split()))
    wide = columns(text[:most])
    return shorten(text, most if wide <= most else most * most // wide)


def columns(text: str) -> int:
    """The width of a text; characters of East Asian scripts take two columns, and so do the widest of others."""
    return sum(2 if unicodedata.east_asian_width(one) in "WF" or one in _WIDE else 1 for one in text)


def nearest(word: str, words: Iterable[str]) -> str:
    """What was probably meant by a word that is none of the words, as the end of a sentence: all of them, if few."""
    words = list(dict.fromkeys(words))
    if near := difflib.get_close_matches(word, words, 1, 0.5):
        return f', did you mean "{near[0]}"?'
    return f"; there are: {', '.join(words) or 'none'}" if len(words) <= FEW else ""


def count(number: int, noun: str, plural: str | None = None) -> str:
    """`3 checks`, `1 check`, `1,742 requests`, `0 studies`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def number(value: int) -> str:
    """`2,129`."""
    return f"{value:,}"


def size(octets: int) -> str:
    """A size in decimal units, two digits or more: `2 bytes`, `4.1 kB`, `214 MB`."""
    power = min((len(str(octets)) - 1) // 3, 4)
    if not power:
        return count(octets, "byte")
    value = octets / 1000**power
    return f"{value:.{1 if value < 9.95 else 0}f} {('kB', 'MB', 'GB', 'TB')[power - 1]}"


def duration(seconds: float) -> str:
    """`0.4 ms`, `41 ms`, `3.1 s`, `4 min 8 s`."""
    if seconds < 0.00995:
        return f"{seconds * 1000:.1f} ms"
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 99.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s"


def listed(words: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))
