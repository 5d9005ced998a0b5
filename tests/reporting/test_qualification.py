from conformance.reporting.qualification import (
    numbers,
    qualified,
    read,
    render,
    write,
)
from tests.conftest import CHECKOUT


def test_a_fault_is_caught_by_all_that_it_breaks(record):
    assert [item.fault for item in record.caught] == ["caught"]
    assert [item.requirement for item in record.proven] == ["A-1"]
    assert [item.variant for item in record.false_alarms] == ["wrong"]


def test_the_record_is_read_as_it_was_written(record, tmp_path):
    write(record, tmp_path)

    assert read(tmp_path / "qualification.json") == record
    assert (tmp_path / "index.html").read_text(encoding="utf-8") == render(record)


def test_the_numbers_count_what_was_caught_and_what_not(record, tmp_path):
    write(record, tmp_path)

    found = numbers(tmp_path / "qualification.json")

    assert (found.faults, found.caught, found.requirements, found.proven) == (2, 1, 2, 1)
    assert (found.servers, found.conform, len(found.sha256)) == (2, 1, 64)


def test_the_installed_numbers_are_those_of_the_published_record():
    assert qualified() == numbers(CHECKOUT / "reports" / "published" / "qualification" / "qualification.json")


def test_the_page_says_what_was_missed_and_what_else_turned_red(record):
    html = render(record)

    assert html.count("<b>missed</b>") == html.count("<b>nothing</b>") == 1
    assert "<td><code>B-2</code></td>" in html
    assert "&lt;nothing&gt;" in html and "<nothing>" not in html
