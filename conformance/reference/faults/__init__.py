"""Seeded faults: what the origin server does wrong under /f/<fault-id>, to prove that the checks can fail.

Each is one small class in the module of its transaction: the origin with one method replaced.
"""

from __future__ import annotations

from . import (
    bulkdata,
    capabilities,
    choice,
    compressed_frames,
    delete,
    drawn,
    frames,
    instances,
    messages,
    metadata,
    model,
    model_values,
    model_xml,
    rendered,
    rendering,
    requests,
    retrieve,
    search,
    store,
    syntaxes,
    thumbnails,
)
from .registry import FAULTS, Fault

__all__ = [
    "FAULTS",
    "Fault",
    "bulkdata",
    "capabilities",
    "choice",
    "compressed_frames",
    "delete",
    "drawn",
    "frames",
    "instances",
    "messages",
    "metadata",
    "model",
    "model_values",
    "model_xml",
    "rendered",
    "rendering",
    "requests",
    "retrieve",
    "search",
    "store",
    "syntaxes",
    "thumbnails",
]
