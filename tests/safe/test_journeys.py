"""Organizations that are Safes join, vote and execute; what their owners sign is what happens."""

import json
from pathlib import Path

import pytest
from onchain.world import AGAINST, FOR, VOTING, WINDOW, World, actor

from metaorg.onchain.accounts import LocalSigner
from metaorg.onchain.chain import Chain
from metaorg.onchain.devnet import advance
from metaorg.types import Call, Receipt
from safe.conftest import ANNA, BEN, CHLOE, DORA, EMIL, OUTSIDER, By, Wallets, made
from safe.wallets import NEW, OLD, Release, execute, execute_batch

ADOPT = ("constitution", "adopt", "--constituency", "Workers", "--pledge", "Paper for all.")
APPLY = ("membership", "apply", "--constituency", "Workers", "--kind", "trust", "--name", "Mill")


def signers(*numbers: int) -> list[LocalSigner]:
    return [actor(number) for number in numbers]


def adopt(by: By, safe: str, *owners: int) -> None:
    """The owners sign the adoption, and the outsider sends it."""
    by(safe).done(*ADOPT, "--sign-only", "adoption.json")
    for owner in owners:
        by(owner).done("safe", "sign", "adoption.json")
    by(OUTSIDER).done("constitution", "adopt", "--signed", "adoption.json")


@pytest.fixture
def seated(world: World, wallets: Wallets, by: By, home: Path) -> Wallets:
    """The mill holds a seat; the press has nothing to do with it but owning it."""
    join(world, wallets, by, home)
    return wallets


def join(world: World, wallets: Wallets, by: By, home: Path) -> None:
    """Adopt, apply and be admitted, without ETH of the Safe's or its owners'."""
    adopt(by, wallets.mill.address, DORA, ANNA, BEN)
    by(wallets.mill.address).done(*APPLY, "--as", "safe", "--output", "apply.json")
    execute_batch(world.chain, home / "apply.json", signers(EMIL, BEN, CHLOE), actor(OUTSIDER))
    advance(world.chain, WINDOW)
    by(OUTSIDER).done("membership", "admit", wallets.mill.address)


def proposed(world: World, title: str) -> int:
    org = world.by()
    return world.propose(org.constitution.amend(title.encode()), title=title)


def test_a_safe_of_a_safe_joins_votes_both_ways_and_executes(
    world: World, outsider: LocalSigner, releases: tuple[Release, Release], by: By, home: Path
) -> None:
    wallets = made(world.chain, outsider, releases)
    mill = wallets.mill.address
    join(world, wallets, by, home)
    assert by(OUTSIDER).done("membership", "show", mill, "--json").json["name"] == "Mill"

    first, second = proposed(world, "One"), proposed(world, "Two")
    by(mill).done("assembly", "vote", first, "for", "--as", "safe", "--output", "vote.json")
    execute_batch(world.chain, home / "vote.json", signers(DORA, EMIL), outsider)
    why = ("--reason", "We trust it.", "--sign-only", "ballot.json")
    by(mill).done("assembly", "vote", second, "against", *why)
    for owner in (CHLOE, EMIL, ANNA):
        by(owner).done("safe", "sign", "ballot.json")
    [told] = by(OUTSIDER).done("assembly", "vote-batch", "ballot.json", "--json").json
    votes = [(vote.proposal, vote.voter, vote.support) for vote in world.by().assembly.votes()]
    assert votes == [(first, mill, FOR), (second, mill, AGAINST)]
    assert (told["outcome"], told["voter"]) == ("sent", mill)

    world.vote(first, *((founder, FOR) for founder in world.founders))
    advance(world.chain, VOTING + 1)
    by(OUTSIDER).done("assembly", "queue", first)
    advance(world.chain, 3601)
    by(mill).done("assembly", "execute", first, "--as", "safe", "--output", "execute.json")
    execute_batch(world.chain, home / "execute.json", signers(DORA, BEN, ANNA), outsider)

    assert world.by().constitution.version().number == 2
    balances = [world.chain.at().balance(actor(n).address) for n in range(ANNA, OUTSIDER)]
    assert (balances, world.chain.at().balance(mill)) == ([0] * 5, 0)


def test_a_batch_does_what_the_calls_do(
    world: World, seated: Wallets, by: By, home: Path, outsider: LocalSigner
) -> None:
    mill, chain = seated.mill, world.chain
    number = proposed(world, "Both ways")
    vote = ("assembly", "vote", number, "abstain", "--reason", "Not ours to say.")
    [printed] = by(mill.address).done(*vote, "--as", "print").json
    by(mill.address).done(*vote, "--as", "safe", "--output", "batch.json")
    before = chain.request("evm_snapshot")

    [batched] = execute_batch(chain, home / "batch.json", signers(DORA, EMIL), outsider)
    chain.request("evm_revert", before)
    call = Call(**printed)
    called = execute(chain, mill, call, signers(DORA, EMIL), outsider)

    def said(receipt: Receipt) -> list[object]:
        return [(one.contract, one.name, one.arguments) for one in receipt.events]

    assert said(batched) == said(called) != []


def test_a_batch_without_output_is_data_on_stdout(seated: Wallets, by: By) -> None:
    result = by(seated.mill.address).done(
        "membership", "leave", "--reason", "We close.", "--as", "safe"
    )

    [one] = result.json["transactions"]
    assert one["contractMethod"]["name"] == "leaveSeat"
    assert "give up the seat" in result.json["meta"]["description"]


def test_a_batch_puts_its_documents_on_the_commons(seated: Wallets, by: By) -> None:
    leave = ("membership", "leave", "--reason", "We close.", "--as", "safe")

    description = by(seated.mill.address).done(*leave).json["meta"]["description"]

    reason = by(OUTSIDER).done("commons", "fetch", description.split()[-1]).stdout
    assert json.loads(reason)["text"] == "We close."


def test_a_safe_proposes_by_a_batch(
    world: World, seated: Wallets, by: By, home: Path, outsider: LocalSigner
) -> None:
    advance(world.chain, 1)
    (home / "new.md").write_text("# New\n")
    amend = ("constitution", "amend", "new.md", "--title", "A new text", "--output", "batch.json")

    by(seated.mill.address).done(*amend, "--as", "propose")
    execute_batch(world.chain, home / "batch.json", signers(DORA, EMIL), outsider)

    [shown] = by(OUTSIDER).done("assembly", "list", "--json").json
    assert (shown["title"], shown["proposer"]) == ("A new text", seated.mill.address)


def test_owners_may_sign_copies_that_are_put_together(wallets: Wallets, by: By, home: Path) -> None:
    by(wallets.mill.address).done(*ADOPT, "--sign-only", "act.json")
    for owner in (EMIL, ANNA, CHLOE):
        (home / f"{owner}.json").write_bytes((home / "act.json").read_bytes())
        by(owner).done("safe", "sign", f"{owner}.json")

    copies = [f"{owner}.json" for owner in (EMIL, ANNA, CHLOE)]
    [collected] = by(OUTSIDER).done("safe", "collect", "act.json", *copies, "--json").json

    assert collected["complete"] is True
    by(OUTSIDER).done("constitution", "adopt", "--signed", "act.json")


def test_show_tells_who_has_signed(wallets: Wallets, by: By) -> None:
    by(wallets.mill.address).done(*ADOPT, "--sign-only", "act.json")
    for owner in (DORA, ANNA):
        by(owner).done("safe", "sign", "act.json")

    [shown] = by(OUTSIDER).done("safe", "show", "act.json", "--json").json
    words = by(OUTSIDER).done("safe", "show", "act.json").stdout

    assert (shown["threshold"], shown["complete"]) == (2, False)
    signed = {one["owner"]: one["signed"] for one in shown["owners"]}
    assert signed == {
        actor(DORA).address: True,
        wallets.press.address: False,  # one of its three owners is not enough
        actor(EMIL).address: False,
    }
    assert shown["typed"]["domain"]["verifyingContract"] == wallets.mill.address
    assert "Paper for all." in words


def test_an_owner_of_a_safe_at_two_places_signs_at_both(
    world: World, chain: Chain, wallets: Wallets, outsider: LocalSigner, by: By
) -> None:
    """Anna owns the guild and, by the press, a second share of it."""
    guild = NEW.create(chain, outsider, [actor(ANNA).address, wallets.press.address], 2)
    by(guild).done(*ADOPT, "--sign-only", "act.json")

    by(ANNA).done("safe", "sign", "act.json")
    [told] = by(BEN).done("safe", "sign", "act.json", "--json").json

    assert told["complete"] is True
    by(OUTSIDER).done("constitution", "adopt", "--signed", "act.json")


def test_an_old_safe_whose_owner_is_a_new_one_is_told_that_it_cannot_be_confirmed(
    chain: Chain, outsider: LocalSigner, by: By
) -> None:
    """The handler of 1.5.0 does not answer any more what a Safe of 1.4.1 asks its owners."""
    mill = made(chain, outsider, (OLD, NEW)).mill.address
    by(mill).done(*ADOPT, "--sign-only", "act.json")
    for owner in (DORA, ANNA, BEN):
        by(owner).done("safe", "sign", "act.json")

    result = by(OUTSIDER).run("constitution", "adopt", "--signed", "act.json")

    assert result.code == 2
    assert f"{mill} does not confirm this signature" in result.stderr
    by(EMIL).done("safe", "sign", "act.json")  # with Dora, it does without the press
    by(OUTSIDER).done("constitution", "adopt", "--signed", "act.json")
