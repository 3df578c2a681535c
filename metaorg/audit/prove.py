"""Storage as it is proved against the state root of a header, whatever the node's answers say.

A node that answers calls may make the answers up. One that proves a slot cannot: its proof leads to
the state root, which the hash of the block covers.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby, islice
from typing import Any

from metaorg.audit.findings import Finding, Findings, Look, difference, unknown
from metaorg.audit.proofs import Account, header_hash, verify_account, verify_storage
from metaorg.audit.wanted import Coded, Wanted
from metaorg.errors import ChainUnreachable, InvalidInput
from metaorg.onchain.chain import NodeRefused, Reading, octets
from metaorg.onchain.layout import WORD
from metaorg.types import Address

SLOTS = 100
"""Slots of one contract that are asked for at once; halved while a node refuses."""
PART = 10_000
"""Slots that are sorted by contract together."""


class Prover:
    """Proves accounts and storage at the block of a reading.

    Args:
        header: the eth_getBlockByNumber answer of that block.

    Attributes: accounts, slots: how many were proved to be as expected.
    """

    def __init__(self, reading: Reading, header: Mapping[str, Any]) -> None:
        self.accounts, self.slots = 0, 0
        self._reading, self._size = reading, SLOTS
        self._root = _state_root(reading, header)
        self._accounts: dict[Address, Account] = {}
        self._broken: set[Address] = set()
        self._unproved, self._why = 0, "" if self._root else "its header does not hash to its hash"

    def findings(self, codes: Iterable[Coded], wanted: Iterable[Wanted]) -> Findings:
        """What is proved to be otherwise than expected, or could not be proved."""
        for coded in codes:
            yield from self._code(coded)
        rest = iter(wanted)
        while part := sorted(islice(rest, PART), key=lambda one: one.contract):
            for address, group in groupby(part, key=lambda one: one.contract):
                yield from self._storage(address, list(group))
        if self._unproved:
            look = Look(what="block", block=self._reading.block.number, endpoint=self._where)
            subject = f"state of block {self._reading.block.number}"
            expected = f"proofs of {self._unproved} accounts and slots"
            seen = self._why or "proofs of accounts that prove nothing"
            yield unknown("proof.unavailable", subject, expected, seen, [look])

    @property
    def _where(self) -> str:
        return self._reading.chain.where

    def _code(self, one: Coded) -> Findings:
        yield from self._storage(one.contract, [])
        account = self._accounts.get(one.contract)
        if account is None:
            self._unproved += one.contract not in self._broken
        elif account.code_hash == one.code_hash:
            self.accounts += 1
        else:
            look = Look(what="code", address=one.contract)
            told = f"0x{one.code_hash.hex()}", f"0x{account.code_hash.hex()}"
            yield difference("proof.code", f"code hash of {one.subject}", *told, [look])

    def _storage(self, address: Address, wanted: Sequence[Wanted]) -> Findings:
        """Proves an account, where that was not done, and words of its storage."""
        while wanted or address not in self._accounts:
            part = wanted[: self._size]
            answer = None if address in self._broken else self._asked(address, part)
            if answer is not None:
                yield from self._verified(address, part, answer)
                wanted = wanted[len(part) :]
            if self._why or address in self._broken:
                self._unproved += len(wanted)
                return

    def _asked(self, address: Address, wanted: Sequence[Wanted]) -> Mapping[str, Any] | None:
        """The node's answer; None when it gave none, and then fewer are asked for, or no more."""
        if self._why:
            return None
        try:
            return self._reading.proof(address, [one.slot for one in wanted])
        except ChainUnreachable as error:
            if isinstance(error, NodeRefused) and len(wanted) > 1:
                self._size = len(wanted) // 2
            else:
                self._why = str(error)
            return None

    def _verified(
        self, address: Address, wanted: Sequence[Wanted], answer: Mapping[str, Any]
    ) -> Findings:
        if address not in self._accounts:
            try:
                proof = _nodes(answer.get("accountProof"))
                self._accounts[address] = verify_account(self._root, address, proof)
            except (InvalidInput, ChainUnreachable) as error:
                self._broken.add(address)
                yield self._invalid(f"account {address}", Look(what="code", address=address), error)
                return
        proofs, root = _by_slot(answer.get("storageProof")), self._accounts[address].storage
        for one in wanted:
            yield from self._word(one, root, proofs.get(one.slot))

    def _word(self, one: Wanted, root: bytes, proof: object) -> Findings:
        look = Look(what="storage", address=one.contract, arguments=(f"0x{one.slot:064x}",))
        try:
            seen = verify_storage(root, one.slot, _nodes(proof))
        except (InvalidInput, ChainUnreachable) as error:
            yield self._invalid(one.subject, look, error)
            return
        if seen & one.mask == one.value:
            self.slots += 1
        else:
            told = _shown(one.value, one.mask), _shown(seen, one.mask)
            yield difference("proof.value", one.subject, *told, [look])

    def _invalid(self, subject: str, look: Look, error: Exception) -> Finding:
        expected = f"a proof against the state root of block {self._reading.block.number}"
        look = look.model_copy(update={"endpoint": self._where})
        seen = f"what {self._where} sent proves nothing: {error}"
        return difference("proof.invalid", subject, expected, seen, [look])


def _state_root(reading: Reading, header: Mapping[str, Any]) -> bytes:
    """The state root of the pinned block; nothing when its header does not hash to it."""
    if header_hash(header) != reading.block.hash:
        return b""
    return octets(header["stateRoot"])


def _nodes(proof: object) -> list[bytes]:
    if not isinstance(proof, list):
        raise InvalidInput("there is no proof in it")
    return [octets(node) for node in proof]


def _by_slot(proofs: object) -> dict[int, object]:
    """The proofs by the slots that they are said to be of; those without one are left out."""
    found: dict[int, object] = {}
    for one in proofs if isinstance(proofs, list) else []:
        try:
            found[int(one["key"], 16)] = one["proof"]
        except (KeyError, TypeError, ValueError):
            continue
    return found


def _shown(value: int, mask: int) -> str:
    """A word in hex; where only some bits count, the others are left out."""
    return f"0x{value & mask:064x}" + ("" if mask == WORD else f" (of the bits 0x{mask:064x})")
