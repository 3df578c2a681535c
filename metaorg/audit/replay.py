"""From events to state: what the contracts must answer if they keep their rules."""

from collections.abc import Mapping, Sequence
from typing import Any

from metaorg.audit.read import Evidence, Timed
from metaorg.onchain.assembly import rule_of
from metaorg.rules.admission import Admission, Passage
from metaorg.rules.decision import Rule, Vote
from metaorg.rules.membership import Inconsistent, Register, Transition
from metaorg.types import Address, Model

TRANSITIONS = ("Applied", "Objected", "Admitted", "Refused", "Withdrawn", "Exited")


class Rulebook(Model):
    """The rules of decision as they stood after some event."""

    rules: tuple[Rule, ...] = ()
    assigned: Mapping[tuple[Address, bytes], int] = {}


class Proposed(Model):
    """A proposal as its events tell: what, when, by which rule, who voted how, how it ended."""

    number: int
    proposer: Address
    block: int
    snapshot: int
    deadline: int
    targets: tuple[Address, ...]
    values: tuple[int, ...]
    calldatas: tuple[bytes, ...]
    description: str
    rulebook: Rulebook
    frozen: Rule | None = None
    votes: tuple[tuple[Address, int, int], ...] = ()
    ending: str = ""

    def cast(self, register: Register) -> list[Vote]:
        """The votes, each counted where the voter's seat stood at the snapshot."""
        return [
            Vote(
                constituency=register.standing_at(voter, self.snapshot).constituency,
                support=support,
                weight=weight,
            )
            for voter, support, weight in self.votes
        ]

    def state(self, passed: bool, now: int) -> str:
        """The Governor's state at a time, if the votes came out so."""
        if self.ending == "canceled":
            return "canceled"
        if now <= self.snapshot:
            return "pending"
        if now <= self.deadline:
            return "active"
        return (self.ending or "succeeded") if passed else "defeated"


def register(evidence: Evidence) -> Register:
    """The register of seats.

    Raises:
        Inconsistent: the events contradict each other.
    """
    events = evidence.of(evidence.modules.membership, *TRANSITIONS)
    return Register(transition(timed) for timed in events)


def transition(timed: Timed) -> Transition:
    """One event of the register as the rules know it."""
    given = timed.event.arguments
    return Transition(
        time=timed.time,
        name=timed.name,
        organization=given["organization"],
        constituency=given.get("constituency", 0),
        kind=given.get("kind", 0),
        admissible_at=given.get("admissibleAt", 0),
        seat=given.get("seat", 0),
        ordinal=given.get("ordinal", 0),
    )


def passages(evidence: Evidence) -> list[Passage]:
    """What went through the gate of admission: rules, and admissions that nobody decided."""
    modules = evidence.modules
    decided = {_whose(timed) for timed in evidence.of(modules.membership, "AdmittedByDecision")}
    active, found = 0, []
    ruled = False
    for timed in evidence.of(modules.membership, "AdmissionChanged", "Admitted", "Exited"):
        if timed.name == "AdmissionChanged":
            rule = Admission(**timed.event.arguments["admission"])
            found.append(Passage(time=timed.time, active=active, rule=rule))
            ruled = True
        elif timed.name == "Exited":
            active -= 1
        else:
            if ruled and _whose(timed) not in decided:
                found.append(Passage(time=timed.time, active=active))
            active += 1
    return found


def _whose(timed: Timed) -> tuple[bytes, Address]:
    return timed.event.transaction, timed.event.arguments["organization"]


def rulebook(evidence: Evidence) -> Rulebook:
    """The rules of decision as they stand."""
    book = Rulebook()
    for timed in evidence.of(evidence.modules.assembly):
        book = _amended(book, timed)
    return book


def proposals(evidence: Evidence) -> list[Proposed]:
    """Every proposal, in order, each with the rules that were in force when it was made.

    Raises:
        Inconsistent: an event of a proposal that was never made.
    """
    book = Rulebook()
    found: dict[int, dict[str, Any]] = {}
    for timed in evidence.of(evidence.modules.assembly):
        given = timed.event.arguments
        if timed.name == "ProposalCreated":
            found[given["proposalId"]] = _created(timed, book)
        elif given.get("proposalId", 0) and given["proposalId"] not in found:
            raise Inconsistent(f"{timed.name} on proposal {given['proposalId']}, never proposed")
        elif timed.name in ("VoteCast", "VoteCastWithParams"):
            vote = (given["voter"], given["support"], given["weight"])
            found[given["proposalId"]]["votes"] += (vote,)
        elif timed.name == "RuleFrozen":
            found[given["proposalId"]]["frozen"] = rule_of(given["rule"])
        elif timed.name in ("ProposalCanceled", "ProposalQueued", "ProposalExecuted"):
            found[given["proposalId"]]["ending"] = timed.name.removeprefix("Proposal").lower()
        book = _amended(book, timed)
    return [Proposed(**parts) for parts in found.values()]


def _created(timed: Timed, book: Rulebook) -> dict[str, Any]:
    given = timed.event.arguments
    return {
        "number": given["proposalId"],
        "proposer": given["proposer"],
        "block": timed.event.block,
        "snapshot": given["voteStart"],
        "deadline": given["voteEnd"],
        "targets": tuple(given["targets"]),
        "values": tuple(given["values"]),
        "calldatas": tuple(given["calldatas"]),
        "description": given["description"],
        "rulebook": book,
        "votes": (),
    }


def _amended(book: Rulebook, timed: Timed) -> Rulebook:
    given = timed.event.arguments
    if timed.name == "RuleSet":
        rules: Sequence[Rule] = book.rules
        index, rule = given["index"], rule_of(given["rule"])
        changed = (*rules[:index], rule, *rules[index + 1 :])
        return book.model_copy(update={"rules": changed})
    if timed.name == "RuleAssigned":
        key = (given["target"], given["selector"])
        return book.model_copy(update={"assigned": {**book.assigned, key: given["index"]}})
    if timed.name == "RuleUnassigned":
        key = (given["target"], given["selector"])
        left = {k: v for k, v in book.assigned.items() if k != key}
        return book.model_copy(update={"assigned": left})
    return book
