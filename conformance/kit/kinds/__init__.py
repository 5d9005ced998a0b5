"""Kinds of instances: what checks store besides the sample study, made when they are needed.

Each kind is a study of its own; `KINDS[name].make(label)` gives its instances. Pixel data of compressed kinds are
codestreams in the folder `frames`, which `fixtures/encode.py` made.
"""

from __future__ import annotations

# In the order that KINDS has.
from conformance.kit.kinds import native, enhanced, encapsulated, documents, values, text, studies, repertoires  # isort: skip
from conformance.kit.kinds import described  # isort: skip
from conformance.kit.kinds import archive  # isort: skip
from conformance.kit.kinds import patients  # isort: skip
from conformance.kit.kinds import sizes, greys, contents, daily, records  # isort: skip
from conformance.kit.kinds import characters  # isort: skip
from conformance.kit.kinds import valued, modalities, nested, misleading  # isort: skip
from conformance.kit.kinds.kind import KINDS, Kind, Label, UnmadeKind, having, made
from conformance.kit.kinds.modules import small_images
from conformance.kit.kinds.pixels import Encapsulated, encoded_frames, frames, is_lossy

EACH = tuple(name for name in KINDS if name not in (*having("many"), *having("refusable")))

__all__ = [
    "EACH",
    "KINDS",
    "Encapsulated",
    "Kind",
    "Label",
    "UnmadeKind",
    "described",
    "archive",
    "characters",
    "documents",
    "encapsulated",
    "encoded_frames",
    "enhanced",
    "frames",
    "having",
    "is_lossy",
    "made",
    "native",
    "patients",
    "repertoires",
    "small_images",
    "studies",
    "text",
    "values",
    "valued",
    "modalities",
    "nested",
    "misleading",
    "sizes",
    "greys",
    "contents",
    "daily",
    "records",
]
