"""Who signs. A key is never shown: not by the signer, not in an error, not in a traceback."""

import json
import os
import stat
import traceback
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data

from metaorg.errors import ChainUnreachable, InvalidInput, MetaorgError, Misconfigured
from metaorg.onchain import accounts
from metaorg.onchain.accounts import (
    LocalSigner,
    NodeSigner,
    Signer,
    keystores,
    new_keystore,
    open_signer,
)
from metaorg.onchain.chain import Chain
from metaorg.onchain.devnet import Devnet
from metaorg.onchain.transactions import Job, send
from metaorg.types import Call
from onchain.nodes import Node, answering, proxy
from onchain.world import World, actor

KEY = (0x123456789ABCDEF).to_bytes(32, "big")
ADDRESS = str(Account.from_key(KEY).address)
PASSWORD = "a long walk to the mill"
NOWHERE = Chain("http://127.0.0.1:1")


@pytest.fixture(scope="session")
def content() -> dict[str, Any]:
    """A keystore of `KEY`, with a key derivation that is quick."""
    made = Account.encrypt(KEY, PASSWORD, kdf="pbkdf2", iterations=2)
    return json.loads(json.dumps(made))


@pytest.fixture
def keystore(tmp_path: Path, content: dict[str, Any]) -> Path:
    path = tmp_path / "keys" / "steward.json"
    path.parent.mkdir()
    path.write_text(json.dumps(content))
    return path


def opened(path: Path, password: str = PASSWORD) -> Signer:
    return open_signer(f"keystore:{path}", NOWHERE, lambda _: password)


def assert_hidden(*texts: str) -> None:
    for text in texts:
        assert KEY.hex().lstrip("0") not in text.lower()
        assert str(int.from_bytes(KEY, "big")) not in text
        assert repr(KEY)[2:-1].lstrip("\\x0") not in text


# ---------------------------------------------------------------------- keystores


def test_a_new_keystore_opens_with_its_password(tmp_path: Path) -> None:
    path, address = new_keystore(tmp_path / "keys", "steward", PASSWORD)

    assert opened(path).address == address
    assert keystores(path.parent) == [("steward", address)]
    by_name = open_signer("keystore:steward", NOWHERE, lambda _: PASSWORD, path.parent)
    assert by_name.address == address


def test_a_new_keystore_is_for_its_owners_eyes_only(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        path, _ = new_keystore(tmp_path / "keys", "steward", PASSWORD)
    finally:
        os.umask(old)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert PASSWORD not in path.read_text()


def test_a_keystore_is_never_written_over(keystore: Path) -> None:
    before = keystore.read_bytes()

    with pytest.raises(InvalidInput, match="exists; choose another name"):
        new_keystore(keystore.parent, "steward", PASSWORD)

    assert keystore.read_bytes() == before


@pytest.mark.parametrize("name", ["", ".", "..", "../up", "a/b", ".hidden", "x" * 65, "a b", "a\n"])
def test_a_name_that_is_no_file_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidInput, match="is not a name for a key"):
        new_keystore(tmp_path, name, PASSWORD)

    assert list(tmp_path.iterdir()) == []


def test_the_password_is_asked_with_the_files_name(keystore: Path) -> None:
    asked: list[str] = []

    def answer(name: str) -> str:
        asked.append(name)
        return PASSWORD

    open_signer(f"keystore:{keystore}", NOWHERE, answer)

    assert asked == ["steward.json"]


def test_without_another_way_the_password_is_asked_on_the_terminal(
    keystore: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accounts.getpass, "getpass", lambda prompt: PASSWORD)

    assert open_signer(f"keystore:{keystore}", NOWHERE).address == ADDRESS


def test_a_wrong_password_says_so_and_shows_nothing(keystore: Path) -> None:
    with pytest.raises(Misconfigured, match="the password does not open") as refused:
        opened(keystore, "a wrong guess")

    shown = "".join(traceback.format_exception(refused.value))
    assert "a wrong guess" not in str(refused.value)
    assert_hidden(shown)


@pytest.mark.parametrize(
    "change",
    [
        lambda _: "",
        lambda _: "not JSON",
        lambda _: "[]",
        lambda _: "5",
        lambda _: "null",
        lambda _: '"text"',
        lambda _: "{}",
        lambda _: "[" * 100_000,
        lambda c: json.dumps({**c, "version": 1}),
        lambda c: json.dumps({**c, "version": 4}),
        lambda c: json.dumps({**c, "version": None}),
        lambda c: json.dumps({**c, "crypto": None}),
        lambda c: json.dumps({**c, "crypto": []}),
        lambda c: json.dumps({**c, "crypto": "text"}),
        lambda c: json.dumps({**c, "crypto": {**c["crypto"], "kdf": "md5"}}),
        lambda c: json.dumps({**c, "crypto": {**c["crypto"], "kdfparams": 5}}),
        lambda c: json.dumps({**c, "crypto": {**c["crypto"], "mac": 5}}),
        lambda c: json.dumps({**c, "crypto": {**c["crypto"], "ciphertext": "zz"}}),
        lambda c: json.dumps({**c, "crypto": {**c["crypto"], "ciphertext": None}}),
        lambda c: json.dumps({**c, "crypto": {**c["crypto"], "cipherparams": {"iv": 1}}}),
    ],
)
def test_a_file_that_is_no_keystore_is_misconfigured(
    keystore: Path, content: dict[str, Any], change: Any
) -> None:
    keystore.write_text(change(content))

    with pytest.raises(Misconfigured, match=r"steward\.json"):
        opened(keystore)


@pytest.mark.parametrize("data", [b"\xff\xfe", b"\0" * 50])
def test_a_file_that_is_no_text_is_misconfigured(keystore: Path, data: bytes) -> None:
    keystore.write_bytes(data)

    with pytest.raises(Misconfigured, match="is not a readable V3 keystore"):
        opened(keystore)


@pytest.mark.parametrize("name", ["nobody", "/nowhere/nobody.json", "."])
def test_a_keystore_that_there_is_not_is_misconfigured(tmp_path: Path, name: str) -> None:
    with pytest.raises(Misconfigured, match="there is no keystore"):
        open_signer(f"keystore:{name}", NOWHERE, lambda _: PASSWORD, tmp_path)


def test_the_list_of_keystores_leaves_out_what_is_none(keystore: Path) -> None:
    folder = keystore.parent
    (folder / "a.json").write_text("nonsense")
    (folder / "b.json").write_text('{"address": 5}')
    (folder / "c.json").write_text('["address"]')
    (folder / "d.txt").write_text(keystore.read_text())

    assert keystores(folder) == [("steward", ADDRESS)]
    assert keystores(folder / "nowhere") == []


# ---------------------------------------------------------------------- environment variables


@pytest.mark.parametrize("value", [KEY.hex(), "0x" + KEY.hex(), f"  {KEY.hex().upper()}\n"])
def test_a_variable_is_given_by_its_name(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("STEWARD_KEY", value)

    assert open_signer("env:STEWARD_KEY", NOWHERE).address == ADDRESS


def test_a_variable_that_there_is_not_is_misconfigured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STEWARD_KEY", raising=False)

    with pytest.raises(Misconfigured, match="the environment has no variable STEWARD_KEY"):
        open_signer("env:STEWARD_KEY", NOWHERE)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "0x",
        "word",
        KEY.hex()[:-1],
        KEY.hex()[2:],
        KEY.hex() + "00",
        "z" + KEY.hex()[1:],
        "ö" * 64,
    ],
)
def test_a_variable_that_holds_no_key_is_misconfigured_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("STEWARD_KEY", value)

    with pytest.raises(Misconfigured, match="STEWARD_KEY does not hold a key") as refused:
        open_signer("env:STEWARD_KEY", NOWHERE)

    shown = "".join(traceback.format_exception(refused.value))
    assert_hidden(shown, str(refused.value), repr(refused.value))
    assert not value or value == "word" or value not in str(refused.value)


@pytest.mark.parametrize("value", ["00" * 32, "ff" * 32])
def test_a_number_that_is_no_key_is_misconfigured(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("STEWARD_KEY", value)

    with pytest.raises(Misconfigured, match="does not hold a key"):
        open_signer("env:STEWARD_KEY", NOWHERE)


@pytest.mark.parametrize(
    "spec",
    ["", "env", "env:", "keystore:", "rpc:", KEY.hex(), "0x" + KEY.hex(), "key:" + KEY.hex()],
)
def test_what_names_no_account_is_refused_and_not_repeated(spec: str) -> None:
    with pytest.raises(InvalidInput, match="never the key itself") as refused:
        open_signer(spec, NOWHERE)

    assert_hidden(str(refused.value), "".join(traceback.format_exception(refused.value)))


# ---------------------------------------------------------------------- what is shown


def test_a_signer_shows_its_address_and_nothing_else() -> None:
    signer = LocalSigner.from_key(KEY)
    job = Job(signer=signer, call=Call(to=ADDRESS, data=b"", says="x"))

    assert repr(signer) == str(signer) == f"LocalSigner({ADDRESS})"
    assert_hidden(repr(signer), repr(job), str(job), f"{signer}", repr([signer]))
    assert_hidden(repr(signer.__dict__))


def test_what_goes_wrong_while_signing_shows_no_key() -> None:
    signer = LocalSigner.from_key(KEY)

    for wrong in ({"type": 2}, {"gas": "much"}, {"to": "nobody", "value": -1}):
        with pytest.raises(Exception) as refused:
            signer.sign_transaction(wrong)
        assert_hidden("".join(traceback.format_exception(refused.value)))


# ---------------------------------------------------------------------- signatures


def test_all_signers_sign_typed_data_that_recover_to_them(world: World, devnet: Devnet) -> None:
    local = LocalSigner.from_key(KEY)
    remote = NodeSigner(world.chain, devnet.accounts()[4])
    for signer in (local, remote):
        org = world.by(local)
        adoption = org.constitution.adoption(signer.address, "Workers", None)
        typed = org.constitution.contract.typed_adoption(world.chain.id, adoption)

        signature = signer.sign_typed_data(typed)

        assert len(signature) == 65
        signable = encode_typed_data(full_message=typed)
        assert Account.recover_message(signable, signature=signature) == signer.address


def test_the_typed_data_hash_as_the_contract_hashes_them(world: World) -> None:
    contract = world.by().constitution.contract
    adoption = world.by().constitution.adoption(actor(5).address, "Users", None)

    signable = encode_typed_data(full_message=contract.typed_adoption(world.chain.id, adoption))
    on_chain = contract.read(world.chain.at(), "hashAdoption", adoption.arguments())

    from eth_utils.crypto import keccak

    assert keccak(b"\x19\x01" + signable.header + signable.body) == on_chain


def test_an_account_that_the_node_does_not_hold_is_misconfigured(world: World) -> None:
    signer = open_signer(f"rpc:{ADDRESS}", world.chain)
    world.chain.request("anvil_setBalance", ADDRESS, hex(10**18))

    with pytest.raises(Misconfigured, match="does not sign for"):
        send(world.chain, signer, Call(to=actor(9).address, data=b"", says="greet"))
    with pytest.raises(Misconfigured, match=ADDRESS):
        signer.sign_typed_data({"types": {}})


def test_an_external_signer_at_another_address_is_asked_there(world: World, devnet: Devnet) -> None:
    account = devnet.accounts()[3]
    with proxy(devnet.url, lambda _method, _parameters, result: result) as node:
        signer = open_signer(f"rpc:{account}@{node.url}", world.chain)
        send(world.chain, signer, Call(to=actor(9).address, data=b"", says="greet"))

    assert [one["method"] for one in node.requests] == ["eth_chainId", "eth_signTransaction"]


@pytest.mark.parametrize("answer", [None, 5, "", "0xzz", [], {}, {"raw": None}, {"tx": {}}])
def test_a_signer_that_answers_nonsense_is_unreachable(answer: Any) -> None:
    def answers(method: str, _: list[Any]) -> Any:
        return "0x1" if method == "eth_chainId" else answer

    with Node(answering(answers)) as node:
        signer = NodeSigner(Chain(node.url), ADDRESS)
        with pytest.raises(ChainUnreachable):
            signer.sign_transaction({"type": 2, "to": ADDRESS})
        with pytest.raises(ChainUnreachable):
            signer.sign_typed_data({})


@pytest.mark.parametrize("spec", ["rpc:0x12", "rpc:nobody", f"rpc:{ADDRESS.swapcase()}"])
def test_an_account_of_the_node_is_an_address(spec: str) -> None:
    with pytest.raises(MetaorgError):
        open_signer(spec, NOWHERE)
