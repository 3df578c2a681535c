"""The audit of a meta-organization on geth: nothing is found, or what was planted there too."""

from typing import cast

import pytest
from audit.history import History
from audit.planted import WRONGS, Wrong, audited, nodes, proofs, told
from onchain.world import actor

from geth.conftest import Geth
from geth.world import World

TABLES = (nodes, proofs, told)
"""Importing them fills the catalogue."""
HERE = {
    "a provider that tells nothing happened",
    "a log told otherwise by a provider",
    "a log told twice",
    "receipts made up by a provider",
    "a vote that one of two providers tells otherwise",
    "two providers of which nothing says who is right",
    "a provider that disagrees with two others",
    "a node that refuses",
    "a node of another chain",
    "a node on another fork",
    "a node on another fork than two others",
    "a vote told twice",
    "a vote that weighs twice",
    "decisions that nobody proposed",
    "a call that lies while the proof is true",
    "a proof that was altered",
    "a node that proves nothing",
}
"""Wrongs that need no more than a history of any kind, and no chain that can be altered."""
TABLE = [wrong for wrong in WRONGS if wrong.name in HERE]


@pytest.fixture(scope="module")
def world(geth: Geth, tmp_path_factory: pytest.TempPathFactory) -> History:
    """A founding, a new member, and a decision of all that was executed."""
    world = World(geth, tmp_path_factory.mktemp("audit"), b"# What is audited\n")
    world.join(actor(4))
    call = world.by(world.founders[0]).membership.contract.add_kind("guild")
    number = world.propose(call, title="Guilds")
    world.vote(number, *world.founders, actor(4))
    world.execute(number)
    return cast(History, world)


def test_a_clean_history_has_no_findings_whatever_is_looked_at(world: History) -> None:
    report = audited(world, prove=True, depth=nodes.EVERY)

    assert report.findings == ()
    assert report.statement.unknown == () and report.statement.limits == ()
    assert [one.state for one in report.statement.decisions] == ["executed"]
    blocks = report.statement.block.number - report.provenance.first_block + 1
    assert report.provenance.headers == report.provenance.proved == blocks
    assert report.provenance.by_receipts == report.provenance.with_logs > 5
    assert report.provenance.accounts > 8 and report.provenance.slots > 40
    assert report.statement == audited(world).statement


@pytest.mark.parametrize("wrong", TABLE, ids=lambda wrong: wrong.name)
def test_a_planted_wrong_is_found_and_named(world: History, wrong: Wrong) -> None:
    report, liar = wrong.plant(world) or (None, "")

    assert report is not None
    assert {one.code for one in report.findings if one.kind == "difference"} == wrong.differences
    assert {one.code for one in report.findings if one.kind == "unknown"} == wrong.unknown
    assert not wrong.names or any(liar in one.subject + one.seen for one in report.findings)


def test_all_of_these_are_there() -> None:
    assert {wrong.name for wrong in TABLE} == HERE
