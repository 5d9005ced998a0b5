"""PS3.18 8.3: query parameters, their names, their values and their encoding."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from conformance.common import reading
from conformance.kit import check, expect, given
from conformance.kit.kinds import having
from conformance.kit.verdicts import NotSupported, Observed


@check("COMMON-QP-001")
def test_unknown_parameter_is_ignored(endpoint, stored):
    """A search with an unknown parameter returns the same matches as without it."""
    (instance, *_) = stored("sample")
    plain = endpoint.fetch(f"studies?StudyInstanceUID={instance.study_uid}")

    extra = endpoint.get(f"studies?StudyInstanceUID={instance.study_uid}&x_dicomweb_conformance=1")

    expect.status(extra, plain.status)
    there, here = (", ".join(reading.found(answer)) or "none" for answer in (plain, extra))
    expect.that(here == there, "the list of matches", here, f"{there}, as without the parameter", extra)


@check("COMMON-QP-001", "not-ascii")
def test_unknown_parameter_that_is_not_ascii_is_ignored(endpoint, stored):
    """A search with an unknown parameter outside ASCII returns the same status as without it."""
    (instance, *_) = stored("sample")
    plain = endpoint.fetch(f"studies?StudyInstanceUID={instance.study_uid}")

    extra = endpoint.get(f"studies?StudyInstanceUID={instance.study_uid}&gr%C3%B6%C3%9Fe=1")

    expect.status(extra, plain.status)


@check("COMMON-QP-002")
def test_bad_value_is_refused(endpoint, stored):
    """A search with limit=abc returns 400."""
    (instance, *_) = stored("sample")
    response = endpoint.get(f"studies?StudyInstanceUID={instance.study_uid}&limit=abc")

    expect.bad_request(response)


@check("COMMON-QP-003")
def test_parameter_name_is_case_sensitive(endpoint, stored):
    """LIMIT is not limit: with LIMIT=1 both series of the study are found."""
    (instance, *_) = given.three(stored("sample"))
    number = len({item.series_uid for item in stored("sample")})
    response = endpoint.get(f"{instance.study_path}/series?LIMIT=1")

    expect.equal("the number of matches", len(reading.found(response, "SeriesInstanceUID")), number, response)


@check("COMMON-QP-004")
def test_keyword_is_case_sensitive(endpoint, stored):
    """patientid is not PatientID: an unused value of it does not hide the study."""
    (instance, *_) = stored("sample")
    response = endpoint.get(f"studies?StudyInstanceUID={instance.study_uid}&patientid=nobody-has-this-id")

    if response.status not in expect.REFUSALS:
        expect.one_match(response, "StudyInstanceUID", instance.study_uid)


@check("COMMON-QP-005")
def test_reserved_characters_in_a_value(endpoint, stored):
    """A study is found by its Accession Number with percent-encoded "&", "=" and ","."""
    (instance, *_) = stored("reserved")
    value = quote(instance.dataset.AccessionNumber, safe="")

    response = endpoint.get(f"studies?AccessionNumber={value}&StudyInstanceUID={instance.study_uid}")

    expect.one_match(response, "StudyInstanceUID", instance.study_uid)


# A key with an empty first group may be read in several ways (PS3.4 C.2.2.2.1).
NAMED = [kind for kind in having("text") if kind != "name-ideographic-only"]


@check("COMMON-QP-006")
@pytest.mark.parametrize("kind", NAMED)
def test_name_that_is_not_ascii(endpoint, stored, kind):
    """A study is found by its patient's name in percent-encoded UTF-8, and not by another such name."""
    (instance, *_) = stored(kind)
    name, uid = str(instance.dataset.PatientName), instance.study_uid

    response = endpoint.get(f"studies?PatientName={quote(name, safe='')}&StudyInstanceUID={uid}")
    other = endpoint.get(f"studies?PatientName={quote('Ÿ' + name, safe='')}&StudyInstanceUID={uid}")

    expect.one_match(response, "StudyInstanceUID", uid)
    expect.no_match(other)


@check("COMMON-QP-007")
def test_warning_about_an_ignored_parameter(endpoint, stored):
    """Whether the server reports that it has ignored a parameter."""
    (instance, *_) = stored("sample")
    response = endpoint.get(f"studies?StudyInstanceUID={instance.study_uid}&x_dicomweb_conformance=1")

    raise Observed(f"for an unknown parameter the Warning is {response.header('Warning') or 'absent'}")


@check("COMMON-QP-008", "uid")
def test_uid_is_compared_without_its_padding(endpoint, stored):
    """A study whose UID of odd length was stored with a NUL is found by the UID without it."""
    (instance, *_) = stored("odd-uid")

    response = endpoint.get(f"studies?StudyInstanceUID={instance.study_uid}")

    expect.one_match(response, "StudyInstanceUID", instance.study_uid)


@check("COMMON-QP-008", "text")
def test_text_is_compared_without_its_padding(endpoint, stored):
    """A study whose Patient ID of odd length was stored with a space is found by the ID without it."""
    kinds = ("sample", "reserved", "odd-uid", "sr")
    instance = next((stored(kind)[0] for kind in kinds if len(stored(kind)[0].dataset.PatientID) % 2), None)
    if instance is None:
        raise NotSupported("no Patient ID that was stored has an odd length")
    patient = quote(instance.dataset.PatientID, safe="")

    response = endpoint.get(f"studies?PatientID={patient}&StudyInstanceUID={instance.study_uid}")

    expect.one_match(response, "StudyInstanceUID", instance.study_uid)
