"""The real viewers open studies of the reference server, and of Orthanc; tests/ohif.toml is what faults do to them."""

from __future__ import annotations

import importlib.util
import shutil
import tomllib
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from io import BytesIO
from types import SimpleNamespace

import pytest
from PIL import Image, ImageChops

from conformance.harness.endpoint.tables import ConfigurationError
from conformance.harness.viewer import parts as viewer_parts
from conformance.harness.viewer.parts import parts
from conformance.harness.viewer.viewer import Viewer
from conformance.kit.kinds import Label, made
from conformance.kit.verdicts import Blocked, NotSupported
from conformance.kit.views import WHOLE, Look, View
from conformance.ohif import comparing, own_slides
from conformance.reference.faults import FAULTS
from conformance.requirements import requirements
from tests import ohif
from tests.conftest import missing

TABLE = tomllib.loads(ohif.TABLE.read_text(encoding="utf-8"))
# A dozen kinds in one study, so that OHIF is opened once. An overloaded machine takes a minute for another.
KINDS = (
    *("implicit-vr", "big-endian", "deflated", "us-multiframe", "quadrants", "jpeg-baseline"),
    *("grey-30", "dx", "rescale", "rle-odd", "palette-16", "enhanced-ct"),
)
BROKEN = ("viewer-quoted-asterisk-is-refused", "grey-30")
# What is found where these are own objects, and a server sends the next frame.
SHIFTED = {"us-multiframe": ["OHIF-PICTURE"], "whole-slide": ["SLIDE-PICTURE"]}


@pytest.fixture(scope="module")
def real():
    """The parts of OHIF. Where one is not installed the test is skipped, in CI it fails."""
    try:
        return parts(None, None)
    except ConfigurationError as error:
        missing(str(error))


@pytest.mark.slow
def test_real_viewers_show_the_studies_of_the_reference_server(real, reference):
    found = ohif.of_reference(reference, reference.url, real, ["slide-pyramid"], joint=KINDS)

    assert found == {kind: {} for kind in (*KINDS, "slide-pyramid")}


@pytest.mark.slow
def test_real_viewers_show_the_studies_of_orthanc(real, tmp_path):
    kinds = ("rescale", "whole-slide")

    with ohif.orthanc_server(tmp_path) as orthanc:  # the one of all tests is empty
        found = ohif.of_orthanc(orthanc, tmp_path, real, kinds)

    assert found == {kind: dict.fromkeys(ohif.ORTHANC[kind]) for kind in kinds}


@pytest.mark.slow
def test_real_ohif_fails_with_a_fault(real, reference):
    fault, kind = BROKEN

    broken = ohif.of_reference(reference, reference.fault_url(fault), real, [kind])[kind]

    assert list(broken) == TABLE[fault]["breaks"]
    assert "frames/1" in broken["OHIF-REQUESTS"] and "VIEWER-FRAME-QUOTED" in broken["OHIF-REQUESTS"]


@pytest.mark.slow
def test_own_objects_are_judged_in_the_real_viewers(real, reference):
    assert ohif.of_reference(reference, reference.url, real, SHIFTED, own=True) == {kind: {} for kind in SHIFTED}

    broken = ohif.of_reference(reference, reference.fault_url("frames-counted-from-zero"), real, SHIFTED, own=True)

    assert {kind: [*found] for kind, found in broken.items()} == SHIFTED
    assert "a different picture" in broken["whole-slide"]["SLIDE-PICTURE"]


def look(kind, number=1, shift=0, fade=0):
    """A picture on a screen, ten times as large as the image, its columns shifted and its values faded."""
    instance = made(kind, Label("look", "DWC-"))[0]
    ds, shades = instance.dataset, comparing.shades.candidates(comparing.shades.frame_of(instance, number))[0]
    image = comparing.pixels_of(instance, shades).point(lambda value: max(0, value - fade))
    image = ImageChops.offset(image, shift, 0).resize((10 * ds.Columns, 10 * ds.Rows), Image.Resampling.BILINEAR)
    file = BytesIO()
    image.save(file, "PNG")
    return Look(instance, number, file.getvalue(), (5, 5), (15, 5), (5, 15))


@pytest.mark.parametrize("kind", ["grey-30", "ct-16", "rle-odd", "dx", "palette-16"])
def test_picture_is_compared_pixel_by_pixel(kind):
    assert comparing.difference(look(kind), kind) is None
    assert comparing.difference(look(kind, shift=3), kind) is not None
    assert comparing.difference(look(kind, fade=40), kind) is not None


def test_picture_of_another_frame_or_beside_the_screen_is_another():
    second = look("us-multiframe", 2)

    assert comparing.difference(second, "us-multiframe") is None
    assert comparing.difference(replace(second, frame=1), "us-multiframe") is not None
    beside = replace(second, origin=(-900, 5), right=(-890, 5), below=(-900, 15))
    assert "not on the screen" in comparing.difference(beside, "us-multiframe").by


def slide(swapped=False):
    """A slide on a screen, ten times as large and turned upside down."""
    instance = made("whole-slide", Label("look", "DWC-"))[0]
    image = comparing.slide_of(instance)
    if swapped:  # two tiles of the upper row
        first, second = image.crop((0, 0, 16, 16)), image.crop((16, 0, 32, 16))
        image.paste(second, (0, 0))
        image.paste(first, (16, 0))
    width, height = 10 * image.width, 10 * image.height
    file = BytesIO()
    image.resize((width, height), Image.Resampling.NEAREST).rotate(180).save(file, "PNG")
    points = (width - 5, height - 5), (width - 15, height - 5), (width - 5, height - 15)
    return Look(instance, WHOLE, file.getvalue(), *points)


def test_slide_is_compared_tile_by_tile():
    assert comparing.difference(slide(), "whole-slide") is None
    assert (comparing.difference(slide(swapped=True), "whole-slide").row) < 16
    made_of = Image.open(BytesIO(comparing.strip([slide()]))).convert("L")
    above, below = made_of.crop((0, 0, 128, 128)), made_of.crop((0, 132, 128, 260))
    assert max(ImageChops.difference(above, below).resize((16, 16), Image.Resampling.BOX).tobytes()) < 40


def test_own_slide_is_compared_by_some_of_its_tiles():
    assert own_slides.different_tile(slide()) is None
    assert own_slides.different_tile(slide(swapped=True)) == 1


def test_places_of_tiles_that_are_not_told_are_not_judged():
    sparse = slide().instance.edited(DimensionOrganizationType="TILED_SPARSE")

    with pytest.raises(NotSupported, match="its tiles have places of their own"):
        own_slides.different_tile(replace(slide(), instance=sparse))


def test_slide_that_is_partly_beside_the_screen_is_not_judged():
    beside = replace(slide(), origin=(-5, 5), right=(5, 5), below=(-5, 15))

    with pytest.raises(NotSupported, match="beside the screen"):
        own_slides.different_tile(beside)


def test_strip_has_the_picture_as_it_should_be_and_as_it_is():
    made_of = Image.open(BytesIO(comparing.strip([look("grey-30")]))).convert("L")
    above, below = made_of.crop((0, 0, 128, 128)), made_of.crop((0, 132, 128, 260))

    assert max(ImageChops.difference(above, below).resize((16, 16), Image.Resampling.BOX).tobytes()) < 40


def test_view_without_time_left_is_blocked():
    pytest.importorskip("playwright")

    class Tired:
        def ask(self):
            raise Blocked("the run has used its time", by="the budget")

    recorder = SimpleNamespace(of=lambda check: nullcontext(), exchanges={})
    population = partial(made, label=Label("tired", "DWC-"))
    viewer = Viewer(None, SimpleNamespace(patience=Tired()), recorder, population, True)
    viewer._window = lambda slides: SimpleNamespace(view=lambda instances, own: View("OHIF", instances))

    for _ in range(2):
        with pytest.raises(Blocked, match="used its time"):
            viewer("ct-16")


def test_table_has_a_fault_for_each_need_of_ohif_and_each_obligation_of_the_profile():
    needs = {
        name
        for name, item in requirements().items()
        if any(viewer.startswith("OHIF") for viewer in item.viewers) and item.profile == "viewers"
    }
    scored = {name for name in needs if requirements()[name].tier != "info"}
    own = {name for name, item in requirements().items() if item.profile == "ohif"}

    assert {item["need"] for item in TABLE.values() if "need" in item} == scored
    assert own <= {name for item in TABLE.values() for name in item.get("breaks", ())}
    assert all("breaks" in item or "why" in item for item in TABLE.values())
    assert set(TABLE) <= set(FAULTS)


def test_fault_of_the_table_breaks_the_need():
    assert all(item["need"] in FAULTS[name].breaks for name, item in TABLE.items() if "need" in item)


def without(monkeypatch, *programs):
    """A PATH without some programs, and no cache."""
    found = shutil.which
    monkeypatch.setattr(shutil, "which", lambda name: None if name in programs else found(name))


def test_missing_library_is_one_sentence(command, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)

    done = command("run", "--viewer")

    assert (done.code, "pip install 'dicomweb-conformance[viewer]'" in done.output) == (4, True)


@pytest.mark.skipif(importlib.util.find_spec("playwright") is None, reason="playwright is not installed")
class TestParts:
    def test_missing_browser_is_one_sentence(self, command, monkeypatch):
        without(monkeypatch, *viewer_parts.BROWSERS)

        done = command("viewer")

        assert (done.code, "--viewer needs Chromium or Chrome" in done.output) == (4, True)

    def test_missing_npm_is_one_sentence(self, monkeypatch, tmp_path):
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
        monkeypatch.setattr(shutil, "which", lambda name: "/bin/true" if name in viewer_parts.BROWSERS else None)

        with pytest.raises(ConfigurationError, match="npm is not on the PATH: install it .*, or name the folder"):
            parts(None, None)

    def test_another_folder_is_one_sentence(self, monkeypatch, tmp_path):
        monkeypatch.setattr(shutil, "which", lambda name: "/bin/true")

        with pytest.raises(ConfigurationError, match="--ohif is .*, should be the folder package/dist"):
            parts(str(tmp_path), None)

    def test_another_package_is_refused(self, monkeypatch, tmp_path):
        npm = tmp_path / "npm"
        npm.write_text('#!/bin/sh\necho other > "$6/ohif-app.tgz"\n')
        npm.chmod(0o755)
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        monkeypatch.setattr(shutil, "which", lambda name: str(npm))

        with pytest.raises(ConfigurationError, match="SHA-256 of @ohif/app@3.12.10 as downloaded is .*, should be"):
            parts(None, None)
        assert list((tmp_path / "cache" / "dicomweb-conformance").iterdir()) == []

    def test_viewer_of_slides_may_be_missing(self, monkeypatch, tmp_path):
        (tmp_path / "index.html").touch()
        (tmp_path / "app.bundle.js").touch()
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        monkeypatch.setattr(shutil, "which", lambda name: "/bin/true")

        found = parts(str(tmp_path), None)

        assert found.slides.folder is None and found.slides.why.endswith("not there from an earlier run")
