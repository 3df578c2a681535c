"""What the actions of a proposal do, in words of the organization."""

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

from metaorg.onchain import in_force
from metaorg.onchain.chain import Reading
from metaorg.onchain.in_force import InForce
from metaorg.onchain.words import Names, Said, Words
from metaorg.types import Address, Call

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
    return Words(standing(org, reading), names(org, reading)).of(calls)


def names(org: "MetaOrganization", reading: Reading) -> Names:
    """Names of members by account, each asked for once; None for whom none can be read."""

    @cache
    def name(account: Address) -> str | None:
        [profile] = org.membership.contract.profiles_of(reading, [account])
        return org.membership.name(profile)

    return name
