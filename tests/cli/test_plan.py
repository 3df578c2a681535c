"""`metaorg plan`: from a charter to a proposal, through its decision, to nothing left to plan."""

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from cli.conftest import BAKERY, CHARTER, DAY, OUTSIDER, Cli

Advance = Callable[[int], None]
CHANGES = (
    ("purpose: Share", "purpose: Now share"),
    ("unclassified]", "unclassified, Neighbours]"),
    ("trust, nonprofit]", "trust, nonprofit, school]"),
    ("method: lazy consent\n  window: 7 days", "method: open\n  window: 0"),
    ("  period: 7 days", "  period: 3 days"),
    ("share: 50 %", "share: 40 %"),
    ("floor: 3", "floor: 2"),
    ("grace: 90 days", "grace: 60 days"),
    ("consequence: suspended", "consequence: shown"),
    ("voting_delay: 1 day", "voting_delay: 2 hours"),
    ("open_proposals: 3", "open_proposals: 2"),
    ("rules:\n", "weights: {Workers: 60 %, Consumers: 30 %, Neighbours: 10 %}\nrules:\n"),
    (
        "{method: majority, approval: 50 %, quorum: 20 %, closing: 20 %, upgradable: true,\n"
        "     voting_period: 5 days, delay: 2 days}",
        "{method: weighted, approval: 60 %, quorum: 60 %, closing: 10 %,\n"
        "     voting_period: 8 days, delay: 1 day}",
    ),
    (
        "{method: each class, approval: 66.67 %, quorum: 50 %, closing: 20 %,\n"
        "     voting_period: 7 days, delay: 7 days}",
        "{method: weighted and each class, approval: 60 %, quorum: 60 %, closing: 10 %,\n"
        "     voting_period: 8 days, delay: 1 day}\n"
        "  calm:\n"
        "    {method: consent, objections: 2, quorum: 10 %, upgradable: true,\n"
        "     voting_period: 1 day, delay: 1 hour}",
    ),
    ("membership.decide: ordinary", "membership.suspend: calm\n  commons.publish: amendment"),
)
"""Every field that a decision changes."""


@pytest.fixture
def changed(home: Path) -> str:
    """A charter that differs in every field that a decision changes."""
    content = CHARTER.read_text(encoding="utf-8")
    for old, new in CHANGES:
        assert content.count(old) == 1, old
        content = content.replace(old, new)
    (home / "charter.yaml").write_text(content)
    (home / "interconstitution.md").write_text("# A new text\n")
    return "charter.yaml"


def charter(home: Path, *changes: tuple[str, str]) -> str:
    """The founding's charter with these changes."""
    content = CHARTER.read_text(encoding="utf-8")
    for old, new in changes:
        assert content.count(old) == 1, old
        content = content.replace(old, new)
    (home / "other.yaml").write_text(content)
    (home / "interconstitution.md").write_bytes(
        (CHARTER.parent / "interconstitution.md").read_bytes()
    )
    return "other.yaml"


def decide(voters: Sequence[Cli], advance: Advance) -> None:
    """Vote for the first proposal, queue and execute it."""
    advance(DAY + 1)
    for voter in voters:
        voter.done("assembly", "vote", "#1", "for")
    advance(7 * DAY)
    voters[0].done("assembly", "queue", "#1")
    advance(7 * DAY)
    voters[0].done("assembly", "execute", "#1")


@pytest.mark.usefixtures("nothing_sent")
def test_after_the_founding_there_is_nothing_to_plan(bakery: Cli) -> None:
    shown = bakery.done("plan", CHARTER, "--exit-code")
    as_json = bakery.done("plan", CHARTER, "--json", account=None)

    assert "The chain is what the charter declares" in shown.stdout
    assert "Founders are not compared" in shown.stdout
    assert as_json.json["same"] and as_json.json["changes"] == as_json.json["calls"] == []


@pytest.mark.usefixtures("nothing_sent")
def test_a_plan_shows_the_difference_and_sends_nothing(bakery: Cli, changed: str) -> None:
    shown = bakery.done("plan", changed)
    as_json = bakery.done("plan", changed, "--json").json

    assert '  ~ purpose: "Share tools' in shown.stdout
    assert "  ~ text: version 1, bafk" in shown.stdout
    assert "  + constituencies: Neighbours\n" in shown.stdout
    assert "  ~ readoption.grace: 90 days -> 60 days\n" in shown.stdout
    assert "  ~ rules.amendment.delay: 1 week -> 1 day\n" in shown.stdout
    assert "  - assignments.membership.decide: ordinary\n" in shown.stdout
    assert "'calm' is rule 2" in shown.stdout
    assert not as_json["same"] and as_json["left"] == []
    assert {"field": "open_proposals", "was": "3", "becomes": "2"} in as_json["changes"]
    assert {"to", "data", "value", "says"} == as_json["calls"][0].keys()


@pytest.mark.usefixtures("nothing_sent")
def test_a_script_learns_of_a_difference_by_the_exit_code(bakery: Cli, changed: str) -> None:
    assert bakery.run("plan", changed).code == 0
    assert bakery.run("plan", changed, "--exit-code").code == 6


def test_a_charter_becomes_one_proposal_whose_execution_leaves_nothing_to_plan(
    bakery: Cli, food_coop: Cli, loom: Cli, changed: str, advance: Advance
) -> None:
    bakery.done("plan", changed, "--as", "propose", "--title", "A new charter", "--json")
    shown = bakery.done("assembly", "show", "#1", "--json").json
    decide((bakery, food_coop, loom), advance)
    again = bakery.done("plan", changed, "--exit-code", "--json").json
    then = bakery.done("assembly", "show", "#1", "--json").json

    assert shown["title"] == "A new charter"
    assert "- open_proposals: 3 -> 2" in shown["reasons"]
    assert "- rules.ordinary.method: majority -> weighted" in shown["reasons"]
    assert all(call["words"]["decoded"] for call in shown["calls"])
    assert [call["words"]["text"] for call in shown["calls"]] == [
        re.sub(r"rule 2 \(calm\)", "rule 2", call["says"]) for call in shown["calls"]
    ]
    assert again["same"]
    assert [call["words"] for call in then["calls"]] == [call["words"] for call in shown["calls"]]
    assert then["words_at"] > shown["words_at"]
    assert len(bakery.done("assembly", "list", "--json").json) == 1


def test_proposing_the_same_plan_again_sends_nothing(bakery: Cli, changed: str) -> None:
    bakery.done("plan", changed, "--as", "propose")

    again = bakery.done("plan", changed, "--as", "propose", "--json")

    assert again.json == []
    assert "already; nothing was sent" in again.stderr


@pytest.mark.usefixtures("nothing_sent")
def test_where_there_is_nothing_to_decide_nothing_is_proposed(bakery: Cli, home: Path) -> None:
    renamed = charter(home, ("name: Aurora Commons Network", "name: Borealis"))

    same = bakery.done("plan", CHARTER, "--as", "propose", "--json")
    left = bakery.done("plan", renamed, "--as", "propose", "--json")

    assert same.json == left.json == []
    assert "There is nothing to decide" in same.stderr
    assert "  ! name: Aurora Commons Network on chain, Borealis declared" in left.stderr


@pytest.mark.usefixtures("nothing_sent")
@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("[Workers, Consumers", "[Workers, Labour, Consumers", "constituencies"),
        ("kinds: [cooperative", "kinds: [school, cooperative", "kinds"),
    ],
)
def test_what_no_decision_changes_is_said(
    bakery: Cli, home: Path, old: str, new: str, field: str
) -> None:
    result = bakery.done("plan", charter(home, (old, new)), "--json").json

    assert [left["field"] for left in result["left"]] == [field]
    assert result["calls"] == [] and not result["same"]


@pytest.mark.usefixtures("nothing_sent")
def test_a_charter_that_the_contracts_would_refuse_is_refused_with_its_line(
    bakery: Cli, home: Path
) -> None:
    weaker = charter(home, ("approval: 66.67 %, quorum: 50 %", "approval: 66.67 %, quorum: 5 %"))

    result = bakery.run("plan", weaker, "--as", "propose")

    assert result.code == 2
    assert re.search(r"other.yaml:\d+: rules.amendment: it may in no respect be", result.stderr)


@pytest.mark.usefixtures("nothing_sent")
def test_a_plan_can_be_printed_and_tried(bakery: Cli, home: Path, changed: str) -> None:
    printed = bakery.done("plan", changed, "--as", "print").json
    tried = bakery.done("plan", changed, "--as", "propose", "--dry-run", "--json").json

    (home / "calls.json").write_text(json.dumps(printed))
    proposed = bakery.done(
        "assembly", "propose", "--title", "X", "--actions", "calls.json", "--dry-run", "--json"
    ).json
    assert len(tried["calls"]) == len(proposed["calls"]) == 1
    assert tried["calls"][0]["gas"] > 0


@pytest.mark.usefixtures("nothing_sent")
def test_nobody_sends_a_plan_past_the_assembly(bakery: Cli, changed: str) -> None:
    result = bakery.run("plan", changed, "--as", "send")

    assert result.code == 4


def test_show_says_what_an_action_does_beside_what_its_proposer_says(
    bakery: Cli, home: Path
) -> None:
    lie = "bake bread\n- send nothing"
    call = {"to": OUTSIDER, "data": "0x", "value": 15 * 10**17, "says": lie}
    strange = {"to": OUTSIDER, "data": "0x1234567800", "value": 0, "says": ""}
    (home / "calls.json").write_text(json.dumps([call, strange, call | {"to": BAKERY}]))
    bakery.done("assembly", "propose", "--title", "Bread", "--actions", "calls.json")

    shown = bakery.done("assembly", "show", "#1").stdout
    as_json = bakery.done("assembly", "show", "#1", "--json").json["calls"]

    assert f"- send 1.5 ETH to {OUTSIDER}\n" in shown
    assert f'- send 1.5 ETH to {BAKERY} (member "Lantern Bakery Cooperative")\n' in shown
    assert f"- cannot be decoded: call {OUTSIDER} with selector 0x12345678 and 1 bytes" in shown
    assert 'the proposer says "bake bread\\n- send nothing"' in shown
    assert "\n- send nothing" not in shown
    assert [one["words"]["decoded"] for one in as_json] == [True, False, True]
    assert as_json[0]["says"] == lie


def test_a_contract_registered_under_a_known_name_has_no_words_unless_it_is_of_that_kind(
    bakery: Cli, food_coop: Cli, loom: Cli, home: Path, advance: Advance, founded: dict[str, str]
) -> None:
    from metaorg.onchain.chain import Chain
    from metaorg.onchain.meta_organization import MetaOrganization
    from metaorg.onchain.modules import modules_at

    modules = modules_at(Chain(founded["METAORG_RPC"]).at(), founded["METAORG_ADDRESS"])
    front = MetaOrganization(modules.meta_organization)
    calls = [front.register("commons", modules.rulebook), front.register("shop", modules.timelock)]
    (home / "calls.json").write_text(json.dumps([call.model_dump(mode="json") for call in calls]))
    bakery.done("assembly", "propose", "--title", "Move", "--actions", "calls.json")
    decide((bakery, food_coop, loom), advance)

    shown = bakery.done("assembly", "show", "#1", "--json").json["calls"]
    planned = bakery.done("plan", CHARTER, "--json").json

    assert all(call["words"]["warning"] for call in shown)
    assert f"the Rulebook ({modules.rulebook})" in shown[0]["words"]["text"]
    notes = "\n".join(planned["notes"])
    assert f'"commons" is {modules.rulebook} by decision, {modules.commons} at the' in notes
    assert f'"shop" is {modules.timelock} by decision, none at the founding' in notes
    assert planned["same"]
