"""The curl line that sends a request of a run again, the same byte for byte."""

from __future__ import annotations

import re
import shlex

MASK = "********"  # what stands in the place of a secret
FOREIGN = re.compile(r"\{[0-9A-F]{8}\}")  # what stands in that of a value of somebody's, by its attribute


def line(method: str, url: str, head: str, body: str | None) -> str:
    """The command, to be run where `body` is a file; credentials, masked in the head, come from the environment.

    curl adds fields of its own, which an empty -H takes away, and waits for 100 (Continue) before a large body.
    """
    words = ["curl", "-sS", "-i", "--http1.1"]
    if method != "GET":
        words += ["-I"] if method == "HEAD" else ["-X", shlex.quote(method)]
    if any(character in url for character in "[]{}") or "/." in url:
        words += ["--globoff", "--path-as-is"]
    accepts = False
    for field in head.replace("\r\n", "\n").split("\n")[1:]:
        name, colon, value = field.partition(":")
        key, value = name.strip().lower(), value.strip()
        if not colon or key == "host" or key.startswith("proxy-") or (key == "content-length" and body):
            continue
        is_secret = value == MASK and re.fullmatch("[A-Za-z0-9_-]+", name)
        accepts |= key == "accept"
        words += ["-H", f'"{name}: ${variable(name)}"' if is_secret else shlex.quote(f"{name}: {value}")]
    if not accepts:
        words += ["-H", "Accept:"]
    if body:
        words += ["-H", "Expect:", "--data-binary", shlex.quote(f"@{body}")]
    words.append(shlex.quote(url))
    if left_out := dict.fromkeys(FOREIGN.findall(url)):
        words.append(f"# cannot be pasted as it stands: {', '.join(left_out)} is left out")
    return " ".join(words)


def variable(field: str) -> str:
    """The environment variable that stands for a secret header field in a curl line."""
    return "DICOMWEB_AUTH" if field.lower() == "authorization" else "DICOMWEB_" + field.upper().replace("-", "_")
