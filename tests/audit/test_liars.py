"""A node that lies, forgets or stops, and a store that lost or spoilt something."""

import sqlite3
from collections.abc import Callable
from typing import Any

import pytest
from onchain.world import TEXT, actor

from audit.history import HANDBOOK, History, checked, checked_through, found, greeting, only, topic
from metaorg.audit import Report
from metaorg.charter import encode
from metaorg.errors import ChainUnreachable
from metaorg.onchain import abi
from metaorg.onchain.artifacts import load
from metaorg.onchain.chain import octets
from metaorg.types import Cid

Log = dict[str, Any]


def about(log: Log, contract: str, event: str, **indexed: int) -> bool:
    """Whether a log is this event with these indexed arguments."""
    entry = next(e for e in load(contract).topics.values() if e["name"] == event)
    if log["topics"][0] != topic(contract, event):
        return False
    names = [p["name"] for p in entry["inputs"] if p["indexed"]]
    values = dict(zip(names, (int(one, 16) for one in log["topics"][1:]), strict=True))
    return all(values[name] == value for name, value in indexed.items())


def number_of(signer: int) -> int:
    return int(actor(signer).address, 16)


def with_logs(change: Callable[[list[Log]], list[Log]]) -> Callable[..., Any]:
    """A node that tells other logs than there are."""

    def alter(method: str, _: list[Any], result: Any) -> Any:
        return change(result) if method == "eth_getLogs" else result

    return alter


def dropping(history: History, contract: str, event: str, **indexed: int) -> Report:
    dropped = []

    def change(logs: list[Log]) -> list[Log]:
        dropped.extend(log for log in logs if about(log, contract, event, **indexed))
        return [log for log in logs if log not in dropped]

    report = checked_through(history, with_logs(change))
    assert dropped
    return report


def rewriting(
    history: History, contract: str, event: str, rewrite: Callable[[Log], Log], **indexed: int
) -> Report:
    rewritten = []

    def one(log: Log) -> Log:
        if not about(log, contract, event, **indexed):
            return log
        rewritten.append(log)
        return rewrite(log)

    report = checked_through(history, with_logs(lambda logs: [one(log) for log in logs]))
    assert rewritten
    return report


def changed_word(log: Log, word: int, change: Callable[[int], int]) -> Log:
    data = bytearray(octets(log["data"]))
    old = int.from_bytes(data[32 * word : 32 * word + 32])
    data[32 * word : 32 * word + 32] = change(old).to_bytes(32)
    return log | {"data": "0x" + data.hex()}


# ---------------------------------------------------------------------- events that are not told


def test_an_admission_that_is_not_told(history: History) -> None:
    report = dropping(history, "Membership", "Admitted", organization=number_of(11))

    finding = found(report, "difference", "events of the register")
    assert finding.expected == "a history that the rules allow"


def test_the_last_exit_that_is_not_told(history: History) -> None:
    report = dropping(history, "Membership", "Exited", organization=number_of(12))

    account = actor(12).address
    found(report, "difference", f"standing of {account}")
    found(report, "difference", f"certificates of {account}")
    found(report, "difference", "active seats")


def test_an_adoption_that_is_not_told(history: History) -> None:
    report = dropping(history, "InterConstitution", "Adopted", organization=number_of(11))

    finding = only(report, "difference", f"seat of {actor(11).address}")
    assert finding.expected == "version 1 adopted before"


def test_a_vote_that_is_not_told(history: History) -> None:
    report = dropping(history, "Assembly", "VoteCast", voter=number_of(13))

    found(report, "difference", f"tally of proposal {history.executed}")
    found(report, "difference", f"tally of proposal {history.defeated}")


def test_a_proposal_that_is_not_told(history: History) -> None:
    report = dropping(history, "Assembly", "ProposalCreated")

    finding = found(report, "difference", "decisions")
    assert "never proposed" in finding.seen


def test_rules_that_are_not_told(history: History) -> None:
    report = dropping(history, "Rulebook", "RuleSet")

    assert {"rules of decision", "decisions"} & {finding.subject for finding in report.findings}
    assert all(finding.kind == "difference" for finding in report.findings)


def test_an_execution_that_is_not_told(history: History) -> None:
    report = dropping(history, "Assembly", "ProposalExecuted")

    finding = found(report, "difference", f"state of proposal {history.executed}")
    assert (finding.expected, finding.seen) == ("queued", "executed")


def test_an_amendment_that_is_not_told(history: History) -> None:
    report = dropping(history, "InterConstitution", "Amended", version=2)

    found(report, "difference", "versions of the InterConstitution")


def test_a_publication_that_is_not_told(history: History) -> None:
    digest = int.from_bytes(Cid.of(HANDBOOK * 2).digest)
    report = dropping(history, "Commons", "Published", digest=digest)

    found(report, "difference", "resources in order")


def test_a_citation_that_is_not_told(history: History) -> None:
    report = dropping(history, "Commons", "Cited")

    only(report, "difference", f"resource {Cid.of(HANDBOOK)}")


@pytest.mark.parametrize(
    ("event", "subject"),
    [("Granted", "access of seat"), ("Revoked", "access of seat"), ("Retired", "resource ")],
)
def test_what_became_of_a_resource_and_is_not_told(
    history: History, event: str, subject: str
) -> None:
    report = dropping(history, "Commons", event)

    assert {finding.kind for finding in report.findings} == {"difference"}
    assert all(finding.subject.startswith(subject) for finding in report.findings)


def test_a_steward_of_whom_nobody_tells(history: History) -> None:
    report = dropping(history, "Commons", "Entrusted")

    resources = {f"resource {cid}" for cid in (Cid.of(HANDBOOK), history.sealed)}
    assert {finding.subject for finding in report.findings} == resources


def test_a_node_that_tells_no_events_at_all(history: History) -> None:
    report = checked_through(history, with_logs(lambda _: []))

    assert not report.ok
    subjects = {finding.subject for finding in report.findings}
    assert {"active seats", "rules of decision", "resources in order"} <= subjects


@pytest.mark.parametrize(
    ("event", "indexed"),
    [
        ("Suspended", {}),
        ("Reinstated", {}),
        ("Lapsed", {}),
        ("Affiliated", {"group": 1}),
        ("Separated", {}),
        ("Moved", {}),
    ],
)
def test_a_change_of_the_register_that_is_not_told(
    history: History, event: str, indexed: dict[str, int]
) -> None:
    report = dropping(history, "Membership", event, **indexed)

    assert not report.ok
    alike = f"standing of {actor(14).address}"
    assert {"events of the register", "group 1", "accounts by seat", alike} & {
        finding.subject for finding in report.findings
    }


def test_an_expulsion_that_is_not_told(history: History) -> None:
    report = dropping(history, "Membership", "Expelled")

    found(report, "difference", f"standing of {actor(24).address}")
    found(report, "difference", f"certificates of {actor(24).address}")


def test_a_change_of_constituency_that_is_not_told(history: History) -> None:
    report = dropping(history, "Membership", "ConstituencyChanged")

    only(report, "difference", f"standing of {actor(25).address}")


def test_a_declaration_of_affiliation_that_is_not_told(history: History) -> None:
    wanted = {"organization": number_of(13)}
    report = dropping(history, "Membership", "AffiliationDeclared", **wanted)

    only(report, "difference", f"affiliation declared by {actor(13).address}")


@pytest.mark.parametrize(
    ("event", "subject"),
    [
        ("ProposalExtended", "extensions of proposal {0.extended}"),
        ("ProposalUpgraded", "upgrade of proposal {0.upgraded}"),
        ("UpgradeRequested", "requests for the upgrade of proposal {0.upgraded}"),
        ("RuleFrozen", "rule of proposal {0.open}"),
        ("ProposalCanceled", "decisions"),
    ],
)
def test_a_step_of_a_proposal_that_is_not_told(history: History, event: str, subject: str) -> None:
    report = dropping(history, "Assembly", event)

    if event != "ProposalCanceled":
        found(report, "difference", subject.format(history))
    assert not report.ok


@pytest.mark.parametrize(
    ("event", "subjects"),
    [
        ("WeightsSet", {"editions of the weights", "weights of proposal {0.weighted}"}),
        ("VotingDelayChanged", {"voting delay", "voting time of proposal {0.open}"}),
        ("OpenProposalsChanged", {"open proposals of a seat"}),
        ("RuleAssigned", {"rule of proposal {0.consented}"}),
    ],
)
def test_a_change_of_the_rulebook_that_is_not_told(
    history: History, event: str, subjects: set[str]
) -> None:
    report = dropping(history, "Rulebook", event)

    assert {subject.format(history) for subject in subjects} <= {
        finding.subject for finding in report.findings
    }


def test_an_adoption_before_a_vote_came_back_that_is_not_told(history: History) -> None:
    wanted = {"organization": number_of(2), "version": 2}
    report = dropping(history, "InterConstitution", "Adopted", **wanted)

    finding = only(report, "difference", f"seat of {actor(2).address}")
    assert finding.expected == "version 2 adopted before"


@pytest.mark.parametrize("account", [31, 32], ids=["as both signed", "by decision"])
def test_an_adoption_of_the_account_that_a_seat_moved_to_is_not_told(
    history: History, account: int
) -> None:
    wanted = {"organization": number_of(account)}
    report = dropping(history, "InterConstitution", "Adopted", **wanted)

    only(report, "difference", f"seat of {actor(account).address}")


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

    finding = only(report, "difference", f"signature of the adoption of version 1 by {account}")
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

    found(report, "difference", f"signature of the adoption of version 1 by {account}")
    found(report, "difference", f"adoption of version 1 by {account}")


@pytest.mark.parametrize("length", [0, 64])
def test_an_adoption_with_a_signature_of_another_length(history: History, length: int) -> None:
    report = rewriting(
        history,
        "InterConstitution",
        "Adopted",
        lambda log: changed_word(log, 6, lambda _: length),
        organization=number_of(11),
    )

    subject = f"signature of the adoption of version 1 by {actor(11).address}"
    assert only(report, "difference", subject).seen == "nobody"


def test_an_adoption_told_of_an_organization_that_never_adopted(history: History) -> None:
    def forged(logs: list[Log]) -> list[Log]:
        log = next(log for log in logs if about(log, "InterConstitution", "Adopted"))
        forgery = log | {"topics": [log["topics"][0], f"0x{number_of(99):064x}", log["topics"][2]]}
        return [*logs, forgery]

    report = checked_through(history, with_logs(forged))

    account = actor(99).address
    found(report, "difference", f"signature of the adoption of version 1 by {account}")
    found(report, "difference", f"adoption of version 1 by {account}")


def test_a_vote_told_twice(history: History) -> None:
    wanted = {"voter": number_of(2)}

    def twice(logs: list[Log]) -> list[Log]:
        last = [log for log in logs if about(log, "Assembly", "VoteCast", **wanted)][-1]
        index = logs.index(last)
        return [*logs[: index + 1], last, *logs[index + 1 :]]

    report = checked_through(history, with_logs(twice))

    subject = f"vote of {actor(2).address} on proposal {history.defeated}"
    assert "has voted already" in only(report, "difference", subject).seen


def test_a_vote_that_weighs_more(history: History) -> None:
    report = rewriting(
        history,
        "Assembly",
        "VoteCast",
        lambda log: changed_word(log, 2, lambda weight: weight * 2),
        voter=number_of(2),
    )

    found(report, "difference", f"weight of {actor(2).address} in proposal {history.defeated}")


def test_a_vote_of_an_organization_without_a_seat(history: History) -> None:
    def forged(logs: list[Log]) -> list[Log]:
        log = [log for log in logs if about(log, "Assembly", "VoteCast")][-1]
        return [*logs, log | {"topics": [log["topics"][0], f"0x{number_of(12):064x}"]}]

    report = checked_through(history, with_logs(forged))

    subject = f"vote of {actor(12).address} on proposal {history.open}"
    assert only(report, "difference", subject).seen == "there was no active seat at the snapshot"


def of_proposal(log: Log, number: int) -> bool:
    """Whether a log's first word of data is this proposal."""
    return int.from_bytes(octets(log["data"])[:32]) == number


def test_a_second_vote_of_a_group(history: History) -> None:
    """A seat voted and moved; the other seat of its group has no second vote."""

    def forged(logs: list[Log]) -> list[Log]:
        votes = [log for log in logs if about(log, "Assembly", "VoteCast")]
        last = [log for log in votes if of_proposal(log, history.moved)][-1]
        index = logs.index(last) + 1
        forgery = last | {"topics": [last["topics"][0], f"0x{number_of(25):064x}"]}
        return [*logs[:index], forgery, *logs[index:]]

    report = checked_through(history, with_logs(forged))

    subject = f"vote of {actor(25).address} on proposal {history.moved}"
    assert "has voted already" in only(report, "difference", subject).seen


def test_a_vote_after_the_end(history: History) -> None:
    def forged(logs: list[Log]) -> list[Log]:
        votes = [log for log in logs if about(log, "Assembly", "VoteCast")]
        vote = [log for log in votes if of_proposal(log, history.defeated)][-1]
        forgery = vote | {"topics": [vote["topics"][0], f"0x{number_of(3):064x}"]}
        return [*logs, forgery | {"blockNumber": logs[-1]["blockNumber"]}]

    report = checked_through(history, with_logs(forged))

    subject = f"vote of {actor(3).address} on proposal {history.defeated}"
    assert "outside of the time" in found(report, "difference", subject).seen


@pytest.mark.parametrize("part", [5, 40], ids=["too much", "shifted"])
def test_a_split_vote_told_otherwise(history: History, part: int) -> None:
    report = rewriting(
        history,
        "Assembly",
        "VoteCastWithParams",
        lambda log: changed_word(log, 7, lambda word: word + (1 << 128) - (part == 40)),
    )

    subject = f"vote of {actor(2).address} on proposal {history.upgraded}"
    if part == 5:
        assert "10,000" in found(report, "difference", subject).seen
    else:
        found(report, "difference", f"tally of proposal {history.upgraded}")


def test_an_objection_without_a_reason(history: History) -> None:
    def mute(log: Log) -> Log:
        chosen = of_proposal(log, history.consented)
        return changed_word(log, 4, lambda _: 0) if chosen else log

    report = rewriting(history, "Assembly", "VoteCast", mute, voter=number_of(2))

    subject = f"vote of {actor(2).address} on proposal {history.consented}"
    finding = only(report, "difference", subject)
    assert (finding.expected, finding.seen) == ("an objection with a reason", "none")


def test_a_late_vote_told_as_the_other_side(history: History) -> None:
    """Without the swing there was nothing to extend."""

    def turned(log: Log) -> Log:
        chosen = of_proposal(log, history.extended)
        return changed_word(log, 1, lambda _: 1) if chosen else log

    report = rewriting(history, "Assembly", "VoteCast", turned, voter=number_of(2))

    found(report, "difference", f"extensions of proposal {history.extended}")
    found(report, "difference", f"deadline of proposal {history.extended}")
    found(report, "difference", f"stored extension of proposal {history.extended}")


def test_a_refusal_told_of_somebody_who_could_vote(history: History) -> None:
    def of_another(log: Log) -> Log:
        return log | {"topics": [*log["topics"][:2], f"0x{number_of(2):064x}"]}

    report = rewriting(history, "Assembly", "VoteRefused", of_another, voter=number_of(77))

    subject = f"refusal of the vote of {actor(2).address} on proposal {history.moved}"
    assert only(report, "difference", subject).seen == "AssemblySeatRequired"


def test_a_request_for_an_upgrade_from_another_constituency(history: History) -> None:
    def elsewhere(log: Log) -> Log:
        return log | {"topics": [*log["topics"][:3], f"0x{2:064x}"]}

    report = rewriting(history, "Assembly", "UpgradeRequested", elsewhere, seat=1)

    subject = f"request for the upgrade of proposal {history.upgraded} by seat 1"
    finding = found(report, "difference", subject)
    assert (finding.expected, finding.seen) == ("in constituency 0", "in 2")


def test_a_proposer_without_a_seat(history: History) -> None:
    def stranger(log: Log) -> Log:
        chosen = of_proposal(log, history.open)
        return changed_word(log, 1, lambda _: number_of(12)) if chosen else log

    report = rewriting(history, "Assembly", "ProposalCreated", stranger)

    found(report, "difference", f"proposer of proposal {history.open}")
    found(report, "difference", f"seat that proposed proposal {history.open}")


def test_more_open_proposals_than_a_seat_may_have(history: History) -> None:
    number = history.pending(greeting(4), title="A second one")
    report = rewriting(
        history, "Rulebook", "OpenProposalsChanged", lambda log: changed_word(log, 0, lambda _: 1)
    )

    finding = found(report, "difference", f"turn of proposal {number}")
    assert finding.expected == "at most 1 at once"


def test_other_weights_than_those_in_force(history: History) -> None:
    report = rewriting(
        history,
        "Assembly",
        "RuleFrozen",
        lambda log: changed_word(log, 8, lambda _: 0),
        proposalId=history.weighted,
    )

    found(report, "difference", f"weights of proposal {history.weighted}")


def test_a_delay_that_was_not_kept(history: History) -> None:
    def sooner(log: Log) -> Log:
        return changed_word(log, 1, lambda eta: eta - 1000)

    report = rewriting(history, "Assembly", "ProposalQueued", sooner)

    found(report, "difference", f"delay of proposal {history.executed}")
    found(report, "difference", f"time of execution of proposal {history.executed}")


def test_an_execution_before_its_time(history: History) -> None:
    def later(log: Log) -> Log:
        return changed_word(log, 1, lambda eta: eta + 10**6)

    report = rewriting(history, "Assembly", "ProposalQueued", later)

    found(report, "difference", f"execution of proposal {history.executed}")


def test_a_lapse_within_the_grace(history: History) -> None:
    report = rewriting(
        history,
        "Membership",
        "ReadoptionChanged",
        lambda log: changed_word(log, 0, lambda _: 10**9),
    )

    found(report, "difference", f"lapse of {actor(2).address}")


def test_a_lapse_of_an_organization_that_had_adopted(history: History) -> None:
    def reordered(logs: list[Log]) -> list[Log]:
        wanted = {"organization": number_of(2), "version": 2}
        adopted = next(log for log in logs if about(log, "InterConstitution", "Adopted", **wanted))
        rest = [log for log in logs if log is not adopted]
        at = next(i for i, log in enumerate(rest) if about(log, "Membership", "Lapsed"))
        return [*rest[:at], adopted, *rest[at:]]

    report = checked_through(history, with_logs(reordered))

    assert only(report, "difference", f"lapse of {actor(2).address}").seen.endswith(", adopted")


def test_a_frozen_rule_told_otherwise(history: History) -> None:
    report = rewriting(
        history,
        "Assembly",
        "RuleFrozen",
        lambda log: changed_word(log, 1, lambda approval: approval + 1),
        proposalId=history.open,
    )

    only(report, "difference", f"rule of proposal {history.open}")


def test_a_rule_told_with_a_method_that_cannot_be_chosen_is_no_crash(history: History) -> None:
    report = rewriting(
        history,
        "Rulebook",
        "RuleSet",
        lambda log: changed_word(log, 0, lambda _: 16),
        index=0,
    )

    found(report, "difference", "decisions")
    found(report, "difference", "rulebook")


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

    assert not report.ok
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
        ("InterConstitution", "adoptionOf", "adoptions and their signatures"),
    ],
)
def test_an_answer_that_is_cut_is_unknown(
    history: History, contract: str, function: str, topic: str
) -> None:
    report = checked_through(history, answering(contract, function, lambda data: data[:31]))

    assert found(report, "unknown", topic).expected == "an answer"


def test_a_standing_that_there_is_not_is_a_difference_and_not_a_crash(history: History) -> None:
    def ninth(data: bytes) -> bytes:
        return data[:63] + b"\x09" + data[64:]

    report = checked_through(history, answering("Membership", "standingOf", ninth))

    assert found(report, "difference", "seats").expected == "possible answers"


# ---------------------------------------------------------------------- a node that stops


class Stops:
    """A node that answers until its events were read, and then no more or with errors."""

    def __init__(self, how: str) -> None:
        self.how, self.read = how, False

    def __call__(self, method: str, _: list[Any], result: Any) -> Any:
        if method == "eth_getBlockByNumber" or not self.read:
            self.read = self.read or method == "eth_getLogs"
            return result
        if self.how == "down":
            raise ConnectionError
        return {"error": {"code": -32000, "message": self.how}}


@pytest.mark.parametrize(
    "how", ["down", "missing trie node 0x" + "12" * 32 + " (path )", "header not found"]
)
def test_a_node_that_stops_answering_in_the_middle_leaves_everything_unknown(
    history: History, how: str
) -> None:
    report = checked_through(history, Stops(how))

    assert not report.ok
    kinds = {finding.subject: finding.kind for finding in report.findings}
    assert set(kinds.values()) == {"unknown"}
    assert {"code of the contracts", "powers", "seats", "decisions", "commons"} <= set(kinds)


def test_a_topic_that_is_pruned_is_unknown_and_the_others_hold(history: History) -> None:
    chosen = "0x" + abi.selector(load("Commons").functions["page"]).hex()

    def alter(method: str, parameters: list[Any], result: Any) -> Any:
        if method == "eth_call" and parameters[0]["data"].startswith(chosen):
            return {"error": {"code": -32000, "message": "missing trie node"}}
        return result

    finding = only(checked_through(history, alter), "unknown", "commons")

    assert "missing trie node" in finding.seen


def test_a_block_that_is_pruned_makes_the_reading_unknown(history: History) -> None:
    def alter(method: str, parameters: list[Any], result: Any) -> Any:
        pruned = method == "eth_getBlockByNumber" and parameters[0] not in ("latest",)
        return None if pruned else result

    with pytest.raises(ChainUnreachable, match="its history is pruned"):
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

    finding = only(checked(history), "unknown", f"{what} ({cid})")

    assert finding.expected == "present"


@pytest.mark.parametrize("index", range(5))
def test_a_document_that_is_corrupt_is_a_difference(history: History, index: int) -> None:
    what, cid = list(documents(history).items())[index]
    spoil(history, cid, b"other bytes")

    finding = only(checked(history), "difference", f"{what} ({cid})")

    assert finding.expected == "the bytes that hash to its CID"


def test_a_store_that_is_gone_leaves_every_document_unknown(history: History) -> None:
    history.store.close()
    for file in history.store.path.parent.glob("commons.db*"):
        file.unlink()

    report = checked(history)

    assert not report.ok
    assert {finding.kind for finding in report.findings} == {"unknown"}
    assert len(report.findings) == report.statement.counts["documents"]
