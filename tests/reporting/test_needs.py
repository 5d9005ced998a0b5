"""What is judged beside the verdict is said by every report, and counted by none."""

import html
import re
from xml.etree import ElementTree

import pytest
from msgspec.structs import replace

from conformance.reporting import acceptance, junit, markdown, page, results
from conformance.reporting.needs import summed, verdicts
from conformance.reporting.record import OwnObject, OwnObjects, Shown
from conformance.reporting.terminal import LINES, closing

from . import factory

OHIF = "OHIF 3.12: 1 of 3 needs is not met, 1 could not be judged: VIEWER-FRAME-QUOTED, VIEWER-SEARCH-LIST"
OTHER = "Cornerstone3D 5.8: the one need is met"
SENTENCE = "beside this verdict, 1 of 3 needs of the profile viewers is not met, 1 could not be judged"


def text(document):
    """The text of a page on one line."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", document)).split())


def test_each_viewer_has_its_needs_and_a_sentence():
    (beside,) = factory.viewed().beside

    assert beside.sentence == SENTENCE
    assert [viewer.sentence for viewer in beside.viewers] == [OHIF, OTHER]
    assert beside.viewers[0].unmet == ["VIEWER-FRAME-QUOTED"]
    assert beside.viewers[0].unjudged == ["VIEWER-SEARCH-LIST"]


def test_need_that_does_not_apply_is_not_counted():
    (beside,) = factory.viewed().beside
    checks = [replace(check, verdict="not supported") for check in beside.checks]

    found = summed("viewers", checks, beside.requirements)

    assert (found.viewers, found.sentence) == ([], "beside this verdict, no need of the profile viewers was judged")


def test_need_that_one_check_finds_unmet_is_unmet():
    (beside,) = factory.viewed().beside
    first = beside.checks[0]
    checks = [replace(first, verdict="pass"), replace(first, id="another"), replace(first, id="third", verdict="error")]

    found = summed("viewers", checks, beside.requirements)

    assert found.viewers[0].sentence == "OHIF 3.12: 1 of 1 need is not met: VIEWER-FRAME-QUOTED"


def test_run_of_needs_alone_is_incomplete_if_one_could_not_be_judged():
    (beside,) = factory.viewed().beside

    assert verdicts(beside.checks, alone=True) == {"warn", "blocked", "observed"}


def test_only_an_unmet_need_counts_for_a_strict_verdict():
    (beside,) = factory.viewed().beside

    assert verdicts(beside.checks) == {"warn", "observed"}
    assert verdicts(check for check in beside.checks if check.verdict != "warn") == {"observed"}


def test_results_are_read_as_they_were_written(tmp_path):
    run = factory.viewed()

    results.write(run, tmp_path / "results.json")
    read = results.read(tmp_path / "results.json")

    assert read.beside[0].viewers == run.beside[0].viewers
    assert read.beside[0].checks[0] == run.beside[0].checks[0]
    assert [check.evidence[0].url for check in read.every_check] == [check.evidence[0].url for check in run.every_check]


def test_needs_are_in_no_count():
    run, without = factory.viewed(), factory.conforming()

    assert run.counts == without.counts
    assert page.render(run, factory.SHA).count("All 30") == page.render(without, factory.SHA).count("All 30") == 1
    assert [row for row in closing(run, "folder") if row.startswith("all ")] == [
        row for row in closing(without, "folder") if row.startswith("all ")
    ]


def test_terminal_has_a_line_for_each_viewer_that_lacks_something():
    lines = closing(factory.viewed(), "folder")

    assert [line for line in lines if line.startswith("VIEWERS")] == [
        f"VIEWERS   {OHIF}",
        "VIEWERS   all needs are met of Cornerstone3D 5.8",
    ]
    assert len(lines) <= LINES


def test_page_shows_what_was_found_and_wanted():
    shown = text(page.render(factory.viewed(), factory.SHA))

    assert "Beside the verdict: viewers" in shown
    assert "OHIF 3.12 1 of 3 needs is not met, 1 could not be judged" in shown
    assert "Found: the answer: 406. Wanted: 200. GET /studies" in shown
    assert "VIEWER-SEARCH-LIST" in shown and "Could not be judged." in shown


@pytest.mark.parametrize("said", [OHIF, OTHER])
def test_paper_and_summary_have_the_sentences(said):
    run = factory.viewed()

    assert said in text(acceptance.render(run, factory.SHA))
    assert said in markdown.summary(run).replace("\\", "")


def test_junit_has_a_suite_of_its_own_in_which_nothing_unmet_fails():
    root = ElementTree.fromstring(junit.render(factory.viewed()))
    first, second = root.findall("testsuite")

    assert (first.get("tests"), second.get("tests"), root.get("tests")) == ("30", "4", "34")
    assert (second.get("failures"), second.get("errors"), second.get("skipped")) == ("0", "0", "1")
    assert second.find("properties/property[@name='OHIF 3.12']").get("value") == OHIF
    assert [case.get("name") for case in second.findall("testcase")][0] == "viewer-frame-quoted"


def test_page_has_the_pictures_of_a_viewer_and_the_requests_that_failed(tmp_path):
    run = factory.viewed()
    (beside,) = run.beside
    shown = [
        Shown("ct-16", "pass", "iVBORw0KGgo=", 10, [], "OHIF"),
        Shown("dx", "warn", "", 7, ["status 406: GET /studies/1/frames/1"], "OHIF"),
        Shown("voi-lut", "observed", "iVBORw0KGgo=", 7, [], "OHIF"),
        Shown("object-1", "warn", "", 7, [], "Slides"),
    ]
    beside = summed("ohif", beside.checks, beside.requirements, shown)
    own = [OwnObject(f"object-{at}", at, "", "0" * 64, 10, "CT", "CT", "", "Implicit", 1) for at in (1, 2)]
    checks = [replace(run.checks[0], kinds=["object-1"]), *run.checks[1:]]
    run = replace(run, checks=checks, beside=[beside], objects=OwnObjects(2, 0, own, []))
    results.write(run, tmp_path / "results.json")

    document = page.render(results.read(tmp_path / "results.json"), "0" * 64)

    assert beside.sentence.endswith(
        "; OHIF shows 1 of 3 kinds, and 1 otherwise than stored with any server; Slides shows 0 of 1 kind"
    )
    rows = re.findall(r"<tr><th scope=\"row\">\d<br><code>object-\d.*?</tr>", document, re.DOTALL)
    assert [re.findall('<td class="(\\w+)">', row)[3] for row in rows] == ["warn", "zero"]
    assert document.count("data:image/png;base64,iVBORw0KGgo=") == 2
    assert "7 requests, 1 failed: status 406: GET /studies/1/frames/1" in text(document)
