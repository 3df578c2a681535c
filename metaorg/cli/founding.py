"""`metaorg found`: from a charter to a meta-organization."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from metaorg.cli.command import command
from metaorg.cli.files import read_acts, write_file
from metaorg.cli.options import SignFlags, address
from metaorg.cli.output import emit, facts, say, write
from metaorg.cli.session import Session
from metaorg.cli.writing import act_bytes, agree, receipt_line
from metaorg.errors import InvalidInput
from metaorg.times import duration

if TYPE_CHECKING:
    from metaorg.charter import Charter
    from metaorg.founding import Founding
    from metaorg.onchain.accounts import Signer
    from metaorg.onchain.acts import SignedAct
    from metaorg.types import Receipt


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    command(app, SignFlags)(found)


def found(
    session: Session,
    charter: Annotated[Path, typer.Argument(metavar="CHARTER", help="The file charter.yaml.")],
    sign_with: Annotated[
        list[str] | None,
        typer.Option(metavar="SPEC", help="A founder that signs here, like --account; repeatable."),
    ] = None,
    signed: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="A founder's signature from --sign; repeatable."),
    ] = None,
    sign: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Only write the own account's signature to this file."),
    ] = None,
    initiator: Annotated[
        str | None,
        typer.Option(
            parser=address, metavar="ADDRESS", help="With --sign: the account that will found."
        ),
    ] = None,
) -> None:
    """Found what a charter declares, signed by every founder.

    Deploys the contracts that the chain lacks, gathers signatures and founds in one transaction.
    Signers are the own account and those of --sign-with, or anybody by file: each founder runs
    `metaorg found CHARTER --sign FILE --initiator ADDRESS` and sends FILE to the initiator. For a
    founder that is a Safe, its owners sign FILE before with `metaorg safe sign`.
    Founded before, it prints the same addresses and sends nothing.

    JSON: {"founded": true, "modules": {"meta_organization": "0x...", "membership": "0x...", ...},
    "receipts": [...]}; "founded" is false when it was founded before.
    """
    from metaorg import charter as charters

    declared = charters.load(charter)
    if sign is not None:
        _write_signature(session, declared, sign, initiator)
    elif initiator is not None:
        raise InvalidInput("--initiator belongs to --sign; whoever founds is the own account")
    elif session.flags.dry_run:
        _show(session, declared)
    else:
        _found(session, declared, sign_with or [], signed or [])


def _write_signature(
    session: Session, charter: "Charter", file: Path, initiator: str | None
) -> None:
    from metaorg import founding
    from metaorg.onchain import acts

    if initiator is None:
        raise InvalidInput("--sign needs --initiator: the account that will found")
    plan = founding.plan(session.chain, charter, initiator)
    if session.flags.dry_run:
        write(f"will sign: {_adoption(plan)}")
        return
    agree(session, f"{declared_words(charter)}\nwill sign: {_adoption(plan)}")
    one = founding.act(session.chain, plan, session.own.address)
    one = acts.sign(session.chain.at(), one, session.own)
    write_file(file, act_bytes(one))
    if session.is_safe:
        say(f"Its owners sign it first: metaorg safe sign {file} --account OWNER")
    say(f"Send {file} to {initiator}, who founds.")
    emit(one, session.as_json, lambda: str(file))


def _show(session: Session, charter: "Charter") -> None:
    """What founding would do now, with the gas of what can be simulated now."""
    from metaorg import founding
    from metaorg.onchain import factory, transactions

    reading = session.chain.at()
    calls, me = factory.missing(reading), session.own.address
    later = set() if factory.has_deployer(reading) else {factory.DEPLOYER}
    lacking = [
        {
            "says": call.says,
            "to": call.to,
            "gas": None if call.to in later else transactions.simulate(session.chain, call, me),
        }
        for call in calls
    ]
    plan = None if calls else founding.plan(session.chain, charter, me)
    modules = plan.modules if plan else None
    shown = {"deploys": lacking, "modules": modules, "signs": _what(charter)}
    lines = [declared_words(charter)]
    lines += [f"will {one['says']}, gas {one['gas'] or 'unknown'}" for one in lacking]
    lines += [f"will sign: {_what(charter)}"]
    lines += [f"will found {_what_is_founded(charter)}"]
    if modules:
        lines += [f"at {modules.meta_organization}"]
    emit(shown, session.as_json, lambda: "\n".join(lines))


def _found(
    session: Session, charter: "Charter", specs: Sequence[str], files: Sequence[Path]
) -> None:
    from metaorg import founding

    if session.is_safe:
        raise InvalidInput(
            "a Safe does not found: it signs with --sign, and another account founds"
        )
    given = [act for file in files for act in read_acts(file)]
    own, signers = session.own, _signers(session, charter, specs, given)
    receipts = _deploy(session)
    plan = founding.plan(session.chain, charter, own.address)
    if founding.is_founded(session.chain, plan):
        say("It is founded already; nothing was sent.")
        _emit(session, plan, [])
        return
    signed = [founding.signed_in(session.chain, plan, act) for act in given]
    who = ", ".join(signer.address for signer in signers)
    signing = [f"will sign: {_adoption(plan)}\n  as {who}"] if signers else []
    founds = f"will found {_what_is_founded(charter)}"
    agree(session, "\n".join([declared_words(charter), *signing, founds]))
    signed += [founding.sign(session.chain, plan, signer) for signer in signers]
    receipt = founding.found(session.chain, session.store, own, plan, signed)
    _emit(session, plan, [*receipts, *([receipt] if receipt else [])])


def _deploy(session: Session) -> "list[Receipt]":
    """Put on the chain what it lacks, once for all meta-organizations on it."""
    from metaorg import founding
    from metaorg.onchain import factory

    calls = factory.missing(session.chain.at())
    if not calls:
        return []
    agree(session, "\n".join(f"will {call.says}" for call in calls))
    return founding.deploy(session.chain, session.own)


def _signers(
    session: Session,
    charter: "Charter",
    specs: Sequence[str],
    given: "Sequence[SignedAct]",
) -> "list[Signer]":
    """The signers at hand who are founders and have not signed yet, each once."""
    founders = {founder.account for founder in charter.declaration.founders}
    signers = {signer.address: signer for signer in map(session.signer_of, specs)}
    if session.own.address in founders:
        signers.setdefault(session.own.address, session.own)
    present = {act.signer for act in given}
    return [signer for account, signer in signers.items() if account not in present]


def _emit(session: Session, plan: "Founding", receipts: "Sequence[Receipt]") -> None:
    modules = plan.modules
    made = {"founded": bool(receipts), "modules": modules, "receipts": list(receipts)}
    rows = {name.replace("_", " "): getattr(modules, name) for name in type(modules).model_fields}
    emit(
        made,
        session.as_json,
        lambda: "\n".join([*map(receipt_line, receipts), facts(rows)]),
    )
    say(f'Put `address = "{modules.meta_organization}"` into metaorg.toml, or use --address.')


def _what(charter: "Charter") -> str:
    return f"adoption of the text {charter.text_cid} as version 1, with the pledge in the charter"


def _adoption(plan: "Founding") -> str:
    return f"{_what(plan.charter)}, for {plan.modules.inter_constitution}"


def _what_is_founded(charter: "Charter") -> str:
    declared = charter.declaration
    return f"{declared.name!r} with {len(declared.founders)} founders"


def declared_words(charter: "Charter") -> str:
    """All that founders sign, in words."""
    from metaorg.onchain.rulebook import describe_rule
    from metaorg.rules.decision import percent

    declared, admission = charter.declaration, charter.declaration.admission
    again = declared.readoption
    pace = f"{percent(admission.share)} of the seats or {admission.floor}"
    rules = {f"rule {name}": describe_rule(rule.rule()) for name, rule in declared.rules.items()}
    assigned = {f"{function} needs": rule for function, rule in declared.assignments.items()}
    founders = [
        f"{one.profile.name} ({one.account}), {one.constituency}, {one.kind}: {one.pledge.text}"
        for one in declared.founders
    ]
    return facts(
        {
            "name": declared.name,
            "purpose": declared.purpose,
            "text": f"{declared.text}, {charter.text_cid}",
            "constituencies": ", ".join(declared.constituencies),
            "kinds": ", ".join(declared.kinds),
            "admission": f"{admission.method.words}, {duration(admission.window)} for objections",
            "pace": f"{pace} in {duration(admission.period)}, whichever is more",
            "after an amendment": f"{duration(again.grace)} to adopt the new text, "
            f"then a seat is {again.consequence.words}",
            "weights": ", ".join(f"{n} {percent(w)}" for n, w in declared.weights.items()) or None,
            "open proposals": f"{declared.open_proposals} of one seat at most",
            "voting begins": f"{duration(declared.voting_delay)} after a proposal",
            **rules,
            **assigned,
            "founders": "\n".join(founders),
        }
    )
