import pytest

from conformance.reporting.matrix import compare, render, total

from . import factory

PAGE = "other/con formance.html"


def named(run, name, kinds=()):
    checks = [factory.replace(check, kinds=list(kinds)) for check in run.checks]
    endpoint = factory.replace(run.endpoint, name=name)
    return factory.replace(run, endpoint=endpoint, checks=checks, kinds={kind: f"The {kind}" for kind in kinds})


GREEN = named(factory.conforming(), "green", ["ct"])
RED = named(factory.deviating(), "red", ["ct", "rgb"])


def cells(rows, title):
    return next(row.cells for own in rows.values() for row in own if row.title == title)


def test_cell_is_the_gravest_verdict_and_leads_to_its_evidence():
    fail, blocked = (RED.checks[1], RED.checks[2])
    pair = factory.run(
        [
            factory.replace(fail, id="a", verdict="pass"),
            factory.replace(fail, id="b", verdict="fail"),
            factory.replace(blocked, id="c", requirement=fail.requirement, verdict="blocked"),
        ]
    )

    [cell] = cells(compare([(pair, PAGE)]).requirements, fail.requirement)

    assert (cell.verdict, cell.number, cell.of, cell.link) == ("fail", 1, 3, "other/con%20formance.html#check-b")


def test_requirements_are_split_by_whether_the_servers_differ():
    found = compare([(GREEN, None), (RED, PAGE)])

    assert [cell.verdict for cell in cells(found.differing, "SEED-SEARCH-STUDIES")] == ["pass", "fail"]
    assert [cell.verdict for cell in cells(found.agreeing, "SEED-STORE-STUDY")] == ["pass", "pass"]
    assert total(found.differing) + total(found.agreeing) == total(found.requirements) == len(GREEN.requirements)


def test_requirement_that_one_server_was_not_asked_for_differs():
    less = factory.run([check for check in GREEN.checks if check.requirement != "SEED-STORE-STUDY"])

    found = compare([(GREEN, None), (less, None)])

    assert [cell and cell.verdict for cell in cells(found.differing, "SEED-STORE-STUDY")] == ["pass", None]


def test_check_of_many_kinds_is_red_only_for_those_that_it_found_wrong():
    checks = [factory.replace(check, wrong=["rgb"], verdict="fail") for check in RED.checks]
    found = compare([(factory.replace(RED, checks=checks), None), (GREEN, None)])

    assert {cell.verdict for cell in cells(found.kinds, "The ct") if cell} == {"pass"}
    assert cells(found.kinds, "The rgb")[0].verdict == "fail"


def test_kinds_are_those_of_all_servers_by_transaction():
    found = compare([(GREEN, None), (RED, None)])

    assert {name: [row.title for row in rows] for name, rows in found.kinds.items()} == {
        name: ["The ct", "The rgb"] for name in ("store", "retrieve", "search", "delete")
    }
    assert [cell and (cell.verdict, cell.of) for cell in cells(found.kinds, "The rgb")] == [None, ("blocked", 11)]


def test_servers_of_one_name_are_told_apart_by_their_run():
    later = factory.replace(GREEN, run="later")

    titles = [server.title for server in compare([(GREEN, None), (later, None), (RED, None)]).servers]

    assert titles == [f"green, run {GREEN.run}", "green, run later", "red"]


def test_runs_by_other_rules_say_so_on_the_page():
    found = compare([(GREEN, None), (factory.replace(RED, edition="2026a"), None)])

    assert "The runs are of different editions of PS3.18: 2025c and 2026a." in render(found)


def test_page_links_only_where_there_is_a_page():
    html = render(compare([(GREEN, None), (RED, PAGE)]))

    assert 'href="other/con%20formance.html#check-seed-search-studies"' in html
    assert html.count("#check-") == html.count('href="other/con%20formance.html#check-')


def test_no_script_of_a_server_runs(chromium, tmp_path):
    path = tmp_path / "matrix.html"
    hostile = factory.replace(named(factory.hostile(), factory.HOSTILE, ["ct"]), kinds={"ct": factory.HOSTILE})
    path.write_text(render(compare([(GREEN, "green/conformance.html"), (hostile, 'a"b<c>.html')])), encoding="utf-8")

    title, console = chromium.dom(path).split("<title>")[1], chromium.console(path)

    assert (title.startswith("Servers side by side: "), console) == (True, [])


@pytest.mark.parametrize("mark", ["<script", "<img", "\x1b", "\u202e"])
def test_nothing_that_a_server_sent_reaches_the_page_raw(mark):
    hostile = factory.replace(named(factory.hostile(), factory.HOSTILE, ["ct"]), kinds={"ct": factory.HOSTILE})

    assert mark not in render(compare([(hostile, None)]))
