"""The instances that checks store: the sample study, as it is or relabelled with UIDs of the run's own."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from pathlib import Path

import pydicom
from pydicom import Dataset
from pydicom.config import disable_value_validation

from conformance.dicomweb import part10, uids

SHAPES = {"red": "red-triangle.dcm", "green": "green-square.dcm", "blue": "blue-circle.dcm"}
UID_KEYWORDS = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")


class UnusableSample(Exception):
    """A sample file is missing or no DICOM file; one sentence."""


@dataclass(frozen=True)
class Instance:
    """One SOP Instance as a PS3.10 file. `fresh`: its study's UID was made by this run."""

    content: bytes
    fresh: bool = False

    @cached_property
    def dataset(self) -> Dataset:
        return pydicom.dcmread(BytesIO(self.content))

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
    def frame(self) -> bytes:
        """The pixel bytes of a single native frame, without the pad byte of the element."""
        ds = self.dataset
        size = ds.Rows * ds.Columns * ds.SamplesPerPixel * ds.BitsAllocated // 8
        return bytes(ds.PixelData[:size])

    def relabelled(self, label: str, patient_prefix: str) -> Instance:
        """A copy with UIDs derived from its own and a label, and a Patient ID that begins with a prefix."""
        ds = pydicom.dcmread(BytesIO(self.content))
        for keyword in UID_KEYWORDS:
            setattr(ds, keyword, uids.derived(label, str(ds[keyword].value)))
        ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
        ds.PatientID = patient_prefix + ds.get("PatientID", "")
        return Instance(_written(ds), fresh=True)

    def edited(self, **values: object) -> Instance:
        """A copy with other values of attributes, without those that are None. The file names it by its own UIDs."""
        with disable_value_validation():  # a check may want what no instance should have
            ds = pydicom.dcmread(BytesIO(self.content))
            for keyword, value in values.items():
                if value is None:
                    delattr(ds, keyword)
                else:
                    setattr(ds, keyword, value)
            ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID
            ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
            return Instance(_written(ds), self.fresh)

    def with_pixels(self, beginning: bytes) -> Instance:
        """A copy whose Pixel Data begins with the given bytes."""
        ds = pydicom.dcmread(BytesIO(self.content))
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

    def relabelled(self, label: str, patient_prefix: str) -> Samples:
        """The same study under UIDs of its own."""
        return Samples(*(instance.relabelled(label, patient_prefix) for instance in self.all))


def read_samples(folder: Path) -> Samples:
    """The three files of a folder. Raises UnusableSample where they are not one study of two series."""
    instances = {}
    for colour, name in SHAPES.items():
        try:
            content = (folder / name).read_bytes()
            part10.read(content)
        except OSError as error:
            raise UnusableSample(f"{folder / name} cannot be read: {error.strerror}") from error
        except part10.MalformedFile as error:
            raise UnusableSample(f"{folder / name} is no DICOM file that can be used: {error}") from error
        instances[colour] = Instance(content)
    samples = Samples(**instances)
    series = [instance.series_path for instance in samples.all]
    if len({instance.study_uid for instance in samples.all}) != 1 or series[0] != series[1] or series[1] == series[2]:
        raise UnusableSample(
            f"{folder}: the three files should be one study, red and green in one series, blue in another"
        )
    return samples


def _written(ds: Dataset) -> bytes:
    file = BytesIO()
    ds.save_as(file, enforce_file_format=True)
    return file.getvalue()
