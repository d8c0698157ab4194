"""Verdicts on existence: right on known games and easy classes, honest at limits, and never against a sample."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ssg_mip import attainment, existence, read_instance, verify
from ssg_mip.api.exit_codes import ExitCode, existence_code
from ssg_mip.base.deadline import Deadline
from ssg_mip.base.interrupt import Interrupt
from ssg_mip.base.status import Termination
from ssg_mip.errors import OptionError
from ssg_mip.exact import size_limit
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.pareto.existence.algorithm import ExistenceSearch
from ssg_mip.pareto.existence.answers import Verdict
from ssg_mip.pareto.existence.attainment import Attained
from ssg_mip.report.fronts import existence_report
from tests.oracles.games import PlainGame, random_game, static_game
from tests.oracles.known import STATIC, actor_critic_trap, figure_1, three_points
from tests.oracles.sampling import answer, random_policy
from tests.oracles.team import joint_values
from tests.oracles.zero_sum import shapley_values
from tests.unit.questions import asked

ROOT = Path(__file__).parents[3]


def _random(seed: int, **options: Any) -> PlainGame:
    given = {
        "leader_counts": [2, 2, 2],
        "follower_counts": [2, 2, 2],
        "leader_discount": 0.7,
        "follower_discount": 0.7,
        **options,
    }
    return random_game(np.random.default_rng([41, seed]), **given)


@pytest.mark.parametrize(
    ("plain", "suprema", "verdict"),
    [
        (figure_1(1.0, 2.0), [10.0, 10.0], Verdict.NONE),
        (figure_1(1.0, 10 / 9), [10.0, 10.0], Verdict.NONE),
        (figure_1(1.0, 1.0), [0.0, 0.0], Verdict.EXISTS),
        (three_points(), [10.0, 10.0, 0.0, 0.0], Verdict.NONE),
        (actor_critic_trap(), [10.0, 0.0], Verdict.EXISTS),
        (static_game(STATIC[5].leader, STATIC[5].follower), [27.5], Verdict.EXISTS),
    ],
    ids=lambda value: value.name if isinstance(value, PlainGame) else "",
)
def test_known_games(plain: PlainGame, suprema: list[float], verdict: Verdict) -> None:
    """Kudo & Akimoto, Fig. 1: with the threat there is no equilibrium, without it nothing can be had anywhere."""
    found = existence(plain.to_game(), gap=1e-2)
    assert found.verdict is verdict
    assert found.suprema_lower == pytest.approx(suprema, abs=0.15)
    assert np.all(found.suprema_upper >= np.array(suprema) - 1e-9)
    assert found.check.passed
    assert (found.check.word, found.check.claimed[0]) == ("values verified", "verdict")
    if verdict is Verdict.NONE:
        assert found.miss > 0.4
        assert not found.reaches.all()
    else:
        assert found.reaches.all()
        assert np.isnan(found.miss)


def test_the_missed_amount_of_figure_1_is_half() -> None:
    """Every policy averages 9.5 at most where both suprema are 10, so it misses one by half at least."""
    found = existence(figure_1(1.0, 2.0).to_game())
    assert found.miss == pytest.approx(0.5, abs=1e-3)
    assert found.joint_bound == pytest.approx(9.5, abs=1e-3)
    assert all(verify(found.game, result).passed for result in found.results)


def _easy_classes() -> dict[str, tuple[PlainGame, np.ndarray | None]]:
    drawn = _random(1)
    zero_sum = drawn.replace(follower_reward=tuple(-block for block in drawn.leader_reward))
    team = drawn.replace(follower_reward=drawn.leader_reward)
    alone = tuple(np.repeat(block[:, :1], block.shape[1], axis=1) for block in drawn.transition)
    return {
        "zero-sum": (zero_sum, shapley_values(zero_sum)),
        "team": (team, joint_values(team)),
        "myopic follower": (_random(2, follower_discount=0.0), None),
        "moved by the leader alone": (drawn.replace(transition=alone), None),
        "silent follower": (_random(3, follower_counts=[1, 1, 1]), None),
        "silent leader": (_random(4, leader_counts=[1, 1, 1]), None),
    }


@pytest.mark.parametrize("name", _easy_classes())
def test_easy_classes_have_an_equilibrium(name: str) -> None:
    """Where theory says that one policy is best everywhere, the programs say so too, with the known values."""
    plain, values = _easy_classes()[name]
    found = existence(plain.to_game(), gap=1e-3)
    assert found.theory
    assert found.verdict is Verdict.EXISTS
    if values is not None:
        assert found.leader_values == pytest.approx(values, abs=5e-3)


@pytest.mark.parametrize("seed", range(4))
def test_no_sampled_policy_contradicts_the_bounds(seed: int) -> None:
    """No sample exceeds a supremum's bound, and where none exists every sample misses a supremum by what is proven."""
    plain = _random(10 + seed, leader_counts=[2, 2], follower_counts=[2, 2], leader_discount=0.9, follower_discount=0.9)
    found = existence(plain.to_game(), gap=1e-3)
    assert found.verdict is not Verdict.UNDECIDED
    assert not found.theory
    rng = np.random.default_rng(seed)
    for _ in range(300):
        values = answer(plain, random_policy(plain, rng)).leader_values
        assert np.all(values <= found.suprema_upper + 1e-6)
        if found.verdict is Verdict.NONE:
            assert np.max(found.suprema_upper - values) >= found.miss - 1e-6


def test_the_floor_decides_where_even_weights_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the proof by even weights and without a known equilibrium the last program gives the same verdicts."""
    monkeypatch.setattr(ExistenceSearch, "_excluded", lambda _: None)
    found = existence(figure_1(1.0, 2.0).to_game(), gap=1e-3)
    assert found.verdict is Verdict.NONE
    assert "half the gap" in found.reason
    assert 0.0 < found.miss < 0.5
    existing = ExistenceSearch._existing
    asked: list[int] = []

    def later(inquiry: ExistenceSearch) -> Any:
        asked.append(1)
        return None if len(asked) == 1 else existing(inquiry)

    monkeypatch.setattr(ExistenceSearch, "_existing", later)
    assert existence(actor_critic_trap().to_game(), gap=1e-3).verdict is Verdict.EXISTS
    assert len(asked) == 2


def test_limits_leave_it_undecided_with_valid_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    game = read_instance(ROOT / "instances" / "random" / "3x2x2_seed0.json")
    for limits in ({"time_limit": 0.0}, {"node_limit": 1}):
        found = existence(game, **limits, check=False)
        assert found.verdict is Verdict.UNDECIDED
        assert found.termination.is_limit
        assert np.all(found.suprema_lower <= found.suprema_upper)
        assert found.verified is None
    assert found.provenance.counts["nodes"] <= 2
    interrupt = Interrupt()
    interrupt.request()
    found = existence(game, interrupt=interrupt)
    assert (found.verdict, found.termination) == (Verdict.UNDECIDED, Termination.INTERRUPTED)
    monkeypatch.setattr(size_limit, "MOST_PRODUCTS", 1)
    found = existence(game, check=False)
    assert (found.termination, found.provenance.counts["programs"]) == (Termination.SIZE_LIMIT, 1)


def test_a_margin_that_nobody_keeps_leaves_nothing() -> None:
    """Under a margin the tie of Maintain is out of reach; where all answers are the same, so is every margin."""
    maintain = static_game(STATIC[5].leader, STATIC[5].follower).to_game()
    found = existence(maintain, margin=0.5)
    assert found.verdict is Verdict.EXISTS
    assert found.leader_values[0] < 27.5 - 0.1
    assert (found.theory, found.is_attained) == ((), True)
    twins = static_game(((1.0, 1.0),), ((2.0, 2.0),)).to_game()
    none = existence(twins, margin=0.1)
    assert (none.verdict, none.leader_policy) == (Verdict.NONE, None)
    with pytest.raises(OptionError, match="margin"):
        existence(maintain, margin=-1.0)


def test_a_tie_that_an_adverse_follower_breaks_is_approached_or_not() -> None:
    """Maintain: 27.5 only on a tie, approached nearby. Fig. 1 with a tie: every small change destroys the threat."""
    maintain = static_game(STATIC[5].leader, STATIC[5].follower).to_game()
    found = attainment(maintain, LeaderPolicy.deterministic(maintain, [0]))
    assert found.verdict is Attained.ATTAINED
    on_tie = LeaderPolicy.from_slots(maintain, [0.25, 0.75, 0.0])
    near = attainment(maintain, on_tie)
    assert near.verdict is Attained.APPROACHED
    assert near.leader_values < near.favoured_values
    assert near.distance < 1e-3
    tie = figure_1(1.0, 10 / 9).to_game()
    lost = attainment(tie, LeaderPolicy.deterministic(tie, [0, 1]))
    assert lost.verdict is Attained.NOT_NEAR
    favoured = attainment(tie, LeaderPolicy.deterministic(tie, [0, 1]), ties="leader")
    assert favoured.verdict is Attained.ATTAINED


def test_whether_suprema_are_attained_is_known_for_ties_in_favour_only() -> None:
    game = actor_critic_trap().to_game()
    assert existence(game, gap=1e-2).is_attained is True
    adverse = existence(game, gap=1e-2, ties="adverse")
    assert (adverse.is_attained, adverse.theory) == (None, ())


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [("kudo_akimoto/fig1_threat", 7, "no stationary Stackelberg"), ("learning/actor_critic_trap", 0, "exists")],
)
def test_the_command_says_it_with_its_exit_code(command: Callable[..., Any], name: str, code: int, said: str) -> None:
    path = ROOT / "instances" / f"{name}.json"
    ran = command("existence", path, "--gap", "1e-3", "--json")
    assert ran.code == code
    assert ran.data["format"] == "ssg-mip-existence/1"
    assert said in ran.data["verdict_message"]
    assert (ran.data["verified"], ran.data["check"]["word"]) == (None, "values verified")
    ran = command("existence", path, "--gap", "1e-3")
    assert (ran.code, ran.out) == (code, "")
    assert said in ran.err


def test_the_command_without_time_is_undecided(command: Callable[..., Any]) -> None:
    path = ROOT / "instances" / "random" / "3x2x2_seed0.json"
    ran = command("existence", path, "--time-limit", "0", "--json")
    assert (ran.code, ran.data["verdict"]) == (4, "undecided")
    assert command("existence", path, "--ties", "best").code == 2


def test_a_failed_check_comes_before_the_verdict() -> None:
    assert existence_code(Verdict.EXISTS, False) is ExitCode.FAILED_CHECK
    assert existence_code(Verdict.EXISTS, None) is ExitCode.DONE


def test_the_report_leaves_out_states_beyond_the_limit() -> None:
    found = existence(three_points().to_game(), check=False)
    assert "2 more states" in existence_report(found, limit=2)[-1]
    assert not np.isfinite(ExistenceSearch(*asked(found.game, deadline=Deadline())).lower).any()
