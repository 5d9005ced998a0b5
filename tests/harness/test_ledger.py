"""The ledger survives the run that wrote it."""

from __future__ import annotations

import pytest

from conformance.harness.ledger import NAME, Entry, Ledger, Origin, UnreadableLedger, read

ORIGIN = Origin("pacs", "endpoints.toml", ["delete"])
ONE, TWO = Entry("1", "1.1", "1.1.1", True), Entry("1", "1.1", "1.1.2", True)


def test_what_is_listed_is_read_again(tmp_path):
    ledger = Ledger(tmp_path, ORIGIN)

    ledger.will_store([ONE])
    ledger.will_store([ONE, TWO])

    assert read(tmp_path) == (ORIGIN, [ONE, TWO])


def test_line_that_was_cut_by_a_kill_was_not_sent_yet(tmp_path):
    Ledger(tmp_path, ORIGIN).will_store([ONE, TWO])
    path = tmp_path / NAME

    path.write_bytes(path.read_bytes()[:-10])

    assert read(tmp_path) == (ORIGIN, [ONE])


@pytest.mark.parametrize("content", [b"", b"[]\n", b'{"target": 1}\n', b"not json\n", b"\xff\n"])
def test_file_that_is_no_ledger_is_refused(tmp_path, content):
    (tmp_path / NAME).write_bytes(content)

    with pytest.raises(UnreadableLedger, match=NAME):
        read(tmp_path)
