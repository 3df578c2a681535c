"""The main job from the command line: join, object, admit, share, decide, check."""

from collections.abc import Callable
from pathlib import Path

from cli.conftest import BAKERY, DAY, JOINING, OUTSIDER, TRUST, Cli


def test_organizations_join_share_and_decide(
    bakery: Cli,
    food_coop: Cli,
    loom: Cli,
    trust: Cli,
    outsider: Cli,
    advance: Callable[[int], None],
    home: Path,
) -> None:
    # Two organizations apply; a member objects to one of them.
    trust.done(*JOINING, "--name", "Fernwood Trust", "--pledge", "Seeds for everyone.")
    outsider.done(*JOINING, "--name", "Hollow Trust", "--pledge", "We shall see.")
    food_coop.done("membership", "object", OUTSIDER, "--reason", "Nobody knows whose it is.")

    # The other one is admitted when its window is over.
    advance(7 * DAY)
    admitted = bakery.done("membership", "admit", "--due", "--json").json
    assert [event["name"] for event in admitted[0]["events"]][:1] == ["Admitted"]
    standings = {one["account"]: one["standing"] for one in bakery.done(*_list()).json}
    assert standings[TRUST]["status"] == "active"
    assert standings[OUTSIDER]["status"] == "objected"

    # It publishes, and another one cites it.
    (home / "handbook.md").write_text("# Handbook\n")
    trust.done("commons", "publish", "handbook.md", "--licence", "CC-BY-SA-4.0")
    [resource] = bakery.done("commons", "list", "--json").json
    assert resource["title"] == "handbook.md"
    cid = resource["resource"]["cid"]
    loom.done("commons", "cite", cid)
    assert bakery.done("commons", "fetch", cid).stdout == "# Handbook\n"
    bakery.done("commons", "verify")

    # The Assembly decides about the contested one.
    advance(1)
    reason = ("--reason", "We asked: it belongs to its gardeners.")
    bakery.done("membership", "decide", OUTSIDER, "--verdict", "admit", *reason)
    advance(DAY + 1)
    for voter in (bakery, food_coop, trust):
        voter.done("assembly", "vote", "#1", "for")
    advance(5 * DAY)
    shown = bakery.done("assembly", "show", "#1", "--json").json
    assert shown["outcome"] == {"passed": True, "reasons": []}
    assert shown["calls"][0]["decoded"]["function"] == "decide"
    loom.done("assembly", "queue", "#1")
    advance(2 * DAY)
    loom.done("assembly", "execute", "#1")
    assert bakery.done("membership", "show", OUTSIDER, "--json").json["standing"]["seat"] == 5

    # Everything can be recomputed by somebody who holds no key.
    report = bakery.done("check", "--json", account=None).json
    assert report["findings"] == []
    assert report["checked"]["active seats"] == 5


def test_what_one_prints_another_proposes(
    bakery: Cli, loom: Cli, home: Path, advance: Callable[[int], None]
) -> None:
    (home / "text.md").write_text("# Another text\n")

    printed = loom.done("constitution", "amend", "text.md", "--as", "print")
    (home / "actions.json").write_text(printed.stdout)
    bakery.done("assembly", "propose", "--title", "Another text", "--actions", "actions.json")

    shown = bakery.done("assembly", "show", "#1", "--json").json
    [call] = shown["calls"]
    assert call["decoded"]["function"] == "amend"
    assert call["says"].startswith("put bafk")
    assert shown["state"]["proposer"] == BAKERY
    cid = call["says"].split()[1]
    assert bakery.done("commons", "fetch", cid).stdout == "# Another text\n"


def _list() -> tuple[str, ...]:
    return ("membership", "list", "--json")
