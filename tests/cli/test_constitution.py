"""`metaorg constitution`: the text in force, and signed adoptions of it."""

import json
from pathlib import Path

import pytest

from cli.conftest import CHARTER, TRUST, Cli
from metaorg.onchain.chain import Chain

TEXT = CHARTER.with_name("interconstitution.md")
ADOPTING = ("constitution", "adopt", "--constituency", "Workers", "--pledge", "Seeds.")


def test_show_gives_the_verified_text(bakery: Cli) -> None:
    shown = bakery.done("constitution", "show", "--text", "--json").json

    assert shown["number"] == 1
    assert shown["content"] == TEXT.read_text()
    assert bakery.done("constitution", "show", "--text").stdout == TEXT.read_text()


def test_verify_accepts_the_text_in_force(bakery: Cli) -> None:
    assert bakery.done("constitution", "verify", TEXT, "--json").json["same"] is True


def test_verify_refuses_a_text_that_differs_in_one_byte(bakery: Cli, home: Path) -> None:
    (home / "text.md").write_bytes(TEXT.read_bytes() + b" ")

    result = bakery.run("constitution", "verify", "text.md", "--json")

    assert result.code == 6
    assert result.json["same"] is False
    assert "text.md is not version 1 of the text" in result.stderr


def test_a_text_that_no_store_holds_is_unknown(bakery: Cli, home: Path) -> None:
    result = bakery.run("constitution", "show", "--text", "--store", f"embedded:{home / 'new'}")

    assert result.code == 5
    assert "no store holds bafk" in result.stderr


def test_adopting_twice_sends_once(trust: Cli, chain: Chain) -> None:
    trust.done(*ADOPTING)
    before = chain.block().number

    again = trust.done(*ADOPTING, "--json")

    assert again.json == []
    assert "adopted already" in again.stderr
    assert chain.block().number == before


def test_a_signed_adoption_is_relayed_by_anybody_once(trust: Cli, outsider: Cli) -> None:
    trust.done(*ADOPTING, "--sign-only", "signed.json")

    [receipt] = outsider.done("constitution", "adopt", "--signed", "signed.json", "--json").json
    again = outsider.done("constitution", "adopt", "--signed", "signed.json", "--json")

    assert receipt["events"][0]["arguments"]["organization"] == TRUST
    assert again.json == []


@pytest.mark.parametrize(
    ("part", "value", "code", "sentence"),
    [
        ("documents", ["0x7b7d"], 2, "not those whose hashes were signed"),
        ("documents", [], 2, "not those whose hashes were signed"),
        ("signature", "0x" + "22" * 65, 2, f"the signature is not one of {TRUST}"),
        ("signature", "none", 2, "signature"),
        ("message", None, 2, "message"),
    ],
)
def test_an_altered_adoption_is_refused(
    trust: Cli, outsider: Cli, home: Path, part: str, value: object, code: int, sentence: str
) -> None:
    trust.done(*ADOPTING, "--sign-only", "signed.json")
    signed = json.loads((home / "signed.json").read_text())
    (home / "signed.json").write_text(json.dumps(signed | {part: value}))

    result = outsider.run("constitution", "adopt", "--signed", "signed.json")

    assert result.code == code
    assert sentence in result.stderr


def test_an_adoption_altered_after_signing_is_refused(
    trust: Cli, outsider: Cli, home: Path
) -> None:
    trust.done(*ADOPTING, "--sign-only", "signed.json")
    signed = json.loads((home / "signed.json").read_text())
    signed["message"]["constituency"] = 1
    (home / "signed.json").write_text(json.dumps(signed))

    result = outsider.run("constitution", "adopt", "--signed", "signed.json")

    assert result.code == 2
    assert f"the signature is not one of {TRUST}" in result.stderr


@pytest.mark.usefixtures("nothing_sent")
def test_adopt_needs_a_constituency_that_there_is(trust: Cli) -> None:
    assert trust.run("constitution", "adopt", "--pledge", "Seeds.").code == 2
    result = trust.run("constitution", "adopt", "--constituency", "Dragons")

    assert result.code == 2
    assert "'Dragons' is not a constituency; the constituencies are Workers" in result.stderr


@pytest.mark.usefixtures("nothing_sent")
def test_amending_without_a_decision_is_refused(bakery: Cli, home: Path) -> None:
    (home / "new.md").write_text("# New\n")

    result = bakery.run("constitution", "amend", "new.md", "--as", "send")

    assert result.code == 4
    assert "Only a decision can do this: propose it." in result.stderr
