"""How a setting becomes a store."""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from metaorg.errors import InvalidInput
from metaorg.ipfs.embedded import Embedded
from metaorg.ipfs.kubo import Kubo
from metaorg.ipfs.queue import Queued
from metaorg.ipfs.store import Store
from metaorg.ipfs.tiered import Tiered


def open_store(
    uri: str,
    *more: str,
    queue: Path | None = None,
    warn: Callable[[str], object] = lambda _: None,
) -> Store:
    """The store that a setting names; several become one `Tiered`. Nothing is opened yet.

    Args:
        uri: `embedded:PATH`, `kubo:MULTIADDR`, or `http://HOST:PORT` of a Kubo daemon.
        more: further stores, to read from when the first does not have something.
        queue: a folder in which waits what a daemon named by `uri` cannot take, a file for each
            daemon; without it, what cannot be sent fails.
        warn: as for `Queued`.

    Raises:
        InvalidInput: none of these forms.
    """
    first = _one_store(uri)
    if queue is not None and isinstance(first, Kubo):
        first = Queued(first, queue / _file_name(first.address), warn=warn)
    return Tiered(first, *map(_one_store, more)) if more else first


def _file_name(address: str) -> str:
    """A file's name that says which daemon it is for: /ip4/127.0.0.1/tcp/5001 is its own."""
    return address.strip("/").replace("/", "-").replace(":", "_") + ".queue"


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
