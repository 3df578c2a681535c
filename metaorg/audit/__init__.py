"""An independent check: read chain and commons, recompute, compare. It never holds a key."""

from metaorg.audit.reconcile import Finding
from metaorg.audit.report import Report, check

__all__ = ["Finding", "Report", "check"]
