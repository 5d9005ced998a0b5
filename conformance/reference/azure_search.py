"""Search keys and results in the service of the profile azure (its conformance statement, Search)."""

from __future__ import annotations

import re
import unicodedata

from starlette.exceptions import HTTPException

from .attributes import LEVELS, tag
from .dicom_json import Json
from .matching import Matcher
from .query import Path, Query
from .target import Target

MOST, USUAL = 200, 100  # results of a search: the maximum, and the default
# Parameters of a search that do not name an attribute.
OTHERS = {"limit", "offset", "includefield", "fuzzymatching"}

_SEARCHABLE = {
    "study": (
        *("StudyInstanceUID", "PatientName", "PatientID", "AccessionNumber", "StudyDescription", "PatientBirthDate"),
        *("StudyDate", "ReferringPhysicianName", "ModalitiesInStudy"),
    ),
    "series": ("SeriesInstanceUID", "Modality", "ManufacturerModelName", "PerformedProcedureStepStartDate"),
    "instance": ("SOPInstanceUID",),
}
_RETURNED = {
    "study": (
        *("StudyDate", "AccessionNumber", "StudyDescription", "ReferringPhysicianName", "PatientName", "PatientID"),
        *("PatientBirthDate", "StudyInstanceUID"),
    ),
    "series": ("Modality", "ManufacturerModelName", "SeriesInstanceUID", "PerformedProcedureStepStartDate"),
    "instance": ("SOPInstanceUID",),
}
# With includefield=all.
_MORE = {
    "study": (
        *("SpecificCharacterSet", "StudyTime", "InstanceAvailability", "TimezoneOffsetFromUTC"),
        *("PatientSex", "StudyID"),
        *("AnatomicRegionsInStudyCodeSequence", "ProcedureCodeSequence", "NameOfPhysiciansReadingStudy"),
        *("AdmittingDiagnosesDescription", "ReferencedStudySequence", "PatientAge", "PatientSize", "PatientWeight"),
        *("Occupation", "AdditionalPatientHistory"),
    ),
    "series": (
        *("SpecificCharacterSet", "TimezoneOffsetFromUTC", "SeriesDescription", "SeriesNumber", "Laterality"),
        *("SeriesDate", "SeriesTime", "PerformedProcedureStepStartTime", "RequestAttributesSequence"),
    ),
    "instance": (
        *("SpecificCharacterSet", "SOPClassUID", "InstanceAvailability", "TimezoneOffsetFromUTC", "InstanceNumber"),
        *("Rows", "Columns", "BitsAllocated", "NumberOfFrames"),
    ),
}
SEARCHABLE = {level: tuple(map(tag, keywords)) for level, keywords in _SEARCHABLE.items()}
RETURNED = {level: tuple(map(tag, keywords)) for level, keywords in _RETURNED.items()}
MORE = {level: tuple(map(tag, keywords)) for level, keywords in _MORE.items()}
NAMES = {tag("PatientName"), tag("ReferringPhysicianName")}
DATES = {tag("PatientBirthDate"), tag("StudyDate"), tag("PerformedProcedureStepStartDate")}


class Indexed(Query):
    """A search by the attributes that are indexed. Raises 400 for every other parameter."""

    def __init__(self, parameters: list[tuple[str, str]], target: Target, level: str) -> None:
        self._fuzzy = ("fuzzymatching", "true") in parameters
        super().__init__(parameters, target, level)
        known = sum(uid is not None for uid in target)
        levels = LEVELS[known : LEVELS.index(level) + 1]
        searchable = [name for one in levels for name in SEARCHABLE[one]]
        keys = [self._indexed(name, text, searchable, level) for name, text in parameters if name not in OTHERS]
        fields = [field for name, text in parameters if name == "includefield" for field in text.split(",")]
        self._returned = {*keys, *(path[0] for field in fields if (path := self._attribute(field)))}
        self._returned |= {tag(keyword) for keyword in ("StudyInstanceUID", "SeriesInstanceUID")[:known]}
        self._returned |= {name for one in levels for name in RETURNED[one] + (MORE[one] if "all" in fields else ())}
        self.limit = USUAL if self.limit is None else self.limit
        if not 1 <= self.limit <= MOST:
            raise HTTPException(400, f"limit is {self.limit}, should be from 1 to {MOST}")

    def project(self, attributes: Json) -> Json:
        """The default attributes and the requested ones, without those that have no value."""
        found = {name: value for name, value in attributes.items() if name in self._returned and "Value" in value}
        return dict(sorted(found.items()))

    def matcher(self, path: Path, text: str) -> Matcher | None:
        """A matcher of the whole value, ignoring case and accents: no lists of UIDs, no wildcards. Dates may be
        ranges."""
        if path[0] in DATES:
            return super().matcher(path, text)
        wanted = _folded(text)
        if path[0] not in NAMES:
            return lambda value: _folded(value) == wanted
        agrees = _begins if self._fuzzy else str.__eq__
        return lambda groups: any(
            agrees(_folded(name), wanted) for name in (*groups.values(), "=".join(groups.values()))
        )

    def _indexed(self, name: str, text: str, searchable: list[str], level: str) -> str:
        """The tag of the attribute that a parameter names."""
        path = self._attribute(name)
        if path is None or path[0] not in searchable:
            raise HTTPException(400, f"{name} is not a queryable attribute of the level {level}")
        if not text:
            raise HTTPException(400, f"{name} has no value")
        return path[0]


def _folded(text: str) -> str:
    """A text without what matching ignores: case, accents, and padding around it."""
    letters = unicodedata.normalize("NFKD", text.strip(" \0").casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def _begins(name: str, wanted: str) -> bool:
    """True if each wanted word begins a word of a name."""
    words, beginnings = (re.split(r"[\s^=]+", text) for text in (name, wanted))
    return all(any(word.startswith(beginning) for word in words) for beginning in beginnings)
