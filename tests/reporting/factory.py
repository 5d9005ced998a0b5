"""Results as a run leaves them, built by hand: the walk over the sample study, with whatever went wrong in it."""

from hashlib import sha256

from msgspec.structs import replace

from conformance import requirements as catalogue
from conformance.reporting.needs import summed
from conformance.reporting.record import (
    SCHEMA,
    VERDICTS,
    Baseline,
    Beside,
    Body,
    Check,
    Deviation,
    Endpoint,
    Exchange,
    Footer,
    KnownDeviation,
    Leftover,
    Qualified,
    Requirement,
    Results,
    Setting,
    Suite,
    Tested,
    Traffic,
)
from conformance.reporting.sentences import Claims, verdict

URL = "http://127.0.0.1:8042/dicom-web"
STUDY = "2.25.81705874942333230036623644232708652199"
SHA = sha256(b"results.json").hexdigest()
QUALIFIED = Qualified(version="0.1.0", sha256=SHA, faults=3, caught=2, requirements=5, proven=4, servers=7, conform=6)
TESTED = Tested(
    product="ExampleArchive",
    version="4.2",
    vendor="Example Inc.",
    serial="4711",
    site="Central site",
    ticket="PACS-1",
)
NOT_CLAIMED = ["DELETE", "store of a single part"]
HOSTILE = (
    "<script>document.title='owned'</script> <img src=x onerror=\"document.title='owned'\"> "
    "]]> --> </style> </pre> ' onclick=x \" {{ 7 * 7 }} \x00 \x1b[2J\x1b]0;owned\x07 \x9b31m \u202egnp.exe \u2066"
)
LEVELS = {"search": "studies?StudyInstanceUID=" + STUDY, "retrieve": f"studies/{STUDY}", "store": "studies"}

WALK = [entry for entry in catalogue.requirements().values() if entry.id.startswith("SEED-")]


def conforming():
    """Everything that is claimed is met; DELETE and the store of a single part are not claimed."""
    return run([_check(requirement) for requirement in WALK])


def deviating():
    """A run with every verdict in it, and a study that could not be removed."""
    changes = {
        "SEED-SEARCH-STUDIES": _judged("fail", "2 matches", "1 match, the study asked for"),
        "SEED-RETRIEVE-FRAME": _judged("fail", "2,892,946 bytes of pixel data", "2,892,945 bytes, those stored"),
        "SEED-WIRE-SEVERAL": _unjudged("blocked", "no instance could be stored", "seed-store-series"),
        "SEED-RETRIEVE-SERIES": _unjudged("blocked", "the series is not there to be retrieved", "seed-store-series"),
        "SEED-STORE-SERIES": _unjudged("error", "no answer came: the connection was reset"),
        "SEED-RETRIEVE-BOUNDARY": _judged("known", "a boundary that occurs in part 2", "one that occurs nowhere")
        | {"reason": "the vendor mends it with release 5"},
        "SEED-WIRE-CHUNKED": _unjudged("stale", "the check passes, but the baseline lists it as a deviation"),
        "SEED-WIRE-TYPE-UNQUOTED": _judged("warn", "status 400", "status 200"),
        "SEED-WIRE-SINGLE-PART": _unjudged("observed", "status is 200: the endpoint could claim this"),
    }
    checks = [_check(requirement) for requirement in WALK]
    checks = [replace(check, **changes.get(check.requirement, {})) for check in checks]
    checks = [_unanswered(check) if check.verdict == "error" else check for check in checks]
    return run(checks, leftovers=[Leftover(study=STUDY, why="DELETE was answered 405")])


def viewed():
    """A run that conforms, and does not meet all needs of viewers."""
    names = ("VIEWER-FRAME-QUOTED", "VIEWER-FRAME-BARE", "VIEWER-SEARCH-LIST", "VIEWER-JSON-UNASKED")
    entries = [catalogue.requirements()[name] for name in names]
    changes = {
        "VIEWER-FRAME-QUOTED": _judged("warn", "406", "200"),
        "VIEWER-SEARCH-LIST": _unjudged("blocked", "the study is not there", "seed-store-studies"),
        "VIEWER-JSON-UNASKED": _unjudged("observed", "a search without Accept returns 200"),
    }
    checks = [replace(_check(entry), beside="viewers", **changes.get(entry.id, {})) for entry in entries]
    beside = summed("viewers", checks, [_requirement(entry, checks) for entry in entries])
    found = conforming()
    return replace(found, beside=[beside], sentence=f"{found.sentence}; {beside.sentence}")


def hostile():
    """A server that sends markup, escape codes and reading-direction overrides wherever it can."""
    found = deviating()
    checks = [
        replace(
            check,
            title=HOSTILE,
            summary=HOSTILE,
            deviation=Deviation(HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE, [HOSTILE, HOSTILE]),
            reason=HOSTILE,
            blocked_by=check.blocked_by and HOSTILE,
            evidence=[_exchange(check, HOSTILE * 50, 1_000_000)],
        )
        for check in found.checks
    ]
    (beside,) = viewed().beside
    beside = Beside(
        profile=HOSTILE,
        sentence=HOSTILE,
        viewers=[replace(viewer, name=HOSTILE, sentence=HOSTILE) for viewer in beside.viewers],
        checks=[
            replace(check, title=HOSTILE, summary=HOSTILE, deviation=checks[0].deviation, blocked_by=HOSTILE)
            for check in beside.checks
        ],
        requirements=beside.requirements,
    )
    endpoint = replace(found.endpoint, name=HOSTILE, server=HOSTILE, url=HOSTILE, not_claimed=[HOSTILE])
    return replace(
        found,
        checks=checks,
        endpoint=endpoint,
        run=HOSTILE,
        operator=HOSTILE,
        tested=Tested(**dict.fromkeys(Tested.__struct_fields__, HOSTILE)),
        baseline=_baseline(checks, HOSTILE),
        sentence="deviates: " + HOSTILE,
        beside=[beside],
        preflight=[HOSTILE],
        leftovers=[Leftover(study=HOSTILE, why=HOSTILE)],
    )


def large(number, verdict="pass"):
    """As many checks as asked for, of one verdict, with 3 exchanges each whose bodies are 20 kB of JSON."""
    some = next(iter(WALK))
    check = _check(some)
    evidence = [_exchange(check, '{"00080018":{"vr":"UI","Value":["1.2.3"]}},' * 465, 20_000)] * 3
    return run([replace(check, id=f"check-{n}", verdict=verdict, evidence=evidence) for n in range(number)])


def run(checks, leftovers=()):
    obligations = [_requirement(entry, checks) for entry in WALK]
    overall = _overall(checks)
    return Results(
        schema=SCHEMA,
        run="20261121-091407-7f3a",
        suite=Suite(name="dicomweb-conformance", version="0.1.0", python="3.11.7", packages={"httpx": "0.28.1"}),
        edition="2025c",
        profile="dicomweb",
        endpoint=Endpoint(
            name="archive-staging",
            url=URL,
            server="ExampleArchive/4.2",
            claims=[],
            not_claimed=NOT_CLAIMED,
            settings=[Setting(name="auth", value="basic, user acceptance, password ********", source="endpoints.toml")],
        ),
        operator="Integration team",
        started="2026-11-21T09:14:07Z",
        finished="2026-11-21T09:14:55Z",
        overall=overall,
        sentence=verdict(overall, checks, obligations, Claims(lacking=NOT_CLAIMED)),
        counts={name: sum(check.verdict == name for check in checks) for name in VERDICTS},
        traffic=Traffic(requests=62, sent=26_100_000, received=48_300_000, failed=0),
        preflight=["GET /studies?limit=1 is 200", "a study that nobody has is not found"],
        stored=[STUDY],
        checks=checks,
        requirements=obligations,
        leftovers=list(leftovers),
        evidence=SHA,
        tested=TESTED,
        baseline=_baseline(checks),
        footer=Footer(collected=len(checks), ran=len(checks), exit={"conforms": 0, "deviates": 1}.get(overall, 6)),
    )


def _baseline(checks, text=None):
    """A baseline that lists the known checks, as it was read; None without any."""
    entries = [
        KnownDeviation(
            requirement=check.requirement,
            found=text or (check.deviation.found if check.deviation else ""),
            checks=[check.id],
            reason=check.reason,
            by=text or "PACS team",
            on=text or "2026-11-20",
            expires=text or "2027-06-30",
            issue="",
        )
        for check in checks
        if check.verdict == "known"
    ]
    return Baseline(text or "pacs-baseline.toml", SHA, entries) if entries else None


def _requirement(entry, checks):
    ran = [check.id for check in checks if check.requirement == entry.id]
    shared = {name: getattr(entry, name) for name in Requirement.__struct_fields__ if hasattr(entry, name)}
    return Requirement(
        **shared | {"checks": ran, "harm": entry.harm.title, "not_tested": None if ran else "deselected with -k"}
    )


def _overall(checks):
    verdicts = {check.verdict for check in checks}
    if verdicts & {"fail", "stale"}:
        return "deviates"
    return "incomplete" if verdicts & {"blocked", "error"} else "conforms"


def _judged(verdict, observed, expected):
    summary = f"the answer is {observed}, should be {expected}"
    return dict(verdict=verdict, deviation=Deviation("the answer", observed, expected, "GET /studies"), summary=summary)


def _unjudged(verdict, summary, blocked_by=None):
    return dict(verdict=verdict, summary=summary, blocked_by=blocked_by)


def _check(requirement):
    check = Check(
        id=requirement.id.lower(),
        node=f"conformance/scenario/test_{requirement.transaction}.py::test_{requirement.id.lower().replace('-', '_')}",
        requirement=requirement.id,
        clause=requirement.clause,
        level=requirement.level,
        tier=requirement.tier,
        transaction=requirement.transaction,
        title=requirement.statement,
        verdict="not supported" if requirement.feature in ("delete", "single-part-store") else "pass",
        summary="is as it should be",
        harm=requirement.harm.title,
        blocked_by=None,
        started="2026-11-21T09:14:08Z",
        seconds=0.041,
        evidence=[],
    )
    return replace(check, evidence=[_exchange(check, "[]", 2)])


def _unanswered(check):
    nothing = dict(status=None, reason="", response_head="", response_body=Body(size=0, sha256=""))
    return replace(check, evidence=[replace(check.evidence[0], error="the connection was reset", **nothing)])


def _exchange(check, text, size):
    path = f"evidence/{check.id}/01.http"
    url = f"{URL}/{LEVELS.get(check.transaction, 'studies/' + STUDY)}"
    method = {"store": "POST", "delete": "DELETE"}.get(check.transaction, "GET")
    sent = Body(size=0, sha256=sha256(b"").hexdigest())
    if method == "POST":
        sent = Body(size=2_893_811, sha256=SHA, path=f"evidence/{check.id}/01.request.body")
    return Exchange(
        path=path,
        method=method,
        url=url,
        status=200,
        reason="OK",
        error=None,
        seconds=0.0039,
        request_head=f"{method} {url} HTTP/1.1\r\nHost: 127.0.0.1:8042\r\nAccept: application/dicom+json\r\n\r\n",
        request_body=sent,
        response_head="HTTP/1.1 200 OK\r\nContent-Type: application/dicom+json\r\nSet-Cookie: a=********\r\n\r\n",
        response_body=Body(size=size, sha256=SHA, path=path.replace(".http", ".response.body"), text=text),
    )
