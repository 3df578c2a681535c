"""From one address to all: the contracts behind a meta-organization's front door."""

from metaorg.errors import ContractReverted, Misconfigured, Unreachable
from metaorg.onchain.chain import Reading
from metaorg.onchain.meta_organization import MetaOrganization
from metaorg.types import Address, Model


class Modules(Model):
    """The contracts of one meta-organization, or the implementations behind all of them."""

    meta_organization: Address
    timelock: Address
    authority: Address
    inter_constitution: Address
    membership: Address
    commons: Address
    rulebook: Address
    assembly: Address


def modules_at(reading: Reading, address: Address) -> Modules:
    """The contracts behind a front door.

    Raises:
        Misconfigured: no contract there, or another one.
    """
    if not reading.code(address):
        raise Misconfigured(
            f"there is no contract at {address} on chain {reading.chain.id}; "
            "check the settings `address` and `rpc`"
        )
    try:
        found = MetaOrganization(address).modules(reading)
    except (ContractReverted, Unreachable):
        reading.chain.block()  # an unreachable node says so itself
        raise Misconfigured(
            f"the contract at {address} is not a meta-organization; check the setting `address`"
        ) from None
    return Modules(
        meta_organization=address,
        timelock=found["timelock"],
        authority=found["authority"],
        inter_constitution=found["interConstitution"],
        membership=found["membership"],
        commons=found["commons"],
        rulebook=found["rulebook"],
        assembly=found["assembly"],
    )
