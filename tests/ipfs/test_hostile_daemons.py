"""Whatever a daemon does, a command ends in bounded time and memory, and never with wrong bytes."""

import contextlib
import itertools
import json
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler

import pytest

from metaorg.errors import (
    ContentCorrupt,
    ContentMissing,
    InvalidInput,
    StoreUnreachable,
    Unreachable,
)
from metaorg.ipfs import Kubo
from metaorg.ipfs.blocks import cid_of
from metaorg.types import BLOCK_LIMIT, DAG_PB
from tests.ipfs.hostile import (
    CHUNKED,
    ERROR,
    MEBIBYTE,
    OK,
    TIMEOUT,
    Behaviour,
    Server,
    bomb,
    bounded,
    drips,
    floods,
    hangs,
    hangs_up,
    redirects,
    says,
)

Daemon = Callable[..., Kubo]

MINUTES = b"minutes"
CID = cid_of(MINUTES)
EMPTY_FOLDER = b"\x0a\x02\x08\x01"
"""A UnixFS folder without entries, as dag-pb."""
MISSING = json.dumps(
    {"Message": f"ipld: could not find {CID}", "Code": 0, "Type": "error"}
).encode()


@pytest.fixture
def daemon() -> Iterator[Daemon]:
    """Starts daemons that answer each command as the test says, and `version` properly."""
    with contextlib.ExitStack() as servers:

        def start(timeout: float = 30, **commands: Behaviour) -> Kubo:
            answers = {"version": says(b'{"Version": "0.43.1"}'), **commands}
            server = servers.enter_context(
                Server(lambda handler: answers[_command(handler)](handler))
            )
            return Kubo(f"/ip4/127.0.0.1/tcp/{server.server_port}", timeout=timeout)

        yield start


def _command(handler: BaseHTTPRequestHandler) -> str:
    return handler.path.removeprefix("/api/v0/").split("?")[0].replace("/", "_")


HOSTILE: dict[str, Behaviour] = {
    "hangs": hangs,
    "hangs up": hangs_up,
    "drips a status line": drips(then=b"H"),
    "drips headers": drips(OK, then=b"X-Drip: 1\r\n"),
    "drips one header": drips(OK, b"X-Drip: ", then=b"1"),
    "drips a body": drips(OK, b"\r\n", then=b"1"),
    "drips chunks": drips(OK, CHUNKED, then=b"1\r\n1\r\n"),
    "drips an error": drips(ERROR, b"\r\n", then=b"1"),
    "promises more than it sends": drips(OK, b"Content-Length: 99\r\n\r\n", MINUTES, then=b""),
    "floods headers": floods(OK, then=b"X-Flood: 1\r\n" * 1000),
    "floods one header": floods(OK, b"X-Flood: ", then=MEBIBYTE),
    "floods a body": floods(OK, b"\r\n", then=MEBIBYTE),
    "floods chunks": floods(OK, CHUNKED, then=b"100000\r\n" + MEBIBYTE + b"\r\n"),
    "floods a chunk's head": floods(OK, CHUNKED, then=b"1" * 1000),
    "floods an error": floods(ERROR, b"\r\n", then=b'"' + b"a" * 1000),
    "nests an error": says(b"[" * 900_000, status=500),
    "is not HTTP": floods(then=b"\x00\xff" * 100),
    "redirects": redirects,
    "unpacks without end": bomb,
    "is a web page": says(b"<html>hello</html>"),
    "is a web page that is not found": says(b"<html>404</html>", status=404),
    "forbids": says(b"403 - Forbidden", status=403),
    "answers nothing": says(b""),
    "answers JSON of another kind": says(b"[1]\n2\nnull"),
    "nests JSON": says(b"[" * 900_000),
    "refuses": says(b'{"Message": "no \x1b[31m space", "Code": 0, "Type": "error"}', status=500),
    "refuses without words": says(b'{"Message": 5}', status=500),
    "refuses late": says(b'{"Message": "no space", "Type": "error"}'),
    "speaks of another block": says(json.dumps({"Key": str(cid_of(b"other"))}).encode()),
}


ACTS: dict[str, Callable[[Kubo], object]] = {
    "version": Kubo.version,
    "dag_import": lambda store: store.put(EMPTY_FOLDER, DAG_PB),
    "block_put": lambda store: store.put(MINUTES),
    "block_get": lambda store: store.get(CID),
    "block_stat": lambda store: store.has(CID),
    "pin_add": lambda store: store.pin(CID),
    "pin_rm": lambda store: store.unpin(CID),
}


@pytest.mark.parametrize("behaviour", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("command", ACTS)
def test_a_hostile_daemon_costs_bounded_time_and_memory(
    daemon: Daemon, command: str, behaviour: Behaviour
) -> None:
    # A CAR that is refused is put block by block.
    store: Kubo = daemon(TIMEOUT, **{"block_put": HOSTILE["refuses"], command: behaviour})

    with bounded(), pytest.raises(Unreachable) as refusal:
        ACTS[command](store)

    assert isinstance(refusal.value, StoreUnreachable | ContentCorrupt)
    assert str(refusal.value).isprintable()
    assert len(str(refusal.value)) < 600


def test_bytes_that_do_not_hash_are_not_handed_on(daemon: Daemon) -> None:
    with pytest.raises(ContentCorrupt) as corrupt:
        daemon(block_get=says(b"Minutes")).get(CID)

    assert corrupt.value.cid == CID


def test_a_block_over_the_limit_is_not_read_to_its_end(daemon: Daemon) -> None:
    with pytest.raises(StoreUnreachable, match="more than 2,097,152 bytes"):
        daemon(block_get=says(bytes(BLOCK_LIMIT + 1))).get(CID)


def test_a_daemon_that_names_another_cid_is_not_relied_on(daemon: Daemon) -> None:
    other = cid_of(b"other")
    said = json.dumps({"Key": str(other)}).encode()

    with pytest.raises(StoreUnreachable, match=f"asked about {CID} and answered about {other}"):
        daemon(block_put=says(said)).put(MINUTES)


@pytest.mark.parametrize(("count", "size"), [(1, 5), (2, 4), (0, 0), (None, "4")])
def test_a_daemon_that_imports_something_else_is_not_relied_on(
    daemon: Daemon, count: object, size: object
) -> None:
    said = json.dumps({"Stats": {"BlockCount": count, "BlockBytesCount": size}}).encode()

    with pytest.raises(StoreUnreachable, match="asked about 1 blocks of 4 bytes and answered"):
        daemon(dag_import=says(said)).put(EMPTY_FOLDER, DAG_PB)


def test_pinning_may_take_long_as_long_as_it_goes_on(daemon: Daemon) -> None:
    pieces = [
        *(b'{"Progress":%d}\n' % n for n in range(1, 9)),
        b'{"Pins":["%s"]}' % str(CID).encode(),
    ]

    def goes_on(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(OK + b"\r\n")
        for piece in pieces:
            handler.wfile.write(piece)
            time.sleep(TIMEOUT / 4)

    started = time.monotonic()
    daemon(TIMEOUT, pin_add=goes_on).pin(CID)

    assert time.monotonic() - started > 2 * TIMEOUT


@pytest.mark.parametrize("then", [b'{"Progress":7}\n', b'{"Progress":"8"}\n', b"{}\n", b" "])
def test_pinning_ends_when_it_does_not_go_on(daemon: Daemon, then: bytes) -> None:
    store: Kubo = daemon(TIMEOUT, pin_add=drips(OK, b"\r\n", b'{"Progress":7}\n', then=then))

    with bounded(), pytest.raises(StoreUnreachable, match="did not answer pin/add within"):
        store.pin(CID)


def test_a_proxy_that_lists_other_pins_than_it_was_asked_for_is_not_relied_on(
    daemon: Daemon,
) -> None:
    pin = json.dumps({"Cid": str(CID), "Type": "recursive"}).encode()

    with pytest.raises(StoreUnreachable, match="asked about direct pins"):
        daemon(pin_ls=says(pin)).collect([], older_than=0)


@pytest.mark.parametrize("said", [{"Error": "x"}, {"Key": {"/": str(CID)}, "Error": "\x1b[31m x"}])
def test_a_collection_that_fails_in_the_middle_has_failed(daemon: Daemon, said: object) -> None:
    answer = json.dumps({"Key": {"/": str(CID)}}) + "\n" + json.dumps(said)

    with pytest.raises(StoreUnreachable, match="did not collect") as refusal:
        daemon(pin_ls=says(b""), repo_gc=says(answer.encode())).collect([], older_than=0)

    assert str(refusal.value).isprintable()


def test_a_daemon_that_keeps_fewer_blocks_is_not_relied_on(daemon: Daemon) -> None:
    said = json.dumps({"Key": str(CID)}).encode()

    with pytest.raises(StoreUnreachable, match="and 1 more"):
        daemon(block_put=says(said)).put_many([MINUTES, b"other"])


def test_only_the_daemons_word_for_missing_means_missing(daemon: Daemon) -> None:
    assert not daemon(block_stat=says(MISSING, status=500)).has(CID)
    with pytest.raises(ContentMissing):
        daemon(block_get=says(MISSING, status=500)).get(CID)

    elsewhere = says(b'{"Message": "merkledag: protocol not found", "Type": "error"}', status=500)
    with pytest.raises(StoreUnreachable):
        daemon(block_stat=elsewhere).has(CID)


def test_a_listing_that_never_ends_is_cut_off(daemon: Daemon) -> None:
    line = json.dumps({"Cid": str(CID), "Type": "recursive"}).encode() + b"\n"

    with pytest.raises(StoreUnreachable, match=r"did not answer pin/ls within 0\.4 seconds"):
        list(daemon(TIMEOUT, pin_ls=drips(OK, b"\r\n", then=line)).cids())


def test_pins_that_have_no_name_here_are_left_out(daemon: Daemon) -> None:
    pins = ["bafk2bzaceaa4z3fzvzdgtexl4i3w3tqbuf3qjkd4b2cvtbzbtkgsd7z2n6cru", str(CID), None]
    listing = b"\n".join(json.dumps({"Cid": pin}).encode() for pin in pins)

    assert list(daemon(pin_ls=says(listing)).cids()) == [CID]


@pytest.mark.parametrize(
    ("version", "refused", "warned"),
    [
        ("0.43.1", False, False),
        ("0.43.0-rc2", False, False),
        ("0.28.0", False, True),
        ("0.44.0-dev", False, True),
        ("1.0.0", False, True),
        ("0.27.9", True, False),
        ("0.4.23", True, False),
    ],
)
def test_old_daemons_are_refused_and_untested_ones_come_with_a_warning(
    daemon: Daemon, version: str, refused: bool, warned: bool
) -> None:
    store: Kubo = daemon(version=says(json.dumps({"Version": version}).encode()))

    if refused:
        with pytest.raises(StoreUnreachable, match="update it"):
            store.put(MINUTES)
    else:
        assert (version in store.version().warning) == warned


@pytest.mark.parametrize("version", ["", "43", "v0.43.1", "0.43x", "0." + "9" * 99, 43, None, {}])
def test_what_names_no_version_is_no_kubo_daemon(daemon: Daemon, version: object) -> None:
    store: Kubo = daemon(version=says(json.dumps({"Version": version}).encode()))

    with pytest.raises(StoreUnreachable, match="is it a Kubo daemon"):
        store.get(CID)


def test_the_version_is_read_once_before_the_first_command(daemon: Daemon) -> None:
    asked = itertools.count()

    def version(handler: BaseHTTPRequestHandler) -> None:
        next(asked)
        says(b'{"Version": "0.43.1"}')(handler)

    store: Kubo = daemon(version=version, block_get=says(MINUTES))

    assert [store.get(CID) for _ in range(3)] == [MINUTES] * 3
    assert next(asked) == 1


def test_a_block_that_no_store_would_take_is_not_sent(daemon: Daemon) -> None:
    with pytest.raises(InvalidInput):
        daemon(version=hangs).put(bytes(BLOCK_LIMIT + 1))
