"""A report for people and programs: one HTML page, Markdown, and JSON with a schema."""

from metaorg.audit.reports.schema import read_report, schema

__all__ = ["read_report", "schema"]
