"""The level of an attribute in the information model, and the attributes that a search returns (PS3.18 10.6.3.3).

Levels are those of the search resources: study (with the patient), series, instance. An attribute that is in neither
list belongs to the instance.
"""

from __future__ import annotations

from pydicom.datadict import tag_for_keyword

LEVELS = ("study", "series", "instance")

# Patient is group 0010. PS3.3 C.7.2: General Study, Patient Study; and the attributes that a search computes.
_STUDY = """
AccessionNumber AdmittingDiagnosesCodeSequence AdmittingDiagnosesDescription ConsultingPhysicianIdentificationSequence
ConsultingPhysicianName IssuerOfAccessionNumberSequence ModalitiesInStudy NameOfPhysiciansReadingStudy
NumberOfPatientRelatedStudies NumberOfStudyRelatedInstances NumberOfStudyRelatedSeries PhysiciansOfRecord
PhysiciansOfRecordIdentificationSequence PhysiciansReadingStudyIdentificationSequence ProcedureCodeSequence
ReasonForPerformedProcedureCodeSequence ReferencedStudySequence ReferringPhysicianIdentificationSequence
ReferringPhysicianName RequestingServiceCodeSequence SOPClassesInStudy StudyDate StudyDescription StudyID
StudyInstanceUID StudyTime TimezoneOffsetFromUTC
"""
# PS3.3 C.7.3 and C.7.5: General Series, General Equipment, Frame of Reference.
_SERIES = """
AnatomicalOrientationType BodyPartExamined CommentsOnThePerformedProcedureStep DeviceSerialNumber FrameOfReferenceUID
GantryID InstitutionAddress InstitutionName InstitutionalDepartmentName Laterality Manufacturer ManufacturerModelName
Modality NumberOfSeriesRelatedInstances OperatorIdentificationSequence OperatorsName PatientPosition
PerformedProcedureStepDescription PerformedProcedureStepEndDate PerformedProcedureStepEndTime
PerformedProcedureStepID PerformedProcedureStepStartDate PerformedProcedureStepStartTime
PerformedProtocolCodeSequence PerformingPhysicianIdentificationSequence PerformingPhysicianName
PositionReferenceIndicator ProtocolName ReferencedPerformedProcedureStepSequence RelatedSeriesSequence
RequestAttributesSequence SeriesDate SeriesDescription SeriesDescriptionCodeSequence SeriesInstanceUID SeriesNumber
SeriesTime SoftwareVersions StationName TreatmentSessionUID
"""
# Tables 10.6.3-3, -4 and -5. True: present in every result, empty when unknown. False: present when known.
RETURNED = {
    "study": {
        "StudyDate": True,
        "StudyTime": True,
        "AccessionNumber": True,
        "InstanceAvailability": False,
        "ModalitiesInStudy": True,
        "ReferringPhysicianName": True,
        "TimezoneOffsetFromUTC": False,
        "RetrieveURL": True,
        "PatientName": True,
        "PatientID": True,
        "PatientBirthDate": True,
        "PatientSex": True,
        "StudyInstanceUID": True,
        "StudyID": True,
        "NumberOfStudyRelatedSeries": True,
        "NumberOfStudyRelatedInstances": True,
    },
    "series": {
        "Modality": True,
        "TimezoneOffsetFromUTC": False,
        "SeriesDescription": False,
        "RetrieveURL": True,
        "SeriesInstanceUID": True,
        "SeriesNumber": True,
        "NumberOfSeriesRelatedInstances": True,
        "PerformedProcedureStepStartDate": False,
        "PerformedProcedureStepStartTime": False,
        "RequestAttributesSequence.ScheduledProcedureStepID": False,
        "RequestAttributesSequence.RequestedProcedureID": False,
    },
    "instance": {
        "SOPClassUID": True,
        "SOPInstanceUID": True,
        "InstanceAvailability": False,
        "TimezoneOffsetFromUTC": False,
        "RetrieveURL": True,
        "InstanceNumber": True,
        "Rows": False,
        "Columns": False,
        "BitsAllocated": False,
        "NumberOfFrames": False,
        "AvailableTransferSyntaxUID": False,
    },
}


def tag(keyword: str) -> str:
    """The tag of a keyword of the data dictionary as eight upper-case digits."""
    return f"{tag_for_keyword(keyword) or 0:08X}"


_LEVEL_OF = {tag(keyword): "study" for keyword in _STUDY.split()} | {
    tag(keyword): "series" for keyword in _SERIES.split()
}


def level(tag: str) -> str:
    """The level of the attribute with a tag of eight upper-case digits."""
    return "study" if tag.startswith("0010") else _LEVEL_OF.get(tag, "instance")
