"""A meta-organization with a long history, on a chain of its own, for the auditor to read.

    python -m scripts.audit_world [--events 100000] [--port 8545]

Accounts, times and votes are fixed. Most events are votes; they come signed and in batches, a
hundred to a transaction, and some thousand events share a block. A million of them take two cores
four minutes, and Anvil 6.5 GB of memory.
"""

import argparse
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from typing import NamedTuple, TypeVar

from coincurve import PrivateKey

from metaorg import charter as charters
from metaorg import founding
from metaorg.charter import Charter, DeclaredFounder
from metaorg.ipfs import Store, open_store
from metaorg.onchain import abi
from metaorg.onchain.accounts import LocalSigner
from metaorg.onchain.acts import SignedAct
from metaorg.onchain.artifacts import load
from metaorg.onchain.assembly import Actions
from metaorg.onchain.chain import Chain
from metaorg.onchain.devnet import Devnet
from metaorg.onchain.modules import Modules
from metaorg.onchain.typed_data import Form, compact
from metaorg.organization import MetaOrganization
from metaorg.records import Description, Pledge, Profile
from metaorg.rules.decision import SPLIT, UNITS_PER_SEAT
from metaorg.types import Address, Call, Cid
from scripts.raw import Raw

START = 1_800_000_000
OPTIONS = (
    *("--timestamp", str(START), "--order", "fifo", "--no-request-size-limit"),
    *("--gas-limit", "1000000000000", "--gas-price", "0", "--block-base-fee-per-gas", "0"),
)
"""Blocks without a limit that matters, and senders without ETH."""
GAS = hex(100_000_000)
FOUNDERS, MOST_SEATS = 3, 5_000
OF_A_SEAT, OF_A_PROPOSAL = 8, 13
"""Events of each seat, and of each proposal besides the votes, about."""
BATCH = 100
"""Signed votes in a transaction, and transactions in a request."""
VOTES, JOINING = 2_500, 1_000
"""Votes in a block; seats in one that join."""
TOGETHER = 10
"""Proposals that are open at the same time."""
SPLITS = (None, None, None, None, (2_000, 7_000, 1_000))
"""The first votes on a proposal come one by one, with a reason; one of them is split."""
DELAY, PERIOD, CLOSING, WAIT = 60, 3600, 20, 60
"""Seconds until voting begins, of voting, per cent of them that are watched, until execution."""
REASON = "As we said before."
OUTSIDER = "0x" + "ab" * 20
PLEDGE = Pledge(text="We share what we know.")
CONSTITUENCIES, KIND = ("Workers", "Consumers", "Multi-stakeholder"), "cooperative"
T = TypeVar("T")


class AuditWorld:
    """The history as it grows.

    Args:
        events: about how many there are to be.
    """

    def __init__(self, chain: Chain, store: Store, events: int) -> None:
        self.chain, self.store = chain, store
        self.seats = min(MOST_SEATS, max(20, events // 200))
        self.proposals = (events - OF_A_SEAT * self.seats) // (self.seats + OF_A_PROPOSAL)
        self.modules: Modules
        self._raw = Raw(chain.url)
        self._time = START

    def grow(self) -> None:
        """All of it, from the founding to the last execution."""
        self._found()
        self._join()
        self._share()
        with ProcessPoolExecutor() as workers:
            for some in chunks(range(self.proposals), TOGETHER):
                self._decide(some, workers)

    @property
    def address(self) -> Address:
        """Of the front door."""
        return self.modules.meta_organization

    def more(self, votes: int) -> None:
        """So many votes more, on proposals that stay open."""
        made: list[Proposed] = []
        for index in range(self.proposals, self.proposals - (-votes // self.seats)):
            one = self._proposed(index)
            made.append(one._replace(votes=one.votes[: votes - len(made) * self.seats]))
        self._send((one.seat, one.call) for one in made)
        with ProcessPoolExecutor() as workers:
            self._vote(made, workers)

    def by(self, seat: int = 0) -> MetaOrganization:
        """The meta-organization as one uses it whose seat has this index, from 0."""
        return MetaOrganization(self.chain, self.modules, self.store, signer(seat))

    def _found(self) -> None:
        founders = [signer(seat) for seat in range(FOUNDERS)]
        self.chain.request("anvil_setBlockTimestampInterval", 1)
        for founder in founders:
            self.chain.request("anvil_setBalance", founder.address, hex(10**21))
        founding.deploy(self.chain, founders[0])
        plan = founding.plan(self.chain, charter(), founders[0].address)
        signed = [founding.sign(self.chain, plan, founder) for founder in founders]
        founding.found(self.chain, self.store, founders[0], plan, signed)
        self.modules = plan.modules
        self._time = self.chain.block().time
        self.chain.request("anvil_autoImpersonateAccount", True)
        self.chain.request("evm_setAutomine", False)

    def _join(self) -> None:
        """Each other organization adopts the text, applies, and is admitted."""
        org, joining = self.by(), range(FOUNDERS, self.seats)
        kinds = org.membership.kinds()
        first = org.constitution.adoption(signer(0).address, CONSTITUENCIES[0], PLEDGE)
        for some in chunks(joining, JOINING):
            changes = (
                {"organization": signer(seat).address, "constituency": seat % len(CONSTITUENCIES)}
                for seat in some
            )
            adoptions = [first.model_copy(update=one | {"nonce": 0}) for one in changes]
            self._send(
                (seat, org.constitution.adopt(org.constitution.sign(one, signer(seat)), PLEDGE))
                for seat, one in zip(some, adoptions, strict=True)
            )
            self._send((seat, org.membership.apply(KIND, profile(seat), kinds)) for seat in some)
        self._time += charter().declaration.admission.window
        for some in chunks(joining, JOINING):
            self._send((0, org.membership.admit(signer(seat).address)) for seat in some)

    def _share(self) -> None:
        """Each seat publishes a resource, and cites that of its neighbour."""
        commons, everybody = self.by().commons, range(self.seats)
        for some in chunks(everybody, JOINING):
            self._send(
                (seat, commons.publish(text(seat), Description(title=str(seat)), licence="CC0-1.0"))
                for seat in some
            )
        for some in chunks(everybody, JOINING):
            self._send(
                (seat, commons.cite(Cid.of(text((seat or self.seats) - 1)))) for seat in some
            )

    def _decide(self, some: Sequence[int], workers: ProcessPoolExecutor) -> None:
        """Some proposals at once: proposed, voted on, and what passed carried out."""
        made = [self._proposed(index) for index in some]
        contract = self.by().assembly.contract
        self._send((one.seat, one.call) for one in made)
        opened = self._time + DELAY
        self._vote(made, workers)
        self._time = opened + PERIOD + PERIOD * CLOSING // 100 + 1
        self._require_counted(made)
        passed = [one for one in made if one.passes]
        self._send((one.seat, contract.count(one.number, 10**6)) for one in passed)
        for step in (contract.queue, contract.execute):
            self._send((one.seat, step(one.number, one.actions, one.description)) for one in passed)
            self._time += WAIT

    def _proposed(self, index: int) -> "Proposed":
        """To greet somebody outside; every tenth proposal is defeated."""
        seat, passes = index % self.seats, index % 10 != 9
        org, greet = self.by(seat), Call(to=OUTSIDER, data=b"", says="greet somebody outside")
        call = org.propose([greet], f"Proposal {index}", "Why we want it.")
        return Proposed(
            seat=seat,
            number=org.assembly.number(call),
            call=call,
            actions=Actions.of([greet]),
            description=org.assembly.contract.decode_call(call)["description"],
            passes=passes,
            votes=tuple((voter, support(voter, index, passes)) for voter in range(self.seats)),
        )

    def _vote(self, made: Sequence["Proposed"], workers: ProcessPoolExecutor) -> None:
        """Every seat votes once on each, in blocks that are spread over the voting period."""
        assembly, opened = self.by().assembly.contract, self._time + DELAY
        batches = [
            Batch(self.chain.id, assembly.address, one.number, tuple(part))
            for one in made
            for part in chunks(one.votes[len(SPLITS) :], BATCH)
        ]
        groups = chunks(batches, VOTES // BATCH)
        step = PERIOD // (len(groups) + 2)
        self._time = opened + step
        self._send(
            (seat, assembly.vote(one.number, SPLIT if split else value, REASON, split))
            for one in made
            for (seat, value), split in zip(one.votes, SPLITS, strict=False)
        )
        signing = workers.map(signed, batches, chunksize=5)
        for number, group in enumerate(groups, 2):
            self._time = opened + number * step
            self._mine([(signer(0).address, assembly.address, next(signing)) for _ in group])

    def _require_counted(self, made: Sequence["Proposed"]) -> None:
        self._mine([])
        reading = self.chain.at()
        for one in made:
            tallies = self.by().assembly.contract.tallies(reading, one.number)
            units = sum(t.against + t.in_favour + t.abstain for t in tallies)
            assert units == self.seats * UNITS_PER_SEAT, f"{units} units on {one.number}"

    def _send(self, calls: Iterable[tuple[int, Call]]) -> None:
        """One block with these calls, each from a seat, all of which succeed."""
        listed = list(calls)
        self.store.put_many([block for _, call in listed for block in call.documents])
        self._mine([(signer(seat).address, call.to, call.data) for seat, call in listed])
        receipts = self._raw.ask("eth_getBlockReceipts", "latest")
        assert len(receipts) == len(listed), f"{len(receipts)} of {len(listed)} were mined"
        for receipt, (_, call) in zip(receipts, listed, strict=True):
            assert receipt["status"] == "0x1", f"refused: {call.says}"

    def _mine(self, transactions: Sequence[tuple[Address, Address, bytes]]) -> None:
        self._time += 1
        asked = [
            {"from": sender, "to": to, "data": "0x" + data.hex(), "gas": GAS, "gasPrice": "0x0"}
            for sender, to, data in transactions
        ]
        for part in chunks(asked, BATCH):
            self._raw.ask_all("eth_sendTransaction", [[one] for one in part])
        self._raw.ask("evm_setNextBlockTimestamp", hex(self._time))
        self._raw.ask("evm_mine")


class Proposed(NamedTuple):
    """A proposal, and how every seat votes on it: the seat's index, and the support."""

    seat: int
    number: int
    call: Call
    actions: Actions
    description: str
    passes: bool
    votes: tuple[tuple[int, int], ...]


class Batch(NamedTuple):
    """Votes to be signed; all that a process needs that shares nothing with this one."""

    chain_id: int
    assembly: Address
    proposal: int
    votes: tuple[tuple[int, int], ...]


def signed(batch: Batch) -> bytes:
    """The call that casts these votes."""
    words = [batch.proposal.to_bytes(32), (64).to_bytes(32), len(batch.votes).to_bytes(32)]
    form = _ballots(batch.chain_id, batch.assembly)
    message = {"proposalId": batch.proposal, "nonce": 0}
    for voter, value in batch.votes:
        account, key = signer(voter).address, _key(voter)
        digest = form.digest(message | {"voter": account, "support": value})
        raw = key.sign_recoverable(digest, hasher=None)
        signature = compact(raw[:64] + bytes((raw[64] + 27,)))
        words += [bytes.fromhex(account[2:]).rjust(32, b"\0"), value.to_bytes(32), *signature]
    return abi.selector(load("Assembly").functions["castVotesBySig"]) + b"".join(words)


def support(voter: int, index: int, passes: bool) -> int:
    """How a seat votes: most of them in favour, or against where it is not to pass."""
    drawn = (voter * 7919 + index * 104_729) % 10
    if drawn == 9:
        return 2
    return int((drawn < 6) == passes)


def text(seat: int) -> bytes:
    return f"Handbook of organization {seat}\n".encode()


def profile(seat: int) -> Profile:
    return Profile(name=f"Organization {seat}")


@cache
def signer(number: int) -> LocalSigner:
    """The account whose key is this number and a million."""
    return LocalSigner.from_key((10**6 + number).to_bytes(32))


@cache
def _key(number: int) -> PrivateKey:
    return PrivateKey((10**6 + number).to_bytes(32))


@cache
def _ballots(chain_id: int, assembly: Address) -> Form:
    message = {"proposalId": 0, "support": 0, "voter": signer(0).address, "nonce": 0}
    act = SignedAct(kind="Ballot", chain_id=chain_id, contract=assembly, message=message)
    return Form(act.typed)


@cache
def charter() -> Charter:
    """The example's charter, with quick steps and no limit on who is admitted at once."""
    example = charters.load(Path("examples/charter.yaml"))
    declared = example.declaration
    rule = declared.rules["ordinary"].model_copy(
        update={"voting_period": PERIOD, "delay": WAIT, "closing": CLOSING}
    )
    admission = declared.admission.model_copy(update={"floor": 60_000, "share": 10_000})
    changes = {
        "rules": declared.rules | {"ordinary": rule},
        "admission": admission,
        "voting_delay": DELAY,
        "open_proposals": 5,
    }
    founders = [
        DeclaredFounder(
            account=signer(seat).address,
            constituency=CONSTITUENCIES[seat % len(CONSTITUENCIES)],
            kind=KIND,
            profile=profile(seat),
            pledge=PLEDGE,
        )
        for seat in range(FOUNDERS)
    ]
    quick = example.model_copy(update={"declaration": declared.model_copy(update=changes)})
    return quick.with_founders(founders)


def chunks(items: Sequence[T], size: int) -> list[Sequence[T]]:
    return [items[at : at + size] for at in range(0, len(items), size)]


@contextmanager
def audit_world(events: int, port: int = 0) -> Iterator[AuditWorld]:
    """A chain with about so many events, until the block ends."""
    with TemporaryDirectory() as folder, Devnet(port, OPTIONS) as devnet:
        world = AuditWorld(devnet.chain, open_store(f"embedded:{folder}/commons"), events)
        world.grow()
        yield world


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=100_000, help="about how many")
    parser.add_argument("--port", type=int, default=0, help="of the chain; 0 takes a free one")
    given = parser.parse_args(arguments)
    started = time.monotonic()
    with audit_world(given.events, given.port) as world:
        seconds = time.monotonic() - started
        print(f"{world.seats:,} seats and {world.proposals:,} proposals in {seconds:.0f} s")
        print(f"metaorg audit run --rpc {world.chain.url} --address {world.address}", flush=True)
        with suppress(KeyboardInterrupt):
            Event().wait()


if __name__ == "__main__":
    main()
