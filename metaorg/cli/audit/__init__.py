"""`metaorg audit`: read everything, believe nobody, and let anyone repeat it."""

from metaorg.cli.audit import running, showing, exporting, verifying  # noqa: F401, I001 - in the order of the help
from metaorg.cli.audit.app import app

__all__ = ["app"]
