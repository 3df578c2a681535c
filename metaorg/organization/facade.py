"""The facade: one meta-organization, with its signer and its documents."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from metaorg.errors import InvalidInput, Misconfigured, Unreachable
from metaorg.ipfs import Store, documents, put_files
from metaorg.onchain import abi, acts, safes, transactions
from metaorg.onchain import meta_organization as front_door
from metaorg.onchain.accounts import Signer
from metaorg.onchain.acts import SignedAct
from metaorg.onchain.artifacts import CONTRACTS, load
from metaorg.onchain.chain import Chain, Reading
from metaorg.onchain.factory import relay_address
from metaorg.onchain.modules import Modules, modules_at
from metaorg.onchain.relay import Relay
from metaorg.onchain.safes import Safe
from metaorg.organization import delivery
from metaorg.organization.assembly import Assembly
from metaorg.organization.commons import Commons
from metaorg.organization.constitution import Constitution
from metaorg.organization.dao import Dao
from metaorg.organization.delivery import Errand
from metaorg.organization.membership import Membership
from metaorg.organization.sharing import Sharing
from metaorg.records import Reason
from metaorg.types import Address, Call, Cid, Event, Model, Receipt

FOUNDED = tuple(name for name in CONTRACTS if name not in ("MetaOrganizationFactory", "Relay"))
"""The contracts that each meta-organization has of its own."""


class Decoded(Model):
    """What a call does by its data, whatever anybody says: the contract's name and a function."""

    contract: str
    function: str
    arguments: Mapping[str, Any]


class MetaOrganization:
    """The facade: `.constitution .membership .assembly .commons .sharing .dao`, and what all share.

    Args:
        chain: the node. modules: the contracts. store: where documents are. signer: who writes; a
            reader needs none.
    """

    def __init__(
        self, chain: Chain, modules: Modules, store: Store, signer: Signer | None = None
    ) -> None:
        self.chain, self.modules, self.store = chain, modules, store
        self._signer = signer
        self._since: int | None = None

    @classmethod
    def open(
        cls, chain: Chain, address: Address, store: Store, signer: Signer | None = None
    ) -> "MetaOrganization":
        """The meta-organization whose front door is at `address`.

        Raises:
            Misconfigured: there is no meta-organization at the address.
        """
        return cls(chain, modules_at(chain.at(), address), store, signer)

    @cached_property
    def constitution(self) -> Constitution:
        return Constitution(self)

    @cached_property
    def membership(self) -> Membership:
        return Membership(self)

    @cached_property
    def assembly(self) -> Assembly:
        return Assembly(self)

    @cached_property
    def commons(self) -> Commons:
        return Commons(self)

    @cached_property
    def sharing(self) -> Sharing:
        return Sharing(self)

    @cached_property
    def dao(self) -> Dao:
        return Dao(self)

    @property
    def front(self) -> front_door.MetaOrganization:
        return front_door.MetaOrganization(self.modules.meta_organization)

    @property
    def signer(self) -> Signer:
        """Who signs.

        Raises:
            Misconfigured: nobody was named.
        """
        if self._signer is None:
            raise Misconfigured(
                "no account is set: use --account keystore:FILE, env:NAME or rpc:ADDRESS"
            )
        return self._signer

    def at(self, reading: Reading | None) -> Reading:
        """The given reading, or one at the chain's head."""
        return self.chain.at() if reading is None else reading

    def send(self, *calls: Call) -> list[Receipt]:
        """Put the calls' documents on the commons, then send the calls one after the other."""
        put_files(self.store, (one for call in calls for one in call.documents))
        return transactions.send(self.chain, self.signer, *calls)

    def simulate(self, *calls: Call) -> list[int]:
        """The gas that each call would take now, as the signer; nothing is sent."""
        return [transactions.simulate(self.chain, call, self.signer.address) for call in calls]

    def propose(self, calls: Sequence[Call], title: str, body: str = "") -> Call:
        """Make calls the actions of a proposal; `body` is Markdown and goes to the commons."""
        return self.assembly.propose(calls, title, body)

    def decode(self, call: Call) -> Decoded | None:
        """What a call to a contract of this meta-organization does; None when that is not known."""
        found = self._function(call)
        if found is None:
            return None
        contract, entry = found
        arguments = abi.decode_values(entry["inputs"], call.data[4:])
        return Decoded(contract=contract, function=entry["name"], arguments=arguments)

    def sign(self, act: SignedAct) -> SignedAct:
        """An act with the signer's signature; a Safe's is left to its owners."""
        return acts.sign(self.at(None), act, self.signer)

    def require_own(self, act: SignedAct) -> None:
        """Nothing, for an act that is for this meta-organization.

        Raises:
            InvalidInput: it is for another one.
        """
        acts.addressed(act, self._module(acts.kinds()[act.kind].contract), act.kind)

    def safe(self) -> Safe:
        """The Safe that the signer's account is.

        Raises:
            Misconfigured: it is none.
        """
        return safes.required(self.at(None), self.signer.address)

    def batch(self, calls: Sequence[Call], created_at: int) -> dict[str, Any]:
        """Calls as a file for the Transaction Builder of the signer, which is a Safe.

        Args:
            created_at: Unix milliseconds.
        """
        functions = [self._function(call) for call in calls]
        return safes.batch(self.safe(), calls, [one and one[1] for one in functions], created_at)

    def tried(self, errands: Sequence[Errand]) -> list[Errand]:
        """The errands with an outcome: what would become of them now; nothing is sent."""
        return delivery.tried(self.chain, self._relay, errands, self.signer.address)

    def deliver(self, errands: Sequence[Errand]) -> Iterator[tuple[int, Errand]]:
        """Send the valid errands, in few transactions; gives place and outcome of each as it goes.

        A refused one spoils only itself.
        """
        for one in delivery.loads(
            self.chain, self._relay, self.assembly.contract, errands, self.signer.address
        ):
            [receipt] = self.send(one.call)
            yield from one.told(errands, receipt)

    def settle(self) -> None:
        """Wait for the signer's transactions that are still in flight."""
        transactions.settle(self.chain, [self.signer.address])

    def document(self, cid: Cid) -> Any:
        """A document of the commons, verified and parsed."""
        return documents.decode(self.store.get(cid))

    def reason(self, cid: Cid | None) -> str | None:
        """What a document with a reason says; None when there is none or it cannot be read."""
        try:
            return Reason(**self.document(cid)).text if cid else None
        except (Unreachable, InvalidInput, ValueError, TypeError):
            return None

    def events(
        self, module: Address, names: Sequence[str] = (), reading: Reading | None = None
    ) -> list[Event]:
        """A module's events since the founding, in order; all of them without names."""
        reading = self.at(reading)
        logs = reading.logs([module], [], self.since())
        found = transactions.decode(logs)
        return [event for event in found if event.name in names] if names else found

    def all_events(self, reading: Reading) -> list[Event]:
        """All events of all modules since the founding, in order of the chain."""
        addresses = [getattr(self.modules, name) for name in Modules.model_fields]
        return transactions.decode(reading.logs(addresses, [], self.since()))

    def since(self) -> int:
        """The block in which the meta-organization was founded, or an earlier one."""
        if self._since is None:
            self._since = self.chain.first_block_with_code(self.modules.meta_organization)
        return self._since

    @property
    def _relay(self) -> Relay:
        return Relay(relay_address())

    def _module(self, name: str) -> Address:
        """The address of a contract by its name."""
        return str(getattr(self.modules, re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()))

    def _function(self, call: Call) -> tuple[str, abi.Entry] | None:
        """Contract and function of a call that can be decoded."""
        for name in FOUNDED:
            entry = load(name).selectors.get(call.data[:4])
            if self._module(name) == call.to and entry is not None:
                try:
                    abi.decode_values(entry["inputs"], call.data[4:])
                except Unreachable:
                    return None
                return name, entry
        return None
