"""A node that lies, forgets or stops, and a store that lost or spoilt something."""

import random
import sqlite3
import time
from collections.abc import Callable
from typing import Any

import pytest
from onchain.world import TEXT, actor

from audit.fault_proxy import FaultProxy, refusal
from audit.history import (
    HANDBOOK,
    History,
    checked,
    checked_through,
    codes,
    found,
    greeting,
    only,
)
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
from audit.planted import audited
from metaorg.audit import Report
from metaorg.audit.index import open_index
from metaorg.charter import encode
from metaorg.errors import ChainUnreachable
from metaorg.onchain import abi
from metaorg.onchain.artifacts import load
from metaorg.onchain.chain import octets
from metaorg.types import Cid


def lied_to(history: History, change: Change) -> Report:
    """The check by a node that tells other logs than there are, and has no receipts to prove it.

    That nothing was proved is left out of the report: it is found whatever such a node tells.
    """
    fault = telling(history, change)

    def alter(method: str, parameters: list[Any], result: Any) -> Any:
        return without_receipts(method, parameters, fault(method, parameters, result))

    report = checked_through(history, alter)
    read = report.provenance
    found = tuple(one for one in read.findings if one.code != "reading.unproved")
    assert len(found) < len(read.findings)
    return report.model_copy(update={"provenance": read.model_copy(update={"findings": found})})


def dropping(history: History, contract: str, event: str, **indexed: int) -> Report:
    return lied_to(history, dropped(contract, event, **indexed))


def rewriting(
    history: History, contract: str, event: str, rewrite: Callable[[Log], Log], **indexed: int
) -> Report:
    return lied_to(history, rewritten(contract, event, rewrite, **indexed))


# ---------------------------------------------------------------------- events that are not told


def test_an_admission_that_is_not_told(history: History) -> None:
    report = dropping(history, "Membership", "Admitted", organization=number_of(11))

    assert {"seats.history", "seats.standing", "seats.count", "past.census"} <= codes(report)
    first = next(one for one in report.findings if one.code == "seats.history")
    assert first.expected == "one that the rules allow" and "next was 4" in first.seen


def test_the_last_exit_that_is_not_told(history: History) -> None:
    report = dropping(history, "Membership", "Exited", organization=number_of(12))

    account = actor(12).address
    seats, past = (
        {"seats.standing", "seats.certificate", "seats.active"},
        {"past.census", "past.votes"},
    )
    assert codes(report) == seats | past | {"decision.tally"}
    seen = {one.subject: (one.expected, one.seen) for one in report.findings}
    assert f"standing of {account}" in seen
    assert seen[f"certificates of {account}"] == ("1", "0")
    assert seen["holder of certificate 5"][1].startswith("none: There is no active seat")


def test_an_adoption_that_is_not_told(history: History) -> None:
    report = dropping(history, "InterConstitution", "Adopted", organization=number_of(11))

    finding = only(report, "difference", "seats.adoption", f"seat of {actor(11).address}")
    assert finding.expected == "version 1 adopted before"


def test_a_vote_that_is_not_told(history: History) -> None:
    report = dropping(history, "Assembly", "VoteCast", voter=number_of(13))

    others = "decision.page", "decision.state"
    for number in (history.executed, history.defeated):
        found(report, "difference", "decision.tally", f"tally of proposal {number}", *others)


def test_a_proposal_that_is_not_told(history: History) -> None:
    report = dropping(history, "Assembly", "ProposalCreated")

    executed = f"ProposalExecuted of proposal {history.executed}"
    others = "decision.unknown", "mandate.missing"
    finding = found(report, "difference", "execution.unvoted", executed, *others)
    assert finding.seen == "never proposed"


def test_rules_that_are_not_told(history: History) -> None:
    report = dropping(history, "Rulebook", "RuleSet")

    found(report, "difference", "rulebook.rules", "rules of decision", "decision.rule")


def test_an_execution_that_is_not_told(history: History) -> None:
    report = dropping(history, "Assembly", "ProposalExecuted")

    subject = f"state of proposal {history.executed}"
    others = "execution.unvoted", "mandate.missing"
    finding = found(report, "difference", "decision.state", subject, *others)
    assert (finding.expected, finding.seen) == ("queued", "executed")


def test_an_amendment_that_is_not_told(history: History) -> None:
    report = dropping(history, "InterConstitution", "Amended", version=2)

    subject = "versions of the InterConstitution"
    found(report, "difference", "texts.version", subject, "seats.adoption", "seats.lapse")


def test_a_publication_that_is_not_told(history: History) -> None:
    digest = int.from_bytes(Cid.of(HANDBOOK * 2).digest)
    report = dropping(history, "Commons", "Published", digest=digest)

    subject = "resources in order, from number 0"
    found(report, "difference", "commons.order", subject, "commons.count")


def test_a_citation_that_is_not_told(history: History) -> None:
    report = dropping(history, "Commons", "Cited")

    only(report, "difference", "commons.resource", f"resource {Cid.of(HANDBOOK)}")


@pytest.mark.parametrize(
    ("event", "code"),
    [
        ("Granted", "commons.access"),
        ("Revoked", "commons.access"),
        ("Retired", "commons.resource"),
    ],
)
def test_what_became_of_a_resource_and_is_not_told(history: History, event: str, code: str) -> None:
    cid = Cid.of(HANDBOOK)
    sealed = f"access to resource 0x{history.sealed.digest.hex()}"
    subject = f"resource {cid}" if event == "Retired" else sealed

    only(dropping(history, "Commons", event), "difference", code, subject)


def test_a_steward_of_whom_nobody_tells(history: History) -> None:
    report = dropping(history, "Commons", "Entrusted")

    resources = {f"resource {cid}" for cid in (Cid.of(HANDBOOK), history.sealed)}
    assert codes(report) == {"commons.resource"}
    assert {finding.subject for finding in report.findings} == resources


def test_a_node_that_tells_no_events_at_all(history: History) -> None:
    report = lied_to(history, lambda _: [])

    assert codes(report) == {
        *("settings.constituencies", "settings.kinds", "settings.admission", "settings.charter"),
        *("settings.readoption", "texts.version", "seats.count", "seats.active"),
        *("rulebook.rules", "rulebook.delay", "rulebook.limit", "rulebook.weights"),
        *("commons.count", "seats.group", "past.census", "powers.untold"),
    }


PAST = ("past.census", "past.votes", "decision.tally")


@pytest.mark.parametrize(
    ("event", "code", "subject", "others"),
    [
        ("Suspended", "seats.standing", "standing of {14}", ("seats.history", *PAST)),
        (
            *("Reinstated", "seats.standing", "standing of {14}"),
            ("seats.active", "decision.request", "decision.rule", "decision.state", *PAST),
        ),
        ("Lapsed", "seats.standing", "standing of {2}", ("seats.history",)),
        (
            *("Affiliated", "seats.group", "group 1"),
            ("seats.history", "seats.standing", "past.place", "decision.page", *PAST),
        ),
        ("Separated", "seats.group", "group 1", ("seats.standing", *PAST)),
        (
            *("Moved", "seats.account", "account of seat 8"),
            ("seats.history", "seats.standing", "seats.profile", "seats.certificate"),
        ),
        (
            *("Expelled", "seats.certificate", "certificates of {24}"),
            ("seats.standing", "seats.active", "past.census", "decision.tally"),
        ),
        ("ConstituencyChanged", "seats.standing", "standing of {25}", ()),
    ],
    ids=[
        "Suspended",
        "Reinstated",
        "Lapsed",
        "Affiliated",
        "Separated",
        "Moved",
        "Expelled",
        "Class",
    ],
)
def test_a_change_of_the_register_that_is_not_told(
    history: History, event: str, code: str, subject: str, others: tuple[str, ...]
) -> None:
    more = {
        "Moved": ("seats.group", "past.place", "decision.refusal", *PAST),
        "Expelled": ("decision.upgrade", "decision.rule", "decision.state"),
    }
    report = dropping(history, "Membership", event)

    about = subject.format(*(actor(number or 1).address for number in range(33)))
    found(report, "difference", code, about, *others, *more.get(event, ()))


def test_a_declaration_of_affiliation_that_is_not_told(history: History) -> None:
    wanted = {"organization": number_of(13)}
    report = dropping(history, "Membership", "AffiliationDeclared", **wanted)

    subject = f"affiliation declared by {actor(13).address}"
    only(report, "difference", "seats.affiliation", subject)


@pytest.mark.parametrize(
    ("event", "code", "subject", "others"),
    [
        ("ProposalExtended", "extension", "extensions of proposal {0.extended}", ()),
        ("ProposalUpgraded", "upgrade", "upgrade of proposal {0.upgraded}", ()),
        (
            *("UpgradeRequested", "upgrade", "upgrade of proposal {0.upgraded}"),
            ("request", "rule", "state"),
        ),
        ("RuleFrozen", "rule", "rule of proposal {0.open}", ("state", "time", "weights")),
        ("ProposalCanceled", "state", "state of proposal {0.canceled}", ()),
    ],
    ids=["extended", "upgraded", "asked", "frozen", "canceled"],
)
def test_a_step_of_a_proposal_that_is_not_told(
    history: History, event: str, code: str, subject: str, others: tuple[str, ...]
) -> None:
    report = dropping(history, "Assembly", event)

    expected = [f"decision.{one}" for one in (code, *others)]
    found(report, "difference", expected[0], subject.format(history), *expected[1:])


@pytest.mark.parametrize(
    ("event", "code", "subject", "others"),
    [
        (
            *("WeightsSet", "rulebook.weights", "editions of the weights"),
            ("decision.weights", "decision.state"),
        ),
        ("VotingDelayChanged", "rulebook.delay", "voting delay", ("decision.time",)),
        ("OpenProposalsChanged", "rulebook.limit", "open proposals of a seat", ("decision.turn",)),
        (
            *("RuleAssigned", "decision.rule", "rule of proposal {0.consented}"),
            ("decision.delay", "decision.state"),
        ),
    ],
    ids=["weights", "voting delay", "open proposals", "assignment"],
)
def test_a_change_of_the_rulebook_that_is_not_told(
    history: History, event: str, code: str, subject: str, others: tuple[str, ...]
) -> None:
    report = dropping(history, "Rulebook", event)

    found(report, "difference", code, subject.format(history), *others)


def test_an_adoption_before_a_vote_came_back_that_is_not_told(history: History) -> None:
    wanted = {"organization": number_of(2), "version": 2}
    report = dropping(history, "InterConstitution", "Adopted", **wanted)

    finding = only(report, "difference", "seats.adoption", f"seat of {actor(2).address}")
    assert finding.expected == "version 2 adopted before"


@pytest.mark.parametrize("account", [31, 32], ids=["as both signed", "by decision"])
def test_an_adoption_of_the_account_that_a_seat_moved_to_is_not_told(
    history: History, account: int
) -> None:
    wanted = {"organization": number_of(account)}
    report = dropping(history, "InterConstitution", "Adopted", **wanted)

    only(report, "difference", "seats.adoption", f"seat of {actor(account).address}")


# ---------------------------------------------------------------------- events that never happened


def test_an_adoption_that_was_never_signed(history: History) -> None:
    """The signature of another moment: one bit of it is changed."""
    account = actor(11).address
    report = rewriting(
        history,
        "InterConstitution",
        "Adopted",
        lambda log: changed_word(log, 7, lambda word: word ^ 1),
        organization=number_of(11),
    )

    subject = f"signature of the adoption of version 1 by {account}"
    finding = only(report, "difference", "adoptions.signature", subject)
    assert finding.expected == account and finding.seen != account


def test_an_adoption_in_another_constituency_than_was_signed(history: History) -> None:
    account = actor(11).address
    report = rewriting(
        history,
        "InterConstitution",
        "Adopted",
        lambda log: changed_word(log, 1, lambda _: 2),
        organization=number_of(11),
    )

    subject = f"adoption of version 1 by {account}"
    others = "adoptions.signature", "seats.adoption"
    found(report, "difference", "adoptions.record", subject, *others)


@pytest.mark.parametrize("length", [0, 64])
def test_an_adoption_with_a_signature_of_another_length(history: History, length: int) -> None:
    report = rewriting(
        history,
        "InterConstitution",
        "Adopted",
        lambda log: retold(log, "InterConstitution", "Adopted", signature=bytes(length)),
        organization=number_of(11),
    )

    subject = f"signature of the adoption of version 1 by {actor(11).address}"
    assert only(report, "difference", "adoptions.signature", subject).seen == "nobody"


def test_an_adoption_told_of_an_organization_that_never_adopted(history: History) -> None:
    def forged(logs: list[Log]) -> list[Log]:
        log = next(log for log in logs if about(log, "InterConstitution", "Adopted"))
        topics = [log["topics"][0], f"0x{number_of(99):064x}", log["topics"][2]]
        return adding(logs, log["blockNumber"], log, topics=topics)

    report = lied_to(history, forged)

    account = actor(99).address
    subject = f"adoption of version 1 by {account}"
    others = "adoptions.signature", "reading.log-forged"
    found(report, "difference", "adoptions.record", subject, *others)


def test_a_vote_told_twice(history: History) -> None:
    wanted = {"voter": number_of(2)}

    def twice(logs: list[Log]) -> list[Log]:
        last = [log for log in logs if about(log, "Assembly", "VoteCast", **wanted)][-1]
        return adding(logs, last["blockNumber"], last)

    report = lied_to(history, twice)

    subject = f"vote of {actor(2).address} on proposal {history.defeated}"
    finding = only(report, "difference", "decision.vote", subject)
    assert "has voted already" in finding.seen


def test_a_vote_that_weighs_more(history: History) -> None:
    report = rewriting(
        history,
        "Assembly",
        "VoteCast",
        lambda log: changed_word(log, 2, lambda weight: weight * 2),
        voter=number_of(2),
    )

    subject = f"weight of {actor(2).address} in proposal {history.defeated}"
    found(report, "difference", "decision.weight", subject)


def test_a_vote_of_an_organization_without_a_seat(history: History) -> None:
    def forged(logs: list[Log]) -> list[Log]:
        log = [log for log in logs if about(log, "Assembly", "VoteCast")][-1]
        topics = [log["topics"][0], f"0x{number_of(12):064x}"]
        return adding(logs, log["blockNumber"], log, topics=topics)

    report = lied_to(history, forged)

    subject = f"vote of {actor(12).address} on proposal {history.open}"
    finding = found(report, "difference", "decision.vote", subject, "reading.log-forged")
    assert finding.seen == "there was no active seat at the snapshot"


def of_proposal(log: Log, number: int) -> bool:
    """Whether a log's first word of data is this proposal."""
    return int.from_bytes(octets(log["data"])[:32]) == number


def test_a_second_vote_of_a_group(history: History) -> None:
    """A seat voted and moved; the other seat of its group has no second vote."""

    def forged(logs: list[Log]) -> list[Log]:
        votes = [log for log in logs if about(log, "Assembly", "VoteCast")]
        last = [log for log in votes if of_proposal(log, history.moved)][-1]
        topics = [last["topics"][0], f"0x{number_of(25):064x}"]
        return adding(logs, last["blockNumber"], last, topics=topics)

    report = lied_to(history, forged)

    subject = f"vote of {actor(25).address} on proposal {history.moved}"
    finding = found(report, "difference", "decision.vote", subject, "reading.log-forged")
    assert "has voted already" in finding.seen


def test_a_vote_after_the_end(history: History) -> None:
    def forged(logs: list[Log]) -> list[Log]:
        votes = [log for log in logs if about(log, "Assembly", "VoteCast")]
        vote = [log for log in votes if of_proposal(log, history.defeated)][-1]
        topics = [vote["topics"][0], f"0x{number_of(3):064x}"]
        return adding(logs, logs[-1]["blockNumber"], vote, topics=topics)

    report = lied_to(history, forged)

    subject = f"vote of {actor(3).address} on proposal {history.defeated}"
    finding = found(report, "difference", "decision.vote", subject, "reading.log-forged")
    assert "outside of the time" in finding.seen


@pytest.mark.parametrize("part", [5, 40], ids=["too much", "shifted"])
def test_a_split_vote_told_otherwise(history: History, part: int) -> None:
    report = rewriting(
        history,
        "Assembly",
        "VoteCastWithParams",
        lambda log: changed_word(log, 7, lambda word: word + (1 << 128) - (part == 40)),
    )

    subject, tally = f"vote of {actor(2).address} on proposal {history.upgraded}", "decision.tally"
    if part == 5:
        finding = found(report, "difference", "decision.vote", subject, tally, "decision.page")
        assert "10,000" in finding.seen
    else:
        subject = f"tally of proposal {history.upgraded}"
        found(report, "difference", tally, subject, "decision.page")


def test_an_objection_without_a_reason(history: History) -> None:
    def mute(log: Log) -> Log:
        chosen = of_proposal(log, history.consented)
        return retold(log, "Assembly", "VoteCast", reason="") if chosen else log

    report = rewriting(history, "Assembly", "VoteCast", mute, voter=number_of(2))

    subject = f"vote of {actor(2).address} on proposal {history.consented}"
    finding = only(report, "difference", "decision.objection", subject)
    assert (finding.expected, finding.seen) == ("an objection with a reason", "none")


def test_a_late_vote_told_as_the_other_side(history: History) -> None:
    """Without the swing there was nothing to extend."""

    def turned(log: Log) -> Log:
        chosen = of_proposal(log, history.extended)
        return changed_word(log, 1, lambda _: 1) if chosen else log

    report = rewriting(history, "Assembly", "VoteCast", turned, voter=number_of(2))

    others = "decision.deadline", "decision.rule", "decision.tally", "decision.page"
    for what in ("extensions", "stored extension"):
        subject = f"{what} of proposal {history.extended}"
        found(report, "difference", "decision.extension", subject, *others)


def test_a_refusal_told_of_somebody_who_could_vote(history: History) -> None:
    def of_another(log: Log) -> Log:
        return log | {"topics": [*log["topics"][:2], f"0x{number_of(2):064x}"]}

    report = rewriting(history, "Assembly", "VoteRefused", of_another, voter=number_of(77))

    subject = f"refusal of the vote of {actor(2).address} on proposal {history.moved}"
    finding = found(report, "difference", "decision.refusal", subject, "reading.log-forged")
    assert finding.seen == "AssemblySeatRequired"


def test_a_request_for_an_upgrade_from_another_constituency(history: History) -> None:
    def elsewhere(log: Log) -> Log:
        return log | {"topics": [*log["topics"][:3], f"0x{2:064x}"]}

    report = rewriting(history, "Assembly", "UpgradeRequested", elsewhere, seat=1)

    subject = f"request for the upgrade of proposal {history.upgraded} by seat 1"
    finding = found(report, "difference", "decision.request", subject, "reading.log-forged")
    assert (finding.expected, finding.seen) == ("in constituency 0", "in 2")


def test_a_proposer_without_a_seat(history: History) -> None:
    def stranger(log: Log) -> Log:
        chosen = of_proposal(log, history.open)
        return changed_word(log, 1, lambda _: number_of(12)) if chosen else log

    report = rewriting(history, "Assembly", "ProposalCreated", stranger)

    subject = f"seat that proposed proposal {history.open}"
    found(report, "difference", "decision.seat", subject, "decision.proposer")


def test_more_open_proposals_than_a_seat_may_have(history: History) -> None:
    number = history.pending(greeting(4), title="A second one")
    report = rewriting(
        history, "Rulebook", "OpenProposalsChanged", lambda log: changed_word(log, 0, lambda _: 1)
    )

    others = "rulebook.limit", "mandate.arguments"
    finding = found(report, "difference", "decision.turn", f"turn of proposal {number}", *others)
    assert finding.expected == "at most 1 at once"


def test_other_weights_than_those_in_force(history: History) -> None:
    report = rewriting(
        history,
        "Assembly",
        "RuleFrozen",
        lambda log: changed_word(log, 8, lambda _: 0),
        proposalId=history.weighted,
    )

    subject = f"weights of proposal {history.weighted}"
    others = "decision.rule", "decision.state"
    found(report, "difference", "decision.weights", subject, *others)


def test_a_delay_that_was_not_kept(history: History) -> None:
    def sooner(log: Log) -> Log:
        return changed_word(log, 1, lambda eta: eta - 1000)

    report = rewriting(history, "Assembly", "ProposalQueued", sooner)

    subject = f"delay of proposal {history.executed}"
    found(report, "difference", "decision.delay", subject, "decision.eta", "execution.early")


def test_an_execution_before_its_time(history: History) -> None:
    def later(log: Log) -> Log:
        return changed_word(log, 1, lambda eta: eta + 10**6)

    report = rewriting(history, "Assembly", "ProposalQueued", later)

    subject = f"execution of proposal {history.executed}"
    found(report, "difference", "decision.early", subject, "decision.eta", "execution.early")


def test_a_lapse_within_the_grace(history: History) -> None:
    report = rewriting(
        history,
        "Membership",
        "ReadoptionChanged",
        lambda log: changed_word(log, 0, lambda _: 10**9),
    )

    subject, others = f"lapse of {actor(2).address}", ("settings.readoption", "mandate.arguments")
    found(report, "difference", "seats.lapse", subject, *others)


def test_a_lapse_of_an_organization_that_had_adopted(history: History) -> None:
    def reordered(logs: list[Log]) -> list[Log]:
        wanted = {"organization": number_of(2), "version": 2}
        adopted = next(log for log in logs if about(log, "InterConstitution", "Adopted", **wanted))
        lapsed = next(log for log in logs if about(log, "Membership", "Lapsed"))
        rest = [log for log in logs if log is not lapsed]
        return adding(rest, adopted["blockNumber"], lapsed)

    report = lied_to(history, reordered)

    subject = f"lapse of {actor(2).address}"
    finding = found(report, "difference", "seats.lapse", subject, "reading.log-forged")
    assert finding.seen.endswith(", adopted")


def test_a_frozen_rule_told_otherwise(history: History) -> None:
    report = rewriting(
        history,
        "Assembly",
        "RuleFrozen",
        lambda log: changed_word(log, 1, lambda approval: approval + 1),
        proposalId=history.open,
    )

    only(report, "difference", "decision.rule", f"rule of proposal {history.open}")


def test_a_rule_told_with_a_method_that_cannot_be_chosen_is_no_crash(history: History) -> None:
    report = rewriting(
        history,
        "Rulebook",
        "RuleSet",
        lambda log: changed_word(log, 0, lambda _: 16),
        index=0,
    )

    assert {"reading.impossible", "rulebook.rules", "decision.rule"} <= codes(report)
    impossible = [one for one in report.findings if one.code == "reading.impossible"]
    assert all("Method" in one.seen and one.looks[0].what == "log" for one in impossible)
    assert report.statement.unknown == ()


def test_a_time_that_no_contract_writes_is_no_crash(history: History) -> None:
    """Numbers that large cannot be written as JSON either."""
    report = rewriting(
        history, "Assembly", "ProposalQueued", lambda log: changed_word(log, 1, lambda _: 1 << 60)
    )

    impossible = [one for one in report.findings if one.code == "reading.impossible"]
    assert all("more than 48 bits" in one.seen for one in impossible) and impossible
    assert report.encode()


@pytest.mark.parametrize("seed", range(12))
def test_whatever_is_told_the_audit_comes_to_an_end(history: History, seed: int) -> None:
    """Some words of some events are others: a report is made, or the events make no sense."""
    chosen = random.Random(seed)

    def altered(logs: list[Log]) -> list[Log]:
        places = set(chosen.sample(range(len(logs)), 6))
        return [scrambled(chosen, log) if n in places else log for n, log in enumerate(logs)]

    try:
        report = lied_to(history, altered)
    except ChainUnreachable as error:
        assert "cannot be decoded" in str(error)
        return
    assert report.encode()


def scrambled(chosen: random.Random, log: Log) -> Log:
    """A log of which a word is another."""
    words = len(octets(log["data"])) // 32
    near = chosen.choice([-3600, -1, 1, 3600, 1 << 20])
    topics = [*log["topics"][:-1], f"0x{number_of(chosen.randrange(1, 40)):064x}"]
    if words and chosen.random() < 0.8:
        return changed_word(log, chosen.randrange(words), lambda word: max(word + near, 0))
    return log | {"topics": topics} if len(topics) > 1 else log


def test_what_was_unknown_once_can_be_known_the_next_time(history: History) -> None:
    """Of what a target outside obeyed when it was named, nobody said anything at first."""
    outside = actor(7).address.lower()

    def silent(method: str, parameters: list[Any], result: Any) -> Any:
        asked = method == "eth_getCode" and parameters[0].lower() == outside
        return refusal(-32000, "missing trie node") if asked else result

    with open_index(":memory:") as index, FaultProxy(history.chain.url, silent) as node:
        before = audited(history, node.url, index=index)
        after = audited(history, index=index)

    assert codes(before) == {"decision.rule"}
    assert {one.kind for one in before.findings} == {"unknown"}
    assert after.findings == ()


def test_an_event_that_cannot_be_decoded(history: History) -> None:
    def cut(log: Log) -> Log:
        return log | {"data": log["data"][:66]}

    with pytest.raises(ChainUnreachable, match="cannot be decoded"):
        rewriting(history, "InterConstitution", "Adopted", cut)


# ---------------------------------------------------------------------- answers of contracts


def answering(contract: str, function: str, change: Callable[[bytes], bytes]) -> Callable[..., Any]:
    """A node that tells other answers of one view."""
    chosen = "0x" + abi.selector(load(contract).functions[function]).hex()

    def alter(method: str, parameters: list[Any], result: Any) -> Any:
        if method != "eth_call" or not parameters[0]["data"].startswith(chosen):
            return result
        return "0x" + change(octets(result)).hex()

    return alter


def test_a_node_that_denies_a_seat(history: History) -> None:
    report = checked_through(
        history, answering("Membership", "standingOf", lambda d: bytes(len(d)))
    )

    assert codes(report) == {"seats.standing"}
    assert {f"standing of {actor(n).address}" for n in (1, 2, 3)} <= {
        finding.subject for finding in report.findings
    }


@pytest.mark.parametrize(
    ("contract", "function", "topic"),
    [
        ("Membership", "standingOf", "seats"),
        ("Rulebook", "rules", "rulebook"),
        ("Rulebook", "weights", "rulebook"),
        ("Membership", "groupOf", "affiliations"),
        ("Membership", "placeAt", "places at past times"),
        ("Assembly", "state", "decisions"),
        ("Commons", "resource", "commons"),
        ("InterConstitution", "versionAt", "versions of the text"),
        ("InterConstitution", "adoptionOf", "adoptions"),
    ],
)
def test_an_answer_that_is_cut_is_unknown(
    history: History, contract: str, function: str, topic: str
) -> None:
    report = checked_through(history, answering(contract, function, lambda data: data[:31]))

    finding = found(report, "unknown", "reading.unanswered", topic)
    assert finding.expected == "an answer" and "31 bytes" in finding.seen


def test_a_standing_that_there_is_not_is_a_difference_and_not_a_crash(history: History) -> None:
    def ninth(data: bytes) -> bytes:
        return data[:63] + b"\x09" + data[64:]

    report = checked_through(history, answering("Membership", "standingOf", ninth))

    assert codes(report) == {"seats.standing"}
    assert {one.expected for one in report.findings} == {"a possible answer"}


# ---------------------------------------------------------------------- a node that stops


class Stops:
    """A node that answers until its events were read, and then no more or with errors."""

    def __init__(self, how: str) -> None:
        self.how, self.read = how, False

    def __call__(self, method: str, _: list[Any], result: Any) -> Any:
        if method in ("eth_getBlockByNumber", "eth_getLogs") or not self.read:
            self.read = self.read or method == "eth_getLogs"
            return result
        if self.how == "down":
            raise ConnectionError
        return {"error": {"code": -32000, "message": self.how}}


OF_CHAIN = {
    *("powers", "settings", "versions of the text", "adoptions", "seats", "affiliations"),
    *("places at past times", "rulebook", "decisions", "commons", "name", "DAO Index"),
}
"""Topics for which the chain is asked, besides the code of the contracts."""


@pytest.mark.parametrize(
    "how",
    ["down", f"missing trie node 0x{'12' * 32} (path )", "header not found"],
    ids=["down", "pruned", "header"],
)
def test_a_node_that_stops_answering_in_the_middle_leaves_everything_unknown(
    history: History, how: str
) -> None:
    began = time.monotonic()
    report = checked_through(history, Stops(how))
    took = time.monotonic() - began

    assert {finding.kind for finding in report.findings} == {"unknown"}
    assert codes(report) == {"reading.unanswered", "reading.unproved", "decision.rule"}
    assert {one.subject for one in report.findings} >= OF_CHAIN
    unknown = {"code", "powers", "roles", "pending", "name", "dao_index"}
    assert set(report.statement.unknown) == unknown
    assert took < 30


def test_a_topic_that_is_pruned_is_unknown_and_the_others_hold(history: History) -> None:
    chosen = "0x" + abi.selector(load("Commons").functions["page"]).hex()

    def alter(method: str, parameters: list[Any], result: Any) -> Any:
        if method == "eth_call" and parameters[0]["data"].startswith(chosen):
            return {"error": {"code": -32000, "message": "missing trie node"}}
        return result

    finding = only(checked_through(history, alter), "unknown", "reading.unanswered", "commons")

    assert "missing trie node" in finding.seen


def test_a_block_that_is_pruned_makes_the_reading_unknown(history: History) -> None:
    def alter(method: str, parameters: list[Any], result: Any) -> Any:
        pruned = method == "eth_getBlockByNumber" and parameters[0] not in ("latest",)
        return None if pruned else result

    with pytest.raises(ChainUnreachable, match="no such block, while its last one is"):
        checked_through(history, alter)


def test_a_node_that_refuses_its_events_is_unreachable(history: History) -> None:
    def alter(method: str, _: list[Any], result: Any) -> Any:
        refused = {"error": {"code": 4444, "message": "pruned history unavailable"}}
        return refused if method == "eth_getLogs" else result

    with pytest.raises(ChainUnreachable, match="pruned history unavailable"):
        checked_through(history, alter)


# ---------------------------------------------------------------------- the store


def spoil(history: History, cid: Cid, data: bytes | None) -> None:
    """Remove a block from the store's file, or put other bytes in its place."""
    history.store.close()
    with sqlite3.connect(history.store.path) as database:
        if data is None:
            done = database.execute("DELETE FROM block WHERE digest = ?", (cid.digest,))
        else:
            changed = "UPDATE block SET data = ? WHERE digest = ?"
            done = database.execute(changed, (data, cid.digest))
    assert done.rowcount == 1
    database.close()


def documents(history: History) -> dict[str, Cid]:
    founder = history.charter.declaration.founders[1]
    return {
        "text of version 1": Cid.of(TEXT),
        "resource": Cid.of(HANDBOOK),
        "charter document": Cid.of(history.charter.document),
        f"profile of {founder.account}": Cid.of(encode(founder.profile)),
        f"pledge of {founder.account}": Cid.of(encode(founder.pledge)),
    }


@pytest.mark.parametrize("index", range(5))
def test_a_document_that_is_missing_is_unknown(history: History, index: int) -> None:
    what, cid = list(documents(history).items())[index]
    spoil(history, cid, None)

    finding = only(checked(history), "unknown", "document.missing", f"{what} ({cid})")

    assert finding.expected == "present"


@pytest.mark.parametrize("index", range(5))
def test_a_document_that_is_corrupt_is_a_difference(history: History, index: int) -> None:
    what, cid = list(documents(history).items())[index]
    spoil(history, cid, b"other bytes")

    finding = only(checked(history), "difference", "document.damaged", f"{what} ({cid})")

    assert finding.expected == "the bytes that hash to its CID"


def test_a_store_that_is_gone_leaves_every_document_unknown(history: History) -> None:
    history.store.close()
    for file in history.store.path.parent.glob("commons.db*"):
        file.unlink()

    report = checked(history)

    assert codes(report) == {"document.missing"}
    assert {finding.kind for finding in report.findings} == {"unknown"}
    assert len(report.findings) == report.statement.counts["documents"]
