"""The command line's entry: every command, and what becomes of errors."""

import os
import re
import sys
import traceback
from collections.abc import Sequence
from typing import Annotated

import typer

from metaorg.cli import (
    assembly,
    audit,
    check,
    commons,
    constitution,
    dao,
    devnet,
    founding,
    keys,
    membership,
    plan,
    safe,
    settings,
    show,
)
from metaorg.cli.command import application
from metaorg.cli.output import say
from metaorg.errors import InvalidInput, MetaorgError, Misconfigured

UNEXPECTED, INTERRUPTED = 70, 130
_INTERRUPTION = (
    "Interrupted. What was sent may still arrive; run the same command again: it goes on from what "
    "is on chain and in the store, and sends nothing twice."
)

app = application(
    """Found, govern and audit organizations of organizations.

    Settings come from options, then the environment (METAORG_RPC, METAORG_ADDRESS, METAORG_ACCOUNT,
    ...), then metaorg.toml in the current folder, then defaults; `metaorg settings` shows them.

    Exit codes: 0 done, 1 refused by a rule, 2 wrong use, 3 wrong or missing setting, 4 refused by a
    contract, 5 chain or storage not reachable, 6 a check found a difference or a gap.
    """
)
for part in (devnet, founding, plan, show, check, settings):
    part.register(app)
for name, group in (
    ("constitution", constitution.app),
    ("membership", membership.app),
    ("assembly", assembly.app),
    ("commons", commons.app),
    ("dao", dao.app),
    ("audit", audit.app),
    ("safe", safe.app),
    ("keys", keys.app),
):
    app.add_typer(group, name=name)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(version("metaorg"))
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None: ...


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; gives its exit code."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    try:
        refuse_keys(given)
        app(given, prog_name="metaorg")
    except SystemExit as end:
        if end.code == INTERRUPTED:
            return _failed(_INTERRUPTION, INTERRUPTED)
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except KeyboardInterrupt:
        return _failed(_INTERRUPTION, INTERRUPTED)
    except MetaorgError as error:
        return _failed(str(error), error.exit_code)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return _failed(f"{where}{error.strerror or type(error).__name__}", Misconfigured.exit_code)
    except Exception as error:
        if isinstance(error, RuntimeError) and "home directory" in str(error):  # of ~ in a path
            return _failed("There is no such user: a path begins with ~", InvalidInput.exit_code)
        return _failed(
            f"Something unexpected happened ({type(error).__name__}): this is a fault of metaorg. "
            "Set METAORG_DEBUG=1 to see where.",
            UNEXPECTED,
        )
    return 0


def refuse_keys(arguments: Sequence[str]) -> None:
    """Stop before anything can repeat a private key that was given by mistake.

    Raises:
        InvalidInput: an argument is, or ends in, 32 bytes in hex, or has a secret key of age in it.
    """
    for argument in arguments:
        in_hex = re.fullmatch(r"(.*[:=])?(0x)?[0-9a-fA-F]{64}", argument)
        if (in_hex and not argument.isdecimal()) or "age-secret-key-1" in argument.lower():
            raise InvalidInput(
                "An argument looks like a private key; it is not repeated here, and nothing was "
                "done. Other programs see arguments, and the shell keeps them: use another key, in "
                "a keystore (`metaorg keys new`) or a variable (--account env:NAME)."
            )


def _failed(message: str, code: int) -> int:
    if os.environ.get("METAORG_DEBUG"):
        traceback.print_exc()
    say(message)
    return code
