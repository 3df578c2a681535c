"""HTTP to one server, bounded in time and memory whatever it answers.

A request ends at its deadline, however slowly bytes drip in. Nothing is unpacked, no redirect is
followed, no proxy or password is taken from the environment. Made of the standard library's client
over sockets of our own, because timeouts of urllib3 start again with every byte.
"""

import os
import re
import selectors
import socket
import ssl
import time
from collections import deque
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException, HTTPMessage, HTTPResponse, HTTPSConnection
from typing import NamedTuple
from urllib.parse import urlsplit

from metaorg.errors import InvalidInput, StoreUnreachable, Unreachable
from metaorg.http.sockets import Timed, TimedTls, dial, grant, literal, secured

SAFE = ("GET", "HEAD")
"""What may be sent on a connection that served before, and sent again when that was closed."""
_PAUSE = 0.5
"""Seconds that a busy server is left alone at first, if it does not say how long."""
_MESSAGE = 200
"""Characters of what a stranger says that are shown."""


def printable(text: str) -> str:
    """Text of strangers in one line that a terminal can show."""
    line = "".join(c if c.isprintable() else " " for c in text[:_MESSAGE])
    return line + ("..." if len(text) > _MESSAGE else "")


class TooMuch(HTTPException):
    """An answer had more bytes than it may have."""


class Url(NamedTuple):
    """A server, and under which path it offers what is asked of it."""

    scheme: str
    host: str
    port: int | None
    path: str

    @classmethod
    def parse(cls, text: str, what: str) -> "Url":
        """Read a URL of http or https with a host, and perhaps a port and a path.

        Raises:
            InvalidInput: it has another form, or more; it is not repeated, for it may hold a
                password.
        """
        try:
            parts = urlsplit(text)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            parts, host, port = urlsplit(""), "", None
        plain = text.isascii() and text.isprintable() and " " not in text and "@" not in text
        if not (plain and host and parts.scheme in ("http", "https")) or "?" in text or "#" in text:
            raise InvalidInput(
                f"the URL of {what} has http or https, a host and at most a port and a path, no "
                "user and no query: as https://ipfs.example.org"
            )
        return cls(parts.scheme, host, port, parts.path.rstrip("/"))

    @property
    def loopback(self) -> bool:
        """Whether what is sent there stays on this machine."""
        address = literal(self.host)
        return self.host == "localhost" if address is None else address.is_loopback

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}{'' if self.port is None else f':{self.port}'}{self.path}"


class Answer(NamedTuple):
    """What a server said; headers by name in any case."""

    status: int
    headers: HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        """The body for a message, in one line."""
        return printable(self.body[:1000].decode(errors="replace"))

    @property
    def busy(self) -> bool:
        """Whether the server did nothing, and wants to be asked later."""
        return self.status in (429, 503) or (self.status >= 500 and "Retry-After" in self.headers)

    @property
    def retry_after(self) -> float:
        """For how many seconds it wants to be left alone, if it says so as a number."""
        text = self.headers.get("Retry-After", "")
        return float(text) if re.fullmatch("[0-9]{1,7}", text) else 0.0


class Client:
    """Requests to the server at a URL; threads may share one.

    Args:
        url: where its paths begin.
        who: what to call it in messages, as "the gateway https://ipfs.example.org".
        failure: what is raised when it gives no usable answer.
        safe: methods that change nothing there.
    """

    def __init__(
        self,
        url: Url,
        who: str,
        failure: type[Unreachable] = StoreUnreachable,
        safe: Collection[str] = SAFE,
    ) -> None:
        self.url, self.who, self.failure, self.safe = url, who, failure, safe
        # By process: two of them must not read the answers of one connection.
        self._idle: dict[int, deque[HTTPConnection]] = {}

    def request(
        self,
        method: str,
        path: str,
        *,
        timeout: float,
        limit: int,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Answer:
        """The server's answer, whatever its status; a busy one is asked again while there is time.

        Args:
            path: what follows the path of the URL, quoted.
            timeout: seconds in which the request ends, one way or the other.
            limit: the most bytes that the answer's body may have.

        Raises:
            Unreachable: as `failure`: nobody answers, not in time, not in HTTP, with a redirect,
                packed, or with more than `limit` bytes.
        """
        sent = {"Accept-Encoding": "identity", "User-Agent": "metaorg", **(headers or {})}
        asked = _Request(method, self.url.path + path, sent, body)
        ends, pause = time.monotonic() + timeout, _PAUSE
        with self._translated(timeout):
            while True:
                answer = self._once(asked, ends, limit)
                wait = max(pause, answer.retry_after)
                if not answer.busy or time.monotonic() + wait > ends:
                    return answer
                time.sleep(wait)
                pause *= 2

    def close(self) -> None:
        """Close the connections that are open; a later request opens one again."""
        idle = self._connections
        while idle:
            idle.pop().close()

    def _once(self, request: "_Request", ends: float, limit: int) -> Answer:
        connection, response = self._exchange(request, ends)
        try:
            answer = Answer(response.status, response.headers, self._body(response, limit))
        except BaseException:
            response.close()
            connection.close()
            raise
        if response.will_close:
            connection.close()
        else:
            self._connections.append(connection)
        return answer

    def _exchange(self, request: "_Request", ends: float) -> tuple[HTTPConnection, HTTPResponse]:
        used = self._reusable(ends) if request.method in self.safe else None
        if used is not None:
            # The server may close it just now, which says nothing about a new one.
            with suppress(ConnectionError, HTTPException):
                return used, _ask(used, request)
        connection = self._connect(ends)
        return connection, _ask(connection, request)

    def _body(self, response: HTTPResponse, limit: int) -> bytes:
        if 300 <= response.status < 400:
            raise HTTPException("it redirects, which is not followed")
        if response.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise HTTPException("it packs its answer, which was not asked for")
        body = response.read(limit + 1)
        if len(body) > limit:
            raise TooMuch(f"more than {limit:,} bytes")
        if response.length:
            raise HTTPException(f"it broke off {response.length:,} bytes before the end")
        return body

    def _reusable(self, ends: float) -> HTTPConnection | None:
        """A connection that is open and silent; one that speaks unasked says nothing good."""
        while self._connections:
            try:
                connection = self._connections.pop()
            except IndexError:  # another thread was faster
                return None
            assert isinstance(connection.sock, Timed | TimedTls)
            with selectors.DefaultSelector() as selector:
                selector.register(connection.sock, selectors.EVENT_READ)
                silent = not selector.select(0)
            if silent:
                connection.sock.ends = ends
                return connection
            connection.close()
        return None

    def _connect(self, ends: float) -> HTTPConnection:
        host, secure = self.url.host, self.url.scheme == "https"
        kind = HTTPSConnection if secure else HTTPConnection
        connection = kind(host, self.url.port)
        connection.auto_open = 0
        plain = dial(host, connection.port, ends)
        connection.sock = secured(plain, host) if secure else plain
        return connection

    @property
    def _connections(self) -> deque[HTTPConnection]:
        return self._idle.setdefault(os.getpid(), deque())

    @contextmanager
    def _translated(self, timeout: float) -> Iterator[None]:
        """The one place where a foreign error becomes ours; which ones may come is nowhere said."""
        try:
            yield
        except TimeoutError as error:
            raise self.failure(f"{self.who} did not answer within {timeout:g} seconds") from error
        except ssl.SSLCertVerificationError as error:
            shown = printable(error.verify_message)
            raise self.failure(f"{self.who} cannot prove who it is ({shown})") from error
        except ConnectionRefusedError as error:
            raise self.failure(f"nobody answers for {self.who}: does it run?") from error
        except socket.gaierror as error:
            raise self.failure(f"nobody knows the name in {self.who}") from error
        except Exception as error:
            shown = printable(str(error) or type(error).__name__)
            raise self.failure(f"{self.who} gave no usable answer ({shown})") from error


class _Request(NamedTuple):
    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes | None


def _ask(connection: HTTPConnection, request: _Request) -> HTTPResponse:
    try:
        assert isinstance(connection.sock, Timed | TimedTls)
        grant(connection.sock)
        connection.request(request.method, request.target, request.body, request.headers)
        return connection.getresponse()
    except BaseException:
        connection.close()
        raise
