"""A meta-organization on a chain, and who acts in it; for tests of everything that needs one."""

from collections.abc import Sequence
from pathlib import Path

from metaorg import charter, founding
from metaorg.charter import Charter
from metaorg.ipfs import Embedded, Store
from metaorg.onchain.accounts import LocalSigner
from metaorg.onchain.chain import Chain
from metaorg.onchain.devnet import advance
from metaorg.onchain.inter_constitution import SignedAdoption
from metaorg.organization import MetaOrganization, ProposalView
from metaorg.records import Pledge, Profile
from metaorg.types import Call

TEXT = b"# InterConstitution\n\nWe share what we know, and decide together.\n"
PLEDGE = Pledge(text="We share what we know.")
AGAINST, FOR, ABSTAIN = range(3)
WINDOW, VOTING, DELAY = 3600, 3600, 3600
"""Seconds for objections, of voting, and of the longest delay."""
GRACE = 3600
"""Seconds to adopt an amended text."""
CHARTER = """\
name: Aurora Commons Network
purpose: Share tools and decide together.
text: text.md
constituencies: [Workers, Users, Friends]
kinds: [cooperative, trust]
admission: {method: lazy consent, window: 1 hour, period: 1 hour, share: 100 %, floor: 3}
readoption: {grace: 1 hour, consequence: suspended}
voting_delay: 1 minute
open_proposals: 5
rules:
  ordinary: {method: majority, approval: 50 %, quorum: 20 %, voting_period: 1 hour, delay: 60}
  amendment: {method: each class, approval: 50 %, quorum: 50 %, voting_period: 1 hour, delay: 3600}
assignments: {membership.decide: ordinary}
founders:
"""
FOUNDERS = (
    ("Workers", "Lantern Bakery Cooperative"),
    ("Workers", "Open Loom Works"),
    ("Users", "Millbrook Food Co-op"),
)


def actor(number: int) -> LocalSigner:
    """The account whose key is this small number; 1, 2 and 3 are the founders."""
    return LocalSigner.from_key(number.to_bytes(32, "big"))


def fund(chain: Chain, *signers: LocalSigner) -> None:
    chain.requests([("anvil_setBalance", [one.address, hex(10**20)]) for one in signers])


def declared(folder: Path) -> Charter:
    """The charter that these tests found."""
    (folder / "text.md").write_bytes(TEXT)
    founders = "".join(
        f'  - account: "{actor(number).address}"\n    constituency: {constituency}\n'
        f"    kind: cooperative\n    profile: {{name: {name}}}\n"
        f"    pledge: {{text: {name} shares.}}\n"
        for number, (constituency, name) in enumerate(FOUNDERS, 1)
    )
    (folder / "charter.yaml").write_text(CHARTER + founders)
    return charter.load(folder / "charter.yaml")


class World:
    """A founded meta-organization, its founders, and what others do in it."""

    def __init__(self, chain: Chain, plan: founding.Founding, store: Store) -> None:
        self.chain, self.modules, self.store = chain, plan.modules, store
        self.charter = plan.charter
        self.founders = [actor(number) for number in (1, 2, 3)]

    @classmethod
    def founded(cls, chain: Chain, folder: Path) -> "World":
        """Deploy and found."""
        declaration, founders = declared(folder), [actor(number) for number in (1, 2, 3)]
        fund(chain, *founders)
        founding.deploy(chain, founders[0])
        plan = founding.plan(chain, declaration, founders[0].address)
        signed = [founding.sign(chain, plan, founder) for founder in founders]
        store = Embedded(folder / "commons.db")
        founding.found(chain, store, founders[0], plan, signed)
        advance(chain, 1)
        return cls(chain, plan, store)

    def with_store(self, store: Store) -> "World":
        """The same, with a store of its own that holds what was there at the founding."""
        store.put_many(self.charter.documents())
        made = World.__new__(World)
        made.__dict__.update(self.__dict__ | {"store": store})
        return made

    def by(self, signer: LocalSigner | None = None) -> MetaOrganization:
        """The meta-organization as `signer` uses it; the first founder when absent."""
        signer = signer or self.founders[0]
        return MetaOrganization(self.chain, self.modules, self.store, signer)

    def adoption(
        self,
        signer: LocalSigner,
        constituency: str = "Workers",
        pledge: Pledge | None = PLEDGE,
    ) -> SignedAdoption:
        """The organization's signed adoption of the text in force."""
        org = self.by(signer)
        return org.constitution.sign(
            org.constitution.adoption(signer.address, constituency, pledge)
        )

    def adopt(self, signer: LocalSigner, constituency: str = "Workers") -> None:
        org = self.by(signer)
        org.send(org.constitution.adopt(self.adoption(signer, constituency), PLEDGE))

    def apply(self, signer: LocalSigner, constituency: str = "Workers") -> None:
        """Adopt and apply."""
        fund(self.chain, signer)
        self.adopt(signer, constituency)
        org = self.by(signer)
        org.send(org.membership.apply("cooperative", Profile(name=f"Org {signer.address[:6]}")))

    def join(self, *signers: LocalSigner, constituency: str = "Workers") -> None:
        """Adopt, apply, let the window pass, be admitted."""
        for signer in signers:
            self.apply(signer, constituency)
        advance(self.chain, WINDOW)
        for signer in signers:
            org = self.by(signer)
            org.send(org.membership.admit(signer.address))

    def propose(self, *calls: Call, title: str = "A proposal") -> int:
        """Propose as the first founder, and let voting begin."""
        number = self.pending(*calls, title=title)
        advance(self.chain, 62)
        return number

    def pending(self, *calls: Call, title: str = "A proposal") -> int:
        """Propose as the first founder."""
        advance(self.chain, 1)
        org = self.by()
        call = org.propose(calls, title, "Why we want it.")
        org.send(call)
        return org.assembly.number(call)

    def vote(self, number: int, *votes: tuple[LocalSigner, int]) -> None:
        for signer, support in votes:
            org = self.by(signer)
            org.send(org.assembly.vote(number, support))

    def close(self, number: int) -> ProposalView:
        """Let voting end."""
        advance(self.chain, VOTING + 1)
        return self.by().assembly.show(number)

    def execute(self, number: int) -> None:
        org, view = self.by(), self.close(number)
        org.send(org.assembly.queue(view))
        advance(self.chain, DELAY + 1)
        org.send(org.assembly.execute(view))

    def decide(
        self, *calls: Call, voters: Sequence[LocalSigner] = (), title: str = "Decide"
    ) -> int:
        """Propose, vote in favour, queue and execute; all founders vote without `voters`."""
        number = self.propose(*calls, title=title)
        self.vote(number, *((voter, FOR) for voter in voters or self.founders))
        self.execute(number)
        return number
