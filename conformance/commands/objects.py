"""`objects DIR`: list the files of a folder as `run --objects DIR` judges them. Nothing is sent or written.

    dicomweb-conformance objects ~/de-identified

For each file its number, the name of the object in reports, which are the same whatever the file is called, its path,
and what it is, or why it is left out. Reports of a run have the numbers and the names, and no path: it may name a
patient.

exit codes: 0 listed, and every object says that the patient's identity was removed, 1 one does not,
            4 the folder cannot be read, or has no file that can be used
"""

from __future__ import annotations

import argparse
from pathlib import Path

from conformance.harness.data import objects
from conformance.reporting.text import count, visible


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options: the folder, and whether all of its files are taken."""
    parser.add_argument("folder", type=Path, metavar="DIR", help="the folder with the DICOM files")
    help = (
        "take every file, as run --objects-all does (default: of many, one per SOP Class, transfer syntax and device)"
    )
    parser.add_argument("--all", action="store_true", help=help)


def main(options: argparse.Namespace) -> int:
    """Exit code 0 or 1. Raises ConfigurationError."""
    found = objects.read(options.folder, options.all)
    rows = {left.file: f"{'':16}  {left.file.path}: {left.why}" for left in found.left}
    for name, item in found.taken.items():
        named = "" if item.is_de_identified else "; Patient Identity Removed is not YES"
        rows[item.file] = f"{name:16}  {item.file.path}: {item.title}{named}"
    for file in sorted(rows):
        print(visible(f"{file.number:>6}  {rows[file]}"))
    skipped = f", {found.skipped:,} more like them are not taken (--all)" if found.skipped else ""
    print(f"{count(len(found.taken), 'object')} of {count(found.number, 'file')}{skipped}")
    return int(any(not item.is_de_identified for item in found.taken.values()))
