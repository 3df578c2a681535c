"""How to see oneself what a finding is about: one line for a shell, with cast, jq and ipfs."""

import shlex
from functools import cache

from metaorg.audit.findings import Look
from metaorg.onchain import abi
from metaorg.onchain.artifacts import CONTRACTS, load


def command(look: Look, block: int) -> str:
    """The line; `$RPC` stands for a node that the reader trusts.

    Args:
        block: the audited one, for looks that name none.
    """
    if look.what == "document":
        return f"ipfs cat {shlex.quote(look.cid)}"
    node = f"--rpc-url {shlex.quote(look.endpoint)}" if look.endpoint else '--rpc-url "$RPC"'
    at = look.block or block
    if look.what in ("call", "storage", "code"):
        return _state(look, f"--block {at} {node}")
    if look.what == "log":
        return _log(look, at, node)
    asked = f"receipt 0x{look.transaction.hex()}" if look.what == "receipt" else f"block {at}"
    return f"cast {asked} {node}"


def _state(look: Look, options: str) -> str:
    function = _decoding().get(look.function, look.function)
    parts = [look.address or "", *([function] if function else []), *look.arguments]
    line = f"cast {look.what} {shlex.join(parts)} {options}"
    return f"cast keccak $({line})" if look.what == "code" else line


def _log(look: Look, block: int, node: str) -> str:
    """One log of a transaction, or all of a contract in a block."""
    if look.transaction:
        receipt = f"cast receipt 0x{look.transaction.hex()} --json {node}"
        return f"""{receipt} | jq '.logs[] | select(.logIndex == "{look.index:#x}")'"""
    address = f" --address {look.address}" if look.address else ""
    return f"cast logs --from-block {block} --to-block {block}{address} {node}"


@cache
def _decoding() -> dict[str, str]:
    """Signatures of views with the types of what they answer, so that `cast` shows values."""
    views = [one for name in CONTRACTS for one in load(name).functions.values()]
    return {
        abi.signature(one): f"{abi.signature(one)}({','.join(abi.types(one['outputs']))})"
        for one in views
        if one["outputs"]
    }
