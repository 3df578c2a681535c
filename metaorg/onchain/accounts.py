"""Who signs: a V3 keystore, an environment variable by name, an external signer at an RPC address.

A key is never an argument, never shown and never part of an error.
"""

import getpass
import json
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_account.signers.local import LocalAccount

from metaorg.errors import InvalidInput, Misconfigured
from metaorg.onchain.chain import Chain, NodeRefused, octets
from metaorg.types import Address, checksum_address


class Signer(Protocol):
    """Whoever can sign for one address."""

    @property
    def address(self) -> Address: ...

    def sign_transaction(self, transaction: Mapping[str, Any]) -> bytes:
        """The raw signed transaction; numbers are ints, data is 0x-hex."""

    def sign_typed_data(self, typed: Mapping[str, Any]) -> bytes:
        """The 65-byte EIP-712 signature over {types, primaryType, domain, message}."""


class LocalSigner:
    """A key in this process's memory. It shows its address and nothing else."""

    def __init__(self, account: LocalAccount) -> None:
        self._account = account

    @classmethod
    def from_key(cls, key: bytes) -> "LocalSigner":
        return cls(Account.from_key(key))

    @property
    def address(self) -> Address:
        return str(self._account.address)

    def sign_transaction(self, transaction: Mapping[str, Any]) -> bytes:
        return bytes(self._account.sign_transaction(dict(transaction)).raw_transaction)

    def sign_typed_data(self, typed: Mapping[str, Any]) -> bytes:
        signable = encode_typed_data(full_message=dict(typed))
        return bytes(self._account.sign_message(signable).signature)

    def __repr__(self) -> str:
        return f"LocalSigner({self.address})"


class NodeSigner:
    """An external signer behind JSON-RPC: Clef, a hardware bridge, or a development node."""

    def __init__(self, chain: Chain, address: Address) -> None:
        self._chain, self._address = chain, address

    @property
    def address(self) -> Address:
        return self._address

    def sign_transaction(self, transaction: Mapping[str, Any]) -> bytes:
        shown = {k: hex(v) if isinstance(v, int) else v for k, v in transaction.items()}
        answer = self._ask("eth_signTransaction", shown | {"from": self._address})
        return octets(answer.get("raw") if isinstance(answer, dict) else answer)

    def sign_typed_data(self, typed: Mapping[str, Any]) -> bytes:
        signature = octets(self._ask("eth_signTypedData_v4", self._address, _jsonable(typed)))
        if signature[-1:] in (b"\0", b"\1"):  # some devices count from 0, contracts from 27
            return signature[:-1] + bytes([signature[-1] + 27])
        return signature

    def _ask(self, method: str, *parameters: Any) -> Any:
        try:
            return self._chain.request(method, *parameters)
        except NodeRefused as refusal:
            raise Misconfigured(
                f"the signer at {self._chain.where} does not sign for {self._address}: "
                f"{refusal.message}"
            ) from None


class SafeSigner:
    """A Safe, by its address: whoever asks it to sign is told that its owners do.

    Calls are planned and simulated as coming from it.
    """

    def __init__(self, address: Address) -> None:
        self._address = address

    @property
    def address(self) -> Address:
        return self._address

    def sign_transaction(self, transaction: Mapping[str, Any]) -> bytes:
        raise self._cannot()

    def sign_typed_data(self, typed: Mapping[str, Any]) -> bytes:
        raise self._cannot()

    def _cannot(self) -> InvalidInput:
        return InvalidInput(
            f"{self._address} is a Safe and has no key of its own: use --as safe for what its "
            "owners send, and --sign-only (`found`: --sign) for what they sign"
        )


def open_signer(
    spec: str,
    chain: Chain,
    password: Callable[[str], str] | None = None,
    folder: Path | None = None,
) -> Signer:
    """The signer that a setting names.

    Args:
        spec: `keystore:FILE or name`, `env:NAME` of a variable that holds a key in hex,
            `rpc:ADDRESS` for an account of the chain's node, `rpc:ADDRESS@URL` for another signer,
            `safe:ADDRESS` for a Safe, which signs by its owners.
        password: asked with the file's name; the default asks on the terminal.
        folder: where keystores are found by name.

    Raises:
        Misconfigured: no such file, variable or account, a wrong password, or a broken key.
        InvalidInput: the spec is none of these forms.
    """
    kind, _, rest = spec.partition(":")
    if kind == "env" and rest:
        return _from_environment(rest)
    if kind == "keystore" and rest:
        return _from_keystore(_keystore_path(rest, folder), password or _ask_password)
    if kind == "rpc" and rest:
        address, _, url = rest.partition("@")
        return NodeSigner(Chain(url) if url else chain, checksum_address(address))
    if kind == "safe" and rest:
        return SafeSigner(checksum_address(rest))
    raise InvalidInput(
        "the account is none of keystore:FILE, env:NAME, rpc:ADDRESS and safe:ADDRESS (never the "
        "key itself)"
    )


def new_keystore(folder: Path, name: str, password: str) -> tuple[Path, Address]:
    """Make a key; keep it encrypted (V3, scrypt) as `folder/name.json`, for its owner's eyes only.

    Raises:
        InvalidInput: there is a keystore of that name, or the name is not a file name.
    """
    if not re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}", name):
        raise InvalidInput(f"{name!r} is not a name for a key: use letters, digits and dashes")
    account = Account.create()
    content = json.dumps(account.encrypt(password), indent=2)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"{name}.json"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise InvalidInput(f"{path} exists; choose another name") from None
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(content + "\n")
    return path, str(account.address)


def keystores(folder: Path) -> list[tuple[str, Address]]:
    """Name and address of each keystore in a folder, by name; nothing is decrypted."""
    found = []
    for path in sorted(folder.glob("*.json")):
        address = _keystore_address(path)
        if address is not None:
            found.append((path.stem, address))
    return found


def _keystore_address(path: Path) -> Address | None:
    try:
        return checksum_address("0x" + json.loads(path.read_text(encoding="utf-8"))["address"])
    except (OSError, ValueError, KeyError, TypeError, InvalidInput):
        return None


def _keystore_path(name: str, folder: Path | None) -> Path:
    path = Path(name).expanduser()
    if not path.exists() and folder is not None:
        path = folder / f"{name}.json"
    if not path.is_file():
        raise Misconfigured(
            f"there is no keystore {name!r}; `metaorg keys list` shows those there are"
        )
    return path


def _from_keystore(path: Path, password: Callable[[str], str]) -> LocalSigner:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        raise Misconfigured(f"{path} is not a readable V3 keystore") from None
    secret = password(path.name)
    try:
        return LocalSigner.from_key(Account.decrypt(content, secret))
    except Exception as error:  # a broken file fails in many ways
        if "MAC" in str(error):
            raise Misconfigured(f"the password does not open {path}") from None
        raise Misconfigured(f"{path} is not a V3 keystore") from None


def _from_environment(name: str) -> LocalSigner:
    value = os.environ.get(name)
    if value is None:
        raise Misconfigured(f"the environment has no variable {name}")
    try:
        return LocalSigner.from_key(bytes.fromhex(value.strip().removeprefix("0x")))
    except Exception:
        raise Misconfigured(f"the variable {name} does not hold a key of 32 bytes in hex") from None


def _ask_password(name: str) -> str:
    return getpass.getpass(f"password of {name}: ")


def _jsonable(value: Any) -> Any:
    """A value as nodes take it: a number that JSON readers get wrong is text."""
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, int) and value >= 1 << 53:
        return str(value)
    if isinstance(value, Mapping):
        return {key: _jsonable(item) for key, item in value.items()}
    return [_jsonable(item) for item in value] if isinstance(value, list | tuple) else value
