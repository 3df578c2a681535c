"""Propose another time for objections against applications.

brownie run propose main ADDRESS ["14 days" [ACCOUNT]] [--network NAME]
"""

from metaorg.charter import seconds
from metaorg.rules.admission import Admission
from scripts._brownie import organization, wait_until


def main(address: str, window: str = "14 days", account: str = "0") -> int:
    org = organization(address, account)
    wait_until(org.membership.show(org.signer.address).standing.since)  # a new seat waits a second
    rule = org.membership.admission().model_dump() | {"window": seconds(window)}
    action = org.membership.set_admission(Admission(**rule))
    call = org.propose([action], f"{window} for objections", "So that every member can look first.")
    org.send(call)
    number = org.assembly.number(call)
    print(f"proposal {number}: {action.says}")
    return number
