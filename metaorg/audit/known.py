"""What the questions of the DAO Index are answered from: events, and what the chain answers."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError

from metaorg.audit.events import Happened
from metaorg.audit.executions import deciding
from metaorg.audit.pending import in_force_of
from metaorg.audit.powers import Powers
from metaorg.errors import ChainUnreachable
from metaorg.onchain import abi
from metaorg.onchain.assembly import Assembly, tallies_of
from metaorg.onchain.chain import NodeRefused, Reading, octets
from metaorg.onchain.in_force import InForce
from metaorg.onchain.membership import Membership
from metaorg.onchain.modules import Modules
from metaorg.rules.decision import ClassTally
from metaorg.types import Address

DAO_URI = bytes.fromhex("7034731b")
"""Selector of `daoURI()` (ERC-4824)."""
GAS = 200_000
"""What asking a contract of others may use."""
_ELSEWHERE = "0x" + "0" * 36 + "dEaD"
_TRANSFERS: Mapping[str, Callable[[Address, int], tuple[object, ...]]] = {
    "transferFrom": lambda holder, seat: (holder, _ELSEWHERE, seat),
    "safeTransferFrom": lambda holder, seat: (holder, _ELSEWHERE, seat, b""),
    "approve": lambda _, seat: (_ELSEWHERE, seat),
    "setApprovalForAll": lambda *_: (_ELSEWHERE, True),
    "delegate": lambda *_: (_ELSEWHERE,),
}
"""Functions that would give a certificate or a vote away."""


class Certificates(NamedTuple):
    """What the certificates of seats answer.

    Args:
        given: how many seats were given out. locked: seats whose certificate says that it is
            locked. loose: that says it is not. movable: functions that let a holder give one away.
    """

    given: int
    locked: Sequence[int]
    loose: Sequence[int]
    movable: Sequence[str]


class Asked(NamedTuple):
    """Outside addresses that were asked for a `daoURI`, in order.

    Args:
        daos: that answered with one. silent: for which the node did not answer.
    """

    targets: Sequence[Address]
    daos: Sequence[Address]
    silent: Sequence[Address]


class Known:
    """What the index is answered from; each part is read once, and only when it is asked for.

    Args:
        events: of all modules from the founding on, in order, with or without votes.
        powers: at the reading's block. adopters: counted in the events when absent.

    Raises (every part that is read): ChainUnreachable, ContractReverted.
    """

    def __init__(
        self,
        reading: Reading,
        modules: Modules,
        events: Sequence[Happened],
        powers: Powers,
        adopters: int | None = None,
    ) -> None:
        self.reading, self.modules, self.events, self.powers = reading, modules, events, powers
        self._adopters = adopters
        self._by_name: dict[str, list[Happened]] = {}
        for event in events:
            self._by_name.setdefault(event.name, []).append(event)

    def named(self, module: Address, *names: str) -> list[Happened]:
        """A module's events of these names, in order within a name."""
        found = (one for name in names for one in self._by_name.get(name, ()))
        return [one for one in found if one.contract == module]

    @property
    def adopters(self) -> int:
        """How many accounts adopted the text."""
        if self._adopters is not None:
            return self._adopters
        told = self.named(self.modules.inter_constitution, "Adopted")
        return len({one.arguments["organization"] for one in told})

    @cached_property
    def now(self) -> InForce:
        return in_force_of(self.reading, self.modules, self.events)

    @cached_property
    def active(self) -> list[int]:
        """Active votes of each constituency; affiliated seats have one."""
        found = Membership(self.modules.membership).census_at(self.reading, self.reading.block.time)
        return [one.active for one in found]

    @cached_property
    def decided(self) -> list[int]:
        """Proposals on which voting is over, without those that were taken back."""
        assembly = self.modules.assembly
        made = self.named(assembly, "ProposalCreated")
        ends = {one.arguments["proposalId"]: one.arguments["voteEnd"] for one in made}
        for one in self.named(assembly, "ProposalExtended"):
            if one.arguments["proposalId"] in ends:
                ends[one.arguments["proposalId"]] = one.arguments["extendedDeadline"]
        gone = self.named(assembly, "ProposalCanceled")
        canceled = {one.arguments["proposalId"] for one in gone}
        now = self.reading.block.time
        return [number for number, end in ends.items() if end < now and number not in canceled]

    @cached_property
    def tallies(self) -> Mapping[int, Sequence[ClassTally]]:
        """Votes and seats of each proposal on which voting is over."""
        calls = [("proposalTallies", (number,)) for number in self.decided]
        answers = Assembly(self.modules.assembly).reads(self.reading, calls)
        return {
            number: tallies_of(answer) for number, answer in zip(self.decided, answers, strict=True)
        }

    @cached_property
    def strangers(self) -> list[str]:
        """Powers that are nobody's after the founding: roles with who has them, open functions."""
        roles = [
            f"role {one.role} of the {one.contract.title()} ({one.account})"
            for one in self.powers.roles
            if one.holder not in ("the Timelock", "the Assembly")
        ]
        opened = [one.subject for one in self.powers.findings if one.code == "powers.function"]
        return [*roles, *opened]

    @cached_property
    def executed(self) -> list[Happened]:
        """Calls that decisions made."""
        decided = deciding(self.modules, self.events)
        called = self.named(self.modules.timelock, "CallExecuted")
        return [one for one in called if one.transaction in decided]

    @cached_property
    def certificates(self) -> Certificates:
        register = Membership(self.modules.membership)
        count = register.seats(self.reading)
        entry = register.artifact.functions["locked"]
        seats = range(1, count + 1)
        calls = [(register.address, abi.encode_call(entry, [seat])) for seat in seats]
        answers = dict(zip(seats, self.reading.answers(calls, GAS), strict=True))
        locked = [seat for seat, answer in answers.items() if _says(answer) is True]
        loose = [seat for seat, answer in answers.items() if _says(answer) is False]
        movable = _movable(self.reading, register, locked[0]) if locked else []
        return Certificates(count, locked, loose, movable)

    @cached_property
    def others(self) -> Asked:
        """Addresses outside that decisions called, and what they are."""
        own = {getattr(self.modules, name) for name in type(self.modules).model_fields}
        targets = sorted({one.arguments["target"] for one in self.executed} - own)
        answers = self.reading.answers([(target, DAO_URI) for target in targets], GAS)
        answered = list(zip(targets, answers, strict=True))
        return Asked(
            targets,
            [target for target, answer in answered if _is_uri(answer)],
            [target for target, answer in answered if _refused(answer)],
        )


def _refused(answer: object) -> bool:
    """Whether the node refused, and not the contract."""
    return isinstance(answer, NodeRefused) and not answer.by_contract


def _says(answer: object) -> bool | None:
    """Yes or no; None when the contract reverts.

    Raises:
        NodeRefused: the node did not answer. ChainUnreachable: it answered nonsense.
    """
    if isinstance(answer, NodeRefused):
        if not answer.by_contract:
            raise answer
        return None
    word = octets(answer)
    if len(word) != 32 or int.from_bytes(word) > 1:
        raise ChainUnreachable(f"the node's answer is neither yes nor no: 0x{word[:40].hex()}")
    return bool(word[-1])


def _movable(reading: Reading, register: Membership, seat: int) -> list[str]:
    """The functions that let the holder of a seat give its certificate, or its vote, away."""
    holder = register.read(reading, "accountOf", seat)
    found = []
    for name, entry in register.artifact.functions.items():
        given = _TRANSFERS.get(entry["name"])
        if given is None:
            continue
        arguments = given(holder, seat)[: len(entry["inputs"])]
        try:
            reading.call(register.address, abi.encode_call(entry, arguments), holder)
        except NodeRefused as refusal:
            if not refusal.by_contract:
                raise
            continue
        found.append(f"{name} does not refuse")
    return found


def _is_uri(answer: object) -> bool:
    if not isinstance(answer, str):
        return False
    try:
        return bool(decode(["string"], octets(answer))[0])
    except (DecodingError, OverflowError, ValueError):
        return False
