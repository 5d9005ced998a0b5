"""Correct servers that only look faulty: what people took for faults, and the standard allows or leaves open.

Each is one small class under /v/<id>; the suite has to say of all of them that they conform.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module

from .registry import VARIANTS, Variant

# A module registers its variants when it is imported.
for module in pkgutil.iter_modules(__path__, __name__ + "."):
    import_module(module.name)

__all__ = ["VARIANTS", "Variant"]
