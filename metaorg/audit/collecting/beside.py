"""A process beside this one, which asks an endpoint for logs and reads their JSON.

That is half of the work of reading a long history, and needs nothing of the other half. What it
cannot do for whatever reason is done here, as if there were no such process.
"""

import json
import marshal
import os
import subprocess
import sys
from contextlib import suppress
from typing import Any, BinaryIO, NamedTuple

from metaorg.audit.collecting.logs import Contracts, Logs, Malformed, plain, restored
from metaorg.errors import MetaorgError
from metaorg.onchain.endpoint import Endpoint

FROM = 20_000
"""Logs after which it is worth its start."""
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

    def logs(self, first: int, last: int) -> list[Logs] | None:
        """The logs of a window, by block, in order; None where it could not have them."""
        try:
            self._tell((first, last))
            answer = self._answer()
        except (OSError, ValueError, EOFError, TypeError):
            self.close()
            return None
        return None if answer is None else restored(answer)

    def close(self) -> None:
        """End it."""
        process, self._process = self._process, None
        if process is None:
            return
        for stream in (process.stdin, process.stdout):
            with suppress(OSError):
                assert stream is not None
                stream.close()
        process.kill()
        process.wait()

    def _tell(self, value: Any) -> None:
        if self._process is None or self._process.stdin is None:
            raise EOFError
        self._process.stdin.write(json.dumps(value).encode() + b"\n")
        self._process.stdin.flush()

    def _answer(self) -> Any:
        assert self._process is not None and self._process.stdout is not None
        length = int.from_bytes(_exactly(self._process.stdout, _LENGTH))
        return marshal.loads(_exactly(self._process.stdout, length))  # noqa: S302 - our own process


def _exactly(stream: Any, length: int) -> bytes:
    data: bytes = stream.read(length)
    if len(data) != length:
        raise EOFError
    return data


def _serve(asked: BinaryIO, told: BinaryIO) -> None:
    work = Work(*json.loads(asked.readline()))
    endpoint = Endpoint(work.url, work.chain_id, work.timeout, patience=0, limit=work.limit)
    contracts = Contracts(work.addresses)
    addresses = [address.lower() for address in work.addresses]
    for line in asked:
        first, last = json.loads(line)
        window = {"address": addresses, "fromBlock": hex(first), "toBlock": hex(last)}
        try:
            logs = contracts.logs(endpoint.attempt("eth_getLogs", window), first, last)
        except (MetaorgError, Malformed):
            logs = None
        data = marshal.dumps(None if logs is None else plain(logs))
        told.write(len(data).to_bytes(_LENGTH) + data)
        told.flush()


if __name__ == "__main__":
    _serve(sys.stdin.buffer, sys.stdout.buffer)
