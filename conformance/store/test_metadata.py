"""PS3.18 10.5.1.4: a store of metadata in JSON or XML, and of their bulk data."""

from __future__ import annotations

import pytest

from conformance.dicomweb import dicom_json, part10
from conformance.kit import check, expect, stow, stow_metadata
from conformance.store import metadata, reading
from conformance.store.metadata import EXPLICIT
from conformance.store.reading import FAILED, OTHERS, STORED

JSON_STORE, XML_STORE = ("STOW-META-001",), ("STOW-META-002",)
NOT_CLEARLY_DEMANDED = (
    "10.5.4 lists this form, but Table 8.7.3-1 defines the words of that list for responses; Table 10.5.3-1 has 415 "
    "for a payload that is not supported"
)


@check("STOW-META-001", "relative")
def test_metadata_in_json(endpoint, fresh):
    """An image sent as JSON metadata and a part that its BulkDataURI names is stored with the pixels of that part."""
    (instance,) = fresh("quadrants")

    response = endpoint.post("studies", stow_metadata.as_json([stow_metadata.separated(instance)]))

    expect.outcome(response, stow.STORED, (*expect.REFUSALS, 501), NOT_CLEARLY_DEMANDED)
    metadata.same_pixels(endpoint.get(instance.path, accept=EXPLICIT), instance)


@check("STOW-META-001", "absolute")
def test_absolute_uri(endpoint, fresh, answers):
    """An absolute BulkDataURI also names a part of the request, whatever its host."""
    metadata.offered(answers)
    (instance,) = fresh("quadrants")
    sent = stow_metadata.separated(instance, base="http://archive.example/")

    response = endpoint.post("studies", stow_metadata.as_json([sent]))

    expect.stored(response)
    metadata.same_pixels(endpoint.get(instance.path, accept=EXPLICIT), instance)


@check("STOW-META-002")
def test_metadata_in_xml(endpoint, fresh):
    """Two images, each sent as an XML document and a part with its pixels, are stored with these pixels."""
    first, second, *_ = fresh("ct-16")
    body = stow_metadata.as_xml([stow_metadata.separated(first), stow_metadata.separated(second)])

    response = endpoint.post("studies", body)

    expect.outcome(response, stow.STORED, (*expect.REFUSALS, 501), NOT_CLEARLY_DEMANDED)
    for instance in (first, second):
        metadata.same_pixels(endpoint.get(instance.path, accept=EXPLICIT), instance)


@check("STOW-META-001", "without-bulk-data")
@pytest.mark.parametrize("kind", ["sr", "key-objects"])
def test_metadata_without_bulk_data_in_json(endpoint, fresh, kind):
    """A report or a key object selection, which has no bulk data, is stored from its JSON metadata alone."""
    expect_stored(endpoint, stow_metadata.as_json([stow_metadata.undivided(fresh(kind)[-1])]))


@check("STOW-META-002", "without-bulk-data")
@pytest.mark.parametrize("kind", ["sr", "key-objects"])
def test_metadata_without_bulk_data_in_xml(endpoint, fresh, kind):
    """A report or a key object selection, which has no bulk data, is stored from its XML metadata alone."""
    expect_stored(endpoint, stow_metadata.as_xml([stow_metadata.undivided(fresh(kind)[-1])]))


@check("STOW-META-003", follows=JSON_STORE)
def test_bulk_data_are_little_endian(endpoint, fresh, answers):
    """Pixels of 16 bits, sent as little-endian application/octet-stream, are stored with the same values."""
    metadata.offered(answers)
    (instance,) = fresh("monochrome1")

    response = endpoint.post("studies", stow_metadata.as_json([stow_metadata.separated(instance)]))

    expect.stored(response)
    metadata.same_pixels(endpoint.get(instance.path, accept=EXPLICIT), instance)


@check("STOW-META-007", follows=JSON_STORE)
def test_document_in_its_media_type(endpoint, fresh, answers):
    """A PDF sent as a part of application/pdf is stored unchanged in Encapsulated Document."""
    metadata.offered(answers)
    (instance,) = fresh("pdf")
    document = instance.dataset.EncapsulatedDocument[: instance.dataset.EncapsulatedDocumentLength]
    sent = stow_metadata.separated(instance, "EncapsulatedDocument", "application/pdf", document)

    response = endpoint.post("studies", stow_metadata.as_json([sent]))

    expect.stored(response)
    back = endpoint.get(instance.path, accept=EXPLICIT)
    found = metadata.returned(back, instance, "EncapsulatedDocument").EncapsulatedDocument
    came, wanted = (f"{len(content):,} bytes that start with {content[:8].hex()}" for content in (found, document))
    expect.that(found in (document, document + b"\0"), "the document", came, f"the {wanted}", back)


@check("STOW-META-008", "alone", follows=JSON_STORE)
def test_bulk_data_that_are_not_sent(endpoint, fresh, answers):
    """An image whose BulkDataURI matches no part is refused, and is not stored."""
    metadata.offered(answers)
    (instance,) = fresh("quadrants")
    body = stow_metadata.as_json([stow_metadata.separated(instance)], bulk=[])

    response = endpoint.post("studies", body)

    back = endpoint.get(instance.path, accept=EXPLICIT)
    if back.status == 200:
        expect_refused(response, instance)
    expect.not_there(back)


@check("STOW-META-008", "beside-another", follows=JSON_STORE)
def test_bulk_data_that_are_sent_for_one_of_two(endpoint, fresh, answers):
    """The one of two images whose BulkDataURI matches no part is listed as failed."""
    metadata.offered(answers)
    whole, lacking, *_ = (stow_metadata.separated(instance) for instance in fresh("ct-16"))

    response = endpoint.post("studies", stow_metadata.as_json([whole, lacking], bulk=[whole.bulk]))

    expect_refused(response, lacking.instance)


@check("STOW-META-009", follows=JSON_STORE)
@pytest.mark.parametrize("kind", ["every-vr", "name-utf8", "name-japanese"])
def test_values(endpoint, fresh, answers, kind):
    """Values of all VRs, as text and as InlineBinary, private and in items, are stored as sent."""
    metadata.offered(answers)

    expect_stored(endpoint, stow_metadata.as_json([stow_metadata.separated(*fresh(kind))]))


@check("STOW-META-009", "xml", follows=XML_STORE)
def test_values_in_xml(endpoint, fresh, answers):
    """Values of all VRs, several and empty ones, private and in items, are stored as sent in XML."""
    metadata.offered(answers, "metadata in XML", "stow-meta-002")

    expect_stored(endpoint, stow_metadata.as_xml([stow_metadata.separated(*fresh("every-vr"))]))


@check("STOW-META-009", "xml-creators", follows=XML_STORE)
def test_private_creators_in_xml(endpoint, fresh, answers):
    """Private elements of three creators in one group, sent in XML, are stored each with its own creator."""
    metadata.offered(answers, "metadata in XML", "stow-meta-002")

    expect_stored(endpoint, stow_metadata.as_xml([stow_metadata.separated(*fresh("several-creators"))]))


@check("STOW-META-009", "in-an-item", follows=JSON_STORE)
def test_bulk_data_of_an_item(endpoint, fresh, answers):
    """A value in an item of a sequence, sent as bulk data, is stored as sent."""
    metadata.offered(answers)
    (instance,) = fresh("waveform")
    sent = stow_metadata.separated(instance, "WaveformData", within="WaveformSequence")

    response = endpoint.post("studies", stow_metadata.as_json([sent]))

    expect.stored(response)
    back = endpoint.get(instance.path, accept=EXPLICIT)
    expect.same(part10.differences(instance.kept_by(response).dataset, metadata.returned(back, instance)), back)


@check("STOW-META-010", follows=JSON_STORE)
def test_several_instances_in_one_array(endpoint, fresh, answers):
    """Two images in one array are both stored, each with the pixels that its BulkDataURI names, in any order."""
    metadata.offered(answers)
    first, second, *_ = (stow_metadata.separated(instance) for instance in fresh("ct-16"))
    body = stow_metadata.as_json([first, second], bulk=[second.bulk, first.bulk])

    response = endpoint.post("studies", body)

    expect.stored(response)
    for item in (first, second):
        metadata.same_pixels(endpoint.get(item.instance.path, accept=EXPLICIT), item.instance)


def expect_stored(endpoint, body):
    """The only instance of a body is stored as it was sent, if this form of a store is supported."""
    (instance,) = body.instances
    response = endpoint.post("studies", body)

    expect.outcome(response, stow.STORED, (*expect.REFUSALS, 501), NOT_CLEARLY_DEMANDED)
    back = endpoint.get(instance.path, accept=EXPLICIT)
    expect.same(part10.differences(instance.kept_by(response).dataset, metadata.returned(back, instance)), back)


def expect_refused(response, instance):
    """The store is refused, or reports that this instance has failed. Raises Warn if it reports the loss otherwise."""
    expect.status(response, 200, 201, 202, *expect.REFUSALS)
    if response.status in expect.REFUSALS:
        return
    uid = instance.sop_instance_uid
    module = reading.module(response)
    if uid in reading.named(module, FAILED):
        return
    stored = dicom_json.items(module, STORED)
    named = [item for item in stored if dicom_json.text(item, "ReferencedSOPInstanceUID") == uid]
    warning = next((dicom_json.text(item, "WarningReason") for item in named), None)
    other = OTHERS if dicom_json.items(module, OTHERS) else None
    subject, wanted = "the instance whose pixels were not sent", f"named in {FAILED}"
    if said := f"WarningReason {warning}" if warning else other:
        why = "the loss is reported, and the standard does not say how it must be"
        expect.doubt(subject, f"reported by {said}", wanted, response, why)
    expect.deviates(subject, f"not reported, with status {response.status}", wanted, response)
