"""What geth does otherwise than Anvil when transactions are simulated, sent and waited for."""

import time
from pathlib import Path

import pytest
from onchain.world import actor

from geth.conftest import running
from metaorg.errors import ContractReverted
from metaorg.onchain.factory import DEPLOYER, SALT, address_of
from metaorg.onchain.transactions import send, simulate
from metaorg.types import Call

GATE = bytes.fromhex("600c600a5f39600c5ff3" + "5f35421060085700" + "5b5f5ffd")
"""Creation code of a contract of these tests' own, which refuses until the time that it is given:
if timestamp < calldata[0:32], revert."""


def test_time_that_passed_without_a_block_has_passed(geth_program: str, tmp_path: Path) -> None:
    with running(geth_program, tmp_path) as geth:
        geth.fund(actor(1).address)
        deploy = Call(to=DEPLOYER, data=SALT + GATE, says="deploy a gate")
        send(geth.chain, actor(1), deploy)
        head = geth.chain.block()
        opening = max(head.time, int(time.time())) + 2
        gate = Call(to=address_of(GATE), data=opening.to_bytes(32), says="pass the gate")

        with pytest.raises(ContractReverted):
            simulate(geth.chain, gate, actor(1).address)
        time.sleep(max(opening - time.time(), 0) + 2.1)  # geth keeps a pending block for 2 s

        assert geth.chain.block() == head
        assert simulate(geth.chain, gate, actor(1).address) > 21_000
        send(geth.chain, actor(1), gate)
