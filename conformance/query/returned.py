"""The results of a search compared with the stored instances: common to the checks of the attributes of results
(10.6.3.3)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from pydicom import DataElement, Dataset
from pydicom.datadict import tag_for_keyword

from conformance.dicomweb import dicom_json, dicom_xml, uris
from conformance.dicomweb.dicom_json import DataSet
from conformance.dicomweb.differences import Deviation, Difference
from conformance.dicomweb.messages import Response
from conformance.dicomweb.wording import count
from conformance.kit import expect, given
from conformance.kit.accept import DICOM_JSON
from conformance.kit.instances import Instance
from conformance.kit.verdicts import Blocked, Deviates, NotSupported
from conformance.query import searches

DICOM = 'multipart/related; type="application/dicom"'
XML = 'multipart/related; type="application/dicom+xml"'
# The kind whose results are judged, and the form in which they are requested.
CASES = {
    "json": ("described", DICOM_JSON),
    "xml": ("described", XML),
    "empty": ("without-values", DICOM_JSON),
    "disagreeing": ("disagreeing", DICOM_JSON),
    "sent-along": ("computed-attributes", DICOM_JSON),
    "long-name": ("name-long", DICOM_JSON),
    "extreme": ("extremes", DICOM_JSON),
}
FORMS = ("json", "xml")
MODALITIES = "00080061"
AVAILABILITY = ("ONLINE", "NEARLINE", "OFFLINE", "UNAVAILABLE")  # PS3.3 C.4.23.1.1

UIDS = {"study": "StudyInstanceUID", "series": "SeriesInstanceUID", "instance": "SOPInstanceUID"}
# Unique and required attributes of Tables 10.6.3-3 and -4, without RetrieveURL, of which each level has its own.
STUDY = (
    *("StudyDate", "StudyTime", "AccessionNumber", "ModalitiesInStudy", "ReferringPhysicianName", "PatientName"),
    *("PatientID", "PatientBirthDate", "PatientSex", "StudyInstanceUID", "StudyID"),
    *("NumberOfStudyRelatedSeries", "NumberOfStudyRelatedInstances"),
)
SERIES = ("Modality", "SeriesInstanceUID", "SeriesNumber", "NumberOfSeriesRelatedInstances")
COMPUTED = ("ModalitiesInStudy", "NumberOfStudyRelatedSeries", "NumberOfStudyRelatedInstances")
# What a match has of a study, a series and an instance, if it has it.
TAKEN = {
    "study": [keyword for keyword in STUDY if keyword not in COMPUTED],
    "series": [
        *("Modality", "SeriesInstanceUID", "SeriesNumber", "SeriesDescription"),
        *("PerformedProcedureStepStartDate", "PerformedProcedureStepStartTime"),
    ],
    "instance": ["SOPClassUID", "InstanceNumber", "Rows", "Columns", "BitsAllocated", "NumberOfFrames"],
}


def search(endpoint, stored, case):
    """The instances of a case, and the media type to request. Raises NotSupported if that is not claimed."""
    kind, accept = CASES[case]
    if accept == XML:
        given.claimed(endpoint, "xml")
    return stored(kind), accept


def entities(instances: Sequence[Instance], level: str) -> dict[str, Dataset]:
    """The studies, series or instances by UID, each as its first instance has it, with computed attributes."""
    found: dict[str, Dataset] = {}
    for instance in instances:
        ds = Dataset()
        ds.update(instance.dataset)
        ds.ModalitiesInStudy = sorted({other.dataset.Modality for other in instances})
        ds.NumberOfStudyRelatedSeries = len({other.series_uid for other in instances})
        ds.NumberOfStudyRelatedInstances = len(instances)
        ds.NumberOfSeriesRelatedInstances = sum(other.series_uid == instance.series_uid for other in instances)
        found.setdefault(uid(instance, level), ds)
    return found


def uid(instance: Instance, level: str) -> str:
    """The UID of an instance, or of its series or study."""
    return {"study": instance.study_uid, "series": instance.series_uid, "instance": instance.sop_instance_uid}[level]


def results(response: Response) -> list[DataSet]:
    """The results in JSON or in XML. Raises Blocked if they cannot be read, NotSupported if XML is not sent."""
    if response.status == 204 or (response.status == 200 and not response.content):
        return []
    if dict(response.request.headers).get("Accept") != XML:
        given.present(response, judged_by(response))
        return given.datasets(response)
    try:
        return [dicom_xml.data_set(dicom_xml.load(bytes(part.content))) for part in expect.parts(response)]
    except Deviates as error:
        raise NotSupported(f"the search does not return XML: {error}") from None
    except dicom_xml.MalformedXml as error:
        raise Blocked.of(Deviation(error.difference, str(response.request)), "xml-model-001") from None


def judged_by(response: Response) -> str:
    """The check that judges whether a search of this resource finds the stored instances."""
    path = response.request.target.partition("?")[0].split("/")
    resource = "-".join([word for word in path if word in ("studies", "series", "instances")][-2:])
    return "seed-search-" + resource.replace("studies-", "study-")


def matches(response: Response, instances: Sequence[Instance], level: str) -> list[tuple[DataSet, Dataset]]:
    """The result for each entity of the instances, with that entity. Raises as `there`."""
    found = {dicom_json.text(result, UIDS[level]): result for result in results(response)}
    expected = entities(instances, level)
    return [(found[own], expected[own]) for own in there(response, found, expected, level)]


def there(response: Response, found: Iterable[str | None], expected: Iterable[str], level: str) -> list[str]:
    """The expected UIDs that have a result. Raises Blocked if one has none, unless the server cut the list, and says
    that as many remain (8.3.4.4); NotSupported if that is so of all."""
    listed = set(found)
    own = [uid for uid in expected if uid in listed]
    if missing := searches.unexcused([uid for uid in expected if uid not in listed], response):
        raise Blocked(f"no result has the {UIDS[level]} {missing[0]} ({response.request})", judged_by(response))
    if not own:
        raise NotSupported(f"none of the results that the server returns at a time is of this run ({response.request})")
    return own


def attribute(
    response: Response, instances: Sequence[Instance], level: str, keyword: str, *, open_if: str = ""
) -> None:
    """Deviate unless each result has an attribute with the stored or computed value; without a value if that is empty.

    `open_if` is a condition in the text, such as that of type C: then a missing attribute is a warning, but not a
    different value. Raises Warn for that, if an empty one is left out, and if there is one that the instances do not
    have.
    """
    doubts: list[tuple[str | None, str, str]] = []
    for result, entity in matches(response, instances, level):
        values = [value for value in dicom_json.values(result, keyword) if value not in ("", None, {})]
        shown = json.dumps(values, ensure_ascii=False)
        if open_if and keyword in entity and tag(keyword) not in result:
            doubts.append((None, "there", open_if))
        elif keyword in entity and not entity[keyword].is_empty:
            expect.same(differences(result, entity, [keyword]), response)
        elif keyword in entity and values:
            expect.deviates(keyword, shown, "empty, as it was stored", response)
        elif values and list(map(str, values)) != IMPLIED.get(keyword):
            doubts.append((shown, "absent", "it was not stored, but the server may know the value from elsewhere"))
        elif keyword in entity and tag(keyword) not in result:
            doubts.append((None, "there without a value", "the instance was stored without a value"))
    if doubts:
        found, wanted, why = doubts[0]
        expect.doubt(keyword, found, wanted, response, why)


# What an instance without the attribute says all the same: it has one frame (PS3.3 C.7.6.6).
IMPLIED = {"NumberOfFrames": ["1"]}
# Tables 10.6.3-3 to -5: type C of PS3.4 C.2.2.1, and a server chooses which attributes it extracts.
IF_KNOWN = "type C: required if the value is known to the server, which has the instance"
# 10.6.3.3.2 and 10.6.3.3.3.
IF_SUPPORTED = "required if the server supports the attribute at this level"


def attributes(response: Response, instances: Sequence[Instance], level: str, keywords: Sequence[str]) -> None:
    """Deviate unless each result has all these attributes, with their values."""
    found = [
        each for result, entity in matches(response, instances, level) for each in differences(result, entity, keywords)
    ]
    expect.same(list(dict.fromkeys(found)), response)


def items(response: Response, result: DataSet, entity: Dataset, keyword: str) -> None:
    """Deviate unless each item of the RequestAttributesSequence has an attribute, without a value if the stored item
    has none.

    Raises Blocked if the number of items differs, NotSupported if the sequence is not returned, Warn if an item lacks
    an attribute that the stored item lacks too.
    """
    stored, found = entity.RequestAttributesSequence, dicom_json.items(result, "RequestAttributesSequence")
    if tag("RequestAttributesSequence") not in result:
        raise NotSupported(f"RequestAttributesSequence is not returned ({response.request})")
    if len(found) != len(stored):
        by = "search-attr-series-00400275"
        raise Blocked(
            f"RequestAttributesSequence has {count(len(found), 'item')}, not {len(stored)} ({response.request})", by
        )
    for index, (item, wanted) in enumerate(zip(found, stored, strict=True), 1):
        value, should = dicom_json.text(item, keyword), wanted.get(keyword)
        subject = f"{keyword} of item {index}"
        expect.that(value == should, subject, value, should or "empty", response)
        if tag(keyword) not in item:
            why = "the stored item has no value of this attribute"
            expect.doubt(subject, None, "there without a value", response, why)


def availability(response: Response, instances: Sequence[Instance], level: str) -> None:
    """Deviate unless each result has one of the four terms of InstanceAvailability. Raises Warn if it has none."""
    for result, _ in matches(response, instances, level):
        if "00080056" not in result:
            why = "required if the server knows how soon it can send the instances"
            expect.doubt("InstanceAvailability", None, "there", response, why)
        found = dicom_json.text(result, "InstanceAvailability") or ""
        expect.that(found in AVAILABILITY, "InstanceAvailability", found, AVAILABILITY, response)


def differences(result: DataSet, entity: Dataset, keywords: Sequence[str]) -> list[Difference]:
    """The attributes that a result lacks, or has with another value; for a sequence only the items are counted."""
    wanted = Dataset()
    for keyword in keywords:
        wanted.add(entity[keyword])
        if entity[keyword].VR == "SQ":
            wanted[keyword] = DataElement(
                tag_for_keyword(keyword) or 0, "SQ", [Dataset() for _ in entity[keyword].value]
            )
    modalities = result.get(MODALITIES, {})
    if "Value" in modalities:  # in any order
        result = result | {MODALITIES: modalities | {"Value": sorted(map(str, dicom_json.values(result, MODALITIES)))}}
    return dicom_json.differences(wanted, result)


def unlike_stored(response: Response, instances: Sequence[Instance], level: str) -> list[Difference]:
    """The values of matches that no instance of their study, series or instance has, and those that are lost.

    That of a patient may be from another study of the patient, and a time that was stored without seconds may have
    them.
    """
    found = {dicom_json.text(match, UIDS[level]): match for match in results(response)}
    # In the order of the stored ones: a server may return matches in any.
    entities = {uid(instance, level): instance for instance in instances if uid(instance, level) in found}
    return [
        each.of(own)
        for own, instance in entities.items()
        for keyword in _taken(found[own])
        for each in _wrong(found[own], keyword, (one for one in instances if _shares(one, instance, keyword)))
    ]


def _wrong(match: DataSet, keyword: str, among: Iterable[Instance]) -> list[Difference]:
    """The difference of an attribute of a match from the last of some instances, unless it is as one of them has it."""
    wrong: list[Difference] = []
    for ds in (instance.dataset for instance in among if keyword in instance.dataset):
        wrong = differences(match, ds, [keyword])
        if not wrong or _is_coarse(ds[keyword]):
            return []
    return wrong


def _is_coarse(element: DataElement) -> bool:
    """True for a time without seconds."""
    return element.VR == "TM" and len(str(element.value)) < len("HHMMSS")


def _taken(match: DataSet) -> list[str]:
    """The attributes that a match has from instances."""
    return [keyword for keywords in TAKEN.values() for keyword in keywords if tag(keyword) in match]


def _shares(one: Instance, other: Instance, keyword: str) -> bool:
    """True if an attribute of both describes the same patient, study, series or instance."""
    if keyword.startswith("Patient"):
        return bool(one.dataset.get("PatientID") == other.dataset.get("PatientID"))
    level = next(level for level, keywords in TAKEN.items() if keyword in keywords)
    return uid(one, level) == uid(other, level)


def unique(response: Response, instances: Sequence[Instance], level: str) -> None:
    """Deviate unless each result has the UID of its level, and each entity has one result. Raises as `there`."""
    keyword = UIDS[level]
    found = [dicom_json.text(result, keyword) for result in results(response)]
    if None in found:
        expect.deviates(f"{keyword} of result {found.index(None) + 1}", None, "there", response)
    for own in there(response, found, entities(instances, level), level):
        if (times := found.count(own)) > 1:
            expect.deviates(f"{keyword} {own}", f"in {times} results", "in 1", response)


def retrieve_urls(response: Response, instances: Sequence[Instance], level: str) -> list[tuple[str, list[Instance]]]:
    """The RetrieveURL of each result, which names the entity of that result, and the instances that it stands for."""
    found = []
    for result, entity in matches(response, instances, level):
        below = [instance for instance in instances if uid(instance, level) == entity[UIDS[level]].value]
        path = {"study": below[0].study_path, "series": below[0].series_path, "instance": below[0].path}[level]
        url = dicom_json.text(result, "RetrieveURL")
        place = uris.resolved(url, response.request.url) if url is not None else None
        if url is None or not place or not place.path.rstrip("/").endswith("/" + path):
            expect.deviates("RetrieveURL", url, f"a URL that ends with /{path}", response)
        found.append((url, below))
    return found


def without(response: Response, keyword: str) -> None:
    """Deviate if a result has an attribute."""
    there = any(tag(keyword) in result for result in results(response))
    expect.that(not there, keyword, "in a result", "absent", response)


def tag(keyword: str) -> str:
    """The tag of an attribute, as results have it."""
    return f"{tag_for_keyword(keyword) or 0:08X}"
