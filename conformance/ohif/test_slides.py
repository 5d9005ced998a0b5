"""A viewer of whole slides opens the slides."""

from __future__ import annotations

import pytest

from conformance.kit import check, given
from conformance.kit.verdicts import NotSupported
from conformance.ohif import comparing
from conformance.ohif import test_ohif as room

SLIDES = ("whole-slide", "slide-pyramid")
NEEDED = ("metadata", "frames")


def opened(viewer, endpoint, kind, *cited):
    """How the viewer shows a slide; exchanges with a part of `cited` in their URL are evidence."""
    for feature in NEEDED:
        given.claimed(endpoint, feature)
    view = viewer(kind, *cited)
    if not view.is_slide:
        raise NotSupported("it is not a slide")
    return view


def look_at(view):
    """The picture of the slide. Warn if there is none."""
    for uid, why in view.missing.items():
        room.deviates("the slide on the screen", f"absent ({why})", "there", view.sent(uid, "/frames/"))
    if not view.looks:
        room.deviates("the slide on the screen", "absent (another instance is shown)", "there", view.sent("/metadata"))
    return view.looks[0]


@check("SLIDE-PICTURE")
@pytest.mark.parametrize("kind", SLIDES)
def test_every_tile_is_right(viewer, endpoint, kind):
    """The finest level of a slide is on the screen: each tile in its place, with the colour of each stored pixel."""
    view = opened(viewer, endpoint, kind, "/frames/", "/metadata")

    look = look_at(view)

    viewer.keep(kind, comparing.strip(view.looks))
    if wrong := comparing.difference(look, kind):
        sent = view.sent(look.instance.sop_instance_uid, "/frames/")
        room.deviates(f"{wrong} of the slide on the screen", f"{wrong.found} of 255", f"{wrong.wanted}", sent)


@check("SLIDE-REQUESTS")
@pytest.mark.parametrize("kind", SLIDES)
def test_no_request_is_refused(viewer, endpoint, kind):
    """Each request of the viewer of slides returns what it asked for."""
    room.answered(opened(viewer, endpoint, kind, "/"))


@check("SLIDE-CONSOLE")
@pytest.mark.parametrize("kind", SLIDES)
def test_no_error_in_the_console(viewer, endpoint, kind):
    """The console of the browser has no error."""
    room.silent(opened(viewer, endpoint, kind))
