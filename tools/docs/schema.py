"""`docs/schemas/audit-report.json`: the JSON schema of a report of an audit."""

from metaorg.audit.reports.schema import schema_text


def page() -> str:
    """The whole file."""
    return schema_text()
