"""What passes on every node: deploy, found, join, decide; nothing here asks which node it is."""

from pathlib import Path
from typing import Protocol

from onchain.world import CHARTER, FOR, FOUNDERS, actor

from metaorg import charter, founding
from metaorg.charter import Charter
from metaorg.ipfs import Embedded
from metaorg.onchain.accounts import LocalSigner
from metaorg.onchain.chain import Chain
from metaorg.onchain.transactions import Job, send_many
from metaorg.organization import MetaOrganization
from metaorg.records import Pledge, Profile
from metaorg.types import Address, Call

WINDOW, VOTING, DELAY = 8, 12, 2
"""Seconds for objections, of voting, and of delay: a chain that cannot travel waits for them."""
SHORT = (
    CHARTER.replace("window: 1 hour, period: 1 hour", f"window: {WINDOW}, period: {WINDOW}")
    .replace("voting_delay: 1 minute", "voting_delay: 1")
    .replace("voting_period: 1 hour", f"voting_period: {VOTING}")
    .replace("delay: 60}", f"delay: {DELAY}}}")
    .replace("delay: 3600}", f"delay: {DELAY}}}")
)


class Node(Protocol):
    """A chain for tests, whatever makes its blocks."""

    @property
    def chain(self) -> Chain: ...

    def fund(self, *accounts: Address) -> None: ...

    def advance(self, seconds: int) -> None: ...


def declared(folder: Path, text: bytes) -> Charter:
    """A charter of three founders with rules of a few seconds."""
    (folder / "text.md").write_bytes(text)
    founders = "".join(
        f'  - account: "{actor(number).address}"\n    constituency: {constituency}\n'
        f"    kind: cooperative\n    profile: {{name: {name}}}\n"
        f"    pledge: {{text: {name} shares.}}\n"
        for number, (constituency, name) in enumerate(FOUNDERS, 1)
    )
    (folder / "charter.yaml").write_text(SHORT + founders)
    return charter.load(folder / "charter.yaml")


class World:
    """A meta-organization founded on a node, and what organizations do in it.

    The same text is the same meta-organization: worlds that share a chain have texts of their own.
    """

    def __init__(self, node: Node, folder: Path, text: bytes) -> None:
        self.node, self.chain = node, node.chain
        self.founders = [actor(number) for number in (1, 2, 3)]
        node.fund(*(founder.address for founder in self.founders))
        founding.deploy(self.chain, self.founders[0])
        plan = founding.plan(self.chain, declared(folder, text), self.founders[0].address)
        signed = [founding.sign(self.chain, plan, founder) for founder in self.founders]
        self.store = Embedded(folder / "commons.db")
        self.modules = plan.modules
        founding.found(self.chain, self.store, self.founders[0], plan, signed)
        node.advance(1)

    def by(self, signer: LocalSigner) -> MetaOrganization:
        return MetaOrganization(self.chain, self.modules, self.store, signer)

    def join(self, signer: LocalSigner) -> None:
        """Adopt, apply, let the window pass, be admitted by somebody else."""
        self.node.fund(signer.address)
        org, pledge = self.by(signer), Pledge(text="We share what we know.")
        left = org.membership.join("trust", Profile(name="Redcap Orchard"), "Users", pledge)
        assert left.adoption is not None
        org.send(org.membership.adopting(left, org.constitution.sign(left.adoption)), *left.calls)
        self.node.advance(WINDOW)
        helper = self.by(self.founders[0])
        helper.send(helper.membership.admit(signer.address))
        self.node.advance(1)

    def propose(self, *calls: Call, title: str = "A proposal") -> int:
        """Propose as the first founder, and let voting begin."""
        org = self.by(self.founders[0])
        call = org.propose(calls, title, "Why we want it.")
        org.send(call)
        self.node.advance(2)
        return org.assembly.number(call)

    def vote(self, number: int, *voters: LocalSigner) -> None:
        """Vote in favour, all in flight at once."""
        votes = [self.by(voter).assembly.vote(number, FOR) for voter in voters]
        jobs = [Job(signer=voter, call=vote) for voter, vote in zip(voters, votes, strict=True)]
        send_many(self.chain, jobs)

    def execute(self, number: int) -> None:
        """Let voting end, queue, let the delay pass, execute."""
        org = self.by(self.founders[1])
        self.node.advance(VOTING)
        org.send(org.assembly.queue(org.assembly.show(number)))
        self.node.advance(DELAY)
        org.send(org.assembly.execute(org.assembly.show(number)))
