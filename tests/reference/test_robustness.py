"""Whatever it is sent, the reference server answers, and never with its own error."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from conformance.dicomweb.findings import VRS as VRS_OF_PS3_5

from .helpers import BOUNDARY, DICOM, JSON, image, message, part10, url
from .test_metadata_store import URI, XML, metadata, post

fuzz = settings(max_examples=60, deadline=None)

KEYS = st.sampled_from(
    [
        *("StudyDate", "StudyTime", "PatientName", "StudyInstanceUID", "SeriesNumber", "Rows", "PixelData", "LUTData"),
        *("RequestAttributesSequence", "RequestAttributesSequence.RequestedProcedureID", "PatientWeight", "PatientAge"),
        *("AcquisitionDateTime", "FrameIncrementPointer", "TimezoneOffsetFromUTC", "00189999"),
        *("limit", "offset", "includefield", "fuzzymatching", "accept", "charset"),
    ]
)
TEXT = st.text(st.sampled_from("019-+.,*?^=\\\"'[] aZé山\0\r\n"), max_size=12)
ACCEPT = st.text(st.sampled_from('*/;=,"qtype.019 -multipart\\'), max_size=30).map(str.strip)
PATHS = st.sampled_from(["/studies", "/series", "/instances"])
FILE = part10(image())


@fuzz
@given(path=PATHS, parameters=st.lists(st.tuples(KEYS | TEXT, TEXT), max_size=4))
def test_no_query_is_an_error_of_the_server(client, study, path, parameters):
    assert client.get(path, params=parameters).status_code in (200, 400)


@fuzz
@given(accept=ACCEPT)
def test_no_accept_header_is_an_error_of_the_server(client, study, accept):
    for suffix in ("", "/metadata", "/frames/1", "/bulkdata/7FE00010"):
        response = client.get(url(study.images[0]) + suffix, headers={"Accept": accept})

        assert response.status_code in (200, 406)


@pytest.mark.filterwarnings("ignore::UserWarning")
@fuzz
@given(position=st.integers(132, len(FILE) - 1), value=st.integers(0, 255), cut=st.booleans())
def test_no_file_is_an_error_of_the_server(client, position, value, cut):
    file = FILE[:position] + bytes([value]) + (b"" if cut else FILE[position + 1 :])
    headers = {"Content-Type": f"{DICOM}; boundary={BOUNDARY}"}

    response = client.post("/studies", content=message(file), headers=headers)

    assert response.status_code in (200, 409)
    retrieved(client, response)


def retrieved(client, response):
    """What is named as stored can be retrieved, and success names something."""
    stored = response.json().get("00081199", {}).get("Value", [])
    assert bool(stored) == (response.status_code in (200, 202))
    for item in stored:
        address = item["00081190"]["Value"][0]
        answers = [client.get(address + suffix, headers={"Accept": "*/*"}) for suffix in ("", "/metadata", "/frames/1")]
        assert [answer.status_code for answer in answers] in ([200, 200, 200], [200, 200, 404])


# Attributes that a store reads itself, and one that it only keeps; anything that JSON can say as their content.
TAGS = st.sampled_from(
    [
        *("00080016", "00080018", "0020000D", "0020000E", "00080005", "00280010", "00280008", "7FE00010", "00083002"),
        *("00100010", "00081140", "00020010", "00000002", "00080000", "00091001", "7FE00008", "5400100E", "x", ""),
    ]
)
VRS = st.sampled_from([*sorted(VRS_OF_PS3_5), "ZZ"])
ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=9)
    | st.sampled_from(["1.2.3", "\ud800", "NaN", "AAAA", URI, "file:///etc/passwd", "1" * 400, 10**400]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TAGS, inner, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from(["vr", "Value", "InlineBinary", "BulkDataURI", "Alphabetic", "vR"])
ATTRIBUTES = ANYTHING | st.fixed_dictionaries({"vr": VRS, "Value": st.lists(ANYTHING, max_size=3)})
ATTRIBUTES |= st.fixed_dictionaries(
    {"vr": VRS | ANYTHING}, optional={"InlineBinary": ANYTHING, "BulkDataURI": ANYTHING}
)
DEEP = 2_000
NAMESPACE = "http://dicom.nema.org/PS3.19/models/NativeDICOM"
ROOT = b'<NativeDicomModel xmlns="%s">' % NAMESPACE.encode()
ITEMS = b'<DicomAttribute tag="00081140" vr="SQ"><Item number="1">'
LAUGHS = (
    b"""<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c SYSTEM "file:///etc/passwd">]><x>&b;&c;</x>"""
)


def answered(client, response):
    """The answer to a store of what may be no metadata: refused before it is looked at, stored, or named as failed."""
    assert response.status_code in (200, 202, 400, 409, 415), response.text
    if response.status_code not in (400, 415):
        retrieved(client, response)


@pytest.mark.filterwarnings("ignore::UserWarning")
@fuzz
@given(changed=st.dictionaries(TAGS, ATTRIBUTES, min_size=1, max_size=3))
def test_no_data_set_in_json_is_an_error_of_the_server(client, changed):
    document = json.dumps([metadata(image(), **changed)]).encode()

    answered(client, post(client, JSON, (JSON, None, document), ("application/octet-stream", URI, bytes(16))))


@fuzz
@given(document=st.binary(max_size=40) | ANYTHING.map(lambda value: json.dumps(value).encode()))
@example(b"[" * DEEP)
@example(b'[{"00081140":{"vr":"SQ","Value":' * DEEP)
@example(b'[{"00280010":{"vr":"US","Value":[' + b"9" * 10_000 + b"]}}]")
def test_no_json_is_an_error_of_the_server(client, document):
    answered(client, post(client, JSON, (JSON, None, document)))


XML_TEXT = st.sampled_from(["1.2.3", "", "\t", "3", "-", "9" * 400, "&#xD;", "&#0;", "<Value/>", "&b;", "]]>", "山"])


@pytest.mark.filterwarnings("ignore::UserWarning")
@fuzz
@given(tag=TAGS, vr=VRS, number=st.sampled_from(["1", "0", "-1", "x", "99999999999", ""]), text=XML_TEXT)
def test_no_data_set_in_xml_is_an_error_of_the_server(client, tag, vr, number, text):
    ds = image()
    values = {"00080016": ds.SOPClassUID, "00080018": ds.SOPInstanceUID, "0020000D": ds.StudyInstanceUID}
    values |= {"0020000E": ds.SeriesInstanceUID, tag: text}
    forms = dict.fromkeys(values, ("UI", "1")) | {tag: (vr, number)}
    attributes = "".join(
        f'<DicomAttribute tag="{each}" vr="{forms[each][0]}"><Value number="{forms[each][1]}">{value}</Value>'
        "</DicomAttribute>"
        for each, value in values.items()
    )
    document = f'<NativeDicomModel xmlns="{NAMESPACE}">{attributes}</NativeDicomModel>'.encode()

    answered(client, post(client, XML, (XML, None, document)))


@pytest.mark.parametrize(
    "document",
    [
        *(b"", b"<", b"\xff\xfe<", b"<NativeDicomModel/>" * 2, LAUGHS, b"<a>" * DEEP + b"</a>" * DEEP),
        ROOT + ITEMS * DEEP,
        ROOT + ITEMS * DEEP + b"</Item></DicomAttribute>" * DEEP + b"</NativeDicomModel>",
        b'<?xml version="1.0" encoding="utf-7"?><NativeDicomModel/>',
    ],
    ids=["empty", "cut", "no UTF-8", "two", "entities", "deep", "deep and cut", "deep items", "unknown encoding"],
)
def test_no_xml_is_an_error_of_the_server(client, document):
    answered(client, post(client, XML, (XML, None, document)))
