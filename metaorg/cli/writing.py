"""From calls to what becomes of them: shown, agreed to, then sent, proposed, printed or batched."""

import json
import re
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from metaorg.cli.files import read_acts, replace_file, write_file
from metaorg.cli.output import clean, emit, plain, progress, say, table, to_json, write
from metaorg.cli.session import Session
from metaorg.errors import ContractReverted, InvalidInput, MetaorgError, Refused

if TYPE_CHECKING:
    from metaorg.onchain.acts import SignedAct
    from metaorg.onchain.inter_constitution import Adoption, SignedAdoption
    from metaorg.onchain.words import Said
    from metaorg.organization import MetaOrganization
    from metaorg.organization.delivery import Errand
    from metaorg.types import Call, Event, Receipt

_QUIET = ("DocumentSigned", "Locked", "RuleFrozen")
"""Events that repeat what another one of the same transaction says."""
_NAMES = ("name",)
"""Arguments that are names, padded with zeros."""
_EVENTS = {
    "ProposalCreated": "Proposal `proposalId` was made.",
    "ProposalQueued": "Proposal `proposalId` is queued.",
    "ProposalExecuted": "Proposal `proposalId` was executed.",
    "ProposalCanceled": "Proposal `proposalId` was canceled.",
    "VoteCast": "`voter` voted `support` on proposal `proposalId`.",
}
"""Words for OpenZeppelin's events, which have none of their own."""
SAYS_SHOWN = 1000
"""Characters of a proposer's words about an action that are shown."""


def perform(
    session: Session,
    *calls: "Call",
    adoption: "Adoption | None" = None,
    record: "Callable[[SignedAdoption], Call] | None" = None,
    independent: bool = False,
    before: "Callable[[], None] | None" = None,
) -> None:
    """Show calls and do with them what the options say.

    Args:
        before: what is done once it is agreed, before anything is sent or handed over.
        adoption: is signed first. record: the call, before the others, that records it.
        independent: no call needs what another one does, so that many can be in flight at once.
    """
    if session.flags.how == "propose":
        from metaorg.records import NAME_LIMIT

        title = session.flags.title or calls[0].says[:NAME_LIMIT]
        how = "safe" if session.is_safe else "send"
        session.flags = replace(session.flags, how=how)
        return propose(session, calls, title, session.flags.body or "")
    shown = [*_recording(session, adoption, record), *calls]
    if not shown:
        if before and not session.flags.dry_run:
            before()
        finish(session, [])
        return
    _require_way(session, adoption)
    plan = _plan(session, shown, adoption)
    if session.flags.dry_run:
        emit(plan, session.as_json, lambda: _described(plan))
        return
    agree(session, _described(plan))
    if before:
        before()
    calls = (*_recording(session, adoption, record, sign=True), *calls)
    if session.flags.how in ("print", "safe"):
        hand_over(session, calls)
    else:
        finish(session, (send_many if independent else send)(session, calls))


def propose(session: Session, calls: Sequence["Call"], title: str, body: str) -> None:
    """Make calls a proposal, unless this very proposal is there already."""
    actions = action_lines(session.organization, calls)
    say("\n".join([f"{title!r} would:", *actions]))
    call = session.organization.propose(calls, title, body)
    number = session.organization.assembly.number(call)
    if session.organization.assembly.known(number):
        say(f"This is proposal {number} already; nothing was sent.")
        finish(session, [])
    else:
        perform(session, call)


def agree(session: Session, what: str) -> None:
    """Say what will be done, and ask where somebody can answer.

    Raises:
        Refused: they said no.
    """
    say(what)
    if session.flags.yes or not (sys.stdin.isatty() or session.piped):
        return
    if not (_confirmed_behind_the_pipe() if session.piped else typer.confirm("Go on?", err=True)):
        raise Refused("Nothing was signed or sent.")


def _confirmed_behind_the_pipe() -> bool:
    """The answer of whoever sits at the terminal, while stdin gives content; yes without one."""
    try:
        terminal = open("/dev/tty", encoding="utf-8")  # noqa: SIM115 - it is closed below
    except OSError:
        return True
    with terminal:
        print("Go on? [y/N]: ", end="", file=sys.stderr, flush=True)
        return terminal.readline().strip().lower() in ("y", "yes")


def send(session: Session, calls: Sequence["Call"]) -> list["Receipt"]:
    """Send calls one after the other; when one fails, the receipts of those before are printed."""
    receipts: list[Receipt] = []
    with progress("sending", len(calls)) as advance:
        for call in calls:
            try:
                receipts += session.organization.send(call)
            except MetaorgError:
                if receipts:
                    finish(session, receipts)
                raise
            advance()
    return receipts


def send_many(session: Session, calls: Sequence["Call"]) -> list["Receipt"]:
    """Send independent calls, many in flight; when one would be refused, none of them is sent."""
    from metaorg.onchain import transactions

    jobs = [transactions.Job(signer=session.own, call=call) for call in calls]
    with progress("sending", len(calls)) as advance:
        return transactions.send_many(session.chain, jobs, advance)


def finish(session: Session, receipts: Sequence["Receipt"]) -> None:
    """Print receipts.

    JSON: [{"call": {...}, "transaction": "0x...", "block": 7, "gas": 90000, "events": [{"name":
    "Admitted", "arguments": {...}, ...}]}]; an empty list when nothing was sent.
    """
    if session.as_json or receipts:
        emit(list(receipts), session.as_json, lambda: "\n".join(map(receipt_lines, receipts)))


def hand_over(session: Session, calls: Sequence["Call"]) -> None:
    """Write calls as JSON, or as a Safe's batch, for others to send.

    Their documents go to the commons: the JSON does not carry them.
    """
    from metaorg.ipfs import put_files

    made: Any = list(calls)
    if session.flags.how == "safe":
        made = session.organization.batch(calls, time.time_ns() // 10**6)
    put_files(session.store, (one for call in calls for one in call.documents))
    if session.flags.output is None:
        write(to_json(made))
    else:
        write_file(session.flags.output, f"{to_json(made)}\n".encode())
        _tell_file(session, session.flags.output)


def sign_only(
    session: Session, file: Path, *acts: "SignedAct", before: "Sequence[SignedAct]" = ()
) -> None:
    """Sign acts into a file that anybody can send; a Safe's are left to its owners.

    Args:
        before: what the file holds already; the acts are added to it.
    """
    if session.flags.how != "send" or session.flags.output is not None:
        raise InvalidInput("--sign-only signs, and --as and --output are for calls: choose one")
    verb = "leave to the owners to sign" if session.is_safe else "sign"
    typed = [plain(act.typed) for act in acts]
    agree(session, "\n".join(f"will {verb}: {_typed(one)}" for one in typed))
    if session.flags.dry_run:
        shown = typed[0] if len(typed) == 1 else typed
        emit(shown, session.as_json, lambda: "\n".join(map(_typed, typed)))
        return
    held = act_bytes(*before, *map(session.organization.sign, acts))
    (replace_file if before else write_file)(file, held)
    if session.is_safe:
        say(f"Its owners sign it: metaorg safe sign {file} --account OWNER")
    _tell_file(session, file)


def act_bytes(*acts: "SignedAct") -> bytes:
    """Acts as their file holds them: one as it is, several as a list."""
    held = plain(acts[0] if len(acts) == 1 else acts)
    return (json.dumps(held, indent=2) + "\n").encode()


def deliver(
    session: Session,
    files: Sequence[Path],
    errands: "Callable[[Sequence[Sequence[SignedAct]]], list[Errand]]",
    about: Sequence[str],
) -> None:
    """Send the acts that others signed, and tell what became of each file.

    Args:
        errands: what the files ask for. about: the names of what they concern, as columns.

    Raises:
        Refused: one of them was refused.
    """
    from metaorg.organization.delivery import Errand

    agree(session, f"will send what {len(files)} files hold, as {session.own.address}")
    session.organization.settle()
    read = [_read(file) for file in files]
    made = iter(errands([one for one in read if not isinstance(one, InvalidInput)]))
    known = [Errand().refused(one) if isinstance(one, InvalidInput) else next(made) for one in read]
    known = session.organization.tried(known)
    try:
        if not session.flags.dry_run:
            with progress("sending", len(known)) as advance:
                for place, errand in session.organization.deliver(known):
                    known[place] = errand
                    advance()
    finally:  # what went is told, whatever ends the others
        _tell_errands(session, files, known, about)
    refused = sum(one.outcome == "refused" for one in known)
    if refused:
        raise Refused(f"{refused} of {len(known)} files were refused.")


def _read(file: Path) -> "list[SignedAct] | InvalidInput":
    """The acts of a file, or why there are none."""
    try:
        return read_acts(file)
    except InvalidInput as error:
        return error


def _tell_errands(
    session: Session, files: Sequence[Path], errands: "Sequence[Errand]", about: Sequence[str]
) -> None:
    """JSON: [{"file": "a.json", "outcome": "sent", "reason": "", "transaction": "0x..."}]."""
    told = [
        {"file": str(file)}
        | {name: errand.about.get(name) for name in about}
        | {name: getattr(errand, name) for name in ("outcome", "reason", "transaction")}
        for file, errand in zip(files, errands, strict=True)
    ]
    columns = ("file", about[0], "outcome", "reason")
    rows = [[one[column] for column in columns] for one in told]
    emit(told, session.as_json, lambda: table(columns, rows))


def _tell_file(session: Session, file: Path) -> None:
    emit({"file": str(file)}, session.as_json, lambda: str(file))


def _require_way(session: Session, adoption: "Adoption | None") -> None:
    """Refuse what cannot work before anything is done.

    Raises:
        InvalidInput: a Safe cannot send by itself, and only a Safe takes a batch.
        Misconfigured: the account is said to be a Safe and is none.
        Refused: a Safe cannot sign an adoption by itself either.
    """
    how = session.flags.how
    if session.flags.output is not None and how == "send":
        raise InvalidInput("--output goes with --as safe or --as print")
    if how == "safe" and not session.is_safe:
        raise InvalidInput("--as safe needs to know which Safe: --account safe:ADDRESS")
    if how == "safe":
        session.organization.safe()
    if how == "send" and session.is_safe:
        raise InvalidInput(
            f"{session.own.address} is a Safe, and its owners send: use --as safe --output FILE "
            "(or --sign-only FILE where there is such an option)"
        )
    if adoption is not None and session.is_safe:
        raise Refused(
            "The text in force is not adopted yet, and a Safe signs by its owners: run this with "
            "`--sign-only FILE`, then `metaorg safe sign FILE` for each owner; anybody sends it "
            "with the same command and `--signed FILE`."
        )


def action_lines(organization: "MetaOrganization", calls: Sequence["Call"]) -> list[str]:
    """What each action of a proposal does, and below it the proposer's words."""
    from metaorg.organization.words import words

    return [
        action_line(call, plain(organization.decode(call)), said)
        for call, said in zip(calls, words(organization, calls), strict=True)
    ]


def action_line(call: "Call", decoded: Any, said: "Said") -> str:
    """What an action of a proposal does, in words and as read from its data; then what is said.

    Nothing that a proposer wrote can begin a line.
    """
    from metaorg.onchain.words import quoted

    value = f" with {call.value} wei" if call.value else ""
    does = f"call {call.to}{value} with 0x{call.data.hex()}"
    if decoded is not None:
        arguments = ", ".join(f"{name}: {one}" for name, one in decoded["arguments"].items())
        does = f"{decoded['contract']}.{decoded['function']}({clean(arguments, '')}){value}"
    lines = [*said.lines(), f"= {does}"]
    if call.says:
        same = call.says == said.text
        lines.append(f"the proposer says {'the same' if same else quoted(call.says, SAYS_SHOWN)}")
    return "- " + "\n  ".join(lines)


def receipt_line(receipt: "Receipt") -> str:
    """Hash, block and gas of a receipt."""
    return f"0x{receipt.transaction.hex()} block {receipt.block} gas {receipt.gas}"


def receipt_lines(receipt: "Receipt") -> str:
    """Hash, block and gas of a receipt, and its events in words."""
    said = [words(event, receipt.call.says) for event in receipt.events if event.name not in _QUIET]
    return "\n  ".join([receipt_line(receipt), *filter(None, said)])


def words(event: "Event", said: str = "") -> str:
    """An event as its contract's author words it; empty for one without words.

    Args:
        said: what the call says, whose CIDs tell the codec of digests.
    """
    from metaorg.onchain.artifacts import CONTRACTS, load
    from metaorg.onchain.contract import unpadded
    from metaorg.rules.decision import SUPPORT
    from metaorg.types import RAW, Cid

    cids = [Cid.parse(one) for one in re.findall(r"\bbaf[a-z2-7]{56}\b", said)]
    codecs = {one.digest: one.codec for one in cids}
    notice = _EVENTS.get(event.name, "")
    for name in CONTRACTS:
        for entry in load(name).topics.values():
            if entry["name"] == event.name:
                notice = notice or load(name).notice(entry)

    def value(found: re.Match[str]) -> str:
        given = event.arguments.get(found[1], found[0])
        if found[1] == "support" and given < len(SUPPORT):
            return SUPPORT[given]
        if isinstance(given, bytes) and len(given) == 32 and found[1] not in _NAMES:
            codec = event.arguments.get("codec", codecs.get(given, RAW))
            return str(Cid(digest=given, codec=codec)) if any(given) else "nothing"
        return unpadded(given) if found[1] in _NAMES else str(plain(given))

    return re.sub(r"`(\w+)`", value, notice)


def _recording(
    session: Session,
    adoption: "Adoption | None",
    record: "Callable[[SignedAdoption], Call] | None",
    *,
    sign: bool = False,
) -> list["Call"]:
    """The call that records an adoption, if there is one; unsigned it can only be shown."""
    from metaorg.onchain.inter_constitution import SignedAdoption

    if adoption is None or record is None:
        return []
    signed = SignedAdoption(adoption=adoption, signature=b"")
    return [record(session.organization.constitution.sign(adoption) if sign else signed)]


def _plan(session: Session, calls: Sequence["Call"], adoption: "Adoption | None") -> dict[str, Any]:
    """What will be signed, and the calls with the gas that each would take; None is not known yet.

    Raises:
        ContractReverted: the first call would be refused.
    """
    contract = session.organization.constitution.contract
    signs = [contract.typed_adoption(session.chain.id, adoption)] if adoption else []
    gas: list[int | None] = [None for _ in signs]
    for call in calls[len(signs) :]:
        gas.append(_gas(session, call, first=not gas))
    shown = [plain(call) | {"gas": one} for call, one in zip(calls, gas, strict=True)]
    return {"signs": [plain(typed) for typed in signs], "calls": shown}


def _gas(session: Session, call: "Call", first: bool) -> int | None:
    from metaorg.onchain.chain import NodeRefused

    if session.flags.how == "print":
        return None  # somebody else will send it
    try:
        return session.organization.simulate(call)[0]
    except (ContractReverted, NodeRefused):
        if first:
            raise
        return None


def _described(plan: dict[str, Any]) -> str:
    lines = [f"will sign: {_typed(typed)}" for typed in plan["signs"]]
    for call in plan["calls"]:
        gas = f", gas {call['gas']}" if call["gas"] else ""
        value = f", with {call['value']} wei" if call["value"] else ""
        lines.append(f"will {call['says']}\n  to {call['to']}{value}{gas}")
    return "\n".join(lines)


def _typed(typed: dict[str, Any]) -> str:
    said = ", ".join(f"{name} {value}" for name, value in typed["message"].items())
    domain = typed["domain"]
    return (
        f"{typed['primaryType']} ({said}) for {domain['verifyingContract']} "
        f"on chain {domain['chainId']}"
    )
