"""Faults that only some values trigger: no instance of a fixed kind has them. The reported values are small
examples.
"""

from __future__ import annotations

from .editing import Attribute, attribute_fault


@attribute_fault(
    "json-more-than-five-numbers-cut",
    breaks=("RETRIEVE-META-009",),
    says=r"(0099,1008) is 0\0\0\0\0, should be 0\0\0\0\0\0 (",
    level="instance",
)
def more_than_five_numbers_cut(tag: str, attribute: Attribute) -> Attribute:
    """Drops the last of more than five numbers in an FD."""
    values = attribute.get("Value", [])
    return attribute | {"Value": values[:-1]} if attribute["vr"] == "FD" and len(values) > 5 else attribute


@attribute_fault(
    "json-long-text-cut",
    breaks=("RETRIEVE-META-009",),
    says="from character 1001 on is empty, should be '0' (",
    level="instance",
)
def long_text_cut(tag: str, attribute: Attribute) -> Attribute:
    """Truncates an LT to 1000 characters."""
    values = attribute.get("Value", [])
    return attribute | {"Value": [values[0][:1000]]} if attribute["vr"] == "LT" and values else attribute
