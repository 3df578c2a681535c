"""A history that keeps the rules has no findings, whatever happened in it."""

import pytest
from onchain.nodes import proxy
from onchain.world import DELAY, FOR, VOTING, WINDOW, actor, fund

from audit.history import History, checked
from metaorg.audit import check
from metaorg.audit.replay.seats import TRANSITIONS
from metaorg.errors import ChainUnreachable, Misconfigured
from metaorg.onchain.chain import Chain
from metaorg.onchain.devnet import advance, free_port
from metaorg.records import Profile
from metaorg.rules.decision import Method


def test_a_full_history_has_no_findings(history: History) -> None:
    report = checked(history)

    assert report.findings == ()
    assert report.ok
    assert report.statement.modules == history.modules
    assert report.statement.block == history.chain.block()
    assert report.statement.chain_id == 31337
    wanted = {"contracts": 8, "seats": 11, "active seats": 9, "proposals": 14}
    assert wanted.items() <= report.statement.counts.items()
    assert report.statement.counts["adoptions"] == 19
    assert report.statement.counts["resources"] == 3
    assert report.statement.counts["votes"] == 3 + 5 + 5 + 3 + 5 + 4 + 5 + 3 + 4 + 3 + 2 + 3 + 1


def test_everything_of_the_history_happened(history: History) -> None:
    org = history.by()
    names = {event.name for event in org.events(history.modules.membership)}
    decided = {event.name for event in org.events(history.modules.assembly)}
    ruled = {event.name for event in org.events(history.modules.rulebook)}
    shared = {event.name for event in org.events(history.modules.commons)}

    assert {*TRANSITIONS, "AdmittedByDecision", "AffiliationDeclared", "ReadoptionChanged"} - {
        "Refused"
    } <= names
    assert names >= {"ProfileChanged", "AdmissionChanged", "ConstituencyAdded", "KindAdded"}
    assert decided >= {"ProposalCreated", "RuleFrozen", "VoteCast", "VoteCastWithParams"}
    assert decided >= {"UpgradeRequested", "ProposalUpgraded", "ProposalExtended", "VoteRefused"}
    assert decided >= {"ProposalCanceled", "ProposalQueued", "ProposalExecuted"}
    assert ruled >= {"RuleSet", "RuleAssigned", "RuleUnassigned", "WeightsSet"}
    assert ruled >= {"VotingDelayChanged", "OpenProposalsChanged"}
    assert {"Published", "Cited", "Granted", "Revoked", "Retired", "Entrusted"} <= shared
    assert org.assembly.show(history.executed).state.state == "executed"
    assert org.assembly.show(history.defeated).state.state == "defeated"
    assert org.assembly.show(history.open).state.state == "active"
    assert org.assembly.show(history.extended).state.extended
    assert Method.EACH_CLASS in org.assembly.show(history.upgraded).state.rule.methods
    assert org.constitution.version().number == 2


def test_every_state_of_a_proposal_is_found_right(history: History) -> None:
    org = history.by()
    pending = org.propose([org.membership.set_admission(org.membership.admission())], "Pending")
    org.send(pending)
    assert org.assembly.show(org.assembly.number(pending)).state.state == "pending"
    assert checked(history).ok

    org.send(org.assembly.cancel(org.assembly.show(org.assembly.number(pending))))
    assert checked(history).ok

    history.vote(history.open, *((actor(n), FOR) for n in (11, 13)))
    advance(history.chain, VOTING + 1)
    view = org.assembly.show(history.open)
    assert view.state.state == "succeeded" and checked(history).ok

    org.send(org.assembly.queue(view))
    assert checked(history).ok
    advance(history.chain, DELAY + 1)
    org.send(org.assembly.execute(view))
    assert org.assembly.show(history.open).state.state == "executed" and checked(history).ok


def test_votes_that_were_counted_in_pages_are_found_right(history: History) -> None:
    org = history.by()
    advance(history.chain, VOTING + 1)
    org.send(org.assembly.contract.count(history.open, 1))

    assert "VotesCounted" in {event.name for event in org.events(history.modules.assembly)}
    assert checked(history).findings == ()


def test_a_seat_whose_end_was_a_lapse_is_found_right(history: History) -> None:
    """The consequence is now that a seat ends; the joiner never adopted the second text."""
    org = history.by()
    advance(history.chain, 1)
    (receipt,) = org.send(org.membership.contract.lapse(actor(11).address))

    assert "Exited" in {event.name for event in receipt.events}
    assert checked(history).findings == ()


def test_a_seat_that_moves_twice_and_back_keeps_its_past(history: History) -> None:
    first, second = history.founders[0], actor(41)
    fund(history.chain, second)
    history.adopt(second)
    history.move(first, second)
    advance(history.chain, 1)
    history.move(second, first, nonce=0)
    advance(history.chain, 1)

    assert checked(history).findings == ()


def test_an_application_that_was_refused_is_found_right(history: History) -> None:
    history.apply(actor(42))
    org = history.by()
    refusal = org.membership.decide(actor(42).address, False, "Not now.")
    history.decide(refusal, voters=[*history.founders, actor(13)], title="Refusal")

    assert "Refused" in {event.name for event in org.events(history.modules.membership)}
    assert checked(history).findings == ()


def test_rejoining_and_leaving_in_one_second_is_found_right(history: History) -> None:
    returner = actor(13)
    org = history.by(returner)
    advance(history.chain, WINDOW)
    history.adopt(returner, "Friends")
    history.chain.request("evm_setAutomine", False)
    account, calls = returner, []
    calls.append(org.membership.leave("Again."))
    calls.append(org.membership.apply("trust", Profile(name="Back Again")))
    calls.append(org.membership.leave("And again."))
    raw = []
    for nonce, call in enumerate(calls, start=_nonce(history, returner.address)):
        raw.append(
            account.sign_transaction(
                {
                    "type": 2,
                    "chainId": history.chain.id,
                    "nonce": nonce,
                    "to": call.to,
                    "value": 0,
                    "data": "0x" + call.data.hex(),
                    "gas": 500_000,
                    "maxFeePerGas": 10**11,
                    "maxPriorityFeePerGas": 1,
                }
            )
        )
        history.store.put_many(call.documents)
    for one in raw:
        history.chain.request("eth_sendRawTransaction", "0x" + one.hex())
    history.chain.request("evm_mine")
    history.chain.request("evm_setAutomine", True)
    advance(history.chain, 5)

    times = {event.block for event in org.events(history.modules.membership)[-4:]}
    assert len(times) == 1
    assert checked(history).findings == ()


def _nonce(history: History, address: str) -> int:
    return int(history.chain.request("eth_getTransactionCount", address, "latest"), 16)


def test_the_check_says_what_it_looks_at(history: History) -> None:
    seen: list[str] = []

    check(
        history.chain,
        history.modules.meta_organization,
        history.store,
        lambda what, *_: seen.append(what),
    )

    assert seen[0] == "reading blocks"
    assert {"code of the contracts", "powers", "seats", "decisions", "documents"} <= set(seen)


def test_the_check_writes_nothing_and_asks_no_key(history: History) -> None:
    with proxy(history.chain.url, lambda _method, _parameters, result: result) as node:
        checked(history, Chain(node.url))
    asked = {
        one["method"]
        for request in node.requests
        for one in (request if isinstance(request, list) else [request])
    }

    assert asked <= {
        "eth_chainId",
        "eth_getBlockByNumber",
        "eth_getCode",
        "eth_call",
        "eth_getLogs",
        "eth_getBalance",
        "eth_getBlockReceipts",
        "web3_clientVersion",
    }


def test_the_check_holds_at_one_block(history: History) -> None:
    """Every answer of a contract is of the report's block, or of the one of a proposal."""
    with proxy(history.chain.url, lambda _method, _parameters, result: result) as node:
        report = checked(history, Chain(node.url))
    blocks = {
        one["params"][1]["blockHash"]
        for request in node.requests
        for one in (request if isinstance(request, list) else [request])
        if one["method"] == "eth_call"
    }

    created = history.by().events(history.modules.assembly, ["ProposalCreated"])
    numbers = {report.statement.block.number, *(event.block for event in created)}
    assert "0x" + report.statement.block.hash.hex() in blocks
    assert blocks <= {"0x" + history.chain.block(number).hash.hex() for number in numbers}


def test_where_there_is_no_meta_organization_nothing_is_checked(history: History) -> None:
    with pytest.raises(Misconfigured):
        check(history.chain, actor(9).address, history.store)


def test_a_node_that_is_down_is_unreachable(history: History) -> None:
    chain = Chain(f"http://127.0.0.1:{free_port()}", timeout=0.5)

    with pytest.raises(ChainUnreachable):
        checked(history, chain)
