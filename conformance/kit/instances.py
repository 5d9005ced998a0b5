"""The instances that checks store: the sample study, as it is or relabelled with UIDs of the run's own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from io import BytesIO
from pathlib import Path

import pydicom
from pydicom import Dataset
from pydicom.config import disable_value_validation
from pydicom.uid import ExplicitVRLittleEndian

from conformance.dicomweb import dicom_json, part10, uids
from conformance.dicomweb.buffers import Buffer
from conformance.dicomweb.dicom_json import DataSet
from conformance.dicomweb.messages import Response
from conformance.kit.verdicts import NotSupported

SHAPES = {"red": "red-triangle.dcm", "green": "green-square.dcm", "blue": "blue-circle.dcm"}
# Their pixel data are described anew when they are decompressed (PS3.5 8.2); these attributes record a loss.
OF_COMPRESSION = (
    *("PhotometricInterpretation", "PlanarConfiguration"),
    *("LossyImageCompression", "LossyImageCompressionRatio", "LossyImageCompressionMethod"),
)
COERCED, ELEMENTS_DISCARDED = str(0xB000), str(0xB006)
MODIFIED = "ModifiedAttributesSequence"
PIXELS = 0x0028  # the group of what describes pixels
PIXEL_DATA = "7FE00010"
UID_KEYWORDS = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")


class UnusableSample(Exception):
    """A sample file is missing or not a DICOM file; one sentence."""


@dataclass(frozen=True)
class Instance:
    """One SOP Instance as a PS3.10 file. `fresh`: its study's UID was made by this run. `bare`: a server has said that
    it discarded elements of it, so that no private element has to be there.

    `foreign`: it is somebody's, so that its values are shown nowhere; its content may be too large for memory.
    """

    content: Buffer
    fresh: bool = False
    bare: bool = field(default=False, kw_only=True)
    foreign: bool = field(default=False, kw_only=True)

    @property
    def dataset(self) -> Dataset:
        """The data set. If the content is not bytes, large values stay in their file, and few data sets are kept."""
        return self._in_memory if isinstance(self.content, bytes) else _on_disk(self)

    @cached_property
    def _in_memory(self) -> Dataset:
        ds = pydicom.dcmread(BytesIO(self.content[:]))
        if self.bare:
            ds.remove_private_tags()
        return ds

    def kept_by(self, response: Response) -> Instance:
        """The instance that must be there after a store: without private elements, if its Warning Reason is B006
        (PS3.18 I.2.1)."""
        return replace(self, bare=self.warning_in(response) == ELEMENTS_DISCARDED)

    def warning_in(self, response: Response) -> str:
        """Its Warning Reason in the response to a store; "" without one."""
        with suppress(dicom_json.MalformedJson):
            for item in dicom_json.items(dicom_json.dataset(response.content), "ReferencedSOPSequence"):
                if dicom_json.text(item, "ReferencedSOPInstanceUID") == self.sop_instance_uid:
                    return dicom_json.text(item, "WarningReason") or ""
        return ""

    def coerced(self, found: Dataset) -> Instance:
        """The instance with the values of the data set that a server returns, as far as that records them as coerced
        (PS3.18 10.5.2). UIDs, and what describes pixels, are not."""
        records = [item for record in _items(found, "OriginalAttributesSequence") for item in _items(record, MODIFIED)]
        tags = {element.tag for item in records for element in item if element.tag.group < PIXELS}
        changed = [tag for tag in sorted(tags) if tag in found and tag in self.dataset and found[tag].VR != "UI"]
        if not changed or not isinstance(self.content, bytes):
            return self
        with disable_value_validation():
            ds = pydicom.dcmread(BytesIO(self.content))
            for tag in changed:
                ds[tag].value = found[tag].value
            return replace(self, content=_written(ds))

    @property
    def study_uid(self) -> str:
        return str(self.dataset.StudyInstanceUID)

    @property
    def series_uid(self) -> str:
        return str(self.dataset.SeriesInstanceUID)

    @property
    def sop_instance_uid(self) -> str:
        return str(self.dataset.SOPInstanceUID)

    @property
    def sop_class_uid(self) -> str:
        return str(self.dataset.SOPClassUID)

    @property
    def study_path(self) -> str:
        """studies/{study}, as in a target."""
        return f"studies/{self.study_uid}"

    @property
    def series_path(self) -> str:
        """studies/{study}/series/{series}."""
        return f"{self.study_path}/series/{self.series_uid}"

    @property
    def path(self) -> str:
        """studies/{study}/series/{series}/instances/{instance}."""
        return f"{self.series_path}/instances/{self.sop_instance_uid}"

    @property
    def described(self) -> Dataset:
        """The data set that metadata have to show: compressed pixel data may be described as decompressed."""
        if not self.dataset.file_meta.TransferSyntaxUID.is_compressed:
            return self.dataset
        kept = Dataset()
        for element in self.dataset:
            if element.keyword not in OF_COMPRESSION:
                kept.add(element)
        return kept

    @property
    def is_one_frame(self) -> bool:
        """True if it has pixel data, and these are one frame of whole bytes."""
        ds = self.dataset
        return bool("PixelData" in ds and ds.BitsAllocated % 8 == 0 and int(ds.get("NumberOfFrames") or 1) == 1)

    @property
    def is_one_native_frame(self) -> bool:
        """True if its pixel data are one frame that is not compressed."""
        syntax = self.dataset.file_meta.TransferSyntaxUID
        known = self.is_one_frame and bool(self.dataset.PixelData)
        return known and not syntax.is_encapsulated and syntax.is_little_endian

    @property
    def frame(self) -> bytes:
        """The pixel bytes of a single native frame, without the pad byte. Raises NotSupported if there is none."""
        if not self.is_one_native_frame:
            raise NotSupported(f"the pixel data of {self.sop_instance_uid} are not one native frame to compare with")
        ds = self.dataset
        size = ds.Rows * ds.Columns * ds.SamplesPerPixel * ds.BitsAllocated // 8
        return bytes(ds.PixelData[:size])

    def relabelled(self, label: str, patient_prefix: str) -> Instance:
        """A copy with UIDs derived from its own and a label, and a Patient ID that begins with a prefix."""
        ds = pydicom.dcmread(BytesIO(self.content[:]))
        for keyword in UID_KEYWORDS:
            setattr(ds, keyword, uids.derived(label, str(ds[keyword].value)))
        ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
        ds.PatientID = patient_prefix + ds.get("PatientID", "")
        return Instance(_written(ds), fresh=True)

    def edited(self, **values: object) -> Instance:
        """A copy with other values of attributes; None removes one. The file meta information has its UIDs."""
        with disable_value_validation():  # a check may want what no instance should have
            ds = pydicom.dcmread(BytesIO(self.content[:]))
            for keyword, value in values.items():
                if value is None:
                    delattr(ds, keyword)
                else:
                    setattr(ds, keyword, value)
            for keyword in ("SOPClassUID", "SOPInstanceUID"):
                if keyword in ds:
                    setattr(ds.file_meta, f"MediaStorage{keyword}", ds[keyword].value)
            return Instance(_written(ds), self.fresh)

    def with_pixels(self, beginning: bytes) -> Instance:
        """A copy whose Pixel Data begins with the given bytes."""
        ds = pydicom.dcmread(BytesIO(self.content[:]))
        ds.PixelData = beginning + ds.PixelData[len(beginning) :]
        return Instance(_written(ds), self.fresh)


@dataclass(frozen=True)
class Samples:
    """The sample study: red and green in one series, blue in another."""

    red: Instance
    green: Instance
    blue: Instance

    @property
    def all(self) -> tuple[Instance, Instance, Instance]:
        return self.red, self.green, self.blue

    @property
    def series(self) -> tuple[Instance, ...]:
        """The instances of the first series."""
        return self.red, self.green

    def relabelled(self, label: str, patient_prefix: str) -> Samples:
        """The same study under UIDs of its own."""
        return Samples(*(instance.relabelled(label, patient_prefix) for instance in self.all))


@dataclass(frozen=True)
class Held:
    """A study that was on the server before the run, read instead of the sample study.

    `all` are its instances. Red, green and blue are among them if the study has that shape; else they raise
    NotSupported.
    """

    all: tuple[Instance, ...]

    @classmethod
    def of(cls, instances: Sequence[Instance]) -> Held:
        """The instances of one study, at least one of them of a single frame, in the order red, green, blue."""
        series = Counter(instance.series_uid for instance in instances)

        def rank(instance: Instance) -> tuple[bool, bool, bool]:
            return not instance.is_one_frame, series[instance.series_uid] == 1, not instance.is_one_native_frame

        ranked = sorted(instances, key=rank)
        mates = [item for item in ranked if item.series_uid == ranked[0].series_uid]
        others = [item for item in ranked if item.series_uid != ranked[0].series_uid]
        return cls((*mates[:2], *others[:1], *mates[2:], *others[1:]))

    @property
    def is_like_the_sample(self) -> bool:
        """True if it has two series, and two instances in the first."""
        return 1 < len(self.series) < len(self.all)

    @property
    def red(self) -> Instance:
        return self.all[0]

    @property
    def green(self) -> Instance:
        return _other(self.series[1:], "a second instance in a series")

    @property
    def blue(self) -> Instance:
        return _other([item for item in self.all if item not in self.series], "a second series")

    @property
    def series(self) -> tuple[Instance, ...]:
        """The instances of the first series."""
        return tuple(instance for instance in self.all if instance.series_uid == self.red.series_uid)


def _other(candidates: Sequence[Instance], what: str) -> Instance:
    if not candidates:
        raise NotSupported(f"the study that is read does not have {what}")
    return candidates[0]


def undescribed(described: DataSet) -> Instance:
    """An instance of which only metadata, or a match, are known: with empty Pixel Data, without other bulk data."""
    ds = Dataset()
    with disable_value_validation():  # the values that a server returns are judged elsewhere
        for tag, attribute in described.items():
            if "BulkDataURI" in attribute:
                attribute = {"vr": attribute.get("vr", "UN")}
                if tag != PIXEL_DATA:
                    continue
            with suppress(Exception):  # an element that pydicom rejects is not compared
                ds.update(Dataset.from_json({tag: attribute}))
        ds.file_meta = pydicom.dataset.FileMetaDataset()
        ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        for keyword in ("SOPClassUID", "SOPInstanceUID"):
            setattr(ds.file_meta, f"MediaStorage{keyword}", ds.get(keyword) or "0")
        return Instance(_written(ds))


@lru_cache(8)
def _on_disk(instance: Instance) -> Dataset:
    ds = part10.read(instance.content)
    if instance.bare:
        ds.remove_private_tags()
    return ds


def read_samples(folder: Path) -> Samples:
    """The three files of a folder. Raises UnusableSample if they are not one study of two series."""
    instances = {}
    for colour, name in SHAPES.items():
        try:
            content = (folder / name).read_bytes()
            part10.read(content)
        except OSError as error:
            raise UnusableSample(f"{folder / name} cannot be read: {error.strerror}") from error
        except part10.MalformedFile as error:
            raise UnusableSample(f"{folder / name} is not a DICOM file that can be used: {error}") from error
        instances[colour] = Instance(content)
    samples = Samples(**instances)
    series = [instance.series_path for instance in samples.all]
    if len({instance.study_uid for instance in samples.all}) != 1 or series[0] != series[1] or series[1] == series[2]:
        raise UnusableSample(
            f"{folder}: the three files should be one study, red and green in one series, blue in another"
        )
    return samples


def _items(ds: Dataset, keyword: str) -> list[Dataset]:
    return list(ds[keyword].value) if keyword in ds and ds[keyword].VR == "SQ" else []


def _written(ds: Dataset) -> bytes:
    file = BytesIO()
    ds.save_as(file, enforce_file_format=True)
    return file.getvalue()
