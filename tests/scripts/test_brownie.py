"""The Brownie scripts, run with `brownie run` as a user runs them."""

import re
from collections.abc import Callable
from subprocess import CompletedProcess

from metaorg.onchain.devnet import Devnet, advance

Brownie = Callable[..., CompletedProcess[str]]
DAY = 86_400


def said(done: CompletedProcess[str]) -> str:
    """What a script that succeeded printed, without Brownie's words before it."""
    assert done.returncode == 0, done.stdout + done.stderr
    return re.split(r"Running .*\.\.\.\n", done.stdout)[1]


def refused(done: CompletedProcess[str]) -> str:
    """What a script that failed printed."""
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout


def found(brownie: Brownie, *options: str) -> str:
    match = re.match(r"(0x\w{40}) (is founded|was founded before)\n", said(brownie(*options)))
    assert match, options
    return match[1]


def test_a_proposal_goes_all_the_way_on_a_network_with_a_name(
    brownie: Brownie, devnet: Devnet
) -> None:
    on = ("--network", "valley")
    address = found(brownie, "deploy", *on)

    proposed = said(brownie("propose", "main", address, "10 days", "bakery", *on))
    number = proposed.removeprefix("proposal ").partition(":")[0]
    advance(devnet.chain, DAY + 1)
    vote = ("vote", "main", address)
    voted = said(brownie(*vote, number, "for", "bakery", "1", "2", *on))
    advance(devnet.chain, 7 * DAY + 1)
    queued = said(brownie("execute", "main", address, number, *on))
    advance(devnet.chain, 7 * DAY + 1)
    executed = said(brownie("execute", "main", address, number[:8], *on))
    shown = said(brownie("inspect", "main", address, *on))

    assert voted.count("votes for: 10 days for objections\n") == 3
    assert queued.startswith("queued: 10 days for objections\nit can be executed from ")
    assert executed == "executed: 10 days for objections\n"
    head, *seats, proposal = shown.splitlines()
    assert re.fullmatch(r"Aurora Commons Network at block \d+, 10 days for objections", head)
    assert [line.split()[0] for line in seats] == ["active"] * 3
    assert seats[0].endswith("Lantern Bakery Cooperative")
    assert proposal == f"executed  {number[:8]} 10 days for objections"


def test_deploy_founds_on_the_chain_that_brownie_starts(brownie: Brownie) -> None:
    done = brownie("deploy")

    assert "is founded\n" in said(done)
    assert "Launching 'anvil" in done.stdout


def test_a_refusal_is_the_contract_s_own_sentence(brownie: Brownie) -> None:
    on = ("--network", "valley")
    address = found(brownie, "deploy", *on)

    stranger = refused(brownie("propose", "main", address, "9 days", "9", *on))

    assert "Only an organization with an active seat can do this." in stranger


def test_the_wrong_chain_is_noticed_before_anything_is_sent(
    brownie: Brownie, devnet: Devnet
) -> None:
    before = devnet.chain.block()

    output = refused(brownie("deploy", "--network", "elsewhere"))

    assert f"is on chain {devnet.chain.id}" in output
    assert devnet.chain.block() == before
