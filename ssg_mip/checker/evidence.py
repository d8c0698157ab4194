"""What the checker itself knows about a leader policy, derived once per policy and shared between checks."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from fractions import Fraction
from functools import cached_property

from ssg_mip.base.tolerances import Tolerances
from ssg_mip.checker.checkpoint import Checkpoint, unhurried
from ssg_mip.checker.derivation import derive
from ssg_mip.checker.directed import DirectedProcess
from ssg_mip.checker.rational import ExactGame, PolicyRows
from ssg_mip.checker.response import FollowerView, exactly_tied, loss_bound, rule_values, tie_judgements
from ssg_mip.checker.tie_scale import local_scale
from ssg_mip.checker.values import AnyProcess, Interval, value_intervals, weighted_slack


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Evidence:
    """Both players' processes against a policy, the follower's ties, and the leader's values under the tie rule.

    ``outcomes`` holds the leader's values, one vector for each honest judgement of the ties; there is nearly always
    one. Without any tolerance for ties it is ``exact_outcome``. ``slack`` is how far a printed leader value may
    honestly be off in each state; the follower's is ``view.slack``.
    """

    leader: AnyProcess
    follower: AnyProcess
    view: FollowerView
    outcomes: tuple[tuple[Interval, ...], ...]
    slack: tuple[Fraction, ...]
    ties: str
    checkpoint: Checkpoint = unhurried
    _pairs: dict[tuple[int, ...], tuple[tuple[Interval, ...], tuple[Interval, ...]]] = dataclasses.field(
        default_factory=dict, init=False, repr=False
    )
    _losses: dict[tuple[int, ...], Fraction] = dataclasses.field(default_factory=dict, init=False, repr=False)

    def slots(self, response: Sequence[int]) -> tuple[int, ...]:
        """The follower slots of a response given as actions within states."""
        return tuple(self.follower.offsets[state] + action for state, action in enumerate(response))

    def attained(self, printed: Sequence[float]) -> tuple[Interval, ...]:
        """The leader's values under the tie rule: of several honest outcomes the one nearest to what is printed.

        Near is what is few roundings of its state away: pennies count beside riches.
        Where an answer rests on a near tie only, its value is printed without any tolerance for ties.
        """
        self.checkpoint()
        exact = [Fraction(value) for value in printed]

        def distance(outcome: Sequence[Interval]) -> Fraction:
            return max(
                interval.distance(value) / own for interval, value, own in zip(outcome, exact, self.slack, strict=True)
            )

        nearest = min(self.outcomes, key=distance)
        if all(own.distance(value) <= allowed for own, value, allowed in zip(nearest, exact, self.slack, strict=True)):
            return nearest
        return min(nearest, self.exact_outcome, key=distance)

    @cached_property
    def exact_outcome(self) -> tuple[Interval, ...]:
        """The leader's values where only actions that cannot be told from the best one are tied."""
        return rule_values(self.leader, exactly_tied(self.view), self.ties, self.checkpoint)

    def weighted_slack(self, weights: Sequence[Fraction]) -> Fraction:
        """How far a printed weighted leader value may honestly be off."""
        return weighted_slack(weights, self.slack)

    def losses(self, response: Sequence[int]) -> list[Interval]:
        """Proven intervals for what the follower loses by a response, state by state."""
        _, attained = self.pair_values(response)
        return [best - own for best, own in zip(self.view.optimum.values, attained, strict=True)]

    def pair_values(self, response: Sequence[int]) -> tuple[tuple[Interval, ...], tuple[Interval, ...]]:
        """The leader's and the follower's values of the policy with a response."""
        self.checkpoint()
        chosen = self.slots(response)
        if chosen not in self._pairs:
            self._pairs[chosen] = (
                value_intervals(self.leader, chosen, self.checkpoint),
                value_intervals(self.follower, chosen, self.checkpoint),
            )
        return self._pairs[chosen]

    def epsilon(self, response: Sequence[int]) -> Fraction:
        """A proven bound on what the follower loses, in its worst state, by a response."""
        chosen = self.slots(response)
        if chosen not in self._losses:
            self._losses[chosen] = loss_bound(self.view, self.pair_values(response)[1])
        return self._losses[chosen]


class Prover:
    """Derives evidence about the policies of one game.

    Parameters
    ----------
    exact
        The game.
    ties
        The tie rule.
    tolerances
        Which ties count, and how much rounding is allowed.
    checkpoint
        Called now and then; what it raises ends the work in hand.
    """

    def __init__(self, exact: ExactGame, ties: str, tolerances: Tolerances, checkpoint: Checkpoint = unhurried) -> None:
        self._exact = exact
        self._ties = ties
        self.tolerances = tolerances
        self._checkpoint = checkpoint
        self._known: dict[PolicyRows, Evidence] = {}

    def choose(self, policy: PolicyRows, response: Sequence[int]) -> None:
        """Take a response as the one among tied answers that is meant, in place of what the tie rule picks.

        Whether it is tied is another check. So answers are judged that must keep more than the rule knows of.
        """
        evidence = self.about(policy)
        values = evidence.pair_values(response)[0]
        self._known[policy] = dataclasses.replace(evidence, outcomes=(values,))

    def about(self, policy: PolicyRows) -> Evidence:
        """The evidence about a policy."""
        self._checkpoint()
        if policy not in self._known:
            self._known[policy] = self.derived(policy)
        return self._known[policy]

    def derived(self, policy: PolicyRows) -> Evidence:
        """The evidence about a policy, made anew."""
        return self.judged(*derive(self._exact, policy, self.tolerances, self._checkpoint), Evidence)

    def judged(self, leader: AnyProcess, follower: AnyProcess, view: FollowerView, kind: type[Evidence]) -> Evidence:
        """Evidence of a kind from both processes and what is proven about the follower's ties."""
        outcomes = tuple(rule_values(leader, tied, self._ties, self._checkpoint) for tied in tie_judgements(view))
        scale = local_scale(self._exact.game, leader=True, checkpoint=self._checkpoint)
        slacks = []
        for values in outcomes:
            self._checkpoint()
            slack = scale.slack(values, leader.discount)
            if isinstance(leader, DirectedProcess):  # rounding outwards may leave more open than rounding does
                slack = tuple(own + value.upper - value.lower for own, value in zip(slack, values, strict=True))
            slacks.append(slack)
        return kind(
            leader=leader,
            follower=follower,
            view=view,
            outcomes=outcomes,
            slack=tuple(map(max, *slacks)) if len(slacks) > 1 else slacks[0],
            ties=self._ties,
            checkpoint=self._checkpoint,
        )
