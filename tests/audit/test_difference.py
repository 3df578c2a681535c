"""What happened between two statements about one meta-organization."""

from typing import Any

import pytest

from audit import reports
from metaorg.audit import findings
from metaorg.audit.difference import Difference, difference
from metaorg.audit.statement import Citation, Statement
from metaorg.errors import InvalidInput


@pytest.fixture(scope="module")
def before() -> Statement:
    return reports.small().statement


def later(statement: Statement, **changes: Any) -> Statement:
    block = statement.block.model_copy(update={"number": statement.block.number + 100})
    return statement.model_copy(update={"block": block} | changes)


def changed(entries: tuple[Any, ...], place: int, **fields: Any) -> tuple[Any, ...]:
    made = list(entries)
    made[place] = made[place].model_copy(update=fields)
    return tuple(made)


def turns(found: Difference) -> list[tuple[str, str, list[str]]]:
    return [(one.topic, one.turn, [field.name for field in one.fields]) for one in found.turns]


def test_nothing_differs_between_a_statement_and_itself(before: Statement) -> None:
    found = difference(before, later(before))

    assert found.turns == ()
    assert (found.earlier, found.later) == (before.block, later(before).block)


def test_the_order_of_the_two_does_not_matter(before: Statement) -> None:
    after = later(before, seats=before.seats[:-1])

    assert difference(after, before) == difference(before, after)


def test_seats_come_go_and_change(before: Statement) -> None:
    seats = changed(before.seats[1:], 0, status="exited")
    seats = changed(seats, 1, name="Renamed", text=7)
    after = later(before, seats=seats)
    older = before.model_copy(update={"seats": before.seats[1:-1]})

    found = difference(older, after)

    assert turns(found) == [
        ("seats", "went", ["status"]),
        ("seats", "changed", ["name", "text"]),
        ("seats", "came", []),
    ]
    assert "seat 2, Mill Software Cooperative went: status active -> exited" in found.words()


def test_decisions_resources_and_rules_are_told(before: Statement) -> None:
    citation = Citation(time=5, by=before.seats[0].account, cited=before.resources[0].cid,
                        steward=before.seats[1].account)  # fmt: skip
    after = later(
        before,
        decisions=changed(before.decisions, 2, state="executed", executed_at=1_767_200_000),
        resources=before.resources[1:],
        citations=(*before.citations, citation, citation),
        settings=dict(before.settings) | {"voting delay": "3 days"},
        powers=changed(before.powers, 0, who="nobody"),
        roles=before.roles[:-1],
        pending=(),
    )

    found = difference(before, after)

    assert [(topic, turn) for topic, turn, _ in turns(found)] == [
        ("settings", "changed"),
        ("decisions", "changed"),
        ("resources", "went"),
        ("citations", "came"),
        ("citations", "came"),
        ("powers", "changed"),
        ("roles", "went"),
        ("pending", "went"),
        ("pending", "went"),
    ]
    told = list(found.words())
    assert "setting voting delay changed: 2 days -> 3 days" in told
    assert any("executed_at" in line and "2025-12-31T16:53:20Z" in line for line in told)


def test_findings_appear_and_go(before: Statement) -> None:
    new = findings.difference("seats.twice", "seat 4", "once", "twice")

    found = difference(before, later(before, findings=(*before.findings[1:], new)))

    assert list(found.words()) == [
        "difference: code of the Authority went",
        "difference: seat 4 came",
    ]


def test_what_was_unknown_is_not_told_as_gone(before: Statement) -> None:
    after = later(before, seats=(), unknown=("seats",))

    found = difference(before, after)

    assert found.turns == ()
    assert found.unknown == ("seats",)


def test_lists_tell_only_what_is_new(before: Statement) -> None:
    seat = before.seats[0]
    history = (*seat.history, seat.history[0].model_copy(update={"words": "moved"}))

    found = difference(before, later(before, seats=changed(before.seats, 0, history=history)))

    [turn] = found.turns
    assert [(one.name, one.before, one.after) for one in turn.fields] == [("history", "", "moved")]


def test_statements_of_others_are_refused_in_a_sentence(before: Statement) -> None:
    other = before.modules.model_copy(update={"meta_organization": before.modules.timelock})

    with pytest.raises(InvalidInput, match="chain 100 and the other of chain 5"):
        difference(before, later(before, chain_id=5))
    with pytest.raises(InvalidInput, match=r"one statement is about 0x.* and the other about 0x"):
        difference(before, later(before, modules=other))


def test_a_difference_is_plain_json(before: Statement) -> None:
    found = difference(before, reports.rich().statement)

    assert Difference.model_validate_json(found.model_dump_json()) == found
    assert len(list(found.words())) == len(found.turns) > 50
