"""The four sample files can be made again, byte for byte."""

from __future__ import annotations

import csv
import runpy
from pathlib import Path

import pydicom
import pytest

FIXTURES = Path(__file__).parents[1] / "fixtures"
SAMPLES = ["red-triangle", "green-square", "blue-circle"]
make = runpy.run_path(str(FIXTURES / "make.py"))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fixtures")
    make["make"](folder)
    return folder


@pytest.mark.parametrize("name", [*(f"{name}.dcm" for name in SAMPLES), "dicom-metadata.csv"])
def test_committed_file_is_what_the_script_makes(made, name):
    assert (made / name).read_bytes() == (FIXTURES / name).read_bytes()


@pytest.mark.parametrize("name", SAMPLES)
def test_pixels_show_the_shape_in_its_colour_on_grey(name):
    ds = pydicom.dcmread(FIXTURES / f"{name}.dcm")
    frame = ds.PixelData

    centre = (ds.Rows // 2 * ds.Columns + ds.Columns // 2) * 3
    assert tuple(frame[centre : centre + 3]) == make["SAMPLES"][name][0]
    assert tuple(frame[:3]) == (195, 195, 195)
    assert len(frame) == 979 * 985 * 3 + 1


def test_metadata_lists_the_attributes_of_each_file():
    with open(FIXTURES / "dicom-metadata.csv", newline="", encoding="utf-8") as file:
        rows = {row["File"]: row for row in csv.DictReader(file)}

    for name in SAMPLES:
        ds = pydicom.dcmread(FIXTURES / f"{name}.dcm")
        assert rows[f"{name}.dcm"]["SOPInstanceUID"] == ds.SOPInstanceUID
        assert rows[f"{name}.dcm"]["ImageComments"] == ds.ImageComments
