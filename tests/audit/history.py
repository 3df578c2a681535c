"""A full history, its check, and how wrongs are planted in it."""

from pathlib import Path
from typing import Any

from onchain.nodes import Alter, proxy
from onchain.world import ABSTAIN, AGAINST, FOR, GRACE, VOTING, WINDOW, World, actor, fund

from metaorg.audit import check
from metaorg.audit.findings import Finding
from metaorg.audit.statement import Report
from metaorg.charter import encode
from metaorg.ipfs import age, sealing
from metaorg.ipfs.sealing import ResourceKey
from metaorg.onchain import abi
from metaorg.onchain.accounts import LocalSigner
from metaorg.onchain.acts import SignedAct
from metaorg.onchain.artifacts import load
from metaorg.onchain.chain import Chain
from metaorg.onchain.commons import Access
from metaorg.onchain.devnet import advance
from metaorg.onchain.inter_constitution import DOMAIN_FIELDS
from metaorg.onchain.typed_data import compact
from metaorg.organization import MetaOrganization
from metaorg.records import Description, Profile, Reason, Sealed
from metaorg.rules.admission import Consequence, Readoption
from metaorg.rules.decision import SPLIT, Method
from metaorg.types import Call, Cid

HANDBOOK = b"# Handbook\n\nHow we meet and decide.\n"


class History(World):
    """Everything that can happen, once: the numbers of its proposals are kept."""

    executed: int
    moved: int
    weighted: int
    upgraded: int
    extended: int
    consented: int
    canceled: int
    defeated: int
    open: int

    @classmethod
    def lived(cls, chain: Chain, folder: Path) -> "History":
        world = cls.founded(chain, folder)
        assert isinstance(world, cls)
        world._membership()
        world._commons()
        world._decisions()
        world._seats()
        world._swings()
        world._ends()
        return world

    def _membership(self) -> None:
        joiner, leaver, returner, contested, withdrawn = (actor(n) for n in (11, 12, 13, 14, 15))
        self.join(joiner, leaver, constituency="Workers")
        advance(self.chain, WINDOW + 1)
        self.join(returner, constituency="Users")
        org = self.by(leaver)
        org.send(org.membership.leave("We close down."))
        org = self.by(returner)
        org.send(org.membership.leave("A year abroad."))
        self.adopt(returner, "Friends")
        org.send(org.membership.apply("trust", Profile(name="Back Again")))
        advance(self.chain, WINDOW + 1)
        org.send(org.membership.admit(returner.address))
        self.apply(withdrawn)
        org = self.by(withdrawn)
        org.send(org.membership.leave("Not now."))
        self.apply(contested, "Users")
        org = self.by()
        org.send(org.membership.object(contested.address, "We know them too little."))
        self.decide(org.membership.decide(contested.address, True, "Heard both."))
        org.send(org.membership.change_profile(Profile(name="Lantern Bakery, renamed")))

    def _commons(self) -> None:
        org, other = self.by(), self.by(self.founders[2])
        org.send(org.commons.publish(HANDBOOK, Description(title="Handbook"), licence="CC0-1.0"))
        handbook = Cid.of(HANDBOOK)
        org.send(
            org.commons.publish(
                HANDBOOK * 2, Description(title="Second"), licence="CC0-1.0", previous=handbook
            )
        )
        other.send(other.commons.cite(handbook), other.commons.cite(handbook, Cid.of(b"use")))
        org.send(org.commons.retire(handbook, "The second is better."))
        self._sealed(org)

    def _sealed(self, org: MetaOrganization) -> None:
        """What three seats could open, of which one no longer should; its steward is another."""
        content = b"sealed, as far as anybody can tell"
        described = Description(title="Wages", sealed=Sealed(purpose="Auditing"))
        org.send(org.commons.publish(content, described, licence="CC0-1.0", access=Access.MEMBERS))
        self.sealed = Cid.of(content)
        identity = age.new_identity()
        key = ResourceKey(identity, self.sealed, Cid.of(b"wages"))
        envelope = sealing.envelope(key, [age.recipient_of(identity)])
        org.send(org.commons.grant(self.sealed, [1, 2, 3], envelope))
        org.send(org.commons.revoke(self.sealed, [self.founders[1].address], "The audit is over."))
        org.send(org.commons.entrust(self.sealed, self.founders[2].address))

    def _decisions(self) -> None:
        org = self.by()
        amend = org.constitution.amend(b"# A second text\n")
        self.executed = self.decide(amend, voters=self._everybody(), title="A new text")
        self.adopt(self.founders[0])
        self.adopt(self.founders[2], "Users")
        advance(self.chain, GRACE + 1)
        org.send(org.membership.contract.lapse(self.founders[1].address))
        self.adopt(self.founders[1])
        org.send(org.membership.contract.resume(self.founders[1].address))
        self._terms()

    def _everybody(self) -> list[LocalSigner]:
        return [*self.founders, actor(13), actor(14)]

    def _terms(self) -> None:
        """A rule of each method, and late swings and upgrades under the ordinary one."""
        org, target = self.by(), self.modules.membership
        book = org.assembly.rulebook
        ordinary, amendment = org.assembly.rules()
        softer = ordinary.model_copy(update={"quorum": 1000, "closing": 20, "upgradable": True})
        consent = ordinary.model_copy(
            update={"methods": Method.CONSENT, "approval": 0, "objections": 2}
        )
        weighted = ordinary.model_copy(update={"methods": Method.WEIGHTED})
        self.decide(
            book.set_weights([5000, 3000, 2000]),
            org.commons.entrust_by_decision(
                Cid.of(HANDBOOK), self.founders[2].address, "They keep the handbooks."
            ),
            book.set_rule(1, amendment.model_copy(update={"closing": 20})),
            book.set_rule(0, softer),
            book.set_rule(2, consent),
            book.set_rule(3, weighted),
            book.assign_rule(target, selector("Membership", "addKind"), 2),
            book.assign_rule(target, selector("Membership", "changeConstituency"), 3),
            book.assign_rule(target, selector("Membership", "expel"), 0),
            book.assign_rule(target, selector("Membership", "separate"), 1),
            book.unassign_rule(target, selector("Membership", "separate")),
            book.set_voting_delay(61),
            book.set_open_proposals(3),
            org.membership.set_admission(
                org.membership.admission().model_copy(update={"floor": 4})
            ),
            org.membership.contract.set_readoption(
                Readoption(grace=1800, consequence=Consequence.EXITED)
            ),
            org.membership.contract.add_constituency("Neighbours"),
            voters=self._everybody(),
            title="New terms",
        )

    def _seats(self) -> None:
        """Seats that move, share a vote, change class, are suspended or end."""
        mover, lost, guest, sister = (actor(n) for n in (21, 22, 24, 25))
        advance(self.chain, WINDOW + 1)
        self.join(mover, sister)
        self.join(lost, guest, constituency="Users")
        register = self.by().membership.contract
        for one, other in ((mover, sister), (sister, mover)):
            org = self.by(one)
            org.send(org.membership.contract.declare_affiliation(other.address))
        asking = self.by(actor(13)).membership.contract
        self.by(actor(13)).send(asking.declare_affiliation(guest.address))  # and is not answered
        self._move_while_voting(mover, actor(31))
        fund(self.chain, actor(32))
        self.adopt(actor(32), "Users")
        self.decide(
            register.suspend(actor(14).address, self._reason("Under review.")),
            register.move_by_decision(lost.address, actor(32).address, self._reason("Key lost.")),
            register.separate(actor(31).address, self._reason("Sold.")),
            voters=self._everybody(),
            title="Seats",
        )
        self.adopt(sister, "Users")
        self.weighted = self.decide(
            register.change_constituency(sister.address, self._reason("They buy now.")),
            voters=[*self.founders, actor(13)],
            title="Another class",
        )
        self.decide(
            register.reinstate(actor(14).address, self._reason("Reviewed.")),
            register.affiliate([actor(11).address, sister.address], self._reason("One owner.")),
            voters=[*self.founders, actor(11), actor(13)],
            title="Back again",
        )
        self.decide(
            register.expel(guest.address, self._reason("It harmed others.")), title="An end"
        )

    def _move_while_voting(self, old: LocalSigner, new: LocalSigner) -> None:
        """Signed votes in a batch, of which the first comes from a seat that voted and moved."""
        number = self.propose(greeting(8), title="Moving")
        self.vote(number, (old, FOR))
        fund(self.chain, new)
        self.adopt(new)
        self.move(old, new)
        self.batch(number, *((one, FOR) for one in (new, self.founders[0], actor(13), actor(77))))
        self.moved = number

    def _swings(self) -> None:
        """Split votes, an upgrade, a late swing, an objection."""
        org = self.by()
        one, two, three = self.founders
        number = self.pending(greeting(7), title="Upgraded")
        for signer in (one, three, actor(14)):
            asking = self.by(signer)
            asking.send(asking.assembly.contract.request_upgrade(number))
        advance(self.chain, 62)
        self.split(two, number, (2000, 7000, 1000))
        self.vote(number, (one, FOR), (three, FOR), (actor(13), ABSTAIN))
        self.close(number)
        self.upgraded = number

        number = self.propose(greeting(6), title="Late")
        self.vote(number, (one, FOR))
        advance(self.chain, VOTING * 85 // 100)
        self.vote(number, (two, AGAINST), (three, FOR))
        self.extended = number
        self.execute(number)

        number = self.propose(org.membership.contract.add_kind("nonprofit"), title="Kinds")
        self.vote(number, (one, FOR))
        objecting = self.by(two)
        objecting.send(objecting.assembly.contract.vote(number, AGAINST, "Two are enough."))
        self.execute(number)
        self.consented = number

        self.canceled = self.pending(greeting(5), title="Taken back")
        org.send(org.assembly.cancel(org.assembly.show(self.canceled)))

    def _ends(self) -> None:
        """What stays defeated or open."""
        org = self.by()
        self.defeated = self.propose(org.constitution.amend(b"# No\n"), title="No")
        votes = ((self.founders[0], FOR), (self.founders[1], AGAINST), (actor(13), ABSTAIN))
        self.vote(self.defeated, *votes)
        self.close(self.defeated)
        self.open = self.propose(greeting(9), title="Open")
        self.vote(self.open, (self.founders[0], FOR))

    # ------------------------------------------------------------------ steps

    def _reason(self, text: str) -> Cid:
        return self.store.put(encode(Reason(text=text)))

    def move(self, old: LocalSigner, new: LocalSigner, *, nonce: int = 0) -> None:
        """Give a seat to another account, as both sign."""
        register = self.by().membership.contract
        kinds = {"from": "address", "to": "address", "nonce": "uint32", "validUntil": "uint48"}
        values = (old.address, new.address, nonce, self.chain.block().time + 3600)
        typed = {
            "types": {
                "EIP712Domain": DOMAIN_FIELDS,
                "Move": [{"name": name, "type": kind} for name, kind in kinds.items()],
            },
            "primaryType": "Move",
            "domain": {
                "name": "Membership",
                "version": "1",
                "chainId": self.chain.id,
                "verifyingContract": register.address,
            },
            "message": dict(zip(kinds, values, strict=True)),
        }
        signatures = [one.sign_typed_data(typed) for one in (old, new)]
        self.by().send(register.call("moveSeat", values, *signatures, says="move"))

    def split(self, signer: LocalSigner, number: int, parts: tuple[int, int, int]) -> None:
        org = self.by(signer)
        org.send(org.assembly.contract.vote(number, SPLIT, "", parts))

    def batch(self, number: int, *votes: tuple[LocalSigner, int]) -> None:
        """Signed votes, sent by the first founder."""
        assembly = self.by().assembly.contract
        signed = []
        for signer, support in votes:
            message = {
                "proposalId": number,
                "support": support,
                "voter": signer.address,
                "nonce": 0,
            }
            act = SignedAct(
                kind="Ballot", chain_id=self.chain.id, contract=assembly.address, message=message
            )
            words = compact(signer.sign_typed_data(act.typed))
            signed.append((signer.address, support, *words))
        self.by().send(assembly.call("castVotesBySig", number, signed, says="vote"))


def greeting(number: int) -> Call:
    """A call to somebody outside."""
    return Call(to=actor(number).address, data=b"", value=0, says="greet")


def selector(contract: str, function: str) -> bytes:
    return abi.selector(load(contract).functions[function])


def checked(history: History, chain: Chain | None = None) -> Report:
    """The check of a history, read from the chain or from another node."""
    return check(chain or history.chain, history.modules.meta_organization, history.store)


def checked_through(history: History, alter: Alter) -> Report:
    """The check of a history, read from a node that lies."""
    with proxy(history.chain.url, alter) as node:
        return checked(history, Chain(node.url, timeout=10))


def codes(report: Report) -> set[str]:
    """What kinds of wrong were found."""
    return {finding.code for finding in report.findings}


def only(report: Report, kind: str, code: str, subject: str) -> Finding:
    """The one finding, which is of this kind and code and about this subject."""
    assert [(f.kind, f.code, f.subject) for f in report.findings] == [(kind, code, subject)]
    return report.findings[0]


def found(report: Report, kind: str, code: str, subject: str, *others: str) -> Finding:
    """A finding; those that follow from the same wrong have its code, or one of `others`."""
    assert codes(report) == {code, *others}, [(f.kind, f.code, f.subject) for f in report.findings]
    wanted = kind, code, subject
    matching = [f for f in report.findings if (f.kind, f.code, f.subject) == wanted]
    assert len(matching) == 1, [(f.kind, f.code, f.subject) for f in report.findings]
    return matching[0]


# ---------------------------------------------------------------------- how wrongs are planted


def write_storage(history: History, address: str, slot: int, value: int) -> None:
    history.chain.request("anvil_setStorageAt", address, f"0x{slot:064x}", f"0x{value:064x}")


def read_storage(history: History, address: str, slot: int) -> int:
    return int(history.chain.request("eth_getStorageAt", address, hex(slot), "latest"), 16)


def slots_read(
    history: History, contract: str, address: str, function: str, *arguments: Any
) -> list[int]:
    """The storage slots of a contract that a view reads, by the node's own account of it."""
    data = abi.encode_call(load(contract).functions[function], arguments)
    request = {"from": actor(1).address, "to": address, "data": "0x" + data.hex()}
    access = history.chain.request("eth_createAccessList", request, "latest")["accessList"]
    slots = [one["storageKeys"] for one in access if one["address"].lower() == address.lower()]
    return sorted(int(slot, 16) for slot in slots[0])


def as_timelock(
    history: History, contract: str, address: str, function: str, *arguments: Any
) -> None:
    """A call that was never decided, made as if by the Timelock."""
    timelock = history.modules.timelock
    history.chain.request("anvil_setBalance", timelock, hex(10**18))
    history.chain.request("anvil_impersonateAccount", timelock)
    data = abi.encode_call(load(contract).functions[function], arguments)
    sent = {"from": timelock, "to": address, "data": "0x" + data.hex(), "gas": hex(2_000_000)}
    transaction = history.chain.request("eth_sendTransaction", sent)
    history.chain.request("evm_mine")
    mined = history.chain.request("eth_getTransactionReceipt", transaction)
    history.chain.request("anvil_stopImpersonatingAccount", timelock)
    assert int(mined["status"], 16) == 1
