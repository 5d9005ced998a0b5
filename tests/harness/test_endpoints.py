"""endpoints.toml: what is wrong in it is one sentence that names the place and the right spelling."""

from __future__ import annotations

import pytest

from conformance.harness.endpoint.configuration import resolve
from conformance.harness.endpoint.endpoints import Removal, Settings
from conformance.harness.endpoint.tables import ConfigurationError
from conformance.requirements import profiles

HEAD = '[pacs]\nurl = "http://pacs.example/dicom-web"\n'


@pytest.fixture
def read(tmp_path):
    def read(text, **overrides):
        path = tmp_path / "endpoints.toml"
        path.write_text(text, encoding="utf-8")
        return resolve("pacs", path, **overrides)

    return read


def sentence(read, text, **overrides):
    with pytest.raises(ConfigurationError) as error:
        read(text, **overrides)
    return str(error.value)


def test_url_alone_is_enough(read):
    endpoint = read(HEAD)

    assert endpoint.settings == Settings(url="http://pacs.example/dicom-web")
    assert endpoint.claims == set(profiles()["dicomweb"].claims)
    assert endpoint.removal == "none"


def test_every_key_is_understood(read, monkeypatch, tmp_path):
    monkeypatch.setenv("PACS_PASSWORD", "from the environment")
    (tmp_path / "key").write_text("from a file\n")
    for name in ("ca.pem", "client.pem", "client.key"):
        (tmp_path / name).touch()

    endpoint = read(
        HEAD
        + 'qido = "http://pacs.example/q"\nwado = "http://pacs.example/w"\nstow = "http://pacs.example/s"\n'
        + 'auth = { kind = "basic", username = "u", password = { env = "PACS_PASSWORD" } }\n'
        + 'headers = { X-Site = "north", X-Key = { file = "key" } }\n'
        + 'proxy = "http://127.0.0.1:3128"\ntimeout = 5\ndeadline = 30.5\nmax_body = 64\n'
        + 'supports = ["delete"]\nlacks = ["xml"]\n'
        + 'profile = "dicomweb"\nedition = "2024c"\nwrites = true\nvisibility_delay = 2\n'
        + 'removal = { lookup = "../tools/lookup", url = "../studies/{ID}" }\n'
        + '[pacs.tls]\nca = "ca.pem"\ncertificate = "client.pem"\nkey = "client.key"\n'
    )

    assert endpoint.secrets == {"auth.password": "from the environment", "headers.X-Key": "from a file"}
    assert endpoint.claims == {*profiles()["dicomweb"].claims, "delete"} - {"xml"}
    assert endpoint.edition == "2024c"
    assert endpoint.removal == Removal(url="../studies/{ID}", lookup="../tools/lookup")
    assert endpoint.root("GET", "studies/1/series?limit=1") == "http://pacs.example/q"
    assert endpoint.root("GET", "studies/1/series/2") == "http://pacs.example/w"
    assert endpoint.root("POST", "studies") == endpoint.root("PUT", "studies") == "http://pacs.example/s"
    assert endpoint.root("DELETE", "studies/1") == "http://pacs.example/dicom-web"


def test_delete_that_is_claimed_is_the_removal(read):
    assert read(HEAD, supports=["delete"]).removal == "dicomweb"


def test_command_line_goes_before_the_file(read):
    endpoint = read(HEAD + 'edition = "2024c"\n', edition="2025c")

    assert endpoint.edition == "2025c"
    assert endpoint.sources["edition"] == "--edition"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\ntime_out = 3\n", 'line 4: [pacs] has no key "time_out", did you mean "timeout"?'),
        ('timeout = "3"\n', 'line 3: [pacs] "timeout" is "3", should be a number'),
        ("timeout = -3\n", 'line 3: [pacs] "timeout" is -3, should be a number above 0.0'),
        ('writes = "no"\n', 'line 3: [pacs] "writes" is "no", should be true or false'),
        ('supports = "delete"\n', 'line 3: [pacs] "supports" is "delete", should be a list in square brackets'),
        ('supports = ["delte"]\n', 'line 3: [pacs] there is no feature "delte", did you mean "delete"?'),
        ('profile = "dicom"\n', 'line 3: [pacs] there is no profile "dicom", did you mean "dicomweb"?'),
        ('profile = "read-only"\n', 'line 3: [pacs] the profile read-only needs a study that is on the server: '),
        ("writes = false\n", "[pacs] writes = false needs a study that is on the server: study ="),
        ('writes = false\nstudy = "1.02"\n', 'line 4: [pacs] study is "1.02", should be a UID such as "1.2.8'),
        ("writes = false\nstudy = 1.2\n", 'line 4: [pacs] "study" is 1.2, should be a UID in quotation marks, or'),
        ('profile = "read-only"\nwrites = true\n', "line 4: [pacs] writes = true contradicts the profile read-only"),
        ('study = "1.2"\n', "line 3: [pacs] study is for a run that only reads: profile = \"read-only\""),
        ('edition = "25"\n', 'line 3: [pacs] "edition" is "25", should be an edition of the standard, such as "2025c"'),
        ('removal = "all"\n', '"removal" should be "dicomweb", "none" or a table with url and lookup'),
        ('removal = "dicomweb"\n', 'removal = "dicomweb" needs supports = ["delete"]'),
        ('wado = "pacs/w"\n', "line 3: [pacs] wado is \"pacs/w\", should be a URL such as https://pacs.example/dicom-web"),
        ('proxy = "http://u:p@x/"\n', "[pacs] proxy holds a user name: credentials belong in auth"),
        ('[pacs.auth]\nkind = "bsic"\n', '"auth.kind" should be "basic", "bearer", "oauth2" or "command"'),
        ('[pacs.auth]\nkind = "basic"\nuser = "u"\n', 'line 5: [pacs] has no key "auth.user", did you mean'  ),
        ('[pacs.auth]\nkind = "bearer"\n', 'line 3: [pacs] the key "auth.token" is missing'),
        ('[pacs.auth]\nkind = "bearer"\ntoken = "abc"\n', "a secret is never written into this file"),
        ('[pacs.auth]\nkind = "bearer"\ntoken = {}\n', 'one of the two'),
        ('[pacs.auth]\nkind = "bearer"\ntoken = { env = "NOPE" }\n', "the environment variable NOPE, which is not set"),
        ('[pacs.auth]\nkind = "bearer"\ntoken = { file = "no" }\n', "which cannot be read"),
    ],
)  # fmt: skip
def test_mistake_is_one_sentence(read, text, expected):
    message = sentence(read, HEAD + text)

    assert expected in message
    assert "endpoints.toml" in message
    assert "\n" not in message


def test_study_of_the_command_line_joins_those_of_the_file(read):
    endpoint = read(HEAD + 'profile = "read-only"\nstudy = "1.2"\n', study=["1.3", "1.2"])

    assert endpoint.studies == ("1.2", "1.3")
    assert endpoint.only_reads == "the profile read-only"


def test_endpoint_that_is_not_there_names_those_that_are(read):
    assert 'has no endpoint [pacs], did you mean "pacz"?' in sentence(read, '[pacz]\nurl = "http://x/"\n')


def test_broken_toml_names_the_line(read):
    assert "endpoints.toml is not TOML: Invalid value (at line 2, column 7)" in sentence(read, "[pacs]\nurl = nowhere")


def test_url_on_the_command_line_needs_no_file(tmp_path):
    endpoint = resolve("https://pacs.example:8443/dicom-web", tmp_path / "none.toml")

    assert endpoint.name == "pacs-example-8443"
    assert endpoint.settings.url == "https://pacs.example:8443/dicom-web"


def test_line_is_that_of_the_own_table(read):
    others = '[pacs-two]\nurl = "http://two.example"\ntimeout = 5\n'

    endpoint = read(f'{others}{HEAD}\n[pacs.tls]\n\n[another]\nurl = "http://x"\ntimeout = 5\ndeadline = 9\n')

    assert endpoint.sources["url"].endswith("line 5")
    assert not endpoint.sources.get("deadline", "").endswith("line 12")


@pytest.mark.parametrize(
    "url",
    [
        *(
            "http://pacs.example/a b",
            " http://pacs.example",
            "http://pacs..example/",
            "http://.example/",
            "http://ä.example",
        ),
        *("http://[::1:8080/x", "http://pacs.example:99999/", "http://pacs.example/x\n", "http://pacs.example/ä"),
    ],
)
def test_url_that_cannot_be_sent_is_named(tmp_path, url):
    with pytest.raises(ConfigurationError, match="should be a URL such as"):
        resolve(url, tmp_path / "endpoints.toml")


def test_what_is_tested_is_said_in_the_table_and_overridden_by_the_command_line(read):
    endpoint = read(HEAD + 'product = "Archive"\nversion = "1.10"\noperator = "PACS team"\n', version="1.12.7")

    settings = endpoint.settings
    assert (settings.product, settings.version, settings.operator) == ("Archive", "1.12.7", "PACS team")
    assert endpoint.sources["version"] == "--about"


def test_what_is_tested_is_said_in_few_words(read):
    assert sentence(read, HEAD + f'site = "{"x" * 201}"\n').endswith(
        '[pacs] "site" should be a text of 200 characters at most'
    )
    assert sentence(read, HEAD, ticket="x" * 201) == (
        'the command line: "ticket" should be a text of 200 characters at most'
    )
