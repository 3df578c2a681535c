"""Blocks, receipts and state proofs of geth, whose tries are another implementation's."""

import pytest
from audit.slots import Views
from eth_utils.crypto import keccak
from onchain.world import actor

from geth.conftest import Geth
from geth.world import World
from metaorg.audit import proofs
from metaorg.audit.prove import Prover
from metaorg.audit.wanted import Coded
from metaorg.onchain.chain import octets


@pytest.fixture(scope="module")
def world(geth: Geth, tmp_path_factory: pytest.TempPathFactory) -> World:
    """A founding, a new member, and a vote."""
    world = World(geth, tmp_path_factory.mktemp("proofs"), b"# What is proved\n")
    world.join(actor(4))
    org = world.by(world.founders[0])
    world.vote(world.propose(org.membership.contract.add_kind("guild")), *world.founders)
    return world


def test_headers_and_receipts_hash_to_what_blocks_say(world: World) -> None:
    chain, logs = world.chain, 0

    for number in range(chain.block().number + 1):
        block = chain.request("eth_getBlockByNumber", hex(number), False)
        receipts = chain.request("eth_getBlockReceipts", hex(number))
        rows = proofs.logs_of_receipts(number, receipts)
        assert proofs.header_hash(block) == octets(block["hash"])
        assert proofs.receipts_root(receipts) == octets(block["receiptsRoot"])
        assert bytes(proofs.bloom_of(rows)) == octets(block["logsBloom"])
        logs += len(rows)
    assert logs > 50


def test_everything_that_views_answer_is_proved(world: World) -> None:
    reading = world.chain.at()
    words = list(Views(reading, world.modules).wanted())
    codes = [
        Coded(address, keccak(reading.code(address)), name)
        for name, address in world.modules.model_dump().items()
    ]
    header = world.chain.request("eth_getBlockByNumber", hex(reading.block.number), False)

    prover = Prover(reading, header)
    found = list(prover.findings(codes, words))

    assert found == []
    assert (prover.accounts, prover.slots) == (8, len(words))
