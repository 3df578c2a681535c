"""Vote on a proposal: its number, the first digits of it, or #1 for the first.

    brownie run vote main ADDRESS PROPOSAL for|against|abstain [ACCOUNT...] [--network NAME]

On a development chain, the clock is put forward to the beginning of the vote.
"""

from metaorg.onchain import transactions
from metaorg.rules.decision import SUPPORT
from scripts._brownie import organization, signer, wait_until


def main(address: str, proposal: str, choice: str = "for", *accounts: str) -> None:
    org = organization(address)
    found = org.assembly.find(proposal)
    wait_until(found.state.snapshot)
    call = org.assembly.vote(found.number, SUPPORT.index(choice))
    for name in accounts or ("0",):
        voter = signer(name)
        transactions.send(org.chain, voter, call)
        print(f"{voter.address} votes {choice}: {found.title}")
