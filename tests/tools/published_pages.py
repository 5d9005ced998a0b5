"""The pages of reports/published/, which are functions of the data beside them.

python tests/tools/published_pages.py        writes them again; tests/test_published_pages.py reads them
"""

from __future__ import annotations

import gzip
from hashlib import sha256
from pathlib import Path

from conformance.reporting import acceptance, markdown, matrix, page, qualification, results

PUBLISHED = Path(__file__).parents[2] / "reports" / "published"
RECORD = PUBLISHED / "qualification"
RUNS = sorted(path.parent for path in PUBLISHED.glob("*/results.json.gz"))


def of_run(folder, render):
    """A page of a published run."""
    content = gzip.decompress((folder / "results.json.gz").read_bytes())
    return render(results.read(folder), sha256(content).hexdigest())


def of_record():
    """The page of the qualification record."""
    return qualification.render(qualification.read(RECORD / "qualification.json"))


def pages():
    """Every page, by its path below the folder of what is published: what makes it."""

    def compared():
        return matrix.compare([(results.read(folder), f"{folder.name}/conformance.html") for folder in RUNS])

    made = {"conformance.html": page.render, "acceptance.html": acceptance.render}
    runs = {
        f"{folder.name}/{name}": lambda folder=folder, render=render: of_run(folder, render)
        for folder in RUNS
        for name, render in made.items()
    }
    return runs | {
        "qualification/index.html": of_record,
        "matrix.html": lambda: matrix.render(compared()),
        "matrix.md": lambda: markdown.matrix(compared()) + "\n",
    }


def main():
    for path, make in pages().items():
        (PUBLISHED / path).write_text(make(), encoding="utf-8")
    qualification.write_numbers(qualification.numbers(RECORD / "qualification.json"))


if __name__ == "__main__":
    main()
