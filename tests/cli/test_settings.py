"""`metaorg settings`: flag, then environment, then file, then default."""

from pathlib import Path

import pytest

from cli.conftest import BAKERY, LOOM, Cli


@pytest.fixture
def cli(home: Path) -> Cli:
    return Cli({"METAORG_HOME": str(home / "data")}, home)


def test_a_flag_beats_the_environment_beats_the_file_beats_the_default(
    cli: Cli, home: Path
) -> None:
    (home / "metaorg.toml").write_text('rpc = "http://file"\ntimeout = 7\nchain_id = 5\n')

    found = cli.done(
        *("settings", "--json", "--rpc", "http://flag"), rpc="http://variable", timeout="9"
    ).json

    assert found["rpc"] == {"value": "http://flag", "origin": "flag"}
    assert found["timeout"] == {"value": 9.0, "origin": "environment"}
    assert found["chain_id"] == {"value": 5, "origin": str(home / "metaorg.toml")}
    assert found["keys"] == {"value": str(home / "data" / "keys"), "origin": "default"}


def test_settings_are_shown_for_people(cli: Cli) -> None:
    shown = cli.done("settings", "--address", BAKERY).stdout

    assert BAKERY in shown
    assert "flag" in shown


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"rpc = ", "metaorg.toml cannot be read"),
        (b"rpc = '\xff'", "metaorg.toml cannot be read"),
        (b"colour = 'green'", "there is no setting 'colour'; known are rpc, chain_id"),
        (b"chain_id = 0", "chain_id (from "),
        (b"timeout = -1", "timeout (from "),
        (b"timeout = nan", "timeout (from "),
        (b"address = '0x12'", "address (from "),
        (b"chain_id = 0\ntimeout = 0\nx = 1", "there is no setting 'x'"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(
    cli: Cli, home: Path, content: bytes, sentence: str
) -> None:
    (home / "metaorg.toml").write_bytes(content)

    result = cli.run("settings")

    assert result.code == 3
    assert sentence in result.stderr


def test_a_variable_that_cannot_be_used_is_named(cli: Cli) -> None:
    result = cli.run("settings", address=LOOM[:-1])

    assert result.code == 3
    assert "address (from environment)" in result.stderr


@pytest.mark.parametrize("store", ["", "shelf:books", "kubo:nowhere", "http://u:p@host"])
def test_a_store_that_there_is_not_is_refused(cli: Cli, store: str) -> None:
    cid = "bafkreiedavpudhiv6ckofzmlvsmxplrljjnnchfgnjjizxngjm6j7cl5ny"

    result = cli.run("commons", "fetch", cid, "--store", store)

    assert result.code == 2
    assert result.stderr
    assert "u:p" not in result.stderr


def test_a_store_that_is_down_is_unreachable(cli: Cli) -> None:
    cid = "bafkreiedavpudhiv6ckofzmlvsmxplrljjnnchfgnjjizxngjm6j7cl5ny"

    result = cli.run("commons", "fetch", cid, "--store", "http://127.0.0.1:1")

    assert result.code == 5
