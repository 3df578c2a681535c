"""The facade: what scripts do with a meta-organization, each call on a real chain."""

import pytest

from metaorg.errors import ContentMissing, ContractReverted, InvalidInput, Misconfigured, Refused
from metaorg.ipfs import Embedded, holdings
from metaorg.onchain.accounts import LocalSigner
from metaorg.onchain.commons import Access
from metaorg.onchain.devnet import advance
from metaorg.organization import MetaOrganization
from metaorg.records import Description, Pledge, Profile
from metaorg.rules.admission import AdmissionMethod
from metaorg.rules.membership import Status
from metaorg.types import DOCUMENT_LIMIT, Call, Cid
from onchain.world import (
    ABSTAIN,
    AGAINST,
    DELAY,
    FOR,
    PLEDGE,
    TEXT,
    VOTING,
    WINDOW,
    World,
    actor,
    fund,
)


def status(world: World, signer: LocalSigner) -> Status:
    return world.by().membership.show(signer.address).standing.status


def refused(world: World, signer: LocalSigner, call: Call) -> str:
    """The name of the error with which a contract refuses."""
    with pytest.raises(ContractReverted) as error:
        world.by(signer).send(call)
    assert error.value.notice
    return error.value.name


# ---------------------------------------------------------------------- opening


def test_everything_is_found_from_the_front_door(world: World) -> None:
    org = MetaOrganization.open(world.chain, world.modules.meta_organization, world.store)

    assert org.modules == world.modules
    assert org.front.description(world.chain.at()).name == "Aurora Commons Network"
    assert org.membership.constituencies() == ["Workers", "Users", "Friends"]
    assert org.membership.kinds() == ["cooperative", "trust"]
    assert len(org.assembly.rules()) == 2
    assert org.constitution.text(org.constitution.version()) == TEXT


def test_a_reader_needs_no_account_and_a_writer_is_told_to_name_one(world: World) -> None:
    org = MetaOrganization.open(world.chain, world.modules.meta_organization, world.store)

    assert len(org.membership.all()) == 3
    with pytest.raises(Misconfigured, match="no account is set"):
        org.send(org.membership.leave("Because."))


# ---------------------------------------------------------------------- joining


def test_an_adoption_is_relayed_by_anybody(world: World, bakery: LocalSigner) -> None:
    applicant = actor(31)  # has no ETH
    signed = world.adoption(applicant)
    org = world.by(bakery)

    org.send(org.constitution.adopt(signed, PLEDGE))

    record = org.constitution.adoption_of(applicant.address)
    assert record.count == 1 and org.constitution.recorded(signed.adoption)
    assert world.store.get(Cid(digest=record.pledge))


def test_an_adoption_is_not_recorded_twice(world: World, bakery: LocalSigner) -> None:
    org, signed = world.by(bakery), world.adoption(actor(31))
    call = org.constitution.adopt(signed, PLEDGE)
    org.send(call)

    assert refused(world, bakery, call) == "InterConstitutionNonceMismatch"


def test_an_adoption_that_expired_is_refused(world: World, bakery: LocalSigner) -> None:
    call = world.by().constitution.adopt(world.adoption(actor(31)), PLEDGE)
    advance(world.chain, 31 * 86_400)

    assert refused(world, bakery, call) == "InterConstitutionSignatureExpired"


def test_an_adoption_with_another_pledge_than_was_signed_is_not_made(world: World) -> None:
    with pytest.raises(InvalidInput, match="not the one whose hash was signed"):
        world.by().constitution.adopt(world.adoption(actor(31)), Pledge(text="Less"))


def test_an_organization_joins_by_silence(world: World, bakery: LocalSigner) -> None:
    applicant = actor(31)
    world.apply(applicant, "Users")
    org = world.by()
    assert status(world, applicant) == Status.APPLIED
    admit = org.membership.admit(applicant.address)
    assert refused(world, bakery, admit) == "MembershipObjectionOpen"

    advance(world.chain, WINDOW)
    org.send(admit)

    view = org.membership.show(applicant.address)
    assert (view.constituency, view.kind) == ("Users", "cooperative")
    assert (view.standing.seat, view.standing.status) == (4, Status.ACTIVE)
    assert view.name is not None and view.name.startswith("Org 0x")


def test_who_did_not_adopt_cannot_apply(world: World) -> None:
    applicant = actor(31)
    fund(world.chain, applicant)
    call = world.by(applicant).membership.apply("trust", Profile(name="In a Hurry"))

    assert refused(world, applicant, call) == "InterConstitutionNotAdopted"


def test_what_is_left_to_join_is_told_step_by_step(world: World) -> None:
    applicant = actor(31)
    fund(world.chain, applicant)
    org = world.by(applicant)
    given = ("trust", Profile(name="Step by Step"), "Users", PLEDGE)

    first = org.membership.join(*given)
    assert first.adoption is not None and org.membership.joining(first) != []
    org.send(org.constitution.adopt(org.constitution.sign(first.adoption), PLEDGE))
    second = org.membership.join(*given)
    assert second.adoption is None
    org.send(*org.membership.joining(second))
    third = org.membership.join(*given)

    assert third.done and org.membership.joining(third) == []


def test_adopting_and_applying_are_one_transaction(world: World) -> None:
    applicant = actor(31)
    fund(world.chain, applicant)
    org = world.by(applicant)
    left = org.membership.join("trust", Profile(name="In One Go"), "Users", PLEDGE)
    assert left.adoption is not None

    [receipt] = org.send(org.membership.adopting(left, org.constitution.sign(left.adoption)))

    assert [event.name for event in receipt.events] == ["Adopted", "DocumentSigned", "Applied"]


def test_the_turn_names_who_is_due_and_how_many_may_pass(world: World) -> None:
    applicants = [actor(number) for number in (31, 32, 33, 34)]
    for applicant in applicants:
        world.apply(applicant)
    org, now = world.by(), world.chain.block().time
    assert org.membership.turn(now).due == ()

    advance(world.chain, WINDOW)
    turn = org.membership.turn(world.chain.block().time)
    assert turn.due == tuple(applicant.address for applicant in applicants)
    assert turn.remaining == 3

    for applicant in applicants[:3]:
        org.send(org.membership.admit(applicant.address))
    last = org.membership.admit(applicants[3].address)
    assert refused(world, world.founders[0], last) == "MembershipPaceExhausted"
    after = org.membership.turn(world.chain.block().time)
    assert (after.due, after.remaining) == ((applicants[3].address,), 0)

    advance(world.chain, after.next_period - world.chain.block().time)
    org.send(last)
    assert status(world, applicants[3]) == Status.ACTIVE


def test_an_objection_hands_the_application_to_the_assembly(
    world: World, loom: LocalSigner
) -> None:
    applicant = actor(31)
    world.apply(applicant)
    org = world.by(loom)
    org.send(org.membership.object(applicant.address, "We know them too little."))
    advance(world.chain, WINDOW)
    admit = org.membership.admit(applicant.address)
    assert refused(world, loom, admit) == "MembershipStatusUnexpected"

    world.decide(org.membership.decide(applicant.address, True, "Heard both."))

    assert status(world, applicant) == Status.ACTIVE


def test_an_applicant_is_refused_by_decision(world: World) -> None:
    applicant = actor(31)
    world.apply(applicant)

    world.decide(world.by().membership.decide(applicant.address, False, "Not yet."))

    assert status(world, applicant) == Status.NONE


@pytest.mark.parametrize("part", ["kind", "constituency"])
def test_a_name_that_there_is_not_is_refused_with_those_there_are(world: World, part: str) -> None:
    org = world.by()

    with pytest.raises(InvalidInput, match=r"Workers, Users, Friends|cooperative, trust"):
        if part == "kind":
            org.membership.apply("club", Profile(name="X"))
        else:
            org.constitution.adoption(actor(31).address, "Owners", None)


def test_leaving_gives_up_the_seat_and_keeps_its_number(world: World, loom: LocalSigner) -> None:
    org = world.by(loom)

    org.send(org.membership.leave("We merge."))

    standing = org.membership.show(loom.address).standing
    assert (standing.status, standing.seat) == (Status.EXITED, 2)
    assert refused(world, loom, org.membership.leave("Again.")) == "MembershipStatusUnexpected"


def test_a_profile_is_changed_by_its_organization(world: World, loom: LocalSigner) -> None:
    org = world.by(loom)

    org.send(org.membership.change_profile(Profile(name="Open Loom, renamed")))

    assert org.membership.show(loom.address).name == "Open Loom, renamed"


def test_a_profile_that_cannot_be_read_gives_no_name_and_hides_nobody(
    world: World, loom: LocalSigner
) -> None:
    org = world.by(loom)
    org.send(org.membership.contract.change_profile(Cid(digest=b"\1" * 32)))
    for block in (b'{"type":"Profile"}', b"[1]", b"\xff"):
        world.store.put(block)

    assert org.membership.show(loom.address).name is None
    for block in (b'{"type":"Profile"}', b"[1]", b"\xff"):
        assert org.membership.name(Cid.of(block)) is None
    assert len(org.membership.all()) == 3


def test_an_empty_reason_is_no_reason(world: World) -> None:
    with pytest.raises(InvalidInput, match="reason: text"):
        world.by().membership.leave("")


# ---------------------------------------------------------------------- deciding


def test_a_decision_is_proposed_voted_queued_and_executed(world: World) -> None:
    org = world.by()
    text = b"# A second text\n"

    number = world.decide(org.constitution.amend(text))

    version = org.constitution.version()
    assert version.number == 2 and org.constitution.text(version) == text
    assert [one.number for one in org.constitution.versions()] == [1, 2]
    view = org.assembly.show(number)
    assert view.state.state == "executed"
    assert view.outcome is not None and view.outcome.passed
    assert view.state.rule == org.assembly.rules()[1]
    assert [tally.in_favour for tally in view.tallies] == [20_000, 10_000, 0]


def test_a_decision_that_fails_says_why(world: World, bakery: LocalSigner) -> None:
    org = world.by()
    number = world.propose(org.constitution.amend(b"No"))
    world.vote(number, (world.founders[0], FOR), (world.founders[1], ABSTAIN))

    view = world.close(number)

    assert view.state.state == "defeated"
    assert view.outcome is not None
    assert view.outcome.reasons == ("Users did not agree: 0 for and 0 against",)
    with pytest.raises(ContractReverted, match="The proposal was defeated"):
        org.send(org.assembly.queue(view))


def test_the_rule_of_a_proposal_comes_from_its_actions(world: World) -> None:
    org = world.by()
    ordinary, amendment = org.assembly.rules()
    greet = Call(to=actor(9).address, data=b"", says="greet")
    decide = org.membership.decide(actor(9).address, True, "x")
    admission = org.membership.set_admission(org.membership.admission())

    for calls, rule in (
        ([greet], ordinary),
        ([decide], ordinary),
        ([admission], amendment),
        ([greet, admission, decide], amendment),
    ):
        number = world.propose(*calls, title=f"Rule of {len(calls)} {calls[0].says}")
        assert org.assembly.show(number).state.rule == rule


def test_a_vote_counts_once_and_only_with_a_seat_at_the_snapshot(
    world: World, outsider: LocalSigner, bakery: LocalSigner
) -> None:
    late = actor(31)
    world.apply(late)
    org = world.by()
    number = world.propose(org.constitution.amend(b"x"))
    advance(world.chain, WINDOW - 60)
    org.send(org.membership.admit(late.address))
    vote = org.assembly.vote(number, FOR, "We like it.")
    org.send(vote)

    assert refused(world, bakery, vote) == "AssemblyAlreadyVoted"
    assert refused(world, outsider, vote) == "AssemblySeatRequired"
    assert refused(world, late, vote) == "AssemblySeatTooRecent"
    assert org.assembly.contract.has_voted(world.chain.at(), number, bakery.address)
    assert not org.assembly.contract.has_voted(world.chain.at(), number, late.address)


def test_leaving_takes_no_vote_from_an_open_proposal(world: World, loom: LocalSigner) -> None:
    org = world.by(loom)
    number = world.propose(org.constitution.amend(b"x"))
    org.send(org.membership.leave("We merge."))

    org.send(org.assembly.vote(number, AGAINST))

    assert org.assembly.show(number).tallies[0].against == 10_000


def test_a_proposal_is_found_by_number_prefix_and_order(world: World) -> None:
    org = world.by()
    number = world.propose(org.constitution.amend(b"x"), title="First")
    other = world.propose(org.constitution.amend(b"y"), title="Second")

    assert org.assembly.show(number).title == "First"
    assert org.assembly.find(str(other)[:12]).title == "Second"
    assert org.assembly.find("#2").number == other
    assert [view.number for view in org.assembly.all()] == [number, other]
    assert org.assembly.known(number) and not org.assembly.known(5)
    for wrong in ("5", "#0", "#3", "", "#", str(number)[:3], str(number) + "0"):
        with pytest.raises(Refused, match="its number"):
            org.assembly.find(wrong)


def test_a_proposal_is_cancelled_by_its_proposer_before_voting(
    world: World, loom: LocalSigner
) -> None:
    org = world.by()
    call = org.propose([org.constitution.amend(b"x")], "Regretted")
    org.send(call)
    view = org.assembly.show(org.assembly.number(call))
    assert refused(world, loom, org.assembly.cancel(view)) == "GovernorUnableToCancel"

    org.send(org.assembly.cancel(view))

    assert org.assembly.show(view.number).state.state == "canceled"


def test_nobody_else_can_propose_a_proposal_first(world: World, loom: LocalSigner) -> None:
    org = world.by()
    call = org.propose([org.constitution.amend(b"x")], "Mine")

    assert refused(world, loom, call) == "GovernorRestrictedProposer"


def test_a_queued_decision_waits_for_its_delay(world: World, bakery: LocalSigner) -> None:
    org = world.by()
    number = world.propose(org.constitution.amend(b"x"))
    world.vote(number, *((founder, FOR) for founder in world.founders))
    view = world.close(number)
    org.send(org.assembly.queue(view))
    execute = org.assembly.execute(view)
    assert refused(world, bakery, execute) == "TimelockUnexpectedOperationState"

    advance(world.chain, DELAY)
    org.send(execute)

    assert refused(world, bakery, execute) == "GovernorUnexpectedProposalState"


@pytest.mark.parametrize("title", ["", "two\nlines", "x" * 201])
def test_a_proposal_has_a_title_of_one_line(world: World, title: str) -> None:
    org = world.by()

    with pytest.raises(InvalidInput, match="title"):
        org.propose([org.constitution.amend(b"x")], title)


def test_a_proposal_has_actions_and_its_documents_go_along(world: World) -> None:
    org = world.by()
    with pytest.raises(InvalidInput, match="at least one action"):
        org.propose([], "Nothing")

    number = world.propose(org.constitution.amend(b"the new text"))

    assert world.store.has(Cid.of(b"the new text"))
    view = org.assembly.show(number)
    assert view.calls[0].says.startswith("put bafk")


def test_the_proposers_words_are_shown_only_if_they_can_be_read(world: World) -> None:
    org = world.by()
    number = world.propose(org.constitution.amend(b"x"))
    elsewhere = world.with_store(Embedded(world.store.path.parent / "empty.db"))

    (call,) = elsewhere.by().assembly.show(number).calls

    assert call.says == ""
    decoded = org.decode(call)
    assert decoded is not None
    assert (decoded.contract, decoded.function) == ("InterConstitution", "amend")
    assert decoded.arguments["digest"] == Cid.of(b"x").digest


@pytest.mark.parametrize(
    "data", [b"", b"\1\2\3", b"\1\2\3\4", None], ids=["empty", "short", "unknown", "cut"]
)
def test_a_call_that_cannot_be_decoded_is_not_explained(world: World, data: bytes | None) -> None:
    org = world.by()
    whole = org.constitution.amend(b"x").data

    call = Call(
        to=world.modules.inter_constitution, data=whole[:20] if data is None else data, says="?"
    )

    assert org.decode(call) is None


def test_only_a_decision_changes_the_rules(world: World, bakery: LocalSigner) -> None:
    org = world.by()
    for call in (
        org.constitution.amend(b"x"),
        org.membership.set_admission(org.membership.admission()),
        org.membership.decide(actor(9).address, True, "x"),
        org.assembly.rulebook.set_rule(0, org.assembly.rules()[0]),
        org.assembly.rulebook.set_voting_delay(0),
        org.front.register("commons", actor(9).address),
        org.front.set_charter(bytes(32)),
        org.front.set_dao_uri("ipfs://x"),
    ):
        assert refused(world, bakery, call) == "AccessManagedUnauthorized"


def test_the_rules_of_the_meta_organization_are_changed_by_decision(world: World) -> None:
    org = world.by()
    ordinary, _ = org.assembly.rules()
    stricter = ordinary.model_copy(update={"quorum": 3000})
    opened = org.membership.admission().model_copy(
        update={"method": AdmissionMethod.OPEN, "window": 0}
    )

    world.decide(
        org.assembly.rulebook.set_rule(0, stricter),
        org.assembly.rulebook.set_rule(2, ordinary),
        org.assembly.rulebook.assign_rule(world.modules.commons, b"\1\2\3\4", 2),
        org.assembly.rulebook.set_voting_delay(5),
        org.membership.set_admission(opened),
        org.front.set_dao_uri("ipfs://there"),
        org.front.set_charter(b"\1" * 32),
        org.front.register("annex", world.modules.commons),
    )

    assert org.assembly.rules()[0] == stricter and len(org.assembly.rules()) == 3
    assert org.assembly.rulebook.voting_delay(world.chain.at()) == 5
    assert org.membership.admission() == opened
    front = org.front.description(world.chain.at())
    assert (front.dao_uri, front.charter) == ("ipfs://there", b"\1" * 32)


def test_a_text_that_does_not_fit_a_block_is_not_proposed(world: World) -> None:
    for text in (b"", b"x" * (DOCUMENT_LIMIT + 1)):
        with pytest.raises(InvalidInput, match="a text has 1 to"):
            world.by().constitution.amend(text)


# ---------------------------------------------------------------------- sharing


def test_a_resource_is_published_cited_and_fetched(
    world: World, bakery: LocalSigner, food_coop: LocalSigner
) -> None:
    org, other = world.by(bakery), world.by(food_coop)
    data, cid = b"a table", Cid.of(b"a table")
    org.send(
        org.commons.publish(
            data, Description(title="Table"), licence="CC-BY-SA-4.0", access=Access.MEMBERS
        )
    )
    assert org.commons.published(cid) and not other.commons.published(cid)
    assert not other.commons.cited(cid, None)

    other.send(other.commons.cite(cid), other.commons.cite(cid, Cid.of(b"a use")))

    view = org.commons.show(cid)
    assert view.title == "Table" and view.resource.citations == 2
    assert (view.resource.steward, view.resource.access) == (1, Access.MEMBERS)
    assert view.resource.licence == "CC-BY-SA-4.0"
    assert other.commons.cited(cid, None) and other.commons.cited(cid, Cid.of(b"a use"))
    assert not other.commons.cited(cid, Cid.of(b"another use"))
    assert org.commons.fetch(cid) == data
    assert {one.state for one in holdings(world.store, org.commons.recorded())} == {"held"}


def test_a_new_version_is_its_stewards(
    world: World, bakery: LocalSigner, food_coop: LocalSigner
) -> None:
    org = world.by(bakery)
    org.send(org.commons.publish(b"one", Description(title="One"), licence="CC0-1.0"))
    second = org.commons.publish(
        b"two", Description(title="Two"), licence="CC0-1.0", previous=Cid.of(b"one")
    )
    assert refused(world, food_coop, second) == "CommonsStewardRequired"

    org.send(second)

    assert [view.title for view in org.commons.all()] == ["One", "Two"]
    assert org.commons.show(Cid.of(b"two")).resource.previous == Cid.of(b"one").digest


def test_only_seats_publish_and_cite(world: World, outsider: LocalSigner) -> None:
    org = world.by(outsider)
    publish = org.commons.publish(b"x", Description(title="X"), licence="CC0-1.0")

    assert refused(world, outsider, publish) == "CommonsSeatRequired"
    assert refused(world, outsider, org.commons.cite(Cid.of(b"x"))) == "CommonsSeatRequired"


def test_what_is_not_in_the_commons_is_not_cited_or_shown(
    world: World, bakery: LocalSigner
) -> None:
    org, cid = world.by(bakery), Cid.of(b"nowhere")

    assert refused(world, bakery, org.commons.cite(cid)) == "CommonsResourceUnknown"
    with pytest.raises(ContractReverted, match="no resource with this hash"):
        org.commons.show(cid)


@pytest.mark.parametrize("licence", ["", "CC BY", "x" * 33, "CC\0", "CC0-1.0\n"])
def test_a_licence_is_an_identifier(world: World, licence: str) -> None:
    with pytest.raises(InvalidInput, match="not an SPDX licence"):
        world.by().commons.publish(b"x", Description(title="X"), licence=licence)


def test_a_file_that_does_not_fit_a_block_is_not_published(world: World) -> None:
    with pytest.raises(InvalidInput, match="do not fit one block"):
        world.by().commons.publish(
            b"x" * (DOCUMENT_LIMIT + 1), Description(title="X"), licence="CC0-1.0"
        )


def test_content_that_is_gone_is_named_and_titles_stay_unknown(world: World) -> None:
    org = world.by()
    org.send(org.commons.publish(b"data", Description(title="Data"), licence="CC0-1.0"))
    elsewhere = world.with_store(Embedded(world.store.path.parent / "empty.db")).by()

    assert elsewhere.commons.show(Cid.of(b"data")).title is None
    assert Cid.of(b"data") in elsewhere.commons.recorded()
    with pytest.raises(ContentMissing):
        elsewhere.commons.fetch(Cid.of(b"data"))


# ---------------------------------------------------------------------- reading and simulating


def test_a_pinned_reading_stays_while_the_chain_moves_on(world: World, loom: LocalSigner) -> None:
    org = world.by(loom)
    number = world.propose(org.constitution.amend(b"x"))
    before = org.chain.at()

    org.send(
        org.assembly.vote(number, FOR),
        org.commons.publish(b"data", Description(title="Data"), licence="CC0-1.0"),
        org.membership.change_profile(Profile(name="Renamed")),
        org.membership.leave("We merge."),
    )
    world.apply(actor(31))
    advance(world.chain, VOTING + 1)

    assert [view.name for view in org.membership.all(before)][1] == "Open Loom Works"
    assert len(org.membership.all(before)) == 3 and len(org.membership.all()) == 4
    assert org.membership.show(loom.address, before).standing.active
    assert not org.membership.show(loom.address).standing.active
    assert org.commons.all(before) == [] and len(org.commons.all()) == 1
    view = org.assembly.show(number, before)
    assert view.state.state == "active" and view.outcome is None
    assert view.tallies[0].in_favour == 0
    assert org.assembly.show(number).tallies[0].in_favour == 10_000
    assert org.events(world.modules.commons, ["Published"], before) == []


def test_simulating_tells_the_gas_and_changes_nothing(world: World, loom: LocalSigner) -> None:
    org = world.by(loom)

    (gas,) = org.simulate(org.membership.leave("We merge."))

    assert gas > 21_000 and status(world, loom) == Status.ACTIVE
    with pytest.raises(ContractReverted):
        org.simulate(org.membership.admit(actor(31).address))


def test_the_events_of_a_module_come_in_order(world: World) -> None:
    org = world.by()
    world.join(actor(31))

    events = org.events(world.modules.membership, ["Applied", "Admitted"])

    assert [event.name for event in events] == ["Applied", "Admitted"] * 4
    places = [(event.block, event.index) for event in events]
    assert places == sorted(places)
    assert world.chain.at(org.since()).code(world.modules.meta_organization)
