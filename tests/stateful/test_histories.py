"""Random histories on a real chain: `metaorg.rules` predicts every answer of the contracts.

The book (`book.py` and the modules beside it) writes down what should be from the steps alone; each
step has to be accepted, or refused with the very error that the book names, and after each step
everything that can be read is compared. Another history: `python -m tests.stateful --seed 7 --steps
2000`, or `STATEFUL_SEED=7 STATEFUL_STEPS=2000 pytest tests/stateful`. A failure prints the shortest
history that was found, in lines that `python -m tests.stateful --replay FILE` takes again.

A plain driver and not hypothesis' state machine: drawing knows the book, so that most steps are
possible; a history is a list of steps with their times, which a snapshot of the chain makes cheap
to take again without some of them.
"""

import os
import random
from collections.abc import Iterator
from itertools import chain

import pytest

from metaorg.onchain.artifacts import load
from metaorg.onchain.devnet import Devnet
from metaorg.rules.decision import METHODS
from tests.stateful.driver import VARIANTS, Step
from tests.stateful.history import Disagreement, History, Report, explain, parse, replay, shrink
from tests.stateful.network import OPTIONS, Network

SEEDS, STEPS = (1, 2, 3, 8), 350
CHOSEN = int(os.environ.get("STATEFUL_SEED", random.SystemRandom().randrange(10**6)))
CHOSEN_STEPS = int(os.environ.get("STATEFUL_STEPS", "120"))
DOMAINS = ("Assembly", "Membership", "Rulebook", "InterConstitution")
OTHERS = {
    "AccessManagedUnauthorized",
    "ERC721NonexistentToken",
    "GovernorInvalidProposalLength",
    "GovernorInvalidSignature",
    "GovernorNonexistentProposal",
    "GovernorRestrictedProposer",
    "GovernorUnableToCancel",
    "GovernorUnexpectedProposalState",
    "TimelockUnauthorizedCaller",
    "TimelockUnexpectedOperationState",
}
"""Errors of OpenZeppelin's contracts that these give."""
NEVER_ACCEPTED = {"bound", "trespass"}
OUTCOMES = {"executed", "defeated", "canceled", "extended", "upgraded", "of several actions"} | {
    f"passed by {name}" for name in METHODS
}


@pytest.fixture(scope="module")
def network() -> Iterator[Network]:
    """A chain with a network of its own; each history begins after the founding."""
    with Devnet(options=OPTIONS) as devnet:
        yield Network(devnet.chain)


def test_the_rules_predict_every_answer_and_nothing_is_left_out(network: Network) -> None:
    """One test, because what is left out shows in all the fixed histories together only."""
    report = Report()
    for seed in SEEDS:
        take(network, report, seed, STEPS)

    assert kinds() - set(+report.accepted) == set(), "these steps were never accepted"
    assert errors() - set(+report.errors) == set(), "these errors were never met"
    assert OUTCOMES - set(+report.proposals) == set(), "no proposal came to this"


def test_the_rules_predict_every_answer_in_a_history_that_nobody_chose(network: Network) -> None:
    print(f"STATEFUL_SEED={CHOSEN} STATEFUL_STEPS={CHOSEN_STEPS}")
    take(network, Report(), CHOSEN, CHOSEN_STEPS)


def test_a_history_can_be_replayed_from_what_is_printed(network: Network) -> None:
    made = History(network, 5, Report())
    made.run(20)

    printed = explain(network, 5, made.steps, shrinking=False)

    assert parse(printed) == made.steps
    assert replay(network, 5, made.steps) is None


def test_a_history_that_fails_is_made_as_short_as_what_makes_it_fail() -> None:
    steps = [Step(number, "leave", {"account": number % 7}) for number in range(100)]
    bad = [steps[13], steps[14], steps[77]]

    assert shrink(steps, lambda shorter: all(step in shorter for step in bad)) == bad


def take(network: Network, report: Report, seed: int, steps: int) -> None:
    made = History(network, seed, report)
    try:
        made.run(steps)
    except (Disagreement, ValueError) as error:
        pytest.fail(f"{error}\n\n{explain(network, seed, made.steps)}", pytrace=False)


def kinds() -> set[str]:
    """Every kind of step that can be accepted; of decisions, every kind of what is decided."""
    decided = {f"decided {name}" for name in VARIANTS["decided"]}
    return (VARIANTS.keys() - NEVER_ACCEPTED - {"decided"}) | decided


def errors() -> set[str]:
    """Every error that the contracts give of their own, and those of others that are met here."""
    entries = chain.from_iterable(load(name).abi for name in DOMAINS)
    own = {str(entry["name"]) for entry in entries if entry["type"] == "error"}
    return {name for name in own if name.startswith(DOMAINS)} | OTHERS
