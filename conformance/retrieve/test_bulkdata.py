"""PS3.18 10.4.1.1.5, 10.4.3.3.5, F.2.6: bulk data, by the URIs in metadata."""

from __future__ import annotations

from itertools import islice

import pytest

from conformance.dicomweb import comparison
from conformance.dicomweb.uris import resolved
from conformance.kit import check, expect, given, media
from conformance.kit.accept import ANYTHING
from conformance.kit.kinds import frames
from conformance.kit.verdicts import NotSupported, Observed
from conformance.retrieve import colours, reading
from conformance.retrieve.reading import OCTETS

PIXEL_DATA = "7FE00010"
# Kinds with a value that servers give by reference, and the attribute that it is.
VALUES = {
    "rgb-multiframe-odd": PIXEL_DATA,
    "ct-16": PIXEL_DATA,
    "implicit-vr": PIXEL_DATA,
    "big-endian": PIXEL_DATA,
    "deflated": PIXEL_DATA,
    "palette": "00281201",
    "float-pixels": "7FE00008",
    "pdf": "00420011",
}
MOST = 100  # addresses of a data set that are followed
OF_MANY_VALUES = (
    *("every-vr", "bytes-in-items", "long-bytes-in-items", "long-waveform", "lines-in-bytes", "voi-lut"),
    *("modality-lut", "overlay", "palette-16", "icon", "former-values", "annotations", "many-annotations"),
    "seldom-read",
)
COMPRESSED = ("rle", "jpeg2000-lossless", "two-fragments")


def uris(endpoint, instance):
    """The response with the metadata of an instance, and the BulkDataURI of each path in them."""
    response = endpoint.fetch(f"{instance.path}/metadata")
    found = dict(reading.bulk(given.metadata(response, [instance])[instance.sop_instance_uid]))
    if not found:
        raise NotSupported(f"the metadata do not have a BulkDataURI ({response.request})")
    return response, found


def uri(endpoint, instance, tag):
    """The response with the metadata of an instance, and the BulkDataURI of one of its attributes."""
    response, found = uris(endpoint, instance)
    if (tag,) not in found:
        raise NotSupported(f"{tag} does not have a BulkDataURI in the metadata ({response.request})")
    return response, found[tag,]


def value(instance, tag):
    """The value of an attribute in little endian, without padding where that is known."""
    if tag in (PIXEL_DATA, "7FE00008"):
        return b"".join(frames(instance))
    return bytes(instance.dataset[int(tag, 16)].value)


@check("RETRIEVE-BULK-001")
@pytest.mark.parametrize(
    "kind", ["sample", "every-vr", "rgb-multiframe-odd", "palette", "pdf", "waveform", "nan", "rle"]
)
def test_uris_can_be_followed(endpoint, stored, kind):
    """Each BulkDataURI in metadata can be retrieved."""
    metadata, found = uris(endpoint, stored(kind)[0])

    for address in islice(found.values(), MOST):
        expect.status(endpoint.follow(address, metadata, accept=ANYTHING), 200)


@check("RETRIEVE-BULK-001", "of-several")
@pytest.mark.parametrize("level", ["study", "series"])
def test_uris_of_several_lead_to_the_same(endpoint, stored, level):
    """A BulkDataURI in metadata of a study or series leads to the value to which that of the instance alone leads."""
    first, *others = stored("sample")
    path = first.study_path if level == "study" else first.series_path
    instances = [item for item in (first, *others) if item.path.startswith(path)]
    response = endpoint.fetch(f"{path}/metadata")
    listed = given.metadata(response, instances, by="retrieve-meta-007")

    for instance in instances:
        metadata, alone = uris(endpoint, instance)
        for place, address in islice(reading.bulk(listed[instance.sop_instance_uid]), MOST):
            here, there = resolved(address, response.request.url), resolved(alone.get(place, ""), metadata.request.url)
            if place in alone and here != there:
                found = endpoint.follow(address, response, accept=ANYTHING)
                expect.status(found, 200)
                known = reading.payloads(endpoint.follow(alone[place], metadata, accept=ANYTHING))
                same = reading.payloads(found) == known
                expect.that(same, "the value", "another one", "that of the instance", found)


@check("RETRIEVE-BULK-002")
@pytest.mark.parametrize("kind", VALUES)
def test_bulk_data_in_parts(endpoint, stored, kind):
    """A binary value is returned as one part of application/octet-stream, as it was stored, in little endian."""
    instance = stored(kind)[0]
    metadata, address = uri(endpoint, instance, VALUES[kind])

    response = endpoint.follow(address, metadata, accept=OCTETS)

    content = b"".join(bytes(part.content) for part in expect.parts(response))
    reading.equal("the value", content, value(instance, VALUES[kind]), response)


@check("RETRIEVE-BULK-002", "compressed")
@pytest.mark.parametrize("kind", COMPRESSED)
def test_compressed_bulk_data_in_octets(endpoint, stored, kind):
    """Compressed pixel data are returned decompressed if application/octet-stream is requested."""
    instance = stored(kind)[0]
    metadata, address = uri(endpoint, instance, PIXEL_DATA)

    response = endpoint.follow(address, metadata, accept=OCTETS)

    expect.outcome(response, (200,), (406,), f"10.4.4 requires application/octet-stream; {media.DECOMPRESSION}")
    content, known = b"".join(bytes(part.content) for part in expect.parts(response)), frames(instance)[0]
    if content != colours.by_plane(known):
        reading.equal("the value", content, known, response)


@check("RETRIEVE-BULK-002", "every-value")
@pytest.mark.parametrize("kind", OF_MANY_VALUES)
def test_every_value_at_any_depth(endpoint, stored, kind):
    """Each binary value that metadata give by reference, even in items, is the stored one."""
    for instance in stored(kind):
        metadata, found = uris(endpoint, instance)

        for path, address in islice(found.items(), MOST):
            element = reading.element(instance.dataset, path)
            if element is not None and isinstance(element.value, bytes):
                same_value(endpoint, metadata, address, path, element, instance)


@check("RETRIEVE-BULK-002", "text-and-numbers")
@pytest.mark.parametrize("kind", ["nan", "every-vr", "values-by-factors", "rt-structures"])
def test_text_and_numbers_by_reference(endpoint, stored, kind):
    """Each text and each number that metadata give by reference, as F.2.2 allows, is the stored one."""
    judged = 0
    for instance in stored(kind):
        response = endpoint.fetch(f"{instance.path}/metadata")
        given.present(response, by=f"retrieve-meta-001.every-kind.{kind}")
        (metadata,) = given.metadata(response, [instance]).values()
        places = [(path, uri, reading.element(instance.dataset, path)) for path, uri in reading.bulk(metadata)]
        others = [item for item in places if item[2] and item[2].VR != "SQ" and not comparison.is_bulk(item[2])]
        judged += len(others)

        for path, uri, element in others[:MOST]:
            same_value(endpoint, response, uri, path, element, instance)
    if not judged:
        raise NotSupported(f"the metadata give no text and no number by reference ({response.request})")


def same_value(endpoint, metadata, address, path, element, instance):
    """The BulkDataURI of an attribute leads to the value of the stored element."""
    response = endpoint.follow(address, metadata, accept=OCTETS)
    content = b"".join(bytes(part.content) for part in expect.parts(response))
    reading.value(f"the value of {reading.place(path)}", content, element, instance.dataset, response)


@check("RETRIEVE-BULK-003")
def test_bulk_data_without_multipart(endpoint, stored):
    """A bulk data item may be returned as application/octet-stream without multipart."""
    metadata, address = uri(endpoint, stored("ct-16")[0], PIXEL_DATA)

    response = endpoint.follow(address, metadata, accept="application/octet-stream")

    labelled = media.essence(response.header("Content-Type"))
    raise Observed(
        f"bulk data as single-part application/octet-stream return {response.status}, with Content-Type {labelled}"
    )


@check("RETRIEVE-BULK-004")
@pytest.mark.parametrize("kind", ["ct-16", "pdf"])
def test_parts_say_where_they_are_from(endpoint, stored, kind):
    """Parts of bulk data have the URI in metadata as their Content-Location."""
    metadata, address = uri(endpoint, stored(kind)[0], VALUES[kind])

    response = endpoint.follow(address, metadata, accept=OCTETS)

    for part in expect.parts(response):
        location = part.header("Content-Location")
        known = location and reading.resolved(location, response) == reading.resolved(address, metadata)
        expect.that(known, "Content-Location of a part", location, address, response)


@check("RETRIEVE-BULK-005")
@pytest.mark.parametrize("kind", VALUES)
def test_nothing_but_the_value(endpoint, stored, kind):
    """Bulk data are only the value, without tag, VR or length before it."""
    instance = stored(kind)[0]
    metadata, address = uri(endpoint, instance, VALUES[kind])
    response = endpoint.follow(address, metadata, accept=OCTETS)
    given.present(response)

    size, known = sum(map(len, reading.payloads(response))), value(instance, VALUES[kind])

    reading.length("the value", size, len(known), response)


@check("RETRIEVE-BULK-006")
@pytest.mark.parametrize("level", ["study", "series", "instance"])
def test_bulk_data_resource(endpoint, stored, level):
    """A study, series or instance may have the resource /bulkdata."""
    instance = stored("sample")[0]
    target = {"study": instance.study_path, "series": instance.series_path, "instance": instance.path}[level]

    response = endpoint.get(f"{target}/bulkdata", accept=OCTETS)

    reading.optional(response, f"/bulkdata of a {level} is not supported")
    raise Observed(f"/bulkdata of a {level} returns 200 with {len(reading.payloads(response))} items")


@check("RETRIEVE-BULK-007")
def test_uri_of_nothing(endpoint, stored):
    """The bulk data URI of a value that does not exist returns 404 or 410."""
    metadata, address = uri(endpoint, stored("ct-16")[0], PIXEL_DATA)
    before, slash, _ = address.rpartition("/")

    response = endpoint.follow(f"{before}{slash}there-is-no-such-value", metadata, accept=OCTETS)

    expect.absent(response, 400)


@check("RETRIEVE-BULK-008")
def test_same_bytes_twice(endpoint, stored):
    """The same bulk data URI returns the same bytes each time."""
    metadata, address = uri(endpoint, stored("ct-16")[0], PIXEL_DATA)

    first = endpoint.follow(address, metadata, accept=OCTETS)
    second = endpoint.follow(address, metadata, accept=OCTETS)

    given.present(first)
    same = reading.payloads(second) == reading.payloads(first)
    expect.that(same, "the payload of the second response", "different", "that of the first", second)


@check("RETRIEVE-BULK-009")
def test_encapsulated_document_in_its_own_type(endpoint, stored):
    """An encapsulated document may be returned in its own media type."""
    metadata, address = uri(endpoint, stored("pdf")[0], "00420011")

    response = endpoint.follow(address, metadata, accept='multipart/related; type="application/pdf"')

    raise Observed(f"an encapsulated PDF as application/pdf returns {response.status}")


@check("RETRIEVE-BULK-010")
def test_native_frames_are_one_value(endpoint, stored):
    """The native pixel data of a multi-frame instance are one part with all frames."""
    (instance,) = stored("rgb-multiframe-odd")
    metadata, address = uri(endpoint, instance, PIXEL_DATA)

    response = endpoint.follow(address, metadata, accept=OCTETS)

    parts = expect.parts(response)
    expect.that(len(parts) == 1, "the number of parts", len(parts), "1 with all frames", response)
    reading.equal("the part", bytes(parts[0].content), b"".join(frames(instance)), response)


@check("RETRIEVE-PIXEL-001")
@pytest.mark.parametrize("level", ["study", "series", "instance"])
def test_pixel_data_resource(endpoint, stored, level):
    """A study, series or instance may have the resource /pixeldata."""
    instance = stored("sample")[0]
    target = {"study": instance.study_path, "series": instance.series_path, "instance": instance.path}[level]

    response = endpoint.fetch(f"{target}/pixeldata", accept=OCTETS)

    reading.optional(response, f"/pixeldata of a {level} is not supported")
    raise Observed(f"/pixeldata of a {level} returns 200 with {len(reading.payloads(response))} parts")


@check("RETRIEVE-PIXEL-002")
def test_pixel_data_of_a_study(endpoint, stored):
    """/pixeldata of a study has the pixel data of each instance, in parts with a Content-Location."""
    instances = stored("sample")

    response = endpoint.fetch(f"{instances[0].study_path}/pixeldata", accept=OCTETS)

    reading.optional(response, "/pixeldata is not supported")
    parts = expect.parts(response)
    for instance in instances:
        reading.in_a_part([bytes(part.content) for part in parts], instance, response)
    for part in parts:
        expect.present("Content-Location of a part", part.header("Content-Location"), response)
