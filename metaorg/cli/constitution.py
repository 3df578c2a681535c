"""`metaorg constitution`: the text that binds all, and who adopts it."""

from pathlib import Path
from typing import Annotated

import typer

from metaorg.cli.command import application, command
from metaorg.cli.files import read_acts, read_bytes, read_pledge
from metaorg.cli.options import (
    ActFlags,
    Constituency,
    DecisionFlags,
    FileArgument,
    PledgeFile,
    PledgeText,
    ReadFlags,
    SignedFiles,
    SignOnly,
)
from metaorg.cli.output import emit, facts, plain, say, to_json, write, write_content
from metaorg.cli.session import Session
from metaorg.cli.writing import perform
from metaorg.cli.writing import sign_only as sign_act
from metaorg.errors import CheckFailed, InvalidInput
from metaorg.times import moment

app = application("The text that binds all, and who adopts it.")


@command(app, ReadFlags)
def show(
    session: Session,
    text: Annotated[bool, typer.Option("--text", help="Print the text itself, verified.")] = False,
) -> None:
    """Show the version in force: its number, its hash, since when; with --text the text itself.

    JSON: {"number": 1, "text": "bafk...", "since": 1700000000, "sha256": "0x..."}; with --text also
    "content", the text.
    """
    constitution = session.organization.constitution
    version = constitution.version()
    shown = plain(version) | {"sha256": plain(version.text.digest)}
    if not text:
        emit(shown, session.as_json, lambda: facts(shown | {"since": moment(version.since)}))
    elif session.as_json:
        write(to_json(shown | {"content": constitution.text(version).decode(errors="replace")}))
    else:
        write_content(constitution.text(version))


@command(app, ReadFlags)
def verify(session: Session, file: FileArgument) -> None:
    """Check that a file is the text in force, byte for byte. Exit code 6 when it is not.

    JSON: {"file": "bafk...", "in_force": "bafk...", "version": 1, "same": true}
    """
    from metaorg.types import Cid

    version = session.organization.constitution.version()
    seen = Cid.of(read_bytes(file), version.text.codec)
    same = seen == version.text
    shown = {
        "file": seen,
        "in_force": version.text,
        "version": version.number,
        "same": same,
    }
    emit(shown, session.as_json, lambda: facts(shown | {"same": "yes" if same else "no"}))
    if not same:
        raise CheckFailed(f"{file} is not version {version.number} of the text")


@command(app, ActFlags)
def adopt(
    session: Session,
    constituency: Constituency = None,
    pledge: PledgeText = None,
    pledge_file: PledgeFile = None,
    sign_only: SignOnly = None,
    signed: SignedFiles = None,
) -> None:
    """Sign the adoption of the text in force and record it, or relay one; sends nothing twice.

    Without ETH: `--sign-only FILE` signs, and anybody sends it with `--signed FILE`. A Safe
    (`--account safe:ADDRESS`) signs only so: each of its owners adds a signature with `metaorg safe
    sign FILE` before it is sent.
    """
    if signed:
        _relay(session, signed)
        return
    if constituency is None:
        raise InvalidInput("--constituency is missing (or --signed, to relay an adoption)")
    constitution, said = session.organization.constitution, read_pledge(pledge, pledge_file)
    session.organization.settle()
    adoption = constitution.adoption(session.own.address, constituency, said)
    if sign_only is not None:
        sign_act(session, sign_only, constitution.act(adoption, said))
    elif constitution.recorded(adoption):
        say(f"Version {adoption.version} is adopted already, with this pledge.")
        perform(session)
    else:
        perform(session, adoption=adoption, record=lambda one: constitution.adopt(one, said))


def _relay(session: Session, files: list[Path]) -> None:
    constitution, calls = session.organization.constitution, []
    session.organization.settle()
    for act in [act for file in files for act in read_acts(file)]:
        if constitution.recorded(constitution.adoption_in(act)):
            say(f"The adoption of {act.signer} is recorded already.")
        else:
            calls.append(constitution.relay(act))
    perform(session, *calls)


@command(app, DecisionFlags)
def amend(session: Session, file: FileArgument) -> None:
    """Put a new text in force. Only a decision can: it is proposed unless --as says otherwise."""
    perform(session, session.organization.constitution.amend(read_bytes(file)))
