"""Output that may have no reader any more: a pipe into `head`, a terminal that hung up, a full disk."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any


@contextmanager
def unless_unread(file: Any) -> Iterator[None]:
    """Write to a file within; output that cannot be written any more is lost, and raises nothing."""
    try:
        yield
    except OSError:
        # Its buffers must be emptied somewhere, or the process tries to write them again at its end, and fails.
        with suppress(OSError, ValueError), open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), file.fileno())
            file.flush()
