"""`metaorg assembly`: votes that are split, batched, weighed or counted in steps."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.conftest import BAKERY, DAY, FOOD_COOP, LOOM, TRUST, Cli, Decide, made
from metaorg.onchain.chain import Chain
from metaorg.organization import assembly as assemblies
from metaorg.organization import delivery

Advance = Callable[[int], None]
Charter = Callable[..., None]
ORDINARY = "{method: majority, approval: 50 %, quorum: 20 %, closing: 20 %, upgradable: true,"
AMENDMENT = "{method: each class, approval: 66.67 %, quorum: 50 %, closing: 20 %,"


def admits(cli: Cli) -> str:
    """A proposal under the ordinary rule; gives its number."""
    decide = ("membership", "decide", TRUST, "--verdict", "admit", "--reason", "We know it.")
    return made(cli.done(*decide, "--json"))


@pytest.fixture
def ordinary(applied: Cli, bakery: Cli, advance: Advance) -> str:
    """A proposal under the ordinary rule, whose voting has not begun."""
    advance(1)
    return admits(bakery)


@pytest.fixture
def opened(ordinary: str, advance: Advance) -> str:
    """The same, and its voting has begun."""
    advance(DAY + 1)
    return ordinary


def shown(cli: Cli, number: str) -> dict[str, object]:
    found: dict[str, object] = cli.done("assembly", "show", number, "--json").json
    return found


# ------------------------------------------------------------------ split


def test_a_vote_is_split_exactly(bakery: Cli, opened: str) -> None:
    bakery.done("assembly", "vote", opened, "--split", "for=66.66 %, against=33.34%")

    [vote] = shown(bakery, opened)["votes"]  # type: ignore[misc]
    said = bakery.done("assembly", "show", opened).stdout
    assert vote["split"] == [3334, 6666, 0]  # type: ignore[index]
    assert shown(bakery, opened)["tallies"][0]["in_favour"] == 6666  # type: ignore[index]
    assert "33.34 % against, 66.66 % for, 0 % abstain" in said
    assert "Lantern Bakery Cooperative" in said


@pytest.mark.usefixtures("nothing_sent")
@pytest.mark.parametrize(
    ("vote", "sentence"),
    [
        (("--split", "for=60 %,against=30 %"), "the parts of the vote are 90 % together, not 100"),
        (("--split", "for=60 %,for=40 %"), "'for=40 %': a split is written like"),
        (("--split", "yes=100 %"), "with each of against, for, abstain once at most"),
        (("--split", "for=66.667 %,against=33.333 %"), "with at most two decimals"),
        (("--split", ""), "a split is written like"),
        (("for", "--split", "for=100 %"), "give one of for, against and abstain, or --split"),
        ((), "give one of for, against and abstain, or --split"),
    ],
)
def test_a_vote_that_is_not_one_is_refused(
    bakery: Cli, vote: tuple[str, ...], sentence: str
) -> None:
    result = bakery.run("assembly", "vote", "#1", *vote)

    assert result.code == 2
    assert sentence in " ".join(result.stderr.split())


# ------------------------------------------------------------------ consent and weights


@pytest.fixture
def consent(charter: Charter, trust: Cli, food_coop: Cli, loom: Cli) -> None:
    """Ordinary decisions are made by consent, and two objections stop them."""
    charter(
        {
            ORDINARY: "{method: consent, objections: 2, quorum: 20 %,",
            AMENDMENT: "{method: each class and consent, approval: 66.67 %, objections: 1, "
            "quorum: 50 %, closing: 20 %,",
        },
        *(trust, food_coop, loom),
    )


def test_under_consent_an_objection_has_a_reason(
    consent: None, applied: Cli, bakery: Cli, food_coop: Cli, loom: Cli, advance: Advance
) -> None:
    advance(1)
    number = admits(bakery)
    advance(DAY + 1)

    for how in (["against"], ["--split", "against=1 %,for=99 %"]):
        for more in ([], ["--sign-only", "vote.json"]):
            result = food_coop.run("assembly", "vote", number, *how, *more)
            assert result.code == 1
            assert "Under consent, a vote against is an objection: give the reason" in result.stderr
    bakery.done("assembly", "vote", number, "for")
    for voter in (food_coop, loom):
        voter.done("assembly", "vote", number, "against", "--reason", "Whose is it?")
    advance(6 * DAY)

    said = bakery.done("assembly", "show", number).stdout
    assert "consent, fewer than 2 objections, quorum 20 %" in said
    assert "objected: 2 votes against with a reason, 2 stop the decision" in said
    assert "Whose is it?" in said
    assert "fewer than 2 objections" in bakery.done("assembly", "rules").stdout


def test_under_a_weighted_rule_weights_and_the_share_are_shown(
    charter: Charter, bakery: Cli, trust: Cli, advance: Advance, home: Path
) -> None:
    weights = "weights: {Workers: 60 %, Consumers: 40 %}\nrules:"
    charter(
        {
            "rules:": weights,
            ORDINARY: ORDINARY.replace("majority", "weighted"),
            AMENDMENT: AMENDMENT.replace("each class", "each class and weighted"),
        },
        trust,
    )
    trust.done("membership", "apply", "--kind", "trust", "--constituency", "Workers",
               "--name", "Fernwood Trust", "--pledge", "Seeds.")  # fmt: skip
    advance(1)
    number = admits(bakery)
    advance(DAY + 1)

    bakery.done("assembly", "vote", number, "for")

    found, said = shown(bakery, number), bakery.done("assembly", "show", number).stdout
    assert (found["weights"], found["weighted_share"]) == ([6000, 4000, 0, 0, 0], 600_000_000)
    assert "60.0000000 % in favour" in said
    assert "WEIGHT" in said
    rules = bakery.done("assembly", "rules", "--json").json
    assert rules["weights"]["Consumers"] == 4000
    assert "Workers 60 %, Consumers 40 %" in bakery.done("assembly", "rules").stdout


# ------------------------------------------------------------------ upgrade, extension, counting


def test_a_class_asks_for_the_consent_of_each_class(bakery: Cli, ordinary: str) -> None:
    bakery.done("assembly", "upgrade", ordinary)
    again = bakery.run("assembly", "upgrade", ordinary)

    found, said = shown(bakery, ordinary), bakery.done("assembly", "show", ordinary).stdout
    assert found["tallies"][0]["upgrade_requests"] == 1  # type: ignore[index]
    assert "each class" in found["state"]["rule"]["methods"]  # type: ignore[index]
    assert "ASK FOR EACH CLASS" in said
    assert again.code == 4
    assert "The rule of this proposal cannot be made stricter" in again.stderr


def test_an_upgrade_is_asked_for_before_voting_and_by_members(
    bakery: Cli, outsider: Cli, ordinary: str, advance: Advance
) -> None:
    stranger = outsider.run("assembly", "upgrade", ordinary)
    advance(DAY + 1)
    late = bakery.run("assembly", "upgrade", ordinary)

    assert (stranger.code, late.code) == (4, 4)
    assert "Only an organization with an active seat can do this." in stranger.stderr
    assert "The proposal is being voted on." in late.stderr


def test_a_late_swing_extends_the_voting_and_is_shown(
    bakery: Cli, food_coop: Cli, opened: str, advance: Advance
) -> None:
    before = shown(bakery, opened)["state"]["deadline"]  # type: ignore[index]
    advance(5 * DAY - 3600)
    food_coop.done("assembly", "vote", opened, "for")

    state = shown(bakery, opened)["state"]
    assert state["extended"] and state["deadline"] > before  # type: ignore[index]
    said = bakery.done("assembly", "show", opened).stdout
    assert "extended because a late vote changed the outcome" in said


def test_votes_are_counted_in_steps_before_queueing_where_they_are_too_many(
    bakery: Cli, food_coop: Cli, opened: str, advance: Advance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page is what one transaction can count here; the seats are on three."""
    monkeypatch.setattr(assemblies, "PAGES", 1)
    early = bakery.run("assembly", "count", opened)
    for voter in (bakery, food_coop):
        voter.done("assembly", "vote", opened, "for")
    advance(5 * DAY)

    first = bakery.done("assembly", "queue", opened, "--dry-run", "--json").json["calls"]
    counted = bakery.done("assembly", "count", opened, "--json").json
    again = bakery.done("assembly", "count", opened, "--json")
    queued = bakery.done("assembly", "queue", opened, "--json").json

    assert early.code == 4
    assert "The proposal is being voted on." in early.stderr
    assert [call["says"].split()[0] for call in first] == ["count"] * 3 + ["queue"]
    names = [event["name"] for receipt in counted for event in receipt["events"]]
    assert names == ["VotesCounted"] * 3
    assert again.json == [] and "All votes are counted and kept already" in again.stderr
    assert [receipt["call"]["says"].split()[0] for receipt in queued] == ["queue"]
    assert shown(bakery, opened)["tallies"][0]["in_favour"] == 10_000  # type: ignore[index]


def test_queueing_counts_by_itself_where_it_must(
    bakery: Cli, food_coop: Cli, opened: str, advance: Advance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assemblies, "PAGES", 2)
    for voter in (bakery, food_coop):
        voter.done("assembly", "vote", opened, "for")
    advance(5 * DAY)

    sent = bakery.done("assembly", "queue", opened, "--json").json

    assert [one["call"]["says"].split()[0] for one in sent] == ["count", "count", "queue"]
    assert shown(bakery, opened)["state"]["state"] == "queued"  # type: ignore[index]


# ------------------------------------------------------------------ batches


def sign(cli: Cli, number: str, file: str, *vote: str) -> str:
    cli.done("assembly", "vote", number, *vote, "--sign-only", file)
    return file


def test_plain_votes_split_votes_and_reasons_go_in_one_transaction(
    bakery: Cli, food_coop: Cli, loom: Cli, outsider: Cli, opened: str, chain: Chain
) -> None:
    files = [
        sign(bakery, opened, "plain.json", "for"),
        sign(food_coop, opened, "split.json", "--split", "for=50 %,abstain=50 %"),
        sign(loom, opened, "reason.json", "against", "--reason", "Too early."),
    ]
    before = chain.block().number

    told = outsider.done("assembly", "vote-batch", *files, "--json").json
    again = outsider.done("assembly", "vote-batch", *files, "--json").json

    assert [one["outcome"] for one in told] == ["sent"] * 3
    assert [one["outcome"] for one in again] == ["cast already"] * 3
    assert chain.block().number == before + 1
    votes = {vote["voter"]: vote for vote in shown(bakery, opened)["votes"]}  # type: ignore[attr-defined]
    assert (votes[BAKERY]["support"], votes[BAKERY]["split"]) == (1, None)
    assert votes[FOOD_COOP]["split"] == [0, 5000, 5000]
    assert (votes[LOOM]["support"], votes[LOOM]["reason"]) == (0, "Too early.")


def test_votes_beyond_a_batch_go_in_another_one(
    bakery: Cli, food_coop: Cli, loom: Cli, opened: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "BATCH", 2)
    files = [
        sign(cli, opened, f"{number}.json", "for")
        for number, cli in enumerate((bakery, food_coop, loom))
    ]

    told = bakery.done("assembly", "vote-batch", *files, "--json").json

    assert [one["outcome"] for one in told] == ["sent"] * 3
    assert len(shown(bakery, opened)["votes"]) == 3  # type: ignore[arg-type]


@pytest.mark.parametrize("how", [("for",), ("for", "--reason", "We agree.")], ids=["plain", "said"])
def test_of_affiliated_organizations_the_first_vote_counts_and_the_other_is_told_so(
    bakery: Cli, food_coop: Cli, loom: Cli, applied: Cli, advance: Advance, how: tuple[str, ...]
) -> None:
    bakery.done("membership", "declare-affiliation", LOOM)
    loom.done("membership", "declare-affiliation", BAKERY)
    advance(1)
    number = admits(bakery)
    advance(DAY + 1)
    files = [
        sign(cli, number, f"{place}.json", *how)
        for place, cli in enumerate((bakery, loom, food_coop))
    ]

    result = bakery.run("assembly", "vote-batch", *files, "--json")

    assert result.code == 1
    assert [one["outcome"] for one in result.json] == ["sent", "refused", "sent"]
    reason = result.json[1]["reason"]
    assert reason.startswith("This seat, or one of its group, has voted on this proposal already.")
    votes = shown(bakery, number)["votes"]
    assert {vote["voter"]: vote["group"] for vote in votes} == {BAKERY: 1, FOOD_COOP: 0}  # type: ignore[attr-defined]
    again = bakery.run("assembly", "vote-batch", files[1], "--json")
    assert (again.code, again.json[0]["outcome"]) == (1, "refused")


def test_a_batch_is_tried_before_it_is_sent(
    bakery: Cli, food_coop: Cli, outsider: Cli, opened: str, home: Path, chain: Chain
) -> None:
    files = [
        sign(bakery, opened, "good.json", "for"),
        sign(outsider, opened, "seatless.json", "for"),
        sign(food_coop, opened, "two.json", "for"),
    ]
    both = [json.loads((home / name).read_text()) for name in ("good.json", "two.json")]
    (home / "both.json").write_text(json.dumps(both))
    before = chain.block().number

    result = bakery.run("assembly", "vote-batch", *files, "both.json", "--dry-run", "--json")

    assert result.code == 1
    assert [one["outcome"] for one in result.json] == ["valid", "refused", "valid", "refused"]
    assert "Only an organization with an active seat can do this." in result.json[1]["reason"]
    assert "one signed act is expected, and the file holds 2" in result.json[3]["reason"]
    assert chain.block().number == before


def test_a_batch_for_a_proposal_that_is_over_is_refused_vote_by_vote(
    bakery: Cli, food_coop: Cli, opened: str, advance: Advance
) -> None:
    files = [sign(cli, opened, f"{n}.json", "for") for n, cli in enumerate((bakery, food_coop))]
    advance(6 * DAY)

    result = bakery.run("assembly", "vote-batch", *files, "--json")

    assert result.code == 1
    assert {one["outcome"] for one in result.json} == {"refused"}
    assert all("The proposal was defeated." in one["reason"] for one in result.json)


def test_who_voted_is_shown_to_people(bakery: Cli, opened: str, decide: Decide) -> None:
    bakery.done("assembly", "vote", opened, "for", "--reason", "We know it.")

    lines = bakery.done("assembly", "show", opened).stdout.splitlines()

    [line] = [line for line in lines if line.startswith(BAKERY)]
    assert line.split("  ")[1:] != []
    assert "Lantern Bakery Cooperative" in line and "Workers" in line and "We know it." in line
