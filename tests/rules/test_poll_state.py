"""A poll that was kept and restored goes on as one that never rested; its pages are the chain's."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metaorg.rules.membership import Inconsistent
from metaorg.rules.voting import Cast, PollState
from rules.test_voting import START, Poll, cast_from, histories, poll_from, vote
from rules.test_voting import poll as small


def rested(poll: Poll) -> Poll:
    """The poll that was written as JSON and read again."""
    return Poll.restored(PollState.model_validate_json(poll.state().model_dump_json()))


def counted(poll: Poll, raw: list[dict[str, Any]]) -> list[str]:
    """What is said of each vote; empty for one that counts."""
    said = []
    for one in raw:
        try:
            poll.count(cast_from(one))
            said.append("")
        except Inconsistent as error:
            said.append(str(error))
    return said


def answers(poll: Poll) -> list[Any]:
    deadlines = [poll.deadline_at(time) for time in range(START, START + 61)]
    return [poll.tallies, poll.outcome, poll.deadline, poll.extended_at, poll.pages, deadlines]


@given(histories(), st.data())
def test_votes_cut_anywhere_go_on_as_if_they_were_not(
    history: dict[str, Any], data: st.DataObject
) -> None:
    casts = history["casts"]
    cut = data.draw(st.integers(0, len(casts)))
    whole, first = poll_from(history), poll_from(history)
    said = counted(whole, casts)

    begun = counted(first, casts[:cut])
    poll = rested(first)

    assert answers(poll) == answers(first)
    assert begun + counted(poll, casts[cut:]) == said
    assert answers(poll) == answers(whole)
    assert poll.state() == whole.state()


@given(histories())
def test_a_vote_in_parts_counts_as_the_whole_one(history: dict[str, Any]) -> None:
    whole, parts = poll_from(history), poll_from(history)

    for raw in history["casts"]:
        cast = cast_from(raw)
        place = (cast.vote.constituency, cast.ordinal)
        try:
            parts.add(cast.time, *place, cast.vote.units)
            said = ""
        except Inconsistent as error:
            said = str(error)
        assert counted(whole, [raw]) == [said]

    assert answers(parts) == answers(whole)


@given(
    st.lists(
        st.tuples(
            st.integers(0, 1),
            st.integers(0, 400),
            st.integers(0, 10_000),
            st.integers(0, 10_000),
        ),
        max_size=60,
    )
)
def test_pages_hold_who_voted_and_how_128_places_to_a_word(
    drawn: list[tuple[int, int, int, int]],
) -> None:
    """Against a count in plain numbers. Source: VotePages.sol."""
    poll = small(seats=(500, 500))
    places = {(where, ordinal): sorted((a, b)) for where, ordinal, a, b in drawn}
    pages: Counter[tuple[int, int]] = Counter()
    for (where, ordinal), (low, high) in places.items():
        units = (low, high - low, 10_000 - high)
        poll.add(START + 1, where, ordinal, units)
        pages[where, ordinal // 128] += 2 ** (ordinal % 128)
        for index, part in enumerate(units):
            pages[where, ordinal // 128] += part * 2 ** (128 + 42 * index)

    assert poll.pages == pages
    assert poll.pages == rested(poll).pages


def test_a_place_far_away_takes_no_room() -> None:
    poll = small()

    poll.count(vote(START + 1, ordinal=2**256))

    assert len(poll.pages) == 1
    with pytest.raises(Inconsistent, match="voted already"):
        poll.count(vote(START + 1, ordinal=2**256))


def test_a_state_with_votes_of_no_constituency_is_refused() -> None:
    state = small().state().model_copy(update={"pages": ((7, 0, bytes(32)),)})

    with pytest.raises(Inconsistent, match="no constituency 7"):
        Poll.restored(state)


def test_units_of_another_kind_are_refused_as_they_were() -> None:
    poll = small()

    for units in ((0, 0, 0), (10_000, 10_000, -10_000), (1, 2, 3)):
        with pytest.raises(Inconsistent, match="units, not 10000"):
            poll.add(START + 1, 0, 0, units)

    poll.count(Cast(time=START + 1, ordinal=0, vote=vote(START + 1).vote))
