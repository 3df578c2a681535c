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
    │   ├── ContentCorrupt      somebody served bytes that do not hash to the CID
    │   └── ContentMalformed    they do hash to it, and are not what they should be; final
    └── CheckFailed          6  an independent check found a difference or a gap

A class says what the caller can do about it. Fields are attributes; the class writes its message.
"""

from collections.abc import Mapping, Sequence
from typing import Any


class MetaorgError(Exception):
    """Base of all that metaorg raises on purpose; `exit_code` is what the command line returns."""

    exit_code = 1


class Refused(MetaorgError):
    """A rule of the meta-organization says no; nothing was sent.

    Another action, another time or another actor is needed; the message says which.
    """


class InvalidInput(MetaorgError):
    """What was given cannot be used; nothing was sent.

    Correct every fault that the message names, and not only the first; `problems` lists them.
    """

    exit_code = 2

    def __init__(self, problem: str, *more: str) -> None:
        self.problems: tuple[str, ...] = (problem, *more)
        super().__init__("\n".join(self.problems))


class Misconfigured(MetaorgError):
    """A setting is missing or wrong; nothing was tried.

    Set what the message names; `metaorg settings` shows every setting and where it comes from.
    """

    exit_code = 3


class ContractReverted(MetaorgError):
    """A contract refused, in simulation (nothing was sent) or on chain.

    Read its sentence, below: it says what the contract needs. Then do that, or wait for it.

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
    """Chain or storage did not answer, or not with sense: the truth is unknown, not empty.

    Try again: an interrupted command goes on from what is on chain, and sends nothing twice.
    """

    exit_code = 5


class ChainUnreachable(Unreachable):
    """The node is down, hangs, refuses, or answers garbage.

    Check --rpc and that the node runs and is in sync, or ask another node; then try again.
    """


class StoreUnreachable(Unreachable):
    """A content store is down, slow, full or of an unsupported version.

    Check --store and that its daemon runs and has room; then try again.
    """


class ContentMissing(Unreachable):
    """No store that was asked holds the content.

    Ask whoever published it to provide it, or name a store that has it with --store.
    """

    def __init__(self, cid: object, asked: Sequence[str] = ()) -> None:
        self.cid, self.asked = cid, tuple(asked)
        where = f" (asked: {', '.join(self.asked)})" if self.asked else ""
        super().__init__(f"no store holds {cid}{where}")


class ContentCorrupt(Unreachable):
    """Bytes were served that do not hash to the CID that was asked for; they were not used.

    Ask another store, and tell whoever runs this one.
    """

    def __init__(self, cid: object, where: str) -> None:
        self.cid, self.where = cid, where
        super().__init__(f"{where} holds bytes that do not hash to {cid}; they were not used")


class ContentMalformed(Unreachable):
    """A block hashes to its CID and is not what it should be: content that nobody can use.

    No other store can help, for all have the same bytes: whoever published it has to do it again.
    """

    def __init__(self, cid: object, why: str) -> None:
        self.cid, self.why = cid, why
        super().__init__(f"{cid} is malformed: {why}")


class CheckFailed(MetaorgError):
    """An independent check found a difference, or something that it could not read.

    Read the findings: a *gap* may close with another node or store, a *difference* does not.
    """

    exit_code = 6
