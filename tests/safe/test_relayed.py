"""Applications and changes of account that many organizations sign, and one account sends."""

import json
from pathlib import Path
from typing import Any

import pytest
from onchain.world import WINDOW, World, actor, fund

from metaorg.onchain.chain import Chain
from metaorg.onchain.devnet import advance
from metaorg.onchain.typed_data import digest
from metaorg.organization import delivery
from metaorg.types import Cid
from safe.conftest import ANNA, BEN, CHLOE, DORA, EMIL, OUTSIDER, STRANGER, By, Wallets
from safe.wallets import NEW

LOOM = 2
"""A founder, by the number of its key."""
PLACE = ("--kind", "trust", "--constituency", "Workers")
JOIN = ("membership", "apply", *PLACE, "--pledge", "Seeds for everyone.")


def join(by: By, who: int | str, file: str, name: str = "Fernwood Trust") -> None:
    by(who).done(*JOIN, "--name", name, "--sign-only", file)


def send(*files: str) -> tuple[str, ...]:
    options = (part for file in files for part in ("--signed", file))
    return ("membership", "apply", *options, "--json")


def outcomes(told: list[dict[str, Any]]) -> list[str]:
    return [one["outcome"] for one in told]


def alter(path: Path, place: int, **message: object) -> None:
    acts = json.loads(path.read_text())
    acts[place]["message"] |= message
    path.write_text(json.dumps(acts))


def status(world: World, account: str) -> str:
    return world.by().membership.show(account).standing.status.words


def test_the_digests_are_those_that_the_contract_computes(world: World, wallets: Wallets) -> None:
    org = world.by(actor(LOOM))
    [move] = org.membership.to_move(wallets.mill.address)
    application = {
        "organization": actor(DORA).address,
        "kind": 1,
        "profile": Cid.of(b"profile").digest,
        "nonce": 0,
        "validUntil": 2_000_000_000,
    }
    act = org.membership._act("Application", application, b"profile")

    contract, reading = org.membership.contract, org.at(None)
    for one, function in ((move, "hashMove"), (act, "hashApplication")):
        said = contract.read(reading, function, tuple(one.message.values()))
        assert digest(one.typed) == said


def test_safes_and_keyless_organizations_join_in_one_transaction_and_a_bad_one_spoils_only_itself(
    world: World, wallets: Wallets, by: By, home: Path, chain: Chain
) -> None:
    press, mill = wallets.press.address, wallets.mill.address
    join(by, press, "press.json", "Press")
    join(by, mill, "mill.json", "Mill")
    for owner, files in ((ANNA, ("press", "mill")), (BEN, ("press", "mill")), (EMIL, ("mill",))):
        for file in files:
            by(owner).done("safe", "sign", f"{file}.json")
    join(by, STRANGER, "stranger.json")
    join(by, CHLOE, "chloe.json")
    join(by, DORA, "altered.json")
    alter(home / "altered.json", 1, kind=0)
    files = [f"{name}.json" for name in ("press", "altered", "mill", "stranger", "chloe")]
    before = chain.block().number

    tried = by(OUTSIDER).run(*send(*files), "--dry-run")
    result = by(OUTSIDER).run(*send(*files))

    assert (tried.code, result.code) == (1, 1)
    assert outcomes(tried.json) == ["valid", "refused", "valid", "valid", "valid"]
    assert outcomes(result.json) == ["sent", "refused", "sent", "sent", "sent"]
    assert f"not one of {actor(DORA).address} over exactly this" in result.json[1]["reason"]
    assert "1 of 5 files were refused." in result.stderr
    assert chain.block().number == before + 1
    joined = [press, mill, actor(STRANGER).address, actor(CHLOE).address]
    assert [status(world, one) for one in joined] == ["applied"] * 4
    assert status(world, actor(DORA).address) == "none"
    assert world.by().membership.show(mill).name == "Mill"
    assert [chain.at().balance(one) for one in joined] == [0] * 4

    again = by(OUTSIDER).done(*send("press.json", "mill.json", "stranger.json")).json
    assert outcomes(again) == ["applied already"] * 3
    assert chain.block().number == before + 1


def test_who_has_adopted_signs_the_application_only(world: World, by: By, home: Path) -> None:
    world.adopt(_funded(world, DORA))

    join(by, DORA, "dora.json")

    assert json.loads((home / "dora.json").read_text())["kind"] == "Application"
    assert outcomes(by(OUTSIDER).done(*send("dora.json")).json) == ["sent"]


def test_an_adoption_that_was_sent_before_is_not_sent_again(world: World, by: By) -> None:
    join(by, DORA, "dora.json")
    org = world.by(actor(OUTSIDER))
    adoption = _acts(world, "dora.json", by)[0]
    org.send(org.constitution.relay(adoption))

    assert outcomes(by(OUTSIDER).done(*send("dora.json")).json) == ["sent"]


def test_what_the_contract_refuses_on_the_way_is_told_in_its_own_words(
    world: World, by: By, home: Path, chain: Chain
) -> None:
    """Both are good, and the first one that is sent uses up the number of both."""
    world.adopt(_funded(world, DORA))
    join(by, DORA, "first.json", "One name")
    join(by, DORA, "second.json", "Another name")
    before = chain.block().number

    result = by(OUTSIDER).run(*send("first.json", "second.json"))

    assert result.code == 1
    assert outcomes(result.json) == ["sent", "refused"]
    assert "This signature was used already or is out of order" in result.json[1]["reason"]
    assert chain.block().number == before + 1


def test_more_than_fits_one_transaction_goes_in_several(
    world: World, by: By, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "ROOM", 1_000_000)
    for who in (DORA, EMIL):
        join(by, who, f"{who}.json")

    told = by(OUTSIDER).done(*send(f"{DORA}.json", f"{EMIL}.json")).json

    assert outcomes(told) == ["sent", "sent"]
    assert told[0]["transaction"] != told[1]["transaction"]


def test_applications_that_cannot_be_sent_are_told_why(world: World, by: By, home: Path) -> None:
    join(by, DORA, "late.json")
    join(by, EMIL, "other.json")
    (home / "broken.json").write_text("[1]")
    acts = json.loads((home / "other.json").read_text())
    mixed = [json.loads((home / "late.json").read_text())[0], acts[1]]
    (home / "mixed.json").write_text(json.dumps(mixed))
    (home / "adoption.json").write_text(json.dumps(acts[0]))
    advance(world.chain, 31 * 86_400)
    join(by, _safe(world), "unsigned.json")

    names = ("late", "unsigned", "broken", "mixed", "adoption")
    result = by(OUTSIDER).run(*send(*(f"{name}.json" for name in names)))

    assert result.code == 1
    reasons = [one["reason"] for one in result.json]
    parts = (
        "the signature counted until 20",
        "0 of the 2 owners have signed",
        "is not a signed act as --sign-only writes it",
        "the adoption is one of",
        "of kind Adoption, not Application",
    )
    for reason, part in zip(reasons, parts, strict=True):
        assert part in reason
    assert result.json[2]["organization"] is None


def test_where_admission_is_open_the_seat_comes_along(world: World, by: By) -> None:
    org = world.by()
    rule = org.membership.admission().model_dump() | {"method": 0, "window": 0}
    world.decide(org.membership.set_admission(type(org.membership.admission())(**rule)))
    join(by, DORA, "dora.json")

    assert outcomes(by(OUTSIDER).done(*send("dora.json")).json) == ["sent"]
    assert status(world, actor(DORA).address) == "active"


def test_signing_an_application_twice_is_refused(world: World, by: By) -> None:
    world.apply(_funded(world, DORA))

    result = by(DORA).run(*JOIN, "--name", "Again", "--sign-only", "again.json")

    assert result.code == 1
    assert "has applied already, or holds a seat; nothing was signed." in result.stderr


def test_signing_shows_what_is_signed(by: By, home: Path) -> None:
    shown = by(DORA).done(*JOIN, "--name", "D", "--sign-only", "d.json", "--dry-run", "--json").json

    assert [one["primaryType"] for one in shown] == ["Adoption", "Application"]
    assert not (home / "d.json").exists()


# ------------------------------------------------------------------ changes of account


def move(by: By, who: int | str, to: str, *more: str) -> Any:
    return by(who).run("membership", "move", to, "--sign-only", "move.json", *more)


def sent(by: By, *more: str) -> Any:
    return by(OUTSIDER).run("membership", "move", "--signed", "move.json", "--json", *more)


def test_a_seat_moves_when_both_accounts_have_signed_the_same_file(
    world: World, by: By, chain: Chain
) -> None:
    old, new = actor(LOOM).address, actor(DORA).address
    name = world.by().membership.show(old).name

    first = move(by, LOOM, new)
    half = sent(by)
    second = move(by, DORA, new)
    before = chain.block().number
    tried, done, again = sent(by, "--dry-run"), sent(by), sent(by)

    assert f"Next, {new} signs the same file" in first.stderr
    assert half.code == 1
    assert f"the signature of {new} is missing" in half.json[0]["reason"]
    assert second.code == 0, second
    assert "Anybody sends it: metaorg membership move --signed move.json" in second.stderr
    assert [one.json[0]["outcome"] for one in (tried, done, again)] == [
        *("valid", "sent", "moved already")
    ]
    assert (done.json[0]["from"], done.json[0]["to"]) == (old, new)
    assert chain.block().number == before + 1
    assert (status(world, old), status(world, new)) == ("none", "active")
    assert world.by().membership.show(new).name == name


def test_the_pledge_of_the_old_account_goes_along(world: World, by: By) -> None:
    kept = world.by().constitution.adoption_of(actor(LOOM).address).pledge

    move(by, LOOM, actor(DORA).address)
    move(by, DORA, actor(DORA).address)
    sent(by)

    assert world.by().constitution.adoption_of(actor(DORA).address).pledge == kept


def test_a_seat_moves_from_a_safe_to_a_safe(world: World, wallets: Wallets, by: By) -> None:
    press, mill = wallets.press.address, wallets.mill.address
    join(by, press, "press.json", "Press")
    for owner in (ANNA, BEN):
        by(owner).done("safe", "sign", "press.json")
    by(OUTSIDER).done(*send("press.json"))
    advance(world.chain, WINDOW)
    by(OUTSIDER).done("membership", "admit", press)

    move(by, press, mill)
    move(by, mill, mill)
    for owner in (BEN, CHLOE, DORA):  # two of the press, and with them and Dora two of the mill
        by(owner).done("safe", "sign", "move.json")
    progress = by(OUTSIDER).done("safe", "show", "move.json", "--json").json
    done = sent(by)

    assert [one["complete"] for one in progress] == [True] * 3
    assert done.json[0]["outcome"] == "sent", done
    assert (status(world, press), status(world, mill)) == ("none", "active")


def test_who_may_sign_a_change_of_account(world: World, by: By) -> None:
    new = actor(DORA).address
    early = move(by, DORA, new)
    taken = move(by, LOOM, actor(1).address)
    move(by, LOOM, new)
    others = [move(by, who, to) for who, to in ((LOOM, new), (EMIL, new), (EMIL, actor(1).address))]

    assert [one.code for one in (early, taken, *others)] == [1, 1, 1, 1, 2]
    assert f"{new} holds no seat that it could give away" in early.stderr
    assert "has a place in the register of its own" in taken.stderr
    assert "has signed this file already" in others[0].stderr
    assert "is neither of the two accounts" in others[1].stderr
    assert f"the file gives the seat to {new}" in others[2].stderr


def test_a_change_of_account_that_was_altered_is_refused(world: World, by: By, home: Path) -> None:
    new = actor(DORA).address
    move(by, LOOM, new)
    move(by, DORA, new)
    acts = json.loads((home / "move.json").read_text())
    swapped = [acts[0] | {"signature": acts[1]["signature"]}, *acts[1:]]
    (home / "move.json").write_text(json.dumps(swapped))
    forged = sent(by)
    (home / "move.json").write_text(json.dumps([acts[0] | {"account": actor(EMIL).address}]))
    foreign = sent(by)

    assert (forged.code, foreign.code) == (1, 1)
    assert f"not one of {actor(LOOM).address} over exactly this" in forged.json[0]["reason"]
    assert "those who sign it are" in foreign.json[0]["reason"]


def test_moving_needs_an_account_and_a_file(by: By) -> None:
    result = by(LOOM).run("membership", "move")

    assert result.code == 2
    assert "give the new account and --sign-only FILE, or --signed FILE" in result.stderr


def _funded(world: World, number: int) -> Any:
    signer = actor(number)
    fund(world.chain, signer)
    return signer


def _acts(world: World, file: str, by: By) -> Any:
    from metaorg.cli.files import read_acts

    return read_acts(by(DORA).folder / file)


def _safe(world: World) -> str:
    """A Safe of Anna, Ben and Chloe."""
    owners = [actor(number).address for number in (ANNA, BEN, CHLOE)]
    return NEW.create(world.chain, actor(OUTSIDER), owners, 2)
