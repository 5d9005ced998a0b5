"""The covering array is stored in few requests, and a deviation names the factors that it needs."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from conformance.dicomweb.differences import Deviation, Difference
from conformance.dicomweb.messages import Request, Response
from conformance.harness.data import array
from conformance.harness.data.array import STORES, TOGETHER, Array
from conformance.harness.wire.evidence import Recorder
from conformance.kit.kinds import Label, factors
from conformance.kit.verdicts import Blocked, Deviates, InFront, NotSupported, Unanswered, Warn
from tests.tools.contents import of_evidence

CHECK = "a-check"
ROWS = factors.rows()
POST = Request("POST", "/studies", "/studies", ())


class Server:
    """Refuses a store with one of the instances that `refuses` names, with its status or error."""

    def __init__(self, folder, refuses=lambda ds: None):
        self.recorder = Recorder(folder, SimpleNamespace(concealed={}))
        self.recorder.check = CHECK
        self.stores = []
        self._refuses = refuses

    def post(self, target, body):
        self.stores.append(len(body.instances))
        self.recorder.exchanges.setdefault(self.recorder.check, []).append(("store", len(self.stores)))
        problem = next(filter(None, (self._refuses(instance.dataset) for instance in body.instances)), 200)
        if isinstance(problem, Exception):
            raise problem
        return Response(problem, "", (), b"", POST)


def judging(server, is_wrong, verdict=Deviates):
    """A judge that asks once for each instance, and raises about those whose data set is wrong."""

    def judge(instance):
        server.recorder.exchanges.setdefault(CHECK, []).append(("get", instance.sop_instance_uid))
        if is_wrong(instance.dataset):
            raise verdict(Deviation(Difference("the frame", "black", "white"), "GET a frame"))

    return judge


@pytest.fixture
def server(tmp_path):
    return Server(tmp_path)


@pytest.fixture
def made(server):
    return Array(server, server.recorder, Label("a run", "DWC1234-"))


def is_rle_with_overlay(ds):
    return ds.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.5" and (0x6000, 0x3000) in ds


def test_every_row_is_judged_and_stored_once(server, made):
    made(judging(server, lambda ds: False))
    made(judging(server, lambda ds: False))

    assert server.stores == [27, 27, 27, 26]
    assert sum(server.stores) == len(ROWS) == len(made.used[CHECK])
    assert made.wrong[CHECK] == []
    assert len(server.recorder.exchanges[CHECK]) == len(ROWS)
    assert STORES in server.recorder.exchanges


def test_deviation_names_the_levels_that_it_needs_and_those_with_which_it_is_right(server, made):
    with pytest.raises(Deviates) as seen:
        made(judging(server, is_rle_with_overlay))

    deviation = seen.value.deviation
    assert deviation.difference.subject == "the frame of RLE Lossless, overlay"
    assert deviation.difference.found.startswith("black, but right with ")
    wrong = [name for name, row in ROWS.items() if row.overlay == "overlay" and row.syntax == "RLE Lossless"]
    assert made.wrong[CHECK] == wrong
    assert len(deviation.places) == len(wrong) > 1
    assert all("the frame is black, should be white" in place for place in deviation.places)
    server.recorder.close()


def test_simplest_wrong_row_is_attached(server, made, tmp_path):
    with pytest.raises(Deviates) as seen:
        made(judging(server, is_rle_with_overlay))
    server.recorder.close()

    (path,) = server.recorder.files[CHECK]
    assert seen.value.deviation.sent == f"GET a frame; {path}"
    assert of_evidence(tmp_path)[path][128:132] == b"DICM"


def test_evidence_of_a_deviation_is_that_of_the_wrong_rows(server, made):
    with pytest.raises(Deviates):
        made(judging(server, is_rle_with_overlay))

    assert len(server.recorder.exchanges[CHECK]) == len(made.wrong[CHECK])


def test_what_is_wrong_everywhere_is_said_of_any_object(server, made):
    with pytest.raises(Deviates) as seen:
        made(judging(server, lambda ds: True))

    assert seen.value.deviation.difference.subject == "the frame of any pixel object"
    assert "right with" not in str(seen.value)
    assert len(seen.value.deviation.places) == len(ROWS)


def test_several_causes_are_told_apart(server, made):
    with pytest.raises(Deviates) as seen:
        made(judging(server, lambda ds: "ICCProfile" in ds or ds.get("VOILUTFunction") == "SIGMOID"))

    said = str(seen.value)
    assert "of ICC profile is black" in said
    assert "also wrong: SIGMOID (" in said


def test_extra_stores_are_bounded(server, made, monkeypatch):
    monkeypatch.setattr(array, "VARIED", 3)

    with pytest.raises(Deviates):
        made(judging(server, is_rle_with_overlay))
    with pytest.raises(Deviates):
        made(judging(server, lambda ds: "ICCProfile" in ds))

    assert len(server.stores) == 4 + 3


def test_a_warning_is_one_and_a_failure_is_graver(server, made):
    warns = judging(server, lambda ds: "ICCProfile" in ds, Warn)
    fails = judging(server, is_rle_with_overlay)
    with pytest.raises(Warn, match="of ICC profile is black"):
        made(warns)

    def both(instance):
        fails(instance)
        warns(instance)

    with pytest.raises(Deviates, match="of RLE Lossless, overlay is black"):
        made(both)


@pytest.mark.parametrize("problem", [500, 400, InFront("too large"), Unanswered("it hung up")], ids=repr)
def test_refused_rows_are_found_one_by_one_and_take_nothing_with_them(tmp_path, problem):
    server = Server(tmp_path, lambda ds: problem if is_rle_with_overlay(ds) else None)
    made = Array(server, server.recorder, Label("a run", "DWC1234-"))

    made(judging(server, lambda ds: False))

    refused = [name for name, row in ROWS.items() if row.syntax == "RLE Lossless" and row.overlay == "overlay"]
    assert set(made.used[CHECK]) == set(ROWS) - set(refused)
    assert len(server.stores) < 60


def test_refused_row_is_judged_where_every_one_is(tmp_path):
    server = Server(tmp_path, lambda ds: 500 if is_rle_with_overlay(ds) else None)
    made = Array(server, server.recorder, Label("a run", "DWC1234-"))

    def taken(instance):
        response = made.response(instance)
        if response.status != 200:
            raise Deviates(Deviation(Difference("status", str(response.status), "200"), str(POST)))

    with pytest.raises(Deviates, match="status of RLE Lossless, overlay is 500, but right with"):
        made(taken, every=True)


def test_store_without_a_response_is_told(tmp_path):
    server = Server(tmp_path, lambda ds: Unanswered("it hung up", POST) if is_rle_with_overlay(ds) else None)
    made = Array(server, server.recorder, Label("a run", "DWC1234-"))

    with pytest.raises(
        Deviates, match=r"the response of RLE Lossless, overlay is absent \(it hung up\), but right with"
    ):
        made(lambda instance: made.response(instance), every=True)


def test_nothing_taken_blocks(tmp_path):
    server = Server(tmp_path, lambda ds: 400)
    made = Array(server, server.recorder, Label("a run", "DWC1234-"))

    with pytest.raises(Blocked) as blocked:
        made(judging(server, lambda ds: False))
    assert blocked.value.by == "stow-beh-008.by-factors"


def test_nothing_judged_is_not_supported(made):
    def judge(instance):
        raise NotSupported("frames are not there")

    with pytest.raises(NotSupported, match="frames are not there"):
        made(judge)


def test_a_batch_is_small():
    assert TOGETHER < 30
