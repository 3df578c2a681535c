"""The audit as a whole: read, replay, read the storage, compare, and say what was established."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import cached_property, partial
from importlib.metadata import version
from typing import Any, Generic, NamedTuple, TypeVar

from metaorg.audit import conclusions, proving
from metaorg.audit.collect import Plan, collect
from metaorg.audit.collecting.record import Record
from metaorg.audit.collecting.settling import USUAL, Depth
from metaorg.audit.dao_index import dao_index
from metaorg.audit.documents import Content
from metaorg.audit.events import Header
from metaorg.audit.executions import executions
from metaorg.audit.expectations import TOPICS
from metaorg.audit.finality import pin
from metaorg.audit.findings import Finding, difference, unknown
from metaorg.audit.following import Following
from metaorg.audit.index import Index, open_index
from metaorg.audit.powers import Powers, powers
from metaorg.audit.prove import Prover
from metaorg.audit.public import Published, Then, Until
from metaorg.audit.replay import Replay
from metaorg.audit.source import Rebuilt, code
from metaorg.audit.statement import Code, Indicator, Report, Statement
from metaorg.audit.stating import Stating
from metaorg.audit.storage import MARK, Storage
from metaorg.errors import (
    ChainUnreachable,
    ContractReverted,
    InvalidInput,
    Misconfigured,
    Unreachable,
)
from metaorg.ipfs import Store
from metaorg.onchain.chain import Block, Chain, Reading
from metaorg.onchain.contract import unpadded
from metaorg.onchain.endpoint import Endpoint, NoAnswer
from metaorg.onchain.meta_organization import MetaOrganization
from metaorg.onchain.modules import Modules, modules_at
from metaorg.types import ZERO_DIGEST, Address

Progress = Callable[[str, int, int], None]
"""Called with what is being done now, how far it is and how far it goes; 0, 0 for not known."""
PATIENCE = 5.0
"""Seconds for which a check asks a busy node again."""
_CONTRACTS, _ESTABLISHED = "contracts", "established"
T = TypeVar("T")


class Options(NamedTuple):
    """What an audit is told.

    Args:
        at: the block, as `pin` takes it; None for the latest final one.
        full: whether storage is read again that was found as expected before and that no event
            concerned since.
        prove: whether state is proved with eth_getProof. depth: how far logs are proved.
        rebuilt: what compiling the source gave, where that was done.
    """

    at: Any = None
    full: bool = False
    prove: bool = False
    depth: Depth = USUAL
    rebuilt: Rebuilt | None = None


_DEFAULT = Options()


class Audit:
    """Audits of one meta-organization.

    Args:
        endpoints: the first one that answers is read, the others are compared with it.
        index: where it is kept. store: of the commons.
    """

    def __init__(
        self,
        endpoints: Sequence[Endpoint],
        address: Address,
        index: Index,
        store: Store,
        progress: Progress = lambda *_: None,
    ) -> None:
        self._endpoints, self._address = endpoints, address
        self._index, self._store, self._progress = index, store, progress
        self._elsewhere: list[_Elsewhere] = []

    def run(self, options: Options = _DEFAULT) -> Report:
        """Establish what can be established, and keep the report in the index.

        Raises:
            ChainUnreachable: no block, or no events can be read. Misconfigured: no
                meta-organization there. CheckFailed: a reorganization beyond finality.
        """
        chain = self._chain
        block = pin(chain, options.at)
        reading = Reading(chain, block)
        modules = self._modules(reading)
        self._index.claim(chain.id, self._address)
        self._begin_anew_for(modules)
        replay, record = self._events(modules, block, options)
        self._elsewhere = [
            _Elsewhere(Reading(one, block), record, self._progress) for one in self._others(record)
        ]
        statement = self._statement(reading, replay, options)
        if options.prove:
            self._prove(reading, replay, statement.code, record)
        limits = record.limits(self._index, block.number)
        limited = statement.model_copy(update={"limits": limits})
        provenance = record.provenance(self._index, block.number)
        report = Report(statement=limited, provenance=provenance)
        own = Header(block.number, block.hash, ZERO_DIGEST, block.time)  # nobody asks for a parent
        self._index.keep_report(self._index.header(block.number) or own, report.encode())
        return report

    def _modules(self, reading: Reading) -> Modules:
        """The contracts at the audited block.

        Raises:
            InvalidInput: they were made later. Misconfigured: there are none.
        """
        try:
            return modules_at(reading, self._address)
        except Misconfigured:
            head, block = self._chain.block().number, reading.block.number
            founded = self._chain.first_block_with_code(self._address)
            if block < founded <= head and self._chain.at().code(self._address):
                raise InvalidInput(
                    f"nothing was founded by block {block}: that was in block {founded}; name that "
                    "one or a later one"
                ) from None
            raise

    @cached_property
    def _chain(self) -> Endpoint:
        return answering(self._endpoints)

    def _others(self, record: Record) -> list[Endpoint]:
        """The endpoints that have the audited block, besides the first one that answers."""
        known = {source.where for source in record.sources}
        return [one for one in self._endpoints if one is not self._chain and one.where in known]

    def _events(self, modules: Modules, block: Block, options: Options) -> tuple[Replay, Record]:
        """What happened up to a block, followed, from what the index holds and from the chain."""
        since, record = self._since(modules), Record()
        plan = Plan(_addresses(modules), since, block)

        def told(last: int, head: int) -> None:
            self._progress("reading blocks", last - since + 1, head - since + 1)

        parts = collect(
            self._endpoints, self._index, plan, told, depth=options.depth, record=record
        )
        following = Following(self._index, modules, self._chain, block.number)
        return following.all_of(parts, record), record

    def _begin_anew_for(self, modules: Modules) -> None:
        """Forget what was read of other contracts: a decision has replaced a module since."""
        now = modules.model_dump_json().encode()
        kept = self._index.recall(_CONTRACTS)
        if kept not in (None, now):
            self._index.clear()
        if kept != now:
            self._index.remember(_CONTRACTS, now)

    def _since(self, modules: Modules) -> int:
        """The block of the founding."""
        kept = self._index.recall("founded") or b""
        if kept.isdigit():
            return int(kept[:20])
        found = self._chain.first_block_with_code(modules.meta_organization)
        self._index.remember("founded", str(found).encode())
        return found

    # ------------------------------------------------------------------ what is established

    def _statement(self, reading: Reading, replay: Replay, options: Options) -> Statement:
        modules, then = replay.modules, Then(replay, reading.block)
        found = _Found(self._progress)
        codes = found.pair(
            "code of the contracts", ("code",), lambda: code(reading, modules, options.rebuilt)
        )
        for other in self._elsewhere:
            other.code(modules, found)
        found.look("events", lambda: conclusions.all_of(replay), offline=True)
        found.look("executions", lambda: executions(modules, replay.chronicle), offline=True)
        table = found.value(
            "powers",
            ("powers", "roles", "pending"),
            lambda: powers(reading, modules, replay.chronicle),
        )
        self._storage(reading, replay, found, options)
        found.look("signatures", lambda: conclusions.signatures(replay, reading))
        content = Content(self._store, replay.commons.named)
        found.look("documents", content.findings, offline=True)
        front = MetaOrganization(modules.meta_organization)
        name = found.value("name", ("name",), lambda: str(front.read(reading, "name")))
        published = Published(then, self._until(modules), name, self._store)
        found.look("public documents", published.findings)
        stating = Stating(then, content)
        index = found.value("DAO Index", ("dao_index",), lambda: _index(then, reading, table))
        return Statement(
            software=version("metaorg"),
            chain_id=reading.chain.id,
            block=reading.block,
            name=name or "",
            modules=modules,
            counts=stating.counts(),
            code=codes or (),
            constituencies=tuple(map(unpadded, replay.front.constituencies)),
            kinds=tuple(map(unpadded, replay.front.kinds)),
            settings=dict(found.rows("settings", lambda: stating.settings().items())),
            texts=found.rows("texts", stating.texts),
            seats=found.rows("seats", stating.seats),
            decisions=found.rows("decisions", stating.decisions),
            resources=found.rows("resources", stating.resources),
            citations=found.rows("citations", stating.citations),
            documents=tuple(content.documents.values()),
            timeline=found.rows("timeline", stating.timeline),
            powers=table.rows if table else (),
            roles=table.roles if table else (),
            pending=table.pending if table else (),
            dao_index=index or (),
            published=published.documents,
            unknown=tuple(found.unknown),
            findings=tuple(found.findings),
        )

    def _storage(self, reading: Reading, replay: Replay, found: "_Found", options: Options) -> None:
        """What the contracts answer; what was as expected before is not asked again."""
        block = reading.block
        known = frozenset() if options.full else self._established(block)
        storage = Storage(reading, replay.modules, set(known))
        for topic in TOPICS:
            found.look(topic, partial(storage.compared, topic, replay))
        for other in self._elsewhere:
            storage.established &= other.storage(replay, known, found)
        head = block.number.to_bytes(8) + block.hash
        self._index.remember(self._key, head + b"".join(sorted(storage.established)))

    def _prove(
        self, reading: Reading, replay: Replay, codes: Sequence[Code], record: Record
    ) -> None:
        """Prove code and storage; what comes of it is about the node that was asked."""
        found = _Found(self._progress)

        def findings() -> Iterable[Finding]:
            header = reading.chain.request("eth_getBlockByNumber", hex(reading.block.number), False)
            prover = Prover(reading, header)
            yield from prover.findings(proving.codes(codes), proving.words(replay))
            record.accounts, record.slots = prover.accounts, prover.slots

        found.look("proofs", findings)
        for finding in found.findings:
            record.find(finding)

    @property
    def _key(self) -> str:
        """Of what the same endpoints answered: what one of them made up is no other's word."""
        asked = {self._chain.where, *(one.where for one in self._elsewhere)}
        return f"{_ESTABLISHED} {hashlib.sha256(' '.join(sorted(asked)).encode()).hexdigest()}"

    def _established(self, block: Block) -> frozenset[bytes]:
        """What was found as expected at an earlier block that is still one of the chain's."""
        kept = self._index.recall(self._key) or b""
        number = int.from_bytes(kept[:8])
        header = self._index.header(number) if number <= block.number else None
        if header is None or header.hash != kept[8:40]:
            return frozenset()
        return frozenset(kept[at : at + MARK] for at in range(40, len(kept), MARK))

    def _until(self, modules: Modules) -> Until:
        def until(number: int) -> Then:
            following = Following(self._index, modules, self._chain, number)
            following.resume()
            return Then(following.replay, self._chain.block(number))

        return until


class _Found:
    """What the topics of an audit find, one after the other."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self.findings: list[Finding] = []
        self.unknown: list[str] = []
        """Fields of the statement that could not be established."""
        self._lost: NoAnswer | None = None
        """Why the node is not asked any more."""

    def look(
        self, topic: str, find: Callable[[], Iterable[Finding]], *, offline: bool = False
    ) -> bool:
        """Take what a topic finds; an answer that does not come makes it unknown, not empty.

        Args:
            offline: whether the chain is not asked; what asks a node that is gone is not tried.
        """
        self._progress(topic, 0, 0)
        try:
            if self._lost and not offline:
                raise self._lost
            self.findings += find()
        except (Unreachable, ContractReverted) as error:
            self._lost = error if isinstance(error, NoAnswer) else self._lost
            self.findings.append(unknown("reading.unanswered", topic, "an answer", str(error)))
            return False
        except (InvalidInput, LookupError, ValueError) as error:
            # answers or events that no contract of ours can give
            seen = f"{type(error).__name__}: {error}".splitlines()[0]
            self.findings.append(difference("reading.impossible", topic, "possible answers", seen))
            return False
        return True

    def pair(
        self, topic: str, fields: Sequence[str], find: Callable[[], tuple[T, Sequence[Finding]]]
    ) -> T | None:
        """Take a value with its findings, of which an unknown one makes it incomplete."""
        found = self.value(topic, fields, lambda: _Pair(*find()))
        if found and any(finding.kind == "unknown" for finding in found.findings):
            self.unknown += fields
        return found.value if found else None

    def rows(self, field: str, make: Callable[[], Iterable[T]]) -> tuple[T, ...]:
        """The rows of a field that events lead to; none where they are not possible."""
        return self.value(field, (field,), lambda: tuple(make()), offline=True) or ()

    def value(
        self, topic: str, fields: Sequence[str], find: Callable[[], T], *, offline: bool = False
    ) -> T | None:
        """Take a value, whose findings are its own; None where it cannot be had."""
        got: list[T] = []

        def once() -> Iterable[Finding]:
            got.append(find())
            return getattr(got[0], "findings", ())

        if not self.look(topic, once, offline=offline):
            self.unknown += fields
            return None
        return got[0]


class _Elsewhere:
    """What another endpoint says of the same state; where it differs belongs to the reading."""

    def __init__(self, reading: Reading, record: Record, progress: Progress) -> None:
        self._reading, self._record = reading, record
        self._found = _Found(progress)

    @property
    def where(self) -> str:
        """The address, as it is shown."""
        return self._reading.chain.where

    def code(self, modules: Modules, found: _Found) -> None:
        """Compare the code of the contracts."""
        self._found.look("code of the contracts", lambda: code(self._reading, modules)[1])
        self._tell(found)

    def storage(self, replay: Replay, known: frozenset[bytes], found: _Found) -> set[bytes]:
        """Compare what the contracts answer; gives what was as expected."""
        storage = Storage(self._reading, replay.modules, set(known))
        for topic in TOPICS:
            self._found.look(topic, partial(storage.compared, topic, replay))
        self._tell(found)
        return storage.established

    def _tell(self, found: _Found) -> None:
        """What the first endpoint did not lead to."""
        for one in self._found.findings:
            if one not in found.findings:
                looks = tuple(
                    look.model_copy(update={"endpoint": self.where}) for look in one.looks
                )
                told = {"subject": f"{one.subject} at {self.where}", "looks": looks}
                self._record.find(one.model_copy(update=told))
        self._found.findings.clear()


class _Pair(NamedTuple, Generic[T]):
    value: T
    findings: Sequence[Finding]


def _index(then: Then, reading: Reading, table: Powers | None) -> tuple[Indicator, ...]:
    """The DAO Index, which rests on who has power.

    Raises:
        ChainUnreachable: that is not known.
    """
    if table is None:
        raise ChainUnreachable("who has power could not be read")
    replay, now = then.replay, then.block.time
    polls = map(replay.decisions.poll_of, replay.decisions.found.values())
    tallies = {
        number: poll.tallies
        for number, poll in zip(replay.decisions.found, polls, strict=True)
        if poll.deadline < now
    }
    adopters = len(replay.texts.adopted)
    return dao_index(
        reading, replay.modules, replay.chronicle, table, tallies=tallies, adopters=adopters
    )


def answering(endpoints: Sequence[Endpoint]) -> Endpoint:
    """The first endpoint that answers; that others do not is found when they are compared."""
    for one in endpoints[:-1]:
        with suppress(ChainUnreachable):
            one.block()
            return one
    return endpoints[-1]


def check(
    chain: Chain, address: Address, store: Store, progress: Progress = lambda *_: None
) -> Report:
    """Audit the latest block from one node, and keep nothing.

    Raises:
        ChainUnreachable: the node does not answer. Misconfigured: no meta-organization there.
    """
    endpoint = Endpoint(chain.url, chain.expected, chain.timeout, patience=PATIENCE)
    with open_index(":memory:") as index:
        return Audit([endpoint], address, index, store, progress).run(Options(at="latest"))


def _addresses(modules: Modules) -> tuple[Address, ...]:
    return tuple(getattr(modules, field) for field in Modules.model_fields)
