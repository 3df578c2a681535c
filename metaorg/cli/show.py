"""`metaorg show`: what a meta-organization is, on one page."""

from typing import Any

import typer

from metaorg.cli.command import command
from metaorg.cli.options import ReadFlags
from metaorg.cli.output import emit, facts, plain, table
from metaorg.cli.session import Session
from metaorg.errors import Unreachable
from metaorg.times import moment


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    command(app, ReadFlags)(show)


def show(session: Session) -> None:
    """Show what the meta-organization is: purpose, text in force, seats, rules, open proposals.

    The purpose is null when the charter document cannot be read.

    JSON: {"address": "0x...", "chain_id": 1, "block": {"number": 120, "hash": "0x...", "time":
    1700000000}, "name": "...", "purpose": "...", "dao_uri": "", "contracts": {"membership":
    "0x...", ...}, "text": {"number": 1, "text": "bafk...", "since": 1700000000}, "admission":
    {"method": "lazy consent", "window": 604800, "period": 604800, "share": 1000, "floor": 3},
    "kinds": ["cooperative"], "seats": {"Workers": 4}, "voting_delay": 86400, "rules": [{"methods":
    ["each class"], ...}], "assignments": [{"target": "0x...", "selector": "0x...", "rule": 0}],
    "open_proposals": [{"number": "9157...", "title": "...", "state": "active"}]}
    """
    shown = _shown(session)
    emit(shown, session.as_json, lambda: _described(shown))


def _shown(session: Session) -> dict[str, Any]:
    from metaorg.dao.facts import OPEN
    from metaorg.records import read_description

    organization, reading = session.organization, session.chain.at()
    found = organization.dao.facts(reading)
    try:
        purpose = organization.dao.purpose(found)
    except Unreachable:
        purpose = None
    waiting = [
        {"number": one.number, "title": read_description(one.description)[0], "state": one.state}
        for one in found.proposals
        if one.state in OPEN
    ]
    return {
        "address": session.address,
        "chain_id": found.chain_id,
        "block": plain(found.block),
        "name": found.name,
        "purpose": purpose,
        "dao_uri": organization.dao.uri(reading),
        "contracts": dict(found.contracts),
        "text": plain(found.version),
        "admission": plain(found.admission),
        "kinds": found.kinds,
        "seats": dict(found.constituencies),
        "voting_delay": found.voting_delay,
        "rules": plain(found.rules),
        "assignments": plain(found.assignments),
        "open_proposals": plain(waiting),
    }


def _described(shown: dict[str, Any]) -> str:
    from metaorg.times import duration

    block, text, admission = shown["block"], shown["text"], shown["admission"]
    purpose = "cannot be read" if shown["purpose"] is None else shown["purpose"].strip()
    head = {
        "name": shown["name"],
        "purpose": purpose or None,
        "as of": f"block {block['number']} of chain {shown['chain_id']}, {moment(block['time'])}",
        "text in force": f"version {text['number']}, {text['text']}, since {moment(text['since'])}",
        "documents": shown["dao_uri"] or "none published",
        "admission": f"{admission['method']}, {duration(admission['window'])} for objections, "
        f"{admission['share'] / 100:g} % and at least {admission['floor']} "
        f"in {duration(admission['period'])}",
        "kinds": ", ".join(shown["kinds"]),
        "voting begins": f"{duration(shown['voting_delay'])} after a proposal",
    }
    parts = [
        facts(head),
        table(("contract", "address"), shown["contracts"].items()),
        table(("constituency", "seats"), shown["seats"].items()),
        _rules(shown["rules"]),
        table(
            ("open proposal", "title", "state"),
            [tuple(p.values()) for p in shown["open_proposals"]],
        )
        if shown["open_proposals"]
        else "No open proposals.",
    ]
    return "\n\n".join(parts)


def _rules(rules: list[dict[str, Any]]) -> str:
    from metaorg.times import duration

    rows = [
        (
            number,
            " and ".join(rule["methods"]),
            f"> {rule['approval'] / 100:g} %" if rule["approval"] else "",
            rule["objections"] or "",
            f"{rule['quorum'] / 100:g} %",
            duration(rule["voting_period"]),
            duration(rule["delay"]),
        )
        for number, rule in enumerate(rules)
    ]
    return table(
        ("rule", "method", "approval", "objections", "quorum", "voting period", "delay"), rows
    )
