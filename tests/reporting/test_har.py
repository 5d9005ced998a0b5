import json
from base64 import b64encode

from conformance.reporting import har
from conformance.reporting.record import Body
from tests.tools.contents import packed

from . import factory


def _written(results, folder):
    har.write(results, folder, folder / "run.har")
    return json.loads((folder / "run.har").read_text(encoding="utf-8"))["log"]


def _with(check, **changes):
    return factory.replace(check, evidence=[factory.replace(check.evidence[0], **changes)])


def test_every_exchange_is_an_entry(tmp_path):
    results = factory.deviating()

    log = _written(results, tmp_path)

    shown = [(entry["comment"], entry["request"]["url"]) for entry in log["entries"]]
    assert (log["version"], shown) == (
        "1.2",
        [(check.id, exchange.url) for check in results.checks for exchange in check.evidence],
    )


def test_an_entry_has_what_went_over_the_wire(tmp_path):
    search = next(check for check in factory.conforming().checks if check.transaction == "search")

    entry = _written(factory.run([search]), tmp_path)["entries"][0]

    assert (entry["request"]["queryString"], entry["response"]["headers"], entry["response"]["content"]) == (
        [{"name": "StudyInstanceUID", "value": factory.STUDY}],
        [
            {"name": "Content-Type", "value": "application/dicom+json"},
            {"name": "Set-Cookie", "value": "a=********"},
        ],
        {"size": 2, "mimeType": "application/dicom+json", "text": "[]"},
    )


def test_small_binary_bodies_are_base64(tmp_path):
    path = "evidence/check/01.response.bin"
    packed(tmp_path, {path: b"\xff\xd8"})
    check = _with(factory.conforming().checks[0], response_body=Body(size=2, sha256="", path=path))

    content = _written(factory.run([check]), tmp_path)["entries"][0]["response"]["content"]

    assert (content["encoding"], content["text"]) == ("base64", b64encode(b"\xff\xd8").decode())


def test_text_of_which_the_results_have_the_start_is_whole(tmp_path):
    path = "evidence/check/01.response.txt"
    packed(tmp_path, {path: b"x" * 5000})
    body = Body(size=5000, sha256="", path=path, text="x" * 4096, cut=True)

    check = _with(factory.conforming().checks[0], response_body=body)

    assert _written(factory.run([check]), tmp_path)["entries"][0]["response"]["content"]["text"] == "x" * 5000


def test_large_bodies_are_given_by_size(tmp_path):
    check = _with(factory.conforming().checks[0], response_body=Body(size=65_537, sha256="", path="none", text="x"))

    content = _written(factory.run([check]), tmp_path)["entries"][0]["response"]["content"]

    assert content == {"size": 65_537, "mimeType": "application/dicom+json"}


def test_a_request_without_an_answer_has_status_0(tmp_path):
    error = next(check for check in factory.deviating().checks if check.verdict == "error")

    response = _written(factory.run([error]), tmp_path)["entries"][0]["response"]

    assert (response["status"], response["comment"]) == (0, "the connection was reset")


def test_the_same_results_make_the_same_file(tmp_path):
    first = _written(factory.hostile(), tmp_path)
    content = (tmp_path / "run.har").read_bytes()

    second = _written(factory.hostile(), tmp_path)

    assert (second, (tmp_path / "run.har").read_bytes()) == (first, content)


def test_an_exchange_that_many_checks_cite_is_one_entry(tmp_path):
    checks = factory.conforming().checks[:2]
    citing = factory.replace(checks[1], evidence=[*checks[0].evidence, *checks[1].evidence])

    entries = _written(factory.run([checks[0], citing]), tmp_path)["entries"]

    assert [entry["comment"] for entry in entries] == [check.id for check in checks]


def test_a_header_field_ends_where_its_line_ends(tmp_path):
    check = _with(factory.conforming().checks[0], response_head="HTTP/1.1 200 OK\nX-Note: a\x85Set-Cookie: b\n")

    headers = _written(factory.run([check]), tmp_path)["entries"][0]["response"]["headers"]

    assert headers == [{"name": "X-Note", "value": "a\x85Set-Cookie: b"}]
