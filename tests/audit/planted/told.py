"""A doctored history: events that a node leaves out, makes up or tells otherwise.

What is left out or made up shows in the filters of the blocks, and receipts prove it; here the node
has none, as many have not, so that only what the events lead to gives it away. What is told
otherwise shows in no filter, as long as its topics are those that are there.
"""

from onchain.world import actor

from audit.history import History
from audit.lies import (
    Change,
    Log,
    about,
    adding,
    changed_word,
    dropped,
    number_of,
    retold,
    rewritten,
    telling,
    without_receipts,
)
from audit.planted import Told, through, wrong
from metaorg.onchain.chain import octets

UNPROVED = ["reading.unproved"]
"""What is always found where receipts are missing: another contract's logs are in the founding."""
NO_PROOF = UNPROVED[0]


def told(history: History, change: Change) -> Told:
    """What an audit finds by a node that tells other events, and has no receipts."""
    return through(history, telling(history, change), without_receipts)


def last(logs: list[Log], contract: str, event: str, **indexed: int) -> Log:
    return [log for log in logs if about(log, contract, event, **indexed)][-1]


def of_proposal(log: Log, number: int) -> bool:
    """Whether a log's first word of data is this proposal."""
    return int.from_bytes(octets(log["data"])[:32]) == number


# ---------------------------------------------------------------------- executions


def other_data(log: Log) -> Log:
    return retold(log, "Timelock", "CallExecuted", data=b"\0" * 36)


@wrong("execution.calls", unknown=UNPROVED)
def a_decision_executed_with_altered_call_data(history: History) -> Told:
    return told(history, rewritten("Timelock", "CallExecuted", other_data, index=1))


@wrong("execution.calls", unknown=UNPROVED)
def a_decision_executed_on_another_target(history: History) -> Told:
    def elsewhere(log: Log) -> Log:
        return retold(log, "Timelock", "CallExecuted", target=actor(77).address)

    return told(history, rewritten("Timelock", "CallExecuted", elsewhere, index=2))


@wrong("execution.calls", unknown=UNPROVED)
def other_calls_scheduled_than_were_voted_on(history: History) -> Told:
    def dearer(log: Log) -> Log:
        return retold(log, "Timelock", "CallScheduled", value=10**18)

    return told(history, rewritten("Timelock", "CallScheduled", dearer, index=3))


@wrong("execution.calls", unknown=UNPROVED)
def a_proposal_with_another_description_than_was_voted_on(history: History) -> Told:
    def other(log: Log) -> Log:
        if not of_proposal(log, history.open):
            return log
        return retold(log, "Assembly", "ProposalCreated", description="# Something else")

    return told(history, rewritten("Assembly", "ProposalCreated", other))


@wrong("execution.missing", unknown=UNPROVED)
def a_call_of_a_decision_that_was_not_executed(history: History) -> Told:
    return told(history, dropped("Timelock", "CallExecuted", index=15))


@wrong("execution.unvoted", "reading.log-forged", unknown=UNPROVED)
def a_call_executed_that_nobody_voted_on(history: History) -> Told:
    def change(logs: list[Log]) -> list[Log]:
        call = last(logs, "Timelock", "CallExecuted", index=0)
        topics = [*call["topics"][:2], f"0x{1:064x}"]
        return adding(logs, call["blockNumber"], call, topics=topics)

    return told(history, change)


@wrong("execution.twice", "execution.missing", unknown=UNPROVED)
def a_decision_executed_twice(history: History) -> Told:
    def change(logs: list[Log]) -> list[Log]:
        log = last(logs, "Assembly", "ProposalExecuted")
        return adding(logs, log["blockNumber"], log)

    return told(history, change)


@wrong("decision.early", "execution.early", "decision.eta", unknown=UNPROVED)
def a_decision_executed_before_its_time(history: History) -> Told:
    def later(log: Log) -> Log:
        return changed_word(log, 1, lambda eta: eta + 10**6)

    return told(history, rewritten("Assembly", "ProposalQueued", later))


@wrong("decision.delay", "execution.early", "decision.eta", unknown=UNPROVED)
def a_decision_that_did_not_wait(history: History) -> Told:
    def sooner(log: Log) -> Log:
        return changed_word(log, 1, lambda eta: eta - 1000)

    return told(history, rewritten("Assembly", "ProposalQueued", sooner))


@wrong("mandate.arguments", "seats.lapse", "settings.readoption", unknown=UNPROVED)
def another_setting_than_was_decided(history: History) -> Told:
    def patient(log: Log) -> Log:
        return changed_word(log, 0, lambda _: 10**9)

    return told(history, rewritten("Membership", "ReadoptionChanged", patient))


# ---------------------------------------------------------------------- adoptions


@wrong("adoptions.signature", unknown=UNPROVED)
def a_forged_adoption(history: History) -> Told:
    """One bit of the signature is another."""

    def forged(log: Log) -> Log:
        return changed_word(log, 7, lambda word: word ^ 1)

    adopted = {"organization": number_of(11)}
    return told(history, rewritten("InterConstitution", "Adopted", forged, **adopted))


@wrong(*("adoptions.signature", "adoptions.record", "reading.log-forged"), unknown=UNPROVED)
def an_adoption_by_somebody_who_never_adopted(history: History) -> Told:
    def change(logs: list[Log]) -> list[Log]:
        log = last(logs, "InterConstitution", "Adopted")
        topics = [log["topics"][0], f"0x{number_of(99):064x}", log["topics"][2]]
        return adding(logs, log["blockNumber"], log, topics=topics)

    return told(history, change)


@wrong("seats.adoption", unknown=UNPROVED)
def a_seat_of_somebody_who_did_not_adopt(history: History) -> Told:
    return told(history, dropped("InterConstitution", "Adopted", organization=number_of(11)))


@wrong(unknown=["adoptions.unconfirmed", NO_PROOF])
def a_contract_account_that_confirms_its_signature_no_more(history: History) -> Told:
    history.chain.request("anvil_setCode", actor(11).address, "0x60206000f3")
    return a_forged_adoption(history)


# ---------------------------------------------------------------------- votes


@wrong("decision.vote", unknown=UNPROVED)
def a_vote_told_twice(history: History) -> Told:
    def change(logs: list[Log]) -> list[Log]:
        vote = last(logs, "Assembly", "VoteCast", voter=number_of(2))
        return adding(logs, vote["blockNumber"], vote)

    return told(history, change)


@wrong("decision.vote", unknown=UNPROVED)
def a_seat_counted_twice(history: History) -> Told:
    """It voted and moved; its new account votes once more."""

    def change(logs: list[Log]) -> list[Log]:
        votes = [log for log in logs if about(log, "Assembly", "VoteCast")]
        vote = [log for log in votes if of_proposal(log, history.moved)][-1]
        topics = [vote["topics"][0], f"0x{number_of(31):064x}"]
        return adding(logs, vote["blockNumber"], vote, topics=topics)

    return told(history, change)


@wrong("decision.vote", "reading.log-forged", unknown=UNPROVED)
def a_vote_of_somebody_without_a_seat(history: History) -> Told:
    def change(logs: list[Log]) -> list[Log]:
        vote = last(logs, "Assembly", "VoteCast")
        topics = [vote["topics"][0], f"0x{number_of(12):064x}"]
        return adding(logs, vote["blockNumber"], vote, topics=topics)

    return told(history, change)


@wrong("decision.vote", unknown=UNPROVED)
def a_vote_after_the_end(history: History) -> Told:
    """In the block of the last vote, on a proposal that was decided before."""

    def change(logs: list[Log]) -> list[Log]:
        votes = [log for log in logs if about(log, "Assembly", "VoteCast", voter=number_of(1))]
        early = next(log for log in votes if of_proposal(log, history.extended))
        return adding(logs, votes[-1]["blockNumber"], early)

    return told(history, change)


@wrong("decision.weight", unknown=UNPROVED)
def a_vote_that_weighs_twice(history: History) -> Told:
    def heavy(log: Log) -> Log:
        return changed_word(log, 2, lambda weight: 2 * weight)

    return told(history, rewritten("Assembly", "VoteCast", heavy, voter=number_of(2)))


@wrong("decision.state", "decision.tally", "decision.page", unknown=UNPROVED)
def votes_that_are_not_told(history: History) -> Told:
    return told(history, dropped("Assembly", "VoteCast", voter=number_of(13)))


@wrong("decision.tally", "decision.page", unknown=UNPROVED)
def a_vote_told_as_the_other_side(history: History) -> Told:
    def turned(log: Log) -> Log:
        return changed_word(log, 1, lambda _: 1) if of_proposal(log, history.defeated) else log

    return told(history, rewritten("Assembly", "VoteCast", turned, voter=number_of(2)))


@wrong("decision.objection", unknown=UNPROVED)
def an_objection_without_a_reason(history: History) -> Told:
    def mute(log: Log) -> Log:
        chosen = of_proposal(log, history.consented)
        return retold(log, "Assembly", "VoteCast", reason="") if chosen else log

    return told(history, rewritten("Assembly", "VoteCast", mute, voter=number_of(2)))


@wrong("decision.refusal", "reading.log-forged", unknown=UNPROVED)
def a_signed_vote_that_was_left_out_without_a_reason(history: History) -> Told:
    def of_another(log: Log) -> Log:
        return log | {"topics": [*log["topics"][:2], f"0x{number_of(2):064x}"]}

    wanted = {"voter": number_of(77)}
    return told(history, rewritten("Assembly", "VoteRefused", of_another, **wanted))


# ---------------------------------------------------------------------- proposals


@wrong("decision.rule", unknown=UNPROVED)
def a_proposal_decided_by_another_rule(history: History) -> Told:
    def softer(log: Log) -> Log:
        return changed_word(log, 1, lambda approval: approval - 1)

    wanted = {"proposalId": history.open}
    return told(history, rewritten("Assembly", "RuleFrozen", softer, **wanted))


@wrong("decision.weights", "decision.rule", "decision.state", unknown=UNPROVED)
def a_proposal_with_other_weights(history: History) -> Told:
    def unweighted(log: Log) -> Log:
        return changed_word(log, 8, lambda _: 0)

    wanted = {"proposalId": history.weighted}
    return told(history, rewritten("Assembly", "RuleFrozen", unweighted, **wanted))


@wrong("decision.proposer", "decision.seat", unknown=UNPROVED)
def a_proposal_by_somebody_without_a_seat(history: History) -> Told:
    def stranger(log: Log) -> Log:
        chosen = of_proposal(log, history.open)
        return changed_word(log, 1, lambda _: number_of(12)) if chosen else log

    return told(history, rewritten("Assembly", "ProposalCreated", stranger))


@wrong("decision.time", unknown=UNPROVED)
def a_vote_that_ended_early(history: History) -> Told:
    def shorter(log: Log) -> Log:
        chosen = of_proposal(log, history.open)
        return changed_word(log, 7, lambda end: end - 600) if chosen else log

    return told(history, rewritten("Assembly", "ProposalCreated", shorter))


@wrong("decision.extension", unknown=UNPROVED)
def an_extension_that_is_not_told(history: History) -> Told:
    return told(history, dropped("Assembly", "ProposalExtended"))


@wrong("decision.upgrade", unknown=UNPROVED)
def an_upgrade_that_is_not_told(history: History) -> Told:
    return told(history, dropped("Assembly", "ProposalUpgraded"))


@wrong("decision.unknown", "execution.unvoted", "mandate.missing", unknown=UNPROVED)
def decisions_that_nobody_proposed(history: History) -> Told:
    return told(history, dropped("Assembly", "ProposalCreated"))


@wrong("decision.turn", "rulebook.limit", unknown=UNPROVED)
def more_open_proposals_than_a_seat_may_have(history: History) -> Told:
    return told(history, dropped("Rulebook", "OpenProposalsChanged"))


# ---------------------------------------------------------------------- seats and the rest


@wrong("seats.history", "seats.standing", unknown=UNPROVED)
def a_seat_that_comes_back_without_having_lapsed(history: History) -> Told:
    return told(history, dropped("Membership", "Lapsed"))


@wrong("seats.lapse", "reading.log-forged", unknown=UNPROVED)
def a_lapse_of_an_organization_that_had_adopted(history: History) -> Told:
    def change(logs: list[Log]) -> list[Log]:
        wanted = {"organization": number_of(2), "version": 2}
        adopted = last(logs, "InterConstitution", "Adopted", **wanted)
        lapsed = last(logs, "Membership", "Lapsed")
        rest = [log for log in logs if log is not lapsed]
        return adding(rest, adopted["blockNumber"], lapsed)

    return told(history, change)


@wrong("reading.unknown-log", "seats.affiliation", "reading.log-forged", unknown=UNPROVED)
def a_log_that_is_no_event_of_its_contract(history: History) -> Told:
    def renamed(log: Log) -> Log:
        return log | {"topics": ["0x" + "07" * 32, *log["topics"][1:]]}

    wanted = {"organization": number_of(13)}
    return told(history, rewritten("Membership", "AffiliationDeclared", renamed, **wanted))


@wrong("commons.count", "commons.order", unknown=UNPROVED)
def a_publication_that_is_not_told(history: History) -> Told:
    digest = int.from_bytes(history.sealed.digest)
    return told(history, dropped("Commons", "Published", digest=digest))


@wrong(
    *("reading.impossible", "rulebook.rules", "mandate.arguments", "decision.rule"),
    unknown=UNPROVED,
)
def a_rule_that_cannot_be(history: History) -> Told:
    def nonsense(log: Log) -> Log:
        return changed_word(log, 0, lambda _: 16)

    return told(history, rewritten("Rulebook", "RuleSet", nonsense, index=3))
