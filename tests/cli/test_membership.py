"""`metaorg membership`: applying, objecting, admitting, leaving."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.conftest import BAKERY, DAY, JOINING, OUTSIDER, TRUST, Cli
from metaorg.onchain.chain import Chain

NAMED = (*JOINING, "--name", "Fernwood Trust")
PLEDGED = (*NAMED, "--pledge", "Seeds for everyone.")


def test_applying_again_sends_nothing(applied: Cli, chain: Chain) -> None:
    before = chain.block().number

    again = applied.done(*PLEDGED, "--json")

    assert again.json == []
    assert "applied; from" in again.stderr
    assert chain.block().number == before


def test_applying_adopts_only_when_needed(trust: Cli) -> None:
    trust.done("constitution", "adopt", "--constituency", "Workers", "--pledge", "Seeds.")

    receipts = trust.done(*PLEDGED, "--json").json

    assert [one["events"][0]["name"] for one in receipts] == ["Applied"]


def test_a_profile_file_is_published_whole(trust: Cli, home: Path) -> None:
    (home / "profile.json").write_text('{"name": "Other", "sector": "Seeds", "pets": ["goat"]}')

    trust.done(*PLEDGED, "--profile", "profile.json")

    shown = trust.done("membership", "show", TRUST, "--json").json
    assert shown["name"] == "Fernwood Trust"
    document = json.loads(trust.done("commons", "fetch", shown["profile"]).stdout)
    assert (document["sector"], document["pets"]) == ("Seeds", ["goat"])


@pytest.mark.usefixtures("nothing_sent")
def test_a_dry_run_shows_what_is_signed_and_stores_nothing(trust: Cli, home: Path) -> None:
    store = f"embedded:{home / 'store'}"

    plan = trust.done(*PLEDGED, "--dry-run", "--json", "--store", store).json

    assert plan["signs"][0]["message"]["organization"] == TRUST
    assert [call["says"].split()[0] for call in plan["calls"]] == ["adopt"]
    assert not (home / "store").exists()


def test_a_dry_run_estimates_gas(applied: Cli, food_coop: Cli) -> None:
    plan = food_coop.done("membership", "object", TRUST, "--reason", "Why?", "--dry-run", "--json")

    assert plan.json["calls"][0]["gas"] > 21_000


@pytest.mark.usefixtures("nothing_sent")
@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("x" * 201, "at most 200 characters"),
        ("Fern\x07wood", "control characters"),
        ("Fern\nwood", "control characters or line breaks"),
        ("Fern\udcffwood", "unable to parse raw data as a unicode string"),
        ("", "at least 1"),
    ],
    ids=["long", "bell", "line break", "not UTF-8", "empty"],
)
def test_names_that_cannot_be_shown_are_refused(trust: Cli, name: str, sentence: str) -> None:
    result = trust.run(*JOINING, "--name", name, "--pledge", "Seeds.")

    assert result.code == 2
    assert result.stderr.startswith("profile: name: ")
    assert sentence in result.stderr


@pytest.mark.usefixtures("nothing_sent")
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--kind", "guild"), "'guild' is not a kind of organization; the kinds are cooperative"),
        (("--pledge", "\udcff"), "this is not UTF-8"),
        (("--pledge", "x" * 100_001), "a text of 1 to 100000 characters"),
        (("--pledge-file", "nowhere"), "nowhere cannot be read: No such file"),
        (("--pledge-file", "empty"), "empty is empty"),
        (("--pledge-file", "large"), "large is larger than 1048576 bytes"),
        (("--pledge-file", "latin"), "latin is not UTF-8 (byte 4)"),
        (("--pledge-file", "."), ". cannot be read: Is a directory"),
        (("--profile", "latin"), "latin is not UTF-8"),
        (("--profile", "text"), "text is not JSON"),
        (("--profile", "list"), "list is not a profile"),
        (("--profile", "many"), "profile: name: Input should be a valid string"),
    ],
    ids=lambda value: value[:20] if isinstance(value, str) else value[0],
)
def test_applications_that_cannot_be_used_are_refused(
    trust: Cli, home: Path, arguments: tuple[str, str], sentence: str
) -> None:
    (home / "empty").touch()
    (home / "large").write_bytes(b"x" * ((1 << 20) + 1))
    (home / "latin").write_bytes(b"Caf \xe9")
    (home / "text").write_text("not JSON")
    (home / "list").write_text("[1]")
    (home / "many").write_text('{"name": 5}')

    result = trust.run(*JOINING, *_named(arguments), *arguments)

    assert result.code == 2
    assert sentence in result.stderr


def _named(arguments: tuple[str, str]) -> tuple[str, ...]:
    return () if arguments == ("--profile", "many") else ("--name", "Fernwood Trust")


@pytest.mark.usefixtures("nothing_sent")
def test_a_pledge_is_given_once(trust: Cli, home: Path) -> None:
    (home / "pledge.txt").write_text("Seeds.")

    assert trust.run(*PLEDGED, "--pledge-file", "pledge.txt").code == 2


def test_an_unreadable_file_is_refused(trust: Cli) -> None:
    result = trust.run(*NAMED, "--pledge-file", "/proc/self/mem")

    assert result.code == 2
    assert "/proc/self/mem cannot be read" in result.stderr


@pytest.mark.usefixtures("nothing_sent")
def test_admitting_before_the_window_is_over_is_refused(bakery: Cli, applied: Cli) -> None:
    result = bakery.run("membership", "admit", TRUST)

    assert result.code == 4
    assert "Members may still object" in result.stderr


def test_admitting_again_sends_nothing(seated: Cli, bakery: Cli, chain: Chain) -> None:
    before = chain.block().number

    again = bakery.done("membership", "admit", TRUST, "--json")

    assert again.json == []
    assert "holds seat 4 already" in again.stderr
    assert chain.block().number == before


def test_admitting_the_due_stops_at_the_pace(
    bakery: Cli, cli_of: Callable[[str], Cli], chain: Chain, advance: Callable[[int], None]
) -> None:
    accounts = chain.request("eth_accounts")[3:8]
    for number, account in enumerate(accounts):
        cli_of(account).done(*JOINING, "--name", f"Trust {number}", "--pledge", "Seeds.")
    advance(7 * DAY)

    first = bakery.done("membership", "admit", "--due", "--json")
    second = bakery.done("membership", "admit", "--due", "--json")
    advance(7 * DAY)
    third = bakery.done("membership", "admit", "--due", "--json")
    fourth = bakery.done("membership", "admit", "--due", "--json")

    assert [len(one.json) for one in (first, second, third, fourth)] == [3, 0, 2, 0]
    assert "2 more wait their turn" in first.stderr
    assert "Nobody's window is over" in fourth.stderr


@pytest.mark.usefixtures("nothing_sent")
def test_admit_needs_accounts_or_due(bakery: Cli) -> None:
    assert bakery.run("membership", "admit").code == 2
    assert bakery.run("membership", "admit", TRUST, "--due").code == 2


def test_objecting_needs_a_seat_and_an_application(applied: Cli, bakery: Cli) -> None:
    without = applied.run("membership", "object", TRUST, "--reason", "Why?")
    nobody = bakery.run("membership", "object", OUTSIDER, "--reason", "Why?")

    assert (without.code, nobody.code) == (4, 4)
    assert "Only an organization with an active seat" in without.stderr
    assert "look it up with `membership show`" in nobody.stderr


def test_who_left_is_listed_as_such(seated: Cli) -> None:
    seated.done("membership", "leave", "--reason", "We close.")

    [left] = seated.done("membership", "list", "--status", "exited", "--json").json
    assert left["account"] == TRUST


def test_a_list_for_people_names_seats(bakery: Cli) -> None:
    lines = bakery.done("membership", "list").stdout.splitlines()

    assert lines[0].split() == [
        *("SEAT", "ACCOUNT", "NAME", "CONSTITUENCY", "KIND", "STATUS", "SINCE", "NOTES")
    ]
    assert lines[1].split()[:2] == ["1", BAKERY]
    assert "Lantern Bakery Cooperative" in lines[1]
    assert lines[1].endswith("Z")


def test_a_name_cannot_drive_the_terminal(trust: Cli, home: Path) -> None:
    (home / "profile.json").write_text('{"name": "[red]Fern[/red] Trust"}')
    trust.done(*JOINING, "--profile", "profile.json", "--pledge", "Seeds.")

    assert "[red]Fern[/red] Trust" in trust.done("membership", "list").stdout


@pytest.mark.usefixtures("nothing_sent")
@pytest.mark.parametrize("account", ["bakery", "0x12", BAKERY[:-1] + "7", "", BAKERY.lower()[2:]])
def test_what_is_no_account_is_refused(bakery: Cli, account: str) -> None:
    result = bakery.run("membership", "show", account)

    assert result.code == 2
    assert "Invalid value for 'ACCOUNT'" in result.stderr
