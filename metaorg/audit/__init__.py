"""An independent audit: read chain and commons, recompute, compare. It never holds a key."""

from metaorg.audit.findings import Finding
from metaorg.audit.run import Audit, Options, answering, check
from metaorg.audit.statement import Report, Statement

__all__ = ["Audit", "Finding", "Options", "Report", "Statement", "answering", "check"]
