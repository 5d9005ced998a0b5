"""PS3.18 10.4.1.1.2, 10.4.3.3.2: metadata of studies, series and instances."""

from __future__ import annotations

import pytest

from conformance.dicomweb import completeness, dicom_json
from conformance.dicomweb.differences import difference
from conformance.kit import check, expect, given, media
from conformance.kit.accept import ANYTHING, DICOM_JSON
from conformance.kit.kinds import EACH, KINDS, having
from conformance.kit.verdicts import NotSupported, Observed
from conformance.retrieve import reading

XML = 'multipart/related; type="application/dicom+xml"'
LEVELS = ("study", "series", "instance")
# Attributes that change when pixel data are decompressed (PS3.5 8.2), and those that say that they lost something.
OF_COMPRESSION = ("PhotometricInterpretation", "PlanarConfiguration")
OF_LOSS = ("LossyImageCompression", "LossyImageCompressionRatio", "LossyImageCompressionMethod")


@pytest.fixture(autouse=True)
def believed(endpoint, stored):
    """Metadata name what they are of, before anything is said of their form."""
    given.described(endpoint, stored("sample")[0])


def target(instance, level):
    """The metadata of an instance, of its series or of its study."""
    return {"study": instance.study_path, "series": instance.series_path, "instance": instance.path}[
        level
    ] + "/metadata"


def described(endpoint, instance, kind):
    """The data set that the metadata of an instance of a kind are; if there is none, another check fails."""
    response = endpoint.fetch(target(instance, "instance"))
    given.present(response, by=f"retrieve-meta-001.every-kind.{kind}")
    return response, given.metadata(response, [instance])[instance.sop_instance_uid]


@check("RETRIEVE-META-001")
@pytest.mark.parametrize("level", LEVELS)
def test_metadata_are_there(endpoint, stored, level):
    """The metadata of a study, a series and an instance can be retrieved."""
    response = endpoint.fetch(target(stored("sample")[0], level))

    expect.status(response, 200)


@check("RETRIEVE-META-001", "every-kind")
@pytest.mark.parametrize("kind", EACH)
def test_metadata_of_every_kind_are_there(endpoint, stored, kind):
    """The metadata of each instance can be retrieved, whatever its content."""
    for instance in stored(kind):
        expect.status(endpoint.fetch(target(instance, "instance")), 200)


@check("RETRIEVE-META-002")
@pytest.mark.parametrize("accept", [DICOM_JSON, ANYTHING], ids=["asked-for", "by-default"])
def test_metadata_in_json(endpoint, stored, accept):
    """Metadata are returned as application/dicom+json, even if anything is accepted."""
    response = endpoint.fetch(target(stored("sample")[0], "instance"), accept=accept)

    expect.status(response, 200)
    media.dicom_json(response)


@check("RETRIEVE-META-003")
@pytest.mark.parametrize("level", LEVELS)
def test_metadata_in_xml(endpoint, stored, level):
    """Metadata are returned as parts of application/dicom+xml on request."""
    response = endpoint.fetch(target(stored("sample")[0], level), accept=XML)

    reading.all_of("application/dicom+xml", response)


@check("RETRIEVE-META-003", "form-feed")
def test_text_that_xml_cannot_hold(endpoint, stored):
    """Metadata in XML are returned of an instance whose text has a character that XML 1.0 lacks."""
    given.present(endpoint.fetch(target(stored("sample")[0], "instance"), accept=XML), by="retrieve-meta-003.instance")
    (instance,) = stored("form-feed")
    response = endpoint.fetch(target(instance, "instance"), accept=XML)

    why = "XML 1.0 has no form feed, and PS3.19 does not say what takes its place"
    expect.outcome(response, (200,), expect.REFUSALS, why)


@check("RETRIEVE-META-004")
@pytest.mark.parametrize("kind", EACH)
def test_metadata_are_complete(endpoint, stored, kind):
    """Metadata have all attributes of the instances, at every depth."""
    for instance in stored(kind):
        response, metadata = described(endpoint, instance, kind)

        missing = completeness.missing(instance.dataset, metadata)
        expect.same([difference(where, None, "there") for where in missing], response)


@check("RETRIEVE-META-004", "unfit")
@pytest.mark.parametrize("kind", having("refusable"))
def test_metadata_have_what_is_not_valid(endpoint, stored, kind):
    """Metadata of an instance that was stored with values that are not valid have all of its attributes."""
    for instance in stored(kind):
        response = endpoint.fetch(target(instance, "instance"))
        if response.status != 200:
            raise NotSupported(f"the metadata are not returned: status is {response.status} ({response.request})")

        metadata = given.metadata(response, [instance])[instance.sop_instance_uid]
        for where in completeness.missing(instance.dataset, metadata)[:1]:
            why = "10.4.3.3.2 has all attributes, but a server may be unable to represent a value that is not valid"
            expect.doubt(where, None, "there", response, why)


@check("RETRIEVE-META-005")
@pytest.mark.parametrize("kind", [name for name in EACH if name not in having("bulkless")])
def test_bulk_values_are_there(endpoint, stored, kind):
    """Pixel data and other bulk values are given by BulkDataURI or inline, at every depth."""
    for instance in stored(kind):
        response, metadata = described(endpoint, instance, kind)

        expect.same(completeness.valueless(instance.dataset, metadata), response)


@check("RETRIEVE-META-007")
@pytest.mark.parametrize("level", ["study", "series"])
@pytest.mark.parametrize("kind", ["sample", "many", "mixed", "shared-series-uid", "seven-studies"])
def test_data_set_for_each_instance(endpoint, stored, kind, level):
    """Metadata have one data set for each instance of the study or series, and no other."""
    instances = stored(kind)
    first = instances[0]
    expected = [item for item in instances if target(item, level) == target(first, level)]

    response = endpoint.fetch(target(first, level))

    expect.metadata(response, expected)


@check("RETRIEVE-META-012")
@pytest.mark.parametrize("level", ["study", "series"])
@pytest.mark.parametrize("kind", ["sample", "mixed", "every-vr"])
def test_metadata_of_a_study_are_complete(endpoint, stored, kind, level):
    """Metadata of a study or series have all attributes of each of its instances, at every depth."""
    instances = stored(kind)
    of_target = [item for item in instances if target(item, level) == target(instances[0], level)]
    response = endpoint.fetch(target(instances[0], level))
    metadata = given.metadata(response, of_target, by="retrieve-meta-007")

    for instance in of_target:
        missing = completeness.missing(instance.dataset, metadata[instance.sop_instance_uid])
        expect.same([difference(where, None, "there") for where in missing], response)


@check("RETRIEVE-META-012", "values")
@pytest.mark.parametrize("kind", ["mixed", "every-vr", "disagreeing"])
def test_metadata_of_a_study_have_the_values(endpoint, stored, kind):
    """Metadata of a study have the values that the metadata of each instance alone have."""
    instances = stored(kind)
    response = endpoint.fetch(target(instances[0], "study"))
    metadata = given.metadata(response, instances, by="retrieve-meta-007")

    for instance in instances:
        _, alone = described(endpoint, instance, kind)
        found = metadata[instance.sop_instance_uid]
        if found != alone:
            expect.same(dicom_json.differences(comparable(instance.dataset, found), found), response)


@check("RETRIEVE-META-012", "every-kind")
@pytest.mark.parametrize("kind", EACH)
def test_metadata_of_a_series_are_those_of_its_instances(endpoint, stored, kind):
    """Metadata of a series have what the metadata of each instance alone have, whatever its content."""
    instances = stored(kind)
    for path in dict.fromkeys(item.series_path for item in instances):
        of_series = [item for item in instances if item.series_path == path]
        response = endpoint.fetch(f"{path}/metadata")
        metadata = given.metadata(response, of_series, by="retrieve-meta-007")
        for instance in of_series:
            _, alone = described(endpoint, instance, kind)
            found = metadata[instance.sop_instance_uid]
            if found != alone:
                missing = [difference(where, None, "there") for where in completeness.missing(instance.dataset, found)]
                missing += completeness.valueless(instance.dataset, found)
                others = dicom_json.differences(comparable(instance.dataset, found), found)
                expect.same([*missing, *others, *borrowed(instance, of_series, found, alone)], response)


def borrowed(instance, of_series, found, alone):
    """The attributes in a data set of a series that only other instances of it were stored with."""
    others = {f"{element.tag:08X}": element.name for item in of_series for element in item.dataset}
    more = [tag for tag in found if tag in others and tag not in alone and int(tag, 16) not in instance.dataset]
    return [difference(others[tag], "there, as in another instance", "absent") for tag in more]


@check("RETRIEVE-META-008")
@pytest.mark.parametrize("level", LEVELS)
def test_attributes_of_all_levels(endpoint, stored, level):
    """Each data set has the attributes of patient, study, series and instance."""
    response = endpoint.fetch(target(stored("sample")[0], level))

    for ds in given.datasets(response):
        for keyword in ("PatientID", "StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"):
            expect.that(dicom_json.text(ds, keyword), keyword, None, "in each data set", response)


@check("RETRIEVE-META-009")
@pytest.mark.parametrize("kind", EACH)
def test_values_are_those_stored(endpoint, stored, kind):
    """Metadata have the stored values."""
    for instance in stored(kind):
        response, metadata = described(endpoint, instance, kind)

        expect.same(dicom_json.differences(comparable(instance.dataset, metadata), metadata), response)


@check("RETRIEVE-META-009", "rare-character-sets")
def test_text_in_rare_character_sets(endpoint, stored):
    """Metadata have the stored text, also if it is in one of seven rare character sets."""
    instances = stored("rare-character-sets")
    response = endpoint.fetch(target(instances[0], "series"))
    metadata = given.metadata(response, instances, by="retrieve-meta-007")

    for instance in instances:
        found = metadata[instance.sop_instance_uid]
        for wrong in dicom_json.differences(comparable(instance.dataset, found), found)[:1]:
            subject = f"{wrong.subject} in {instance.dataset['SpecificCharacterSet'].value}"
            why = "F.2 has UTF-8, but which character sets a server converts is in its Conformance Statement (PS3.2)"
            expect.doubt(subject, wrong.found, wrong.wanted, response, why)


@check("RETRIEVE-META-010")
@pytest.mark.parametrize("kind", [*having("pixelless"), "segmentation-1bit"])
def test_metadata_of_what_is_no_image(endpoint, stored, kind):
    """Metadata exist for objects that are not plain images."""
    instance = next(item for item in stored(kind) if item.sop_class_uid == KINDS[kind].sop_class)

    response = endpoint.fetch(target(instance, "instance"))

    expect.metadata(response, [instance])


@check("RETRIEVE-META-011")
def test_application_json(endpoint, stored):
    """application/json is not a media type of metadata, but may be treated as application/dicom+json."""
    response = endpoint.get(target(stored("sample")[0], "instance"), accept="application/json")

    reading.optional(response, "metadata as application/json are not returned")
    found = media.essence(response.header("Content-Type"))
    raise Observed(f"metadata as application/json return 200 with {found}")


def comparable(ds, metadata):
    """The attributes of an instance that metadata name, without those that compression may have changed.

    What they do not name at all is judged by RETRIEVE-META-004.
    """
    kept = completeness.named(ds, metadata)
    for keyword in (*OF_COMPRESSION, *OF_LOSS) if ds.file_meta.TransferSyntaxUID.is_compressed else ():
        kept.pop(keyword, None)
    if "SpecificCharacterSet" in ds:
        kept.SpecificCharacterSet = ds.SpecificCharacterSet
    return kept
