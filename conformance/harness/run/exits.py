"""The exit codes of a run; commands use those that fit."""

from __future__ import annotations

EXIT = {"conforms": 0, "accepted": 0, "deviates": 1, "incomplete": 6}
DEVIATES, INTERRUPTED, INTERNAL_ERROR, USAGE, NOTHING_RAN = 1, 2, 3, 4, 5
