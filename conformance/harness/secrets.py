"""Masks the secrets of a run in all that it writes or prints, in whatever form a server returns them.

A server, a proxy or an error page may return what it was sent: as it was, escaped for JSON, a URL, HTML or a shell, in
base64 or hex, folded over lines, in UTF-16, in other letter case, or cut short. A secret is therefore looked for
character by character, each in any of these forms. That is slow, so that only pieces are searched in which something
may be: those that have, without what escapes are made of, one of a few plain texts.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from html.entities import html5
from itertools import groupby
from typing import Any, TypeVar
from urllib.parse import quote

import msgspec

from conformance.harness.endpoints import Endpoint

MASK = "********"
SHORT = 8  # a shorter secret would blot out innocent text: it is masked only where it belongs, in its header field
TOKENS = 32  # fetched tokens that are remembered, for a server that wants another one for each request
PIECE = 8 * 1024
HEAD = 4  # characters by which the place of a secret is found
BEGIN = 40  # characters that are compared at once
ANCHOR, ANCHORS = 5, 32  # bytes of a plain text that are enough, and how many such texts a needle may have

# What escapes are made of, beside the digits: removed, one plain text stands for all ways of writing a secret.
_ESCAPES = b"\x00\r\n\t \\%=&#:;,{}nNrRxXuU0"
_LOWER = bytes(range(256)).lower()
# Between two characters: the other half of UTF-16 or UTF-32, a folded line (MIME, quoted-printable, a header field,
# our own wrapping), or one that is escaped itself.
_BETWEEN = rb"(?:\x00{1,3}|=?\r?\n[ \t]{0,40}|\\{1,8}(?:r\\{1,8})?n)?"
_BETWEEN_AT = re.compile(_BETWEEN)
_CUT = re.compile("…".encode() + rb"|\.\.\.|\\*['\"]")
_NAMES: dict[str, list[str]] = {}
for _name, _character in html5.items():
    _NAMES.setdefault(_character, []).append(_name.rstrip(";"))

T = TypeVar("T")


class Mask:
    """All secrets of a run. Without any, every text passes as it is, at no cost."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets: dict[str, list[Needle]] = {}
        self._tokens: deque[str] = deque()
        for secret in secrets:
            self.hide(secret)

    @classmethod
    def of(cls, endpoint: Endpoint) -> Mask:
        """The mask of what the configuration of an endpoint holds."""
        return cls(endpoint.concealed.values())

    def hide(self, secret: str) -> None:
        """Mask a text from now on, unless it is shorter than SHORT."""
        if len(secret) >= SHORT and secret not in self._secrets:
            self._secrets[secret] = needles(secret)
            self._compiled()

    def hide_authorization(self, value: str) -> None:
        """Mask the value of an Authorization field from now on: what follows the scheme, or all of it where short."""
        _, _, credentials = value.partition(" ")
        secret = credentials if len(credentials) >= SHORT else value
        if secret not in self._secrets:
            if len(self._tokens) == TOKENS:
                self._secrets.pop(self._tokens.popleft(), None)
            self._tokens.append(secret)
            self.hide(secret)

    def text(self, text: str) -> str:
        """A text with every secret in it masked."""
        if not self._secrets:
            return text
        content = text.encode("utf-8", "surrogatepass")
        masked = self.octets(content)
        return text if masked is content else masked.decode("utf-8", "replace")

    def octets(self, content: bytes) -> bytes:
        """Bytes with every secret in them masked."""
        if not self._secrets:
            return content
        masked = b"".join(self.pieces([content]))
        return content if masked == content else masked

    def pieces(self, content: Iterable[bytes]) -> Iterator[bytes]:
        """Bytes that come in pieces, with every secret masked, also where a piece ends in one."""
        if not self._secrets:
            yield from content
            return
        rest = b""
        for piece, last in _lookahead(_split(content, self._piece)):
            rest += piece
            # What is held back is as long as a secret can be: one that begins before it is whole.
            keep = 0 if last else self._longest
            done, shown = 0, []
            for start, end in self._spans(rest, last):
                if start >= len(rest) - keep:
                    break
                shown += [rest[done:start], MASK.encode()]
                done = end
            upto = max(done, len(rest) - keep, 0)
            yield b"".join([*shown, rest[done:upto]])
            rest = rest[upto:]

    def tree(self, value: T) -> T:
        """Results, or a part of them, with every text in them masked, in their place."""
        if self._secrets:
            self._mask(value, {})
        return value

    def holds(self, content: Iterable[bytes]) -> bool:
        """Whether a secret is in bytes that come in pieces."""
        rest = b""
        for piece, last in _lookahead(_split(content, self._piece)):
            rest += piece
            if self._spans(rest, last):
                return True
            rest = rest[-self._longest :]
        return False

    def __bool__(self) -> bool:
        return bool(self._secrets)

    def _mask(self, value: Any, done: dict[int, Any]) -> Any:
        """A masked value; `done` are the structures that were met, which are kept and changed in place."""
        if isinstance(value, str):
            return self.text(value)
        if id(value) in done:
            return value
        done[id(value)] = value
        if isinstance(value, msgspec.Struct):
            for name in value.__struct_fields__:
                before = getattr(value, name)
                if (after := self._mask(before, done)) is not before:
                    setattr(value, name, after)
        elif isinstance(value, list):
            value[:] = [self._mask(item, done) for item in value]
        elif isinstance(value, dict):
            items = [(self._mask(key, done), self._mask(item, done)) for key, item in value.items()]
            value.clear()
            value.update(items)
        return value

    def _compiled(self) -> None:
        self._needles = list(dict.fromkeys(item for found in self._secrets.values() for item in found))
        self._anchors = list(dict.fromkeys(anchor for item in self._needles for anchor in item.anchors))
        self._longest = max(16 * len(item.units) for item in self._needles)
        self._piece = max(PIECE, 4 * self._longest)
        self.__dict__.pop("_heads", None)

    @cached_property
    def _heads(self) -> tuple[re.Pattern[bytes], list[list[Needle]]]:
        """Where needles may begin, and which, by the number of the group that ends there.

        The first character as it is comes first: by it most places are passed by.
        """
        raw: dict[bytes, list[Needle]] = {}
        escaped: dict[bytes, list[Needle]] = {}
        for item in self._needles:
            first, *more = item.units[:HEAD]
            rest = b"".join(_BETWEEN + _any(unit) for unit in more)
            for form in (_raw(first), *_MORE.get(first, ())):
                raw.setdefault(form + rest + b"()", []).append(item)
            escaped.setdefault(b"(?:%s)%s()" % (_either(_escaped(first)), rest), []).append(item)
        pattern = re.compile(_either(raw) + rb"|(?=[\\%=&])(?:" + _either(escaped) + b")")
        return pattern, [self._needles, *raw.values(), *escaped.values()]

    def _spans(self, content: bytes, last: bool) -> list[tuple[int, int]]:
        """Where secrets are, in order; `last` says that nothing follows."""
        plain = content.translate(_LOWER, _ESCAPES)
        if not any(anchor in plain for anchor in self._anchors):
            return []
        heads, begun = self._heads
        spans, at = [], 0
        while found := heads.search(content, at):
            start = found.start()
            at = start + 1
            for candidates in (begun[found.lastindex or 0], self._needles):
                if end := max(item.end(content, start, last) for item in candidates):
                    spans.append((start, end))
                    at = end
                    break
        return spans


@dataclass(frozen=True)
class Needle:
    """A text to look for: its characters, each as the ones that may stand for it (`Ss`).

    `anchors` are texts of which one is in all that has the needle, once lower-cased and without _ESCAPES.
    """

    units: tuple[str, ...]
    anchors: tuple[bytes, ...]

    def end(self, content: bytes, start: int, last: bool) -> int:
        """Where the needle ends that begins at a place; 0 where it is not there.

        A text may have been cut short before it was masked: three quarters of a needle are taken for it too, and half
        of it at the end of a text.
        """
        begin = self._begin.match(content, start)
        if not begin and not self._enough.match(content, start):
            return 0
        places, done = ({begin.end()}, min(BEGIN, len(self.units))) if begin else ({start}, 0)
        for unit in self.units[done:]:
            if done:
                places |= {found.end() for at in places if (found := _BETWEEN_AT.match(content, at))}
            following = {found.end() for at in places for way in _ways(unit) if (found := way.match(content, at))}
            if not following:
                break
            places, done = following, done + 1
        end, number = max(places), len(self.units)
        is_cut = (last and end == len(content)) or _CUT.match(content, end)
        return end if 4 * done >= 3 * number or (is_cut and done >= _least(number)) else 0

    @cached_property
    def _begin(self) -> re.Pattern[bytes]:
        return re.compile(_BETWEEN.join(map(_any, self.units[:BEGIN])))

    @cached_property
    def _enough(self) -> re.Pattern[bytes]:
        return re.compile(_BETWEEN.join(map(_any, self.units[: min(_least(len(self.units)), BEGIN)])))


def needles(secret: str) -> list[Needle]:
    """What to look for: the secret, and what is left of it in hex, and in base64 at each of three offsets."""
    units = _units(secret)
    anchors = (*_anchors(units), *_escaped_anchors(secret[: _least(len(secret))]))
    found = [Needle(units, anchors), _digits(secret.encode().hex())]
    for raw in dict.fromkeys((secret.encode(), quote(secret, "").encode())):
        for offset in range(3):
            # Without the digits in which bits of what comes before or after may be.
            whole = b64encode(bytes(offset) + raw).decode().rstrip("=")
            found.append(_digits(whole[-(-8 * offset // 6) : 8 * (offset + len(raw)) // 6]))
    return found


def _digits(text: str) -> Needle:
    """The needle of digits, hex or base64; of its two alphabets (RFC 4648 4 and 5) either is taken."""
    units = _units(text, {"+": "+-", "/": "/_"})
    return Needle(units, _anchors(units))


def _anchors(units: tuple[str, ...]) -> tuple[bytes, ...]:
    """The plain texts of a few characters of a needle, as few as can be of a good length."""
    best, found = (0, 0, 0), {b""}
    for start in range(_least(len(units))):
        texts = {b""}
        for unit in units[start : _least(len(units))]:
            texts = {text + form for text in texts for form in _plain_forms(unit)}
            if not texts or len(texts) > ANCHORS:
                break
            shortest = min(map(len, texts))
            if shortest > 2 * ANCHOR:
                break
            if (rank := (min(shortest, ANCHOR), -len(texts), shortest)) > best:
                best, found = rank, texts
    return tuple(found)


def _escaped_anchors(text: str) -> list[bytes]:
    """The plain texts of characters that are all escaped: their codes in hex, and decimal."""
    runs = ("".join(run) for is_ascii, run in groupby(text, key=str.isascii) if is_ascii)
    run = max(runs, key=len, default="")
    return [_plain(run.encode().hex()), _plain("".join(str(ord(character)) for character in run))]


@lru_cache(maxsize=4096)
def _plain_forms(unit: str) -> frozenset[bytes]:
    """What a character may be in a plain text, unless it is a letter that is escaped; nothing beyond ASCII."""
    if not unit.isascii():
        return frozenset()
    if unit.isalnum():
        return frozenset({_plain(unit[0])})
    codes = [f"{level}{ord(c):{base}}" for c in unit[:2] for base in "xd" for level in ("", "25", "amp")]
    names = [level + name for c in unit[:2] for name in _NAMES.get(c, ()) for level in ("", "amp")]
    more = {"'": ["'\"'\"'", "'''"], " ": ["+"], "\\": [""]}.get(unit[0], [])
    number = len(unit) if unit[0] == "\\" else 1
    return frozenset(_plain(form * number) for form in (*unit[:2], *codes, *names, *more))


def _plain(text: str) -> bytes:
    return text.encode().translate(_LOWER, _ESCAPES)


def _least(number: int) -> int:
    """How many characters of so many have to be there."""
    return max(SHORT, -(-number // 2))


def _units(text: str, alike: dict[str, str] | None = None) -> tuple[str, ...]:
    """The characters of a text, each with those that may stand for it; backslashes in a row are one."""
    units: list[str] = []
    for character, run in groupby(text):
        number = len(list(run))
        if character == "\\":
            units.append(character * number)
        else:
            both = {character, *(case for case in (character.upper(), character.lower()) if len(case) == 1)}
            units += [(alike or {}).get(character) or "".join(sorted(both))] * number
    return tuple(units)


@lru_cache(maxsize=4096)
def _ways(unit: str) -> tuple[re.Pattern[bytes], ...]:
    return tuple(map(re.compile, _sources(unit)))


def _any(unit: str) -> bytes:
    return b"(?:%s)" % _either(_sources(unit))


@lru_cache(maxsize=4096)
def _sources(unit: str) -> tuple[bytes, ...]:
    """Regular expressions for one of some characters: as it is, and escaped by backslash, by percent, or as HTML.

    Each escape may be escaped again, as a JSON text is in a page, or a URL in a URL.
    """
    forms = (_raw(unit), *_escaped(unit), *_MORE.get(unit, ()))
    return forms if unit[0].isalnum() or unit[0] == "\\" else tuple(rb"\\{0,8}(?:%s)" % form for form in forms)


# What another form of the character is the beginning of.
_MORE = {
    "'": (rb"'\"'\"'", rb"'\\''"),
    " ": (rb"\+",),
    "%": tuple(rb"%%(?:25){%d}" % level for level in range(1, 5)),
    "&": tuple(rb"&(?:amp;){%d}" % level for level in range(1, 5)),
}


def _raw(unit: str) -> bytes:
    """Characters as they are: in their encodings, and in UTF-8 that was read as Latin-1."""
    if unit[0] == "\\":
        return rb"(?:\\\x00{0,3}){%d,%d}" % (len(unit), 8 * len(unit))
    if unit.isascii():
        return b"[%s]" % re.escape(unit.encode())
    forms = [form for character in unit for form in _octets(character)]
    forms += [form.decode("latin-1").encode() for form in forms]
    forms += [character.encode(f"utf-16-{end}") for character in unit for end in ("le", "be")]
    return b"(?:%s)" % _either(map(re.escape, forms))


def _escaped(unit: str) -> tuple[bytes, ...]:
    if unit[0] == "\\" and len(unit) > 1:
        return tuple(b"(?:%s){%d}" % (form, len(unit)) for form in _escaped(unit[0]))
    codes = [_hex(f"{ord(character):x}") for character in unit]
    octets = [form for character in unit for form in _octets(character)]
    entities = [rb"#0{0,6}%d" % ord(character) for character in unit]
    entities += [rb"#[xX]0{0,6}" + code for code in codes]
    entities += [re.escape(name.encode()) for character in unit for name in _NAMES.get(character, ())]
    return (
        rb"\\{1,8}(?:[uUxX]\{?)?0{0,6}(?:%s)\}?" % _either(codes),
        _either(b"".join(rb"(?:[%=](?:25){0,4}|\\{1,8}x)" + _hex(f"{octet:02x}") for octet in form) for form in octets),
        rb"&(?:(?:amp|#38|#x26);){0,4}(?:%s);?" % _either(entities),
    )


def _octets(character: str) -> list[bytes]:
    """A character in UTF-8, and in Latin-1 where that is something else."""
    return [character.encode(), *([character.encode("latin-1")] if 127 < ord(character) < 256 else [])]


def _hex(digits: str) -> bytes:
    return "".join(f"[{digit}{digit.upper()}]" if digit.isalpha() else digit for digit in digits).encode()


def _either(forms: Iterable[bytes]) -> bytes:
    return b"|".join(dict.fromkeys(forms))


def _split(content: Iterable[bytes], size: int) -> Iterator[bytes]:
    for piece in content:
        for start in range(0, len(piece), size):
            yield piece[start : start + size]


def _lookahead(content: Iterator[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Each piece, and whether it is the last."""
    before = next(content, None)
    for piece in content:
        if before is not None:
            yield before, False
        before = piece
    if before is not None:
        yield before, True
