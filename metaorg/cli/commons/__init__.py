"""`metaorg commons`: resources that members share, by the hash of their content."""

from metaorg.cli.commons import publishing, resources, sealed, keeping, exchanging  # noqa: F401, I001 - in the order of the help
from metaorg.cli.commons.app import app

__all__ = ["app"]
