"""The paper: every deviation once, numbers that add up, ten pages at most, and nothing but text of a server's."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from conformance.__main__ import main
from conformance.reporting import results
from conformance.reporting.acceptance import deviating, left, render
from conformance.reporting.record import HARMS, Deviation, KnownDeviation, Tested
from conformance.reporting.sentences import obligations
from conformance.reporting.text import brief

from . import factory

LONG = "a sentence that goes on and on, with 2.25.120253614273599197527162714824787366619 in it, " * 20
WIDE = "検査の説明が長く続く" * 200


class Paper(HTMLParser):
    """The elements of the page, their attributes, and its text."""

    def __init__(self, results):
        super().__init__()
        self.html = render(results, factory.SHA)
        self.tags, self.attributes, self.text = [], [], ""
        self.feed(self.html)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += attributes

    def handle_data(self, data):
        self.text += data


def many(broken, known, text=None):
    """A run with so many broken and known obligations, of every harm; `text` is what the server and people wrote."""
    run = factory.conforming()
    some = next(check for check in run.checks if check.verdict == "pass")
    of = next(item for item in run.requirements if item.id == some.requirement)
    checks, requirements, entries = [], [], []
    for number in range(broken + known):
        name, harm = f"DEVIATION-{number:03}", HARMS[number % len(HARMS)]
        verdict = "fail" if number < broken else "known"
        said = text or "404"
        statement = {"statement": text[:400], "client": text[:400]} if text else {}
        requirements.append(factory.replace(of, id=name, harm=harm, checks=[name.lower()], **statement))
        seen = Deviation(said, said, said, "GET /studies")
        checks.append(
            factory.replace(
                *(some,),
                id=name.lower(),
                requirement=name,
                harm=harm,
                verdict=verdict,
                deviation=seen,
                reason=said if verdict == "known" else "",
            )
        )
        if verdict == "known":
            entries.append(
                KnownDeviation(
                    requirement=name,
                    found=said,
                    checks=[name.lower()],
                    reason=said,
                    by=said,
                    on="2026-11-20",
                    expires="2027-06-30",
                )
            )
    endpoint = factory.replace(run.endpoint, name=text or "pacs", server=text or "Server", url=text or factory.URL)
    return factory.replace(
        run,
        checks=[*run.checks, *checks],
        requirements=[*run.requirements, *requirements],
        overall="deviates",
        baseline=factory.Baseline("pacs.toml", factory.SHA, entries),
        endpoint=endpoint,
        tested=Tested(**dict.fromkeys(Tested.__struct_fields__, text)) if text else run.tested,
        operator=text or run.operator,
        sentence=f"deviates: {text or 'much is broken'}",
    )


def open_ended(run):
    """The run with as many reasons again for what was left open: blocked, not claimed, not supported, not tested."""
    some, of = run.checks[0], run.requirements[0]
    verdicts = ["blocked", "not supported", "not supported", None]
    for number in range(160):
        name, verdict = f"OPEN-{number:03}", verdicts[number % 4]
        reason = f"{number}: {LONG}"
        own = {"id": name, "transaction": name, "feature": name if number % 4 == 1 else None}
        not_tested = None if verdict else reason
        run.requirements.append(factory.replace(of, **own, checks=[name] if verdict else [], not_tested=not_tested))
        if verdict:
            own = {"id": name, "requirement": name, "verdict": verdict, "summary": reason}
            run.checks.append(factory.replace(some, **own))
    run.endpoint.not_claimed = [f"OPEN-{number:03}" for number in range(160)]
    return run


def listed(html):
    """The number and the requirement of every row that is to be decided on."""
    return re.findall(r"<td><b>(\d+)</b> <code>([A-Z0-9-]+)</code>", html)


def test_every_broken_and_every_known_obligation_stands_there_once():
    html = render(many(97, 60), factory.SHA)

    rows = listed(html)
    assert [int(number) for number, _ in rows] == list(range(1, 158))
    assert sorted(name for _, name in rows) == [f"DEVIATION-{number:03}" for number in range(157)]


def test_what_is_broken_comes_first_and_the_gravest_harm_first_in_it():
    names = [name for _, name in listed(render(many(10, 5), factory.SHA))]

    assert names[:4] == ["DEVIATION-000", "DEVIATION-005", "DEVIATION-001", "DEVIATION-006"]
    assert names[10:] == [f"DEVIATION-{number:03}" for number in range(10, 15)]


def test_body_has_the_gravest_and_an_annex_the_others():
    body, annex = render(many(97, 60), factory.SHA).split('id="annex-a"')

    assert (len(listed(body)), len(listed(annex))) == (30, 127)
    assert "Annex A continues it with 127" in body


def test_numbers_add_up():
    run = many(97, 60)
    words = list(obligations(run.checks, run.requirements).values())

    text = Paper(run).text
    assert (words.count("fail"), words.count("known")) == (97, 60)
    assert f"{len(words)} required obligations: {words.count('pass')} met + 97 broken + 60 known." in text
    sums = re.findall(r"<td class=\"num[^\"]*\">(\d+)</td>", render(run, factory.SHA))
    rows = [list(map(int, sums[at : at + 3])) for at in range(0, len(sums), 3)]
    assert rows[-1] == [97, 60, 157] == [sum(column) for column in zip(*rows[:-1], strict=True)]
    assert all(broken + known == every for broken, known, every in rows)


def test_known_obligation_that_is_broken_elsewhere_is_broken():
    run = many(1, 1)
    run.checks[-1] = factory.replace(run.checks[-1], requirement="DEVIATION-000")

    found = [(item.requirement.id, item.state) for item in (*deviating(run, "fail"), *deviating(run, "known"))]
    assert found == [("DEVIATION-000", "broken")]


def test_known_obligation_with_a_blocked_check_is_known_and_its_number_explained():
    run = many(0, 1)
    run.checks.append(factory.replace(run.checks[-1], id="other", verdict="blocked", blocked_by="seed-store-series"))

    assert [item.state for item in deviating(run, "known")] == ["known, and counted as not judged"]
    assert "1 blocked. What is broken" in Paper(run).text


def test_decision_stands_beside_each_with_who_accepted_what_is_known():
    text = re.sub(r"\s+", " ", Paper(many(1, 1, "said")).text)

    assert text.count("acceptrejectfix by Initials") == 2
    assert "KnownSaid.Accepted by said on 2026-11-20 until 2027-06-30, ticket" in text


def test_nobody_filled_in_leaves_lines_to_write_on():
    run = factory.replace(factory.conforming(), tested=Tested(), operator="")

    filled, blank = (render(each, factory.SHA).count('class="blank') for each in (factory.conforming(), run))
    assert blank - filled == len(Tested.__struct_fields__) - 1 + 1  # notes have none, the operator has one


def test_what_was_left_open_is_named_by_reason():
    run = factory.deviating()
    waived = [factory.replace(item, waived=item.feature == "delete") for item in run.requirements]
    endpoint = factory.replace(run.endpoint, not_claimed=["delete", "single-part-store"])

    lists = left(factory.replace(run, requirements=waived, endpoint=endpoint))

    def said(group):
        return group.why, len(group.requirements), len(group.demanded)

    assert [(part.title, list(map(said, part.groups))) for part in lists] == [
        (
            "Not judged",
            [("blocked by seed-store-series", 2, 2), ("no answer came: the connection was reset", 1, 1)],
        ),
        ("Not claimed, and so not scored", [("delete", 4, 4), ("single-part-store", 1, 0)]),
    ]


def test_conforming_run_has_nothing_to_decide_but_the_signature():
    text = Paper(factory.conforming()).text

    assert "No obligation is broken or known to be." in text
    assert [text.count(title) for title in ("Tested byThe run", "Reviewed byDev", "Accepted byThe decision")] == [
        1,
        1,
        1,
    ]
    assert f"with the SHA-256 {factory.SHA}" in text


def test_page_is_a_function_of_the_record():
    assert render(factory.deviating(), factory.SHA) == render(factory.deviating(), factory.SHA)


@pytest.mark.parametrize("run", [factory.hostile, lambda: many(40, 20, factory.HOSTILE)], ids=["walk", "many"])
def test_what_a_server_or_a_baseline_says_is_text(run):
    paper = Paper(run())

    assert not {"script", "img"} & set(paper.tags)
    assert not [name for name, _ in paper.attributes if name.startswith("on")]
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e\u2066]", paper.html)
    assert {value for name, value in paper.attributes if name == "href" and not value.startswith("#")} == {"data:,"}


def test_text_is_cut_to_its_room_whatever_it_is_made_of():
    assert brief("a\n b", 9) == "a b"
    assert (len(brief(LONG, 100)), brief(LONG, 100)[-1]) == (100, "…")
    assert len(brief(WIDE, 100)) == 50
    assert len(brief("\x1b" * 100, 100)) == 100


def test_browser_has_nothing_to_refuse(chromium, tmp_path):
    path = tmp_path / "acceptance.html"
    path.write_text(render(factory.hostile(), factory.SHA), encoding="utf-8")

    assert chromium.console(path) == []
    assert chromium.dom(path).split("<title>")[1].startswith("Acceptance record: ")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 500])
def test_everybody_can_read_the_paper(chromium, axe, tmp_path, dark, width):
    path = tmp_path / "acceptance.html"
    path.write_text(render(factory.deviating(), factory.SHA), encoding="utf-8")

    assert chromium.violations(path, axe, dark, width) == []


@pytest.mark.parametrize("text", [None, LONG, WIDE, "WWWW " * 400, factory.HOSTILE * 9])
def test_body_has_ten_pages_at_most(chromium, tmp_path, text):
    whole = render(open_ended(many(97, 60, text)), factory.SHA)
    body = re.sub(r'<section class="annex".*</section>', "", whole, flags=re.DOTALL)

    assert "Decision and signatures" in body and "Annex A: " not in body
    assert 4 <= pages(chromium, body, tmp_path) <= 10
    assert pages(chromium, whole, tmp_path) > 10


def pages(chromium, html, folder):
    """How many pages of A4 it prints."""
    (folder / "paper.html").write_text(html, encoding="utf-8")
    chromium.pdf(folder / "paper.html", folder / "paper.pdf")
    boxes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", (folder / "paper.pdf").read_bytes())
    assert {(round(float(width)), round(float(height))) for width, height in boxes} == {(595, 842)}
    return len(boxes)


def test_command_prints_it(chromium, tmp_path):
    results.write(factory.deviating(), tmp_path / "results.json")

    assert main(["acceptance", "--pdf", "--browser", chromium.program, str(tmp_path)]) == 0
    content = (tmp_path / "acceptance.pdf").read_bytes()
    assert (content[:5], b"/MediaBox" in content) == (b"%PDF-", True)


@pytest.mark.parametrize(
    ("said", "title"),
    [
        ({}, "archive-staging"),
        ({"version": "1.10.1"}, "archive-staging version 1.10.1"),
        ({"product": "Archive", "version": "2"}, "Archive version 2"),
    ],
)
def test_title_says_what_was_tested(said, title):
    run = factory.conforming()
    run.tested = Tested(**said)

    assert f'<h1 id="title">{title}</h1>' in render(run, factory.SHA)
