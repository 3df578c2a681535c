"""What the register answers: who stands where and why, and what is left to do."""

from metaorg.onchain.inter_constitution import Adoption
from metaorg.records import Pledge, Profile
from metaorg.rules.admission import Consequence
from metaorg.rules.membership import Standing
from metaorg.types import Address, Call, Cid, Model


class MemberView(Model):
    """An organization as the register shows it.

    Args:
        name: None when its profile cannot be read.
        behind: it holds a seat, and has not adopted the text in force.
    """

    account: Address
    standing: Standing
    constituency: str
    kind: str
    profile: Cid | None
    name: str | None = None
    behind: bool = False


class Step(Model):
    """What somebody did about an organization, and why.

    Args:
        name: of the event. time: Unix seconds.
        by: who did it; None for a decision, the organization itself, or whoever came by.
        by_name: None when its profile cannot be read.
        reason: the document. text: what it says; None when it cannot be read.
    """

    name: str
    time: int
    by: Address | None = None
    by_name: str | None = None
    reason: Cid | None = None
    text: str | None = None


class Partner(Model):
    """An organization that shares the vote of another one."""

    account: Address
    name: str | None


class MemberDetails(MemberView):
    """An organization with what led to its standing.

    Args:
        objections: to its latest application.
        because: what ended its vote or its seat, while that holds.
        shares_vote_with: the others of its group.
        declared: of whom it has declared last to be under one control with.
        adopted: the latest version of the text that it has adopted; None for none.
        grace_end: until when it can adopt the text in force, Unix seconds, if it is behind.
        consequence: what anyone may bring about then.
    """

    objections: tuple[Step, ...] = ()
    because: Step | None = None
    shares_vote_with: tuple[Partner, ...] = ()
    declared: Address | None = None
    adopted: int | None = None
    grace_end: int | None = None
    consequence: Consequence | None = None


class Joining(Model):
    """What is left to do to join.

    Args:
        adoption: to sign, if there is none in force.
        pledge: the one that it names.
        application: kind and profile, when there is none yet.
        calls: what comes after both.
    """

    adoption: Adoption | None
    pledge: Pledge | None
    application: tuple[int, Profile] | None
    calls: tuple[Call, ...]

    @property
    def done(self) -> bool:
        return self.adoption is None and self.application is None and not self.calls


class Turn(Model):
    """Applications that anyone may finish, and how many of them the pace allows before when."""

    due: tuple[Address, ...]
    remaining: int
    next_period: int
