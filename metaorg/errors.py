"""Every way in which metaorg says no.

    MetaorgError
    ├── Refused              1  a rule of the meta-organization says no
    ├── InvalidInput         2  what was given cannot be used; `problems` lists everything at once
    ├── Misconfigured        3  a setting is missing or wrong; nothing was tried
    ├── ContractReverted     4  a contract refused; `notice` is the contract's own sentence
    ├── Unreachable          5  chain or storage did not answer, or not with sense; *unknown*
    │   ├── ChainUnreachable
    │   ├── StoreUnreachable
    │   ├── ContentMissing      no asked store holds it
    │   └── ContentCorrupt      somebody served bytes that do not hash to the CID
    └── CheckFailed          6  an independent check found a difference or a gap

A class says what the caller can do about it. Fields are attributes; the class writes its message.
"""

from collections.abc import Mapping, Sequence
from typing import Any


class MetaorgError(Exception):
    """Base of all that metaorg raises on purpose; `exit_code` is what the command line returns."""

    exit_code = 1


class Refused(MetaorgError):
    """A rule says no; another action, another time or another actor is needed."""


class InvalidInput(MetaorgError):
    """What was given cannot be used. `problems` names every fault found, not only the first."""

    exit_code = 2

    def __init__(self, problem: str, *more: str) -> None:
        self.problems: tuple[str, ...] = (problem, *more)
        super().__init__("\n".join(self.problems))


class Misconfigured(MetaorgError):
    """A setting is missing or wrong; the message says which and how to set it."""

    exit_code = 3


class ContractReverted(MetaorgError):
    """A contract refused, in simulation (nothing was sent) or on chain.

    Args:
        name: the Solidity error's name; empty when the revert carried no known error.
        arguments: its arguments by parameter name.
        notice: the sentence that the contract's author wrote for people.
        doing: what was being done, as the `Call` says it.
    """

    exit_code = 4

    def __init__(
        self, name: str, arguments: Mapping[str, Any], notice: str, doing: str = ""
    ) -> None:
        self.name, self.arguments, self.notice, self.doing = name, dict(arguments), notice, doing
        shown = ", ".join(f"{key}={value}" for key, value in self.arguments.items())
        detail = f" [{name}({shown})]" if name else ""
        super().__init__(f"{doing}: {notice}{detail}" if doing else f"{notice}{detail}")


class Unreachable(MetaorgError):
    """Chain or storage did not answer, or not with sense: the truth is unknown, not empty."""

    exit_code = 5


class ChainUnreachable(Unreachable):
    """The node is down, hangs, refuses, or answers garbage."""


class StoreUnreachable(Unreachable):
    """A content store is down, slow, full or of an unsupported version."""


class ContentMissing(Unreachable):
    """No store that was asked holds the content."""

    def __init__(self, cid: object, asked: Sequence[str] = ()) -> None:
        self.cid, self.asked = cid, tuple(asked)
        where = f" (asked: {', '.join(self.asked)})" if self.asked else ""
        super().__init__(f"no store holds {cid}{where}")


class ContentCorrupt(Unreachable):
    """Bytes were served that do not hash to the CID that was asked for."""

    def __init__(self, cid: object, where: str) -> None:
        self.cid, self.where = cid, where
        super().__init__(f"{where} holds bytes that do not hash to {cid}; they were not used")


class CheckFailed(MetaorgError):
    """An independent check found a difference or something it could not read."""

    exit_code = 6
