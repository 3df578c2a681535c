"""Contracts that log what they are told, on any node: for reading, where nothing else matters."""

from collections.abc import Sequence

from metaorg.onchain.chain import Chain
from metaorg.types import checksum_address

CODE = "60203603806020600037600035906000a100"
"""Logs the call data: the first word as the topic, the rest as the data."""
DEPLOY = "601280600b6000396000f3" + CODE
"""The transaction that makes such a contract."""
EMITTERS = tuple(checksum_address("0x" + f"{0xE0 + number:02x}" * 20) for number in range(3))


def place(chain: Chain) -> None:
    """Put them at their addresses, on Anvil."""
    for address in EMITTERS:
        chain.request("anvil_setCode", address, "0x" + CODE)


def emit(chain: Chain, *logs: tuple[int, int]) -> None:
    """One block in which emitters (by number) log topics, each in a transaction, on Anvil."""
    [sender, *_] = chain.request("eth_accounts")
    chain.request("evm_setAutomine", False)
    for emitter, topic in logs:
        data = f"0x{topic:064x}" + "ab" * 40
        transaction = {"from": sender, "to": EMITTERS[emitter], "data": data, "gas": "0x186a0"}
        chain.request("eth_sendTransaction", transaction)
    chain.request("evm_mine")
    chain.request("evm_setAutomine", True)


def history(chain: Chain, blocks: Sequence[int]) -> None:
    """Blocks with so many logs each; topics count up through all of them."""
    topic = 1
    for count in blocks:
        emit(chain, *((number % len(EMITTERS), topic + number) for number in range(count)))
        topic += count
