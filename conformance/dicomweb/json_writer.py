"""Write a data set in the DICOM JSON Model: PS3.18 Annex F, as a client sends it."""

from __future__ import annotations

import base64

from pydicom import DataElement, Dataset
from pydicom.multival import MultiValue
from pydicom.valuerep import PersonName

from conformance.dicomweb import comparison
from conformance.dicomweb.dicom_json import DataSet

EXACT = 2**53  # beyond it a reader that uses doubles loses digits
_GROUPS = ("Alphabetic", "Ideographic", "Phonetic")


def data_set(ds: Dataset) -> DataSet:
    """The attributes of a data set by tag, in ascending order; without group lengths and group 0002 (F.2.2).

    Binary values are inline, in the byte order of the data set. NaN and infinities have no form in JSON:
    json.dumps(allow_nan=False) refuses them.
    """
    tags = [tag for tag in sorted(ds.keys()) if tag.group > 2 and tag.element]
    return {f"{tag:08X}": _attribute(ds[tag]) for tag in tags}


def _attribute(element: DataElement) -> dict[str, object]:
    vr = str(element.VR)
    if element.is_empty:
        return {"vr": vr}
    if vr == "SQ":
        return {"vr": vr, "Value": [data_set(item) for item in element.value]}
    if comparison.is_bulk(element):
        return {"vr": vr, "InlineBinary": base64.b64encode(element.value).decode("ascii")}
    several = isinstance(element.value, MultiValue | list)
    return {"vr": vr, "Value": [_value(vr, value) for value in (element.value if several else [element.value])]}


def _value(vr: str, value: object) -> object:
    """One value: null for an empty one, numbers as numbers where a double is exact."""
    if isinstance(value, PersonName):
        groups = zip(_GROUPS, (value.alphabetic, value.ideographic, value.phonetic), strict=True)
        return {name: group for name, group in groups if group} or None
    if vr == "AT" and isinstance(value, int):
        return f"{value:08X}"
    if vr in ("DS", "IS", "SV", "UV"):
        number = comparison.value(vr, str(value) if value is not None else None)
        return str(value) if isinstance(number, int) and abs(number) > EXACT else number if number != "" else None
    if isinstance(value, int | float):
        return value
    return str(value) if value not in (None, "") else None
