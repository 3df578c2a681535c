"""What follows from hashes alone, whoever served the data: headers, blooms, receipts, state."""

from metaorg.audit.proofs.blooms import Bloom, bloom_of
from metaorg.audit.proofs.headers import header_hash
from metaorg.audit.proofs.receipts import logs_of_receipts, receipts_root
from metaorg.audit.proofs.state import Account, verify_account, verify_storage

__all__ = [
    "Account",
    "Bloom",
    "bloom_of",
    "header_hash",
    "logs_of_receipts",
    "receipts_root",
    "verify_account",
    "verify_storage",
]
