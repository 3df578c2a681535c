"""The DAO Index of a true history: what is computed is right, and what is not says so."""

from typing import Any

import pytest
from eth_abi.abi import encode
from onchain.nodes import proxy
from onchain.world import actor

from audit.happened import happened
from audit.history import History, as_timelock, selector
from metaorg.audit.dao_index import PERSON, dao_index
from metaorg.audit.known import DAO_URI
from metaorg.audit.powers import powers
from metaorg.audit.roles import EVERYBODY
from metaorg.audit.statement import Indicator
from metaorg.errors import ChainUnreachable
from metaorg.onchain.chain import Chain, Reading
from metaorg.onchain.devnet import advance
from metaorg.rules.decision import ClassTally
from metaorg.types import Call, checksum_address

VOTERS = (13, 14)
OTHER, SILENT = (checksum_address("0x" + "00" * 18 + end) for end in ("beef", "dead"))


def index(history: History, chain: Chain | None = None, **given: Any) -> dict[str, Indicator]:
    reading = history.chain.at()
    events = happened(history)
    established = powers(reading, history.modules, events)
    asked = Reading(chain, reading.block) if chain else reading
    found = dao_index(asked, history.modules, events, established, **given)
    return {one.key: one for one in found}


def decide(history: History, *calls: Call) -> None:
    voters = [*history.founders, *map(actor, VOTERS)]
    history.decide(*calls, voters=voters, title="Calls to others")


def test_every_question_is_answered(history: History) -> None:
    found = index(history)

    assert list(found) == [
        "gini",
        "half",
        "turnout",
        "identity",
        "dispute",
        "treasury",
        "surplus",
        "accountability",
        "amendment",
        "matrix",
        "rights",
        "activity",
        "compensation",
        "others",
    ]
    assert all(one.question.endswith("?") and one.answer and one.evidence for one in found.values())


def test_what_is_not_computed_needs_a_person_and_says_what_to_look_at(history: History) -> None:
    found = [one for one in index(history).values() if one.answer == PERSON]

    assert [one.key for one in found] == ["identity", "surplus", "compensation"]
    assert all(one.value is None and "person would look at" in one.evidence for one in found)


def test_power_is_spread_by_votes_and_by_weight(history: History) -> None:
    """Eight votes: 4, 3 and 1 in constituencies that weigh 50, 30 and 20 %."""
    found = index(history)

    assert found["gini"].value == "0"
    assert found["gini"].answer == "0 of votes, 0.1125 of votes in weighted decisions"
    assert "exactly 9/80" in found["gini"].evidence
    assert found["half"].value == "5"
    assert found["half"].answer == "5 of 8 votes, 4 in weighted decisions"


def test_turnout_is_of_all_votes_that_could_be_cast(history: History) -> None:
    found = index(history)["turnout"]

    assert found.value == "0.478723"
    assert found.evidence.startswith("45 of 94 votes that could be cast on the 12 proposals")


def test_turnout_from_tallies_that_are_known_already(history: History) -> None:
    """Without asking for them again."""
    assembly = history.by().assembly.contract
    events = happened(history)
    numbers = [e.arguments["proposalId"] for e in events if e.name == "ProposalCreated"]
    known = {one: assembly.tallies(history.chain.at(), one) for one in numbers}

    assert index(history, tallies=known)["turnout"] == index(history)["turnout"]

    silent = {one: [ClassTally(seats=3)] for one in numbers}
    assert index(history, tallies=silent)["turnout"].value == "0"


def test_rules_in_force_answer_what_they_can(history: History) -> None:
    found = index(history)

    assert found["dispute"].value == "3"
    assert found["amendment"].answer.startswith("each class, more than 50 % in favour, quorum 50 %")
    assert found["amendment"].answer.endswith("who does not adopt it within 30 minutes is exited")
    assert found["amendment"].value == "1"
    assert found["matrix"].answer == "4 rules, 4 functions with a rule of its own"
    assert "Membership.addKind: rule 2" in found["matrix"].evidence
    assert found["rights"].answer == "yes: a vote comes with a seat, and neither can be sold"
    assert found["rights"].value == "9"
    assert found["activity"].value == "14"


# ---------------------------------------------------------------------- what changes an answer


def test_a_treasury_is_counted_exactly(history: History) -> None:
    history.chain.request("anvil_setBalance", history.modules.timelock, hex(10**18 + 1))

    found = index(history)["treasury"]

    assert found.value == "1.000000000000000001"
    assert found.answer == "1.000000000000000001 ETH, spent by decision only"


def test_a_power_beside_the_decisions_is_told(history: History) -> None:
    modules, outsider = history.modules, actor(9).address
    advance(history.chain, 1)
    as_timelock(history, "Authority", modules.authority, "grantRole", 0, outsider, 0)
    chosen = [selector("Membership", "expel")]
    as_timelock(
        history,
        "Authority",
        modules.authority,
        "setTargetFunctionRole",
        modules.membership,
        chosen,
        EVERYBODY,
    )

    found = index(history)

    assert found["accountability"].value == "2"
    assert outsider in found["accountability"].evidence
    assert "calls of membership.expel" in found["treasury"].answer


def test_payments_to_members_are_counted(history: History) -> None:
    history.chain.request("anvil_setBalance", history.modules.timelock, hex(10**19))
    member, outsider = history.founders[1].address, actor(9).address
    decide(
        history,
        Call(to=member, data=b"", value=10**18, says="pay"),
        Call(to=outsider, data=b"", value=10**18, says="pay"),
    )

    found = index(history)["compensation"]

    assert found.answer == PERSON
    assert "sent ETH 2 times, 1 time to accounts" in found.evidence
    assert "1 ETH together" in found.evidence


def test_another_dao_is_known_by_its_documents(history: History) -> None:
    """A contract that answers daoURI(), whatever it is asked, and one that reverts."""
    answer = encode(["string"], ["ipfs://other"])
    copy = "60" + f"{len(answer):02x}" + "600c60003960" + f"{len(answer):02x}" + "6000f3"
    history.chain.request("anvil_setCode", OTHER, "0x" + copy + answer.hex())
    history.chain.request("anvil_setCode", SILENT, "0x36600557005b60006000fd")
    decide(
        history,
        Call(to=OTHER, data=b"1234", says="greet"),
        Call(to=OTHER, data=b"12345", says="greet"),
        Call(to=SILENT, data=b"", says="greet"),
    )

    found = index(history)["others"]

    assert found.value == "2" and found.answer == "2 calls to 1 other DAO"
    assert OTHER in found.evidence and SILENT not in found.evidence


def test_a_certificate_that_is_not_locked_is_told(history: History) -> None:
    def alter(method: str, parameters: list[Any], result: Any) -> Any:
        asked = selector("Membership", "locked") + (3).to_bytes(32)
        if method == "eth_call" and parameters[0]["data"] == "0x" + asked.hex():
            return "0x" + bytes(32).hex()
        return result

    with proxy(history.chain.url, alter) as node:
        found = index(history, Chain(node.url))["rights"]

    assert found.answer == "no: the certificate of seat 3 is not locked"


# ---------------------------------------------------------------------- what cannot be read


@pytest.mark.parametrize("function", ["locked", "censusAt"])
def test_a_node_that_refuses_leaves_it_unknown(history: History, function: str) -> None:
    wanted = "0x" + selector("Membership", function).hex()

    def alter(method: str, parameters: list[Any], result: Any) -> Any:
        if method == "eth_call" and parameters[0]["data"].startswith(wanted):
            return {"error": {"code": -32005, "message": "too many requests"}}
        return result

    with proxy(history.chain.url, alter) as node, pytest.raises(ChainUnreachable):
        index(history, Chain(node.url))


def test_a_node_that_does_not_answer_for_somebody_outside_says_at_least(history: History) -> None:
    own = history.modules.model_dump().values()

    def alter(method: str, parameters: list[Any], result: Any) -> Any:
        asked = parameters[0] if method == "eth_call" else {}
        if asked.get("data") == "0x" + DAO_URI.hex() and asked["to"] not in own:
            return {"error": {"code": -32005, "message": "too many requests"}}
        return result

    with proxy(history.chain.url, alter) as node:
        found = index(history, Chain(node.url))["others"]

    assert found.answer == "at least 0 calls to 0 other DAOs"
    assert "the node did not answer for 0x" in found.evidence
