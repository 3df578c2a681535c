"""A check on a geth that answers little at once, and that has forgotten old states."""

from collections.abc import Iterator

import pytest
from onchain.world import actor

from geth.conftest import running
from geth.world import World
from metaorg.audit import check
from metaorg.onchain.chain import NodeRefused, Reading

KEPT = 128
"""Blocks whose states geth keeps unless it is told otherwise."""
LIMITS = ("--rpc.rangelimit=5", "--rpc.batch-request-limit=3")


@pytest.fixture(scope="module")
def before_and_after(
    geth_program: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Reading, World]]:
    """A reading before the founding, and what was founded; the node forgot both states."""
    folder = tmp_path_factory.mktemp("limited")
    with running(geth_program, folder, *LIMITS) as geth:
        before = geth.chain.at()
        world = World(geth, folder, b"# What is forgotten\n")
        world.join(actor(4))
        assert before.code(world.modules.meta_organization) == b""
        geth.mine(KEPT + 1)
        yield before, world


def test_a_forgotten_state_is_unknown_and_not_empty(
    before_and_after: tuple[Reading, World],
) -> None:
    before, world = before_and_after

    with pytest.raises(NodeRefused, match=r"historical state .* is not available"):
        before.code(world.modules.meta_organization)


def test_a_check_agrees_all_the_same(before_and_after: tuple[Reading, World]) -> None:
    _, world = before_and_after

    report = check(world.chain, world.modules.meta_organization, world.store)

    assert report.findings == ()
    assert report.statement.counts["seats"] == 4
