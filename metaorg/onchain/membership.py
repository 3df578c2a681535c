"""Client of `Membership`, the register of seats."""

from collections.abc import Mapping, Sequence
from typing import Any

from metaorg.onchain.chain import Reading
from metaorg.onchain.contract import Contract, padded, unpadded
from metaorg.onchain.inter_constitution import SignedAdoption
from metaorg.rules.admission import Admission, Readoption
from metaorg.rules.membership import Census, Standing, Status
from metaorg.times import duration
from metaorg.types import Address, Call, Cid, Digest, Model


class Application(Model):
    """What an applicant signs, for somebody else to send. `valid_until` is Unix seconds."""

    organization: Address
    kind: int
    profile: Digest
    nonce: int
    valid_until: int


class Move(Model):
    """A change of account, which both accounts sign. `valid_until` is Unix seconds."""

    from_: Address
    to: Address
    nonce: int
    valid_until: int


class Membership(Contract):
    """Reads and writes of one register."""

    name = "Membership"

    def constituencies(self, reading: Reading) -> list[str]:
        return [unpadded(name) for name in self.read(reading, "constituencies")]

    def kinds(self, reading: Reading) -> list[str]:
        return [unpadded(name) for name in self.read(reading, "kinds")]

    def admission(self, reading: Reading) -> Admission:
        return Admission(**self.read(reading, "admission"))

    def readoption(self, reading: Reading) -> Readoption:
        """What follows an amendment."""
        return Readoption(**self.read(reading, "readoption"))

    def pace(self, reading: Reading) -> tuple[int, int]:
        """How many more can be admitted without a decision, and when the next period begins."""
        found = self.read(reading, "pace")
        return found["remaining"], found["nextPeriod"]

    def standing_of(self, reading: Reading, organization: Address) -> Standing:
        return self.standings_of(reading, [organization])[0]

    def standings_of(self, reading: Reading, organizations: Sequence[Address]) -> list[Standing]:
        """`standing_of` for many, in batches."""
        found = self.reads(reading, [("standingOf", (one,)) for one in organizations])
        return [standing_of_raw(raw) for raw in found]

    def profiles_of(self, reading: Reading, organizations: Sequence[Address]) -> list[Cid | None]:
        found = self.reads(reading, [("profileOf", (one,)) for one in organizations])
        return [Cid(digest=digest) if any(digest) else None for digest in found]

    def seats(self, reading: Reading) -> int:
        """How many seat numbers have been given out."""
        return int(self.read(reading, "seats"))

    def active_seats(self, reading: Reading) -> int:
        return int(self.read(reading, "activeSeats"))

    def accounts(self, reading: Reading) -> list[Address]:
        """The accounts of seats 1, 2, 3 ..."""
        numbers = range(1, self.seats(reading) + 1)
        return self.reads(reading, [("accountOf", (number,)) for number in numbers])

    def declared_by(self, reading: Reading, organization: Address) -> Address | None:
        """Of whom an organization has declared last to be under one control with; None for none."""
        found = str(self.read(reading, "declaredBy", organization))
        return found if int(found, 16) else None

    def census_at(self, reading: Reading, time: int) -> list[Census]:
        return [Census(**found) for found in self.read(reading, "censusAt", time)]

    def apply(self, kind: int, profile: Cid) -> Call:
        says = f"apply for a seat with profile {profile}"
        return self.call("applyForSeat", kind, profile.digest, says=says)

    def adopt_and_apply(self, signed: SignedAdoption, kind: int, profile: Cid) -> Call:
        """Adopt and apply in one transaction of the organization itself."""
        version = signed.adoption.version
        return self.call(
            "adoptAndApply",
            signed.adoption.arguments(),
            signed.signature,
            kind,
            profile.digest,
            says=f"adopt version {version} of the text and apply for a seat with profile {profile}",
        )

    def apply_signed(self, application: Application, signature: bytes) -> Call:
        """Apply as the organization signed; anyone may send it."""
        values = tuple(application.model_dump().values())
        says = f"apply for a seat as {application.organization}, which signed it"
        return self.call("applyBySig", values, signature, says=says)

    def move(self, move: Move, from_signature: bytes, to_signature: bytes) -> Call:
        """Give a seat to another account, as both signed; anyone may send it."""
        values = tuple(move.model_dump().values())
        says = f"give the seat of {move.from_} to {move.to}, as both signed"
        return self.call("moveSeat", values, from_signature, to_signature, says=says)

    def move_by_decision(self, from_: Address, to: Address, reason: Cid) -> Call:
        says = f"give the seat of {from_} to {to} for the reason {reason}"
        return self.call("moveByDecision", from_, to, reason.digest, says=says)

    def suspend(self, organization: Address, reason: Cid) -> Call:
        says = f"take the vote of {organization} for the reason {reason}"
        return self.call("suspend", organization, reason.digest, says=says)

    def reinstate(self, organization: Address, reason: Cid) -> Call:
        says = f"give {organization} its vote back for the reason {reason}"
        return self.call("reinstate", organization, reason.digest, says=says)

    def expel(self, organization: Address, reason: Cid) -> Call:
        says = f"end the seat of {organization} for the reason {reason}"
        return self.call("expel", organization, reason.digest, says=says)

    def change_constituency(self, organization: Address, reason: Cid) -> Call:
        says = (
            f"let {organization} change to the constituency of its adoption for the reason {reason}"
        )
        return self.call("changeConstituency", organization, reason.digest, says=says)

    def declare_affiliation(self, other: Address) -> Call:
        says = f"declare to be under one control with {other}"
        return self.call("declareAffiliation", other, says=says)

    def affiliate(self, organizations: Sequence[Address], reason: Cid) -> Call:
        says = f"let {', '.join(organizations)} share one vote for the reason {reason}"
        return self.call("affiliate", list(organizations), reason.digest, says=says)

    def separate(self, organization: Address, reason: Cid) -> Call:
        says = f"let {organization} have a vote of its own for the reason {reason}"
        return self.call("separate", organization, reason.digest, says=says)

    def lapse(self, organization: Address) -> Call:
        says = f"apply what follows to {organization}, which has not adopted the text in force"
        return self.call("lapse", organization, says=says)

    def resume(self, organization: Address) -> Call:
        says = f"let {organization}, which has adopted the text in force, vote again"
        return self.call("resume", organization, says=says)

    def object(self, organization: Address, reason: Cid) -> Call:
        says = f"object to the application of {organization} for the reason {reason}"
        return self.call("object", organization, reason.digest, says=says)

    def admit(self, organization: Address) -> Call:
        return self.call("admit", organization, says=f"admit {organization} to a seat")

    def decide(self, organization: Address, admitted: bool, reason: Cid) -> Call:
        verb = "admit" if admitted else "refuse"
        says = f"{verb} {organization} by decision for the reason {reason}"
        return self.call("decide", organization, admitted, reason.digest, says=says)

    def leave(self, reason: Cid) -> Call:
        says = f"give up the seat or application for the reason {reason}"
        return self.call("leaveSeat", reason.digest, says=says)

    def change_profile(self, profile: Cid) -> Call:
        return self.call("changeProfile", profile.digest, says=f"replace the profile by {profile}")

    def set_admission(self, admission: Admission) -> Call:
        says = (
            f"set admission to {admission.method.words}: {duration(admission.window)} for "
            f"objections, {admission.share / 100:g} % and at least {admission.floor} per "
            f"{duration(admission.period)}"
        )
        return self.call("setAdmission", admission_arguments(admission), says=says)

    def set_readoption(self, readoption: Readoption) -> Call:
        says = (
            f"after an amendment, give {duration(readoption.grace)} to adopt the new text; "
            f"then a seat is {readoption.consequence.words}"
        )
        return self.call("setReadoption", readoption_arguments(readoption), says=says)

    def add_constituency(self, name: str) -> Call:
        says = f"add the constituency {name!r}"
        return self.call("addConstituency", padded(name, 28), says=says)

    def add_kind(self, name: str) -> Call:
        says = f"add the kind of organization {name!r}"
        return self.call("addKind", padded(name, 32), says=says)


def readoption_arguments(readoption: Readoption) -> tuple[int, int]:
    """The contract's struct."""
    return readoption.grace, int(readoption.consequence)


def admission_arguments(admission: Admission) -> tuple[Any, ...]:
    """The contract's struct."""
    return (
        int(admission.method),
        admission.window,
        admission.period,
        admission.share,
        admission.floor,
    )


def standing_of_raw(raw: Mapping[str, Any]) -> Standing:
    """A standing from the contract's struct."""
    return Standing(
        since=raw["since"],
        status=Status(raw["status"]),
        constituency=raw["constituency"],
        kind=raw["kind"],
        seat=raw["seat"],
        ordinal=raw["ordinal"],
        admissible_at=raw["admissibleAt"],
        votes_in=raw["votesIn"],
        group=raw["group"],
        nonce=raw["nonce"],
    )
