"""What is wrong in a configuration is one sentence, which shows no value that may be a secret."""

from __future__ import annotations

import json
import os
import sys

import pytest

from conformance.harness.endpoint.configuration import resolve
from conformance.harness.endpoint.secrets import MASK
from conformance.harness.endpoint.settings import settings
from conformance.harness.endpoint.tables import ConfigurationError
from conformance.harness.wire.connection import Unanswered
from tests.attacks.configured import AUTH, AWKWARD, PLAIN, connecting  # noqa: F401
from tests.harness.conftest import Scripted

S = "S3cr3tValue"
PASSWORD = '{ env = "TOKEN" }'
MISTAKES = {
    "auth": f'auth = "{S}"',
    "auth.kind": f'auth = {{ kind = "{S}" }}',
    "auth.username": f'auth = {{ kind = "basic", username = ["{S}"], password = {{ env = "X" }} }}',
    "auth.username with the password": f'auth = {{ kind = "basic", username = "a:{S}", password = {PASSWORD} }}',
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
        "token_url": f'auth = {{ kind = "oauth2", token_url = {url}, client_id = "x", client_secret = {PASSWORD} }}',
        "removal": f"removal = {{ url = {url} }}",
        "lookup": f'removal = {{ url = "../{{ID}}", lookup = {url} }}',
    }.get(key, f"{key} = {url}")

    refused("[pacs]\n" + ("" if key == "url" else 'url = "http://x/"\n') + written)


@pytest.mark.parametrize("file", ["endpoints.toml", "none.toml"])
@pytest.mark.parametrize("name", URLS)
def test_url_on_the_command_line_shows_no_user_info_and_no_query(refused, name, file):
    refused("[pacs]\n", URLS[name].format(S), file)


@pytest.mark.parametrize(
    "url", ["http://[::1]:8080/x", "https://pacs.example:8443/dicom-web/", "http://10.0.0.1/a/b%40c"]
)
def test_url_that_is_right_is_taken(tmp_path, url):
    assert resolve(url, tmp_path / "none").settings.url == url


@pytest.mark.parametrize(
    "removal", ['{ url = "../studies/{ID}", lookup = "../tools/lookup" }', '{ url = "https://x:1/{ID}" }']
)
def test_removal_that_is_right_is_taken(tmp_path, removal):
    (tmp_path / "e").write_text(f'[pacs]\nurl = "http://x/"\nremoval = {removal}')

    assert resolve("pacs", tmp_path / "e").settings.removal


@pytest.mark.parametrize("name", ["../x", "a/b", "a\\\\b", "..", "."])
def test_name_that_leads_out_of_the_reports_is_refused(tmp_path, name):
    (tmp_path / "endpoints.toml").write_text(f'["{name}"]\nurl = "http://pacs.example/x"\n')

    with pytest.raises(ConfigurationError, match="the name of an endpoint is that of a folder of reports"):
        resolve(name.replace("\\\\", "\\"), tmp_path / "endpoints.toml")


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
    [
        *(b'{"access_token": "S3cr3tValue\\nx"}', b'{"access_token": "S3cr3tValue\\u00e9"}'),
        *(b'{"access_token": ["S3cr3tValue"]}', b'{"access_token": 1}', b'{"access_token": ""}'),
        *(b'{"access": "S3cr3tValue"}', b"[" * 100_000, b"S3cr3tValue", b"\xff"),
    ],
)
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
