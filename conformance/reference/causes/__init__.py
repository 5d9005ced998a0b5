"""Single causes: servers under /c/<id> with one defect that many requests meet, such as a missing resource.

A fault is tried against the checks that judge it; a cause is tried against all checks. `tests/causes.toml` says which
requirements it breaks, and which cannot be judged without it: all others have to hold.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module

from .registry import CAUSES, Cause

# A module registers its causes when it is imported.
for module in pkgutil.iter_modules(__path__, __name__ + "."):
    import_module(module.name)

__all__ = ["CAUSES", "Cause"]
