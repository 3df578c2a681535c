"""What is in force at one block: everything that decisions set, in one value."""

from collections.abc import Mapping, Sequence
from typing import Any

from metaorg.onchain.artifacts import load
from metaorg.onchain.chain import Block, Reading
from metaorg.onchain.contract import unpadded
from metaorg.onchain.inter_constitution import InterConstitution, Version
from metaorg.onchain.membership import Membership
from metaorg.onchain.meta_organization import MODULES, MetaOrganization
from metaorg.onchain.modules import Modules
from metaorg.onchain.rulebook import Rulebook, rule_of
from metaorg.onchain.timelock import Timelock
from metaorg.onchain.transactions import decode
from metaorg.rules.admission import Admission, AdmissionMethod, Consequence, Readoption
from metaorg.rules.decision import Rule
from metaorg.types import Address, Cid, Digest, Event, Hex, Model

KINDS = {name: name[0].upper() + name[1:] for name in MODULES}
"""The contracts behind the names of the founding's modules."""
CLONE_CODE = 45
"""Bytes of a clone's code that say whose clone it is (EIP-1167)."""


class Registration(Model):
    """An address that the front door gave for a name, from a block on."""

    name: str
    address: Address
    block: int


class InForce(Model):
    """What decisions set, at one block.

    Args:
        registrations: all of them, the first first; the founding's stand in the first one's block.
        contracts: of this meta-organization and of a shipped kind, by address: those of the
            founding, and later ones with the same code.
        charter: digest of the charter document.
        weights: basis points by constituency; those beyond its end have none.
        rules: by number. assigned: (target, selector) -> number of the rule of its own.
        minimum_delay: seconds that the Timelock waits at least.
    """

    block: Block
    modules: Modules
    registrations: tuple[Registration, ...]
    contracts: Mapping[Address, str]
    name: str
    charter: Digest
    version: Version
    constituencies: tuple[str, ...]
    kinds: tuple[str, ...]
    admission: Admission
    readoption: Readoption
    voting_delay: int
    open_proposals: int
    weights: tuple[int, ...]
    rules: tuple[Rule, ...]
    assigned: Mapping[tuple[Address, Hex], int]
    minimum_delay: int

    def weight(self, constituency: int) -> int:
        """A constituency's weight in basis points."""
        return self.weights[constituency] if constituency < len(self.weights) else 0

    def replaced(self) -> dict[str, tuple[Address | None, Address]]:
        """Modules that are not those of the founding: name -> address then (None: none), now."""
        founding = self.registrations[0].block if self.registrations else 0
        first = {r.name: r.address for r in self.registrations if r.block == founding}
        now = {r.name: r.address for r in self.registrations}
        return {
            name: (first.get(name), address)
            for name, address in now.items()
            if first.get(name) != address
        }


def read(
    reading: Reading, modules: Modules, since: int = 0, events: Sequence[Event] | None = None
) -> InForce:
    """What is in force at the reading's block.

    Args:
        since: the block of the founding, or an earlier one.
        events: registrations of modules and assignments of rules, in order; read when absent.
    """
    membership, rulebook = Membership(modules.membership), Rulebook(modules.rulebook)
    if events is None:
        events = _events(reading, modules, since)
    registrations = _registrations(events)
    description = MetaOrganization(modules.meta_organization).description(reading)
    return InForce(
        block=reading.block,
        modules=modules,
        registrations=registrations,
        contracts=_contracts(reading, modules.meta_organization, registrations),
        name=description.name,
        charter=description.charter,
        version=InterConstitution(modules.inter_constitution).version(reading),
        constituencies=tuple(membership.constituencies(reading)),
        kinds=tuple(membership.kinds(reading)),
        admission=membership.admission(reading),
        readoption=membership.readoption(reading),
        voting_delay=rulebook.voting_delay(reading),
        open_proposals=rulebook.open_proposals(reading),
        weights=rulebook.weights(reading),
        rules=tuple(rulebook.rules(reading)),
        assigned=_assigned(reading, rulebook, events),
        minimum_delay=Timelock(modules.timelock).minimum_delay(reading),
    )


def after(now: InForce, function: str, arguments: Mapping[str, Any]) -> InForce:
    """What will be in force after a call that succeeds.

    Args:
        function: like "Rulebook.setRule"; one that sets nothing of this gives the same back.
        arguments: by the names of its parameters.

    Raises:
        ValueError: a value that the contract refuses.
    """
    change = _EFFECTS.get(function)
    return now.model_copy(update=change(now, arguments)) if change else now


def rules_with(now: InForce, number: int, rule: Rule) -> tuple[Rule, ...]:
    """All rules when one of them is set, or one is added.

    Raises:
        ValueError: there is no rule with this number, nor is it the next one.
    """
    if number > len(now.rules):
        raise ValueError(f"there is no rule {number}")
    return (*now.rules[:number], rule, *now.rules[number + 1 :])


def admission_of(raw: Mapping[str, Any]) -> Admission:
    """The rule of admission from the contract's struct."""
    return Admission(**{**raw, "method": AdmissionMethod(raw["method"])})


def readoption_of(raw: Mapping[str, Any]) -> Readoption:
    """What follows an amendment, from the contract's struct."""
    return Readoption(grace=raw["grace"], consequence=Consequence(raw["consequence"]))


def _amended(now: InForce, given: Mapping[str, Any]) -> dict[str, Any]:
    text = Cid(digest=given["digest"], codec=given["codec"])
    version = Version(number=now.version.number + 1, text=text, since=now.block.time)
    return {"version": version}


def _assign(now: InForce, given: Mapping[str, Any]) -> dict[str, Any]:
    key = (given["target"], given["selector"])
    return {"assigned": {**now.assigned, key: given["index"]}}


def _unassign(now: InForce, given: Mapping[str, Any]) -> dict[str, Any]:
    key = (given["target"], given["selector"])
    return {"assigned": {one: rule for one, rule in now.assigned.items() if one != key}}


_EFFECTS: Mapping[str, Any] = {
    "MetaOrganization.setCharter": lambda _, given: {"charter": given["digest"]},
    "InterConstitution.amend": _amended,
    "Membership.addConstituency": lambda now, given: {
        "constituencies": (*now.constituencies, unpadded(given["name_"]))
    },
    "Membership.addKind": lambda now, given: {"kinds": (*now.kinds, unpadded(given["name_"]))},
    "Membership.setAdmission": lambda _, given: {"admission": admission_of(given["admission_"])},
    "Membership.setReadoption": lambda _, given: {
        "readoption": readoption_of(given["readoption_"])
    },
    "Rulebook.setRule": lambda now, given: {
        "rules": rules_with(now, given["index"], rule_of(given["rule"]))
    },
    "Rulebook.assignRule": _assign,
    "Rulebook.unassignRule": _unassign,
    "Rulebook.setWeights": lambda _, given: {"weights": tuple(given["weights_"])},
    "Rulebook.setVotingDelay": lambda _, given: {"voting_delay": given["votingDelay_"]},
    "Rulebook.setOpenProposals": lambda _, given: {"open_proposals": given["openProposals_"]},
    "Timelock.updateDelay": lambda _, given: {"minimum_delay": given["newDelay"]},
}


def _events(reading: Reading, modules: Modules, since: int) -> list[Event]:
    """Registrations and assignments, in order."""
    wanted = [
        topic
        for name in ("MetaOrganization", "Rulebook")
        for topic, entry in load(name).topics.items()
        if entry["name"] in ("ModuleRegistered", "RuleAssigned")
    ]
    contracts = [modules.meta_organization, modules.rulebook]
    return decode(reading.logs(contracts, [wanted], since))


def _registrations(events: Sequence[Event]) -> tuple[Registration, ...]:
    return tuple(
        Registration(
            name=unpadded(event.arguments["name"]),
            address=event.arguments["module"],
            block=event.block,
        )
        for event in events
        if event.name == "ModuleRegistered"
    )


def _contracts(
    reading: Reading, front: Address, registrations: Sequence[Registration]
) -> dict[Address, str]:
    """Kinds of contracts by address.

    Whoever gets another contract registered under a known name does not get its words: it has them
    only when it is a clone of what the founding has under this name.
    """
    found, first = {front: "MetaOrganization"}, dict[str, Address]()
    for one in registrations:
        if one.name not in KINDS:
            continue
        known = first.setdefault(one.name, one.address)
        same = known == one.address or (
            reading.code(known)[:CLONE_CODE] == reading.code(one.address)[:CLONE_CODE]
        )
        if same:
            found[one.address] = KINDS[one.name]
    return found


def _assigned(
    reading: Reading, rulebook: Rulebook, events: Sequence[Event]
) -> dict[tuple[Address, bytes], int]:
    keys = [
        *dict.fromkeys(
            (event.arguments["target"], event.arguments["selector"])
            for event in events
            if event.name == "RuleAssigned"
        )
    ]
    found = rulebook.reads(reading, [("assignedRule", key) for key in keys])
    return {key: one["index"] for key, one in zip(keys, found, strict=True) if one["assigned"]}
