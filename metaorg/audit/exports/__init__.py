"""What was read, for other tools: tables in CSV and Parquet, and SQL; and back."""

from metaorg.audit.exports.exporting import export_sql, export_tables
from metaorg.audit.exports.importing import import_tables
from metaorg.audit.exports.manifest import Held, Manifest

__all__ = ["Held", "Manifest", "export_sql", "export_tables", "import_tables"]
