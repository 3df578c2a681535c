"""From the index to a replay: from its start or from a kept state, up to a block."""

import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from importlib.metadata import version
from itertools import chain as chained

from metaorg.audit.collecting.ahead import rare_collections
from metaorg.audit.collecting.record import Record
from metaorg.audit.decoding import Decoder
from metaorg.audit.events import Header, Row
from metaorg.audit.index import Index
from metaorg.audit.public import Then
from metaorg.audit.replay import STATE, NotPacked, Replay
from metaorg.audit.statement import Statement
from metaorg.errors import ChainUnreachable
from metaorg.onchain import abi
from metaorg.onchain.artifacts import load
from metaorg.onchain.chain import Chain, NodeRefused
from metaorg.onchain.endpoint import NoAnswer
from metaorg.onchain.modules import Modules
from metaorg.types import Address

AUTHORITY_GAS = 30_000 + 21_064
"""What a target has to name its Authority (Rulebook), and what asking for it as a call costs."""
_GOVERNED = "governed"
_AT_ONCE = 500
"""Logs that are decoded and followed together, so few that they stay in a processor's cache."""


class Governed:
    """Whether targets of proposals obeyed this meta-organization's Authority when they were named.

    What was asked of the chain once is kept in the index: state of old blocks is forgotten by most
    nodes.
    """

    def __init__(self, chain: Chain | None, index: Index, authority: Address) -> None:
        self._chain, self._index, self._authority = chain, index, authority
        self._known = _answers(index.recall(_GOVERNED) or b"{}")
        self._lost: NoAnswer | None = None

    def __call__(self, block: int, target: Address, data: bytes) -> bool:
        """Whether a call of a proposal that was made in a block needs the amendment rule.

        Raises:
            ChainUnreachable: nobody can say.
        """
        header = self._index.header(block)
        own = header.hash.hex() if header else str(block)
        key = f"{own}:{target}:{bool(data)}"
        if key not in self._known:
            self._known[key] = self._patiently(block, target, data)
            self._index.remember(_GOVERNED, json.dumps(self._known).encode())
        return self._known[key]

    def _patiently(self, block: int, target: Address, data: bytes) -> bool:
        """What the node says; one that was gone once is asked no more."""
        if self._lost:
            raise self._lost
        try:
            return self._ask(block, target, data)
        except NoAnswer as error:
            self._lost = error
            raise

    def _ask(self, block: int, target: Address, data: bytes) -> bool:
        if self._chain is None:
            raise ChainUnreachable(f"no node is asked what {target} obeyed in block {block}")
        then = self._chain.at(block)
        if not then.code(target):
            return bool(data)
        asked = abi.selector(load("Commons").functions["authority"])
        try:
            answer = then.call(target, asked, gas=AUTHORITY_GAS)
        except NodeRefused as refusal:
            if not refusal.by_contract:
                raise
            return False
        return len(answer) >= 32 and answer[:32] == bytes.fromhex(self._authority[2:]).rjust(
            32, b"\0"
        )


class Following:
    """A replay of what an index holds, and of what comes in.

    Args:
        index: of one meta-organization, claimed. modules: the contracts. chain: who is asked what
            targets of proposals obeyed; None for nobody. until: the last block that counts.
    """

    def __init__(self, index: Index, modules: Modules, chain: Chain | None, until: int) -> None:
        self._index, self._until = index, until
        self._governed = Governed(chain, index, modules.authority)
        self._modules, self._decoder = modules, Decoder(modules)
        self.replay = self._new()
        self.resumed_at: Header | None = None
        """The block of the state from which it went on."""

    def resume(self, kept: int | None = None) -> None:
        """Follow what the index holds, from the newest state that was kept of it.

        Args:
            kept: the last block whose logs are taken from there; as far as it counts, when absent.
        """
        until = self._until if kept is None else min(self._until, kept)
        found = self._index.checkpoint(_version(self._modules))
        if found and found[0].number <= until:
            try:
                self.replay.restore(found[1])
                self.resumed_at = found[0]
            except NotPacked:
                self.replay = self._new()
        after = (self.resumed_at.number + 1, -1) if self.resumed_at else None
        for part in self._index.rows(after=after, until=until):
            self.take(part)

    def all_of(self, parts: Iterable[Sequence[tuple[Row, int]]], record: Record) -> Replay:
        """Follow what stays of the index, and then what `collect` gives; keep the state."""
        resumed = False
        with rare_collections():
            for part in chained(parts, [()]):
                if not resumed:  # only now it is known what of the index stays
                    self.resume(record.kept.number if record.kept else -1)
                    resumed = True
                self.take(part)
            header = self._index.header(self._until)
            if header:
                self.keep(header)
        return self.replay

    def take(self, part: Sequence[tuple[Row, int]]) -> None:
        """Follow logs that come behind those before."""
        if part and part[-1][0].block > self._until:
            part = [one for one in part if one[0].block <= self._until]
        for start in range(0, len(part), _AT_ONCE):
            self.replay.follow(self._decoder(part[start : start + _AT_ONCE]))
        self.replay.strange.update(self._decoder.unknown)
        self._decoder.unknown.clear()

    def keep(self, block: Header) -> None:
        """Keep the state as of a block of the index, for the next time.

        One in which something is unknown is not kept, for the next time it may be known; nor one
        with values that no contract can have told.
        """
        if any(finding.kind == "unknown" for finding in self.replay.findings):
            return
        if self.resumed_at is None or self.resumed_at.number < block.number:
            with suppress(ValueError):
                state = self.replay.state()
                self._index.keep_checkpoint(block, _version(self._modules), state)

    def _new(self) -> Replay:
        subject = self._index.subject()
        assert subject is not None  # it was claimed before anything is followed
        return Replay(self._modules, subject[0], self._governed)


def _answers(kept: bytes) -> dict[str, bool]:
    """What was kept of answers; none where that is damaged, so that it is asked again."""
    try:
        found = json.loads(kept)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {key: value for key, value in found.items() if isinstance(value, bool)}


def replayed(index: Index, statement: Statement) -> Then:
    """What the events of an index lead to, up to the block of a statement. No node is asked.

    Raises:
        ChainUnreachable: a target of a proposal outside was never asked for what it obeys.
    """
    following = Following(index, statement.modules, None, statement.block.number)
    following.resume()
    return Then(following.replay, statement.block)


def _version(modules: Modules) -> str:
    """Of the software and of the contracts that made a state."""
    front = modules.membership[2:10]
    return f"{STATE}-{version('metaorg')}-{front}"
