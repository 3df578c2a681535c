"""Which blocks of a chain are final, and the block that an audit is pinned to."""

from datetime import datetime
from typing import Literal, NamedTuple

from metaorg.errors import ChainUnreachable, InvalidInput
from metaorg.onchain.chain import Block, Chain, NodeRefused, integer
from metaorg.times import moment

DEEP = 64
"""Blocks behind the head where nothing says what is final: two epochs of Ethereum."""

_STAKE = "finalized by two thirds of the stake"
_BELOW = "in data that Ethereum finalized"
RULES = {
    1: _STAKE,
    11155111: _STAKE,
    17000: _STAKE,
    560048: _STAKE,
    100: _STAKE,
    10200: _STAKE,
    10: _BELOW,
    11155420: _BELOW,
    8453: _BELOW,
    84532: _BELOW,
    42161: _BELOW,
    421614: _BELOW,
    42220: _BELOW,
    137: "in a milestone of two thirds of the validators",
    80002: "in a milestone of two thirds of the validators",
}
"""What the tag `finalized` means: Ethereum, Sepolia, Holesky, Hoodi, Gnosis, Chiado, OP, Base,
Arbitrum and their test chains, Celo, Polygon, Amoy."""
DEVELOPMENT = {1337, 31337}
"""Chains of one node, whose every block is final."""

KNOWN = RULES.keys() | DEVELOPMENT
"""Chains whose headers are hashed as those of Ethereum."""


class Finality(NamedTuple):
    """Up to which block a chain is final, and by which rule, in words."""

    number: int
    words: str


def finality(chain: Chain) -> Finality:
    """What is final now, by the rule of this chain.

    Raises:
        ChainUnreachable: the node does not answer, or calls a block final that there is not yet.
    """
    head = chain.block().number
    if chain.id in DEVELOPMENT:
        return Finality(head, "every block is final on a development chain")
    number = _finalized(chain)
    if number is None:
        words = f"not final by any rule; {DEEP} blocks deep"
        return Finality(max(head - DEEP, 0), words)
    rule = RULES.get(chain.id, "as the node says, for a chain whose rule is not known here")
    return Finality(number, f"finalized: {rule}")


def _finalized(chain: Chain) -> int | None:
    """What the node calls finalized; the first block is what it calls so without a rule."""
    try:
        found = chain.request("eth_getBlockByNumber", "finalized", False)
    except NodeRefused:
        return None
    if found is None:
        return None
    number = integer(found.get("number") if isinstance(found, dict) else found)
    if number > chain.block().number:
        raise ChainUnreachable(f"the node calls block {number} final, which there is not yet")
    return number or None


def pin(chain: Chain, at: int | Literal["latest"] | datetime | None = None) -> Block:
    """The block that an audit holds at.

    Args:
        at: None for the latest final block, a number, "latest", or a time with its zone: the last
            block that is not after it.

    Raises:
        InvalidInput: there is no such block, or not yet.
    """
    if at is None:
        return chain.block(finality(chain).number)
    if isinstance(at, datetime):
        return _at_time(chain, int(at.timestamp()))
    if isinstance(at, int):
        head = chain.block()
        if not 0 <= at <= head.number:
            raise InvalidInput(f"there is no block {at} yet: the last one is {head.number}")
    return chain.block(at)


def _at_time(chain: Chain, time: int) -> Block:
    """The last block at or before a time, by bisection."""
    low, high = chain.block(0), chain.block()
    if not low.time <= time <= high.time:
        raise InvalidInput(
            f"{moment(time)} is not on this chain, which goes from {moment(low.time)} to "
            f"{moment(high.time)} so far: name a time between them, as {moment(high.time)}, a "
            "block's number or `latest`; a date is the end of that day"
        )
    if time == high.time:
        return high
    while high.number - low.number > 1:
        middle = chain.block((low.number + high.number) // 2)
        if not low.time <= middle.time <= high.time:
            raise ChainUnreachable(
                f"the clock of this chain runs backwards near block {middle.number}, so that a "
                "time names no block; name a number"
            )
        low, high = (middle, high) if middle.time <= time else (low, middle)
    return low
