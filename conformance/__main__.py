"""The command `dicomweb-conformance`, the same as `python -m conformance`."""

from __future__ import annotations

import argparse
import sys
import warnings

import conformance
from conformance.commands import COMMANDS, RUN_HELP, command
from conformance.commands.parser import EXIT_CODES, Parser
from conformance.harness.endpoint.tables import ConfigurationError
from conformance.harness.run.exits import INTERNAL_ERROR, INTERRUPTED, USAGE
from conformance.harness.run.unread import unless_unread
from conformance.reporting.evidence import UnreadableEvidence
from conformance.reporting.results import UnreadableResults
from conformance.reporting.text import visible


def main(arguments: list[str] | None = None) -> int:
    """Do a command; the exit code."""
    words = sys.argv[1:] if arguments is None else arguments
    warnings.filterwarnings("ignore", module="pydicom")  # what it dislikes in an instance is judged, or was made so
    try:
        return _command(words)
    except KeyboardInterrupt:
        return _ended("interrupted", INTERRUPTED)
    except (ConfigurationError, UnreadableEvidence, UnreadableResults) as error:
        return _ended(f"dicomweb-conformance {words[0]}: {error}", USAGE)
    except Exception as error:
        return _ended(f"dicomweb-conformance: {type(error).__name__}: {error}", INTERNAL_ERROR)


def _ended(why: str, code: int) -> int:
    """Say why a command ended, whether anybody reads it or not; its exit code."""
    with unless_unread(sys.stderr):
        print(visible(why), file=sys.stderr, flush=True)
    with unless_unread(sys.stdout):
        sys.stdout.flush()
    return code


def _command(words: list[str]) -> int:
    if words[:1] == ["run"]:
        from conformance.commands import run

        return run.main(words[1:])
    parser = Parser(
        "dicomweb-conformance",
        description="Is a DICOMweb server correct? It is judged against the DICOM standard (PS3.18), over HTTP.",
        epilog=f"{EXIT_CODES}\n\nan example and what a command does: dicomweb-conformance COMMAND --help",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {conformance.__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("run", help=RUN_HELP)
    for name, help in COMMANDS.items():
        formatted = argparse.RawDescriptionHelpFormatter
        own = commands.add_parser(name, help=help, formatter_class=formatted)
        if name in words:
            own.description = command(name).__doc__
            command(name).add_options(own)
    options = parser.parse_args(words)
    from conformance.commands.output import guarded
    from conformance.harness.endpoint.secrets import Mask

    with guarded(Mask()):
        return command(options.command).main(options)


if __name__ == "__main__":
    sys.exit(main())
