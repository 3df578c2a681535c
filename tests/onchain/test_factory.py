"""How the shipped contracts get onto a chain, and how a meta-organization is founded on it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from metaorg import founding
from metaorg.errors import ContractReverted, InvalidInput, Misconfigured, Refused
from metaorg.ipfs import Embedded
from metaorg.onchain import factory
from metaorg.onchain.artifacts import CONTRACTS, load
from metaorg.onchain.chain import Chain
from metaorg.onchain.devnet import Devnet
from metaorg.onchain.factory import (
    DEPLOYER,
    DEPLOYERS_ACCOUNT,
    DEPLOYERS_COST,
    DEPLOYERS_TRANSACTION,
    Factory,
    clone_code,
    deployment,
    expected_code,
)
from metaorg.onchain.modules import Modules
from metaorg.onchain.transactions import send
from onchain.nodes import Node, answering
from onchain.world import FOUNDERS, World, actor, declared, fund


@pytest.fixture(scope="module")
def devnet_of_its_own() -> Iterator[Devnet]:
    with Devnet() as devnet:
        fund(devnet.chain, actor(1), actor(2), actor(3))
        yield devnet


@pytest.fixture
def bare(devnet_of_its_own: Devnet) -> Iterator[Chain]:
    """A chain on which nothing was deployed."""
    chain = devnet_of_its_own.chain
    snapshot = chain.request("evm_snapshot")
    yield chain
    assert chain.request("evm_revert", snapshot)


# ---------------------------------------------------------------------- deployment


def test_everything_stands_where_it_was_predicted(bare: Chain) -> None:
    receipts = founding.deploy(bare, actor(1))

    assert len(receipts) == len(CONTRACTS)
    for name, address, _ in deployment():
        assert load(name).same_runtime(bare.at().code(address)), name


def test_deploying_again_deploys_nothing(bare: Chain) -> None:
    founding.deploy(bare, actor(1))
    before = bare.block().number

    assert founding.deploy(bare, actor(2)) == []
    assert bare.block().number == before


def test_a_deployment_that_was_interrupted_goes_on(bare: Chain) -> None:
    calls = factory.missing(bare.at())
    send(bare, actor(1), *calls[:3])

    receipts = founding.deploy(bare, actor(2))

    assert [receipt.call for receipt in receipts] == calls[3:]
    assert factory.missing(bare.at()) == []


@pytest.fixture
def without_deployer() -> Iterator[Chain]:
    """A chain on which not even the CREATE2 deployer is."""
    with Devnet(options=["--disable-default-create2-deployer"]) as devnet:
        fund(devnet.chain, actor(1))
        yield devnet.chain


def test_a_chain_without_the_deployer_gets_it_first(without_deployer: Chain) -> None:
    planned = factory.missing(without_deployer.at())

    receipts = founding.deploy(without_deployer, actor(1))

    assert [receipt.call for receipt in receipts] == planned
    assert planned[0].to == DEPLOYERS_ACCOUNT
    assert planned[0].says == "pay 0.01 ETH for the CREATE2 deployer"
    assert without_deployer.at().code(DEPLOYER)
    assert factory.missing(without_deployer.at()) == []


def test_a_node_that_learns_late_of_the_payment_is_asked_again(without_deployer: Chain) -> None:
    """Geth's pool does: a payment can be mined, and not be known there yet."""
    raw = "0x" + DEPLOYERS_TRANSACTION.hex()
    asked = 0

    def alter(method: str, parameters: list[Any]) -> Any:
        nonlocal asked
        if method == "eth_sendRawTransaction" and parameters == [raw]:
            asked += 1
            if asked < 4:
                return {"error": {"code": -32000, "message": "insufficient funds for gas"}}
        return without_deployer.request(method, *parameters)

    with Node(answering(alter)) as node:
        receipts = founding.deploy(Chain(node.url), actor(1))

    assert asked == 4
    assert sum(receipt.call.to == DEPLOYERS_ACCOUNT for receipt in receipts) == 1
    assert factory.missing(without_deployer.at()) == []


def test_a_deployer_that_was_paid_for_is_not_paid_twice(without_deployer: Chain) -> None:
    send(without_deployer, actor(1), factory.missing(without_deployer.at())[0])

    receipts = founding.deploy(without_deployer, actor(1))

    assert all(receipt.call.to == DEPLOYER for receipt in receipts)
    assert without_deployer.at().balance(DEPLOYERS_ACCOUNT) < DEPLOYERS_COST


def test_a_deployer_that_fails_on_its_chain_is_said_to_be_missing(without_deployer: Chain) -> None:
    without_deployer.request("anvil_setNonce", DEPLOYERS_ACCOUNT, "0x1")
    without_deployer.request("anvil_setBalance", DEPLOYERS_ACCOUNT, hex(DEPLOYERS_COST))

    with pytest.raises(Misconfigured, match=r"has no CREATE2 deployer at .*nonce too low"):
        founding.deploy(without_deployer, actor(1))


def test_before_the_deployment_nothing_can_be_planned(bare: Chain, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="does not have the contracts"):
        founding.plan(bare, declared(tmp_path), actor(1).address)


def test_the_factory_names_the_implementations_that_are_computed(bare: Chain) -> None:
    founding.deploy(bare, actor(1))

    raw = Factory().read(bare.at(), "implementations")

    assert tuple(raw.values()) == tuple(factory.implementations().model_dump().values())


# ---------------------------------------------------------------------- founding


@pytest.fixture
def plan(bare: Chain, tmp_path: Path) -> founding.Founding:
    founding.deploy(bare, actor(1))
    return founding.plan(bare, declared(tmp_path), actor(1).address)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Embedded]:
    store = Embedded(tmp_path / "founding.db")
    yield store
    store.close()


def signatures(bare: Chain, plan: founding.Founding) -> list[founding.SignedAdoption]:
    return [founding.sign(bare, plan, actor(number)) for number in (1, 2, 3)]


def test_the_modules_stand_where_they_were_predicted(
    bare: Chain, plan: founding.Founding, store: Embedded
) -> None:
    receipt = founding.found(bare, store, actor(1), plan, signatures(bare, plan))

    assert receipt is not None
    (event,) = [event for event in receipt.events if event.name == "Founded"]
    told = event.arguments["modules"]
    assert tuple(told.values()) == tuple(plan.modules.model_dump().values())
    assert event.arguments["founder"] == actor(1).address
    assert founding.is_founded(bare, plan)


def test_every_module_has_exactly_the_code_of_its_clone(
    bare: Chain, plan: founding.Founding, store: Embedded
) -> None:
    founding.found(bare, store, actor(1), plan, signatures(bare, plan))

    expected = expected_code(plan.modules)
    assert set(expected) == set(plan.modules.model_dump().values())
    for address, code in expected.items():
        assert bare.at().code(address) == code


def test_the_founders_hold_their_seats(
    bare: Chain, plan: founding.Founding, store: Embedded
) -> None:
    founding.found(bare, store, actor(1), plan, signatures(bare, plan))

    org = World(bare, plan, store).by()
    views = org.membership.all()
    assert [(view.constituency, view.name) for view in views] == list(FOUNDERS)
    assert [view.standing.seat for view in views] == [1, 2, 3]
    assert all(view.standing.active for view in views)


def test_every_document_of_the_founding_is_on_the_commons(
    bare: Chain, plan: founding.Founding, store: Embedded
) -> None:
    founding.found(bare, store, actor(1), plan, signatures(bare, plan))

    assert len(list(store.cids())) == len(set(plan.charter.documents()))


def test_founding_again_founds_nothing(
    bare: Chain, plan: founding.Founding, store: Embedded
) -> None:
    signed = signatures(bare, plan)
    founding.found(bare, store, actor(1), plan, signed)

    assert founding.found(bare, store, actor(1), plan, signed) is None
    with pytest.raises(ContractReverted, match="has founded this charter before"):
        send(bare, actor(1), founding.call(plan, signed))


def test_somebody_else_founds_something_else(bare: Chain, plan: founding.Founding) -> None:
    other = founding.plan(bare, plan.charter, actor(2).address)

    assert not set(other.modules.model_dump().values()) & set(plan.modules.model_dump().values())


def test_a_founding_relayed_by_somebody_else_is_refused(
    bare: Chain, plan: founding.Founding
) -> None:
    """The founders signed for what the first one founds, and for nothing else."""
    with pytest.raises(ContractReverted) as refused:
        send(bare, actor(2), founding.call(plan, signatures(bare, plan)))

    assert refused.value.name == "InterConstitutionSignatureInvalid"


def test_missing_signatures_are_all_named(bare: Chain, plan: founding.Founding) -> None:
    with pytest.raises(InvalidInput) as refused:
        founding.call(plan, signatures(bare, plan)[:1])

    assert refused.value.problems == tuple(
        f"the signature of {name} ({actor(number).address}) is missing"
        for number, (_, name) in list(enumerate(FOUNDERS, 1))[1:]
    )


@pytest.mark.parametrize(
    "change",
    [{"version": 2}, {"text": bytes(32)}, {"constituency": 2}, {"pledge": bytes(32)}, {"nonce": 1}],
    ids=lambda change: next(iter(change)),
)
def test_a_signature_over_another_adoption_is_named(
    bare: Chain, plan: founding.Founding, change: dict[str, object]
) -> None:
    first, second, third = signatures(bare, plan)
    altered = second.model_copy(update={"adoption": second.adoption.model_copy(update=change)})

    with pytest.raises(InvalidInput, match="Open Loom Works signed another adoption"):
        founding.call(plan, [first, altered, third])


@pytest.mark.parametrize("forgery", ["altered", "another's", "cut", "empty"])
def test_a_signature_that_is_not_the_founders_is_refused_by_the_contract(
    bare: Chain, plan: founding.Founding, store: Embedded, forgery: str
) -> None:
    first, second, third = signatures(bare, plan)
    forged = {
        "altered": bytes([second.signature[0] ^ 1]) + second.signature[1:],
        "another's": third.signature,
        "cut": second.signature[:-1],
        "empty": b"",
    }[forgery]
    signed = [first, second.model_copy(update={"signature": forged}), third]

    with pytest.raises(ContractReverted) as refused:
        founding.found(bare, store, actor(1), plan, signed)

    assert refused.value.name == "InterConstitutionSignatureInvalid"
    assert refused.value.arguments == {"organization": actor(2).address}
    assert not founding.is_founded(bare, plan)


def test_the_order_of_the_signatures_does_not_matter(
    bare: Chain, plan: founding.Founding, store: Embedded
) -> None:
    assert founding.found(bare, store, actor(1), plan, signatures(bare, plan)[::-1])


def test_who_is_no_founder_cannot_sign_as_one(bare: Chain, plan: founding.Founding) -> None:
    with pytest.raises(Refused, match="is not one of the founders"):
        founding.sign(bare, plan, actor(9))


def test_the_code_of_a_clone_is_that_of_eip_1167() -> None:
    implementation = "0x" + "be" * 20

    code = clone_code(implementation, ["0x" + "11" * 20, "0x" + "22" * 20])

    assert code[:45].hex() == "363d3d373d3d3d363d73" + "be" * 20 + "5af43d82803e903d91602b57fd5bf3"
    assert code[45:] == bytes.fromhex("11" * 20 + "22" * 20)


def test_the_modules_of_a_founding_are_those_of_the_front_door(founded: World) -> None:
    assert set(Modules.model_fields) == set(founded.modules.model_dump())
    assert len(set(founded.modules.model_dump().values())) == len(Modules.model_fields)
