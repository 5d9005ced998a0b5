"""Correct servers that only look faulty: behaviour that was mistaken for faults, and that the standard allows or leaves
open.

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
        together(
            *("no-match-is-empty", "store-needs-a-length", "preflight-is-202", "ranges-of-messages", "absent-is-403"),
            *("rendered-as-webp", "multipart-range-is-bulk-data", "any-frame-is-jpeg-ls", "window-is-linear"),
            *("retrieve-urls-have-another-root", "private-elements-are-discarded", "results-of-their-own-level"),
        ),
        together(
            *("no-match-is-empty-json", "retrieve-url-is-ut", "json-by-its-other-name", "other-windows-are-ignored"),
            *("rendered-studies-are-of-any-type", "results-without-what-is-conditional", "bad-values-are-422"),
            "frames-are-of-multi-frame-instances",
        ),
        together("absent-is-400", "reports-are-rendered-beside-images", "store-response-names-nothing"),
        together("absent-is-410", "unacceptable-is-415", "store-is-202", "retrieved-later"),
        together(
            *("stale-by-a-cache", "unknown-methods-are-501", "unchanged-is-204", "unknown-character-set-is-406"),
            *("json-names-its-character-set", "last-instance-first", "an-image-has-one-frame"),
            *("failed-store-has-its-code", "thumbnails-have-one-size", "frame-alone-by-default"),
            "description-is-wadl",
        ),
        together(
            *("head-is-405", "refusals-are-empty", "search-below-nothing-is-404", "thumbnail-is-a-redirect"),
            *("store-is-201", "patterns-of-names-are-literal"),
        ),
        together(
            *("decompresses-for-any-syntax", "folded-fields", "etags-of-any-octet", "members-in-any-order"),
            *("xml-with-a-prefix", "signed-bulk-data", "searches-need-a-key", "names-are-matched-fuzzily"),
            "delete-is-202",
        ),
        together(
            *("preamble-and-epilogue", "types-in-another-form", "locations-are-paths", "everything-is-inline"),
            *("results-have-more", "last-of-equal-types", "deleted-is-410", "thumbnails-are-icons"),
            "redirected-stores",
        ),
        together(
            *("two-results-at-most", "numbers-as-bulk-data", "kept-as-rle", "changed-on-the-way"),
            *("many-instances-are-413", "redirected-searches"),
        ),
        together(
            *("fewest-digits", "etags-of-each-response", "fragments-are-cut-anew", "private-elements-are-unknown"),
            *("only-studies-are-deleted", "nothing-is-deleted-with-success", "refusals-are-pages"),
        ),
        together("few-sop-classes"),
        together("identifiers-are-ours"),
        together("store-response-is-text"),
        together("nothing-stored-is-202"),
        together("store-only"),
        together("no-relational-search"),
        together("no-search"),
        together("no-retrieve"),
    )
}

__all__ = ["GROUPS", "VARIANTS", "Variant"]
