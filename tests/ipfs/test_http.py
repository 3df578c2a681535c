"""The client for HTTP: one server, kept connections, and an end to everything."""

import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from metaorg.errors import InvalidInput, StoreUnreachable
from metaorg.http import sockets
from metaorg.http.client import Client, Url
from tests.ipfs.hostile import Server, says
from tests.programs import required


def client(url: str) -> Client:
    return Client(Url.parse(url, "a server"), f"the server {url}")


def get(server: Server, path: str = "/", timeout: float = 5) -> bytes:
    return client(server.url).request("GET", path, timeout=timeout, limit=1000).body


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("https://IPFS.example.org/", "https://ipfs.example.org"),
        ("https://example.org/some/where/", "https://example.org/some/where"),
        ("http://[::1]:80", "http://[::1]:80"),
    ],
)
def test_a_url_has_a_host_and_perhaps_a_port_and_a_path(text: str, shown: str) -> None:
    assert str(Url.parse(text, "a server")) == shown


@pytest.mark.parametrize(
    "text",
    [
        "",
        "example.org",
        "ftp://example.org",
        "https://",
        "https:///path",
        "https://user:secret@example.org",
        "https://secret@example.org",
        "https://example.org?key=secret",
        "https://example.org#secret",
        "https://example.org:secret",
        "https://example.org:99999",
        "https://[::1",
        "https://example.org/secret path",
        "https://example.org/secret\r\nHost: other",
        "https://exämple.org/secret",
    ],
)
def test_another_url_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(InvalidInput, match="the URL of a server") as refusal:
        Url.parse(text, "a server")

    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize(
    ("url", "loopback"),
    [
        ("http://127.0.0.1", True),
        ("http://127.9.9.9:80", True),
        ("http://[::1]", True),
        ("http://localhost:5000", True),
        ("http://10.0.0.1", False),
        ("http://example.org", False),
        ("http://127.0.0.1.example.org", False),
    ],
)
def test_only_the_loopback_is_the_loopback(url: str, loopback: bool) -> None:
    assert Url.parse(url, "a server").loopback == loopback


def test_a_connection_is_kept_and_used_again() -> None:
    ports: set[int] = set()

    def behaviour(handler: BaseHTTPRequestHandler) -> None:
        ports.add(handler.client_address[1])
        says(b"hello")(handler)

    with Server(behaviour, keeps=True) as server:
        one = client(server.url)
        for _ in range(5):
            assert one.request("GET", "/", timeout=5, limit=10).body == b"hello"
        one.close()
        one.request("GET", "/", timeout=5, limit=10)

    assert len(ports) == 2


def test_a_request_that_changes_something_never_goes_over_a_used_connection() -> None:
    ports: list[int] = []

    def behaviour(handler: BaseHTTPRequestHandler) -> None:
        ports.append(handler.client_address[1])
        says(b"")(handler)

    with Server(behaviour, keeps=True) as server:
        one = client(server.url)
        for _ in range(3):
            one.request("POST", "/", timeout=5, limit=10, body=b"{}")

    assert len(set(ports)) == 3


def test_a_connection_that_the_server_closed_meanwhile_is_opened_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            for _ in range(3):
                connection, _ = listener.accept()
                with connection:
                    connection.recv(1000)
                    # It promises to stay, and does not.
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

        threading.Thread(target=serve, daemon=True).start()
        one = client(f"http://127.0.0.1:{listener.getsockname()[1]}")
        answers = [one.request("GET", "/", timeout=5, limit=10).body for _ in range(3)]

    assert answers == [b"ok"] * 3


def test_an_answer_that_nobody_asked_for_is_not_taken_for_the_next() -> None:
    spoken = [threading.Event(), threading.Event()]

    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            for count, event in enumerate(spoken):
                connection, _ = listener.accept()
                connection.recv(1000)
                answer = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n%d"
                connection.sendall(answer % count)
                time.sleep(0.1)
                connection.sendall(answer % 9)
                event.set()
                held.append(connection)

        held: list[socket.socket] = []
        threading.Thread(target=serve, daemon=True).start()
        one = client(f"http://127.0.0.1:{listener.getsockname()[1]}")
        for count, event in enumerate(spoken):
            assert one.request("GET", "/", timeout=5, limit=10).body == b"%d" % count
            assert event.wait(5)


def test_what_is_sent_asks_for_plain_bytes_and_tells_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    heads: list[dict[str, str]] = []

    def behaviour(handler: BaseHTTPRequestHandler) -> None:
        heads.append({"path": handler.path, **dict(handler.headers)})
        says(b"")(handler)

    with Server(behaviour) as server:
        get(server, "/a%20b?c=d")
        port = server.server_port

    assert heads == [
        {
            "path": "/a%20b?c=d",
            "Host": f"127.0.0.1:{port}",
            "Accept-Encoding": "identity",
            "User-Agent": "metaorg",
        }
    ]


def test_a_name_that_is_looked_up_for_ever_costs_the_timeout(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The one part that cannot be had for real: a resolver that hangs.
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: time.sleep(3))
    started = time.monotonic()

    with pytest.raises(StoreUnreachable, match=r"did not answer within 0\.2 seconds"):
        client("http://slow.example").request("GET", "/", timeout=0.2, limit=1)

    assert time.monotonic() - started < 1


def test_an_address_that_is_silent_leaves_time_for_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # A full backlog is silent: nothing is accepted, and nothing refused.
    with (
        Server(says(b"hello")) as server,
        socket.create_server(("127.0.0.1", 0), backlog=0) as full,
    ):
        silent = ("127.0.0.1", full.getsockname()[1])
        waiting = [socket.socket() for _ in range(3)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(silent)
        known = [
            (socket.AF_INET, socket.SOCK_STREAM, 0, "", address)
            for address in (silent, ("127.0.0.1", server.server_port))
        ]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: known)

        answer = client("http://two.example").request("GET", "/", timeout=1, limit=10)

        for one in waiting:
            one.close()
    assert answer.body == b"hello"


def test_who_is_not_there_is_said_not_to_be() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"

    with pytest.raises(StoreUnreachable, match=f"nobody answers for the server {url}"):
        client(url).request("GET", "/", timeout=1, limit=1)
    with pytest.raises(StoreUnreachable, match="nobody knows the name"):
        client("http://nowhere.invalid").request("GET", "/", timeout=5, limit=1)


def test_a_second_request_has_the_whole_timeout_again() -> None:
    def slow(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(0.25)
        says(b"")(handler)

    with Server(slow, keeps=True) as server:
        one = client(server.url)
        for _ in range(3):
            one.request("GET", "/", timeout=0.5, limit=1)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate for localhost that nobody else signed."""
    path = tmp_path_factory.mktemp("tls") / "pair.pem"
    command = [
        *(required("openssl", "tools"), "req", "-x509", "-newkey", "rsa:2048", "-nodes"),
        *("-keyout", "-", "-out", "-", "-days", "2", "-subj", "/CN=localhost"),
        *("-addext", "subjectAltName=DNS:localhost"),
    ]
    path.write_bytes(subprocess.run(command, check=True, capture_output=True).stdout)
    return path


@pytest.fixture
def secure_server(certificate: Path) -> Iterator[Server]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    sockets.authorities.cache_clear()
    with Server(says(b"hello")) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        yield server
    sockets.authorities.cache_clear()


def test_tls_is_spoken_with_whom_this_machine_trusts(
    secure_server: Server, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    port = secure_server.server_port

    answer = client(f"https://localhost:{port}").request("GET", "/", timeout=5, limit=10)

    assert answer.body == b"hello"
    with pytest.raises(StoreUnreachable, match="cannot prove who it is"):
        client(f"https://127.0.0.1:{port}").request("GET", "/", timeout=5, limit=10)


def test_tls_is_not_spoken_with_anybody_else(secure_server: Server) -> None:
    with pytest.raises(StoreUnreachable, match="cannot prove who it is"):
        client(f"https://localhost:{secure_server.server_port}").request(
            "GET", "/", timeout=5, limit=10
        )


def test_a_handshake_that_never_comes_costs_the_timeout() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"https://localhost:{silent.getsockname()[1]}"
        with pytest.raises(StoreUnreachable, match="did not answer within"):
            client(url).request("GET", "/", timeout=0.3, limit=10)
