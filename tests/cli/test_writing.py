"""What every writing command shares: shown, agreed to, then sent, proposed or printed."""

from collections.abc import Callable
from pathlib import Path

import pytest

from cli.conftest import BAKERY, DAY, JOINING, OUTSIDER, TRUST, Cli
from metaorg.onchain.chain import Chain

LEAVE = ("membership", "leave", "--reason", "We close.")
APPLY = (*JOINING, "--name", "Fernwood Trust", "--pledge", "Seeds for everyone.")


@pytest.mark.usefixtures("nothing_sent")
def test_on_a_terminal_nothing_is_done_before_yes(bakery: Cli) -> None:
    refused = bakery.converse(*LEAVE, answers={"Go on? [y/N]: ": "n"})
    unsigned = bakery.converse(*LEAVE, answers={"Go on? [y/N]: ": ""})

    assert (refused.code, unsigned.code) == (1, 1)
    assert "will give up the seat or application" in refused.stdout
    assert "Nothing was signed or sent." in refused.stdout


def test_on_a_terminal_yes_sends_what_was_shown(trust: Cli) -> None:
    result = trust.converse(*APPLY, answers={"Go on? [y/N]: ": "y"})

    assert result.code == 0
    assert "will sign: Adoption (organization 0x90F7" in result.stdout
    assert f"{TRUST} asks for a seat." in result.stdout
    shown = trust.converse("membership", "list", answers={}).stdout
    assert TRUST in shown


def test_yes_does_not_ask(bakery: Cli) -> None:
    assert bakery.converse(*LEAVE, "--yes", answers={}).code == 0


def test_receipts_say_in_words_what_happened(bakery: Cli) -> None:
    said = bakery.done(*LEAVE).stdout.splitlines()

    assert said[0].startswith("0x")
    assert " block " in said[0] and " gas " in said[0]
    assert said[1] == f"  {BAKERY} gave up seat 1."


@pytest.mark.usefixtures("nothing_sent")
def test_printing_stores_the_documents_and_a_dry_run_does_not(bakery: Cli, home: Path) -> None:
    (home / "new.md").write_text("# New\n")
    store = ("--store", f"embedded:{home / 'store'}")
    amend = ("constitution", "amend", "new.md", "--as", "print", *store)

    bakery.done(*amend, "--dry-run")
    assert not (home / "store").exists()
    [call] = bakery.done(*amend).json

    assert call["says"].startswith("put bafk")
    assert bakery.done("commons", "fetch", call["says"].split()[1], *store).stdout == "# New\n"


@pytest.mark.usefixtures("nothing_sent")
def test_a_dry_run_of_what_is_refused_is_refused(outsider: Cli) -> None:
    result = outsider.run(*LEAVE, "--dry-run")

    assert result.code == 4
    assert "The organization's standing does not allow this step" in result.stderr


def test_what_was_done_before_a_failure_is_told(trust: Cli, outsider: Cli, home: Path) -> None:
    adopt = ("constitution", "adopt", "--constituency", "Workers")
    trust.done(*adopt, "--pledge", "Seeds.", "--sign-only", "a.json")
    trust.done(*adopt, "--pledge", "Seeds, and soil.", "--sign-only", "b.json")

    relay = ("constitution", "adopt", "--signed", "a.json", "--signed", "b.json")
    result = outsider.run(*relay, "--json")

    assert result.code == 4
    assert [one["events"][0]["arguments"]["organization"] for one in result.json] == [TRUST]


def test_of_many_independent_calls_all_are_sent_or_none(
    bakery: Cli, applied: Cli, outsider: Cli, advance: Callable[[int], None], chain: Chain
) -> None:
    outsider.done(*JOINING, "--name", "Hollow Trust", "--pledge", "Air.")
    advance(7 * DAY)
    before = chain.block().number

    refused = bakery.run("membership", "admit", TRUST, "0x" + "ab" * 20, "--json")
    assert (refused.code, chain.block().number) == (4, before)

    assert len(bakery.done("membership", "admit", TRUST, OUTSIDER, "--json").json) == 2
