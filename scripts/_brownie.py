"""What Brownie supplies, as the library takes it: a network, an account."""

from typing import Any

from brownie import accounts, rpc, web3
from brownie._config import CONFIG
from brownie.network.account import LocalAccount

from metaorg.errors import Misconfigured
from metaorg.ipfs import Store, open_store
from metaorg.onchain.accounts import LocalSigner, NodeSigner, Signer
from metaorg.onchain.chain import Chain
from metaorg.onchain.devnet import advance
from metaorg.organization import MetaOrganization
from metaorg.settings import resolve


def connected() -> Chain:
    """The node of the network that Brownie is connected to, on the chain that its entry names.

    Raises:
        Misconfigured: the network is reached in another way than over HTTP.
    """
    url = str(getattr(web3.provider, "endpoint_uri", ""))
    if not url.startswith("http"):
        raise Misconfigured("Brownie is not connected over HTTP: give the network an http(s) host")
    chain_id = CONFIG.active_network.get("chainid")  # Brownie itself does not compare it
    return Chain(url, chain_id=int(chain_id) if chain_id else None)


def signer(name: str) -> Signer:
    """The signer that a script's user names.

    Args:
        name: the number of an account of the node, or the name of a key in `brownie accounts list`
            (Brownie asks for its password).
    """
    return signer_of(accounts[int(name)] if name.isdecimal() else accounts.load(name))


def signer_of(account: Any) -> Signer:
    """A Brownie account as a signer; its key, if it has one, stays in memory."""
    if isinstance(account, LocalAccount):
        return LocalSigner.from_key(bytes.fromhex(account.private_key.removeprefix("0x")))
    return NodeSigner(connected(), str(account.address))


def store() -> Store:
    """The commons that the settings name (`METAORG_STORE`, `metaorg.toml`), as for `metaorg`."""
    return open_store(resolve({}).settings.store)


def organization(address: str, account: str | None = None) -> MetaOrganization:
    """The meta-organization at an address, written to by `account`, or only read."""
    writer = None if account is None else signer(account)
    return MetaOrganization.open(connected(), address, store(), writer)


def wait_until(moment: int) -> bool:
    """Whether a time has come; the clock of a development chain is put forward to it."""
    left = moment + 1 - connected().block().time
    if left > 0 and rpc.is_active():
        advance(connected(), left)
    return left <= 0 or bool(rpc.is_active())
