"""The pages of reports/published/, which are functions of the data beside them.

python tests/published_pages.py        writes them again; tests/test_published_pages.py compares
"""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from conformance.reporting import page, qualification, results

PUBLISHED = Path(__file__).parents[1] / "reports" / "published"
RECORD = PUBLISHED / "qualification"
RUNS = sorted(path.parent for path in PUBLISHED.glob("*/results.json"))


def of_run(folder):
    """The page of a published run."""
    path = folder / "results.json"
    return page.render(results.read(path), sha256(path.read_bytes()).hexdigest())


def of_record():
    """The page of the qualification record."""
    return qualification.render(qualification.read(RECORD / "qualification.json"))


def main():
    for folder in RUNS:
        (folder / "conformance.html").write_text(of_run(folder), encoding="utf-8")
    (RECORD / "index.html").write_text(of_record(), encoding="utf-8")
    qualification.write_numbers(qualification.numbers(RECORD / "qualification.json"))


if __name__ == "__main__":
    main()
