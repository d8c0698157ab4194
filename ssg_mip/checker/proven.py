r"""What is proven about *all* stationary leader policies, and from what.

* Replayed certificates (:mod:`ssg_mip.checker.dual`), as far as they are about at least the policies of the
  document.
* The *ceiling*: no policy is worth more in any state than the best pair of policies, which is the optimum of a decision
  process over joint actions and proven like any other. Where the leader has no choice, it is the value of the only
  policy with every tie that rounding could make going the leader's way.

From a bound ``w @ V^f <= D`` over policies with ``V^f >= floor`` follows, for a point with ``V >= floor``: a policy
with ``V^f >= V`` gains at most ``(D - w @ V) / w(s)`` in a state ``s``, and on average over the ``n`` states at most
``(D - w @ V) / (n min w)``, because no state loses. From a bound ``G`` on the weighted gain of the improvement program
at ``V`` follows ``G / (n min w)`` for the average gain in one step; with leader discount 0 a step is all there is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from functools import lru_cache

from ssg_mip.base.tolerances import Tolerances
from ssg_mip.checker.clock import never
from ssg_mip.checker.dual.replay import BoundVerification
from ssg_mip.checker.rational import ExactGame, Process, induce
from ssg_mip.checker.response import optimal_values, rule_values, view_follower
from ssg_mip.checker.tie_scale import tie_thresholds
from ssg_mip.checker.values import Interval, weighted_sum

MOST_CEILING_ROWS = 20_000
"""Joint actions up to which the ceiling is derived: about a second's work."""


class ProvenBounds:
    """Bounds that hold for every stationary leader policy that keeps a margin.

    Parameters
    ----------
    exact
        The game.
    replays
        Replays of certificates about the game; those that failed do not count.
    margin
        The margin that the policies keep; certificates about policies with a larger one do not count.
    leeway
        Per state, by how much a value may miss a floor, or the values that an improvement program is about, and still
        count as the same: nothing for a proof, the rounding of printed values where only a contradiction is looked for.
    out_of_time
        Once it says so, the ceiling is not derived any more.
    tolerances
        What counts as a tie of the follower.
    contradicted
        Whether it is proven otherwise that there is no such policy.
    by_ties
        Whether he answers by ties, so that the value of a leader without a choice follows from them.
    """

    def __init__(
        self,
        exact: ExactGame,
        replays: Sequence[BoundVerification] = (),
        margin: float = 0.0,
        leeway: Sequence[Fraction] = (),
        out_of_time: Callable[[], bool] = never,
        *,
        tolerances: Tolerances,
        contradicted: bool = False,
        by_ties: bool = True,
    ) -> None:
        self._exact = exact
        self._contradicted = contradicted
        self._leeway = tuple(leeway)
        serving = [one for one in replays if one.passed and one.margin <= margin and not one.of_allowed]
        self.plain = tuple(one for one in serving if one.values is None)
        self.steps = tuple(one for one in serving if one.values is not None)
        self.ceiling: tuple[Fraction, ...] | None = None
        if len(exact.rows) <= MOST_CEILING_ROWS and not out_of_time():
            self.ceiling = ceiling(exact, tolerances if by_ties else None)

    @property
    def no_policy(self) -> bool:
        """Whether no policy is as demanded."""
        return self._contradicted or any(one.claimed is None and not one.floor for one in self.plain)

    def over_all_policies(self) -> Iterator[tuple[tuple[Fraction, ...], Fraction]]:
        """Weights and bounds that certificates prove over all policies."""
        return self._bounds(None)

    def weighted(self, weights: Sequence[Fraction]) -> Fraction | None:
        """The least proven bound on ``weights @ V``; ``None`` if there is none."""
        found = [bound for shares, bound in self._bounds(None) if tuple(weights) == shares]
        if self.ceiling is not None:
            found.append(sum((w * most for w, most in zip(weights, self.ceiling, strict=True)), Fraction(0)))
        return min(found, default=None)

    def gain(self, values: Sequence[Interval]) -> Fraction | None:
        """What a policy that is nowhere worth less than ``values`` gains at most in any state."""
        rooms = [self._room(state, values) for state in range(len(values))]
        known = [room for room in rooms if room is not None]
        return max(known) if len(known) == len(rooms) else None

    def average_gain(self, values: Sequence[Interval]) -> Fraction | None:
        """What a policy that is nowhere worth less gains at most, averaged over the states."""
        states = len(values)
        found = [
            max(Fraction(0), bound - weighted_sum(weights, values).lower) / (states * min(weights))
            for weights, bound in self._bounds(values)
            if min(weights) > 0
        ]
        if self.ceiling is not None:
            room = (max(Fraction(0), most - now.lower) for most, now in zip(self.ceiling, values, strict=True))
            found.append(sum(room, Fraction(0)) / states)
        if self._exact.leader_discount == 0:
            found += self._average_steps(values)
        return min(found, default=None)

    def average_step(self, values: Sequence[Interval]) -> Fraction | None:
        """What a policy that loses in no state in one step from ``values`` gains at most in it, on average.

        Such a policy is in the end worth no less than what it promises, so a bound on its values is one on the step.
        """
        whole = self.average_gain(values)
        found = [*self._average_steps(values), *([] if whole is None else [whole])]
        return min(found, default=None)

    def _average_steps(self, values: Sequence[Interval]) -> Iterator[Fraction]:
        for one in self.steps:
            if self._is_about(one, values) and one.claimed is not None and min(one.weights) > 0:
                yield max(Fraction(0), Fraction(one.claimed)) / (len(one.weights) * min(one.weights))

    def _is_about(self, one: BoundVerification, values: Sequence[Interval]) -> bool:
        """Whether what is said of the improvement program holds for the true values, wherever they lie."""
        slack = [Fraction(one.slack) + self._missed(state) for state in range(len(values))]
        return one.values is not None and all(
            value.upper - own <= Fraction(given) <= value.lower + own
            for given, value, own in zip(one.values, values, slack, strict=True)
        )

    def _missed(self, state: int) -> Fraction:
        """By how much a value may miss what is given, in a state."""
        return self._leeway[state] if self._leeway else Fraction(0)

    def _bounds(self, values: Sequence[Interval] | None) -> Iterator[tuple[tuple[Fraction, ...], Fraction]]:
        """Weights and bounds over all policies, or over those that are nowhere worth less than some values."""
        for one in self.plain:
            holds = values is None or all(
                Fraction(least) <= values[state].lower + self._missed(state) for state, least in one.floor
            )
            if one.claimed is not None and holds and not (values is None and one.floor):
                yield one.weights, Fraction(one.claimed)

    def _room(self, state: int, values: Sequence[Interval]) -> Fraction | None:
        found = [
            max(Fraction(0), bound - weighted_sum(weights, values).lower) / weights[state]
            for weights, bound in self._bounds(values)
            if weights[state] > 0
        ]
        if self.ceiling is not None:
            found.append(max(Fraction(0), self.ceiling[state] - values[state].lower))
        if self._exact.leader_discount == 0:
            found += (average * len(values) for average in self._average_steps(values))
        return min(found, default=None)


@lru_cache(maxsize=1)
def ceiling(exact: ExactGame, tolerances: Tolerances | None) -> tuple[Fraction, ...]:
    """Proven: in no state is any leader policy worth more; see the module's text.

    Without tolerances nothing is concluded from the follower's ties.
    """
    game = exact.game
    if max(game.leader_counts.tolist()) == 1 and tolerances is not None:
        leader, follower = induce(exact, ((1.0,),) * game.num_states)
        best = rule_values(leader, view_follower(follower, tie_thresholds(game, tolerances)).possibly_tied, "leader")
    else:
        joint = Process(
            offsets=tuple(game.row_offsets.tolist()),
            kernel=exact.rows,
            rewards=exact.leader_rewards,
            discount=exact.leader_discount,
        )
        best = optimal_values(joint).values
    return tuple(value.upper for value in best)
