"""The configuration as people see it: each setting with its value and its source, and no secret.

A secret is known by its type. A header field in plain text may have one too, and nothing marks it: unless the field is
known to be harmless, only its name is shown, and that it has a value.
"""

from __future__ import annotations

from conformance.harness.endpoint.endpoints import Endpoint, Removal
from conformance.harness.endpoint.secrets import MASK
from conformance.reporting.record import Setting


def settings(endpoint: Endpoint, patient_prefix: str, load: str = "", learnt: float = 0.0) -> list[Setting]:
    """One line for each setting, in the order in which people ask for them.

    `load`: the clients of the load, in words. `learnt`: the seconds after which searches show a change, if the run had
    to find that out.
    """
    written = endpoint.settings
    lines = {
        "url": written.url,
        **{key: value for key in ("qido", "wado", "stow") if (value := getattr(written, key))},
        "auth": _auth(endpoint),
        "headers": ", ".join(
            f"{name}: {MASK if f'headers.{name}' in endpoint.concealed else value}"
            for name, value in written.headers.items()
        ),
        "tls": _tls(endpoint),
        "proxy": written.proxy or "none; those of the environment are not used",
        "profile": f"{written.profile}, edition {endpoint.edition}",
        "also": ", ".join(written.also),
        "supports": ", ".join(sorted(endpoint.claims)) or "what the standard demands",
        "study": ", ".join(endpoint.studies),
        "writes": "none" if endpoint.only_reads else f"UIDs and Patient IDs of the run ({patient_prefix}...)",
        "removal": "" if endpoint.only_reads else _removal(endpoint.removal),
        "visibility_delay": f"{written.visibility_delay or learnt:.2g} s" if written.visibility_delay or learnt else "",
        "load": f"{load} at the same time" if load else "none",
        "limits": f"{written.timeout:g} s a read, {written.deadline:g} s an exchange, {written.max_body} MB a body",
    }
    sources = {"load": "--load" if load else "default", **endpoint.sources}
    if learnt:
        sources["visibility_delay"] = "learnt from the first store and delete"
    return [
        Setting(name=name, value=value, source=sources.get(name, "default")) for name, value in lines.items() if value
    ]


def account(endpoint: Endpoint) -> str:
    """The identity with which an endpoint is accessed, without secrets: equal identities see the same data."""
    headers = sorted(endpoint.settings.headers)
    certificate = endpoint.settings.tls.certificate
    more = [*(f"field {name}" for name in headers), *([f"certificate {certificate}"] if certificate else [])]
    return ", ".join([_auth(endpoint), *more])


def _auth(endpoint: Endpoint) -> str:
    auth = endpoint.settings.auth
    return auth.shown(MASK) if auth is not None else "none"


def _tls(endpoint: Endpoint) -> str:
    if not endpoint.settings.url.startswith("https:"):
        return "none"
    tls = endpoint.settings.tls
    trust = f"verified against {tls.ca}" if tls.ca else "verified against the trust store of the operating system"
    return trust + (f", client certificate {tls.certificate}" if tls.certificate else "")


def _removal(scheme: str | Removal) -> str:
    match scheme:
        case Removal(url=url, lookup=lookup):
            return (f"POST {lookup}, " if lookup else "") + f"DELETE {url}"
        case "dicomweb":
            return "DELETE of the study"
        case _:
            return "none: what is stored stays"
