"""From a `Call` to a `Receipt`: simulate, sign, send, wait, decode; many at once if there are many.

The chain is the journal. Before anything is planned, transactions of the same account that are
still in flight are waited for; an interrupted command finds what it did, and repeats nothing.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any

from metaorg.errors import ChainUnreachable, ContractReverted, MetaorgError, Refused
from metaorg.onchain import reverts
from metaorg.onchain.abi import decode_log
from metaorg.onchain.accounts import Signer
from metaorg.onchain.artifacts import CONTRACTS, load
from metaorg.onchain.chain import Chain, Log, NodeRefused, integer, logs_of
from metaorg.types import Address, Call, Event, Model, Receipt

IN_FLIGHT = 200
"""Transactions that are sent before the first of them is waited for."""
GAS_MARGIN = 1.2
GAS_ROOM = 100_000
"""Room over the estimate. In the second of the last change a checkpoint costs nothing new; a second
later, giving up a seat writes three new slots (66,300)."""
PATIENCE = 180.0
"""Seconds to wait for inclusion."""
_UNEXPLAINED = (
    "It failed on chain, and run again it would not: it ran out of gas, or something in the same "
    "block came before it. Run the command again; it goes on from what is on chain."
)

Progress = Callable[[int], None]
"""Called with the number of transactions that were mined since the last call."""


class Job(Model):
    """A call and who sends it."""

    signer: Any
    call: Call


class Fees(Model):
    """EIP-1559 fees in wei per gas."""

    tip: int
    maximum: int


def simulate(chain: Chain, call: Call, sender: Address) -> int:
    """The gas that a call would take now.

    Raises:
        ContractReverted: it would be refused; nothing was sent.
    """
    return _estimates(chain, [(call, sender)])[0]


def simulate_each(chain: Chain, calls: Sequence[tuple[Call, Address]]) -> list[int | MetaorgError]:
    """For each call and its sender the gas that it would take now, or why it would be refused."""
    answers = _asked(chain, "eth_estimateGas", calls)
    return [
        reverts.explain(answer, call.says) if isinstance(answer, NodeRefused) else integer(answer)
        for (call, _), answer in zip(calls, answers, strict=True)
    ]


def refusals(chain: Chain, calls: Sequence[tuple[Call, Address]]) -> list[MetaorgError | None]:
    """For each call and its sender why it would be refused now; None for one that would not be.

    Quicker than `simulate_each`, which tries a call many times to learn its gas.
    """
    answers = _asked(chain, "eth_call", calls)
    return [
        reverts.explain(answer, call.says) if isinstance(answer, NodeRefused) else None
        for (call, _), answer in zip(calls, answers, strict=True)
    ]


def send(chain: Chain, signer: Signer, *calls: Call) -> list[Receipt]:
    """Send calls one after the other, each simulated on what those before it left."""
    return [send_many(chain, [Job(signer=signer, call=call)])[0] for call in calls]


def send_many(chain: Chain, jobs: Sequence[Job], progress: Progress | None = None) -> list[Receipt]:
    """Send independent calls, many in flight, and give their receipts in order.

    Every call is simulated first on the chain as it is; calls of one wave (`IN_FLIGHT`) must not
    need each other's effects.

    Raises:
        ContractReverted: a call would be refused (nothing of its wave was sent), or was refused on
            chain because something else came first.
        Refused: an account cannot pay.
        ChainUnreachable: not mined within `PATIENCE`; run again to go on.
    """
    settle(chain, {job.signer.address for job in jobs})
    receipts: list[Receipt] = []
    for start in range(0, len(jobs), IN_FLIGHT):
        receipts += _send_wave(chain, jobs[start : start + IN_FLIGHT], progress)
    return receipts


def publish(chain: Chain, raw: bytes, says: str) -> None:
    """Hand in a transaction that somebody else signed, and wait until it is mined.

    Raises:
        Refused: its account cannot pay. NodeRefused: the node does not take it.
    """
    try:
        transaction = chain.request("eth_sendRawTransaction", "0x" + raw.hex())
    except NodeRefused as refusal:
        raise reverts.explain(refusal, says) from None
    _mined(chain, [str(transaction)])


def settle(chain: Chain, accounts: Iterable[Address], patience: float = PATIENCE) -> None:
    """Wait until none of these accounts has a transaction in flight."""
    waiting = sorted(set(accounts))
    deadline = time.monotonic() + patience
    while waiting:
        latest, pending = _nonces(chain, waiting, "latest"), _nonces(chain, waiting, "pending")
        waiting = [account for account in waiting if pending[account] > latest[account]]
        if waiting and time.monotonic() > deadline:
            raise ChainUnreachable(
                f"{waiting[0]} has transactions in flight that are not mined after {patience:g} s; "
                "run the command again later: it goes on from what is on chain"
            )
        if waiting:
            time.sleep(0.2)


def decode(logs: Iterable[Log]) -> list[Event]:
    """Logs of the shipped contracts as events; others are left out."""
    known = _known_topics()
    events = []
    for log in logs:
        entry = known.get((log.topics[0], len(log.topics))) if log.topics else None
        if entry is not None:
            events.append(
                Event(
                    contract=log.address,
                    name=entry["name"],
                    arguments=decode_log(entry, log.topics, log.data),
                    block=log.block,
                    transaction=log.transaction,
                    index=log.index,
                )
            )
    return events


def _send_wave(chain: Chain, jobs: Sequence[Job], progress: Progress | None) -> list[Receipt]:
    gas = _estimates(chain, [(job.call, job.signer.address) for job in jobs])
    fees = _fees(chain)
    nonces = _nonces(chain, sorted({job.signer.address for job in jobs}), "pending")
    transactions = []
    for job, estimate in zip(jobs, gas, strict=True):
        sender = job.signer.address
        transactions.append(_transaction(chain, job.call, nonces[sender], estimate, fees))
        nonces[sender] += 1
    _require_funds(chain, jobs, transactions)
    raw = [
        job.signer.sign_transaction(transaction)
        for job, transaction in zip(jobs, transactions, strict=True)
    ]
    hashes = _submit(chain, jobs, raw)
    mined = _mined(chain, hashes, progress)
    return [_receipt(chain, job, raw) for job, raw in zip(jobs, mined, strict=True)]


def _transaction(chain: Chain, call: Call, nonce: int, gas: int, fees: Fees) -> dict[str, Any]:
    return {
        "type": 2,
        "chainId": chain.id,
        "nonce": nonce,
        "to": call.to,
        "value": call.value,
        "data": "0x" + call.data.hex(),
        "gas": int(gas * GAS_MARGIN) + GAS_ROOM,
        "maxFeePerGas": fees.maximum,
        "maxPriorityFeePerGas": fees.tip,
    }


def _estimates(chain: Chain, calls: Sequence[tuple[Call, Address]]) -> list[int]:
    estimates = simulate_each(chain, calls)
    for one in estimates:
        if isinstance(one, MetaorgError):
            raise one
    return [one for one in estimates if isinstance(one, int)]


def _asked(chain: Chain, method: str, calls: Sequence[tuple[Call, Address]]) -> list[Any]:
    """Answers for the block to come, whose time is now; where a node has none, after the latest."""
    answers = _asked_at(chain, method, calls, "pending")
    if any(isinstance(one, NodeRefused) and "pending" in one.message.lower() for one in answers):
        answers = _asked_at(chain, method, calls, "latest")
    return answers


def _asked_at(
    chain: Chain, method: str, calls: Sequence[tuple[Call, Address]], tag: str
) -> list[Any]:
    asked = [
        {
            "from": sender,
            "to": call.to,
            "data": "0x" + call.data.hex(),
            "value": hex(call.value),
        }
        for call, sender in calls
    ]
    return chain.requests([(method, [one, tag]) for one in asked])


def _fees(chain: Chain) -> Fees:
    """Twice the base fee, so that a transaction stays valid while the fee doubles, and the tip."""
    header = chain.request("eth_getBlockByNumber", "latest", False)
    if not isinstance(header, dict):
        raise ChainUnreachable("the node has no latest block")
    base = integer(header.get("baseFeePerGas", "0x0"))
    try:
        tip = integer(chain.request("eth_maxPriorityFeePerGas"))
    except NodeRefused:
        tip = 10**9
    return Fees(tip=tip, maximum=2 * base + tip)


def _nonces(chain: Chain, accounts: Sequence[Address], tag: str) -> dict[Address, int]:
    answers = chain.requests([("eth_getTransactionCount", [a, tag]) for a in accounts])
    return {a: integer(_accepted(answer)) for a, answer in zip(accounts, answers, strict=True)}


def _require_funds(
    chain: Chain, jobs: Sequence[Job], transactions: Sequence[dict[str, Any]]
) -> None:
    needed: dict[Address, int] = {}
    for job, transaction in zip(jobs, transactions, strict=True):
        cost = transaction["gas"] * transaction["maxFeePerGas"] + transaction["value"]
        needed[job.signer.address] = needed.get(job.signer.address, 0) + cost
    accounts = list(needed)
    answers = chain.requests([("eth_getBalance", [a, "latest"]) for a in accounts])
    for account, answer in zip(accounts, answers, strict=True):
        held = integer(_accepted(answer))
        if held < needed[account]:
            raise Refused(
                f"{account} holds {held / 10**18:.6f} ETH and this may cost up to "
                f"{needed[account] / 10**18:.6f}; send it more, nothing was sent"
            )


def _submit(chain: Chain, jobs: Sequence[Job], raw: Sequence[bytes]) -> list[str]:
    answers = chain.requests([("eth_sendRawTransaction", ["0x" + one.hex()]) for one in raw])
    for job, answer in zip(jobs, answers, strict=True):
        if isinstance(answer, NodeRefused):
            raise reverts.explain(answer, job.call.says)
    return [str(answer) for answer in answers]


def _mined(chain: Chain, hashes: Sequence[str], progress: Progress | None = None) -> list[Any]:
    """The nodes' receipts, as they come, once there are all of them."""
    found: dict[int, Any] = {}
    deadline = time.monotonic() + PATIENCE
    pause = 0.01
    while len(found) < len(hashes):
        missing = [index for index in range(len(hashes)) if index not in found]
        answers = chain.requests([("eth_getTransactionReceipt", [hashes[i]]) for i in missing])
        known = {i: a for i, a in zip(missing, answers, strict=True) if a is not None}
        mined = {i: a for i, a in known.items() if not isinstance(a, NodeRefused)}
        found |= mined
        if progress and mined:
            progress(len(mined))
        if len(found) == len(hashes):
            break
        if time.monotonic() > deadline:
            for answer in answers:  # a refusal may pass: geth refuses while it indexes
                _accepted(answer)
            raise ChainUnreachable(
                f"{hashes[missing[0]]} is not mined after {PATIENCE:g} s; it stays in flight: "
                "run the command again later, it goes on from what is on chain"
            )
        time.sleep(pause)
        pause = min(pause * 1.3, 1)
    return [found[index] for index in range(len(hashes))]


def _receipt(chain: Chain, job: Job, raw: dict[str, Any]) -> Receipt:
    block = integer(raw["blockNumber"])
    if integer(raw["status"]) != 1:
        raise _why(chain, job, block)
    return Receipt(
        call=job.call,
        transaction=bytes.fromhex(raw["transactionHash"][2:]),
        block=block,
        gas=integer(raw["gasUsed"]),
        events=tuple(decode(logs_of(raw["logs"]))),
    )


def _why(chain: Chain, job: Job, block: int) -> Exception:
    """Why a mined transaction failed, found by running it again before and after its block."""
    for number in (block - 1, block):
        try:
            chain.at(number).call(job.call.to, job.call.data, job.signer.address)
        except NodeRefused as refusal:
            found = reverts.explain(refusal, job.call.says)
            if isinstance(found, ContractReverted):
                return found
    return ContractReverted("", {}, _UNEXPLAINED, job.call.says)


def _accepted(answer: Any) -> Any:
    if isinstance(answer, NodeRefused):
        raise answer
    return answer


@cache
def _known_topics() -> dict[tuple[bytes, int], Any]:
    known = {}
    for name in CONTRACTS:
        for topic, entry in load(name).topics.items():
            indexed = sum(1 for parameter in entry["inputs"] if parameter["indexed"])
            known[topic, indexed + 1] = entry
    return known
