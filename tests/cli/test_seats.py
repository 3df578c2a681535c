"""`metaorg membership`: what becomes of seats, by decision and by rule, and what `show` tells."""

from collections.abc import Callable
from pathlib import Path

import pytest

from cli.conftest import BAKERY, DAY, FOOD_COOP, JOINING, LOOM, OUTSIDER, TRUST, Cli, Decide

Advance = Callable[[int], None]
WHY = ("--reason", "We talked about it.")


def shown(cli: Cli, account: str) -> dict[str, object]:
    found: dict[str, object] = cli.done("membership", "show", account, "--json").json
    return found


def status(cli: Cli, account: str) -> object:
    standing = shown(cli, account)["standing"]
    assert isinstance(standing, dict)
    return standing["status"]


def test_a_seat_is_suspended_and_reinstated_by_decision(
    bakery: Cli, seated: Cli, decide: Decide
) -> None:
    decide("membership", "suspend", TRUST, "--reason", "It does not answer.")

    found, said = shown(bakery, TRUST), bakery.done("membership", "show", TRUST).stdout
    assert status(bakery, TRUST) == "suspended"
    assert found["because"]["name"] == "Suspended"  # type: ignore[index]
    assert found["because"]["text"] == "It does not answer."  # type: ignore[index]
    assert "suspended 20" in said and "It does not answer." in said

    decide("membership", "reinstate", TRUST, "--reason", "It answers again.")
    assert (status(bakery, TRUST), shown(bakery, TRUST)["because"]) == ("active", None)


def test_a_seat_is_ended_by_decision(bakery: Cli, seated: Cli, decide: Decide) -> None:
    decide("membership", "expel", TRUST, "--reason", "It sold the seeds.")

    assert status(bakery, TRUST) == "barred"
    assert shown(bakery, TRUST)["because"]["text"] == "It sold the seeds."  # type: ignore[index]


def test_whoever_was_expelled_is_told_that_a_decision_admits_it(
    bakery: Cli, seated: Cli, decide: Decide
) -> None:
    decide("membership", "expel", TRUST, "--reason", "It sold the seeds.")

    said = seated.done(*JOINING, "--name", "Fernwood Trust").stderr

    assert "applied; a decision of the Assembly is needed (`membership decide`)" in said
    assert bakery.run("membership", "admit", TRUST).code == 4


def test_an_organization_changes_its_class_by_decision(
    bakery: Cli, seated: Cli, decide: Decide
) -> None:
    adopt = ("constitution", "adopt", "--constituency", "Consumers", "--pledge", "Seeds.")
    seated.done(*adopt)

    decide("membership", "change-constituency", TRUST, *WHY)

    assert shown(bakery, TRUST)["constituency"] == "Consumers"


def test_a_seat_whose_key_is_lost_moves_by_decision(
    bakery: Cli, seated: Cli, outsider: Cli, decide: Decide
) -> None:
    outsider.done("constitution", "adopt", "--constituency", "Workers", "--pledge", "Seeds.")

    decide("membership", "move-decision", TRUST, "--to", OUTSIDER, *WHY)

    assert (status(bakery, TRUST), status(bakery, OUTSIDER)) == ("none", "active")
    listed = bakery.done("membership", "list", "--json").json
    assert [one["account"] for one in listed][-1] == OUTSIDER
    assert listed[-1]["name"] == "Fernwood Trust"


def test_affiliated_organizations_share_one_vote_until_they_are_separated(
    bakery: Cli, seated: Cli, decide: Decide
) -> None:
    decide("membership", "affiliate", TRUST, LOOM, *WHY)

    said = bakery.done("membership", "show", TRUST).stdout
    assert f"shares one vote with {LOOM} (Open Loom Works)" in said
    partners = shown(bakery, TRUST)["shares_vote_with"]
    assert partners == [{"account": LOOM, "name": "Open Loom Works"}]
    assert "shares the vote of group 1" in bakery.done("membership", "list").stdout

    decide("membership", "separate", TRUST, *WHY)
    assert shown(bakery, TRUST)["shares_vote_with"] == []


@pytest.mark.usefixtures("nothing_sent")
def test_an_affiliation_has_two_sides(bakery: Cli) -> None:
    for accounts in ([TRUST], [TRUST, TRUST]):
        result = bakery.run("membership", "affiliate", *accounts, *WHY)

        assert result.code == 2
        assert "between two or more different organizations" in result.stderr


def test_who_declares_the_same_of_each_other_shares_one_vote(bakery: Cli, loom: Cli) -> None:
    bakery.done("membership", "declare-affiliation", LOOM)
    assert f"under one control with {LOOM}" in bakery.done("membership", "show", BAKERY).stdout
    assert shown(bakery, BAKERY)["shares_vote_with"] == []

    loom.done("membership", "declare-affiliation", BAKERY)

    assert [one["account"] for one in shown(bakery, BAKERY)["shares_vote_with"]] == [LOOM]  # type: ignore[attr-defined]


def test_only_members_declare_affiliations(outsider: Cli) -> None:
    result = outsider.run("membership", "declare-affiliation", BAKERY)

    assert result.code == 4
    assert "An affiliation is between at least two organizations with seats" in result.stderr


def test_whoever_does_not_adopt_in_time_has_no_vote_until_it_does(
    bakery: Cli, food_coop: Cli, loom: Cli, home: Path, decide: Decide, advance: Advance
) -> None:
    (home / "new.md").write_text("# A new text\n")
    decide("constitution", "amend", "new.md")
    adopt = ("constitution", "adopt", "--pledge", "Bread.")
    bakery.done(*adopt, "--constituency", "Workers")

    found, said = shown(bakery, LOOM), bakery.done("membership", "show", LOOM).stdout
    assert (found["behind"], found["adopted"], found["consequence"]) == (True, 1, "suspended")
    assert "version 1; the text in force until 20" in said
    assert "after that, its seat is suspended" in said
    assert "behind: has not adopted the text" in bakery.done("membership", "list").stdout
    early = bakery.run("membership", "lapse", LOOM)
    assert early.code == 4
    assert "This organization has time to adopt the text in force" in early.stderr

    advance(90 * DAY + 1)
    bakery.done("membership", "lapse", LOOM)
    [lapsed] = bakery.done("membership", "list", "--status", "lapsed", "--json").json
    assert (lapsed["account"], lapsed["behind"]) == (LOOM, True)
    assert shown(bakery, LOOM)["because"]["name"] == "Lapsed"  # type: ignore[index]
    loom.done(*adopt, "--constituency", "Multi-stakeholder")
    bakery.done("membership", "resume", LOOM)

    assert status(bakery, LOOM) == "active"
    assert bakery.run("membership", "lapse", BAKERY).code == 4


@pytest.mark.usefixtures("nothing_sent")
@pytest.mark.parametrize(
    "command",
    [
        ("suspend", TRUST, *WHY),
        ("reinstate", TRUST, *WHY),
        ("expel", TRUST, *WHY),
        ("change-constituency", TRUST, *WHY),
        ("move-decision", TRUST, "--to", OUTSIDER, *WHY),
        ("affiliate", BAKERY, LOOM, *WHY),
        ("separate", TRUST, *WHY),
    ],
    ids=lambda command: command[0],
)
def test_only_a_decision_does_these(bakery: Cli, command: tuple[str, ...]) -> None:
    """They are proposed unless --as says otherwise; sent, they are refused."""
    proposed = bakery.done("membership", *command, "--dry-run", "--json").json
    sent = bakery.run("membership", *command, "--as", "send")

    assert proposed["calls"][0]["says"].startswith("propose")
    assert sent.code == 4
    assert "Only a decision can do this: propose it." in sent.stderr


def test_objections_are_shown_with_who_and_why(bakery: Cli, applied: Cli, food_coop: Cli) -> None:
    food_coop.done("membership", "object", TRUST, "--reason", "Whose is it?")

    [objection] = shown(bakery, TRUST)["objections"]  # type: ignore[misc]
    said = bakery.done("membership", "show", TRUST).stdout
    assert (objection["by"], objection["text"]) == (FOOD_COOP, "Whose is it?")  # type: ignore[index]
    assert f"{FOOD_COOP} (Millbrook Food Co-op), 20" in said
    assert "Z: Whose is it?" in said
    assert "a decision of the Assembly is needed (`membership decide`)" in said


def test_objections_to_an_earlier_application_are_not_shown(
    bakery: Cli, applied: Cli, food_coop: Cli
) -> None:
    food_coop.done("membership", "object", TRUST, "--reason", "Whose is it?")
    applied.done("membership", "leave", "--reason", "We come back.")
    applied.done(*JOINING, "--name", "Fernwood Trust")

    assert shown(bakery, TRUST)["objections"] == []


def test_a_profile_is_replaced_by_its_own_organization(bakery: Cli, outsider: Cli) -> None:
    bakery.done("membership", "profile", "--name", "Lantern Bakery, renamed")
    refused = outsider.run("membership", "profile", "--name", "Nobody")

    assert shown(bakery, BAKERY)["name"] == "Lantern Bakery, renamed"
    assert refused.code == 4
    assert "Only an organization with an active seat can do this." in refused.stderr


def test_where_a_decision_admits_applicants_are_told_so(
    bakery: Cli, trust: Cli, charter: Callable[..., None]
) -> None:
    charter(
        {"method: lazy consent": "method: decision", "window: 7 days ": "window: 0 days "}, trust
    )

    said = trust.done(*JOINING, "--name", "Fernwood Trust", "--pledge", "Seeds.").stderr
    admitted = bakery.run("membership", "admit", TRUST)
    due = bakery.done("membership", "admit", "--due", "--json")

    assert "applied; a decision of the Assembly is needed (`membership decide`)" in said
    assert "a decision of the Assembly is needed" in bakery.done("membership", "list").stdout
    assert admitted.code == 4
    assert "Only a decision of the Assembly can admit this application; propose it." in (
        admitted.stderr
    )
    assert due.json == []


def test_where_admission_is_open_joining_takes_one_step_more(
    bakery: Cli, trust: Cli, charter: Callable[..., None]
) -> None:
    charter({"method: lazy consent": "method: open", "window: 7 days ": "window: 0 days "}, trust)

    receipts = trust.done(*JOINING, "--name", "Fernwood Trust", "--pledge", "Seeds.", "--json").json

    assert [one["call"]["says"].split()[0] for one in receipts] == ["adopt", "admit"]
    assert status(bakery, TRUST) == "active"
