"""A founded meta-organization through Brownie's own eyes: the contracts, without the library."""

from typing import Any

import brownie
import pytest
from brownie import Contract, accounts, chain, run

AGAINST, FOR, ABSTAIN = range(3)
ONE_VOTE = 10_000
DAY = 86_400


@pytest.fixture(autouse=True)
def isolated(fn_isolation: None) -> None:
    """Every test begins with what was founded."""


@pytest.fixture(scope="module")
def module(contracts: Any, address: str) -> Any:
    """A clone by its name on chain, with the ABI of the contract that it is a clone of."""
    front = Contract.from_abi("MetaOrganization", address, contracts["MetaOrganization"].abi)

    def named(name: str) -> Any:
        artifact = contracts[name[0].upper() + name[1:]]
        return Contract.from_abi(
            artifact._name, front.module(name.encode().ljust(32, b"\0")), artifact.abi
        )

    return named


@pytest.fixture(scope="module")
def assembly(module: Any) -> Any:
    return module("assembly")


@pytest.fixture
def proposal(address: str) -> int:
    """A proposal that is being voted on."""
    number = run("propose", args=[address])
    chain.sleep(DAY + 1)
    chain.mine()
    return int(number)


def test_the_front_door_leads_to_all_modules(module: Any) -> None:
    assembly, register = module("assembly"), module("membership")

    assert assembly.token() == register.address
    assert assembly.timelock() == module("timelock").address
    assert register.authority() == module("authority").address


def test_an_organization_has_one_vote(assembly: Any, proposal: int, bakery: Any) -> None:
    receipt = assembly.castVote(proposal, FOR, {"from": bakery})

    assert receipt.events["VoteCast"]["weight"] == ONE_VOTE
    assert assembly.hasVoted(proposal, bakery)
    assert [int(units) for units in assembly.proposalVotes(proposal)] == [0, ONE_VOTE, 0]


def test_votes_are_counted_by_constituency(assembly: Any, proposal: int) -> None:
    for founder, support in zip(accounts[:3], (FOR, AGAINST, ABSTAIN), strict=True):
        assembly.castVote(proposal, support, {"from": founder})

    workers, consumers, mixed, *others = assembly.proposalTallies(proposal)

    assert [int(units) for units in workers[:3]] == [0, ONE_VOTE, 0]
    assert [int(units) for units in consumers[:3]] == [ONE_VOTE, 0, 0]
    assert [int(units) for units in mixed[:3]] == [0, 0, ONE_VOTE]
    assert not any(any(tally) for tally in others)


def test_nobody_votes_twice(assembly: Any, proposal: int, bakery: Any) -> None:
    assembly.castVote(proposal, FOR, {"from": bakery})

    with brownie.reverts(revert_pattern="AssemblyAlreadyVoted: .*"):
        assembly.castVote(proposal, AGAINST, {"from": bakery})
    assert [int(units) for units in assembly.proposalVotes(proposal)] == [0, ONE_VOTE, 0]


def test_an_outsider_does_not_vote(assembly: Any, proposal: int, outsider: Any) -> None:
    with brownie.reverts(revert_pattern="AssemblySeatRequired: .*"):
        assembly.castVote(proposal, FOR, {"from": outsider})
    assert not assembly.hasVoted(proposal, outsider)


def test_the_founder_keeps_no_power(module: Any, bakery: Any) -> None:
    register = module("membership")

    with brownie.reverts(revert_pattern="AccessManagedUnauthorized: .*"):
        register.setAdmission((0, 0, 1, 0, 1), {"from": bakery})


def test_a_clone_is_not_initialized_again(module: Any, outsider: Any) -> None:
    text = module("interConstitution")

    with brownie.reverts(revert_pattern="InvalidInitialization: .*"):
        text.initialize(b"\1" * 32, 0x55, {"from": outsider})
