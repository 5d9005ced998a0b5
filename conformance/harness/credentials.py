"""Who we are to the server: the Authorization field, from what endpoints.toml says (RFC 9110 11.6.2)."""

from __future__ import annotations

import json
import subprocess
from base64 import b64encode
from urllib.parse import quote, urlencode

from conformance.harness.client import Client, TransportError
from conformance.harness.endpoints import Basic, Bearer, ClientCredentials, Endpoint, Secret, TokenCommand

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
        if answer.error or answer.status != 200:
            raise TransportError(f"no token from {auth.token_url}: {answer.error or f'status is {answer.status}'}")
        try:
            token = json.loads(answer.body[:])["access_token"]
        except (ValueError, TypeError, KeyError) as error:
            raise TransportError(f"no token from {auth.token_url}: the answer has no access_token") from error
        return str(token)


def _printed(auth: TokenCommand) -> str:
    name = auth.command[0]
    try:
        run = subprocess.run(auth.command, capture_output=True, text=True, timeout=COMMAND_SECONDS, check=True)
    except FileNotFoundError as error:
        raise TransportError(f'no token: the command "{name}" of auth.command is not there') from error
    except subprocess.TimeoutExpired as error:
        raise TransportError(f'no token: the command "{name}" did not end within {COMMAND_SECONDS} s') from error
    except subprocess.CalledProcessError as error:
        raise TransportError(f'no token: the command "{name}" ended with exit code {error.returncode}') from error
    if not (token := run.stdout.strip()):
        raise TransportError(f'no token: the command "{name}" printed nothing')
    return token


def secret_values(endpoint: Endpoint) -> list[str]:
    """Every text that may not be written out, as far as the configuration names it."""
    return list(endpoint.secrets.values())


def request_headers(endpoint: Endpoint) -> list[tuple[str, str]]:
    """The extra header fields of the configuration."""
    return [
        (name, endpoint.secrets[f"headers.{name}"] if isinstance(value, Secret) else value)
        for name, value in endpoint.settings.headers.items()
    ]
