"""What the actions of a proposal do, in words of the organization."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING

from metaorg.errors import ChainUnreachable, ContractReverted
from metaorg.onchain import in_force
from metaorg.onchain.chain import Block, Reading
from metaorg.onchain.in_force import InForce
from metaorg.onchain.words import Names, Said, Words
from metaorg.organization.assembly import ProposalView
from metaorg.types import RAW, Address, Call

if TYPE_CHECKING:
    from metaorg.organization.facade import MetaOrganization


def standing(org: "MetaOrganization", reading: Reading | None = None) -> InForce:
    """What is in force."""
    return in_force.read(org.at(reading), org.modules, org.since())


def words(
    org: "MetaOrganization", calls: Sequence[Call], reading: Reading | None = None
) -> list[Said]:
    """What calls do, each as if those before it had been carried out, by what is in force now.

    Whatever a call says of itself is not asked.
    """
    reading = org.at(reading)
    return Words(standing(org, reading), names(org, reading), codecs=codecs(org, reading)).of(calls)


def of_proposal(org: "MetaOrganization", proposal: ProposalView) -> tuple[list[Said], Block]:
    """What a proposal's actions do, and as of which block.

    For one that was executed that is the block before: what was in force until then. A node that
    does not keep the past knows only what is in force now.
    """
    latest = org.at(None)
    try:
        reading = _before(org, proposal.number, latest) or latest
        found = standing(org, reading)
    except ChainUnreachable:
        reading = latest
        found = standing(org, latest)
    words = Words(found, names(org, latest), codecs=codecs(org, latest))
    return words.of(proposal.calls), reading.block


def _before(org: "MetaOrganization", number: int, latest: Reading) -> Reading | None:
    """The block before the one in which a proposal was executed; None when it was not."""
    events = org.events(org.modules.assembly, ["ProposalExecuted"], latest)
    blocks = [event.block for event in events if event.arguments["proposalId"] == number]
    return org.chain.at(blocks[0] - 1) if blocks else None


def codecs(org: "MetaOrganization", reading: Reading) -> Callable[[bytes], int]:
    """The codec of each resource by its digest, each asked for once; raw for what is not there."""

    @cache
    def codec(digest: bytes) -> int:
        try:
            return org.commons.contract.resource(reading, digest).cid.codec
        except ContractReverted:
            return RAW

    return codec


def names(org: "MetaOrganization", reading: Reading) -> Names:
    """Names of members by account, each asked for once; None for whom none can be read."""

    @cache
    def name(account: Address) -> str | None:
        [profile] = org.membership.contract.profiles_of(reading, [account])
        return org.membership.name(profile)

    return name
