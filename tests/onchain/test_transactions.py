"""From calls to receipts: many in flight, what goes wrong on the way, and going on after it."""

import time
from collections.abc import Iterator

import pytest

from metaorg.errors import ChainUnreachable, ContractReverted, Refused
from metaorg.onchain import transactions
from metaorg.onchain.accounts import LocalSigner, NodeSigner
from metaorg.onchain.chain import Chain
from metaorg.onchain.devnet import Devnet, advance
from metaorg.onchain.transactions import Job, send, send_many, settle, simulate
from metaorg.records import Description, Profile
from metaorg.types import Address, Call
from onchain.nodes import proxy
from onchain.world import PLEDGE, WINDOW, World, actor, fund

TRAP = "0x" + "aa" * 20
"""Code of these tests' own. Without call data it sets a trap; with some it falls into it, if there
is one, and uses up all gas: calldatasize, 1st jump if any; sstore(0, 1); stop; 1st: if sload(0),
loop for ever."""
TRAP_CODE = "0x36600a576001600055005b600054601257005b601256"


@pytest.fixture
def trap(chain: Chain) -> Address:
    chain.request("anvil_setCode", TRAP, TRAP_CODE)
    return TRAP


@pytest.fixture
def held(chain: Chain) -> Iterator[Chain]:
    """A chain that mines only when it is told to."""
    chain.request("evm_setAutomine", False)
    yield chain
    chain.request("evm_setAutomine", True)


def impatient(monkeypatch: pytest.MonkeyPatch, seconds: float = 0.3) -> None:
    monkeypatch.setattr(transactions, "PATIENCE", seconds)


def profile_call(world: World, signer: LocalSigner, name: str = "Another name") -> Call:
    return world.by(signer).membership.change_profile(Profile(name=name))


# ---------------------------------------------------------------------- what goes well


def test_a_receipt_tells_what_happened(world: World, bakery: LocalSigner) -> None:
    call = profile_call(world, bakery)

    (receipt,) = send(world.chain, bakery, call)

    assert receipt.call == call
    assert receipt.block == world.chain.block().number
    assert 21_000 < receipt.gas < 100_000
    (event,) = receipt.events
    assert (event.name, event.contract) == ("ProfileChanged", world.modules.membership)
    assert event.arguments["organization"] == bakery.address


def test_calls_are_sent_one_after_the_other(world: World, bakery: LocalSigner) -> None:
    """The second is simulated on what the first left: the same content cannot come twice."""
    commons = world.by(bakery).commons
    publish = commons.publish(b"data", Description(title="Data"), licence="CC0-1.0")

    with pytest.raises(ContractReverted) as refused:
        send(world.chain, bakery, publish, publish)

    assert refused.value.name == "CommonsResourceKnown"
    assert len(commons.all()) == 1


def test_200_in_flight_from_one_account(world: World, bakery: LocalSigner) -> None:
    calls = [profile_call(world, bakery, f"Name {number}") for number in range(200)]
    mined: list[int] = []

    receipts = send_many(
        world.chain, [Job(signer=bakery, call=call) for call in calls], mined.append
    )

    assert [receipt.call for receipt in receipts] == calls
    blocks = [receipt.block for receipt in receipts]
    assert blocks == sorted(blocks)
    assert sum(mined) == 200
    profile = world.by().membership.show(bakery.address).profile
    assert profile is not None and calls[-1].data.endswith(profile.digest)


def test_200_in_flight_from_200_accounts(world: World) -> None:
    applicants = [actor(1000 + number) for number in range(200)]
    fund(world.chain, *applicants)
    org = world.by()
    first = world.adoption(applicants[0]).adoption
    jobs = []
    for applicant in applicants:
        adoption = first.model_copy(update={"organization": applicant.address})
        signed = org.constitution.sign(adoption, applicant)
        jobs.append(Job(signer=applicant, call=org.constitution.adopt(signed, PLEDGE)))

    receipts = send_many(world.chain, jobs)

    organizations = [receipt.events[0].arguments["organization"] for receipt in receipts]
    assert organizations == [applicant.address for applicant in applicants]


def test_more_than_a_wave_goes_in_waves(
    world: World, bakery: LocalSigner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transactions, "IN_FLIGHT", 3)
    calls = [profile_call(world, bakery, f"Name {number}") for number in range(7)]

    receipts = send_many(world.chain, [Job(signer=bakery, call=call) for call in calls])

    assert [receipt.call for receipt in receipts] == calls


def test_nothing_to_send_sends_nothing(chain: Chain) -> None:
    before = chain.block().number

    assert send_many(chain, []) == []
    assert chain.block().number == before


def test_an_account_of_the_node_sends_too(world: World, devnet: Devnet) -> None:
    signer = NodeSigner(world.chain, devnet.accounts()[5])

    (receipt,) = send(world.chain, signer, Call(to=actor(9).address, data=b"", value=7, says="pay"))

    assert receipt.gas == 21_000
    assert world.chain.at().balance(actor(9).address) == 7


def test_simulating_sends_nothing(world: World, bakery: LocalSigner) -> None:
    before = world.chain.block().number

    gas = simulate(world.chain, profile_call(world, bakery), bakery.address)

    assert 21_000 < gas < 100_000
    assert world.chain.block().number == before


# ---------------------------------------------------------------------- what is refused before


def test_a_node_without_a_pending_block_simulates_on_the_latest(
    world: World, bakery: LocalSigner
) -> None:
    def alter(method: str, parameters: list[object], result: object) -> object:
        if "pending" in parameters:
            return {"error": {"code": -32000, "message": "pending block is not available"}}
        return result

    call = profile_call(world, bakery)
    with proxy(world.chain.url, alter) as node:
        assert simulate(Chain(node.url), call, bakery.address) > 21_000


def test_of_a_wave_with_a_refused_call_nothing_is_sent(
    world: World, bakery: LocalSigner, outsider: LocalSigner
) -> None:
    jobs = [
        Job(signer=bakery, call=profile_call(world, bakery)),
        Job(signer=outsider, call=world.by(outsider).membership.leave("Because.")),
    ]
    before = world.chain.block().number

    with pytest.raises(ContractReverted) as refused:
        send_many(world.chain, jobs)

    assert refused.value.name == "MembershipStatusUnexpected"
    assert world.chain.block().number == before


def test_an_account_that_cannot_pay_is_told_before_anything_is_sent(world: World) -> None:
    poor, rich = actor(600), world.founders[0]
    world.chain.request("anvil_setBalance", poor.address, hex(10**9))
    call = Call(to=rich.address, data=b"", says="greet")
    before = world.chain.block().number

    with pytest.raises(Refused, match=r"holds 0\.000000 ETH and this may cost up to"):
        send_many(world.chain, [Job(signer=rich, call=call), Job(signer=poor, call=call)])

    assert world.chain.block().number == before


def test_an_account_that_can_pay_for_one_and_not_for_two_is_told(world: World) -> None:
    poor = actor(601)
    call = Call(to=actor(9).address, data=b"", value=10**18, says="pay")
    world.chain.request("anvil_setBalance", poor.address, hex(2 * 10**18))

    with pytest.raises(Refused, match="nothing was sent"):
        send_many(world.chain, [Job(signer=poor, call=call)] * 2)

    assert world.chain.at().balance(actor(9).address) == 0


def test_value_beyond_the_balance_is_refused_with_a_sentence(world: World) -> None:
    poor = actor(602)
    call = Call(to=actor(9).address, data=b"", value=10**30, says="pay")

    with pytest.raises(Refused, match="ETH"):
        send(world.chain, poor, call)


# ---------------------------------------------------------------------- what is refused on chain


def conflicting(world: World) -> list[Job]:
    """The same admission twice, in one wave: valid in simulation, and the second one is not."""
    applicant = actor(300)
    world.apply(applicant)
    advance(world.chain, WINDOW)
    call = world.by().membership.admit(applicant.address)
    return [Job(signer=signer, call=call) for signer in world.founders[:2]]


def test_a_call_that_something_else_came_before_gives_the_contracts_sentence(world: World) -> None:
    jobs = conflicting(world)

    with pytest.raises(ContractReverted) as refused:
        send_many(world.chain, jobs)

    assert refused.value.name == "MembershipStatusUnexpected"
    assert refused.value.notice and refused.value.doing == jobs[1].call.says


def test_the_same_in_one_block_gives_the_same_sentence(
    world: World, held: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    held.request("evm_setAutomine", True)
    jobs = conflicting(world)
    held.request("evm_setAutomine", False)
    submit = transactions._submit

    def submit_and_mine(*arguments: object) -> list[str]:
        hashes = submit(*arguments)  # type: ignore[arg-type]
        held.request("evm_mine")
        return hashes

    monkeypatch.setattr(transactions, "_submit", submit_and_mine)
    with pytest.raises(ContractReverted) as refused:
        send_many(world.chain, jobs)

    assert refused.value.name == "MembershipStatusUnexpected"


def test_a_call_that_runs_out_of_gas_on_chain_is_reverted(
    world: World, bakery: LocalSigner, trap: Address
) -> None:
    jobs = [
        Job(signer=bakery, call=Call(to=trap, data=data, says=says))
        for data, says in ((b"", "set the trap"), (b"\1", "walk into it"))
    ]

    with pytest.raises(ContractReverted) as refused:
        send_many(world.chain, jobs)

    assert refused.value.doing == "walk into it"
    assert "ran out of gas" in refused.value.notice


def test_a_call_that_needs_a_little_more_on_chain_than_simulated_has_room(
    world: World, bakery: LocalSigner, food_coop: LocalSigner
) -> None:
    """Two citations of one resource: the gas of the second changes with the first."""
    commons = world.by(bakery).commons
    org = world.by(bakery)
    org.send(commons.publish(b"data", Description(title="Data"), licence="CC0-1.0"))
    cite = commons.cite(commons.all()[0].resource.cid)

    receipts = send_many(
        world.chain, [Job(signer=signer, call=cite) for signer in (bakery, food_coop) * 3]
    )

    assert len(receipts) == 6
    assert commons.all()[0].resource.citations == 6


# ---------------------------------------------------------------------- nonces and interruptions


def test_before_anything_is_planned_what_is_in_flight_is_waited_for(
    world: World, bakery: LocalSigner, held: Chain
) -> None:
    waiting = profile_call(world, bakery, "In flight")
    transactions._submit(held, [Job(signer=bakery, call=waiting)], [signed(held, bakery, waiting)])

    started = time.monotonic()
    with pytest.raises(ChainUnreachable, match="has transactions in flight") as refused:
        settle(held, [bakery.address, world.founders[1].address], patience=0.3)

    assert time.monotonic() - started < 3
    assert bakery.address in str(refused.value)
    assert "run the command again later" in str(refused.value)


def signed(chain: Chain, signer: LocalSigner, call: Call) -> bytes:
    """What a sender that was killed right after sending had sent."""
    nonce = transactions._nonces(chain, [signer.address], "pending")[signer.address]
    fees = transactions._fees(chain)
    return signer.sign_transaction(transactions._transaction(chain, call, nonce, 200_000, fees))


def test_a_sender_that_was_killed_is_continued_and_nothing_is_sent_twice(
    world: World, bakery: LocalSigner, held: Chain
) -> None:
    before = profile_call(world, bakery, "Sent before it was killed")
    raw = signed(held, bakery, before)
    transactions._submit(held, [Job(signer=bakery, call=before)], [raw])
    held.request("evm_mine")
    held.request("evm_setAutomine", True)

    (receipt,) = send(held, bakery, profile_call(world, bakery, "Sent after it"))

    events = world.by().events(world.modules.membership, ["ProfileChanged"])
    assert len(events) == 2
    assert events[-1].transaction == receipt.transaction


def test_settled_accounts_are_not_waited_for(world: World, bakery: LocalSigner) -> None:
    started = time.monotonic()

    settle(world.chain, [bakery.address])

    assert time.monotonic() - started < 1


def test_waiting_for_inclusion_is_bounded_and_says_how_to_go_on(
    world: World, bakery: LocalSigner, held: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    impatient(monkeypatch)
    started = time.monotonic()

    with pytest.raises(ChainUnreachable, match=r"is not mined after 0\.3 s; it stays in flight"):
        send(held, bakery, profile_call(world, bakery))

    assert time.monotonic() - started < 3
    held.request("evm_mine")
    assert len(world.by().events(world.modules.membership, ["ProfileChanged"])) == 1


def test_a_node_that_forgets_a_transaction_is_given_up(
    world: World, bakery: LocalSigner, monkeypatch: pytest.MonkeyPatch
) -> None:
    impatient(monkeypatch)

    def alter(method: str, _: list[object], result: object) -> object:
        return None if method == "eth_getTransactionReceipt" else result

    with (
        proxy(world.chain.url, alter) as node,
        pytest.raises(ChainUnreachable, match="is not mined"),
    ):
        send(Chain(node.url), bakery, profile_call(world, bakery))


def test_a_node_that_refuses_receipts_for_a_while_is_asked_again(
    world: World, bakery: LocalSigner
) -> None:
    """Geth does so while it indexes."""
    refused = 0

    def alter(method: str, parameters: list[object], result: object) -> object:
        nonlocal refused
        if method == "eth_getTransactionReceipt" and refused < 3:
            refused += 1
            return {"error": {"code": -32000, "message": "transaction indexing is in progress"}}
        return result

    with proxy(world.chain.url, alter) as node:
        (receipt,) = send(Chain(node.url), bakery, profile_call(world, bakery))

    assert refused == 3
    assert receipt.block == world.chain.block().number


def test_a_node_that_goes_on_refusing_receipts_is_unreachable(
    world: World, bakery: LocalSigner, monkeypatch: pytest.MonkeyPatch
) -> None:
    def alter(method: str, parameters: list[object], result: object) -> object:
        if method == "eth_getTransactionReceipt":
            return {"error": {"code": -32000, "message": "too busy"}}
        return result

    impatient(monkeypatch)
    with proxy(world.chain.url, alter) as node, pytest.raises(ChainUnreachable, match="too busy"):
        send(Chain(node.url), bakery, profile_call(world, bakery))


def test_a_node_that_refuses_what_was_signed_is_unreachable(
    world: World, bakery: LocalSigner
) -> None:
    def alter(method: str, _: list[object], result: object) -> object:
        refused = {"error": {"code": -32000, "message": "transaction underpriced"}}
        return refused if method == "eth_sendRawTransaction" else result

    with (
        proxy(world.chain.url, alter) as node,
        pytest.raises(ChainUnreachable, match="transaction underpriced"),
    ):
        send(Chain(node.url), bakery, profile_call(world, bakery))


def test_a_chain_without_a_tip_to_ask_for_gets_one(world: World, bakery: LocalSigner) -> None:
    def alter(method: str, _: list[object], result: object) -> object:
        unknown = {"error": {"code": -32601, "message": "method not found"}}
        return unknown if method == "eth_maxPriorityFeePerGas" else result

    with proxy(world.chain.url, alter) as node:
        (receipt,) = send(Chain(node.url), bakery, profile_call(world, bakery))

    assert receipt.events
