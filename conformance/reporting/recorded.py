"""One exchange of a run, found by what reports call it: in the results, or in the evidence."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

from conformance.reporting import evidence, results
from conformance.reporting.evidence import SUFFIX, Evidence, UnreadableEvidence
from conformance.reporting.exchanges import entry, subject
from conformance.reporting.record import Body, Check, Exchange, worst_first

TEXT_LIMIT = 4096  # characters of a body that is shown


def find(run: Path, name: str, url: str = "") -> Exchange:
    """The exchange CHECK/NUMBER, or the one that the deviation of a check or of a requirement names.

    `run` is the folder of a run, or its results.json or results.json.gz. Without results, as after a run that was
    killed, an exchange is read from the evidence; `url` is that of the service then. Raises UnreadableEvidence,
    UnreadableResults.
    """
    name, folder = name.lower(), run if run.is_dir() else run.parent
    path = run / "results.json" if run.is_dir() else run
    if path.exists() or path.with_name(f"{path.name}.gz").exists():
        checks = results.read(run).checks
        every = {entry(exchange): exchange for check in checks for exchange in check.evidence}
        if name in every:
            return _with_text(every[name], folder)
        own = [check for check in checks if name in (check.id, check.requirement.lower())]
        for check in _first_failed(own):
            if found := subject(check):
                return _with_text(found, folder)
    if "/" not in name:
        raise UnreadableEvidence(f"{run} has no request of {name}, should have a check, a requirement or CHECK/NUMBER")
    return _of_evidence(Evidence(folder), folder, name, url)


def _first_failed(checks: list[Check]) -> list[Check]:
    failed = worst_first(check for check in checks if check.verdict in ("fail", "known", "warn"))
    return [*failed, *checks]


def _with_text(exchange: Exchange, folder: Path) -> Exchange:
    """An exchange with the text of its response, which results have only of checks that did not pass."""
    body = exchange.response_body
    if body.text is None and body.path and (folder / evidence.NAME).exists():
        kept = Evidence(folder)
        if body.path in kept.entries:
            body.text, body.cut = _text(body.path, kept.read(body.path))
    return exchange


def _of_evidence(kept: Evidence, folder: Path, name: str, url: str) -> Exchange:
    path = f"evidence/{name}{SUFFIX}"
    if path not in kept.entries:
        raise UnreadableEvidence(f"{folder / evidence.NAME} has no exchange {name}")
    request, _, response = kept.read(path).decode("utf-8", "replace").partition("\n\n")
    method, target = (request.split("\n")[0].split(" ") + ["", ""])[:2]
    host = next((line[5:].strip() for line in request.split("\n") if line.lower().startswith("host:")), "")
    status = response.split(" ")[1] if response.startswith("HTTP/") and " " in response else ""
    is_status = status.isdigit() and len(status) == 3
    return Exchange(
        path=path,
        method=method,
        url=target if "://" in target else f"{urlsplit(url).scheme or 'http'}://{host}{target}",
        status=int(status) if is_status else None,
        reason=response.split("\n")[0].partition(f"{status} ")[2] if is_status else "",
        error=None if is_status else response.strip(),
        seconds=0,
        request_head=request,
        request_body=_body(kept, f"evidence/{name}.request."),
        response_head=response.rstrip("\n") if is_status else "",
        response_body=_body(kept, f"evidence/{name}.response."),
    )


def _body(kept: Evidence, beginning: str) -> Body:
    path = next((name for name in kept.entries if name.startswith(beginning)), None)
    if path is None:
        return Body(size=0, sha256=sha256(b"").hexdigest())
    content = kept.read(path)
    text, cut = _text(path, content)
    return Body(size=len(content), sha256=sha256(content).hexdigest(), path=path, text=text, cut=cut)


def _text(path: str, content: bytes) -> tuple[str | None, bool]:
    """The beginning of a body that is text, and whether there is more."""
    if not path.endswith((".json", ".txt")):
        return None, False
    text = content[: 4 * TEXT_LIMIT].decode("utf-8", "replace")
    return text[:TEXT_LIMIT], len(text) > TEXT_LIMIT or len(content) > 4 * TEXT_LIMIT
