"""What a content store is, several as one, and how a setting becomes one."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Protocol, TypeVar, runtime_checkable
from urllib.parse import SplitResult, urlsplit

from metaorg.errors import ContentCorrupt, ContentMissing, InvalidInput, StoreUnreachable
from metaorg.ipfs.blocks import verified
from metaorg.ipfs.embedded import Embedded
from metaorg.ipfs.kubo import Kubo
from metaorg.types import RAW, Cid

T = TypeVar("T")


@runtime_checkable
class Store(Protocol):
    """Blocks of at most 1 MiB by their CID.

    Whoever asks gets the bytes that hash to the CID or an error, never other bytes.
    `ContentMissing` says that the store looked and has it not; `StoreUnreachable` says that nobody
    knows.
    """

    @property
    def name(self) -> str:
        """The kind of store, one word."""

    def describe(self) -> str:
        """Which store it is, for messages."""

    def put(self, data: bytes, codec: int = RAW) -> Cid:
        """Keep one block; when this returns, the store has it."""

    def put_many(self, blocks: Iterable[bytes], codec: int = RAW) -> list[Cid]:
        """Keep blocks of one codec, faster than one by one; CIDs in the order of the blocks."""

    def get(self, cid: Cid) -> bytes:
        """The block's bytes, verified."""

    def has(self, cid: Cid) -> bool:
        """Whether the store itself holds the block."""

    def pin(self, cid: Cid) -> None:
        """Make sure that the store keeps the block."""

    def cids(self) -> Iterator[Cid]:
        """What the store keeps."""

    def close(self) -> None:
        """Free what is open; the next use opens it again."""


class Tiered:
    """Several stores as one: written to the first, read from the first that has it.

    What another one served is verified and copied into the first, which also heals a damaged block
    there. A copy that fails is left out: the reader has the bytes, and the next read tries again.
    """

    name = "tiered"

    def __init__(self, first: Store, *others: Store) -> None:
        self.first, self.others = first, others

    def describe(self) -> str:
        return ", then ".join(store.describe() for store in self._stores)

    def put(self, data: bytes, codec: int = RAW) -> Cid:
        return self.first.put(data, codec)

    def put_many(self, blocks: Iterable[bytes], codec: int = RAW) -> list[Cid]:
        return self.first.put_many(blocks, codec)

    def get(self, cid: Cid) -> bytes:
        """The block's bytes, verified here as well, whoever served them.

        Raises:
            ContentMissing: every store was asked and none has it.
            StoreUnreachable: none had it, and at least one could not say: unknown, not missing.
            ContentCorrupt: all answered, and those that have it hold damaged bytes.
        """
        failures: list[StoreUnreachable | ContentCorrupt] = []
        for store in self._stores:
            try:
                data = verified(cid, store.get(cid), store.describe())
            except ContentMissing:
                continue
            except (ContentCorrupt, StoreUnreachable) as failure:
                failures.append(failure)
            else:
                if store is not self.first:
                    self._copy(cid, data)
                return data
        raise self._absence(cid, failures)

    def has(self, cid: Cid) -> bool:
        """Whether any store holds the block.

        Raises:
            StoreUnreachable: none of those that answered does, and at least one did not answer.
        """
        failures: list[StoreUnreachable | ContentCorrupt] = []
        for store in self._stores:
            try:
                if store.has(cid):
                    return True
            except StoreUnreachable as failure:
                failures.append(failure)
        if failures:
            raise self._absence(cid, failures)
        return False

    def pin(self, cid: Cid) -> None:
        """Pin in the first store, to which the block is copied if another one has it."""
        try:
            self.first.pin(cid)
        except ContentMissing:
            self.get(cid)
            self.first.pin(cid)

    def cids(self) -> Iterator[Cid]:
        """What any of the stores keeps, each once; a store that cannot say is an error."""
        seen: set[tuple[bytes, int]] = set()
        for store in self._stores:
            for cid in store.cids():
                if (cid.digest, cid.codec) not in seen:
                    seen.add((cid.digest, cid.codec))
                    yield cid

    def close(self) -> None:
        for store in self._stores:
            store.close()

    @property
    def _stores(self) -> tuple[Store, ...]:
        return (self.first, *self.others)

    def _copy(self, cid: Cid, data: bytes) -> None:
        try:
            self.first.put(data, cid.codec)
        except StoreUnreachable:
            return

    def _absence(
        self, cid: Cid, failures: list[StoreUnreachable | ContentCorrupt]
    ) -> StoreUnreachable | ContentCorrupt | ContentMissing:
        """What to say when no store gave the block: the least that is certain."""
        if any(isinstance(failure, StoreUnreachable) for failure in failures):
            reasons = "; ".join(map(str, failures))
            return StoreUnreachable(
                f"{cid} was not found, but not every store could say ({reasons}); "
                f"asked were {self.describe()}"
            )
        corrupt = [failure.where for failure in failures if isinstance(failure, ContentCorrupt)]
        if corrupt:
            return ContentCorrupt(cid, " and ".join(corrupt))
        return ContentMissing(cid, [store.describe() for store in self._stores])


def open_store(uri: str, *more: str) -> Store:
    """The store that a setting names; several become one `Tiered`. Nothing is opened yet.

    Args:
        uri: `embedded:PATH`, `kubo:MULTIADDR`, or `http://HOST:PORT` of a Kubo daemon.
        more: further stores, to read from when the first does not have something.

    Raises:
        InvalidInput: none of these forms.
    """
    stores = [_one_store(each) for each in (uri, *more)]
    return Tiered(*stores) if more else stores[0]


def _one_store(uri: str) -> Store:
    scheme, _, rest = uri.partition(":")
    if scheme in _SCHEMES and rest:
        return _SCHEMES[scheme](uri, rest)
    raise InvalidInput(
        f"{uri!r} names no store: give embedded:PATH, kubo:/ip4/127.0.0.1/tcp/5001 or "
        "http://127.0.0.1:5001"
    )


def _embedded(_: str, path: str) -> Store:
    return Embedded(Path(path).expanduser())


def _kubo(_: str, address: str) -> Store:
    return Kubo(address)


def _kubo_at_url(url: str, _: str) -> Store:
    return Kubo(_multiaddr(url))


_SCHEMES: dict[str, Callable[[str, str], Store]] = {
    "embedded": _embedded,
    "http": _kubo_at_url,
    "https": _kubo_at_url,
    "kubo": _kubo,
}


def _multiaddr(url: str) -> str:
    """The multiaddr of a URL that has a host and at most a port.

    Raises:
        InvalidInput: it has more; it is not repeated, for it may hold a password.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        parts, host, port = SplitResult("", "", "", "", ""), "", None
    if not host or parts.username is not None or parts.path.strip("/") or parts.query:
        raise InvalidInput(
            "a daemon's URL has a host and at most a port, no password: as http://127.0.0.1:5001"
        )
    secure = parts.scheme == "https"
    port = port if port is not None else (443 if secure else 80)
    return f"/{_host_kind(host)}/{host}/tcp/{port}" + ("/https" if secure else "")


def _host_kind(host: str) -> str:
    if ":" in host:
        return "ip6"
    return "ip4" if host.replace(".", "").isdigit() else "dns"
