"""A store as a gateway: it answers as Kubo's does, and what is damaged it does not serve."""

import http.client
import io
import os
import socket
import subprocess
import threading
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, urlsplit

import pytest

from metaorg.errors import (
    ContentCorrupt,
    ContentMissing,
    InvalidInput,
    Misconfigured,
    StoreUnreachable,
)
from metaorg.ipfs import Embedded, car, dag, serving
from metaorg.ipfs.blocks import Block, cid_of
from metaorg.ipfs.cid import Import
from metaorg.ipfs.gateway import Gateways
from metaorg.ipfs.serving import Server
from metaorg.ipfs.store import Source
from metaorg.types import BLOCK_LIMIT, DAG_PB, Cid

RAWS, CARS = "application/vnd.ipld.raw", "application/vnd.ipld.car"
MINUTES = b"minutes"
CID = cid_of(MINUTES)


class Got(NamedTuple):
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def car(self) -> tuple[tuple[Cid, ...], list[Block]]:
        found = car.read(io.BytesIO(self.body))
        return found.roots, list(found)


def ask(url: str, target: str, method: str = "GET", **headers: str) -> Got:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
    try:
        connection.request(method, target, headers=headers)
        response = connection.getresponse()
        return Got(response.status, response.headers, response.read())
    finally:
        connection.close()


class Tree(NamedTuple):
    """A folder that Kubo made, which both gateways hold."""

    cid: str
    kubo: str
    ours: str


@pytest.fixture(scope="module")
def tree(
    kubo_program: str,
    kubo_daemon: tuple[str, dict[str, str]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Tree]:
    environment = kubo_daemon[1]

    def ipfs(*arguments: str) -> bytes:
        command = [kubo_program, *arguments]
        return subprocess.run(command, env=environment, capture_output=True, check=True).stdout

    folder = tmp_path_factory.mktemp("tree")
    (folder / "data" / "deep").mkdir(parents=True)
    (folder / "data" / "deep" / "large").write_bytes(os.urandom(50_000))
    (folder / "data" / "small").write_bytes(b"small")
    (folder / "data" / "Übersicht 1.txt").write_bytes(b"overview")
    (folder / "data" / "link").symlink_to("small")
    (folder / "many").mkdir()
    for n in range(300):
        (folder / "many" / f"entry {n}").write_bytes(b"%d" % n)
    split = ("--chunker=size-1000", "--max-file-links=8", "--max-directory-links=20")
    cid = ipfs("add", "-rQ", "--cid-version=1", *split, str(folder)).decode().strip()
    store = Embedded(folder / "store" / "blocks.db")
    store.write(car.read(io.BytesIO(ipfs("dag", "export", "--progress=false", cid))))
    with Server(store, port=0).start() as server:
        kubo = Path(environment["IPFS_PATH"], "gateway").read_text().strip()
        yield Tree(cid, kubo, server.url)
    store.close()


PATHS = [
    "",
    "/data",
    "/data/deep/large",
    "/data/small",
    "/data/link",
    "/data/" + quote("Übersicht 1.txt"),
    "/many",
    "/many/" + quote("entry 77"),
]
MAIN_HEADERS = [
    "Cache-Control",
    "Content-Disposition",
    "Content-Type",
    "X-Content-Type-Options",
    "X-Ipfs-Roots",
]


@pytest.mark.parametrize("path", PATHS)
def test_a_block_is_served_as_kubo_serves_it(tree: Tree, path: str) -> None:
    target = f"/ipfs/{tree.cid}{path}?format=raw"

    theirs, ours = ask(tree.kubo, target), ask(tree.ours, target)

    assert ours.status == theirs.status == 200
    assert ours.body == theirs.body
    for name in (*MAIN_HEADERS, "Content-Length", "Etag"):
        assert (name, ours.headers[name]) == (name, theirs.headers[name])
    if path.isascii() and "%C3" not in path:  # what header fields can carry
        assert ours.headers["X-Ipfs-Path"] == theirs.headers["X-Ipfs-Path"]


@pytest.mark.parametrize("scope", ["all", "entity", "block", ""])
@pytest.mark.parametrize("path", PATHS)
def test_a_car_is_served_as_kubo_serves_it(tree: Tree, path: str, scope: str) -> None:
    target = f"/ipfs/{tree.cid}{path}?format=car" + (f"&dag-scope={scope}" if scope else "")

    theirs, ours = ask(tree.kubo, target), ask(tree.ours, target)

    assert ours.status == theirs.status == 200
    assert ours.body == theirs.body
    for name in (*MAIN_HEADERS, "Accept-Ranges"):
        assert (name, ours.headers[name]) == (name, theirs.headers[name])


@pytest.mark.parametrize(
    "target",
    [
        "/ipfs/bafk?format=raw",
        "/ipfs/?format=raw",
        f"/ipfs/{cid_of(b'held by nobody')}?format=raw",
        "/ipfs/{tree}/nothing?format=raw",
        "/ipfs/{tree}/data/small/below?format=raw",
        "/ipfs/{tree}/many/entry?format=raw",
        "/ipfs/{tree}?format=car&dag-scope=everything",
        "/ipfs/{tree}?format=car&car-version=2",
        "/ipfs/{tree}?format=car&car-order=random",
        "/ipfs/{tree}?format=car&car-dups=perhaps",
        "/ipfs/bafkqaaa?format=raw",
        "/nowhere",
    ],
)
def test_a_status_is_the_one_that_kubo_gives(tree: Tree, target: str) -> None:
    target = target.replace("{tree}", tree.cid)

    assert ask(tree.ours, target).status == ask(tree.kubo, target).status


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        (RAWS, RAWS),
        (f"text/html, {RAWS};q=0.1", RAWS),
        (f"{CARS}, {RAWS}", CARS),
        (f"{RAWS}, {CARS}", RAWS),
        (f"{CARS}; version=1; order=dfs; dups=n", CARS),
        (f"{CARS};version=1;order=unk", CARS),
    ],
)
def test_the_header_accept_chooses_as_with_kubo(tree: Tree, accept: str, kind: str) -> None:
    theirs, ours = (ask(url, f"/ipfs/{tree.cid}", Accept=accept) for url in (tree.kubo, tree.ours))

    assert ours.status == theirs.status == 200
    assert ours.body == theirs.body
    assert ours.headers.get_content_type() == theirs.headers.get_content_type() == kind


def test_the_format_in_the_query_outdoes_the_header(tree: Tree) -> None:
    for url in (tree.kubo, tree.ours):
        got = ask(url, f"/ipfs/{tree.cid}?format=raw", Accept=CARS)
        assert got.headers.get_content_type() == RAWS


def test_a_gateway_is_a_source_from_which_another_member_copies(
    tree: Tree, embedded: Embedded
) -> None:
    root = Cid.parse(tree.cid)

    for url in (tree.kubo, tree.ours):
        assert list(dag.missing(Gateways([url]), root)) == []
    dag.copy(root, Gateways([tree.ours]), embedded)

    assert list(dag.missing(embedded, root)) == []


class Blocks(Source):
    """Blocks in memory, of which some are damaged or cannot be had now."""

    name = "blocks"

    def __init__(self, *blocks: bytes) -> None:
        self.blocks = {cid_of(data): data for data in blocks}
        self.faults: dict[Cid, Exception] = {}

    def describe(self) -> str:
        return "blocks of a test"

    def has(self, cid: Cid) -> bool:
        return cid in self.blocks

    def get(self, cid: Cid) -> bytes:
        if cid in self.faults:
            raise self.faults[cid]
        if cid not in self.blocks:
            raise ContentMissing(cid, [self.describe()])
        return self.blocks[cid]


@pytest.fixture
def blocks() -> Blocks:
    return Blocks(MINUTES)


@pytest.fixture
def lines() -> list[str]:
    return []


@pytest.fixture
def url(blocks: Blocks, lines: list[str]) -> Iterator[str]:
    with Server(blocks, port=0, log=lines.append).start() as server:
        yield server.url


@pytest.fixture
def large(blocks: Blocks) -> Cid:
    """A file of forty blocks of 1 MiB, and what they hang from."""
    made = Import.stream(io.BytesIO(os.urandom(40 << 20)))
    blocks.blocks |= dict(made)
    return made.root.cid


@pytest.mark.parametrize("target", ["", "?format=tar", "?format=dag-json", "?format=", "?x=raw"])
@pytest.mark.parametrize("accept", ["*/*", "text/html", "application/vnd.ipld.dag-cbor", ""])
def test_content_is_served_in_no_other_form(url: str, target: str, accept: str) -> None:
    got = ask(url, f"/ipfs/{CID}{target}", Accept=accept)

    assert got.status == 406
    assert b"only ?format=raw (a block) and ?format=car" in got.body


def test_a_car_without_its_duplicates_is_all_that_can_be_had(url: str) -> None:
    assert ask(url, f"/ipfs/{CID}?format=car&car-dups=n").status == 200
    assert ask(url, f"/ipfs/{CID}?format=car&car-dups=y").status == 400
    assert ask(url, f"/ipfs/{CID}", Accept=f"{CARS}; dups=y").status == 400


def test_what_comes_with_a_block_and_with_a_car_tells_them_apart(url: str) -> None:
    raw, whole, entity = (
        ask(url, f"/ipfs/{CID}?format={form}") for form in ("raw", "car", "car&dag-scope=entity")
    )

    assert raw.headers["Etag"] == f'"{CID}.raw"'
    assert len({raw.headers["Etag"], whole.headers["Etag"], entity.headers["Etag"]}) == 3
    assert f'filename="{CID}.bin"' in raw.headers["Content-Disposition"]
    assert f'filename="{CID}.car"' in whole.headers["Content-Disposition"]
    assert whole.headers["Content-Type"] == f"{CARS}; version=1; order=dfs; dups=n"
    assert whole.headers["Transfer-Encoding"] == "chunked"


@pytest.mark.parametrize("form", ["raw", "car", "car&dag-scope=block"])
def test_what_a_client_has_is_not_sent_again(url: str, form: str) -> None:
    target = f"/ipfs/{CID}?format={form}"
    etag = ask(url, target).headers["Etag"]

    for known in (etag, f'"other", {etag}', "W/" + etag.removeprefix("W/"), "*"):
        got = ask(url, target, **{"If-None-Match": known})
        assert (got.status, got.body, got.headers["Etag"]) == (304, b"", etag)
    assert ask(url, target, **{"If-None-Match": '"other"'}).status == 200


@pytest.mark.parametrize("form", ["raw", "car"])
def test_head_gives_what_get_gives_without_the_body(url: str, form: str) -> None:
    target = f"/ipfs/{CID}?format={form}"
    get, head = ask(url, target), ask(url, target, "HEAD")

    del get.headers["Date"], head.headers["Date"]
    assert head.body == b""
    assert head.headers.items() == get.headers.items()
    assert ask(url, f"/ipfs/{cid_of(b'other')}?format={form}", "HEAD").status == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "BREW"])
def test_nothing_is_changed_through_a_gateway(url: str, method: str) -> None:
    got = ask(url, f"/ipfs/{CID}?format=raw", method)

    assert (got.status, got.headers["Allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize("form", ["raw", "car"])
def test_what_is_not_held_is_said_not_to_be(url: str, form: str) -> None:
    other = cid_of(b"other")

    got = ask(url, f"/ipfs/{other}?format={form}")

    assert (got.status, got.body) == (404, f"{other} is not held here\n".encode())
    assert got.headers["Cache-Control"] is None


@pytest.mark.parametrize(
    ("fault", "status"),
    [(ContentCorrupt(CID, "the disk"), 500), (StoreUnreachable("the disk is slow"), 503)],
)
@pytest.mark.parametrize("form", ["raw", "car"])
def test_what_cannot_be_read_now_is_not_said_to_be_missing(
    url: str, blocks: Blocks, fault: Exception, status: int, form: str
) -> None:
    blocks.faults[CID] = fault

    assert ask(url, f"/ipfs/{CID}?format={form}").status == status


def test_a_damaged_block_is_no_lie_of_the_gateway(url: str, blocks: Blocks) -> None:
    blocks.faults[CID] = ContentCorrupt(CID, "the disk")
    source = Gateways([url], timeout=2)

    with pytest.raises(StoreUnreachable, match="damaged here"):
        source.get(CID)

    assert source.dropped == {}


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_a_car_with_a_damaged_block_is_broken_off(
    url: str, blocks: Blocks, large: Cid, lines: list[str], version: str
) -> None:
    twentieth = dag.links(Block(large, blocks.blocks[large]))[20]
    blocks.faults[twentieth] = ContentCorrupt(twentieth, "the disk")

    with socket.create_connection(("127.0.0.1", urlsplit(url).port)) as client:
        client.sendall(f"GET /ipfs/{large}?format=car HTTP/{version}\r\n\r\n".encode())
        with pytest.raises(ConnectionResetError):
            while client.recv(1 << 20):
                continue

    assert str(twentieth) in lines[-1]


def test_of_a_car_only_a_few_blocks_are_in_memory(url: str, large: Cid) -> None:
    tracemalloc.start()

    with socket.create_connection(("127.0.0.1", urlsplit(url).port)) as client:
        client.sendall(f"GET /ipfs/{large}?format=car HTTP/1.0\r\n\r\n".encode())
        size = sum(iter(lambda: len(client.recv(1 << 16)), 0))

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert size > 40 << 20
    assert peak < 4 * BLOCK_LIMIT


@pytest.mark.parametrize(
    "path",
    ["/..", "/../..", "/%2e%2e/x", "/.", "/%00", "/%FF", "/a" * 257, "/" + "a" * 5000],
    ids=["up", "up twice", "up, quoted", "here", "nothing", "no text", "deep", "long"],
)
def test_a_path_that_leads_nowhere_is_refused(url: str, path: str) -> None:
    for form in ("raw", "car"):
        assert ask(url, f"/ipfs/{CID}{path}?format={form}").status in (400, 404)


def test_what_is_no_file_or_folder_is_served_as_the_block_that_it_is(
    url: str, blocks: Blocks
) -> None:
    node = cid_of(b"no node", DAG_PB)
    blocks.blocks[node] = b"no node"

    assert ask(url, f"/ipfs/{node}?format=raw").body == b"no node"
    assert ask(url, f"/ipfs/{node}?format=car&dag-scope=entity").car[1] == [(node, b"no node")]
    assert ask(url, f"/ipfs/{node}/below?format=raw").status == 422


def talk(url: str, *sent: bytes, pause: float = 0.0) -> bytes:
    """All that comes back for some bytes, until the server hangs up."""
    with socket.create_connection(("127.0.0.1", urlsplit(url).port), timeout=10) as client:
        for piece in sent:
            client.sendall(piece)
            time.sleep(pause)
        return b"".join(iter(lambda: client.recv(1 << 16), b""))


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n\r\n", b"431"),
        (b"GET / HTTP/1.1\r\n" + b"X-Many: 1\r\n" * 2000 + b"\r\n", b"431"),
        (b"GET / HTTP/1.1\r\nX-Long: " + b"1" * 20_000 + b"\r\n\r\n", b"431"),
        (b"GET / HTTP/1.1\r\n" + b"X: 1\r\n" * 101 + b"\r\n", b"431"),
        (b"GET / HTTP/9.0\r\n\r\n", b"505"),
        (b"GET / HTTP/x\r\n\r\n", b"400"),
        (b"\x16\x03\x01\x02\x00\r\n\r\n", b"400"),
        (b"GET\r\n\r\n", b"400"),
    ],
)
def test_what_is_no_request_is_refused(url: str, sent: bytes, status: bytes) -> None:
    # The connection ends with the refusal; what was not read may take it back.
    try:
        got = talk(url, sent)
    except ConnectionResetError:
        got = b"HTTP/1.1 " + status
    assert got.startswith(b"HTTP/1.1 " + status)


def test_several_requests_come_over_one_connection(url: str) -> None:
    one = f"GET /ipfs/{CID}?format=raw HTTP/1.1\r\n\r\n".encode()
    last = one.replace(b"1.1", b"1.0")

    got = talk(url, one + one, last, pause=0.05)

    assert got.count(MINUTES) == 3


def test_a_request_with_a_body_is_the_last_of_its_connection(url: str) -> None:
    one = f"GET /ipfs/{CID}?format=raw HTTP/1.1\r\n".encode()

    got = talk(url, one + b"Content-Length: 500\r\n\r\n" + one + b"\r\n")

    assert got.count(MINUTES) == 1
    assert b"Connection: close" in got


def test_clients_that_stall_or_drip_are_hung_up_on_and_hold_up_nobody(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "PATIENCE", 0.5)
    address = ("127.0.0.1", urlsplit(url).port)
    stalled = [socket.create_connection(address, timeout=5) for _ in range(20)]
    for client in stalled[::2]:
        client.sendall(b"GET /ip")

    started = time.monotonic()
    assert ask(url, f"/ipfs/{CID}?format=raw").body == MINUTES
    assert time.monotonic() - started < 0.4

    with suppress(ConnectionError):  # it may be hung up on between two drops
        assert talk(url, b"GET / HTTP/1.1\r\n", *[b"X-Drip: 1\r\n"] * 40, pause=0.05) == b""
    for client in stalled:
        assert client.recv(1000) == b""
        client.close()
    assert time.monotonic() - started < 4


def test_a_client_that_does_not_read_holds_up_nobody_and_is_left(
    url: str, large: Cid, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "SENDING", 0.3)
    before = threading.active_count()

    with socket.create_connection(("127.0.0.1", urlsplit(url).port)) as client:
        client.sendall(f"GET /ipfs/{large}?format=car HTTP/1.1\r\n\r\n".encode())
        assert ask(url, f"/ipfs/{CID}?format=raw").body == MINUTES
        deadline = time.monotonic() + 5
        while threading.active_count() > before and time.monotonic() < deadline:
            time.sleep(0.05)

    assert threading.active_count() <= before


def test_more_clients_than_agreed_are_told_to_come_later(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = ("127.0.0.1", urlsplit(url).port)
    with_room = [socket.create_connection(address) for _ in range(serving.CONNECTIONS)]
    time.sleep(0.2)

    got = ask(url, f"/ipfs/{CID}?format=raw")
    for client in with_room:
        client.close()

    assert (got.status, got.headers["Retry-After"]) == (503, "1")
    assert Gateways([url], timeout=10).get(CID) == MINUTES


def test_each_request_is_one_line_of_the_log(url: str, lines: list[str]) -> None:
    ask(url, f"/ipfs/{CID}?format=raw")
    ask(url, "/nowhere")
    talk(url, b"GET /\x1b[31m\x07 HTTP/1.0\r\n\r\n")

    assert lines[:2] == [
        f"200 GET /ipfs/{CID}?format=raw HTTP/1.1",
        "404 GET /nowhere HTTP/1.1",
    ]
    assert len(lines) == 3
    assert lines[2].isprintable()


def test_a_port_that_somebody_has_is_said_to_be_taken(url: str, blocks: Blocks) -> None:
    with pytest.raises(Misconfigured, match="give another one"):
        Server(blocks, port=urlsplit(url).port or 0)
    for port in (-1, 1 << 16):
        with pytest.raises(InvalidInput, match="is no port"):
            Server(blocks, port=port)


def test_only_this_machine_reaches_it(url: str) -> None:
    port = urlsplit(url).port
    mine = {each[4][0] for each in socket.getaddrinfo(socket.gethostname(), port)}

    for address in mine - {"127.0.0.1"}:
        if not str(address).startswith("127."):
            with pytest.raises(OSError):
                socket.create_connection((address, port), timeout=1)


def test_a_server_is_closed_from_another_thread_or_before_it_began(blocks: Blocks) -> None:
    Server(blocks, port=0).close()
    server = Server(blocks, port=0)
    serving_ = threading.Thread(target=server.serve_forever)
    serving_.start()
    assert ask(server.url, f"/ipfs/{CID}?format=raw").status == 200

    server.close()

    serving_.join(5)
    assert not serving_.is_alive()
    with pytest.raises(ConnectionRefusedError):
        ask(server.url, "/")
