"""A game and a changed game: the two optima must be related as the change says.

No oracle: both claims come from the package, each as an interval, and the intervals must meet. Actions are tied within
a tolerance that grows with the follower's values, so a change that makes them larger allows more, and where the leader
gains much from a small concession this shows. Games whose intervals are apart are therefore solved again with ties ten
times as tight: they must meet then, and the game is counted by name.
"""

from __future__ import annotations

import numpy as np

from ssg_mip import LeaderPolicy, best_response
from ssg_mip.base.tolerances import DEFAULT_TOLERANCES, Tolerances
from ssg_mip.result import Result
from tests.attacks import transforms
from tests.attacks.driver import AGREEMENT, Attack, Verdict
from tests.attacks.games import varied_game
from tests.attacks.judge import EVALUATION, against_itself, solved
from tests.attacks.transforms import Changed, Transform
from tests.oracles.games import PlainGame

TIGHTER = Tolerances(tie=DEFAULT_TOLERANCES.tie / 10.0)
"""Ties as tight as linear programs can be asked to keep them."""

SMALL = {"most": 6, "mixing": 3}
"""Sizes of the games that are solved twice."""


def compare(before: Result, after: Result, changed: Changed, *, may_gain: bool = False) -> Verdict:
    """The interval of the changed game must meet the mapped one of the game; with ``may_gain`` it may lie above."""
    low, high = (changed.factor * end + changed.offset for end in (before.leader_value, before.dual_bound))
    scale = max(1.0, abs(low))
    lost, gained = (low - after.dual_bound) / scale, (after.leader_value - high) / scale
    found = []
    if not lost <= AGREEMENT:
        found.append(f"the changed game is worth at most {after.dual_bound:.12g}, the mapped value is {low:.12g}")
    if not (may_gain or gained <= AGREEMENT):
        found.append(f"the changed game is worth {after.leader_value:.12g}, the mapped bound is {high:.12g}")
    remarks = ("changed game worth more",) if may_gain and gained > AGREEMENT else ()
    return Verdict(max(lost, 0.0 if may_gain else gained, 0.0), tuple(found), remarks)


def with_tighter_ties(plain: PlainGame, changed: Changed, first: Verdict) -> Verdict:
    """The verdict with tight ties, and how far the intervals were apart with the usual ones; the first if both fail."""
    again = compare(solved(plain, TIGHTER), solved(changed.game, TIGHTER), changed)
    if again.violations:
        return first
    return again + Verdict(remarks=(f"apart by {first.deviation:.1e} by what tolerated ties are worth",))


def _play(transform: Transform) -> object:
    def play(seed: int, index: int) -> Verdict:
        plain = varied_game(seed, index, **SMALL)
        changed = transform(plain, np.random.default_rng([seed, index, 1]))
        before, after = solved(plain), solved(changed.game)
        verdict = compare(before, after, changed)
        if verdict.violations:
            verdict = with_tighter_ties(plain, changed, verdict)
        return verdict + against_itself(plain, before) + against_itself(changed.game, after)

    return play


def play_split(seed: int, index: int) -> Verdict:
    """Two identical states instead of one: equality where it is a theorem, no loss everywhere.

    Games with an even index are zero-sum, team or myopic: there the optimum in a state depends on the state's own
    continuation only, so two identical states are worth the same. In the others the leader may gain; what must hold
    is that the old policy, played in both states, is worth what it was, and that the optimum does not fall.
    """
    plain = split_game(seed, index)
    changed = transforms.split_state(plain, np.random.default_rng([seed, index, 1]))
    before, after = solved(plain), solved(changed.game)
    verdict = compare(before, after, changed, may_gain=bool(index % 2))
    verdict += against_itself(plain, before) + against_itself(changed.game, after)
    return verdict + _same_policy(changed, before)


def split_game(seed: int, index: int) -> PlainGame:
    """Of an easy class for an even index, any game for an odd one."""
    plain = varied_game(seed, index, **SMALL)
    kind = ("zero-sum", "team", "myopic")[index // 2 % 3]
    if index % 2:
        return plain
    if kind == "myopic":
        return plain.replace(follower_discount=0.0)
    sign = 1.0 if kind == "team" else -1.0
    return plain.replace(
        follower_reward=tuple(sign * block for block in plain.leader_reward), follower_discount=plain.leader_discount
    )


def _same_policy(changed: Changed, before: Result) -> Verdict:
    """The policy found before, played in both copies, is worth what it was."""
    if before.leader_policy is None:
        return Verdict()
    table = before.leader_policy.probabilities
    copied = next(
        s for s, rewards in enumerate(changed.game.leader_reward[:-1]) if rewards is changed.game.leader_reward[-1]
    )
    game = changed.game.to_game()
    response = best_response(game, LeaderPolicy(np.vstack((table, table[copied]))))
    value = float(changed.game.initial @ response.leader_values)
    off = abs(value - before.leader_value) / max(1.0, abs(before.leader_value))
    if off <= EVALUATION:
        return Verdict()
    return Verdict(off, (f"the old policy is worth {value:.12g} in the split game, {before.leader_value:.12g} before",))


def _attack(transform: Transform, claim: str) -> Attack:
    return Attack(transform.__name__.replace("_", "-"), claim, 1_000, _play(transform))  # type: ignore[arg-type]


ATTACKS = (
    _attack(transforms.relabel, "other orders of states and actions: the same optimum"),
    _attack(transforms.rescale, "other units: the optimum in the leader's unit"),
    _attack(transforms.shift, "a constant more in every step: its discounted sum more"),
    _attack(transforms.duplicate_action, "an action twice: the same optimum"),
    _attack(transforms.dominated_action, "a dominated action more: the same optimum"),
    _attack(transforms.unreachable_state, "an unreachable state more: the same optimum"),
    Attack("split-state", "two identical states for one: the same optimum, or no less", 1_000, play_split),
)
