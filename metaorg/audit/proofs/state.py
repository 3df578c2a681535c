"""What an account and its storage hold, as eth_getProof proves it against a state root."""

from collections.abc import Sequence
from typing import NamedTuple

from eth_hash.auto import keccak

from metaorg.audit.proofs import rlp, tries
from metaorg.errors import InvalidInput
from metaorg.types import Address

EMPTY_CODE = keccak(b"")
"""Hash of the code of an account that has none."""


class Account(NamedTuple):
    """What the state has of an address. `storage` is the root of its storage."""

    nonce: int
    balance: int
    storage: bytes
    code_hash: bytes


NOTHING = Account(0, 0, tries.EMPTY_ROOT, EMPTY_CODE)
"""Of an address that the state does not have."""


def verify_account(state_root: bytes, address: Address, proof: Sequence[bytes]) -> Account:
    """What the state has of an address; `NOTHING` where the proof shows that it is not there.

    Raises:
        InvalidInput: the proof does not lead from the root to the address; why.
    """
    found = tries.find(state_root, keccak(bytes.fromhex(address[2:])), proof)
    if found is None:
        return NOTHING
    match rlp.decode(found):
        case [bytes(nonce), bytes(balance), bytes(storage), bytes(code)]:
            if len(storage) == len(code) == 32 and len(nonce) <= 8 and len(balance) <= 32:
                return Account(int.from_bytes(nonce), int.from_bytes(balance), storage, code)
    raise InvalidInput("the proof leads to something that is not an account")


def verify_storage(storage_root: bytes, slot: int, proof: Sequence[bytes]) -> int:
    """The word in a slot, 0 where the proof shows that nothing is there.

    Anvil keeps a slot that was set to zero, with an empty value.

    Args:
        storage_root: of the account, from `verify_account`.

    Raises:
        InvalidInput: the proof does not lead from the root to the slot; why.
    """
    found = tries.find(storage_root, keccak(slot.to_bytes(32)), proof)
    if found is None:
        return 0
    value = rlp.decode(found)
    if not isinstance(value, bytes) or len(value) > 32 or value[:1] == b"\0":
        raise InvalidInput("the proof leads to something that is not a word of storage")
    return int.from_bytes(value)
