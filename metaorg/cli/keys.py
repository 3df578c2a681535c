"""`metaorg keys`: keystores of one's own."""

from typing import Annotated

import typer

from metaorg.cli.command import application, command
from metaorg.cli.options import Flags, KeyFlags
from metaorg.cli.output import emit, table
from metaorg.cli.session import Session, ask_password, read_password

app = application("Encrypted keys of one's own, in the folder of `keys`.")


@command(app, KeyFlags)
def new(
    session: Session, name: Annotated[str, typer.Argument(help="What to call the keystore.")]
) -> None:
    """Make a key and keep it encrypted; the password is asked for twice.

    JSON: {"name": "bakery", "account": "keystore:bakery", "address": "0x...", "file": "..."}
    """
    from metaorg.onchain.accounts import new_keystore

    given = session.settings.password_file
    password = read_password(given) if given else ask_password("password", confirm=True)
    path, address = new_keystore(session.settings.keys, name, password)
    made = {"name": name, "account": f"keystore:{name}", "address": address, "file": str(path)}
    emit(made, session.as_json, lambda: f"keystore:{name} {address}")


@command(app, Flags, "list")
def list_(session: Session) -> None:
    """List the keystores; nothing is decrypted.

    JSON: [{"name": "bakery", "account": "keystore:bakery", "address": "0x..."}]
    """
    from metaorg.onchain.accounts import keystores

    found = [
        {"name": name, "account": f"keystore:{name}", "address": address}
        for name, address in keystores(session.settings.keys)
    ]
    rows = [(one["account"], one["address"]) for one in found]
    emit(found, session.as_json, lambda: table(("account", "address"), rows))
