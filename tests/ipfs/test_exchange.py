"""Two Kubo nodes and embedded stores hand a resource on, and at the end it is what it was."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pytest

from metaorg.ipfs import Embedded, Kubo, Store, car, dag, unixfs
from metaorg.ipfs.cid import Import
from metaorg.ipfs.gateway import Gateways
from metaorg.ipfs.serving import Server
from metaorg.types import RAW, Cid
from tests.ipfs.conftest import running


class Node(NamedTuple):
    """A Kubo node that talks to nobody but whom it is told to."""

    program: str
    store: Kubo
    environment: dict[str, str]

    def ipfs(self, *arguments: str) -> str:
        command = [self.program, *arguments]
        return subprocess.run(
            command, env=self.environment, check=True, capture_output=True, text=True
        ).stdout.strip()

    @property
    def gateway(self) -> str:
        """Its URL."""
        return Path(self.environment["IPFS_PATH"], "gateway").read_text().strip()


@pytest.fixture(scope="module")
def nodes(
    kubo_program: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Node, Node]]:
    with ExitStack() as daemons:
        both = []
        for name in ("first", "second"):
            home = tmp_path_factory.mktemp(name)
            address, environment = daemons.enter_context(
                running(kubo_program, home, "--routing=none")
            )
            both.append(Node(kubo_program, Kubo(address), environment))
        yield both[0], both[1]


@pytest.fixture(scope="module")
def resource(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a large file, many small ones, and what else folders contain."""
    folder = tmp_path_factory.mktemp("resource") / "Jahresbericht"
    (folder / "Anhänge" / "leer").mkdir(parents=True)
    (folder / "daten.bin").write_bytes(os.urandom((12 << 20) + 7))
    (folder / "LIESMICH").symlink_to("Anhänge/0.txt")
    for n in range(300):
        (folder / "Anhänge" / f"{n}.txt").write_text(f"Beleg {n}")
    return folder


@pytest.fixture
def published(embedded: Embedded, resource: Path) -> Cid:
    work = Import(resource)
    embedded.write(work)
    embedded.pin(work.root.cid)
    return work.root.cid


def content(folder: Path) -> dict[str, bytes | str | None]:
    """All that is in a folder: bytes of files, targets of symlinks, None for folders."""
    found: dict[str, bytes | str | None] = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_symlink():
            found[name] = os.readlink(path)
        else:
            found[name] = path.read_bytes() if path.is_file() else None
    return found


def fetched(store: Store, root: Cid, target: Path) -> dict[str, bytes | str | None]:
    unixfs.extract(store, root, target)
    return content(target)


def test_a_resource_travels_through_two_nodes_and_gateways_into_another_store(
    embedded: Embedded,
    published: Cid,
    nodes: tuple[Node, Node],
    resource: Path,
    tmp_path: Path,
) -> None:
    first, second = nodes
    (peer,) = [
        line for line in first.ipfs("id", "-f", "<addrs>").splitlines() if "127.0.0.1" in line
    ][:1]
    target, last = Embedded(tmp_path / "target.db"), Embedded(tmp_path / "last.db")

    # By blocks into one node, over the swarm into the other, and from its gateway.
    dag.copy(published, embedded, first.store)
    first.store.pin(published)
    assert not second.store.has(published)
    second.ipfs("swarm", "connect", peer)
    second.store.pin(published)
    dag.copy(published, Gateways([second.gateway]), target)
    target.pin(published)
    # And from one member to another, without Kubo.
    with Server(target, port=0).start() as server:
        dag.copy(published, Gateways([server.url]), last)
    last.pin(published)

    assert {*embedded.cids()} == {*target.cids()} == {*last.cids()}
    assert {*embedded.cids()} <= {*first.store.cids()} & {*second.store.cids()}
    assert fetched(last, published, tmp_path / "last") == content(resource)
    second.ipfs("get", "-o", str(tmp_path / "kubo"), str(published))
    assert content(tmp_path / "kubo") == content(resource)


def test_a_resource_travels_as_a_car_in_both_directions(
    embedded: Embedded,
    published: Cid,
    nodes: tuple[Node, Node],
    resource: Path,
    tmp_path: Path,
) -> None:
    ours, theirs = tmp_path / "ours.car", tmp_path / "theirs.car"
    back = Embedded(tmp_path / "back.db")

    with ours.open("wb") as file:
        car.write(file, [published], dag.walk(embedded, published))
    said = nodes[0].ipfs("dag", "import", str(ours))
    with theirs.open("wb") as file:
        command = [nodes[0].program, "dag", "export", "--progress=false", str(published)]
        subprocess.run(command, env=nodes[0].environment, check=True, stdout=file)
    with theirs.open("rb") as file:
        read = car.read(file)
        back.write(read)
    back.pin(published)

    assert said.endswith("success")
    assert str(published) in said
    assert read.roots == (published,)
    assert {*back.cids()} == {*embedded.cids()}
    assert fetched(back, published, tmp_path / "back") == content(resource)


def test_what_a_node_has_lost_is_brought_again_without_asking_its_peers(
    embedded: Embedded, published: Cid, nodes: tuple[Node, Node], tmp_path: Path
) -> None:
    first, second = nodes
    dag.copy(published, embedded, first.store)
    dag.copy(published, embedded, second.store)
    second.store.unpin(published)
    # Of nodes, the empty folder could not be lost: every Kubo knows it.
    lost = [cid for cid in embedded.cids() if cid.codec == RAW][::7]
    second.ipfs("block", "rm", *map(str, lost))
    offline = {cid for cid in embedded.cids() if not second.store.has(cid)}

    brought = dag.copy(published, embedded, second.store)

    assert offline == {*lost}
    assert brought.blocks == len(lost)
    second.store.pin(published)
