"""The main job from the command line, on geth: found, join, object, decide, check."""

from pathlib import Path

import pytest
from cli.conftest import Cli
from onchain.world import actor

from geth.conftest import Geth
from geth.world import DELAY, VOTING, WINDOW, declared

JOINING = ("membership", "apply", "--kind", "trust", "--constituency", "Users")


class Organizations:
    """Command lines of organizations on one chain, each with a key in a variable."""

    def __init__(self, geth: Geth, home: Path) -> None:
        self._home, self._settings = home, {"METAORG_HOME": str(home), "METAORG_RPC": geth.url}

    def found(self, charter: Path) -> dict[str, object]:
        others = [f"--sign-with=env:KEY_{number}" for number in (2, 3)]
        found = self[1].done("found", charter, *others, "--json").json
        self._settings["METAORG_ADDRESS"] = found["modules"]["meta_organization"]
        return found

    def __getitem__(self, number: int) -> Cli:
        return Cli(self._settings | {"METAORG_ACCOUNT": f"env:KEY_{number}"}, self._home)


@pytest.fixture
def cli(geth: Geth, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Organizations:
    for number in range(1, 6):
        monkeypatch.setenv(f"KEY_{number}", number.to_bytes(32).hex())
        geth.fund(actor(number).address)
    return Organizations(geth, tmp_path)


def test_organizations_found_join_and_decide(
    geth: Geth, cli: Organizations, tmp_path: Path
) -> None:
    declared(tmp_path, b"# Text of the command line\n")
    assert cli.found(tmp_path / "charter.yaml")["founded"] is True
    geth.advance(1)

    # Two organizations apply; a member objects to one of them, the other one gets its seat.
    cli[4].done(*JOINING, "--name", "Fernwood Trust", "--pledge", "Seeds for everyone.")
    cli[5].done(*JOINING, "--name", "Hollow Trust", "--pledge", "We shall see.")
    hollow = actor(5).address
    cli[2].done("membership", "object", hollow, "--reason", "Nobody knows whose it is.")
    geth.advance(WINDOW)
    cli[1].done("membership", "admit", "--due")
    listed = cli[1].done("membership", "list", "--json").json
    assert [one["standing"]["status"] for one in listed] == [*["active"] * 4, "objected"]

    # All decide about the contested one.
    geth.advance(1)
    cli[1].done("membership", "decide", hollow, "--verdict", "admit", "--reason", "We asked.")
    geth.advance(2)
    for voter in (1, 2, 3):
        cli[voter].done("assembly", "vote", "#1", "for")
    again = cli[3].run("assembly", "vote", "#1", "for")
    assert (again.code, "has voted" in again.stderr) == (4, True)
    geth.advance(VOTING)
    cli[2].done("assembly", "queue", "#1")
    geth.advance(DELAY)
    cli[2].done("assembly", "execute", "#1")

    report = cli[1].done("check", "--json", account=None).json
    assert report["findings"] == []
    assert report["checked"]["active seats"] == 5
