"""The register: who applies, who holds a seat."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from metaorg.charter import encode
from metaorg.errors import InvalidInput, Unreachable
from metaorg.onchain import membership as onchain_membership
from metaorg.onchain.chain import Reading
from metaorg.onchain.inter_constitution import Adoption, SignedAdoption
from metaorg.organization.documents import with_documents
from metaorg.records import Pledge, Profile, Reason, made
from metaorg.rules.admission import Admission, AdmissionMethod, pace_limit
from metaorg.rules.membership import Standing, Status
from metaorg.types import Address, Call, Cid, Model

if TYPE_CHECKING:
    from metaorg.organization.facade import MetaOrganization


class MemberView(Model):
    """An organization as the register shows it. `name` is None when its profile cannot be read."""

    account: Address
    standing: Standing
    constituency: str
    kind: str
    profile: Cid | None
    name: str | None = None


class Joining(Model):
    """What is left to do to join: an adoption to sign, if there is none in force, and calls."""

    adoption: Adoption | None
    calls: tuple[Call, ...]


class Turn(Model):
    """Applications that anyone may finish, and how many of them the pace allows before when."""

    due: tuple[Address, ...]
    remaining: int
    next_period: int


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

    def all(self, reading: Reading | None = None) -> list[MemberView]:
        """Everyone who ever applied, in order of the first application or seat."""
        reading = self._org.at(reading)
        events = self._org.events(self.contract.address, ["Applied"], reading)
        accounts = dict.fromkeys(event.arguments["organization"] for event in events)
        return self.views([*accounts], reading)

    def views(self, accounts: Sequence[Address], reading: Reading) -> list[MemberView]:
        """Register entries; a profile that cannot be read gives no name."""
        constituencies, kinds = self.constituencies(reading), self.kinds(reading)
        standings = self.contract.standings_of(reading, accounts)
        profiles = self.contract.profiles_of(reading, accounts)
        return [
            MemberView(
                account=account,
                standing=standing,
                constituency=constituencies[standing.constituency] if profile else "",
                kind=kinds[standing.kind] if profile else "",
                profile=profile,
                name=self.name(profile),
            )
            for account, standing, profile in zip(accounts, standings, profiles, strict=True)
        ]

    def name(self, profile: Cid | None) -> str | None:
        """The name in a profile; None when there is none or it cannot be read."""
        try:
            return Profile(**self._org.document(profile)).name if profile else None
        except (Unreachable, InvalidInput, ValueError, TypeError):
            return None

    def apply(self, kind: str, profile: Profile, kinds: Sequence[str] = ()) -> Call:
        """Apply for a seat, in the constituency that the adoption names.

        Args:
            kinds: the register's kinds, when they were read before; saves a read for each of many.
        """
        block = encode(profile)
        kind_index = _index(kinds or self.kinds(), kind, "kind of organization", "kinds")
        return with_documents(self.contract.apply(kind_index, Cid.of(block)), block)

    def adopt_and_apply(
        self, signed: SignedAdoption, pledge: Pledge | None, kind: str, profile: Profile
    ) -> Call:
        """Adopt and apply in one transaction of the organization itself."""
        block = encode(profile)
        call = self.contract.adopt_and_apply(signed, self.kind(kind), Cid.of(block))
        return with_documents(call, *([encode(pledge)] if pledge else []), block)

    def join(
        self, kind: str, profile: Profile, constituency: str, pledge: Pledge | None
    ) -> Joining:
        """What the signer still has to do to join, by what is on chain; nothing with a seat."""
        reading, account = self._org.at(None), self._org.signer.address
        status = self.contract.standing_of(reading, account).status
        if status in (Status.OBJECTED, Status.ACTIVE, Status.SUSPENDED):
            return Joining(adoption=None, calls=())
        calls: list[Call] = [] if status == Status.APPLIED else [self.apply(kind, profile)]
        if self.admission(reading).method == AdmissionMethod.OPEN:
            calls.append(self.admit(account))
        adoption = self._org.constitution.adoption(account, constituency, pledge, reading=reading)
        record = self._org.constitution.adoption_of(account, reading)
        same = status == Status.APPLIED or record.constituency == adoption.constituency
        needed = None if record.recorded_at and same else adoption
        return Joining(adoption=needed, calls=tuple(calls))

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
        block = encode(made(Reason, text=reason))
        return with_documents(self.contract.object(organization, Cid.of(block)), block)

    def admit(self, organization: Address) -> Call:
        return self.contract.admit(organization)

    def decide(self, organization: Address, admitted: bool, reason: str) -> Call:
        """Admit or refuse an applicant by decision."""
        block = encode(made(Reason, text=reason))
        return with_documents(self.contract.decide(organization, admitted, Cid.of(block)), block)

    def leave(self, reason: str) -> Call:
        block = encode(made(Reason, text=reason))
        return with_documents(self.contract.leave(Cid.of(block)), block)

    def change_profile(self, profile: Profile) -> Call:
        block = encode(profile)
        return with_documents(self.contract.change_profile(Cid.of(block)), block)

    def set_admission(self, admission: Admission) -> Call:
        return self.contract.set_admission(admission)


def _index(names: Sequence[str], name: str, one: str, many: str) -> int:
    if name not in names:
        raise InvalidInput(f"{name!r} is not a {one}; the {many} are {', '.join(names)}")
    return names.index(name)
