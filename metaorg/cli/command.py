"""How a function becomes a command: its own parameters, then the shared ones, as one `Session`."""

import inspect
from collections.abc import Callable
from dataclasses import fields
from typing import Any

import typer
from typer.core import TyperCommand

from metaorg.cli.options import Flags
from metaorg.cli.session import Session

Function = Callable[..., None]


def application(help_text: str) -> typer.Typer:
    """A group of commands. Help and errors are plain text: they are read, copied and searched."""
    return typer.Typer(
        help=help_text,
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    )


def command(
    app: typer.Typer, flags: type[Flags], name: str | None = None
) -> Callable[[Function], Function]:
    """Registers a function as a command that also takes the options of `flags`.

    The function's first parameter is the `Session` that these options open.
    """

    def register(function: Function) -> Function:
        def run(**given: Any) -> None:
            shared = {one.name: given.pop(one.name) for one in fields(flags)}
            function(Session(flags(**shared)), **given)

        _, *own = inspect.signature(function).parameters.values()
        shared = inspect.signature(flags).parameters.values()
        parameters = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in (*own, *shared)]
        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        run.__doc__ = function.__doc__
        app.command(name or function.__name__, cls=_Command)(run)
        return function

    return register


class _Command(TyperCommand):
    """A command whose help has a section for each group of options."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Writes arguments, own options, then the shared groups."""
        sections: dict[str, list[tuple[str, str]]] = {"Arguments": [], "Options": []}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is None:
                continue
            if parameter.param_type_name == "argument":
                sections["Arguments"].append((record[0].partition(" <")[0], record[1]))
            else:
                panel = getattr(parameter, "rich_help_panel", None) or "Options"
                sections.setdefault(panel, []).append(record)
        for title, records in sections.items():
            if records:
                with formatter.section(title):
                    formatter.write_dl(records)
