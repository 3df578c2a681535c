"""The embedded store as a gateway: as Kubo answers for blocks and CARs, and for nothing else."""

import http.client
import io
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, urlsplit

import pytest

from metaorg.ipfs import Embedded, car
from metaorg.ipfs.blocks import Block
from metaorg.ipfs.serving import Server
from metaorg.types import Cid

CARS = "application/vnd.ipld.car; version=1; order=dfs; dups=n"


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
    assert ours.car == theirs.car
    for name in (*MAIN_HEADERS, "Accept-Ranges"):
        assert (name, ours.headers[name]) == (name, theirs.headers[name])
