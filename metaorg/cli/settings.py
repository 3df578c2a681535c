"""`metaorg settings`: what is set, and where it comes from."""

import typer

from metaorg.cli.command import command
from metaorg.cli.options import AllFlags
from metaorg.cli.output import emit, table
from metaorg.cli.session import Session


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    command(app, AllFlags)(settings)


def settings(session: Session) -> None:
    """Show each setting, its value and its origin.

    JSON: {"rpc": {"value": "http://127.0.0.1:8545", "origin": "default"}, ...}
    """
    values, origins = session.settings, session.resolved.origins
    found = {
        name: {"value": getattr(values, name), "origin": origins[name]}
        for name in type(values).model_fields
    }
    rows = [(name, one["value"], one["origin"]) for name, one in found.items()]
    emit(found, session.as_json, lambda: table(("setting", "value", "origin"), rows))
