"""`metaorg safe`: what the owners of a Safe sign together, collected in a file."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from metaorg.cli.command import application, command
from metaorg.cli.files import read_act, replace_file
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

    Every signature that is there is checked. With --address, or a setting of it, also that the act
    is for that meta-organization.

    JSON: {"safe": "0x...", "threshold": 2, "owners": [{"owner": "0x...", "signed": true}],
    "complete": false, "typed": {...}}; "typed" is the EIP-712 data that each owner signs, for other
    programs than this one; an owner that is a Safe has "signed" when enough of its own owners have.
    """
    from metaorg.onchain import acts

    act = _own(session, file)
    progress = acts.progress(session.chain.at(), act)
    emit(progress, session.as_json, lambda: f"{_described(act)}\n\n{_owners(progress)}")


@command(app, AllFlags)
def sign(session: Session, file: ActArgument) -> None:
    """Add the signature of --account, who is an owner of the Safe, to a file of --sign-only.

    Also an owner of a Safe that is an owner signs so. The signature goes into the file; it needs no
    ETH, and nothing is sent. With enough of them, anybody sends the file, by `assembly vote-batch`
    or by `constitution adopt` with --signed.

    JSON: what `safe show` gives.
    """
    from metaorg.onchain import acts

    act, reading = _own(session, file), session.chain.at()
    acts.progress(reading, act)
    agree(session, f"will sign as {session.own.address}:\n{_described(act)}")
    if not session.flags.dry_run:
        act = acts.approved(reading, act, session.own)
        replace_file(file, act_bytes(act))
    _tell(session, acts.progress(reading, act))


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
    act = acts.collected(reading, _own(session, file), [read_act(copy) for copy in copies])
    replace_file(file, act_bytes(act))
    _tell(session, acts.progress(reading, act))


def _own(session: Session, file: Path) -> "SignedAct":
    """The act in a file, which is for the meta-organization of the settings, if they name one."""
    act = read_act(file)
    if session.settings.address is not None:
        session.organization.require_own(act)
    return act


def _tell(session: Session, progress: "Progress") -> None:
    signed = sum(one.signed for one in progress.owners)
    then = "anybody can send it" if progress.complete else "more owners sign it"
    words = f"{signed} of {progress.threshold} signatures; {then}"
    emit(progress, session.as_json, lambda: words)


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
