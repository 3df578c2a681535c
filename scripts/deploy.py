"""Found the meta-organization of a charter, after the contracts that the chain still lacks.

    brownie run deploy [main CHARTER FOUNDER...] [--network NAME]

The founders' accounts stand in the charter; every one of them signs here. Run again, it finds what
it founded before.
"""

from pathlib import Path

from metaorg import charter, founding
from scripts._brownie import connected, signer, store


def main(path: str = "examples/charter.yaml", *founders: str) -> str:
    chain, signers = connected(), [signer(name) for name in founders or ("0", "1", "2")]
    founding.deploy(chain, signers[0])
    plan = founding.plan(chain, charter.load(Path(path)), signers[0].address)
    signed = [founding.sign(chain, plan, founder) for founder in signers]
    receipt = founding.found(chain, store(), signers[0], plan, signed)
    address = plan.modules.meta_organization
    print(f"{address} {'was founded before' if receipt is None else 'is founded'}")
    return address
