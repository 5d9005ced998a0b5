"""A viewer of whole slides opens the slides."""

from __future__ import annotations

import pytest

from conformance.kit import check, given
from conformance.kit.verdicts import NotSupported
from conformance.kit.views import is_flat
from conformance.ohif import comparing
from conformance.ohif import test_ohif as room

SLIDES = ("whole-slide", "slide-pyramid")
FLAT = ("slide-pyramid",)  # with a label and an overview
NEEDED = ("metadata", "frames")


def opened(viewer, endpoint, kind, *cited):
    """How the viewer shows a slide; exchanges with a part of `cited` in their URL are evidence."""
    for feature in NEEDED:
        given.claimed(endpoint, feature)
    view = viewer(kind, *cited)
    if not view.is_slide:
        raise NotSupported("it is not a slide")
    return view


def look_at(view, flat=False):
    """The pictures of the slide, or `flat` of its labels and overviews. Warn if one is missing."""
    wanted = [instance for instance in view.instances if is_flat(instance) == flat]
    for instance in wanted:
        if why := view.missing.get(instance.sop_instance_uid):
            request = view.sent(instance.sop_instance_uid, "/rendered" if flat else "/frames/")
            room.deviates(
                f"{'its label or overview' if flat else 'the slide'} on the screen", f"absent ({why})", "there", request
            )
    looks = [look for look in view.looks if look.instance in wanted]
    if not looks and wanted:
        room.deviates("the slide on the screen", "absent (another instance is shown)", "there", view.sent("/metadata"))
    return looks


@check("SLIDE-PICTURE")
@pytest.mark.parametrize("kind", SLIDES)
def test_every_tile_is_right(viewer, endpoint, kind):
    """The finest level of a slide is on the screen: each tile in its place, with the colour of each stored pixel."""
    view = opened(viewer, endpoint, kind, "/frames/", "/metadata")

    looks = look_at(view)

    viewer.keep(kind, comparing.strip(view.looks))
    judge(view, kind, looks, "the slide", "/frames/")


@check("SLIDE-PICTURE", "label")
@pytest.mark.parametrize("kind", FLAT)
def test_label_and_overview_are_right(viewer, endpoint, kind):
    """The label and the overview of a slide are on the screen, with the colour of each stored pixel."""
    given.claimed(endpoint, "rendered")
    view = opened(viewer, endpoint, kind, "/rendered", "/metadata")

    judge(view, kind, look_at(view, flat=True), "its label or overview", "/rendered")


def judge(view, kind, looks, what, part):
    """Warn unless pictures are right. A `part` of a target names the requests for them."""
    for look in looks:
        if wrong := comparing.difference(look, kind):
            sent = view.sent(look.instance.sop_instance_uid, part)
            room.deviates(f"{wrong} of {what} on the screen", f"{wrong.found} of 255", f"{wrong.wanted}", sent)


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
