"""One instance of many in a study, retrieved with the others in one request; alone only where that lacks it."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from functools import lru_cache

from PIL import Image
from pydicom import Dataset

from conformance.dicomweb import dicom_json, images, part10
from conformance.dicomweb.dicom_json import DataSet
from conformance.dicomweb.messages import Response
from conformance.kit import expect, kinds, media
from conformance.kit.accept import AS_STORED, DICOM_JSON
from conformance.kit.instances import Instance
from conformance.kit.verdicts import Deviates
from conformance.retrieve import colours, pictures, reading
from conformance.retrieve.reading import OCTETS


def retrieved(endpoint: pictures.Endpoint, instance: Instance) -> tuple[Response, Dataset]:
    """The data set of an instance in its study, as stored, and the response that has it."""
    study = endpoint.fetch(instance.study_path, accept=AS_STORED, params=None)
    uid = instance.sop_instance_uid.encode()
    try:
        contents = [bytes(part.content) for part in expect.parts(study) if uid in bytes(part.content)]
        (found,) = (part10.read(content) for content in contents)
        return study, found
    except (Deviates, part10.MalformedFile, ValueError):
        alone = endpoint.fetch(instance.path, accept=AS_STORED, params=None)
        return alone, expect.instances(alone, [instance])[instance.sop_instance_uid]


def described(endpoint: pictures.Endpoint, instance: Instance) -> tuple[Response, DataSet]:
    """The metadata of an instance in those of its study, and the response that has them."""
    study = endpoint.fetch(f"{instance.study_path}/metadata", accept=DICOM_JSON, params=None)
    uid = instance.sop_instance_uid
    try:
        (found,) = (ds for ds in _data_sets(study) if dicom_json.text(ds, "SOPInstanceUID") == uid)
        return study, found
    except (Deviates, ValueError):
        alone = endpoint.fetch(f"{instance.path}/metadata", accept=DICOM_JSON, params=None)
        return alone, expect.metadata(alone, [instance])[uid]


@lru_cache(maxsize=8)
def _data_sets(study: Response) -> list[DataSet]:
    """Those of a response, which is asked for each instance of a study in turn."""
    return expect.datasets(study)


def frames(endpoint: pictures.Endpoint, instance: Instance) -> None:
    """Deviate unless the frames of an instance are those stored; decompressed ones in the planar configuration that its
    metadata have.

    Raises Warn for a compressed image that is refused.
    """
    encoded = bool(kinds.encoded_frames(instance))
    planar = encoded and instance.dataset.SamplesPerPixel == 3 and "metadata" in endpoint.claims
    of_it = described(endpoint, instance)[1] if planar else {}
    told = planar and not dicom_json.is_elsewhere(of_it, "PlanarConfiguration")
    planes = dicom_json.text(of_it, "PlanarConfiguration") == "1" if told else None
    for numbers, response in _listed(endpoint, instance, len(kinds.frames(instance)), OCTETS):
        if encoded:
            expect.outcome(response, (200,), expect.REFUSALS, media.DECOMPRESSION)
        _judged(response, instance, numbers, encoded, planes)


def codestreams(endpoint: pictures.Endpoint, instance: Instance, known: Sequence[bytes]) -> None:
    """Deviate unless the compressed frames of an instance are returned as they were stored. Raises NotSupported if they
    are refused."""
    accept = reading.as_compressed(str(instance.dataset.file_meta.TransferSyntaxUID))
    for numbers, response in _listed(endpoint, instance, len(known), accept):
        response = reading.offered(response, "compressed frames are not sent")
        reading.frames(response, [known[number - 1] for number in numbers], known)


def _listed(
    endpoint: pictures.Endpoint, instance: Instance, count: int, accept: str
) -> list[tuple[list[int], Response]]:
    """The numbers of frames, and the response with them: all in one request; one by one if a list is refused."""
    every = list(range(1, count + 1))
    together = endpoint.fetch(f"{instance.path}/frames/{','.join(map(str, every))}", accept=accept, params=None)
    if count == 1 or together.status not in expect.REFUSALS:
        return [(every, together)]
    alone = (endpoint.fetch(f"{instance.path}/frames/{number}", accept=accept, params=None) for number in every)
    return [([number], response) for number, response in zip(every, alone, strict=True)]


def _judged(response: Response, instance: Instance, numbers: Sequence[int], encoded: bool, planes: bool | None) -> None:
    known = kinds.frames(instance)
    wanted, found = [known[number - 1] for number in numbers], reading.payloads(response)
    if len(found) == 1 < len(wanted):  # uncompressed frames may be together, as 8.7.3.3 is read since 2023b
        if instance.dataset.BitsAllocated == 1 and found == [colours.packed(instance, wanted)]:
            return
        size = len(wanted[0])
        found = [found[0][at : at + size] for at in range(0, len(found[0]) - 1, size)]
    pairs = list(zip(found, wanted, strict=False))
    right = [_is_near(one, frame, instance, planes) if encoded else reading.same(one, frame) for one, frame in pairs]
    if len(found) != len(wanted) or not all(right):
        reading.frames(response, wanted, known)
        at = right.index(False)
        expect.deviates(f"frame {numbers[at]}", "another picture", "near the stored one", response)


def _is_near(content: bytes, frame: bytes, instance: Instance, planes: bool | None) -> bool:
    """True if a decompressed frame has the stored samples, or those of its colours; by plane or not, None for either.

    After lossy compression within colours.NEAR; bits above those stored have no meaning (PS3.5 8.1.1).
    """
    ds = instance.dataset
    size, lossy = (ds.Columns, ds.Rows), kinds.is_lossy(instance)
    if ds.SamplesPerPixel == 1:
        found, wanted = _samples(content, ds, len(frame)), _samples(frame, ds, len(frame))
        distance = sum(abs(a - b) for a, b in zip(found, wanted, strict=False)) / len(wanted)
        return len(found) == len(wanted) and distance * 255 / (1 << ds.BitsStored) <= (colours.NEAR if lossy else 0)
    configurations = (False, True) if planes is None else (planes,)
    width = ds.BitsAllocated // 8
    words = [frame[at : at + width] for at in range(0, len(frame), width)]
    by_plane = b"".join(b"".join(words[sample::3]) for sample in range(3))
    if not lossy and any(reading.same(content, by_plane if planar else frame) for planar in configurations):
        return True
    if width > 1 or not ds.PhotometricInterpretation.startswith("YBR"):
        return False
    mode = "YCbCr" if ds.PhotometricInterpretation == "YBR_FULL" else "RGB"
    truth = images.native(Image.frombytes(mode, size, frame).convert("RGB").tobytes(), *size, 3)
    forms = [(name, planar) for name in ("RGB", "YBR_FULL", "YBR_FULL_422") for planar in configurations]
    shown = (colours.picture_of(content, name, planar, *size) for name, planar in forms)
    return any(picture.distance(truth) <= colours.NEAR for picture in shown if picture)


def _samples(content: bytes, ds: Dataset, length: int) -> list[int]:
    form = "B" if ds.BitsAllocated == 8 else "H"
    count = length // struct.calcsize(form)
    if not length <= len(content) <= length + 1:
        return []
    mask, sign = (1 << ds.BitsStored) - 1, 1 << ds.BitsStored - 1 if ds.PixelRepresentation else 0
    return [((value & mask) ^ sign) - sign for value in struct.unpack_from(f"<{count}{form}", content)]
