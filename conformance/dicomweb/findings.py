"""Findings, common to the walkers over DICOM JSON and Native DICOM XML, and the VRs that a tag may have."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from pydicom.datadict import dictionary_VR

from conformance.dicomweb.differences import Difference

VRS = frozenset(
    [
        *("AE", "AS", "AT", "CS", "DA", "DS", "DT", "FD", "FL", "IS", "LO", "LT", "OB", "OD", "OF", "OL", "OV", "OW"),
        *("PN", "SH", "SL", "SQ", "SS", "ST", "SV", "TM", "UC", "UI", "UL", "UN", "UR", "US", "UT", "UV"),
    ]
)


# The VRs that PS3.6 had for a tag before (CP-1494): if they are still sent, it is a warning, in JSON and in store
# responses.
FORMER_VRS = {"00081190": "UT"}


ARGUABLE = "the standard does not say it clearly, or contradicts it elsewhere"


@dataclass(frozen=True)
class Finding:
    """One broken rule: the requirement of the catalogue, the path of the attribute, and the difference.

    `arguable`: a judge of a core requirement only warns, for the reason ARGUABLE.
    """

    requirement: str
    path: str
    difference: Difference
    arguable: bool = False


@lru_cache(maxsize=10_000)
def vrs_of(tag: str) -> frozenset[str]:
    """The VRs that PS3.6 has for a tag of eight digits; none for private and unknown tags."""
    try:
        return frozenset(dictionary_VR(int(tag, 16)).split(" or "))
    except KeyError:
        return frozenset()
