"""What the views of a meta-organization answer, as words that its storage must hold."""

from collections.abc import Iterator
from typing import Any

from metaorg.audit import wanted
from metaorg.audit.wanted import Wanted
from metaorg.onchain import timelock, transactions
from metaorg.onchain.assembly import Assembly
from metaorg.onchain.authority import Authority
from metaorg.onchain.chain import Reading
from metaorg.onchain.commons import Commons
from metaorg.onchain.contract import Contract, padded
from metaorg.onchain.inter_constitution import InterConstitution
from metaorg.onchain.membership import Membership
from metaorg.onchain.meta_organization import MetaOrganization
from metaorg.onchain.modules import Modules
from metaorg.onchain.rulebook import Rulebook
from metaorg.onchain.timelock import Timelock
from metaorg.types import Event

CANCELED, EXECUTED = 2, 7
"""States of a proposal in IGovernor."""


class Views:
    """A meta-organization's views at one block, and its events."""

    def __init__(self, reading: Reading, modules: Modules) -> None:
        self.reading, self.modules = reading, modules
        addresses = [getattr(modules, name) for name in Modules.model_fields]
        self.events = transactions.decode(reading.logs(addresses, []))

    def of(self, contract: str, *names: str) -> list[Event]:
        return [e for e in self.events if e.contract == contract and e.name in names]

    def read(self, contract: Contract, function: str, *arguments: Any) -> Any:
        return contract.read(self.reading, function, *arguments)

    def wanted(self) -> Iterator[Wanted]:
        yield from self.register()
        yield from self.proposals()
        yield from self.rulebook()
        yield from self.powers()
        yield from self.texts()
        yield from self.front()
        yield from self.commons()

    def register(self) -> Iterator[Wanted]:
        contract, to = Membership(self.modules.membership), self.modules.membership
        for account in {e.arguments["organization"] for e in self.of(to, "Applied")}:
            standing = self.read(contract, "standingOf", account)
            yield from wanted.standing(to, account, standing)
        seats, active = contract.seats(self.reading), contract.active_seats(self.reading)
        for seat in range(1, seats + 1):
            yield from wanted.holder(to, seat, self.read(contract, "accountOf", seat))
        groups = {e.arguments["group"] for e in self.of(to, "Affiliated")}
        for number in groups:
            yield from wanted.group(to, number, self.read(contract, "groupOf", number))
        readoption = self.read(contract, "readoption")
        counted = {"seats": seats, "active": active, "groups": len(groups)}
        yield from wanted.ledger(to, counted | readoption)
        yield from wanted.admission(to, self.read(contract, "admission"))
        census = contract.census_at(self.reading, self.reading.block.time)
        names = self.read(contract, "constituencies")
        listed = [  # where no vote is active, `issued` is not told
            {"name": name} | ({"issued": one.issued} if one.active else {})
            for name, one in zip(names, census, strict=True)
        ]
        yield from wanted.constituencies(to, listed)

    def proposals(self) -> Iterator[Wanted]:
        to = self.modules.assembly
        for event in self.of(to, "ProposalCreated"):
            yield from self.proposal(Assembly(to), event.arguments["proposalId"])

    def proposal(self, contract: Assembly, number: int) -> Iterator[Wanted]:
        to, frozen = contract.address, self.read(contract, "proposalRule", number)
        start = self.read(contract, "proposalSnapshot", number)
        state = self.read(contract, "state", number)
        fields = frozen["rule"] | {
            "seat": self.read(contract, "proposalSeat", number),
            "start": start,
            "duration": self.read(contract, "proposalDeadline", number) - start,
            "eta": self.read(contract, "proposalEta", number),
            "edition": frozen["edition"],
            "canceled": int(state == CANCELED),
            "executed": int(state == EXECUTED),
            "extended": int(self.read(contract, "proposalExtended", number)),
        }
        assert fields.pop("votingPeriod") == fields["duration"]
        yield from wanted.proposal(to, number, fields)
        constituencies = len(Membership(self.modules.membership).constituencies(self.reading))
        for index in range(constituencies):
            page = self.read(contract, "votePage", number, index, 0)
            yield from wanted.vote_page(to, number, (index, 0), page)
            asked = self.read(contract, "upgradeRequests", number, index)
            yield from wanted.requests(to, number, index, asked)

    def rulebook(self) -> Iterator[Wanted]:
        to, contract = self.modules.rulebook, Rulebook(self.modules.rulebook)
        rules, edition = self.read(contract, "rules"), contract.edition(self.reading)
        for index, rule in enumerate(rules):
            yield from wanted.rule(to, index, rule)
        settings = {
            "voting_delay": contract.voting_delay(self.reading),
            "open_proposals": contract.open_proposals(self.reading),
            "rules": len(rules),
            "edition": edition,
        }
        yield from wanted.limits(to, settings)
        for number in range(1, edition + 1):
            yield from wanted.weights(to, number, contract.weights(self.reading, number))
        for event in self.of(to, "RuleAssigned"):
            key = event.arguments["target"], event.arguments["selector"]
            yield from wanted.assignment(to, *key, contract.assigned(self.reading, *key))

    def powers(self) -> Iterator[Wanted]:
        to, contract = self.modules.timelock, Timelock(self.modules.timelock)
        for role in timelock.ROLES:
            for account in (self.modules.assembly, to, self.modules.membership):
                held = contract.has_role(self.reading, role, account)
                yield from wanted.timelock_role(to, role, account, held)
            by = self.read(contract, "getRoleAdmin", role)
            yield from wanted.timelock_administrator(to, role, by)
        yield from wanted.minimum_delay(to, contract.minimum_delay(self.reading))
        for event in self.of(to, "CallScheduled"):
            number = event.arguments["id"]
            yield from wanted.operation(to, number, self.read(contract, "getTimestamp", number))
        authority = Authority(self.modules.authority)
        for account in (to, self.modules.assembly):
            since = self.read(authority, "getAccess", 0, account)["since"]
            yield from wanted.authority_role(authority.address, 0, account, since)
        yield from wanted.target_closed(authority.address, self.modules.membership, False)
        none = bytes(4)
        yield from wanted.function_role(authority.address, self.modules.membership, none, 0)
        yield from wanted.scheduled(authority.address, bytes(32), 0)

    def texts(self) -> Iterator[Wanted]:
        to, contract = (
            self.modules.inter_constitution,
            InterConstitution(self.modules.inter_constitution),
        )
        count = self.read(contract, "version")
        numbers = range(1, count + 1)
        yield from wanted.versions(to, [self.read(contract, "versionAt", n) for n in numbers])
        for event in self.of(to, "Adopted"):
            key = event.arguments["organization"], event.arguments["version"]
            yield from wanted.adoption(to, *key, self.read(contract, "adoptionOf", *key))

    def front(self) -> Iterator[Wanted]:
        to, contract = (
            self.modules.meta_organization,
            MetaOrganization(self.modules.meta_organization),
        )
        for event in self.of(to, "ModuleRegistered"):
            name = padded(event.arguments["name"].rstrip(b"\0").decode(), 32)
            yield from wanted.module(to, name, self.read(contract, "module", name))
        yield from wanted.charter(to, self.read(contract, "charter"))
        for name in ("name", "daoURI"):
            yield from wanted.text(to, name, self.read(contract, name))

    def commons(self) -> Iterator[Wanted]:
        to, contract = self.modules.commons, Commons(self.modules.commons)
        for event in self.of(to, "Published"):
            digest = event.arguments["digest"]
            yield from wanted.resource(to, digest, self.read(contract, "resource", digest))
