"""The text that binds all, and who adopted it."""

from typing import TYPE_CHECKING

from metaorg.charter import encode, pledge_digest
from metaorg.errors import InvalidInput
from metaorg.onchain import acts
from metaorg.onchain import inter_constitution as onchain_constitution
from metaorg.onchain.accounts import Signer
from metaorg.onchain.acts import SignedAct
from metaorg.onchain.chain import Reading
from metaorg.onchain.inter_constitution import Adoption, SignedAdoption, Version
from metaorg.onchain.inter_constitution import Record as AdoptionRecord
from metaorg.records import Pledge
from metaorg.types import DOCUMENT_LIMIT, Address, Call, Cid

if TYPE_CHECKING:
    from metaorg.organization.facade import MetaOrganization

SIGNATURE_DAYS = 30
"""How long a signed adoption may wait to be relayed, unless said otherwise."""


class Constitution:
    """The text that binds all, and who adopted it."""

    def __init__(self, organization: "MetaOrganization") -> None:
        self._org = organization
        self.contract = onchain_constitution.InterConstitution(
            organization.modules.inter_constitution
        )

    def version(self, reading: Reading | None = None) -> Version:
        """The version in force."""
        return self.contract.version(self._org.at(reading))

    def versions(self, reading: Reading | None = None) -> list[Version]:
        return self.contract.versions(self._org.at(reading))

    def text(self, version: Version) -> bytes:
        """The text of a version, verified against its hash."""
        return self._org.store.get(version.text)

    def adoption_of(self, account: Address, reading: Reading | None = None) -> AdoptionRecord:
        """The adoption of the version in force; `recorded_at` 0 when there is none."""
        reading = self._org.at(reading)
        return self.contract.adoption_of(reading, account, self.version(reading).number)

    def adoption(
        self,
        account: Address,
        constituency: str,
        pledge: Pledge | None,
        days: int = SIGNATURE_DAYS,
        reading: Reading | None = None,
    ) -> Adoption:
        """What `account` has to sign to adopt the version in force."""
        reading = self._org.at(reading)
        version = self.version(reading)
        record = self.contract.adoption_of(reading, account, version.number)
        return Adoption(
            organization=account,
            version=version.number,
            text=version.text.digest,
            constituency=self._org.membership.constituency(constituency, reading),
            pledge=pledge_digest(pledge),
            nonce=record.count,
            valid_until=reading.block.time + days * 86_400,
        )

    def recorded(self, adoption: Adoption, reading: Reading | None = None) -> bool:
        """Whether this adoption of the version in force, or one that says the same, is recorded."""
        reading = self._org.at(reading)
        version = self.version(reading)
        record = self.contract.adoption_of(reading, adoption.organization, version.number)
        said = (adoption.version, adoption.text, adoption.constituency, adoption.pledge)
        on_chain = (version.number, version.text.digest, record.constituency, record.pledge)
        return record.recorded_at > 0 and said == on_chain

    def sign(self, adoption: Adoption, signer: Signer | None = None) -> SignedAdoption:
        """An adoption with the organization's signature; anyone may relay it."""
        typed = self.contract.typed_adoption(self._org.chain.id, adoption)
        signature = (signer or self._org.signer).sign_typed_data(typed)
        return SignedAdoption(adoption=adoption, signature=signature)

    def adopt(self, signed: SignedAdoption, pledge: Pledge | None) -> Call:
        """Record a signed adoption, with the pledge that it names.

        Raises:
            InvalidInput: the pledge is not the one that was signed.
        """
        if pledge_digest(pledge) != signed.adoption.pledge:
            raise InvalidInput("the pledge is not the one whose hash was signed")
        blocks = (encode(pledge),) if pledge else ()
        return self.contract.adopt(signed).model_copy(update={"documents": blocks})

    def act(self, adoption: Adoption, pledge: Pledge | None) -> SignedAct:
        """An adoption as an act to sign, with the pledge that it names; anyone may relay it."""
        typed = self.contract.typed_adoption(self._org.chain.id, adoption)
        return SignedAct.of(typed, [encode(pledge)] if pledge else [])

    def adoption_in(self, act: SignedAct) -> Adoption:
        """The adoption that an act is.

        Raises:
            InvalidInput: it is another act, or one for another meta-organization.
        """
        return acts.adoption_in(act, self.contract.address)

    def relay(self, act: SignedAct, reading: Reading | None = None) -> Call:
        """Record an adoption that somebody signed, with its pledge.

        Raises:
            InvalidInput: the act is not for here, or its signature is not its account's.
            Refused: owners of its Safe have yet to sign.
        """
        adoption = self.adoption_in(act)
        signature = acts.verified(self._org.at(reading), act)
        call = self.contract.adopt(SignedAdoption(adoption=adoption, signature=signature))
        return call.model_copy(update={"documents": act.documents})

    def amend(self, text: bytes) -> Call:
        """Put a new text in force; only a decision can. At most 1 MiB."""
        if not text or len(text) > DOCUMENT_LIMIT:
            raise InvalidInput(f"a text has 1 to {DOCUMENT_LIMIT} bytes, this one has {len(text)}")
        return self.contract.amend(Cid.of(text)).model_copy(update={"documents": (text,)})
