"""The type of a kind of instances, the list of all kinds, and the study that each makes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Literal

from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian

from conformance.dicomweb import uids
from conformance.kit.instances import Instance

# Fixed, so that the files have the same bytes whichever version of pydicom writes them.
IMPLEMENTATION_CLASS_UID = UID("2.25.148963107552706403914128061763352281451")
IMPLEMENTATION_VERSION_NAME = "DICOMWEB_CONF"


@dataclass(frozen=True)
class Label:
    """The identity of a run's studies: the source of their UIDs, and the beginning of their Patient IDs."""

    run: str
    patient_prefix: str

    def uid(self, *names: str) -> str:
        """The UID that this run has for something with these names."""
        return uids.derived(self.run, *names)


@dataclass(frozen=True)
class Study:
    """The study of one kind in one run: it gives the instances their UIDs and common attributes."""

    label: Label
    kind: str
    transfer_syntax: UID

    def uid(self, *names: str) -> str:
        """The UID that this study has for something with these names."""
        return self.label.uid(self.kind, *names)

    def data_set(self, sop_class: UID, modality: str, series: int = 1, number: int = 1) -> Dataset:
        """A data set with the attributes of all composite IODs (PS3.3 C.7.1.1, C.7.2.1, C.7.3.1, C.7.5.1, C.12.1)."""
        ds = Dataset()
        ds.SpecificCharacterSet = "ISO_IR 192"
        ds.SOPClassUID = sop_class
        ds.SOPInstanceUID = self.uid("instance", str(series), str(number))
        ds.PatientName = f"Kind^{self.kind.title()}"
        ds.PatientID = (self.label.patient_prefix + self.kind)[:64]
        ds.PatientBirthDate = "19700101"
        ds.PatientSex = "O"
        ds.StudyInstanceUID = self.uid("study")
        ds.StudyDate = ds.SeriesDate = ds.ContentDate = "20240229"
        ds.StudyTime = ds.SeriesTime = ds.ContentTime = "101500"
        ds.StudyID = "1"
        ds.AccessionNumber = ""
        ds.ReferringPhysicianName = ""
        ds.SeriesInstanceUID = self.uid("series", str(series))
        ds.SeriesNumber = series
        ds.Modality = modality
        ds.Manufacturer = "DICOMweb conformance"
        ds.InstanceNumber = number
        return ds

    def file(self, ds: Dataset) -> bytes:
        """The data set as a PS3.10 file in the transfer syntax of the kind."""
        meta = FileMetaDataset()
        meta.FileMetaInformationVersion = b"\x00\x01"
        meta.MediaStorageSOPClassUID = ds.SOPClassUID
        meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
        meta.TransferSyntaxUID = self.transfer_syntax
        meta.ImplementationClassUID = IMPLEMENTATION_CLASS_UID
        meta.ImplementationVersionName = IMPLEMENTATION_VERSION_NAME
        ds.file_meta = meta
        file = BytesIO()
        syntax = self.transfer_syntax
        ds.save_as(
            file,
            implicit_vr=syntax.is_implicit_VR,
            little_endian=syntax.is_little_endian,
            enforce_file_format=True,
        )
        return file.getvalue()

    def instance(self, ds: Dataset) -> Instance:
        """The data set as an instance to store."""
        return Instance(self.file(ds), fresh=True)


# The traits by which checks choose kinds. native, lossless, lossy: how its frames are judged (byte by byte,
# decompressed, within a distance). frames: each of its several frames is judged. shown: what a rendering has to show is
# known. pixelless: without pixel data. bulkless: without a value that metadata may give by reference. text: in one of
# the character sets. many: many similar instances; checks that run on every kind skip these. refusable: with values
# that a server may refuse, and need not keep.
Trait = Literal["native", "lossless", "lossy", "frames", "shown", "pixelless", "bulkless", "text", "many", "refusable"]


class UnmadeKind(Exception):
    """There is no such kind, or its function raises: a mistake of the suite. The sentence names the kind."""


@dataclass(frozen=True)
class Kind:
    """Instances that test one aspect of a server.

    `name` is of a-z, 0-9 and hyphens; `title` is for a report; `sop_class` and `transfer_syntax` are UIDs, of the
    instances that the kind is about. `make` gives all instances of the kind in the order to store them: the same bytes
    for the same label, and no UID in common with those of another label. It raises UnmadeKind.
    """

    name: str
    title: str
    sop_class: str
    transfer_syntax: str
    make: Callable[[Label], tuple[Instance, ...]]
    traits: frozenset[Trait] = frozenset()


KINDS: dict[str, Kind] = {}

Maker = Callable[[Study], Iterator[Instance]]


def kind(
    name: str, title: str, sop_class: UID, transfer_syntax: UID = ExplicitVRLittleEndian, traits: tuple[Trait, ...] = ()
) -> Callable[[Maker], Maker]:
    """Register a function that makes the instances of a study as a kind."""

    def register(maker: Maker) -> Maker:
        def make(label: Label) -> tuple[Instance, ...]:
            try:
                return tuple(maker(Study(label, name, transfer_syntax)))
            except Exception as error:
                raise UnmadeKind(f"the kind {name} cannot be made: {type(error).__name__}: {error}") from error

        if name in KINDS:
            raise ValueError(f"there are two kinds {name}")
        KINDS[name] = Kind(name, title, str(sop_class), str(transfer_syntax), make, frozenset(traits))
        return maker

    return register


def made(name: str, label: Label) -> tuple[Instance, ...]:
    """The instances of a kind. Raises UnmadeKind."""
    if name not in KINDS:
        raise UnmadeKind(f"there is no kind {name}")
    return KINDS[name].make(label)


def having(trait: Trait) -> tuple[str, ...]:
    """The names of the kinds with a trait."""
    return tuple(name for name, kind in KINDS.items() if trait in kind.traits)
