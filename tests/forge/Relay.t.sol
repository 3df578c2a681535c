// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {
    Bell,
    Bomb,
    DenyingSigner,
    GasEatingSigner,
    GasEatingStranger,
    RamblingSigner,
    ReentrantSigner,
    ReturnBombSigner,
    RevertingSigner,
    ShortSigner,
    SlowSigner
} from "./Adversaries.sol";
import {AssemblyFixture} from "./AssemblyFixture.sol";
import {vm} from "./Vm.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {Relay} from "contracts/Relay.sol";
import {IInterConstitution} from "contracts/interfaces/IInterConstitution.sol";
import {Application, Status} from "contracts/interfaces/IMembership.sol";
import {IRelay, Relayed} from "contracts/interfaces/IRelay.sol";

contract RelayTest is AssemblyFixture {
    Relay private _relay;
    Bell private _bell;
    Relayed[] private _acts;

    function setUp() public override {
        super.setUp();
        _relay = new Relay();
        _bell = new Bell();
    }

    // ------------------------------------------------------------------ gas

    /// @dev With any amount of gas: either all is undone, or nobody's act is refused for want of it.
    function test_no_act_is_refused_because_the_sender_sent_too_little() external {
        for (uint256 i = 0; i < 4; ++i) {
            SlowSigner slow = new SlowSigner(50_000 * (i + 1));
            bytes memory data = abi.encodeCall(slow.isValidSignature, (bytes32(0), ""));
            _acts.push(Relayed(address(slow), 50_000 * (i + 1) + 1000, data));
        }
        uint256 passed = 0;
        for (uint256 gas = 450_000; gas < 580_000; gas += 397) {
            try _relay.relay{gas: gas}(_acts) returns (uint256 done) {
                vm.assertEq(done, 4);
                ++passed;
            } catch {}
        }
        vm.assertGt(passed, 20);
    }

    // ------------------------------------------------------------------ what it does

    function test_acts_are_done_one_after_the_other() external {
        for (uint256 i = 0; i < 3; ++i) {
            _acts.push(_ringAct(i));
        }

        vm.assertEq(_relay.relay(_acts), 3);
        for (uint256 i = 0; i < 3; ++i) {
            vm.assertEq(_bell.rung(i), 1);
        }
    }

    function test_nothing_to_do_is_done() external {
        vm.assertEq(_relay.relay(_acts), 0);
    }

    /// @dev The way of a hundred organizations into the register: each signs, one account sends.
    function test_signed_adoptions_and_applications_of_many_go_in_one_transaction() external {
        for (uint256 i = 0; i < 5; ++i) {
            address organization = _actor(vm.toString(i));
            _acts.push(_adoptionAct(organization));
            _acts.push(_applicationAct(organization));
        }

        vm.prank(relayer);
        vm.assertEq(_relay.relay(_acts), 10);

        for (uint256 i = 0; i < 5; ++i) {
            _assertStatus(_actor(vm.toString(i)), Status.Applied);
        }
        _assertStatus(relayer, Status.None);
        _assertStatus(address(_relay), Status.None);
    }

    // ------------------------------------------------------------------ a bad one

    function test_a_refused_act_is_told_and_spoils_no_other() external {
        address first = _actor("first");
        address second = _actor("second");
        _acts.push(_adoptionAct(first));
        _acts.push(_applicationAct(second)); // has not adopted
        _acts.push(_applicationAct(first));

        vm.expectEmit(address(_relay));
        emit IRelay.ActRefused(
            1,
            address(membership),
            abi.encodeWithSelector(
                IInterConstitution.InterConstitutionNotAdopted.selector, second, 1
            )
        );
        vm.assertEq(_relay.relay(_acts), 2);

        _assertStatus(first, Status.Applied);
        _assertStatus(second, Status.None);
        vm.assertEq(membership.nonces(second), 0, "its signature can be sent again");
    }

    function test_an_act_that_was_done_before_is_refused_the_second_time() external {
        Relayed memory act = _adoptionAct(applicant);
        _acts.push(act);
        _acts.push(act);

        vm.assertEq(_relay.relay(_acts), 1);
        vm.assertEq(constitution.adoptionOf(applicant, 1).count, 1);
    }

    function test_an_act_that_spends_all_its_gas_spends_no_more() external {
        GasEatingStranger glutton = new GasEatingStranger();
        _acts.push(Relayed(address(glutton), 300_000, abi.encodeCall(glutton.authority, ())));
        _acts.push(_ringAct(1));

        uint256 before = gasleft();
        vm.expectEmit(address(_relay));
        emit IRelay.ActRefused(0, address(glutton), "");
        vm.assertEq(_relay.relay(_acts), 1);

        vm.assertLt(before - gasleft(), 300_000 + 100_000 + 50_000);
        vm.assertEq(_bell.rung(1), 1);
    }

    function test_an_act_has_the_gas_that_it_names_and_no_more() external {
        SlowSigner slow = new SlowSigner(100_000);
        bytes memory data = abi.encodeCall(slow.isValidSignature, (bytes32(0), ""));
        _acts.push(Relayed(address(slow), 90_000, data));
        _acts.push(Relayed(address(slow), 110_000, data));

        vm.expectEmit(address(_relay));
        emit IRelay.ActRefused(0, address(slow), "");
        vm.assertEq(_relay.relay(_acts), 1);
    }

    /// @dev 512 bytes are told; what is longer is not copied at the expense of the other acts.
    function test_an_act_with_a_long_answer_spends_no_more_than_its_gas() external {
        Bomb bomb = new Bomb();
        bytes[2] memory calls =
            [abi.encodeCall(bomb.answer, (300_000)), abi.encodeCall(bomb.refuse, (300_000))];
        for (uint256 i = 0; i < 2; ++i) {
            delete _acts;
            _acts.push(Relayed(address(bomb), 500_000, calls[i]));
            if (i == 1) {
                vm.expectEmit(address(_relay));
                emit IRelay.ActRefused(0, address(bomb), new bytes(512));
            }
            uint256 before = gasleft();
            vm.assertEq(_relay.relay(_acts), 1 - i);
            vm.assertLt(before - gasleft(), 500_000 + 50_000);
        }
    }

    function testFuzz_an_answer_is_told_up_to_512_bytes(uint256 size) external {
        size %= 700;
        Bomb bomb = new Bomb();
        _acts.push(Relayed(address(bomb), 100_000, abi.encodeCall(bomb.refuse, (size))));
        _acts.push(_ringAct(1));

        vm.expectEmit(address(_relay));
        emit IRelay.ActRefused(0, address(bomb), new bytes(size < 512 ? size : 512));
        vm.assertEq(_relay.relay(_acts), 1);
        vm.assertEq(_bell.rung(1), 1);
    }

    function test_the_relay_within_the_relay_has_no_power() external {
        Relayed[] memory inner = new Relayed[](1);
        inner[0] = Relayed(
            address(membership),
            100_000,
            abi.encodeCall(membership.decide, (applicant, true, REASON))
        );
        _acts.push(Relayed(address(_relay), 300_000, abi.encodeCall(_relay.relay, (inner))));

        vm.expectEmit(address(_relay));
        emit IRelay.ActRefused(
            0,
            address(membership),
            abi.encodeWithSelector(
                IAccessManaged.AccessManagedUnauthorized.selector, address(_relay)
            )
        );
        vm.assertEq(_relay.relay(_acts), 1);
    }

    // ------------------------------------------------------------------ votes of contract accounts

    /// @dev Each of them is asked with the gas of its own act; whatever it does, the next one votes.
    function test_an_account_that_denies_or_fails_spoils_no_vote_of_another() external {
        _openAdmission();
        address[] memory bad = new address[](7);
        bad[0] = _seatAs(address(new DenyingSigner()).code, USERS);
        bad[1] = _seatAs(address(new RamblingSigner()).code, USERS);
        bad[2] = _seatAs(address(new ShortSigner()).code, USERS);
        bad[3] = _seatAs(address(new RevertingSigner()).code, USERS);
        bad[4] = _seatAs(address(new GasEatingSigner()).code, USERS);
        bad[5] = _seatAs(address(new ReentrantSigner(address(assembly_))).code, USERS);
        bad[6] = _seatAs(hex"fe", USERS);
        address bomb = _seatAs(address(new ReturnBombSigner()).code, USERS);
        address slow = _seatAs(address(new SlowSigner(190_000)).code, USERS);
        _skip(1);
        uint256 id = _open(_ring());
        for (uint256 i = 0; i < 7; ++i) {
            _acts.push(_voteAct(id, bad[i], abi.encode(id), 300_000));
        }
        _acts.push(_voteAct(id, bomb, "", 300_000));
        _acts.push(_voteAct(id, slow, "", 300_000));
        bytes memory signature = _sign(bakery, _ballotDigest(id, FOR, bakery, 0));
        _acts.push(_voteAct(id, bakery, signature, 100_000));

        vm.assertEq(_relay.relay(_acts), 3);

        for (uint256 i = 0; i < 7; ++i) {
            vm.assertFalse(assembly_.hasVoted(id, bad[i]));
        }
        vm.assertTrue(assembly_.hasVoted(id, bomb), "one word of its answer is read");
        vm.assertTrue(assembly_.hasVoted(id, slow));
        _assertTally(assembly_.proposalTallies(id)[USERS], 0, 2 * VOTE, 0, 11);
        _assertTally(assembly_.proposalTallies(id)[WORKERS], 0, VOTE, 0, 3);
    }

    function test_an_account_that_denies_is_told_to_have_denied() external {
        _openAdmission();
        address account = _seatAs(address(new DenyingSigner()).code, USERS);
        _skip(1);
        uint256 id = _open(_ring());
        _acts.push(_voteAct(id, account, "", 300_000));

        vm.expectEmit(address(_relay));
        emit IRelay.ActRefused(
            0,
            address(assembly_),
            abi.encodeWithSelector(IGovernor.GovernorInvalidSignature.selector, account)
        );
        vm.assertEq(_relay.relay(_acts), 0);
    }

    function test_who_votes_while_asked_has_not_voted() external {
        _openAdmission();
        address account = _seatAs(address(new ReentrantSigner(address(assembly_))).code, USERS);
        _skip(1);
        uint256 id = _open(_ring());

        vm.expectRevert(
            abi.encodeWithSelector(IGovernor.GovernorInvalidSignature.selector, account)
        );
        assembly_.castVoteBySig(id, AGAINST, account, abi.encode(id));
        _assertTally(assembly_.proposalTallies(id)[USERS], 0, 0, 0, 3);
    }

    // ------------------------------------------------------------------ too little gas

    function test_too_little_gas_for_an_act_undoes_all() external {
        _acts.push(_ringAct(1));
        _acts.push(_ringAct(2));
        _acts[1].gas = 1_000_000;

        vm.expectRevert(abi.encodeWithSelector(IRelay.RelayGasMissing.selector, 1));
        _relay.relay{gas: 500_000}(_acts);

        vm.assertEq(_bell.rung(1), 0);
    }

    function test_an_act_that_names_more_gas_than_there_is_misses_gas() external {
        _acts.push(_ringAct(1));
        _acts[0].gas = type(uint256).max;

        vm.expectRevert(abi.encodeWithSelector(IRelay.RelayGasMissing.selector, 0));
        _relay.relay(_acts);
    }

    // ------------------------------------------------------------------ helpers

    function _ringAct(uint256 number) private view returns (Relayed memory) {
        return Relayed(address(_bell), 100_000, abi.encodeCall(_bell.ring, (number)));
    }

    function _voteAct(uint256 id, address voter, bytes memory signature, uint256 gas)
        private
        view
        returns (Relayed memory)
    {
        bytes memory data = abi.encodeCall(assembly_.castVoteBySig, (id, FOR, voter, signature));
        return Relayed(address(assembly_), gas, data);
    }

    function _adoptionAct(address organization) private view returns (Relayed memory) {
        IInterConstitution.Adoption memory adoption = _adoption(organization, USERS);
        bytes memory signature =
            _sign(organization, _adoptionDigest(address(constitution), adoption));
        bytes memory data = abi.encodeCall(constitution.adopt, (adoption, signature));
        return Relayed(address(constitution), 200_000, data);
    }

    function _applicationAct(address organization) private view returns (Relayed memory) {
        Application memory application =
            Application(organization, 0, PROFILE, 0, uint48(_now() + 1 hours));
        bytes memory signature = _sign(organization, membership.hashApplication(application));
        bytes memory data = abi.encodeCall(membership.applyBySig, (application, signature));
        return Relayed(address(membership), 200_000, data);
    }
}
