"""All active seats deciding: proposals, votes, rules."""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from metaorg.charter import basis_points, encode
from metaorg.errors import InvalidInput, MetaorgError, Refused, Unreachable
from metaorg.onchain import acts
from metaorg.onchain import assembly as onchain_assembly
from metaorg.onchain.acts import SignedAct
from metaorg.onchain.assembly import (
    Actions,
    ProposalState,
    Split,
    ballot_split,
    proposal_id,
    split_params,
)
from metaorg.onchain.chain import Reading
from metaorg.onchain.rulebook import Rulebook
from metaorg.onchain.typed_data import compact, recover
from metaorg.organization.delivery import Errand, Vote
from metaorg.organization.documents import with_documents
from metaorg.records import Proposal, made, read_description
from metaorg.rules.decision import (
    BASIS,
    SUPPORT,
    ClassTally,
    Method,
    Outcome,
    Rule,
    decide,
    percent,
    strictness,
    weighted_share,
)
from metaorg.types import Address, Call, Cid, Event, Model

if TYPE_CHECKING:
    from metaorg.organization.facade import MetaOrganization

AGAINST = 0
PAGES = 1500
"""Pages of votes that one transaction counts; a page holds those of 128 seats and takes some 5,000
gas."""
SEATS_OF_PAGE = 128
SHORTEST_PREFIX = 4
"""Digits that name a proposal at least, when its number is cut short."""


class ProposalView(Model):
    """A proposal at one block.

    Args:
        body: the document with the reasons. reasons: its text; None when it cannot be read.
        tallies: in order of constituency. weights: the constituencies' in basis points, where the
            rule is weighted.
    """

    number: int
    title: str
    body: Cid | None
    reasons: str | None
    description: str
    calls: tuple[Call, ...]
    state: ProposalState
    tallies: tuple[ClassTally, ...]
    weights: tuple[int, ...]
    outcome: Outcome | None


class CastVote(Model):
    """A vote as it was cast; `split` are its parts, None for a whole one."""

    proposal: int
    voter: Address
    support: int
    split: Split | None
    reason: str


class VoterView(CastVote):
    """A vote with who cast it, as the register shows it now; `group` 0 is none."""

    name: str | None
    constituency: str
    group: int


class NumberedRule(Rule):
    """A rule with its number; 0 is the ordinary rule, 1 the amendment rule."""

    number: int


class Terms(Model):
    """How decisions are made.

    Args:
        rules: the strictest first. weights: of the constituencies, basis points. voting_delay:
            seconds. open_proposals: of one seat, at once.
    """

    rules: tuple[NumberedRule, ...]
    weights: Mapping[str, int]
    voting_delay: int
    open_proposals: int


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

    def vote(self, number: int, support: int, reason: str = "", split: Split | None = None) -> Call:
        """Cast the signer's vote: 0 against, 1 for, 2 abstain; or 255, split into parts.

        Raises:
            Refused: it would need a reason.
        """
        self._require_reason(number, support, reason, split)
        return self.contract.vote(number, support, reason, split)

    def ballot(
        self,
        number: int,
        support: int,
        reason: str = "",
        split: Split | None = None,
        *,
        voter: Address | None = None,
    ) -> SignedAct:
        """A vote as an act to sign, by the signer's account when no voter is named.

        Raises:
            Refused: it would need a reason.
        """
        self._require_reason(number, support, reason, split)
        voter = voter or self._org.signer.address
        message = {"proposalId": number, "support": support, "voter": voter, "nonce": 0}
        extended = bool(reason or split)
        params = split_params(split) if split else b""
        return SignedAct(
            kind="ExtendedBallot" if extended else "Ballot",
            chain_id=self._org.chain.id,
            contract=self.contract.address,
            message=message | ({"reason": reason, "params": params} if extended else {}),
        )

    def errands(
        self, files: Sequence[Sequence[SignedAct]], reading: Reading | None = None
    ) -> list[Errand]:
        """Votes that others signed, one in each file, as errands to try and deliver."""
        reading = self._org.at(reading)
        cast = {
            (vote.proposal, vote.voter): (vote.support, vote.split)
            for vote in self.votes(reading=reading)
        }
        return [self._errand(file, cast, reading) for file in files]

    def vote_in(self, act: SignedAct) -> tuple[int, int]:
        """Proposal and support of a vote that somebody signed.

        Raises:
            InvalidInput: it is another act, or one for another meta-organization.
        """
        acts.addressed(act, self.contract.address, "Ballot", "ExtendedBallot")
        return act.message["proposalId"], act.message["support"]

    def votes(self, proposal: int | None = None, reading: Reading | None = None) -> list[CastVote]:
        """The votes on one proposal, or on all, in the order in which they were cast."""
        names = ["VoteCast", "VoteCastWithParams"]
        events = self._org.events(self.contract.address, names, self._org.at(reading))
        return [
            CastVote(
                proposal=event.arguments["proposalId"],
                voter=event.arguments["voter"],
                support=event.arguments["support"],
                split=ballot_split(event.arguments),
                reason=event.arguments["reason"],
            )
            for event in events
            if proposal in (None, event.arguments["proposalId"])
        ]

    def voters(self, proposal: ProposalView, reading: Reading | None = None) -> list[VoterView]:
        """Who voted what, in the order in which the votes were cast."""
        reading = self._org.at(reading)
        votes = self.votes(proposal.number, reading)
        views = self._org.membership.views([vote.voter for vote in votes], reading)
        return [
            VoterView(
                **dict(vote),
                name=view.name,
                constituency=view.constituency,
                group=view.standing.group,
            )
            for vote, view in zip(votes, views, strict=True)
        ]

    def weighted_share(self, proposal: ProposalView) -> int | None:
        """The weighted share in favour, in parts of 1e-9; None where the rule is not weighted."""
        weighted = Method.WEIGHTED in proposal.state.rule.methods
        return weighted_share(proposal.tallies, proposal.weights) if weighted else None

    def terms(self, reading: Reading | None = None) -> Terms:
        """How decisions are made; the strictest rule first."""
        reading = self._org.at(reading)
        numbered = sorted(
            enumerate(self.rules(reading)), key=lambda pair: strictness(pair[1]), reverse=True
        )
        names = self._org.membership.constituencies(reading)
        return Terms(
            rules=tuple(NumberedRule(number=number, **dict(rule)) for number, rule in numbered),
            weights=dict(zip(names, self.weights(reading), strict=False)),
            voting_delay=self.rulebook.voting_delay(reading),
            open_proposals=self.rulebook.open_proposals(reading),
        )

    def requests(self, proposal: ProposalView, reading: Reading | None = None) -> tuple[int, ...]:
        """How many seats of each constituency have asked that each class has to agree."""
        reading = self._org.at(reading)
        return self.contract.upgrade_requests(reading, proposal.number, len(proposal.tallies))

    def upgrade(self, number: int) -> Call:
        """Ask, for the signer's seat, that a proposal needs the consent of each class."""
        return self.contract.request_upgrade(number)

    def counting(self, proposal: ProposalView, reading: Reading | None = None) -> list[Call]:
        """The calls that add up the votes of a proposal, in steps; none when that is done."""
        left = self._uncounted_pages(proposal, self._org.at(reading))
        steps = range(0, left, PAGES)
        return [self.contract.count(proposal.number, min(PAGES, left - at)) for at in steps]

    def queueing(self, proposal: ProposalView, reading: Reading | None = None) -> list[Call]:
        """The calls that queue a proposal; too many votes for that are counted before."""
        steps = self.counting(proposal, reading)
        return [*(steps if len(steps) > 1 else []), self.queue(proposal)]

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

    def _uncounted_pages(self, proposal: ProposalView, reading: Reading) -> int:
        """How many pages of votes have not been added up and kept."""
        census = self._org.membership.contract.census_at(reading, proposal.state.snapshot)
        events = self._org.events(self.contract.address, ["VotesCounted"], reading)
        counted = {
            event.arguments["constituency"]: event.arguments["pages"]
            for event in events
            if event.arguments["proposalId"] == proposal.number
        }
        pages = {index: -(-one.issued // SEATS_OF_PAGE) for index, one in enumerate(census)}
        return sum(max(count - counted.get(index, 0), 0) for index, count in pages.items())

    def _require_reason(self, number: int, support: int, reason: str, split: Split | None) -> None:
        against = split[0] if split else support == AGAINST
        if against and not reason:
            rule = self.contract.rule_of(self._org.at(None), number)
            if Method.CONSENT in rule.methods:
                raise Refused(
                    "Under consent, a vote against is an objection: give the reason with --reason."
                )

    def _errand(
        self,
        file: Sequence[SignedAct],
        cast: dict[tuple[int, Address], tuple[int, Split | None]],
        reading: Reading,
    ) -> Errand:
        """What one file asks for; `cast` are the votes before it, and grows."""
        about: dict[str, Any] = {}
        try:
            act = acts.only(file)
            proposal, support = self.vote_in(act)
            about = {"voter": act.signer, "proposal": proposal}
            said = (support, ballot_split(act.message))
            if cast.get((proposal, act.signer)) == said:
                return Errand(about=about, outcome="cast already")
            signature = acts.verified(reading, act)
            acts.in_order(act, 0)
            if (proposal, act.signer) in cast:
                raise Refused("This account has voted otherwise; a vote that is cast stays.")
        except Unreachable:
            raise
        except MetaorgError as error:
            return Errand(about=about).refused(error)
        cast[proposal, act.signer] = said
        call = self.contract.vote_by_signature(act.message, signature)
        return Errand(about=about, calls=(call,), vote=_plain(act, signature))

    def _created(self, reading: Reading) -> list[Event]:
        return self._org.events(self.contract.address, ["ProposalCreated"], reading)

    def _view(self, event: Event, reading: Reading) -> ProposalView:
        raw, number = event.arguments, event.arguments["proposalId"]
        state = self.contract.state(reading, number)
        tallies = self.contract.tallies(reading, number)
        voting_over = reading.block.time > state.deadline
        weighted = Method.WEIGHTED in state.rule.methods
        weights = self.rulebook.weights(reading, state.edition) if weighted else ()
        names = self._org.membership.constituencies(reading)
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
            weights=weights,
            outcome=decide(state.rule, tallies, weights, names) if voting_over else None,
        )

    def _said(self, body: Cid | None) -> Proposal | None:
        """The proposer's words, which nobody has checked; None when they cannot be read."""
        try:
            return Proposal(**self._org.document(body)) if body else None
        except (Unreachable, InvalidInput, ValueError, TypeError):
            return None


def split_from(text: str) -> Split:
    """A split vote as people write it: "for=60 %, against=40 %".

    Raises:
        InvalidInput: a part is not one, stands there twice, or they are not 100 % together.
    """
    parts: dict[str, int] = {}
    for part in text.split(","):
        name, _, share = (one.strip() for one in part.partition("="))
        if name not in SUPPORT or name in parts:
            raise InvalidInput(
                f'{part.strip()!r}: a split is written like "for=60 %, against=40 %", with each of '
                f"{', '.join(SUPPORT)} once at most"
            )
        try:
            parts[name] = basis_points(share)
        except ValueError as error:
            raise InvalidInput(f"{name}: {error}") from None
    total = sum(parts.values())
    if total != BASIS:
        raise InvalidInput(f"the parts of the vote are {percent(total)} together, not 100 %")
    against, in_favour, abstain = (parts.get(name, 0) for name in SUPPORT)
    return against, in_favour, abstain


def _plain(act: SignedAct, signature: bytes) -> Vote | None:
    """A vote that can be cast with others: whole, without a reason, signed with a key."""
    if act.kind != "Ballot" or recover(act.typed, signature) != act.signer:
        return None
    plain = (act.signer, act.message["support"], *compact(signature))
    return Vote(proposal=act.message["proposalId"], plain=plain)
