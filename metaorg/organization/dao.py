"""The public documents (ERC-4824): what they would say now, and how they are published."""

from typing import TYPE_CHECKING

from metaorg import dao
from metaorg.dao import Documents, Facts, ProposalFacts
from metaorg.dao import facts as gathered
from metaorg.errors import InvalidInput
from metaorg.onchain import in_force
from metaorg.onchain.assembly import Actions
from metaorg.onchain.chain import Reading
from metaorg.onchain.reverts import STATES
from metaorg.organization.documents import with_documents
from metaorg.types import Call, Cid, Event

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
            InvalidInput: a document is larger than 64 MiB.
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
        now = in_force.read(reading, org.modules, org.since())
        accounts = org.membership.contract.accounts(reading)
        standings = org.membership.contract.standings_of(reading, accounts)
        events = org.events(org.modules.assembly, reading=reading)
        registered = ((one.name, one.address) for one in now.registrations)
        return Facts(
            chain_id=reading.chain.id,
            block=reading.block,
            name=now.name,
            charter=now.charter,
            contracts=gathered.contracts(org.front.address, registered),
            members=tuple(
                account
                for account, standing in zip(accounts, standings, strict=True)
                if standing.active
            ),
            constituencies=gathered.constituencies(now.constituencies, standings),
            votes=gathered.votes(len(now.constituencies), standings),
            affiliated=gathered.affiliated(standings),
            kinds=now.kinds,
            version=now.version,
            admission=now.admission,
            readoption=now.readoption,
            voting_delay=now.voting_delay,
            open_proposals=now.open_proposals,
            rules=now.rules,
            weights=now.weights,
            assignments=gathered.assignments(now.assigned),
            proposals=self._proposals(events, reading),
            activities=gathered.activities(events),
        )

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
