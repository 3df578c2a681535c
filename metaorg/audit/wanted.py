"""What storage must hold, word for word, where events lead to this or that: a function a subject.

They take plain numbers, addresses and bytes. `fields` are a struct's members by their names, in
small letters with underscores or as Solidity has them; members that are left out may be anything.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from metaorg.onchain.layout import WORD, Value, words
from metaorg.types import Address

Fields = Mapping[str, Any]
_PROPOSAL = {
    "seat": (0, 32),
    "start": (32, 40),
    "duration": (72, 32),
    "eta": (104, 40),
    "delay": (144, 32),
    "approval": (176, 14),
    "quorum": (190, 14),
    "objections": (204, 16),
    "methods": (220, 4),
    "closing": (224, 7),
    "edition": (231, 8),
    "canceled": (239, 1),
    "executed": (240, 1),
    "extended": (241, 1),
    "summed": (242, 1),
    "upgradable": (243, 1),
}
"""First bit and number of bits of each part. Source: contracts/libraries/Proposals.sol."""
_PAGE_BITS = 25
"""Of the number of a page in its key. Source: Assembly._pageKey."""


class Wanted(NamedTuple):
    """A word of storage, as the events lead to it.

    Args:
        value: in the bits of `mask`; the others may be anything. subject: what it is about.
    """

    contract: Address
    slot: int
    value: int
    subject: str
    mask: int = WORD


class Coded(NamedTuple):
    """A contract, and what its code hashes to. subject: what it is, as "Membership"."""

    contract: Address
    code_hash: bytes
    subject: str


def variable(
    contract: str, address: Address, path: Sequence[Value], value: Any, subject: str
) -> list[Wanted]:
    """The words of any value; the functions below are for those that decide outcomes.

    Args:
        contract: name of a shipped one. path, value: see `metaorg.onchain.layout`.
    """
    return [
        Wanted(address, word.slot, word.value, subject, word.mask)
        for word in words(contract, path, value)
    ]


# ---------------------------------------------------------------- Membership


def standing(membership: Address, organization: Address, fields: Fields) -> list[Wanted]:
    """An organization's standing: its nonce is best left out, for events do not tell it."""
    path, subject = ("_standings", organization), f"standing of {organization}"
    return variable("Membership", membership, path, _solidity(fields), subject)


def holder(membership: Address, seat: int, organization: Address) -> list[Wanted]:
    """The account that holds a seat."""
    path = "_accounts", seat
    return variable("Membership", membership, path, organization, f"account of seat {seat}")


def group(membership: Address, number: int, fields: Fields) -> list[Wanted]:
    """Where the vote of a group counts, and how many of its seats are active."""
    return variable("Membership", membership, ("_groups", number), fields, f"group {number}")


def ledger(membership: Address, fields: Fields) -> list[Wanted]:
    """Seats, active seats, groups and the rule of readoption."""
    return variable("Membership", membership, ("_ledger",), _solidity(fields), "seats in all")


def admission(membership: Address, fields: Fields) -> list[Wanted]:
    """The rule of admission."""
    return variable("Membership", membership, ("_admission",), fields, "rule of admission")


def past(membership: Address, seat: int, standings: Sequence[Fields]) -> list[Wanted]:
    """The standings that a seat had before the one that it has, oldest first."""
    packed = [
        sum(word.value for word in words("Membership", ("_standings", _ZERO), _solidity(fields)))
        for fields in standings
    ]
    points = [(fields["since"], word) for fields, word in zip(standings, packed, strict=True)]
    return _trace(membership, ("_past", seat), points, f"past of seat {seat}")


def active(membership: Address, index: int, points: Sequence[tuple[int, int]]) -> list[Wanted]:
    """The active votes of a constituency from each time on, oldest first."""
    subject = f"active votes of constituency {index}"
    return _trace(membership, ("_active", index), points, subject)


def constituencies(membership: Address, listed: Sequence[Fields]) -> list[Wanted]:
    """All constituencies: name, of 28 bytes, and issued: how many places were given out."""
    return variable("Membership", membership, ("_constituencies",), listed, "constituencies")


def _trace(
    membership: Address, path: Sequence[Value], points: Sequence[tuple[int, int]], subject: str
) -> list[Wanted]:
    low = (1 << 208) - 1
    value = [{"_key": time, "_value": number & low} for time, number in points]
    return variable("Membership", membership, (*path, "_checkpoints"), value, subject)


# ---------------------------------------------------------------- Assembly and Rulebook


def proposal(assembly: Address, number: int, fields: Mapping[str, int]) -> list[Wanted]:
    """Who proposed, when, under which rule, and what became of it.

    Args:
        fields: seat, start, duration (seconds that voting takes, with an extension), eta, delay,
            approval, quorum, objections, methods (as bits), closing, edition; canceled, executed,
            extended, upgradable (0 or 1); summed, which events do not tell.
    """
    value, mask = 0, WORD
    for name, (start, length) in _PROPOSAL.items():
        if name not in fields:
            mask &= ~((1 << length) - 1 << start)
        elif fields[name] >> length:
            raise OverflowError(f"{name} {fields[name]} has more than {length} bits")
        else:
            value |= fields[name] << start
    [word] = variable("Assembly", assembly, ("_proposals", number), value, f"proposal {number}")
    return [word._replace(mask=mask)]


def vote_page(assembly: Address, number: int, page: tuple[int, int], word: int) -> list[Wanted]:
    """A page of the votes on a proposal. page: constituency, and number of the page in it."""
    constituency, index = page
    path = "_pages", number, constituency << _PAGE_BITS | index
    subject = f"votes on proposal {number}, page {index} of constituency {constituency}"
    return variable("Assembly", assembly, path, word, subject)


def sums(assembly: Address, number: int, constituency: int, fields: Fields) -> list[Wanted]:
    """What was added up of a constituency's votes: pages, against, inFavour, abstain."""
    subject = f"votes on proposal {number}, sum of constituency {constituency}"
    path = "_sums", number, constituency
    return variable("Assembly", assembly, path, _solidity(fields), subject)


def requests(assembly: Address, number: int, constituency: int, count: int) -> list[Wanted]:
    """How many seats of a constituency asked for the upgrade of a proposal."""
    subject = f"requests for the upgrade of proposal {number} in constituency {constituency}"
    return variable("Assembly", assembly, ("_requests", number, constituency), count, subject)


def rule(rulebook: Address, index: int, fields: Fields) -> list[Wanted]:
    """A rule of decision."""
    value, subject = _solidity(fields), f"rule of decision {index}"
    return variable("Rulebook", rulebook, ("_rules", index), value, subject)


def limits(rulebook: Address, fields: Fields) -> list[Wanted]:
    """Delay of voting, proposals that a seat may have open, numbers of rules and of editions."""
    return variable("Rulebook", rulebook, ("_settings",), _solidity(fields), "rulebook's settings")


def weights(rulebook: Address, edition: int, shares: Sequence[int]) -> list[Wanted]:
    """The weights of an edition in basis points."""
    subject = f"weights of edition {edition}"
    return variable("Rulebook", rulebook, ("_weights", edition), shares, subject)


def assignment(
    rulebook: Address, target: Address, selector: bytes, index: int | None
) -> list[Wanted]:
    """The rule that is assigned to a function; None for none."""
    subject = f"rule of 0x{selector.hex()} on {target}"
    value = 0 if index is None else index + 1
    return variable("Rulebook", rulebook, ("_assigned", target, selector), value, subject)


# ---------------------------------------------------------------- Timelock and Authority


def timelock_role(timelock: Address, role: bytes, account: Address, held: bool) -> list[Wanted]:
    """Whether an account has a role of the Timelock."""
    subject = f"role 0x{role.hex()} of {account} in the Timelock"
    return variable("Timelock", timelock, ("_roles", role, "hasRole", account), held, subject)


def timelock_administrator(timelock: Address, role: bytes, by: bytes) -> list[Wanted]:
    """The role that gives and takes a role of the Timelock."""
    subject = f"administrator of role 0x{role.hex()} in the Timelock"
    return variable("Timelock", timelock, ("_roles", role, "adminRole"), by, subject)


def operation(timelock: Address, id_: bytes, ready_at: int) -> list[Wanted]:
    """When an operation may be executed; 0 for not scheduled, 1 for done."""
    subject = f"operation 0x{id_.hex()} of the Timelock"
    return variable("Timelock", timelock, ("_timestamps", id_), ready_at, subject)


def minimum_delay(timelock: Address, seconds: int) -> list[Wanted]:
    """Seconds that the Timelock waits at least."""
    return variable("Timelock", timelock, ("_minDelay",), seconds, "delay of the Timelock")


def authority_role(authority: Address, role: int, account: Address, since: int) -> list[Wanted]:
    """Since when an account has a role of the Authority; 0 for not."""
    subject = f"role {role} of {account} in the Authority"
    path = "_roles", role, "members", account
    return variable("Authority", authority, path, {"since": since}, subject)


def function_role(authority: Address, target: Address, selector: bytes, role: int) -> list[Wanted]:
    """The role that may call a function without a decision; 0 for nobody but the administrator."""
    subject = f"role that may call 0x{selector.hex()} on {target}"
    path = "_targets", target, "allowedRoles", selector
    return variable("Authority", authority, path, role, subject)


def target_closed(authority: Address, target: Address, closed: bool) -> list[Wanted]:
    """Whether nobody can call restricted functions of a target."""
    path, subject = ("_targets", target, "closed"), f"whether {target} is closed"
    return variable("Authority", authority, path, closed, subject)


def scheduled(authority: Address, id_: bytes, ready_at: int) -> list[Wanted]:
    """When a call may be made that was scheduled through the Authority; 0 for none."""
    subject = f"operation 0x{id_.hex()} of the Authority"
    return variable("Authority", authority, ("_schedules", id_), {"timepoint": ready_at}, subject)


# ---------------------------------------------------------------- texts and the front door


def versions(constitution: Address, texts: Sequence[Fields]) -> list[Wanted]:
    """All versions of the text, the first one first: digest, codec, since."""
    value, subject = list(texts), "versions of the InterConstitution"
    return variable("InterConstitution", constitution, ("_versions",), value, subject)


def adoption(
    constitution: Address, organization: Address, version: int, fields: Fields
) -> list[Wanted]:
    """The record of an adoption: recorded_at, constituency, count, pledge."""
    path = "_adoptions", organization, version
    subject = f"adoption of version {version} by {organization}"
    return variable("InterConstitution", constitution, path, _solidity(fields), subject)


def module(front: Address, name: bytes, address: Address) -> list[Wanted]:
    """A module by its name of 32 bytes."""
    shown = name.rstrip(b"\0").decode(errors="backslashreplace")
    return variable("MetaOrganization", front, ("module", name), address, f"module {shown}")


def charter(front: Address, digest: bytes) -> list[Wanted]:
    """The charter document."""
    return variable("MetaOrganization", front, ("charter",), digest, "charter document")


def text(front: Address, name: str, value: str) -> list[Wanted]:
    """The organization's `name`, or `daoURI`."""
    return variable("MetaOrganization", front, (name,), value, f"{name} of the organization")


def resource(commons: Address, digest: bytes, fields: Fields) -> list[Wanted]:
    """The record of a resource."""
    path, subject = ("_resources", digest), f"resource 0x{digest.hex()}"
    return variable("Commons", commons, path, _solidity(fields), subject)


_ZERO = "0x" + "0" * 40


def _solidity(fields: Fields) -> dict[str, Any]:
    """The same members as Solidity writes their names: `votes_in` is `votesIn`."""
    return {
        re.sub(r"_([a-z])", lambda found: found[1].upper(), name): value
        for name, value in fields.items()
    }
