"""An endpoint as a check uses it: `endpoint.get("studies", ...)` sends one request and returns the response."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from urllib.parse import quote, urlencode, urljoin, urlsplit

import conformance
from conformance.dicomweb import uris
from conformance.dicomweb.messages import Fields, Request, Response, header
from conformance.harness.endpoint.endpoints import Endpoint
from conformance.harness.wire import parallel
from conformance.harness.wire.ask import SAFE, Ask
from conformance.harness.wire.client import Answer, Client, Secured, TransportError
from conformance.harness.wire.credentials import Credentials, request_headers
from conformance.harness.wire.door import Door
from conformance.harness.wire.evidence import Recorder
from conformance.harness.wire.fetched import Fetched
from conformance.harness.wire.ledger import Ledger, entry_of, outcomes_of
from conformance.harness.wire.nodes import Nodes
from conformance.harness.wire.outcome import outcome_of
from conformance.harness.wire.patience import BUDGET, Patience
from conformance.harness.wire.visibility import Visibility
from conformance.kit.accept import AS_STORED, DICOM_JSON
from conformance.kit.claims import deletable, instance_search, unclaimed
from conformance.kit.instances import Instance
from conformance.kit.stow import STORED, Body
from conformance.kit.verdicts import Blocked, NothingStored, Unanswered, Unclaimed, Undecoded

CHECK_FIELD = "X-Conformance-Check"
USER_AGENT = f"dicomweb-conformance/{conformance.__version__}"
LEADS_NOWHERE = (301, 302, 303, 307, 308, 404, 410)
WRITES = {"POST": "stored", "DELETE": "deleted"}


class Connection:
    """Sends requests to the endpoint, writes the ledger before a store, and records every exchange.

    Every request raises Blocked once `patience` is over. It has a `budget` (seconds) for the checks and the cleanup.
    """

    def __init__(
        self, endpoint: Endpoint, client: Client, recorder: Recorder, ledger: Ledger, budget: float = BUDGET
    ) -> None:
        self.config = endpoint
        self.claims = endpoint.claims
        self.patience = Patience(endpoint.settings.deadline, budget)
        self.visibility = Visibility(endpoint.settings.visibility_delay)
        self._client = client
        self._client.left = self.patience.left
        self._credentials = Credentials(endpoint, client)
        self._door = Door(endpoint, self._credentials, self.patience, recorder, self._exchange)
        self._nodes = Nodes(self._door.ask, ledger.holds, self.visibility)
        self._extra = request_headers(endpoint)
        self._recorder = recorder
        self._ledger = ledger
        self._fetched = Fetched()
        self._judges = False

    def of_checks(self) -> Connection:
        """The same connection for checks: a request for an unclaimed feature raises Unclaimed."""
        own = copy.copy(self)
        own._judges = True
        return own

    @property
    def ledger(self) -> Ledger:
        """The ledger, for what is stored without being read as instances."""
        return self._ledger

    @property
    def secured(self) -> Secured | None:
        """The TLS connection to the endpoint; None without TLS."""
        return self._client.secured

    @property
    def offers_http_2(self) -> bool:
        """True if the server would speak HTTP/2; the run speaks HTTP/1.1."""
        return self._client.offers_http_2()

    def renew(self) -> None:
        """Forget a renewable token, so that the next request asks for another."""
        self._credentials.renew()

    def alone(self) -> None:
        """Use a new connection for each request from now on, so that it can receive no other response."""
        self._client.alone()

    def get(
        self,
        target: str,
        *,
        accept: str | None = DICOM_JSON,
        params: Mapping[str, str] | None = None,
        headers: Fields = (),
    ) -> Response:
        """GET a resource below the endpoint's root. A percent-encoded target is sent as written. Raises Unanswered.

        `accept=None` sends no Accept field; `headers` are further fields, Accept-Encoding there replaces "identity".
        """
        query = "?" + urlencode(params, quote_via=quote, safe="*,") if params else ""
        return self.send("GET", target + query, accept=accept, headers=headers)

    def fetch(
        self,
        target: str,
        *,
        accept: str | None = DICOM_JSON,
        params: Mapping[str, str] | None = None,
        headers: Fields = (),
    ) -> Response:
        """Like `get`, cached for the run as far as memory allows. Not for resources that a check changes."""
        key = (target, accept, tuple((params or {}).items()), headers)
        if kept := self._fetched.get(key):
            response, exchanges = kept
            self._recorder.cite(self._recorder.check, exchanges)
            return response
        before = len(self._recorder.exchanges.get(self._recorder.check, []))
        response = self.get(target, accept=accept, params=params, headers=headers)
        self._fetched.keep(key, response, self._recorder.exchanges[self._recorder.check][before:])
        return response

    def together(self, targets: Sequence[str], *, accept: str | None) -> list[Response]:
        """GET several resources at the same time, each over a connection of its own. Raises Unanswered."""
        return self._at_once([Ask("GET", target, accept) for target in targets])

    def post_together(
        self, bodies: Sequence[Body], *, beside: Sequence[str] = (), times: int = 1
    ) -> tuple[list[Response], list[Response]]:
        """Like `post`, but several bodies, and GET of the targets `beside` them, so many `times` one after another, at
        the same time; the responses of each."""
        stores = [Ask("POST", "studies", body=body) for body in bodies]
        answers = self._at_once([*stores, *(Ask("GET", target) for target in beside)], times)
        return answers[: len(bodies)], answers[len(bodies) :]

    def _at_once(self, asks: Sequence[Ask], times: int = 1) -> list[Response]:
        """Send requests at the same time, a GET so many `times`; return their responses. Raises Unanswered."""
        own = [[ask] * (times if ask.method == "GET" else 1) for ask in asks]
        outcomes = [outcome for found in self.clients(own) for outcome in found]
        for lost in (outcome for outcome in outcomes if isinstance(outcome, Unanswered)):
            raise lost
        return [outcome for outcome in outcomes if isinstance(outcome, Response)]

    def clients(self, sequences: Sequence[Sequence[Ask]]) -> list[list[Response | Unanswered]]:
        """The results of the requests of simultaneous clients, each of which sends its requests one after another.

        A client without a response sends nothing more. Exchanges are recorded in the order of the clients. Raises
        Blocked. Requests with a 401 are sent again with a renewed token; redirects are followed at the end.
        """
        outcomes = self._clients(sequences)
        refused = {
            client: [number for number, outcome in enumerate(own) if _is_refused(outcome)]
            for client, own in enumerate(outcomes)
            if any(map(_is_refused, own))
        }
        if refused and self._credentials.renewable:
            self._credentials.renew()
            again = self._clients([[sequences[client][number] for number in own] for client, own in refused.items()])
            for (client, own), found in zip(refused.items(), again, strict=True):
                for number, outcome in zip(own, found, strict=False):
                    outcomes[client][number] = outcome
        return [
            [
                self._door.redirected(ask, outcome) if isinstance(outcome, Response) else outcome
                for ask, outcome in zip(asks, own, strict=False)
            ]
            for asks, own in zip(sequences, outcomes, strict=True)
        ]

    def _clients(self, sequences: Sequence[Sequence[Ask]]) -> list[list[Response | Unanswered]]:
        for ask in (ask for asks in sequences for ask in asks):
            self._claimed(ask)
            self._writable(ask.method)
        self._announce([ask.body for asks in sequences for ask in asks if ask.body])
        prepared = [[(ask, self._request(ask)) for ask in asks] for asks in sequences]
        with self._client.shared(sum(map(len, prepared))):
            answered = parallel.answers([[partial(self._send, *each) for each in own] for own in prepared])
        outcomes, waited = [], []
        for own, answers in zip(prepared, answered, strict=True):
            outcomes.append([self._outcome(*asked, answer) for asked, answer in zip(own, answers, strict=False)])
            if isinstance(outcomes[-1][-1], Unanswered) and not isinstance(outcomes[-1][-1], Undecoded):
                waited.append((answers[-1].seconds, str(outcomes[-1][-1])))
        if waited:
            self.patience.lost(*max(waited))  # not their sum: they waited at the same time
        for own, found in zip(prepared, outcomes, strict=True):
            for (ask, _), outcome in zip(own, found, strict=False):
                if ask.body and isinstance(outcome, Response):
                    self._stored(ask.body, outcome)
        return outcomes

    def abandon(self, target: str, *, accept: str | None) -> Response:
        """GET a resource and hang up after the first bytes of its body; the response has only these."""
        return self.ask(Ask("GET", target, accept, whole=False))

    def follow(self, uri: str, within: Response, *, accept: str | None, headers: Fields = ()) -> Response:
        """GET a URI from a response, absolute or relative to that response (RFC 3986 5). Raises Unanswered, Blocked.

        The request never leaves the endpoint: a URI of another origin, as servers behind a proxy return them, is
        requested below the endpoint's root by its path from studies/ on, and the target of the request says so. A URI
        of the same origin that leads nowhere, for example because a proxy has another prefix, is then requested there
        too.
        """
        if len(uri) > uris.LONGEST:
            raise Blocked(f"a URI of {len(uri):,} characters is too long to be followed", by="the URI")
        try:
            url = urljoin(within.request.url, uri)
            target = urlsplit(url)._replace(scheme="", netloc="").geturl().lstrip("/")
            url.encode()  # half a surrogate pair
        except ValueError:
            raise Blocked(f"{uri} is not a URI that can be followed", by="the URI") from None
        at = target.find("studies/")
        root = urlsplit(self.config.root("GET", "studies/"))
        mended = f"{root.geturl()}/{target[at:]}"
        if urlsplit(url)[:2] == root[:2]:
            note = target if at < 0 else target[at:]
            if not self.config.holds(url):
                note = f"/{note} (there at {urlsplit(url).path}, which is not below {root.path or '/'})"
            response = self.ask(Ask("GET", note, accept, headers=headers, url=url))
            if at < 0 or response.status not in LEADS_NOWHERE or self.config.holds(url):
                return response
        elif at < 0:
            raise Blocked(f"{uri} is on another server, to which the suite sends nothing", by="the URI")
        note = f"/{target[at:]} (there instead of {uri})"
        return self.ask(Ask("GET", note, accept, headers=headers, url=mended))

    def post(self, target: str, body: Body, *, accept: str | None = DICOM_JSON, headers: Fields = ()) -> Response:
        """Store. The instances of the body are in the ledger before the first byte is sent. Raises Unanswered."""
        response = self.send("POST", target, accept=accept, body=body, headers=headers)
        self._stored(body, response)
        return response

    def _announce(self, bodies: Sequence[Body]) -> None:
        """Write the instances that bodies may store into the ledger, each time that they are sent. Raises Blocked if
        none may be."""
        if bodies:
            self._recorder.foreign.sent(item for body in bodies for item in body.instances)
            self._ledger.will_store(entry_of(item) for body in bodies for item in body.instances)

    def _stored(self, body: Body, response: Response) -> None:
        """Note the outcome for the instances of a body, and wait until searches show the stored ones."""
        self._ledger.answered(zip(map(entry_of, body.instances), outcomes_of(body.instances, response), strict=True))
        if response.status in STORED:
            for item in body.instances:
                self.await_instance(item, True)
            reads = [Ask("HEAD", item.path, AS_STORED) for item in body.instances if "retrieve" in self.claims]
            with self._recorder.of("visibility"):
                self._nodes.accepted(response, reads)

    def delete(self, target: str, *, removing: Sequence[Instance] = (), accept: str | None = None) -> Response:
        """DELETE a resource; `removing` are the instances whose disappearance from searches is waited for."""
        response = self.send("DELETE", target, accept=accept)
        deletable(response, self.claims if self._judges else frozenset())
        self._removed(target, removing, response)
        return response

    def delete_together(
        self, removing: Mapping[str, Sequence[Instance]], *, beside: Sequence[str] = (), bodies: Sequence[Body] = ()
    ) -> list[Response]:
        """Like `post_together`, but first DELETE of resources, each of some instances, then GET and POST."""
        asks = [Ask("DELETE", target, None) for target in removing] + [Ask("GET", target) for target in beside]
        answers = self._at_once(asks + [Ask("POST", "studies", body=body) for body in bodies])
        for (target, items), response in zip(removing.items(), answers, strict=False):
            self._removed(target, items, response)
        return answers

    def _removed(self, target: str, removing: Sequence[Instance], response: Response) -> None:
        """Note the outcome of a DELETE, and wait until searches no longer show what it removed."""
        if response.status in (200, 202, 204):
            self._ledger.removed(target)
            for item in removing:
                self.await_instance(item, False)

    def await_instance(self, item: Instance, present: bool) -> None:
        """Wait like `await_search` for an instance, by a search that the endpoint claims."""
        self.await_search(instance_search(item, self.claims), "SOPInstanceUID", item.sop_instance_uid, present)

    def await_search(self, target: str, key: str, uid: str, present: bool) -> None:
        """Wait until a search shows what was stored or no longer shows what was deleted, as long as that may take."""

        def shows() -> bool | None:
            try:
                response = self.get(target, params={key: uid})
            except (Unanswered, Blocked):  # a store or a delete has its own response: searches have their checks
                return None
            known = response.status in (200, 204)
            return uid.encode() in response.content if known else None

        if "search" in self.claims:
            with self._recorder.of("visibility"):
                self.visibility.wait(present, shows)

    def send(
        self, method: str, target: str, *, accept: str | None, body: Body | None = None, headers: Fields = ()
    ) -> Response:
        """One request below the endpoint's root. Raises Unanswered."""
        return self.ask(Ask(method, target, accept, body, headers))

    def _writable(self, method: str) -> None:
        """Raises NothingStored for a method that is not safe (RFC 9110 9.2.1) on an endpoint that is only read."""
        if method not in SAFE and (by := self.config.only_reads):
            raise NothingStored(f"nothing is {WRITES.get(method, 'changed')} under {by}")

    def anonymous(
        self, target: str, *, method: str = "GET", accept: str | None = DICOM_JSON, headers: Fields = ()
    ) -> Response:
        """A request without credentials and configured fields, as of a stranger or a preflight. Raises Unanswered."""
        return self.ask(Ask(method, target, accept, headers=headers, anonymous=True))

    def absolute(self, method: str, url: str, body: Body | None = None, removing: str = "") -> Response:
        """A request to a URL of the server's own API; `removing` is the study that it removes. Raises Unanswered."""
        response = self.ask(Ask(method, url, None, body, url=url))
        if removing:
            self._removed(f"studies/{removing}", (), response)
        return response

    def ask(self, ask: Ask) -> Response:
        """The response to a request, through anything in front of the server. Raises Unanswered."""
        self._claimed(ask)
        return self._nodes.agreed(ask, self._door.ask(ask))

    def _claimed(self, ask: Ask) -> None:
        """Raises Unclaimed for a check's request for an unclaimed feature."""
        if self._judges:
            target = ask.target if ask.url is None else ask.url.removeprefix(self.config.root("GET", "studies/"))
            if feature := unclaimed(ask.method, target, self.claims):
                raise Unclaimed(f"{feature} is not claimed")

    def _exchange(self, ask: Ask) -> Response:
        """Send a request and record the exchange; its response. Raises Unanswered."""
        self._writable(ask.method)
        request = self._request(ask)
        self._announce([ask.body] if ask.body else [])
        answer = self._send(ask, request)
        found = self._outcome(ask, request, answer)
        if isinstance(found, Unanswered):
            if not isinstance(found, Undecoded):
                self.patience.lost(answer.seconds, str(found))
            raise found
        return found

    def _request(self, ask: Ask) -> Request:
        url = ask.url or f"{self.config.root(ask.method, ask.target)}/{ask.target}"
        return Request(ask.method, url, ask.shown, self._headers(ask, url))

    def _outcome(self, ask: Ask, request: Request, answer: Answer) -> Response | Unanswered:
        """Record an exchange; its response, or Unanswered if there is none."""
        content = ask.body.content if ask.body else b""
        foreign = ask.body is not None and any(item.foreign for item in ask.body.instances)
        self._recorder.record(request.method, request.url, request.headers, content, answer, foreign)
        if answer.repeated and ask.body:
            with suppress(Blocked):  # of a ledger that is broken: then nothing more is stored anyway
                self._ledger.will_store(entry_of(item) for item in ask.body.instances)
        return outcome_of(answer, request)

    def _headers(self, ask: Ask, url: str) -> Fields:
        """The fields in the order in which curl sends them, so that a replay is the same byte for byte.

        Raises Blocked if nothing is sent any more, Unanswered if there is no token.
        """
        self.patience.ask()
        headers = [("Host", urlsplit(url).netloc), ("User-Agent", USER_AGENT)]
        if ask.accept is not None:
            headers.append(("Accept", ask.accept))
        headers += [] if header(ask.headers, "Accept-Encoding") else [("Accept-Encoding", "identity")]
        headers += [*ask.headers, (CHECK_FIELD, self._recorder.check)]
        headers += [] if ask.anonymous else self._extra
        if not ask.anonymous and (value := self._authorization()):
            self._recorder.hide(value)
            self._recorder.hide(value.partition(" ")[2])
            headers.append(("Authorization", value))
        if body := ask.body:
            headers += [("Content-Type", body.content_type)] if body.content_type else []
            length = str(len(body.content))
            headers.append(("Transfer-Encoding", "chunked") if body.chunked else ("Content-Length", length))
        elif ask.method in ("POST", "PUT"):
            headers.append(("Content-Length", "0"))
        return tuple(headers)

    def _authorization(self) -> str | None:
        try:
            return self._credentials.authorization()
        except TransportError as error:
            raise Unanswered(str(error)) from error

    def _send(self, ask: Ask, request: Request) -> Answer:
        if not ask.whole:
            return self._client.abandon(request.url, request.headers)
        body = ask.body
        content = body.chunks() if body and body.chunked else body.content if body else None
        return self._client.send(request.method, request.url, request.headers, content)


def _is_refused(outcome: Response | Unanswered) -> bool:
    return isinstance(outcome, Response) and outcome.status == 401


__all__ = ["Answer", "Ask", "Connection", "Unanswered"]
