import re

import pytest

from conformance.reporting import diff, markdown, matrix

from . import factory

DOCUMENTS = {
    "summary": lambda run: markdown.summary(run),
    "difference": lambda run: markdown.difference(diff.compare(factory.conforming(), run)),
    "matrix": lambda run: markdown.matrix(matrix.compare([(factory.conforming(), "a/conformance.html"), (run, None)])),
}


def test_prose_has_no_marks_links_or_mentions():
    text = markdown.prose("a|b *c* <d> @e [f](g) #1 `h` &lt; $i$ https://x.example www.y.example\nz")

    assert text == (r"a\|b \*c\* \<d\> \@e \[f\](g) \#1 \`h\` \&lt; \$i\$ https\://x.example www\.y.example\\nz")


@pytest.mark.parametrize(
    ("text", "code"), [("a", "`a`"), ("a|b", r"`a\|b`"), ("a`b``c", "``` a`b``c ```"), ("\x1b", r"`\x1b`")]
)
def test_code_ends_where_its_text_ends(text, code):
    assert markdown.code(text) == code


def test_summary_of_a_conforming_run():
    assert markdown.summary(factory.conforming()).splitlines() == [
        "## Conforms: archive-staging",
        "",
        "All 24 required obligations are met; DELETE and store of a single part are not claimed.",
        "",
        "ExampleArchive version 4.2 (Example Inc., serial 4711), Central site, ticket PACS-1; ",
        "names itself `ExampleArchive/4.2`; ",
        "`http://127.0.0.1:8042/dicom-web`, profile dicomweb, PS3.18 2025c, dicomweb-conformance 0.1.0, "
        "run `20261121-091407-7f3a`",
        "",
        "| Transaction | ✓ pass | – not supported | all |",
        "| --- | --: | --: | --: |",
        "| store | 10 | 1 | 11 |",
        "| retrieve | 9 |  | 9 |",
        "| search | 6 |  | 6 |",
        "| delete |  | 4 | 4 |",
        "| all | 25 | 5 | 30 |",
    ]


def test_summary_names_each_deviation_with_its_clause_and_how_to_repeat_it():
    lines = markdown.summary(factory.deviating()).splitlines()

    start = lines.index("**✗ fail** `seed-retrieve-frame`, PS3.18 10.4.1.1.6, 10.4.3:  ")
    assert lines[start + 1] == "the answer is 2,892,946 bytes of pixel data, should be 2,892,945 bytes, those stored"
    assert lines[start + 3] == "```sh"
    assert lines[start + 4].startswith("curl -sS -i --http1.1 -H 'Accept: application/dicom+json' http://127.0.0.1:")
    assert "- 2 checks blocked by `seed-store-series`" in lines


def test_difference_counts_what_changed():
    text = markdown.difference(diff.compare(factory.deviating(), factory.conforming()))

    assert text.startswith("## Nothing is newly red: archive-staging")
    assert "| ✗ fail → ✓ pass | 2 |" in text
    assert "0 newly red, 0 not judged any more, 7 fixed, 2 changed otherwise, 21 unchanged" in text


def test_difference_names_what_is_not_judged_any_more():
    run = factory.conforming()

    text = markdown.difference(diff.compare(run, factory.run(run.checks[:-10])))

    assert text.startswith("## Not judged any more: archive-staging")
    assert "6 checks that the old run judged are not judged in the new one, of these requirements: `SEED-" in text


def test_matrix_links_where_there_is_a_page():
    lines = DOCUMENTS["matrix"](factory.deviating()).splitlines()

    row = next(line for line in lines if line.startswith("| `SEED-SEARCH-STUDIES`"))
    assert "| [✓ pass](a/conformance.html#check-seed-search-studies) | ✗ fail |" in row


@pytest.mark.parametrize("document", DOCUMENTS)
def test_nothing_that_a_server_sent_is_mark_up(document):
    text = DOCUMENTS[document](factory.hostile())

    code = r"(?s)```sh\n.*?\n```|(`+)(?!`).*?(?<!`)\1(?!`)"
    links = r"\[[^\[\]]*\]\(a/conformance\.html[^)]*\)|</?(details|summary)>"
    assert not re.search(r"(?<!\\)[<\[*_@]", re.sub(f"{code}|{links}", "", text).replace("**", ""))
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", text)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_table_has_as_many_cells_in_each_row(document):
    blocks = DOCUMENTS[document](factory.hostile()).split("\n\n")

    tables = [[line for line in block.splitlines() if line.startswith("|")] for block in blocks]
    widths = [{len(re.findall(r"(?<!\\)\|", line)) for line in table} for table in tables if table]
    assert all(len(width) == 1 for width in widths)
