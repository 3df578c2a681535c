"""What the book knows of the register: it says what happens next, `metaorg.rules` what follows."""

from collections import Counter
from collections.abc import Sequence

from pydantic import ValidationError

from metaorg.onchain.inter_constitution import Adoption
from metaorg.rules.admission import (
    Admission,
    AdmissionMethod,
    Consequence,
    Gate,
    Readoption,
    begin,
    current,
    may_lapse,
)
from metaorg.rules.membership import (
    BARRED,
    NEVER,
    Census,
    Register,
    Standing,
    Status,
    Transition,
)
from metaorg.types import ZERO_DIGEST, Address
from tests.stateful.inter_constitution import InterConstitution
from tests.stateful.refusal import No, require

PENDING = (Status.APPLIED, Status.OBJECTED)
MAX_CONSTITUENCIES = 64


class Membership:
    """Standings, seats, groups, the gate."""

    def __init__(
        self, text: InterConstitution, constituencies: int, kinds: int, readoption: Readoption
    ) -> None:
        self.text = text
        self.register = Register([])
        self.followed: list[Transition] = []
        """What happened in the register, in order: the events that it has to give."""
        self.nonces: Counter[Address] = Counter()
        self.profiles: dict[Address, bytes] = {}
        self.declared: dict[Address, Address] = {}
        self.accounts: dict[int, Address] = {}
        self.issued: Counter[int] = Counter()
        self.constituencies, self.kinds = constituencies, kinds
        self.admission = Admission(
            method=AdmissionMethod.OPEN, window=0, period=1, share=0, floor=1
        )
        self.gate = Gate(period_start=0, limit=0)
        self.readoption = readoption

    # ------------------------------------------------------------------ reads

    def standing(self, account: Address) -> Standing:
        return self.register.standings.get(account, Standing())

    def status(self, account: Address) -> Status:
        return self.standing(account).status

    def active(self) -> list[Address]:
        return self.register.active()

    def census(self, time: int) -> list[Census]:
        return self.register.census_at(time, self.constituencies)

    def group_active(self, group: int) -> int:
        return sum(self.standing(account).group == group for account in self.active())

    def pace(self, now: int) -> tuple[int, int]:
        gate = self._gate(now)
        return gate.remaining, gate.period_start + self.admission.period

    # ------------------------------------------------------------------ own acts

    def found(self, account: Address, constituency: int, profile: bytes, now: int) -> None:
        self._apply(account, constituency, 0, profile, now, now)
        self._seat(account, now)

    def apply(self, account: Address, kind: int, profile: bytes, now: int) -> None:
        self._apply(account, self._adopted(account), kind, profile, now)

    def adopt_and_apply(
        self, adoption: Adoption, sender: Address, signed: bool, kind: int, profile: bytes, now: int
    ) -> None:
        account = adoption.organization
        require(account == sender, "MembershipSenderUnexpected")
        records = dict(self.text.records)
        self.text.adopt(adoption, signed, now)
        try:
            self._apply(account, adoption.constituency, kind, profile, now)
        except No:
            self.text.records = records
            raise

    def apply_by_sig(
        self,
        account: Address,
        kind: int,
        profile: bytes,
        nonce: int,
        valid_until: int,
        signed: bool,
        now: int,
    ) -> None:
        self._require_nonce(account, nonce, valid_until, now)
        require(signed, "MembershipSignatureInvalid")
        self.apply(account, kind, profile, now)
        self.nonces[account] += 1

    def leave(self, account: Address, now: int) -> None:
        if self.status(account) in PENDING:
            self._follow(account, "Withdrawn", now)
        else:
            self._require_held(account)
            self._follow(account, "Exited", now)
            self.declared.pop(account, None)

    def move_by_sig(
        self,
        account: Address,
        to: Address,
        nonce: int,
        valid_until: int,
        signed: tuple[bool, bool],
        now: int,
    ) -> None:
        self._require_nonce(account, nonce, valid_until, now)
        require(all(signed), "MembershipSignatureInvalid")
        self.move(account, to, now)
        self.nonces[account] += 1

    def declare(self, account: Address, other: Address, now: int) -> None:
        held = self.status(account).holds and self.status(other).holds
        require(held and account != other, "MembershipAffiliationInvalid")
        if self.declared.get(other) == account:
            self.affiliate([other, account], now)
            self.declared.pop(other, None)
        else:
            self.declared[account] = other

    def change_profile(self, account: Address, profile: bytes) -> None:
        self._require_active(account)
        require(profile != ZERO_DIGEST, "MembershipProfileMissing")
        self.profiles[account] = profile

    # ------------------------------------------------------------------ admission

    def object(self, member: Address, account: Address, now: int) -> None:
        self._require_active(member)
        self._require_status(account, Status.APPLIED)
        require(now < self.standing(account).admissible_at, "MembershipObjectionClosed")
        self._follow(account, "Objected", now)

    def admit(self, account: Address, now: int) -> None:
        self._require_status(account, Status.APPLIED)
        standing = self.standing(account)
        require(standing.admissible_at < BARRED, "MembershipDecisionRequired")
        require(now >= standing.admissible_at, "MembershipObjectionOpen")
        self._require_adopted(account, standing.constituency)
        gate = self._gate(now)
        require(gate.remaining > 0, "MembershipPaceExhausted")
        self.gate = gate.model_copy(update={"admitted": gate.admitted + 1})
        self._seat(account, now)

    def decide(self, account: Address, admitted: bool, now: int) -> None:
        standing = self.standing(account)
        require(standing.status in PENDING, "MembershipStatusUnexpected")
        if admitted:
            self._require_adopted(account, standing.constituency)
            self._seat(account, now)
        else:
            self._follow(account, "Refused", now)

    # ------------------------------------------------------------------ seats

    def lapse(self, account: Address, now: int) -> None:
        self._require_status(account, Status.ACTIVE)
        adopted = bool(self.text.record(account).recorded_at)
        late = may_lapse(self.readoption, adopted, self.text.since, now)
        require(late, "MembershipLapseUnavailable")
        ends = self.readoption.consequence == Consequence.EXITED
        self._follow(account, "Exited" if ends else "Lapsed", now)
        if ends:
            self.declared.pop(account, None)

    def resume(self, account: Address, now: int) -> None:
        self._require_status(account, Status.LAPSED)
        self._adopted(account)
        self._follow(account, "Resumed", now)

    def suspend(self, account: Address, now: int) -> None:
        self._require_status(account, Status.ACTIVE)
        self._follow(account, "Suspended", now)

    def reinstate(self, account: Address, now: int) -> None:
        self._require_status(account, Status.SUSPENDED)
        self._follow(account, "Reinstated", now)

    def expel(self, account: Address, now: int) -> None:
        self._require_held(account)
        self._follow(account, "Expelled", now)
        self.declared.pop(account, None)

    def move(self, account: Address, to: Address, now: int) -> None:
        self._require_held(account)
        fresh = self.standing(to)
        unused = fresh.status == Status.NONE and not fresh.seat
        require(unused, "MembershipAccountUsed")
        standing = self.standing(account)
        self._require_adopted(to, standing.constituency)
        self._follow(account, "Moved", now, to=to)
        self.accounts[standing.seat] = to
        self.profiles[to] = self.profiles.pop(account)
        self.declared.pop(account, None)

    def change_constituency(self, account: Address, now: int) -> None:
        self._require_held(account)
        adopted, standing = self._adopted(account), self.standing(account)
        require(adopted < self.constituencies, "MembershipConstituencyUnknown")
        require(adopted != standing.constituency, "MembershipConstituencyUnchanged")
        ordinal = standing.ordinal if standing.group else self._next_ordinal(adopted)
        self._follow(account, "ConstituencyChanged", now, constituency=adopted, ordinal=ordinal)

    def affiliate(self, accounts: Sequence[Address], now: int) -> None:
        require(len(accounts) > 1, "MembershipAffiliationInvalid")
        group = 0
        for index, account in enumerate(accounts):
            self._require_held(account)
            require(not index or account != accounts[0], "MembershipAffiliationInvalid")
            own = self.standing(account).group
            require(not (group and own) or own == group, "MembershipAffiliationInvalid")
            group = group or own
        if group:
            place = self.register.groups[group]
        else:
            votes_in = self.standing(accounts[0]).votes_in
            group, place = len(self.register.groups) + 1, (votes_in, self._next_ordinal(votes_in))
        for account in accounts:
            if self.standing(account).group != group:
                self._follow(
                    account, "Affiliated", now, group=group, constituency=place[0], ordinal=place[1]
                )
                self.declared.pop(account, None)

    def separate(self, account: Address, now: int) -> None:
        standing = self.standing(account)
        require(standing.group, "MembershipNotAffiliated")
        self._require_held(account)
        self._follow(
            account,
            "Separated",
            now,
            constituency=standing.constituency,
            ordinal=self._next_ordinal(standing.constituency),
        )

    # ------------------------------------------------------------------ rules

    def set_admission(
        self, method: int, window: int, period: int, share: int, floor: int, now: int
    ) -> None:
        try:
            rule = Admission(
                method=AdmissionMethod(method),
                window=window,
                period=period,
                share=share,
                floor=floor,
            )
        except ValidationError:
            raise No("MembershipAdmissionInvalid") from None
        self.admission, self.gate = rule, begin(rule, len(self.active()), now)

    def add_constituency(self, name: bytes) -> None:
        room = any(name) and self.constituencies < MAX_CONSTITUENCIES
        require(room, "MembershipNameInvalid")
        self.constituencies += 1

    def add_kind(self, name: bytes) -> None:
        require(any(name) and self.kinds < 255, "MembershipNameInvalid")
        self.kinds += 1

    # ------------------------------------------------------------------ helpers

    def _apply(
        self,
        account: Address,
        constituency: int,
        kind: int,
        profile: bytes,
        now: int,
        admissible_at: int | None = None,
    ) -> None:
        outside = self.status(account) in (Status.NONE, Status.EXITED, Status.BARRED)
        require(outside, "MembershipStatusUnexpected")
        require(constituency < self.constituencies, "MembershipConstituencyUnknown")
        require(kind < self.kinds, "MembershipKindUnknown")
        require(profile != ZERO_DIGEST, "MembershipProfileMissing")
        if admissible_at is None:
            decided = self.admission.method == AdmissionMethod.DECISION
            admissible_at = NEVER if decided else now + self.admission.window
        if self.status(account) == Status.BARRED:
            admissible_at = BARRED
        self._follow(
            account,
            "Applied",
            now,
            constituency=constituency,
            kind=kind,
            admissible_at=admissible_at,
        )
        self.profiles[account] = profile

    def _seat(self, account: Address, now: int) -> None:
        standing = self.standing(account)
        seat = standing.seat or self.register.seats + 1
        at = standing.constituency
        ordinal = standing.ordinal if standing.group else self._next_ordinal(at)
        self._follow(
            account,
            "Admitted",
            now,
            seat=seat,
            constituency=at,
            kind=standing.kind,
            ordinal=ordinal,
        )
        self.accounts[seat] = account

    def _follow(self, account: Address, name: str, now: int, **more: object) -> None:
        seat = self.standing(account).seat
        known = {"time": now, "name": name, "organization": account, "seat": seat}
        transition = Transition.model_validate(known | more)
        self.register.follow(transition)
        self.followed.append(transition)

    def _next_ordinal(self, constituency: int) -> int:
        self.issued[constituency] += 1
        return self.issued[constituency] - 1

    def _gate(self, now: int) -> Gate:
        return current(self.gate, self.admission, len(self.active()), now)

    def _adopted(self, account: Address) -> int:
        return self.text.in_force(account).constituency

    def _require_adopted(self, account: Address, constituency: int) -> None:
        require(self._adopted(account) == constituency, "MembershipConstituencyMismatch")

    def _require_nonce(self, account: Address, nonce: int, valid_until: int, now: int) -> None:
        require(valid_until >= now, "MembershipSignatureExpired")
        require(nonce == self.nonces[account], "MembershipNonceMismatch")

    def _require_active(self, account: Address) -> None:
        require(self.status(account) == Status.ACTIVE, "MembershipSeatRequired")

    def _require_status(self, account: Address, expected: Status) -> None:
        require(self.status(account) == expected, "MembershipStatusUnexpected")

    def _require_held(self, account: Address) -> None:
        require(self.status(account).holds, "MembershipStatusUnexpected")
