"""A chain whose next block comes when it is told to, and a network founded on it."""

import hashlib
from collections.abc import Sequence
from functools import cache
from typing import Any

from metaorg.errors import ContractReverted
from metaorg.onchain import abi, acts, factory, reverts
from metaorg.onchain.accounts import LocalSigner
from metaorg.onchain.artifacts import Artifact, load
from metaorg.onchain.chain import Chain, NodeRefused, octets
from metaorg.onchain.factory import Factory, relay_address
from metaorg.onchain.inter_constitution import DOMAIN_FIELDS
from metaorg.onchain.rulebook import rule_arguments
from metaorg.rules.decision import Method, Rule
from metaorg.types import RAW, Address

START = 1_800_000_000
OPTIONS = (
    *("--timestamp", str(START - 1000), "--gas-limit", "100000000", "--auto-impersonate"),
    *("--gas-price", "0", "--block-base-fee-per-gas", "0", "--no-mining"),
)
ACTORS = 18
CLASSES = (0, 0, 0, 1, 1, 2)
"""The founders' constituencies."""
KINDS = 2
GAS, FOUNDING_GAS = 10_000_000, 60_000_000
FOREVER = (1 << 48) - 1
NOWHERE = "0x000000000000000000000000000000000000dEaD"
"""An address without code that nobody has."""
RULES = (
    Rule(
        methods=Method.MAJORITY,
        approval=5000,
        quorum=2000,
        closing=25,
        upgradable=True,
        delay=60,
        voting_period=600,
    ),
    Rule(
        methods=Method.EACH_CLASS,
        approval=6000,
        quorum=4000,
        closing=30,
        delay=300,
        voting_period=900,
    ),
    Rule(
        methods=Method.CONSENT,
        approval=0,
        objections=2,
        quorum=1000,
        closing=50,
        upgradable=True,
        delay=30,
        voting_period=500,
    ),
)
CONSENT = 2
"""The number of the last of them."""
ADMISSION = (1, 300, 900, 5000, 2)
"""Lazy consent, as the contract takes it."""
READOPTION = (400, 1)
NAMES = {
    "assembly": "Assembly",
    "membership": "Membership",
    "rulebook": "Rulebook",
    "text": "InterConstitution",
    "timelock": "Timelock",
    "front": "MetaOrganization",
    "relay": "Relay",
}
"""What the steps call a contract -> its artifact."""


def word(seed: object) -> bytes:
    """32 bytes that stand for a document."""
    return hashlib.sha256(str(seed).encode()).digest()


@cache
def signer(number: int) -> LocalSigner:
    """The account of actor `number`, from 0."""
    return LocalSigner.from_key((number + 1).to_bytes(32, "big"))


@cache
def account(number: int) -> Address:
    return signer(number).address


@cache
def decoded(contract: str, function: str, data: bytes) -> Any:
    """The answer of a view: one value, or a mapping by name when there are several."""
    entry = load(contract).functions[function]
    values = abi.decode_values(entry["outputs"], data)
    return next(iter(values.values())) if len(values) == 1 else values


@cache
def encoded(contract: str, function: str, arguments: tuple[Any, ...]) -> bytes:
    return abi.encode_call(load(contract).functions[function], arguments)


class Network:
    """A founded meta-organization on a development chain."""

    def __init__(self, chain: Chain) -> None:
        self.chain, self.now = chain, START
        for call in factory.missing(chain.at()):
            self._must(account(0), call.to, call.data, call.value, FOUNDING_GAS)
        self.modules = Factory().predict(chain.at(), account(0), _charter())
        self.addresses = {
            "assembly": self.modules.assembly,
            "membership": self.modules.membership,
            "rulebook": self.modules.rulebook,
            "text": self.modules.inter_constitution,
            "timelock": self.modules.timelock,
            "front": self.modules.meta_organization,
            "relay": relay_address(),
        }
        self._found()
        self.code = frozenset({*self.modules.model_dump().values(), relay_address()})
        self._snapshot = ""

    # ------------------------------------------------------------------ time

    def begin(self) -> None:
        """Back to the moment after the founding, if there was another one before."""
        if self._snapshot:
            assert self.chain.request("evm_revert", self._snapshot)
        self._snapshot = self.chain.request("evm_snapshot")
        self.now = START

    def at(self, time: int) -> None:
        """It is `time` now, Unix seconds."""
        if time != self.now:
            self.now = time
            self._mine()

    # ------------------------------------------------------------------ calls

    def artifact(self, name: str) -> Artifact:
        return load(NAMES[name])

    def data(self, name: str, function: str, arguments: Sequence[Any]) -> bytes:
        return abi.encode_call(self.artifact(name).functions[function], arguments)

    def ask(self, sender: Address, name: str, data: bytes) -> tuple[str, bytes]:
        """The error with which a call would be refused now, "" for none; and the answer."""
        request = {
            "from": sender,
            "to": self.addresses[name],
            "data": "0x" + data.hex(),
            "gas": hex(GAS),
        }
        try:
            return "", octets(self.chain.request("eth_call", request, "latest"))
        except NodeRefused as refusal:
            explained = reverts.explain(refusal)
            assert isinstance(explained, ContractReverted), refusal
            return explained.name or str(explained), b""

    def send(self, sender: Address, name: str, data: bytes) -> Any:
        """The receipt of a call that is made now."""
        return self._must(sender, self.addresses[name], data)

    def answers(self, reads: Sequence[tuple[str, str, tuple[Any, ...]]]) -> list[Any]:
        """What is answered now to reads (contract, function, arguments), or an error's name."""
        calls = [
            {
                "to": self.addresses[name],
                "data": "0x" + encoded(NAMES[name], function, arguments).hex(),
            }
            for name, function, arguments in reads
        ]
        found = self.chain.requests([("eth_call", [call, "latest"]) for call in calls])
        return [
            _answer(NAMES[name], function, answer)
            for (name, function, _), answer in zip(reads, found, strict=True)
        ]

    def event(self, log: Any) -> tuple[str, dict[str, Any]]:
        """Name and arguments of a log; "" for one that is not of the register or the Assembly."""
        topics = [bytes.fromhex(topic[2:]) for topic in log["topics"]]
        for name in ("membership", "assembly"):
            entry = self.artifact(name).topics.get(topics[0])
            if entry is not None and log["address"] == self.addresses[name].lower():
                data = bytes.fromhex(log["data"][2:])
                return str(entry["name"]), abi.decode_log(entry, topics, data)
        return "", {}

    # ------------------------------------------------------------------ signatures

    def sign(self, by: int, name: str, kind: str, message: dict[str, Any]) -> bytes:
        """The signature of actor `by` over a message of EIP-712 type `kind`."""
        fields = _fields(kind)
        typed = {
            "types": {
                "EIP712Domain": DOMAIN_FIELDS,
                kind: [{"name": field, "type": what} for field, what in fields],
            },
            "primaryType": kind,
            "domain": {
                "name": NAMES[name],
                "version": "1",
                "chainId": self.chain.id,
                "verifyingContract": self.addresses[name],
            },
            "message": message,
        }
        return signer(by).sign_typed_data(typed)

    # ------------------------------------------------------------------ helpers

    def _mine(self) -> None:
        self.chain.request("evm_setNextBlockTimestamp", self.now)
        self.chain.request("evm_mine")

    def _must(
        self, sender: Address, to: Address, data: bytes, value: int = 0, gas: int = GAS
    ) -> Any:
        """The receipt of a call that passes, in a block of its own."""
        transaction = {
            "from": sender,
            "to": to,
            "data": "0x" + data.hex(),
            "value": hex(value),
            "gas": hex(gas),
            "gasPrice": "0x0",
        }
        hashed = self.chain.request("eth_sendTransaction", transaction)
        self._mine()
        receipt = self.chain.request("eth_getTransactionReceipt", hashed)
        assert receipt["status"] == "0x1", "a call that was to pass failed"
        return receipt

    def _found(self) -> None:
        signatures = [
            self.sign(number, "text", "Adoption", adoption_of(number, constituency))
            for number, constituency in enumerate(CLASSES)
        ]
        call = Factory().found(_charter(), signatures)
        self._must(account(0), call.to, call.data, gas=FOUNDING_GAS)


def adoption_of(number: int, constituency: int) -> dict[str, Any]:
    """What founder `number` signs."""
    return {
        "organization": account(number),
        "version": 1,
        "text": word("text 1"),
        "constituency": constituency,
        "pledge": word("pledge"),
        "nonce": 0,
        "validUntil": FOREVER,
    }


def _charter() -> dict[str, Any]:
    return {
        "name": "Aurora Commons Network",
        "charter": word("charter"),
        "text": word("text 1"),
        "codec": RAW,
        "constituencies": [name.ljust(28, b"\0") for name in (b"Workers", b"Users", b"Friends")],
        "kinds": [name.ljust(32, b"\0") for name in (b"cooperative", b"trust")],
        "admission": ADMISSION,
        "readoption": READOPTION,
        "terms": {
            "votingDelay": 60,
            "openProposals": 1,
            "weights": [],
            "rules": [rule_arguments(rule) for rule in RULES],
        },
        "assignments": [],
        "founders": [
            (account(number), constituency, 0, word("profile"), word("pledge"), FOREVER)
            for number, constituency in enumerate(CLASSES)
        ],
    }


@cache
def _fields(kind: str) -> tuple[tuple[str, str], ...]:
    hashed = {"Application": "hashApplication", "Move": "hashMove"}
    if kind not in hashed:
        return acts.kinds()[kind].fields
    components = load("Membership").functions[hashed[kind]]["inputs"][0]["components"]
    return tuple((field["name"], field["type"]) for field in components)


def _answer(contract: str, function: str, answer: Any) -> Any:
    if isinstance(answer, NodeRefused):
        explained = reverts.explain(answer)
        return explained.name if isinstance(explained, ContractReverted) else str(explained)
    return decoded(contract, function, octets(answer))
