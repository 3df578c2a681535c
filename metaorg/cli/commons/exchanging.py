"""`metaorg commons`: giving content to others, as CAR files and as a trustless gateway."""

import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from metaorg.cli.command import command
from metaorg.cli.commons.app import app
from metaorg.cli.commons.keeping import CidsNeeded
from metaorg.cli.files import STDIN
from metaorg.cli.options import ChainFlags
from metaorg.cli.output import emit, progress, say, write_bytes
from metaorg.cli.session import Session
from metaorg.errors import InvalidInput

if TYPE_CHECKING:
    from metaorg.ipfs.blocks import Block

CarOption = Annotated[Path, typer.Option(metavar="FILE", help="The CAR file; - is stdout.")]
PORT = 8180


@command(app, ChainFlags)
def export(session: Session, cids: CidsNeeded, car: CarOption) -> None:
    """Write content as a CAR file, for IPFS tools or to carry to another machine."""
    from metaorg.ipfs import car as cars

    if str(car) == STDIN:
        for part in cars.exported(cids, session.store):
            write_bytes(part)
        return
    with progress("writing"):
        _to_new_file(car, lambda file: cars.export(file, cids, session.store))
    emit({"file": str(car)}, session.as_json, lambda: str(car))


@command(app, ChainFlags, "import")
def import_(
    session: Session,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The CAR file; - is stdin.")],
) -> None:
    """Read a CAR file into the own store, verified, and pin its roots.

    JSON: {"roots": ["bafy..."], "blocks": 3}
    """
    from metaorg.ipfs import car as cars

    opened = sys.stdin.buffer if str(file) == STDIN else _opened(file)
    with opened, progress("reading", size=True) as advance:
        found = cars.read(opened)
        count = 0

        def counted() -> "Iterator[Block]":
            nonlocal count
            for block in found:
                count += 1
                advance(len(block.data))
                yield block

        session.own_store.write(counted())
    for root in found.roots:
        session.own_store.pin(root)
    emit(
        {"roots": list(found.roots), "blocks": count},
        session.as_json,
        lambda: "\n".join(map(str, found.roots)),
    )


@command(app, ChainFlags)
def serve(
    session: Session,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 is a free one.")] = PORT,
    verbose: Annotated[bool, typer.Option("--verbose", help="Tell each request.")] = False,
) -> None:
    """Serve the own store to other members as a trustless gateway, on this machine's loopback.

    Whoever knows a CID can ask for it; what is sealed is served sealed. Put a proxy with TLS before
    it for others to reach it, and name its address as `node` in your profile.
    """
    from metaorg.ipfs.serving import Server
    from metaorg.ipfs.store import Held

    with Server(Held(session.own_store), port=port, log=say if verbose else _quiet) as server:
        say(f"Serving {session.own_store.describe()} at {server.url}; Ctrl-C ends it.")
        with suppress(KeyboardInterrupt):
            server.serve_forever()


def _quiet(line: str) -> None:
    """What a request was, told to nobody."""


def _opened(file: Path) -> Any:
    try:
        return file.expanduser().open("rb")
    except OSError as error:
        raise InvalidInput(f"{file} cannot be read: {error.strerror}") from None


def _to_new_file(path: Path, write: Any) -> None:
    """A file that is there when all of it is."""
    path = path.expanduser()
    if path.exists():
        raise InvalidInput(f"{path} exists; choose another name")
    scratch = path.with_name(f".{path.name}.part")
    try:
        with scratch.open("wb") as file:
            write(file)
        scratch.rename(path)
    except OSError as error:
        raise InvalidInput(f"{path} cannot be written: {error.strerror}") from None
    finally:
        scratch.unlink(missing_ok=True)
