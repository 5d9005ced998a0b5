"""The test before the first check: a DICOMweb service is there, and gives access. If not, one sentence stops the
run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

from conformance.dicomweb import dicom_json, uids, wadl
from conformance.dicomweb.messages import Response
from conformance.dicomweb.wording import title
from conformance.harness.data.presence import Look, Presence
from conformance.harness.wire.connection import Connection, Unanswered
from conformance.kit.accept import AS_STORED
from conformance.kit.instances import Instance
from conformance.kit.verdicts import Stopped

# Texts in the pages of web servers.
PAGES = {
    b"plain HTTP request was sent to HTTPS port": "the server speaks TLS there: is it https:// instead of http://?",
    b"speaking plain HTTP to an SSL-enabled": "the server speaks TLS there: is it https:// instead of http://?",
    b"HTTP request to an HTTPS server": "the server speaks TLS there: is it https:// instead of http://?",
    b"No required SSL certificate": "the server wants a client certificate: name it in tls.certificate",
    b"SSL certificate error": "the server does not take the client certificate of tls.certificate",
}


DESCRIPTIONS = f"{wadl.MEDIA_TYPE}, {wadl.JSON};q=0.9"


class Step(NamedTuple):
    """One observation, in a few words, and the response that shows it."""

    name: str
    seen: str
    response: Response


def preflight(endpoint: Connection, run: str, instances: Sequence[Instance]) -> tuple[list[str], str]:
    """Lines about the observations, and how the server names itself. Raises Stopped. Reads only."""
    taken = list(steps(endpoint, run))
    lines = [step.seen for step in taken]
    if not (endpoint.config.only_reads or instances[0].fresh):
        try:
            lines.append(_free(endpoint, instances))
        except Unanswered as error:
            raise Stopped(f"{error} ({_where(endpoint)})") from error
    return lines, taken[0].response.header("Server") or ""


def steps(endpoint: Connection, run: str) -> Iterator[Step]:
    """The conditions for a run, one after the other. Raises Stopped. Reads only."""
    nobody = f"studies/{uids.derived(run, 'nobody has this study')}"
    try:
        searches = "search" in endpoint.claims
        first, response = ("a search", _search(endpoint, run)) if searches else _other(endpoint, nobody)
        also = "; HTTP/2 is offered, the run speaks HTTP/1.1" if endpoint.secured and endpoint.offers_http_2 else ""
        secured = f" ({endpoint.secured.version}{also})" if endpoint.secured else ""
        yield Step("reachable", f"reachable{secured}, {first} returns {response.status}", response)
        if endpoint.config.settings.auth is not None:
            anonymous = endpoint.anonymous(response.request.target.lstrip("/"))
            page = ", a web page," if "html" in (anonymous.header("Content-Type") or "") else ""
            both = f"{anonymous.status}{page} without credentials and {response.status} with them"
            yield Step("let in", both, anonymous)
        unknown = endpoint.get("no-such-resource")
        if unknown.status == response.status == 200 and not (unknown.body or response.body):
            raise Stopped(
                f"{first} and a path that names no resource both return 200 with an empty body, should be a list in "
                f"DICOM JSON and 404: this is not a DICOMweb service ({_where(endpoint)})",
                unknown,
            )
        yield Step("control", f"an unknown path returns {unknown.status}", unknown)
        if "metadata" in endpoint.claims:
            absent = endpoint.get(f"{nobody}/metadata")
            yield Step("control", f"the metadata of a random UID return {absent.status}", absent)
    except Unanswered as error:
        raise Stopped(f"{error} ({_where(endpoint)})") from error


def _search(endpoint: Connection, run: str) -> Response:
    """The response to a search. Raises Stopped if access is denied, or if nothing of a DICOMweb service is there.

    A Patient ID is sent because a server may refuse to search through everybody (PS3.2 K.4.2); a server that responds
    so only if nothing matches is a DICOMweb service with a fault, which the checks must report.
    """
    narrow = endpoint.get("studies", params={"PatientID": f"DWC-preflight-{run}", "limit": "1"})
    if not (fault := _fault(narrow, endpoint)) or not _fault(endpoint.get("studies", params={"limit": "1"}), endpoint):
        return narrow
    if _shut(narrow, endpoint) or not _is_described(endpoint):
        raise Stopped(f"{narrow.request.method} {narrow.request.target} returns {fault} ({_where(endpoint)})", narrow)
    return narrow


def _other(endpoint: Connection, nobody: str) -> tuple[str, Response]:
    """The request without claimed searches, and the response, which may be anything except a denial of access.

    Raises Stopped.
    """
    if "metadata" in endpoint.claims:
        what, response = "the metadata of a random UID", endpoint.get(f"{nobody}/metadata")
    elif "retrieve" in endpoint.claims:
        what, response = "a study of a random UID", endpoint.abandon(nobody, accept=AS_STORED)
    else:
        what, response = "OPTIONS", endpoint.send("OPTIONS", "", accept=DESCRIPTIONS)
    fault = _shut(response, endpoint) if response.status != 403 else None
    if not fault and response.status >= 500 and response.status != 501 and not _is_described(endpoint):
        fault = f"{response.status}: the server fails, its log may say why"
    if fault:
        raise Stopped(
            f"{response.request.method} {response.request.target} returns {fault} ({_where(endpoint, nobody)})",
            response,
        )
    return what, response


def _is_described(endpoint: Connection) -> bool:
    """True if the server describes itself as a DICOMweb service (8.9), at the root of its searches."""
    if endpoint.config.root("GET", "studies") != endpoint.config.root("OPTIONS", ""):
        return False
    try:
        resources = wadl.read(endpoint.send("OPTIONS", "", accept=wadl.MEDIA_TYPE).content).resources
    except wadl.MalformedDescription:
        return False
    return any(path.partition("/")[0] == "studies" for path in resources)


def _shut(response: Response, endpoint: Connection) -> str | None:
    """The problem of a response that denies access, or is not of a service at all."""
    if response.status in (401, 403):
        asked = response.header("WWW-Authenticate")
        sent = " with the credentials given" if endpoint.config.settings.auth else ", as no credentials are configured"
        asks = f'; it asks for {asked}, see "auth" in endpoints.toml' if asked else ""
        return f"{response.status}{sent}, should be 200{asks}"
    if response.status in range(300, 400) and (location := response.header("Location")):
        leads = "name the URL that it leads to, or, if it is a login page, credentials that the server accepts"
        return f"{response.status} to {location}, should be 200 or 204: it is not followed out of the endpoint; {leads}"
    if response.status == 400 and (said := next((known for known in PAGES if known in response.content), None)):
        return f"400, should be 200 or 204: {PAGES[said]}"
    if response.status == 200 and "html" in (response.header("Content-Type") or ""):
        return _page(response)
    return None


def _page(response: Response) -> str:
    named = f' (title "{found}")' if (found := title(response.content)) else ""
    return (
        f"{response.status} {response.header('Content-Type')}, should be application/dicom+json: "
        f"this is a web page{named}, not a DICOMweb service; is the path of the URL right?"
    )


def _fault(response: Response, endpoint: Connection) -> str | None:
    """The problem of the response to a search, which should be 204, or 200 with a DICOM JSON list."""
    if shut := _shut(response, endpoint):
        return shut
    if "html" in (response.header("Content-Type") or ""):
        return _page(response)
    if response.status == 204:
        return None
    if response.status >= 500 and response.status != 501:
        return f"{response.status}, should be 200 or 204: the server fails, its log may say why"
    if response.status != 200:
        there = "no DICOMweb service is there; is the path of the URL right?"
        return f'{response.status}, should be 200 or 204: {there} If it has no searches: lacks = ["search"]'
    try:
        dicom_json.matches(response.content)
    except dicom_json.MalformedJson as error:
        return f"200, but its body is not DICOM JSON ({error}): this is not a DICOMweb service"
    return None


def _free(endpoint: Connection, instances: Sequence[Instance]) -> str:
    """Prove that nothing that the run stores under its original UIDs is there already: it would be somebody's. Raises
    Stopped."""
    presence = Presence(endpoint)
    named: dict[str, Callable[[], Look]] = {
        f"the study {instances[0].study_uid}": lambda: presence.study(instances[0].study_uid)
    }
    for item in instances:
        series, own = f"{item.study_path}/series", f"{item.series_path}/instances"
        named[f"the series {item.series_uid}"] = partial(
            _absent, presence, "SeriesInstanceUID", item.series_uid, item.series_path, ("series", series)
        )
        named[f"the instance {item.sop_instance_uid}"] = partial(
            _absent, presence, "SOPInstanceUID", item.sop_instance_uid, item.path, ("instances", own)
        )
    for name, look in named.items():
        seen = look()
        if seen.there:
            raise Stopped(
                f"{name} is already on the server and would be overwritten and deleted: "
                "run without --original-uids, or remove it first"
            )
        if seen.there is None:
            raise Stopped(
                f"{name} is not proven absent, and may be of somebody else ({seen.why}): run without --original-uids"
            )
    return "the study that this run stores is not on the server yet"


def _absent(presence: Presence, keyword: str, uid: str, path: str, searches: Sequence[str]) -> Look:
    """Look for a UID in the whole archive or, if the server has no such search, in the study."""
    looks = (presence.anywhere(search, keyword, uid, path) for search in searches)
    return next((look for look in looks if look.there is not None), Look(None, "no search for it is proven to work"))


def _where(endpoint: Connection, target: str = "studies") -> str:
    """The setting with the root of a request for a target."""
    settings = endpoint.config.settings
    root = endpoint.config.root("GET", target)
    key = next((key for key in ("qido", "wado") if (getattr(settings, key) or "").rstrip("/") == root), "url")
    source = endpoint.config.sources.get(key, "embedded server")
    proxy = f"proxy {settings.proxy}" if settings.proxy else "no proxy is set"
    return f'{key} = "{getattr(settings, key)}", {source}; {proxy}'
