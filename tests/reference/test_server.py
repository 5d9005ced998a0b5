"""The reference server as a process: sockets, folders, what it keeps, many requests at once."""

from __future__ import annotations

import socket
import sqlite3
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

import conformance
from conformance.reference.archive import Archive
from conformance.reference.server import Server

from .helpers import JSON, image, store, url


def connect(server):
    return httpx.Client(base_url=server.url, headers={"Accept": JSON}, trust_env=False)


def test_server_names_itself_once(client):
    assert client.get("/studies").headers.get_list("Server") == [
        f"dicomweb-conformance-reference/{conformance.__version__}"
    ]


def test_folder_keeps_what_was_stored_for_the_next_server(tmp_path):
    ds = image()
    with Server(tmp_path) as server, connect(server) as client:
        store(client, ds)
    with Server(tmp_path) as server, connect(server) as client:
        found = client.get("/studies").json()

    assert [item["0020000D"]["Value"] for item in found] == [[ds.StudyInstanceUID]]


def test_temporary_archive_is_gone_afterwards():
    with Server() as server:
        folder = server.archive.folder
        assert folder.is_dir()

    assert not folder.exists()


def test_what_was_half_received_is_removed_at_the_next_start(tmp_path):
    with Archive(tmp_path) as archive:
        archive.draft().write_bytes(b"half")
    with Archive(tmp_path) as archive:
        left = [path.name for path in archive.folder.rglob("*") if path.is_file()]

    assert left == ["index.sqlite"]


def test_folder_of_somebody_is_left_as_it_is(tmp_path):
    (tmp_path / "incoming").mkdir()
    (tmp_path / "incoming" / "patient.dcm").write_bytes(b"somebody's")

    with pytest.raises(OSError, match="has other files: name an empty folder, or one of this server"):
        Server(tmp_path)

    assert [path.name for path in tmp_path.rglob("*")] == ["incoming", "patient.dcm"]


def test_only_what_was_half_received_is_removed(tmp_path):
    with Archive(tmp_path) as archive:
        archive.draft().with_name("patient.dcm").write_bytes(b"somebody's")
    with Archive(tmp_path):
        assert (tmp_path / "incoming" / "patient.dcm").exists()


def test_index_that_leads_out_of_the_folder_is_an_oserror(tmp_path):
    with Server(tmp_path) as server, connect(server) as client:
        store(client, image())
    with sqlite3.connect(tmp_path / "index.sqlite") as index:
        index.execute("UPDATE instances SET file = '../somebody.dcm'")

    with pytest.raises(OSError, match="is not of this server: its index names '../somebody.dcm'"):
        Server(tmp_path)


def test_rejected_stores_leave_no_file(tmp_path):
    with Server(tmp_path) as server, connect(server) as client:
        store(client, b"no DICOM", b"nor this")
        client.post("/studies", content=b"--a", headers={"Content-Type": "multipart/related;boundary=a"})
        left = [path.name for path in tmp_path.rglob("*") if path.is_file()]

    assert left == ["index.sqlite"]


def test_replaced_and_deleted_instances_leave_no_file(tmp_path):
    ds = image()
    with Server(tmp_path) as server, connect(server) as client:
        store(client, ds, ds)
        assert len(list(tmp_path.rglob("*.dcm"))) == 1
        client.delete(url(ds, "study"))

        assert list(tmp_path.rglob("*.dcm")) == []


def test_taken_port_is_an_oserror():
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        Server(port=taken.getsockname()[1])


def test_folder_that_cannot_be_made_is_an_oserror(tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(OSError):
        Server(tmp_path / "file" / "folder")


def test_folder_with_another_index_is_an_oserror(tmp_path):
    (tmp_path / "index.sqlite").write_text("not a data base, but long enough to look at")

    with pytest.raises(OSError, match="cannot be used as index"):
        Server(tmp_path)


def test_urls_are_those_that_the_client_used(client, study):
    response = client.get(f"{study.path}/series", headers={"Host": "archive.example:81"})

    assert response.json()[0]["00081190"]["Value"][0].startswith("http://archive.example:81/dicom-web/studies/")


def test_stores_and_searches_at_the_same_time_all_succeed(client):
    def work(number):
        ds = image()
        stored = store(client, ds).status_code
        found = client.get("/instances", params={"SOPInstanceUID": ds.SOPInstanceUID}).json()
        return stored, len(found), client.delete(url(ds)).status_code

    with ThreadPoolExecutor(8) as pool:
        outcomes = set(pool.map(work, range(40)))

    assert outcomes == {(200, 1, 204)}
