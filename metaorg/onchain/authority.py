"""Client of `Authority`, the one table of who may call what. Its roles are OpenZeppelin's."""

from metaorg.onchain.chain import Reading
from metaorg.onchain.contract import Contract
from metaorg.types import Address

ADMINISTRATOR = 0
"""The role that may call every function without an entry."""


class Authority(Contract):
    """Reads of one Authority."""

    name = "Authority"

    def has_role(self, reading: Reading, role: int, account: Address) -> bool:
        return bool(self.read(reading, "hasRole", role, account)["isMember"])
