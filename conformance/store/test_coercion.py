"""PS3.18 10.5.2, I.1, I.2.1: the changes that a server makes to stored instances, and their records."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
from pydicom import Dataset

from conformance.dicomweb import dicom_json, part10
from conformance.dicomweb.dicom_json import DataSet
from conformance.dicomweb.differences import Difference
from conformance.dicomweb.messages import Response
from conformance.dicomweb.wording import count
from conformance.kit import check, expect, given, stow
from conformance.kit.accept import AS_STORED
from conformance.kit.instances import Instance
from conformance.kit.verdicts import NotSupported, Observed
from conformance.store import reading
from conformance.store.reading import STORED

COERCED, DISCARDED, MISMATCH = 0xB000, 0xB006, 0xB007
WARNINGS = (0x0001, *range(0xB000, 0xC000))
ORIGINAL_ATTRIBUTES = 0x04000561
ORIGINAL = ("AttributeModificationDateTime", "ModifyingSystem", "ReasonForTheAttributeModification")


@dataclass(frozen=True)
class Kept:
    """An instance that was stored: the response, the retrieved data set, and an earlier instance of its study."""

    sent: Instance
    response: Response
    found: Dataset
    earlier: Instance | None = None

    @property
    def item(self) -> DataSet:
        """The item of the response about it. Raises Blocked if there is no module to read."""
        items = dicom_json.items(reading.module(self.response), STORED)
        return next((item for item in items if self.sent.sop_instance_uid in str(item)), {})

    @property
    def warning(self) -> int:
        """The Warning Reason of the item. Raises NotSupported if there is none."""
        reason = reading.number(self.item, "WarningReason")
        if reason is None:
            raise NotSupported(f"the server does not return a WarningReason ({self.response.request})")
        return reason

    @property
    def change(self) -> Difference:
        """The first difference to what was sent, recorded or not. Raises NotSupported if there is none."""
        bare = Dataset()
        bare.file_meta = self.found.file_meta
        bare.update({item.tag: item for item in self.found if item.tag != ORIGINAL_ATTRIBUTES})
        changes = part10.differences(self.sent.dataset, bare)
        if not changes:
            raise NotSupported(f"the instance is stored as it was sent ({self.response.request})")
        return changes[0]


@pytest.fixture
def kept(endpoint):
    """`kept(instance, response)`: what became of an instance. Raises NotSupported if it was refused."""

    def read(instance, response):
        if response.status in reading.REFUSED:
            raise NotSupported(f"the store is refused with {response.status} ({response.request})")
        back = endpoint.get(instance.path, accept=AS_STORED)
        given.one_part(back)
        ds = expect.instances(back, [instance])[instance.sop_instance_uid]
        return Kept(instance, response, ds)

    return read


@pytest.fixture
def contradicting(endpoint, images, kept):
    """A stored instance that contradicts the existing one about its patient and its study."""
    first, second = images(2)
    given.accepted(endpoint.post("studies", stow.multipart([first])))
    other = second.edited(PatientName="Contradiction^Small", PatientSex="F", StudyDescription="Another one")
    return replace(kept(other, endpoint.post("studies", stow.multipart([other]))), earlier=first)


@pytest.fixture
def private(stored, kept):
    """A stored instance with a private element."""
    return kept(stored("delimiter")[0], stored.response("delimiter"))


@pytest.fixture
def incomplete(endpoint, images, kept):
    """A stored instance without two attributes that its IOD requires."""
    (image,) = images()
    less = image.edited(Modality=None, ConversionType=None)
    return kept(less, endpoint.post("studies", stow.multipart([less])))


@check("STOW-BEH-003")
def test_coercion_is_recorded(endpoint, contradicting):
    """The Original Attributes Sequence records every change that a server makes to an instance, and to the earlier one
    of its study."""
    differences = part10.differences(contradicting.sent.dataset, contradicting.found)

    unrecorded = [
        item._replace(wanted=f"{item.wanted}, or recorded in OriginalAttributesSequence") for item in differences
    ]
    expect.same(unrecorded, contradicting.response)
    earlier = contradicting.earlier
    if "metadata" in endpoint.claims:
        response = endpoint.get(f"{earlier.path}/metadata")
        found = given.metadata(response, [earlier])[earlier.sop_instance_uid]
        expect.same(dicom_json.differences(earlier.dataset, found), response)


@check("STOW-RESP-015")
@pytest.mark.parametrize("sent", ["contradicting", "private"])
def test_change_has_a_warning(request, sent):
    """The item of an instance with changed or discarded elements has a Warning Reason."""
    kept = request.getfixturevalue(sent)

    if kept.change and reading.number(kept.item, "WarningReason") is None:
        expect.doubt(
            "WarningReason",
            None,
            "there",
            kept.response,
            f"required only for a store with a warning, but the instance was changed: {kept.change}",
        )


@check("STOW-RESP-017")
def test_original_attributes_in_the_response(contradicting):
    """Whether the item of a changed instance contains its original attributes, and how many of them."""
    records = dicom_json.items(contradicting.item, "OriginalAttributesSequence")
    if not contradicting.change or not records:
        raise NotSupported("the item does not have an OriginalAttributesSequence")

    missing = [keyword for keyword in ORIGINAL if not dicom_json.text(records[0], keyword)]
    modified = dicom_json.items(records[0], "ModifiedAttributesSequence")
    lacking = f", without {', '.join(missing)}" if missing else ""
    raise Observed(f"OriginalAttributesSequence has {count(len(modified), 'item')} of modified attributes{lacking}")


@check("STOW-WARN-B000")
def test_warning_about_coercion(contradicting):
    """The Warning Reason of an instance whose elements were changed is B000."""
    if contradicting.change:
        warns(contradicting, COERCED)


@check("STOW-WARN-B006")
def test_warning_about_discarded_elements(private):
    """The Warning Reason of an instance whose private elements were discarded is B006."""
    if any(element.tag.is_private for element in private.found):
        raise NotSupported("the server keeps private elements")

    warns(private, DISCARDED)


@check("STOW-WARN-B007")
def test_warning_about_a_mismatch(incomplete):
    """The Warning Reason of an instance that was stored although it lacks required attributes is B007."""
    warns(incomplete, MISMATCH)


@check("STOW-WARN-XXX")
def test_codes_of_warnings(contradicting, private, incomplete):
    """The Warning Reasons that a server returns are recorded."""
    found = [reading.number(kept.item, "WarningReason") for kept in (contradicting, private, incomplete)]

    for kept, reason in zip((contradicting, private, incomplete), found, strict=True):
        if reason is not None and reason not in WARNINGS:
            why = "a server may define codes of its own, though only in the range of warnings"
            expect.doubt("WarningReason", reading.code(reason), "0001 or one of B000 to BFFF", kept.response, why)
    shown = ", ".join("none" if reason is None else reading.code(reason) for reason in found)
    raise Observed(
        f"WarningReason is {shown} for instances that contradict their study, have private elements, or are incomplete"
    )


def warns(kept, expected):
    """The Warning Reason is this one."""
    expect.equal("WarningReason", reading.code(kept.warning), reading.code(expected), kept.response)
