"""All active seats deciding: proposals, votes, rules."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from metaorg.charter import encode
from metaorg.errors import InvalidInput, Refused, Unreachable
from metaorg.onchain import acts
from metaorg.onchain import assembly as onchain_assembly
from metaorg.onchain.acts import SignedAct
from metaorg.onchain.assembly import Actions, ProposalState, proposal_id
from metaorg.onchain.chain import Reading
from metaorg.onchain.rulebook import Rulebook
from metaorg.organization.documents import with_documents
from metaorg.records import Proposal, made, read_description
from metaorg.rules.decision import ClassTally, Outcome, Rule, decide
from metaorg.types import Address, Call, Cid, Event, Model

if TYPE_CHECKING:
    from metaorg.organization.facade import MetaOrganization

SHORTEST_PREFIX = 4
"""Digits that name a proposal at least, when its number is cut short."""


class ProposalView(Model):
    """A proposal at one block.

    Args:
        body: the document with the reasons. reasons: its text; None when it cannot be read.
        tallies: in order of constituency.
    """

    number: int
    title: str
    body: Cid | None
    reasons: str | None
    description: str
    calls: tuple[Call, ...]
    state: ProposalState
    tallies: tuple[ClassTally, ...]
    outcome: Outcome | None


class Assembly:
    """All active seats deciding."""

    def __init__(self, organization: "MetaOrganization") -> None:
        self._org = organization
        self.contract = onchain_assembly.Assembly(organization.modules.assembly)
        self.rulebook = Rulebook(organization.modules.rulebook)

    def rules(self, reading: Reading | None = None) -> list[Rule]:
        return self.rulebook.rules(self._org.at(reading))

    def weights(self, reading: Reading | None = None) -> tuple[int, ...]:
        """The constituencies' weights in basis points, by index; none where none are set."""
        return self.rulebook.weights(self._org.at(reading))

    def propose(self, calls: Sequence[Call], title: str, body: str = "") -> Call:
        """A proposal of these calls.

        Its description is the title, a link to the body, and the proposer, so that nobody else can
        propose it first.
        """
        if not calls:
            raise InvalidInput("a proposal needs at least one action")
        says = tuple(call.says for call in calls)
        record = made(Proposal, title=title, body=body, actions=says)
        block = encode(record)
        description = (
            f"# {record.title}\n\n{Cid.of(block).uri}\n\n#proposer={self._org.signer.address}"
        )
        blocks = (block, *(one for call in calls for one in call.documents))
        return with_documents(self.contract.propose(Actions.of(calls), description), *blocks)

    def all(self, reading: Reading | None = None) -> list[ProposalView]:
        """Every proposal, the first first."""
        reading = self._org.at(reading)
        return [self._view(event, reading) for event in self._created(reading)]

    def show(self, number: int, reading: Reading | None = None) -> ProposalView:
        """One proposal.

        Raises:
            Refused: there is none with this number.
        """
        return self.find(str(number), reading)

    def find(self, name: str, reading: Reading | None = None) -> ProposalView:
        """The proposal that a person means.

        Args:
            name: its number, the first digits of it (at least four, of one proposal only), or `#3`
                or `3`, the third that was proposed.

        Raises:
            Refused: there is none, or more than one.
        """
        reading = self._org.at(reading)
        named = {str(e.arguments["proposalId"]): e for e in self._created(reading)}
        matches = [name] if name in named else []
        ordinal = re.fullmatch(r"#([1-9]\d{0,8})|([1-9]\d{0,2})", name, re.ASCII)
        if ordinal:
            place = int(ordinal[1] or ordinal[2])
            matches = [*named][place - 1 : place]
        elif not matches and len(name) >= SHORTEST_PREFIX:
            matches = [number for number in named if number.startswith(name)]
        if len(matches) != 1:
            count = "more than one" if matches else "no"
            raise Refused(
                f"there is {count} proposal {name:.80}: give its number, {SHORTEST_PREFIX} or more "
                "of its first digits, or 3 for the third; `assembly list` shows all"
            )
        return self._view(named[matches[0]], reading)

    def known(self, number: int, reading: Reading | None = None) -> bool:
        """Whether there is a proposal with this number."""
        events = self._created(self._org.at(reading))
        return any(event.arguments["proposalId"] == number for event in events)

    def vote(self, number: int, support: int, reason: str = "") -> Call:
        """Cast the signer's vote: 0 against, 1 for, 2 abstain."""
        return self.contract.vote(number, support, reason)

    def ballot(
        self,
        number: int,
        support: int,
        reason: str = "",
        *,
        voter: Address | None = None,
        reading: Reading | None = None,
    ) -> SignedAct:
        """A vote as an act to sign, by the signer's account when no voter is named."""
        voter = voter or self._org.signer.address
        nonce = self.contract.next_ballot(self._org.at(reading), voter)
        message = {"proposalId": number, "support": support, "voter": voter, "nonce": nonce}
        return SignedAct(
            kind="ExtendedBallot" if reason else "Ballot",
            chain_id=self._org.chain.id,
            contract=self.contract.address,
            message=message | ({"reason": reason, "params": b""} if reason else {}),
        )

    def relay(self, act: SignedAct, reading: Reading | None = None) -> Call:
        """Cast a vote that somebody signed.

        Raises:
            InvalidInput: the act is not for here, or its signature is not its account's.
            Refused: it was sent already, or owners of its Safe have yet to sign.
        """
        reading = self._org.at(reading)
        self.vote_in(act)
        signature = acts.verified(reading, act)
        acts.in_order(act, self.contract.next_ballot(reading, act.signer))
        return self.contract.vote_by_signature(act.message, signature)

    def vote_in(self, act: SignedAct) -> tuple[int, int]:
        """Proposal and support of a vote that somebody signed.

        Raises:
            InvalidInput: it is another act, or one for another meta-organization.
        """
        acts.addressed(act, self.contract.address, "Ballot", "ExtendedBallot")
        return act.message["proposalId"], act.message["support"]

    def votes_of(self, reading: Reading | None = None) -> dict[tuple[int, Address], int]:
        """How each account has voted, by proposal and account: 0 against, 1 for, 2 abstain."""
        names = ["VoteCast", "VoteCastWithParams"]
        events = self._org.events(self.contract.address, names, self._org.at(reading))
        return {
            (event.arguments["proposalId"], event.arguments["voter"]): event.arguments["support"]
            for event in events
        }

    def queue(self, proposal: ProposalView) -> Call:
        actions = Actions.of(proposal.calls)
        return self.contract.queue(proposal.number, actions, proposal.description)

    def execute(self, proposal: ProposalView) -> Call:
        actions = Actions.of(proposal.calls)
        return self.contract.execute(proposal.number, actions, proposal.description)

    def cancel(self, proposal: ProposalView) -> Call:
        actions = Actions.of(proposal.calls)
        return self.contract.cancel(proposal.number, actions, proposal.description)

    def number(self, call: Call) -> int:
        """The number that a proposing call will have."""
        raw = self.contract.decode_call(call)
        actions = Actions(targets=raw["targets"], values=raw["values"], calldatas=raw["calldatas"])
        return proposal_id(actions, raw["description"])

    def _created(self, reading: Reading) -> list[Event]:
        return self._org.events(self.contract.address, ["ProposalCreated"], reading)

    def _view(self, event: Event, reading: Reading) -> ProposalView:
        raw, number = event.arguments, event.arguments["proposalId"]
        state = self.contract.state(reading, number)
        tallies = self.contract.tallies(reading, number)
        voting_over = reading.block.time > state.deadline
        title, body = read_description(raw["description"])
        said = self._said(body)
        count = len(raw["targets"])
        says = said.actions if said and len(said.actions) == count else [""] * count
        return ProposalView(
            number=number,
            title=title,
            body=body,
            reasons=said.body if said else None,
            description=raw["description"],
            calls=tuple(
                Call(to=to, value=value, data=data, says=words)
                for to, value, data, words in zip(
                    raw["targets"], raw["values"], raw["calldatas"], says, strict=True
                )
            ),
            state=state,
            tallies=tuple(tallies),
            outcome=self._outcome(state, tallies, reading) if voting_over else None,
        )

    def _outcome(
        self, state: ProposalState, tallies: Sequence[ClassTally], reading: Reading
    ) -> Outcome:
        weights = self.rulebook.weights(reading, state.edition)
        return decide(state.rule, tallies, weights, self._org.membership.constituencies(reading))

    def _said(self, body: Cid | None) -> Proposal | None:
        """The proposer's words, which nobody has checked; None when they cannot be read."""
        try:
            return Proposal(**self._org.document(body)) if body else None
        except (Unreachable, InvalidInput, ValueError, TypeError):
            return None
