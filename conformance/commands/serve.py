"""`serve`: the reference server, for people who develop clients.

    dicomweb-conformance serve --port 8018
    dicomweb-conformance serve --store archive

Under /f/<fault-id>/ it is a server with that one fault; the checks are proven on these faults. It ends with Ctrl-C.

exit codes: 0 it has ended, 4 the port or the folder cannot be used
"""

from __future__ import annotations

import argparse
from pathlib import Path

from conformance.harness.endpoint.tables import ConfigurationError
from conformance.reference.server import serve


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options: the port and the folder."""
    parser.add_argument("--port", type=int, default=8018, help="port on this machine (default: 8018)")
    parser.add_argument("--store", type=Path, metavar="DIR", help="keep what is stored here (default: until it ends)")


def main(options: argparse.Namespace) -> int:
    """Run the reference server until Ctrl-C. Raises ConfigurationError if the port or the folder cannot be used."""
    try:
        serve(options.port, options.store)
    except OSError as error:
        used = f"port {options.port}" + (f" or the folder {options.store}" if options.store else "")
        raise ConfigurationError(f"{used} cannot be used: {error.strerror or error}") from error
    return 0
