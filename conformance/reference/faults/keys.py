"""Faults of single match keys: each required one (PS3.18 Table 10.6.1-5) is ignored or refused."""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import Response

from ..attributes import tag
from .altered import names, path, query, refused, request_fault, set_query


def without(request: Request, *keys: str) -> None:
    """Remove some keys from the query that the origin reads."""
    pairs = [pair for pair in query(request).split("&") if pair.partition("=")[0] not in keys]
    set_query(request, "&".join(pairs))


def _forms(key: str) -> tuple[str, str]:
    return key, ".".join(map(tag, key.split(".")))


def _id(key: str, suffix: str) -> str:
    """StudyInstanceUID becomes study-instance-uid."""
    return re.sub("(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", key.replace(".", "-")).lower() + suffix


def ignores(requirement: str, key: str, *seen: str, below: str = "/") -> None:
    """Register a fault that ignores the key, so that a search finds everything below paths that begin with `below`."""

    def edit(request: Request) -> None:
        if path(request).startswith(below):
            without(request, *_forms(key))

    edit.__doc__ = f"Accepts the key {key}, but ignores it."
    request_fault(_id(key, "-is-ignored"), breaks=(requirement,), says="is in the matches", seen=seen)(edit)


def refuses(requirement: str, key: str, *seen: str) -> None:
    """Register a fault that refuses the key."""

    def edit(request: Request) -> Response | None:
        return refused(400) if names(request) & {*_forms(key)} else None

    edit.__doc__ = f"Returns 400 for a search with the key {key}."
    request_fault(_id(key, "-is-refused"), breaks=(requirement,), says="status is 400", seen=seen)(edit)


ignores("SEARCH-KEY-STUDY-00080020", "StudyDate", "dcmjs-org/dicomweb-server!48")
refuses("SEARCH-KEY-STUDY-00080030", "StudyTime", "microsoft/dicom-server#641")
ignores("SEARCH-KEY-STUDY-00080050", "AccessionNumber")
ignores("SEARCH-KEY-STUDY-00080061", "ModalitiesInStudy")
ignores("SEARCH-KEY-STUDY-00080090", "ReferringPhysicianName")
ignores("SEARCH-KEY-STUDY-00100010", "PatientName")
ignores("SEARCH-KEY-STUDY-00100020", "PatientID")
# At /studies it is the fault studies-search-ignores-uid.
ignores("SEARCH-KEY-STUDY-0020000D", "StudyInstanceUID", "RadicalImaging/Static-DICOMWeb!86", below="/series")
refuses("SEARCH-KEY-STUDY-00200010", "StudyID", "microsoft/dicom-server#641")
ignores("SEARCH-KEY-SERIES-00080060", "Modality")
ignores("SEARCH-KEY-SERIES-0020000E", "SeriesInstanceUID")
refuses("SEARCH-KEY-SERIES-00200011", "SeriesNumber", "microsoft/dicom-server#641")
ignores("SEARCH-KEY-SERIES-00400244", "PerformedProcedureStepStartDate")
ignores("SEARCH-KEY-SERIES-00400245", "PerformedProcedureStepStartTime")
ignores("SEARCH-KEY-SERIES-00400275-00400009", "RequestAttributesSequence.ScheduledProcedureStepID")
ignores("SEARCH-KEY-SERIES-00400275-00401001", "RequestAttributesSequence.RequestedProcedureID")
refuses("SEARCH-KEY-INSTANCE-00080016", "SOPClassUID", "microsoft/dicom-server#641", "imi-bigpicture/wsidicom!149")
ignores("SEARCH-KEY-INSTANCE-00080018", "SOPInstanceUID")
refuses("SEARCH-KEY-INSTANCE-00200013", "InstanceNumber", "microsoft/dicom-server#641")
