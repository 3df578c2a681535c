"""`metaorg keys`: keystores of one's own, and the keys to which others seal what they share."""

import time
from typing import TYPE_CHECKING, Annotated

import typer

from metaorg.cli.command import application, command
from metaorg.cli.options import Flags, KeyFlags
from metaorg.cli.output import emit, say, table
from metaorg.cli.session import Session, ask_password, read_password
from metaorg.times import moment

if TYPE_CHECKING:
    from metaorg.ipfs.keys import SharingKey

app = application("Encrypted keys of one's own, in the folder of `keys`.")
sharing = application("The keys to which others seal what they share, in the folder of `keys`.")
app.add_typer(sharing, name="sharing")


@command(app, KeyFlags)
def new(
    session: Session, name: Annotated[str, typer.Argument(help="What to call the keystore.")]
) -> None:
    """Make a key and keep it encrypted; the password is asked for twice.

    JSON: {"name": "bakery", "account": "keystore:bakery", "address": "0x...", "file": "..."}
    """
    from metaorg.onchain.accounts import new_keystore

    path, address = new_keystore(session.settings.keys, name, _new_password(session))
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


@command(sharing, KeyFlags, "new")
def new_sharing(
    session: Session,
    rotate: Annotated[
        bool, typer.Option("--rotate", help="Make one that takes the place of the newest.")
    ] = False,
) -> None:
    """Make a sharing key and keep it encrypted; the password is asked for twice.

    Its public part goes into the own profile. The older keys stay: they open what was sealed to
    them.

    JSON: {"key": "0123456789abcdef", "recipient": "age1...", "created": 1700000000, "file": "..."}
    """
    from metaorg.ipfs.keys import FOLDER, new_sharing_key

    made = new_sharing_key(
        session.settings.keys / FOLDER,
        lambda: _new_password(session),
        now=int(time.time()),
        rotate=rotate,
    )
    say(
        "Others seal to it once it is in your profile: metaorg membership profile --sharing-key "
        f"{made.recipient}\nKeep a copy of {made.file}: without it and its password nobody opens "
        "what was sealed to it."
    )
    emit(_shown(made), session.as_json, lambda: f"{made.id} {made.recipient}")


@command(sharing, Flags, "list")
def list_sharing(session: Session) -> None:
    """List the sharing keys, the newest first; nothing is decrypted.

    JSON: [{"key": "0123456789abcdef", "recipient": "age1...", "created": 1700000000,
    "file": "..."}]
    """
    from metaorg.ipfs.keys import FOLDER, sharing_keys

    found = sharing_keys(session.settings.keys / FOLDER)
    rows = [(one.id, moment(one.created), one.recipient) for one in found]
    columns = ("key", "created", "recipient")
    emit([_shown(one) for one in found], session.as_json, lambda: table(columns, rows))


def _shown(key: "SharingKey") -> dict[str, object]:
    return {
        "key": key.id,
        "recipient": key.recipient,
        "created": key.created,
        "file": str(key.file),
    }


def _new_password(session: Session) -> str:
    given = session.settings.password_file
    return read_password(given) if given else ask_password("password", confirm=True)
