"""Seeded faults: the errors of the origin server under /f/<fault-id>, which prove that the checks can fail.

Each is one small class in the module of its transaction: the origin with one method replaced.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module

from .registry import FAULTS, Fault

# A module registers its faults when it is imported.
for module in pkgutil.iter_modules(__path__, __name__ + "."):
    import_module(module.name)

__all__ = ["FAULTS", "Fault"]
