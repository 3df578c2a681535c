"""What operations cost is what the snapshot says, to the unit."""

import json

from scripts.gas import SNAPSHOT, measure

LATER_VOTE_LIMIT = 52_000
SIZE_LIMIT = 24_576


def test_gas_and_sizes_are_those_of_the_snapshot() -> None:
    snapshot = json.loads(SNAPSHOT.read_text(encoding="utf-8"))

    assert measure() == snapshot, "run `make gas`, and read what changed"


def test_a_later_vote_costs_less_than_the_field() -> None:
    snapshot = json.loads(SNAPSHOT.read_text(encoding="utf-8"))

    assert snapshot["gas"]["vote, later in a page"] <= LATER_VOTE_LIMIT


def test_every_contract_fits_a_block_chain() -> None:
    snapshot = json.loads(SNAPSHOT.read_text(encoding="utf-8"))

    assert max(snapshot["bytes"].values()) <= SIZE_LIMIT
