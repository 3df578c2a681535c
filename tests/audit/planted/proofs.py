"""State that a node's answers hide, and its proofs do not; and proofs that prove nothing."""

from typing import Any

from onchain.world import actor

from audit.fault_proxy import Fault, on, refusal, without
from audit.history import History, selector
from audit.planted import Told, through, wrong
from audit.planted.chain import flip, set_code, standing
from metaorg.onchain.devnet import advance
from metaorg.onchain.factory import clone_code, implementations


def remembered(history: History) -> Fault:
    """A node that answers calls, and questions for code, as it did before something was altered."""
    told: dict[str, Any] = {}

    def remember(method: str, parameters: list[Any], result: Any) -> Any:
        key = asked(method, parameters)
        return told.setdefault(key, result) if key else result

    through(history, remember)
    return remember


def asked(method: str, parameters: list[Any]) -> str:
    """What is asked, of whatever block."""
    if method == "eth_getCode":
        return f"code of {parameters[0]}"
    return str(parameters[0]) if method == "eth_call" else ""


@wrong("proof.value")
def a_standing_that_calls_hide_and_a_proof_shows(history: History) -> Told:
    fault = remembered(history)
    flip(history, "Membership", standing(12, "status"), 3 ^ 5)
    advance(history.chain, 5)
    return through(history, fault, prove=True)


@wrong("proof.value")
def votes_that_calls_hide_and_a_proof_shows(history: History) -> Told:
    fault = remembered(history)
    flip(history, "Assembly", ("_pages", history.open, 0), 10_000 << 170)
    advance(history.chain, 5)
    return through(history, fault, prove=True)


@wrong("proof.value")
def a_role_that_calls_hide_and_a_proof_shows(history: History) -> Told:
    fault = remembered(history)
    flip(history, "Authority", ("_roles", 0, "members", history.modules.assembly, "since"), 1)
    advance(history.chain, 5)
    return through(history, fault, prove=True)


@wrong("proof.code")
def code_that_the_node_hides_and_a_proof_shows(history: History) -> Told:
    fault = remembered(history)
    arguments = actor(77).address, history.modules.membership
    set_code(history, history.modules.commons, clone_code(implementations().commons, arguments))
    advance(history.chain, 5)
    return through(history, fault, prove=True)


@wrong("seats.standing")
def a_call_that_lies_while_the_proof_is_true(history: History) -> Told:
    """What the proof says is what events say: the node's answers stand alone."""
    asking = "0x" + selector("Membership", "standingOf").hex()

    def lie(method: str, parameters: list[Any], result: Any) -> Any:
        mine = method == "eth_call" and parameters[0]["data"].startswith(asking)
        return "0x" + "00" * ((len(result) - 2) // 2) if mine else result

    return through(history, lie, prove=True)


@wrong("proof.invalid", names=True)
def a_proof_that_was_altered(history: History) -> Told:
    def change(answer: Any) -> Any:
        for one in answer["storageProof"][:1]:
            one["proof"][-1] = one["proof"][-1][:-1] + f"{int(one['proof'][-1][-1], 16) ^ 1:x}"
        return answer

    return through(history, on("eth_getProof", change), prove=True)


@wrong(unknown=["proof.unavailable"])
def a_node_that_proves_nothing(history: History) -> Told:
    refused = refusal(-32601, "the method eth_getProof does not exist")
    return through(history, before=[without("eth_getProof", refused)], prove=True)
