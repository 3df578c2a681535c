"""The book: what should be, written from the acts themselves and never by asking the contracts."""

import copy
from typing import Any

from metaorg.onchain.inter_constitution import Adoption
from metaorg.rules.admission import Consequence, Readoption
from metaorg.rules.decision import REMOVAL, Action
from tests.stateful.assembly import Assembly, Calls
from tests.stateful.inter_constitution import InterConstitution
from tests.stateful.membership import Membership
from tests.stateful.network import (
    ADMISSION,
    CLASSES,
    KINDS,
    READOPTION,
    RULES,
    START,
    Network,
    account,
    adoption_of,
    word,
)
from tests.stateful.rulebook import Rulebook


class Book:
    """Everything that is known of one network, at `now`."""

    def __init__(self, network: Network) -> None:
        self.now = START
        self.minimum = RULES[0].delay
        """The Timelock's shortest delay."""
        self.text = InterConstitution(word("text 1"), START)
        readoption = Readoption(grace=READOPTION[0], consequence=Consequence(READOPTION[1]))
        self.membership = Membership(self.text, len(set(CLASSES)), KINDS, readoption)
        self.rulebook = Rulebook(network.modules, RULES)
        selector = network.data("membership", REMOVAL, [account(0), word(0)])[:4]
        removal = Action(target=network.modules.membership, selector=selector)
        self.assembly = Assembly(self.membership, self.rulebook, removal)
        self.charter = word("charter")
        self.motions: dict[int, tuple[Calls, str, list[dict[str, Any]]]] = {}
        """What was proposed under a label: calls, description, deeds."""
        self._found()

    def copied(self) -> "Book":
        """A book of its own with the same content."""
        return copy.deepcopy(self)

    def take(self, other: "Book") -> None:
        """The content of a copy."""
        self.__dict__.update(other.__dict__)

    def _found(self) -> None:
        for number, constituency in enumerate(CLASSES):
            message = adoption_of(number, constituency)
            message["valid_until"] = message.pop("validUntil")
            self.text.adopt(Adoption(**message), True, START)
            self.membership.found(account(number), constituency, word("profile"), START)
        self.membership.set_admission(*ADMISSION, now=START)
