"""`metaorg dao`: the public documents (ERC-4824)."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from metaorg.cli.command import application, command
from metaorg.cli.files import write_file
from metaorg.cli.options import DecisionFlags, ReadFlags
from metaorg.cli.output import emit, facts, table
from metaorg.cli.session import Session
from metaorg.cli.writing import perform

if TYPE_CHECKING:
    from metaorg.onchain.chain import Reading

app = application("The public documents (ERC-4824), generated from what the chain says.")

_Block = Annotated[
    int | None,
    typer.Option(
        "--block", min=0, metavar="N", help="As of this block; the newest when it is not said."
    ),
]


@command(app, ReadFlags)
def show(session: Session, block: _Block = None) -> None:
    """Show where the published documents are, and what they would be if generated now.

    The same block gives the same documents for anybody: what a proposal wants to publish is right
    if `--block` with the block that its document names gives its address. `check` compares what
    was published.

    JSON: {"published": "ipfs://bafk...", "block": 120, "uri": "ipfs://bafk...", "documents":
    {"dao.json": {"uri": "ipfs://bafk...", "size": 600, "content": "..."}, ...}}; "published" is
    empty when nothing was.
    """
    from metaorg.types import Cid

    reading = _reading(session, block)
    documents = session.organization.dao.documents(reading)
    published = session.organization.dao.uri(reading)
    files = {
        name: {"uri": Cid.of(data).uri, "size": len(data), "content": data.decode()}
        for name, data in documents.files.items()
    }
    number = reading.block.number
    shown = {"published": published, "block": number, "uri": documents.uri, "documents": files}
    head = {"published": published or "none", "generated": f"as of block {number}"}
    rows = [(name, one["size"], one["uri"]) for name, one in files.items()]
    emit(
        shown,
        session.as_json,
        lambda: f"{facts(head)}\n\n{table(('document', 'bytes', 'address'), rows)}",
    )


@command(app, DecisionFlags)
def publish(session: Session, block: _Block = None) -> None:
    """Publish the documents. Only a decision can: it is proposed unless --as says otherwise.

    They tell how things stand at one block, and not that they were proposed themselves.
    """
    perform(session, session.organization.dao.publish(_reading(session, block)))


@command(app, ReadFlags)
def export(
    session: Session,
    output: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Where the files go; it is made if need be.")
    ],
    block: _Block = None,
) -> None:
    """Write the documents as files, under the names that a web server gives them.

    JSON: ["FOLDER/dao.json", ...]
    """
    documents = session.organization.dao.documents(_reading(session, block))
    folder = output.expanduser()
    folder.mkdir(parents=True, exist_ok=True)
    files = {folder / name: data for name, data in documents.files.items()}
    for path, data in files.items():
        write_file(path, data)
    emit([str(path) for path in files], session.as_json, lambda: "\n".join(map(str, files)))


def _reading(session: Session, block: int | None) -> "Reading":
    return session.chain.at("latest" if block is None else block)
