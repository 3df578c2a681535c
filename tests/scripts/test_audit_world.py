"""The long history of the auditor's measurements, a short one of it."""

from collections import Counter

from metaorg.audit.decoding import Decoder
from metaorg.audit.events import Happened
from metaorg.onchain.modules import Modules
from metaorg.rules.decision import UNITS_PER_SEAT
from scripts.audit_world import SPLITS, AuditWorld, audit_world
from scripts.bench_audit import row
from scripts.raw import Raw

EVENTS = 3_000


def happened(world: AuditWorld) -> list[Happened]:
    addresses = [getattr(world.modules, field) for field in Modules.model_fields]
    window = {"fromBlock": "0x0", "toBlock": "latest", "address": addresses}
    logs = Raw(world.chain.url).ask("eth_getLogs", window)
    decoder = Decoder(world.modules)
    events = decoder([(row(log), 0) for log in logs])
    assert not decoder.unknown
    return events


def test_the_history_is_the_same_each_time_to_the_hash_of_its_last_block() -> None:
    with audit_world(EVENTS) as world, audit_world(EVENTS) as again:
        assert world.chain.block() == again.chain.block()


def test_every_seat_votes_on_every_proposal_and_nine_of_ten_are_carried_out() -> None:
    with audit_world(EVENTS) as world:
        counts = Counter(one.name for one in happened(world))

        assert abs(sum(counts.values()) - EVENTS) < EVENTS // 5
        voted = counts["VoteCast"] + counts["VoteCastWithParams"]
        assert voted == world.seats * world.proposals
        assert counts["VoteCastWithParams"] == sum(map(bool, SPLITS)) * world.proposals
        assert counts["VoteRefused"] == 0
        assert counts["Admitted"] == counts["Adopted"] == counts["Published"] == world.seats
        assert counts["ProposalExecuted"] == world.proposals - world.proposals // 10


def test_more_votes_come_on_proposals_that_stay_open() -> None:
    with audit_world(EVENTS) as world:
        before = len(happened(world))
        world.more(world.seats + 15)
        more = happened(world)[before:]

        votes = [one for one in more if one.name.startswith("VoteCast")]
        assert len(votes) == world.seats + 15
        assert all(one.arguments["weight"] == UNITS_PER_SEAT for one in votes)
        numbers = Counter(one.arguments["proposalId"] for one in votes)
        assert sorted(numbers.values()) == [15, world.seats]
