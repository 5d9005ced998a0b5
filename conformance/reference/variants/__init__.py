"""Correct servers that only look faulty: what people took for faults, and the standard allows or leaves open.

Each is one small class under /v/<id>; the suite has to say of all of them that they conform.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module

from .registry import VARIANTS, Variant, together

# A module registers its variants when it is imported.
for module in pkgutil.iter_modules(__path__, __name__ + "."):
    import_module(module.name)

# Each variant once, several in one server: a run for each of these tries them all.
GROUPS = {
    group.id: group
    for group in (
        together(
            *("numbers-as-strings", "names-with-all-carets", "json-in-ascii", "relative-bulk-data", "quoted-boundary"),
            *("parts-with-own-fields", "six-results-at-most", "names-regard-case", "first-content-stays"),
            *("stored-with-warnings", "nothing-stored-is-400"),
        ),
        together(
            *("character-set-of-the-json", "large-values-as-bulk-data", "parts-without-length"),
            *("single-part-by-default", "no-match-is-204", "unknown-values-match", "warns-about-everything"),
            "duplicates-are-refused",
        ),
        together(
            *("json-by-one-name", "results-with-the-least", "coercion-with-a-record", "strict-archive", "no-delete")
        ),
        together("other-readings"),
        together("redirected-retrieves", "gzip-whatever-is-accepted"),
    )
}

__all__ = ["GROUPS", "VARIANTS", "Variant"]
