"""A real HTTP server in a thread, which serves one file in the ways that servers do, and a room to fetch it into."""

from __future__ import annotations

import hashlib
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from photomotion.plugin import Event
from photomotion.weights import Catalogue, WeightFile
from photomotion.weights.fetching import fetch

CONTENT = random.Random(0).randbytes(3_000_000)
SIZE = len(CONTENT)
DIGEST = hashlib.sha256(CONTENT).hexdigest()


class Room:
    """A catalogue of one file at these addresses, and what was said and waited while it was fetched."""

    def __init__(self, folder: Path, urls: list[str], sha256: str = DIGEST, content: bytes = CONTENT) -> None:
        self.entry = WeightFile(
            name="big", file="big.pth", urls=tuple(urls), bytes=len(content), sha256=sha256,
            licence="MIT", licence_url="https://example.org", commercial="yes",
        )  # fmt: skip
        self.catalogue = Catalogue([], folder=folder)
        self.catalogue.entries["big"] = self.entry
        self.path = self.catalogue.path(self.entry)
        self.part = self.path.with_name("big.pth.part")
        self.pauses: list[float] = []
        self.events: list[Event] = []

    def fetch(self, *, source: str | None = None, timeout: float = 20.0) -> Path:
        return fetch(
            self.catalogue, "big", source=source, on_event=self.events.append,
            timeout=timeout, sleep=self.pauses.append,
        )  # fmt: skip

    @property
    def notices(self) -> list[str]:
        return [event.message for event in self.events if event.notice]

    @property
    def files(self) -> set[str]:
        return {path.name for path in self.path.parent.iterdir() if path.suffix != ".lock"}


class WeightServer(ThreadingHTTPServer):
    """Serves ``content``; the first part of the path is the manner, methods of :class:`Manners`."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, content: bytes) -> None:
        super().__init__(("127.0.0.1", 0), Manners)
        self.content = content
        self.tag = '"first"'
        self.cuts: list[int] = []
        """How many bytes each of the next answers of ``/cut`` sends before it closes; then all."""
        self.answers: list[tuple[int, dict[str, str]]] = []
        """What the next requests of ``/answers`` get; then the file."""
        self.asked: list[tuple[str, dict[str, str]]] = []
        """Path and headers of every request."""
        self.sent = 0
        self.released = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    @property
    def ranges(self) -> list[str]:
        return [headers.get("Range", "") for _, headers in self.asked]


class Manners(BaseHTTPRequestHandler):
    server: WeightServer

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        manner = self.path.split("/")[1]
        self.server.asked.append((self.path, dict(self.headers)))
        with suppress(BrokenPipeError, ConnectionResetError):
            getattr(self, f"serve_{manner}", self.serve_missing)()

    def begin(self, *, ranges: bool = True, tag: bool = True) -> bytes:
        """Send the headers of the file, or of the piece that was asked for, and return it."""
        content = self.server.content
        wanted = self.headers.get("Range", "") if ranges else ""
        if wanted and self.headers.get("If-Range", self.server.tag) == self.server.tag:
            offset = int(wanted.removeprefix("bytes=").rstrip("-"))
            if offset >= len(content):
                self.send_error(416)
                return b""
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {offset}-{len(content) - 1}/{len(content)}")
            content = content[offset:]
        else:
            self.send_response(200)
        if tag:
            self.send_header("ETag", self.server.tag)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        return content

    def send(self, data: bytes) -> None:
        self.wfile.write(data)
        self.wfile.flush()
        self.server.sent += len(data)

    def serve_missing(self) -> None:
        self.send_error(404)

    def serve_whole(self) -> None:
        self.send(self.begin())

    def serve_plain(self) -> None:
        """No ranges, no tag."""
        self.send(self.begin(ranges=False, tag=False))

    def serve_cut(self) -> None:
        data = self.begin()
        self.send(data[: self.server.cuts.pop(0)] if self.server.cuts else data)

    def serve_wrongcut(self) -> None:
        """Another file of the same size, cut."""
        data = bytes(255 - b for b in self.begin())
        self.send(data[: self.server.cuts.pop(0)] if self.server.cuts else data)

    def serve_plaincut(self) -> None:
        data = self.begin(ranges=False, tag=False)
        self.send(data[: self.server.cuts.pop(0)] if self.server.cuts else data)

    def serve_hang(self) -> None:
        """Half of what was asked for, then nothing until the server is released; then nothing more either."""
        data = self.begin()
        self.send(data[: len(data) // 2])
        self.server.released.wait(30)

    def serve_gate(self) -> None:
        """Half of it, and when the server is released the rest."""
        data = self.begin()
        self.send(data[: len(data) // 2])
        self.server.released.wait(30)
        self.send(data[len(data) // 2 :])

    def serve_wrong(self) -> None:
        """Another file of the same size."""
        self.send(bytes(255 - b for b in self.begin(ranges=False)))

    def serve_short(self) -> None:
        page = b"<html>Log in to this hotel's network</html>"
        self.send_response(200)
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.send(page)

    def serve_endless(self) -> None:
        """Too much, and no length said."""
        self.send_response(200)
        self.end_headers()
        self.send(self.server.content + b"more")

    def serve_liar(self) -> None:
        """To whom asks for a piece, another one."""
        if "Range" not in self.headers:
            self.serve_cut()
            return
        self.send_response(206)
        self.send_header("Content-Range", f"bytes 0-9/{len(self.server.content)}")
        self.send_header("Content-Length", "10")
        self.end_headers()
        self.send(self.server.content[:10])

    def serve_answers(self) -> None:
        if not self.server.answers:
            self.serve_whole()
            return
        code, headers = self.server.answers.pop(0)
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()


@contextmanager
def serving(content: bytes) -> Iterator[WeightServer]:
    server = WeightServer(content)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.released.set()
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def straight(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy, and a network."""
    monkeypatch.setenv("no_proxy", "*")
    for name in ("PHOTOMOTION_OFFLINE", "HF_HUB_OFFLINE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def server() -> Iterator[WeightServer]:
    with serving(CONTENT) as server:
        yield server
