"""The entry: exit codes, sentences, secrets, and how fast it starts."""

import subprocess
import sys
from pathlib import Path

import pytest

from cli.conftest import BAKERY, JOINING, OUTSIDER, Cli, serving
from metaorg.cli import main as entry
from metaorg.cli.main import main
from metaorg.onchain.chain import Chain

KEY = "0x7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6"
HELD = "0x90F79bf6EB2c4f870365E785982E1f101E93b906"
"""The account of that key, which is one of those that every development chain publishes."""


@pytest.mark.usefixtures("nothing_sent")
@pytest.mark.parametrize(
    "arguments",
    [
        ("membership", "leave", "--reason", "x", "--account", KEY),
        ("membership", "leave", "--reason", "x", "--account", KEY[2:]),
        ("membership", "leave", "--reason", "x", f"--account={KEY}"),
        ("membership", "leave", "--reason", "x", "--account", f"env:{KEY}"),
        ("membership", "leave", "--reason", "x", "--account", f"keystore:{KEY[2:]}"),
        ("membership", "leave", "--reason", "x", "--account", f"rpc:{KEY}"),
        ("membership", "show", KEY),
        ("membership", "show", "--address", KEY, BAKERY),
        ("assembly", "vote", KEY, "for"),
        ("keys", "new", KEY),
        ("found", "charter.yaml", "--sign-with", KEY),
        (KEY,),
        ("settings", "--unknown", KEY),
    ],
    ids=lambda arguments: " ".join(arguments).replace(KEY[2:], "KEY"),
)
def test_a_key_among_the_arguments_is_never_repeated(
    bakery: Cli, arguments: tuple[str, ...]
) -> None:
    result = bakery.run(*arguments)

    assert result.code == 2
    assert "looks like a private key" in result.stderr
    assert KEY[2:10] not in result.stdout + result.stderr


@pytest.mark.parametrize("account", [KEY, KEY[2:], f"env:{KEY}", f"keystore:{KEY}", "bakery"])
def test_a_key_among_the_settings_is_never_repeated(bakery: Cli, account: str) -> None:
    results = [
        bakery.run("settings", account=account),
        bakery.run("membership", "leave", "--reason", "x", account=account),
    ]

    for result in results:
        assert result.code == 3
        assert "none of keystore:FILE, env:NAME, rpc:ADDRESS and safe:ADDRESS" in result.stderr
        assert KEY[2:10] not in result.stdout + result.stderr


def test_no_secret_is_in_any_output(bakery: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRUST_KEY", KEY)
    monkeypatch.setenv("BROKEN_KEY", KEY + "0")
    (bakery.folder / "broken.json").write_text(f'{{"name": "x", "key": "{KEY}"')
    account = ("--account", "env:TRUST_KEY")
    apply = (*JOINING, "--name", "Fernwood Trust", "--pledge", "Seeds.", *account)

    def everything() -> list[object]:
        return [
            bakery.run(*apply, "--dry-run", "--json"),
            bakery.run(*apply, "--json"),
            bakery.run("settings", *account),
            bakery.run("membership", "object", OUTSIDER, "--reason", "x", *account),
            bakery.run("assembly", "vote", "#1", "for", *account),
            bakery.run("membership", "leave", "--reason", "x", "--rpc", "http://127.0.0.1:1"),
            bakery.run("membership", "leave", "--reason", "x", "--account", "env:BROKEN_KEY"),
            bakery.run("assembly", "propose", "--title", "x", "--actions", "broken.json"),
        ]

    quiet = everything()
    monkeypatch.setenv("METAORG_DEBUG", "1")
    said = "".join(map(str, [*quiet, *everything()]))

    assert HELD in said
    assert KEY[2:].lower() not in said.lower()


@pytest.mark.usefixtures("nothing_sent")
def test_a_variable_that_there_is_not_is_named(bakery: Cli) -> None:
    result = bakery.run("membership", "leave", "--reason", "x", "--account", "env:NOWHERE")

    assert result.code == 3
    assert "the environment has no variable NOWHERE" in result.stderr


@pytest.mark.usefixtures("nothing_sent")
def test_an_account_that_the_node_does_not_hold_is_refused(bakery: Cli) -> None:
    stranger = "0x" + "ab" * 20

    result = bakery.run("membership", "leave", "--reason", "x", "--account", f"rpc:{stranger}")

    assert result.code in (3, 4)
    assert result.stdout == ""


@pytest.mark.usefixtures("nothing_sent")
def test_an_account_without_money_is_told_so(
    outsider: Cli, chain: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POOR_KEY", "0x" + "17" * 32)

    result = outsider.run(
        *(*JOINING, "--name", "Hollow Trust", "--pledge", "Air."), "--account", "env:POOR_KEY"
    )

    assert result.code == 1
    assert "holds 0.000000 ETH and this may cost up to" in result.stderr
    assert "nothing was sent" in result.stderr


@pytest.mark.parametrize("write", [("membership", "leave", "--reason", "x"), ("commons", "list")])
def test_a_command_without_address_says_how_to_set_it(bakery: Cli, write: tuple[str, ...]) -> None:
    result = bakery.run(*write, address=None)

    assert result.code == 3
    assert "--address, METAORG_ADDRESS or `address` in metaorg.toml" in result.stderr


def test_a_write_without_account_says_how_to_set_it(bakery: Cli) -> None:
    result = bakery.run("membership", "leave", "--reason", "x", account=None)

    assert result.code == 3
    assert "no account is set: use --account" in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("assembly", "vote", "#1", "maybe"),
        ("settings", "--chain-id", "0"),
        ("settings", "--chain-id", "one"),
        ("settings", "--timeout", "-1"),
        ("settings", "--timeout", "1e9"),
        ("devnet", "--port", "65536"),
        ("devnet", "--block-time", "0"),
        ("membership", "list", "--status", "happy"),
        ("membership", "leave"),
        ("nothing",),
        ("membership", "leave", "--reason", "x", "--as", "shout"),
    ],
    ids=" ".join,
)
def test_wrong_use_is_told_in_a_sentence(bakery: Cli, arguments: tuple[str, ...]) -> None:
    result = bakery.run(*arguments)

    assert result.code == 2
    assert "Error: " in result.stderr
    assert result.stdout == ""


def test_an_unexpected_fault_gives_no_traceback(
    bakery: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(arguments: list[str]) -> None:
        raise KeyError("secret")

    monkeypatch.setattr(entry, "refuse_keys", fails)
    quiet = bakery.run("settings")
    loud = bakery.run("settings", debug=1)

    assert (quiet.code, loud.code) == (70, 70)
    assert "KeyError" in quiet.stderr
    assert "secret" not in quiet.stderr
    assert "Traceback" not in quiet.stderr
    assert "Traceback" in loud.stderr


def test_an_interruption_has_its_exit_code(bakery: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(arguments: list[str]) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(entry, "refuse_keys", interrupted)

    assert bakery.run("settings").code == 130


def test_a_reader_that_goes_away_ends_the_command(bakery: Cli) -> None:
    running = bakery.start("assembly", "rules", "--json")
    assert running.stdout is not None
    running.stdout.close()

    assert running.stderr is not None
    said = running.stderr.read().decode()
    assert running.wait() == 141
    assert said == ""


def test_a_nodes_words_cannot_drive_the_terminal(bakery: Cli) -> None:
    refusal = b'{"jsonrpc":"2.0","id":1,"error":{"code":-1,"message":"no \\u001b[2J"}}'
    with serving(lambda _: (200, "application/json", refusal)) as url:
        result = bakery.run("membership", "list", "--rpc", url)

    assert result.code == 5
    assert "no \\u001b[2J" in result.stderr


def test_version_is_shown(bakery: Cli) -> None:
    assert bakery.done("--version").stdout.strip().count(".") == 2


def test_help_imports_nothing_slow() -> None:
    code = (
        "import sys\nfrom metaorg.cli.main import main\nmain(['--help'])\n"
        "slow = {'web3', 'brownie', 'pydantic', 'eth_abi', 'ipfshttpclient', 'requests', 'rich'}\n"
        "sys.exit(', '.join(sorted(slow & set(sys.modules))) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr


def test_the_console_script_is_this_entry(home: Path) -> None:
    script = Path(sys.executable).with_name("metaorg")
    done = subprocess.run([script, "keys", "list"], capture_output=True, cwd=home, check=False)

    assert done.returncode == 0
    assert main(["--help"]) == 0
