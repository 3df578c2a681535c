"""What was executed is what was voted on, and every privileged event was decided, by events alone.

The wrongs are planted in decoded events of a true history: an auditor who is told them must see it.
"""

from collections.abc import Callable

import pytest
from eth_utils.crypto import keccak
from onchain.world import DELAY, actor

from audit.happened import doctored, first, happened, told
from audit.history import History, as_timelock, greeting, selector
from metaorg.audit.decided import DEPTH, unwrapped
from metaorg.audit.events import Happened
from metaorg.audit.executions import Encoded, executions, proposals
from metaorg.audit.findings import Finding
from metaorg.onchain import abi
from metaorg.onchain.artifacts import load
from metaorg.onchain.assembly import Actions, proposal_id
from metaorg.onchain.devnet import advance
from metaorg.types import Call

EXECUTED = "CallExecuted"
Change = Callable[[Happened], list[Happened]]


@pytest.fixture
def events(history: History) -> list[Happened]:
    return happened(history)


def found(history: History, events: list[Happened]) -> list[Finding]:
    return list(executions(history.modules, events))


def codes(history: History, events: list[Happened]) -> set[str]:
    return {one.code for one in found(history, events)}


def executed(history: History, events: list[Happened]) -> Happened:
    """The one call of the amendment that was executed."""
    transaction = first(events, "ProposalExecuted", proposalId=history.executed).transaction
    return next(e for e in events if e.name == EXECUTED and e.transaction == transaction)


def created(history: History, events: list[Happened]) -> Happened:
    return first(events, "ProposalCreated", proposalId=history.executed)


def removed(_: Happened) -> list[Happened]:
    return []


def twice(event: Happened) -> list[Happened]:
    return [event, event]


# ---------------------------------------------------------------------- what agrees


def test_a_true_history_has_no_findings(history: History, events: list[Happened]) -> None:
    assert found(history, events) == []


def test_without_votes_the_findings_are_the_same(history: History, events: list[Happened]) -> None:
    few = [one for one in events if not one.name.startswith("VoteCast")]

    assert len(few) < len(events) and found(history, few) == []


def test_no_events_are_no_findings(history: History) -> None:
    assert found(history, []) == []


def test_operations_are_numbered_as_the_timelock_does(
    history: History, events: list[Happened]
) -> None:
    scheduled = {one.arguments["id"] for one in events if one.name == "CallScheduled"}
    operations = {one.operation for one in proposals(history.modules, events)}

    assert scheduled <= operations


def test_a_description_that_is_no_text_has_its_number_all_the_same(history: History) -> None:
    """Anybody with a seat may propose so; it must not make the audit see a wrong."""
    org = history.by()
    call = org.assembly.contract.propose(Actions.of([greeting(4)]), "# Bytes XX")
    data = call.data.replace(b"Bytes XX", b"Bytes \xff\xfe")
    org.send(call.model_copy(update={"data": data}))

    assert found(history, happened(history)) == []


def test_calls_in_calls_of_the_authority_are_decided_calls(history: History) -> None:
    org, modules = history.by(), history.modules
    inner = org.membership.contract.add_kind("nested")
    authority = load("Authority").functions
    execute = abi.encode_call(authority["execute"], [inner.to, inner.data])
    many = abi.encode_call(authority["multicall"], [[execute]])
    label = abi.encode_call(authority["labelRole"], [7, "auditors"])
    both = abi.encode_call(authority["multicall"], [[label, label]])
    wrapped = [Call(to=modules.authority, data=data, says="wrapped") for data in (many, both)]
    history.decide(*wrapped, voters=[*history.founders, actor(13), actor(14)], title="Wrapped")

    events = happened(history)

    assert {"KindAdded", "RoleLabel"} <= {one.name for one in events[-12:]}
    assert found(history, events) == []


# ---------------------------------------------------------------------- altered calls


def test_call_data_altered_in_the_proposal(history: History, events: list[Happened]) -> None:
    event = created(history, events)
    data = bytearray(event.arguments["calldatas"][0])
    data[10] ^= 1
    other = told(event, calldatas=[bytes(data)])

    seen = found(history, doctored(events, event, lambda _: [other]))

    assert {one.code for one in seen} >= {"execution.calls", "execution.missing"}
    assert seen[0].subject == f"number of proposal {history.executed}"
    assert seen[0].looks[0].transaction == event.transaction


def test_call_data_altered_in_the_execution(history: History, events: list[Happened]) -> None:
    event = executed(history, events)
    other = told(event, data=event.arguments["data"][:-1] + b"\x01")

    (seen,) = found(history, doctored(events, event, lambda _: [other]))

    assert (seen.kind, seen.code) == ("difference", "execution.calls")
    assert seen.subject == f"call 0 executed of proposal {history.executed}"
    assert event.arguments["data"].hex() in seen.expected
    assert other.arguments["data"].hex() in seen.seen
    assert [one.transaction for one in seen.looks][1] == event.transaction


def test_call_data_altered_in_both(history: History, events: list[Happened]) -> None:
    """Its number betrays it, and so does the number of the operation."""
    one, other = created(history, events), executed(history, events)
    data = other.arguments["data"][:-1] + b"\x01"
    altered = doctored(events, one, lambda e: [told(e, calldatas=[data])])
    altered = doctored(altered, other, lambda e: [told(e, data=data)])

    seen = found(history, altered)

    assert f"number of proposal {history.executed}" in {one.subject for one in seen}
    assert {"execution.missing", "execution.unvoted"} <= {one.code for one in seen}


def test_call_data_and_all_numbers_altered_betray_what_they_did(
    history: History, events: list[Happened]
) -> None:
    """Told consistently, as another amendment: then the text in force is another one."""
    one, event = created(history, events), executed(history, events)
    data = event.arguments["data"][:4] + bytes(31) + b"\x01" + event.arguments["data"][36:]
    number = proposal_id(
        Actions(targets=tuple(one.arguments["targets"]), values=(0,), calldatas=(data,)),
        one.arguments["description"],
    )
    (proposal,) = (p for p in proposals(history.modules, events) if p.number == history.executed)
    actions = proposal.actions.model_copy(update={"calldatas": (data,)})
    operation = Encoded(actions).operation(proposal.salt)

    def retold(event: Happened) -> Happened:
        given = dict(event.arguments)
        if given.get("proposalId") == history.executed:
            given["proposalId"] = number
        if given.get("id") == proposal.operation:
            given["id"] = operation
            given |= {"data": data} if "data" in given else {}
        if event.name == "ProposalCreated" and given["proposalId"] == number:
            given["calldatas"] = [data]
        return event._replace(arguments=given)

    (seen,) = found(history, [retold(event) for event in events])

    assert seen.code == "mandate.arguments" and seen.subject.startswith("digest of Amended")
    assert "as proposal" in seen.expected


@pytest.mark.parametrize("part", ["target", "value"])
def test_an_executed_call_to_or_with_something_else(
    history: History, events: list[Happened], part: str
) -> None:
    event = executed(history, events)
    other = {"target": actor(9).address, "value": 10**18}[part]

    (seen,) = found(history, doctored(events, event, lambda e: [told(e, **{part: other})]))

    assert seen.code == "execution.calls" and str(other) in seen.seen


def test_an_altered_call_when_it_was_scheduled(history: History, events: list[Happened]) -> None:
    event = first(events, "CallScheduled")

    (seen,) = found(history, doctored(events, event, lambda e: [told(e, data=b"other")]))

    assert seen.code == "execution.calls" and " scheduled of " in seen.subject


@pytest.mark.parametrize(
    "change", [{"predecessor": b"\x01" * 32}, {"delay": 5}], ids=["predecessor", "delay"]
)
def test_other_terms_of_an_operation(
    history: History, events: list[Happened], change: dict[str, object]
) -> None:
    event = first(events, "CallScheduled")

    (seen,) = found(history, doctored(events, event, lambda e: [told(e, **change)]))

    assert seen.code == ("execution.calls" if "predecessor" in change else "execution.early")


def test_another_salt(history: History, events: list[Happened]) -> None:
    event = first(events, "CallSalt")

    assert codes(history, doctored(events, event, lambda e: [told(e, salt=bytes(32))])) == {
        "execution.calls"
    }


# ---------------------------------------------------------------------- missing, more, again


def test_a_call_that_was_not_executed(history: History, events: list[Happened]) -> None:
    event = first(events, EXECUTED, index=3)

    seen = found(history, doctored(events, event, removed))

    assert [one.code for one in seen] == ["execution.missing"]
    assert seen[0].subject.startswith("calls of proposal")


def test_an_execution_of_which_the_assembly_tells_nothing(
    history: History, events: list[Happened]
) -> None:
    event = first(events, "ProposalExecuted", proposalId=history.executed)

    seen = found(history, doctored(events, event, removed))

    assert {one.code for one in seen} == {"execution.unvoted", "mandate.missing"}


def test_an_execution_of_a_proposal_that_was_never_made(
    history: History, events: list[Happened]
) -> None:
    seen = found(history, doctored(events, created(history, events), removed))

    assert {one.code for one in seen} == {"execution.unvoted", "mandate.missing"}
    assert f"ProposalExecuted of proposal {history.executed}" in {one.subject for one in seen}


def test_an_extra_call_of_a_decision(history: History, events: list[Happened]) -> None:
    event = executed(history, events)
    extra = told(event, index=1, target=actor(9).address, value=10**18, data=b"")

    (seen,) = found(history, doctored(events, event, lambda e: [e, extra]))

    assert seen.code == "execution.unvoted"
    assert seen.subject == f"call 1 executed of proposal {history.executed}"


def test_an_execution_that_no_proposal_has(history: History, events: list[Happened]) -> None:
    event = executed(history, events)
    extra = event._replace(
        block=event.block + 1,
        transaction=b"\x07" * 32,
        arguments=event.arguments | {"id": keccak(text="none")},
    )

    (seen,) = found(history, doctored(events, event, lambda e: [e, extra]))

    assert seen.code == "execution.unvoted" and seen.looks[0].transaction == b"\x07" * 32


def test_calls_in_another_order(history: History, events: list[Happened]) -> None:
    one = first(events, EXECUTED, index=3)
    other = next(
        e
        for e in events
        if e.name == EXECUTED and e.transaction == one.transaction and e.arguments["index"] == 4
    )
    swapped = doctored(doctored(events, other, lambda _: [one]), one, lambda _: [other])

    assert codes(history, swapped) == {"execution.calls"}


def test_an_execution_that_is_replayed(history: History, events: list[Happened]) -> None:
    """The whole transaction once more, later."""
    transaction = executed(history, events).transaction
    again = [
        one._replace(transaction=b"\x08" * 32, block=one.block + 1)
        for one in events
        if one.transaction == transaction
    ]

    seen = found(history, [*events, *again])

    assert {one.code for one in seen} == {"execution.twice"}
    assert len(seen[0].looks) == 2


def test_a_log_that_is_told_twice(history: History, events: list[Happened]) -> None:
    seen = found(history, doctored(events, executed(history, events), twice))

    assert {one.code for one in seen} == {"execution.calls"}


def test_every_step_that_is_not_told_is_found(history: History, events: list[Happened]) -> None:
    steps = ("CallScheduled", EXECUTED, "ProposalQueued", "ProposalExecuted")
    missing = [one for one in events if one.name in steps]

    assert len(missing) > 50
    for one in missing:
        assert found(history, doctored(events, one, removed)), one


def test_a_proposal_with_lists_of_different_length_is_no_crash(
    history: History, events: list[Happened]
) -> None:
    one = created(history, events)
    given = one.arguments | {"values": [0, 0]}
    actions = Actions(
        targets=tuple(given["targets"]),
        values=(0, 0),
        calldatas=tuple(given["calldatas"]),
    )
    number = proposal_id(actions, given["description"])
    odd = one._replace(arguments=given | {"proposalId": number})

    (seen,) = found(history, doctored(events, one, lambda e: [odd, e]))

    assert seen.code == "execution.calls" and seen.subject == f"number of proposal {number}"


def test_a_proposal_that_is_made_twice(history: History, events: list[Happened]) -> None:
    assert codes(history, doctored(events, created(history, events), twice)) == {"execution.twice"}


def test_an_operation_that_is_cancelled(history: History, events: list[Happened]) -> None:
    event = executed(history, events)
    cancelled = event._replace(name="Cancelled", arguments={"id": event.arguments["id"]})

    (seen,) = found(history, [*events, cancelled])

    assert seen.code == "execution.unvoted" and seen.seen == "cancelled"


# ---------------------------------------------------------------------- times


def test_an_execution_before_its_time(history: History, events: list[Happened]) -> None:
    transaction = executed(history, events).transaction
    early = [
        one._replace(time=one.time - DELAY) if one.transaction == transaction else one
        for one in events
    ]

    (seen,) = found(history, early)

    assert seen.code == "execution.early"
    assert seen.subject == f"execution of proposal {history.executed}"


def test_an_execution_that_was_never_queued(history: History, events: list[Happened]) -> None:
    event = first(events, "ProposalQueued", proposalId=history.executed)

    seen = found(history, doctored(events, event, removed))

    assert {one.code for one in seen} == {"execution.early", "execution.unvoted"}


# ---------------------------------------------------------------------- mandates


@pytest.mark.parametrize(
    ("event", "change"),
    [
        ("RuleSet", {"index": 9}),
        ("RuleAssigned", {"selector": b"abcd"}),
        ("WeightsSet", {"weights": [2000, 3000, 5000]}),
        ("VotingDelayChanged", {"votingDelay": 3}),
        ("AdmissionChanged", {"admission": {}}),
        ("ConstituencyAdded", {"name": b"Others".ljust(28, b"\0")}),
        ("Suspended", {"organization": actor(1).address}),
        ("Expelled", {"reason": b"\x01" * 32}),
        ("AdmittedByDecision", {"organization": actor(1).address}),
        ("Amended", {"codec": 112}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_event_with_other_arguments_than_were_decided(
    history: History, events: list[Happened], event: str, change: dict[str, object]
) -> None:
    founding = events[0].transaction
    one = next(e for e in events if e.name == event and e.transaction != founding)

    (seen,) = found(history, doctored(events, one, lambda e: [told(e, **change)]))

    assert seen.code == "mandate.arguments"
    assert seen.subject.startswith(f"{next(iter(change))} of {event} of ")


def test_a_member_of_a_group_that_was_not_decided(history: History, events: list[Happened]) -> None:
    one = next(e for e in events if e.name == "Affiliated" and any(e.arguments["reason"]))
    other = told(one, organization=actor(1).address)

    (seen,) = found(history, doctored(events, one, lambda _: [other]))

    assert seen.code == "mandate.arguments" and seen.subject.startswith("organization of Affil")


def test_a_steward_that_was_not_decided(history: History, events: list[Happened]) -> None:
    one = next(e for e in events if e.name == "Entrusted" and any(e.arguments["reason"]))

    (seen,) = found(history, doctored(events, one, lambda e: [told(e, to=2)]))

    assert seen.subject.startswith("to of Entrusted of commons")


def test_a_refusal_where_an_admission_was_decided(history: History, events: list[Happened]) -> None:
    one = first(events, "AdmittedByDecision")

    seen = found(history, doctored(events, one, lambda e: [e._replace(name="Refused")]))

    assert [one.subject.split(" of ")[0] for one in seen] == ["admitted"]


def test_one_call_causes_one_event(history: History, events: list[Happened]) -> None:
    one = first(events, "Suspended")

    (seen,) = found(history, doctored(events, one, twice))

    assert seen.code == "mandate.missing"
    assert seen.seen == "none that has not caused such an event already"


@pytest.mark.parametrize(
    ("contract", "function", "arguments"),
    [
        ("Rulebook", "setVotingDelay", (7,)),
        ("Timelock", "grantRole", (bytes(32), actor(9).address)),
        ("Authority", "setTargetFunctionRole", (actor(9).address, [b"abcd"], 3)),
        ("Membership", "addKind", (b"cartel".ljust(32, b"\0"),)),
    ],
    ids=["rulebook", "timelock", "authority", "membership"],
)
def test_what_was_never_decided(
    history: History, contract: str, function: str, arguments: tuple[object, ...]
) -> None:
    """The Timelock was made to call it; no event of its own tells so."""
    address = getattr(history.modules, contract.lower())
    advance(history.chain, 1)
    as_timelock(history, contract, address, function, *arguments)

    (seen,) = found(history, happened(history))

    assert seen.code == "mandate.missing" and seen.seen == "none"
    assert function in seen.expected


def test_a_decided_call_that_cannot_be_decoded_leaves_its_event_unknown(
    history: History, events: list[Happened]
) -> None:
    one, event = created(history, events), executed(history, events)
    data = event.arguments["data"][:20]
    altered = doctored(events, one, lambda e: [told(e, calldatas=[data])])

    seen = [one for one in found(history, altered) if one.code.startswith("mandate")]

    assert [(one.kind, one.code) for one in seen] == [("unknown", "mandate.arguments")]


# ---------------------------------------------------------------------- hostile call data


def multicall(*parts: bytes) -> bytes:
    return abi.encode_call(load("Authority").functions["multicall"], [list(parts)])


def test_calls_are_unwrapped_only_so_deep(history: History) -> None:
    authority, data = history.modules.authority, b"1234"
    for _ in range(DEPTH + 5):
        data = multicall(data)

    assert len(list(unwrapped(authority, [(authority, data)]))) == DEPTH + 1


def test_call_data_that_would_swell_are_not_unwrapped(history: History) -> None:
    """All items of the list are the same bytes: they would take a thousand times their place."""
    authority = history.modules.authority
    count, tail = 1000, b"\xaa" * 32_000
    words = [32, count, *[32 * count] * count, len(tail)]
    body = b"".join(word.to_bytes(32) for word in words) + tail
    bomb = selector("Authority", "multicall") + body

    assert len(list(unwrapped(authority, [(authority, bomb)]))) == 1


@pytest.mark.parametrize("length", [0, 3, 4, 20, 36, 68, 100])
def test_call_data_that_are_cut_are_no_crash(history: History, length: int) -> None:
    authority = history.modules.authority

    assert list(unwrapped(authority, [(authority, multicall(b"1234")[:length])]))
