"""OHIF opens the sample study, and every kind of images of which it is known what a picture has to show."""

from __future__ import annotations

import re

import pytest

from conformance.kit import check, expect, given
from conformance.kit.kinds import KINDS, having
from conformance.kit.verdicts import NotSupported, Observed
from conformance.ohif import comparing

SAMPLE = "sample"
OTHERS = ("ct-16", "implicit-vr", "big-endian", "deflated", "us-multiframe", "quadrants", "jpeg-baseline")
IMAGES = (SAMPLE, *OTHERS, *having("shown"))
FRAMES = [kind for kind in IMAGES if kind != SAMPLE and "frames" in KINDS[kind].traits]
# Kinds that OHIF 3.12.10 shows otherwise, whatever the server does.
LIMITS = {
    "voi-lut": "a VOI LUT is not applied",
    "voi-lut-12": "a VOI LUT is not applied",
    "digital-x-ray": "a VOI LUT is not applied",
    "modality-lut": "a Modality LUT is not applied",
    "rgb-16": "colours of 16 bits are not shown",
}
NEEDED = ("search", "metadata", "frames")
# By a part of its target: the requirements of the checks that judge a request of OHIF.
JUDGED = {
    "/rendered": "RETRIEVE-REND-001 and RETRIEVE-REND-016",
    "/frames/": "VIEWER-FRAME-QUOTED, VIEWER-FRAME-SINGLE and RETRIEVE-FRAMES-001",
    "/bulkdata": "VIEWER-BULK-ADDRESS and VIEWER-BULK-FORM",
    "/metadata": "VIEWER-JSON-ARRAY, VIEWER-META-PIXELS and SEED-RETRIEVE-SERIES-METADATA",
    "/series": "VIEWER-SEARCH-SERIES and VIEWER-SEARCH-FIRST",
    "/studies?": "VIEWER-SEARCH-LIST and VIEWER-SEARCH-WILDCARDS",
}


def opened(viewer, endpoint, kind, *cited):
    """How OHIF shows a kind; exchanges with a part of `cited` in their URL are evidence."""
    for feature in NEEDED:
        given.claimed(endpoint, feature)
    view = viewer(kind, *cited)
    if view.is_slide:
        raise NotSupported("it is a slide, which SLIDE-PICTURE judges")
    return view


def deviates(subject, found, wanted, request):
    """Warn, with the requirements whose checks judge the request. Those that failed in this run are named instead, once
    they are known."""
    names = next((names for part, names in JUDGED.items() if part in request.target), "")
    judged = f"what this request returns is judged by {names}" if names else "no requirement is about it alone"
    expect.doubt(subject, found, wanted, request, judged)


@check("OHIF-LIST")
@pytest.mark.parametrize("kind", IMAGES)
def test_study_is_in_the_list(viewer, endpoint, kind):
    """The study is in the list of studies, by the ID of its patient."""
    view = opened(viewer, endpoint, kind, "/studies?")
    if not view.own:
        raise NotSupported("the list is not searched for the patient of an existing study")

    listed(view)


def listed(view):
    """Warn unless the study was in the list."""
    if not view.listed:
        deviates("the study in the list of OHIF", "absent", "there", view.sent("/studies?"))


@check("OHIF-SERIES")
@pytest.mark.parametrize("kind", IMAGES)
def test_every_series_has_its_thumbnail(viewer, endpoint, kind):
    """The study opens, and every series of it has its thumbnail."""
    view = opened(viewer, endpoint, kind, "/series")

    complete(view)


def complete(view):
    """Warn unless each series is open, with its thumbnail."""
    for uid in dict.fromkeys(instance.series_uid for instance in view.instances):
        if uid not in view.series:
            deviates(f"the series {uid} in OHIF", "absent", "open", view.sent("/series"))
        if uid not in view.thumbnails:
            deviates(f"the thumbnail of the series {uid}", "absent", "there", view.sent(uid, "/frames/"))


@check("OHIF-PICTURE")
@pytest.mark.parametrize("kind", IMAGES)
def test_picture_is_right(viewer, endpoint, kind):
    """The first picture of each instance is on the screen, with the grey or colour of each stored value."""
    view = opened(viewer, endpoint, kind, "/frames/1")
    if view.own and view.looks:
        viewer.keep(kind, comparing.strip(view.looks))

    for instance in view.instances:
        judge(view, kind, instance, 1)


@check("OHIF-FRAMES")
@pytest.mark.parametrize("kind", FRAMES)
def test_every_frame_is_reached(viewer, endpoint, kind):
    """Each frame after the first is on the screen when it is scrolled to, with its own picture."""
    view = opened(viewer, endpoint, kind, "/frames/")

    for number in range(2, int(view.instances[0].dataset.NumberOfFrames) + 1):
        judge(view, kind, view.instances[0], number)


def judge(view, kind, instance, number):
    """Warn unless a frame is on the screen, and right."""
    request = view.sent(instance.sop_instance_uid, f"/frames/{number}")
    look = next((look for look in view.looks if (look.instance, look.frame) == (instance, number)), None)
    if look is None:
        why = view.missing.get(f"{instance.sop_instance_uid}, frame {number}", "not looked for")
        deviates(f"the picture of frame {number} in OHIF", f"absent ({why})", "on the screen", request)
    elif view.own and (wrong := comparing.difference(look, kind)):
        if kind in LIMITS:
            raise Observed(f"{view.viewer} shows another picture, with any server: {LIMITS[kind]}")
        place = f"{wrong} of frame {number} on the screen"
        deviates(place, f"{wrong.found} of 255", f"{wrong.wanted} by its {wrong.by}", request)


@check("OHIF-REQUESTS")
@pytest.mark.parametrize("kind", IMAGES)
def test_no_request_is_refused(viewer, endpoint, kind):
    """Each request of OHIF returns what it asked for."""
    view = opened(viewer, endpoint, kind, "/")

    answered(view)


def answered(view):
    """Warn if a request failed, other than one for another series of the study."""
    for sent in view.failed:
        of_series = re.search("/series/([^/?]+)", sent.request.target)
        if of_series and of_series[1] not in {instance.series_uid for instance in view.instances}:
            continue
        deviates("the response to the viewer", sent.outcome, "status 200", sent.request)


@check("OHIF-CONSOLE")
@pytest.mark.parametrize("kind", IMAGES)
def test_no_error_in_the_console(viewer, endpoint, kind):
    """The console of the browser has no error."""
    view = opened(viewer, endpoint, kind)

    silent(view)


def silent(view):
    """Deviate if the console has an error."""
    expect.equal("the first error in the console", view.errors[0] if view.errors else "none", "none", view.sent(""))
