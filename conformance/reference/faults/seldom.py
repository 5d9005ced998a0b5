"""Faults where readers seldom look: after the pixels, in repeating groups, newer attributes, in studies as a whole, in
long lists, and behind a BulkDataURI of text and numbers (PS3.18 10.4, F.2.2)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from io import BytesIO

from pydicom import Dataset, dcmread
from pydicom.datadict import dictionary_has_tag, repeater_has_tag
from starlette.requests import Request
from starlette.responses import Response

from ..app import Origin
from ..archive import Instance
from ..dicom_json import Json
from ..little_endian import swapped
from ..multipart import Content, Part
from ..negotiation import Representation
from ..pixels import Pixels
from ..target import Target
from .editing import Attribute, everywhere
from .registry import fault

PIXEL_DATA = 0x7FE00010
LONG = 500  # characters of a value that is given by reference


def is_known(tag: int) -> bool:
    """True if a tag is private, or in the dictionary, which is of 2023."""
    return bool(tag >> 16 & 1) or dictionary_has_tag(tag) or repeater_has_tag(tag)


class Lacking(Origin):
    """Files of one level, or of all, lack some elements."""

    level: str | None = None

    def lacks(self, ds: Dataset) -> Iterable[int]:
        """The tags of the elements that are not sent."""
        raise NotImplementedError

    def file(self, instance: Instance, target: Target) -> Content:
        ds = dcmread(instance.path)
        gone = [*self.lacks(ds)] if self.level in (None, target.level) else []
        if not gone:
            return super().file(instance, target)
        for tag in gone:
            del ds[tag]
        file = BytesIO()
        ds.save_as(file, enforce_file_format=True)
        return Content(file.getvalue())


@fault(
    "elements-after-pixels-are-lost",
    breaks=("RETRIEVE-META-004",),
    says="(7FE1,0010) is absent",
    seen=("dicom/ruby-dicom#68", "dgobbi/vtk-dicom#125"),
)
class ElementsAfterPixels(Origin):
    """Reads an instance up to its pixel data, so that metadata lack what follows them."""

    def data_set(self, instance: Instance, target: Target, base: str) -> Json:
        found = super().data_set(instance, target, base)
        return {tag: attribute for tag, attribute in found.items() if tag <= f"{PIXEL_DATA:08X}"}


@fault(
    "files-end-with-their-pixels",
    breaks=("RETRIEVE-INST-001",),
    says="(7FE1,0010) is absent",
    seen=("dgobbi/vtk-dicom#125",),
)
class FilesEndWithTheirPixels(Lacking):
    """Returns files that end with their pixel data, without what followed them."""

    def lacks(self, ds: Dataset) -> Iterable[int]:
        return [each.tag for each in ds if each.tag > PIXEL_DATA]


@fault("newer-attributes-are-lost", breaks=("RETRIEVE-META-004",), says="(0010,0014) is absent")
class NewerAttributes(Origin):
    """Leaves standard attributes that are newer than its dictionary out of metadata."""

    def data_set(self, instance: Instance, target: Target, base: str) -> Json:
        found = super().data_set(instance, target, base)
        return {tag: attribute for tag, attribute in found.items() if is_known(int(tag, 16))}


@fault("newer-attributes-are-not-in-xml", breaks=("XML-MODEL-017",), says="(0010,0014) is 0 items")
class NewerAttributesInXml(Origin):
    """Leaves the values of standard attributes that are newer than its dictionary out of XML."""

    def xml(self, data_set: Json) -> bytes:
        kept = {tag: each if is_known(int(tag, 16)) else {"vr": each["vr"]} for tag, each in data_set.items()}
        return super().xml(kept)


@fault("second-overlay-has-no-values", breaks=("RETRIEVE-META-009",), says="Overlay")
class SecondOverlay(Origin):
    """Knows the attributes of overlays only in their first group, and returns no value of the others in metadata."""

    def data_set(self, instance: Instance, target: Target, base: str) -> Json:
        found = super().data_set(instance, target, base)
        return {tag: {"vr": each["vr"]} if tag.startswith("6002") else each for tag, each in found.items()}


@fault("second-overlay-is-the-first", breaks=("RETRIEVE-BULK-002",), says="of the value of Overlay")
class SecondOverlayIsTheFirst(Origin):
    """Returns the bulk data of the first overlay for the second."""

    def value(self, instance: Instance, path: str) -> Pixels:
        return super().value(instance, path.replace("60023000", "60003000"))


@fault("xml-middle-name-moves-up", breaks=("XML-MODEL-017",), says="Roe^Middle")
class MiddleName(Origin):
    """Leaves out the empty components of a name in XML, so that a middle name becomes the given one."""

    def xml(self, data_set: Json) -> bytes:
        def joined(_: str, attribute: Attribute) -> Attribute:
            if attribute["vr"] != "PN" or "Value" not in attribute:
                return attribute
            names = [
                name and {group: "^".join(filter(None, text.split("^"))) for group, text in name.items()}
                for name in attribute["Value"]
            ]
            return attribute | {"Value": names}

        return super().xml(everywhere(data_set, joined))


@fault("study-files-lack-private-elements", breaks=("RETRIEVE-STUDY-001",), says="is absent")
class StudyFilesLackPrivateElements(Lacking):
    """Returns the files of a study without their private elements, unlike those of an instance."""

    level = "study"

    def lacks(self, ds: Dataset) -> Iterable[int]:
        return [each.tag for each in ds if each.tag.is_private]


@fault(
    "series-files-lack-long-bytes",
    breaks=("RETRIEVE-SERIES-001",),
    says="is absent",
    seen=("dcm4che/dcm4chee-arc-light#4950",),
)
class SeriesFilesLackLongBytes(Lacking):
    """Returns the files of a series without long binary values besides the pixels, unlike those of an instance."""

    level = "series"

    def lacks(self, ds: Dataset) -> Iterable[int]:
        return [each.tag for each in ds if each.VR in ("OB", "OW", "UN") and each.tag != PIXEL_DATA and each.value]


def numbered(instances: list[Instance]) -> list[Instance]:
    """The first of the instances of a series that have the same number."""
    by_number = {(item.series, str(item.attributes.get("00200013"))): item for item in reversed(instances)}
    return [item for item in instances if item in by_number.values()]


@fault(
    "series-has-one-instance-a-number",
    breaks=("RETRIEVE-STUDY-001", "RETRIEVE-SERIES-001"),
    says="is not in the body, should be there",
)
class OneInstanceANumber(Origin):
    """Returns one of the instances of a series that have the same Instance Number."""

    def retrieved(self, target: Target) -> list[Instance]:
        return numbered(super().retrieved(target))


@fault(
    "metadata-have-one-instance-a-number",
    breaks=("RETRIEVE-META-007",),
    says="is not in the list, should be there",
)
class MetadataOfOneInstanceANumber(Origin):
    """Describes one of the instances of a series that have the same Instance Number."""

    def described(self, target: Target) -> list[Instance]:
        return numbered(super().described(target))


@fault("study-metadata-in-single-precision", breaks=("RETRIEVE-META-012",), says="(0099,1008) is")
class StudyMetadataInSinglePrecision(Origin):
    """Rounds floating point numbers to single precision in the metadata of a study, unlike in those of an instance."""

    def data_set(self, instance: Instance, target: Target, base: str) -> Json:
        def rounded(_: str, attribute: Attribute) -> Attribute:
            if attribute["vr"] != "FD" or "Value" not in attribute:
                return attribute
            return attribute | {"Value": [float(f"{value:.7g}") for value in attribute["Value"]]}

        found = super().data_set(instance, target, base)
        return everywhere(found, rounded) if target.level == "study" else found


@fault("study-metadata-have-values-of-the-first", breaks=("RETRIEVE-META-012",), says="SeriesDescription is")
class StudyMetadataHaveValuesOfTheFirst(Origin):
    """Gives all instances of a series its description in the metadata of a study: that of the first."""

    def data_set(self, instance: Instance, target: Target, base: str) -> Json:
        found = super().data_set(instance, target, base)
        if target.level != "study" or "0008103E" not in found:
            return found
        first = self.archive.find(Target(instance.study, instance.series))[0].attributes
        return found | {"0008103E": first.get("0008103E", found["0008103E"])}


@fault("octets-are-pixels-alone", breaks=("RETRIEVE-STUDY-004",), says="not in any part")
class OctetsArePixelsAlone(Origin):
    """Returns a study that is requested as bulk data as its Pixel Data, without other bulk data."""

    def bulk_parts(self, instance: Instance, base: str) -> list[Part]:
        return [part for part in super().bulk_parts(instance, base) if part.location.endswith(f"/{PIXEL_DATA:08X}")]


@fault("octets-are-all-of-the-first", breaks=("RETRIEVE-STUDY-004",), says="of the value of PixelData")
class OctetsAreAllOfTheFirst(Origin):
    """Returns the bulk data of a study with the location of its first instance in each part."""

    def bulk_parts(self, instance: Instance, base: str) -> list[Part]:
        first = self.archive.find(Target(instance.study))[0].target.path
        parts = super().bulk_parts(instance, base)
        return [replace(part, location=part.location.replace(instance.target.path, first)) for part in parts]


class Lists(Origin):
    """Returns other frames than a list names."""

    def listed(self, numbers: list[int]) -> list[int]:
        """The numbers that are returned for a list."""
        raise NotImplementedError

    def numbers(self, request: Request) -> list[int]:
        return self.listed(super().numbers(request))


@fault("lists-end-at-ten", breaks=("RETRIEVE-FRAMES-003",), says="the number of parts is 10")
class ListsEndAtTen(Lists):
    """Returns the first ten frames of a longer list."""

    def listed(self, numbers: list[int]) -> list[int]:
        return numbers[:10]


@fault("list-is-a-run", breaks=("RETRIEVE-FRAMES-003",), says="part 5 is frame 5")
class ListIsARun(Lists):
    """Returns as many frames as a list names, one after the other from the first that it names."""

    def listed(self, numbers: list[int]) -> list[int]:
        return [*range(numbers[0], numbers[0] + len(numbers))] if numbers == sorted({*numbers}) else numbers


@fault("list-is-located-at-its-first", breaks=("COMMON-MP-009",), says="a URL that ends in /instances/")
class ListIsLocatedAtItsFirst(Origin):
    """Returns each frame of a list with the Content-Location of the first."""

    def send(self, request: Request, parts: list[Part], form: Representation, tag: str = "") -> Response:
        if "frames" in request.path_params:
            parts = [replace(part, location=parts[0].location) for part in parts]
        return super().send(request, parts, form, tag)


class ByReference(Origin):
    """Gives values of some VRs by reference if they are long, and returns them wrongly."""

    vrs: tuple[str, ...]

    def returned(self, vr: str, content: bytes) -> bytes:
        """What is returned as a value."""
        raise NotImplementedError

    def data_set(self, instance: Instance, target: Target, base: str) -> Json:
        found = super().data_set(instance, target, base)
        return self._with_references(found, f"{base}{instance.target.path}/bulkdata/")

    def _with_references(self, data_set: Json, url: str) -> Json:
        return {tag: self._with_reference(attribute, url + tag) for tag, attribute in data_set.items()}

    def _with_reference(self, attribute: Attribute, url: str) -> Attribute:
        values = attribute.get("Value", [])
        if attribute["vr"] == "SQ" and values:
            items = enumerate(values, 1)
            return attribute | {"Value": [self._with_references(item, f"{url}.{number}.") for number, item in items]}
        is_long = len("".join(map(str, values))) > LONG
        return {"vr": attribute["vr"], "BulkDataURI": url} if is_long and attribute["vr"] in self.vrs else attribute

    def value(self, instance: Instance, path: str) -> Pixels:
        found = super().value(instance, path)
        vr = str(found.image.get_item(int(path.rpartition(".")[2], 16), keep_deferred=True).VR)
        if vr not in self.vrs:
            return found
        return replace(found, contents=[Content(self.returned(vr, found.contents[0].read()))])


@fault(
    "long-text-by-reference-is-cut",
    breaks=("RETRIEVE-BULK-002",),
    says="the value of ",
    seen=("dcm4che/dcm4che#255",),
)
class LongText(ByReference):
    """Gives long texts by reference, and returns at most 64 KiB of them."""

    vrs = ("LT", "ST", "UC", "UT")

    def returned(self, vr: str, content: bytes) -> bytes:
        return content[:65534]


@fault(
    "long-text-by-reference-is-in-latin-1",
    breaks=("RETRIEVE-BULK-002",),
    says="the value of ",
    seen=("dcm4che/dcm4che#255",),
)
class LongTextInLatin1(ByReference):
    """Gives long texts by reference, and replaces characters that Latin-1 lacks with question marks."""

    vrs = ("LT", "ST", "UC", "UT")

    def returned(self, vr: str, content: bytes) -> bytes:
        return bytes(octet if octet < 128 else ord("?") for octet in content)


@fault(
    "decimals-by-reference-are-cut",
    breaks=("RETRIEVE-BULK-002",),
    says="the value of ",
    seen=("dcm4che/dcm4che#255",),
)
class Decimals(ByReference):
    """Gives long lists of decimals by reference, and returns them without the last."""

    vrs = ("DS",)

    def returned(self, vr: str, content: bytes) -> bytes:
        return content.rpartition(b"\\")[0]


@fault("nan-is-big-endian", breaks=("RETRIEVE-BULK-002",), says="the value of ")
class NanIsBigEndian(ByReference):
    """Returns floating point numbers that are given by reference, such as NaN, in big endian."""

    vrs = ("FD", "FL")

    def returned(self, vr: str, content: bytes) -> bytes:
        return swapped(content, 8 if vr == "FD" else 4)
