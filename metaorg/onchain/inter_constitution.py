"""Client of `InterConstitution`: the text that binds all, and who adopted which version of it."""

from functools import cached_property
from typing import Any

from metaorg.onchain import abi
from metaorg.onchain.chain import Reading
from metaorg.onchain.contract import Contract
from metaorg.onchain.typed_data import Form
from metaorg.types import Address, Call, Cid, Digest, Hex, Model


class Version(Model):
    """A version of the text, and since when it is in force (Unix seconds)."""

    number: int
    text: Cid
    since: int


class Adoption(Model):
    """What an organization signs. `valid_until` is Unix seconds; `nonce` counts from 0."""

    organization: Address
    version: int
    text: Digest
    constituency: int
    pledge: Digest
    nonce: int
    valid_until: int

    def arguments(self) -> tuple[Any, ...]:
        """The contract's struct."""
        return tuple(getattr(self, field) for field in type(self).model_fields)


class SignedAdoption(Model):
    """An adoption and its signature: anyone may relay it."""

    adoption: Adoption
    signature: Hex


class Record(Model):
    """What is kept of an organization's latest adoption; `recorded_at` 0 means never."""

    recorded_at: int
    constituency: int
    count: int
    pledge: Digest


class InterConstitution(Contract):
    """Reads and writes of one InterConstitution."""

    name = "InterConstitution"

    def __init__(self, address: Address) -> None:
        super().__init__(address)
        self._forms: dict[int, Form] = {}
        """What all adoptions on one chain have in common, by its id."""

    def version(self, reading: Reading) -> Version:
        """The version in force."""
        return self.version_at(reading, self.read(reading, "version"))

    def versions(self, reading: Reading) -> list[Version]:
        """All versions, the first first."""
        last = self.read(reading, "version")
        return [self.version_at(reading, number) for number in range(1, last + 1)]

    def version_at(self, reading: Reading, number: int) -> Version:
        found = self.read(reading, "versionAt", number)
        text = Cid(digest=found["digest"], codec=found["codec"])
        return Version(number=number, text=text, since=found["since"])

    def adoption_of(self, reading: Reading, organization: Address, version: int) -> Record:
        return _record(self.read(reading, "adoptionOf", organization, version))

    def adoptions_of(
        self, reading: Reading, organizations: list[Address], version: int
    ) -> list[Record]:
        """`adoption_of` for many, in batches."""
        calls = [("adoptionOf", (organization, version)) for organization in organizations]
        return [_record(found) for found in self.reads(reading, calls)]

    def adopt(self, signed: SignedAdoption) -> Call:
        adoption = signed.adoption
        says = f"record that {adoption.organization} adopts version {adoption.version} of the text"
        return self.call("adopt", adoption.arguments(), signed.signature, says=says)

    def amend(self, text: Cid) -> Call:
        says = f"put {text} in force as the next version of the InterConstitution"
        return self.call("amend", text.digest, text.codec, says=says)

    def signer_of(self, chain_id: int, adoption: Adoption, signature: bytes) -> Address | None:
        """Whose key signed an adoption; None when the signature is none of a key."""
        if chain_id not in self._forms:
            self._forms[chain_id] = Form(self.typed_adoption(chain_id, adoption))
        message = dict(zip(self._fields, adoption.arguments(), strict=True))
        return self._forms[chain_id].recover(message, signature)

    @property
    def _components(self) -> list[abi.Entry]:
        found: list[abi.Entry] = self.artifact.functions["hashAdoption"]["inputs"][0]["components"]
        return found

    @cached_property
    def _fields(self) -> list[str]:
        return [field["name"] for field in self._components]

    def typed_adoption(self, chain_id: int, adoption: Adoption) -> dict[str, Any]:
        """The EIP-712 typed data that the organization signs."""
        fields = self._components
        message = dict(zip(self._fields, adoption.arguments(), strict=True))
        return {
            "types": {
                "EIP712Domain": DOMAIN_FIELDS,
                "Adoption": [
                    {"name": field["name"], "type": kind}
                    for field, kind in zip(fields, abi.types(fields), strict=True)
                ],
            },
            "primaryType": "Adoption",
            "domain": {
                "name": "InterConstitution",
                "version": "1",
                "chainId": chain_id,
                "verifyingContract": self.address,
            },
            "message": message,
        }


def _record(raw: dict[str, Any]) -> Record:
    return Record(recorded_at=raw.pop("recordedAt"), **raw)


DOMAIN_FIELDS = [
    {"name": "name", "type": "string"},
    {"name": "version", "type": "string"},
    {"name": "chainId", "type": "uint256"},
    {"name": "verifyingContract", "type": "address"},
]
