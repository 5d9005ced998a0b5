"""Whatever it is sent, the reference server answers, and never with its own error."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .helpers import BOUNDARY, DICOM, image, message, part10, url

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
    for item in response.json().get("00081199", {}).get("Value", []):
        address = item["00081190"]["Value"][0]
        answers = [client.get(address + suffix, headers={"Accept": "*/*"}) for suffix in ("", "/metadata", "/frames/1")]
        assert [answer.status_code for answer in answers] in ([200, 200, 200], [200, 200, 404])
