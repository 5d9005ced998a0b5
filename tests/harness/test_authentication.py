"""A kind of authentication is one class: all that reads, shows, suggests, sends and documents kinds finds it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Annotated, ClassVar

import pytest

from conformance.commands.probe import public
from conformance.harness.endpoint.authentication import KINDS, Authentication, kind, wanted
from conformance.harness.endpoint.configuration import resolve
from conformance.harness.endpoint.secrets import Mask
from conformance.harness.endpoint.settings import account, settings
from conformance.harness.endpoint.suggestion import block
from conformance.harness.endpoint.tables import ConfigurationError, Secret, Table, about
from conformance.harness.wire.credentials import Credentials
from docs.configuration import page

SECRET = "s3cret-key-of-mine"
TABLE = """
[pacs]
url = "https://pacs.example/dicom-web"
auth = { kind = "signed", account = "acceptance", words = ["--key", "k3y"], at = "https://id.example/", api_key = KEY }
"""
GOOD = TABLE.replace("KEY", '{ env = "SIGNED_KEY" }')


@pytest.fixture(autouse=True)
def signed(monkeypatch):
    """A fifth kind, which nothing else knows of."""
    before = dict(KINDS)

    @kind
    class Signed(Table, Authentication, tag="signed", frozen=True):
        """Signs what it sends."""

        scheme: ClassVar[str] = "signature"
        renewable: ClassVar[bool] = True
        account: Annotated[str, about("the name of the account")]
        api_key: Annotated[Secret, about("the key to sign with", "sent")]
        words: Annotated[list[str], about("the words of a program", "hidden")] = []
        at: Annotated[str, about("where keys are", "url")] = "https://id.example/"

        def authorization(self, secrets, send):
            return f"Signature {self.account} {secrets['api_key']}"

    monkeypatch.setenv("SIGNED_KEY", SECRET)
    yield Signed
    KINDS.clear()
    KINDS.update(before)


@pytest.fixture
def configured(tmp_path):
    def configured(text):
        file = tmp_path / "endpoints.toml"
        file.write_text(text)
        return resolve("pacs", file)

    return configured


def test_its_table_is_read_and_its_secret_with_it(configured, signed):
    endpoint = configured(GOOD)

    assert isinstance(endpoint.settings.auth, signed)
    assert endpoint.secrets == {"auth.api_key": SECRET}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (TABLE.replace("KEY", f'"{SECRET}"'), '"auth.api_key" should be { env = "NAME" } or { file = "PATH" }'),
        (GOOD.replace("api_key", "api_kee"), 'has no key "auth.api_kee", did you mean "api_key"'),
        (
            GOOD.replace('"signed"', '"sined"'),
            'should be "basic", "bearer", "oauth2", "command" or "signed"',
        ),
        (GOOD.replace('account = "acceptance", ', ""), 'the key "auth.account" is missing'),
        (GOOD.replace("https://id.example/", "id.example"), "auth.at is "),
        (GOOD.replace("https://id.example/", f"https://x:{SECRET}@id.example/"), "auth.at holds a user name"),
    ],
)
def test_what_is_wrong_in_its_table_is_named_without_its_secret(configured, text, sentence):
    with pytest.raises(ConfigurationError) as error:
        configured(text)

    assert sentence in str(error.value)
    assert SECRET not in str(error.value)


def test_its_secret_has_to_be_one_that_can_be_sent(configured, monkeypatch):
    monkeypatch.setenv("SIGNED_KEY", "ключ")

    with pytest.raises(ConfigurationError, match='"auth.api_key" has a character beyond ASCII'):
        configured(GOOD)


def test_its_secret_is_masked_and_not_in_the_settings(configured):
    endpoint = configured(GOOD)
    shown = next(item.value for item in settings(endpoint, "DWC") if item.name == "auth")

    assert shown == "signed, api_key ********"
    assert account(endpoint) == shown
    assert Mask.of(endpoint).text(f"the key is {SECRET}") == "the key is ********"


def test_it_gives_the_authorization(configured):
    credentials = Credentials(configured(GOOD), SimpleNamespace(send=None))

    assert credentials.authorization() == f"Signature acceptance {SECRET}"
    assert credentials.renewable


def test_probe_suggests_its_table_without_what_may_be_secret(configured):
    endpoint = configured(GOOD)
    written = block("pacs", public(endpoint.settings, endpoint))

    assert (
        'auth = { kind = "signed", account = "acceptance", api_key = { env = "SIGNED_KEY" }, words = ["..."] }'
        in written
    )


def test_probe_suggests_it_where_the_server_asks_for_its_scheme(signed):
    assert wanted('Signature realm="pacs"') == signed(account="NAME", api_key=Secret(env="DICOMWEB_API_KEY"))


@pytest.mark.parametrize("challenge", ["", "Negotiate", 'Bearer realm="pacs"'])
def test_probe_suggests_a_bearer_token_otherwise(challenge):
    assert wanted(challenge) == KINDS["bearer"](token=Secret(env="DICOMWEB_TOKEN"))


def test_it_is_documented():
    text = page()

    assert '| `kind` | `"signed"` | always | |' in text
    assert "[Signed](#signed)" in text and "the key to sign with" in text
