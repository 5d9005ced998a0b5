"""PS3.18 10.4.1.1.1, 10.4.4: all instances of a study."""

from __future__ import annotations

import io
import zipfile

import pytest

from conformance.dicomweb import part10
from conformance.kit import check, expect, given
from conformance.kit.accept import AS_STORED
from conformance.kit.verdicts import NotSupported, Observed
from conformance.retrieve import reading
from conformance.retrieve.reading import DICOM, OCTETS

# Of every VR, nested, private, in several character sets, and where readers seldom look.
RICH = ("every-vr", "values-by-factors", "seldom-read")
COMPRESSED = ("image/jpeg", "image/jp2", "image/jls", "image/dicom-rle", "image/jphc")


@check("RETRIEVE-STUDY-001")
@pytest.mark.parametrize("kind", ["sample", "mixed", "ct-16", "shared-series-uid", "seven-studies"])
def test_instances_of_a_study(endpoint, stored, kind):
    """A study is returned with each of its instances, and no other."""
    instances = stored(kind)
    expected = [item for item in instances if item.study_uid == instances[0].study_uid]

    response = endpoint.fetch(instances[0].study_path, accept=DICOM)

    expect.instances(response, expected)


@check("RETRIEVE-STUDY-001", "whole")
@pytest.mark.parametrize("kind", RICH)
def test_instances_of_a_study_are_those_stored(endpoint, stored, kind):
    """Each instance of a study has the stored data set, also if it is retrieved with its study."""
    whole(endpoint, stored(kind)[0].study_path, stored(kind))


@check("RETRIEVE-STUDY-002")
@pytest.mark.parametrize("kind", ["sample", "mixed"])
def test_study_in_parts(endpoint, stored, kind):
    """Each instance of a study is an application/dicom part with a DICOM file."""
    response = endpoint.fetch(stored(kind)[0].study_path, accept=DICOM)

    files(response)


@check("RETRIEVE-STUDY-003")
@pytest.mark.parametrize("kind", ["sample", "quadrants"], ids=["three-instances", "one-instance"])
def test_study_without_multipart(endpoint, stored, kind):
    """A study as single-part application/dicom returns 406, even if it has one instance."""
    response = endpoint.get(stored(kind)[0].study_path, accept="application/dicom")

    expect.unacceptable(response)


@check("RETRIEVE-STUDY-004")
@pytest.mark.parametrize("level", ["study", "series", "instance"])
def test_bulk_data_of_instances(endpoint, stored, level):
    """Instances requested as application/octet-stream are returned as their bulk data."""
    instances = stored("sample")
    path = f"{level}_path" if level != "instance" else "path"
    target = getattr(instances[0], path)
    expected = [item for item in instances if getattr(item, path) == target]

    response = endpoint.fetch(target, accept=OCTETS)

    found = reading.payloads(response)
    reading.all_of("application/octet-stream", response)
    for instance in expected:
        reading.in_a_part(found, instance, response)


@check("RETRIEVE-STUDY-004", "every-value")
@pytest.mark.parametrize("kind", ["sample", "seldom-read"])
def test_bulk_data_are_at_their_locations(endpoint, stored, kind):
    """The bulk data of a study have each binary value that its metadata give by reference, at its Content-Location;
    compressed pixels are another matter."""
    given.claimed(endpoint, "metadata")
    path, instances = stored(kind)[0].study_path, stored(kind)
    described = endpoint.fetch(f"{path}/metadata")
    metadata = given.metadata(described, instances, by="retrieve-meta-007")

    response = endpoint.fetch(path, accept=OCTETS)

    given.present(response, by="retrieve-study-004.study")
    parts = expect.parts(response)
    judged = 0
    located = {reading.address(part.header("Content-Location") or "", response): part.content for part in parts}
    for instance in instances:
        for place, uri in reading.bulk(metadata[instance.sop_instance_uid]):
            element = reading.element(instance.dataset, place)
            if not element or not isinstance(element.value, bytes) or element.is_undefined_length:
                continue
            judged += 1
            value, known = element.value, located.get(reading.address(uri, described))
            what = f"the value of {reading.place(place)} of {instance.sop_instance_uid}"
            if known is not None:
                reading.equal(what, bytes(known), value, response)
            elif not any(reading.same(bytes(part.content), value) for part in parts):
                why = "10.4.3.3.5 has all bulk data, but speaks of /bulkdata, not of a study in this media type"
                expect.doubt(what, "not in any part", "in a part", response, why)
    if not judged:
        raise NotSupported(f"the metadata do not have a BulkDataURI of a native value ({described.request})")


@check("RETRIEVE-STUDY-005")
@pytest.mark.parametrize("media_type", COMPRESSED, ids=[name.rpartition("/")[2] for name in COMPRESSED])
def test_compressed_bulk_data_of_an_instance(endpoint, stored, media_type):
    """Instances may be requested as compressed bulk data."""
    response = endpoint.get(stored("sample")[0].path, accept=f'multipart/related; type="{media_type}"')

    raise Observed(f"an instance as {media_type} returns {response.status}")


@check("RETRIEVE-SERIES-001")
@pytest.mark.parametrize("kind", ["sample", "mixed", "many", "shared-series-uid", "seven-studies"])
def test_instances_of_a_series(endpoint, stored, kind):
    """A series is returned with each of its instances, and none of another series or study."""
    instances = stored(kind)
    expected = [item for item in instances if item.series_path == instances[0].series_path]

    response = endpoint.fetch(instances[0].series_path, accept=DICOM)

    given.not_too_large(response, len(expected))
    expect.instances(response, expected)


@check("RETRIEVE-SERIES-001", "whole")
@pytest.mark.parametrize("kind", RICH)
def test_instances_of_a_series_are_those_stored(endpoint, stored, kind):
    """Each instance of a series has the stored data set, also if it is retrieved with its series."""
    whole(endpoint, stored(kind)[0].series_path, stored(kind))


@check("RETRIEVE-SERIES-002", "parts")
def test_series_in_parts(endpoint, stored):
    """Each instance of a series is an application/dicom part with a DICOM file."""
    response = endpoint.fetch(stored("sample")[0].series_path, accept=DICOM)

    files(response)


@check("RETRIEVE-SERIES-002", "single-part")
def test_series_without_multipart(endpoint, stored):
    """A series as single-part application/dicom returns 406."""
    response = endpoint.get(stored("sample")[0].series_path, accept="application/dicom")

    expect.unacceptable(response)


@check("RETRIEVE-ZIP-001")
def test_zip(endpoint, stored):
    """A study may be returned as a zip file, which then contains all its instances."""
    instances = stored("sample")

    response = endpoint.get(instances[0].study_path, accept="application/zip")

    reading.optional(response, "a study as application/zip is not returned")
    if not zipfile.is_zipfile(io.BytesIO(response.content)):
        raise NotSupported(f"a study as application/zip is not a zip file ({response.request})")
    files = zipfile.ZipFile(io.BytesIO(response.content)).infolist()
    raise Observed(f"a study of {len(instances)} instances as application/zip is a file with {len(files)} entries")


def files(response):
    """Each part is an application/dicom part with a DICOM file (8.7.3.1)."""
    reading.all_of("application/dicom", response)
    for number, part in enumerate(expect.parts(response), 1):
        reading.file(part, response, f"part {number}")


def whole(endpoint, path, instances):
    """A study or series is its instances, each with the stored data set."""
    response = endpoint.fetch(path, accept=AS_STORED)

    given.not_too_large(response, len(instances))
    found = expect.instances(response, instances)
    for instance in instances:
        expect.same(part10.differences(instance.dataset, found[instance.sop_instance_uid]), response)
