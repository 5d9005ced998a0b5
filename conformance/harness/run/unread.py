"""What is printed may have no reader any more: a pipe into `head`, a terminal that hung up, a full disk."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any


@contextmanager
def unless_unread(file: Any) -> Iterator[None]:
    """Write to a file within; what nobody can read any more is lost, and raises nothing."""
    try:
        yield
    except OSError:
        # What its buffers hold has to go somewhere, or the end of the process tries it again and fails.
        with suppress(OSError, ValueError), open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), file.fileno())
            file.flush()
