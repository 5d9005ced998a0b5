"""A script that sends a sequence of requests again, for people who want to see it fail."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

HEAD = """\
#!/bin/sh
# Seen at the end of this sequence: {failure}
# Each request is sent as it was; what it does and what is expected of its answer is said before it. The bodies are
# files of the run's folder (dicomweb-conformance unpack), in which this script has to stay. Some answers may be binary:
# sh sequence.sh > answers.
# The run has removed what it stored, if it could: the sequence begins without it.
"""
STEP = """\
cd "$(dirname "$0")/../.." || exit
step() { printf '\\n\\n# %s\\n# expected: %s\\n' "$1" "$2"; }
"""


@dataclass(frozen=True)
class Line:
    """One request: its purpose, the expected response, and the curl line that sends it."""

    sentence: str
    expected: str
    curl: str


def script(lines: Sequence[Line], failure: str, pause: float) -> str:
    """The script, which waits `pause` seconds after each change. The last response is the one that failed."""
    # A server may have written part of the sentence: it must not leave its comment.
    parts = [HEAD.format(failure=" ".join(failure.split()))]
    for name in sorted({name for line in lines for name in re.findall(r"\$(DICOMWEB_\w+)", line.curl)}):
        parts.append(f': "${{{name}:?is not set, and the credentials are in no file}}"\n')
    parts.append(STEP)
    for number, line in enumerate(lines, 1):
        parts.append(f"\nstep {shlex.quote(f'{number}. {line.sentence}')} {shlex.quote(line.expected)}\n{line.curl}\n")
        if pause and " -X " in line.curl:
            parts.append(f"sleep {pause:g}\n")
    return "".join(parts)
