"""The reference server in a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import httpx
import pytest

from conformance.reference.process import ServerProcess
from tests.conftest import wait_until


@pytest.fixture
def server():
    server = ServerProcess()
    yield server
    server.stop()


def refused(url):
    try:
        httpx.get(url)
    except httpx.ConnectError:
        return True


@pytest.mark.slow
def test_requests_wait_until_the_server_is_up(server):
    assert httpx.get(f"{server.url}/studies", timeout=20).status_code == 200
    assert server.wait()


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="signals of a terminal")
def test_signals_of_a_terminal_do_not_end_it(server):
    assert server.wait()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        server._process.send_signal(number)

    assert httpx.get(f"{server.url}/studies").status_code == 200


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="kill -9")
def test_it_ends_with_the_process_that_started_it():
    program = "from conformance.reference.process import ServerProcess; import sys; s = ServerProcess(); s.wait(); "
    program += "print(s.url, flush=True); sys.stdin.read()"
    starter = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    url = starter.stdout.readline().strip()
    assert httpx.get(f"{url}/studies").status_code == 200
    starter.kill()
    starter.communicate()

    assert wait_until(lambda: refused(url), 5)
