"""A secret as a server may have written it: character by character, in any of the ways that programs write them.

Each may be escaped for JSON, a URL, HTML or a shell, in any encoding or letter case, with a line folded between two;
and a text may be cut short. As such a search is slow, a needle has `anchors`: plain texts, one of which remains in a
text with the needle after all characters of escapes are removed. A search for them is quick.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from html.entities import html5
from itertools import groupby
from urllib.parse import quote

SHORT = 8  # characters; shorter texts are not searched for, because they occur in innocent texts
HEAD = 4  # characters by which the place of a needle is found
BEGIN = 40  # characters that are compared at once
ANCHOR, ANCHORS = 5, 32  # bytes of a plain text that suffice, and the maximum of such texts for a needle

# The characters of escapes, besides the digits, and everything that is not printable: without them a large body of
# pixels is a short text, and one plain text stands for many ways of writing a secret.
_ESCAPES = b" \\%=&#:;,{}nNrRxXuU0" + bytes({*range(256)} - {*range(32, 127)})
_LOWER = bytes(range(256)).lower()
# Characters between two others: the other half of UTF-16 or UTF-32, a folded line (MIME, quoted-printable, a header
# field, our own wrapping), or an escaped one of these.
_BETWEEN = rb"(?:\x00{1,3}|=?\r?\n[ \t]{0,40}|\\{1,8}(?:r\\{1,8})?n)?"
_BETWEEN_AT = re.compile(_BETWEEN)
_CUT = re.compile("…".encode() + rb"|\.\.\.|\\*['\"]")
_NAMES: dict[str, list[str]] = {}
for _name, _character in html5.items():
    _NAMES.setdefault(_character, []).append(_name.rstrip(";"))


@dataclass(frozen=True)
class Needle:
    """A text to search for: its characters, each with its alternatives (`Ss`).

    `anchors` are texts, one of which is in every text with the needle, once lower-cased and without _ESCAPES.
    """

    units: tuple[str, ...]
    anchors: tuple[bytes, ...]

    def end(self, content: bytes, start: int, last: bool) -> int:
        """The end of the needle that begins at a place; 0 if it is not there.

        A text may have been cut short before it was masked: three quarters of a needle count as it too, and half of it
        at the end of a text.
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


def pattern(needles: Iterable[Needle]) -> tuple[re.Pattern[bytes], list[list[Needle]]]:
    """A pattern of the places where needles may begin, and for the number of the group that ends there the needles; 0
    stands for all.

    Unescaped characters come first: they exclude most places.
    """
    raw: dict[bytes, list[Needle]] = {}
    escaped: dict[bytes, list[Needle]] = {}
    for needle in (every := list(needles)):
        first, *more = needle.units[:HEAD]
        rest = b"".join(_BETWEEN + _any(unit) for unit in more)
        for form in (_raw(first), *_MORE.get(first, ())):
            raw.setdefault(form + rest + b"()", []).append(needle)
        escaped.setdefault(b"(?:%s)%s()" % (_either(_escaped(first)), rest), []).append(needle)
    heads = re.compile(_either(raw) + rb"|(?=[\\%=&])(?:" + _either(escaped) + b")")
    return heads, [every, *raw.values(), *escaped.values()]


def needles(secret: str) -> list[Needle]:
    """The needles of a secret: itself, and the remains of it in hex, and in base64 at each of three offsets."""
    units = _units(secret)
    anchors = (*_anchors(units), *_escaped_anchors(secret[: _least(len(secret))]))
    found = [Needle(units, anchors), _digits(secret.encode().hex())]
    for raw in dict.fromkeys((secret.encode(), quote(secret, "").encode())):
        for offset in range(3):
            # Without the digits that may have bits of the neighbouring bytes.
            whole = b64encode(bytes(offset) + raw).decode().rstrip("=")
            found.append(_digits(whole[-(-8 * offset // 6) : 8 * (offset + len(raw)) // 6]))
    return found


def _digits(text: str) -> Needle:
    """The needle of digits, hex or base64; both alphabets of base64 match (RFC 4648 4 and 5)."""
    units = _units(text, {"+": "+-", "/": "/_"})
    return Needle(units, _anchors(units))


def _anchors(units: tuple[str, ...]) -> tuple[bytes, ...]:
    """The plain texts of a few characters of a needle, as few as have a good length."""
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
    run = max(runs, key=len, default="")[: 2 * ANCHOR]
    return [_plain(run.encode().hex()), _plain("".join(str(ord(character)) for character in run))]


@lru_cache(maxsize=4096)
def _plain_forms(unit: str) -> frozenset[bytes]:
    """The forms of a character in a plain text, unless it is an escaped letter; none beyond ASCII."""
    if not unit.isascii():
        return frozenset()
    if unit.isalnum():
        return frozenset({_plain(unit[0])})
    codes = [f"{level}{ord(c):{base}}" for c in unit[:2] for base in "xd" for level in ("", "25", "amp")]
    names = [level + name for c in unit[:2] for name in _NAMES.get(c, ()) for level in ("", "amp")]
    more = {"'": ["'\"'\"'", "'''"], " ": ["+"], "\\": [""]}.get(unit[0], [])
    number = len(unit) if unit[0] == "\\" else 1
    return frozenset(_plain(form * number) for form in (*unit[:2], *codes, *names, *more))


def plain(content: bytes) -> bytes:
    """Bytes in lower case without _ESCAPES."""
    return content.translate(_LOWER, _ESCAPES)


def _plain(text: str) -> bytes:
    return plain(text.encode())


def _least(number: int) -> int:
    """The minimum of matching characters among so many."""
    return max(SHORT, -(-number // 2))


def _units(text: str, alike: dict[str, str] | None = None) -> tuple[str, ...]:
    """The characters of a text, each with its alternatives; consecutive backslashes are one."""
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
    """Regular expressions for one of some characters: literal, and escaped by backslash, by percent, or as HTML.

    Each escape may be escaped again, such as a JSON text in a page, or a URL in a URL.
    """
    forms = (_raw(unit), *_escaped(unit), *_MORE.get(unit, ()))
    return forms if unit[0].isalnum() or unit[0] == "\\" else tuple(rb"\\{0,8}(?:%s)" % form for form in forms)


# The other form of the character of which this is the beginning.
_MORE = {
    "'": (rb"'\"'\"'", rb"'\\''"),
    " ": (rb"\+",),
    "%": tuple(rb"%%(?:25){%d}" % level for level in range(1, 5)),
    "&": tuple(rb"&(?:amp;){%d}" % level for level in range(1, 5)),
}


def _raw(unit: str) -> bytes:
    """Unescaped characters: in their encodings, and in UTF-8 that was read as Latin-1."""
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
    pairs = [character.encode("utf-16-be").hex() for character in unit if ord(character) > 0xFFFF]  # in JSON
    codes += [_hex(pair[:4]) + rb"\\{1,8}u" + _hex(pair[4:]) for pair in pairs]
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
    """A character in UTF-8, and in Latin-1 if that differs."""
    return [character.encode(), *([character.encode("latin-1")] if 127 < ord(character) < 256 else [])]


def _hex(digits: str) -> bytes:
    return "".join(f"[{digit}{digit.upper()}]" if digit.isalpha() else digit for digit in digits).encode()


def _either(forms: Iterable[bytes]) -> bytes:
    return b"|".join(dict.fromkeys(forms))
