"""Signed acts: what an account signs and anybody may send, so that acting needs no ETH.

One file format for all of them. A kind is the EIP-712 type that the contract checks; what a kind
needs to be known here is a row of `kinds`.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from pydantic import ValidationInfo, field_validator, model_validator

from metaorg.errors import InvalidInput, Refused
from metaorg.onchain import abi, safes
from metaorg.onchain.accounts import SafeSigner, Signer
from metaorg.onchain.artifacts import load
from metaorg.onchain.chain import NodeRefused, Reading
from metaorg.onchain.inter_constitution import DOMAIN_FIELDS, Adoption
from metaorg.onchain.safes import Signature, Signatures
from metaorg.onchain.typed_data import Typed, digest, recover
from metaorg.times import moment
from metaorg.types import Address, Cid, Hex, Model, checksum_address

CONFIRMED = bytes.fromhex("1626ba7e")
"""What a contract account answers to a signature of its own (ERC-1271)."""
TEXT_LIMIT = 100_000
"""Characters of a text that is signed."""


class Kind(Model):
    """A kind of act.

    Args:
        contract: the contract that checks it, by its name, which is also that of its domain.
        fields: name and Solidity type of each, in order.
        signers: the fields that name the accounts that sign, each for itself.
        documents: the fields that are digests of documents; zero stands for none.
    """

    contract: str
    fields: tuple[tuple[str, str], ...]
    signers: tuple[str, ...]
    documents: tuple[str, ...] = ()


@cache
def kinds() -> Mapping[str, Kind]:
    """Every kind of act, by the name of its EIP-712 type."""
    ballot = (
        ("proposalId", "uint256"),
        ("support", "uint8"),
        ("voter", "address"),
        ("nonce", "uint256"),
    )
    return {
        "Adoption": Kind(
            contract="InterConstitution",
            fields=_fields("InterConstitution", "hashAdoption"),
            signers=("organization",),
            documents=("pledge",),
        ),
        "Application": Kind(
            contract="Membership",
            fields=_fields("Membership", "hashApplication"),
            signers=("organization",),
            documents=("profile",),
        ),
        "Move": Kind(
            contract="Membership",
            fields=_fields("Membership", "hashMove"),
            signers=("from", "to"),
        ),
        "Ballot": Kind(contract="Assembly", fields=ballot, signers=("voter",)),
        "ExtendedBallot": Kind(
            contract="Assembly",
            fields=(*ballot, ("reason", "string"), ("params", "bytes")),
            signers=("voter",),
        ),
    }


def _fields(contract: str, hashing: str) -> tuple[tuple[str, str], ...]:
    """The fields of the struct that a function of a contract hashes."""
    components = load(contract).functions[hashing]["inputs"][0]["components"]
    return tuple((field["name"], field["type"]) for field in components)


class SignedAct(Model):
    """An act, its documents, and the signature of its account, or what of it there is.

    Args:
        kind: one of `kinds`. contract: the one that checks it.
        message: the fields of the EIP-712 message by name, in order.
        documents: the blocks whose digests the message carries.
        account: whose signature it is, where an act of this kind has more than one.
        signature: bytes, or for a Safe what its owners have signed so far.
    """

    kind: str
    chain_id: int
    contract: Address
    message: Mapping[str, Any]
    documents: tuple[Hex, ...] = ()
    account: Address | None = None
    signature: Signature = b""

    @field_validator("kind")
    @classmethod
    def _known(cls, kind: str) -> str:
        if kind not in kinds():
            raise ValueError(f"it is one of: {', '.join(kinds())}")
        return kind

    @field_validator("message")
    @classmethod
    def _complete(cls, message: Mapping[str, Any], info: ValidationInfo) -> Mapping[str, Any]:
        fields = dict(kinds()[info.data["kind"]].fields) if "kind" in info.data else {}
        if fields and fields.keys() != message.keys():
            raise ValueError(f"its fields are {', '.join(fields)}")
        return {name: _value(name, kind, message[name]) for name, kind in fields.items()}

    @model_validator(mode="after")
    def _documented(self) -> "SignedAct":
        digests = [self.message[field] for field in kinds()[self.kind].documents]
        if [Cid.of(one).digest for one in self.documents] != [one for one in digests if any(one)]:
            raise ValueError("its documents are not those whose hashes were signed")
        return self

    @model_validator(mode="after")
    def _accounted(self) -> "SignedAct":
        several = len(kinds()[self.kind].signers) > 1
        if several != (self.account is not None):
            raise ValueError("`account` says who signs an act that several sign, and only there")
        if self.signer not in self.signers:
            raise ValueError(f"those who sign it are {' and '.join(self.signers)}")
        return self

    @classmethod
    def of(
        cls, typed: Typed, documents: Sequence[bytes] = (), account: Address | None = None
    ) -> "SignedAct":
        """What these typed data say, not yet signed."""
        return cls(
            kind=typed["primaryType"],
            chain_id=typed["domain"]["chainId"],
            contract=typed["domain"]["verifyingContract"],
            message=typed["message"],
            documents=tuple(documents),
            account=account,
        )

    @property
    def signers(self) -> tuple[Address, ...]:
        """The accounts that sign an act that says this."""
        return tuple(str(self.message[field]) for field in kinds()[self.kind].signers)

    @property
    def signer(self) -> Address:
        """The account whose signature it is."""
        return self.account or self.signers[0]

    @property
    def typed(self) -> Typed:
        """The EIP-712 typed data of the act."""
        kind = kinds()[self.kind]
        return {
            "types": {
                "EIP712Domain": DOMAIN_FIELDS,
                self.kind: [{"name": name, "type": what} for name, what in kind.fields],
            },
            "primaryType": self.kind,
            "domain": {
                "name": kind.contract,
                "version": "1",
                "chainId": self.chain_id,
                "verifyingContract": self.contract,
            },
            "message": dict(self.message),
        }

    def signed(self, signature: Signature) -> "SignedAct":
        """The same act with this signature."""
        return self.model_copy(update={"signature": signature})


class Owner(Model):
    """An owner of a Safe; one that is a Safe has signed when enough of its own owners have."""

    owner: Address
    signed: bool


class Progress(Model):
    """How far the owners of a Safe are; `typed` is what each of them signs (EIP-712)."""

    safe: Address
    threshold: int
    owners: tuple[Owner, ...]
    complete: bool
    typed: Mapping[str, Any]


def sign(reading: Reading, act: SignedAct, signer: Signer) -> SignedAct:
    """The act with its account's signature; a Safe's is left to its owners.

    Raises:
        Misconfigured: the account is said to be a Safe and is none.
    """
    if isinstance(signer, SafeSigner):
        safes.required(reading, signer.address)
        return act.signed(Signatures())
    return act.signed(signer.sign_typed_data(act.typed))


def request(reading: Reading, act: SignedAct) -> safes.Request:
    """What the owners of the act's Safe sign.

    Raises:
        InvalidInput: the act is for another chain.
        Misconfigured: its account is not a Safe.
    """
    _same_chain(reading, act)
    safe = safes.required(reading, act.signer)
    return safes.Request(safe=safe, typed=safes.typed_message(safe, digest(act.typed)))


def progress(reading: Reading, act: SignedAct) -> Progress:
    """Which owners of the act's Safe have signed.

    Raises:
        InvalidInput: a signature is wrong, or the act is not a Safe's to sign.
    """
    asked = request(reading, act)
    counting = safes.ready(reading, asked, _of_owners(act))
    return Progress(
        safe=asked.safe.address,
        threshold=asked.safe.threshold,
        owners=tuple(
            Owner(owner=owner, signed=owner in counting.owners) for owner in asked.safe.owners
        ),
        complete=safes.enough_of(asked.safe, counting) is not None,
        typed=asked.typed,
    )


def approved(reading: Reading, act: SignedAct, owner: Signer) -> SignedAct:
    """The act with the signature of one more owner of its Safe, or of an owner of an owner.

    Raises:
        InvalidInput: a signature that is there is wrong, or the act is not a Safe's to sign.
        Refused: it is no owner.
    """
    asked, given = request(reading, act), _of_owners(act)
    safes.ready(reading, asked, given)
    return act.signed(safes.merged(given, safes.approve(reading, asked, owner)))


def approved_all(reading: Reading, acts: Sequence[SignedAct], owner: Signer) -> list[SignedAct]:
    """The acts of one file, those of Safes with the signature of one more owner.

    Raises:
        InvalidInput: a signature that is there is wrong, or none of the acts is a Safe's to sign.
        Refused: it is an owner of none of the Safes.
    """
    made, strange, refusal = list(acts), True, None
    for place, act in enumerate(acts):
        if len(acts) > 1 and not isinstance(act.signature, Signatures):
            continue
        try:
            made[place], strange = approved(reading, act, owner), False
        except Refused as error:
            refusal = error
    if strange:
        raise refusal or InvalidInput("none of these acts is a Safe's; there is nothing for owners")
    return made


def progress_all(reading: Reading, acts: Sequence[SignedAct]) -> list[Progress]:
    """Which owners have signed, for each act of a file that is a Safe's.

    Raises:
        InvalidInput: a signature is wrong, or none of the acts is a Safe's to sign.
    """
    of_safes = [act for act in acts if isinstance(act.signature, Signatures)]
    return [progress(reading, act) for act in of_safes or acts]


def collected_all(
    reading: Reading, acts: Sequence[SignedAct], copies: Sequence[Sequence[SignedAct]]
) -> list[SignedAct]:
    """The acts of one file with the owners' signatures of all copies of the file.

    Raises:
        InvalidInput: one is no copy, or has a wrong signature; or no act is a Safe's to sign.
    """
    for number, copy in enumerate(copies, 1):
        if len(copy) != len(acts):
            raise InvalidInput(f"copy {number} is none: it holds another number of acts")
    if len(acts) > 1 and not any(isinstance(act.signature, Signatures) for act in acts):
        raise InvalidInput("none of these acts is a Safe's; there is nothing for owners")
    return [
        collected(reading, act, [copy[place] for copy in copies])
        if len(acts) == 1 or isinstance(act.signature, Signatures)
        else act
        for place, act in enumerate(acts)
    ]


def collected(reading: Reading, act: SignedAct, copies: Sequence[SignedAct]) -> SignedAct:
    """The act with the owners' signatures of all copies.

    Raises:
        InvalidInput: one is no copy, or has a wrong signature.
    """
    given = _of_owners(act)
    for number, copy in enumerate(copies, 1):
        if copy.signed(b"") != act.signed(b""):
            raise InvalidInput(f"copy {number} is none: it says something else than the first file")
        given = safes.merged(given, _of_owners(copy))
    safes.ready(reading, request(reading, act), given)
    return act.signed(given)


def verified(reading: Reading, act: SignedAct) -> bytes:
    """The signature as the contract takes it, checked as the contract does.

    Raises:
        InvalidInput: the act is for another chain, or the account does not confirm its signature.
        Refused: owners have yet to sign.
    """
    _same_chain(reading, act)
    signature = act.signature
    if isinstance(signature, Signatures):
        asked = request(reading, act)
        signature = safes.encode_signatures(safes.complete(reading, asked, signature))
    contract = bool(reading.code(act.signer))
    if contract and not confirms(reading, act.signer, digest(act.typed), signature):
        raise InvalidInput(
            f"the contract account {act.signer} does not confirm this signature (ERC-1271)"
        )
    if not contract and recover(act.typed, signature) != act.signer:
        raise InvalidInput(
            f"the signature is not one of {act.signer} over exactly this: it was changed after it "
            "was signed, or somebody else signed it"
        )
    return signature


def addressed(act: SignedAct, contract: Address, *names: str) -> None:
    """Nothing, for an act of one of these kinds and for this contract.

    Raises:
        InvalidInput: it is another kind of act, or for another meta-organization.
    """
    if act.kind not in names:
        raise InvalidInput(f"this is the signature of an act of kind {act.kind}, not {names[0]}")
    if act.contract != contract:
        raise InvalidInput(
            f"this was signed for {act.contract}, and the {kinds()[act.kind].contract} of this "
            f"meta-organization is {contract}"
        )


def only(acts: Sequence[SignedAct]) -> SignedAct:
    """The act of a file that holds one.

    Raises:
        InvalidInput: it holds several.
    """
    if len(acts) != 1:
        raise InvalidInput(f"one signed act is expected, and the file holds {len(acts)}")
    return acts[0]


def adoption_in(act: SignedAct, contract: Address) -> Adoption:
    """The adoption that an act is.

    Raises:
        InvalidInput: it is another act, or one for another text than that of `contract`.
    """
    addressed(act, contract, "Adoption")
    return Adoption(**dict(zip(Adoption.model_fields, act.message.values(), strict=True)))


def in_time(act: SignedAct, now: int) -> None:
    """Nothing, for an act whose signature still counts.

    Raises:
        Refused: its time has run out.
    """
    if act.message["validUntil"] < now:
        raise Refused(
            f"the signature counted until {moment(act.message['validUntil'])}; sign again"
        )


def in_order(act: SignedAct, expected: int) -> None:
    """Nothing, for an act whose nonce is the one that the contract expects.

    Raises:
        Refused: it was sent already, or another one came first.
    """
    if act.message["nonce"] != expected:
        raise Refused(
            f"this was signed as number {act.message['nonce']} of its account, and number "
            f"{expected} is next: it was sent already, or another one came first; sign again"
        )


def _of_owners(act: SignedAct) -> Signatures:
    if not isinstance(act.signature, Signatures):
        raise InvalidInput(f"{act.signer} has signed this itself; there is nothing for owners")
    return act.signature


def _same_chain(reading: Reading, act: SignedAct) -> None:
    if act.chain_id != reading.chain.id:
        raise InvalidInput(
            f"this was signed for chain {act.chain_id}, and the node is on chain "
            f"{reading.chain.id}; check the setting `rpc`"
        )


def confirms(reading: Reading, account: Address, hashed: bytes, signature: bytes) -> bool:
    """Whether a contract account calls a signature over a digest its own (ERC-1271)."""
    data = abi.encode_call(_IS_VALID_SIGNATURE, (hashed, signature))
    try:
        return reading.call(account, data)[:4] == CONFIRMED
    except NodeRefused:
        return False


def _value(name: str, kind: str, value: Any) -> Any:
    """A field's value, from what JSON carries of it."""
    number = re.fullmatch(r"uint(\d+)", kind)
    if number:
        return _number(name, value, int(number[1]))
    if kind == "string":
        return _text(name, value)
    if kind == "address":
        return _checked_address(name, value)
    return _octets(name, value, kind)


def _number(name: str, value: Any, bits: int) -> int:
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    if not re.fullmatch(r"\d{1,78}", text, re.ASCII) or int(text) >= 1 << bits:
        raise ValueError(f"{name}: a whole number below 2^{bits} is expected")
    return int(text)


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str) or len(value) > TEXT_LIMIT or not _is_utf8(value):
        raise ValueError(f"{name}: a text of at most {TEXT_LIMIT} characters is expected")
    return value


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair, which JSON can carry
        return False
    return True


def _checked_address(name: str, value: Any) -> Address:
    try:
        return checksum_address(str(value))
    except InvalidInput as error:
        raise ValueError(f"{name}: {error}") from None


def _octets(name: str, value: Any, kind: str) -> bytes:
    if isinstance(value, str) and re.fullmatch(r"0x([0-9a-fA-F]{2})*", value):
        value = bytes.fromhex(value[2:])
    size = kind.removeprefix("bytes")
    if not isinstance(value, bytes) or (size and len(value) != int(size)):
        raise ValueError(f"{name}: {size + ' ' if size else ''}bytes in 0x-hex are expected")
    return value


_IS_VALID_SIGNATURE: abi.Entry = {
    "name": "isValidSignature",
    "inputs": [{"name": "hash", "type": "bytes32"}, {"name": "signature", "type": "bytes"}],
}
