"""Who may call what is read from storage and events, and nobody's power stays hidden."""

from typing import Any

import pytest
from eth_utils.crypto import keccak
from onchain.nodes import proxy
from onchain.world import DELAY, actor

from audit.happened import doctored, first, happened
from audit.history import History, as_timelock, selector, slots_read, write_storage
from metaorg.audit.entrances import entrances, guards
from metaorg.audit.findings import Finding
from metaorg.audit.powers import Powers, powers
from metaorg.audit.roles import EVERYBODY, NOBODY
from metaorg.audit.statement import Power
from metaorg.errors import ChainUnreachable
from metaorg.onchain import abi
from metaorg.onchain.artifacts import CONTRACTS, load
from metaorg.onchain.chain import Chain, NodeRefused, Reading
from metaorg.onchain.devnet import advance
from metaorg.onchain.modules import Modules
from metaorg.types import Call
from tools.docs import guards as generated
from tools.docs.powers import DECISION
from tools.docs.wiring import read as read_wiring

OUTSIDER = actor(9).address
PROPOSER, CANCELLER = keccak(text="PROPOSER_ROLE"), keccak(text="CANCELLER_ROLE")
EXECUTOR = keccak(text="EXECUTOR_ROLE")


def seen(history: History) -> Powers:
    return powers(history.chain.at(), history.modules, happened(history))


def only(found: Powers, code: str, subject: str) -> Finding:
    assert [(one.code, one.subject) for one in found.findings] == [(code, subject)]
    return found.findings[0]


def rows(found: Powers, contract: str, function: str) -> list[Power]:
    return [
        one
        for one in found.rows
        if one.contract == contract and one.function.split("(")[0] == function
    ]


def authority(history: History, function: str, *arguments: Any) -> None:
    advance(history.chain, 1)
    as_timelock(history, "Authority", history.modules.authority, function, *arguments)


def timelock(history: History, function: str, *arguments: Any) -> None:
    advance(history.chain, 1)
    as_timelock(history, "Timelock", history.modules.timelock, function, *arguments)


def as_outsider(history: History, contract: str, function: str, *arguments: Any) -> None:
    """A call by somebody outside, who has a power by now."""
    chain, target = history.chain, getattr(history.modules, contract.lower())
    chain.request("anvil_setBalance", OUTSIDER, hex(10**20))
    chain.request("anvil_impersonateAccount", OUTSIDER)
    data = abi.encode_call(load(contract).functions[function], arguments)
    sent = {"from": OUTSIDER, "to": target, "data": "0x" + data.hex(), "gas": hex(2_000_000)}
    transaction = chain.request("eth_sendTransaction", sent)
    chain.request("evm_mine")
    chain.request("anvil_stopImpersonatingAccount", OUTSIDER)
    assert int(chain.request("eth_getTransactionReceipt", transaction)["status"], 16) == 1


# ---------------------------------------------------------------------- the shipped guards


def test_the_shipped_guards_are_those_of_the_sources() -> None:
    with open(generated.PATH, encoding="utf-8") as file:
        assert file.read() == generated.page(), "run `make docs`"


@pytest.mark.parametrize("contract", CONTRACTS)
def test_every_function_that_changes_something_has_a_guard(contract: str) -> None:
    changing = {
        entry.get("name", entry["type"])
        for entry in load(contract).abi
        if entry.get("stateMutability") in ("nonpayable", "payable")
        and entry["type"] in ("function", "receive", "fallback")
    }

    assert changing <= guards()[contract].keys()


def test_the_table_has_every_function_of_every_module(history: History) -> None:
    found = {(one.contract, one.function) for one in seen(history).rows}

    assert found == {(one.module, one.signature) for one in entrances()}
    assert {one.module for one in entrances()} == set(Modules.model_fields)


# ---------------------------------------------------------------------- after the founding


def test_a_history_that_keeps_the_rules_has_no_findings(history: History) -> None:
    found = seen(history)

    assert found.findings == () and found.pending == ()
    assert {one.who for one in found.rows if one.stop == "votes against"} == {DECISION}


def test_the_table_is_that_of_the_static_page(history: History) -> None:
    """Read from the chain, it says what the sources and the wiring say after a founding."""
    wiring = read_wiring(history.chain, history.modules)
    found = seen(history)

    holders = {(one.contract, one.role): one.holder for one in found.roles}
    assert holders == {
        ("timelock", "administrator"): "the Timelock",
        ("timelock", "proposer"): "the Assembly",
        ("timelock", "executor"): "the Assembly",
        ("timelock", "canceller"): "the Assembly",
        ("authority", "0 (administrator)"): "the Timelock",
    }
    assert wiring.administrator == "Timelock"
    assert {"Assembly"} == wiring.roles["PROPOSER_ROLE"] == wiring.roles["CANCELLER_ROLE"]


@pytest.mark.parametrize(
    ("contract", "function", "who", "rule"),
    [
        ("membership", "addKind", DECISION, "rule 2: consent, fewer than 2 objections"),
        ("membership", "expel", DECISION, "ordinary: majority"),
        ("membership", "suspend", DECISION, "amendment: each class"),
        ("rulebook", "setRule", DECISION, "amendment, always: each class"),
        ("authority", "grantRole", DECISION, "amendment, always: each class"),
        ("timelock", "updateDelay", DECISION, "amendment, always: each class"),
        ("timelock", "schedule", "the Assembly", ""),
        ("membership", "changeProfile", "an active seat", ""),
        ("membership", "transferFrom", "nobody: it always reverts", ""),
        ("membership", "initialize", "nobody: the founding did", ""),
        ("assembly", "execute", "anyone, once the delay is over", ""),
        ("timelock", "receive", "anyone who sends", ""),
    ],
    ids=lambda value: value if value.isalpha() else "",
)
def test_who_may_call_by_which_rule(
    history: History, contract: str, function: str, who: str, rule: str
) -> None:
    (row,) = rows(seen(history), contract, function)

    assert row.who == who and row.rule.startswith(rule) and bool(row.rule) == bool(rule)


def test_the_same_events_and_block_give_the_same(history: History) -> None:
    reading, events = history.chain.at(), happened(history)

    assert powers(reading, history.modules, events) == powers(reading, history.modules, events)


# ---------------------------------------------------------------------- roles


def test_a_proposer_that_was_never_decided(history: History) -> None:
    timelock(history, "grantRole", PROPOSER, OUTSIDER)

    found = seen(history)
    finding = only(found, "powers.role", f"role proposer of {OUTSIDER} in the Timelock")

    assert finding.expected == "not held"
    assert finding.seen.startswith("held since block ")
    assert finding.seen.endswith("without a decision")
    assert [one.what for one in finding.looks] == ["call", "log"]
    assert finding.looks[0].function == "hasRole(bytes32,address)"
    assert finding.looks[0].arguments == ("0x" + PROPOSER.hex(), OUTSIDER)
    assert {row.who for row in rows(found, "timelock", "schedule")} == {"the Assembly", OUTSIDER}
    assert [one.account for one in found.roles if not one.holder] == [OUTSIDER]


def test_a_decided_role_says_which_proposal_decided_it(history: History) -> None:
    org, modules = history.by(), history.modules
    data = abi.encode_call(load("Authority").functions["grantRole"], [5, OUTSIDER, 0])
    call = Call(to=modules.authority, data=data, says="grant")
    number = history.decide(call, voters=[*history.founders, actor(13), actor(14)], title="Role")

    finding = only(seen(history), "powers.role", f"role 5 of {OUTSIDER} in the Authority")

    assert finding.seen.endswith(f"as proposal {number} decided")
    assert org.assembly.show(number).state.state == "executed"


def test_everybody_may_execute(history: History) -> None:
    timelock(history, "grantRole", EXECUTOR, NOBODY)

    found = seen(history)

    only(found, "powers.role", f"role executor of {NOBODY} in the Timelock")
    assert "anyone" in {row.who for row in rows(found, "timelock", "execute")}


def test_the_assembly_robbed_of_a_role(history: History) -> None:
    assembly = history.modules.assembly
    timelock(history, "revokeRole", CANCELLER, assembly)

    found = seen(history)
    finding = only(found, "powers.role", f"role canceller of {assembly} in the Timelock")

    assert finding.expected == "held" and finding.seen.startswith("not held since block ")
    assert [row.who for row in rows(found, "timelock", "cancel")] == ["nobody"]


def test_a_role_of_the_authority_with_a_delay_to_come(history: History) -> None:
    authority(history, "labelRole", 6, "treasurers")
    authority(history, "setGrantDelay", 6, 5)
    advance(history.chain, 6 * 86_400)
    authority(history, "grantRole", 6, OUTSIDER, 86_400)

    found = seen(history)

    subject = f'role 6 ("treasurers") of {OUTSIDER} in the Authority'
    only(found, "powers.role", subject)
    (role,) = [one for one in found.roles if not one.holder]
    assert role.role.startswith('6 ("treasurers"), each call 1 day after it is scheduled, from 2')
    assert role.role.endswith("Z on, effective 5 seconds after it is given")


@pytest.mark.parametrize("contract", ["timelock", "authority"])
def test_a_role_that_came_and_went(history: History, contract: str) -> None:
    """Storage has forgotten it: only events tell."""
    role: Any = PROPOSER if contract == "timelock" else 0
    more = () if contract == "timelock" else (0,)
    change = timelock if contract == "timelock" else authority
    change(history, "grantRole", role, OUTSIDER, *more)
    change(history, "revokeRole", role, OUTSIDER)

    name = "proposer" if contract == "timelock" else "0 (administrator)"
    subject = f"role {name} of {OUTSIDER} in the {contract.title()}"
    finding = only(seen(history), "powers.role-in-between", subject)

    assert finding.expected == "never granted"
    assert finding.seen.count("without a decision") == 2
    assert [one.what for one in finding.looks] == ["log", "log"]
    assert finding.looks[0].block < finding.looks[1].block


def test_a_role_of_the_assembly_that_went_and_came(history: History) -> None:
    assembly = history.modules.assembly
    timelock(history, "revokeRole", PROPOSER, assembly)
    timelock(history, "grantRole", PROPOSER, assembly)

    subject = f"role proposer of {assembly} in the Timelock"
    finding = only(seen(history), "powers.role-in-between", subject)

    assert finding.expected == "never revoked" and "granted again" in finding.seen
    assert len(finding.looks) == 3


@pytest.mark.parametrize("function", ["setRoleAdmin", "setRoleGuardian"])
def test_another_role_that_gives_or_guards_a_role(history: History, function: str) -> None:
    authority(history, function, 4, 8)

    found = seen(history)

    what = function.removeprefix("setRole").lower()
    only(found, "powers.role", f"{what} of role 4 of the Authority")


def test_who_gives_a_role_may_call_the_functions_that_give_it(history: History) -> None:
    authority(history, "setRoleAdmin", 4, 8)
    authority(history, "grantRole", 8, OUTSIDER, 0)

    found = rows(seen(history), "authority", "grantRole")

    assert [(row.who, row.when) for row in found] == [
        (DECISION, "when executed"),
        (f"{OUTSIDER}, role 4", "at once"),
    ]


def test_a_grant_of_which_storage_knows_nothing(history: History) -> None:
    timelock(history, "grantRole", PROPOSER, OUTSIDER)
    events = happened(history)
    timelock(history, "revokeRole", PROPOSER, OUTSIDER)

    found = powers(history.chain.at(), history.modules, events)

    finding = only(found, "powers.untold", f"role proposer of {OUTSIDER} in the Timelock")
    assert (finding.expected, finding.seen) == ("held, as events tell", "not held")


def test_a_grant_of_the_founding_that_is_not_told(history: History) -> None:
    events = happened(history)
    one = first(events, "RoleGranted", role=CANCELLER)

    found = powers(history.chain.at(), history.modules, doctored(events, one, lambda _: []))

    subject = f"role canceller of {history.modules.assembly} in the Timelock"
    finding = only(found, "powers.untold", subject)
    assert (finding.expected, finding.seen) == ("not held, as events tell", "held")


# ---------------------------------------------------------------------- functions and contracts


def test_a_function_that_is_open_to_everybody(history: History) -> None:
    target, chosen = history.modules.membership, selector("Membership", "expel")
    authority(history, "setTargetFunctionRole", target, [chosen], EVERYBODY)

    found = seen(history)
    finding = only(found, "powers.function", "calls of membership.expel(address,bytes32)")

    assert "(everybody), since block" in finding.seen
    assert finding.looks[0].arguments == (target, "0x" + chosen.hex())
    (row,) = rows(found, "membership", "expel")
    assert (row.who, row.when, row.stop, row.rule) == ("anyone", "at once", "nobody", "")


def test_a_function_that_some_may_call_after_a_delay(history: History) -> None:
    target, chosen = history.modules.membership, selector("Membership", "addKind")
    authority(history, "setTargetFunctionRole", target, [chosen], 3)
    authority(history, "grantRole", 3, OUTSIDER, 3600)

    found = seen(history)

    assert {one.code for one in found.findings} == {"powers.function", "powers.role"}
    (row,) = rows(found, "membership", "addKind")
    assert (row.who, row.when) == (OUTSIDER, "1 hour after it is scheduled")
    assert row.stop == "a decision, or whoever has role 0 of the Authority"


def test_a_function_that_was_open_for_a_while(history: History) -> None:
    target, chosen = history.modules.membership, selector("Membership", "expel")
    authority(history, "setTargetFunctionRole", target, [chosen], EVERYBODY)
    authority(history, "setTargetFunctionRole", target, [chosen], 0)

    found = seen(history)

    subject = "calls of membership.expel(address,bytes32)"
    finding = only(found, "powers.function-in-between", subject)
    assert [one.what for one in finding.looks] == ["call", "log", "log"]
    assert rows(found, "membership", "expel")[0].who == DECISION


def test_a_function_opened_in_storage_without_an_event(history: History) -> None:
    target, chosen = history.modules.membership, selector("Membership", "expel")
    (slot,) = slots_read(
        history,
        "Authority",
        history.modules.authority,
        "getTargetFunctionRole",
        target,
        chosen,
    )
    write_storage(history, history.modules.authority, slot, EVERYBODY)

    finding = only(seen(history), "powers.function", "calls of membership.expel(address,bytes32)")

    assert finding.seen.endswith(", which no event tells")


def test_a_contract_that_is_closed(history: History) -> None:
    authority(history, "setTargetClosed", history.modules.rulebook, True)

    found = seen(history)

    only(found, "powers.closed", "the Rulebook in the table of the Authority")
    (row,) = rows(found, "rulebook", "setRule")
    assert row.who == "nobody: the Authority has closed this contract"


def test_a_delay_of_a_target_is_told(history: History) -> None:
    authority(history, "setTargetAdminDelay", history.modules.rulebook, 7200)
    advance(history.chain, 6 * 86_400)

    found = seen(history)

    (row,) = rows(found, "authority", "setTargetClosed")
    told = f"when executed; 2 hours after it is scheduled for {history.modules.rulebook}"
    assert row.when == told and found.findings == ()


def test_a_contract_that_could_be_initialized_again(history: History) -> None:
    place = int.from_bytes(keccak(text="openzeppelin.storage.Initializable")) - 1  # ERC-7201
    slot = int.from_bytes(keccak(place.to_bytes(32))) & ~0xFF
    write_storage(history, history.modules.authority, slot, 0)

    found = seen(history)

    (finding,) = found.findings
    assert finding.code == "powers.initializable"
    assert finding.subject == "authority.initialize(address)"
    assert "AccessManagerInvalidInitialAdmin" in finding.seen


# ---------------------------------------------------------------------- what waits


def test_a_decision_that_waits_is_told_in_words(history: History) -> None:
    org = history.by()
    voters = [*history.founders, actor(13), actor(14)]
    number = history.propose(org.assembly.rulebook.set_voting_delay(120), title="Later")
    history.vote(number, *((one, 1) for one in voters))
    org.send(org.assembly.queue(history.close(number)))

    found = seen(history)

    (waiting,) = found.pending
    assert found.findings == ()
    assert (waiting.contract, waiting.proposal) == ("timelock", str(number))
    assert waiting.calls == ("let voting begin 2 minutes after a proposal (before: 61 seconds)",)
    assert waiting.ready_at == org.assembly.show(number).state.eta

    advance(history.chain, DELAY + 1)
    org.send(org.assembly.execute(org.assembly.show(number)))
    assert seen(history).pending == ()


def test_an_operation_that_no_proposal_accounts_for(history: History) -> None:
    timelock(history, "grantRole", PROPOSER, OUTSIDER)
    data = abi.encode_call(load("Timelock").functions["updateDelay"], [0])
    target, delay = history.modules.timelock, 60
    as_outsider(history, "Timelock", "schedule", target, 0, data, bytes(32), bytes(32), delay)

    found = seen(history)

    assert [one.code for one in found.findings] == ["powers.role", "powers.pending"]
    (waiting,) = found.pending
    assert waiting.proposal == "" and "wait at least 0 seconds" in waiting.calls[0]
    assert found.findings[1].looks[0].what == "log"
    assert waiting.calls[0] in found.findings[1].seen


def test_an_operation_that_was_cancelled_does_not_wait(history: History) -> None:
    for role in (PROPOSER, CANCELLER):
        timelock(history, "grantRole", role, OUTSIDER)
    target, none = history.modules.timelock, bytes(32)
    as_outsider(history, "Timelock", "schedule", target, 0, b"", none, none, 60)
    (one,) = seen(history).pending
    as_outsider(history, "Timelock", "cancel", one.id)

    assert seen(history).pending == ()


def test_a_call_that_waits_in_the_authority(history: History) -> None:
    target, chosen = history.modules.membership, selector("Membership", "addKind")
    authority(history, "setTargetFunctionRole", target, [chosen], 3)
    authority(history, "grantRole", 3, OUTSIDER, 3600)
    data = abi.encode_call(load("Membership").functions["addKind"], [b"cartel".ljust(32, b"\0")])
    as_outsider(history, "Authority", "schedule", target, data, 0)

    found = seen(history)

    (waiting,) = found.pending
    assert waiting.contract == "authority" and "cartel" in waiting.calls[0]
    assert "powers.pending" in {one.code for one in found.findings}

    advance(history.chain, 8 * 86_400)
    later = seen(history)
    assert later.pending == ()  # it has expired, which no event tells
    assert {one.code for one in later.findings} == {"powers.function", "powers.role"}


def test_an_operation_that_events_tell_to_wait_and_storage_does_not(history: History) -> None:
    events = happened(history)
    transaction = first(events, "ProposalExecuted", proposalId=history.executed).transaction
    told = [one for one in events if one.transaction != transaction or one.name != "CallExecuted"]

    found = powers(history.chain.at(), history.modules, told)

    (finding,) = found.findings
    assert finding.code == "powers.untold" and finding.seen == "not waiting"
    assert found.pending == ()


# ---------------------------------------------------------------------- what cannot be read


def test_a_node_that_refuses_leaves_it_unknown(history: History) -> None:
    """The error goes to the caller: no power is left out as if it were not there."""
    events, wanted = happened(history), selector("Authority", "getAccess").hex()

    def alter(method: str, parameters: list[Any], result: Any) -> Any:
        if method == "eth_call" and parameters[0]["data"].startswith("0x" + wanted):
            return {"error": {"code": -32000, "message": "missing trie node"}}
        return result

    with proxy(history.chain.url, alter) as node:
        reading = Reading(Chain(node.url), history.chain.block())
        with pytest.raises(ChainUnreachable):
            powers(reading, history.modules, events)


def test_a_node_that_does_not_say_whether_a_contract_is_initialized(history: History) -> None:
    events, wanted = happened(history), selector("Authority", "initialize").hex()

    chain = Refusing(history.chain.url, wanted)
    found = powers(Reading(chain, history.chain.block()), history.modules, events)

    (finding,) = found.findings
    assert (finding.kind, finding.code) == ("unknown", "powers.initializable")
    assert finding.subject == "authority.initialize(address)"


class Refusing(Chain):
    """A node that is too busy for one function."""

    def __init__(self, url: str, selector: str) -> None:
        super().__init__(url)
        self._refused = selector

    def _ask(self, method: str, parameters: list[Any]) -> Any:
        if method == "eth_call" and parameters[0]["data"].startswith("0x" + self._refused):
            raise NodeRefused(method, -32005, "too many requests", None)
        return super()._ask(method, parameters)
