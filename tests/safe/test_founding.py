"""A founder may be a Safe: its owners sign, and another founder founds."""

from pathlib import Path

import pytest
from onchain.world import CHARTER, FOUNDERS, TEXT, actor

from safe.conftest import ANNA, BEN, DORA, OUTSIDER, By, Wallets


@pytest.fixture
def charter(home: Path, wallets: Wallets) -> Path:
    """The outsider and the mill found together."""
    founders = "".join(
        f'  - account: "{account}"\n    constituency: {constituency}\n    kind: trust\n'
        f"    profile: {{name: {name}}}\n    pledge: {{text: {name} shares.}}\n"
        for account, (constituency, name) in zip(
            (actor(OUTSIDER).address, wallets.mill.address), FOUNDERS, strict=False
        )
    )
    (home / "text.md").write_bytes(TEXT)
    (home / "charter.yaml").write_text(CHARTER.replace("Aurora", "Borealis") + founders)
    return home / "charter.yaml"


def test_a_safe_founds_by_the_signatures_of_its_owners(
    by: By, charter: Path, wallets: Wallets
) -> None:
    initiator = ("--initiator", actor(OUTSIDER).address)
    by(wallets.mill.address).done("found", charter, "--sign", "act.json", *initiator)
    for owner in (DORA, ANNA, BEN):
        by(owner).done("safe", "sign", "act.json", address=None)

    founded = by(OUTSIDER).done("found", charter, "--signed", "act.json", "--json").json

    address = founded["modules"]["meta_organization"]
    members = by(OUTSIDER).done("membership", "list", "--json", address=address).json
    assert [one["account"] for one in members] == [actor(OUTSIDER).address, wallets.mill.address]
    by(OUTSIDER).done("check", address=address)


def test_a_founding_waits_for_all_owners_that_are_needed(
    by: By, charter: Path, wallets: Wallets
) -> None:
    initiator = ("--initiator", actor(OUTSIDER).address)
    by(wallets.mill.address).done("found", charter, "--sign", "act.json", *initiator)
    by(DORA).done("safe", "sign", "act.json", address=None)

    result = by(OUTSIDER).run("found", charter, "--signed", "act.json")

    assert result.code == 1
    assert "1 of the 2 owners have signed" in result.stderr


def test_a_signature_for_one_founding_does_not_serve_another(
    by: By, charter: Path, wallets: Wallets
) -> None:
    """Who founds is part of where it will stand, and so of what is signed."""
    initiator = ("--initiator", actor(DORA).address)
    by(wallets.mill.address).done("found", charter, "--sign", "act.json", *initiator)

    result = by(OUTSIDER).run("found", charter, "--signed", "act.json")

    assert result.code == 2
    assert "this was signed for 0x" in result.stderr


def test_a_safe_does_not_found_by_itself(by: By, charter: Path, wallets: Wallets) -> None:
    result = by(wallets.mill.address).run("found", charter)

    assert result.code == 2
    assert "a Safe does not found" in result.stderr
