"""Founding, joining and deciding pass on geth as they do on Anvil, through the library."""

import pytest
from onchain.world import actor

from geth.conftest import Geth
from geth.world import World
from metaorg.audit import check
from metaorg.onchain import factory
from metaorg.rules.membership import Status


@pytest.fixture(scope="module")
def world(geth: Geth, tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(geth, tmp_path_factory.mktemp("world"), b"# Where we go\n")


def test_everything_is_deployed_where_it_is_on_every_chain(world: World) -> None:
    assert factory.missing(world.chain.at()) == []


def test_an_organization_joins_and_a_decision_of_all_is_executed(world: World) -> None:
    orchard = actor(4)
    world.join(orchard)
    org = world.by(orchard)
    assert org.membership.show(orchard.address).standing.status == Status.ACTIVE

    number = world.propose(org.assembly.rulebook.set_open_proposals(4), title="Four at once")
    world.vote(number, *world.founders, orchard)
    world.execute(number)

    view = org.assembly.show(number)
    assert view.state.state == "executed"
    assert [tally.in_favour // 10_000 for tally in view.tallies] == [2, 2, 0]


def test_a_check_of_it_all_agrees(world: World) -> None:
    report = check(world.chain, world.modules.meta_organization, world.store)

    assert report.findings == ()
    assert report.statement.chain_id == 1337
