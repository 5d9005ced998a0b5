"""A server of one's own bytes: it keeps what it receives and answers what it was given."""

from __future__ import annotations

import re
import socket
import threading
import time

import pytest

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/dicom+json\r\nContent-Length: 2\r\n\r\n[]"


class Scripted:
    """Answers each connection's requests with `answers` in turn (the last one again); None closes, a float waits."""

    def __init__(self, answers):
        self.answers = list(answers)
        self.requests = []
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/dicom-web"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection:
            connection.settimeout(10)
            while (request := self._request(connection)) is not None:
                self.requests.append(request)
                answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
                for piece in answer if isinstance(answer, (list, tuple)) else [answer]:
                    if piece is None:
                        return
                    if isinstance(piece, float):
                        time.sleep(piece)
                        continue
                    try:
                        connection.sendall(piece)
                    except OSError:
                        return

    @staticmethod
    def _request(connection):
        received = b""
        while True:
            head, end, body = received.partition(b"\r\n\r\n")
            length = re.search(rb"(?i)content-length: (\d+)", head)
            if end and b"chunked" in head:
                if body.endswith(b"0\r\n\r\n"):
                    return received
            elif end and len(body) >= (int(length[1]) if length else 0):
                return received
            try:
                data = connection.recv(65536)
            except OSError:
                return None
            if not data:
                return None
            received += data

    def close(self):
        self._listener.close()


@pytest.fixture
def scripted():
    """Make scripted servers, which are closed at the end."""
    servers = []

    def make(*answers):
        servers.append(Scripted(answers or [OK]))
        return servers[-1]

    yield make
    for server in servers:
        server.close()
