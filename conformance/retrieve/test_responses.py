"""PS3.18 10.4.2, 10.4.3.1: media types and statuses of all retrieve resources."""

from __future__ import annotations

import pytest

from conformance.kit import check, expect, given, media
from conformance.kit.accept import DICOM_JSON
from conformance.kit.verdicts import NotSupported, Observed
from conformance.retrieve import reading
from conformance.retrieve.reading import DICOM, OCTETS

# Resources below a study, series or instance, with an Accept value and the media type that it asks for.
STUDY, SERIES, INSTANCE = "study_path", "series_path", "path"
RESOURCES = {
    "study": (STUDY, "", DICOM, "application/dicom"),
    "series": (SERIES, "", DICOM, "application/dicom"),
    "instance": (INSTANCE, "", DICOM, "application/dicom"),
    "metadata": (INSTANCE, "/metadata", DICOM_JSON, DICOM_JSON),
    "frames": (INSTANCE, "/frames/1", OCTETS, "application/octet-stream"),
}
WHOLE = ("many", "sample")


@check("RETRIEVE-RESP-001")
@pytest.mark.parametrize("resource", RESOURCES)
def test_media_type_is_one_that_was_asked_for(endpoint, stored, resource):
    """The content has a requested media type, in parts if these were requested."""
    level, suffix, accept, expected = RESOURCES[resource]
    if suffix:
        given.claimed(endpoint, resource)

    instance = stored("sample")[0]
    if resource == "frames":
        given.framed(endpoint, instance, instance)
    response = endpoint.fetch(getattr(instance, level) + suffix, accept=accept)

    given.present(response, by=f"retrieve-{resource}-001.sample" if resource in ("study", "series") else None)
    expect.equal("Content-Type", media.essence(response.header("Content-Type")), media.essence(accept), response)
    for part in reading.types(response):
        expect.equal("the media type of a part", part, expected, response)


@check("RETRIEVE-RESP-004")
@pytest.mark.parametrize("level", [STUDY, SERIES], ids=["study", "series"])
@pytest.mark.parametrize("kind", WHOLE)
def test_status_200_is_for_all_instances(endpoint, stored, kind, level):
    """A 200 response has a part for each instance of the study or series."""
    instances = stored(kind)
    target = getattr(instances[0], level)
    number = sum(getattr(item, level) == target for item in instances)

    response = endpoint.fetch(target, accept=DICOM)

    given.not_too_large(response, number)
    given.present(response, by="retrieve-study-001.sample" if level == STUDY else "retrieve-series-001.sample")
    expect.equal("the number of instances with status 200", len(expect.parts(response)), number, response)


@check("RETRIEVE-RESP-005")
def test_some_instances_cannot_be_sent(endpoint, stored):
    """A study that cannot all be returned in the requested transfer syntax may be returned in part (206)."""
    accept = f"{DICOM}; transfer-syntax=1.2.840.10008.1.2.4.90"

    response = endpoint.get(stored("mixed")[0].study_path, accept=accept)

    raise Observed(f"a study with a report, requested in JPEG 2000, returns {response.status}")


@check("RETRIEVE-RESP-006")
@pytest.mark.parametrize("suffix", ["", "/metadata"], ids=["instances", "metadata"])
@pytest.mark.parametrize("wrong", ["study", "series", "instance"])
def test_what_is_not_there(endpoint, stored, absent_uid, wrong, suffix):
    """A path with an unused UID, at any level, returns 404."""
    instance = stored("sample")[0]
    if suffix:
        given.claimed(endpoint, "metadata")
    real = {"study": instance.study_uid, "series": instance.series_uid, "instance": instance.sop_instance_uid}
    uid = real | {wrong: absent_uid}

    response = endpoint.get(
        f"studies/{uid['study']}/series/{uid['series']}/instances/{uid['instance']}{suffix}", accept=_accept(suffix)
    )

    expect.absent(response)


@check("RETRIEVE-RESP-006", "alone")
@pytest.mark.parametrize("suffix", ["", "/metadata"], ids=["instances", "metadata"])
@pytest.mark.parametrize("level", ["study", "series"])
def test_study_and_series_that_are_not_there(endpoint, stored, absent_uid, level, suffix):
    """A study that does not exist returns 404, and so does a series that does not exist in a real study."""
    if suffix:
        given.claimed(endpoint, "metadata")
    parents = f"studies/{absent_uid}" if level == "study" else f"{stored('sample')[0].study_path}/series/{absent_uid}"

    response = endpoint.get(parents + suffix, accept=_accept(suffix))

    expect.absent(response)


@check("RETRIEVE-RESP-006", "other-parent")
@pytest.mark.parametrize("suffix", ["", "/metadata"], ids=["instances", "metadata"])
def test_instance_of_another_series(endpoint, stored, suffix):
    """An instance below another series of its study returns 404."""
    if suffix:
        given.claimed(endpoint, "metadata")
    red, _, blue = given.three(stored("sample"))

    response = endpoint.get(f"{red.series_path}/instances/{blue.sop_instance_uid}{suffix}", accept=_accept(suffix))

    expect.absent(response)


@check("RETRIEVE-RESP-010")
@pytest.mark.parametrize("resource", ["rendered-study", "rendered-series", "rendered-frames", "frames"])
def test_single_part_of_several_items(endpoint, stored, resource):
    """A single-part media type for several items is ignored, so that 406 follows."""
    given.claimed(endpoint, {"rendered-frames": "rendered", "frames": "frames"}.get(resource, "rendered-series"))
    instance = stored("rgb-multiframe-odd" if "frames" in resource else "ct-16")[0]
    target, accept = {
        "rendered-study": (instance.study_path + "/rendered", "image/jpeg"),
        "rendered-series": (instance.series_path + "/rendered", "image/jpeg"),
        "rendered-frames": (instance.path + "/frames/1,2/rendered", "image/jpeg"),
        "frames": (instance.path + "/frames/1,2", "application/octet-stream"),
    }[resource]

    response = endpoint.get(target, accept=accept)

    expect.unacceptable(response)


@check("RETRIEVE-REND3D-001")
@pytest.mark.parametrize("resource", ["renderedmpr", "rendered3d"])
def test_rendered_volume(endpoint, stored, resource):
    """Rendered MPR and 3D volumes may be supported."""
    series = stored("ct-16")[0].series_path
    for name in (resource, resource.replace("mpr", "MPR")):  # as 10.4.1.1.7 writes it, and the tables of 2026c
        response = endpoint.fetch(f"{series}/{name}", accept="image/jpeg")
        if response.status == 200:
            raise Observed(f"/{name} of a series returns 200")
    raise NotSupported(f"/{resource} of a series is not supported: status is {response.status}")


def _accept(suffix):
    return DICOM_JSON if suffix else DICOM
