"""@check: ties a test function to the one requirement that it judges."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import pytest

Test = TypeVar("Test", bound=Callable[..., Any])


def check(
    requirement: str, name: str = "", *, after: tuple[str, ...] = (), follows: tuple[str, ...] = ()
) -> Callable[[Test], Test]:
    """Mark a test as the check of a requirement of the catalogue. If a requirement has several checks, each has a name
    (a-z0-9-).

    `after`: requirements whose checks must pass first; one that does not blocks this check. `follows`: requirements
    whose checks must run earlier, whatever their verdict, because this check looks at what they left. A run of this
    check alone (`-k`, a path) runs both too.
    """
    mark = pytest.mark.check(requirement, name=name, after=after, follows=follows)

    def decorate(test: Test) -> Test:
        return mark(test)  # type: ignore[no-any-return]

    return decorate
