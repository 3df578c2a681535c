"""How a charter and the chain differ, and the calls of one decision that bring the chain to it.

now = in_force.read(reading, modules)
found = plan.compare(now, charter, plan.purpose_of(now, store))
organization.propose(found.calls, title="...", body=found.body)
"""

from metaorg.plan.compare import Plan, compare, purpose_of
from metaorg.plan.difference import Change, Left

__all__ = ["Change", "Left", "Plan", "compare", "purpose_of"]
