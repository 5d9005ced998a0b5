"""Every kind of instances is well made: readable, the same each time, and a study of its own."""

from __future__ import annotations

import re
from io import BytesIO

import pydicom
import pytest

from conformance.dicomweb import part10, uids
from conformance.kit.kinds import KINDS, Label
from conformance.kit.kinds.described import MAY_BE_EMPTY, further
from conformance.kit.kinds.values import EDGES, delimiting

LABEL = Label("a run", "DWC1234-")
UIDS = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "FrameOfReferenceUID")
LARGE = {
    "values-by-factors": 400_000,
    "rle-large": 400_000,
    "palette-whole": 400_000,
    "digital-x-ray": 200_000,
    "many-annotations": 2_500_000,
}
INVALID = ("unfit-values", "lacking")
each_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)


def data_sets(name, label=LABEL):
    return [part10.read(instance.content) for instance in KINDS[name].make(label)]


def the_data_set(name):
    (ds,) = data_sets(name)
    return ds


def encoded(name, keyword):
    """The bytes of a value in the file."""
    (instance,) = KINDS[name].make(LABEL)
    return pydicom.dcmread(BytesIO(instance.content)).get_item(keyword).value


def named(instances):
    return {
        instance.dataset[keyword].value for instance in instances for keyword in UIDS if keyword in instance.dataset
    }


@each_kind
def test_kind_is_described(kind):
    instances = kind.make(LABEL)

    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", kind.name)
    assert KINDS[kind.name] is kind
    assert kind.sop_class in {instance.sop_class_uid for instance in instances}
    assert {instance.dataset.file_meta.TransferSyntaxUID for instance in instances} == {kind.transfer_syntax}


@each_kind
def test_files_are_whole_and_small(kind):
    for instance in kind.make(LABEL):
        assert part10.read(instance.content).file_meta.MediaStorageSOPInstanceUID == instance.sop_instance_uid
        assert len(instance.content) < LARGE.get(kind.name, 100_000)
        assert instance.fresh


@each_kind
def test_same_label_gives_the_same_bytes(kind):
    assert kind.make(LABEL) == kind.make(Label("a run", "DWC1234-"))


@each_kind
def test_another_label_gives_other_uids(kind):
    one, other = named(kind.make(LABEL)), named(kind.make(Label("another run", "DWC1234-")))

    assert not one & other
    assert kind.name in INVALID or all(uids.is_valid(uid) for uid in one)


@each_kind
def test_patient_id_begins_with_the_prefix_and_is_short_enough(kind):
    long = Label("a run", "P" * 60)

    assert all(instance.dataset.PatientID.startswith("DWC1234-") for instance in kind.make(LABEL))
    assert all(len(instance.dataset.PatientID) <= 64 for instance in kind.make(long))


def test_each_instance_has_a_uid_of_its_own_and_no_study_is_of_two_kinds():
    instances = [(name, instance) for name, kind in KINDS.items() for instance in kind.make(LABEL)]

    assert len({instance.sop_instance_uid for _, instance in instances}) == len(instances)
    of_kinds = {(name, instance.study_uid) for name, instance in instances}
    assert len({study for _, study in of_kinds}) == len(of_kinds)


@each_kind
def test_data_set_has_what_every_composite_object_must_have(kind):
    for ds in data_sets(kind.name) if kind.name not in INVALID else ():
        for keyword in ("PatientName", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime", "StudyID"):
            assert keyword in ds
        assert ds.Modality
        assert isinstance(ds.InstanceNumber, int)


def test_every_vr_is_there_with_and_without_a_value():
    ds = the_data_set("every-vr")

    private = {element.tag.element & 0xFF: element for element in ds.group_dataset(0x0099)}
    assert [private[number].VR for number in range(1, len(EDGES) + 1)] == list(EDGES)
    assert [private[0x80 + number].VR for number in range(1, len(EDGES) + 1)] == list(EDGES)
    assert not any(private[0x80 + number].value for number in range(1, len(EDGES) + 1))
    assert [len(item) for item in private[0x71].value] == [0, 4, 0]


def test_numbers_keep_the_text_they_were_written_in():
    keywords = ("SeriesNumber", "PatientWeight", "WindowWidth", "SoftwareVersions")

    found = [encoded("every-vr", keyword) for keyword in keywords]

    assert found == [b"007 ", b"70.1234567890123", b"1E2\\256 ", b"v1\\\\v3"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("name-latin1", b"Buc^J\xe9r\xf4me"),
        ("name-greek", b"\xc4\xe9\xef\xed\xf5\xf3\xe9\xef\xf2"),
        ("name-cyrillic", b"\xbb\xee\xdace\xdc\xd1yp\xd3"),
        ("name-arabic", b"\xe2\xc8\xc7\xe6\xea^\xe4\xe6\xd2\xc7\xd1"),
        (
            "name-japanese",
            b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B",
        ),
        (
            "name-korean",
            b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7=\x1b$)C\xc8\xab^\x1b$)C\xb1\xe6\xb5\xbf",
        ),
        ("name-gb18030", b"Wang^XiaoDong=\xcd\xf5^\xd0\xa1\xb6\xab"),
        ("name-ideographic-only", b"=\xe5\xb1\xb1\xe7\x94\xb0"),
    ],
)
def test_name_is_encoded_as_the_annexes_of_part_5_have_it(name, expected):
    assert encoded(name, "PatientName").rstrip(b" ") == expected


def test_odd_uids_end_with_a_nul():
    values = [encoded("odd-uid", keyword) for keyword in UIDS[:3]]

    assert all(value.endswith(b"\0") and uids.is_valid(value[:-1].decode()) for value in values)


def test_two_studies_share_a_series_uid():
    one, other = data_sets("shared-series-uid")

    assert one.SeriesInstanceUID == other.SeriesInstanceUID
    assert one.StudyInstanceUID != other.StudyInstanceUID


def test_boundary_that_a_server_has_used_is_in_the_pixels_and_in_private_bytes():
    instance = delimiting(LABEL, "a-boundary")

    assert instance.content.count(b"\r\n--a-boundary--\r\n") == 2
    assert instance.study_uid == KINDS["delimiter"].make(LABEL)[0].study_uid
    assert instance.sop_instance_uid != KINDS["delimiter"].make(LABEL)[0].sop_instance_uid


def test_presentation_state_refers_to_one_of_the_images_of_its_series():
    *images, state = data_sets("presentation-state")

    (series,) = state.ReferencedSeriesSequence
    (referenced,) = series.ReferencedImageSequence
    assert referenced.ReferencedSOPInstanceUID == images[-1].SOPInstanceUID
    assert {image.SeriesInstanceUID for image in images} == {series.SeriesInstanceUID}


def test_document_is_a_pdf_whose_table_points_at_its_objects():
    ds = the_data_set("pdf")
    document = ds.EncapsulatedDocument[: ds.EncapsulatedDocumentLength]

    start = int(document.split(b"startxref\n")[1].split()[0])
    offsets = [int(line[:10]) for line in document[start:].splitlines()[3:-5]]

    assert document[start:].startswith(b"xref\n")
    assert [document[offset:].split()[0] for offset in offsets] == [b"%d" % number for number in range(1, 7)]


def test_mixed_study_has_three_series_and_two_modalities():
    found = [(ds.SeriesNumber, ds.Modality) for ds in data_sets("mixed")]

    assert found == [(1, "OT"), (2, "OT"), (3, "SR")]


def test_described_study_shows_values_absence_and_missing_ids():
    image, frames, report, another = data_sets("described")

    assert [(ds.SeriesNumber, ds.InstanceNumber) for ds in (image, frames, report, another)] == [
        *((11, 21), (11, 41), (21, 21), (31, 21))
    ]
    assert [ds.Modality for ds in (image, frames, report, another)] == ["CT", "CT", "SR", "CT"]
    assert [ds.get("NumberOfFrames") for ds in (image, frames, report, another)] == [None, 3, None, None]
    assert [len(item) for item in image.RequestAttributesSequence] == [2, 1]
    assert "RequestAttributesSequence" not in another


def test_attributes_that_may_be_empty_are_there_without_a_value():
    ds = the_data_set("without-values")

    assert all(ds[keyword].is_empty for keyword in MAY_BE_EMPTY)


def test_disagreeing_study_and_series_have_two_descriptions_each():
    found = data_sets("disagreeing")

    assert len({ds.StudyInstanceUID for ds in found}) == 1
    assert len({ds.StudyDescription for ds in found}) == 2
    assert len({(ds.SeriesInstanceUID, ds.SeriesDescription) for ds in found}) == 3


def test_further_series_is_of_the_same_study_and_the_same_each_time():
    (first,) = KINDS["growing"].make(LABEL)

    other = further(first, "XC")

    assert (other.study_uid, other.dataset.Modality, other.fresh) == (first.study_uid, "XC", True)
    assert not {other.series_uid, other.sop_instance_uid} & {first.series_uid, first.sop_instance_uid}
    assert other.dataset.file_meta.MediaStorageSOPInstanceUID == other.sop_instance_uid
    assert other == further(first, "XC")
