"""Client of `Timelock`, which executes what was decided. Its roles are OpenZeppelin's."""

from eth_utils.crypto import keccak

from metaorg.onchain.chain import Reading
from metaorg.onchain.contract import Contract

ROLES = {
    bytes(32): "administrator",
    keccak(text="PROPOSER_ROLE"): "proposer",
    keccak(text="EXECUTOR_ROLE"): "executor",
    keccak(text="CANCELLER_ROLE"): "canceller",
}


class Timelock(Contract):
    """Reads of one Timelock."""

    name = "Timelock"

    def has_role(self, reading: Reading, role: bytes, account: str) -> bool:
        return bool(self.read(reading, "hasRole", role, account))
