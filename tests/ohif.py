"""Faults of what OHIF needs, opened in the real OHIF: does it fail, as the profile `viewers` says?

    python tests/ohif.py              tries every fault of the table, half an hour on a quiet machine
    python tests/ohif.py FAULT ...    tries these

The table is tests/ohif.toml: by fault, the need of OHIF that it breaks (or none), the kind that is opened, and the
requirements of the profile `ohif` that are not met then. What differs is printed, with exit code 1; --write writes it
into the table instead. It needs what `run --viewer` needs.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import tomllib
from pathlib import Path

CHECKOUT = Path(__file__).parents[1]
sys.path[:0] = [str(CHECKOUT)] if str(CHECKOUT) not in sys.path else []

from conformance.harness.endpoint.configuration import resolve  # noqa: E402
from conformance.harness.endpoint.secrets import Mask  # noqa: E402
from conformance.harness.relay.relay import Relay  # noqa: E402
from conformance.harness.viewer.ohif import Ohif  # noqa: E402
from conformance.harness.viewer.parts import parts  # noqa: E402
from conformance.harness.wire.client import Client  # noqa: E402
from conformance.harness.wire.connection import Connection  # noqa: E402
from conformance.harness.wire.evidence import Recorder  # noqa: E402
from conformance.harness.wire.ledger import Ledger, Origin  # noqa: E402
from conformance.kit import stow  # noqa: E402
from conformance.kit.kinds import Label, made  # noqa: E402
from conformance.kit.verdicts import Deviates, Observed, Warn  # noqa: E402
from conformance.ohif import test_ohif as room  # noqa: E402
from conformance.reference.server import Server  # noqa: E402

TABLE = Path(__file__).with_suffix(".toml")
DEADLINE = 60.0
HEAD = """\
# Faults, and what the real OHIF makes of them: `breaks` are the requirements of the profile `ohif` that are not met.
# `need` is that of OHIF in the profile `viewers`. Written by `python tests/ohif.py --write`; `why` is ours.
"""


class Room:
    """The checks of the room `ohif`, without a run."""

    claims = frozenset(room.NEEDED)

    def __init__(self, view):
        self.view = view

    def __call__(self, kind, *cited):
        return self.view

    def keep(self, kind, strip):
        """Keep nothing."""

    def broken(self, kind):
        """The requirements that are not met, each with the reason."""
        found = {}
        for check in [value for name, value in vars(room).items() if name.startswith("test_")]:
            (mark,) = [mark for mark in check.pytestmark if mark.name == "check"]
            try:
                # What other kinds have to show is not known.
                if kind in {"OHIF-FRAMES": room.FRAMES, "OHIF-PICTURE": room.IMAGES}.get(mark.args[0], (kind,)):
                    check(self, self, kind)
            except (Warn, Deviates) as error:
                found[mark.args[0]] = str(error)
            except Observed:
                pass
        return found


def opened(server, path, parts_of_ohif, kinds):
    """What OHIF breaks with kinds of instances under the URL of a server: by kind, requirements with the reasons."""
    with tempfile.TemporaryDirectory() as folder:
        endpoint = resolve(path, Path(folder) / "none")
        recorder = Recorder(Path(folder), endpoint, Mask.of(endpoint))
        client = Client(endpoint)
        origin = Origin("ohif", None, path, "")
        connection = Connection(endpoint, client, recorder, Ledger(Path(folder), origin))
        relay = Relay(endpoint, connection.ask, parts_of_ohif.files).start()
        ohif = Ohif(parts_of_ohif, relay, DEADLINE)
        try:
            return {kind: Room(ohif.view(stored(server, kind), True)).broken(kind) for kind in kinds}
        finally:
            ohif.close()
            relay.stop()
            client.close()
            recorder.close()


def stored(server, kind):
    """The instances of a kind, stored on the correct server of the same archive."""
    import httpx

    instances = made(kind, Label("ohif", "DWC-"))
    body = stow.multipart(instances)
    httpx.post(f"{server.url}/studies", content=body.content, headers={"Content-Type": body.content_type})
    return instances


def main(words):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("faults", nargs="*", metavar="FAULT")
    parser.add_argument("--ohif", metavar="DIR")
    parser.add_argument("--browser", metavar="PATH")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args(words)
    table = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    wrong = 0
    with Server() as server:
        found = parts(options.ohif, options.browser)
        for fault in options.faults or [name for name, item in table.items() if "kind" in item]:
            kind = table[fault]["kind"]
            broken = opened(server, server.fault_url(fault), found, [kind])[kind]
            print(f"{fault}: {', '.join(broken) or 'nothing'}", *broken.values(), sep="\n  ", flush=True)
            wrong += table[fault].get("breaks") != list(broken)
            table[fault]["breaks"] = list(broken)
            if options.write:
                TABLE.write_text(text(table), encoding="utf-8")
    print(f"{wrong} differ from the table")
    return 0 if options.write else int(wrong > 0)


def text(table):
    """The table as TOML."""
    lines = [HEAD]
    for fault, item in table.items():
        lines.append(f"[{fault}]")
        for key in ("need", "kind", "why"):
            lines += [f'{key} = "{item[key]}"'] if key in item else []
        if "breaks" in item:
            names = ", ".join(f'"{name}"' for name in item["breaks"])
            lines.append(f"breaks = [{names}]")
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
