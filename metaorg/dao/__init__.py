"""The public documents of a meta-organization: ERC-4824, generated from what the chain says.

Nothing here reads chain or store. The facade and the check gather the same `Facts` in two ways (by
asking the contracts, and by replaying their events) and must come to the same bytes.
"""

from metaorg.dao.documents import (
    FILES,
    Documents,
    Origin,
    generate,
    linked,
    origin_of,
    purpose_of,
)
from metaorg.dao.facts import Activity, Assignment, Facts, ProposalFacts

__all__ = [
    "FILES",
    "Activity",
    "Assignment",
    "Documents",
    "Facts",
    "Origin",
    "ProposalFacts",
    "generate",
    "linked",
    "origin_of",
    "purpose_of",
]
