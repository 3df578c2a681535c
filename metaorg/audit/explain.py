"""A finding explained: the rule, what was expected and seen, and how to see it with other tools."""

from collections.abc import Sequence

from metaorg.audit.catalogue import CATALOGUE, UNKNOWN
from metaorg.audit.findings import Finding, Look
from metaorg.audit.reports.looks import command
from metaorg.audit.statement import Statement
from metaorg.errors import InvalidInput
from metaorg.types import Model

_SHOWN = 5
"""Findings that are named where one must be chosen."""


class Explanation(Model):
    """What there is to know of a finding.

    Args:
        rule: that holds where it is not found. do: what to do. commands: for a shell in which RPC
            is the address of a node that the reader trusts; cast is Foundry's, ipfs is Kubo's. What
            a certain node answered is asked of that node, and of the trusted one.
    """

    id: str
    finding: Finding
    rule: str
    do: str
    commands: tuple[str, ...]


def explain(finding: Finding, statement: Statement) -> Explanation:
    """What a finding of an audit means."""
    kind = CATALOGUE.get(finding.code, UNKNOWN)
    block = statement.block.number
    return Explanation(
        id=finding.id,
        finding=finding,
        rule=kind.rule,
        do=kind.do,
        commands=tuple(command(asked, block) for look in finding.looks for asked in _both(look)),
    )


def _both(look: Look) -> tuple[Look, ...]:
    """A look at a node's answer, and the same at a node that the reader trusts."""
    return (look, look.model_copy(update={"endpoint": ""})) if look.endpoint else (look,)


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
    numbered = [*enumerate(findings, 1)]
    meant = [pair for pair in numbered if pair[1].code == which or pair[1].id.startswith(which)]
    if len(meant) == 1:
        return meant[0][1]
    if not findings:
        raise InvalidInput("the report has no findings: everything was established")
    listed = meant or numbered
    those = "; ".join(
        f"#{place} {one.id} {one.code}, {one.subject}" for place, one in listed[:_SHOWN]
    )
    more = f"; and {len(listed) - _SHOWN} more" if len(listed) > _SHOWN else ""
    what = f"{len(meant)} findings are" if meant else "no finding is"
    raise InvalidInput(f"{what} meant by {which!r}; name one by number or id, as {those}{more}")
