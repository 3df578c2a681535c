"""What events contradict when all of them are known, and signatures only contracts confirm."""

from metaorg.audit.findings import Finding, Findings, Look, at, compare, difference, unknown
from metaorg.audit.replay import Proposed, Replay
from metaorg.audit.replay.decisions import name
from metaorg.audit.replay.texts import Unsigned, adoption_of
from metaorg.onchain import abi
from metaorg.onchain.chain import NodeRefused, Reading
from metaorg.onchain.inter_constitution import InterConstitution
from metaorg.rules.admission import pace_breaches
from metaorg.types import checksum_address

_ERC1271 = {
    "name": "isValidSignature",
    "inputs": [{"name": "hash", "type": "bytes32"}, {"name": "signature", "type": "bytes"}],
}
_CONFIRMED = bytes.fromhex("1626ba7e")


def pace(replay: Replay) -> Findings:
    """No more seats were given in silence than the pace allows."""
    passages = replay.seats.passages
    for index in pace_breaches(passages):
        subject = f"admission in silence at {passages[index].time}"
        yield difference("seats.pace", subject, "within the pace", "beyond it")


def polls(replay: Replay) -> Findings:
    """A late swing, and nothing else, extended the voting; a majority, and nothing else, upgraded.

    A rule that was frozen belongs to a proposal that was made.
    """
    for number in replay.decisions.unmade:
        subject = f"rule frozen for proposal {number}"
        yield difference("decision.unknown", subject, "a proposal that was made", "none")
    for proposed in replay.decisions.found.values():
        yield from _poll(replay, proposed)


def _poll(replay: Replay, proposed: Proposed) -> Findings:
    subject, looks = name(proposed), at(proposed)
    told = list(proposed.upgraded_by)
    expected = list(proposed.majority())
    yield from compare("decision.upgrade", f"upgrade of {subject}", expected, told, looks)
    if proposed.rule is None:
        return
    poll = replay.decisions.poll_of(proposed)
    deadline = [poll.deadline] if poll.extended_at is not None else []
    what = f"extensions of {subject}"
    yield from compare("decision.extension", what, deadline, proposed.extended_to, looks)


def signatures(replay: Replay, reading: Reading) -> Findings:
    """Every adoption was signed by the organization's key, or its contract confirms it (ERC-1271).

    Whether a contract account confirmed it at the time cannot be asked any more; it is asked now.
    """
    for one in replay.texts.unsigned:
        yield from _unsigned(reading, replay, one)


def _unsigned(reading: Reading, replay: Replay, one: Unsigned) -> Findings:
    adoption = adoption_of(one.event)
    account = adoption.organization
    subject = f"signature of the adoption of version {adoption.version} by {account}"
    looks = [*at(one.event), Look(what="code", address=account)]
    if not reading.code(account):
        signer = one.signer or "nobody"
        yield difference("adoptions.signature", subject, account, signer, looks)
        return
    contract = InterConstitution(replay.modules.inter_constitution)
    digest = contract.read(reading, "hashAdoption", adoption.arguments())
    given = digest, one.event.arguments["signature"]
    try:
        answer = reading.call(account, abi.encode_call(_ERC1271, given))
    except NodeRefused as refusal:
        answer = str(refusal).encode()
    if answer[:4] != _CONFIRMED:
        expected = "confirmed by the contract account (ERC-1271)"
        seen = "not confirmed any more; its owners may have changed since"
        yield unknown("adoptions.unconfirmed", subject, expected, seen, looks)


def strangers(replay: Replay) -> Findings:
    """Every log of a contract is an event of it."""
    for contract, count in sorted(replay.strange.items()):
        address = checksum_address(f"0x{contract.hex()}")
        seen = f"{count} of another kind"
        looks = [Look(what="code", address=address)]
        yield difference("reading.unknown-log", f"logs of {address}", "its events", seen, looks)


def all_of(replay: Replay) -> list[Finding]:
    """What events alone contradict, with what was found on the way."""
    return [*replay.findings, *strangers(replay), *pace(replay), *polls(replay)]
