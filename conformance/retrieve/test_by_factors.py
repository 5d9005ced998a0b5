"""PS3.18 10.4.1.1: pixel objects of every combination of two properties are retrieved, described and rendered."""

from __future__ import annotations

from conformance.dicomweb import completeness, dicom_json, part10
from conformance.dicomweb.differences import difference
from conformance.kit import check, expect, given, media
from conformance.kit.kinds import encoded_frames, frames
from conformance.kit.verdicts import NotSupported
from conformance.retrieve import objects, pictures, reading, shades
from conformance.retrieve.test_metadata import comparable
from conformance.retrieve.test_shown import rendering
from conformance.retrieve.test_thumbnails import thumbnail


@check("RETRIEVE-INST-001", "by-factors")
def test_pixel_objects_are_those_stored(endpoint, array):
    """Each pixel object is retrieved with the stored data set."""

    def judge(instance):
        response, found = objects.retrieved(endpoint, instance)
        expect.same(part10.differences(instance.dataset, found), response)

    array(judge)


@check("RETRIEVE-META-004", "by-factors")
def test_metadata_of_pixel_objects_are_complete(endpoint, array):
    """Metadata have all attributes of each pixel object."""

    def judge(instance):
        response, metadata = objects.described(endpoint, instance)
        missing = completeness.missing(instance.dataset, metadata)
        expect.same([difference(where, None, "there") for where in missing], response)

    array(judge)


@check("RETRIEVE-META-005", "by-factors")
def test_bulk_values_of_pixel_objects_are_there(endpoint, array):
    """Pixel data, tables and other bulk values of each pixel object are given by BulkDataURI or inline."""

    def judge(instance):
        response, metadata = objects.described(endpoint, instance)
        expect.same(completeness.valueless(instance.dataset, metadata), response)

    array(judge)


@check("RETRIEVE-META-009", "by-factors")
def test_metadata_of_pixel_objects_have_their_values(endpoint, array):
    """Metadata have the stored values of each pixel object."""

    def judge(instance):
        response, metadata = objects.described(endpoint, instance)
        expect.same(dicom_json.differences(comparable(instance.dataset, metadata), metadata), response)

    array(judge)


@check("RETRIEVE-FRAMES-001", "by-factors")
def test_frames_of_pixel_objects(endpoint, array, stored):
    """The frames of each pixel object are those stored, native or decompressed."""

    def judge(instance):
        given.framed(endpoint, instance, stored("sample")[0])
        objects.frames(endpoint, instance)

    array(judge)


@check("RETRIEVE-FRAMES-011", "by-factors")
def test_compressed_frames_of_pixel_objects(endpoint, array, stored):
    """The frames of each compressed pixel object are its complete codestreams, if its transfer syntax is requested."""

    def judge(instance):
        if not (known := encoded_frames(instance)):
            raise NotSupported("its frames are not compressed")
        given.framed(endpoint, instance, stored("sample")[0])
        objects.codestreams(endpoint, instance, known)

    array(judge)


def last(endpoint, instance):
    """The rendering of the last frame of an instance."""
    number = len(frames(instance))
    return rendering(endpoint, instance.path + (f"/frames/{number}" if number > 1 else "") + "/rendered")


@check("RETRIEVE-REND-001", "by-factors")
def test_renderings_of_pixel_objects_can_be_decoded(endpoint, array):
    """The rendering of each pixel object can be decoded; it may be refused, but causes no server error."""
    array(lambda instance: pictures.one(reading.offered(last(endpoint, instance), "the image is not rendered")))


@check("RETRIEVE-REND-016", "by-factors")
def test_renderings_of_pixel_objects(endpoint, array):
    """The rendering of the last frame of each pixel object shows its values by its tables, rescale and window."""

    def judge(instance):
        number = len(frames(instance))
        response = last(endpoint, instance)
        if encoded_frames(instance):
            why = "10.4.1.1.3 does not say which images have to be rendered"
            expect.outcome(response, (200,), expect.REFUSALS, why)
        shades.judge(response, instance, number)

    array(judge)


@check("RETRIEVE-THUMB-003", "by-factors")
def test_thumbnails_of_pixel_objects(endpoint, array, stored):
    """The thumbnails of pixel objects can be decoded: a few that have every property."""
    given.present(thumbnail(endpoint, stored("quadrants")[0], "instance"))

    def judge(instance):
        response = thumbnail(endpoint, instance, "instance")
        if encoded_frames(instance):
            expect.outcome(response, (200,), expect.REFUSALS, media.DECOMPRESSION)
        pictures.one(response)

    array(judge, few=True)
