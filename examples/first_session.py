"""A first session: found, join, share, decide, check; on a chain that it starts and ends itself.

python examples/first_session.py
"""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from metaorg import charter, founding
from metaorg.audit import check
from metaorg.ipfs import Store, open_store
from metaorg.onchain.accounts import NodeSigner, Signer
from metaorg.onchain.chain import Chain
from metaorg.onchain.devnet import Devnet, advance
from metaorg.organization import MetaOrganization
from metaorg.records import Description, Pledge, Profile
from metaorg.types import Address

CHARTER = Path(__file__).with_name("charter.yaml")
AGAINST, FOR, ABSTAIN = range(3)


def main() -> None:
    """All of it, in order."""
    with Devnet() as devnet, TemporaryDirectory() as folder:
        chain, store = devnet.chain, open_store(f"embedded:{folder}/commons")
        # The node signs for its accounts; open_signer("keystore:FILE", chain) gives a key of yours.
        *founders, orchard = (NodeSigner(chain, account) for account in devnet.accounts()[:4])
        address = found(chain, store, founders)
        members = [MetaOrganization.open(chain, address, store, who) for who in founders]
        newcomer = MetaOrganization.open(chain, address, store, orchard)

        join(newcomer)
        share(members[0], newcomer)
        decide([*members, newcomer])

        report = check(chain, address, store)
        print(
            f"checked at block {report.statement.block.number}: "
            f"{'all agrees' if report.ok else 'it differs'}"
        )


def found(chain: Chain, store: Store, founders: Sequence[Signer]) -> Address:
    """One transaction makes all contracts; every founder has signed the text before."""
    first = founders[0]
    founding.deploy(chain, first)
    plan = founding.plan(chain, charter.load(CHARTER), first.address)
    founding.found(chain, store, first, plan, [founding.sign(chain, plan, one) for one in founders])
    print(f"founded at {plan.modules.meta_organization}")
    return plan.modules.meta_organization


def join(newcomer: MetaOrganization) -> None:
    """Adopt the text, apply, wait for objections, take the seat."""
    profile = Profile(name="Redcap Orchard", sector="Food", locality="Harrow Hill", country="XX")
    pledge = Pledge(text="Cider for every assembly, and our grafting notes for the commons.")
    adoption = newcomer.constitution.adoption(newcomer.signer.address, "Workers", pledge)
    signed = newcomer.constitution.sign(adoption)
    newcomer.send(
        newcomer.constitution.adopt(signed, pledge),
        newcomer.membership.apply("cooperative", profile),
    )
    advance(newcomer.chain, newcomer.membership.admission().window)
    newcomer.send(newcomer.membership.admit(newcomer.signer.address))
    view = newcomer.membership.show(newcomer.signer.address)
    print(f"{view.name} holds seat {view.standing.seat}: {view.constituency}")


def share(steward: MetaOrganization, reader: MetaOrganization) -> None:
    """Publish to the commons; whoever uses it cites it. What is read is verified by its hash."""
    what = Description(title="Sourdough, step by step", media_type="text/markdown")
    steward.send(steward.commons.publish(b"# Sourdough\n", what, licence="CC-BY-SA-4.0"))
    shared = reader.commons.all()[0]
    assert reader.commons.fetch(shared.resource.cid) == b"# Sourdough\n"
    reader.send(reader.commons.cite(shared.resource.cid))
    print(f"shared: {shared.title}, {shared.resource.cid.uri}")


def decide(members: Sequence[MetaOrganization]) -> None:
    """Amend the text: propose, vote, queue, execute."""
    org = members[0]
    advance(org.chain, 1)  # only a seat that was held before can propose
    text = org.constitution.text(org.constitution.version())
    amended = text + b"\n## Article 6: Tools\n\nMembers lend each other their tools.\n"
    proposing = org.propose([org.constitution.amend(amended)], "Lend tools", "As we do already.")
    org.send(proposing)
    proposal = org.assembly.show(org.assembly.number(proposing))

    wait_until(org.chain, proposal.state.snapshot)
    *others, newcomer = members
    for member in others:
        member.send(member.assembly.vote(proposal.number, FOR))
    newcomer.send(newcomer.assembly.vote(proposal.number, ABSTAIN, "We have only just joined."))

    wait_until(org.chain, proposal.state.deadline)
    print(f"{proposal.title}: {org.assembly.show(proposal.number).state.state}")
    org.send(org.assembly.queue(proposal))
    wait_until(org.chain, org.assembly.show(proposal.number).state.eta)
    org.send(org.assembly.execute(proposal))
    print(f"the text in force is version {org.constitution.version().number}")


def wait_until(chain: Chain, moment: int) -> None:
    """Put the clock forward, as only a development chain lets one do."""
    advance(chain, moment + 1 - chain.block().time)


if __name__ == "__main__":
    main()
