"""Faults of the Native DICOM Model in XML: PS3.19 A.1.5, PS3.18 10.4.4."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from starlette.exceptions import HTTPException
from starlette.responses import Response

from ..answers import DICOM_XML
from ..app import Origin
from ..dicom_json import Json
from ..negotiation import Representation
from .editing import Attribute, everywhere, xml_fault
from .registry import fault


@xml_fault("xml-other-root", breaks=("XML-MODEL-001",), says="the root is 'DicomDataSet'")
def other_root(text: str) -> str:
    """Names the root element DicomDataSet."""
    return text.replace("NativeDicomModel", "DicomDataSet")


@xml_fault("xml-space-not-preserved", breaks=("XML-MODEL-002",), says="xml:space of the root is absent")
def space_not_preserved(text: str) -> str:
    """Omits xml:space."""
    return text.replace(' xml:space="preserve"', "")


@xml_fault("xml-tags-lower-case", breaks=("XML-MODEL-003",), says="should be eight upper-case")
def tags_in_lower_case(text: str) -> str:
    """Returns tags with lower-case letters."""
    return re.sub(r' tag="(\w+)"', lambda found: f' tag="{found[1].lower()}"', text)


@xml_fault("xml-vr-lower-case", breaks=("XML-MODEL-004",), says="should be a VR of PS3.5")
def vr_in_lower_case(text: str) -> str:
    """Returns VRs in lower case."""
    return re.sub(r' vr="(\w\w)"', lambda found: f' vr="{found[1].lower()}"', text)


@xml_fault("xml-without-keywords", breaks=("XML-MODEL-005",), says="is absent, should be")
def without_keywords(text: str) -> str:
    """Omits keywords."""
    return re.sub(r' keyword="\w+"', "", text)


@xml_fault("xml-without-private-creators", breaks=("XML-MODEL-006",), says="privateCreator of 0099")
def without_private_creators(text: str) -> str:
    """Omits privateCreator from private attributes."""
    return re.sub(r' privateCreator="[^"]+"', "", text)


@xml_fault("xml-numbered-from-0", breaks=("XML-MODEL-007",), says="is '0', should be '1'")
def numbered_from_0(text: str) -> str:
    """Numbers values from 0."""
    return re.sub(r' number="(\d+)"', lambda found: f' number="{int(found[1]) - 1}"', text)


@xml_fault("xml-empty-value", breaks=("XML-MODEL-008",), says="AccessionNumber")
def empty_value(text: str) -> str:
    """Returns an empty Value for an attribute of zero length."""
    return re.sub(r'(<DicomAttribute [^>]*vr="SH"[^>]*?) ?/>', r'\1><Value number="1" /></DicomAttribute>', text)


@xml_fault("xml-names-as-values", breaks=("XML-MODEL-009",), says="PatientName is")
def names_as_values(text: str) -> str:
    """Returns a name in a Value instead of a PersonName."""
    return text.replace("<PersonName ", "<Value ").replace("</PersonName>", "</Value>")


@xml_fault("xml-two-contents", breaks=("XML-MODEL-010",), says="is BulkData and InlineBinary")
def two_contents(text: str) -> str:
    """Returns values both by reference and inline."""
    return re.sub(r"(<BulkData [^>]*/>)", r"\1<InlineBinary>AAAA</InlineBinary>", text)


@xml_fault("xml-group-length", breaks=("XML-MODEL-011",), says="the group length")
def group_length(text: str) -> str:
    """Returns a group length."""
    return _first(text, '<DicomAttribute tag="00080000" vr="UL"><Value number="1">4</Value></DicomAttribute>')


@xml_fault("xml-mojibake", breaks=("XML-MODEL-012",), says="StudyDescription is")
def mojibake(text: str) -> str:
    """Reads text in UTF-8 as ISO 8859-1."""
    return re.sub(r"[^\x00-\x7f]+", lambda found: re.sub(r"[\x7f-\x9f]", "?", _misread(found[0])), text)


@fault(
    "xml-first-instance-only",
    breaks=("XML-MODEL-013",),
    says="the media type of each part is application/dicom+xml, should be",
)
class XmlFirstInstanceOnly(Origin):
    """Returns XML metadata only of the first of several instances."""

    def describe(self, document: Json | list[Json], form: Representation, locations: Iterable[str] = ()) -> Response:
        if form.media_type != DICOM_XML or not isinstance(document, list):
            return super().describe(document, form, locations)
        return super().describe(document[:1], form, [*locations][:1])


@xml_fault("xml-bulk-data-uri-in-capitals", breaks=("XML-MODEL-014",), says="beside URI=")
def bulk_data_uri_in_capitals(text: str) -> str:
    """Spells the attribute uri of BulkData as URI."""
    return text.replace("<BulkData uri=", "<BulkData URI=")


@fault("xml-attribute-tag-in-brackets", breaks=("XML-MODEL-015",), says="(0018,1063)")
class XmlAttributeTagInBrackets(Origin):
    """Returns values of AT as (gggg,eeee)."""

    def xml(self, data_set: Json) -> bytes:
        return super().xml(everywhere(data_set, _in_brackets))


@xml_fault("xml-file-meta-information", breaks=("XML-MODEL-016",), says="of the File Meta Information")
def file_meta_information(text: str) -> str:
    """Returns the transfer syntax as (0002,0010)."""
    value = '<Value number="1">1.2.840.10008.1.2.1</Value>'
    return _first(text, f'<DicomAttribute tag="00020010" vr="UI" keyword="TransferSyntaxUID">{value}</DicomAttribute>')


def _first(text: str, attribute: str) -> str:
    """A document with an attribute before the others."""
    return text.replace("<DicomAttribute", attribute + "<DicomAttribute", 1)


def _misread(text: str) -> str:
    return text.encode().decode("latin-1")


def _in_brackets(tag: str, attribute: Attribute) -> Attribute:
    if attribute["vr"] != "AT" or "Value" not in attribute:
        return attribute
    return attribute | {"Value": [f"({value[:4]},{value[4:]})" for value in attribute["Value"]]}


@fault("xml-items-are-empty", breaks=("XML-MODEL-017",), says="is absent, should be there, as in JSON")
class XmlItemsAreEmpty(Origin):
    """Returns the items of sequences without their attributes in XML."""

    def xml(self, data_set: Json) -> bytes:
        hollow = {
            tag: {"vr": "SQ", "Value": [{} for _ in attribute.get("Value", [])]}
            if attribute["vr"] == "SQ"
            else attribute
            for tag, attribute in data_set.items()
        }
        return super().xml(hollow)


@fault("xml-lacks-short-texts", breaks=("XML-MODEL-017",), says="is absent, should be there")
class XmlLacksShortTexts(Origin):
    """Omits attributes of VR ST from XML."""

    def xml(self, data_set: Json) -> bytes:
        return super().xml({tag: attribute for tag, attribute in data_set.items() if attribute["vr"] != "ST"})


@fault("xml-form-feed-is-500", breaks=("RETRIEVE-META-003",), says="status is 500", seen=("DICOMcloud/DICOMcloud#86",))
class XmlFormFeedIs500(Origin):
    """Returns 500 for metadata in XML with a character that XML cannot represent."""

    def xml(self, data_set: Json) -> bytes:
        if "\\f" in json.dumps(data_set):
            raise HTTPException(500, "the document cannot be written")
        return super().xml(data_set)
