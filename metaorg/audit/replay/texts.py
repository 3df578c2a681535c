"""The versions of the text, and who adopted which, as the events lead to them."""

from typing import NamedTuple

from metaorg.audit.events import Happened
from metaorg.audit.replay.front import Handlers
from metaorg.onchain.inter_constitution import Adoption, InterConstitution
from metaorg.types import Address


class Version(NamedTuple):
    """A version of the text. `since`: Unix seconds."""

    number: int
    digest: bytes
    codec: int
    since: int


class Adopted(NamedTuple):
    """The latest adoption of one version by one organization. `signed`: its adoptions so far."""

    time: int
    constituency: int
    signed: int
    pledge: bytes


class Unsigned(NamedTuple):
    """An adoption that no key of the organization signed: a contract account may have."""

    event: Happened
    signer: Address | None


class Texts:
    """Versions, adoptions, and those whose signature only a contract account can confirm."""

    PARTS = ("versions", "adopted", "unsigned", "count")

    def __init__(self, chain_id: int, contract: Address) -> None:
        self._chain_id, self._contract = chain_id, InterConstitution(contract)
        self.versions: list[Version] = []
        self.adopted: dict[Address, dict[int, Adopted]] = {}
        self.unsigned: list[Unsigned] = []
        self.count = 0

    @property
    def in_force(self) -> Version:
        """The latest version; number 0 before the first."""
        return self.versions[-1] if self.versions else Version(0, b"", 0, 0)

    def at(self, time: int) -> Version:
        """The version that was in force at a time."""
        past = [version for version in self.versions if version.since <= time]
        return past[-1] if past else Version(0, b"", 0, 0)

    def handlers(self) -> dict[str, Handlers]:
        """By module."""
        return {"inter_constitution": {"Amended": self._amended, "Adopted": self._adopted}}

    def _amended(self, event: Happened) -> None:
        given = event.arguments
        self.versions.append(Version(given["version"], given["digest"], given["codec"], event.time))

    def _adopted(self, event: Happened) -> None:
        given = event.arguments
        organization: Address = given["organization"]
        signer = self._contract.signer_of(self._chain_id, adoption_of(event), given["signature"])
        if signer != organization:
            self.unsigned.append(Unsigned(event, signer))
        record = Adopted(event.time, given["constituency"], given["nonce"] + 1, given["pledge"])
        self.adopted.setdefault(organization, {})[given["version"]] = record
        self.count += 1


def adoption_of(event: Happened) -> Adoption:
    """What was signed."""
    given = event.arguments
    return Adoption.model_construct(
        organization=given["organization"],
        version=given["version"],
        text=given["text"],
        constituency=given["constituency"],
        pledge=given["pledge"],
        nonce=given["nonce"],
        valid_until=given["validUntil"],
    )
