"""Killed at any moment, a store keeps what it acknowledged, whole; and leaves nothing half."""

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from metaorg.errors import ContentMissing
from metaorg.ipfs import Embedded
from metaorg.ipfs.blocks import Block, cid_of
from metaorg.ipfs.dag import missing, walk
from metaorg.types import Cid

PUT = """
import itertools, sys
from metaorg.ipfs import Embedded
store = Embedded(sys.argv[1])
for n in itertools.count():
    blocks = [f"{sys.argv[2]} {n} {k}".encode() * (1 + n % 400) for k in range(1 + n % 5)]
    print("has", *store.put_many(blocks), flush=True)
"""
PUBLISH = """
import io, itertools, os, sys
from metaorg.errors import ContentMissing
from metaorg.ipfs import Embedded
from metaorg.ipfs.cid import Import
store = Embedded(sys.argv[1])
def publish(content):
    work = Import.stream(io.BytesIO(content))
    store.write(work)
    try:
        store.pin(work.root.cid)
    except ContentMissing:  # somebody collected between the two lines
        return publish(content)
    return work.root.cid
for n in itertools.count():
    root = publish(os.urandom(60_000) * 20)
    print("pinned", root, flush=True)
    if n % 3 == 2:
        store.unpin(root)
        print("unpinned", root, flush=True)
"""
COLLECT = """
import sys
from metaorg.ipfs import Embedded
store = Embedded(sys.argv[1])
for _ in iter(int, 1):
    print("removed", store.collect([], older_than=float(sys.argv[2])), flush=True)
"""


class Life:
    """A process that works on a store until it is killed, and what it has acknowledged."""

    def __init__(self, script: str, *arguments: object) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", script, *map(str, arguments)],
            bufsize=0,  # so that `communicate` gets whatever `readline` leaves
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert self.process.stdout is not None
        self.first = self.process.stdout.readline()

    def kill(self) -> list[list[str]]:
        """The words of each acknowledgement; the last line may be cut by the kill."""
        self.process.kill()
        output, errors = self.process.communicate()
        assert errors == b""
        lines = (self.first + output).decode().split("\n")[:-1]
        assert lines
        return [line.split() for line in lines]


def pinned_by(acknowledged: list[list[str]]) -> set[Cid]:
    """What is pinned for certain; whether the last one was unpinned already, nobody knows."""
    kept = {Cid.parse(name): act for act, name in acknowledged}
    return {cid for cid, act in list(kept.items())[:-1] if act == "pinned"}


def check(store: Embedded) -> None:
    """Whatever is there is whole, and so is whatever is pinned."""
    for kept in store.cids():
        store.get(kept)
    for root in store.pins():
        assert list(missing(store, root)) == []


@pytest.mark.parametrize("seed", range(6))
def test_a_killed_writer_loses_nothing_acknowledged(embedded: Embedded, seed: int) -> None:
    draw = random.Random(seed)

    for life in range(3):
        writer = Life(PUT, embedded.path, f"{seed}.{life}")
        time.sleep(draw.uniform(0, 0.08))
        acknowledged = writer.kill()

        for _, *cids in acknowledged:
            for cid in cids:
                embedded.get(Cid.parse(cid))
        check(embedded)


def test_publishers_and_collectors_may_be_killed_at_any_moment(embedded: Embedded) -> None:
    draw = random.Random(4)
    certain = set[Cid]()

    for _ in range(6):
        lives = [Life(PUBLISH, embedded.path), Life(COLLECT, embedded.path, 0)]
        time.sleep(draw.uniform(0.05, 0.4))
        certain |= pinned_by(lives[0].kill())
        lives[1].kill()

    check(embedded)
    assert certain
    assert certain <= set(embedded.pins())
    embedded.collect([], older_than=0)
    check(embedded)
    needed = {block.cid for root in embedded.pins() for block in walk(embedded, root)}
    assert set(embedded.cids()) == needed


def test_several_write_read_pin_and_collect_at_once(embedded: Embedded) -> None:
    lives = [
        Life(PUBLISH, embedded.path),
        Life(PUBLISH, embedded.path),
        Life(PUT, embedded.path, "documents"),
        Life(COLLECT, embedded.path, 0),
    ]
    ends = time.monotonic() + 1.5
    while time.monotonic() < ends:
        for root in list(embedded.pins())[:20]:
            # Unpinned meanwhile, it may go; whatever is read is what was asked for.
            try:
                embedded.get(root)
            except ContentMissing:
                assert root not in set(embedded.pins())

    said = [life.kill() for life in lives]

    for acknowledged in said[:2]:
        assert pinned_by(acknowledged) <= set(embedded.pins())
    for _, *cids in said[2]:
        assert {Cid.parse(cid) for cid in cids} <= set(embedded.pins())
    assert sum(int(count) for _, count in said[3]) > 0
    check(embedded)


def test_a_log_does_not_grow_without_bound_under_a_large_import_and_readers(
    embedded: Embedded,
) -> None:
    # Documents are pinned as they are put, so that a collector finds nothing to do, and reads.
    embedded.put_many([b"%d" % n for n in range(2000)])
    reader = Life(COLLECT, embedded.path, 0)
    log, largest = Path(f"{embedded.path}-wal"), 0
    chunk = bytes(1 << 20)

    for n in range(280):
        data = n.to_bytes(8) + chunk[8:]
        embedded.write([Block(cid_of(data), data)])
        largest = max(largest, log.stat().st_size)

    reader.kill()
    assert largest < 200 << 20
