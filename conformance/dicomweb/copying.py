"""Copies of a DICOM file that no order, patient or study of the original is joined by: new UIDs and identifiers.

References between files that are copied for one label keep pointing at each other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from io import BytesIO

import pydicom
from pydicom import Dataset
from pydicom.config import disable_value_validation
from pydicom.datadict import keyword_for_tag, tag_for_keyword
from pydicom.multival import MultiValue
from pydicom.uid import UID, DeflatedExplicitVRLittleEndian

from conformance.dicomweb import part10, uids
from conformance.dicomweb.buffers import Buffer

STANDARD = "1.2.840.10008."
# UIDs of terms, codes and software, which name no instance.
OF_CODES = frozenset(
    (
        *("CodingSchemeUID", "ContextUID", "MappingResourceUID", "ContextGroupExtensionCreatorUID"),
        *("InstanceCreatorUID", "ImplementationClassUID"),
    )
)
# What would join a copy to an order or a patient, or says how it was changed. Signatures are of the original.
REMOVED = frozenset(
    tag_for_keyword(keyword)
    for keyword in (
        *("IssuerOfPatientID", "IssuerOfPatientIDQualifiersSequence", "OtherPatientIDs", "OtherPatientIDsSequence"),
        *("SourcePatientGroupIdentificationSequence", "GroupOfPatientsIdentificationSequence"),
        *("IssuerOfAccessionNumberSequence", "AdmissionID", "IssuerOfAdmissionIDSequence", "ServiceEpisodeID"),
        *("IssuerOfServiceEpisodeIDSequence", "RequestAttributesSequence", "ReferencedRequestSequence"),
        *("RequestedProcedureID", "ScheduledProcedureStepID", "PlacerOrderNumberImagingServiceRequest"),
        *("FillerOrderNumberImagingServiceRequest", "OrderPlacerIdentifierSequence", "OrderFillerIdentifierSequence"),
        *("OriginalAttributesSequence", "MACParametersSequence", "DigitalSignaturesSequence"),
        "EncryptedAttributesSequence",
    )
)
# A private value of unknown VR that is a UID, for all that can be seen.
_OF_NUMBERS = re.compile(rb"[0-9]+(\.[0-9]+){4,}\0?")


@dataclass(frozen=True)
class Identity:
    """The identifiers of a copy. UIDs are derived from the label and those of the original."""

    label: str
    patient_id: str
    accession_number: str
    study_id: str

    def uid(self, uid: str, keyword: str = "") -> str:
        """The UID of a copy for one of the original; one of the standard, or of a code or class, stays as it is."""
        is_kept = uid.startswith(STANDARD) or keyword in OF_CODES or "SOPClass" in keyword or "TransferSyn" in keyword
        return uid if is_kept or not uids.is_valid(uid) else uids.derived(self.label, uid)


def copied(content: Buffer, identity: Identity) -> Buffer:
    """A copy of a file under another identity. Its large values are not copied: they are read where they are.

    Raises MalformedFile for a file that `part10.read` refuses.
    """
    syntax = part10.transfer_syntax(content)
    small, large = (content[:], []) if syntax == DeflatedExplicitVRLittleEndian else part10.split(content)
    with disable_value_validation():
        ds = pydicom.dcmread(BytesIO(small))
        _change(ds, identity)
        ds.PatientID, ds.AccessionNumber = identity.patient_id, identity.accession_number
        ds.StudyID, ds.file_meta.MediaStorageSOPInstanceUID = identity.study_id, ds.SOPInstanceUID
        ds.preamble = bytes(128)  # that of a file that is a TIFF too has offsets
        file, (implicit, little) = BytesIO(), ds.original_encoding
        ds.save_as(file, implicit_vr=implicit, little_endian=little, enforce_file_format=True)
    return part10.merged(file.getvalue(), large) if large else file.getvalue()


def _change(ds: Dataset, identity: Identity) -> None:
    """Change the identifiers of a data set, and of its items."""
    pending = [ds]
    own = {"PatientID": identity.patient_id, "AccessionNumber": identity.accession_number, "StudyID": identity.study_id}
    while pending:
        item = pending.pop()
        for tag in list(item.keys()):
            keyword = keyword_for_tag(tag)
            if tag in REMOVED:
                del item[tag]
            elif keyword in own:
                item[tag].value = own[keyword]
            elif item.get_item(tag).VR in ("SQ", "UI", "UN", None):  # None: of implicit VR
                element = item[tag]
                if element.VR == "SQ":
                    pending += element.value
                elif element.VR == "UI" and element.value:
                    several = isinstance(element.value, MultiValue)
                    listed = element.value if several else [element.value]
                    found = [UID(identity.uid(str(uid), keyword)) for uid in listed]
                    element.value = found if several else found[0]
                elif element.VR == "UN" and _OF_NUMBERS.fullmatch(element.value or b""):
                    uid = identity.uid(element.value.rstrip(b"\0").decode())
                    element.value = uid.encode() + b"\0" * (len(uid) % 2)
