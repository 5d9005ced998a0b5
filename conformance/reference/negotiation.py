"""Media types and the choice among them (PS3.18 8.7, RFC 9110 12.5.1)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from pydicom.uid import ExplicitVRLittleEndian
from starlette.exceptions import HTTPException
from starlette.requests import Request

# Values without quotation marks may hold a slash: PS3.18 writes type=application/dicom since 2023b.
_TYPE = re.compile(r"\s*([^\s;,/]+)/([^\s;,/]+)\s*")
_PARAMETER = re.compile(r';\s*([^\s=;,"]+)=("(?:[^"\\]|\\.)*"|[^\s;,"]*)\s*')
_ITEM = re.compile(r'(?:"(?:[^"\\]|\\.)*"|[^,"])+')

# PS3.18 8.7.3.3.2: the default transfer syntax of a media type, then the others.
TRANSFER_SYNTAXES = {
    "application/octet-stream": ("1.2.840.10008.1.2.1",),
    "image/jpeg": (
        "1.2.840.10008.1.2.4.70",
        "1.2.840.10008.1.2.4.50",
        "1.2.840.10008.1.2.4.51",
        "1.2.840.10008.1.2.4.57",
    ),
    "image/dicom-rle": ("1.2.840.10008.1.2.5",),
    "image/jls": ("1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81"),
    "image/jp2": ("1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91"),
    "image/jpx": ("1.2.840.10008.1.2.4.92", "1.2.840.10008.1.2.4.93"),
    "image/jphc": ("1.2.840.10008.1.2.4.201", "1.2.840.10008.1.2.4.202", "1.2.840.10008.1.2.4.203"),
    "image/jxl": ("1.2.840.10008.1.2.4.110", "1.2.840.10008.1.2.4.111", "1.2.840.10008.1.2.4.112"),
}


# 8.7.4 and 8.7.3: the types that are only for rendered resources, and those that are only DICOM. image/jpeg and others
# are both.
RENDERED = {"text/html", "text/plain", "text/xml", "text/rtf", "image/gif", "image/png"}
DICOM = {"application/dicom", "application/dicom+json", "application/dicom+xml", "application/octet-stream"}
CHARSETS = ("utf-8", "iso-8859-1")


@dataclass(frozen=True)
class MediaType:
    """A media type or range as it was written; names are in lower case, values without quotation marks."""

    name: str
    parameters: dict[str, str]

    @classmethod
    def parse(cls, text: str) -> MediaType:
        """Raises ValueError if the text is not a media type, or repeats a parameter."""
        match = _TYPE.match(text)
        if not match:
            raise ValueError(f"{text!r} is not a media type")
        position, parameters = match.end(), dict[str, str]()
        while position < len(text):
            parameter = _PARAMETER.match(text, position)
            if not parameter or parameter[1].lower() in parameters:
                raise ValueError(f"the parameters of {text!r} cannot be read")
            value = parameter[2]
            parameters[parameter[1].lower()] = re.sub(r"\\(.)", r"\1", value[1:-1]) if value[:1] == '"' else value
            position = parameter.end()
        return cls(f"{match[1]}/{match[2]}".lower(), parameters)

    @property
    def content(self) -> str:
        """The media type of the parts of a multipart type, else the type itself."""
        return self.parameters.get("type", "").lower() if self.name == "multipart/related" else self.name

    @property
    def quality(self) -> float:
        """The weight q; 1 if it is absent, 0 if it cannot be read."""
        try:
            return min(1.0, max(0.0, float(self.parameters.get("q", "1"))))
        except ValueError:
            return 0.0


@dataclass(frozen=True)
class Representation:
    """A form in which a resource can be sent: a media type, alone or as parts of multipart/related.

    `transfer_syntax` is the UID of its encoding, None if it has none, such as JSON.
    """

    media_type: str
    multipart: bool = False
    transfer_syntax: str | None = None

    @property
    def name(self) -> str:
        """The media type of the message, as far as negotiation is concerned."""
        return "multipart/related" if self.multipart else self.media_type

    @property
    def part_type(self) -> str:
        """The Content-Type of the representation itself."""
        if self.transfer_syntax is None or self.media_type == "application/octet-stream":
            return self.media_type
        return f"{self.media_type}; transfer-syntax={self.transfer_syntax}"

    def __str__(self) -> str:
        syntax = f"; transfer-syntax={self.transfer_syntax}" if self.transfer_syntax else ""
        return (
            f'multipart/related; type="{self.media_type}"{syntax}' if self.multipart else f"{self.media_type}{syntax}"
        )

    def match(self, wanted: MediaType) -> tuple[int, ...]:
        """The precision with which a media range names this representation; empty if it does not."""
        inner = wanted.parameters.get("type", "*/*").lower() if self.multipart else self.media_type
        if not (_covers(wanted.name, self.name) and _covers(inner, self.media_type)):
            return ()
        exact = inner == self.media_type and not wanted.name.endswith("/*")
        syntax = wanted.parameters.get("transfer-syntax")
        if self.transfer_syntax and syntax not in ("*", self.transfer_syntax):
            usual = TRANSFER_SYNTAXES.get(self.media_type, ()) if exact else ()
            if syntax is not None or self.transfer_syntax != (usual or (ExplicitVRLittleEndian,))[0]:
                return ()
        return (
            wanted.name != "*/*",
            wanted.name == self.name,
            inner == self.media_type,
            syntax == self.transfer_syntax,
        )


def _covers(media_range: str, name: str) -> bool:
    return media_range in ("*/*", name) or media_range == name.partition("/")[0] + "/*"


def accepted(text: str) -> list[MediaType]:
    """The entries of an Accept value; unreadable ones are ignored (PS3.18 8.7.7)."""
    found = []
    for item in _ITEM.findall(text):
        try:
            found.append(MediaType.parse(item))
        except ValueError:
            continue
    return found


def weights(text: str) -> dict[str, float]:
    """The weight of each entry of a field such as Accept-Encoding, by its name in lower case."""
    entries = (item.partition(";") for item in text.lower().split(","))
    return {name.strip(): MediaType("", dict([_weight(parameter)])).quality for name, _, parameter in entries}


def _weight(parameter: str) -> tuple[str, str]:
    name, _, value = parameter.partition("=")
    return name.strip(), value.strip()


def quality(wanted: Iterable[MediaType], form: Representation) -> float:
    """The weight that the most precise matching range gives to a representation, 0 if none matches."""
    matches = [(form.match(entry), entry.quality) for entry in wanted]
    return max((match for match in matches if match[0]), default=((), 0.0))[1]


def choose(request: Request, forms: list[Representation]) -> Representation:
    """The best of the forms, which are in the server's order of preference. Raises 406 if none is acceptable.

    The accept query parameter has priority over the Accept header (8.3.3.1) and has no wildcards. A request without an
    Accept header has no acceptable media type (8.7.5, 8.7.7). Raises 400 for DICOM and rendered types side by side.
    """
    header = accepted(",".join(request.headers.getlist("accept")))
    parameter = [entry for entry in accepted(request.query_params.get("accept", "")) if "*" not in entry.name]
    for wanted in (parameter, header) if header else ():
        _refuse_mixture(wanted)
        best = max(forms, key=lambda form: quality(wanted, form), default=None)
        if best and quality(wanted, best):
            return best
    given = "has no Accept header" if "accept" not in request.headers else "accepts nothing of what there is"
    raise HTTPException(406, f"the request {given}; available: " + ", ".join(map(str, forms)))


def charset(request: Request, form: Representation) -> str:
    """The character set of text in a form: that of its media type in Accept, else of the charset parameter, else of
    Accept-Charset, else UTF-8 (8.8.5). Those that are not supported are ignored."""
    types = accepted(",".join([request.query_params.get("accept", ""), *request.headers.getlist("accept")]))
    weighed = weights(request.headers.get("accept-charset", ""))
    wanted = [entry.parameters["charset"] for entry in types if "charset" in entry.parameters and form.match(entry)]
    wanted += request.query_params.get("charset", "").split(",")
    wanted += sorted((name for name, weight in weighed.items() if weight), key=lambda name: -weighed[name])
    return next((name.lower() for name in wanted if name.lower() in CHARSETS), CHARSETS[0])


def _refuse_mixture(wanted: list[MediaType]) -> None:
    """Raise 400 unless a request is for DICOM or for renderings, not both (8.7.5, 8.3.3.1)."""
    types = {entry.content for entry in wanted if entry.quality}
    if types & RENDERED and types & DICOM:
        raise HTTPException(400, "DICOM and rendered media types are accepted side by side: ask for one category")
