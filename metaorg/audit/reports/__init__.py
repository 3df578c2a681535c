"""A report for people and programs: one HTML page, Markdown, and JSON with a schema."""

from metaorg.audit.reports.html import page
from metaorg.audit.reports.markdown import markdown
from metaorg.audit.reports.schema import read_report, schema

__all__ = ["markdown", "page", "read_report", "schema"]
