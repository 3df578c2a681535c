"""Endpoints that drop, forge, cut, lag, forget, disagree or run their clock backwards."""

from typing import Any

import rlp
from eth_utils.crypto import keccak

from audit.fault_proxy import (
    Fault,
    Json,
    block_field,
    capped,
    lagging,
    on,
    pruned,
    refusal,
    without,
)
from audit.history import History
from audit.lies import (
    PRUNED,
    Log,
    about,
    adding,
    changed_word,
    dropped,
    number_of,
    rewritten,
    telling,
    without_receipts,
)
from audit.planted import Told, through, wrong
from metaorg.audit.collecting.settling import Depth
from metaorg.onchain.chain import octets
from metaorg.onchain.devnet import advance

EVERY = Depth(every=True)
"""The receipts of every block with logs are read."""


def head(history: History) -> int:
    return history.chain.block().number


# ---------------------------------------------------------------------- logs


@wrong("reading.log-dropped", names=True)
def a_log_dropped_by_a_provider(history: History) -> Told:
    """The receipts have it, so nothing else is wrong."""
    wanted = {"organization": number_of(12)}
    return through(history, telling(history, dropped("Membership", "Exited", **wanted)))


@wrong("reading.log-dropped", names=True)
def a_provider_that_tells_nothing_happened(history: History) -> Told:
    return through(history, telling(history, lambda _: []))


@wrong("reading.log-forged", names=True)
def a_log_made_up_by_a_provider(history: History) -> Told:
    def change(logs: list[Log]) -> list[Log]:
        vote = [log for log in logs if about(log, "Assembly", "VoteCast")][-1]
        topics = [vote["topics"][0], f"0x{number_of(12):064x}"]
        return adding(logs, vote["blockNumber"], vote, topics=topics)

    return through(history, telling(history, change))


@wrong("reading.log-forged", names=True)
def a_log_told_otherwise_by_a_provider(history: History) -> Told:
    """Its topics are right, so that only receipts give it away: here all are read."""
    votes = rewritten("Assembly", "VoteCast", heavy, voter=number_of(2))
    return through(history, telling(history, votes), depth=EVERY)


def heavy(log: Log) -> Log:
    return changed_word(log, 2, lambda weight: 2 * weight)


@wrong("reading.log-malformed", names=True)
def a_log_told_twice(history: History) -> Told:
    def change(logs: list[Log]) -> list[Log]:
        return [*logs[:1], *logs]

    return through(history, telling(history, change))


@wrong("reading.truncated", names=True)
def a_truncated_answer(history: History) -> Told:
    """At most a hundred logs, and no word that there are more."""
    return through(history, capped(100))


@wrong("decision.weight", unknown=["reading.unproved"])
def a_lie_that_no_filter_and_no_receipt_gives_away(history: History) -> Told:
    votes = rewritten("Assembly", "VoteCast", heavy, voter=number_of(2))
    return through(history, telling(history, votes), without_receipts)


@wrong("reading.receipts-forged", unknown=["reading.unproved"], names=True)
def receipts_made_up_by_a_provider(history: History) -> Told:
    def change(receipts: Any) -> Any:
        return [receipt | {"logs": []} for receipt in receipts]

    return through(history, on("eth_getBlockReceipts", change))


# ---------------------------------------------------------------------- several endpoints


@wrong("reading.log-dropped", names=True)
def two_providers_that_disagree(history: History) -> Told:
    """One of them has receipts: they say which of the two leaves a log out."""
    left_out = telling(history, dropped("Commons", "Retired"))
    return through(history, left_out, without_receipts, honest=1)


@wrong("reading.log-forged", names=True)
def a_vote_that_one_of_two_providers_tells_otherwise(history: History) -> Told:
    votes = rewritten("Assembly", "VoteCast", heavy, voter=number_of(2))
    return through(history, telling(history, votes), honest=1)


@wrong(unknown=["reading.lagging"], names=True)
def a_lagging_provider(history: History) -> Told:
    number = head(history) - 20
    last = block(history, number)

    def latest(method: str, parameters: list[Any]) -> Json:
        return last if method == "eth_getBlockByNumber" and parameters[0] == "latest" else None

    return through(history, lagging(number), before=[latest], honest=1)


@wrong(unknown=["reading.pruned"], names=True)
def a_pruned_node(history: History) -> Told:
    return through(history, pruned(50, PRUNED), honest=1)


@wrong(unknown=["reading.refused"], names=True)
def a_node_that_refuses(history: History) -> Told:
    refused = refusal(-32005, "only for subscribers")
    return through(history, before=[without("eth_getLogs", refused)], honest=1)


@wrong("reading.other-chain", names=True)
def a_node_of_another_chain(history: History) -> Told:
    return through(history, before=[without("eth_chainId", "0x1")], honest=1)


@wrong(unknown=["reading.fork"], names=True)
def a_node_on_another_fork(history: History) -> Told:
    return through(history, forked(history), honest=1)


@wrong("reading.fork", names=True)
def a_node_on_another_fork_than_two_others(history: History) -> Told:
    return through(history, forked(history), honest=2)


@wrong(unknown=["reading.disagreement", "reading.unproved"], names=True)
def two_providers_of_which_nothing_says_who_is_right(history: History) -> Told:
    return disagreeing(history, honest=1)


@wrong("reading.disagreement", unknown=["reading.unproved"], names=True)
def a_provider_that_disagrees_with_two_others(history: History) -> Told:
    return disagreeing(history, honest=2)


def disagreeing(history: History, honest: int) -> Told:
    votes = rewritten("Assembly", "VoteCast", heavy, voter=number_of(2))
    faults = telling(history, votes), without_receipts
    return through(history, *faults, all_of_them=[without_receipts], honest=honest)


# ---------------------------------------------------------------------- headers


@wrong("reading.header-forged", names=True)
def a_header_that_was_altered(history: History) -> Told:
    return through(history, block_field(50, "timestamp", lambda _: "0x1"), behind=1)


@wrong("reading.header-unlinked", names=True)
def a_header_of_another_chain(history: History) -> Told:
    """It hashes to its hash, and the next block follows another one."""
    advance(history.chain, 5)
    advance(history.chain, 5)
    number = head(history) - 1
    other = rehashed(block(history, number), extraData="0x07")
    return through(history, header(number, other), behind=1)


@wrong("reading.clock", names=False)
def a_clock_that_runs_backwards(history: History) -> Told:
    """Two blocks in which nothing happened: the first is said to be older than the one before."""
    advance(history.chain, 5)
    advance(history.chain, 5)
    number = head(history) - 1
    old, new = (block(history, one) for one in (number, number + 1))
    before = block(history, number - 1)["timestamp"]
    first = rehashed(old, timestamp=hex(int(before, 16) - 100))
    second = rehashed(new, parentHash=first["hash"])
    faults = header(number, first), header(number + 1, second)
    return through(history, *faults, before=[by_number_only])


def block(history: History, number: int) -> Json:
    return history.chain.request("eth_getBlockByNumber", hex(number), False)


def header(number: int, told: Json) -> Fault:
    """Another header of a block."""

    def fault(method: str, parameters: list[Any], result: Any) -> Any:
        mine = method == "eth_getBlockByNumber" and int(result["number"], 16) == number
        return told if mine else result

    return fault


def by_number_only(_: str, parameters: list[Any]) -> Json:
    """A node that takes no hashes of blocks for calls, as old ones."""
    pinned = any(isinstance(one, dict) and "blockHash" in one for one in parameters[1:])
    return refusal(-32602, "invalid argument 1: json: cannot unmarshal object") if pinned else None


def forked(history: History) -> Fault:
    """Another block with the number of the head."""
    number = head(history)
    return header(number, rehashed(block(history, number), extraData="0x07"))


ORDER = (
    *("parentHash", "sha3Uncles", "miner", "stateRoot", "transactionsRoot", "receiptsRoot"),
    *("logsBloom", "difficulty", "number", "gasLimit", "gasUsed", "timestamp", "extraData"),
    *("mixHash", "nonce", "baseFeePerGas", "withdrawalsRoot", "blobGasUsed", "excessBlobGas"),
    *("parentBeaconBlockRoot", "requestsHash"),
)
NUMBERS = {
    *("difficulty", "number", "gasLimit", "gasUsed", "timestamp", "baseFeePerGas"),
    *("blobGasUsed", "excessBlobGas"),
}


def rehashed(block: Json, **changes: str) -> Json:
    """A header with other values, and with the hash that it then has."""
    other = block | changes
    fields = [
        _number(other[name]) if name in NUMBERS else octets(other[name])
        for name in ORDER
        if other.get(name) is not None
    ]
    return other | {"hash": "0x" + keccak(rlp.encode(fields)).hex()}


def _number(text: str) -> bytes:
    value = int(text, 16)
    return value.to_bytes(-(-value.bit_length() // 8))
