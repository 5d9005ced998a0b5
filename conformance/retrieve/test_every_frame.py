"""PS3.18 10.4.1.1.6, PS3.5 A.4: each frame of several, whatever its fragments and offset tables."""

from __future__ import annotations

import pytest

from conformance.kit import check, expect, given, media
from conformance.kit.kinds import KINDS, encoded_frames, frames, having
from conformance.kit.verdicts import NotSupported
from conformance.retrieve import reading
from conformance.retrieve.reading import OCTETS

KINDS_OF_FRAMES = having("frames")
COMPRESSED = [kind for kind in KINDS_OF_FRAMES if "lossless" in KINDS[kind].traits]


@check("RETRIEVE-FRAMES-001", "every-frame")
@pytest.mark.parametrize("kind", KINDS_OF_FRAMES)
def test_each_frame_as_octets(endpoint, stored, kind):
    """frames/n is frame n, native or decompressed."""
    for instance in stored(kind):
        known = frames(instance)
        try:
            given.framed(endpoint, instance, stored("sample")[0])
        except NotSupported:  # of a level of a slide that has one frame
            continue

        for number, frame in enumerate(known, 1):
            response = endpoint.fetch(f"{instance.path}/frames/{number}", accept=OCTETS)
            if kind in COMPRESSED:
                expect.outcome(response, (200,), (406,), media.DECOMPRESSION)
            reading.frames(response, [frame], known)


@check("RETRIEVE-FRAMES-011", "every-frame")
@pytest.mark.parametrize("kind", COMPRESSED)
def test_each_frame_as_it_is_compressed(endpoint, stored, kind):
    """frames/n in the stored transfer syntax is the complete codestream of frame n, all its fragments joined."""
    instance = stored(kind)[0]
    known = encoded_frames(instance)
    accept = reading.as_compressed(KINDS[kind].transfer_syntax)

    for number, frame in enumerate(known, 1):
        response = endpoint.fetch(f"{instance.path}/frames/{number}", accept=accept)
        reading.frames(reading.offered(response, "compressed frames are not sent"), [frame], known)
    beyond = endpoint.fetch(f"{instance.path}/frames/{len(known) + 1}", accept=accept)
    expect.absent(beyond, 400)
