"""The target of a request path: a study, a series, an instance, or all (PS3.18 10.1)."""

from __future__ import annotations

import re
from typing import NamedTuple

from starlette.exceptions import HTTPException
from starlette.requests import Request

# PS3.5 9.1: components of digits without leading zeros, 64 characters at most.
UID = re.compile(r"(?=.{1,64}\Z)(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*))*")


class Target(NamedTuple):
    """The UIDs that a path names; None if it names no resource of that level."""

    study: str | None = None
    series: str | None = None
    instance: str | None = None

    @classmethod
    def of(cls, request: Request) -> Target:
        """The target of a request. Raises 400 if a UID of the path is not a UID."""
        target = cls(*(request.path_params.get(level) for level in cls._fields))
        for uid in target:
            if uid is not None and not UID.fullmatch(uid):
                raise HTTPException(400, f"{uid!r} in the path is not a UID")
        return target

    @property
    def level(self) -> str:
        """study, series or instance, or all."""
        return "all" if self.study is None else self._fields[sum(uid is not None for uid in self) - 1]

    @property
    def path(self) -> str:
        """The path below the base URI, such as /studies/1.2/series/3.4."""
        names = ("studies", "series", "instances")
        return "".join(f"/{name}/{uid}" for name, uid in zip(names, self, strict=True) if uid is not None)

    def __str__(self) -> str:
        return f"{self.level} {next((uid for uid in reversed(self) if uid is not None), '')}".strip()


def base_url(request: Request) -> str:
    """The base URI of the service as the client wrote it (Host field and prefix), without a slash at the end."""
    url = request.url.replace(path=request.scope["root_path"], query="", fragment="")
    address, port = request.scope["server"]
    # A widely used client omits the port in its Host field; our URLs must resolve for it too.
    if url.port is None and url.hostname in (address, "localhost"):
        url = url.replace(port=port)
    return str(url)
