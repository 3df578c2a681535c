"""A store as a trustless gateway on the loopback, so that members without Kubo mirror each other.

It serves whatever the store holds to whoever reaches the port and knows a CID; what is not for
everybody has been sealed before it gets here. Other machines reach it through a tunnel or a proxy
of their own, which also bring encryption. `gateway` is the other side.
"""

import io
import socket
import struct
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer, ThreadingMixIn
from threading import BoundedSemaphore, Thread
from typing import Any, Self

from metaorg.errors import InvalidInput, MetaorgError, Misconfigured
from metaorg.http.client import printable
from metaorg.http.sockets import Timed
from metaorg.ipfs.store import Source
from metaorg.ipfs.trustless import Response, plain, respond

HOST = "127.0.0.1"
CONNECTIONS = 64
"""Clients at once, each with a thread; who comes above that is told to come later."""
HEAD_LIMIT = 16 << 10
"""Bytes of a request: it has no body."""
PATIENCE = 20.0
"""Seconds in which a request has to come, also after the one before it."""
SENDING = 60.0
"""Seconds in which a client has to take a block."""
_CHUNK = 64 << 10


class Server:
    """A store, served on a port of the loopback from the moment that this is made.

    Memory is that of a block for each of `CONNECTIONS` clients, and what `dag.walk` remembers for
    each CAR that is being sent.

    Args:
        store: threads share it.
        port: 0 takes one that is free.
        log: gets a line for each request, from several threads.

    Raises:
        Misconfigured: somebody else has the port.
    """

    def __init__(
        self,
        store: Source,
        *,
        port: int = 8180,
        log: Callable[[str], None] = lambda line: None,
    ) -> None:
        if not 0 <= port < 1 << 16:
            raise InvalidInput(f"{port} is no port: give one from 1 to 65535, or 0")
        try:
            self._server = _Server(store, port, log)
        except OSError as error:
            raise Misconfigured(
                f"the port {port} of {HOST} cannot be used ({error.strerror}): give another one"
            ) from error
        self._serving = False

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self._server.server_address[1]}"

    def serve_forever(self) -> None:
        """Answer requests until `close` is called in another thread, or this one is interrupted."""
        self._serving = True
        self._server.serve_forever(0.1)

    def start(self) -> Self:
        """Answer requests in a thread of its own."""
        self._serving = True
        Thread(target=self._server.serve_forever, args=(0.1,), daemon=True).start()
        return self

    def close(self) -> None:
        """Take no more requests; those that are being answered go on."""
        if self._serving:
            self._server.shutdown()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Server(ThreadingMixIn, TCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, store: Source, port: int, log: Callable[[str], None]) -> None:
        self.store, self.log = store, log
        self.free = BoundedSemaphore(CONNECTIONS)
        super().__init__((HOST, port), _Handler)

    def get_request(self) -> tuple[socket.socket, Any]:
        accepted, address = super().get_request()
        return Timed(fileno=accepted.detach()), address

    def process_request(self, request: Any, client_address: Any) -> None:
        if self.free.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self._send_away(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self.free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is nothing to tell; other faults stay in their thread."""

    def _send_away(self, request: socket.socket) -> None:
        with suppress(OSError):
            request.settimeout(0.05)
            # What a client has sent is read, or closing would take the answer back.
            with suppress(TimeoutError):
                request.recv(HEAD_LIMIT)
            request.sendall(
                b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\n"
                b"Connection: close\r\n\r\n"
            )
        self.shutdown_request(request)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    connection: Timed
    protocol_version, default_request_version = "HTTP/1.1", "HTTP/1.0"
    server_version, sys_version = "metaorg", ""
    disable_nagle_algorithm = True

    def handle_one_request(self) -> None:
        """Read the head of a request, bounded in size and time, before any of it is looked at."""
        incoming, self.connection.ends = self.rfile, time.monotonic() + PATIENCE
        self.command, self.requestline, self.request_version = "", "", self.protocol_version
        try:
            head = _head(incoming)
            self.connection.settimeout(SENDING)
            if len(head) > HEAD_LIMIT:
                self.send_error(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
                return
            self.rfile = io.BytesIO(head)
            super().handle_one_request()
        except OSError:  # a client that stalled, or went away
            self.close_connection = True
        finally:
            self.rfile = incoming

    def do_GET(self) -> None:
        if "Content-Length" in self.headers or "Transfer-Encoding" in self.headers:
            self.close_connection = True  # a body, which nobody reads
        accept = ",".join(self.headers.get_all("Accept", []))
        match = self.headers.get("If-None-Match", "")
        self._send(respond(self.server.store, self.path, accept=accept, match=match))

    do_HEAD = do_GET

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Say what the base class finds wrong with a request, in plain text."""
        self.close_connection = True
        if code == HTTPStatus.NOT_IMPLEMENTED:
            refusal = plain(HTTPStatus.METHOD_NOT_ALLOWED, "only GET and HEAD are answered here")
            refusal.headers["Allow"] = "GET, HEAD"
        else:
            refusal = plain(code, message or HTTPStatus(code).phrase)
        self._send(refusal)

    def log_message(self, format: str, *args: Any) -> None:
        return

    def _send(self, found: Response) -> None:
        self.server.log(f"{found.status} {printable(self.requestline)}")
        self.send_response(found.status)
        for name, value in found.headers.items():
            self.send_header(name, value)
        chunked = self.request_version == self.protocol_version
        if isinstance(found.body, bytes) and found.status != HTTPStatus.NOT_MODIFIED:
            self.send_header("Content-Length", str(len(found.body)))
        if not isinstance(found.body, bytes) and chunked:
            self.send_header("Transfer-Encoding", "chunked")
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command == "HEAD":
            return
        if isinstance(found.body, bytes):
            self.wfile.write(found.body)
        else:
            self._stream(found.body, chunked)

    def _stream(self, pieces: Iterator[bytes], chunked: bool) -> None:
        try:
            for piece in _joined(pieces):
                self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
        except MetaorgError as failure:
            self.server.log(f"broke off {printable(self.requestline)}: {failure}")
            self._break_off()
        else:
            self.wfile.write(b"0\r\n\r\n" if chunked else b"")

    def _break_off(self) -> None:
        """Reset the connection, so that no client takes what it got for all that there is."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        socket.close(self.connection.detach())


def _head(incoming: io.BufferedIOBase) -> bytes:
    """The lines of a request up to the empty one, or more than `HEAD_LIMIT` bytes."""
    head = line = incoming.readline(HEAD_LIMIT + 1)
    while line.strip(b"\r\n") and len(head) <= HEAD_LIMIT:
        line = incoming.readline(HEAD_LIMIT + 1 - len(head))
        head += line
    return head


def _joined(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in fewer pieces, as each of them is sent for itself."""
    held, size = list[bytes](), 0
    for piece in pieces:
        held.append(piece)
        size += len(piece)
        if size >= _CHUNK:
            yield b"".join(held)
            held, size = [], 0
    if held:
        yield b"".join(held)
