"""A script that sends a sequence of requests again, for whoever wants to see it fail."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

HEAD = """\
#!/bin/sh
# {title}
# Each request is sent as it was, and after it comes what is expected of its answer. The bodies are files of the run's
# folder, where this script has to stay. The run has removed what it stored: the sequence begins without it.
"""


@dataclass(frozen=True)
class Line:
    """One request: what it does, what is expected of its answer, and the curl line that sends it."""

    sentence: str
    expected: str
    curl: str


def script(title: str, lines: Sequence[Line], failure: str, pause: float) -> str:
    """The script, which waits for so many seconds after what changes something. The last answer is what failed."""
    variables = sorted({name for line in lines for name in re.findall(r"\$(DICOMWEB_\w+)", line.curl)})
    parts = [HEAD.format(title=title)]
    parts += [f": ${{{name}:?it holds the credentials, which are in no file}}\n" for name in variables]
    parts.append('cd "$(dirname "$0")/../.." || exit\n')
    for number, line in enumerate(lines, 1):
        heading = shlex.quote(f"\n{number}. {line.sentence}")
        parts.append(
            f"\n# {number}. {line.sentence}\n# expected: {line.expected}\nprintf '%s\\n' {heading}\n{line.curl}\n"
        )
        if pause and " -X " in line.curl:
            parts.append(f"sleep {pause:g}\n")
    return "".join(parts) + f"\n# seen: {failure}\n"
