"""The command `dicomweb-conformance`, the same as `python -m conformance`."""

from __future__ import annotations

import argparse
import os
import sys

import conformance
from conformance.commands import COMMANDS, run
from conformance.commands.parser import EXIT_CODES, Parser
from conformance.harness.endpoint.endpoints import ConfigurationError
from conformance.harness.run.verdicts import INTERNAL_ERROR, INTERRUPTED, USAGE
from conformance.harness.wire.ledger import UnreadableLedger
from conformance.reporting.evidence import UnreadableEvidence
from conformance.reporting.results import UnreadableResults
from conformance.reporting.text import visible


def main(arguments: list[str] | None = None) -> int:
    """Do a command; the exit code."""
    words = sys.argv[1:] if arguments is None else arguments
    try:
        return _command(words)
    except BrokenPipeError:  # whoever reads has seen enough, as `head` has
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    except (ConfigurationError, UnreadableEvidence, UnreadableLedger, UnreadableResults) as error:
        print(visible(f"dicomweb-conformance {words[0]}: {error}"), file=sys.stderr)
        return USAGE
    except Exception as error:
        print(visible(f"dicomweb-conformance: {type(error).__name__}: {error}"), file=sys.stderr)
        return INTERNAL_ERROR


def _command(words: list[str]) -> int:
    if words[:1] == ["run"]:
        return run.main(words[1:])
    parser = Parser(
        "dicomweb-conformance",
        description="Is a DICOMweb server correct? It is judged against the DICOM standard (PS3.18), over HTTP.",
        epilog=f"{EXIT_CODES}\n\nan example and what a command does: dicomweb-conformance COMMAND --help",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {conformance.__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("run", help=run.HELP)
    for name, command in COMMANDS.items():
        formatted = argparse.RawDescriptionHelpFormatter
        command.add_options(
            commands.add_parser(name, help=command.HELP, description=command.__doc__, formatter_class=formatted)
        )
    options = parser.parse_args(words)
    return COMMANDS[options.command].main(options)


if __name__ == "__main__":
    sys.exit(main())
