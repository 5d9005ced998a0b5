"""A server returns what it was sent, in every place and form: no secret is in what a run writes or prints."""

from __future__ import annotations

import io
import json
import os
import random
import subprocess
import sys
import threading
import time
from types import SimpleNamespace

import pytest

from conformance.harness.endpoint.secrets import MASK, PIECE, TOKENS, Mask
from conformance.harness.run.boundary import Guarded
from conformance.harness.wire import coded
from conformance.harness.wire.connection import Unanswered
from conformance.harness.wire.spool import collect
from conformance.reporting import har, page, results
from conformance.reporting.record import Results
from tests.attacks.configured import ASCII, AUTH, AWKWARD, PLAIN, connecting  # noqa: F401
from tests.attacks.written import coded as codings
from tests.attacks.written import forms, shows
from tests.conftest import CHECKOUT
from tests.harness.conftest import Scripted
from tests.reporting import factory
from tests.tools import hostile, ids
from tests.tools.contents import of_evidence, of_folder

SECRETS = {
    "awkward": AWKWARD,
    "plain": PLAIN,
    "quotes": 'it\'s `a` \\b\\\\c "d"',
    "percent": "100%25%sure%2Fly",
    "marks": "q!7#Vp$2&amp;x*9(kL)",
    "escapes": "n0r0xu00nrxu",
    "digits": "31415926",
    "token": "eyJhbGciOiJIUzI1NiJ9." + "aB3_-" * 60,
    "words": "päßwörter und mehr",
    "beyond": "密碼密碼密碼密碼密碼",
    "keys": "🔑🗝 and 🔒 of mine",
}


# The mask


@pytest.mark.parametrize("name", SECRETS)
def test_secret_is_masked_in_every_form(name):
    secret = SECRETS[name]
    mask = Mask([secret])

    kept = {
        form: masked
        for form, content in forms(secret).items()
        if MASK.encode() not in (masked := mask.octets(b"<x> " + content + b" </x>"))
    }

    assert kept == {}


@pytest.mark.parametrize("name", ["awkward", "plain", "marks"])
def test_nothing_of_a_secret_is_left(name):
    secret = SECRETS[name]
    mask = Mask([secret])

    left = {form: found for form, content in forms(secret).items() if (found := shows(mask.octets(content), secret))}

    assert left == {}


def test_what_stands_around_a_secret_stays():
    mask = Mask([AWKWARD])

    assert mask.text(f'a "{AWKWARD}" b, {AWKWARD}{AWKWARD}') == f'a "{MASK}" b, {MASK}{MASK}'


def test_text_without_a_secret_is_the_same_object():
    text, content = "nothing in it \ud800 é", b"\xff\xfe" * PIECE
    mask = Mask([AWKWARD])

    assert mask.text(text) is text
    assert mask.octets(content) is content


def test_half_surrogates_do_not_end_a_text():
    assert Mask([PLAIN]).text(f"\ud800 {PLAIN}").endswith(MASK)


@pytest.mark.parametrize("end", ["…", "...", "'", ""])
def test_secret_that_was_cut_is_masked_from_the_half_on(end):
    mask = Mask([PLAIN])

    assert mask.text(f"is {PLAIN[:12]}{end}") == f"is {MASK}{end}"
    assert mask.text(f"is {PLAIN[:16]}, should be") == f"is {MASK}, should be"


@pytest.mark.parametrize(
    ("secret", "text"),
    [
        ("password123", "the password of the account"),
        ("dicomweb-conformance-ci-token", "dicomweb-conformance/0.1.0 (dicomweb-conformance)"),
        ("short", "a short word"),
    ],
)
def test_innocent_text_stays(secret, text):
    assert Mask([secret]).text(text) == text


def test_longest_secret_wins():
    assert Mask(["12345678", "12345678-and-more"]).text("is 12345678-and-more") == f"is {MASK}"


@pytest.mark.parametrize("step", [1, 7, 1000, PIECE - 1, PIECE, PIECE + 1, 10 * PIECE])
def test_secret_is_masked_where_a_piece_ends_in_it(step):
    body = b"".join(b"a" * (PIECE - place) + AWKWARD.encode() for place in (0, 1, 5, 17, 30)) + b"b" * PIECE
    body = body[:200] if step == 1 else body[:4000] if step == 7 else body
    body += AWKWARD.encode()

    masked = b"".join(Mask([AWKWARD]).pieces(body[at : at + step] for at in range(0, len(body), step)))

    assert masked == body.replace(AWKWARD.encode(), MASK.encode())


def test_pieces_are_masked_as_the_whole_is():
    chance = random.Random(1)
    mask = Mask([AWKWARD, PLAIN])
    parts = [*forms(AWKWARD).values(), *forms(PLAIN).values(), *(chance.randbytes(90) for _ in range(99))]
    body = b" ".join(chance.choices(parts, k=3000))

    assert shows(b"".join(mask.pieces(body[at : at + 997] for at in range(0, len(body), 997))), PLAIN) == []


def test_no_pieces_are_none():
    assert list(Mask([PLAIN]).pieces([])) == []
    assert b"".join(Mask([PLAIN]).pieces([b"", b"x", b""])) == b"x"


@pytest.mark.parametrize("echo", [AWKWARD, AWKWARD.lower(), AWKWARD[:10], AWKWARD[:5], '\\\\"&amp;' * 8, "%25" * 9])
def test_time_is_linear_whatever_a_server_sends(echo):
    mask = Mask([AWKWARD, "\\\\\\\\\\\\%%%%%%&&&&&&"])

    def seconds(number):
        started = time.process_time()
        mask.octets((echo.encode() + b" ") * number)
        return time.process_time() - started

    seconds(1000)  # the first time there is much to compile
    assert seconds(4000) < 12 * max(seconds(1000), 0.02)


def test_mask_of_nothing_lets_everything_pass():
    content = iter([b"a", b"b"])
    result = factory.deviating()

    assert list(Mask().pieces(content)) == [b"a", b"b"]
    assert Mask().tree(result) is result
    assert not Mask(["short"])


def test_results_are_masked_in_every_place():
    run = factory.deviating()
    told = json.loads(json.dumps(results.msgspec.to_builtins(run)).replace("the study", f"the {PLAIN}"))
    run = results.msgspec.convert(told, Results)
    for check in run.checks:
        check.evidence.clear()  # an exchange was masked when it was recorded
    run.counts[PLAIN], run.kinds[PLAIN] = 1, PLAIN

    masked = Mask([PLAIN]).tree(run)

    assert PLAIN in json.dumps(told)
    assert PLAIN not in repr(masked)
    assert masked.counts[MASK] == 1


def test_tokens_of_a_server_that_always_wants_another_are_bounded():
    mask = Mask([PLAIN])

    for number in range(3 * TOKENS):
        mask.hide_authorization(f"Bearer token-number-{number:04}")

    last = [f"token-number-{number:04}" for number in range(3 * TOKENS - TOKENS, 3 * TOKENS)]
    assert mask.text(" ".join([PLAIN, *last])) == " ".join([MASK] * (TOKENS + 1))


# What is written of an exchange


def echoes(secret):
    """Answers with a secret, for each place of an answer and each form."""
    octets = secret.encode()
    head = b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\n%s\r\n"
    for kind in (
        b"application/dicom+json",
        b"text/plain",
        b"multipart/related; boundary=b",
        b"application/octet-stream",
    ):
        body = b"\n".join(forms(secret).values())
        yield head % (kind, len(body), b"") + body
    for coding, body in codings(b"<p>" + octets + b"</p>").items():
        yield head % (b"text/html", len(body), b"Content-Encoding: %s\r\n" % coding.encode()) + body
    field = octets.replace(b"\n", b"")
    yield b"HTTP/1.1 200 %s\r\nServer: %s\r\nX-A: %s\r\nContent-Length: 0\r\n\r\n" % (field, field, field.lower())
    yield b"HTTP/1.1 200 OK\r\nContent-Type: application/x-%s; a=%s\r\nContent-Length: 0\r\n\r\n" % (field, field)
    yield b"HTTP/1.1 200 OK\r\nX-A: %s\r\n  %s\r\nContent-Length: 0\r\n\r\n" % (field[:6], field[6:])
    yield [b"HTTP/1.1 200 OK\r\nAuthorization %s\r\n\r\n" % field, None]
    yield [field + b"\n\n\n", None]
    yield [b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n" + field, None]


@pytest.mark.parametrize("kind", AUTH)
def test_evidence_of_an_echo_has_no_secret(connect, kind, tmp_path):
    secret = AWKWARD if kind in ("basic", "oauth2") else ASCII
    sent = [secret, ASCII] if kind == "oauth2" else [secret]
    answers = [answer for text in sent for answer in echoes(text)]
    endpoint = connect(kind, secret, *answers)

    said = []
    for _ in answers:
        try:
            said.append(repr(endpoint.get("studies", accept="*/*", params={"PatientID": sent[-1]}).reason))
        except Unanswered as error:
            said.append(str(error))

    recorder = endpoint._recorder
    recorder.close()
    written = of_folder(tmp_path / "run")
    written["exchanges"] = repr(recorder.exchanges).encode()
    written["said"] = recorder.mask.text("\n".join(said)).encode()
    assert len(written) > len(answers)
    for place, content in written.items():
        assert (place, shows(content, *sent)) == (place, [])


def test_password_is_masked_as_the_pair_too(connect, tmp_path):
    pair = b"YWxpY2U6UzNjcjN0L1B3IlErOSY8ej7DqQ=="
    endpoint = connect("basic", AWKWARD, b"HTTP/1.1 200 %s\r\nContent-Length: 36\r\n\r\n%s" % (pair, pair))

    endpoint.get("studies")

    (exchange,) = endpoint._recorder.exchanges["preflight"]
    assert (exchange.reason, exchange.response_body.text) == (MASK, MASK)
    assert exchange.request_head.splitlines()[-1] == f"Authorization: {MASK}"


def test_short_secret_is_masked_in_its_field_and_as_the_pair(connect):
    answer = (
        b"HTTP/1.1 200 k YWxpY2U6aw==\r\nAuthorization:\r\n k\r\nset-cookie: k\r\nX: k\r\nContent-Length: 0\r\n\r\n"
    )
    endpoint = connect("basic", "k", answer)

    endpoint.get("studies")

    (exchange,) = endpoint._recorder.exchanges["preflight"]
    lines = exchange.response_head.splitlines()
    assert lines == [
        f"HTTP/1.1 200 k {MASK}",
        f"Authorization: {MASK}",
        f"set-cookie: {MASK}",
        "X: k",
        "Content-Length: 0",
    ]


@pytest.mark.parametrize("kind", ["header", "plain header"])
def test_field_of_the_configuration_is_a_variable_in_curl(connect, kind):
    endpoint = connect(kind, "k", b"HTTP/1.1 200 OK\r\nX-API-Key: k\r\nContent-Length: 0\r\n\r\n")

    endpoint.get("studies")

    (exchange,) = endpoint._recorder.exchanges["preflight"]
    assert f"X-API-Key: {MASK}" in exchange.request_head
    assert f"X-API-Key: {MASK}" in exchange.response_head
    assert '-H "X-API-Key: $DICOMWEB_X_API_KEY"' in exchange.curl


def test_body_that_is_spooled_is_masked(connect, tmp_path):
    part = b"\r\n--b\r\nContent-Type: application/dicom\r\n\r\n" + b"\0" * 700_001 + AWKWARD.encode()
    body = part * 25 + b"\r\n--b--"
    kind = b'multipart/related; type="application/dicom"; boundary=b'
    head = b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n" % (kind, len(body))
    endpoint = connect("basic", AWKWARD, head + body)

    response = endpoint.get("studies/1", accept=None)

    (exchange,) = endpoint._recorder.exchanges["preflight"]
    endpoint._recorder.close()
    written = of_evidence(tmp_path / "run")[exchange.response_body.path]
    assert response.spooled is not None
    assert response.body[:] == body
    assert written == body.replace(AWKWARD.encode(), MASK.encode())
    assert results.msgspec.to_builtins(exchange.response_body)["size"] == len(body)


def test_file_beside_the_evidence_is_masked(connect, tmp_path):
    endpoint = connect("bearer", PLAIN)

    path = endpoint._recorder.attach("sequence.sh", f"# {PLAIN}\n".encode())

    endpoint._recorder.close()
    assert of_evidence(tmp_path / "run")[path] == f"# {MASK}\n".encode()


# Content codings


@pytest.mark.parametrize("coding", codings(b""))
@pytest.mark.parametrize("spooled", [False, True])
def test_coded_body_with_a_secret_is_not_written(coding, spooled):
    content = codings(f"a {AWKWARD} b".encode())[coding]
    body = collect([bytes(coded.PIECE - 5), content, bytes(2**24)], True) if spooled and not coding else content

    assert coded.closed(body, coding, Mask([AWKWARD])) is not None
    assert coded.closed(body, coding, Mask()) is None


@pytest.mark.parametrize("coding", sorted(set(codings(b"")) - {"br"}))
def test_coded_body_without_a_secret_is_written_as_it_came(coding):
    assert coded.closed(codings(b"nothing in it")[coding], coding, Mask([AWKWARD])) is None


@pytest.mark.parametrize(
    "content",
    [b"[]", b"", b"\x1f\x8b\x08", b"\x1f\x8b\x08\0\0\0\0\0\0\xff" * 9, codings(b"x" * 99)["gzip"][:-9]],
    ids=["not gzip", "empty", "cut in its header", "headers alone", "cut in its trailer"],
)
def test_body_that_is_not_coded_as_it_says_is_written(content):
    assert coded.closed(content, "gzip", Mask([AWKWARD])) is None


def test_bombs_are_not_written(monkeypatch):
    monkeypatch.setattr(coded, "LIMIT", 2**20)
    bomb = codings(bytes(2**20 + 1))["gzip"]
    mask = Mask([AWKWARD])

    assert coded.closed(bomb, "", mask) == "it decodes to more than 1 MB"
    assert coded.closed(bomb, "gzip", mask) == "it decodes to more than 1 MB"
    assert "more than 64 places" in coded.closed(coded.GZIP * 99, "", mask)


def test_body_that_is_not_written_says_so_in_every_report(connect, tmp_path):
    body = codings(AWKWARD.encode())["gzip"]
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n"
    endpoint = connect("basic", AWKWARD, head % len(body) + body)

    endpoint.get("studies")

    (exchange,) = endpoint._recorder.exchanges["preflight"]
    run = factory.run([factory.replace(factory.deviating().checks[0], evidence=[exchange])])
    har.write(run, tmp_path, tmp_path / "run.har")
    why = "(not written: decoded, it holds a credential)"
    assert (exchange.response_body.path, exchange.response_body.text) == (None, why)
    assert why in (tmp_path / "run.har").read_text()
    assert page.render(run, "")


# A whole run

REQUIREMENTS = (
    *("SEARCH-MEDIA-001", "SEARCH-INCL-002", "RETRIEVE-META-007", "COMMON-URI-001", "JSON-CHARSET-001"),
    *("JSON-VR-BIN-ENDIAN", "XML-MODEL-001", "SEED-RETRIEVE-STUDY", "JSON-STRUCT-007"),
)
CONFIGURATION = """
[pacs]
url = "{url}"
supports = ["delete"]
visibility_delay = 0.0001
auth = {{ kind = "basic", username = "alice", password = {{ env = "PASSWORD" }} }}
headers = {{ X-API-Key = {{ env = "API_KEY" }}, X-Plain = "{plain}" }}
tls = {{ key_password = {{ file = "key-password" }} }}
"""
KEY_PASSWORD = "of-the-key/2"
ALL = (AWKWARD, ASCII, PLAIN, KEY_PASSWORD)


class Echo:
    """Answers of a server with what it was sent in them: another place and form for each.

    Of the first ones only the head: until the sample study is read back, without which little else would be judged.
    """

    HEADS = 40

    def __init__(self):
        self.number = 0
        self.chance = random.Random(1)
        self.lock = threading.Lock()
        self.sinks = [self.head, self.text, self.page, self.names, self.gzip, self.kind, self.large, self.broken]

    def __call__(self, status, reason, fields, body):
        with self.lock:
            self.number += 1
        if self.number <= self.HEADS:
            return self.head(status, reason, fields, body)
        return self.sinks[self.number % len(self.sinks)](status, reason, fields, body)

    def said(self):
        every = [form for secret in ALL for form in forms(secret).values()]
        return b"\n".join(self.chance.sample(every, 60))

    def head(self, status, reason, fields, body):
        octets = [secret.encode() for secret in ALL]
        lines = [form for secret in ALL for form in forms(secret).values() if not set(form) & set(b"\r\n\0")]
        written = [(b"X-%d" % number, form) for number, form in enumerate(self.chance.sample(lines, 40))]
        token = PLAIN.encode()
        more = [(token, octets[1]), (b"Warning", b"299 - " + octets[0]), (b"Location", b"/x?t=" + octets[1])]
        return status, b" ".join(octets), [*fields, *written, *more, (b"ETag", b'"%s"' % octets[2])], body

    def text(self, status, reason, fields, body):
        """Every text of a JSON document; the start of any other body."""
        if b"json" in dict(fields).get(b"content-type", b"") and body:
            changed = hostile._changed(json.loads(body), lambda text: text + "".join(ALL), lambda key: key)
            return status, reason, fields, json.dumps(changed).encode()
        return status, reason, fields, self.said() + body

    def names(self, status, reason, fields, body):
        if b"json" in dict(fields).get(b"content-type", b"") and body:
            changed = hostile._changed(json.loads(body), lambda text: text, lambda key: key + AWKWARD)
            return status, reason, fields, json.dumps(changed).encode()
        return status, reason, fields, body + self.said()

    def page(self, status, reason, fields, body):
        return 500, AWKWARD.encode(), [(b"content-type", b"text/html")], b"<title>%s</title>" % self.said()

    def gzip(self, status, reason, fields, body):
        return status, reason, [*fields, (b"Content-Encoding", b"gzip")], codings(self.said() + body)["gzip"]

    def kind(self, status, reason, fields, body):
        fields = [field for field in fields if field[0] != b"content-type"]
        return status, reason, [*fields, (b"content-type", f"application/x-{PLAIN}; a={ASCII}".encode())], body

    def large(self, status, reason, fields, body):
        """More than is kept in memory, once; a place where a piece ends is in some of the secrets."""
        kind = b'multipart/related; type="application/dicom"; boundary=b'
        part = b"\r\n--b\r\nContent-Type: application/dicom\r\n\r\n" + "".join(ALL).encode() + bytes(9 * PIECE - 5)
        times = 2 if self.number > self.HEADS + len(self.sinks) else 240
        return 200, reason, [(b"content-type", kind)], part * times + self.said() + b"\r\n--b--"

    def broken(self, status, reason, fields, body):
        """A header line that is none."""
        return status, reason, [(b"X", b"y\r\nAuthorization " + AWKWARD.encode())], body


@pytest.fixture(scope="module")
def run(reference, tmp_path_factory):
    folder = tmp_path_factory.mktemp("secrets")
    (folder / "key-password").write_text(KEY_PASSWORD)
    words = [word for name in ids.of(REQUIREMENTS) for word in ("--requirement", name)]
    with pytest.MonkeyPatch.context() as patch, hostile.proxy(reference.url, Echo()) as url:
        patch.setattr(hostile, "HEAD", " ".join(ALL).encode())  # how the proxy names itself
        (folder / "endpoints.toml").write_text(CONFIGURATION.format(url=url, plain=PLAIN))
        command = [
            sys.executable,
            "-m",
            "conformance",
            "run",
            "pacs",
            "-v",
            "--tb=long",
            "--baseline-write",
            "known.toml",
            "--har",
            "--leave",
        ]
        env = {**os.environ, "PYTHONPATH": str(CHECKOUT), "PASSWORD": AWKWARD, "API_KEY": ASCII}
        done = subprocess.run([*command, *words], cwd=folder, env=env, capture_output=True, timeout=300)
    return SimpleNamespace(
        code=done.returncode, printed=done.stdout + done.stderr, folder=next(folder.glob("reports/*/*")), home=folder
    )


@pytest.mark.slow
def test_run_met_every_place(run):
    found = results.read(run.folder)
    exchanges = [exchange for check in found.checks for exchange in check.evidence]

    places = {
        "server": [found.endpoint.server],
        "summary": [check.summary for check in found.checks],
        "reason": [exchange.reason for exchange in exchanges],
        "error": [exchange.error or "" for exchange in exchanges],
        "response": [exchange.response_head for exchange in exchanges],
        "body": [exchange.response_body.text or "" for exchange in exchanges],
        "terminal": [run.printed.decode()],
        "baseline": [(run.home / "known.toml").read_text()],
        "junit": [(run.folder / "junit.xml").read_text()],
        "log": [(run.folder / "report.html").read_text()],
        "page": [(run.folder / "conformance.html").read_text()],
        "har": [(run.folder / "run.har").read_text()],
    }
    assert [place for place, texts in places.items() if MASK not in " ".join(texts)] == []
    assert any(exchange.response_body.size > 2**24 for exchange in exchanges)
    assert any("not written" in (exchange.response_body.text or "") for exchange in exchanges)


@pytest.mark.slow
def test_run_shows_no_secret(run):
    written = of_folder(run.folder)
    written |= {"terminal": run.printed, "baseline": (run.home / "known.toml").read_bytes()}
    for name, content in written.items():
        assert (name, [secret for secret in ALL if secret.encode() in content]) == (name, [])
        ends = content if len(content) < 2**21 else content[: 2**16] + content[-(2**16) :]
        assert (name, shows(ends, *ALL)) == (name, [])


@pytest.mark.slow
def test_run_names_who_was_let_in(run):
    assert "alice" in results.read(run.folder).endpoint.settings[1].value


ASKS = b"HTTP/1.1 401 %s\r\nWWW-Authenticate: Basic realm=%s\r\nContent-Length: 0\r\n\r\n"


@pytest.mark.parametrize("words", [["run", "pacs"], ["probe", "pacs"]])
def test_what_stops_a_command_shows_no_secret(command, endpoints, words):
    said = AWKWARD.encode()
    server = Scripted([ASKS % (said, said * 3)])
    endpoints(f'[pacs]\nurl = "{server.url}"\n{AUTH["basic"].format()}\n')

    stopped = command(*words, env={"SECRET": AWKWARD})

    server.close()
    assert stopped.code == 5
    assert f"Basic realm={MASK * 3}" in " ".join(stopped.output.split())
    assert shows(stopped.output.encode(), AWKWARD) == []


def test_guard_masks_what_is_printed():
    file = io.StringIO()

    Guarded(file, Mask([AWKWARD])).write(f"is {AWKWARD}\n")

    assert file.getvalue() == f"is {MASK}\n"
