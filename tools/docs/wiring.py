"""How the factory wires a meta-organization: asked of one that is founded for it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from eth_utils.crypto import keccak

from metaorg import charter, founding
from metaorg.errors import ContractReverted
from metaorg.ipfs import open_store
from metaorg.onchain import transactions
from metaorg.onchain.accounts import NodeSigner
from metaorg.onchain.artifacts import CONTRACTS
from metaorg.onchain.assembly import Assembly
from metaorg.onchain.authority import ADMINISTRATOR
from metaorg.onchain.chain import Chain
from metaorg.onchain.devnet import Devnet
from metaorg.onchain.modules import Modules
from metaorg.onchain.rulebook import Rulebook
from metaorg.types import Address

CHARTER = Path(__file__).resolve().parents[2] / "examples" / "charter.yaml"
ROLES = ("PROPOSER_ROLE", "EXECUTOR_ROLE", "CANCELLER_ROLE")


@dataclass(frozen=True)
class Wiring:
    """Who holds what after the founding, by the names of contracts.

    Args:
        kernel: the contracts whose rule cannot be chosen.
        administrator: whoever the Authority lets call a function without an entry.
        executor: whoever the Assembly obeys: what executes its decisions.
        roles: role of the Timelock -> its holders.
    """

    kernel: frozenset[str]
    administrator: str
    executor: str
    roles: Mapping[str, frozenset[str]]


def founded() -> Wiring:
    """The wiring of a meta-organization that is founded on a chain of its own."""
    with Devnet() as devnet:
        return read(devnet.chain, found(devnet))


def found(devnet: Devnet) -> Modules:
    """Found the charter of the examples."""
    chain, signers = devnet.chain, [NodeSigner(devnet.chain, one) for one in devnet.accounts()[:3]]
    founding.deploy(chain, signers[0])
    plan = founding.plan(chain, charter.load(CHARTER), signers[0].address)
    signed = [founding.sign(chain, plan, signer) for signer in signers]
    with TemporaryDirectory() as folder:
        founding.found(chain, open_store(f"embedded:{folder}/commons"), signers[0], plan, signed)
    return plan.modules


def addresses(modules: Modules) -> dict[str, Address]:
    """Contract's name -> address; without those that all meta-organizations share."""
    snake = {name: re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower() for name in CONTRACTS}
    fields = Modules.model_fields
    return {name: getattr(modules, field) for name, field in snake.items() if field in fields}


def read(chain: Chain, modules: Modules) -> Wiring:
    """The wiring of one meta-organization. Whoever is no contract of it is named by address."""
    made = addresses(modules)
    named = {address: name for name, address in made.items()}
    hashes = {name: keccak(text=name) for name in ROLES} | {"DEFAULT_ADMIN_ROLE": bytes(32)}
    roles, table = _held(chain, modules.timelock), _held(chain, modules.authority)
    return Wiring(
        kernel=frozenset(name for name, one in made.items() if _is_kernel(chain, modules, one)),
        administrator=" and ".join(sorted(_named(table, ADMINISTRATOR, named))),
        executor=named[Assembly(modules.assembly).read(chain.at(), "timelock")],
        roles={name: _named(roles, hashed, named) for name, hashed in hashes.items()},
    )


def _is_kernel(chain: Chain, modules: Modules, target: Address) -> bool:
    """Whether the Rulebook refuses to give a contract's functions a rule of their own."""
    assign = Rulebook(modules.rulebook).assign_rule(target, bytes(4), 0)
    try:
        transactions.simulate(chain, assign, modules.timelock)
    except ContractReverted as refusal:
        if refusal.name != "RulebookRuleFixed":
            raise
        return True
    return False


def _held(chain: Chain, contract: Address) -> set[tuple[object, Address]]:
    """Roles with their holders, by a contract's events."""
    held: set[tuple[object, Address]] = set()
    for event in transactions.decode(chain.at().logs([contract], [], 0)):
        if event.name in ("RoleGranted", "RoleRevoked"):
            given = event.arguments
            one = (given["role"] if "role" in given else given["roleId"], given["account"])
            held = held | {one} if event.name == "RoleGranted" else held - {one}
    return held


def _named(
    held: set[tuple[object, Address]], role: object, named: Mapping[Address, str]
) -> frozenset[str]:
    """Who holds a role."""
    return frozenset(named.get(account, account) for one, account in held if one == role)
