"""Faults of what viewers need, opened in the real OHIF: does it fail, as the profile `viewers` says?

    python tests/ohif.py              tries every fault of the table, half an hour on a quiet machine
    python tests/ohif.py FAULT ...    tries these
    python tests/ohif.py --orthanc [KIND ...]  opens a dozen kinds, or these, on an Orthanc of its own: a minute

The table is tests/ohif.toml: by fault, the need of OHIF that it breaks (or none), the kind that is opened, and the
requirements of the profile `ohif` that are not met then. What differs is printed, with exit code 1; --write writes it
into the table instead. Slides are opened in the viewer of slides. It needs what `run --viewer` needs.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import tomllib
from dataclasses import replace
from itertools import chain
from pathlib import Path

import httpx
import pytest

CHECKOUT = Path(__file__).parents[1]
sys.path[:0] = [str(CHECKOUT)] if str(CHECKOUT) not in sys.path else []

from conformance.harness.endpoint.configuration import resolve  # noqa: E402
from conformance.harness.endpoint.secrets import Mask  # noqa: E402
from conformance.harness.viewer.parts import parts  # noqa: E402
from conformance.harness.viewer.viewer import Viewer  # noqa: E402
from conformance.harness.wire.client import Client  # noqa: E402
from conformance.harness.wire.connection import Connection  # noqa: E402
from conformance.harness.wire.evidence import Recorder  # noqa: E402
from conformance.harness.wire.ledger import Ledger, Origin  # noqa: E402
from conformance.kit import stow  # noqa: E402
from conformance.kit.kinds import Label, made  # noqa: E402
from conformance.kit.verdicts import Deviates, NotSupported, Observed, Warn  # noqa: E402
from conformance.ohif import test_ohif as images  # noqa: E402
from conformance.ohif import test_own_objects as objects  # noqa: E402
from conformance.ohif import test_slides as slides  # noqa: E402
from conformance.reference.server import Server  # noqa: E402
from tests.conftest import orthanc_server  # noqa: E402

TABLE = Path(__file__).with_suffix(".toml")
TOGETHER = "together"  # the kind of a study of several kinds
KNOWN = {"OHIF-FRAMES": images.FRAMES, "OHIF-PICTURE": images.IMAGES, "SLIDE-PICTURE": slides.SLIDES}
# By kind: the requirements that are not met with Debian's Orthanc.
ORTHANC = {
    kind: ("OHIF-PICTURE",) if kind == "palette-16" else ()  # its palette is given by reference
    for kind in (
        *("ct-16", "implicit-vr", "us-multiframe", "quadrants", "jpeg-baseline", "grey-30", "dx"),
        *("rescale", "rle-odd", "palette-16", "enhanced-ct", "whole-slide"),
    )
}
HEAD = """\
# Faults, and what the real OHIF makes of them: `breaks` are the requirements of the profile `ohif` that are not met.
# `need` is that of OHIF in the profile `viewers`. Written by `python tests/ohif.py --write`; `why` is ours.
"""


class Shown(Viewer):
    """The real viewers, without a run. It is the endpoint of the checks, too."""

    claims = frozenset((*images.NEEDED, "rendered"))
    kinds = {}  # by name, the instances of each kind of the study TOGETHER

    def __call__(self, kind, *cited):
        """The view of a kind, which may be one of several in one study: the viewer is opened once for all of these."""
        if kind not in self.kinds:
            return super().__call__(kind, *cited)
        whole, own = super().__call__(TOGETHER, *cited), self.kinds[kind]
        by_uid = {instance.sop_instance_uid: instance for instance in own}
        shown = [(look, by_uid.get(look.instance.sop_instance_uid)) for look in whole.looks]
        looks = [replace(look, instance=instance) for look, instance in shown if instance]
        return replace(whole, instances=own, looks=looks)

    def keep(self, kind, strip):
        """Keep nothing."""

    def broken(self, kind, own=False):
        """The requirements that are not met, each with the reason. `own`: the kind is judged as an own object is."""
        found = {}
        rooms = [objects] if own else [images, slides]
        checks = [value for room in rooms for name, value in vars(room).items() if name.startswith("test_")]
        for check in checks:
            (mark,) = [mark for mark in check.pytestmark if mark.name == "check"]
            try:
                if own:
                    check(self, self, lambda kind: self(kind).instances[:1], kind)
                # What other kinds have to show is not known.
                elif kind in KNOWN.get(mark.args[0], (kind,)):
                    check(self, self, kind)
            except (Warn, Deviates) as error:
                found[mark.args[0]] = str(error)
            except (Observed, NotSupported):
                pass
        return found


def opened(endpoint, parts_of_viewers, kinds, store, joint=(), own=False):
    """What the viewers break with kinds of instances at an endpoint: by kind, requirements with the reasons. `store`
    stores the body of a request there. Kinds in `joint` are series of one study: OHIF is opened once for all. `own`:
    all are judged as own objects."""
    with tempfile.TemporaryDirectory() as folder:
        recorder = Recorder(Path(folder), endpoint, Mask.of(endpoint))
        client = Client(endpoint)
        origin = Origin("ohif", None, endpoint.settings.url, "")
        connection = Connection(endpoint, client, recorder, Ledger(Path(folder), origin))

        label = Label(folder, "DWC-")
        ids = {"StudyInstanceUID": label.uid(TOGETHER), "PatientID": f"DWC-{TOGETHER}-{Path(folder).name}"}

        def stored(kind):
            own = [item.edited(**ids) for item in chain(*viewer.kinds.values())]
            instances = own if kind == TOGETHER else made(kind, label)
            store(stow.multipart(instances))
            return instances

        viewer = Shown(parts_of_viewers, connection, recorder, stored, True)
        viewer.kinds = {kind: made(kind, label) for kind in joint}
        try:
            return {kind: viewer.broken(kind, own) for kind in (*joint, *kinds)}
        finally:
            viewer.close()
            client.close()
            recorder.close()


def of_reference(server, path, parts_of_viewers, kinds, joint=(), own=False):
    """The same under a URL of the reference server. They are stored on the correct server of the same archive."""
    endpoint = resolve(path, Path("none"))
    return opened(endpoint, parts_of_viewers, kinds, lambda body: _sent(server.url, body), joint, own)


def of_orthanc(orthanc, folder, parts_of_viewers, kinds):
    """The same at an Orthanc with a password, which is configured in a folder, and keeps what is stored."""
    file = Path(folder) / "endpoints.toml"
    auth = f'auth = {{ kind = "basic", username = "{orthanc.user}", password = {{ env = "ORTHANC_PASSWORD" }} }}'
    file.write_text(f'[orthanc]\nurl = "{orthanc.url}"\n{auth}\n', encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ORTHANC_PASSWORD", orthanc.password)
        endpoint = resolve("orthanc", file)
        credentials = orthanc.user, orthanc.password
        return opened(endpoint, parts_of_viewers, kinds, lambda body: _sent(orthanc.url, body, credentials))


def _sent(root, body, credentials=None):
    fields = {"Content-Type": body.content_type, "Accept": "application/dicom+json"}
    httpx.post(f"{root}/studies", content=body.content, headers=fields, auth=credentials).raise_for_status()


def on_orthanc(parts_of_viewers, kinds):
    """The number of kinds that are shown otherwise than ORTHANC says."""
    wrong = 0
    with tempfile.TemporaryDirectory() as folder, orthanc_server(Path(folder)) as orthanc:
        found = of_orthanc(orthanc, folder, parts_of_viewers, kinds)
    for kind, broken in found.items():
        print(f"{kind}: {', '.join(broken) or 'nothing'}", *broken.values(), sep="\n  ", flush=True)
        wrong += tuple(broken) != ORTHANC[kind]
    print(f"{wrong} differ")
    return wrong


def main(words):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("faults", nargs="*", metavar="FAULT")
    parser.add_argument("--ohif", metavar="DIR")
    parser.add_argument("--browser", metavar="PATH")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--orthanc", action="store_true")
    options = parser.parse_args(words)
    if options.orthanc:
        return int(on_orthanc(parts(options.ohif, options.browser), options.faults or ORTHANC) > 0)
    table = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    wrong = 0
    with Server() as server:
        found = parts(options.ohif, options.browser)
        for fault in options.faults or [name for name, item in table.items() if "kind" in item]:
            kind = table[fault]["kind"]
            broken = of_reference(server, server.fault_url(fault), found, [kind])[kind]
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
