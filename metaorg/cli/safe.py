"""`metaorg safe`: what the owners of a Safe sign together, collected in a file."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from metaorg.cli.command import application, command
from metaorg.cli.files import read_acts, replace_file
from metaorg.cli.options import ActArgument, AllFlags, ReadFlags
from metaorg.cli.output import emit, facts, plain, table
from metaorg.cli.session import Session
from metaorg.cli.writing import act_bytes, agree

if TYPE_CHECKING:
    from metaorg.onchain.acts import Progress, SignedAct

app = application("What the owners of a Safe sign together, collected in a file.")


@command(app, ReadFlags)
def show(session: Session, file: ActArgument) -> None:
    """Show what owners are asked to sign, and who has.

    Every signature that is there is checked. With --address, or a setting of it, also that the acts
    are for that meta-organization.

    JSON: [{"safe": "0x...", "threshold": 2, "owners": [{"owner": "0x...", "signed": true}],
    "complete": false, "typed": {...}}], one for each act of a Safe in the file; "typed" is the
    EIP-712 data that each owner signs, for other programs than this one; an owner that is a Safe
    has "signed" when enough of its own owners have.
    """
    from metaorg.onchain import acts

    held = _own(session, file)
    progress = acts.progress_all(session.chain.at(), held)
    shown = [*map(_described, held), *map(_owners, progress)]
    emit(progress, session.as_json, lambda: "\n\n".join(shown))


@command(app, AllFlags)
def sign(session: Session, file: ActArgument) -> None:
    """Add the signature of --account, who is an owner of the Safe, to a file of --sign-only.

    Also an owner of a Safe that is an owner signs so. All acts of the file are signed that are such
    a Safe's. The signatures go into the file; they need no ETH, and nothing is sent. With enough of
    them, anybody sends the file: votes by `assembly vote-batch`, others by the command that wrote
    the file, with --signed.

    JSON: what `safe show` gives.
    """
    from metaorg.onchain import acts

    held, reading = _own(session, file), session.chain.at()
    acts.progress_all(reading, held)
    described = "\n\n".join(map(_described, held))
    agree(session, f"will sign as {session.own.address}:\n{described}")
    if not session.flags.dry_run:
        held = acts.approved_all(reading, held, session.own)
        replace_file(file, act_bytes(*held))
    _tell(session, acts.progress_all(reading, held))


@command(app, ReadFlags)
def collect(
    session: Session,
    file: ActArgument,
    copies: Annotated[
        list[Path], typer.Argument(metavar="COPY...", help="Copies that other owners signed.")
    ],
) -> None:
    """Put into a file the signatures that owners gave in copies of it.

    JSON: what `safe show` gives.
    """
    from metaorg.onchain import acts

    reading = session.chain.at()
    held = acts.collected_all(reading, _own(session, file), [read_acts(copy) for copy in copies])
    replace_file(file, act_bytes(*held))
    _tell(session, acts.progress_all(reading, held))


def _own(session: Session, file: Path) -> "list[SignedAct]":
    """The acts in a file, which are for the meta-organization of the settings, if there is one."""
    held = read_acts(file)
    if session.settings.address is not None:
        for act in held:
            session.organization.require_own(act)
    return held


def _tell(session: Session, progress: "list[Progress]") -> None:
    emit(progress, session.as_json, lambda: "\n".join(map(_summary, progress)))


def _summary(progress: "Progress") -> str:
    signed = sum(one.signed for one in progress.owners)
    then = "anybody can send it" if progress.complete else "more owners sign it"
    return f"{signed} of {progress.threshold} signatures; {then}"


def _owners(progress: "Progress") -> str:
    head = facts({"safe": progress.safe, "signatures needed": progress.threshold})
    rows = [(one.owner, "yes" if one.signed else "no") for one in progress.owners]
    return f"{head}\n\n{table(('owner', 'signed'), rows)}"


def _described(act: "SignedAct") -> str:
    """All that an act says, and its documents."""
    from metaorg.rules.decision import SUPPORT

    message = plain(act.message)
    if message.get("support") in range(len(SUPPORT)):
        message["support"] = SUPPORT[message["support"]]
    documents = [block.decode(errors="backslashreplace") for block in act.documents]
    head = {"act": act.kind, "account": act.signer, "chain": act.chain_id, "contract": act.contract}
    return facts(head | message | {"documents": "\n".join(documents) or None})
