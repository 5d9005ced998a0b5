"""Before the first check: is a DICOMweb service there, and does it let us in? If not, one sentence stops the run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

from conformance.dicomweb import dicom_json, uids
from conformance.dicomweb.messages import Response
from conformance.dicomweb.wording import title
from conformance.harness.data.presence import Look, Presence
from conformance.harness.wire.connection import Connection, Unanswered
from conformance.kit.instances import Instance
from conformance.kit.verdicts import Stopped

# What web servers say in a page of their own.
PAGES = {
    b"plain HTTP request was sent to HTTPS port": "the server speaks TLS there: is it https:// instead of http://?",
    b"speaking plain HTTP to an SSL-enabled": "the server speaks TLS there: is it https:// instead of http://?",
    b"HTTP request to an HTTPS server": "the server speaks TLS there: is it https:// instead of http://?",
    b"No required SSL certificate": "the server wants a client certificate: name it in tls.certificate",
    b"SSL certificate error": "the server does not take the client certificate of tls.certificate",
}


class Step(NamedTuple):
    """One thing that was seen, in a few words, and the answer in which it was."""

    name: str
    seen: str
    response: Response


def preflight(endpoint: Connection, run: str, instances: Sequence[Instance]) -> tuple[list[str], str]:
    """Say what was seen, a line each, and how the server names itself. Raises Stopped. Reads only."""
    taken = list(steps(endpoint, run))
    lines = [step.seen for step in taken]
    if not (endpoint.config.only_reads or instances[0].fresh):
        try:
            lines.append(_free(endpoint, instances))
        except Unanswered as error:
            raise Stopped(f"{error} ({_where(endpoint)})") from error
    return lines, taken[0].response.header("Server") or ""


def steps(endpoint: Connection, run: str) -> Iterator[Step]:
    """What has to be so before a run can begin, one after the other. Raises Stopped. Reads only."""
    try:
        response = _search(endpoint, run)
        also = "; HTTP/2 is offered, the run speaks HTTP/1.1" if endpoint.secured and endpoint.offers_http_2 else ""
        secured = f" ({endpoint.secured.version}{also})" if endpoint.secured else ""
        yield Step("reachable", f"reachable{secured}, a search returns {response.status}", response)
        if endpoint.config.settings.auth is not None:
            anonymous = endpoint.anonymous(response.request.target.lstrip("/"))
            page = ", a web page," if "html" in (anonymous.header("Content-Type") or "") else ""
            both = f"{anonymous.status}{page} without credentials and {response.status} with them"
            yield Step("let in", both, anonymous)
        unknown = endpoint.get("no-such-resource")
        if unknown.status == 200 and not (unknown.body or response.body):
            raise Stopped(
                "a search and a path that names no resource are both 200 with an empty body, should be a list in DICOM "
                f"JSON and 404: this is not a DICOMweb service ({_where(endpoint)})",
                unknown,
            )
        yield Step("control", f"an unknown path returns {unknown.status}", unknown)
        absent = endpoint.get(f"studies/{uids.derived(run, 'nobody has this study')}/metadata")
        yield Step("control", f"the metadata of a random UID return {absent.status}", absent)
    except Unanswered as error:
        raise Stopped(f"{error} ({_where(endpoint)})") from error


def _search(endpoint: Connection, run: str) -> Response:
    """The answer to a search. Raises Stopped where it is none of a DICOMweb service.

    A Patient ID goes along because a server may refuse to search through everybody (PS3.2 K.4.2); one that answers so
    only where nothing matches is a DICOMweb service with a fault, and its checks shall say so.
    """
    narrow = endpoint.get("studies", params={"PatientID": f"DWC-preflight-{run}", "limit": "1"})
    if (fault := _fault(narrow, endpoint)) and _fault(endpoint.get("studies", params={"limit": "1"}), endpoint):
        raise Stopped(f"{narrow.request.method} {narrow.request.target} is {fault} ({_where(endpoint)})", narrow)
    return narrow


def _fault(response: Response, endpoint: Connection) -> str | None:
    """What is wrong with the answer to a search, which should be 204, or 200 with a DICOM JSON list."""
    if response.status in (401, 403):
        asked = response.header("WWW-Authenticate")
        sent = "with the credentials given" if endpoint.config.settings.auth else "and no credentials are configured"
        asks = f'; it asks for {asked}, see "auth" in endpoints.toml' if asked else ""
        return f"{response.status} {sent}, should be 200{asks}"
    if response.status in range(300, 400) and (location := response.header("Location")):
        leads = "name the URL that it leads to, or, if it is a page to sign in, credentials that the server takes"
        return f"{response.status} to {location}, should be 200 or 204: it is not followed out of the endpoint; {leads}"
    if response.status == 400 and (said := next((known for known in PAGES if known in response.content), None)):
        return f"400, should be 200 or 204: {PAGES[said]}"
    if "html" in (response.header("Content-Type") or ""):
        named = f' (title "{found}")' if (found := title(response.content)) else ""
        return (
            f"{response.status} {response.header('Content-Type')}, should be application/dicom+json: "
            f"this is a web page{named}, not a DICOMweb service; is the path of the URL right?"
        )
    if response.status == 204:
        return None
    if response.status >= 500:
        return f"{response.status}, should be 200 or 204: the server fails, its log may say why"
    if response.status != 200:
        there = "no DICOMweb service is there; is the path of the URL right?"
        return f"{response.status}, should be 200 or 204: {there}"
    try:
        dicom_json.matches(response.content)
    except dicom_json.MalformedJson as error:
        return f"200, but its body is not DICOM JSON ({error}): this is no DICOMweb service"
    return None


def _free(endpoint: Connection, instances: Sequence[Instance]) -> str:
    """Nothing that the run is about to store as it is may be there already: it would be somebody's. Raises Stopped."""
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
                f"{name} is not proven absent, and may be somebody's ({seen.why}): run without --original-uids"
            )
    return "the study that this run stores is not there yet"


def _absent(presence: Presence, keyword: str, uid: str, path: str, searches: Sequence[str]) -> Look:
    """Look for a UID in the whole archive, or where the server has no such search, in the study."""
    looks = (presence.anywhere(search, keyword, uid, path) for search in searches)
    return next((look for look in looks if look.there is not None), Look(None, "no search for it is proven to work"))


def _where(endpoint: Connection) -> str:
    settings = endpoint.config.settings
    source = endpoint.config.sources.get("url", "embedded server")
    return f'url = "{settings.url}", {source}; {f"proxy {settings.proxy}" if settings.proxy else "no proxy is set"}'
