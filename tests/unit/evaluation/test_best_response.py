"""The follower's answer: against enumeration, and tie rule by tie rule."""

from __future__ import annotations

import numpy as np
import pytest

from ssg_mip import best_response
from ssg_mip.base.tolerances import Tolerances
from ssg_mip.errors import InvalidPolicyError, OptionError
from ssg_mip.evaluation import mdp
from ssg_mip.evaluation.best_response import Ties
from ssg_mip.game.policy import FollowerPolicy, LeaderPolicy
from tests.oracles.games import PlainGame, agreement_game, static_game
from tests.oracles.known import actor_critic_trap, figure_1
from tests.oracles.sampling import answer, pair_values, random_policy, regret


def padded(plain: PlainGame, rows: list[np.ndarray]) -> LeaderPolicy:
    table = np.zeros((plain.num_states, max(plain.leader_counts)))
    for s, row in enumerate(rows):
        table[s, : len(row)] = row
    return LeaderPolicy(table)


def pure_rows(plain: PlainGame, actions: tuple[int, ...]) -> list[np.ndarray]:
    return [np.eye(count)[a] for count, a in zip(plain.leader_counts, actions, strict=True)]


@pytest.mark.parametrize("ties", ["leader", "first", "adverse"])
@pytest.mark.parametrize("index", range(12))
def test_agrees_with_enumeration(index: int, ties: Ties) -> None:
    """Values and tied actions equal those of enumerating all follower policies, ragged and integer games included."""
    plain = agreement_game(3, index)
    game = plain.to_game()
    rng = np.random.default_rng(index)
    pure = pure_rows(plain, tuple(int(rng.integers(count)) for count in plain.leader_counts))
    for rows in (random_policy(plain, rng), random_policy(plain, rng, 0.2), pure):
        response = best_response(game, padded(plain, rows), ties)
        expected = answer(plain, rows, ties)
        assert response.leader_values == pytest.approx(expected.leader_values, abs=1e-8)
        assert response.follower_values == pytest.approx(expected.follower_values, abs=1e-6)
        tied = [np.flatnonzero(part).tolist() for part in np.split(response.tied, game.follower_offsets[1:-1])]
        assert tied == [list(actions) for actions in expected.tied]
        assert response.tied_states.tolist() == [len(actions) > 1 for actions in expected.tied]
        if ties == "first":
            assert tuple(response.follower_policy.actions) == expected.actions


def test_sparse_and_dense_answers_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    """The storage of the transitions does not change the response."""
    game = agreement_game(3, 4).to_game()
    policy = LeaderPolicy.uniform(game)
    dense = best_response(game, policy)
    monkeypatch.setattr(mdp, "DENSE_STATES", 0)
    sparse = best_response(game, policy)
    assert sparse.leader_values == pytest.approx(dense.leader_values, abs=1e-10)
    assert sparse.follower_policy.actions.tolist() == dense.follower_policy.actions.tolist()


@pytest.mark.parametrize(("actions", "strong"), [((0, 1), (10.0, 9.0)), ((1, 0), (9.0, 10.0))])
def test_figure_1_at_the_tie(actions: tuple[int, int], strong: tuple[float, float]) -> None:
    """Kudo & Akimoto, Fig. 1 with gB y = x: one policy is worth (10, 9) or (9, 10) with friendly ties, (0, 0) without.

    The leader rewards in one state and punishes in the other; the follower is exactly indifferent.
    """
    game = figure_1(1.0, 10 / 9).to_game()
    policy = LeaderPolicy.deterministic(game, actions)
    friendly = best_response(game, policy, "leader")
    hostile = best_response(game, policy, "adverse")
    assert friendly.leader_values == pytest.approx(strong, abs=1e-9)
    assert hostile.leader_values == pytest.approx([0.0, 0.0], abs=1e-9)
    assert friendly.follower_values == pytest.approx(hostile.follower_values, abs=1e-6)
    assert friendly.tied_states[actions.index(0)]


@pytest.mark.parametrize(("actions", "expected"), [((0, 1), (10.0, 9.0)), ((1, 0), (9.0, 10.0))])
@pytest.mark.parametrize("ties", ["leader", "first", "adverse"])
def test_figure_1_with_a_strong_threat(actions: tuple[int, int], expected: tuple[float, float], ties: Ties) -> None:
    """With gB y > x the threat works under every tie rule: the front {(10, 9), (9, 10)}."""
    game = figure_1(1.0, 2.0).to_game()
    response = best_response(game, LeaderPolicy.deterministic(game, actions), ties)
    assert response.leader_values == pytest.approx(expected, abs=1e-9)


def test_figure_1_with_a_weak_threat_is_worth_nothing() -> None:
    """With gB y < x the follower takes the temptation whatever is threatened."""
    game = figure_1(1.0, 1.0).to_game()
    for actions in ((0, 0), (0, 1), (1, 0), (1, 1)):
        values = best_response(game, LeaderPolicy.deterministic(game, actions)).leader_values
        assert values == pytest.approx([0.0, 0.0], abs=1e-9)


def test_actor_critic_trap() -> None:
    """Committing to B in the first state is worth 10 to the leader and 0 to the follower."""
    game = actor_critic_trap().to_game()
    response = best_response(game, LeaderPolicy.deterministic(game, (1, 0)))
    assert response.leader_values == pytest.approx([10.0, 0.0])
    assert response.follower_values == pytest.approx([0.0, 0.0])


def test_leader_values_are_ordered_by_tie_rule() -> None:
    """adverse <= first <= leader in every state, and the follower's values agree within the regret."""
    plain = agreement_game(3, 9)
    game = plain.to_game()
    rng = np.random.default_rng(0)
    strictly = 0
    for _ in range(40):
        actions = tuple(int(rng.integers(count)) for count in plain.leader_counts)
        policy = LeaderPolicy.deterministic(game, actions)
        low, middle, high = (best_response(game, policy, ties).leader_values for ties in ("adverse", "first", "leader"))
        assert np.all(low <= middle + 1e-9)
        assert np.all(middle <= high + 1e-9)
        strictly += bool(np.any(low < high - 1e-6))
    assert strictly > 0


@pytest.mark.parametrize(("ties", "value"), [("adverse", 1.0), ("first", 3.0), ("leader", 4.0)])
def test_tie_rules_on_three_equal_actions(ties: Ties, value: float) -> None:
    """An indifferent follower: the worst, the first or the best of the leader's payoffs 3, 1, 4."""
    game = static_game([[3.0, 1.0, 4.0]], [[0.0, 0.0, 0.0]]).to_game()
    assert best_response(game, LeaderPolicy.uniform(game), ties).leader_values[0] == value


def test_regret_is_what_the_follower_loses() -> None:
    """Values 2 apart: actions 1e-8 apart are tied; the worse one, for the leader's sake, costs 1e-8 / (1 - gB)."""
    plain = static_game([[0.0, 1.0, 0.0]], [[1e-8, 0.0, -1.0]]).replace(follower_discount=0.5)
    game = plain.to_game()
    response = best_response(game, LeaderPolicy.uniform(game))
    assert response.follower_policy.actions.tolist() == [1]
    assert response.regret == pytest.approx(2e-8)
    assert response.regret == pytest.approx(regret(plain, [np.ones(1)], (1,)))
    assert best_response(game, LeaderPolicy.uniform(game), "first").regret == 0.0


def test_margin_is_the_smallest_advantage_over_what_is_not_tied() -> None:
    """Follower payoffs 3, 3, 2.5 and 0: the two best are tied, the next is 0.5 worse."""
    game = static_game([[0.0, 0.0, 0.0, 0.0]], [[3.0, 3.0, 2.5, 0.0]]).to_game()
    response = best_response(game, LeaderPolicy.uniform(game))
    assert response.margin == pytest.approx(0.5)
    assert response.tied.tolist() == [True, True, False, False]


def test_margin_is_infinite_where_nothing_else_is_left() -> None:
    """A follower with one action, or with equal ones only, has no runner-up."""
    game = static_game([[1.0, 2.0]], [[0.0, 0.0]]).to_game()
    assert best_response(game, LeaderPolicy.uniform(game)).margin == float("inf")


@pytest.mark.parametrize(("gap", "tied"), [(0.9e-8, True), (1.1e-8, False)])
def test_tie_tolerance_decides_at_its_edge(gap: float, tied: bool) -> None:
    """With values 1 apart, actions closer than 1e-8 are tied and others are not."""
    game = static_game([[0.0, 1.0, 0.0]], [[0.0, -gap, -1.0]]).to_game()
    response = best_response(game, LeaderPolicy.uniform(game))
    assert response.tied_states.tolist() == [tied]
    assert response.leader_values[0] == float(tied)


def test_tie_tolerance_is_an_argument_and_scales_with_the_values() -> None:
    """A gap of 1e-5 is a tie at 1e-4, and at the default when values are 10,000 apart, wherever they lie."""
    near = static_game([[0.0, 1.0, 0.0]], [[0.0, -1e-5, -1.0]]).to_game()
    policy = LeaderPolicy.uniform(near)
    wide = Tolerances(tie=1e-4, monotone=1e-4)
    assert not best_response(near, policy).tied_states[0]
    assert best_response(near, policy, tolerances=wide).tied_states[0]
    large = static_game([[0.0, 1.0, 0.0]], [[0.0, -1e-5, -1e4]]).to_game()
    assert best_response(large, policy).tied_states[0]
    far = static_game([[0.0, 1.0, 0.0]], [[1000.0, 1000.0 - 1e-5, 999.0]]).to_game()
    assert not best_response(far, policy).tied_states[0]


@pytest.mark.parametrize("index", range(6))
def test_values_are_those_of_the_pair(index: int) -> None:
    """The reported values are the exact values of the policy and the response that are reported."""
    plain = agreement_game(4, index)
    rows = random_policy(plain, np.random.default_rng(index))
    response = best_response(plain.to_game(), padded(plain, rows))
    leader, follower = pair_values(plain, rows, response.follower_policy.actions)
    assert response.leader_values == pytest.approx(leader, abs=1e-10)
    assert response.follower_values == pytest.approx(follower, abs=1e-10)


def test_unknown_tie_rule_is_refused_with_the_known_ones() -> None:
    game = figure_1(1.0, 1.0).to_game()
    with pytest.raises(OptionError, match=r"'best'.*leader, first, adverse"):
        best_response(game, LeaderPolicy.uniform(game), "best")  # type: ignore[arg-type]


def test_a_policy_of_another_game_is_refused() -> None:
    """Wrong shape, or weight on an action that the state does not have."""
    game = agreement_game(3, 11).to_game()
    narrow = int(np.argmin(game.leader_counts))
    assert game.leader_counts[narrow] < game.leader_counts.max()
    with pytest.raises(InvalidPolicyError, match="has shape"):
        best_response(game, LeaderPolicy(np.ones((1, 1))))
    table = np.array(LeaderPolicy.uniform(game).probabilities)
    table[narrow] = np.eye(table.shape[1])[-1]
    with pytest.raises(InvalidPolicyError, match="does not have"):
        best_response(game, LeaderPolicy(table))


@pytest.mark.parametrize("actions", [[0.5, 1.0], [0.0, np.nan], [0, 7], [0]])
def test_a_follower_policy_that_does_not_fit_is_refused(actions: list[float]) -> None:
    """Half actions, undefined ones, unknown ones and missing states are no follower policy of Fig. 1."""
    game = figure_1(1.0, 1.0).to_game()
    with pytest.raises(InvalidPolicyError):
        FollowerPolicy(np.array(actions)).slots(game)
