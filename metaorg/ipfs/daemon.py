"""A Kubo daemon that is asked through its RPC API: its version, its refusals, its answers.

`rpc` bounds what a daemon may cost; here its answers are read, and believed as far as they agree
with what was asked.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import IPv4Address, IPv6Address
from typing import Any

from metaorg.errors import ContentMissing, InvalidInput, StoreUnreachable
from metaorg.http.client import printable
from metaorg.ipfs.rpc import Refusal, Rpc
from metaorg.types import BLOCK_LIMIT, Cid, Model

OLDEST = (0, 28)
"""Daemons before this version are refused: their commands were never checked against this code."""
TESTED = (0, 43)
"""The version that the tests run; others from `OLDEST` on are used, with a warning."""

_ADDRESS = re.compile(
    r"/(ip4/(?P<ip4>[^/]+)|ip6/(?P<ip6>[^/]+)|dns[46]?/[\w.-]+)/tcp/(?P<port>\d{1,5})(/https?)?",
    re.ASCII,
)


class KuboVersion(Model):
    """A daemon's version, and what to know about it."""

    text: str
    warning: str = ""
    """Empty for a version that the tests run."""


class Refused(StoreUnreachable):
    """The daemon understood a command and said no."""


class Daemon:
    """The daemon at an address. Its version is read before the first command.

    Args:
        address: a multiaddr with a port.
        timeout: seconds in which a command ends, if nothing else is said.

    Raises:
        InvalidInput: the address is none.
    """

    def __init__(self, address: str, timeout: float) -> None:
        _check_address(address)
        self.address, self.timeout = address, timeout
        self._rpc = Rpc(address, timeout)
        self._version: KuboVersion | None = None

    def __str__(self) -> str:
        return f"Kubo at {self.address}"

    def version(self) -> KuboVersion:
        """The version of the daemon that answers now.

        Raises:
            StoreUnreachable: it names none, or one before `OLDEST`.
        """
        answer = list(self._objects(self._call("version", {})))
        text = answer[0].get("Version") if len(answer) == 1 else None
        number = re.match(r"(\d{1,6})\.(\d{1,6})\b", str(text))
        if number is None:
            raise StoreUnreachable(f"{self} names no version: is it a Kubo daemon?")
        self._version = self._judged(printable(str(text)), (int(number[1]), int(number[2])))
        return self._version

    def tell(
        self, command: str, options: Mapping[str, str], **how: Any
    ) -> Iterator[dict[str, Any]]:
        """The JSON objects that a daemon answers, one in each line.

        Args:
            how: as for `Rpc.call`, and `cid`, which the command is about.

        Raises:
            Refused: it says no.
            ContentMissing: it does not have all that hangs below `cid`.
        """
        return self._objects(self._checked(command, options, **how))

    def about(self, cid: Cid, command: str, **options: str) -> Iterator[dict[str, Any]]:
        """The same for a command on one CID."""
        return self._objects(self.bytes_about(cid, command, **options))

    def bytes_about(self, cid: Cid, command: str, **options: str) -> bytes:
        """What a daemon answers; it gives up a little before we do, and can say so."""
        patience = f"{0.9 * self.timeout:.3f}s"
        return self._checked(command, {"arg": str(cid), "timeout": patience, **options}, cid=cid)

    def agree(self, said: Sequence[object], expected: Sequence[object]) -> None:
        """Refuse an answer that speaks of something else than the question."""
        if said != expected:
            shown = printable(", ".join(map(str, said)) or "nothing")
            raise StoreUnreachable(
                f"{self} was asked about {expected[0]}"
                + (f" and {len(expected) - 1} more" if expected[1:] else "")
                + f" and answered about {shown}: do not rely on it"
            )

    def _judged(self, text: str, number: tuple[int, int]) -> KuboVersion:
        oldest, tested = (".".join(map(str, version)) for version in (OLDEST, TESTED))
        if number < OLDEST:
            raise StoreUnreachable(
                f"{self} is version {text}; {oldest} or later is needed: update it"
            )
        warning = f"Kubo {text} is untested with metaorg, {tested} is tested"
        return KuboVersion(text=text, warning="" if number == TESTED else warning)

    def _checked(self, command: str, options: Mapping[str, str], **how: Any) -> bytes:
        if self._version is None:
            self.version()
        return self._call(command, options, **how)

    def _call(
        self, command: str, options: Mapping[str, str], *, cid: Cid | None = None, **how: Any
    ) -> bytes:
        try:
            return self._rpc.call(command, options, **{"limit": BLOCK_LIMIT, **how})
        except Refusal as refusal:
            if cid is not None and "ipld: could not find" in str(refusal):
                raise ContentMissing(cid, [str(self)]) from refusal
            about = f" for {cid}" if cid is not None else ""
            raise Refused(f"{self} refused {command}{about}: {refusal}") from refusal

    def _objects(self, answer: bytes) -> Iterator[dict[str, Any]]:
        for line in filter(None, answer.splitlines()):
            try:
                found = json.loads(line)
            except (ValueError, RecursionError):
                found = None
            if not isinstance(found, dict) or found.get("Type") == "error":
                shown = printable(line.decode(errors="replace"))
                raise StoreUnreachable(f"{self} gave no usable answer: {shown}")
            yield found


def _check_address(address: str) -> None:
    found = _ADDRESS.fullmatch(address)
    if found is None or not _exists(found["ip4"], found["ip6"], int(found["port"])):
        raise InvalidInput(
            f"{address!r} is no address of a daemon; it would look like /ip4/127.0.0.1/tcp/5001"
        )


def _exists(ip4: str | None, ip6: str | None, port: int) -> bool:
    try:
        return bool(IPv4Address(ip4 or "127.0.0.1") and IPv6Address(ip6 or "::1")) and port < 65536
    except ValueError:
        return False
