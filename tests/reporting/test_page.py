import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser
from importlib.resources import files

import pytest

from conformance.reporting.page import EXCHANGES_SHOWN, render
from conformance.reporting.record import VERDICTS, Deviation, Tested
from conformance.reporting.words import anchor, clause, css_string, sentence

from . import factory


class Page(HTMLParser):
    """What a browser would find: elements, their ids and attributes, and the text."""

    def __init__(self, results):
        super().__init__()
        self.html = render(results, factory.SHA)
        self.tags, self.ids, self.attributes, self.text = [], [], [], ""
        self.feed(self.html)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += attributes
        self.ids += [value for name, value in attributes if name == "id"]

    def handle_data(self, data):
        self.text += data

    def values(self, name):
        return [value for own, value in self.attributes if own == name]


@pytest.fixture(scope="module")
def deviating():
    return Page(factory.deviating())


@pytest.fixture(scope="module")
def hostile():
    return Page(factory.hostile())


def _sections(page):
    return " ".join(re.findall(r'<section (?:class="cover" )?id="([a-z]+)"', page.html))


def test_a_deviating_run_has_every_section_but_untested(deviating):
    assert _sections(deviating) == (
        "verdict deviations known unjudged summary walk warnings tested unsupported met data files acceptance"
    )


def test_a_conforming_run_has_no_empty_sections():
    page = Page(factory.conforming())

    assert _sections(page) == "verdict summary walk tested unsupported met data files acceptance"


def test_what_was_not_tested_is_listed_with_its_reason():
    page = Page(factory.run(factory.conforming().checks[:3]))

    assert ("untested" in _sections(page), "27 requirements deselected with -k" in page.text) == (True, True)


def test_every_check_has_one_anchor(deviating):
    checks = [anchor(check.id) for check in factory.deviating().checks]

    assert sorted(name for name in deviating.ids if name in checks) == sorted(checks)


def test_ids_are_unique_and_of_few_characters(hostile):
    assert (len(set(hostile.ids)), [name for name in hostile.ids if re.search("[^a-z0-9.-]", name)]) == (
        len(hostile.ids),
        [],
    )


def test_links_within_the_page_lead_somewhere(deviating):
    targets = [value[1:] for value in deviating.values("href") if value.startswith("#")]

    assert [target for target in targets if target not in deviating.ids] == []


def test_the_keyboard_meets_the_contents_before_the_rest(deviating):
    links = [value for value in deviating.values("href") if value.startswith("#") and not value.startswith("#i-")]

    assert links[:4] == ["#verdict", "#verdict", "#deviations", "#known"]


def test_what_scrolls_can_be_reached_by_keyboard(deviating):
    assert deviating.html.count('<div class="scroll"') == deviating.html.count('<div class="scroll" tabindex="0"') > 0


def test_the_verdict_comes_first(deviating):
    heading = deviating.text.index("Deviates\n")

    assert (
        deviating.text[heading:].split("\n")[1].startswith("2 of 24 required obligations are broken, 1 more is known")
    )


def test_a_deviation_says_what_is_and_what_should_be(deviating):
    card = deviating.html.split('<article class="card fail" id="check-seed-search-studies"')[1].split("</article>")[0]
    shown = ["<dd>1 match, the study asked for</dd>", "<dd>2 matches</dd>", "A viewer opens the wrong study, or none."]

    assert [text for text in shown if text not in card] == []


def test_a_deviation_says_where_the_text_contradicts_itself():
    results = factory.deviating()
    failed = next(check.requirement for check in results.checks if check.verdict == "fail")
    for requirement in results.requirements:
        requirement.readings = ["A thing: 204 (8.5); or 200 (8.7)"] if requirement.id == failed else []

    assert "The text is not of one mind. A thing: 204 (8.5); or 200 (8.7)." in Page(results).text


def test_a_known_deviation_has_its_reason_apart_from_what_should_be():
    results = factory.deviating()
    known = next(check for check in results.checks if check.verdict == "known")
    known.deviation = Deviation("status", "400", "406", "GET /studies")
    known.reason = "the vendor mends it (PACS-1)"

    page = Page(results)

    card = page.html.split(f'id="{anchor(known.id)}"')[1].split("</article>")[0]
    shown = ["<dd>406</dd>", "<dd>400</dd>", "<b>Known:</b> The vendor mends it (PACS-1)."]
    assert [text for text in shown if text not in card] == []


def test_the_suite_says_what_qualifies_it():
    results = factory.conforming()
    results.suite.qualified = factory.QUALIFIED

    without, page = Page(factory.conforming()).text, Page(results).text

    numbers = "2 of 3 seeded faults caught, 4 of 5 scored requirements proven by one, 6 of 7 correct servers found to"
    assert (numbers in page, factory.SHA in page, "These results do not carry it" in without) == (True, True, True)


def test_response_times_stand_in_a_table(deviating):
    rows = re.findall(r'<th scope="row">((?:Retrieve|Search|Store)[a-z ]*)</th><td class="num">(\d+)', deviating.html)

    assert [name for name, _ in rows if name.startswith("Retrieve ")] == ["Retrieve instances"]


def test_blocked_checks_stand_under_their_cause(deviating):
    assert "2 checks blocked by seed-store-series" in re.sub(r"\s+", " ", deviating.text)


def test_leftovers_are_named(deviating):
    assert ("1 study may still be on the server" in deviating.text, factory.STUDY in deviating.text) == (True, True)


def test_every_verdict_can_be_filtered(deviating):
    shown = [name for name in deviating.ids if name.startswith("show-")]

    assert shown == ["show-all", *(f"show-{verdict.replace(' ', '-')}" for verdict in VERDICTS)]


def test_the_policy_allows_this_stylesheet_and_nothing_else(deviating):
    style = re.search("<style>(.*?)</style>", deviating.html, re.DOTALL)[1]
    digest = b64encode(sha256(style.encode()).digest()).decode()

    policy = f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"
    assert policy in deviating.values("content")


def test_the_page_loads_nothing_and_runs_nothing(hostile):
    names = {name for name, _ in hostile.attributes}

    assert (
        [tag for tag in hostile.tags if tag in ("script", "img", "iframe", "object", "embed", "base", "form")],
        [name for name in names if name.startswith("on") or name in ("style", "src", "action")],
        [value for value in hostile.values("href") if ":" in value],
    ) == ([], [], ["data:,"])


def test_a_server_adds_no_element_to_the_page(hostile, deviating):
    assert set(hostile.tags) <= set(deviating.tags)


def test_a_server_can_not_end_the_stylesheet(hostile):
    assert hostile.html.count("</style>") == 1


def test_characters_that_hide_or_turn_text_are_visible(hostile):
    raw = [character for character in hostile.html if not character.isprintable() and character != "\n"]

    assert (raw, all(escape in hostile.text for escape in ("\\x00", "\\x1b[2J", "\\x9b31m", "\\u202e", "\\u2066"))) == (
        [],
        True,
    )


def test_templates_do_not_read_what_a_server_sent(hostile):
    assert "{{ 7 * 7 }}" in hostile.text


def test_evidence_links_can_not_change_their_scheme():
    check = factory.conforming().checks[0]
    exchange = factory.replace(check.evidence[0], path="javascript:document.title='owned'")

    page = Page(factory.run([factory.replace(check, evidence=[exchange])]))

    assert [value for value in page.values("href") if "javascript:" in value] == []


def test_page_links_to_no_file_that_is_not_there(deviating):
    there = {
        "results.json",
        "acceptance.html",
        "report.html",
        "junit.xml",
        "evidence.zip",
        "ledger.jsonl",
        "SHA256SUMS",
    }

    without = Page(factory.replace(factory.deviating(), evidence="", stored=[]))

    assert {value for value in deviating.values("href") if not value.startswith(("#", "data:"))} == there
    assert not {"evidence.zip", "ledger.jsonl"} & set(without.values("href"))
    assert "acceptance.html" not in Page(factory.replace(factory.deviating(), part="-k paging")).values("href")


def test_what_was_tested_is_shown_and_a_line_to_write_on_where_nobody_said(deviating):
    said = dict(re.findall(r"<dt>([^<]+)</dt><dd>(.*?)</dd>", deviating.html))
    nobody = Page(factory.replace(factory.deviating(), tested=Tested(), operator="")).html
    unsaid = dict(re.findall(r"<dt>([^<]+)</dt><dd>(.*?)</dd>", nobody))

    assert (said["Product"], said["Version"], said["Serial number"]) == ("ExampleArchive", "4.2", "4711")
    assert {unsaid[key] for key in ("Product", "Version", "Site", "Operator")} == {'<span class="blank"></span>'}


def test_known_deviation_says_who_accepted_it_and_until_when(deviating):
    told = "the vendor mends it with release 5. Accepted by PACS team on 2026-11-20, until 2027-06-30."

    assert told.replace("the", "The", 1) in re.sub(r"\s+", " ", deviating.text)
    assert f"pacs-baseline.toml1 entry; SHA-256 {factory.SHA}" in deviating.text


def test_curl_line_with_a_body_names_what_writes_it():
    store = next(check for check in factory.conforming().checks if check.transaction == "store")

    page = Page(factory.run([factory.replace(store, verdict="fail")]))

    assert f"dicomweb-conformance unpack . {store.id}/01\ncurl " in page.text
    assert f"--data-binary @evidence/{store.id}/01.request.body" in page.text


def test_bodies_are_cut_and_named(hostile):
    longest = max(len(text) for text in re.findall("<pre>(.*?)</pre>", hostile.html, re.DOTALL))

    assert (longest < 4096 * 6, "The start of 1.0 MB; whole: evidence/" in hostile.text) == (True, True)


@pytest.mark.parametrize("verdict", ["pass", "fail", "warn"])
def test_a_thousand_checks_stay_below_5_megabytes(verdict):
    assert len(render(factory.large(1000, verdict), factory.SHA).encode()) < 5_000_000


@pytest.mark.parametrize(("verdict", "section", "most"), [("pass", "met", 2), ("warn", "warnings", 40)])
def test_a_check_takes_few_elements_so_that_tools_get_through_the_page(verdict, section, most):
    html = render(factory.large(200, verdict), factory.SHA).split(f'<section id="{section}"')[1].split("</section>")[0]

    assert html.count(f'data-has="{verdict}"') >= 200
    assert len(re.findall("<[a-z]", html)) < 200 * most + 40


def test_the_exchanges_of_a_check_that_reads_much_are_named():
    check = factory.deviating().checks[0]
    many = [factory.replace(check.evidence[0], path=f"evidence/check/{number}.http") for number in range(30)]
    failed = Page(factory.run([factory.replace(check, verdict="fail", evidence=many)]))

    assert failed.html.count('<p class="ev">') == EXCHANGES_SHOWN
    assert "All of them, in evidence.zip: check/0, 1, 2" in failed.text


@pytest.mark.parametrize("dark", [False, True])
def test_the_bars_stand_out_from_the_paper(dark):
    style = files("conformance.reporting").joinpath("templates/base.css").read_text(encoding="utf-8")
    colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{3,6})", style.split("@media")[1 if dark else 0]))
    fills = {name: contrast(value, colours["paper"]) for name, value in colours.items() if name.endswith("-fill")}

    assert len(fills) == len(VERDICTS)
    assert {name: ratio for name, ratio in fills.items() if ratio < 3} == {}


def contrast(one, other):
    """The contrast ratio of two colours (WCAG 2 1.4.11)."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour):
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_the_same_results_make_the_same_page(deviating):
    assert render(factory.deviating(), factory.SHA) == deviating.html


@pytest.mark.parametrize(
    ("clauses", "shown"),
    [
        ("10.4.1, 10.4.3", "PS3.18 10.4.1, 10.4.3"),
        ("F.2.5", "PS3.18 F.2.5"),
        ("RFC 2046 5.1.1", "RFC 2046 5.1.1"),
        ("vendor extension", "vendor extension"),
    ],
)
def test_clauses_name_their_document(clauses, shown):
    assert clause(clauses) == shown


def test_sentences_begin_and_end_as_sentences():
    assert [sentence(" 2 are broken"), sentence("all is well.")] == ["2 are broken.", "All is well."]


def test_nothing_ends_a_css_string():
    assert css_string('a"\n}é') == "a\\000022\\00000a\\00007d\\0000e9"


def test_kinds_of_the_covering_array_are_folded_under_their_own_heading():
    run = factory.deviating()
    kinds = {"ct": "A CT", "pixels-001": "RGB, 8 bit", "pixels-002": "MONOCHROME2, 8 bit"}
    checks = [factory.replace(check, kinds=list(kinds), wrong=["pixels-002"]) for check in run.checks]
    page = Page(factory.replace(run, checks=checks, kinds=kinds))

    assert "Pixel objects, every pair of properties: 2 kinds" in page.text
    assert page.html.index("A CT") < page.html.index("every pair of properties") < page.html.index("RGB, 8 bit")
