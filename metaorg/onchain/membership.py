"""Client of `Membership`, the register of seats."""

from collections.abc import Sequence
from typing import Any

from metaorg.onchain.chain import Reading
from metaorg.onchain.contract import Contract, unpadded
from metaorg.rules.admission import Admission
from metaorg.rules.membership import Census, Standing, Status
from metaorg.types import Address, Call, Cid


class Membership(Contract):
    """Reads and writes of one register."""

    name = "Membership"

    def constituencies(self, reading: Reading) -> list[str]:
        return [unpadded(name) for name in self.read(reading, "constituencies")]

    def kinds(self, reading: Reading) -> list[str]:
        return [unpadded(name) for name in self.read(reading, "kinds")]

    def admission(self, reading: Reading) -> Admission:
        return Admission(**self.read(reading, "admission"))

    def pace(self, reading: Reading) -> tuple[int, int]:
        """How many more can be admitted without a decision, and when the next period begins."""
        found = self.read(reading, "pace")
        return found["remaining"], found["nextPeriod"]

    def standing_of(self, reading: Reading, organization: Address) -> Standing:
        return self.standings_of(reading, [organization])[0]

    def standings_of(self, reading: Reading, organizations: Sequence[Address]) -> list[Standing]:
        """`standing_of` for many, in batches."""
        found = self.reads(reading, [("standingOf", (one,)) for one in organizations])
        return [_standing(raw) for raw in found]

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

    def census_at(self, reading: Reading, time: int) -> list[Census]:
        return [Census(**found) for found in self.read(reading, "censusAt", time)]

    def apply(self, kind: int, profile: Cid) -> Call:
        says = f"apply for a seat with profile {profile}"
        return self.call("applyForSeat", kind, profile.digest, says=says)

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
            f"set admission to {admission.method.words}: {admission.window} s for objections, "
            f"{admission.share / 100:g} % and at least {admission.floor} per {admission.period} s"
        )
        return self.call("setAdmission", admission_arguments(admission), says=says)


def admission_arguments(admission: Admission) -> tuple[Any, ...]:
    """The contract's struct."""
    return (
        int(admission.method),
        admission.window,
        admission.period,
        admission.share,
        admission.floor,
    )


def _standing(raw: dict[str, Any]) -> Standing:
    return Standing(
        since=raw["since"],
        status=Status(raw["status"]),
        constituency=raw["constituency"],
        kind=raw["kind"],
        seat=raw["seat"],
        ordinal=raw["ordinal"],
        admissible_at=raw["admissibleAt"],
    )
