"""Founding: deploy what a chain lacks, gather signatures, found in one transaction."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from metaorg.charter import Charter, DeclaredFounder, encode, pledge_digest
from metaorg.errors import InvalidInput, Misconfigured, Refused
from metaorg.ipfs import Store, put_files
from metaorg.onchain import acts, factory, transactions
from metaorg.onchain.accounts import Signer
from metaorg.onchain.acts import SignedAct
from metaorg.onchain.chain import Chain, NodeRefused
from metaorg.onchain.factory import Factory
from metaorg.onchain.inter_constitution import Adoption, InterConstitution, SignedAdoption
from metaorg.onchain.modules import Modules
from metaorg.types import Address, Call, Hex, Model, Receipt

VALID_UNTIL = (1 << 48) - 1
"""Founders' signatures do not expire: they are good for one founding by one account only."""
POOL_PATIENCE = 10.0
"""Seconds in which a node's pool of transactions must learn of a payment that was mined."""


class Founding(Model):
    """A charter that one account is to found, and where it will stand."""

    charter: Charter
    initiator: Address
    modules: Modules

    @property
    def arguments(self) -> dict[str, Any]:
        return self.charter.arguments(VALID_UNTIL)


def deploy(chain: Chain, signer: Signer) -> list[Receipt]:
    """Put factory and implementations on a chain, those that it lacks.

    Raises:
        Misconfigured: the chain has no CREATE2 deployer, and does not take it.
    """
    transactions.settle(chain, [signer.address, factory.DEPLOYERS_ACCOUNT])
    calls = factory.missing(chain.at())
    if calls and not factory.has_deployer(chain.at()):
        payment, *calls = calls
        return _provide_deployer(chain, signer, payment) + transactions.send(chain, signer, *calls)
    return transactions.send(chain, signer, *calls)


def plan(chain: Chain, charter: Charter, initiator: Address) -> Founding:
    """Where this charter will stand, or stands, when `initiator` founds it.

    Raises:
        Refused: the chain lacks the factory; `deploy` puts it there.
    """
    reading = chain.at()
    if factory.missing(reading):
        raise Refused(
            f"chain {chain.id} does not have the contracts of this version yet; "
            "`metaorg found` deploys them first"
        )
    modules = Factory().predict(reading, initiator, charter.arguments(VALID_UNTIL))
    return Founding(charter=charter, initiator=initiator, modules=modules)


def is_founded(chain: Chain, founding: Founding) -> bool:
    """Whether it was founded before."""
    return bool(chain.at().code(founding.modules.meta_organization))


def sign(chain: Chain, founding: Founding, signer: Signer) -> SignedAdoption:
    """A founder's adoption of the text.

    Raises:
        Refused: the signer is not one of the founders.
    """
    founder = _founder(founding.charter, signer.address)
    adoption = _adoption(founding.charter, founder)
    text = InterConstitution(founding.modules.inter_constitution)
    signature = signer.sign_typed_data(text.typed_adoption(chain.id, adoption))
    return SignedAdoption(adoption=adoption, signature=signature)


def act(chain: Chain, founding: Founding, account: Address) -> SignedAct:
    """A founder's adoption of the text as an act to sign, also by the owners of a Safe.

    Raises:
        Refused: the account is not one of the founders.
    """
    founder = _founder(founding.charter, account)
    text = InterConstitution(founding.modules.inter_constitution)
    typed = text.typed_adoption(chain.id, _adoption(founding.charter, founder))
    return SignedAct.of(typed, [encode(founder.pledge)])


def signed_in(chain: Chain, founding: Founding, act: SignedAct) -> SignedAdoption:
    """The adoption that a founder signed as an act, checked.

    Raises:
        InvalidInput: it is not for this founding, or its signature is not its account's.
        Refused: owners of its Safe have yet to sign.
    """
    adoption = acts.adoption_in(act, founding.modules.inter_constitution)
    return SignedAdoption(adoption=adoption, signature=acts.verified(chain.at(), act))


def call(founding: Founding, signed: Sequence[SignedAdoption]) -> Call:
    """The founding, with every founder's signature.

    Raises:
        InvalidInput: signatures are missing, or are over something else; says whose.
    """
    by_founder = {one.adoption.organization: one for one in signed}
    signatures = _signatures(founding.charter, by_founder)
    made = Factory().found(founding.arguments, signatures)
    return made.model_copy(update={"documents": tuple(founding.charter.documents())})


def found(
    chain: Chain, store: Store, signer: Signer, founding: Founding, signed: Sequence[SignedAdoption]
) -> Receipt | None:
    """Found, and put the documents on the commons; None when it was founded before."""
    made = call(founding, signed)
    put_files(store, made.documents)
    transactions.settle(chain, [signer.address])
    if is_founded(chain, founding):
        return None
    return transactions.send(chain, signer, made)[0]


def _provide_deployer(chain: Chain, signer: Signer, payment: Call) -> list[Receipt]:
    """Put the CREATE2 deployer on the chain; the signer pays once the node would take it."""
    receipts: list[Receipt] = []
    try:
        try:
            _publish_deployer(chain)
        except Refused:  # its account cannot pay, and that is all that the node minds
            receipts = transactions.send(chain, signer, payment)
            _publish_deployer(chain, POOL_PATIENCE)
    except NodeRefused as refusal:
        raise _no_deployer(chain, refusal.message) from None
    if not factory.has_deployer(chain.at()):
        raise _no_deployer(chain, "it failed there")
    return receipts


def _publish_deployer(chain: Chain, patience: float = 0) -> None:
    deadline = time.monotonic() + patience
    while True:
        try:
            return transactions.publish(
                chain, factory.DEPLOYERS_TRANSACTION, "deploy the CREATE2 deployer"
            )
        except Refused:
            if time.monotonic() >= deadline:
                raise
            time.sleep(0.1)


def _no_deployer(chain: Chain, why: str) -> Misconfigured:
    return Misconfigured(
        f"chain {chain.id} has no CREATE2 deployer at {factory.DEPLOYER}, and the node at "
        f"{chain.where} does not put it there with the transaction that its authors signed for "
        f"all chains: {why}. Use a node that takes transactions which name no chain (geth: "
        "--rpc.allow-unprotected-txs), or ask those who run the chain for the deployer"
    )


def _adoption(charter: Charter, founder: DeclaredFounder) -> Adoption:
    return Adoption(
        organization=founder.account,
        version=1,
        text=charter.text_cid.digest,
        constituency=charter.declaration.constituencies.index(founder.constituency),
        pledge=pledge_digest(founder.pledge),
        nonce=0,
        valid_until=VALID_UNTIL,
    )


def _founder(charter: Charter, account: Address) -> DeclaredFounder:
    for founder in charter.declaration.founders:
        if founder.account == account:
            return founder
    raise Refused(f"{account} is not one of the founders in the charter")


def _signatures(charter: Charter, signed: Mapping[Address, SignedAdoption]) -> list[Hex]:
    problems, signatures = [], []
    for founder in charter.declaration.founders:
        one = signed.get(founder.account)
        if one is None:
            problems.append(
                f"the signature of {founder.profile.name} ({founder.account}) is missing"
            )
        elif one.adoption != _adoption(charter, founder):
            problems.append(f"{founder.profile.name} signed another adoption than the charter's")
        else:
            signatures.append(one.signature)
    if problems:
        raise InvalidInput(*problems)
    return signatures
