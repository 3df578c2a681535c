"""Real Safes on a development chain, from the artifacts of Safe's own packages."""

import argparse
import json
import os
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from eth_utils.crypto import keccak

from metaorg.onchain import abi, safes, transactions
from metaorg.onchain.accounts import Signer, open_signer
from metaorg.onchain.chain import Chain
from metaorg.onchain.safes import NOBODY, Request, Safe, SafeTransaction, Signatures
from metaorg.types import Address, Call, Receipt, checksum_address

PACKAGES = Path(__file__).parents[2] / "node_modules" / "@safe-global"
DEPLOYER = "0x4e59b44847b379578588920cA78FbF26c0B4956C"
"""Anvil has it from its first block; a call makes a contract of the bytes behind the salt."""
SALT = bytes(32)


class Release:
    """One version of Safe's contracts, as npm carries it."""

    SAFE, FACTORY, HANDLER = (
        "Safe.sol/Safe",
        "proxies/SafeProxyFactory.sol/SafeProxyFactory",
        "handler/CompatibilityFallbackHandler.sol/CompatibilityFallbackHandler",
    )

    def __init__(self, package: str) -> None:
        self.folder = PACKAGES / package / "build" / "artifacts" / "contracts"

    def artifact(self, name: str) -> Any:
        return json.loads((self.folder / f"{name}.json").read_text(encoding="utf-8"))

    def creation(self, name: str) -> bytes:
        return bytes.fromhex(self.artifact(name)["bytecode"][2:])

    def function(self, contract: str, name: str) -> Any:
        entries = self.artifact(contract)["abi"]
        return next(entry for entry in entries if entry.get("name") == name)

    @cached_property
    def addresses(self) -> dict[str, Address]:
        names = (self.SAFE, self.FACTORY, self.HANDLER)
        return {name: made_at(DEPLOYER, self.creation(name)) for name in names}

    def deploy(self, chain: Chain, sender: Signer) -> None:
        calls = [
            Call(to=DEPLOYER, data=SALT + self.creation(name), says=f"make {name}")
            for name, address in self.addresses.items()
            if not chain.at().code(address)
        ]
        transactions.send(chain, sender, *calls)

    def create(
        self, chain: Chain, sender: Signer, owners: Sequence[Address], threshold: int
    ) -> Address:
        """A new Safe with the compatibility handler."""
        self.deploy(chain, sender)
        handler = self.addresses[self.HANDLER]
        setup = abi.encode_call(
            self.function(self.SAFE, "setup"),
            (owners, threshold, NOBODY, b"", handler, NOBODY, 0, NOBODY),
        )
        arguments = (self.addresses[self.SAFE], setup, chain.block().number)
        entry = self.function(self.FACTORY, "createProxyWithNonce")
        factory = self.addresses[self.FACTORY]
        call = Call(to=factory, data=abi.encode_call(entry, arguments), says="make a Safe")
        made = chain.at().call(factory, call.data, sender.address)
        transactions.send(chain, sender, call)
        return checksum_address("0x" + made[-20:].hex())


OLD, NEW = Release("safe-contracts"), Release("safe-smart-account")


def made_at(deployer: Address, creation: bytes) -> Address:
    """Where CREATE2 makes a contract with the salt 0."""
    seed = b"\xff" + bytes.fromhex(deployer[2:]) + SALT + keccak(creation)
    return checksum_address("0x" + keccak(seed)[-20:].hex())


def nonce(chain: Chain, safe: Address) -> int:
    entry: Any = {"name": "nonce", "inputs": []}
    return int.from_bytes(chain.at().call(safe, abi.encode_call(entry, ())))


def signed(chain: Chain, request: Request, owners: Sequence[Signer]) -> Signatures:
    """The signatures of these owners, or owners of owners, as many as are needed."""
    given = Signatures()
    for owner in owners:
        given = safes.merged(given, safes.approve(chain.at(), request, owner))
    return safes.complete(chain.at(), request, given)


def execute(
    chain: Chain, safe: Safe, call: Call, owners: Sequence[Signer], sender: Signer
) -> Receipt:
    """Let a Safe make a call, signed by owners and sent by anybody."""
    number = nonce(chain, safe.address)
    made = SafeTransaction(to=call.to, value=call.value, data=call.data, nonce=number)
    request = Request(safe=safe, typed=safes.typed_transaction(safe, made))
    signatures = signed(chain, request, owners)
    [receipt] = transactions.send(chain, sender, safes.execute(made, safe, signatures, call.says))
    return receipt


def execute_batch(
    chain: Chain, file: Path, owners: Sequence[Signer], sender: Signer
) -> list[Receipt]:
    """Let the Safe that a batch file names do what is in it, one transaction after the other."""
    batch = json.loads(file.read_text(encoding="utf-8"))
    assert batch["chainId"] == str(chain.id)
    safe = safes.required(chain.at(), batch["meta"]["createdFromSafeAddress"])
    receipts = []
    for one in batch["transactions"]:
        data = bytes.fromhex(one["data"][2:])
        call = Call(to=one["to"], data=data, value=int(one["value"]), says="do as the batch says")
        receipts.append(execute(chain, safe, call, owners, sender))
    return receipts


def main() -> None:
    """Make Safes on a development chain, and execute batch files with them.

    What Safe's own interface does on a public network, for tutorials and for trying things out.
    """
    options = argparse.ArgumentParser(description=main.__doc__)
    options.add_argument("--rpc", default=os.environ.get("METAORG_RPC", "http://127.0.0.1:8545"))
    options.add_argument("--sender", required=True, help="who pays, like --account of metaorg")
    commands = options.add_subparsers(required=True, dest="command")
    create = commands.add_parser("create", help="make a Safe and print its address")
    create.add_argument("threshold", type=int)
    create.add_argument("owners", nargs="+")
    batch = commands.add_parser("execute", help="do what a batch file says")
    batch.add_argument("file", type=Path)
    batch.add_argument("owners", nargs="+", help="who signs, like --account of metaorg")
    given = options.parse_args()

    chain = Chain(given.rpc)
    sender = open_signer(given.sender, chain)
    if given.command == "create":
        print(NEW.create(chain, sender, given.owners, given.threshold))
        return
    owners = [open_signer(owner, chain) for owner in given.owners]
    for receipt in execute_batch(chain, given.file, owners, sender):
        print(f"0x{receipt.transaction.hex()}")


if __name__ == "__main__":
    main()
