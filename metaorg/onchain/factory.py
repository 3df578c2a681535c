"""Client of `MetaOrganizationFactory`, and how the shipped contracts get onto a chain.

They are deployed through the CREATE2 deployer, so that factory and implementations have the same
addresses on every chain, which anyone can compute from the shipped code.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from eth_utils.crypto import keccak

from metaorg.onchain import abi
from metaorg.onchain.artifacts import load
from metaorg.onchain.chain import Reading
from metaorg.onchain.contract import Contract
from metaorg.onchain.modules import Modules
from metaorg.types import Address, Call, checksum_address

DEPLOYER = "0x4e59b44847b379578588920cA78FbF26c0B4956C"
"""The CREATE2 deployer that chains share; call data are a salt (32 bytes) and the creation code."""
SALT = bytes(32)
DEPLOYERS_ACCOUNT = "0x3fAB184622Dc19b6109349B94811493BF2a45362"
"""The account whose first and only transaction makes the CREATE2 deployer; nobody has its key."""
DEPLOYERS_TRANSACTION = bytes.fromhex(
    "f8a58085174876e800830186a08080b853604580600e600039806000f350fe7f"
    + "ff" * 31
    + "e03601600081602082378035828234f58015156039578182fd5b8082525050506014600cf31ba0"
    + "22" * 32
    + "a0"
    + "22" * 32
)
"""That transaction, the same for all chains: its signature names none.

Source: github.com/Arachnid/deterministic-deployment-proxy.
"""
DEPLOYERS_COST = 100_000 * 100 * 10**9
"""Wei that it takes at most: its gas limit times its gas price."""

_CONTRACTS = {
    "metaOrganization": "MetaOrganization",
    "timelock": "Timelock",
    "authority": "Authority",
    "interConstitution": "InterConstitution",
    "membership": "Membership",
    "commons": "Commons",
    "rulebook": "Rulebook",
    "assembly_": "Assembly",
}
ARGUMENTS: Mapping[str, tuple[str, ...]] = {
    "timelock": (),
    "authority": (),
    "meta_organization": ("authority",),
    "inter_constitution": ("authority",),
    "membership": ("authority", "inter_constitution"),
    "commons": ("authority", "membership"),
    "rulebook": ("authority", "timelock", "meta_organization", "inter_constitution"),
    "assembly": ("authority", "timelock", "membership", "rulebook"),
}
"""The modules that each clone carries as immutable arguments, in order."""


class Factory(Contract):
    """Reads and writes of the factory."""

    name = "MetaOrganizationFactory"

    def __init__(self, address: Address | None = None) -> None:
        super().__init__(address or deployment()[-1][1])

    def predict(self, reading: Reading, founder: Address, charter: dict[str, Any]) -> Modules:
        """Where `founder` founds, or has founded, this charter."""
        return _modules(self.read(reading, "predict", founder, charter))

    def found(self, charter: dict[str, Any], signatures: Sequence[bytes]) -> Call:
        says = f"found {charter['name']!r} with {len(signatures)} founders"
        return self.call("found", charter, list(signatures), says=says)


def implementations() -> Modules:
    """Where the shipped implementations are on every chain."""
    return _modules({key: address_of(load(name).creation) for key, name in _CONTRACTS.items()})


def deployment() -> list[tuple[str, Address, bytes]]:
    """Name, address and creation code of everything that is deployed once per chain, in order."""
    made = [
        (name, address_of(load(name).creation), load(name).creation)
        for name in ("Relay", *_CONTRACTS.values())
    ]
    factory = load("MetaOrganizationFactory")
    constructor = next(entry for entry in factory.abi if entry["type"] == "constructor")
    addresses = tuple(address for _, address, _ in made[1:])
    creation = factory.creation + abi.encode_values(constructor["inputs"], [addresses])
    return [*made, (factory.name, address_of(creation), creation)]


def relay_address() -> Address:
    """Where the shipped `Relay` is on every chain."""
    return address_of(load("Relay").creation)


def has_deployer(reading: Reading) -> bool:
    """Whether this chain has the CREATE2 deployer; most have."""
    return bool(reading.code(DEPLOYER))


def missing(reading: Reading) -> list[Call]:
    """The calls that deploy what this chain does not have yet; none when it has everything.

    The first of them pays for the CREATE2 deployer, where that is missing too.
    """
    absent = [entry for entry in deployment() if not reading.code(entry[1])]
    pays = [_payment(reading)] if absent and not has_deployer(reading) else []
    return pays + [
        Call(to=DEPLOYER, data=SALT + creation, says=f"deploy {name} at {address}")
        for name, address, creation in absent
    ]


def _payment(reading: Reading) -> Call:
    lacks = max(DEPLOYERS_COST - reading.balance(DEPLOYERS_ACCOUNT), 0)
    says = f"pay {lacks / 10**18:g} ETH for the CREATE2 deployer"
    return Call(to=DEPLOYERS_ACCOUNT, data=b"", value=lacks, says=says)


def address_of(creation: bytes) -> Address:
    """Where the CREATE2 deployer puts creation code (EIP-1014)."""
    digest = keccak(b"\xff" + bytes.fromhex(DEPLOYER[2:]) + SALT + keccak(creation))
    return checksum_address("0x" + digest[12:].hex())


def clone_code(implementation: Address, arguments: Sequence[Address] = ()) -> bytes:
    """The runtime code of a clone (EIP-1167, with OpenZeppelin's immutable arguments behind it)."""
    return bytes.fromhex(
        "363d3d373d3d3d363d73" + implementation[2:] + "5af43d82803e903d91602b57fd5bf3"
    ) + b"".join(bytes.fromhex(argument[2:]) for argument in arguments)


def expected_code(modules: Modules) -> dict[Address, bytes]:
    """The code that each contract of a founding has, by address."""
    parts = implementations()
    return {
        getattr(modules, name): clone_code(
            getattr(parts, name), [getattr(modules, one) for one in arguments]
        )
        for name, arguments in ARGUMENTS.items()
    }


def _modules(raw: dict[str, Address]) -> Modules:
    fields = zip(Modules.model_fields, _CONTRACTS, strict=True)
    return Modules(**{field: raw[key] for field, key in fields})
