"""The register: who applies, who holds a seat."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from metaorg.charter import encode
from metaorg.errors import InvalidInput, MetaorgError, Refused, Unreachable
from metaorg.onchain import acts
from metaorg.onchain import membership as onchain_membership
from metaorg.onchain.acts import SignedAct
from metaorg.onchain.chain import Reading
from metaorg.onchain.inter_constitution import SignedAdoption
from metaorg.onchain.membership import Application, Move
from metaorg.organization.constitution import SIGNATURE_DAYS
from metaorg.organization.delivery import Errand
from metaorg.organization.documents import because, with_documents
from metaorg.organization.members import (
    Joining,
    MemberDetails,
    MemberView,
    Partner,
    Step,
    Turn,
)
from metaorg.records import Pledge, Profile, made
from metaorg.rules.admission import Admission, AdmissionMethod, pace_limit
from metaorg.rules.membership import Status
from metaorg.types import Address, Call, Cid, Event

if TYPE_CHECKING:
    from metaorg.organization.facade import MetaOrganization


class Membership:
    """The register: who applies, who holds a seat."""

    def __init__(self, organization: "MetaOrganization") -> None:
        self._org = organization
        self.contract = onchain_membership.Membership(organization.modules.membership)

    def constituencies(self, reading: Reading | None = None) -> list[str]:
        return self.contract.constituencies(self._org.at(reading))

    def kinds(self, reading: Reading | None = None) -> list[str]:
        return self.contract.kinds(self._org.at(reading))

    def constituency(self, name: str, reading: Reading | None = None) -> int:
        return _index(self.constituencies(reading), name, "constituency", "constituencies")

    def kind(self, name: str, reading: Reading | None = None) -> int:
        return _index(self.kinds(reading), name, "kind of organization", "kinds")

    def admission(self, reading: Reading | None = None) -> Admission:
        return self.contract.admission(self._org.at(reading))

    def pace(self, reading: Reading | None = None) -> tuple[int, int]:
        """How many more can be admitted without a decision, and when the next period begins."""
        return self.contract.pace(self._org.at(reading))

    def show(self, account: Address, reading: Reading | None = None) -> MemberView:
        return self.views([account], self._org.at(reading))[0]

    def details(self, account: Address, reading: Reading | None = None) -> MemberDetails:
        """An organization with what led to its standing, from the events."""
        reading = self._org.at(reading)
        view = self.show(account, reading)
        events = [
            event
            for event in self._org.events(self.contract.address, _STEPS, reading)
            if event.arguments.get("organization") == account
        ]
        applied = max((i for i, event in enumerate(events) if event.name == "Applied"), default=0)
        objections = [event for event in events[applied:] if event.name == "Objected"]
        because = [event for event in events if event.name in _ENDS.get(view.standing.status, ())]
        return MemberDetails(
            **dict(view),
            objections=tuple(self._step(event, reading) for event in objections),
            because=self._step(because[-1], reading) if because else None,
            shares_vote_with=self._partners(view, reading),
            declared=self.contract.declared_by(reading, account),
            adopted=self._adopted(account, reading),
            **self._grace(view, reading),
        )

    def all(self, reading: Reading | None = None) -> list[MemberView]:
        """Everyone who ever applied or took over a seat, in that order."""
        reading = self._org.at(reading)
        events = self._org.events(self.contract.address, ["Applied", "Moved"], reading)
        accounts = dict.fromkeys(
            event.arguments["to" if event.name == "Moved" else "organization"] for event in events
        )
        return self.views([*accounts], reading)

    def views(self, accounts: Sequence[Address], reading: Reading) -> list[MemberView]:
        """Register entries; a profile that cannot be read gives no name."""
        constituencies, kinds = self.constituencies(reading), self.kinds(reading)
        standings = self.contract.standings_of(reading, accounts)
        profiles = self.contract.profiles_of(reading, accounts)
        version = self._org.constitution.version(reading).number
        adopted = self._org.constitution.contract.adoptions_of(reading, list(accounts), version)
        return [
            MemberView(
                account=account,
                standing=standing,
                constituency=constituencies[standing.constituency] if profile else "",
                kind=kinds[standing.kind] if profile else "",
                profile=profile,
                name=self.name(profile),
                behind=standing.status.holds and not record.recorded_at,
            )
            for account, standing, profile, record in zip(
                accounts, standings, profiles, adopted, strict=True
            )
        ]

    def profiles(self, accounts: Sequence[Address], reading: Reading) -> list[Profile | None]:
        """The profile of each; None when there is none or it cannot be read."""
        cids = self.contract.profiles_of(reading, accounts)
        return [self._profile(cid) for cid in cids]

    def nodes(self, reading: Reading | None = None) -> list[str]:
        """The addresses at which active members serve the commons, as their profiles name them.

        Where a profile cannot be read, the newest that can: it may name the node that has the rest.
        """
        reading = self._org.at(reading)
        accounts = self.contract.accounts(reading)
        standings = self.contract.standings_of(reading, accounts)
        active = {a for a, standing in zip(accounts, standings, strict=True) if standing.active}
        found: dict[Address, Profile] = {}
        events = self._org.events(self.contract.address, ["Applied", "ProfileChanged"], reading)
        for event in reversed(events):
            account = event.arguments["organization"]
            profile = self._profile(Cid(digest=event.arguments["profile"]))
            if account in active and account not in found and profile:
                found[account] = profile
        return [*dict.fromkeys(one.node for one in found.values() if one.node)]

    def name(self, profile: Cid | None) -> str | None:
        """The name in a profile; None when there is none or it cannot be read."""
        found = self._profile(profile)
        return found.name if found else None

    def apply(self, kind: str, profile: Profile, kinds: Sequence[str] = ()) -> Call:
        """Apply for a seat, in the constituency that the adoption names.

        Args:
            kinds: the register's kinds, when they were read before; saves a read for each of many.
        """
        block = encode(profile)
        kind_index = _index(kinds or self.kinds(), kind, "kind of organization", "kinds")
        return with_documents(self.contract.apply(kind_index, Cid.of(block)), block)

    def join(
        self, kind: str, profile: Profile, constituency: str, pledge: Pledge | None
    ) -> Joining:
        """What the signer still has to do to join, by what is on chain; nothing with a seat."""
        reading, account = self._org.at(None), self._org.signer.address
        status = self.contract.standing_of(reading, account).status
        if status == Status.OBJECTED or status.holds:
            return Joining(adoption=None, pledge=None, application=None, calls=())
        applied = status == Status.APPLIED
        opened = self.admission(reading).method == AdmissionMethod.OPEN
        adoption = self._org.constitution.adoption(account, constituency, pledge, reading=reading)
        record = self._org.constitution.adoption_of(account, reading)
        same = applied or record.constituency == adoption.constituency
        return Joining(
            adoption=None if record.recorded_at and same else adoption,
            pledge=pledge,
            application=None if applied else (self.kind(kind, reading), profile),
            calls=(self.admit(account),) if opened else (),
        )

    def joining(self, left: Joining) -> list[Call]:
        """The calls that are left to join, once the text in force is adopted."""
        if left.application is None:
            return [*left.calls]
        kind, profile = left.application
        block = encode(profile)
        return [with_documents(self.contract.apply(kind, Cid.of(block)), block), *left.calls]

    def adopting(self, left: Joining, signed: SignedAdoption) -> Call:
        """The call that records the adoption of somebody who joins, with the application if due."""
        if left.application is None:
            return self._org.constitution.adopt(signed, left.pledge)
        kind, profile = left.application
        return self._adopt_and_apply(signed, left.pledge, kind, profile)

    def to_sign(self, left: Joining) -> list[SignedAct]:
        """The acts that whoever joins signs, for somebody else to send.

        Raises:
            Refused: the application is made already.
        """
        reading, account = self._org.at(None), self._org.signer.address
        if left.application is None:
            raise Refused(f"{account} has applied already, or holds a seat; nothing was signed.")
        kind, profile = left.application
        block = encode(profile)
        message = {
            "organization": account,
            "kind": kind,
            "profile": Cid.of(block).digest,
            "nonce": self.contract.standing_of(reading, account).nonce,
            "validUntil": reading.block.time + SIGNATURE_DAYS * 86_400,
        }
        application = self._act("Application", message, block)
        if left.adoption is None:
            return [application]
        return [self._org.constitution.act(left.adoption, left.pledge), application]

    def applications(
        self, files: Sequence[Sequence[SignedAct]], reading: Reading | None = None
    ) -> list[Errand]:
        """Applications that others signed, one in each file, as errands to try and deliver."""
        reading = self._org.at(reading)
        return [self._errand(self._application, file, reading) for file in files]

    def moves(
        self, files: Sequence[Sequence[SignedAct]], reading: Reading | None = None
    ) -> list[Errand]:
        """Changes of account that both accounts signed, as errands to try and deliver."""
        reading = self._org.at(reading)
        return [self._errand(self._moved, file, reading) for file in files]

    def to_move(
        self, to: Address, pledge: Pledge | None = None, before: Sequence[SignedAct] = ()
    ) -> list[SignedAct]:
        """What the signer signs to give its seat to `to`, or as `to`, to take it over.

        Args:
            before: what the other account has signed.

        Returns:
            The change of account; with it, for a new account that has not, the adoption of the text
            in force in the seat's constituency, with this pledge or that of the old account.

        Raises:
            Refused: the signer holds no seat, the new account had a place of its own, or it is not
                the signer's turn.
            InvalidInput: `before` is something else.
        """
        reading, me = self._org.at(None), self._org.signer.address
        move = _move_in(before) if before else None
        if move is None:
            message = self._move_of(me, to, reading)
        else:
            message = dict(move.message)
            acts.addressed(move, self.contract.address, "Move")
            _require_turn(before, message, me, to)
        signed = [self._act("Move", message, account=me)]
        if me != to:
            return signed
        adoption = self._adoption_of_mover(message["from"], to, pledge, reading)
        return signed + ([adoption] if adoption else [])

    def turn(self, now: int, reading: Reading | None = None) -> Turn:
        """Applications whose window is over at `now`, in order of application, and the pace.

        Those that would need a new adoption first, or another one, are left out.
        """
        reading = self._org.at(reading)
        events = self._org.events(self.contract.address, ["Applied"], reading)
        accounts = [*dict.fromkeys(event.arguments["organization"] for event in events)]
        version = self._org.constitution.version(reading).number
        records = self._org.constitution.contract.adoptions_of(reading, accounts, version)
        standings = self.contract.standings_of(reading, accounts)
        remaining, next_period = self.pace(reading)
        if now >= next_period:
            active = self.contract.active_seats(reading)
            remaining = pace_limit(self.admission(reading), active)
        due = tuple(
            account
            for account, standing, record in zip(accounts, standings, records, strict=True)
            if standing.status == Status.APPLIED and standing.admissible_at <= now
            if record.recorded_at and record.constituency == standing.constituency
        )
        return Turn(due=due, remaining=remaining, next_period=next_period)

    def object(self, organization: Address, reason: str) -> Call:
        return because(self.contract.object, organization, reason=reason)

    def admit(self, organization: Address) -> Call:
        return self.contract.admit(organization)

    def decide(self, organization: Address, admitted: bool, reason: str) -> Call:
        """Admit or refuse an applicant by decision."""
        return because(self.contract.decide, organization, admitted, reason=reason)

    def suspend(self, organization: Address, reason: str) -> Call:
        return because(self.contract.suspend, organization, reason=reason)

    def reinstate(self, organization: Address, reason: str) -> Call:
        return because(self.contract.reinstate, organization, reason=reason)

    def expel(self, organization: Address, reason: str) -> Call:
        return because(self.contract.expel, organization, reason=reason)

    def change_constituency(self, organization: Address, reason: str) -> Call:
        """Agree that an organization changes to the constituency of its adoption in force."""
        return because(self.contract.change_constituency, organization, reason=reason)

    def move_by_decision(self, from_: Address, to: Address, reason: str) -> Call:
        return because(self.contract.move_by_decision, from_, to, reason=reason)

    def affiliate(self, organizations: Sequence[Address], reason: str) -> Call:
        """Let organizations under one control share one vote.

        Raises:
            InvalidInput: they are fewer than two, or one stands there twice.
        """
        if len(set(organizations)) != len(organizations) or len(organizations) < 2:
            raise InvalidInput("an affiliation is between two or more different organizations")
        return because(self.contract.affiliate, list(organizations), reason=reason)

    def separate(self, organization: Address, reason: str) -> Call:
        return because(self.contract.separate, organization, reason=reason)

    def declare_affiliation(self, other: Address) -> Call:
        return self.contract.declare_affiliation(other)

    def lapse(self, organization: Address) -> Call:
        return self.contract.lapse(organization)

    def resume(self, organization: Address) -> Call:
        return self.contract.resume(organization)

    def leave(self, reason: str) -> Call:
        return because(self.contract.leave, reason=reason)

    def change_profile(self, profile: Profile) -> Call:
        block = encode(profile)
        return with_documents(self.contract.change_profile(Cid.of(block)), block)

    def changed_profile(self, **fields: str) -> Profile:
        """The signer's profile with other values in some fields.

        Raises:
            Refused: it has none. Unreachable: it cannot be read: unknown, not empty.
        """
        reading, account = self._org.at(None), self._org.signer.address
        [cid] = self.contract.profiles_of(reading, [account])
        if cid is None:
            raise Refused(f"{account} has no profile yet: give all of it")
        return made(Profile, **(self._org.document(cid) | fields))

    def set_admission(self, admission: Admission) -> Call:
        return self.contract.set_admission(admission)

    def _adopt_and_apply(
        self, signed: SignedAdoption, pledge: Pledge | None, kind: int, profile: Profile
    ) -> Call:
        block = encode(profile)
        call = self.contract.adopt_and_apply(signed, kind, Cid.of(block))
        return with_documents(call, *([encode(pledge)] if pledge else []), block)

    def _act(
        self, kind: str, message: Mapping[str, Any], *blocks: bytes, account: Address | None = None
    ) -> SignedAct:
        return SignedAct(
            kind=kind,
            chain_id=self._org.chain.id,
            contract=self.contract.address,
            message=message,
            documents=blocks,
            account=account,
        )

    # ------------------------------------------------------------------ acts that others signed

    def _errand(
        self,
        understand: Callable[[Sequence[SignedAct], Reading, dict[str, Any]], list[Call] | str],
        file: Sequence[SignedAct],
        reading: Reading,
    ) -> Errand:
        """What one file asks for: the calls, or in a word that they were made before."""
        about: dict[str, Any] = {}
        try:
            found = understand(file, reading, about)
        except Unreachable:
            raise
        except MetaorgError as error:
            return Errand(about=about).refused(error)
        if isinstance(found, str):
            return Errand(about=about, outcome=found)
        return Errand(about=about, calls=tuple(found))

    def _application(
        self, file: Sequence[SignedAct], reading: Reading, about: dict[str, Any]
    ) -> list[Call] | str:
        act = next((one for one in file if one.kind == "Application"), file[-1])
        acts.addressed(act, self.contract.address, "Application")
        about["organization"] = act.signer
        adoptions = [one for one in file if one is not act]
        standing = self.contract.standing_of(reading, act.signer)
        there = standing.status in (Status.APPLIED, Status.OBJECTED) or standing.status.holds
        if there and standing.nonce > act.message["nonce"]:
            return "applied already"
        calls = self._adopting(adoptions, act.signer, reading)
        application = Application(
            **dict(zip(Application.model_fields, act.message.values(), strict=True))
        )
        signature = acts.verified(reading, act)
        acts.in_order(act, standing.nonce)
        acts.in_time(act, reading.block.time)
        call = self.contract.apply_signed(application, signature)
        calls.append(with_documents(call, *act.documents))
        opened = self.admission(reading).method == AdmissionMethod.OPEN
        return [*calls, self.admit(act.signer)] if opened else calls

    def _moved(
        self, file: Sequence[SignedAct], reading: Reading, about: dict[str, Any]
    ) -> list[Call] | str:
        act = _move_in(file)
        acts.addressed(act, self.contract.address, "Move")
        move = Move(**dict(zip(Move.model_fields, act.message.values(), strict=True)))
        about |= {"from": move.from_, "to": move.to}
        standings = self.contract.standings_of(reading, [move.from_, move.to])
        if standings[1].status.holds and not standings[0].status.holds:
            return "moved already"
        signed = {one.signer: one for one in file if one.kind == "Move"}
        for account in (move.from_, move.to):
            if account not in signed:
                raise Refused(
                    f"the signature of {account} is missing: `metaorg membership move {move.to} "
                    "--sign-only` with the same file"
                )
        signatures = [acts.verified(reading, signed[one]) for one in (move.from_, move.to)]
        acts.in_order(act, standings[0].nonce)
        acts.in_time(act, reading.block.time)
        adoptions = [one for one in file if one.kind != "Move"]
        calls = self._adopting(adoptions, move.to, reading)
        return [*calls, self.contract.move(move, *signatures)]

    def _adopting(
        self, adoptions: Sequence[SignedAct], account: Address, reading: Reading
    ) -> list[Call]:
        """The call that records the adoption that goes along, unless there is none to record."""
        if not adoptions:
            return []
        act = acts.only(adoptions)
        adoption = self._org.constitution.adoption_in(act)
        if adoption.organization != account:
            raise InvalidInput(f"the adoption is one of {adoption.organization}, not of {account}")
        if self._org.constitution.recorded(adoption, reading):
            return []
        acts.in_time(act, reading.block.time)
        return [self._org.constitution.relay(act, reading)]

    def _move_of(self, from_: Address, to: Address, reading: Reading) -> dict[str, Any]:
        """What both accounts sign."""
        held, fresh = self.contract.standings_of(reading, [from_, to])
        if not held.status.holds:
            raise Refused(
                f"{from_} holds no seat that it could give away; whoever takes a seat over signs "
                "after the account that holds it, in the same file"
            )
        if fresh.status != Status.NONE or fresh.seat:
            raise Refused(f"{to} has a place in the register of its own; use a fresh one")
        return {
            "from": from_,
            "to": to,
            "nonce": held.nonce,
            "validUntil": reading.block.time + SIGNATURE_DAYS * 86_400,
        }

    def _adoption_of_mover(
        self, from_: Address, to: Address, pledge: Pledge | None, reading: Reading
    ) -> SignedAct | None:
        """The adoption that the new account of a seat has to sign; None when it is recorded."""
        constitution = self._org.constitution
        index = self.contract.standing_of(reading, from_).constituency
        record = constitution.adoption_of(to, reading)
        if record.recorded_at and record.constituency == index:
            return None
        kept = constitution.adoption_of(from_, reading).pledge
        if pledge is None and any(kept):
            pledge = made(Pledge, **self._org.document(Cid(digest=kept)))
        constituency = self.constituencies(reading)[index]
        adoption = constitution.adoption(to, constituency, pledge, reading=reading)
        return constitution.act(adoption, pledge)

    # ------------------------------------------------------------------ what led to a standing

    def _step(self, event: Event, reading: Reading) -> Step:
        by = event.arguments.get("member")
        digest = event.arguments.get("reason", b"")
        reason = Cid(digest=digest) if any(digest) else None
        return Step(
            name=event.name,
            time=self._org.chain.at(event.block).block.time,
            by=by,
            by_name=self.show(by, reading).name if by else None,
            reason=reason,
            text=self._org.reason(reason),
        )

    def _profile(self, cid: Cid | None) -> Profile | None:
        try:
            return Profile(**self._org.document(cid)) if cid else None
        except (Unreachable, InvalidInput, ValueError, TypeError):
            return None

    def _partners(self, view: MemberView, reading: Reading) -> tuple[Partner, ...]:
        if not view.standing.group:
            return ()
        return tuple(
            Partner(account=one.account, name=one.name)
            for one in self.all(reading)
            if one.standing.group == view.standing.group and one.account != view.account
        )

    def _adopted(self, account: Address, reading: Reading) -> int | None:
        """The latest version that an account has adopted."""
        contract = self._org.constitution.contract
        latest = self._org.constitution.version(reading).number
        for number in range(latest, 0, -1):
            if contract.adoption_of(reading, account, number).recorded_at:
                return number
        return None

    def _grace(self, view: MemberView, reading: Reading) -> dict[str, Any]:
        if not view.behind:
            return {}
        rule = self.contract.readoption(reading)
        since = self._org.constitution.version(reading).since
        return {"grace_end": since + rule.grace, "consequence": rule.consequence}


_ENDS = {
    Status.SUSPENDED: ("Suspended",),
    Status.LAPSED: ("Lapsed",),
    Status.EXITED: ("Exited",),
    Status.BARRED: ("Exited", "Expelled"),
}
"""The events that begin a standing without a vote."""
_STEPS = ["Applied", "Objected", *(name for names in _ENDS.values() for name in names)]


def _move_in(file: Sequence[SignedAct]) -> SignedAct:
    """The change of account of a file.

    Raises:
        InvalidInput: it holds none, or two different ones.
    """
    moves = [act for act in file if act.kind == "Move"]
    if not moves or any(act.message != moves[0].message for act in moves):
        raise InvalidInput("the file does not hold one change of account, as --sign-only writes it")
    return moves[0]


def _require_turn(
    before: Sequence[SignedAct], message: Mapping[str, Any], me: Address, to: Address
) -> None:
    if message["to"] != to:
        raise InvalidInput(f"the file gives the seat to {message['to']}, not to {to}")
    if me not in (message["from"], message["to"]):
        raise Refused(f"{me} is neither of the two accounts that sign this change of account")
    if any(act.signer == me for act in before):
        raise Refused(f"{me} has signed this file already")


def _index(names: Sequence[str], name: str, one: str, many: str) -> int:
    if name not in names:
        raise InvalidInput(f"{name!r} is not a {one}; the {many} are {', '.join(names)}")
    return names.index(name)
