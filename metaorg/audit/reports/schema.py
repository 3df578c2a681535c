"""The published JSON schema of a report, and reports read back."""

import inspect
import json
from typing import Any

import orjson
from pydantic import ValidationError

from metaorg.audit.statement import FORMAT, LIMIT, Report
from metaorg.errors import InvalidInput

NAME = "audit-report.json"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
_SHOWN = 2
"""Problems that an error lists."""


def schema() -> dict[str, Any]:
    """The JSON schema (draft 2020-12) of a report; nothing that it does not name is allowed."""
    made = Report.model_json_schema(mode="serialization")
    for definition in (made, *made["$defs"].values()):
        _tidy(definition)
    statement = made["$defs"]["Statement"]["properties"]
    statement["format"] = {"const": FORMAT, "type": "integer"}
    statement["unknown"]["items"] = {"enum": sorted(set(statement) - {"unknown", "findings"})}
    return {"$schema": DIALECT, "$id": NAME, **made}


def schema_text() -> str:
    """The schema as it is published, with a line end."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def read_report(data: bytes) -> Report:
    """The report that these bytes are.

    Raises:
        InvalidInput: over 64 MiB, not JSON, of another format, not as the schema says, or not in
            canonical form (RFC 8785), so that its digest would not be the report's.
    """
    if len(data) > LIMIT:
        raise InvalidInput(f"a report has at most {LIMIT >> 20} MiB; this is none")
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise InvalidInput(f"this is not JSON, so it is no report: {error}") from None
    _check_format(value)
    try:
        report = Report.model_validate(value)
    except ValidationError as error:
        problems = "; ".join(_problems(error))
        raise InvalidInput(f"this is JSON, but no whole report of an audit: {problems}") from None
    if report.encode() != data:
        raise InvalidInput(
            "this is a report, but not in canonical form (RFC 8785): it was written again by "
            "another program, so its digest is another one; ask for the file as it was written"
        )
    return report


def _check_format(value: Any) -> None:
    statement = value.get("statement") if isinstance(value, dict) else None
    if not isinstance(statement, dict) or "format" not in statement:
        raise InvalidInput("this is JSON, but no report of an audit: it has no statement.format")
    if statement["format"] != FORMAT:
        raise InvalidInput(
            f"the report has format {statement['format']!r:.40}, and this metaorg reads format "
            f"{FORMAT}: use the version that wrote it ({statement.get('software')!r:.40})"
        )


def _problems(error: ValidationError) -> list[str]:
    found = error.errors(include_url=False, include_input=False)
    more = len(found) - _SHOWN
    told = [
        f"{'.'.join(map(str, one['loc']))}: {one['msg'].removeprefix('Value error, ')}"
        for one in found[:_SHOWN]
    ]
    return told + ([f"and {more} more"] if more > 0 else [])


def _tidy(definition: dict[str, Any]) -> None:
    """Descriptions without indentation, properties without titles; every one is required."""
    if "description" in definition:
        definition["description"] = inspect.cleandoc(definition["description"])
    definition["required"] = list(definition["properties"])
    for one in definition["properties"].values():
        one.pop("title", None)
