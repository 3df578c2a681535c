"""Sockets whose reads end at one time: each is granted what is left, and not a time of its own."""

import socket
import ssl
import time
from functools import cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

from metaorg.http.threads import within


class Timed(socket.socket):
    """A socket whose reads end at the time `ends`, by `time.monotonic`."""

    ends = 0.0

    def recv_into(self, *args: Any, **options: Any) -> int:
        grant(self)
        return super().recv_into(*args, **options)


class TimedTls(ssl.SSLSocket):
    """The same for TLS."""

    ends = 0.0

    def recv_into(self, *args: Any, **options: Any) -> int:
        grant(self)
        return super().recv_into(*args, **options)


def grant(connection: Timed | TimedTls) -> None:
    """Give the next operation the time that is left.

    Raises:
        TimeoutError: none is.
    """
    left = connection.ends - time.monotonic()
    if left <= 0:
        raise TimeoutError
    connection.settimeout(left)


def dial(host: str, port: int, ends: float) -> Timed:
    """An open connection to the first address of a host that takes one.

    Every address gets a share of the time, so that one which is silent leaves some to the next.
    """
    failure: OSError | None = None
    addresses = _addresses(host, port, ends)
    for left in range(len(addresses), 0, -1):
        family, kind, protocol, _, address = addresses[-left]
        dialled = Timed(family, kind, protocol)
        dialled.ends = ends
        try:
            grant(dialled)
            dialled.settimeout((dialled.gettimeout() or 0) / left)
            dialled.connect(address)
            dialled.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return dialled
        except OSError as error:
            dialled.close()
            failure = error
    raise failure or OSError("its name has no address")


def _addresses(host: str, port: int, ends: float) -> list[Any]:
    """Looked up in a thread that is waited for only so long: a resolver has no deadline."""

    def look() -> list[Any]:
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)

    return look() if literal(host) else within(max(ends - time.monotonic(), 0), look)


def secured(plain: Timed, host: str) -> TimedTls:
    """The same connection with TLS, to a host that proved who it is; ending when it did."""
    try:
        grant(plain)
        wrapped = authorities().wrap_socket(plain, server_hostname=host)
    except BaseException:
        plain.close()
        raise
    assert isinstance(wrapped, TimedTls)
    wrapped.ends = plain.ends
    return wrapped


@cache
def authorities() -> ssl.SSLContext:
    """What this machine trusts; read once, since that takes long."""
    context = ssl.create_default_context()
    context.sslsocket_class = TimedTls
    return context


def literal(host: str) -> IPv4Address | IPv6Address | None:
    """The address that a host is written as, or None for a name."""
    try:
        return ip_address(host)
    except ValueError:
        return None
