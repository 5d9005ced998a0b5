"""Own objects, which the operator gave the run to store, in real viewers. No picture is kept."""

from __future__ import annotations

from pydicom.uid import ParametricMapStorage, RTDoseStorage, SegmentationStorage

from conformance.kit import check, given, own_frames
from conformance.kit.verdicts import NotSupported, Observed
from conformance.kit.views import SLIDE, is_flat
from conformance.ohif import own_pictures, own_slides
from conformance.ohif import test_ohif as room
from conformance.ohif import test_slides as slides

# Pixels that OHIF shows over other images, if at all.
LABEL_MAP = "1.2.840.10008.5.1.4.1.1.66.7"
APART = (SegmentationStorage, LABEL_MAP, ParametricMapStorage)
OF_SLIDE = (
    *("TotalPixelMatrixRows", "TotalPixelMatrixColumns", "TotalPixelMatrixOriginSequence", "ImageOrientationSlide"),
    *("OpticalPathSequence", "SharedFunctionalGroupsSequence", "FrameOfReferenceUID", "ContainerIdentifier"),
)


def opened(viewer, endpoint, stored, own, *cited):
    """How OHIF shows an own object with pixels."""
    (instance,) = stored(own)
    if not own_frames.count(instance.dataset):
        raise NotSupported("the object has no pixels")
    if instance.sop_class_uid == SLIDE:
        raise NotSupported("the object is a slide, which SLIDE-PICTURE judges")
    if instance.sop_class_uid in APART:
        raise NotSupported("OHIF shows such an object only over other images")
    return room.opened(viewer, endpoint, own, *cited)


@check("OHIF-LIST", "own")
def test_own_study_is_in_the_list(viewer, endpoint, stored, own):
    """The study of an own object is in the list of studies, by the ID of its patient."""
    view = opened(viewer, endpoint, stored, own, "/studies?")

    room.listed(view)


@check("OHIF-SERIES", "own")
def test_own_series_has_its_thumbnail(viewer, endpoint, stored, own):
    """The study of an own object opens, and the series of the object has its thumbnail."""
    view = opened(viewer, endpoint, stored, own, "/series")
    if view.instances[0].sop_class_uid == RTDoseStorage:
        raise Observed("OHIF has no thumbnail of an RT Dose, with any server")

    room.complete(view)


@check("OHIF-FRAMES", "own")
def test_frames_of_own_object_are_on_the_screen(viewer, endpoint, stored, own):
    """Each frame of an own object, 30 at most, is on the screen."""
    view = opened(viewer, endpoint, stored, own, "/frames/")

    for place, why in view.missing.items():
        uid, _, number = place.rpartition(", frame ")
        found = f"absent ({why})"
        room.deviates(f"the picture of frame {number} in OHIF", found, "on the screen", view.sent(uid, "/frames/"))


@check("OHIF-PICTURE", "own")
def test_pictures_of_own_object_are_right(viewer, endpoint, stored, own):
    """Each frame of an own object that is on the screen shows its stored pixels, by its table, rescale and window."""
    view = opened(viewer, endpoint, stored, own, "/frames/")
    if not view.looks:
        raise NotSupported("not judged here: no picture of it is on the screen, which OHIF-FRAMES judges")

    for look in view.looks:
        if found := own_pictures.difference(look, [other.frame for other in view.looks]):
            request = view.sent(look.instance.sop_instance_uid, f"/frames/{look.frame}")
            subject = f"the picture of frame {look.frame} of {own} on the screen"
            room.deviates(subject, found, "that of the stored pixels", request)


@check("OHIF-REQUESTS", "own")
def test_no_request_for_own_object_is_refused(viewer, endpoint, stored, own):
    """Each request of OHIF for an own object returns what it asked for."""
    view = opened(viewer, endpoint, stored, own, "/")

    room.answered(view)


@check("SLIDE-PICTURE", "own")
def test_own_slide_is_on_the_screen(viewer, endpoint, stored, own):
    """A slide among the own objects is on the screen, some of its tiles compared, or a label or an overview of one."""
    view = own_slide(viewer, endpoint, stored, own, "/frames/", "/rendered", "/metadata")
    flat = is_flat(view.instances[0])
    if flat:
        given.claimed(endpoint, "rendered")

    for look in slides.look_at(view, flat):
        if not flat and (number := own_slides.different_tile(look)):
            request = view.sent(look.instance.sop_instance_uid, f"/frames/{number}")
            room.deviates(f"tile {number} of {own} on the screen", "a different picture", "its stored pixels", request)


@check("SLIDE-REQUESTS", "own")
def test_no_request_for_own_slide_is_refused(viewer, endpoint, stored, own):
    """Each request of the viewer of slides for an own object returns what it asked for."""
    room.answered(own_slide(viewer, endpoint, stored, own, "/"))


def own_slide(viewer, endpoint, stored, own, *cited):
    """How the viewer of slides shows an own object that is one."""
    (instance,) = stored(own)
    if instance.sop_class_uid != SLIDE:
        raise NotSupported("the object is not a slide")
    if missing := [keyword for keyword in OF_SLIDE if not instance.dataset.get(keyword)]:
        raise NotSupported(f"the object has no {missing[0]}, without which the viewer shows no slide")
    return slides.opened(viewer, endpoint, own, *cited)
