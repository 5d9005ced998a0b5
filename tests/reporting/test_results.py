import gzip
import json

import msgspec
import pytest

from conformance.reporting import page, results

from . import factory


def _refusal(path):
    with pytest.raises(results.UnreadableResults) as refused:
        results.read(path)
    return str(refused.value)


def without_quiet_bodies(run):
    """The run as its file has it: without the text of bodies that no report shows."""
    shown = {item.path for check in run.checks if check.verdict in results.LOUD for item in check.evidence}
    for exchange in (item for check in run.checks for item in check.evidence if item.path not in shown):
        exchange.request_body.text = exchange.response_body.text = None
    return run


def test_what_is_written_can_be_read(tmp_path):
    path = tmp_path / "results.json"

    results.write(factory.deviating(), path)

    assert results.read(path) == without_quiet_bodies(factory.deviating())


def test_packed_file_is_read(tmp_path):
    results.write(factory.deviating(), tmp_path / "results.json")
    content = (tmp_path / "results.json").read_bytes()
    (tmp_path / "results.json").unlink()
    (tmp_path / "results.json.gz").write_bytes(gzip.compress(content))

    assert results.read(tmp_path) == without_quiet_bodies(factory.deviating())


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"{}", "is not a gzip file (Error -3 while decompressing data: incorrect header check)"),
        (gzip.compress(b"{}", mtime=0)[:-9], "is a gzip file that was cut"),
        (gzip.compress(b" " * (results.LIMIT + 1), mtime=0), "is larger than 100 MB"),
    ],
)
def test_packed_file_that_cannot_be_read_is_one_sentence(tmp_path, content, why):
    (tmp_path / "results.json.gz").write_bytes(content)

    assert _refusal(tmp_path) == f"{tmp_path / 'results.json.gz'} {why}"


def test_the_page_made_from_the_file_is_that_of_the_run(tmp_path):
    path = tmp_path / "results.json"

    results.write(factory.deviating(), path)

    assert page.render(results.read(path), factory.SHA) == page.render(factory.deviating(), factory.SHA)


def test_a_folder_stands_for_its_results(tmp_path):
    results.write(factory.conforming(), tmp_path / "results.json")

    assert results.read(tmp_path) == without_quiet_bodies(factory.conforming())


def test_hostile_text_survives_the_file(tmp_path):
    results.write(factory.hostile(), tmp_path / "results.json")

    assert results.read(tmp_path).endpoint.server == factory.HOSTILE


def test_nothing_but_the_whole_file_is_left_behind(tmp_path):
    results.write(factory.conforming(), tmp_path / "results.json")

    assert [path.name for path in tmp_path.iterdir()] == ["results.json"]


def test_a_file_without_its_footer_is_refused(tmp_path):
    path = tmp_path / "results.json"
    results.write(factory.conforming(), path)
    path.write_text(path.read_text().replace('"footer"', '"foot"'))

    assert _refusal(path) == f"{path} has no footer: that run did not end, run it again"


def test_a_truncated_file_is_refused(tmp_path):
    path = tmp_path / "results.json"
    results.write(factory.conforming(), path)
    path.write_bytes(path.read_bytes()[:-200])

    assert _refusal(path).startswith(f"{path} is not whole JSON, that run did not end: ")


def test_another_schema_is_refused(tmp_path):
    path = tmp_path / "results.json"
    results.write(factory.replace(factory.conforming(), schema=5), path)

    assert _refusal(path) == f"{path} has schema 5, this version reads up to 4"


def test_title_is_the_number_of_a_text_and_was_the_text_until_schema_3(tmp_path):
    path = tmp_path / "results.json"
    results.write(factory.conforming(), path)
    run, document = results.read(path), json.loads(path.read_bytes())
    assert {type(check["title"]) for check in document["checks"]} == {int}

    for check in document["checks"]:
        check["title"] = document["texts"][check["title"]]
    path.write_text(json.dumps(document | {"schema": 3}))

    assert results.read(path) == run


def test_file_of_schema_1_is_read(tmp_path):
    path = tmp_path / "results.json"
    run = factory.deviating()
    document = msgspec.to_builtins(run) | {"schema": 1}
    document["exchanges"] = [item | {"curl": "curl"} for check in document["checks"] for item in check["evidence"]]
    for check in document["checks"]:
        check["evidence"] = [{"path": item["path"], "sha256": factory.SHA} for item in check["evidence"]]
    path.write_text(json.dumps(document))

    assert results.read(path) == run


def test_each_text_stands_once(tmp_path):
    results.write(factory.large(100), tmp_path / "results.json")

    document = json.loads((tmp_path / "results.json").read_bytes())
    assert len(document["texts"]) == len(set(document["texts"])) < 10
    assert (len(document["exchanges"]), document["checks"][99]["evidence"]) == (1, [0, 0, 0])
    assert len((tmp_path / "results.json").read_bytes().splitlines()) < 250


@pytest.mark.parametrize("content", ["[]", '{"schema": 1}', "null"])
def test_a_file_of_another_kind_is_refused(tmp_path, content):
    path = tmp_path / "results.json"
    path.write_text(content)

    assert _refusal(path).startswith(f"{path} is not a results.json of this suite: ")


def test_a_missing_file_is_named(tmp_path):
    path = tmp_path / "none.json"

    assert _refusal(path) == f"{path} cannot be read: No such file or directory"


def test_half_a_surrogate_pair_does_not_cost_the_results(tmp_path):
    found = factory.run([factory.replace(factory.conforming().checks[0], summary="a \ud800 b")])

    results.write(found, tmp_path / "results.json")

    assert results.read(tmp_path).checks[0].summary == "a ? b"
