"""A study as a viewer shows it: the requests that the viewer sent, and the pictures on its screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from pydicom.uid import VLWholeSlideMicroscopyImageStorage

from conformance.dicomweb.messages import Request
from conformance.kit.instances import Instance

OPENS = "/viewer"  # the page that shows a study
WHOLE = 0  # instead of the number of a frame: all tiles of a slide together
SLIDE = VLWholeSlideMicroscopyImageStorage


def is_flat(instance: Instance) -> bool:
    """True if an instance is the label or the overview of a slide (PS3.3 C.8.12.4.1.1)."""
    return instance.dataset.get("ImageType", [""])[2:3] in (["LABEL"], ["OVERVIEW"])


@dataclass(frozen=True)
class Relayed:
    """A request of a viewer: the status that it received, or None, and why it received no response of the server."""

    request: Request
    status: int | None
    why: str = ""

    @property
    def outcome(self) -> str:
        """The status, or the reason why there is none, as a message shows it."""
        return self.why or f"status {self.status}"


@dataclass(frozen=True)
class Look:
    """The picture of a frame on the screen: a PNG of the canvas, without the texts above it. Of a slide, `frame` is
    WHOLE.

    `origin` is the point of the canvas, in pixels from its top left corner, that shows the centre of the first pixel of
    the image; `right` and `below` are those of the next pixel in the row, and in the column.
    """

    instance: Instance
    frame: int
    canvas: bytes
    origin: tuple[float, float]
    right: tuple[float, float]
    below: tuple[float, float]

    def place(self, row: float, column: float) -> tuple[float, float]:
        """The point of the canvas that shows the centre of a pixel; rows and columns are counted from 0."""
        x, y = self.origin
        across, down = self.right[0] - x, self.right[1] - y
        return (
            x + column * across + row * (self.below[0] - x),
            y + column * down + row * (self.below[1] - y),
        )

    @property
    def area(self) -> float:
        """Pixels of the canvas for one of the image; negative if it is mirrored, 0 if it has no area."""
        (x, y), (right, low), (left, deep) = self.origin, self.right, self.below
        return (right - x) * (deep - y) - (left - x) * (low - y)

    def pixel(self, x: float, y: float) -> tuple[float, float]:
        """The row and column that a point of the canvas shows: the reverse of `place`. Raises ZeroDivisionError without
        an area."""
        x, y = x - self.origin[0], y - self.origin[1]
        (across, down), (left, deep) = (
            (point[0] - self.origin[0], point[1] - self.origin[1]) for point in (self.right, self.below)
        )
        return (across * y - down * x) / self.area, (deep * x - left * y) / self.area


@dataclass
class View:
    """What a viewer did with the study of some instances.

    `viewer` is its name and version. `own`: the run stored the study; of another one it is not known what it shows.
    `listed`: the study of the run was in the list of studies.
    `series` are those that it opened; `thumbnails` those whose small picture was there. `looks` are the pictures;
    `missing` says why a picture did not appear, by instance and frame, or by the instance of a slide. `errors` are
    those of its console.
    """

    viewer: str
    instances: Sequence[Instance]
    own: bool = True
    listed: bool = False
    series: set[str] = field(default_factory=set)
    thumbnails: set[str] = field(default_factory=set)
    looks: list[Look] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)
    requests: list[Relayed] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @property
    def is_slide(self) -> bool:
        """True if it is a whole slide."""
        return self.instances[0].sop_class_uid == SLIDE

    @property
    def failed(self) -> list[Relayed]:
        """The requests that did not receive what they asked for."""
        return [item for item in self.requests if item.status is None or item.status >= 400]

    @property
    def opening(self) -> Request:
        """The page that was opened, as a request of the message's reader."""
        return Request("GET", "", f"{OPENS}?StudyInstanceUIDs={self.instances[0].study_uid} in {self.viewer}", ())

    def sent(self, *parts: str) -> Request:
        """The last request with these parts in its target, those that failed first; the page if there was none."""
        found = [item for item in self.requests if all(part in item.request.target for part in parts)]
        failed = [item for item in found if item in self.failed]
        return (failed or found)[-1].request if found else self.opening
