"""The rules of DICOM files, each over one exchange that keeps it and one that breaks it."""

from __future__ import annotations

from io import BytesIO

import pytest
from pydicom import dcmread
from pydicom.uid import RLELossless

from conformance.dicomweb.messages import Answered
from conformance.kit.kinds import Label, made
from conformance.rules import files

AS_STORED, BY_DEFAULT = 'multipart/related; type="application/dicom"; transfer-syntax=*', "application/dicom"


@pytest.fixture(scope="module")
def instance():
    return made("rle", Label("run", "DWC-"))[0]


def answered(path, *parts, accept=AS_STORED):
    body = b"".join(b"--b\r\nContent-Type: " + kind.encode() + b"\r\n\r\n" + file + b"\r\n" for kind, file in parts)
    headers = (("Content-Type", 'multipart/related; type="application/dicom"; boundary=b'),)
    fields = (("Accept", accept),), 200, headers
    content = body + b"--b--\r\n"
    return Answered("a", "p", "GET", f"http://pacs/rs/{path}", *fields, len(content), content, b"", None, bytearray())


def labelled(instance, syntax=RLELossless):
    return f"application/dicom; transfer-syntax={syntax}", instance.content


def test_file_that_keeps_every_rule(instance):
    answer = answered(instance.path, labelled(instance))

    assert files.of_level(3)([answer]) == files.retrieves([answer]) == [answer]
    for rule in (
        files.outside,
        files.misnamed,
        files.implicit,
        files.big_endian,
        files.contradicting,
        files.unlabelled,
    ):
        assert rule(answer) is None
    assert files.not_asked_for(answer) is None


def test_instance_of_another_path(instance):
    said = str(files.outside(answered(f"{instance.series_path}/instances/1.2", labelled(instance))))

    assert said == f"SOPInstanceUID of part 1 is {instance.sop_instance_uid}, should be 1.2, as in the path"


def test_instance_that_comes_twice(instance):
    assert "2 times in the body" in str(files.outside(answered(instance.study_path, *[labelled(instance)] * 2)))


def test_labels(instance):
    assert "is absent" in str(files.unlabelled(answered(instance.path, ("application/dicom", instance.content))))
    assert "is 1.2, should be" in str(files.contradicting(answered(instance.path, labelled(instance, "1.2"))))


def test_transfer_syntax_that_was_not_asked_for(instance):
    answer = answered(instance.path, labelled(instance), accept=BY_DEFAULT)

    assert str(RLELossless) in str(files.not_asked_for(answer))


def test_meta_information_of_another_instance(instance):
    uid = instance.sop_instance_uid.encode()
    other = instance.content.replace(uid, uid[:-1] + bytes([uid[-1] ^ 1]), 1)

    answer = answered(instance.path, (labelled(instance)[0], other))

    assert "MediaStorageSOPInstanceUID of part 1" in str(files.misnamed(answer))


@pytest.mark.parametrize("content", [b"", b"\0" * 128 + b"DICM", b"DICM" * 50, bytes(500)])
def test_any_bytes_are_read_or_left_out(instance, content):
    assert files.retrieves([answered(instance.path, ("application/dicom", content))]) == []


def test_syntax_is_known_where_the_data_set_cannot_be_read(instance):
    wrong = instance.content.replace(b"1.2.840.10008.1.2.5\0", b"1.2.840.10008.1.2.2\0", 1)

    assert dcmread(BytesIO(instance.content)).file_meta.TransferSyntaxUID == RLELossless
    assert files.big_endian(answered(instance.path, (labelled(instance)[0], wrong)))
