"""Gateways: whatever they serve, a block is the block, and the error says who failed on which."""

import itertools
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from metaorg.errors import ContentCorrupt, ContentMissing, InvalidInput, StoreUnreachable
from metaorg.ipfs import gateway
from metaorg.ipfs.blocks import cid_of
from metaorg.ipfs.gateway import Gateways
from metaorg.types import BLOCK_LIMIT, Cid
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

Serve = Callable[[Behaviour], str]

MINUTES = b"minutes"
CID = cid_of(MINUTES)
BLOCKS = {cid_of(data): data for data in (b"block %d" % n for n in range(60))}


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts a server that does as told, and gives its URL."""
    with ExitStack() as servers:
        yield lambda behaviour: servers.enter_context(Server(behaviour)).url


def holds(blocks: Mapping[Cid, bytes], *, after: float = 0.0) -> Behaviour:
    """An honest gateway, which takes its time."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(after)
        cid = Cid.parse(handler.path.removeprefix("/ipfs/").removesuffix("?format=raw"))
        block = blocks.get(cid)
        says(b"not here", 404)(handler) if block is None else says(block)(handler)

    return answer


def sends(*pieces: bytes) -> Behaviour:
    return lambda handler: handler.wfile.write(b"".join(pieces)) and None


absent = says(b"not here", 404)
flips = says(bytes((MINUTES[0] ^ 1,)) + MINUTES[1:])
LENGTH = b"Content-Length: %d\r\n\r\n"

HOSTILE: dict[str, Behaviour] = {
    "flips a bit": flips,
    "serves another block": says(b"other"),
    "serves nothing": says(b""),
    "serves a web page": says(b"<html>hello</html>"),
    "cuts off the body": sends(OK, LENGTH % 99, MINUTES),
    "cuts off nearly all": sends(OK, LENGTH % BLOCK_LIMIT),
    "cuts off a chunk": sends(OK, CHUNKED, b"7\r\nmin"),
    "cuts off after a chunk": sends(OK, CHUNKED, b"7\r\nminutes\r\n"),
    "stalls": hangs,
    "stalls in the body": lambda handler: (sends(OK, LENGTH % 7, b"min")(handler), hangs(handler))[
        1
    ],
    "hangs up": hangs_up,
    "drips a status line": drips(then=b"H"),
    "drips headers": drips(OK, then=b"X-Drip: 1\r\n"),
    "drips one header": drips(OK, b"X-Drip: ", then=b"1"),
    "drips a body": drips(OK, b"\r\n", then=b"1"),
    "drips chunks": drips(OK, CHUNKED, then=b"1\r\n1\r\n"),
    "drips the length of a chunk": drips(OK, CHUNKED, then=b"0"),
    "drips trailers": drips(OK, CHUNKED, b"0\r\n", then=b"X-Drip: 1\r\n"),
    "drips that it will answer": drips(then=b"HTTP/1.1 100 Continue\r\n\r\n"),
    "floods headers": floods(OK, then=b"X-Flood: 1\r\n" * 1000),
    "floods one header": floods(OK, b"X-Flood: ", then=MEBIBYTE),
    "floods a body": floods(OK, b"\r\n", then=MEBIBYTE),
    "floods chunks": floods(OK, CHUNKED, then=b"100000\r\n" + MEBIBYTE + b"\r\n"),
    "floods an error": floods(ERROR, b"\r\n", then=MEBIBYTE),
    "promises a chunk without end": floods(OK, CHUNKED, b"f" * 15 + b"\r\n", then=MEBIBYTE),
    "promises less than nothing": sends(OK, b"Content-Length: -5\r\n\r\n", b"minute"),
    "sends a byte more than a block has": says(bytes(BLOCK_LIMIT + 1)),
    "is not HTTP": floods(then=b"\x00\xff" * 100),
    "redirects": redirects,
    "unpacks without end": bomb,
    "packs with what nobody knows": says(MINUTES, **{"Content-Encoding": "zstd"}),
    "forbids": says(b"no \x1b[31m entry", 403),
    "fails": says(b"oops", 500),
    "is busy": says(b"later", 429, **{"Retry-After": "120"}),
    "is busy for ever": says(b"later", 503, **{"Retry-After": "9" * 400}),
}


@pytest.mark.parametrize("behaviour", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_gateway_costs_bounded_time_and_memory(
    serve: Serve, behaviour: Behaviour
) -> None:
    url = serve(behaviour)

    with bounded(), pytest.raises((StoreUnreachable, ContentCorrupt)) as refusal:
        Gateways([url], timeout=TIMEOUT).get(CID)

    assert str(CID) in str(refusal.value)
    assert url in str(refusal.value)
    assert str(refusal.value).isprintable()
    assert len(str(refusal.value)) < 600


@pytest.mark.parametrize("behaviour", HOSTILE.values(), ids=HOSTILE)
def test_beside_a_hostile_gateway_an_honest_one_is_enough(
    serve: Serve, behaviour: Behaviour
) -> None:
    source = Gateways(
        [serve(behaviour), serve(holds({CID: MINUTES}))], timeout=2 * TIMEOUT, patience=0.05
    )

    with bounded():
        assert source.get(CID) == MINUTES


def test_a_gateway_that_lies_is_not_asked_again_and_it_is_said(serve: Serve) -> None:
    asked, told = itertools.count(), list[str]()

    def lies(handler: BaseHTTPRequestHandler) -> None:
        next(asked)
        flips(handler)

    liar = serve(lies)
    source = Gateways([liar, serve(holds(BLOCKS))], told=told.append)

    assert [source.get(cid) for cid in BLOCKS] == list(BLOCKS.values())

    assert next(asked) == 1
    first = next(iter(BLOCKS))
    sentence = f"the gateway {liar} served bytes that do not hash to {first}; it is not asked again"
    assert source.dropped == {liar: sentence}
    assert told == [sentence]


def test_what_only_a_liar_has_is_corrupt_and_what_it_is_not_asked_for_is_unknown(
    serve: Serve,
) -> None:
    liar, empty = serve(flips), serve(absent)
    source = Gateways([liar, empty])

    with pytest.raises(ContentCorrupt) as corrupt:
        source.get(CID)
    with pytest.raises(StoreUnreachable, match="do not hash") as unknown:
        source.get(cid_of(b"other"))

    assert corrupt.value.cid == CID
    assert corrupt.value.where == f"the gateway {liar}"
    assert str(cid_of(b"other")) in str(unknown.value)


def test_a_gateway_that_fails_again_and_again_is_not_asked_any_more(serve: Serve) -> None:
    asked, told = itertools.count(), list[str]()

    def fails(handler: BaseHTTPRequestHandler) -> None:
        next(asked)
        says(b"oops", 500)(handler)

    url = serve(fails)
    source = Gateways([url], told=told.append)
    for cid in BLOCKS:
        with pytest.raises(StoreUnreachable, match="oops"):
            source.get(cid)

    assert next(asked) == gateway.FAILURES
    assert list(source.dropped) == [url]
    assert len(told) == 1


def test_a_gateway_that_fails_now_and_then_is_asked_again(serve: Serve) -> None:
    count = itertools.count()

    def stumbles(handler: BaseHTTPRequestHandler) -> None:
        (says(b"oops", 500) if next(count) % 2 else holds(BLOCKS))(handler)

    source = Gateways([serve(stumbles)])
    found = [next(source.get_many([cid]))[1] for cid in BLOCKS]

    assert found[::2] == list(BLOCKS.values())[::2]
    assert all(isinstance(failure, StoreUnreachable) for failure in found[1::2])
    assert source.dropped == {}


def test_what_all_gateways_say_they_do_not_have_is_missing(serve: Serve) -> None:
    urls = [serve(absent), serve(says(b"gone", 410))]
    source = Gateways(urls)

    with pytest.raises(ContentMissing) as missing:
        source.get(CID)

    assert missing.value.cid == CID
    assert set(missing.value.asked) == {f"the gateway {url}" for url in urls}
    assert not source.has(CID)
    assert source.dropped == {}


def test_what_one_gateway_could_not_say_is_unknown(serve: Serve) -> None:
    source = Gateways([serve(absent), serve(says(b"oops", 502))])

    for read in (source.get, source.has):
        with pytest.raises(StoreUnreachable, match=f"{CID} was not found, but not every"):
            read(CID)


def test_a_closed_source_opens_again_at_the_next_use(serve: Serve) -> None:
    source = Gateways([serve(holds(BLOCKS))])

    for cid, data in BLOCKS.items():
        assert source.get(cid) == data
        source.close()


def test_has_asks_for_no_bytes(serve: Serve) -> None:
    methods: list[str] = []

    def behaviour(handler: BaseHTTPRequestHandler) -> None:
        methods.append(handler.command)
        says(b"" if handler.command == "HEAD" else MINUTES)(handler)

    assert Gateways([serve(behaviour)]).has(CID)
    assert methods == ["HEAD"]


def test_a_busy_gateway_is_asked_again_when_it_said(serve: Serve) -> None:
    times: list[float] = []

    def busy(handler: BaseHTTPRequestHandler) -> None:
        times.append(time.monotonic())
        later = says(b"later", 429, **{"Retry-After": "1"})
        (later if len(times) == 1 else says(MINUTES))(handler)

    assert Gateways([serve(busy)], timeout=5).get(CID) == MINUTES
    assert 1 <= times[1] - times[0] < 2


def test_a_path_before_the_cid_is_kept(serve: Serve) -> None:
    paths: list[str] = []

    def behaviour(handler: BaseHTTPRequestHandler) -> None:
        paths.append(handler.path)
        assert handler.headers["Accept"] == "application/vnd.ipld.raw"
        says(MINUTES)(handler)

    url = serve(behaviour)
    for each in (url, url + "/", url + "/ipfs/", url + "/commons"):
        assert Gateways([each]).get(CID) == MINUTES

    plain = f"/ipfs/{CID}?format=raw"
    assert paths == [plain, plain, plain, "/commons" + plain]


def test_without_a_url_or_with_a_wrong_one_nothing_is_tried() -> None:
    with pytest.raises(InvalidInput, match="no gateway is named"):
        Gateways([])
    with pytest.raises(InvalidInput, match="the URL of a gateway"):
        Gateways(["https://example.org", "https://user:secret@example.org"])


def test_many_blocks_come_from_several_gateways_at_once(serve: Serve) -> None:
    asked: list[set[Cid]] = [set(), set(), set()]

    def partial(kept: set[Cid]) -> Behaviour:
        def answer(handler: BaseHTTPRequestHandler) -> None:
            kept.add(Cid.parse(handler.path.split("/")[2].split("?")[0]))
            holds(BLOCKS, after=0.02)(handler)

        return answer

    source = Gateways([serve(partial(kept)) for kept in asked])
    started = time.monotonic()

    found = dict(source.get_many(BLOCKS))

    assert found == BLOCKS
    assert all(asked)
    assert time.monotonic() - started < 0.02 * len(BLOCKS)


def test_many_blocks_come_with_the_reason_for_each_that_does_not(serve: Serve) -> None:
    held = dict(itertools.islice(BLOCKS.items(), 30))
    source = Gateways([serve(holds(held)), serve(absent)])

    found = dict(source.get_many(iter([*BLOCKS, *BLOCKS])))

    assert set(found) == set(BLOCKS)
    assert {cid for cid, data in found.items() if isinstance(data, ContentMissing)} == (
        set(BLOCKS) - set(held)
    )
    assert all(found[cid] == data for cid, data in held.items())


def test_a_gateway_that_stalls_does_not_hold_up_the_others(serve: Serve) -> None:
    source = Gateways(
        [serve(holds(BLOCKS, after=1.5)), serve(holds(BLOCKS))], timeout=10, patience=0.1
    )
    started = time.monotonic()

    assert dict(source.get_many(BLOCKS)) == BLOCKS

    assert time.monotonic() - started < 1.5


def test_blocks_are_asked_for_only_so_far_ahead(serve: Serve) -> None:
    taken = itertools.count()
    cids = (cid for cid in BLOCKS if next(taken) >= 0)
    source = Gateways([serve(holds(BLOCKS))])

    found = source.get_many(cids)
    assert next(taken) == 0
    next(found)
    time.sleep(0.3)

    assert next(taken) - 2 <= gateway.AHEAD


def test_no_gateway_gets_more_requests_at_once_than_agreed(serve: Serve) -> None:
    running, most, lock = 0, 0, threading.Lock()

    def counted(handler: BaseHTTPRequestHandler) -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        holds(BLOCKS, after=0.01)(handler)
        with lock:
            running -= 1

    source = Gateways([serve(counted)])
    readers = [threading.Thread(target=lambda: list(source.get_many(BLOCKS))) for _ in range(3)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()

    # The server may still be ending one answer of which the client has all.
    assert 1 < most <= gateway.CONNECTIONS + 1


READ_SLOWLY = """
import resource, sys, time
from metaorg.ipfs.gateway import Gateways
from metaorg.types import BLOCK_LIMIT, Cid
cids = [Cid.of(bytes((n,)) * BLOCK_LIMIT) for n in range(150)]
source = Gateways(sys.argv[1:])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for n, (cid, data) in enumerate(source.get_many(cids)):
    assert isinstance(data, bytes), data
    if n % 25 == 0:
        time.sleep(0.3)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_memory_is_that_of_the_window_whatever_is_read(serve: Serve) -> None:
    blocks = {cid_of(data): data for data in (bytes((n,)) * BLOCK_LIMIT for n in range(150))}
    urls = [serve(holds(blocks)) for _ in range(2)]

    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(READ_SLOWLY), *urls],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )

    window = gateway.AHEAD + 2 * gateway.CONNECTIONS * len(urls)
    assert int(run.stdout) * 1024 < window * BLOCK_LIMIT  # of 300 MiB in all


def test_a_kubo_gateway_is_a_gateway(
    kubo_program: str, kubo_daemon: tuple[str, dict[str, str]]
) -> None:
    environment = kubo_daemon[1]
    url = Path(environment["IPFS_PATH"], "gateway").read_text().strip()
    put = subprocess.run(
        [kubo_program, "block", "put", "--cid-codec=raw"],
        env=environment,
        input=MINUTES,
        capture_output=True,
        check=True,
    )
    assert put.stdout.decode().strip() == str(CID)
    source = Gateways([url])

    found = dict(source.get_many([CID, cid_of(b"nobody has this")]))

    assert found[CID] == MINUTES
    assert isinstance(found[cid_of(b"nobody has this")], ContentMissing)
    assert source.has(CID)
