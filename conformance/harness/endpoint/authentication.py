"""The kinds of authentication. Each is one class with @kind: its keys, the form in which it may be shown, and its
Authorization field (RFC 9110 11.6.2). Code that reads, shows, suggests and documents them iterates over KINDS."""

from __future__ import annotations

import json
import subprocess
from base64 import b64encode
from collections.abc import Callable, Mapping
from functools import reduce
from operator import or_
from typing import Annotated, Any, ClassVar, Protocol, TypeVar
from urllib.parse import quote, urlencode

import msgspec

from conformance.dicomweb.buffers import Buffer
from conformance.dicomweb.messages import Fields
from conformance.harness.endpoint.tables import Secret, Table, about, is_plain, marked, secrets_of, unsendable

COMMAND_SECONDS = 60


class NoToken(Exception):
    """There is no token; the sentence says why, and does not show one."""


class Answer(Protocol):
    """The response of a token endpoint; `error` says why there is none."""

    error: str | None
    status: int | None
    body: Buffer


Send = Callable[[str, str, Fields, bytes], Answer]


class Authentication:
    """A way of authentication. `scheme` is the one that a server asks for (RFC 9110 11.6.1), in lower case.

    `renewable`: a new request may give another token.
    """

    scheme: ClassVar[str | None] = None
    renewable: ClassVar[bool] = False

    def shown(self, mask: str) -> str:
        """The kind as reports show it, with a mask for each secret."""
        table: Any = self
        return ", ".join([_tag(type(table)), *(f"{key} {mask}" for key in secrets_of(type(table)))])

    def flaw(self) -> tuple[str, str] | None:
        """A key whose value cannot be used, and the reason."""
        return None

    def authorization(self, secrets: Mapping[str, str], send: Send) -> str:
        """The value of the Authorization field; `secrets` by key, `send` sends a request. Raises NoToken."""
        raise NotImplementedError


KINDS: dict[str, type[Any]] = {}
Kind = TypeVar("Kind", bound=type[Authentication])


def kind(table: Kind) -> Kind:
    """Register a kind by its tag."""
    KINDS[_tag(table)] = table
    return table


def _tag(table: Any) -> str:
    return str(table.__struct_config__.tag)


def read(type_: type, value: Any) -> Any:
    """The `dec_hook` of msgspec that reads the table `auth`, of whichever kind. Raises ValidationError."""
    if type_ is not Authentication:
        raise NotImplementedError(type_)
    try:
        return msgspec.convert(value, reduce(or_, KINDS.values()))
    except msgspec.ValidationError as error:
        problem, _, path = str(error).partition(" - at ")
        inside = path.strip("`").removeprefix("$")
        raise msgspec.ValidationError(f"{problem} - at `$.auth{inside}`") from None


def public(auth: Any) -> Any:
    """The same without the values that may hold a secret."""
    hidden = {key: ["..."] if isinstance(getattr(auth, key), list) else "..." for key in marked(type(auth), "hidden")}
    return msgspec.structs.replace(auth, **hidden) if hidden else auth


def wanted(challenge: str) -> Any:
    """The suggested `auth` for a server with this WWW-Authenticate field: a bearer token if it names none of KINDS."""
    scheme = challenge.lower().partition(" ")[0]
    table: type[Any] = next((each for each in KINDS.values() if each.scheme == scheme), Bearer)
    required = [field.name for field in msgspec.structs.fields(table) if field.required]
    return table(
        **{key: Secret(env=f"DICOMWEB_{key.upper()}") if key in secrets_of(table) else "NAME" for key in required}
    )


@kind
class Basic(Table, Authentication, tag="basic", frozen=True):
    """Basic authentication (RFC 7617)."""

    scheme: ClassVar[str | None] = "basic"
    username: Annotated[str, about("the name of the account")]
    password: Annotated[Secret, about("its password")]

    def shown(self, mask: str) -> str:
        return f"basic, user {self.username}, password {mask}"

    def flaw(self) -> tuple[str, str] | None:
        """A colon ends the name (RFC 7617 2)."""
        if ":" in self.username or not is_plain(self.username):
            return "username", "has a colon or a control character in it (RFC 7617 2)"
        return None

    def authorization(self, secrets: Mapping[str, str], send: Send) -> str:
        return _basic(self.username, secrets["password"])


@kind
class Bearer(Table, Authentication, tag="bearer", frozen=True):
    """A bearer token (RFC 6750)."""

    scheme: ClassVar[str | None] = "bearer"
    token: Annotated[Secret, about("the token, without the word Bearer", "sent")]

    def authorization(self, secrets: Mapping[str, str], send: Send) -> str:
        return f"Bearer {secrets['token']}"


@kind
class ClientCredentials(Table, Authentication, tag="oauth2", frozen=True):
    """A token from an OAuth 2 token endpoint by the client credentials grant (RFC 6749 4.4)."""

    renewable: ClassVar[bool] = True
    token_url: Annotated[str, about("the URL of the token endpoint", "url")]
    client_id: Annotated[str, about("the id of the client")]
    client_secret: Annotated[Secret, about("its secret")]
    scope: Annotated[str, about("the requested scope")] = ""

    def shown(self, mask: str) -> str:
        return f"oauth2 at {self.token_url}, client {self.client_id}, secret {mask}"

    def authorization(self, secrets: Mapping[str, str], send: Send) -> str:
        """Ask the token endpoint; the client authenticates with basic (RFC 6749 2.3.1)."""
        form = {"grant_type": "client_credentials"} | ({"scope": self.scope} if self.scope else {})
        headers = (
            ("Accept", "application/json"),
            ("Authorization", _basic(quote(self.client_id, ""), quote(secrets["client_secret"], ""))),
            ("Content-Type", "application/x-www-form-urlencoded"),
        )
        answer = send("POST", self.token_url, headers, urlencode(form).encode())
        source = f"no token from {self.token_url}"
        if answer.error or answer.status != 200:
            raise NoToken(f"{source}: {answer.error or f'status is {answer.status}'}")
        try:
            token = json.loads(answer.body[:])["access_token"]
        except (ValueError, TypeError, KeyError, RecursionError):
            token = None
        if not isinstance(token, str):
            raise NoToken(f"{source}: the response has no access_token")
        return _bearer(token, f"{source}: the access_token")


@kind
class TokenCommand(Table, Authentication, tag="command", frozen=True):
    """A bearer token that a command prints; the command runs without a shell."""

    renewable: ClassVar[bool] = True
    command: Annotated[list[str], about("the command and its arguments", "hidden", min_length=1)]

    def shown(self, mask: str) -> str:
        return "bearer, token printed by a command"

    def authorization(self, secrets: Mapping[str, str], send: Send) -> str:
        """Run the command; messages never quote its words, which may contain a secret."""
        try:
            run = subprocess.run(self.command, capture_output=True, timeout=COMMAND_SECONDS, check=True)
            token = run.stdout.decode("utf-8").strip()
        except subprocess.TimeoutExpired:
            raise NoToken(f"no token: auth.command did not end within {COMMAND_SECONDS} s") from None
        except subprocess.CalledProcessError as error:
            raise NoToken(f"no token: auth.command ended with exit code {error.returncode}") from None
        except OSError as error:
            raise NoToken(f"no token: auth.command cannot be started: {error.strerror}") from None
        except UnicodeDecodeError:
            raise NoToken("no token: what auth.command printed is not UTF-8") from None
        except ValueError:
            raise NoToken("no token: auth.command cannot be started: a NUL is in it") from None
        return _bearer(token, "no token: what auth.command printed")


def _basic(user: str, password: str) -> str:
    return "Basic " + b64encode(f"{user}:{password}".encode()).decode()


def _bearer(token: str, source: str) -> str:
    """The field with a token, if it can be sent. Raises NoToken, which does not show it."""
    if flaw := unsendable(token):
        raise NoToken(f"{source} {flaw}")
    return f"Bearer {token}"
