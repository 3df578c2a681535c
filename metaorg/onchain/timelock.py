"""Client of `Timelock`, which executes what was decided. Its roles are OpenZeppelin's."""

from eth_utils.crypto import keccak

from metaorg.onchain.chain import Reading
from metaorg.onchain.contract import Contract
from metaorg.types import Call

ROLES = {
    bytes(32): "administrator",
    keccak(text="PROPOSER_ROLE"): "proposer",
    keccak(text="EXECUTOR_ROLE"): "executor",
    keccak(text="CANCELLER_ROLE"): "canceller",
}


class Timelock(Contract):
    """Reads and writes of one Timelock."""

    name = "Timelock"

    def has_role(self, reading: Reading, role: bytes, account: str) -> bool:
        return bool(self.read(reading, "hasRole", role, account))

    def minimum_delay(self, reading: Reading) -> int:
        """Seconds that it waits at least."""
        return int(self.read(reading, "getMinDelay"))

    def update_delay(self, seconds: int) -> Call:
        """Change the delay; only the Timelock itself can, by a decision."""
        says = f"let the Timelock wait at least {seconds} s"
        return self.call("updateDelay", seconds, says=says)
