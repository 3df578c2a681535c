"""Servers that do as tests say: they stall, drip, flood, cut off, redirect, and pack bombs."""

import contextlib
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

Behaviour = Callable[[BaseHTTPRequestHandler], None]

TIMEOUT = 0.4
"""Seconds that a client grants a server that may use them up."""


class Server(ThreadingHTTPServer):
    """Answers each request on a free port of the loopback as a behaviour does, until it is left.

    Args:
        behaviour: what it does with each request.
        keeps: leave the connection open for the next one, which needs well-behaved behaviour.
    """

    daemon_threads = True
    # A thread that drips ends when its client does; nobody waits for it.
    block_on_close = False

    def __init__(self, behaviour: Behaviour, *, keeps: bool = False) -> None:
        self.behaviour, self.keeps = behaviour, keeps
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    disable_nagle_algorithm = True
    body = b""

    def setup(self) -> None:
        super().setup()
        if self.server.keeps:  # type: ignore[attr-defined]
            self.protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        # A client that was cut off is the point of these tests.
        with contextlib.suppress(ConnectionError):
            self.server.behaviour(self)  # type: ignore[attr-defined]

    do_POST = do_HEAD = do_DELETE = do_GET

    def log_message(self, *_: Any) -> None:
        return


def says(body: bytes, status: int = 200, **headers: str) -> Behaviour:
    """A behaviour: one complete answer."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def hangs(handler: BaseHTTPRequestHandler) -> None:
    time.sleep(4 * TIMEOUT)


def hangs_up(handler: BaseHTTPRequestHandler) -> None:
    handler.close_connection = True


def drips(*pieces: bytes, then: bytes) -> Behaviour:
    """Sends the pieces, and then a little again and again, well within any socket's timeout."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"".join(pieces))
        for _ in range(int(4 * TIMEOUT / 0.02)):
            handler.wfile.write(then)
            handler.wfile.flush()
            time.sleep(0.02)

    return answer


def floods(*pieces: bytes, then: bytes) -> Behaviour:
    """Sends the pieces, and then as much as the other side takes."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"".join(pieces))
        ends = time.monotonic() + 4 * TIMEOUT
        while time.monotonic() < ends:
            handler.wfile.write(then)

    return answer


def redirects(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(307)
    handler.send_header("Location", handler.path)
    handler.send_header("Content-Length", "0")
    handler.end_headers()


def bomb(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Encoding", "gzip")
    handler.send_header("Content-Length", str(len(BOMB)))
    handler.end_headers()
    handler.wfile.write(BOMB)


def packed_zeros(mebibytes: int) -> bytes:
    packer = zlib.compressobj(wbits=31)
    return b"".join([packer.compress(bytes(1 << 20)) for _ in range(mebibytes)] + [packer.flush()])


BOMB = packed_zeros(100)
OK = b"HTTP/1.1 200 OK\r\n"
ERROR = b"HTTP/1.1 500 Internal Server Error\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
MEBIBYTE = bytes(1 << 20)


@contextlib.contextmanager
def bounded() -> Iterator[None]:
    """Fails when the block inside takes long or much."""
    started = time.monotonic()
    tracemalloc.start()
    try:
        yield
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert time.monotonic() - started < TIMEOUT + 1
    assert peak < 40 << 20
