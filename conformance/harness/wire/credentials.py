"""The identity of the run: the fields of a request that endpoints.toml configures."""

from __future__ import annotations

from conformance.harness.endpoint.authentication import NoToken
from conformance.harness.endpoint.endpoints import Endpoint
from conformance.harness.endpoint.tables import Secret
from conformance.harness.wire.client import Client, TransportError


class Credentials:
    """The Authorization field, made once; one with a token is renewed when the server returns 401."""

    def __init__(self, endpoint: Endpoint, client: Client) -> None:
        self._auth = endpoint.settings.auth
        self._secrets = {key.removeprefix("auth."): value for key, value in endpoint.secrets.items()}
        self._client = client
        self._value: str | None = None

    @property
    def renewable(self) -> bool:
        """True if a new request may give another token."""
        return self._auth is not None and self._auth.renewable

    def renew(self) -> None:
        """Forget the token, so that the next request asks for another."""
        self._value = None

    def authorization(self) -> str | None:
        """The value of the Authorization field, None without `auth`. Raises TransportError if there is no token."""
        if self._auth is None:
            return None
        if self._value is None:
            try:
                self._value = self._auth.authorization(self._secrets, self._client.send)
            except NoToken as error:
                raise TransportError(str(error)) from None
        return self._value


def request_headers(endpoint: Endpoint) -> list[tuple[str, str]]:
    """The extra header fields of the configuration."""
    return [
        (name, endpoint.secrets[f"headers.{name}"] if isinstance(value, Secret) else value)
        for name, value in endpoint.settings.headers.items()
    ]
