"""A report signed by whoever audited: a W3C Verifiable Credential, Data Model 2.0.

The credential says which meta-organization was audited at which block and with what result, and
names statement and report by their digests. Its proof is an EIP-712 signature, so that wallets,
external signers and contract accounts can make it and show what is signed. All of it is signed:
each member, contexts too, is a field of the typed data.

What it was checked against:
- VC Data Model 2.0: the first context, `type`, `issuer`, `validFrom`, `relatedResource` with
  `digestSRI`, and `undefined-terms/v2` as the last context where a term has no other definition.
- "Ethereum EIP712 Signature 2021" of the W3C Credentials Community Group, a draft: the message is
  the document with its `proof`, of which `type`, `created`, `proofPurpose` and
  `verificationMethod` are signed; `proofValue` is 0x-hex; `eip712` carries types, primaryType and
  domain (earlier drafts: `eip712Domain` with `messageSchema`; ssi reads both).
- did:pkh: `#blockchainAccountId` is the verification method of an account.
- JSON-LD 1.1: PyLD expands it, with the terms above as those contexts define them, and drops no
  member.
- EIP-712: eth_account, Anvil and `cast wallet sign` make the same signature.

EIP-712 has no lists of mixed kinds, so the terms of this project are defined where they are used,
in the context of `credentialSubject`, and not in an object at the end of the outer list.
"""

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from metaorg.audit.statement import Report
from metaorg.errors import InvalidInput
from metaorg.onchain.accounts import Signer
from metaorg.onchain.acts import confirms
from metaorg.onchain.chain import Reading
from metaorg.onchain.typed_data import Typed, digest, recover
from metaorg.times import moment
from metaorg.types import Address, checksum_address

CONTEXTS = (
    "https://www.w3.org/ns/credentials/v2",
    "https://w3id.org/security/suites/eip712sig-2021/v1",
    "https://www.w3.org/ns/credentials/undefined-terms/v2",
)
VOCABULARY = "urn:uuid:5f0b3d1e-6c0e-5b4e-9a57-2f7d6a1c8e43#"
"""Where the terms of `credentialSubject` are, beside those of the data model itself."""
TYPES = ("VerifiableCredential", "MetaOrganizationAudit")
PROOF = "EthereumEip712Signature2021"
PRIMARY = "VerifiableCredential"

Credential = dict[str, Any]
"""A credential as JSON."""

_FIELDS: Mapping[str, str] = {
    "EIP712Domain": "string name, string version, uint256 chainId",
    "VerifiableCredential": "string[] @context, string[] type, string issuer, string validFrom, "
    "Subject credentialSubject, Resource[] relatedResource, Proof proof",
    "Subject": "Context @context, string id, string type, string name, uint256 blockNumber, "
    "string blockHash, string blockTime, string verdict, uint256 differences, uint256 unknowns",
    "Context": "string @vocab",
    "Resource": "string id, string name, string mediaType, string digestSRI",
    "Proof": "string type, string created, string proofPurpose, string verificationMethod",
}
_ISSUER = re.compile(r"did:pkh:eip155:(\d{1,20}):(0x[0-9a-fA-F]{40})")


def issue(report: Report, signer: Signer, time: int) -> Credential:
    """The report's credential, signed.

    Works with every signer that signs typed data: keystore, environment variable, external signer.
    The owners of a Safe sign `digest(typed_data(...))` as a Safe message, and `signed` takes what
    they made.

    Args:
        time: when it is issued, Unix seconds.
    """
    credential = unsigned(report, signer.address, time)
    return signed(credential, signer.sign_typed_data(typed_data(credential)))


def unsigned(report: Report, issuer: Address, time: int) -> Credential:
    """The credential without `proofValue`, which `typed_data` of it gives."""
    chain = report.statement.chain_id
    account = f"did:pkh:eip155:{chain}:{issuer}"
    return {
        "@context": list(CONTEXTS),
        "type": list(TYPES),
        "issuer": account,
        "validFrom": moment(time),
        "credentialSubject": _subject(report),
        "relatedResource": [
            _resource("statement", report.statement.encode()),
            _resource("report", report.encode()),
        ],
        "proof": {
            "type": PROOF,
            "created": moment(time),
            "proofPurpose": "assertionMethod",
            "verificationMethod": f"{account}#blockchainAccountId",
            "eip712": {"types": _types(), "primaryType": PRIMARY, "domain": _domain(chain)},
        },
    }


def signed(credential: Credential, signature: bytes) -> Credential:
    """The credential with its signature."""
    return credential | {"proof": credential["proof"] | {"proofValue": "0x" + signature.hex()}}


def typed_data(credential: Credential) -> Typed:
    """What is signed of a credential, as eth_signTypedData_v4 takes it."""
    proof = dict(credential["proof"])
    metadata = proof.pop("eip712")
    proof.pop("proofValue", None)
    return {**metadata, "message": credential | {"proof": proof}}


def verify(credential: Any, report: Report, reading: Reading | None = None) -> Address:
    """Whose signed credential of exactly this report it is.

    The credential is made again from the report and compared, member by member, so that nothing in
    it is taken from itself but issuer and time.

    Args:
        reading: of the issuer's chain, to ask a contract account (ERC-1271); without it only
            signatures of keys can be verified.

    Raises:
        InvalidInput: it is no such credential, is of another report, or was not signed by its
            issuer. ChainUnreachable: the node does not answer.
    """
    issuer, time, signature = _parts(credential)
    expected = signed(unsigned(report, issuer, time), signature)
    for name in sorted(expected.keys() | credential.keys()):
        if _written(credential.get(name)) != _written(expected.get(name)):
            raise InvalidInput(
                f"the credential is not one of this report: its `{name}` is another, or was changed"
            )
    typed = typed_data(expected)
    if reading is not None and reading.code(issuer):
        if not confirms(reading, issuer, digest(typed), signature):
            raise InvalidInput(f"the contract account {issuer} does not confirm this signature")
    elif recover(typed, signature) != issuer:
        raise InvalidInput(
            f"the signature is not one of the key of {issuer}: the credential was changed, or "
            "somebody else signed it; if that is a contract account, name a node of its chain"
        )
    return issuer


def _written(value: Any) -> str:
    """A value as JSON, in which 0, 0.0 and false are three things."""
    return json.dumps(value, sort_keys=True)


def _subject(report: Report) -> dict[str, Any]:
    statement = report.statement
    kinds = [finding.kind for finding in report.findings]
    return {
        "@context": {"@vocab": VOCABULARY},
        "id": f"did:pkh:eip155:{statement.chain_id}:{statement.modules.meta_organization}",
        "type": "MetaOrganization",
        "name": statement.name,
        "blockNumber": statement.block.number,
        "blockHash": "0x" + statement.block.hash.hex(),
        "blockTime": moment(statement.block.time),
        "verdict": report.verdict,
        "differences": kinds.count("difference"),
        "unknowns": kinds.count("unknown"),
    }


def _resource(name: str, data: bytes) -> dict[str, str]:
    """A file by its digest: as a name (RFC 6920), and as Subresource Integrity writes it."""
    hashed = hashlib.sha256(data).digest()
    return {
        "id": "ni:///sha-256;" + base64.urlsafe_b64encode(hashed).decode().rstrip("="),
        "name": name,
        "mediaType": "application/json",
        "digestSRI": "sha256-" + base64.b64encode(hashed).decode(),
    }


def _types() -> dict[str, list[dict[str, str]]]:
    return {
        name: [{"name": field.split()[1], "type": field.split()[0]} for field in fields.split(", ")]
        for name, fields in _FIELDS.items()
    }


def _domain(chain: int) -> dict[str, Any]:
    return {"name": "metaorg audit", "version": "1", "chainId": chain}


def _parts(credential: Any) -> tuple[Address, int, bytes]:
    """Issuer, time and signature; everything else is compared."""
    try:
        match = _ISSUER.fullmatch(credential["issuer"])
        time = datetime.strptime(credential["validFrom"], "%Y-%m-%dT%H:%M:%S%z")
        signature = credential["proof"]["proofValue"]
        if match is None or not re.fullmatch("0x([0-9a-f]{2}){1,65536}", signature):
            raise ValueError
        return checksum_address(match[2]), int(time.timestamp()), bytes.fromhex(signature[2:])
    except (InvalidInput, KeyError, TypeError, ValueError, OverflowError):
        raise InvalidInput(
            "this is no credential of an audit: it needs an issuer (did:pkh:eip155), validFrom "
            "(as 2026-01-31T12:00:00Z) and a proof with proofValue"
        ) from None
