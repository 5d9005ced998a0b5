"""A server returns what it was sent, in every place and form: no secret is in what a run writes or prints."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import threading
import time
from types import SimpleNamespace

import pytest

from conformance.dicomweb.buffers import pieces
from conformance.harness import coded
from conformance.harness.client import Client
from conformance.harness.configuration import resolve
from conformance.harness.connection import Connection, Unanswered
from conformance.harness.endpoints import ConfigurationError
from conformance.harness.evidence import Recorder
from conformance.harness.ledger import Ledger, Origin
from conformance.harness.secrets import MASK, PIECE, TOKENS, Mask
from conformance.harness.settings import settings
from conformance.harness.spool import collect
from conformance.reporting import har, page, results
from tests import hostile
from tests.attacks.written import coded as codings
from tests.attacks.written import forms, shows
from tests.conftest import CHECKOUT
from tests.harness.conftest import Scripted
from tests.reporting import factory

AWKWARD = 'S3cr3t/Pw"Q+9&<z>é'
ASCII = 'Tok3n/Ab"Q+9&<z>'
PLAIN = "cmdT0kenPlain1234567"
SECRETS = {
    "awkward": AWKWARD,
    "plain": PLAIN,
    "quotes": "it's `a` \\b\\\\c \"d\"",
    "percent": "100%25%sure%2Fly",
    "marks": "q!7#Vp$2&amp;x*9(kL)",
    "escapes": "n0r0xu00nrxu",
    "digits": "31415926",
    "token": "eyJhbGciOiJIUzI1NiJ9." + "aB3_-" * 60,
    "words": "päßwörter und mehr",
    "beyond": "密碼密碼密碼密碼密碼",
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

    seconds(10)
    assert seconds(8000) < 8 * max(seconds(2000), 0.02)


def test_mask_of_nothing_lets_everything_pass():
    content = iter([b"a", b"b"])
    result = factory.deviating()

    assert list(Mask().pieces(content)) == [b"a", b"b"]
    assert Mask().tree(result) is result
    assert not Mask(["short"])


def test_results_are_masked_in_every_place():
    run = factory.deviating()
    told = json.loads(json.dumps(results.msgspec.to_builtins(run)).replace("the study", f"the {PLAIN}"))
    run = results.msgspec.convert(told, results.Results)
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

AUTH = {
    "basic": 'auth = {{ kind = "basic", username = "alice", password = {{ env = "SECRET" }} }}',
    "bearer": 'auth = {{ kind = "bearer", token = {{ env = "SECRET" }} }}',
    "oauth2": 'auth = {{ kind = "oauth2", token_url = "{tokens}", client_id = "a", client_secret = {{ env = "SECRET" }} }}',
    "command": 'auth = {{ kind = "command", command = ["{python}", "-c", {printed}] }}',
    "header": 'headers = {{ X-API-Key = {{ env = "SECRET" }} }}',
    "plain header": "headers = {{ X-API-Key = '{secret}' }}",
}


@pytest.fixture
def connect(tmp_path, monkeypatch):
    """A connection that has a secret of a kind, to a server that gives the answers."""
    servers = []

    def make(kind, secret, *answers):
        body = json.dumps({"access_token": ASCII}).encode()
        servers.append(Scripted([b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)]))
        servers.append(Scripted(answers))
        text = AUTH[kind].format(tokens=servers[-2].url, python=sys.executable, secret=secret, printed=json.dumps(f"print({secret!r})"))
        monkeypatch.setenv("SECRET", secret)
        (tmp_path / "endpoints.toml").write_text(f'[pacs]\nurl = "{servers[-1].url}"\n{text}\n', encoding="utf-8")
        endpoint = resolve("pacs", tmp_path / "endpoints.toml")
        recorder = Recorder(tmp_path / "run", endpoint)
        return Connection(endpoint, Client(endpoint), recorder, Ledger(tmp_path, Origin("pacs", "", [])))

    yield make
    for server in servers:
        server.close()


def echoes(secret):
    """Answers with a secret, for each place of an answer and each form."""
    octets = secret.encode()
    head = b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\n%s\r\n"
    for kind in (b"application/dicom+json", b"text/plain", b"multipart/related; boundary=b", b"application/octet-stream"):
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
            said.append(repr(endpoint.get("studies", params={"PatientID": sent[-1]}).reason))
        except Unanswered as error:
            said.append(str(error))

    recorder = endpoint._recorder
    written = {str(path): path.read_bytes() for path in (tmp_path / "run").rglob("*") if path.is_file()}
    written["exchanges"] = repr(recorder.exchanges).encode()
    written["said"] = recorder.mask.text("\n".join(said)).encode()
    assert len(written) > len(answers)
    for place, content in written.items():
        assert [(place, found) for text in sent if (found := shows(content, text))] == []


def test_password_is_masked_as_the_pair_too(connect, tmp_path):
    pair = b"YWxpY2U6UzNjcjN0L1B3IlErOSY8ej7DqQ=="
    endpoint = connect("basic", AWKWARD, b"HTTP/1.1 200 %s\r\nContent-Length: 36\r\n\r\n%s" % (pair, pair))

    endpoint.get("studies")

    (exchange,) = endpoint._recorder.exchanges["preflight"]
    assert (exchange.reason, exchange.response_body.text) == (MASK, MASK)
    assert exchange.request_head.splitlines()[-1] == f"Authorization: {MASK}"


def test_short_secret_is_masked_in_its_field_and_as_the_pair(connect):
    answer = b"HTTP/1.1 200 k YWxpY2U6aw==\r\nAuthorization:\r\n k\r\nset-cookie: k\r\nX: k\r\nContent-Length: 0\r\n\r\n"
    endpoint = connect("basic", "k", answer)

    endpoint.get("studies")

    (exchange,) = endpoint._recorder.exchanges["preflight"]
    lines = exchange.response_head.splitlines()
    assert lines == [f"HTTP/1.1 200 k {MASK}", f"Authorization: {MASK}", f"set-cookie: {MASK}", "X: k", "Content-Length: 0"]


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
    written = (tmp_path / "run" / exchange.response_body.path).read_bytes()
    assert response.spooled is not None
    assert response.body[:] == body
    assert written == body.replace(AWKWARD.encode(), MASK.encode())
    assert results.msgspec.to_builtins(exchange.response_body)["size"] == len(body)


def test_file_beside_the_evidence_is_masked(connect, tmp_path):
    endpoint = connect("bearer", PLAIN)

    path = endpoint._recorder.attach("sequence.sh", f"# {PLAIN}\n".encode())

    assert (tmp_path / "run" / path).read_bytes() == f"# {MASK}\n".encode()


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


@pytest.mark.parametrize("content", [b"[]", b"", b"\x1f\x8b\x08", b"\x1f\x8b\x08\0\0\0\0\0\0\xff" * 9, codings(b"x" * 99)["gzip"][:-9]])
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


# The configuration

S = "S3cr3tValue"
MISTAKES = {
    "auth": f'auth = "{S}"',
    "auth.kind": f'auth = {{ kind = "{S}" }}',
    "auth.username": f'auth = {{ kind = "basic", username = ["{S}"], password = {{ env = "X" }} }}',
    "auth.username with the password": f'auth = {{ kind = "basic", username = "u:{S}", password = {{ env = "TOKEN" }} }}',
    "auth.command": f'auth = {{ kind = "command", command = "{S}" }}',
    "auth.command, a number": f'auth = {{ kind = "command", command = ["{S}", 1] }}',
    "auth.password": f'auth = {{ kind = "basic", username = "u", password = "{S}" }}',
    "auth.token, a number": 'auth = { kind = "bearer", token = 31415926535 }',
    "auth.token, a table": f'auth = {{ kind = "bearer", token = {{ value = "{S}" }} }}',
    "auth.token, a list": f'auth = {{ kind = "bearer", token = {{ env = ["{S}"] }} }}',
    "auth.token, both": f'auth = {{ kind = "bearer", token = {{ env = "{S}", file = "{S}" }} }}',
    "auth.token in the place of a name": f'auth = {{ kind = "bearer", token = {{ env = "{S}" }} }}',
    "auth.token in the place of a path": f'auth = {{ kind = "bearer", token = {{ file = "{S}" }} }}',
    "auth.client_id": f'auth = {{ kind = "oauth2", token_url = "http://x/", client_id = 1, client_secret = "{S}" }}',
    "tls": f'tls = "{S}"',
    "tls.ca": f'tls = {{ ca = "{S}" }}',
    "tls.key": f'tls = {{ key = "-----BEGIN PRIVATE KEY-----\\n{S}" }}',
    "tls.key_password": f'tls = {{ key_password = "{S}" }}',
    "headers": f'headers = "{S}"',
    "headers, a list": f'headers = ["{S}"]',
    "headers, a number": "headers = { X-Key = 31415926535 }",
    "headers, a list in it": f'headers = {{ X-Key = ["{S}"] }}',
    "headers, two lines": f'headers = {{ X-Key = "{S}\\nx" }}',
    "headers, beyond ASCII": f'headers = {{ X-Key = "{S}é" }}',
    "headers, a name": f'headers = {{ "Authorization: Bearer {S}" = "x" }}',
    "headers.Authorization": f'headers = {{ Authorization = "Bearer {S}" }}',
    "headers.proxy-authorization": f'headers = {{ proxy-authorization = "Basic {S}" }}',
    "headers.COOKIE": f'headers = {{ COOKIE = "sid={S}" }}',
    "removal": f'removal = "{S}"',
    "removal.url": f'removal = {{ url = ["{S}"] }}',
    "removal.url, a query": f'removal = {{ url = "../studies/{{ID}}?key={S}" }}',
    "removal.url, user info": f'removal = {{ url = "http://u:{S}@x/studies/{{ID}}" }}',
    "removal.url, user info, relative": f'removal = {{ url = "//u:{S}@x/studies/{{ID}}" }}',
    "removal.lookup": f'removal = {{ url = "../{{ID}}", lookup = "http://u:{S}@x/" }}',
    "removal.lookup, a query": f'removal = {{ url = "../{{ID}}", lookup = "../lookup?key={S}" }}',
    "an unknown key": f'secret = "{S}"',
    "an unknown key of auth": f'auth = {{ kind = "bearer", tokn = "{S}" }}',
    "proxy, a number": "proxy = 31415926535",
    "TOML": f"password = {S}",
    "TOML, no end": f'password = "{S}',
    "TOML, twice": f'auth = {{ "{S}" = 1, "{S}" = 2 }}',
    "TOML, a table twice": f"[pacs.{S}]\n[pacs.{S}]",
    "TOML, an escape": f'password = "{S}\\q"',
    "TOML, no value": f"{S}",
}
URLS = {
    "user info": "http://u:{}@x/dicom-web",
    "user info, https": "https://{}@x",
    "a bad port": "http://u:{}@x:80x/",
    "a port out of range": "http://u:{}@x:99999/",
    "a bracket": "http://u:{}@[::1:8080/x",
    "another bracket": "http://u:{}@::1]:8080/x",
    "no scheme": "u:{}@x/dicom-web",
    "no host": "http://u:{}@/dicom-web",
    "another scheme": "ftp://u:{}@x/",
    "one slash": "http:/u:{}@x/",
    "a slash in it": "http://u:a/{}@x/",
    "a question mark in it": "http://u:a?{}@x/",
    "a hash in it": "http://u:a#{}@x/",
    "two @": "http://u:{}@a@x/",
    "no @": "http://u:{}/",
    "no @, a port": "http://x:80{}/dicom-web",
    "a query": "http://x/dicom-web?key={}",
    "a query with a bad port": "http://x:y/dicom-web?key={}",
    "a query without a scheme": "x/dicom-web?key={}",
    "a fragment": "http://x/dicom-web#{}",
    "a blank": " http://u:{}@x/",
    "a line break": "http://u:{}@x/\nx",
    "a backslash": "http://u:{}\\@x/",
}


@pytest.fixture
def refused(tmp_path, monkeypatch):
    """What is said of a configuration: one sentence, in which the value is not."""
    monkeypatch.setenv("TOKEN", "a token")

    def refuse(text, name="pacs", file="endpoints.toml"):
        (tmp_path / "endpoints.toml").write_text(text, encoding="utf-8")
        with pytest.raises(ConfigurationError) as error:
            resolve(name, tmp_path / file)
        sentence = str(error.value)
        # No chain of exceptions is printed anywhere; the sentence is all that is.
        assert "\n" not in sentence
        assert S.lower() not in sentence.lower()
        assert "31415926535" not in sentence
        return sentence

    return refuse


@pytest.mark.parametrize("name", MISTAKES)
def test_mistake_in_the_configuration_shows_no_value(refused, name):
    assert refused(f'[pacs]\nurl = "http://x/"\n{MISTAKES[name]}\n')


@pytest.mark.parametrize("name", URLS)
@pytest.mark.parametrize("key", ["url", "qido", "wado", "stow", "proxy", "token_url", "removal", "lookup"])
def test_url_shows_no_user_info_and_no_query(refused, key, name):
    url = json.dumps(URLS[name].format(S))
    written = {
        "url": f"url = {url}",
        "token_url": f'auth = {{ kind = "oauth2", token_url = {url}, client_id = "x", client_secret = {{ env = "TOKEN" }} }}',
        "removal": f"removal = {{ url = {url} }}",
        "lookup": f'removal = {{ url = "../{{ID}}", lookup = {url} }}',
    }.get(key, f"{key} = {url}")

    refused("[pacs]\n" + ("" if key == "url" else 'url = "http://x/"\n') + written)


@pytest.mark.parametrize("file", ["endpoints.toml", "none.toml"])
@pytest.mark.parametrize("name", URLS)
def test_url_on_the_command_line_shows_no_user_info_and_no_query(refused, name, file):
    refused("[pacs]\n", URLS[name].format(S), file)


@pytest.mark.parametrize("url", ["http://[::1]:8080/x", "https://pacs.example:8443/dicom-web/", "http://10.0.0.1/a/b%40c"])
def test_url_that_is_right_is_taken(tmp_path, url):
    assert resolve(url, tmp_path / "none").settings.url == url


@pytest.mark.parametrize("removal", ['{ url = "../studies/{ID}", lookup = "../tools/lookup" }', '{ url = "https://x:1/{ID}" }'])
def test_removal_that_is_right_is_taken(tmp_path, removal):
    (tmp_path / "e").write_text(f'[pacs]\nurl = "http://x/"\nremoval = {removal}')

    assert resolve("pacs", tmp_path / "e").settings.removal


def test_authorization_that_is_a_secret_is_taken(tmp_path, monkeypatch):
    monkeypatch.setenv("TOKEN", f"Bearer {PLAIN}")
    (tmp_path / "e").write_text('[pacs]\nurl = "http://x/"\nheaders = { Authorization = { env = "TOKEN" } }')

    assert resolve("pacs", tmp_path / "e").secrets == {"headers.Authorization": f"Bearer {PLAIN}"}


def test_refused_header_says_how_it_is_written(refused):
    sentence = refused('[pacs]\nurl = "http://x/"\nheaders = { Authorization = "Bearer x" }')

    assert 'line 3: [pacs] "headers.Authorization" should be { env = "NAME" } or { file = "PATH" }' in sentence


UNSENDABLE = {
    "two lines": f"{S}\nsecond",
    "a carriage return": f"{S}\rX: y",
    "a NUL": f"{S}\0",
    "an escape": f"\x1b{S}",
    "beyond ASCII": f"{S}é",
    "half a character": f"{S}\udc80",
    "a blank at its end": f"{S} ",
    "nothing": "",
}


@pytest.mark.parametrize("name", UNSENDABLE)
@pytest.mark.parametrize("kind", ["bearer", "header"])
def test_secret_that_no_field_can_carry_is_refused_before_it_is_sent(refused, monkeypatch, kind, name):
    monkeypatch.setitem(os.environ, "SECRET", "x")
    environment = dict(os.environ, SECRET=UNSENDABLE[name])
    monkeypatch.setattr(os, "environ", environment)

    assert "SECRET" in (said := refused(f'[pacs]\nurl = "http://x/"\n{AUTH[kind].format()}')) or '"' in said


@pytest.mark.parametrize("name", sorted(set(UNSENDABLE) - {"nothing"}))
def test_secret_of_a_file_that_no_field_can_carry_is_refused(refused, tmp_path, name):
    (tmp_path / "secret").write_bytes(UNSENDABLE[name].encode("utf-8", "surrogateescape"))

    refused('[pacs]\nurl = "http://x/"\nauth = { kind = "bearer", token = { file = "secret" } }')


@pytest.mark.parametrize("name", ["beyond ASCII", "a blank at its end"])
def test_password_may_have_what_a_field_cannot_carry(tmp_path, monkeypatch, name):
    monkeypatch.setenv("SECRET", UNSENDABLE[name])
    (tmp_path / "e").write_text(f'[pacs]\nurl = "http://x/"\n{AUTH["basic"].format()}')

    assert resolve("pacs", tmp_path / "e").secrets == {"auth.password": UNSENDABLE[name]}


def unanswered(endpoint):
    """The one sentence that a request without a token ends in; nothing goes to the server."""
    with pytest.raises(Unanswered) as error:
        endpoint.get("studies")
    assert S not in str(error.value)
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize("name", sorted(set(UNSENDABLE) - {"half a character", "a blank at its end"}))
def test_printed_token_that_no_field_can_carry_is_refused(connect, tmp_path, name):
    endpoint = connect("command", "x")
    script = f"import sys; sys.stdout.buffer.write({UNSENDABLE[name].encode()!r})"
    endpoint._credentials._auth.command[2] = script

    assert unanswered(endpoint).startswith("no token: what auth.command printed ")


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        ([sys.executable, "-c", "print('S3cr3tValue'); raise SystemExit(3)"], "ended with exit code 3"),
        ([sys.executable, "-c", "import sys; sys.stdout.buffer.write(b'S3cr3tValue\\xff')"], "is not UTF-8"),
        (["get-token --password S3cr3tValue"], "cannot be started: No such file or directory"),
        (["/"], "cannot be started: Permission denied"),
        (["S3cr3tValue\0"], "cannot be started"),
    ],
)
def test_command_that_prints_no_token_is_one_sentence(connect, command, sentence):
    endpoint = connect("command", "x")
    endpoint._credentials._auth.command[:] = command

    assert sentence in unanswered(endpoint)


@pytest.mark.parametrize(
    "body",
    [b'{"access_token": "S3cr3tValue\\nx"}', b'{"access_token": "S3cr3tValue\\u00e9"}', b'{"access_token": ["S3cr3tValue"]}',
     b'{"access_token": 1}', b'{"access_token": ""}', b'{"access": "S3cr3tValue"}', b"[" * 100_000, b"S3cr3tValue", b"\xff"],
)  # fmt: skip
def test_token_of_a_token_endpoint_that_no_field_can_carry_is_refused(connect, body, monkeypatch):
    endpoint = connect("oauth2", AWKWARD)
    server = Scripted([b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)])
    auth = endpoint._credentials._auth
    monkeypatch.setattr(endpoint._credentials, "_auth", type(auth)(
        token_url=server.url, client_id="a", client_secret=auth.client_secret
    ))  # fmt: skip

    assert unanswered(endpoint).startswith(f"no token from {server.url}: ")
    server.close()


def test_settings_show_no_secret(tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET", PLAIN)
    (tmp_path / "e").write_text(
        '[pacs]\nurl = "http://x/"\n'
        f'auth = {{ kind = "command", command = ["curl -u u:{S}", "{S}"] }}\n'
        f'headers = {{ X-API-Key = "{S}", X-Key = {{ env = "SECRET" }}, Accept-Language = "en", x-short = "k" }}\n'
    )

    shown = {line.name: line.value for line in settings(resolve("pacs", tmp_path / "e"), "DWC")}

    assert shown["headers"] == f"X-API-Key: {MASK}, X-Key: {MASK}, Accept-Language: en, x-short: {MASK}"
    assert S not in repr(shown)
    assert PLAIN not in repr(shown)
