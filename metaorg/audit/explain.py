"""A finding explained: the rule, what was expected and seen, and how to see it with other tools."""

from collections.abc import Iterator, Sequence
from shlex import join

from metaorg.audit.catalogue import CATALOGUE
from metaorg.audit.findings import Finding, Look
from metaorg.audit.statement import Statement
from metaorg.errors import InvalidInput
from metaorg.onchain import abi
from metaorg.onchain.artifacts import CONTRACTS, load
from metaorg.types import Model

RPC = "$RPC"
"""The variable that stands for a node's address in what is shown: nobody's key is in it."""


class Explanation(Model):
    """What there is to know of a finding.

    Args:
        rule: that holds where it is not found. do: what to do. commands: for a shell in which RPC
            is the address of a node that the reader trusts; cast is Foundry's, ipfs is Kubo's.
    """

    id: str
    finding: Finding
    rule: str
    do: str
    commands: tuple[str, ...]


def explain(finding: Finding, statement: Statement) -> Explanation:
    """What a finding of an audit means."""
    kind = CATALOGUE[finding.code]
    block = statement.block.number
    return Explanation(
        id=finding.id,
        finding=finding,
        rule=kind.rule,
        do=kind.do,
        commands=tuple(line for look in finding.looks for line in _commands(look, block)),
    )


def chosen(findings: Sequence[Finding], which: str) -> Finding:
    """The finding of a report that is meant.

    Args:
        which: the beginning of its id, its number in the report ("#2"), or its code, if only one
            has it.

    Raises:
        InvalidInput: none or several are meant; names those there are.
    """
    if which.startswith("#") and which[1:].isdecimal() and 0 < int(which[1:]) <= len(findings):
        return findings[int(which[1:]) - 1]
    meant = [one for one in findings if one.code == which or one.id.startswith(which)]
    if len(meant) == 1:
        return meant[0]
    if not findings:
        raise InvalidInput("the report has no findings: everything was established")
    those = ", ".join(f"{one.id} ({one.code})" for one in (meant or findings)[:20])
    what = "several findings are" if meant else "no finding is"
    raise InvalidInput(f"{what} meant by {which!r}; there are {those}")


def _commands(look: Look, block: int) -> Iterator[str]:
    at = str(look.block or block)
    address = look.address or ""
    if look.what == "call":
        call = ["cast", "call", address, _typed(look.function), *look.arguments, "--block", at]
        yield _shell(call)
    elif look.what == "storage":
        yield _shell(["cast", "storage", address, *look.arguments, "--block", at])
    elif look.what == "code":
        yield _shell(["cast", "code", address, "--block", at])
    elif look.what == "block":
        yield _shell(["cast", "block", at])
    elif look.what in ("log", "receipt") and any(look.transaction):
        yield _shell(["cast", "receipt", "0x" + look.transaction.hex()])
    elif look.what in ("log", "receipt"):
        logs = ["cast", "logs", "--from-block", at, "--to-block", at]
        yield _shell([*logs, *(["--address", address] if address else [])])
    elif look.what == "document":
        yield join(["ipfs", "block", "get", look.cid]) + " | sha256sum"


def _shell(words: Sequence[str]) -> str:
    return f'{join(words)} --rpc-url "{RPC}"'


def _typed(function: str) -> str:
    """The function with the types that it gives, so that its answer is decoded."""
    for contract in CONTRACTS:
        for entry in load(contract).functions.values():
            if abi.signature(entry) == function and entry["outputs"]:
                return f"{function}({','.join(abi.types(entry['outputs']))})"
    return function
