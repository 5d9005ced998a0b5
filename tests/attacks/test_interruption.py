"""Whatever ends a run, what is left on the server is named, and how to remove it."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time

import pytest
from starlette.responses import Response

from conformance.__main__ import main
from conformance.harness.run.interruption import SIGNALS, Interruption, Stage
from conformance.harness.viewer.viewer import Viewer
from conformance.harness.wire.ledger import NAME, Entry, Ledger, Origin
from conformance.kit.verdicts import Blocked
from conformance.reporting import results
from tests.conftest import CHECKOUT, wait_until

pytestmark = pytest.mark.slow
HANG_UP = getattr(signal, "SIGHUP", signal.SIGTERM)
FEW = str(CHECKOUT / "conformance" / "store")


@pytest.fixture
def start(tmp_path):
    """Start a run in a process of its own; `start(url, words)`."""
    processes = []

    def begin(url, *words, **options):
        command = [sys.executable, "-m", "conformance", "run", url, "--supports", "delete", *words]
        # What a shell starts in the background ignores SIGINT, what nohup starts SIGHUP, and what these start too.
        ignored = [number for number in SIGNALS if signal.getsignal(number) is signal.SIG_IGN]
        before = {number: signal.signal(number, signal.SIG_DFL) for number in ignored}
        processes.append(
            subprocess.Popen(
                command,
                cwd=tmp_path,
                env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
                text=True,
                **{"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT} | options,
            )
        )
        for number, handler in before.items():
            signal.signal(number, handler)
        return processes[-1]

    yield begin
    for process in processes:
        process.kill()
        process.wait(10)


@pytest.mark.parametrize("numbers", [(signal.SIGINT, signal.SIGINT), (signal.SIGTERM, signal.SIGTERM)])
def test_second_signal_ends_the_cleanup_and_names_what_is_left(front, start, tmp_path, numbers):
    looked = []

    def rule(request):
        if "StudyInstanceUID=2.25." in request.query and looked:
            time.sleep(0.3)  # a slow cleanup

    front.rule(rule)
    process = start(front.url, FEW)
    wait_until(lambda: len(front.studies()) > 5, 60)
    looked.append(True)
    process.send_signal(numbers[0])
    wait_until(lambda: front.sent("DELETE"), 30)

    process.send_signal(numbers[1])

    said, _ = process.communicate(timeout=30)
    left = front.studies()
    run = results.read(next(tmp_path.glob("reports/*/*")))
    assert process.returncode == run.footer.exit == 2
    assert left and set(left) <= {item.study for item in run.leftovers}
    assert [study for study in left if study not in said] == []
    assert "its removal was interrupted" in said and "dicomweb-conformance cleanup" in said
    assert list(tmp_path.glob("reports/*/*/conformance.html")) and "Traceback" not in said


@pytest.mark.parametrize("number", [HANG_UP, signal.SIGQUIT])
def test_hang_up_cleans_up(front, start, tmp_path, number):
    process = start(front.url, FEW)
    wait_until(lambda: front.studies(), 60)

    process.send_signal(number)

    process.communicate(timeout=60)
    assert (process.returncode, front.studies()) == (2, [])
    assert results.read(next(tmp_path.glob("reports/*/*"))).leftovers == []


def limited():
    """No file may be larger than 12 kB: soon the ledger cannot be written, and evidence neither."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (12_000, 12_000))


def test_disk_that_is_full_leaves_nothing_unnamed(front, start):
    process = start(front.url, FEW, preexec_fn=limited)

    said, _ = process.communicate(timeout=60)

    assert (process.returncode, front.studies()) == (3, [])
    assert "cannot be written" in said and "Traceback" not in said
    posts = len(front.sent("POST"))
    assert posts < 40


def test_disk_that_is_full_and_a_server_that_does_not_delete(front, start, tmp_path):
    front.rule(lambda request: Response(status_code=500) if request.method == "DELETE" else None)
    process = start(front.url, FEW, preexec_fn=limited)

    said, _ = process.communicate(timeout=60)

    assert process.returncode == 3
    assert front.studies() and [study for study in front.studies() if study not in said] == []
    ledger = next(tmp_path.glob("reports/*/*/ledger.jsonl")).read_text()
    assert [study for study in front.studies() if study not in ledger] == []
    assert "dicomweb-conformance cleanup" in said


def test_reader_that_has_gone_changes_nothing(front, start, tmp_path):
    """As `head` goes once it has seen enough: no verdict is lost, and nothing is left."""
    process = start(front.url, "-k", "test_store_blue")

    process.stdout.close()

    process.wait(60)
    run = results.read(next(tmp_path.glob("reports/*/*")))
    assert (process.returncode, front.studies()) == (0, [])
    assert (run.overall, run.footer.ran > 0, run.leftovers) == ("conforms", True, [])


@pytest.mark.skipif(sys.platform == "win32", reason="it has no such terminals")
def test_terminal_that_hangs_up_leaves_nothing(front, start, tmp_path):
    import pty

    terminal, its = pty.openpty()
    process = start(front.url, FEW, stdout=its, stderr=its, stdin=its, start_new_session=True)
    os.close(its)
    wait_until(lambda: front.studies(), 60)

    os.close(terminal)
    process.send_signal(HANG_UP)

    process.wait(60)
    assert (process.returncode, front.studies()) == (2, [])
    assert results.read(next(tmp_path.glob("reports/*/*"))).leftovers == []


def test_difference_that_nobody_reads_is_red_all_the_same(front, call):
    words = ("run", front.url, "-k", "test_store_blue", "--supports", "delete")
    better = call(*words).folder
    front.rule(lambda request: Response(status_code=500) if request.method == "POST" else None)
    worse = call(*words).folder
    reading, writing = os.pipe()
    os.close(reading)

    done = subprocess.run(
        [sys.executable, "-m", "conformance", "diff", better, worse],
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        stdout=writing,
        stderr=subprocess.PIPE,
    )

    os.close(writing)
    assert (done.returncode, done.stderr) == (1, b"")


def test_signal_while_the_viewer_ends_does_not_end_the_cleanup(front, call, monkeypatch):
    class Interrupted:
        def stop(self):
            raise KeyboardInterrupt

    close = Viewer.close
    monkeypatch.setattr(Viewer, "close", lambda viewer: (viewer._relays.append(Interrupted()), close(viewer)))

    run = call("run", front.url, "--supports", "delete", "--requirement", "SEED-STORE-STUDIES")

    assert (run.code, front.studies()) == (0, [])


@pytest.mark.parametrize("spoil", [os.remove, lambda path: os.truncate(path, 10)], ids=["removed", "cut"])
def test_ledger_that_somebody_spoils_is_written_no_more(tmp_path, spoil):
    """What was stored before is not in it, so nothing more is stored: `cleanup` could not remove all of it."""
    first, second = (Entry(f"2.25.{number}", "2.25.1", "2.25.1", True) for number in (1, 2))
    ledger = Ledger(tmp_path, Origin("20261121-091407-7f3a", "pacs", "http://pacs.example", "none"))
    ledger.will_store([first])
    spoil(tmp_path / NAME)

    with pytest.raises(Blocked, match="somebody else has removed or changed it"):
        ledger.will_store([second])

    assert (ledger.entries, "nothing more is stored" in ledger.broken) == ([first], True)


def test_sums_are_written_whole_or_not_at_all(front, call, monkeypatch):
    def half(path, text, **_):
        if path.name == "SHA256SUMS":
            path.write_bytes(text.encode()[:50])
            raise OSError(28, "No space left on device")
        path.write_bytes(text.encode())

    monkeypatch.setattr("pathlib.Path.write_text", half)
    run = call("run", front.url, "-k", "test_store_blue", "--supports", "delete")
    monkeypatch.undo()

    assert (run.code, (run.folder / "SHA256SUMS").exists()) == (3, False)
    assert main(["cleanup", str(run.folder), "--endpoint", front.url, "--yes"]) == 0


def test_page_that_cannot_be_made_is_exit_code_three_and_says_so(front, call, monkeypatch):
    monkeypatch.setattr("conformance.reporting.page.render", lambda *_: 1 / 0)

    run = call("run", front.url, "-k", "test_store_blue", "--supports", "delete")

    assert run.code == 3
    assert "conformance.html cannot be made: ZeroDivisionError" in run.said
    assert "REPORT none: conformance.html is not in" in run.said and "exit 3)" in run.said
    assert (run.folder / "results.json").exists() and (run.folder / "junit.xml").exists()


def test_report_of_pytest_that_cannot_be_written_is_exit_code_three_and_says_so(front, call, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device", "junit.xml")

    monkeypatch.setattr("conformance.reporting.junit.render", full)

    run = call("run", front.url, "-k", "test_store_blue", "--supports", "delete")

    assert run.code == 3
    assert "junit.xml cannot be written: No space left on device" in run.said
    assert "REPORT " in run.said


def test_folder_that_cannot_be_written_is_one_sentence(call, front, tmp_path):
    (tmp_path / "file").write_text("")

    run = call("run", front.url, "--reports", "file", "-k", "test_store_blue")

    assert (run.code, front.sent("POST")) == (4, [])
    assert "cannot be written: " in run.said and "--reports names another folder" in run.said


@pytest.mark.parametrize(
    ("stage", "raising"), [(Stage.CHECKS, [1, 2, 3]), (Stage.CLEANUP, [2, 3]), (Stage.WRITING, [3])]
)
def test_signal_takes_effect_by_how_far_the_run_is(stage, raising):
    interruption = Interruption()
    interruption.begin(stage)

    raised = []
    for number in (1, 2, 3):
        try:
            interruption._handle(signal.SIGINT, None)
        except KeyboardInterrupt:
            raised.append(number)

    assert raised == raising


def test_results_that_cannot_be_put_together_are_exit_code_three_after_the_cleanup(front, call, monkeypatch):
    monkeypatch.setattr("conformance.reporting.sentences.verdict", lambda *_, **__: 1 / 0)

    run = call("run", front.url, "-k", "test_store_blue", "--supports", "delete")

    assert (run.code, front.studies()) == (3, [])
    assert "results.json cannot be made: ZeroDivisionError" in run.said
