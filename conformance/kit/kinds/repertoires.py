"""Kinds with bytes that a change of character set would spoil: PS3.5 6.1.2.5.3, PS3.18 F.2.2."""

from __future__ import annotations

from collections.abc import Iterator

from pydicom.uid import SecondaryCaptureImageStorage

from conformance.kit.instances import Instance
from conformance.kit.kinds.kind import Study, kind
from conformance.kit.kinds.modules import tiny_image
from conformance.kit.kinds.values import private_block


@kind("yen", "Two values with a yen sign between (ISO_IR 13)", SecondaryCaptureImageStorage)
def yen(study: Study) -> Iterator[Instance]:
    """The byte 05/12 separates values in every character set, even if it is displayed as a yen sign."""
    ds = tiny_image(study)
    ds.SpecificCharacterSet = "ISO_IR 13"
    ds.PatientName = "ﾔﾏﾀﾞ^ﾀﾛｳ"
    ds.SoftwareVersions = ["ﾃｽﾄ", "v2"]
    yield study.instance(ds)


@kind("un-latin1", "A private UN with Latin-1 text", SecondaryCaptureImageStorage)
def un_latin1(study: Study) -> Iterator[Instance]:
    """A value of VR UN is bytes, even if they look like text."""
    ds = tiny_image(study)
    ds.SpecificCharacterSet = "ISO_IR 100"
    ds.PatientName = "Buc^Jérôme"
    private_block(ds).add_new(0x01, "UN", "Größe ±5 µm ".encode("latin-1"))
    yield study.instance(ds)
