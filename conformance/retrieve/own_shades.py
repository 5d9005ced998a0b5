"""The rendering of an own object, compared with the picture that this machine makes of the stored pixels.

A deviation says which picture is there instead, and tells no value. Where the pixels cannot be decoded here, or where
it is open what they look like, nothing is judged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import gcd, inf
from typing import Any

from pydicom import Dataset
from pydicom.uid import ExplicitVRBigEndian

from conformance.dicomweb.images import Picture
from conformance.dicomweb.messages import Response
from conformance.kit import expect, own_frames
from conformance.kit.verdicts import NotSupported
from conformance.retrieve import pictures, shades
from conformance.retrieve.shades import LOSS, NEAR, Frame, Shades

MOST = 20_000  # pixels of a frame that are compared, spread over it
GROUPS = 50  # of pixels, from the least to the greatest value
Shown = bytes | dict[int, int]  # the samples of a picture; or those of some of its pixels, by place
FORMS = {8: "B", 16: "H", 32: "I"}
DESCRIBED = ("PhotometricInterpretation", "SamplesPerPixel", "Rows", "Columns", "BitsAllocated", "BitsStored")
GREY, COLOUR = ("MONOCHROME1", "MONOCHROME2"), ("RGB", "YBR_FULL", "YBR_FULL_422")


def unjudged(why: str) -> NotSupported:
    """The end of a check that cannot judge an own object."""
    return NotSupported(f"not judged here: {why}")


@dataclass(frozen=True)
class Stored:
    """Some pixels of a stored frame: their `places`, counted by row, and their values. `loss`: they were compressed
    with loss, and decoders differ. `more`: their samples have other bits than the stored ones."""

    places: Sequence[int]
    frame: Frame
    loss: bool
    more: bool = False

    @cached_property
    def right(self) -> list[Shades]:
        """The right pictures; none for grey without a table or a window. Raises NotSupported if the attributes do not
        tell them."""
        try:
            return shades.candidates(self.frame)
        except Exception as error:  # whatever attributes that contradict each other cause
            raise unjudged(f"its tables or windows cannot be read ({type(error).__name__})") from None

    def seen(self, shown: Shown) -> list[int]:
        """The samples of a rendering at these pixels."""
        channels = shades.channels_of(self.frame.ds)
        return [shown[at * channels + channel] for at in self.places for channel in range(channels)]

    def distance(self, shown: Shown, inverted: bool = False) -> tuple[float, int]:
        """The mean and the greatest difference from the nearest right picture."""
        seen, found = self.seen(shown), (inf, 255)
        for each in self.right:
            wanted = (255 - sample for sample in each.samples) if inverted else each.samples
            differences = [abs(one - other) for one, other in zip(seen, wanted, strict=True)]
            found = min(found, (sum(differences) / len(differences), max(differences)))
        return found

    def rises(self, shown: Shown, near: int, inverted: bool = False) -> bool:
        """True if pixels of greater values are at least as bright, as a mean of many, and the greatest are brighter
        than the least."""
        in_units = shades.modality(self.frame.ds, self.frame.number)
        falling = shades.is_inverse(self.frame.ds) != inverted
        pixels = sorted(zip(map(in_units, self.frame.values), self.seen(shown), strict=True), reverse=falling)
        size = -(-len(pixels) // GROUPS)
        groups = [[grey for _, grey in pixels[at : at + size]] for at in range(0, len(pixels), size)]
        means = [sum(group) / len(group) for group in groups]
        return means[-1] > means[0] and all(mean >= max(means[: at + 1]) - near for at, mean in enumerate(means))


def frames(ds: Dataset, numbers: Sequence[int], places: Sequence[int] = ()) -> list[Stored]:
    """Some frames of an own object: their pixels at some places, else MOST of them. Raises NotSupported if they cannot
    be decoded here."""
    if "PixelData" not in ds:
        raise unjudged("its pixels are floating-point numbers")
    if missing := [keyword for keyword in DESCRIBED if keyword not in ds]:
        raise unjudged(f"it has no {missing[0]}")
    if ds.BitsAllocated not in (1, *FORMS) or (
        ds.BitsAllocated == 32 and ds.file_meta.TransferSyntaxUID == ExplicitVRBigEndian
    ):
        raise unjudged("its samples have an unusual number of bits")
    loss = own_frames.is_compressed(ds) and ds.file_meta.TransferSyntaxUID not in own_frames.LOSSLESS
    return [_stored(ds, *found, loss, places) for found in _contents(ds, numbers)]


def _contents(ds: Dataset, numbers: Sequence[int]) -> Iterator[tuple[int, bytes, dict[str, Any]]]:
    if own_frames.is_compressed(ds):
        yield from own_frames.decompressed(ds, numbers)
        return
    described = {
        "photometric_interpretation": ds.PhotometricInterpretation,
        "planar_configuration": ds.get("PlanarConfiguration", 0),
        "bits_allocated": ds.BitsAllocated,
    }
    yield from ((number, content, described) for number, content in own_frames.native(ds, numbers))


def _stored(
    ds: Dataset, number: int, content: bytes, described: dict[str, Any], loss: bool, places: Sequence[int]
) -> Stored:
    photometric, bits = described["photometric_interpretation"], described["bits_allocated"]
    samples = ds.SamplesPerPixel
    if photometric not in ((*GREY, "PALETTE COLOR") if samples == 1 else COLOUR):
        raise unjudged("its Photometric Interpretation is unusual")
    pixels = ds.Rows * ds.Columns
    stored_bits = int(ds.BitsStored)
    mask, sign = (1 << stored_bits) - 1, 1 << stored_bits - 1 if ds.get("PixelRepresentation") else 0
    shift = max(0, int(ds.get("HighBit", stored_bits - 1)) + 1 - stored_bits)

    def value(sample: int) -> int:
        return ((sample >> shift & mask) ^ sign) - sign

    padding = range(0)
    if "PixelPaddingValue" in ds:
        ends = [
            value((ds.get(f"PixelPadding{name}", ds.PixelPaddingValue)) << shift) for name in ("Value", "RangeLimit")
        ]
        padding = range(min(ends), max(ends) + 1)
    halved = photometric == "YBR_FULL_422" and not own_frames.is_compressed(ds)
    sampled = _reader(content, bits, pixels, samples, halved, bool(described.get("planar_configuration")))
    read = {at: sampled(at) for at in places or _spread(pixels, ds.Columns)}
    found = {at: [*map(value, samples)] for at, samples in read.items()}
    known = {whole & (1 << bits) - 1 for values in found.values() for each in values for whole in (each, each & mask)}
    kept = {at: values for at, values in found.items() if samples > 1 or values[0] not in padding}
    if not kept:
        raise unjudged(f"frame {number} is only padding")
    values = [sample for each in kept.values() for sample in each]
    more = any(sample >> shift not in known for samples in read.values() for sample in samples)
    return Stored([*kept], Frame(ds, number, values, photometric.startswith("YBR_FULL")), loss, more)


def _spread(pixels: int, columns: int) -> range:
    """The places of at most MOST pixels."""
    step = max(1, -(-pixels // MOST))
    while gcd(step, columns) > 1:  # otherwise only some columns are compared
        step += 1
    return range(0, pixels, step)


def _reader(
    content: bytes, bits: int, pixels: int, samples: int, halved: bool, by_plane: bool
) -> Callable[[int], Sequence[int]]:
    """The function from a place to the samples of the pixel there. `halved`: two pixels share their chrominances
    (PS3.3 C.7.6.3.1.2). Raises NotSupported for a frame that is too short."""
    if len(content) * 8 < pixels * (2 if halved else samples) * bits:
        raise unjudged("its frames are shorter than its size says")
    if bits == 1:
        return lambda at: (content[at // 8] >> at % 8 & 1,)
    size = bits // 8
    stored = memoryview(content)[: len(content) // size * size].cast(FORMS[bits])  # type: ignore[call-overload]
    if halved:
        return lambda at: (stored[at // 2 * 4 + at % 2], stored[at // 2 * 4 + 2], stored[at // 2 * 4 + 3])
    if by_plane:
        return lambda at: stored[at::pixels][:samples].tolist()
    return lambda at: stored[at * samples : (at + 1) * samples].tolist()


def judge(own: str, response: Response, stored: Stored, others: Sequence[Stored] = ()) -> None:
    """Deviate unless the only rendering of a response shows a frame of an own object, which `own` names.

    With a table, a window or colours, a PNG is compared pixel by pixel, within NEAR; what lost something in compression
    by its mean difference. Otherwise greater values have to be brighter. `others`: frames that may be there instead.
    Raises NotSupported if something that the text leaves open may explain the difference.
    """
    picture = pictures.one(response)
    ds, number = stored.frame.ds, stored.frame.number
    pictures.sized(picture, (ds.Columns, ds.Rows), response)
    shown, exact = shades.shown_in(picture, ds), _is_exact(picture, stored)
    if not stored.right and len(set(stored.seen(shown))) == 1:
        raise unjudged("its rendering is of one grey, and no window tells which contrast it should have")
    nearer = next((other for other in others if _is_nearer(shown, other, stored)), None)
    if nearer is None and _shows(shown, stored, exact):
        return
    grey = shades.channels_of(ds) == 1 and bool(stored.right)
    if nearer:
        found = f"frame {nearer.frame.number}"
    elif _shows(shown, stored, exact, inverted=True):
        found = "the stored image, inverted"
    elif why := left_open(stored):
        raise unjudged(why)
    elif grey and stored.rises(shown, LOSS):
        found = "the stored image with other contrast"
    else:
        found = pictures.different(stored.distance(shown)[0]) if stored.right else "a different picture"
    wanted = f"the stored image{' by its table or window' if grey else ''}"
    expect.deviates(f"the rendering of frame {number} of {own}", found, wanted, response)


def _is_exact(picture: Picture, stored: Stored) -> bool:
    return picture.format == "PNG" and not stored.loss


def _shows(shown: bytes, stored: Stored, exact: bool, inverted: bool = False) -> bool:
    if not stored.right:
        return stored.rises(shown, NEAR if exact else LOSS, inverted)
    mean, worst = stored.distance(shown, inverted)
    return worst <= NEAR if exact else mean <= pictures.BLUR


def _is_nearer(shown: bytes, other: Stored, stored: Stored) -> bool:
    """True if a rendering shows another frame, not this one."""
    if other is stored or not stored.right:
        return False
    return 2 * other.distance(shown)[0] < stored.distance(shown)[0] > NEAR


def left_open(stored: Stored) -> str:
    """The reason why an image may look otherwise; "" if there is none."""
    ds = stored.frame.ds
    tables = [ds.get(f"{name}PaletteColorLookupTableDescriptor") for name in ("Red", "Green", "Blue")]
    profiles = [ds, *(ds.get("OpticalPathSequence") or [])]
    if any((group, 0x3000) in ds for group in range(0x6000, 0x6020, 2)):
        return "an overlay may cover parts of it"
    if any("ICCProfile" in item for item in profiles):
        return "its ICC profile may change its colours"
    if any(tables) and ds.PhotometricInterpretation != "PALETTE COLOR":
        return "its supplemental palette may colour it"
    if stored.right and max(max(each.samples) for each in stored.right) < pictures.DARK:
        return "by its table or window it is nearly black, and servers may brighten it"
    if stored.loss and ds.PhotometricInterpretation == "RGB":
        return "decoders differ in whether its compressed colours are RGB"
    return ""
