"""The command `dicomweb-conformance`, the same as `python -m conformance`."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

import pytest

import conformance
from conformance.harness import ledger
from conformance.harness.client import Client
from conformance.harness.configuration import resolve
from conformance.harness.connection import Connection
from conformance.harness.endpoints import ConfigurationError, Settings
from conformance.harness.evidence import Recorder
from conformance.harness.options import PACKAGE, add_options
from conformance.harness.removal import remove
from conformance.harness.verdicts import DEVIATES, USAGE
from conformance.reference.server import serve
from conformance.reporting.text import visible

EXIT_CODES = """\
exit codes: 0 conforms, 1 deviates, 2 interrupted, 3 internal error, 4 usage or configuration,
            5 nothing ran (the preflight stopped it), 6 incomplete"""


class Parser(argparse.ArgumentParser):
    """Wrong usage has an exit code of its own: argparse's 2 means that a run was interrupted."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(USAGE, f"{self.prog}: {message}\n")


def main(arguments: list[str] | None = None) -> int:
    """Run a command; the exit code."""
    words = sys.argv[1:] if arguments is None else arguments
    if words[:1] == ["run"]:
        return run(words[1:])
    parser = Parser("dicomweb-conformance", description="Is a DICOMweb server correct?")
    parser.add_argument("--version", action="version", version=f"%(prog)s {conformance.__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("run", help="judge an endpoint; without one, the embedded reference server")
    command = commands.add_parser("serve", help="run the reference server")
    command.add_argument("--port", type=int, default=8018, help="port on this machine (default: 8018)")
    command.add_argument("--store", type=Path, metavar="DIR", help="keep what is stored here (default: until it ends)")
    command = commands.add_parser("cleanup", help="remove what the ledger of a run lists")
    command.add_argument("folder", type=Path, metavar="RUN", help="the folder of the run")
    options = parser.parse_args(words)
    try:
        return start(options.port, options.store) if options.command == "serve" else cleanup(options.folder)
    except (ConfigurationError, ledger.UnreadableLedger) as error:
        print(f"dicomweb-conformance {options.command}: {error}", file=sys.stderr)
        return USAGE


def run(words: list[str]) -> int:
    """`run [NAME or URL]`: pytest with the suite's plugin; other arguments go to pytest."""
    if "-h" in words or "--help" in words:
        parser = Parser(
            "dicomweb-conformance run",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            usage="%(prog)s [NAME or URL] [options] [pytest's options, such as -k, -x, or the path of a test]",
            epilog=f"keys of endpoints.toml: {', '.join(Settings.__struct_fields__)}\n{EXIT_CODES}",
        )
        add_options(parser.add_argument)
        parser.add_argument("--strict", action="store_true", help="a warning is a deviation")
        parser.print_help()
        return 0
    checks = [word for word in words if PACKAGE in Path(word.split("::")[0]).resolve().parents]
    if words and not words[0].startswith("-") and words[0] not in checks:
        words = ["--endpoint", *words]
    paths = [] if checks else [str(PACKAGE)]
    own = ["-c", str(PACKAGE / "harness" / "run.toml"), "--rootdir", str(PACKAGE.parent)]
    return int(pytest.main([*own, "-p", "conformance.harness.plugin", "-p", "no:cacheprovider", *words, *paths]))


def start(port: int, store: Path | None) -> int:
    """`serve`: the reference server until Ctrl-C."""
    try:
        serve(port, store)
    except OSError as error:
        used = f"port {port}" + (f" or the folder {store}" if store else "")
        raise ConfigurationError(f"{used} cannot be used: {error.strerror or error}") from error
    return 0


def cleanup(folder: Path) -> int:
    """`cleanup RUN`: exit code 0 when nothing of the run is left, 1 when something is."""
    origin, entries = ledger.read(folder)
    if origin.target is None:
        print("the run was on the embedded server, which ended with it: nothing is left")
        return 0
    endpoint = resolve(origin.target, Path(origin.file), supports=origin.claims)
    record = folder / f"cleanup-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    connection = Connection(endpoint, Client(endpoint), Recorder(record, endpoint), ledger.Ledger(record, origin))
    removed, leftovers = remove(connection, entries)
    print(
        f"{len(removed)} of {len(removed) + len(leftovers)} studies of the ledger are gone from {endpoint.settings.url}"
    )
    for leftover in leftovers:
        print(visible(f"left over: {leftover.study}: {leftover.why}"))
    return DEVIATES if leftovers else 0


if __name__ == "__main__":
    sys.exit(main())
