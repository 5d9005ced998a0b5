"""Values of other people's data, and texts without them: a value is shown as its tag, VR, length and a keyed digest.

Most texts are our own words, and a value may equal one of them: a value of more than a few characters is masked
wherever it is a whole word; a short one, a number or a word of the catalogue only if the text is about its attribute,
or if it is in quotes.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from typing import NamedTuple
from urllib.parse import unquote_plus

from pydicom.datadict import tag_for_keyword

from conformance.harness.endpoint.decoding import decoded, from_base64
from conformance.requirements import requirements

VALUES, CHARACTERS = 50_000, 2_000_000  # remembered; of data with more, found and wanted are not shown
LONGEST = 64 * 1024  # characters of a value
PIECE = 4  # characters of an abridged value by which it is recognized in quotes
SHOWN = re.compile(r"\{[0-9A-F]{8}(?: [A-Z]{2}, [0-9,]+ characters?, [0-9a-f]{6})?\}")
DATES = frozenset(("DA", "TM", "DT"))
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_WORD = re.compile(r"\w+")
_TOKEN = re.compile(r"[^\s,;()'\"\\{}]+")
_QUOTED = re.compile(r"'([^'\n]{1,400})'|\"([^\"\n]{1,400})\"")
_QUERY = re.compile(r"(?<=[?&])([\w.%]{1,200})=([^&\s\"'<>)]*)")
_NAMED = re.compile(r"\b[A-Z][A-Za-z0-9]{3,}\b|\([0-9A-Fa-f]{4},[0-9A-Fa-f]{4}\)|\b[0-9A-F]{8}\b")
_MORE_WORDS = (
    "absent accept body check delete empty get head here http https judged options post put query request should status"
)


class Span(NamedTuple):
    """A part of a text to mask, and the attribute whose value it is; in the query of a URL its key too."""

    start: int
    end: int
    tag: int
    named_by_key: bool = False


class Values:
    """The values that a run must not show. Without any, every text is returned unchanged.

    `own` are those that the run itself has sent, folded: they reveal nothing. `full` says that there were more values
    than are remembered.
    """

    def __init__(self) -> None:
        self.own: set[str] = set()
        self.full = False
        self._key = secrets.token_bytes(32)
        self._vr: dict[tuple[int, str], str] = {}
        self._by_tag: dict[int, set[str]] = {}
        self._tag_of: dict[str, int] = {}
        self._strong: dict[str, list[tuple[int, str]]] = {}  # by the first word: its place in the value, the value
        self._characters = 0
        self._joined: tuple[str, list[int], list[str]] | None = None

    def __bool__(self) -> bool:
        return bool(self._vr)

    def add(self, tag: int, vr: str, text: str) -> None:
        """Mask a value from now on, unless it has no letter or digit, or was sent by the run."""
        for value in dict.fromkeys((text, _CONTROLS.sub(lambda found: f"<{ord(found[0]):02X}>", text))):
            value = fold(value[:LONGEST]).strip(" \0")
            if _WORD.search(value) and value not in self.own and (tag, value) not in self._vr:
                self._remember(tag, vr, value)

    def digest(self, content: Iterable[bytes]) -> str:
        """The keyed digest of a body, from which the body cannot be guessed."""
        found = hashlib.blake2b(key=self._key, digest_size=32)
        for piece in content:
            found.update(piece)
        return found.hexdigest()

    def text(self, text: str, about: str | None = None, weak: bool = True) -> str:
        """A text with every value in it masked. `about` names attributes, in addition to those that the text names.

        Without `weak`, only values that are not a word, number or code of our own are searched for.
        """
        return self._masked(text, about, weak, short=False)

    def url(self, url: str) -> str:
        """A URL, or the first line of a request, with `{GGGGEEEE}` for each value in it."""
        return self._masked(url, "", weak=False, short=True)

    def holds(self, text: str) -> bool:
        """True if a value is in a text that is not known to be about other people's data."""
        return bool(self) and any(True for _ in self._strong_spans(decoded(text)[0]))

    def _remember(self, tag: int, vr: str, value: str) -> None:
        if len(self._vr) >= VALUES or self._characters + len(value) > CHARACTERS:
            self.full = True
            return
        self._characters += len(value)
        self._joined = None
        self._vr[tag, value] = vr
        self._by_tag.setdefault(tag, set()).add(value)
        self._tag_of.setdefault(value, tag)
        if is_strong(vr, value) and (first := _WORD.search(value)):
            self._strong.setdefault(first[0], []).append((first.start(), value))

    def _masked(self, text: str, about: str | None, weak: bool, short: bool) -> str:
        if not self._vr or not text:
            return text
        plain, starts, ends = decoded(text)
        spans = [*self._strong_spans(plain)]
        if weak:
            spans += [*self._quoted_spans(plain), *self._named_spans(plain, plain if about is None else about)]
        # From places in the unescaped text to those in the original text.
        placed = [Span(starts[span.start], ends[span.end - 1], span.tag) for span in spans]
        placed += [*self._query_spans(text), *self._coded_spans(text)]
        return self._replaced(text, placed, short)

    def _replaced(self, text: str, spans: list[Span], short: bool) -> str:
        shown = [found.span() for found in SHOWN.finditer(text)]
        done, parts = 0, []
        for span in sorted(spans, key=lambda span: (span.start, -span.end, not span.named_by_key)):
            if span.start < done or any(start < span.end and span.start < end for start, end in shown):
                continue
            value = decoded(text[span.start : span.end])[0]
            parts += [text[done : span.start], self._shown(span, value, short or span.named_by_key)]
            done = span.end
        return "".join([*parts, text[done:]]) if parts else text

    def _shown(self, span: Span, value: str, short: bool) -> str:
        if short:
            return f"{{{span.tag:08X}}}"
        vr = self._vr.get((span.tag, fold(value))) or next((vr for (tag, _), vr in self._vr.items() if tag == span.tag))
        digest = hashlib.blake2b(value.encode("utf-8", "replace"), key=self._key, digest_size=3).hexdigest()
        return f"{{{span.tag:08X} {vr}, {len(value):,} character{'s' * (len(value) != 1)}, {digest}}}"

    def _strong_spans(self, text: str) -> Iterator[Span]:
        """The places of values that are whole words, whatever the text is about."""
        folded = fold(text)
        done = 0
        for word in _WORD.finditer(folded):
            candidates = self._strong.get(word[0], ()) if word.start() >= done else ()
            for offset, value in sorted(candidates, key=lambda item: -len(item[1])):
                start = word.start() - offset
                end = start + len(value)
                if start < done or not folded.startswith(value, start) or _is_part_of_number(folded, start, end):
                    continue
                if _is_whole(folded, start, end):
                    done = end
                    yield Span(start, end, self._tag_of[value])
                    break

    def _quoted_spans(self, text: str) -> Iterator[Span]:
        """The texts in quotes that are a value, several values, or a piece of one."""
        for found in _QUOTED.finditer(text):
            group = 1 if found[1] is not None else 2
            start, content = found.start(group), fold(found[group])
            inner = content.strip("… ")
            start += content.find(inner)
            if not inner or SHOWN.search(found[group]):
                continue
            if (tag := self._piece(inner)) is not None:
                yield Span(start, start + len(inner), tag)
                continue
            for part in re.finditer(r"[^\\]+", inner):
                if (tag := self._tag_of.get(part[0].strip())) is not None:
                    yield Span(start + part.start(), start + part.end(), tag)

    def _piece(self, text: str) -> int | None:
        """The attribute whose value a text in quotes is, is part of, or overlaps at its end or beginning."""
        if text in self._tag_of:
            return self._tag_of[text]
        if len(text) < PIECE:
            return None
        joined, starts, values = self._all
        sizes = range(len(text) - 1, PIECE - 1, -1)
        forms = [text]
        forms += [f"{text[:size]}\0" for size in sizes] if text[:PIECE] in joined else []
        forms += [f"\0{text[-size:]}" for size in sizes] if text[-PIECE:] in joined else []
        at = next((at for form in forms if (at := joined.find(form)) >= 0), None)
        return None if at is None else self._tag_of[values[max(0, bisect_right(starts, at + 1) - 1)]]

    @property
    def _all(self) -> tuple[str, list[int], list[str]]:
        """All values in one text, the start of each, and the list of them."""
        if self._joined is None:
            values, starts, at = list(self._tag_of), [], 1
            for value in values:
                starts.append(at)
                at += len(value) + 1
            self._joined = "\0" + "\0".join(values) + "\0", starts, values
        return self._joined

    def _named_spans(self, text: str, about: str) -> Iterator[Span]:
        """The values of the attributes that a text is about, however short they are."""
        named = dict.fromkeys(tag for found in _NAMED.findall(about) if (tag := tag_of(found)) in self._by_tag)
        folded = fold(text)
        for tag in named:
            values = self._by_tag[tag or 0]
            for token in _TOKEN.finditer(folded):
                bare = token[0].rstrip(".:…").lstrip("…")
                start = folded.find(bare, token.start())
                if bare in values and not text[max(0, start - 1) : start].endswith(("/", "=")):
                    yield Span(start, start + len(bare), tag or 0)
            for value in (value for value in values if len(value) > 1 and not _TOKEN.fullmatch(value)):
                if (start := folded.find(value)) >= 0 and _is_whole(folded, start, start + len(value)):
                    yield Span(start, start + len(value), tag or 0)

    def _query_spans(self, text: str) -> Iterator[Span]:
        """Search keys whose value is somebody's, or is derived from it: a wildcard, a range."""
        for found in _QUERY.finditer(text):
            tag = tag_of(unquote_plus(found[1]).rpartition(".")[2])
            wanted = found[2].rstrip(",")
            if tag in self._by_tag and wanted and self._is_related(tag or 0, fold(unquote_plus(wanted))):
                yield Span(found.start(2), found.start(2) + len(wanted), tag or 0, named_by_key=True)

    def _is_related(self, tag: int, wanted: str) -> bool:
        known = self._by_tag[tag]
        separators = r"[*?\\,-]+" if self._vr[tag, next(iter(known))] in DATES else r"[*?\\,]+"
        pieces = [piece for piece in re.split(separators, wanted) if _WORD.search(piece)]
        if wanted in self.own or (pieces and all(any(piece in own for own in self.own) for piece in pieces)):
            return False
        if self._vr[tag, next(iter(known))] in DATES:
            return any(character.isdigit() for character in wanted)
        return any(piece in value or value in piece for value in known for piece in pieces)

    def _coded_spans(self, text: str) -> Iterator[Span]:
        """Values in base64."""
        for start, end, content in from_base64(text):
            for span in self._strong_spans(content):
                yield Span(start, end, span.tag)
                break


def fold(text: str) -> str:
    """A text in lower case, character by character: places in it stay the same."""
    lower = text.lower()
    if len(lower) == len(text):
        return lower
    return "".join(small if len(small := character.lower()) == 1 else character for character in text)


def is_strong(vr: str, value: str) -> bool:
    """True if a value, folded, is masked everywhere: not a short one, a number, or a word of the catalogue."""
    if not any(character.isalpha() for character in value):
        return len(value) >= (9 if vr in DATES or vr == "AT" else 6)
    return len(value) >= (2 if not value.isascii() else 3) and value not in _vocabulary()


@lru_cache(4096)
def tag_of(name: str) -> int | None:
    """The tag that a keyword, eight digits or (gggg,eeee) names; None for any other word."""
    digits = name.strip("()").replace(",", "")
    if len(digits) == 8 and re.fullmatch("[0-9A-Fa-f]{8}", digits):
        return int(digits, 16)
    return tag_for_keyword(name)


def _is_whole(text: str, start: int, end: int) -> bool:
    """True if a part of a text is not part of a longer word or, for a number, of a UID or the id of a run."""
    part = text[start:end]
    near = r"[\w.-]" if not any(character.isalpha() for character in part) else r"\w"
    before, after = text[max(0, start - 1) : start], text[end : end + 1]
    if after == "." and not text[end + 1 : end + 2].isalnum():
        after = ""
    begins, ends = re.match(r"\w", part[0]), re.match(r"\w", part[-1])
    return not (begins and re.match(near, before)) and not (ends and re.match(near, after))


def _is_part_of_number(text: str, start: int, end: int) -> bool:
    """True if a part ends in the beginning of a longer number, and is otherwise words of the catalogue: of the value
    "version 1" nothing is known from "version 1.10.1". Any other word before a number may be somebody's.
    """
    words = _WORD.findall(text[start:end])
    return (
        words[-1].isdecimal()
        and text[end - 1] == words[-1][-1]
        and re.match(r"\.[0-9]", text[end : end + 2]) is not None
        and all(word.isdecimal() or word in _vocabulary() for word in words)
    )


@cache
def _vocabulary() -> frozenset[str]:
    """The words of the catalogue, which occur in every report."""
    texts = (text for item in requirements().values() for text in (item.statement, item.client))
    return frozenset(word.lower() for text in (*texts, _MORE_WORDS) for word in _WORD.findall(text))
