"""An independent check: read chain and commons, recompute, compare. It never holds a key."""

from metaorg.audit.findings import Finding
from metaorg.audit.report import Report, check

__all__ = ["Finding", "Report", "check"]
