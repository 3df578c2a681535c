"""What people read when something is refused does not depend on the node."""

from collections.abc import Callable, Iterator

import pytest
from onchain.world import FOR, actor

from geth.conftest import Geth
from geth.world import World
from metaorg.errors import MetaorgError, Refused
from metaorg.onchain.accounts import LocalSigner
from metaorg.onchain.chain import Chain
from metaorg.onchain.devnet import Devnet, advance
from metaorg.onchain.modules import modules_at
from metaorg.onchain.transactions import Job, send, send_many
from metaorg.types import Address, Call


class Anvil:
    """The node that all other tests run on."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain

    def fund(self, *accounts: Address) -> None:
        self.chain.requests([("anvil_setBalance", [one, hex(10**20)]) for one in accounts])

    def advance(self, seconds: int) -> None:
        advance(self.chain, seconds)


@pytest.fixture(scope="module")
def worlds(geth: Geth, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[World]]:
    """The same founding on both nodes, at the same addresses of chains with the same id."""
    with Devnet(options=["--chain-id", str(geth.chain.id)]) as devnet:
        folders = [tmp_path_factory.mktemp(name) for name in ("anvil", "geth")]
        yield [
            World(node, folder, b"# A text of its own\n")
            for node, folder in zip((Anvil(devnet.chain), geth), folders, strict=True)
        ]


def on_both(worlds: list[World], act: Callable[[World], object]) -> str:
    """The one sentence with which both nodes' chains refuse."""
    said = []
    for world in worlds:
        with pytest.raises(MetaorgError) as refused:
            act(world)
        said.append((type(refused.value), refused.value.exit_code, str(refused.value)))
    assert said[0] == said[1]
    return said[0][2]


@pytest.fixture(scope="module")
def number(worlds: list[World]) -> int:
    [number] = {world.propose(_nothing_much(world)) for world in worlds}
    return number


def _nothing_much(world: World) -> Call:
    return world.by(world.founders[0]).front.set_dao_uri("ipfs://there")


def _vote(world: World, voter: LocalSigner, number: int) -> Call:
    return world.by(voter).assembly.vote(number, FOR)


def test_a_refused_simulation_has_the_contracts_sentence(worlds: list[World], number: int) -> None:
    voter = actor(1)
    for world in worlds:
        send(world.chain, voter, _vote(world, voter, number))

    said = on_both(worlds, lambda world: send(world.chain, voter, _vote(world, voter, number)))

    assert "has voted" in said and voter.address in said


def test_a_transaction_that_another_one_came_before_has_it_too(
    worlds: list[World], number: int
) -> None:
    voter = actor(2)

    def twice(world: World) -> None:
        job = Job(signer=voter, call=_vote(world, voter, number))
        send_many(world.chain, [job, job])

    said = on_both(worlds, twice)

    assert "has voted" in said and voter.address in said


def test_an_outsider_is_refused_with_the_same_words(worlds: list[World], number: int) -> None:
    outsider = actor(77)
    for world in worlds:
        world.node.fund(outsider.address)

    on_both(worlds, lambda world: send(world.chain, outsider, _vote(world, outsider, number)))


def test_a_read_that_is_refused_has_the_same_words(worlds: list[World]) -> None:
    said = on_both(
        worlds, lambda world: world.by(actor(1)).assembly.contract.state(world.chain.at(), 1)
    )

    assert "no proposal with this number" in said


def test_value_beyond_the_balance_is_refused_before_anything_is_sent(worlds: list[World]) -> None:
    poor = actor(78)
    call = Call(to=actor(1).address, data=b"", value=10**24, says="pay a lot")

    for world in worlds:
        with pytest.raises(Refused, match=r"too little ETH|holds 0\.000000 ETH"):
            send(world.chain, poor, call)


def test_an_address_without_a_contract_is_told_with_the_same_words(worlds: list[World]) -> None:
    said = on_both(worlds, lambda world: modules_at(world.chain.at(), actor(9).address))

    assert "there is no contract at" in said
