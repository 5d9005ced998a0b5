"""Reports and documents, rendered by the reference server (PS3.18 8.7.4, the Text category)."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from pydicom import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import ComprehensiveSRStorage, EncapsulatedPDFStorage

from .helpers import image, store, url


def code(meaning, value="1", scheme="99TEST"):
    ds = Dataset()
    ds.CodeValue, ds.CodingSchemeDesignator, ds.CodeMeaning = value, scheme, meaning
    return Sequence([ds])


def item(value_type, name, **attributes):
    ds = Dataset()
    ds.RelationshipType, ds.ValueType, ds.ConceptNameCodeSequence = "CONTAINS", value_type, code(name)
    for keyword, value in attributes.items():
        setattr(ds, keyword, value)
    return ds


@pytest.fixture(scope="module")
def report(client):
    measured = Dataset()
    measured.NumericValue, measured.MeasurementUnitsCodeSequence = "1.5", code("centimetre", "cm", "UCUM")
    findings = item("CONTAINER", "Findings")
    findings.ContentSequence = Sequence(
        [
            item("TEXT", "Remark", TextValue="größer <b>als</b> 肺"),
            item("NUM", "Diameter", MeasuredValueSequence=Sequence([measured])),
        ]
    )
    ds = image(SOPClassUID=ComprehensiveSRStorage, Modality="SR", ValueType="CONTAINER", PatientName="Müller^Jörg")
    del ds.PixelData, ds.Rows, ds.Columns
    ds.ConceptNameCodeSequence = code("Chest report")
    ds.ContentSequence = Sequence(
        [
            item("CODE", "Procedure", ConceptCodeSequence=code("CT")),
            findings,
            item("PNAME", "Observer", PersonName="Roe^A"),
        ]
    )
    assert store(client, ds).status_code == 200
    return ds


def get(client, ds, accept, **parameters):
    return client.get(url(ds) + "/rendered", params=parameters, headers={"Accept": accept})


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [("*/*", "text/html"), ("text/*", "text/html"), ("text/plain", "text/plain"), ("text/xml", "text/xml")],
)
def test_report_is_text_in_utf_8(client, report, accept, media_type):
    response = get(client, report, accept, charset="utf-8")

    assert response.headers["Content-Type"] == f"{media_type}; charset=utf-8"
    assert all(text in response.content.decode("utf-8") for text in ("Müller^Jörg", "größer", "肺", "Chest report"))


def test_plain_report_is_the_content_tree(client, report):
    assert get(client, report, "text/plain").text.splitlines()[1:] == [
        "Chest report",
        "  Procedure: CT",
        "  Findings",
        "    Remark: größer <b>als</b> 肺",
        "    Diameter: 1.5 cm",
        "  Observer: Roe^A",
    ]


def test_text_xml_is_a_page_that_can_be_parsed(client, report):
    page = ElementTree.fromstring(get(client, report, "text/xml").content)

    texts = [element.text for element in page.iter("{http://www.w3.org/1999/xhtml}li")]
    assert texts == ["Procedure: CT", "Findings", "Remark: größer <b>als</b> 肺", "Diameter: 1.5 cm", "Observer: Roe^A"]


def test_page_shows_what_was_stored_as_text(client, report):
    page = get(client, report, "text/html").text

    assert "<b>" not in page
    assert "&lt;b&gt;als" in page


@pytest.fixture(scope="module")
def latin(client):
    """A report whose characters are in ISO 8859-1."""
    ds = image(SOPClassUID=ComprehensiveSRStorage, Modality="SR", ValueType="CONTAINER", PatientName="Müller^Jörg")
    del ds.PixelData
    store(client, ds)
    return ds


@pytest.mark.parametrize("accept", ["text/html", "text/plain", "text/xml"])
@pytest.mark.parametrize(
    ("parameter", "charset", "accept_charset", "expected"),
    [
        ("", "", "", "utf-8"),
        ("", "x-klingon", "x-klingon", "utf-8"),
        ("", "", "utf-8;q=0.5, iso-8859-1", "iso-8859-1"),
        ("", "utf-8", "iso-8859-1", "utf-8"),
        (";charset=ISO-8859-1", "utf-8", "utf-8", "iso-8859-1"),
    ],
)
def test_report_is_in_the_character_set_that_comes_first(
    client, latin, accept, parameter, charset, accept_charset, expected
):
    headers = {"Accept": accept + parameter, "Accept-Charset": accept_charset}

    response = client.get(url(latin) + "/rendered", params={"charset": charset}, headers=headers)

    assert response.headers["Content-Type"] == f"{accept}; charset={expected}"
    assert "Müller^Jörg" in response.content.decode(expected)


@pytest.mark.parametrize("accept", ["text/html", "text/plain", "text/xml"])
def test_report_that_a_character_set_cannot_hold_is_answered_406(client, report, accept):
    response = get(client, report, accept, charset="iso-8859-1")

    assert (response.status_code, response.text) == (
        406,
        "the report cannot be written in iso-8859-1; available: utf-8",
    )


def test_report_is_no_image(client, report):
    response = get(client, report, "image/jpeg")

    assert response.status_code == 406
    assert "text/html" in response.text


def test_encapsulated_pdf_is_sent_as_it_is(client):
    pdf = b"%PDF-1.4 \n%%EOF\n"
    ds = image(
        SOPClassUID=EncapsulatedPDFStorage, MIMETypeOfEncapsulatedDocument="application/pdf", EncapsulatedDocument=pdf
    )
    del ds.PixelData
    store(client, ds)

    response = get(client, ds, "*/*")

    assert (response.headers["Content-Type"], response.content) == ("application/pdf", pdf)
    assert get(client, ds, "text/html").status_code == 406
