"""Who we are to the server: the Authorization field, from what endpoints.toml says (RFC 9110 11.6.2)."""

from __future__ import annotations

import json
import subprocess
from base64 import b64encode
from urllib.parse import quote, urlencode

from conformance.harness.endpoint.endpoints import (
    Basic,
    Bearer,
    ClientCredentials,
    Endpoint,
    Secret,
    TokenCommand,
    unsendable,
)
from conformance.harness.wire.client import Client, TransportError

COMMAND_SECONDS = 60


class Credentials:
    """Makes the Authorization field; fetched tokens are kept, and renewed once the server says 401."""

    def __init__(self, endpoint: Endpoint, client: Client) -> None:
        self._auth = endpoint.settings.auth
        self._secrets = endpoint.secrets
        self._client = client
        self._token: str | None = None

    @property
    def renewable(self) -> bool:
        """Whether asking again may give another token."""
        return isinstance(self._auth, (ClientCredentials, TokenCommand))

    def renew(self) -> None:
        """Forget the token, so that the next request asks for another."""
        self._token = None

    def authorization(self) -> str | None:
        """The value of the Authorization field, None without `auth`. Raises TransportError when no token can be had."""
        match self._auth:
            case None:
                return None
            case Basic(username=username):
                pair = f"{username}:{self._secrets['auth.password']}"
                return "Basic " + b64encode(pair.encode()).decode()
            case Bearer():
                return "Bearer " + self._secrets["auth.token"]
            case ClientCredentials() | TokenCommand() as auth:
                if self._token is None:
                    self._token = self._asked(auth) if isinstance(auth, ClientCredentials) else _printed(auth)
                return "Bearer " + self._token

    def _asked(self, auth: ClientCredentials) -> str:
        """A token of the token endpoint; the client authenticates with basic (RFC 6749 2.3.1)."""
        pair = f"{quote(auth.client_id, '')}:{quote(self._secrets['auth.client_secret'], '')}"
        form = {"grant_type": "client_credentials"} | ({"scope": auth.scope} if auth.scope else {})
        headers = (
            ("Accept", "application/json"),
            ("Authorization", "Basic " + b64encode(pair.encode()).decode()),
            ("Content-Type", "application/x-www-form-urlencoded"),
        )
        answer = self._client.send("POST", auth.token_url, headers, urlencode(form).encode())
        source = f"no token from {auth.token_url}"
        if answer.error or answer.status != 200:
            raise TransportError(f"{source}: {answer.error or f'status is {answer.status}'}")
        try:
            token = json.loads(answer.body[:])["access_token"]
        except (ValueError, TypeError, KeyError, RecursionError):
            token = None
        if not isinstance(token, str):
            raise TransportError(f"{source}: the answer has no access_token")
        return _sendable(token, f"{source}: the access_token")


def _printed(auth: TokenCommand) -> str:
    """What the command of a configuration prints; its words are never named, a secret may be among them."""
    try:
        run = subprocess.run(auth.command, capture_output=True, timeout=COMMAND_SECONDS, check=True)
        token = run.stdout.decode("utf-8").strip()
    except subprocess.TimeoutExpired:
        raise TransportError(f"no token: auth.command did not end within {COMMAND_SECONDS} s") from None
    except subprocess.CalledProcessError as error:
        raise TransportError(f"no token: auth.command ended with exit code {error.returncode}") from None
    except OSError as error:
        raise TransportError(f"no token: auth.command cannot be started: {error.strerror}") from None
    except UnicodeDecodeError:
        raise TransportError("no token: what auth.command printed is not UTF-8") from None
    except ValueError:
        raise TransportError("no token: auth.command cannot be started: a NUL is in it") from None
    return _sendable(token, "no token: what auth.command printed")


def _sendable(token: str, source: str) -> str:
    """The token, if it can be sent in a header field. Raises TransportError, which does not show it."""
    if flaw := unsendable(token):
        raise TransportError(f"{source} {flaw}")
    return token


def request_headers(endpoint: Endpoint) -> list[tuple[str, str]]:
    """The extra header fields of the configuration."""
    return [
        (name, endpoint.secrets[f"headers.{name}"] if isinstance(value, Secret) else value)
        for name, value in endpoint.settings.headers.items()
    ]
