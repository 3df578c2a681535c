"""What the book knows of the text and of who adopted which version of it."""

from metaorg.onchain.inter_constitution import Adoption, Record
from metaorg.types import RAW, ZERO_DIGEST, Address
from tests.stateful.refusal import No, require

NONE = Record(recorded_at=0, constituency=0, count=0, pledge=ZERO_DIGEST)


class InterConstitution:
    """Versions of the text, and the latest adoption of each by each account."""

    def __init__(self, text: bytes, now: int) -> None:
        self.versions = [(text, RAW, now)]
        self.records: dict[tuple[Address, int], Record] = {}

    @property
    def version(self) -> int:
        return len(self.versions)

    @property
    def text(self) -> bytes:
        return self.versions[-1][0]

    @property
    def since(self) -> int:
        return self.versions[-1][2]

    def record(self, account: Address, version: int | None = None) -> Record:
        return self.records.get((account, self.version if version is None else version), NONE)

    def in_force(self, account: Address) -> Record:
        """The adoption of the version in force, which there has to be."""
        record = self.record(account)
        require(record.recorded_at, "InterConstitutionNotAdopted")
        return record

    def adopt(self, adoption: Adoption, signed: bool, now: int) -> None:
        before = self.record(adoption.organization, adoption.version)
        require(adoption.version == self.version, "InterConstitutionVersionNotInForce")
        require(adoption.text == self.text, "InterConstitutionTextMismatch")
        require(adoption.valid_until >= now, "InterConstitutionSignatureExpired")
        require(adoption.nonce == before.count, "InterConstitutionNonceMismatch")
        require(signed, "InterConstitutionSignatureInvalid")
        self.records[adoption.organization, adoption.version] = Record(
            recorded_at=now,
            constituency=adoption.constituency,
            count=before.count + 1,
            pledge=adoption.pledge,
        )

    def amend(self, digest: bytes, codec: int, now: int) -> None:
        if digest == ZERO_DIGEST or codec not in (0x55, 0x70):
            raise No("InterConstitutionTextInvalid")
        self.versions.append((digest, codec, now))
