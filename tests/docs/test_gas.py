"""What operations cost is what the snapshot says, to the unit."""

import json

import pytest

from scripts.gas import SNAPSHOT, measure

LIMITS = {
    "found with 12 founders": 1_400_000 + 12 * 180_000,
    "adopt, apply and admit": 300_000,
    "propose one action": 110_000,
    "propose one action, first of a seat": 125_000,
    "vote, first in a page": 66_000,
    "vote, later in a page": 48_500,
    "each vote of a batch of 100 signed votes": 12_000,
    "queue and execute one action": 255_000,
}
SIZE_LIMIT = 24_576


def test_gas_and_sizes_are_those_of_the_snapshot() -> None:
    snapshot = json.loads(SNAPSHOT.read_text(encoding="utf-8"))

    assert measure() == snapshot, "run `make gas`, and read what changed"


@pytest.mark.parametrize(("operation", "limit"), LIMITS.items())
def test_no_operation_costs_more_than_was_promised(operation: str, limit: int) -> None:
    snapshot = json.loads(SNAPSHOT.read_text(encoding="utf-8"))

    assert snapshot["gas"][operation] <= limit


def test_every_contract_fits_a_block_chain() -> None:
    snapshot = json.loads(SNAPSHOT.read_text(encoding="utf-8"))

    assert max(snapshot["bytes"].values()) <= SIZE_LIMIT
