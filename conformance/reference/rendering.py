"""The query parameters of rendered resources, and their effect on a picture (PS3.18 8.3.5)."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import cache
from io import BytesIO

from PIL import Image, ImageCms, ImageDraw, ImageFont
from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException

from .imaging import Window

DECIMAL = re.compile(r"[+-]?[0-9]{1,9}(\.[0-9]{1,9})?")
KEYWORD = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
ANNOTATIONS = ("patient", "technique")
FUNCTIONS = ("linear", "linear-exact", "sigmoid")
QUALITY = 90
LARGEST = 8192  # pixels of a side of a viewport
FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/gif": "GIF"}


@dataclass(frozen=True)
class Viewport:
    """The size to fit into, and the region of the source, in pixels; a negative width or height mirrors it.

    None stands for the edge of the source.
    """

    width: int
    height: int
    left: float = 0
    top: float = 0
    region_width: float | None = None
    region_height: float | None = None

    def show(self, picture: Image.Image) -> Image.Image:
        """The region of a picture, as large as fits without changing its shape. Raises 400 for a region outside."""
        region_width = picture.width - self.left if self.region_width is None else self.region_width
        region_height = picture.height - self.top if self.region_height is None else self.region_height
        width, height = abs(region_width), abs(region_height)
        inside = 0 <= self.left < self.left + width <= picture.width
        if not (inside and 0 <= self.top < self.top + height <= picture.height and min(width, height) >= 1):
            raise HTTPException(400, f"viewport: the region is not within the {picture.width} x {picture.height} image")
        scale = min(self.width / width, self.height / height)
        size = max(1, math.floor(width * scale + 1e-6)), max(1, math.floor(height * scale + 1e-6))
        box = (self.left, self.top, self.left + width, self.top + height)
        shown = picture.resize(size, Image.Resampling.BILINEAR, box)
        if region_width < 0:
            shown = shown.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        return shown.transpose(Image.Transpose.FLIP_TOP_BOTTOM) if region_height < 0 else shown


@dataclass(frozen=True)
class Rendering:
    """The rendering that a request specifies.

    `unknown` are annotations that this server does not support; `profile`: embed an ICC profile.
    """

    annotations: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    quality: int = QUALITY
    viewport: Viewport | None = None
    window: Window | None = None
    profile: bool = False

    @classmethod
    def of(cls, parameters: QueryParams) -> Rendering:
        """Raises 400 for a value that is not of the form that 8.3.5.1 gives."""
        keywords = annotation(parameters["annotation"]) if "annotation" in parameters else ()
        return cls(
            tuple(word for word in keywords if word in ANNOTATIONS),
            tuple(word for word in keywords if word not in ANNOTATIONS),
            quality(parameters["quality"]) if "quality" in parameters else QUALITY,
            viewport(parameters["viewport"]) if "viewport" in parameters else None,
            window(parameters["window"]) if "window" in parameters else None,
            icc_profile(parameters.get("iccprofile", "no")),
        )


def annotation(text: str) -> tuple[str, ...]:
    """Keywords separated by commas (8.3.5.1.1)."""
    words = tuple(text.split(","))
    if not all(map(KEYWORD.fullmatch, words)):
        raise HTTPException(400, f"annotation: {text!r} is not a list of keywords, such as patient,technique")
    return words


def quality(text: str) -> int:
    """1 to 100 (8.3.5.1.2)."""
    if not re.fullmatch("[0-9]{1,3}", text) or not 1 <= int(text) <= 100:
        raise HTTPException(400, f"quality: {text!r} is not an integer from 1 to 100")
    return int(text)


def viewport(text: str, most: int = 6) -> Viewport:
    """vw,vh or vw,vh,sx,sy,sw,sh, of which the last four may be empty, and commas at the end omitted (8.3.5.1.3)."""
    texts = text.split(",")
    numbers = [_decimal(item, "viewport") if item else None for item in texts]
    width, height, left, top, region_width, region_height = (*numbers, *[None] * 6)[:6]
    sides = [side for side in (width, height) if side is not None and side == int(side) and 1 <= side <= LARGEST]
    if not 2 <= len(texts) <= most or len(sides) != 2:
        forms = "vw,vh" if most == 2 else "vw,vh or vw,vh,sx,sy,sw,sh"
        raise HTTPException(400, f"viewport: {text!r} is not {forms} with vw and vh from 1 to {LARGEST}")
    return Viewport(int(sides[0]), int(sides[1]), left or 0, top or 0, region_width, region_height)


def window(text: str) -> Window:
    """center,width,function (8.3.5.1.4)."""
    center, width, function = (*text.split(","), "", "", "")[:3]
    if text.count(",") != 2 or function not in FUNCTIONS:
        raise HTTPException(400, f"window: {text!r} is not center,width,function with one of {', '.join(FUNCTIONS)}")
    found = Window(_decimal(center, "window"), _decimal(width, "window"), function)
    if found.width < 1 if function == "linear" else found.width <= 0:
        raise HTTPException(400, f"window: {width} is too narrow")
    return found


def icc_profile(text: str) -> bool:
    """no, or yes and srgb, which are the same here: renderings are in sRGB (8.3.5.1.5)."""
    if text not in ("no", "yes", "srgb"):
        raise HTTPException(400, f"iccprofile: {text!r} is not supported; supported are no, yes, srgb")
    return text != "no"


def _decimal(text: str, parameter: str) -> float:
    if not DECIMAL.fullmatch(text):
        raise HTTPException(400, f"{parameter}: {text!r} is not a number")
    return float(text)


def annotated(picture: Image.Image, lines: list[str]) -> Image.Image:
    """The picture with text on a dark ground in its upper left corner."""
    if not lines:
        return picture
    shown, white = picture.copy(), "white" if picture.mode == "RGB" else 255
    draw, text = ImageDraw.Draw(shown), "\n".join(lines)
    font = ImageFont.load_default(size=max(8, picture.height // 24))
    draw.rectangle(draw.multiline_textbbox((2, 2), text, font=font), fill=0)
    draw.multiline_text((2, 2), text, fill=white, font=font)
    return shown


def encoded(pictures: list[Image.Image], media_type: str, quality: int = QUALITY, profile: bool = False) -> bytes:
    """One picture, or several as an animation if the media type has that. Raises 400 for a profile in a GIF."""
    if profile and media_type == "image/gif":
        raise HTTPException(400, "iccprofile: image/gif has no place for a profile")
    file, (first, *others) = BytesIO(), [picture.convert("RGB") if profile else picture for picture in pictures]
    icc = srgb() if profile else None
    if others:
        first.save(file, "GIF", save_all=True, append_images=others, duration=100, loop=0, optimize=False)
    elif media_type == "image/jpeg":
        # Pillow writes the baseline process (SOF0); colours are kept at full resolution.
        first.save(file, "JPEG", quality=quality, subsampling=0, icc_profile=icc)
    else:
        first.save(file, FORMATS[media_type], icc_profile=icc)
    return file.getvalue()


@cache
def srgb() -> bytes:
    """The ICC profile of sRGB."""
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
