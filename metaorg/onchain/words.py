"""What a call does, in words: read from its target and its data, whatever anybody says about it.

Nothing here trusts call data. Data that are not encoded as a Solidity compiler encodes them get no
words; texts are quoted with everything escaped that is not printable; lists and nesting are cut
short, and it is said that they are.
"""

import json
import string
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from metaorg.errors import ChainUnreachable
from metaorg.onchain import abi, authority, factory, timelock
from metaorg.onchain.artifacts import load
from metaorg.onchain.assembly import vote_words
from metaorg.onchain.commons import Access
from metaorg.onchain.contract import unpadded
from metaorg.onchain.in_force import InForce, admission_of, after, readoption_of
from metaorg.onchain.rulebook import rule_of
from metaorg.rules.admission import Admission, Readoption
from metaorg.rules.decision import Rule, percent
from metaorg.times import in_one_unit, moment
from metaorg.types import CODECS, RAW, Address, Call, Cid, Model

DATA_LIMIT = 1 << 16
"""Bytes of call data that are decoded."""
SHOWN = 20
"""Items of a list that are shown."""
TEXT_SHOWN = 300
"""Characters of a text that are shown."""
CALLS_SHOWN = 100
"""Calls in other calls that are decoded, in all actions of one proposal together."""
DEPTH = 4
"""How deep calls in other calls are decoded."""
RULES = ("ordinary", "amendment")
"""Names of the two rules that every meta-organization has."""
_PUBLIC = (1 << 64) - 1
"""The role of Authority that everybody has."""

Names = Callable[[Address], str | None]
"""The name of a member's account; None when it has none that can be read."""


class Said(Model):
    """What a call does.

    Args:
        text: in the imperative, without a full stop.
        decoded: whether its data were understood.
        warning: it changes who has power.
        inner: the calls that it contains, in order.
    """

    text: str
    decoded: bool = True
    warning: bool = False
    inner: tuple["Said", ...] = ()

    def lines(self, indent: str = "") -> list[str]:
        """The sentence, and those of the calls that it contains below it."""
        mark = "WARNING, this changes who has power: " if self.warning else ""
        inner = [line for one in self.inner for line in one.lines(indent + "  ")]
        return [f"{indent}{mark}{self.text}", *inner]


class Undecodable(ValueError):
    """Call data that are no proper encoding of a function's arguments."""


def quoted(text: str, limit: int = TEXT_SHOWN) -> str:
    """A text that somebody wrote, on one line, in quotes that it cannot leave, and cut short."""
    escaped = json.dumps(text[:limit], ensure_ascii=False)
    shown = "".join(one if one.isprintable() else json.dumps(one)[1:-1] for one in escaped)
    more = len(text) - limit
    return shown if more <= 0 else f"{shown} and {more} more characters"


def shown(name: str) -> str:
    """A name that somebody gave: as it is when a line can hold it, otherwise quoted."""
    return name if name.isprintable() else quoted(name)


def rule_parts(rule: Rule) -> dict[str, str]:
    """A rule's parts, as `charter.yaml` writes them."""
    return {
        "method": rule.methods.words,
        "approval": percent(rule.approval),
        "quorum": percent(rule.quorum),
        "objections": str(rule.objections),
        "closing": f"{rule.closing} %",
        "upgradable": "true" if rule.upgradable else "false",
        "voting_period": in_one_unit(rule.voting_period),
        "delay": in_one_unit(rule.delay),
    }


def admission_parts(admission: Admission) -> dict[str, str]:
    """The parts of a rule of admission, as `charter.yaml` writes them."""
    return {
        "method": admission.method.words,
        "window": in_one_unit(admission.window),
        "period": in_one_unit(admission.period),
        "share": percent(admission.share),
        "floor": str(admission.floor),
    }


def readoption_parts(readoption: Readoption) -> dict[str, str]:
    """The parts of what follows an amendment, as `charter.yaml` writes them."""
    return {"grace": in_one_unit(readoption.grace), "consequence": readoption.consequence.words}


def changes(was: Mapping[str, str], becomes: Mapping[str, str]) -> str:
    """Which parts change: "quorum 20 % -> 30 %, delay 1 day -> 2 days"."""
    found = [f"{part} {was[part]} -> {new}" for part, new in becomes.items() if was[part] != new]
    return ", ".join(found) or "nothing"


def ether(wei: int) -> str:
    """Wei in ETH, exactly."""
    whole, part = divmod(wei, 10**18)
    return f"{whole}.{part:018}".rstrip("0").rstrip(".") + " ETH"


def decode_strictly(entry: abi.Entry, data: bytes) -> tuple[dict[str, Any], int]:
    """The arguments of a call, and how many bytes follow them that the function does not read.

    Texts that are not UTF-8 are shown as escapes.

    Raises:
        Undecodable: the bytes before those are not what a compiler would make of the arguments:
            offsets overlap, leave gaps or point elsewhere, or values are out of range.
    """
    if len(data) > DATA_LIMIT:
        raise Undecodable(f"more than {DATA_LIMIT} bytes")
    body, inputs = data[4:], [_textless(parameter) for parameter in entry["inputs"]]
    try:
        found = abi.decode_values(inputs, body)
        again = abi.encode_values(inputs, list(found.values()))
    except (ChainUnreachable, RecursionError, TypeError, ValueError) as error:
        raise Undecodable(str(error)) from None
    if body[: len(again)] != again:
        raise Undecodable("not encoded as usual")
    return _texts(entry["inputs"], found), len(body) - len(again)


class Words:
    """Says what calls do, as of what is in force; earlier calls change it for later ones.

    Args:
        in_force: the pinned reading. names: of members by account. rules: names by number.
        codecs: of resources by their digest; the chain names them without in all but one call.
    """

    def __init__(
        self,
        in_force: InForce,
        names: Names = lambda _: None,
        rules: Sequence[str] = RULES,
        codecs: Callable[[bytes], int] = lambda _: RAW,
    ) -> None:
        self._now, self._names, self._rules, self._codecs = in_force, names, rules, codecs
        self._contracts = _contracts(in_force)
        self._left = CALLS_SHOWN

    def of(self, calls: Sequence[Call]) -> list[Said]:
        """Each call in words, in order, as if those before it had been carried out."""
        return [self._said(call.to, call.value, call.data) for call in calls]

    def _said(self, to: Address, value: int, data: bytes, depth: int = 0) -> Said:
        if not data:
            return self._payment(to, value)
        said = self._ours(to, data, depth) or self._token(to, data) or self._unknown(to, data)
        if not value:
            return said
        text, colon = said.text.removesuffix(":"), ":" * said.text.endswith(":")
        return said.model_copy(update={"text": f"{text}, with {ether(value)}{colon}"})

    def _payment(self, to: Address, value: int) -> Said:
        if not value:
            return Said(text=f"call {self._account(to)} with no data and no ETH")
        return Said(text=f"send {ether(value)} to {self._account(to)}")

    def _unknown(self, to: Address, data: bytes) -> Said:
        if len(data) < 4:
            text = f"cannot be decoded: call {to} with {len(data)} bytes, too few for a selector"
        else:
            rest = len(data) - 4
            text = f"cannot be decoded: call {to} with selector 0x{data[:4].hex()} and {rest} bytes"
        return Said(text=text, decoded=False)

    def _token(self, to: Address, data: bytes) -> Said | None:
        """A call that well-known selectors of ERC-20 give away, if the target is a token."""
        entry = _TOKEN.get(data[:4])
        if entry is None:
            return None
        try:
            given, extra = decode_strictly(entry, data)
        except Undecodable:
            return None
        text = self._filled(_TOKEN_WORDS[entry["name"]], given)
        return Said(text=f"if {to} is an ERC-20 token, {text}{_trailing(extra)}")

    def _ours(self, to: Address, data: bytes, depth: int) -> Said | None:
        """A call to a contract of the meta-organization."""
        contract = self._contracts.get(to)
        entry = load(contract).selectors.get(data[:4]) if contract else None
        if entry is None:
            return None
        function = f"{contract}.{entry['name']}"
        if entry["stateMutability"] in ("view", "pure"):
            return Said(text=f"ask {function}, which changes nothing")
        try:
            given, extra = decode_strictly(entry, data)
            said = self._sentence(function, to, given, depth)
            self._now = after(self._now, function, given)
        except (Undecodable, ValueError):
            text = (
                f"cannot be decoded: call {function} on {to} with {len(data) - 4} bytes that are "
                "no arguments as it takes them"
            )
            return Said(text=text, decoded=False)
        text = f"{said.text}{_trailing(extra)}"
        return said.model_copy(update={"text": text, "warning": function in WARNINGS})

    def _sentence(self, function: str, to: Address, given: Mapping[str, Any], depth: int) -> Said:
        inner = _INNER.get(function)
        template = TEMPLATES.get(function)
        text = self._filled(template, given) if template else _SPOKEN[function](self, given)
        calls = inner(to, given) if inner else []
        return Said(text=text, inner=self._within(calls, depth + 1, function in _LATER))

    def _within(
        self, calls: Sequence[tuple[Address, int, bytes]], depth: int, later: bool
    ) -> tuple[Said, ...]:
        """The calls in another one; those that happen later change nothing for the next action."""
        if not calls:
            return ()
        if depth > DEPTH:
            text = f"cannot be decoded: {len(calls)} calls, nested more than {DEPTH} deep"
            return (Said(text=text, decoded=False),)
        before, said = self._now, []
        for to, value, data in calls:
            if self._left <= 0:
                break
            self._left -= 1
            said.append(self._said(to, value, data, depth))
        if later:
            self._now = before
        if len(said) < len(calls):
            text = f"cannot be decoded: {len(calls) - len(said)} more calls, too many to be shown"
            said.append(Said(text=text, decoded=False))
        return tuple(said)

    # ------------------------------------------------------------------ sentences with a past

    def _set_rule(self, given: Mapping[str, Any]) -> str:
        rule = Rule.model_validate(rule_of(given["rule"]).model_dump())  # or it is refused
        number, becomes = given["index"], rule_parts(rule)
        if number < len(self._now.rules):
            was = rule_parts(self._now.rules[number])
            return f"change {self._rule(number)}: {changes(was, becomes)}"
        parts = ", ".join(f"{part} {value}" for part, value in becomes.items())
        return f"add {self._rule(number)}: {parts}"

    def _set_weights(self, given: Mapping[str, Any]) -> str:
        weights = given["weights_"]
        shown = []
        for index in range(max(len(weights), len(self._now.weights))):
            was, becomes = self._now.weight(index), weights[index] if index < len(weights) else 0
            change = f"{percent(was)} -> {percent(becomes)}" if was != becomes else percent(was)
            shown.append(f"{self._class(index)} {change}")
        return f"weigh the constituencies: {_listed(shown)}"

    def _assign_rule(self, given: Mapping[str, Any]) -> str:
        target, selector = given["target"], given["selector"]
        return (
            f"let {self._function(target, selector)} need {self._rule(given['index'])} "
            f"(before: {self._needs(target, selector)})"
        )

    def _unassign_rule(self, given: Mapping[str, Any]) -> str:
        target, selector = given["target"], given["selector"]
        return (
            f"let {self._function(target, selector)} have no rule of its own "
            f"(before: {self._needs(target, selector)})"
        )

    def _set_admission(self, given: Mapping[str, Any]) -> str:
        becomes = admission_parts(admission_of(given["admission_"]))
        change = changes(admission_parts(self._now.admission), becomes)
        return f"change admission, and begin a new period: {change}"

    def _set_readoption(self, given: Mapping[str, Any]) -> str:
        becomes = readoption_parts(readoption_of(given["readoption_"]))
        change = changes(readoption_parts(self._now.readoption), becomes)
        return f"change what follows an amendment of the text: {change}"

    def _amend(self, given: Mapping[str, Any]) -> str:
        now, codec = self._now.version, given["codec"]
        text = Cid(digest=given["digest"], codec=codec if codec in CODECS else RAW)
        strange = "" if codec in CODECS else f", in the unknown codec {codec}"
        return (
            f"put {text}{strange} in force as version {now.number + 1} of the InterConstitution "
            f"(before: version {now.number}, {now.text})"
        )

    def _set_charter(self, given: Mapping[str, Any]) -> str:
        return (
            "replace the charter document, which names the purpose, by "
            f"{self._cid(given['digest'])} (before: {self._cid(self._now.charter)})"
        )

    def _register(self, given: Mapping[str, Any]) -> str:
        name, becomes = unpadded(given["name_"]), self._account(given["module_"])
        now = {one.name: one.address for one in self._now.registrations}.get(name)
        if now is None:
            return f"add {becomes} as the module {quoted(name)}"
        return f"put {becomes} in the place of the module {quoted(name)}, which is {now}"

    def _update_delay(self, given: Mapping[str, Any]) -> str:
        was, becomes = in_one_unit(self._now.minimum_delay), in_one_unit(given["newDelay"])
        return f"let the Timelock wait at least {becomes} before it executes (before: {was})"

    def _set_voting_delay(self, given: Mapping[str, Any]) -> str:
        was, becomes = in_one_unit(self._now.voting_delay), in_one_unit(given["votingDelay_"])
        return f"let voting begin {becomes} after a proposal (before: {was})"

    def _set_open_proposals(self, given: Mapping[str, Any]) -> str:
        return (
            f"let each seat have {given['openProposals_']} proposals open at once "
            f"(before: {self._now.open_proposals})"
        )

    def _publish(self, given: Mapping[str, Any]) -> str:
        codec = given["codec"] if given["codec"] in CODECS else RAW
        template = (
            "publish {digest} under {licence:name} for {access:access}, described by "
            "{description:cid}, in the place of {previous:resource}"
        )
        named = {"digest": Cid(digest=given["digest"], codec=codec)}
        return self._filled(template, {**given, **named})

    def _split_vote(self, given: Mapping[str, Any]) -> str:
        from metaorg.onchain.assembly import split_of

        split = split_of(given["params"]) if given["params"] else None
        voter = f" of {self._account(given['voter'])}" if "voter" in given else ""
        return (
            f"cast the vote{voter}: {vote_words(given['support'], split)}, on proposal "
            f"{given['proposalId']}, saying {quoted(given['reason'])}"
        )

    # ------------------------------------------------------------------ values in words

    def _filled(self, template: str, given: Mapping[str, Any]) -> str:
        return _Filler(self.value).vformat(template, (), given)

    def value(self, value: Any, kind: str) -> str:
        """An argument in words; lists are cut short."""
        if isinstance(value, list) and kind != "count":
            return _listed([self.value(one, kind) for one in value[:SHOWN]], len(value))
        return _KINDS[kind](self, value)

    def _account(self, address: Address) -> str:
        contract = self._contracts.get(address)
        if contract:
            return f"the {contract} ({address})"
        name = self._names(address)
        return f"{address} (member {quoted(name)})" if name else address

    def _cid(self, digest: bytes) -> str:
        return str(Cid(digest=digest)) if any(digest) else "none"

    def _resource(self, digest: bytes) -> str:
        return str(Cid(digest=digest, codec=self._codecs(digest))) if any(digest) else "none"

    def _because(self, digest: bytes) -> str:
        return f"for the reason {self._cid(digest)}" if any(digest) else "without a reason"

    def _class(self, index: int) -> str:
        return _named(self._now.constituencies, index, "constituency")

    def _kind(self, index: int) -> str:
        return _named(self._now.kinds, index, "kind")

    def _rule(self, number: int) -> str:
        name = f" ({self._rules[number]})" if number < len(self._rules) else ""
        return f"rule {number}{name}"

    def _needs(self, target: Address, selector: bytes) -> str:
        number = self._now.assigned.get((target, selector))
        return "none of its own" if number is None else self._rule(number)

    def _function(self, target: Address, selector: bytes) -> str:
        contract = self._contracts.get(target)
        entry = load(contract).selectors.get(selector) if contract else None
        if entry:
            return f"{contract}.{entry['name']}"
        return f"selector 0x{selector.hex()} of {self._account(target)}"

    def _role(self, role: int | bytes) -> str:
        if isinstance(role, bytes):
            known = timelock.ROLES.get(role)
            return f"role {known}" if known else f"the unknown role 0x{role.hex()}"
        if role == authority.ADMINISTRATOR:
            return "role 0, administrator, which may do everything,"
        return "the role of everybody" if role == _PUBLIC else f"role {role}"


class _Filler(string.Formatter):
    """Fills a template like "expel {organization:account}" with words for values."""

    def __init__(self, value: Callable[[Any, str], str]) -> None:
        self._value = value

    def format_field(self, value: Any, format_spec: str) -> str:
        return self._value(value, format_spec)


_KINDS: Mapping[str, Callable[[Words, Any], str]] = {
    "": lambda _, value: str(value),
    "account": Words._account,
    "admitted": lambda _, value: "admit" if value else "refuse",
    "because": Words._because,
    "cid": Words._cid,
    "resource": Words._resource,
    "class": Words._class,
    "closed": lambda _, value: "nobody" if value else "whoever Authority lets",
    "count": lambda _, value: str(len(value)),
    "duration": lambda _, value: in_one_unit(value),
    "access": lambda _, value: Access(value).name.lower(),
    "hex": lambda _, value: f"0x{value[: SHOWN * 4].hex()}",
    "kind": Words._kind,
    "moment": lambda _, value: moment(value) or "at once",
    "name": lambda _, value: quoted(unpadded(value)),
    "role": Words._role,
    "support": lambda _, value: vote_words(value),
    "text": lambda _, value: quoted(value),
}
"""How a template's kinds of values are said."""

_AGAIN = "begin the contract a second time, which it refuses"
_NOTICE = "tell the Timelock that a token was sent to it, which changes nothing"

TEMPLATES: Mapping[str, str] = {
    "MetaOrganizationFactory.found": "found the meta-organization {charter[name]:text} "
    "with {signatures:count} founders",
    "MetaOrganization.initialize": _AGAIN,
    "MetaOrganization.setDaoURI": "publish the organization's documents at {uri:text}",
    "InterConstitution.initialize": _AGAIN,
    "InterConstitution.adopt": "record that {adoption[organization]:account} adopts version "
    "{adoption[version]} of the text, {adoption[text]:cid}, in {adoption[constituency]:class}, "
    "with the pledge {adoption[pledge]:cid}",
    "Membership.initialize": _AGAIN,
    "Membership.addConstituency": "add the constituency {name_:name}, for ever",
    "Membership.addKind": "add the kind of organization {name_:name}, for ever",
    "Membership.admit": "admit {organization:account} to a seat",
    "Membership.adoptAndApply": "adopt version {adoption[version]} of the text as "
    "{adoption[organization]:account} and apply for a seat in {adoption[constituency]:class} as "
    "{kind:kind} with the profile {profile:cid}",
    "Membership.affiliate": "let {organizations:account} share one vote, {reason:because}",
    "Membership.applyBySig": "apply for a seat as {application[organization]:account}, "
    "{application[kind]:kind}, with the profile {application[profile]:cid}, as it signed",
    "Membership.applyForSeat": "apply for a seat as {kind:kind} with the profile {profile:cid}",
    "Membership.changeConstituency": "move {organization:account} to the constituency of its "
    "adoption, {reason:because}",
    "Membership.changeProfile": "replace the own profile by {profile:cid}",
    "Membership.decide": "{admitted:admitted} the applicant {organization:account}, "
    "{reason:because}",
    "Membership.declareAffiliation": "declare to be under one control with {other:account}",
    "Membership.expel": "expel {organization:account}: end its seat, {reason:because}",
    "Membership.lapse": "apply to {organization:account} what follows when the text in force is "
    "not adopted in time",
    "Membership.leaveSeat": "give up the own seat or application, {reason:because}",
    "Membership.moveByDecision": "give the seat of {from:account} to {to:account}, "
    "{reason:because}",
    "Membership.moveSeat": "give the seat of {move[from]:account} to {move[to]:account}, as both "
    "signed",
    "Membership.object": "object to the application of {organization:account}, {reason:because}",
    "Membership.reinstate": "give {organization:account} its vote back, {reason:because}",
    "Membership.resume": "let {organization:account}, which has adopted the text in force, vote "
    "again",
    "Membership.separate": "give {organization:account} a vote of its own again, {reason:because}",
    "Membership.suspend": "suspend {organization:account}: take its vote for now, {reason:because}",
    "Rulebook.initialize": _AGAIN,
    "Assembly.cancel": "take back a proposal of these {targets:count} actions:",
    "Assembly.castVote": "vote {support:support} on proposal {proposalId}",
    "Assembly.castVoteBySig": "cast the vote of {voter:account}, which signed it: "
    "{support:support}, on proposal {proposalId}",
    "Assembly.castVoteWithReason": "vote {support:support} on proposal {proposalId}, saying "
    "{reason:text}",
    "Assembly.castVotesBySig": "cast {votes:count} signed votes on proposal {proposalId}",
    "Assembly.countVotes": "count {pages} pages of votes on proposal {proposalId}",
    "Assembly.execute": "execute the decision of these {targets:count} actions:",
    "Assembly.propose": "propose {description:text}, with these {targets:count} actions:",
    "Assembly.queue": "queue the decision of these {targets:count} actions:",
    "Assembly.requestUpgrade": "ask that proposal {proposalId} needs the consent of each class",
    "Timelock.cancel": "cancel what the Timelock waits to execute as {id:hex}",
    "Timelock.execute": "let the Timelock execute this call, if it was scheduled:",
    "Timelock.executeBatch": "let the Timelock execute these {targets:count} calls, if they were "
    "scheduled:",
    "Timelock.grantRole": "give {account:account} {role:role} of the Timelock",
    "Timelock.initialize": _AGAIN,
    "Timelock.onERC1155BatchReceived": _NOTICE,
    "Timelock.onERC1155Received": _NOTICE,
    "Timelock.onERC721Received": _NOTICE,
    "Timelock.renounceRole": "give up {role:role} of the Timelock as {callerConfirmation:account}",
    "Timelock.revokeRole": "take {role:role} of the Timelock from {account:account}",
    "Timelock.schedule": "let the Timelock execute this call after {delay:duration}, without a "
    "decision about it:",
    "Timelock.scheduleBatch": "let the Timelock execute these {targets:count} calls after "
    "{delay:duration}, without a decision about them:",
    "Authority.cancel": "cancel this call, which {caller:account} scheduled through the Authority:",
    "Authority.consumeScheduledOp": "use up a call of {caller:account} that is scheduled through "
    "the Authority: {data:hex}",
    "Authority.execute": "call through the Authority:",
    "Authority.grantRole": "give {account:account} {roleId:role} of the Authority, with a delay of "
    "{executionDelay:duration} for each call",
    "Authority.initialize": _AGAIN,
    "Authority.labelRole": "label {roleId:role} of the Authority {label:text}",
    "Authority.multicall": "call the Authority {data:count} times:",
    "Authority.renounceRole": "give up {roleId:role} of the Authority as "
    "{callerConfirmation:account}",
    "Authority.revokeRole": "take {roleId:role} of the Authority from {account:account}",
    "Authority.schedule": "schedule this call through the Authority for {when:moment}:",
    "Authority.setGrantDelay": "let {roleId:role} of the Authority begin {newDelay:duration} after "
    "it is given",
    "Authority.setRoleAdmin": "let those who have {admin:role} give and take {roleId:role} of the "
    "Authority",
    "Authority.setRoleGuardian": "let those who have {guardian:role} cancel calls of {roleId:role} "
    "of the Authority",
    "Authority.setTargetAdminDelay": "let changes of the table for {target:account} take "
    "{newDelay:duration}",
    "Authority.setTargetClosed": "let {closed:closed} call restricted functions of "
    "{target:account}",
    "Authority.setTargetFunctionRole": "let those who have {roleId:role} of the Authority call "
    "{selectors:hex} of {target:account} without a decision",
    "Authority.updateAuthority": "put {target:account} under the authority {newAuthority:account}",
    "Commons.cite": "record the use of {digest:resource} in {context:cid}",
    "Commons.entrust": "give resource {digest:resource} to seat {seat} as its steward",
    "Commons.entrustByDecision": "give resource {digest:resource} to seat {seat} as its steward, "
    "{reason:because}",
    "Commons.grant": "let the seats {seats} open resource {digest:resource} with the envelope "
    "{envelope:cid}",
    "Commons.retire": "advise against using resource {digest:resource} any longer, "
    "{reason:because}",
    "Commons.revoke": "no longer let the seats {seats} use resource {digest:resource}, "
    "{reason:because}",
    "Relay.relay": "let the Relay, which has no power of its own, make these {acts:count} calls:",
}
"""Sentences by function; {argument:kind of value}."""

_SPOKEN: Mapping[str, Callable[[Words, Mapping[str, Any]], str]] = {
    "MetaOrganization.register": Words._register,
    "MetaOrganization.setCharter": Words._set_charter,
    "InterConstitution.amend": Words._amend,
    "Commons.publish": Words._publish,
    "Membership.setAdmission": Words._set_admission,
    "Membership.setReadoption": Words._set_readoption,
    "Rulebook.assignRule": Words._assign_rule,
    "Rulebook.setOpenProposals": Words._set_open_proposals,
    "Rulebook.setRule": Words._set_rule,
    "Rulebook.setVotingDelay": Words._set_voting_delay,
    "Rulebook.setWeights": Words._set_weights,
    "Rulebook.unassignRule": Words._unassign_rule,
    "Assembly.castVoteWithReasonAndParams": Words._split_vote,
    "Assembly.castVoteWithReasonAndParamsBySig": Words._split_vote,
    "Timelock.updateDelay": Words._update_delay,
}
"""Sentences that also say what is in force now."""

WARNINGS = frozenset(
    {
        "MetaOrganization.register",
        *(f"Timelock.{name}" for name in ("grantRole", "revokeRole", "renounceRole")),
        *(f"Timelock.{name}" for name in ("schedule", "scheduleBatch", "cancel")),
        *(
            f"Authority.{name}"
            for name in (
                "grantRole",
                "renounceRole",
                "revokeRole",
                "setGrantDelay",
                "setRoleAdmin",
                "setRoleGuardian",
                "setTargetAdminDelay",
                "setTargetClosed",
                "setTargetFunctionRole",
                "updateAuthority",
            )
        ),
    }
)
"""Functions that change who has power."""

_LATER = ("Assembly.cancel", "Assembly.propose", "Assembly.queue", "Authority.cancel",
          "Authority.schedule", "Timelock.schedule", "Timelock.scheduleBatch")  # fmt: skip
"""Functions whose calls are not made at once."""


_Inner = Callable[[Address, Mapping[str, Any]], list[tuple[Address, int, bytes]]]


def _batch(name: str) -> _Inner:
    def calls(_: Address, given: Mapping[str, Any]) -> list[tuple[Address, int, bytes]]:
        return list(zip(given["targets"], given["values"], given[name], strict=True))

    return calls


def _single(name: str) -> _Inner:
    return lambda _, given: [(given["target"], given.get("value", 0), given[name])]


_INNER: Mapping[str, _Inner] = {
    **{f"Assembly.{n}": _batch("calldatas") for n in ("propose", "queue", "execute", "cancel")},
    **{f"Timelock.{name}": _batch("payloads") for name in ("scheduleBatch", "executeBatch")},
    "Timelock.schedule": _single("data"),
    "Timelock.execute": _single("payload"),
    **{f"Authority.{name}": _single("data") for name in ("execute", "schedule", "cancel")},
    "Authority.multicall": lambda to, given: [(to, 0, data) for data in given["data"]],
    "Relay.relay": lambda _, given: [(act["target"], 0, act["data"]) for act in given["acts"]],
}
"""The calls that a call contains: to, value, data; from its target and its arguments."""


def _entry(name: str, *parameters: tuple[str, str]) -> abi.Entry:
    inputs = [{"name": one, "type": kind} for one, kind in parameters]
    return {"name": name, "inputs": inputs}


_TOKEN = {
    abi.selector(entry): entry
    for entry in (
        _entry("transfer", ("to", "address"), ("amount", "uint256")),
        _entry("approve", ("to", "address"), ("amount", "uint256")),
        _entry("transferFrom", ("from", "address"), ("to", "address"), ("amount", "uint256")),
    )
}
_TOKEN_WORDS = {
    "transfer": "send {amount} of its smallest units to {to:account}",
    "approve": "let {to:account} take up to {amount} of its smallest units at any time",
    "transferFrom": "send {amount} of its smallest units of {from:account} to {to:account}",
}


def _contracts(in_force: InForce) -> dict[Address, str]:
    """Names of contracts by address: the organization's, and those that all share."""
    shared = {
        address: name
        for name, address, _ in factory.deployment()
        if name in ("MetaOrganizationFactory", "Relay")
    }
    return {**shared, **in_force.contracts}


def _trailing(extra: int) -> str:
    return f" (and {extra} more bytes that it does not read)" if extra else ""


def _named(names: Sequence[str], index: int, what: str) -> str:
    return quoted(names[index]) if index < len(names) else f"the unknown {what} {index}"


def _listed(shown: Sequence[str], count: int | None = None) -> str:
    count = len(shown) if count is None else count
    more = f" and {count - SHOWN} more" if count > SHOWN else ""
    return ", ".join(shown[:SHOWN]) + more


def _textless(parameter: abi.Entry) -> dict[str, Any]:
    """A parameter whose texts are taken as bytes, so that they can be encoded again as they are."""
    parts = [_textless(part) for part in parameter.get("components", [])]
    kind = parameter["type"].replace("string", "bytes")
    return {**parameter, "type": kind, "components": parts}


def _texts(parameters: Sequence[abi.Entry], values: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments with texts as texts; what is not UTF-8 in them is shown as escapes."""
    given = dict(values)
    for parameter in parameters:
        if parameter["type"] == "string":
            given[parameter["name"]] = values[parameter["name"]].decode(errors="backslashreplace")
        elif parameter["type"] == "tuple":
            inner = values[parameter["name"]]
            given[parameter["name"]] = _texts(parameter["components"], inner)
    return given
