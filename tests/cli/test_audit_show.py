"""`metaorg audit show | explain | diff | powers`: what was found, and how to see it oneself."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from audit.fault_proxy import FaultProxy
from audit.history import History, as_timelock
from onchain.world import actor

from cli.conftest import EARLIER, Cli, tamper
from cli.shapes import promised, shaped
from metaorg.cli import check
from metaorg.cli.audit import exporting, showing, verifying
from tests.programs import required


@pytest.fixture
def wrong(auditor: Cli, lived: History) -> Cli:
    """Somebody who has audited a history with a profile and a role that nobody decided on."""
    tamper(lived)
    authority = lived.modules.authority
    as_timelock(lived, "Authority", authority, "grantRole", 7, actor(99).address, 0)
    assert auditor.run("audit", "run", "--full").code == 6
    return auditor


@pytest.fixture
def silence(lived: History) -> Iterator[str]:
    """A node that nobody may ask."""
    with FaultProxy(lived.chain.url) as node:
        yield node.url
    assert node.asked == {}


# ---------------------------------------------------------------- show


def test_a_report_is_shown_without_asking_a_node(auditor: Cli, silence: str) -> None:
    last = auditor.done("audit", "show", rpc=silence).stdout
    earlier = auditor.done("audit", "show", "--at", EARLIER, rpc=silence).stdout

    assert last.startswith("Everything was established")
    assert f"\nblock {EARLIER}, " in earlier and f"\nblock {EARLIER}, " not in last


@pytest.mark.parametrize(
    ("form", "beginning"),
    [("text", "Everything was established"), ("markdown", "# "), ("html", "<!doctype html>")],
)
def test_a_report_has_several_forms(auditor: Cli, form: str, beginning: str) -> None:
    assert auditor.done("audit", "show", "--form", form).stdout.startswith(beginning)


def test_a_time_shows_the_last_report_before_it(auditor: Cli, lived: History) -> None:
    from metaorg.times import moment

    between = moment(lived.chain.block(150).time)

    found = auditor.done("audit", "show", "--json", "--at", between).json

    assert found["statement"]["block"]["number"] == EARLIER


def test_a_report_with_findings_gives_exit_code_6(wrong: Cli) -> None:
    result = wrong.run("audit", "show")

    assert result.code == 6
    assert "seats.profile" in result.stdout
    assert "`metaorg audit explain ID` explains one" in result.stderr


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--at", "101"), "no report on block 101 is kept in "),
        (("--at", "2001-01-01"), "no report from 2001-01-01T23:59:59Z or before is kept in"),
        (("--store", "nothing.db"), "nothing.db: make an audit, `metaorg audit run`"),
    ],
    ids=["block", "time", "store"],
)
@pytest.mark.parametrize("command", ["show", "powers", "explain"])
def test_a_report_that_is_not_kept_is_a_sentence(
    auditor: Cli, home: Path, command: str, options: tuple[str, ...], sentence: str
) -> None:
    result = auditor.run("audit", command, *options, *(["#1"] if command == "explain" else []))

    assert result.code == 2
    assert sentence in result.stderr
    assert not (home / "nothing.db").exists()


# ---------------------------------------------------------------- explain


def test_a_finding_is_meant_by_its_id_its_code_or_its_number(wrong: Cli) -> None:
    report = wrong.run("audit", "show", "--json").json["statement"]["findings"]
    at = [one["code"] for one in report].index("seats.profile")

    by_number = wrong.done("audit", "explain", f"#{at + 1}", "--json").json
    by_code = wrong.done("audit", "explain", "seats.profile", "--json").json
    by_id = wrong.done("audit", "explain", by_code["id"][:5], "--json").json

    assert by_number == by_code == by_id
    assert by_code["finding"] == report[at]
    assert by_code["id"] in wrong.run("audit", "show").stdout


@pytest.mark.parametrize(
    ("which", "sentence"),
    [
        ("", "3 findings are meant by ''; name one by number or id, as #1 "),
        ("zz", "no finding is meant by 'zz'; name one by number or id, as #1 "),
        ("#0", "no finding is meant by '#0'"),
        ("#99", "no finding is meant by '#99'"),
        ("reading.clock", " seats.profile, profile of 0x"),
    ],
)
def test_a_finding_that_nobody_can_mean_is_a_sentence(
    wrong: Cli, which: str, sentence: str
) -> None:
    result = wrong.run("audit", "explain", which)

    assert result.code == 2
    assert sentence in result.stderr


def test_without_findings_there_is_nothing_to_explain(auditor: Cli) -> None:
    result = auditor.run("audit", "explain", "#1")

    assert result.code == 2
    assert "the report has no findings: everything was established" in result.stderr


def test_the_commands_of_an_explanation_show_what_was_seen(wrong: Cli, lived: History) -> None:
    """With Foundry's cast, and nothing of metaorg."""
    required("cast", "setup")
    found = wrong.done("audit", "explain", "seats.profile", "--json").json
    [command] = found["commands"]

    said = _shell(command, lived)

    assert said.stdout.strip() == found["finding"]["seen"]
    assert found["finding"]["expected"] != found["finding"]["seen"]


def test_every_command_of_every_explanation_runs(wrong: Cli, lived: History) -> None:
    required("cast", "setup")
    report = wrong.run("audit", "show", "--json").json["statement"]["findings"]
    told = [
        wrong.done("audit", "explain", f"#{number}", "--json").json["commands"]
        for number in range(1, len(report) + 1)
    ]

    for command in {one for commands in told for one in commands if "jq" not in one}:
        said = _shell(command, lived)
        assert said.returncode == 0 and said.stdout, (command, said)


def test_an_explanation_is_read_by_people(wrong: Cli) -> None:
    said = wrong.done("audit", "explain", "seats.profile").stdout

    for word in ("rule ", "expected ", "seen ", "to do ", "cast call "):
        assert f"\n{word}" in said or f"\n  {word}" in said


def _shell(command: str, lived: History) -> subprocess.CompletedProcess[str]:
    from cli.conftest import PATH

    environment = {"RPC": lived.chain.url, "PATH": PATH}
    return subprocess.run(
        ["sh", "-c", command], env=environment, capture_output=True, text=True, check=False
    )


# ---------------------------------------------------------------- diff


def test_what_became_different_is_told_by_topic(auditor: Cli, silence: str, lived: History) -> None:
    said = auditor.done("audit", "diff", EARLIER, lived.chain.block().number, rpc=silence).stdout

    assert said.startswith(f"Aurora Commons Network, from block {EARLIER}, ")
    assert "\n\nkinds\n  nonprofit came\n" in said
    assert "\n\nseats\n  seat 4, " in said
    assert "\n  decision “Open” came\n" in said


def test_the_order_of_two_blocks_does_not_matter(auditor: Cli) -> None:
    last = auditor.done("audit", "show", "--json").json["statement"]["block"]["number"]

    one = auditor.done("audit", "diff", EARLIER, last, "--json").stdout
    other = auditor.done("audit", "diff", last, EARLIER, "--json").stdout

    assert one == other
    same = auditor.done("audit", "diff", last, last)
    assert same.stdout.endswith("\nNothing is different.\n")


def test_what_was_not_audited_is_audited_once(auditor: Cli, lived: History) -> None:
    from metaorg.times import moment

    then = moment(lived.chain.block(150).time)
    with FaultProxy(lived.chain.url) as node:
        first = auditor.done("audit", "diff", then, "latest", "--json", rpc=node.url).json
        asked = node.asked.get("eth_call", 0)
        again = auditor.done("audit", "diff", then, "latest", "--json", rpc=node.url).json
        assert node.asked["eth_call"] == asked > 0

    assert first == again
    assert first["earlier"]["number"] == 150
    assert auditor.run("audit", "show", "--at", "150").code == 0


@pytest.mark.parametrize("time", ["2999-01-01", "9999999"])
def test_a_time_that_there_is_not_has_no_difference(auditor: Cli, time: str) -> None:
    assert auditor.run("audit", "diff", EARLIER, time).code == 2


# ---------------------------------------------------------------- powers


def test_powers_are_told_of_the_audited_block(auditor: Cli, silence: str) -> None:
    said = auditor.done("audit", "powers", rpc=silence).stdout
    found = auditor.done("audit", "powers", "--json", rpc=silence).json

    assert re.match(r"Roles:\nCONTRACT +ROLE +HOLDER", said)
    assert "\n\nPending operations: none\n\nWho may call what:\nCONTRACT " in said
    assert found["pending"] == found["unknown"] == []
    [amend] = [one for one in found["powers"] if one["function"].startswith("amend(")]
    assert (amend["contract"], amend["who"]) == ("inter_constitution", "a decision")


def test_powers_that_are_unknown_do_not_look_like_none(auditor: Cli, lived: History) -> None:
    def forgetful(method: str, parameters: list[Any]) -> Any:
        role = "0x91d14854"  # hasRole(bytes32,address)
        if method == "eth_call" and parameters[0]["data"].startswith(role):
            return {"error": {"code": -32000, "message": "missing trie node"}}
        return None

    with FaultProxy(lived.chain.url, before=[forgetful]) as node:
        assert auditor.run("audit", "run", "--store", "new.db", rpc=node.url).code == 6

    assert auditor.done("audit", "powers", "--store", "new.db").stdout
    found = auditor.done("audit", "powers", "--store", "new.db", "--json").json
    text = auditor.done("audit", "powers", "--store", "new.db").stdout
    for name, title in (("roles", "Roles"), ("powers", "Who may call what")):
        assert (f"{title}: unknown" in text) == (name in found["unknown"])


# ---------------------------------------------------------------- JSON


def test_json_has_the_shape_that_the_help_promises(wrong: Cli, home: Path, lived: History) -> None:
    told = {
        showing.explain: wrong.done("audit", "explain", "seats.profile", "--json"),
        showing.diff: wrong.done("audit", "diff", EARLIER, "latest", "--json"),
        showing.powers: wrong.done("audit", "powers", "--json"),
        exporting.export: wrong.done("audit", "export", "tables", "out", "--json"),
        exporting.import_: wrong.done("audit", "import", "out", "--store", "new.db", "--json"),
        check.check: wrong.run("check", "--json"),
    }
    wrong.run("audit", "run", "--to", "report")
    told[verifying.verify] = wrong.done("audit", "verify", "report", "--json")

    for command, result in told.items():
        shaped(result.json, promised(command), command.__name__)
        assert "{" not in result.stderr


def test_what_drives_a_terminal_is_no_part_of_what_is_shown(auditor: Cli) -> None:
    for form in ("text", "markdown", "html"):
        said = auditor.done("audit", "show", "--form", form).stdout
        assert "\x1b" not in said
    assert "\x1b" not in json.dumps(auditor.done("audit", "show", "--json").json)
