"""The covering array of pixel objects has every pair of levels that the rules allow, and its rows are what they say."""

from __future__ import annotations

from itertools import combinations

import pytest

from conformance.dicomweb import part10
from conformance.kit.kinds import Label, encoded_frames, factors, frames, is_lossy, pixel_objects
from conformance.kit.kinds.factors import FACTORS, LOSSY, NATIVE, NONE, RULES, Row
from tests.tools import covering

LABEL = Label("a run", "DWC1234-")
ROWS = factors.rows()
each_row = pytest.mark.parametrize("name", ROWS)


def made(name):
    return pixel_objects.instance(LABEL, "factors-1", 1, ROWS[name])


def test_every_feasible_pair_is_in_a_row():
    covered = {pair for row in ROWS.values() for pair in factors.pairs(row)}

    assert set(factors.feasible()) - covered == set()


def test_what_is_not_feasible_is_excluded_by_a_rule():
    """By brute force: a pair that no row has breaks a rule in every completion of a third and a fourth factor."""
    every = {
        ((one, a), (other, b)) for (one, la), (other, lb) in combinations(FACTORS.items(), 2) for a in la for b in lb
    }
    excluded = every - set(factors.feasible())

    assert len(excluded) > 100
    for pair in excluded:
        levels = dict(pair)
        others = [name for name in FACTORS if name not in levels]
        stuck = any(
            not any(factors.possible({**levels, third: x, fourth: y}) for x in FACTORS[third] for y in FACTORS[fourth])
            for third, fourth in combinations(others, 2)
        )
        assert stuck, pair


def test_every_rule_excludes_something():
    for rule in RULES:
        levels = [dict(zip(rule.factors, each, strict=True)) for each in _products(rule.factors)]
        held = [rule.holds(**each) for each in levels]

        assert any(held), rule.name
        assert not all(held), rule.name


def _products(names):
    head, *rest = names
    return [(level, *others) for level in FACTORS[head] for others in (_products(rest) if rest else [()])]


def test_rows_follow_the_rules():
    for name, row in ROWS.items():
        assert factors.possible(row._asdict()), name
        assert all(getattr(row, factor) in levels for factor, levels in FACTORS.items()), name


def test_complete_array_gets_no_row():
    assert covering.complete(ROWS) == ROWS


def test_lost_row_is_covered_again_and_the_others_keep_their_names(monkeypatch):
    monkeypatch.setattr(covering, "CANDIDATES", 5)
    kept = {name: row for name, row in ROWS.items() if name != "pixels-107"}

    found = covering.complete(kept)

    assert kept.items() <= found.items()
    assert set(factors.feasible()) == {pair for row in found.values() for pair in factors.pairs(row)}


@each_row
def test_row_is_a_strict_dicom_file(name):
    row, instance = ROWS[name], made(name)
    ds = part10.read(instance.content)

    assert ds.file_meta.TransferSyntaxUID == pixel_objects.SYNTAXES[row.syntax]
    assert (ds.Rows, ds.Columns, int(ds.get("NumberOfFrames", 1))) == (row.rows, row.columns, row.number)
    assert ds.PhotometricInterpretation == row.photometric
    assert ds.get("PlanarConfiguration", NONE) == {NONE: NONE, "by pixel": 0, "by plane": 1}[row.planes]
    assert f"{ds.BitsStored} bit" + (" signed" if ds.PixelRepresentation else "") == row.bits
    assert ("ModalityLUTSequence" in ds) == (row.modality == "modality LUT")
    assert ("VOILUTSequence" in ds) == (row.voi == "VOI LUT")
    assert ((0x6000, 0x3000) in ds) == (row.overlay != NONE)
    assert ("ICCProfile" in ds) == (row.profile != NONE)
    assert ("PixelPaddingValue" in ds) == (row.padding != NONE)
    assert ("ExtendedOffsetTable" in ds) == (row.offsets == "extended offset table")


@each_row
def test_frames_differ_and_are_small(name):
    row, instance = ROWS[name], made(name)
    known = frames(instance)

    assert len(set(known)) == row.number
    assert len(encoded_frames(instance)) == (0 if row.syntax in NATIVE else row.number)
    assert is_lossy(instance) == (row.syntax in LOSSY)
    assert len(instance.content) < 60_000


def test_rows_have_uids_of_their_own():
    instances = [pixel_objects.instance(LABEL, "factors-1", at, row) for at, row in enumerate(ROWS.values())]

    assert len({instance.sop_instance_uid for instance in instances}) == len(ROWS)
    assert len({instance.series_uid for instance in instances}) == len(ROWS)


def test_simpler_rows_are_possible_and_can_be_made():
    for name in [*ROWS][::9]:
        for factor, row in factors.simpler(ROWS[name]):
            assert factors.possible(row._asdict())
            assert factor in factors.changed(ROWS[name], row)
            assert len(factors.changed(ROWS[name], row)) <= 3
            pixel_objects.instance(LABEL, "factors-varied-1", 1, row)


def test_few_rows_have_every_level():
    few = [ROWS[name] for name in factors.few()]

    assert len(few) < 20
    for name, levels in FACTORS.items():
        assert {getattr(row, name) for row in few} == set(levels)


def test_plainest_row_has_no_simpler_one():
    plainest = factors.completed({})

    assert isinstance(plainest, Row)
    assert factors.simpler(plainest) == []
    assert plainest.title == "MONOCHROME2, 8 bit, 16 x 16, 1 frame, Explicit VR"


def test_frame_without_codestream_is_named():
    row = ROWS["pixels-001"]._replace(syntax="JPEG-LS", size="16 x 16", bits="12 bit", photometric="RGB")

    with pytest.raises(pixel_objects.Unencoded):
        pixel_objects.codestream(row, 7)
