"""`metaorg keys`: encrypted keys, and what a wrong password gives."""

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from cli.conftest import JOINING, Cli
from metaorg.onchain.chain import Chain


@pytest.fixture
def seedbank(outsider: Cli, home: Path, chain: Chain) -> Cli:
    """An organization with a keystore of its own, and some ETH."""
    (home / "password").write_text("correct horse\n")
    made = outsider.done("keys", "new", "seedbank", "--password-file", "password", "--json").json
    chain.request("anvil_setBalance", made["address"], hex(10**18))
    outsider.environment["METAORG_ACCOUNT"] = "keystore:seedbank"
    return outsider


def test_a_new_key_is_encrypted_and_private(seedbank: Cli, home: Path) -> None:
    file = home / "keys" / "seedbank.json"

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    [listed] = seedbank.done("keys", "list", "--json").json
    assert listed["account"] == "keystore:seedbank"
    assert listed["address"] in seedbank.done("keys", "list").stdout


def test_a_keystore_signs_with_its_password(seedbank: Cli) -> None:
    apply = (*JOINING, "--name", "Seed Bank", "--pledge", "Seeds.")

    [receipt] = seedbank.done(*apply, "--password-file", "password", "--json").json

    assert [event["name"] for event in receipt["events"]] == [
        *("Adopted", "DocumentSigned", "Applied")
    ]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"wrong\n", "the password does not open"),
        (b"", "is empty"),
        (b"\xff", "cannot be read: it is not UTF-8"),
        (None, "cannot be read: No such file"),
    ],
)
@pytest.mark.usefixtures("nothing_sent")
def test_a_wrong_password_is_refused(
    seedbank: Cli, home: Path, content: bytes | None, sentence: str
) -> None:
    if content is not None:
        (home / "other").write_bytes(content)

    result = seedbank.run("membership", "leave", "--reason", "x", "--password-file", "other")

    assert result.code == 3
    assert sentence in result.stderr
    assert "correct horse" not in result.stderr


def test_without_terminal_the_password_comes_from_a_file(seedbank: Cli) -> None:
    for command in (("keys", "new", "other"), ("membership", "leave", "--reason", "x")):
        result = seedbank.run(*command)

        assert result.code == 3
        assert "there is no terminal to ask for the password" in result.stderr


@pytest.mark.parametrize("name", ["seedbank", "a/b", "..", "", ".hidden", "x" * 65, "a\nb", "a b"])
def test_names_that_cannot_be_used_are_refused(seedbank: Cli, name: str) -> None:
    result = seedbank.run("keys", "new", name, "--password-file", "password")

    assert result.code == 2
    assert len(seedbank.done("keys", "list", "--json").json) == 1


@pytest.mark.parametrize("content", ["", "{}", "[]", "not JSON", '{"crypto": 5, "version": 3}'])
def test_what_is_no_keystore_is_refused(seedbank: Cli, home: Path, content: str) -> None:
    (home / "broken.json").write_text(content)

    result = seedbank.run(
        *("membership", "leave", "--reason", "x", "--password-file", "password"),
        account="keystore:broken.json",
    )

    assert result.code == 3
    assert "V3 keystore" in result.stderr


def test_a_password_is_asked_for_twice(home: Path) -> None:
    answers = {"password: ": "correct horse", "confirmation: ": "correct horse"}

    result = Cli({"METAORG_HOME": str(home)}, home).converse(
        "keys", "new", "seedbank", answers=answers
    )

    assert result.code == 0
    assert "keystore:seedbank 0x" in result.stdout
    assert "correct horse" not in result.stdout


@pytest.fixture
def keeper(home: Path) -> Cli:
    """Somebody with a password file, and no need of a chain."""
    (home / "password").write_text("correct horse\n")
    return Cli({"METAORG_HOME": str(home), "METAORG_PASSWORD_FILE": "password"}, home)


def test_a_sharing_key_is_made_once_and_rotated_when_told(keeper: Cli, home: Path) -> None:
    first = keeper.done("keys", "sharing", "new", "--json")

    again = keeper.run("keys", "sharing", "new")
    second = keeper.done("keys", "sharing", "new", "--rotate", "--json")

    assert again.code == 2
    assert "--rotate" in again.stderr
    assert f"profile --sharing-key {first.json['recipient']}" in first.stderr
    assert Path(first.json["file"]).parent == home / "keys" / "sharing"
    listed = keeper.done("keys", "sharing", "list", "--json").json
    assert listed == [second.json, first.json]
    shown = keeper.done("keys", "sharing", "list").stdout
    assert all(one["key"] in shown and one["recipient"] in shown for one in listed)
    assert "AGE-SECRET" not in first.stdout + first.stderr
    assert keeper.done("keys", "list", "--json").json == []


def test_a_password_of_a_sharing_key_is_asked_for_twice(home: Path) -> None:
    answers = {"password: ": "correct horse", "confirmation: ": "correct horse"}

    result = Cli({"METAORG_HOME": str(home)}, home).converse(
        "keys", "sharing", "new", answers=answers
    )

    assert result.code == 0
    assert " age1" in result.stdout
    assert "correct horse" not in result.stdout


def test_without_terminal_a_sharing_key_needs_a_password_file(home: Path) -> None:
    result = Cli({"METAORG_HOME": str(home)}, home).run("keys", "sharing", "new")

    assert result.code == 3
    assert "there is no terminal to ask for the password" in result.stderr
    assert not (home / "keys").exists()


def test_a_secret_sharing_key_as_an_argument_is_stopped_and_not_repeated(keeper: Cli) -> None:
    secret = "AGE-SECRET-KEY-1" + "Q" * 58

    for argument in (secret, f"--name={secret}", secret.lower()):
        result = keeper.run("keys", "new", argument)

        assert result.code == 2
        assert secret not in result.stderr.upper()


def test_a_folder_that_cannot_be_made_is_named(home: Path) -> None:
    (home / "keys").write_text("a file")
    (home / "password").write_text("correct horse\n")

    result = Cli({"METAORG_HOME": str(home)}, home).run(
        "keys", "new", "seedbank", "--password-file", "password"
    )

    assert result.code == 3
    assert "keys" in result.stderr
    assert "unexpected" not in result.stderr


def test_a_password_is_no_option(seedbank: Cli) -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("metaorg"), "keys", "new", "x", "--password", "y"],
        capture_output=True,
        check=False,
    )

    assert done.returncode == 2
