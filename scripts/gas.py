"""What each operation costs: real receipts, one cold transaction each, on a chain without chance.

    python -m scripts.gas [--check]

Accounts, times and documents are fixed, so that the figures are exact and a change is a change of
the contracts. `snapshots/gas.json` holds them; `--check` compares.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path
from tempfile import TemporaryDirectory

from metaorg import charter as charters
from metaorg import founding
from metaorg.charter import Charter, DeclaredFounder
from metaorg.ipfs import Store, open_store, put_files
from metaorg.onchain import factory, transactions
from metaorg.onchain.accounts import LocalSigner, Signer
from metaorg.onchain.artifacts import CONTRACTS, load
from metaorg.onchain.chain import Chain
from metaorg.onchain.commons import Access
from metaorg.onchain.devnet import Devnet
from metaorg.onchain.typed_data import compact
from metaorg.organization import MetaOrganization
from metaorg.records import Description, Pledge, Profile
from metaorg.types import Call, Cid, Receipt

SNAPSHOT = Path("snapshots/gas.json")
START = 1_800_000_000
OPTIONS = ("--timestamp", str(START), "--gas-limit", "100000000")
FOUNDERS = 12
BATCH = 100
PLEDGE = Pledge(text="Bread for every assembly.")


class Gauge:
    """A chain whose next block always comes when it is told to."""

    def __init__(self, chain: Chain, store: Store) -> None:
        self.chain, self.store, self.time = chain, store, START
        self.gas: dict[str, int] = {}
        self.founders: list[Signer] = [_signer(i) for i in range(1, FOUNDERS + 1)]
        self.newcomer = _signer(1_000)
        for signer in (*self.founders, self.newcomer):
            chain.request("anvil_setBalance", signer.address, hex(10**21))

    def run(self) -> dict[str, int]:
        """Every operation once, in the order in which a meta-organization meets them."""
        org = self._found()
        self._join(org)
        amend = org.constitution.amend(b"Another text")
        self._propose(org, amend, "propose one action, first of a seat")
        number = self._propose(
            org, org.assembly.rulebook.set_voting_delay(7200), "propose one action"
        )
        for voter, name in zip_longest(self.founders, VOTES):
            self._send(voter, name, org.assembly.vote(number, 1))
        self._wait(8 * 86_400)
        self._send(self.founders[0], "queue", org.assembly.queue(org.assembly.show(number)))
        self._wait(8 * 86_400)
        self._send(self.founders[0], "execute", org.assembly.execute(org.assembly.show(number)))
        self.gas["queue and execute one action"] = self.gas["queue"] + self.gas["execute"]
        self._share(org)
        self._batch()
        return self.gas

    def _found(self) -> MetaOrganization:
        for call in factory.missing(self.chain.at()):
            self._send(self.founders[0], None, call)
        return self._founded(self.founders, f"found with {FOUNDERS} founders")

    def _founded(self, founders: Sequence[Signer], name: str | None) -> MetaOrganization:
        charter = _charter(founders)
        plan = founding.plan(self.chain, charter, founders[0].address)
        signed = [founding.sign(self.chain, plan, founder) for founder in founders]
        self._send(founders[0], name, founding.call(plan, signed))
        return MetaOrganization(self.chain, plan.modules, self.store, founders[0])

    def _join(self, org: MetaOrganization) -> None:
        account = self.newcomer.address
        joining = MetaOrganization(self.chain, org.modules, self.store, self.newcomer)
        profile = Profile(name="Granary Wholefoods")
        left = joining.membership.join("cooperative", profile, "Workers", PLEDGE)
        assert left.adoption
        signed = joining.constitution.sign(left.adoption)
        join = joining.membership.adopting(left, signed)
        self._send(self.newcomer, "adopt and apply", join)
        self._wait(8 * 86_400)
        self._send(self.founders[1], "admit", org.membership.admit(account))
        self.gas["adopt, apply and admit"] = self.gas["adopt and apply"] + self.gas["admit"]

    def _propose(self, org: MetaOrganization, action: Call, name: str | None) -> int:
        self._wait(10)
        call = org.propose([action], "A proposal", "Because.")
        self._send(self.founders[0], name, call)
        self._wait(2 * 86_400)
        return org.assembly.number(call)

    def _batch(self) -> None:
        """Signed votes in one transaction, on a proposal on which nobody has voted yet."""
        voters = [_signer(2_000 + index) for index in range(BATCH)]
        org = self._founded([self.founders[0], *voters], None)
        number = self._propose(org, org.assembly.rulebook.set_voting_delay(7200), None)
        votes = []
        for voter in voters:
            act = org.assembly.ballot(number, 1, voter=voter.address)
            votes.append((voter.address, 1, *compact(voter.sign_typed_data(act.typed))))
        batch = f"batch of {BATCH} signed votes"
        self._send(self.founders[0], batch, org.assembly.contract.vote_batch(number, votes))
        self.gas[f"each vote of a {batch}"] = -(-self.gas[batch] // BATCH)

    def _share(self, org: MetaOrganization) -> None:
        first, second = self.founders[:2]
        published = org.commons.publish(
            b"Handbook", Description(title="Handbook"), licence="CC-BY-SA-4.0"
        )
        self._send(first, "publish", published)
        cid = org.commons.all()[0].resource.cid
        self._send(second, "cite", org.commons.cite(cid))
        sealed = org.commons.publish(
            b"Sealed", Description(title="Minutes"), licence="CC0-1.0", access=Access.MEMBERS
        )
        self._send(first, None, sealed)
        everybody = range(1, FOUNDERS + 1)
        grant = org.commons.contract.grant(Cid.of(b"Sealed"), everybody, Cid.of(b"Envelope"))
        self._send(first, f"grant to {FOUNDERS} seats", grant)
        self._send(second, "leave", org.membership.leave("We merge with another member."))

    def _send(self, signer: Signer, name: str | None, call: Call) -> Receipt:
        self._wait(1)
        put_files(self.store, call.documents)
        receipt = transactions.send(self.chain, signer, call)[0]
        if name is not None:
            self.gas[name] = receipt.gas
        return receipt

    def _wait(self, seconds: int) -> None:
        self.time += seconds
        self.chain.request("evm_setNextBlockTimestamp", hex(self.time))
        self.chain.request("evm_mine")
        self.time += 1
        self.chain.request("evm_setNextBlockTimestamp", hex(self.time))


VOTES = ("vote, first in a page", "vote, later in a page")


def _signer(number: int) -> LocalSigner:
    return LocalSigner.from_key(number.to_bytes(32))


def _charter(founders: Sequence[Signer]) -> Charter:
    charter = charters.load(Path("examples/charter.yaml"))
    return charter.with_founders(
        [
            DeclaredFounder(
                account=founder.address,
                constituency="Workers",
                kind="cooperative",
                profile=Profile(name=f"Founder {index}"),
                pledge=PLEDGE,
            )
            for index, founder in enumerate(founders)
        ]
    )


def sizes() -> dict[str, int]:
    """Bytes of each contract's deployed code; 24,576 are allowed."""
    return {name: len(load(name).runtime) for name in CONTRACTS}


def measure() -> dict[str, dict[str, int]]:
    """Gas by operation, and bytes by contract."""
    with TemporaryDirectory() as folder, Devnet(options=OPTIONS) as devnet:
        gas = Gauge(devnet.chain, open_store(f"embedded:{folder}/commons")).run()
    return {"gas": gas, "bytes": sizes()}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare with the snapshot")
    given = parser.parse_args(arguments)
    found = json.dumps(measure(), indent=2) + "\n"
    if given.check:
        same = SNAPSHOT.read_text(encoding="utf-8") == found
        print("snapshots/gas.json is exact" if same else f"it is now:\n{found}")
        return 0 if same else 1
    SNAPSHOT.parent.mkdir(exist_ok=True)
    SNAPSHOT.write_text(found, encoding="utf-8")
    print(found, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
