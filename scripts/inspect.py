"""Show who holds a seat, what was proposed and what is shared, all at one block.

brownie run inspect main ADDRESS [--network NAME]
"""

from scripts._brownie import organization


def main(address: str) -> None:
    org = organization(address)
    now = org.chain.at()
    name, window = org.front.description(now).name, org.membership.admission(now).window
    print(f"{name} at block {now.block.number}, {window // 86_400} days for objections")
    for member in org.membership.all(now):
        print(f"{member.standing.status.words:9} {member.account} {member.name}")
    for proposal in org.assembly.all(now):
        print(f"{proposal.state.state:9} {str(proposal.number)[:8]} {proposal.title}")
    for view in org.commons.all(now):
        print(f"shared    {view.resource.cid} {view.title}")
