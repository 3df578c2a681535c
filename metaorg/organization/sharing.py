"""Sealed resources: to whom they are sealed, and who may open them."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from typing import TYPE_CHECKING

from metaorg.charter import encode
from metaorg.errors import InvalidInput, Refused, Unreachable
from metaorg.ipfs import Import, Root, age, sealing
from metaorg.ipfs.blocks import Block
from metaorg.ipfs.keys import key_id
from metaorg.ipfs.sealing import ResourceKey
from metaorg.onchain.chain import Reading
from metaorg.onchain.commons import Access
from metaorg.records import ENVELOPE_KEYS, Envelope
from metaorg.types import Address, Call, Cid, Model

if TYPE_CHECKING:
    from metaorg.organization.facade import MetaOrganization


class Recipient(Model):
    """An organization that may be sealed to.

    Args:
        name, key: None when its profile cannot be read, and nobody knows; a key that is empty is
            none.
    """

    account: Address
    seat: int
    name: str | None
    key: str | None
    active: bool


class Sharing:
    """What is sealed: for whom, with which envelopes."""

    def __init__(self, organization: "MetaOrganization") -> None:
        self._org = organization

    def recipients(
        self, accounts: Sequence[Address] | None = None, reading: Reading | None = None
    ) -> list[Recipient]:
        """All organizations with an active seat, or these.

        Raises:
            InvalidInput: one of these has no active seat: who left gets no new material.
        """
        everybody = self._everybody(self._org.at(reading))
        if accounts is None:
            return [one for one in everybody if one.active]
        active = {one.account: one for one in everybody if one.active}
        none = [f"{account} has no active seat" for account in accounts if account not in active]
        if none:
            raise InvalidInput(*none)
        return [active[account] for account in dict.fromkeys(accounts)]

    def candidates(
        self, cid: Cid, accounts: Sequence[Address] | None = None, reading: Reading | None = None
    ) -> list[Recipient]:
        """Whom to let in to a resource: these, or all organizations with an active seat.

        Raises:
            InvalidInput: it is for parties only, and none is named; or as for `recipients`.
        """
        reading = self._org.at(reading)
        if (
            accounts is None
            and self._org.commons.show(cid, reading).resource.access == Access.PARTIES
        ):
            raise InvalidInput("this is for some parties only: say with --to whom to let in")
        return self.recipients(accounts, reading)

    def holders(self, keys: Iterable[str], reading: Reading | None = None) -> list[Recipient]:
        """The organizations in whose profiles one of these sharing keys (ids) stands.

        There may be several: anybody can write another's public key into the own profile.
        """
        wanted = set(keys)
        everybody = self._everybody(self._org.at(reading))
        return [one for one in everybody if one.key and key_id(one.key) in wanted]

    def seal(
        self,
        root: Root,
        blocks: Iterable[Block],
        name: str,
        advance: Callable[[int], object] = lambda size: None,
    ) -> tuple[Root, ResourceKey]:
        """Encrypt content into the store; gives the sealed bytes' root, and what opens them.

        Args:
            root, blocks: of the plaintext. name: its file name, which the envelope hides.
            advance: called with the size of each part that was stored.
        """
        identity = age.new_identity()
        with closing(sealing.sealed(root.cid, blocks, identity)) as stream:
            work = Import.stream(stream, advance=advance)
            self._org.store.write(work)
        self._org.store.pin(work.root.cid)
        return work.root, ResourceKey(identity, work.root.cid, root.cid, name, root.profile)

    def envelopes(self, key: ResourceKey, recipients: Sequence[Recipient]) -> list[Envelope]:
        """Envelopes that open a resource for all of these, as few as hold them."""
        keys = [*dict.fromkeys(one.key for one in recipients if one.key)]
        return [
            sealing.envelope(key, keys[start : start + ENVELOPE_KEYS])
            for start in range(0, len(keys), ENVELOPE_KEYS)
        ]

    def grants(
        self, cid: Cid, envelopes: Sequence[Envelope], recipients: Sequence[Recipient]
    ) -> list[Call]:
        """The calls that record who gets which envelope; none for what is on record already."""
        recorded = set(self._org.commons.envelopes(cid))
        grant = self._org.commons.grant
        new = [each for each in envelopes if Cid.of(encode(each)) not in recorded]
        return [
            grant(cid, [one.seat for one in recipients if _opens(each, one)], each) for each in new
        ]

    def recorded(
        self, cid: Cid, reading: Reading | None = None, keys: Iterable[str] = ()
    ) -> list[Envelope]:
        """The envelopes on record that open a resource, the newest first.

        One that is no envelope, or for another resource, opens nothing and is passed over.

        Args:
            keys: ids of sharing keys; with one that is for them, the others need not be readable.

        Raises:
            Unreachable: one cannot be read: unknown, not absent.
        """
        found, unread = list[Envelope](), list[Unreachable]()
        for one in self._org.commons.envelopes(cid, reading):
            try:
                found.append(Envelope(**self._org.document(one)))
            except Unreachable as error:
                unread.append(error)
            except (InvalidInput, ValueError, TypeError):
                continue
        found = [one for one in found if one.resource == str(cid)]
        if unread and not any(set(keys).intersection(one.keys) for one in found):
            raise unread[0]
        return found

    def without(
        self, cid: Cid, recipients: Sequence[Recipient], reading: Reading | None = None
    ) -> list[Recipient]:
        """Those of these who cannot open a resource with the key in their profile, or may not."""
        reading = self._org.at(reading)
        known = {key for each in self.recorded(cid, reading) for key in each.keys}
        contract = self._org.commons.contract
        granted = contract.granted(reading, cid.digest, [one.seat for one in recipients])
        return [
            one
            for one, may in zip(recipients, granted, strict=True)
            if not may or key_id(one.key or "") not in known
        ]

    def revoked(self, cid: Cid, reading: Reading | None = None) -> set[int]:
        """The seats from which access to a resource was taken and not given again."""
        found: set[int] = set()
        contract = self._org.commons.contract.address
        for event in self._org.events(contract, ["Granted", "Revoked"], reading):
            if event.arguments["digest"] == cid.digest:
                seats = set(event.arguments["seats"])
                found = found | seats if event.name == "Revoked" else found - seats
        return found

    def require_granted(
        self, cid: Cid, holders: Sequence[Recipient], reading: Reading | None = None
    ) -> None:
        """Nothing, while one of these has access to a sealed resource, or there is none.

        Raises:
            Refused: none has it on record, or it was revoked; says why.
        """
        reading, seats = self._org.at(reading), [one.seat for one in holders]
        if not seats or any(self._org.commons.contract.granted(reading, cid.digest, seats)):
            return
        deeds = self._org.commons.history(cid, reading).deeds
        revoked = [
            (seat, one.text)
            for one in deeds
            if one.name == "Revoked"
            for seat in one.seats
            if seat in seats
        ]
        if revoked:
            seat, why = revoked[-1]
            raise Refused(f"access of seat {seat} to {cid} was revoked: {why}")
        raise Refused(
            f"{cid} was not granted to seat {seats[0]}: ask its steward (`metaorg commons grant`)"
        )

    def _everybody(self, reading: Reading) -> list[Recipient]:
        membership = self._org.membership
        accounts = membership.contract.accounts(reading)
        standings = membership.contract.standings_of(reading, accounts)
        return [
            Recipient(
                account=account,
                seat=standing.seat,
                name=profile.name if profile else None,
                key=profile.sharing_key if profile else None,
                active=standing.active,
            )
            for account, standing, profile in zip(
                accounts, standings, membership.profiles(accounts, reading), strict=True
            )
        ]


def _opens(envelope: Envelope, recipient: Recipient) -> bool:
    return key_id(recipient.key or "") in envelope.keys
