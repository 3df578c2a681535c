"""A process beside this one, which asks an endpoint for logs and reads their JSON.

That is half of the work of reading a long history, and needs nothing of the other half. What it
cannot do for whatever reason is done here, as if there were no such process.
"""

import json
import marshal
import os
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, BinaryIO, NamedTuple

from metaorg.audit.collecting.ahead import Ahead, rare_collections
from metaorg.audit.collecting.logs import Contracts, Logs, Malformed, plain, restored
from metaorg.errors import MetaorgError
from metaorg.onchain.endpoint import Endpoint

FROM = 20_000
"""Logs after which it is worth its start."""
AHEAD = 2
"""Windows that are asked for before somebody wants them: one is read while another is parsed."""
_LENGTH = 8
"""Bytes in which it tells how long an answer is."""


class Work(NamedTuple):
    """What the process is told first, on its stdin: an address may have a password in it."""

    url: str
    chain_id: int
    timeout: float
    limit: int
    addresses: list[str]


class Beside:
    """The process; it ends with this one, or when it is closed."""

    def __init__(self, endpoint: Endpoint, contracts: Contracts) -> None:
        given = (endpoint.url, endpoint.id, endpoint.timeout, endpoint.limit, contracts.addresses)
        self._process: subprocess.Popen[bytes] | None = None
        self._asked: deque[tuple[int, int]] = deque()
        """Windows whose answers are still to come, in order."""
        with suppress(OSError):
            self._process = subprocess.Popen(
                [sys.executable, "-m", __name__],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                # Python finds this package as this process does.
                env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            )
            self._tell(given)

    def window(self, first: int, last: int, until: int) -> tuple[int, list[Logs]] | None:
        """The last block of a window, and its logs by block in order; None where it has none.

        Args:
            last: where the window ends, unless another end was thought of before. until: windows
                as wide are read ahead up to this block.
        """
        try:
            while self._asked and not self._is_next(first, until):
                self._answer()  # nobody wants it any more
            if not self._asked:
                self._ask(first, last)
            self._ask_ahead(last - first, until)
            (_, end), answer = self._asked[0], self._answer()
        except (OSError, ValueError, EOFError, TypeError):
            self.close()
            return None
        return (end, restored(marshal.loads(answer))) if answer else None  # noqa: S302 - our own

    def close(self) -> None:
        """End it."""
        process, self._process = self._process, None
        self._asked.clear()
        if process is None:
            return
        for stream in (process.stdin, process.stdout):
            with suppress(OSError):
                assert stream is not None
                stream.close()
        process.kill()
        process.wait()

    def _is_next(self, first: int, until: int) -> bool:
        begin, end = self._asked[0]
        return begin == first and end <= until

    def _ask_ahead(self, width: int, until: int) -> None:
        while len(self._asked) <= AHEAD and self._asked[-1][1] < until:
            begin = self._asked[-1][1] + 1
            self._ask(begin, min(begin + width, until))

    def _ask(self, first: int, last: int) -> None:
        self._tell((first, last))
        self._asked.append((first, last))

    def _tell(self, value: Any) -> None:
        if self._process is None or self._process.stdin is None:
            raise EOFError
        self._process.stdin.write(json.dumps(value).encode() + b"\n")
        self._process.stdin.flush()

    def _answer(self) -> bytes:
        """What it says of the window that was asked for first; empty where it has nothing."""
        assert self._process is not None and self._process.stdout is not None
        length = int.from_bytes(_exactly(self._process.stdout, _LENGTH))
        self._asked.popleft()
        return _exactly(self._process.stdout, length)


def _exactly(stream: Any, length: int) -> bytes:
    data: bytes = stream.read(length)
    if len(data) != length:
        raise EOFError
    return data


def _serve(asked: BinaryIO, told: BinaryIO) -> None:
    work = Work(*json.loads(asked.readline()))
    contracts = Contracts(work.addresses)
    with rare_collections():
        for first, last, answer in Ahead(_answers(work, asked)):
            data = b""
            with suppress(Malformed):  # as None is
                data = marshal.dumps(plain(contracts.logs(answer, first, last)))
            told.write(len(data).to_bytes(_LENGTH) + data)
            told.flush()


def _answers(work: Work, asked: BinaryIO) -> Iterator[tuple[int, int, Any]]:
    """The windows that are asked for, each with what the node says; None for nothing."""
    endpoint = Endpoint(work.url, work.chain_id, work.timeout, patience=0, limit=work.limit)
    addresses = [address.lower() for address in work.addresses]
    for line in asked:
        first, last = json.loads(line)
        window = {"address": addresses, "fromBlock": hex(first), "toBlock": hex(last)}
        try:
            yield first, last, endpoint.attempt("eth_getLogs", window)
        except MetaorgError:
            yield first, last, None


if __name__ == "__main__":
    _serve(sys.stdin.buffer, sys.stdout.buffer)
