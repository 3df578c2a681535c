"""One meta-organization, as scripts and commands use it.

    org = MetaOrganization.open(chain, address, store, signer)
    org.send(org.membership.admit(applicant))
    org.send(org.propose([org.constitution.amend(text)], title="A new text", body="..."))

Reads take a pinned `Reading` and use the chain's head without one. Writes return a `Call`, which
can be shown, sent, or made an action of a proposal.
"""

from metaorg.organization.assembly import ProposalView
from metaorg.organization.facade import MetaOrganization
from metaorg.organization.members import MemberView
from metaorg.organization.resources import Deed, ResourceHistory, ResourceView

__all__ = [
    "Deed",
    "MemberView",
    "MetaOrganization",
    "ProposalView",
    "ResourceHistory",
    "ResourceView",
]
