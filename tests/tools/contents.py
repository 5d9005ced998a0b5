"""What is in a run's folder, the entries of its evidence too, and evidence made by hand."""

from __future__ import annotations

import zlib

from conformance.harness.wire.packing import Packer
from conformance.reporting import evidence
from conformance.reporting.evidence import Evidence


def of_folder(folder):
    """Name and bytes of each file, and of each entry of an evidence.zip in its place."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.name == evidence.NAME:
            found |= {f"{path}/{name}": content for name, content in of_evidence(path.parent).items()}
        elif path.is_file():
            found[str(path)] = path.read_bytes()
    return found


def of_evidence(folder):
    """Name and bytes of each entry."""
    there = Evidence(folder)
    return {name: there.read(name) for name in there.entries}


def packed(folder, entries):
    """Write an evidence.zip of entries, name and bytes, as a run does."""
    packer = Packer(folder / evidence.NAME)
    for name, content in entries.items():
        packer.add(name, [content])
    packer.close()
    assert packer.broken is None


def raw(name, content, size=None, crc=None, flags=0, method=8):
    """The bytes of an entry, of which any part may lie."""
    engine = zlib.compressobj(wbits=-15)
    deflated = engine.compress(content) + engine.flush()
    entry = evidence.Entry(0, zlib.crc32(content) if crc is None else crc, len(deflated), len(content))
    head = bytearray(evidence.header(name, entry if size is None else entry._replace(size=size)))
    head[6:10] = bytes((flags, 0, method, 0))
    return bytes(head) + deflated
