"""A server is judged by what it claims: one of the three transactions will do (PS3.18 10.2, Table 10.6.1-1)."""

from __future__ import annotations

import json
from contextlib import nullcontext
from types import SimpleNamespace

import httpx
import pytest

from conformance.dicomweb.messages import Request, Response
from conformance.harness.data.population import Population
from conformance.harness.data.presence import Presence
from conformance.harness.endpoint.configuration import resolve
from conformance.harness.endpoint.endpoints import Endpoint, Settings
from conformance.harness.endpoint.tables import ConfigurationError
from conformance.harness.run.options import PACKAGE, SAMPLES
from conformance.harness.run.run import Run
from conformance.harness.wire.evidence import Recorder
from conformance.kit import probes, stow
from conformance.kit.claims import deletable, needed, unclaimed
from conformance.kit.instances import read_samples, undescribed
from conformance.kit.kinds import KINDS, Label
from conformance.kit.probes import Probe
from conformance.kit.verdicts import Missing, Refused
from conformance.reference.server import Server
from conformance.reference.variants import VARIANTS, Variant
from conformance.reference.variants.claims import Partial
from conformance.requirements import claims

FULL = claims("dicomweb", (), ())


class ReadOnly(Partial):
    """Has only what `parts` name: searches, or paths that end with one of them."""

    parts: tuple[str, ...] = ()

    def has(self, path, method):
        searched = path.rpartition("/")[2] in ("studies", "series", "instances")
        part = (
            "search" if searched else next((name for name in ("metadata", "frames") if f"/{name}" in path), "retrieve")
        )
        return method == "GET" and part in self.parts and "rendered" not in path and "thumbnail" not in path


@pytest.fixture
def partial(monkeypatch, reference):
    """`partial("search", "metadata")`: the URL of a server that has only these, and the UID of a study there."""

    def start(*parts):
        name = f"only-{'-'.join(parts)}"
        origin = type("Only", (ReadOnly,), {"parts": parts})
        monkeypatch.setitem(VARIANTS, name, Variant(name, (), "", origin))
        server = Server()
        servers.append(server)
        server.__enter__()
        body = stow.multipart(read_samples(SAMPLES).relabelled(name, "HELD-").all)
        httpx.post(f"{server.url}/studies", content=body.content, headers={"Content-Type": body.content_type})
        return server.variant_url(name), read_samples(SAMPLES).relabelled(name, "HELD-").red.study_uid

    servers: list[Server] = []
    yield start
    for server in servers:
        server.__exit__(None, None, None)


def rooms(*names):
    """The folders of rooms, which select their checks."""
    return [PACKAGE / name for name in names]


@pytest.mark.parametrize(
    ("target", "feature"),
    [
        ("studies?PatientID=1", "search"),
        ("/studies/1/series", "search"),
        ("studies/1/series/2/instances?limit=1", "search"),
        ("series", "relational-search"),
        ("studies/1/instances", "relational-search"),
        ("studies/1", "retrieve"),
        ("studies/1/series/2/instances/3/bulkdata/7FE00010", "retrieve"),
        ("studies/1/metadata", "metadata"),
        ("studies/1/series/2/instances/3/frames/1,2", "frames"),
        ("studies/1/series/2/instances/3/frames/1/rendered", "rendered"),
        ("studies/1/rendered", "rendered-series"),
        ("studies/1/series/2/thumbnail", "thumbnails"),
        ("no-such-resource", None),
    ],
)
def test_a_request_needs_the_feature_of_its_resource(target, feature):
    assert needed("GET", target) == feature
    assert needed("POST", target) == ("store" if target == "studies/1" or target.startswith("studies?") else None)


def test_what_is_claimed_goes_with_its_transaction_unless_it_is_named():
    assert not claims("dicomweb", (), ["retrieve"]) & {"retrieve", "metadata", "frames", "rendered", "rendered-series"}
    assert "metadata" in claims("dicomweb", ["metadata"], ["retrieve"])
    assert not claims("dicomweb", (), ["search"]) & {"search", "relational-search"}
    assert unclaimed("GET", "studies/1/metadata", FULL - {"metadata"}) is None, "its own checks say whether it is there"


@pytest.mark.parametrize(
    ("lacks", "sentence"),
    [
        (["store", "retrieve", "search"], "nothing is claimed of store, retrieve and search"),
        (["store"], 'lacks = ["store"] needs a study that is on the server'),
    ],
)
def test_claims_that_cannot_be_judged_are_one_sentence(tmp_path, lacks, sentence):
    with pytest.raises(ConfigurationError) as refusal:
        resolve("http://archive.example", tmp_path / "endpoints.toml", lacks=lacks)

    assert sentence in str(refusal.value)


@pytest.mark.parametrize(
    ("variant", "words", "paths"),
    [
        (
            "store-only",
            ("store",),
            ("-k", "test_response_status or test_wire_forms or test_sample_study or test_status"),
        ),
        ("no-search", ("store", "retrieve"), ("-k", "test_sample_study or test_targets or test_query_parameters")),
        ("no-retrieve", ("store", "search"), ("-k", "test_sample_study or test_targets or test_resources")),
    ],
)
def test_server_of_some_transactions_is_judged_by_them(command, reference, variant, words, paths):
    lacks = [word for name in VARIANTS[variant].lacks for word in ("--lacks", name)]

    run = command("run", reference.variant_url(variant), *lacks, *paths)

    assert {"fail", "blocked", "error", "warn"} & {check.verdict for check in run.results.checks} == set()
    assert f"the server claims {' and '.join(words)} only" in run.results.sentence
    passed = {check.transaction for check in run.results.checks if check.verdict == "pass"}
    assert set(words) <= passed
    assert passed & {"store", "retrieve", "search"} <= set(words)
    assert {item.study for item in run.results.leftovers} == set(run.results.stored), "nothing is proven gone"


def test_proxy_without_relational_searches_is_judged_by_the_others(command, reference):
    some = "test_sample_study or test_resources or test_matching or test_targets or test_drawn_queries"

    run = command("run", reference.variant_url("no-relational-search"), "--lacks", "relational-search", "-k", some)

    wrong = [check.summary for check in run.results.checks if check.verdict in ("fail", "blocked", "error", "warn")]
    assert wrong == []
    assert "relational search" in run.results.sentence
    assert {"seed-search-studies", "search-resp-002", "stow-req-005.alone"} <= set(run.verdicts("pass"))


def test_searches_and_metadata_alone_are_judged_over_a_study_that_is_there(command, partial):
    url, study = partial("search", "metadata")
    words = ["--lacks", "store", "--lacks", "retrieve", "--supports", "metadata", "--study", study]

    run = command("run", url, *words, *rooms("scenario", "query", "model"))

    wrong = [check.summary for check in run.results.checks if check.verdict in ("fail", "blocked", "error")]
    assert wrong == []
    assert run.code == 0
    assert "read from metadata and searches" in " ".join(run.output.split())
    assert "the server claims search and metadata only" in run.results.sentence
    assert len(run.verdicts("pass")) > 200
    assert run.results.traffic.sent == 0


def test_retrieve_alone_is_judged_over_a_study_that_is_there(command, partial):
    url, study = partial("retrieve", "metadata", "frames")
    words = ["--lacks", "store", "--lacks", "search", "--lacks", "rendered", "--lacks", "rendered-series"]

    run = command("run", url, *words, "--study", study, *rooms("scenario", "retrieve", "common"))

    wrong = [check.summary for check in run.results.checks if check.verdict in ("fail", "blocked", "error")]
    assert wrong == []
    assert run.code == 0
    assert len(run.verdicts("pass")) > 200


def test_instance_of_which_only_metadata_are_known_has_no_pixels_to_compare_with():
    described = {
        "00080018": {"vr": "UI", "Value": ["1.2.3"]},
        "00100010": {"vr": "PN", "Value": [{"Alphabetic": "Doe^Jane"}]},
        "00280100": {"vr": "US", "Value": [8]},
        "00080060": {"vr": "CS", "Value": {"is": "no list"}},
        "7FE00010": {"vr": "OW", "BulkDataURI": "../bulkdata"},
    }

    instance = undescribed(json.loads(json.dumps(described)))

    assert (instance.sop_instance_uid, str(instance.dataset.PatientName)) == ("1.2.3", "Doe^Jane")
    assert instance.is_one_frame and not instance.is_one_native_frame


class Fake:
    """A connection whose GETs are answered by `answer(target, accept)`."""

    def __init__(self, answer, claims=FULL):
        self.answer, self.claims = answer, claims
        self.config = Endpoint("fake", Settings(url="http://archive.example"), claims)

    def get(self, target, *, accept="application/dicom+json", params=None):
        status, kind, content = self.answer(target, accept)
        return Response(status, "", (("Content-Type", kind),), content, Request("GET", target, f"/{target}", ()))

    def abandon(self, target, *, accept):
        return self.get(target, accept=accept)


@pytest.mark.parametrize(
    ("lacks", "there"),
    [
        ([], False),
        (["search"], None),
        (["retrieve"], None),
        (["retrieve", "search"], None),
    ],
)
def test_gone_is_what_two_ways_prove(lacks, there):
    def absent(target, accept):
        return (200, "application/dicom+json", b"[]") if target == "studies" else (404, "text/plain", b"")

    presence = Presence(Fake(absent, claims("dicomweb", (), lacks)))

    assert presence.study("2.25.1").there is there
    presence.removed("2.25.1")
    assert presence.study("2.25.1").there is (None if lacks == ["retrieve", "search"] else False)


def probed(name, answer):
    copies = read_samples(SAMPLES)
    return probes.PROBES[name](Probe(Fake(answer), copies, lambda kind: copies.all)).present


@pytest.mark.parametrize(
    ("name", "kind", "present"),
    [
        ("xml", "application/dicom+json", False),
        ("xml", 'multipart/related; type="application/dicom+xml"; boundary=b', True),
        ("thumbnails", "text/html", False),
        ("thumbnails", "image/png", True),
        ("rendered-series", "text/html", False),
        ("metadata", "application/dicom+json", True),
        ("metadata", "text/html", False),
        ("retrieve", 'multipart/related; type="application/dicom"; boundary=b', True),
        ("retrieve", "application/dicom+json", False),
    ],
)
def test_a_feature_is_there_in_the_type_that_was_asked_for(name, kind, present):
    assert probed(name, lambda target, accept: (404 if "no-such" in target else 200, kind, b"...")) is present


@pytest.mark.parametrize("name", ["xml", "metadata", "retrieve", "thumbnails", "rendered", "rendered-series", "frames"])
def test_nothing_is_there_where_everything_is_200(name):
    assert not probed(name, lambda target, accept: (200, accept if "*" not in accept else "image/png", b"..."))


@pytest.mark.parametrize("name", ["search", "relational-search"])
@pytest.mark.parametrize(
    ("answer", "present"),
    [
        ((204, "", b""), True),
        ((200, "application/dicom+json", b"[]"), True),
        ((200, "text/html", b"<html>"), False),
        ((404, "text/plain", b""), False),
    ],
)
def test_searches_are_there_where_they_return_a_list(name, answer, present):
    assert probed(name, lambda target, accept: answer) is present


def test_obligation_of_which_everything_is_refused_is_not_judged():
    def check(id, requirement, verdict, tier="core"):
        return SimpleNamespace(id=id, requirement=requirement, verdict=verdict, tier=tier)

    run = SimpleNamespace(
        refused={"a.video": "Video", "b.video": "Video", "d.video": "Video"},
        checks=[
            *(check("a.video", "A", "not supported"), check("a.sample", "A", "pass")),
            *(check("b.video", "B", "not supported"), check("b.sample", "B", "observed")),
            *(check("c.sample", "C", "not supported"), check("d.video", "D", "not supported", "extended")),
        ],
    )

    assert Run._not_judged(run) == {"B": "Video"}


def test_kind_that_is_refused_says_so_and_nothing_else_is_blocked(tmp_path):
    class Refusing(Fake):
        def post(self, target, body):
            status = 200 if body.instances[0] in samples.all else 409
            return Response(status, "", (), b"", Request("POST", target, "/studies", ()))

    samples = read_samples(SAMPLES)
    connection = Refusing(
        lambda target, accept: (404, "text/plain", b""), claims("dicomweb", (), ["retrieve", "search"])
    )
    population = Population(connection, Recorder(tmp_path, connection.config), samples, Label("run", "DWC-"))

    assert population("sample") == samples.all, "where nothing that is claimed could read it back, it is believed"
    with pytest.raises(Refused) as refusal:
        population("ct-16")
    assert refusal.value.what == KINDS["ct-16"].title


@pytest.mark.parametrize(
    ("path", "status", "is_said"), [("/series/2", 405, True), ("/series/2", 409, False), ("", 405, False)]
)
def test_server_may_delete_studies_alone(path, status, is_said):
    target = f"studies/1{path}"
    response = Response(status, "", (), b"", Request("DELETE", f"http://pacs/{target}", target, ()))

    deletable(response, frozenset())
    with pytest.raises(Missing, match="only studies can be deleted") if is_said else nullcontext():
        deletable(response, frozenset({"delete"}))
