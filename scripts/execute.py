"""Carry out a proposal that the Assembly agreed to; queue it first when that is due.

    brownie run execute main ADDRESS PROPOSAL [ACCOUNT] [--network NAME]

Anyone may. On a development chain, the clock is put forward; elsewhere, run it again when the delay
is over.
"""

from datetime import UTC, datetime

from scripts._brownie import organization, wait_until


def main(address: str, proposal: str, account: str = "0") -> None:
    org = organization(address, account)
    wait_until(org.assembly.find(proposal).state.deadline)
    found = org.assembly.find(proposal)
    if found.state.state == "succeeded":
        org.send(org.assembly.queue(found))
        found = org.assembly.find(proposal)
        print(f"queued: {found.title}")
    eta = found.state.eta
    if eta and not wait_until(eta):
        print(f"it can be executed from {datetime.fromtimestamp(eta, UTC):%Y-%m-%d %H:%M} UTC on")
        return
    org.send(org.assembly.execute(found))
    print(f"executed: {found.title}")
