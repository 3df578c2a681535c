"""`metaorg devnet`: a development chain on this machine."""

import signal
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from metaorg.cli.output import emit, facts, say

DEFAULT_PORT = 8545
"""Where all commands look for a node unless told otherwise."""


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command()(devnet)


def devnet(
    port: Annotated[
        int, typer.Option(min=0, max=65_535, help="0 takes a free one.")
    ] = DEFAULT_PORT,
    state: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Keep the chain in this file between runs."),
    ] = None,
    block_time: Annotated[
        int | None,
        typer.Option(
            min=1, max=86_400, metavar="SECONDS", help="Mine at this interval, not at once."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False,
) -> None:
    """Run a development chain (Anvil) on this machine.

    It runs until it is interrupted and listens on loopback only. Prints its address and its funded
    accounts, in the form that --account takes.

    JSON: {"rpc": "http://127.0.0.1:8545", "chain_id": 31337, "accounts": ["rpc:0xf39F...", ...]}
    """
    from metaorg.onchain.devnet import Devnet

    options = ["--state", str(state)] if state else []
    options += ["--block-time", str(block_time)] if block_time else []
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        with Devnet(port, options) as chain:
            accounts = [f"rpc:{account}" for account in chain.accounts()]
            found = {"rpc": chain.url, "chain_id": chain.chain.id, "accounts": accounts}
            emit(found, as_json, lambda: facts(found | {"accounts": "\n".join(accounts)}))
            if chain.port != DEFAULT_PORT:
                say(
                    f"In the other terminal: export METAORG_RPC={chain.url} ETH_RPC_URL={chain.url}"
                )
            say("Running; Ctrl-C ends it.")
            chain.wait()
    except KeyboardInterrupt:
        say("Ended.")


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
