"""Organizations without ETH sign, and somebody else sends."""

import json
from pathlib import Path
from typing import Any

import pytest
from cli.conftest import BAKERY, altered, serving
from onchain.world import PLEDGE, World, actor

from metaorg.cli.writing import act_bytes
from metaorg.onchain.accounts import LocalSigner
from metaorg.onchain.chain import Chain
from metaorg.onchain.typed_data import digest, recover
from metaorg.types import Cid
from safe.conftest import DORA, EMIL, OUTSIDER, STRANGER, By
from safe.test_journeys import ADOPT, proposed

LOOM, FOOD_COOP = 2, 3
"""Founders, by the numbers of their keys."""


@pytest.fixture
def penniless(world: World, chain: Chain) -> None:
    """The founders have nothing left to pay gas with."""
    for number in (1, LOOM, FOOD_COOP):
        chain.request("anvil_setBalance", actor(number).address, "0x0")


def balances(world: World, *numbers: int) -> list[int]:
    return [world.chain.at().balance(actor(number).address) for number in numbers]


def test_an_act_has_the_digest_that_the_contract_computes(world: World) -> None:
    org = world.by(actor(DORA))
    adoption = org.constitution.adoption(actor(DORA).address, "Workers", PLEDGE)

    act = org.constitution.act(adoption, PLEDGE)

    contract = org.constitution.contract
    assert digest(act.typed) == contract.read(org.at(None), "hashAdoption", adoption.arguments())
    assert recover(act.typed, org.sign(act).signature) == actor(DORA).address  # type: ignore[arg-type]


def test_an_adoption_is_sent_by_somebody_else(world: World, by: By) -> None:
    by(DORA).done(*ADOPT, "--sign-only", "act.json")

    [receipt] = by(OUTSIDER).done("constitution", "adopt", "--signed", "act.json", "--json").json

    assert receipt["events"][0]["arguments"]["organization"] == actor(DORA).address
    assert balances(world, DORA) == [0]
    assert world.by(actor(OUTSIDER)).constitution.adoption_of(actor(DORA).address).recorded_at


def test_the_pledge_travels_with_the_signature(world: World, by: By) -> None:
    by(DORA).done(*ADOPT, "--sign-only", "act.json", store=f"embedded:{world.store.path}.other")

    by(OUTSIDER).done("constitution", "adopt", "--signed", "act.json")

    pledge = world.by().constitution.adoption_of(actor(DORA).address).pledge
    assert json.loads(world.store.get(Cid(digest=pledge)))["text"] == "Paper for all."


def test_several_adoptions_go_at_once(by: By) -> None:
    for number in (DORA, EMIL):
        by(number).done(*ADOPT, "--sign-only", f"{number}.json")

    files = ("--signed", f"{DORA}.json", "--signed", f"{EMIL}.json")
    assert len(by(OUTSIDER).done("constitution", "adopt", *files, "--json").json) == 2
    assert by(OUTSIDER).done("constitution", "adopt", *files, "--json").json == []


@pytest.fixture
def number(world: World) -> int:
    return proposed(world, "One")


@pytest.fixture
def ballots(number: int, penniless: None, by: By) -> list[str]:
    """Three founders' votes, two with a reason, as files."""
    reasons: dict[int, tuple[str, ...]] = {
        1: (),
        LOOM: ("--reason", "We agree."),
        FOOD_COOP: ("--reason", "Zu früh. 🌱"),
    }
    for voter, support in ((1, "for"), (LOOM, "for"), (FOOD_COOP, "against")):
        signed = (*reasons[voter], "--sign-only", f"{voter}.json")
        by(voter).done("assembly", "vote", number, support, *signed)
    return [f"{voter}.json" for voter in (1, LOOM, FOOD_COOP)]


def test_votes_are_sent_by_somebody_else(
    world: World, number: int, ballots: list[str], by: By
) -> None:
    told = by(OUTSIDER).done("assembly", "vote-batch", *ballots, "--json").json

    assert [one["outcome"] for one in told] == ["sent"] * 3
    assert [one["voter"] for one in told] == [actor(n).address for n in (1, LOOM, FOOD_COOP)]
    assert all(one["transaction"].startswith("0x") for one in told)
    votes = world.by().assembly.votes(number)
    assert {one.voter: one.support for one in votes} == {
        actor(1).address: 1,
        actor(LOOM).address: 1,
        actor(FOOD_COOP).address: 0,
    }
    assert len({one["transaction"] for one in told}) == 1
    assert {one.voter: one.reason for one in votes}[actor(FOOD_COOP).address] == "Zu früh. 🌱"
    assert balances(world, 1, LOOM, FOOD_COOP) == [0, 0, 0]


def test_votes_are_not_sent_twice(ballots: list[str], by: By, chain: Chain) -> None:
    by(OUTSIDER).done("assembly", "vote-batch", *ballots)
    before = chain.block().number

    again = by(OUTSIDER).done("assembly", "vote-batch", *ballots, "--json").json

    assert {one["outcome"] for one in again} == {"cast already"}
    assert chain.block().number == before


def test_a_bad_vote_is_told_and_the_others_are_sent(
    number: int, ballots: list[str], by: By, home: Path, world: World
) -> None:
    by(STRANGER).done("assembly", "vote", number, "for", "--sign-only", "stranger.json")
    by(DORA).done(*ADOPT, "--sign-only", "adoption.json")
    altered = json.loads((home / f"{LOOM}.json").read_text())
    altered["message"]["support"] = 0
    (home / "altered.json").write_text(json.dumps(altered))
    (home / "broken.json").write_text("{")
    bad = ("broken.json", "missing.json", "adoption.json", "stranger.json", "altered.json")

    result = by(OUTSIDER).run("assembly", "vote-batch", *bad, *ballots, ballots[0], "--json")

    assert result.code == 1
    assert "5 of 9 files were refused." in result.stderr
    told = {one["file"]: one for one in result.json}
    reasons = [told[name]["reason"] for name in bad]
    for reason, part in zip(
        reasons,
        (
            "is not JSON",
            "cannot be read",
            "an act of kind Adoption, not Ballot",
            "active seat",
            f"the signature is not one of {actor(LOOM).address}",
        ),
        strict=True,
    ):
        assert part in reason
    assert [one["outcome"] for one in result.json[5:]] == ["sent"] * 3 + ["cast already"]
    assert told["stranger.json"]["voter"] == actor(STRANGER).address
    assert told["broken.json"]["voter"] is None


def test_a_second_vote_of_the_same_account_is_refused(
    number: int, ballots: list[str], by: By
) -> None:
    by(LOOM).done("assembly", "vote", number, "against", "--sign-only", "again.json")

    result = by(OUTSIDER).run("assembly", "vote-batch", *ballots, "again.json", "--json")

    assert result.code == 1
    assert result.json[-1]["outcome"] == "refused"
    assert "This account has voted otherwise" in result.json[-1]["reason"]


def test_an_unknown_support_is_refused(number: int, by: By, home: Path, world: World) -> None:
    org = world.by(actor(LOOM))
    (home / "seven.json").write_bytes(act_bytes(org.sign(org.assembly.ballot(number, 7))))

    result = by(OUTSIDER).run("assembly", "vote-batch", "seven.json", "--json")

    assert result.code == 1
    assert result.json[0]["outcome"] == "refused"


def test_a_dry_run_of_votes_sends_nothing(ballots: list[str], by: By, chain: Chain) -> None:
    before = chain.block().number

    told = by(OUTSIDER).done("assembly", "vote-batch", *ballots, "--dry-run", "--json").json

    assert [one["outcome"] for one in told] == ["valid"] * 3
    assert chain.block().number == before


def test_a_sender_without_eth_is_told_so_and_what_went_is_printed(
    ballots: list[str], by: By
) -> None:
    result = by(STRANGER).run("assembly", "vote-batch", *ballots, "--json")

    assert result.code == 1
    assert "holds 0.000000 ETH" in result.stderr
    assert [one["outcome"] for one in result.json] == ["valid"] * 3


def test_the_sender_may_be_anybody_but_the_signature_may_not(
    world: World, number: int, by: By, home: Path, outsider: LocalSigner
) -> None:
    org = world.by(outsider)
    act = org.assembly.ballot(number, 1, voter=actor(LOOM).address)
    (home / "forged.json").write_bytes(act_bytes(org.sign(act)))

    result = by(OUTSIDER).run("assembly", "vote-batch", "forged.json", "--json")

    assert result.code == 1
    assert f"the signature is not one of {actor(LOOM).address}" in result.json[0]["reason"]


def test_a_dry_run_of_signing_shows_what_would_be_signed(by: By, home: Path) -> None:
    shown = by(DORA).done(*ADOPT, "--sign-only", "act.json", "--dry-run", "--json").json

    assert (shown["primaryType"], shown["domain"]["name"]) == ("Adoption", "InterConstitution")
    assert not (home / "act.json").exists()


def test_a_file_that_is_there_is_not_overwritten(by: By, home: Path) -> None:
    (home / "act.json").write_text("mine")

    result = by(DORA).run(*ADOPT, "--sign-only", "act.json")

    assert result.code == 2
    assert (home / "act.json").read_text() == "mine"


def test_a_device_that_counts_its_signatures_from_zero_is_understood(world: World, by: By) -> None:
    def from_zero(method: str, result: Any) -> Any:
        if method != "eth_signTypedData_v4":
            return result
        return result[:-2] + f"{int(result[-2:], 16) - 27:02x}"

    with serving(altered(world.chain.url, from_zero)) as device:
        by(DORA).done(*ADOPT, "--sign-only", "act.json", account=f"rpc:{BAKERY}@{device}")

    [receipt] = by(OUTSIDER).done("constitution", "adopt", "--signed", "act.json", "--json").json
    assert receipt["events"][0]["arguments"]["organization"] == BAKERY
