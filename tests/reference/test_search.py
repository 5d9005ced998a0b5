"""The Search transaction of the reference server (PS3.18 10.6)."""

from __future__ import annotations

import pytest
from pydicom import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import generate_uid

from .helpers import image, store, url, values

STUDY_TAGS = [
    *("00080020", "00080030", "00080050", "00080056", "00080061", "00080090", "00081190", "00100010"),
    *("00100020", "00100030", "00100040", "0020000D", "00200010", "00201206", "00201208"),
]
SERIES_TAGS = ["00080060", "00081190", "0020000E", "00200011", "00201209"]
INSTANCE_TAGS = [
    *("00080016", "00080018", "00080056", "00081190", "00083002", "00200013", "00280010", "00280011", "00280100")
]
UIDS = ["0020000D", "0020000E"]


@pytest.fixture(scope="module")
def archive(client):
    """Four studies of one patient, told apart by their Study ID, which is their letter."""
    patient = str(generate_uid())
    requested = [{"ScheduledProcedureStepID": a, "RequestedProcedureID": b} for a, b in (("A", "B"), ("C", "D"))]
    kinds = {
        "a": {"PatientName": "Müller^Jörg", "AccessionNumber": "A01", "StudyDate": "20200101", "StudyTime": "1800"},
        "b": {"PatientName": "MUELLER", "AccessionNumber": "A001", "StudyDate": "20200102", "StudyTime": "090000.5"},
        "c": {"PatientName": "Doe^John^^^", "AccessionNumber": "a01", "StudyDate": "20200103", "StudyTime": "100000"},
        "d": {"PatientName": "=山田^太郎", "AccessionNumber": "", "StudyDate": "", "StudyTime": "", "SeriesNumber": 12},
    }
    for letter, attributes in kinds.items():
        ds = image(PatientID=patient, StudyID=letter, StudyDescription=f"Study {letter}", **attributes)
        if letter == "c":
            ds.RequestAttributesSequence = Sequence([item(**attributes) for attributes in requested])
        assert store(client, ds).status_code == 200
    return patient


def item(**attributes):
    ds = Dataset()
    for keyword, value in attributes.items():
        setattr(ds, keyword, value)
    return ds


def letters(client, patient, level="studies", **keys):
    """The studies found for the patient and some keys, by their letters."""
    response = client.get(f"/{level}", params={"PatientID": patient, "includefield": "StudyID"} | keys)
    assert response.status_code == 200, response.text
    return "".join(values(response.json(), "00200010"))


MATCHES = [
    ({}, "abcd"),
    ({"AccessionNumber": "A01"}, "a"),
    ({"00080050": "A01"}, "a"),
    ({"AccessionNumber": "A*"}, "ab"),
    ({"AccessionNumber": "*01"}, "abc"),
    ({"AccessionNumber": "A?1"}, "a"),
    ({"AccessionNumber": "*"}, "abcd"),
    ({"AccessionNumber": ""}, "abcd"),
    ({"AccessionNumber": "A01,a01"}, ""),
    ({"PatientName": "müller^jörg"}, "a"),
    ({"PatientName": "M*"}, "ab"),
    ({"PatientName": "doe^john"}, "c"),
    ({"PatientName": "山田^太郎"}, "d"),
    ({"PatientName": "山田*"}, "d"),
    ({"StudyDate": "20200102"}, "b"),
    ({"StudyDate": "20200101-20200102"}, "ab"),
    ({"StudyDate": "-20200102"}, "ab"),
    ({"StudyDate": "20200102-"}, "bc"),
    ({"StudyDate": "20200103-20200103"}, "c"),
    ({"StudyTime": "1800"}, "a"),
    ({"StudyTime": "180000"}, "a"),
    ({"StudyTime": "090000"}, "b"),
    ({"StudyTime": "09-10"}, "bc"),
    ({"StudyTime": "-0959"}, "b"),
    ({"StudyDate": "20200101-20200103", "StudyTime": "1000-1000"}, "abc"),
    ({"StudyDate": "20200102-20200103", "StudyTime": "1000-"}, "c"),
    ({"StudyDate": "20200101-", "StudyTime": "-1000"}, "abc"),
    ({"StudyDescription": "Study b", "StudyID": "b"}, "b"),
    ({"StudyDescription": "Study b", "StudyID": "c"}, ""),
    ({"ModalitiesInStudy": "OT"}, "abcd"),
    ({"ModalitiesInStudy": "CT"}, ""),
    ({"NoSuchKeyword": "1"}, "abcd"),
    ({"00189999": "1"}, "abcd"),
    ({"SpecificCharacterSet": "nonsense"}, "abcd"),
    ({"PatientID.PatientName": "1"}, "abcd"),
    ({"LIMIT": "1"}, "abcd"),
]


@pytest.mark.parametrize(("keys", "expected"), MATCHES, ids=[str(keys) for keys, _ in MATCHES])
@pytest.mark.parametrize("level", ["studies", "series", "instances"])
def test_keys_of_the_study_match_at_every_level(client, archive, level, keys, expected):
    assert letters(client, archive, level, **keys) == expected


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"SeriesNumber": "12"}, "d"),
        ({"SeriesNumber": "+1"}, "abc"),
        ({"Modality": "O?"}, "abcd"),
        ({"RequestAttributesSequence.ScheduledProcedureStepID": "A"}, "c"),
        ({"00400275.00401001": "D"}, "c"),
        ({"00400275.00400009": "C", "00400275.RequestedProcedureID": "D"}, "c"),
        ({"00400275.00400009": "A", "00400275.RequestedProcedureID": "D"}, ""),
        ({"RequestAttributesSequence.ScheduledProcedureStepID": ""}, "abcd"),
        ({"RequestAttributesSequence": ""}, "abcd"),
    ],
    ids=str,
)
@pytest.mark.parametrize("level", ["series", "instances"])
def test_keys_of_the_series_match_from_there_down(client, archive, level, keys, expected):
    assert letters(client, archive, level, **keys) == expected


def test_key_of_a_lower_level_is_ignored_with_a_warning(client, archive):
    response = client.get("/studies", params={"PatientID": archive, "SeriesNumber": "12"})

    assert len(response.json()) == 4
    assert response.headers["Warning"].endswith(': "The parameter SeriesNumber is not supported and was ignored"')


@pytest.mark.parametrize("separator", [",", "\\"])
def test_uid_list_matches_each_of_its_uids(client, separator):
    images = [image(), image(), image()]
    store(client, *images)
    uids = separator.join(ds.SOPInstanceUID for ds in images[1:])

    response = client.get("/instances", params={"SOPInstanceUID": uids})

    assert values(response.json(), "00080018") == [ds.SOPInstanceUID for ds in images[1:]]


@pytest.mark.parametrize(
    "parameters",
    [
        {"StudyDate": "abc"},
        {"StudyDate": "20200230"},
        {"StudyDate": "20200101-20190101"},
        {"StudyDate": "-"},
        {"StudyDate": "20200101-20190101-2"},
        {"StudyTime": "25"},
        {"StudyInstanceUID": "x"},
        {"StudyInstanceUID": "1.2,,1.3"},
        {"NumberOfStudyRelatedSeries": "one"},
        {"limit": "-1"},
        {"limit": "abc"},
        {"limit": ""},
        {"limit": "1" * 5000},
        {"offset": "1.5"},
        {"fuzzymatching": "maybe"},
        {"PatientID": ["1", "2"]},
    ],
    ids=str,
)
def test_bad_value_is_answered_400_with_a_sentence(client, parameters):
    response = client.get("/studies", params=parameters)

    assert (response.status_code, response.headers["Content-Type"]) == (400, "text/plain; charset=utf-8")
    assert response.text


RESULTS = [
    ("/studies", STUDY_TAGS),
    ("/series", STUDY_TAGS + SERIES_TAGS),
    ("/instances", STUDY_TAGS + SERIES_TAGS + INSTANCE_TAGS),
    ("{study}/series", UIDS + SERIES_TAGS),
    ("{study}/instances", UIDS + SERIES_TAGS + INSTANCE_TAGS),
    ("{series}/instances", UIDS + INSTANCE_TAGS),
]


@pytest.mark.parametrize(("path", "tags"), RESULTS, ids=[path for path, _ in RESULTS])
def test_results_have_the_attributes_of_the_levels_that_the_path_leaves_open(client, study, path, tags):
    first = study.images[0]
    path = path.format(study=study.path, series=url(first, "series"))

    response = client.get(path, params={"0020000D": first.StudyInstanceUID})

    assert list(response.json()[0]) == sorted({*tags, "0020000D"})


def test_attribute_that_is_not_known_is_empty(client, study):
    (result,) = client.get("/studies", params={"PatientID": study.patient}).json()

    assert (result["00100030"], result["00080090"]) == ({"vr": "DA"}, {"vr": "PN"})


def test_counts_and_modalities_are_those_of_the_study(client, study):
    (result,) = client.get("/studies", params={"PatientID": study.patient, "ModalitiesInStudy": "SC"}).json()
    series = client.get(f"{study.path}/series").json()

    assert (result["00201206"]["Value"], result["00201208"]["Value"]) == ([2], [3])
    assert result["00080061"]["Value"] == ["OT", "SC"]
    assert values(series, "00201209") == [2, 1]


def test_nested_search_sees_only_what_is_below_its_path(client, study):
    first, _, third = study.images

    assert values(client.get(f"{study.path}/series").json(), "0020000E") == [
        first.SeriesInstanceUID,
        third.SeriesInstanceUID,
    ]
    assert values(client.get(f"{url(third, 'series')}/instances").json(), "00080018") == [third.SOPInstanceUID]
    assert client.get(f"/studies/{generate_uid()}/series/{third.SeriesInstanceUID}/instances").json() == []


def test_retrieve_urls_resolve(client, study):
    for level in ("studies", "series", "instances"):
        (result, *_) = client.get(f"/{level}", params={"PatientID": study.patient}).json()
        response = client.get(result["00081190"]["Value"][0], headers={"Accept": "multipart/related"})

        assert response.status_code == 200


def test_no_match_is_an_empty_list(client):
    response = client.get("/studies", params={"StudyInstanceUID": generate_uid()})

    assert (response.status_code, response.headers["Content-Type"]) == (200, "application/dicom+json")
    assert response.json() == []


@pytest.mark.parametrize("form", ["StudyDescription", "00081030", "PatientAge,StudyDescription", "all"])
def test_included_field_is_returned(client, archive, form):
    (result, *_) = client.get("/studies", params={"PatientID": archive, "includefield": form}).json()

    assert result["00081030"] == {"vr": "LO", "Value": ["Study a"]}
    assert list(result) == sorted(result)


def test_includefield_may_be_repeated_and_may_name_a_key(client, archive):
    fields = ["StudyDescription", "PatientBirthDate", "StudyDate"]
    (*_, result) = client.get("/studies", params={"PatientID": archive, "includefield": fields}).json()

    assert list(result) == sorted([*STUDY_TAGS, "00081030"])


@pytest.mark.parametrize("field", ["SeriesDescription", "SOPInstanceUID", "all", "NoSuchKeyword", "Rows"])
def test_study_has_no_attribute_of_a_lower_level(client, archive, field):
    (result, *_) = client.get("/studies", params={"PatientID": archive, "includefield": field}).json()

    assert not {"0008103E", "00080018", "00280010", "00080060"} & set(result)


def test_all_attributes_of_an_instance_can_be_included(client, study):
    (result, *_) = client.get(f"{study.path}/instances", params={"includefield": "all"}).json()

    assert {f"{element.tag:08X}" for element in study.images[0]} < set(result)
    assert result["7FE00010"]["BulkDataURI"].startswith(result["00081190"]["Value"][0])


def test_required_attribute_that_is_not_known_is_among_all(client, study):
    (result,) = client.get("/studies", params={"PatientID": study.patient, "includefield": "all"}).json()

    assert (result["00100030"], result["00080090"]) == ({"vr": "DA"}, {"vr": "PN"})


@pytest.mark.parametrize("field", ["00991001", "00991aff"])
def test_private_attribute_is_returned_with_its_creator(client, field):
    ds = image()
    ds.private_block(0x0099, "A", create=True).add_new(0x01, "LO", "of A")
    for number in range(1, 11):
        ds.private_block(0x0099, f"B{number}", create=True).add_new(0xFF, "LO", f"of B{number}")
    store(client, ds)

    (result,) = client.get(f"{url(ds, 'series')}/instances", params={"includefield": field}).json()

    private = [name for name in result if name.startswith("0099")]
    assert private == [f"009900{field[4:6]}".upper(), field.upper()]


def test_private_attribute_is_nothing_of_a_study(client, study):
    response = client.get("/studies", params={"PatientID": study.patient, "includefield": "00991001"})

    assert "The includefield 00991001 is not supported and was ignored" in response.headers["Warning"]


@pytest.mark.parametrize("field", ["00400275", "RequestAttributesSequence.ScheduledProcedureStepID"])
def test_sequences_are_returned_as_a_whole_or_in_part(client, archive, field):
    parameters = {"PatientID": archive, "StudyID": "c", "includefield": field}
    (result,) = client.get("/series", params=parameters).json()

    assert [item["00400009"]["Value"] for item in result["00400275"]["Value"]] == [["A"], ["C"]]


def test_key_is_returned(client, archive):
    (result,) = client.get("/studies", params={"PatientID": archive, "StudyDescription": "*a"}).json()

    assert result["00081030"]["Value"] == ["Study a"]


@pytest.mark.parametrize(
    ("limit", "offset", "expected", "remaining"),
    [(2, 0, "ab", 2), (2, 1, "bc", 1), (2, 2, "cd", None), (0, 0, "", 4), (9, 3, "d", None), (2, 4, "", None)],
)
def test_pages_follow_the_order_of_storing_and_say_what_remains(client, archive, limit, offset, expected, remaining):
    parameters = {"PatientID": archive, "limit": limit, "offset": offset}
    response = client.get("/studies", params=parameters)

    base = str(client.base_url).rstrip("/")
    text = f'299 {base}: "There are {remaining} additional results that can be requested"'
    assert "".join(values(response.json(), "00200010")) == expected
    assert response.headers.get("Warning") == (text if remaining else None)


def test_fuzzy_matching_is_answered_with_literal_matches_and_a_warning(client, archive):
    response = client.get("/studies", params={"PatientID": archive, "PatientName": "Doe*", "fuzzymatching": "true"})

    assert values(response.json(), "00200010") == ["c"]
    assert "The fuzzymatching parameter is not supported. Only literal matching" in response.headers["Warning"]


def test_study_whose_instances_disagree_is_found_once(client):
    ds = image(StudyDescription="first")
    other = image(StudyInstanceUID=ds.StudyInstanceUID, PatientID=ds.PatientID, StudyDescription="second")
    store(client, ds, other)

    response = client.get("/studies", params={"PatientID": ds.PatientID, "includefield": "StudyDescription"})

    assert values(response.json(), "00081030") == ["first"]


def test_warning_carries_nothing_that_the_client_could_smuggle_in(client, archive):
    response = client.get("/studies", params={"PatientID": archive, 'a"\r\nX-Evil: 1': "1"})

    assert response.status_code == 200
    assert '"The parameter a???X-Evil: 1 is not supported' in response.headers["Warning"]
