"""What one command works with: settings, chain, store and signer, each opened at first use."""

import sys
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from metaorg.cli.options import Flags
from metaorg.cli.output import say
from metaorg.errors import Misconfigured

if TYPE_CHECKING:
    from metaorg.ipfs import Source, Store
    from metaorg.onchain.accounts import Signer
    from metaorg.onchain.chain import Chain
    from metaorg.organization import MetaOrganization
    from metaorg.settings import Resolved, Settings
    from metaorg.types import Address


class Session:
    """The surroundings of one command. Nothing is opened, asked or read before it is needed."""

    def __init__(self, flags: Flags) -> None:
        self.flags: Any = flags
        self.piped = False
        """Whether stdin gives content, so that questions go to the terminal behind it."""

    @cached_property
    def resolved(self) -> "Resolved":
        from metaorg.settings import Settings, resolve

        given = {name: getattr(self.flags, name, None) for name in Settings.model_fields}
        if isinstance(given["rpc"], list):  # of several nodes the first
            given["rpc"] = given["rpc"][0] if given["rpc"] else None
        return resolve(given)

    @property
    def settings(self) -> "Settings":
        return self.resolved.settings

    @property
    def as_json(self) -> bool:
        return bool(self.flags.as_json)

    @cached_property
    def chain(self) -> "Chain":
        from metaorg.onchain.chain import Chain

        return Chain(self.settings.rpc, self.settings.chain_id, self.settings.timeout)

    @cached_property
    def own_store(self) -> "Store":
        """The store that the settings name, where everything is written."""
        from metaorg.ipfs import open_store
        from metaorg.settings import data_folder

        return open_store(self.settings.store, queue=data_folder() / "queue", warn=say)

    @cached_property
    def store(self) -> "Store":
        """The own store, and the gateways for what it lacks."""
        from metaorg.ipfs import Tiered

        own = self.own_store
        return Tiered(own, self.source) if self.settings.gateways else own

    @cached_property
    def source(self) -> "Source":
        """Who is asked for what the own store lacks; the store itself without gateways."""
        gateways = self.settings.gateways
        return self.gateways(gateways) if gateways else self.own_store

    @cached_property
    def keepers(self) -> "Source":
        """The gateways, and the nodes that members name in their profiles."""
        urls = [*self.settings.gateways, *self.organization.membership.nodes()]
        if not urls:
            say("No node of a member is known here yet: name one, or a gateway, with --gateway.")
            return self.own_store
        return self.gateways(urls)

    def gateways(self, urls: "Sequence[str]") -> "Source":
        """Trustless gateways and members' nodes as one source."""
        from metaorg.ipfs import Gateways

        return Gateways(urls, timeout=self.settings.timeout, told=say)

    @cached_property
    def signer(self) -> "Signer | None":
        """Who signs; None when nobody was named, or the command only reads."""
        spec = self.settings.account
        return self.signer_of(spec) if spec and hasattr(self.flags, "account") else None

    def signer_of(self, spec: str) -> "Signer":
        """Whoever signs for an account like `keystore:FILE`."""
        from metaorg.onchain.accounts import open_signer

        return open_signer(spec, self.chain, self.password, self.settings.keys)

    @property
    def own(self) -> "Signer":
        """Who signs.

        Raises:
            Misconfigured: nobody was named.
        """
        if self.signer is None:
            raise Misconfigured(
                "no account is set: use --account keystore:FILE, env:NAME, rpc:ADDRESS or "
                "safe:ADDRESS"
            )
        return self.signer

    @property
    def is_safe(self) -> bool:
        """Whether whoever acts is a Safe, whose owners sign and send."""
        from metaorg.onchain.accounts import SafeSigner

        return isinstance(self.signer, SafeSigner)

    @property
    def address(self) -> "Address":
        """The front door.

        Raises:
            Misconfigured: none was named.
        """
        if self.settings.address is None:
            raise Misconfigured(
                "no meta-organization is set: use --address, METAORG_ADDRESS or `address` in "
                "metaorg.toml; `metaorg found` prints it"
            )
        return self.settings.address

    @cached_property
    def organization(self) -> "MetaOrganization":
        """The meta-organization that the settings name."""
        from metaorg.organization import MetaOrganization

        return MetaOrganization.open(self.chain, self.address, self.store, self.signer)

    def password(self, name: str) -> str:
        """A keystore's password, from --password-file or the terminal."""
        if self.settings.password_file is not None:
            return read_password(self.settings.password_file)
        return ask_password(f"password of {name}")


def read_password(path: Path) -> str:
    """The first line of a password file.

    Raises:
        Misconfigured: it cannot be read or is empty; its content is never repeated.
    """
    try:
        password = path.expanduser().read_text(encoding="utf-8").partition("\n")[0]
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8"
        raise Misconfigured(f"the password file {path} cannot be read: {why}") from None
    if not password:
        raise Misconfigured(f"the password file {path} is empty")
    return password.rstrip("\r")


def ask_password(prompt: str, confirm: bool = False, *, option: str = "--password-file") -> str:
    """A password from the terminal.

    Args:
        option: what to use where there is none.

    Raises:
        Misconfigured: there is no terminal to ask on.
    """
    if not sys.stdin.isatty():
        raise Misconfigured(f"there is no terminal to ask for the password: use {option}")
    ask: Callable[..., str] = typer.prompt
    return ask(prompt, hide_input=True, confirmation_prompt=confirm, err=True)
