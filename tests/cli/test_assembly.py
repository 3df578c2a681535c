"""`metaorg assembly`: proposals, votes, and what is refused when."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.conftest import DAY, TRUST, Cli
from metaorg.onchain import devnet as devnets
from metaorg.onchain.chain import Chain

Advance = Callable[[int], None]


@pytest.mark.usefixtures("nothing_sent")
@pytest.mark.parametrize(
    "number", ["12345", "#1", "#0", "#x", "1", "abc", str(2**300), "-1x", "#" + "9" * 5000]
)
def test_a_proposal_that_there_is_not_is_refused(bakery: Cli, number: str) -> None:
    shown, voted = (bakery.run("assembly", *how, number) for how in (["show"], ["queue"]))

    assert {shown.code, voted.code} <= {1, 2}
    assert shown.code == 2 or "there is no proposal" in shown.stderr


def test_a_proposal_has_three_names(bakery: Cli, proposed: str) -> None:
    shown = [
        bakery.done("assembly", "show", name, "--json").json
        for name in (proposed, proposed[:4], "#1")
    ]

    assert [one["number"] for one in shown] == [proposed] * 3


def test_proposing_again_sends_nothing(bakery: Cli, proposed: str, chain: Chain) -> None:
    before = chain.block().number

    again = bakery.done("constitution", "amend", "new.md", "--title", "A new text", "--json")

    assert again.json == []
    assert f"This is proposal {proposed} already" in again.stderr
    assert chain.block().number == before


def test_show_says_whose_words_those_are(bakery: Cli, proposed: str) -> None:
    shown = bakery.done("assembly", "show", "#1").stdout

    assert "InterConstitution.amend(digest: 0x" in shown
    assert '"put bafk' in shown
    assert "the proposer's own; nobody has checked them" in shown
    assert "each class, more than 66.67 % in favour, quorum 50 %, 1 week of voting" in shown
    assert "Lantern Bakery Cooperative" in shown


def test_words_of_a_proposal_cannot_drive_the_terminal(bakery: Cli, home: Path) -> None:
    call = {"to": TRUST, "data": "0x12345678", "value": 0, "says": "pay \x1b[31mnobody\u202e"}
    (home / "actions.json").write_text(json.dumps([call]))
    bakery.done("assembly", "propose", "--title", "Pay", "--actions", "actions.json")

    shown = bakery.done("assembly", "show", "#1").stdout
    as_json = bakery.done("assembly", "show", "#1", "--json")

    assert "pay \\u001b[31mnobody\\u202e" in shown
    assert as_json.stdout.isascii()
    assert as_json.json["calls"][0]["says"] == call["says"]
    assert as_json.json["calls"][0]["decoded"] is None


def test_a_vote_counts_once(bakery: Cli, proposed: str, advance: Advance) -> None:
    early = bakery.run("assembly", "vote", "#1", "for")
    advance(DAY + 1)
    bakery.done("assembly", "vote", "#1", "for", "--reason", "It is clearer.")
    again = bakery.run("assembly", "vote", "#1", "against")

    assert (early.code, again.code) == (4, 4)
    assert "The proposal waits for voting to begin." in early.stderr
    assert "This seat, or one of its group, has voted on this proposal already." in again.stderr
    tallies = bakery.done("assembly", "show", "#1", "--json").json["tallies"]
    assert tallies[0] == {
        "constituency": "Workers",
        "against": 0,
        "in_favour": 10_000,
        "abstain": 0,
        "seats": 1,
        "upgrade_requests": 0,
    }


def test_voting_needs_a_seat(outsider: Cli, proposed: str, advance: Advance) -> None:
    advance(DAY + 1)

    result = outsider.run("assembly", "vote", "#1", "for")

    assert result.code == 4
    assert "Only an organization with an active seat can do this." in result.stderr


def test_voting_needs_a_seat_from_before_the_snapshot(
    applied: Cli, bakery: Cli, home: Path, advance: Advance
) -> None:
    (home / "new.md").write_text("# New\n")
    advance(6 * DAY)
    bakery.done("constitution", "amend", "new.md")
    advance(DAY + 3600)
    bakery.done("membership", "admit", TRUST)

    result = applied.run("assembly", "vote", "#1", "for")

    assert result.code == 4
    assert "The seat became active after the proposal's snapshot" in result.stderr


def test_steps_out_of_order_are_refused(
    bakery: Cli, food_coop: Cli, loom: Cli, proposed: str, advance: Advance
) -> None:
    advance(DAY + 1)
    active = bakery.run("assembly", "queue", "#1")
    for voter in (bakery, food_coop, loom):
        voter.done("assembly", "vote", "#1", "for")
    advance(7 * DAY)
    succeeded = bakery.run("assembly", "execute", "#1")
    bakery.done("assembly", "queue", "#1")
    queued = bakery.run("assembly", "execute", "#1")
    late = bakery.run("assembly", "cancel", "#1")
    advance(7 * DAY)
    bakery.done("assembly", "execute", "#1")
    again = bakery.run("assembly", "execute", "#1")

    assert [one.code for one in (active, succeeded, queued, late, again)] == [4] * 5
    assert "The proposal is being voted on." in active.stderr
    assert "The proposal has succeeded; queue it." in succeeded.stderr
    assert "The delay of this decision is not over yet." in queued.stderr
    assert "The proposal is queued; execute it when its delay is over." in late.stderr
    assert "The proposal was executed." in again.stderr
    assert bakery.done("constitution", "show", "--json").json["number"] == 2


def test_a_defeated_proposal_says_why(bakery: Cli, proposed: str, advance: Advance) -> None:
    advance(DAY + 1)
    bakery.done("assembly", "vote", "#1", "for")
    advance(7 * DAY)

    shown = bakery.done("assembly", "show", "#1")
    [listed] = bakery.done("assembly", "list", "--state", "defeated", "--json").json

    assert "quorum missed: 1 of 3 seats took part, 50 % are needed" in shown.stdout
    assert "Consumers did not agree" in shown.stdout
    assert listed["ordinal"] == 1


def test_a_proposal_is_canceled_before_voting(bakery: Cli, proposed: str) -> None:
    bakery.done("assembly", "cancel", "#1")

    assert bakery.done("assembly", "list", "--json").json[0]["state"] == "canceled"


def test_text_on_chain_that_is_not_utf8_hides_nothing(
    bakery: Cli, proposed: str, advance: Advance, chain: Chain
) -> None:
    advance(DAY + 1)
    sent = bakery.done("assembly", "vote", "#1", "for", "--reason", "REASON", "--as", "print")
    [call] = sent.json
    broken = call["data"].replace(b"REASON".hex(), "ff" * 6)
    transaction = {"from": _account(bakery), "to": call["to"], "data": broken}
    chain.request("eth_sendTransaction", transaction)
    devnets.advance(chain, 1)

    assert bakery.done("assembly", "list", "--json").json[0]["number"] == proposed
    bakery.done("check")


def _account(cli: Cli) -> str:
    return cli.environment["METAORG_ACCOUNT"].removeprefix("rpc:")


@pytest.mark.usefixtures("nothing_sent")
@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "actions.json is empty"),
        ("{}", "is not a list of calls"),
        ("[]", "is not a list of calls"),
        ("[" * 100_000, "is not JSON"),
        ('[{"to": "0x12", "data": "0x", "says": ""}]', "call 1: to: '0x12' is not an address"),
        ('[{"to": "TRUST", "data": "xyz", "says": ""}]', "call 1: data: "),
        ('[{"to": "TRUST", "data": "0x", "says": "", "value": -1}]', "call 1: value: "),
        ('[{"to": "TRUST", "data": "0x"}]', "call 1: says: Field required"),
        ('[{"to": "TRUST", "data": "0x", "says": "", "x": 1}]', "call 1: x: "),
        ("[1]", "call 1: to: Field required"),
    ],
)
def test_actions_that_are_no_calls_are_refused(
    bakery: Cli, home: Path, content: str, sentence: str
) -> None:
    (home / "actions.json").write_text(content.replace("TRUST", TRUST))

    result = bakery.run("assembly", "propose", "--title", "X", "--actions", "actions.json")

    assert result.code == 2
    assert sentence in result.stderr


@pytest.mark.usefixtures("nothing_sent")
def test_a_title_is_one_line(bakery: Cli, home: Path) -> None:
    (home / "new.md").write_text("# New\n")

    result = bakery.run("constitution", "amend", "new.md", "--title", "one\ntwo")

    assert result.code == 2
    assert "proposal: title: it has control characters or line breaks" in result.stderr


def test_rules_are_listed_the_strictest_first(bakery: Cli) -> None:
    shown = bakery.done("assembly", "rules", "--json").json
    said = bakery.done("assembly", "rules").stdout

    assert [rule["number"] for rule in shown["rules"]] == [1, 0]
    assert (shown["rules"][0]["methods"], shown["rules"][0]["approval"]) == (["each class"], 6667)
    assert (shown["voting_delay"], shown["open_proposals"], shown["weights"]) == (DAY, 3, {})
    assert said.splitlines()[1].split("  ")[0] == "1 amendment"
    assert "> 66.67 %" in said.splitlines()[1]
    assert "late swings in the last 20 % extend it" in said
    assert "3 of one seat, at once" in said
