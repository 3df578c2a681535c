"""The public documents (ERC-4824): what they would say now, and how they are published."""

from typing import TYPE_CHECKING

from metaorg import dao
from metaorg.dao import Documents, Facts, ProposalFacts
from metaorg.dao import facts as gathered
from metaorg.errors import InvalidInput
from metaorg.onchain.assembly import Actions
from metaorg.onchain.chain import Reading
from metaorg.onchain.contract import unpadded
from metaorg.onchain.reverts import STATES
from metaorg.organization.documents import with_documents
from metaorg.types import Address, Call, Cid, Event

if TYPE_CHECKING:
    from metaorg.organization.facade import MetaOrganization


class Dao:
    """The public documents, and the facts that they are generated from."""

    def __init__(self, organization: "MetaOrganization") -> None:
        self._org = organization

    def uri(self, reading: Reading | None = None) -> str:
        """Where the published documents are; empty when there are none."""
        return self._org.front.description(self._org.at(reading)).dao_uri

    def documents(self, reading: Reading | None = None) -> Documents:
        """The documents as of one block; the same bytes for whoever generates them.

        Raises:
            Unreachable: the charter document, which names the purpose, cannot be read.
            InvalidInput: a document does not fit one block.
        """
        facts = self.facts(reading)
        return dao.generate(facts, self.purpose(facts))

    def publish(self, reading: Reading | None = None) -> Call:
        """Publish the documents of one block; only a decision can."""
        documents = self.documents(reading)
        call = self._org.front.set_dao_uri(documents.uri)
        return with_documents(call, *documents.files.values())

    def purpose(self, facts: Facts) -> str:
        """The purpose in the charter document; empty when it names none.

        Raises:
            Unreachable: it cannot be read: unknown, not empty.
        """
        if not any(facts.charter):
            return ""
        return dao.purpose_of(self._org.store.get(Cid(digest=facts.charter)))

    def facts(self, reading: Reading | None = None) -> Facts:
        """What the contracts answer at one block.

        Raises:
            InvalidInput: it is before the founding.
        """
        org, reading = self._org, self._org.at(reading)
        if reading.block.number < org.since():
            raise InvalidInput(
                f"block {reading.block.number} is before the founding in block {org.since()}"
            )
        description = org.front.description(reading)
        constituencies = org.membership.constituencies(reading)
        accounts = org.membership.contract.accounts(reading)
        standings = org.membership.contract.standings_of(reading, accounts)
        events = org.events(org.modules.assembly, reading=reading)
        rulebook = org.assembly.rulebook
        return Facts(
            chain_id=reading.chain.id,
            block=reading.block,
            name=description.name,
            charter=description.charter,
            contracts=self._contracts(reading),
            members=tuple(
                account
                for account, standing in zip(accounts, standings, strict=True)
                if standing.active
            ),
            constituencies=gathered.constituencies(constituencies, standings),
            votes=gathered.votes(len(constituencies), standings),
            affiliated=gathered.affiliated(standings),
            kinds=tuple(org.membership.kinds(reading)),
            version=org.constitution.version(reading),
            admission=org.membership.admission(reading),
            readoption=org.membership.contract.readoption(reading),
            voting_delay=rulebook.voting_delay(reading),
            open_proposals=rulebook.open_proposals(reading),
            rules=tuple(rulebook.rules(reading)),
            weights=rulebook.weights(reading),
            assignments=gathered.assignments(self._assigned(reading)),
            proposals=self._proposals(events, reading),
            activities=gathered.activities(events),
        )

    def _contracts(self, reading: Reading) -> tuple[tuple[str, Address], ...]:
        front = self._org.front
        events = self._org.events(front.address, ["ModuleRegistered"], reading)
        names = [*dict.fromkeys(event.arguments["name"] for event in events)]
        found = front.reads(reading, [("module", (name,)) for name in names])
        return gathered.contracts(front.address, zip(map(unpadded, names), found, strict=True))

    def _assigned(self, reading: Reading) -> dict[tuple[Address, bytes], int]:
        contract = self._org.assembly.rulebook
        events = self._org.events(contract.address, ["RuleAssigned"], reading)
        keys = [
            *dict.fromkeys(
                (event.arguments["target"], event.arguments["selector"]) for event in events
            )
        ]
        found = contract.reads(reading, [("assignedRule", key) for key in keys])
        return {k: one["index"] for k, one in zip(keys, found, strict=True) if one["assigned"]}

    def _proposals(self, events: list[Event], reading: Reading) -> tuple[ProposalFacts, ...]:
        made = [event.arguments for event in events if event.name == "ProposalCreated"]
        contract = self._org.assembly.contract
        states = contract.reads(reading, [("state", (one["proposalId"],)) for one in made])
        return tuple(
            ProposalFacts(
                number=one["proposalId"],
                description=one["description"],
                state=STATES[state],
                actions=Actions(
                    targets=one["targets"], values=one["values"], calldatas=one["calldatas"]
                ),
            )
            for one, state in zip(made, states, strict=True)
        )
