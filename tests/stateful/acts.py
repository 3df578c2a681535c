"""The kinds of steps: how the contracts are told, and what the book expects of it.

Parameters are plain JSON: actors' numbers, labels of proposals, the name of a fault if there is
one. What a step signs is made when it is taken, from the book, so that a history from which steps
were taken away is still a history.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from eth_utils.crypto import keccak

from metaorg.onchain.inter_constitution import Adoption
from metaorg.onchain.typed_data import compact
from metaorg.types import Address
from tests.stateful import deeds
from tests.stateful.assembly import number_of
from tests.stateful.book import Book
from tests.stateful.network import ACTORS, Network, account, word
from tests.stateful.refusal import No

Parameters = Mapping[str, Any]
STRANGER = ACTORS - 1
"""Signs where the signature is to be wrong."""
LIFE = 500
"""Seconds for which signatures are good."""


class Act(NamedTuple):
    """A call, and what the book makes of it; `follow` raises `No`, or gives what is answered."""

    sender: Address
    contract: str
    data: bytes
    follow: Callable[[], Any]


class Maker:
    """Makes acts of steps."""

    def __init__(self, book: Book, network: Network) -> None:
        self.book, self.network = book, network

    def act(self, kind: str, given: Parameters) -> Act | None:
        """The act; None when there is nothing (any more) that it could be about."""
        if "label" in given and kind != "propose" and given["label"] not in self.book.motions:
            return None
        made: Act | None = getattr(self, "_" + kind)(given)
        return made

    # ------------------------------------------------------------------ the text

    def _adopt(self, given: Parameters) -> Act:
        adoption, message, signature, signed = self._adoption(given)
        return self._call(
            account(given["sender"]),
            "text",
            "adopt",
            [message, signature],
            lambda: self.book.text.adopt(adoption, signed, self.book.now),
        )

    def _adopt_and_apply(self, given: Parameters) -> Act:
        adoption, message, signature, signed = self._adoption(given)
        sender = account(given["sender"])
        return self._call(
            sender,
            "membership",
            "adoptAndApply",
            [message, signature, given["kind"], _profile(given)],
            lambda: self.book.membership.adopt_and_apply(
                adoption, sender, signed, given["kind"], _profile(given), self.book.now
            ),
        )

    def _adoption(self, given: Parameters) -> tuple[Adoption, dict[str, Any], bytes, bool]:
        text, fault, organization = self.book.text, given["fault"], account(given["account"])
        version = text.version + (fault == "version" and given["by"])
        adoption = Adoption(
            organization=organization,
            version=version,
            text=word("another text") if fault == "text" else text.text,
            constituency=given["constituency"],
            pledge=word("pledge"),
            nonce=text.record(organization, version).count + (fault == "nonce"),
            valid_until=self._until(given),
        )
        message = adoption.model_dump()
        message["validUntil"] = message.pop("valid_until")
        signature, signed = self._signed(given, "text", "Adoption", message)
        return adoption, message, signature, signed

    # ------------------------------------------------------------------ the register

    def _apply(self, given: Parameters) -> Act:
        sender, profile = account(given["account"]), _profile(given)
        return self._call(
            sender,
            "membership",
            "applyForSeat",
            [given["kind"], profile],
            lambda: self.book.membership.apply(sender, given["kind"], profile, self.book.now),
        )

    def _apply_by_sig(self, given: Parameters) -> Act:
        organization, profile = account(given["account"]), _profile(given)
        nonce = self.book.membership.nonces[organization] + (given["fault"] == "nonce")
        message = {
            "organization": organization,
            "kind": given["kind"],
            "profile": profile,
            "nonce": nonce,
            "validUntil": self._until(given),
        }
        signature, signed = self._signed(given, "membership", "Application", message)
        return self._call(
            account(given["sender"]),
            "membership",
            "applyBySig",
            [message, signature],
            lambda: self.book.membership.apply_by_sig(
                organization,
                given["kind"],
                profile,
                nonce,
                message["validUntil"],
                signed,
                self.book.now,
            ),
        )

    def _move(self, given: Parameters) -> Act:
        old, new = account(given["account"]), account(given["to"])
        nonce = self.book.membership.nonces[old] + (given["fault"] == "nonce")
        message = {"from": old, "to": new, "nonce": nonce, "validUntil": self._until(given)}
        signers = [
            STRANGER if given["fault"] == "from" else given["account"],
            STRANGER if given["fault"] == "to" else given["to"],
        ]
        signatures = [self.network.sign(one, "membership", "Move", message) for one in signers]
        signed = (given["fault"] != "from", given["fault"] != "to")
        return self._call(
            account(given["sender"]),
            "membership",
            "moveSeat",
            [message, *signatures],
            lambda: self.book.membership.move_by_sig(
                old, new, nonce, message["validUntil"], signed, self.book.now
            ),
        )

    def _object(self, given: Parameters) -> Act:
        member, applicant = account(given["sender"]), account(given["account"])
        return self._call(
            member,
            "membership",
            "object",
            [applicant, deeds.REASON],
            lambda: self.book.membership.object(member, applicant, self.book.now),
        )

    def _admit(self, given: Parameters) -> Act:
        return self._finish(given, "admit", self.book.membership.admit)

    def _lapse(self, given: Parameters) -> Act:
        return self._finish(given, "lapse", self.book.membership.lapse)

    def _resume(self, given: Parameters) -> Act:
        return self._finish(given, "resume", self.book.membership.resume)

    def _finish(
        self, given: Parameters, function: str, follow: Callable[[Address, int], None]
    ) -> Act:
        subject = account(given["account"])
        return self._call(
            account(given["sender"]),
            "membership",
            function,
            [subject],
            lambda: follow(subject, self.book.now),
        )

    def _leave(self, given: Parameters) -> Act:
        sender = account(given["account"])
        return self._call(
            sender,
            "membership",
            "leaveSeat",
            [deeds.REASON],
            lambda: self.book.membership.leave(sender, self.book.now),
        )

    def _declare(self, given: Parameters) -> Act:
        sender, other = account(given["account"]), account(given["other"])
        return self._call(
            sender,
            "membership",
            "declareAffiliation",
            [other],
            lambda: self.book.membership.declare(sender, other, self.book.now),
        )

    def _change_profile(self, given: Parameters) -> Act:
        sender, profile = account(given["account"]), _profile(given)
        return self._call(
            sender,
            "membership",
            "changeProfile",
            [profile],
            lambda: self.book.membership.change_profile(sender, profile),
        )

    def _bound(self, given: Parameters) -> Act:
        sender, other = account(given["account"]), account(given["other"])
        if given["function"] == "delegate":
            return self._never(sender, "delegate", [other], "MembershipVoteNotDelegable")
        if given["function"] == "transferFrom":
            seat = self.book.membership.standing(sender).seat
            return self._never(sender, "transferFrom", [sender, other, seat], "MembershipSeatBound")
        return self._never(sender, "setApprovalForAll", [other, True], "MembershipSeatBound")

    def _never(self, sender: Address, function: str, arguments: list[Any], error: str) -> Act:
        return self._call(sender, "membership", function, arguments, _refuse(error))

    # ------------------------------------------------------------------ what a decision does

    def _decided(self, given: Parameters) -> Act:
        """The Timelock acts, as if a decision had come to its end."""
        _, data = deeds.call(self.network, given["deed"])
        return Act(
            self.network.modules.timelock,
            deeds.TARGETS[given["deed"]["deed"]],
            data,
            lambda: deeds.follow(self.book, self.network, given["deed"]),
        )

    def _trespass(self, given: Parameters) -> Act:
        """Somebody does what only a decision can do."""
        _, data = deeds.call(self.network, given["deed"])
        name = given["deed"]["deed"]
        own = name == "updateDelay"
        error = "TimelockUnauthorizedCaller" if own else "AccessManagedUnauthorized"
        return Act(account(given["account"]), deeds.TARGETS[name], data, _refuse(error))

    # ------------------------------------------------------------------ the Assembly

    def _propose(self, given: Parameters) -> Act:
        label, sender = given["label"], account(given["account"])
        known = self.book.motions.get(label)
        calls = tuple(deeds.call(self.network, deed) for deed in given["deeds"])
        description = f"Proposal {label}"
        if given["named"] is not None:
            description += f"#proposer={account(given['named'])}"
        if known:
            calls, description, _ = known

        def follow() -> None:
            self.book.assembly.propose(sender, calls, description, self.network.code, self.book.now)
            self.book.motions[label] = (calls, description, given["deeds"])

        arguments = [*_lists(calls), description]
        return self._call(sender, "assembly", "propose", arguments, follow)

    def _cancel(self, given: Parameters) -> Act:
        sender = account(given["account"])
        number, arguments = self._motion(given)
        return self._call(
            sender,
            "assembly",
            "cancel",
            arguments,
            lambda: self.book.assembly.cancel(sender, number, self.book.now),
        )

    def _request_upgrade(self, given: Parameters) -> Act:
        sender, (number, _) = account(given["account"]), self._motion(given)
        return self._call(
            sender,
            "assembly",
            "requestUpgrade",
            [number],
            lambda: self.book.assembly.request_upgrade(sender, number, self.book.now),
        )

    def _vote(self, given: Parameters) -> Act:
        sender, (number, _) = account(given["account"]), self._motion(given)
        support, reason = given["support"], given["reason"]
        params = bytes.fromhex(given["params"])
        function, more = "castVote", []
        if params:
            function, more = "castVoteWithReasonAndParams", [reason, params]
        elif reason:
            function, more = "castVoteWithReason", [reason]
        return self._call(
            sender,
            "assembly",
            function,
            [number, support, *more],
            lambda: self.book.assembly.vote(sender, number, support, reason, params, self.book.now),
        )

    def _vote_by_sig(self, given: Parameters) -> Act:
        voter, (number, _) = account(given["account"]), self._motion(given)
        support, reason = given["support"], given["reason"]
        params = bytes.fromhex(given["params"])
        message = {"proposalId": number, "support": support, "voter": voter, "nonce": 0}
        function, kind, more = "castVoteBySig", "Ballot", []
        if params or reason:
            message |= {"reason": reason, "params": params}
            function, kind = "castVoteWithReasonAndParamsBySig", "ExtendedBallot"
            more = [reason, params]
        signature, signed = self._signed(given, "assembly", kind, message)
        return self._call(
            account(given["sender"]),
            "assembly",
            function,
            [number, support, voter, *more, signature],
            lambda: self.book.assembly.vote_by_sig(
                voter, number, support, reason, params, signed, self.book.now
            ),
        )

    def _vote_batch(self, given: Parameters) -> Act:
        """Many signed votes; answers the errors of those that are left out."""
        number, _ = self._motion(given)
        votes = [(account(voter), support, not fault) for voter, support, fault in given["votes"]]
        signed = []
        for voter, support, fault in given["votes"]:
            message = {
                "proposalId": number,
                "support": support,
                "voter": account(voter),
                "nonce": 0,
            }
            by = STRANGER if fault else voter
            signature = self.network.sign(by, "assembly", "Ballot", message)
            signed.append((account(voter), support, *compact(signature)))
        return self._call(
            account(given["sender"]),
            "assembly",
            "castVotesBySig",
            [number, signed],
            lambda: self.book.assembly.vote_batch(number, votes, self.book.now),
        )

    def _count_votes(self, given: Parameters) -> Act:
        number, _ = self._motion(given)
        return self._call(
            account(given["sender"]),
            "assembly",
            "countVotes",
            [number, given["pages"]],
            lambda: self.book.assembly.count_votes(number, self.book.now),
        )

    def _queue(self, given: Parameters) -> Act:
        number, arguments = self._motion(given)
        return self._call(
            account(given["sender"]),
            "assembly",
            "queue",
            arguments,
            lambda: self.book.assembly.queue(number, self.book.minimum, self.book.now),
        )

    def _execute(self, given: Parameters) -> Act:
        number, arguments = self._motion(given)

        def follow() -> None:
            trial = self.book.copied()
            trial.assembly.execute(number, trial.now)
            for deed in self.book.motions[given["label"]][2]:
                deeds.follow(trial, self.network, deed)
            self.book.take(trial)

        return self._call(account(given["sender"]), "assembly", "execute", arguments, follow)

    # ------------------------------------------------------------------ helpers

    def _motion(self, given: Parameters) -> tuple[int, list[Any]]:
        """A proposal's number, and what names it; of one that nobody proposed, for a fault."""
        calls, description, _ = self.book.motions[given["label"]]
        if given.get("fault") == "number":
            description += ", changed"
        hashed = keccak(text=description)
        return number_of(calls, description), [*_lists(calls), hashed]

    def _call(
        self,
        sender: Address,
        contract: str,
        function: str,
        arguments: Sequence[Any],
        follow: Callable[[], Any],
    ) -> Act:
        return Act(sender, contract, self.network.data(contract, function, arguments), follow)

    def _signed(
        self, given: Parameters, contract: str, kind: str, message: dict[str, Any]
    ) -> tuple[bytes, bool]:
        wrong = given["fault"] == "signature"
        by = STRANGER if wrong else given["account"]
        return self.network.sign(by, contract, kind, message), not wrong

    def _until(self, given: Parameters) -> int:
        """The signature's last second: now is one just in time."""
        life = {"expired": -1, "": 0}.get(given["fault"], LIFE)
        return self.book.now + life


def _profile(given: Parameters) -> bytes:
    return word(given["profile"]) if given["profile"] else bytes(32)


def _lists(calls: Sequence[tuple[Address, bytes]]) -> list[Any]:
    targets, data = [target for target, _ in calls], [data for _, data in calls]
    return [targets, [0] * len(calls), data]


def _refuse(error: str) -> Callable[[], None]:
    def follow() -> None:
        raise No(error)

    return follow
