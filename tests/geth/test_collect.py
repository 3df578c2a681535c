"""Reading from a real geth: limits of its own, proofs by its own receipts, and a proxy in front."""

from collections.abc import Iterator

import pytest
from audit.emitters import DEPLOY
from audit.fault_proxy import FaultProxy, dropping
from audit.test_collect import kept, read, topics

from geth.conftest import Geth, running
from metaorg.audit.collect import Depth
from metaorg.audit.index import Index, open_index
from metaorg.types import Address, checksum_address

LIMITS = ("--rpc.rangelimit=5", "--rpc.batch-request-limit=3")
LOGS = 12


def deploy(geth: Geth) -> Address:
    """An emitter, deployed by the account that geth unlocks."""
    sent = geth.chain.request(
        "eth_sendTransaction", {"from": geth._developer, "data": "0x" + DEPLOY, "gas": "0x30000"}
    )
    return checksum_address(receipt(geth, sent)["contractAddress"])


def emit(geth: Geth, emitter: Address, topic: int) -> None:
    data = f"0x{topic:064x}" + "ab" * 40
    transaction = {"from": geth._developer, "to": emitter, "data": data, "gas": "0x30000"}
    receipt(geth, geth.chain.request("eth_sendTransaction", transaction))


def receipt(geth: Geth, sent: str) -> dict[str, str]:
    while geth._waits(sent):
        pass
    found = geth.chain.request("eth_getTransactionReceipt", sent)
    assert found["status"] == "0x1"
    return dict(found)


@pytest.fixture(scope="module")
def emitting(
    geth_program: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Geth, list[Address]]]:
    """A geth with limits, and two contracts that have logged in turn."""
    with running(geth_program, tmp_path_factory.mktemp("emitting"), *LIMITS) as geth:
        emitters = [deploy(geth), deploy(geth)]
        for topic in range(LOGS):
            emit(geth, emitters[topic % 2], topic + 1)
        yield geth, emitters


@pytest.fixture
def index() -> Iterator[Index]:
    with open_index(":memory:") as index:
        yield index


def test_all_logs_of_a_geth_with_limits_are_read_and_proved(
    emitting: tuple[Geth, list[Address]], index: Index
) -> None:
    geth, emitters = emitting
    reading = read(index, geth.url, addresses=emitters)

    provenance = reading.record.provenance(index)
    blocks = reading.plan.head.number + 1
    assert topics(reading.rows) == [*range(1, LOGS + 1)]
    assert (provenance.headers, provenance.proved) == (blocks, blocks)
    assert provenance.findings == ()
    assert all(window.last - window.first < 5 for window in index.windows())


def test_receipts_of_geth_hash_to_its_roots(
    emitting: tuple[Geth, list[Address]], index: Index
) -> None:
    geth, emitters = emitting
    reading = read(index, geth.url, addresses=emitters, depth=Depth(every=True))

    assert reading.record.findings == []
    assert topics(kept(index)) == [*range(1, LOGS + 1)]


def test_a_log_that_is_dropped_in_front_of_geth_is_found(
    emitting: tuple[Geth, list[Address]], index: Index
) -> None:
    geth, emitters = emitting
    with FaultProxy(geth.url, dropping(lambda log: int(log["topics"][0], 16) == 7)) as node:
        reading = read(index, node.url, addresses=emitters)

    assert reading.codes == [("difference", "reading.log-dropped")]
    assert topics(reading.rows) == [*range(1, LOGS + 1)]
