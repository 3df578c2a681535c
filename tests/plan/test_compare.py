"""A plan leads from what is in force to what is declared, and no contract refuses a step of it."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metaorg.charter import encode
from metaorg.onchain.in_force import Registration
from metaorg.onchain.words import rule_parts
from metaorg.plan import Plan, compare
from metaorg.plan.rules import first_rules
from metaorg.records import CharterDocument
from metaorg.rules.decision import Method, Rule, no_weaker
from metaorg.types import Cid
from plan.world import (
    AMENDMENT,
    MODULES,
    ORDINARY,
    carried_out,
    charter,
    charters,
    first_two,
    founded,
    rules,
    written,
)

RULES = {"ordinary": written(ORDINARY), "amendment": written(AMENDMENT)}


def planned(**changed: Any) -> Plan:
    """The plan from a charter to one that differs in these fields."""
    return compare(founded(charter()), charter(**changed), "Share tools.")


def fields(plan: Plan) -> dict[str, tuple[str | None, str | None]]:
    return {change.field: (change.was, change.becomes) for change in plan.changes}


# ---------------------------------------------------------------------- from anywhere to anywhere


@given(charters())
def test_right_after_the_founding_there_is_nothing_to_plan(declared: Any) -> None:
    plan = compare(founded(declared), declared)

    assert plan.same and plan.calls == ()


@given(st.data())
def test_carried_out_in_its_order_a_plan_leaves_nothing_that_could_be_changed(data: Any) -> None:
    old = data.draw(charters())
    new = data.draw(charters(old.declaration.constituencies))
    now = founded(old)
    if "school" in now.kinds:
        new = new.model_copy(
            update={
                "declaration": new.declaration.model_copy(
                    update={"kinds": [*old.declaration.kinds]}
                )
            }
        )

    plan = compare(now, new)
    then = compare(carried_out(now, plan.calls), new)

    assert then.changes == () and then.calls == ()
    assert then.left == plan.left
    assert all(one.field.startswith("rules.") for one in plan.left)
    assert bool(plan.calls) == bool(plan.changes)


@settings(max_examples=500)
@given(first_two(), first_two())
def test_the_amendment_rule_is_never_weaker_in_between(
    now: tuple[Rule, Rule], becomes: tuple[Rule, Rule]
) -> None:
    standing = list(now)

    steps = first_rules(now, becomes)
    for number, rule in steps:
        standing[number] = rule
        assert no_weaker(standing[1], standing[0])

    assert standing == list(becomes)
    assert len(steps) <= 3


def test_rules_that_cross_take_three_steps() -> None:
    def both(**parts: int) -> tuple[Rule, Rule]:
        made = ORDINARY.model_copy(update=parts)
        return made, made

    steps = first_rules(both(quorum=1000, delay=90), both(quorum=2000, delay=60))

    assert [number for number, _ in steps] == [1, 0, 1]
    assert (steps[0][1].quorum, steps[0][1].delay) == (2000, 90)


@given(rules())
def test_the_parts_of_a_rule_are_as_a_charter_writes_them(rule: Rule) -> None:
    declared = charter(rules={**RULES, "other": written(rule)}, weights={"Workers": "100 %"})

    assert declared.declaration.rules["other"].rule() == rule


# ---------------------------------------------------------------------- field by field


@pytest.mark.parametrize(
    ("changed", "field", "was", "becomes"),
    [
        ({"voting_delay": "2 days"}, "voting_delay", "1 minute", "2 days"),
        ({"open_proposals": 5}, "open_proposals", "3", "5"),
        ({"kinds": ["cooperative", "trust", "x"]}, "kinds", None, "x"),
        ({"constituencies": ["Workers", "Users", "x"]}, "constituencies", None, "x"),
        ({"weights": {"Workers": "100 %"}}, "weights.Workers", "0 %", "100 %"),
        ({"assignments": {}}, "assignments.membership.decide", "ordinary", None),
        (
            {"assignments": {"membership.decide": "amendment"}},
            "assignments.membership.decide",
            "ordinary",
            "amendment",
        ),
        (
            {"assignments": {"membership.decide": "ordinary", "commons.cite": "amendment"}},
            "assignments.commons.cite",
            None,
            "amendment",
        ),
        (
            {"readoption": {"grace": "90 days", "consequence": "exited"}},
            "readoption.consequence",
            "suspended",
            "exited",
        ),
        (
            {
                "admission": {
                    "method": "lazy consent",
                    "window": "1 hour",
                    "period": "2 hours",
                    "share": "50 %",
                    "floor": 4,
                }
            },
            "admission.floor",
            "3",
            "4",
        ),
    ],
)
def test_one_changed_field_is_one_change_and_one_call(
    changed: Any, field: str, was: str | None, becomes: str | None
) -> None:
    plan = planned(**changed)

    assert fields(plan) == {field: (was, becomes)}
    assert len(plan.calls) == 1


def test_a_new_purpose_is_a_new_charter_document_under_the_same_name() -> None:
    plan = planned(purpose="Share all.")

    [call] = plan.calls
    document = encode(CharterDocument(name="Aurora Commons Network", purpose="Share all."))
    assert call.documents == (document,)
    assert Cid.of(document).digest in call.data
    was, becomes = fields(plan)["purpose"]
    assert was is not None and was.startswith('"Share tools." (document ')
    assert becomes == f'"Share all." (document {Cid.of(document)})'


def test_a_purpose_that_cannot_be_read_is_not_shown_as_empty() -> None:
    plan = compare(founded(charter()), charter(purpose="Share all."), None)

    was, _ = fields(plan)["purpose"]
    assert was is not None and was.startswith("unreadable (document bafk")


def test_a_new_text_is_the_next_version() -> None:
    plan = planned(content=b"We share.\n")

    old, new = Cid.of(b"We decide together.\n"), Cid.of(b"We share.\n")
    assert fields(plan) == {"text": (f"version 1, {old}", f"version 2, {new}")}
    assert plan.calls[0].documents == (b"We share.\n",)


def test_the_ordinary_rules_delay_is_also_the_timelocks() -> None:
    rule = ORDINARY.model_copy(update={"delay": 30})

    plan = planned(rules={**RULES, "ordinary": written(rule)})

    assert fields(plan) == {
        "rules.ordinary.delay": ("1 minute", "30 seconds"),
        "rules.ordinary.delay (Timelock)": ("1 minute", "30 seconds"),
    }
    assert [call.to for call in plan.calls] == [MODULES.rulebook, MODULES.timelock]


def test_a_renamed_rule_is_no_difference_and_its_number_is_told() -> None:
    one = written(ORDINARY)
    now = founded(charter(rules={**RULES, "hasty": one}))

    plan = compare(now, charter(rules={**RULES, "quick": one}))

    assert plan.same
    assert "Names of rules are not on chain, their numbers are: 'quick' is rule 2." in plan.notes


def test_rules_that_change_places_show_as_changes_of_both_and_of_what_needs_them() -> None:
    hasty, slow = (written(ORDINARY.model_copy(update={"delay": d})) for d in (1, 2))
    assigned = {"membership.decide": "hasty"}
    now = founded(charter(rules={**RULES, "hasty": hasty, "slow": slow}, assignments=assigned))

    declared = charter(rules={**RULES, "slow": slow, "hasty": hasty}, assignments=assigned)
    plan = compare(now, declared)

    assert fields(plan) == {
        "rules.slow.delay": ("1 second", "2 seconds"),
        "rules.hasty.delay": ("2 seconds", "1 second"),
        "assignments.membership.decide": ("slow", "hasty"),
    }


def test_a_rule_that_is_not_declared_stays() -> None:
    now = founded(charter(rules={**RULES, "hasty": written(ORDINARY)}))

    plan = compare(now, charter())

    [left] = plan.left
    assert (left.field, left.declared) == ("rules.2", None)
    assert "a rule cannot be removed" in left.why
    assert plan.calls == () and not plan.same


def test_the_name_stays() -> None:
    plan = planned(name="Borealis")

    [left] = plan.left
    assert (left.field, left.on_chain, left.declared) == (
        "name",
        "Aurora Commons Network",
        "Borealis",
    )
    assert plan.calls == ()


@pytest.mark.parametrize(
    "declared",
    [
        ["Labour", "Users"],
        ["Users", "Workers"],
        ["Workers"],
        ["Workers", "Friends", "Users"],
        ["Friends", "Workers", "Users"],
    ],
)
def test_nothing_is_added_where_a_name_was_removed_renamed_or_moved(declared: list[str]) -> None:
    founder = charter().declaration.founders[0].model_copy(update={"constituency": declared[0]})
    changed = charter(constituencies=declared, founders=[founder])

    plan = compare(founded(charter()), changed)

    assert [left.field for left in plan.left] == ["constituencies"]
    assert plan.calls == ()


def test_weights_of_a_constituency_that_cannot_be_there_are_left() -> None:
    plan = planned(constituencies=["Users", "Friends"], weights={"Friends": "100 %"})

    assert [left.field for left in plan.left] == ["constituencies", "weights", "rules"]


def test_weights_that_are_not_declared_stay() -> None:
    now = founded(charter(weights={"Workers": "60 %", "Users": "40 %"}))

    plan = compare(now, charter())

    assert [left.field for left in plan.left] == ["weights"]


def test_a_constituency_without_weight_at_the_end_is_no_difference() -> None:
    declared = charter(weights={"Workers": "100 %"})
    now = founded(declared).model_copy(update={"weights": (10_000,)})

    assert compare(now, declared).same


def test_weights_come_after_new_constituencies_and_before_weighted_rules() -> None:
    weighted = written(ORDINARY.model_copy(update={"methods": Method.WEIGHTED}))

    plan = planned(
        constituencies=["Workers", "Users", "Friends"],
        weights={"Friends": "100 %"},
        rules={**RULES, "hasty": weighted},
    )

    said = [call.says for call in plan.calls]
    assert said[0] == 'add the constituency "Friends", for ever'
    assert said[1].startswith('weigh the constituencies: "Workers" 0 %, "Users" 0 %, "Friends" 0 %')
    assert said[2].startswith("add rule 2 (hasty): method weighted")


def test_a_rule_of_a_function_of_others_is_shown_by_selector() -> None:
    now = founded(charter())
    target = "0x" + "9" * 40
    now = now.model_copy(update={"assigned": {**now.assigned, (target, b"\x12\x34\x56\x78"): 1}})

    plan = compare(now, charter())

    assert fields(plan) == {f"assignments.0x12345678 of {target}": ("amendment", None)}


def test_replaced_and_new_modules_are_told() -> None:
    now = founded(charter())
    later = [
        Registration(name=name, address="0x" + "9" * 40, block=9) for name in ("commons", "shop")
    ]
    now = now.model_copy(update={"registrations": (*now.registrations, *later)})

    notes = "\n".join(compare(now, charter()).notes)

    assert f'"commons" is 0x{"9" * 40} by decision, {MODULES.commons} at the founding' in notes
    assert '"shop" is 0x' in notes and "none at the founding" in notes


def test_founders_are_not_compared_and_that_is_said() -> None:
    plan = planned(
        founders=[charter().declaration.founders[0].model_copy(update={"kind": "trust"})]
    )

    assert plan.same
    assert plan.notes[0].startswith("Founders are not compared")


def test_the_proposals_text_tells_each_change_and_each_call() -> None:
    plan = planned(open_proposals=5, name="Borealis", kinds=["cooperative", "trust", "school"])

    assert plan.title == "Change the charter: kinds, open proposals"
    assert "- open_proposals: 3 -> 5" in plan.body
    assert "- kinds: school is added" in plan.body
    assert "- let each seat have 5 proposals open at once (before: 3)" in plan.body
    assert (
        "- name: Aurora Commons Network on chain, Borealis declared; a name is given" in plan.body
    )


def test_parts_of_a_rule_cover_every_field_of_it() -> None:
    renamed = {"methods": "method"}

    assert set(rule_parts(ORDINARY)) == {renamed.get(f, f) for f in Rule.model_fields}
