"""One call to an IPFS daemon through ipfshttpclient, bounded in time and memory whatever answers.

ipfshttpclient 0.7.0 bounds neither: its timeout starts again with every received byte, and it reads
error messages of any length. So a call runs in a thread that is waited for only so long, and the
body is cut off at a size and at a time. Every call has a connection of its own: nothing is shared
by threads or across forks. Proxies, redirects and compression are off, for this is a local API.
"""

import time
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from typing import Any, TypeVar

from metaorg.errors import StoreUnreachable
from metaorg.http.client import printable
from metaorg.http.threads import started

S = TypeVar("S")
T = TypeVar("T")

ANSWER_LIMIT = 1 << 20
"""Bytes of an ordinary answer, error messages among them."""
LONGEST = 3600.0
"""Seconds after which a command ends although its daemon still tells of progress."""
_CHUNK = 1 << 16


class Refusal(Exception):
    """The daemon understood a command and said no; the text is its own sentence."""


class Rpc:
    """Commands to the daemon at a multiaddr.

    Args:
        address: as `/ip4/127.0.0.1/tcp/5001`, with `/https` at the end for TLS.
        timeout: seconds in which a call ends, one way or the other.
    """

    def __init__(self, address: str, timeout: float) -> None:
        self.address, self.timeout = address, timeout

    def call(
        self,
        command: str,
        options: Mapping[str, str],
        *,
        files: Sequence[bytes] = (),
        limit: int = ANSWER_LIMIT,
        timeout: float | None = None,
        progress: Callable[[bytes], bool] = lambda _: False,
    ) -> bytes:
        """The daemon's answer to `/api/v0/COMMAND`.

        Args:
            files: what is sent along.
            limit: bytes of the answer.
            timeout: another one than the usual, in seconds.
            progress: tells of a piece of the answer whether the timeout starts again, which it does
                until `LONGEST`.

        Raises:
            Refusal: the daemon answered with an error message.
            StoreUnreachable: it is down, slow, no IPFS daemon, or sends more than `limit` bytes.
        """
        guard = _Guard(limit, timeout or self.timeout, progress)
        body, headers = _multipart(files) if files else (None, None)

        def exchange() -> bytes:
            with closing(_client(self.address, guard.timeout, guard)) as client:
                answer = client._client.request(  # the public methods take no options of commands
                    f"/{command}", opts=options, data=body, headers=headers
                )
                return bytes(answer)

        return self._translated(command, guard, exchange)

    def _translated(self, command: str, guard: "_Guard", exchange: Callable[[], T]) -> T:
        """The one place where a foreign error becomes ours; which ones may come is nowhere said."""
        exceptions = _library().exceptions
        where = f"the daemon at {self.address}"
        try:
            return guard.wait_for(started(exchange))
        except (TimeoutError, exceptions.TimeoutError) as error:
            raise StoreUnreachable(
                f"{where} did not answer {command} within {guard.timeout:g} seconds"
            ) from error
        except exceptions.ErrorResponse as error:
            raise Refusal(printable(str(error))) from error
        except exceptions.StatusError as error:
            raise StoreUnreachable(
                f"{where} does not offer {command} ({printable(str(error.original))}): is it the "
                "RPC address of a Kubo daemon, and is it open to this client?"
            ) from error
        except exceptions.ConnectionError as error:
            raise StoreUnreachable(f"nobody answers at {self.address}: is it running?") from error
        except Exception as error:
            raise StoreUnreachable(
                f"{where} gave no usable answer to {command} ({printable(str(error))})"
            ) from error


class _Cut(Exception):
    """An answer was too long, too slow, or led elsewhere."""


class _Guard:
    """Wraps the body of each answer; a hook of requests, which runs before any of it is read."""

    def __init__(self, limit: int, timeout: float, progress: Callable[[bytes], bool]) -> None:
        self.limit, self.timeout, self.progress = limit, timeout, progress
        self._end = time.monotonic() + max(timeout, LONGEST)
        self._deadline = time.monotonic() + timeout

    def __call__(self, response: Any, **_: Any) -> Any:
        if response.is_redirect:
            response.close()
            raise _Cut("it redirects, which no daemon does")
        response.raw = _Body(response.raw, self)
        return response

    def check(self, size: int, chunk: bytes) -> None:
        if size > self.limit:
            raise _Cut(f"more than {self.limit:,} bytes")
        if time.monotonic() > self._deadline:
            raise TimeoutError
        if self.progress(chunk):
            self._deadline = min(time.monotonic() + self.timeout, self._end)

    def wait_for(self, work: "Future[T]") -> T:
        """The result, or `TimeoutError`, even while nothing arrives that could be checked."""
        while True:
            deadline = self._deadline
            try:
                return work.result(max(0, deadline - time.monotonic()))
            except TimeoutError:
                if work.done() or deadline == self._deadline:
                    raise


class _Body:
    """urllib3's body, read as bytes arrive (`read1`): it never waits for more, nor unpacks."""

    def __init__(self, raw: Any, guard: _Guard) -> None:
        self._raw, self._guard = raw, guard

    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        size = 0
        while chunk := self._raw.read1(_CHUNK, decode_content=False):
            size += len(chunk)
            self._guard.check(size, chunk)
            yield chunk

    def __getattr__(self, name: str) -> Any:
        return getattr(self._raw, name)


def _client(address: str, timeout: float, guard: _Guard) -> Any:
    """A client for one call; `connect()` would refuse every daemon since 0.8.

    The session is ours, because the client's own warns on every call and cannot be guarded.
    """
    import requests

    client = _library().Client(address, timeout=timeout)
    session = requests.Session()
    session.trust_env = False
    session.headers["Accept-Encoding"] = "identity"
    session.hooks["response"].append(guard)
    client._client._session = session
    return client


def _library() -> Any:
    """ipfshttpclient, imported when it is needed: it takes 0.2 s."""
    import ipfshttpclient

    return ipfshttpclient


def ahead(work: Callable[[S], T], items: Iterable[S], count: int) -> Iterator[T]:
    """What `work` makes of each item, in order, `count` at a time; it must not raise."""
    waiting: deque[Future[T]] = deque()
    with ThreadPoolExecutor(count) as threads:
        for item in items:
            waiting.append(threads.submit(work, item))
            if len(waiting) >= count:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _multipart(files: Sequence[bytes]) -> tuple[bytes, dict[str, str]]:
    """The body that carries files, and its header."""
    boundary = uuid.uuid4().hex
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="block"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    ).encode()
    parts = [part for data in files for part in (head, data, b"\r\n")]
    body = b"".join([*parts, f"--{boundary}--\r\n".encode()])
    return body, {"Content-Type": f"multipart/form-data; boundary={boundary}"}
