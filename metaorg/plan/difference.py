"""What a difference is: one that calls end, or one that stays."""

from collections.abc import Iterator, Mapping

from metaorg.types import Call, Model


class Change(Model):
    """A field that a call changes, as `charter.yaml` writes it.

    `was` is None for what there was not, `becomes` for what there will not be.
    """

    field: str
    was: str | None
    becomes: str | None


class Left(Model):
    """A difference that no call ends, and why; None for what is not there."""

    field: str
    on_chain: str | None
    declared: str | None
    why: str


class Step(Model):
    """Changes, and the calls that bring them about, in order."""

    changes: tuple[Change, ...]
    calls: tuple[Call, ...]


Differences = Iterator[Step | Left]


def step(field: str, was: str | None, becomes: str | None, *calls: Call) -> Step:
    """One change."""
    return Step(changes=(Change(field=field, was=was, becomes=becomes),), calls=calls)


def parts_step(field: str, was: Mapping[str, str], becomes: Mapping[str, str], call: Call) -> Step:
    """One call that changes several parts of a field; both sides name the same parts."""
    changes = tuple(
        Change(field=f"{field}.{part}", was=was[part], becomes=value)
        for part, value in becomes.items()
        if was[part] != value
    )
    return Step(changes=changes, calls=(call,))
