"""Seeded faults: what the origin server does wrong under /f/<fault-id>, to prove that the checks can fail.

Each is one small class in the module of its transaction: the origin with one method replaced.
"""

from __future__ import annotations

from . import delete, retrieve, search, store
from .registry import FAULTS, Fault

__all__ = ["FAULTS", "Fault", "delete", "retrieve", "search", "store"]
