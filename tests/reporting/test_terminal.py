import pytest

from conformance.reporting.record import Leftover, Setting
from conformance.reporting.terminal import LINES, WIDTH, cleaned, closing, left, moving, opening, room

from . import factory

FOLDER = "reports/archive-staging/20261121-091407-7f3a/"


def _opening(**changes):
    found = factory.conforming()
    endpoint = factory.replace(found.endpoint, **changes)
    return opening(endpoint, found.tested, found.suite, found.profile, found.edition, found.operator, FOLDER)


def test_opening_names_each_setting_with_its_source():
    assert _opening() == [
        "dicomweb-conformance 0.1.0, Python 3.11.7",
        "  endpoint      archive-staging",
        "  tested        ExampleArchive version 4.2 (Example Inc., serial 4711), Central site, ticket PACS-1",
        "  url           http://127.0.0.1:8042/dicom-web",
        "  auth          basic, user acceptance, password ********                         endpoints.toml",
        "  profile       dicomweb, PS3.18 2025c",
        "  not claimed   DELETE and store of a single part",
        "  operator      Integration team",
        "  folder        reports/archive-staging/20261121-091407-7f3a/",
    ]


def test_opening_prefers_the_setting_that_has_a_source():
    lines = _opening(settings=[Setting(name="url", value=factory.URL, source="endpoints.toml, line 4")])

    assert [line.split() for line in lines if "url" in line] == [["url", factory.URL, "endpoints.toml,", "line", "4"]]


def test_closing_of_a_conforming_run():
    assert closing(factory.conforming(), FOLDER) == [
        "CONFORMS: all 24 required obligations are met; DELETE and store of a single part are not claimed",
        "  ExampleArchive version 4.2 (Example Inc., serial 4711), Central site, ticket PACS-1; "
        'names itself "ExampleArchive/4.2"',
        "  http://127.0.0.1:8042/dicom-web, profile dicomweb, PS3.18 2025c",
        "                pass  not supported   all",
        "store             10              1    11",
        "retrieve           9              .     9",
        "search             6              .     6",
        "delete             .              4     4",
        "all               25              5    30",
        "CLEAN     1 study stored, nothing left over",
        f"REPORT    {FOLDER}conformance.html  (48.0 s, exit 0)",
    ]


def test_closing_names_no_page_that_could_not_be_written():
    assert closing(factory.conforming(), FOLDER, unwritten=3)[-1] == (
        f"REPORT    none: conformance.html is not in {FOLDER}  (48.0 s, exit 3)"
    )


def test_closing_names_the_failures_and_how_to_repeat_them():
    lines = closing(factory.deviating(), FOLDER)

    start = lines.index("FAILURES")
    assert lines[start + 1 : start + 4] == [
        "  data lost or mixed up:",
        "  seed-search-studies  10.6.1, 8.3.4  the answer is 2 matches, should be 1 match, the study asked for",
        f"    curl … {factory.URL}/studies?StudyInstanceUID={factory.STUDY}  "
        f"(whole: unpack {FOLDER.rstrip('/')} seed-search-studies/01)",
    ]


def test_closing_names_what_was_not_judged_and_what_is_left_over():
    lines = closing(factory.deviating(), FOLDER)

    assert lines[-6:-1] == [
        "BLOCKED   2 by seed-store-series: seed-wire-several, seed-retrieve-series",
        "ERROR     seed-store-series: no answer came: the connection was reset",
        "STALE     seed-wire-chunked: the check passes, but the baseline lists it as a deviation",
        "KNOWN     1 obligation in 1 check",
        "LEFT OVER 1 study, 1 study stored",
    ]


def test_many_failures_are_counted():
    checks = [factory.replace(check, verdict="fail") for check in factory.conforming().checks]

    lines = closing(factory.run(checks), FOLDER)

    assert (len(lines) <= LINES, lines[-3]) == (True, "  and 25 more requirements: conformance.html#deviations")


@pytest.mark.parametrize("make", [factory.conforming, factory.deviating, factory.hostile])
def test_closing_fits_a_screen(make):
    lines = closing(make(), FOLDER)

    wide = [line for line in lines if len(line) > WIDTH and not line.startswith(("    curl", "REPORT"))]
    assert (len(lines) <= LINES, wide) == (True, [])


def test_nothing_that_a_server_sent_reaches_the_terminal_raw():
    found = factory.hostile()
    begin = opening(
        found.endpoint, found.tested, found.suite, found.profile, found.edition, found.operator, factory.HOSTILE
    )

    text = "".join([*begin, *closing(found, factory.HOSTILE)])

    assert (text.isprintable(), "\\x1b" in text) == (True, True)


def test_room_is_a_line_with_its_verdicts_the_worst_first():
    line = room("query", {"pass": 141, "fail": 12, "not supported": 1}, 154, 9.6)

    assert line == "  query       154  fail 12  pass 141  not supported 1" + " " * 45 + "9.6 s"


def test_room_that_was_broken_off_says_what_did_not_run():
    assert "fail 1  not run 2" in room("query", {"fail": 1}, 3, 0.5)


def test_moving_line_says_how_far_a_room_is_and_what_needs_somebody():
    assert moving("store", 120, 370, {"fail": 4, "pass": 115, "blocked": 1}) == "  store 120/370 · 4 fail · 1 blocked"
    assert moving("store", 1, 370, {"pass": 1}) == "  store 1/370"


def test_cleanup_is_a_line_like_that_of_a_room():
    assert cleaned([], [factory.STUDY], 0.25).startswith("  cleanup       0  of 1 study proven gone")


def test_known_deviations_are_counted_and_those_named_that_expire():
    checks = [factory.replace(check, verdict="known") for check in factory.conforming().checks[:3]]
    lines = closing(factory.run(checks), FOLDER, ["seed-store-study expires in 9 days"])

    known = len({check.requirement for check in checks})
    assert f"KNOWN     {known} obligations in 3 checks; seed-store-study expires in 9 days" in lines


def test_everything_that_is_left_is_named_by_reason_and_how_to_remove_it():
    leftovers = [Leftover(study=f"2.25.{number}", why="DELETE returns 405") for number in range(40)]
    notes = ["2.25.7: what the run stored is gone"]

    lines = left([*leftovers, Leftover(study="2.25.99", why="\x1b[2J")], notes, "reports/a b", "pacs")

    text = "\n".join(lines)
    assert all(f"2.25.{number}" in text for number in range(40)) and text.count("DELETE returns 405") == 1
    assert lines[:2] == ["  2.25.7: what the run stored is gone", "LEFT OVER 41 studies, or perhaps left over:"]
    assert lines[-1] == "  dicomweb-conformance cleanup 'reports/a b' --endpoint pacs"
    assert "\x1b" not in text and max(map(len, lines)) <= 120
