"""Client of `MetaOrganization`, the front door."""

from metaorg.onchain.chain import Reading
from metaorg.onchain.contract import Contract, padded
from metaorg.types import Address, Call, Cid, Model

MODULES = (
    "timelock",
    "authority",
    "interConstitution",
    "membership",
    "commons",
    "rulebook",
    "assembly",
)
"""The modules that every meta-organization is founded with, by their names on chain."""


class Description(Model):
    """What the front door says of itself."""

    name: str
    charter: bytes
    dao_uri: str


class MetaOrganization(Contract):
    """Reads and writes of one front door."""

    name = "MetaOrganization"

    def description(self, reading: Reading) -> Description:
        name, charter, uri = self.reads(reading, [("name", ()), ("charter", ()), ("daoURI", ())])
        return Description(name=name, charter=charter, dao_uri=uri)

    def modules(self, reading: Reading) -> dict[str, Address]:
        """Addresses by name, of `MODULES`."""
        found = self.reads(reading, [("module", (padded(name, 32),)) for name in MODULES])
        return dict(zip(MODULES, found, strict=True))

    def register(self, name: str, module: Address) -> Call:
        return self.call(
            "register", padded(name, 32), module, says=f"register {module} as module {name}"
        )

    def set_charter(self, digest: bytes) -> Call:
        says = f"replace the charter document by {Cid(digest=digest)}"
        return self.call("setCharter", digest, says=says)

    def set_dao_uri(self, uri: str) -> Call:
        return self.call("setDaoURI", uri, says=f"publish the organization's documents at {uri}")
