"""What only a decision can do: how the contracts are told, and what the book expects of it.

A deed is a mapping with its name under "deed" and its parameters; accounts are actors' numbers.
"""

from collections.abc import Callable, Mapping
from typing import Any

from metaorg.onchain.rulebook import rule_arguments
from metaorg.rules.admission import Consequence, Readoption
from metaorg.types import Address
from tests.stateful.book import Book
from tests.stateful.network import NOWHERE, Network, account, word

Deed = Mapping[str, Any]
REASON = word("reason")
BY_ACCOUNT = {
    "suspend": "suspend",
    "reinstate": "reinstate",
    "expel": "expel",
    "changeConstituency": "change_constituency",
    "separate": "separate",
}
"""Functions of the register that are told an account and a reason -> the book's name."""


def call(network: Network, deed: Deed) -> tuple[Address, bytes]:
    """The target and the data of a deed."""
    name = deed["deed"]
    if name in ("nothing", "unknown"):
        return NOWHERE, b"" if name == "nothing" else bytes.fromhex("12345678")
    contract, function = TARGETS[name], FUNCTIONS.get(name, name)
    return network.addresses[contract], network.data(contract, function, _arguments(network, deed))


def follow(book: Book, network: Network, deed: Deed) -> None:
    """Write a deed into the book.

    Raises:
        No: the contracts have to refuse it.
    """
    name, now, membership = deed["deed"], book.now, book.membership
    if name in BY_ACCOUNT:
        getattr(membership, BY_ACCOUNT[name])(account(deed["account"]), now)
    else:
        _FOLLOW[name](book, network, deed)


def _arguments(network: Network, deed: Deed) -> list[Any]:
    name = deed["deed"]
    if name in BY_ACCOUNT:
        return [account(deed["account"]), REASON]
    return _ARGUMENTS[name](network, deed)


TARGETS = (
    dict.fromkeys(
        (
            *BY_ACCOUNT,
            "decide",
            "moveByDecision",
            "affiliate",
            "setAdmission",
            "setReadoption",
            "addConstituency",
            "addKind",
        ),
        "membership",
    )
    | dict.fromkeys(
        (
            "setRule",
            "assignRule",
            "unassignRule",
            "setWeights",
            "setVotingDelay",
            "setOpenProposals",
        ),
        "rulebook",
    )
    | {"amend": "text", "setCharter": "front", "updateDelay": "timelock", "ring": "relay"}
)
FUNCTIONS = {"ring": "relay"}


def _assigned(network: Network, deed: Deed) -> tuple[Address, bytes]:
    """The function whose rule is changed, as target and selector."""
    contract, function = deed["function"]
    entry = network.artifact(contract).functions[function]
    selectors = network.artifact(contract).selectors
    return network.addresses[contract], next(k for k, v in selectors.items() if v is entry)


_ARGUMENTS: dict[str, Callable[[Network, Deed], list[Any]]] = {
    "decide": lambda _, d: [account(d["account"]), d["admitted"], REASON],
    "moveByDecision": lambda _, d: [account(d["account"]), account(d["to"]), REASON],
    "affiliate": lambda _, d: [[account(number) for number in d["accounts"]], REASON],
    "setAdmission": lambda _, d: [tuple(d["admission"])],
    "setReadoption": lambda _, d: [tuple(d["readoption"])],
    "addConstituency": lambda _, d: [d["name"].encode().ljust(28, b"\0")],
    "addKind": lambda _, d: [d["name"].encode().ljust(32, b"\0")],
    "setRule": lambda _, d: [d["index"], _raw(d["rule"])],
    "assignRule": lambda n, d: [*_assigned(n, d), d["index"]],
    "unassignRule": lambda n, d: [*_assigned(n, d)],
    "setWeights": lambda _, d: [d["weights"]],
    "setVotingDelay": lambda _, d: [d["seconds"]],
    "setOpenProposals": lambda _, d: [d["number"]],
    "amend": lambda _, d: [_text(d), d["codec"]],
    "setCharter": lambda _, d: [word(d["content"])],
    "updateDelay": lambda _, d: [d["seconds"]],
    "ring": lambda *_: [[]],
}

_FOLLOW: dict[str, Callable[[Book, Network, Deed], None]] = {
    "decide": lambda b, _, d: b.membership.decide(account(d["account"]), d["admitted"], b.now),
    "moveByDecision": lambda b, _, d: b.membership.move(
        account(d["account"]), account(d["to"]), b.now
    ),
    "affiliate": lambda b, _, d: b.membership.affiliate(
        [account(number) for number in d["accounts"]], b.now
    ),
    "setAdmission": lambda b, _, d: b.membership.set_admission(*d["admission"], now=b.now),
    "setReadoption": lambda b, _, d: setattr(
        b.membership,
        "readoption",
        Readoption(grace=d["readoption"][0], consequence=Consequence(d["readoption"][1])),
    ),
    "addConstituency": lambda b, _, d: b.membership.add_constituency(d["name"].encode()),
    "addKind": lambda b, _, d: b.membership.add_kind(d["name"].encode()),
    "setRule": lambda b, _, d: b.rulebook.set_rule(d["index"], d["rule"]),
    "assignRule": lambda b, n, d: b.rulebook.assign(*_assigned(n, d), d["index"]),
    "unassignRule": lambda b, n, d: b.rulebook.unassign(*_assigned(n, d)),
    "setWeights": lambda b, _, d: b.rulebook.set_weights(d["weights"]),
    "setVotingDelay": lambda b, _, d: setattr(b.rulebook, "voting_delay", d["seconds"]),
    "setOpenProposals": lambda b, _, d: b.rulebook.set_open_proposals(d["number"]),
    "amend": lambda b, _, d: b.text.amend(_text(d), d["codec"], b.now),
    "setCharter": lambda b, _, d: setattr(b, "charter", word(d["content"])),
    "updateDelay": lambda b, _, d: setattr(b, "minimum", d["seconds"]),
    "ring": lambda *_: None,
    "nothing": lambda *_: None,
    "unknown": lambda *_: None,
}


def _text(deed: Deed) -> bytes:
    return word(deed["content"]) if deed["content"] else bytes(32)


def _raw(rule: Mapping[str, Any]) -> dict[str, Any]:
    """The contract's struct, also of a rule that is out of range."""
    names = dict(delay="delay", voting_period="votingPeriod")
    return {names.get(part, part): value for part, value in rule.items()}


def parts(rule: Any) -> dict[str, Any]:
    """A rule as a deed carries it."""
    raw = rule_arguments(rule)
    raw["voting_period"] = raw.pop("votingPeriod")
    return raw
