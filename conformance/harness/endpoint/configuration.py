"""From a URL or a name in endpoints.toml to an endpoint. Mistakes are reported in one sentence, before any request.

No sentence shows what may be a misplaced secret: values are shown only for keys that never have one, URLs without user
names and queries.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from conformance.dicomweb import uids
from conformance.harness.endpoint.authentication import KINDS
from conformance.harness.endpoint.endpoints import Endpoint, Removal, Settings, Tls, converted
from conformance.harness.endpoint.tables import (
    ConfigurationError,
    Secret,
    is_plain,
    marked,
    secrets_of,
    unsendable,
)
from conformance.kit.claims import PARTS
from conformance.reporting.record import Tested
from conformance.reporting.text import nearest
from conformance.requirements import TRANSACTIONS, features, profiles
from conformance.requirements import claims as claimed


def resolve(target: str, file: Path, **overrides: Any) -> Endpoint:
    """The endpoint of a URL or of a name in endpoints.toml. Raises ConfigurationError with one sentence.

    `overrides` are settings that were given on the command line; None leaves what is written, a list adds to it.
    """
    if "://" in target:
        settings, place = Settings(url=target), Place("--endpoint", "", None)
        _check_url(target, "url", place)
        name = re.sub(r"[^a-z0-9]+", "-", urlsplit(target).netloc.rpartition("@")[2].lower()).strip("-") or "endpoint"
    else:
        settings, place = _read(target, file)
        name = target
    return checked(name, settings, place, **overrides)


@dataclass(frozen=True)
class Place:
    """The place where a setting is written, for the reader of a message."""

    file: str
    name: str
    text: str | None
    folder: Path = Path()

    def at(self, key: str) -> str:
        """File and line of a key ("auth.password"), as precisely as they can be found."""
        if self.text is None:
            return self.file
        lines = self.text.splitlines()
        own = re.compile(rf"\s*\[\s*([\"']?){re.escape(self.name)}\1\s*[\].]")
        start = next((number for number, line in enumerate(lines) if own.match(line)), 0)
        # The table ends where another one begins.
        others = (n for n in range(start + 1, len(lines)) if re.match(r"\s*\[", lines[n]) and not own.match(lines[n]))
        end = next(others, len(lines))
        for word in reversed(key.split(".")):
            for number in range(start, end):
                if re.search(rf"(^|[^\w-])\"?{re.escape(word)}\"?\s*[=\].]", lines[number]):
                    return f"{self.file}, line {number + 1}"
        return f"{self.file}, line {start + 1}"

    def error(self, key: str, sentence: str) -> ConfigurationError:
        """The error of a key."""
        return ConfigurationError(f"{self.at(key)}: {f'[{self.name}] ' if self.name else ''}{sentence}")


def _read(name: str, file: Path) -> tuple[Settings, Place]:
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigurationError(
            f"there is no {file} here to look for the endpoint '{shown(name)}' in: write one, or give a URL (http://...)"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file} cannot be read: {error}") from error
    try:
        tables = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        # It quotes keys, and in an unfinished file it is unknown what is a key.
        said = re.sub(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\"""", "...", str(error))
        raise ConfigurationError(f"{file} is not TOML: {said}") from error
    if not isinstance(tables.get(name), dict):
        raise ConfigurationError(f"{file} has no endpoint [{shown(name)}]{nearest(name, tables)}")
    place = Place(str(file), name, text, file.parent)
    if not re.fullmatch(r"(?!\.+$)[^/\\\x00-\x1f]{1,100}", name):
        raise place.error("", "the name of an endpoint is that of a folder of reports: letters, digits, - and _")
    try:
        return converted(tables[name]), place
    except msgspec.ValidationError as error:
        raise _worded(str(error), place, tables[name]) from error


# Keys whose values are not secrets, whatever is written there.
SHOWN = {"timeout", "deadline", "max_body", "supports", "lacks", "profile", "also", "edition", "writes", "study"}
SHOWN |= {"visibility_delay", "baseline", "objects"}
TYPES = {
    "str": "a text in quotation marks",
    "float": "a number",
    "int": "a whole number",
    "bool": "true or false",
    "array": "a list in square brackets",
    "object": "a table",
}


def _worded(message: str, place: Place, table: dict[str, Any]) -> ConfigurationError:
    """A validation message of msgspec, reworded for the author of the file."""
    problem, _, path = message.partition(" - at ")
    path = path.strip("`").removeprefix("$").removeprefix(".")
    value: Any = table
    for step in path.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    inside = f"{path}." if path else ""
    if found := re.search(r"unknown field `(.*)`", problem):
        key = found[1]
        return place.error(inside + key, f'has no key "{inside}{key}"{nearest(key, _keys(path))}')
    if found := re.search(r"missing required field `(.*)`", problem):
        return place.error(path or "url", f'the key "{inside}{found[1]}" is missing')
    if _is_secret(path) or (path.startswith("headers") and not isinstance(value, str)):
        where = '{ env = "NAME" } or { file = "PATH" }'
        return place.error(path, f'"{path}" should be {where}: a secret is never written into this file')
    expected = re.search(r"Expected `([a-z]+)", problem)
    if path == "auth.kind":
        *others, last = (f'"{name}"' for name in KINDS)
        should = f"{', '.join(others)} or {last}"
    elif path == "removal":
        should = '"dicomweb", "none" or a table with url and lookup'
    elif path == "study":
        should = "a UID in quotation marks, or a list of them"
    elif path == "edition":
        should = 'an edition of the standard, such as "2025c"'
    else:
        should = TYPES.get(expected[1] if expected else "", "as docs/configuration.md has it")
        if longest := re.search(r"of length <= ([0-9]+)$", problem):
            should = f"a text of {longest[1]} characters at most"
        elif limit := re.search(r"(>=?) ([0-9.]+)$", problem):
            should += f" {'from' if limit[1] == '>=' else 'above'} {limit[2]}"
    if path not in SHOWN or isinstance(value, dict):
        return place.error(path, f'"{path}" should be {should}')
    written = f'"{value}"' if isinstance(value, str) else str(value).lower()
    return place.error(path, f'"{path}" is {written}, should be {should}')


def _tables(path: str) -> tuple[type[Any], ...]:
    """The types that a table of endpoints.toml can have."""
    tables: dict[str, tuple[type[Any], ...]] = {
        "auth": tuple(KINDS.values()),
        "tls": (Tls,),
        "removal": (Removal,),
        "": (Settings,),
    }
    return tables.get(path, (Secret,))


def _keys(path: str) -> list[str]:
    """The keys that a table of endpoints.toml can have."""
    return [item.name for table in _tables(path) for item in msgspec.structs.fields(table)]


def _is_secret(path: str) -> bool:
    """True if a key of auth or tls names the place of a secret."""
    table, _, key = path.rpartition(".")
    return table in ("auth", "tls") and any(key in secrets_of(each) for each in _tables(table))


def checked(name: str, settings: Settings, place: Place, **overrides: Any) -> Endpoint:
    """The endpoint, after the checks that types cannot make: URLs, names of features and profiles, secrets. Raises
    ConfigurationError."""
    given = {key: value for key, value in overrides.items() if value}
    for key in {"supports", "lacks", "study", "also"} & set(given):
        written = getattr(settings, key)
        given[key] = list(dict.fromkeys([*([written] if isinstance(written, str) else written), *given[key]]))
    try:
        settings = converted(msgspec.to_builtins(settings) | given)
    except msgspec.ValidationError as error:
        raise _worded(str(error), Place("the command line", "", None), given) from error
    for key, url in _urls(settings):
        _check_url(url, key, place, key in RELATIVE)
    _check_headers(settings.headers, place)
    _check_files(settings.tls, place)
    if settings.auth is not None and (flaw := settings.auth.flaw()):
        raise place.error(f"auth.{flaw[0]}", f'"auth.{flaw[0]}" {flaw[1]}')
    _check_profiles(settings, place)
    for key in ("supports", "lacks"):
        for feature in getattr(settings, key):
            if feature not in features():
                raise place.error(key, f'there is no feature "{feature}"{nearest(feature, features())}')
    claims = claimed(settings.profile, settings.supports, settings.lacks)
    if not claims & {*TRANSACTIONS, *PARTS}:
        raise place.error("lacks", "nothing is claimed of store, retrieve and search, so there is nothing to judge")
    _check_studies(Endpoint("", settings, claims), place, "--study" if "study" in given else "study")
    if settings.removal == "dicomweb" and "delete" not in claims:
        raise place.error("removal", 'removal = "dicomweb" needs supports = ["delete"]')
    secrets = {key: _secret(key, secret, place, settings) for key, secret in _secrets(settings)}
    written = [key for key in settings.__struct_fields__ if place.text and re.search(rf"\b{key}\b", place.text)]
    sources = {key: place.at(key) for key in written} if place.text else {"url": place.file}
    sources |= {key: "--about" if key in Tested.__struct_fields__ else f"--{key}" for key in given}
    return Endpoint(name, settings, claims, secrets, sources, place.folder)


def _check_profiles(settings: Settings, place: Place) -> None:
    """Check the names of profiles, and that each is used as it is meant. Raises ConfigurationError."""
    for key, names in (("profile", [settings.profile]), ("also", settings.also)):
        for name in names:
            if name not in profiles():
                raise place.error(key, f'there is no profile "{name}"{nearest(name, profiles())}')
            if profiles()[name].beside != (key == "also"):
                how = f'also = ["{name}"]' if key == "profile" else f'profile = "{name}"'
                what = "is judged beside another one" if key == "profile" else "is not judged beside another one"
                raise place.error(key, f"the profile {name} {what}: {how}, or --{how.partition(' ')[0]} {name}")


def _check_studies(endpoint: Endpoint, place: Place, key: str) -> None:
    """Check that a run that only reads has a study to read, and that one that writes has none."""
    settings = endpoint.settings
    for uid in endpoint.studies:
        if not uids.is_valid(uid):
            raise place.error("study", f'{key} is "{uid}", should be a UID such as "1.2.840.113619.2.55"')
    if settings.writes and not profiles()[settings.profile].writes:
        raise place.error("writes", f"writes = true contradicts the profile {settings.profile}")
    if endpoint.only_reads and not endpoint.studies:
        why = f"{endpoint.only_reads} needs a study that is on the server"
        raise place.error("profile", f'{why}: study = "1.2.3..." here, or --study 1.2.3...')
    if endpoint.only_reads and settings.objects:
        raise place.error("objects", f"objects are stored, and nothing is stored under {endpoint.only_reads}")
    if endpoint.studies and not endpoint.only_reads:
        why = "a run that may store reads what it stores"
        how = 'profile = "read-only", or lacks = ["store"]'
        raise place.error("study", f"study is for a run that only reads: {how}; {why}")


def _urls(settings: Settings) -> Iterator[tuple[str, str]]:
    """Every URL of the settings, with its key."""
    for key in ("url", "qido", "wado", "stow", "proxy"):
        if (url := getattr(settings, key)) is not None:
            yield key, url
    if settings.auth is not None:
        yield from ((f"auth.{key}", getattr(settings.auth, key)) for key in marked(type(settings.auth), "url"))
    if isinstance(settings.removal, Removal):
        yield "removal.url", settings.removal.url
        if settings.removal.lookup is not None:
            yield "removal.lookup", settings.removal.lookup


# Keys whose URL may be relative to that of the endpoint.
RELATIVE = ("removal.url", "removal.lookup")


def _check_url(url: str, key: str, place: Place, relative: bool = False) -> None:
    """Check a URL, credentials first: whatever else is wrong with the URL, no sentence shows them."""
    if "@" in url:
        also = "an @ of the path is written %40"
        raise place.error(key, f"{key} holds a user name: credentials belong in auth, by environment or file ({also})")
    if wrong := _url_fault(url, relative):
        example = "https://pacs.example/dicom-web" if not relative else "../studies/{ID}"
        raise place.error(key, f'{key} is "{shown(url)}", should be a URL such as {example}: {wrong}')


def _url_fault(url: str, relative: bool) -> str | None:
    if not is_plain(url) or re.search(r"[\s\\]", url):
        return "it has a blank, a backslash or a control character in it (a blank of the path is written %20)"
    if not url.isascii():
        return "it has a character beyond ASCII: a host is written in its ASCII form (xn--...), a path percent-encoded"
    if "?" in url or "#" in url:
        return "it may not have a query or a fragment"
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:  # its message quotes what may be half of a password
        return "its port is not a number, or its brackets do not hold an address"
    if relative and not parts.scheme and not parts.netloc:
        return None
    if parts.scheme not in ("http", "https"):
        return "it does not begin with http:// or https://"
    if parts.hostname and not re.fullmatch(r"(?!.*\.\.)[^.].{0,252}", parts.hostname):
        return "the name of its host has a dot too many, or is too long"
    return None if parts.hostname else "it names no host"


def shown(url: str) -> str:
    """A URL, or a text meant as one, as a message may show it: without user name, query, or an invalid port."""
    scheme, slashes, rest = re.sub(r"[?#].*", "?...", url.rpartition("@")[2], flags=re.DOTALL).rpartition("//")
    return scheme + slashes + re.sub(r":(?!\d{1,5}(/|$)|[0-9A-Fa-f:]*\](:\d{1,5})?(/|$)).*", ":...", rest)


def _check_headers(headers: dict[str, str | Secret], place: Place) -> None:
    """Check the names of header fields, and the values in plain text. Raises ConfigurationError."""
    for name, value in headers.items():
        if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name):
            raise place.error("headers", 'a key of "headers" is not the name of a header field')
        if isinstance(value, Secret):
            continue
        if name.lower() in ("authorization", "proxy-authorization", "cookie"):
            where = '{ env = "NAME" } or { file = "PATH" }, or be replaced by auth'
            raise place.error(name, f'"headers.{name}" should be {where}: a secret is never written into this file')
        if flaw := unsendable(value):
            raise place.error(name, f'"headers.{name}" {flaw}')


def _check_files(tls: Tls, place: Place) -> None:
    """Check that files exist. A value that is not a file may be a key itself, or its password: it is not shown."""
    for key in ("ca", "certificate", "key"):
        if (path := getattr(tls, key)) is not None and not (is_plain(path) and (place.folder / path).is_file()):
            raise place.error(f"tls.{key}", f"tls.{key} should be the path of a PEM file: there is no such file")


def _secrets(settings: Settings) -> list[tuple[str, Secret]]:
    found: list[tuple[str, Secret]] = []
    for table, prefix in ((settings.auth, "auth"), (settings.tls, "tls")):
        if table is not None:
            values = ((key, getattr(table, key)) for key in secrets_of(type(table)))
            found += [(f"{prefix}.{key}", value) for key, value in values if value is not None]
    return found + [(f"headers.{key}", value) for key, value in settings.headers.items() if isinstance(value, Secret)]


def _secret(key: str, secret: Secret, place: Place, settings: Settings) -> str:
    if (secret.env is None) == (secret.file is None):
        raise place.error(key, f'"{key}" should be {{ env = "NAME" }} or {{ file = "PATH" }}, one of the two')
    if secret.env is not None:
        if not (value := os.environ.get(secret.env)):
            # The secret itself may have been written instead of the name.
            named = f" {secret.env}" if re.fullmatch(r"[A-Z]+|[A-Z][A-Z0-9]*(_[A-Z0-9]+)+", secret.env) else ""
            raise place.error(key, f'"{key}" is in the environment variable{named}, which is not set')
    else:
        try:
            value = (place.folder / (secret.file or "")).read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or "it is not UTF-8"
            raise place.error(key, f'"{key}" is in a file, which cannot be read: {why}') from None
    sent = () if settings.auth is None else marked(type(settings.auth), "sent")
    is_sent_as_it_is = key.startswith("headers.") or key in (f"auth.{name}" for name in sent)
    if (flaw := unsendable(value)) and (is_sent_as_it_is or not value or not is_plain(value)):
        raise place.error(key, f'"{key}" {flaw}')
    return value
