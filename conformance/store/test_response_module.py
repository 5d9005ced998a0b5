"""PS3.18 10.5.3.3, Annex I: the Store Instances Response Module in JSON."""

from __future__ import annotations

import pytest

from conformance.dicomweb import dicom_json, json_walker
from conformance.dicomweb.findings import FORMER_VRS
from conformance.kit import check, expect, media, presence, stow
from conformance.kit.accept import ANYTHING, AS_STORED, DICOM_JSON
from conformance.kit.verdicts import NotSupported, Observed
from conformance.store import judges, reading
from conformance.store.reading import FAILED, STORED

# Table I.1-1.
VRS = {
    **dict.fromkeys(("00081150", "00081155"), "UI"),
    **dict.fromkeys(("00081196", "00081197"), "US"),
    **dict.fromkeys(("00081198", "00081199", "0008119A"), "SQ"),
    "00081190": "UR",
}
# A list of data sets, the order of tags, the VRs of the dictionary, and what belongs to files and commands.
JUDGED_ELSEWHERE = (*("JSON-STRUCT-002", "JSON-STRUCT-005", "JSON-STRUCT-010", "JSON-STRUCT-013", "JSON-STRUCT-014"),)


@check("STOW-RESP-005")
@pytest.mark.parametrize("kind", ["mixed", "shared-series-uid"], ids=["one-study", "two-studies"])
def test_success_has_the_module(stored, kind):
    """The body of a success is a data set that is not empty."""
    response = stored.response(kind)

    found = expect.dataset(response)
    expect.that(found, "the module", "empty", "a list of what was stored", response)


@check("STOW-RESP-006")
@pytest.mark.parametrize("accept", [DICOM_JSON, ANYTHING], ids=["json", "anything"])
def test_module_is_json(endpoint, images, accept):
    """The response to a store is DICOM JSON if that, or any type, is accepted."""
    response = endpoint.post("studies", stow.multipart(images()), accept=accept)

    expect.status(response, *reading.SUCCESS)
    media.dicom_json(response)
    expect.that(json_walker.is_json(response.content), "the body", "not JSON", "JSON", response)
    reading.telling(response, reading.module(response))


@check("STOW-RESP-008")
def test_module_is_one_object(stored):
    """The response is one data set, not a list of data sets."""
    response = stored.response("mixed")
    reading.module(response)

    document = dicom_json.load(response.content)
    if isinstance(document, list):
        why = "Annex I has one data set, but Annex F has lists of data sets"
        expect.doubt("the module", f"a list of {len(document)} data sets", "one data set", response, why)


@check("STOW-RESP-009")
def test_retrieve_url_of_the_study(endpoint, stored):
    """The response has a Retrieve URL, which is empty or that of the study."""
    instances, response = stored("mixed"), stored.response("mixed")

    found = reading.module(response)
    expect.that("00081190" in found, "RetrieveURL", None, "there, with or without a value", response)
    if url := dicom_json.text(found, "RetrieveURL"):
        expect.instances(endpoint.follow(url, response, accept=AS_STORED), instances)


@check("STOW-RESP-009", "several-studies")
def test_retrieve_url_of_several_studies(stored):
    """The response about two studies has a Retrieve URL, although it can be of neither."""
    response = stored.response("shared-series-uid")

    if "00081190" not in reading.module(response):
        why = "RetrieveURL is of type 2, but there is no single study that it could name"
        expect.doubt("RetrieveURL", None, "there, without a value", response, why)


@check("STOW-RESP-010", "all")
@pytest.mark.parametrize("kind", ["mixed", "shared-series-uid", "many", "odd-uid"])
def test_stored_are_listed(stored, kind):
    """Referenced SOP Sequence lists each stored instance once."""
    judges.lists(stored.response(kind), STORED, stored(kind))


@check("STOW-RESP-010", "some")
def test_some_stored_are_listed(endpoint, half):
    """Referenced SOP Sequence lists the stored half of the instances, and nothing else."""
    if not all(presence.is_there(endpoint, image) for image in half.good):
        raise NotSupported(f"nothing is stored: status is {half.response.status} ({half.response.request})")

    judges.lists(half.response, STORED, half.good)


@check("STOW-RESP-011")
@pytest.mark.parametrize("sent", ["half", "wrong"], ids=["some", "all"])
def test_failed_are_listed(request, sent):
    """Failed SOP Sequence lists both instances of another study than the path, and nothing else."""
    sent = request.getfixturevalue(sent)

    judges.lists(sent.response, FAILED, sent.bad)


@check("STOW-RESP-012")
@pytest.mark.parametrize("sequence", [STORED, FAILED])
def test_items_name_class_and_instance(half, sequence):
    """Each item has the SOP Class UID and the SOP Instance UID of its instance."""
    classes = {image.sop_instance_uid: image.sop_class_uid for image in (*half.good, *half.bad)}

    items = dicom_json.items(reading.explained(half.response), sequence)
    if not items:
        raise NotSupported(f"{sequence} does not have an item ({half.response.request})")
    for number, item in enumerate(items, 1):
        found = dicom_json.text(item, "ReferencedSOPInstanceUID")
        sop_class = dicom_json.text(item, "ReferencedSOPClassUID")
        uid, kind = (f"ReferencedSOP{name}UID of item {number} of {sequence}" for name in ("Instance", "Class"))
        expect.that(found in classes, uid, found, "one that was sent", half.response)
        expect.equal(kind, sop_class, classes[found], half.response)


@check("STOW-RESP-014")
@pytest.mark.parametrize("kind", ["mixed", "shared-series-uid"])
def test_items_have_a_retrieve_url(endpoint, stored, kind):
    """Each item of a stored instance has a Retrieve URL, which may be empty if there is no retrieve."""
    response = stored.response(kind)

    for number, item in enumerate(dicom_json.items(reading.module(response), STORED), 1):
        expect.that("00081190" in item, f"RetrieveURL of item {number}", None, "there", response)
        if not dicom_json.text(item, "RetrieveURL") and "retrieve" in endpoint.claims:
            why = "the instance can be retrieved, but RetrieveURL is of type 2, which may be empty"
            expect.doubt(f"RetrieveURL of item {number}", "", "a URL", response, why)


@check("STOW-BEH-001")
@pytest.mark.parametrize("kind", ["mixed", "shared-series-uid"])
def test_retrieve_url_of_an_instance(endpoint, stored, kind):
    """The Retrieve URL of an item returns that instance, complete and alone."""
    instances = {instance.sop_instance_uid: instance for instance in stored(kind)}
    response = stored.response(kind)

    for item in dicom_json.items(reading.module(response), STORED):
        url, uid = dicom_json.text(item, "RetrieveURL"), dicom_json.text(item, "ReferencedSOPInstanceUID")
        if url and uid in instances:
            expect.whole(endpoint.follow(url, response, accept=AS_STORED), instances.pop(uid))


@check("STOW-RESP-018")
def test_every_instance_is_in_one_sequence(half):
    """Every instance that was sent is in one sequence: of the stored or of the failed instances."""
    found = reading.module(half.response)

    stored, failed = reading.named(found, STORED), reading.named(found, FAILED)
    for image in (*half.good, *half.bad):
        uid = image.sop_instance_uid
        times = stored.count(uid) + failed.count(uid)
        expect.that(times == 1, uid, f"{times} times in the response", "once", half.response)


@check("STOW-RESP-021")
@pytest.mark.parametrize("field", ["Location", "Content-Location"])
def test_new_study_is_located(endpoint, images, field):
    """The response to a store that created a study gives its location."""
    (image,) = images()
    response = endpoint.post("studies", stow.multipart([image]))

    location = expect.present(field, response.header(field), response)
    expect.instances(endpoint.follow(location, response, accept=AS_STORED), [image])


@check("STOW-RESP-022")
def test_warning_field(wrong):
    """Whether the response to a failed store has a Warning field."""
    status, field = wrong.response.status, wrong.response.header("Warning")

    raise Observed(f"Warning of a store with status {status} is {field or 'absent'}")


@check("STOW-RESP-023")
@pytest.mark.parametrize("sent", ["half", "wrong", "beside_text"], ids=["some-stored", "none-stored", "beside-text"])
def test_no_command_and_file_elements(request, sent):
    """The module has no elements of the groups 0000 and 0002, which belong to messages and files."""
    response = request.getfixturevalue(sent).response

    pending = [reading.explained(response)]
    while pending:
        for tag in (ds := pending.pop()):
            outside = tag[:4] in ("0000", "0002")
            expect.that(not outside, f"({tag[:4]},{tag[4:]})", "in the response", "absent", response)
            pending += dicom_json.items(ds, tag)
    reading.telling(response, reading.explained(response))


@check("STOW-RESP-026", "json")
@pytest.mark.parametrize("sent", ["half", "wrong", "beside_text"], ids=["some-stored", "none-stored", "beside-text"])
def test_module_is_well_formed(request, sent):
    """The module is well-formed DICOM JSON, and its attributes have the VRs of the dictionary."""
    response = request.getfixturevalue(sent).response
    pending = [reading.explained(response)]

    while pending:
        for tag, attribute in (ds := pending.pop()).items():
            expected = VRS.get(tag, attribute["vr"])
            if FORMER_VRS.get(tag) == attribute["vr"]:
                expect.doubt(f"the vr of {tag}", attribute["vr"], expected, response, "PS3.6 had this VR until 2016")
            expect.equal(f"the vr of {tag}", attribute["vr"], expected, response)
            pending += dicom_json.items(ds, tag)
    found = [item for item in json_walker.walk(response.content) if item.requirement not in JUDGED_ELSEWHERE]
    judges.well_formed(response, found)
    reading.telling(response, reading.explained(response))
