"""A check agrees on geth nodes that answer little at once, and that forgot old states."""

from pathlib import Path

import pytest
from onchain.world import actor

from geth.conftest import running
from geth.world import World
from metaorg.audit import check
from metaorg.onchain.chain import NodeRefused

KEPT = 128
"""Blocks whose states geth keeps unless it is told otherwise."""


@pytest.mark.parametrize("options", [["--rpc.rangelimit=5", "--rpc.batch-request-limit=3"], []])
def test_a_check_agrees_when_the_node_has_limits_and_pruned_states(
    geth_program: str, tmp_path: Path, options: list[str]
) -> None:
    with running(geth_program, tmp_path, *options) as geth:
        world = World(geth, tmp_path)
        world.join(actor(4))
        founded = geth.chain.block().number
        geth.mine(KEPT + 1)
        with pytest.raises(NodeRefused, match=r"historical state .* is not available"):
            geth.chain.at(founded).code(world.modules.meta_organization)

        report = check(geth.chain, world.modules.meta_organization, world.store)

        assert report.findings == ()
        assert report.checked["seats"] == 4


def test_an_old_state_is_unknown_and_not_empty(geth_program: str, tmp_path: Path) -> None:
    """Before its founding a contract has no code; where that is forgotten, nobody says so."""
    with running(geth_program, tmp_path) as geth:
        before = geth.chain.at()
        world = World(geth, tmp_path)
        assert before.code(world.modules.meta_organization) == b""

        geth.mine(KEPT + 1)

        with pytest.raises(NodeRefused):
            before.code(world.modules.meta_organization)
