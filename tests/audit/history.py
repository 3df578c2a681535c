"""A full history, its check, and how wrongs are planted in it."""

from pathlib import Path
from typing import Any

from onchain.nodes import Alter, proxy
from onchain.world import ABSTAIN, AGAINST, FOR, WINDOW, World, actor

from metaorg.audit import Finding, Report, check
from metaorg.onchain import abi
from metaorg.onchain.artifacts import load
from metaorg.onchain.chain import Chain
from metaorg.onchain.devnet import advance
from metaorg.records import Description, Profile
from metaorg.types import Call, Cid

HANDBOOK = b"# Handbook\n\nHow we meet and decide.\n"


class History(World):
    """Everything that can happen, once: the numbers of its proposals are kept."""

    executed: int
    defeated: int
    open: int

    @classmethod
    def lived(cls, chain: Chain, folder: Path) -> "History":
        world = cls.founded(chain, folder)
        assert isinstance(world, cls)
        world._membership()
        world._commons()
        world._decisions()
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

    def _decisions(self) -> None:
        org, returner, contested = self.by(), actor(13), actor(14)
        everybody = [*self.founders, returner, contested]
        amend = org.constitution.amend(b"# A second text\n")
        self.executed = self.decide(amend, voters=everybody, title="A new text")
        self.adopt(self.founders[0])
        self.adopt(self.founders[2], "Users")
        rule = org.assembly.rules()[0]
        softer = rule.model_copy(update={"quorum": 1000})
        self.decide(
            org.assembly.contract.set_rule(0, softer),
            org.membership.set_admission(
                org.membership.admission().model_copy(update={"floor": 4})
            ),
            voters=everybody,
            title="Less quorum",
        )
        self.defeated = self.propose(org.constitution.amend(b"# No\n"), title="No")
        votes = ((self.founders[0], FOR), (self.founders[1], AGAINST), (returner, ABSTAIN))
        self.vote(self.defeated, *votes)
        self.close(self.defeated)
        self.open = self.propose(Call(to=actor(9).address, data=b"", value=0, says="greet"))
        self.vote(self.open, (self.founders[0], FOR))


def checked(history: History, chain: Chain | None = None) -> Report:
    """The check of a history, read from the chain or from another node."""
    return check(chain or history.chain, history.modules.meta_organization, history.store)


def checked_through(history: History, alter: Alter) -> Report:
    """The check of a history, read from a node that lies."""
    with proxy(history.chain.url, alter) as node:
        return checked(history, Chain(node.url, timeout=10))


def only(report: Report, kind: str, subject: str) -> Finding:
    """The one finding, which is of this kind and about this subject."""
    assert not report.ok
    assert [(f.kind, f.subject) for f in report.findings] == [(kind, subject)]
    return report.findings[0]


def found(report: Report, kind: str, subject: str) -> Finding:
    """A finding of this kind and subject, among others that follow from the same wrong."""
    assert not report.ok
    matching = [f for f in report.findings if (f.kind, f.subject) == (kind, subject)]
    assert len(matching) == 1, [(f.kind, f.subject) for f in report.findings]
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


def topic(contract: str, event: str) -> str:
    entry = next(e for e in load(contract).topics.values() if e["name"] == event)
    return "0x" + abi.topic(entry).hex()
